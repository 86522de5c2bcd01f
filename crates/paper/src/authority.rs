//! Whom we trust to have looked who a signer is: certificates of authorities, as an operator gives them.

use rustls_pki_types::{CertificateDer, TrustAnchor};

use crate::certificate::{self, CERTIFICATE_SIGN, Certificate};
use crate::{armor, sha256};

/// WHY: certificates of authorities have two kilobytes; a file of many is not one authority.
pub const AUTHORITY_BYTES_MAX: usize = 64 * 1024;

/// A trust anchor (RFC 5280, 6.1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// Its common name, else its organisation; empty if it has neither.
    pub name: String,
    /// SHA-256 of the certificate.
    pub sha256: [u8; 32],
    /// Unix seconds.
    pub not_before: i64,
    pub not_after: i64,
    der: Vec<u8>,
}

/// Why a certificate cannot be an authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("the file is larger than a certificate can be")]
    TooLarge,
    #[error("the file is not one certificate in PEM or DER")]
    Malformed,
    #[error("the certificate is a person's or a server's, not an authority's")]
    NotAnAuthority,
}

impl Authority {
    /// One certificate, PEM (RFC 7468) or DER.
    pub fn read(bytes: &[u8]) -> Result<Self, Fault> {
        if bytes.len() > AUTHORITY_BYTES_MAX {
            return Err(Fault::TooLarge);
        }
        let der = armor::open(bytes, &["CERTIFICATE"]).ok_or(Fault::Malformed)?.into_owned();
        let read = Certificate::read(&der).map_err(|_| Fault::Malformed)?;
        let may_sign = read.usage.is_none_or(|usage| usage & CERTIFICATE_SIGN != 0);
        if !read.is_ca || !may_sign {
            return Err(Fault::NotAnAuthority);
        }
        let name = certificate::called(read.subject);
        let (not_before, not_after) = (read.not_before, read.not_after);
        let authority = Self { name, sha256: sha256(&der), not_before, not_after, der };
        authority.anchor().ok_or(Fault::Malformed)?;
        Ok(authority)
    }

    /// The certificate.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    pub(crate) fn is_valid_at(&self, unix_seconds: i64) -> bool {
        (self.not_before..=self.not_after).contains(&unix_seconds)
    }

    pub(crate) fn anchor(&self) -> Option<TrustAnchor<'static>> {
        let der = CertificateDer::from_slice(&self.der);
        webpki::anchor_from_trusted_cert(&der).ok().map(|anchor| anchor.to_owned())
    }
}
