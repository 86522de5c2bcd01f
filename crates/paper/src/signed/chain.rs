//! From a signer's certificate to an authority (RFC 5280, 6), whether it is for signing documents, and whether any on the
//! way was revoked.

use std::time::Duration;

use const_oid::ObjectIdentifier;
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, Error, KeyUsage, VerifiedPath};

use super::{Fault, Trust};
use crate::certificate::{CONTENT_COMMITMENT, Certificate, DIGITAL_SIGNATURE};
use crate::revocation::{self, Revocation};

/// Extended key usages of which one must be there if any is: signing of documents (RFC 9336; Microsoft's and Adobe's before
/// it) and of mail, which authorities give to persons.
static USAGES: [ObjectIdentifier; 4] = [
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.36"),
    ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.10.3.12"),
    ObjectIdentifier::new_unwrap("1.2.840.113583.1.1.5"),
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.4"),
];

/// `others` are all certificates that came with it.
pub fn check(certificate: &Certificate<'_>, others: &[&[u8]], trust: Trust<'_>) -> Result<Revocation, Fault> {
    let may_sign =
        certificate.usage.is_some_and(|usage| usage & (CONTENT_COMMITMENT | DIGITAL_SIGNATURE) != 0);
    if !may_sign || certificate.is_ca {
        return Err(Fault::NotForSigning);
    }
    let now = UnixTime::since_unix_epoch(Duration::from_millis(trust.now_unix_ms));
    let seconds = i64::try_from(trust.now_unix_ms / 1000).unwrap_or(i64::MAX);
    let valid = trust.authorities.iter().filter(|authority| authority.is_valid_at(seconds));
    let anchors: Vec<TrustAnchor<'_>> = valid.filter_map(|authority| authority.anchor()).collect();
    let between: Vec<CertificateDer<'_>> = others.iter().map(|der| CertificateDer::from_slice(der)).collect();
    let der = CertificateDer::from_slice(certificate.raw);
    let end = EndEntityCert::try_from(&der).map_err(fault)?;
    let mut refused = Fault::NotForSigning;
    for usage in &USAGES {
        let usage = KeyUsage::required_if_present(usage.as_bytes());
        let algorithms = webpki::ALL_VERIFICATION_ALGS;
        match end.verify_for_usage(algorithms, &anchors, &between, now, usage, None, None) {
            Ok(path) => return ask(certificate, &path, trust, seconds),
            Err(error) => refused = fault(error),
        }
        if refused != Fault::NotForSigning {
            break;
        }
    }
    Err(refused)
}

/// The worst that lists say of the certificates on this path. The authority at its end is trusted as it is.
fn ask(
    certificate: &Certificate<'_>,
    path: &VerifiedPath<'_>,
    trust: Trust<'_>,
    seconds: i64,
) -> Result<Revocation, Fault> {
    let between: Vec<CertificateDer<'_>> =
        path.intermediate_certificates().map(|between| between.der()).collect();
    let mut issuers = between.iter().map(|der| Certificate::read(der)).collect::<Result<Vec<_>, _>>()?;
    issuers.push(anchored(path.anchor(), trust, seconds).ok_or(Fault::AuthorityUnknown)?);
    let mut worst = Revocation::Clear;
    let mut asked = certificate;
    for issuer in &issuers {
        let found = revocation::ask(asked, issuer, trust.lists, seconds).ok_or(Fault::Revoked)?;
        // WHY stale first: one that has ended frees nobody, whatever is not asked beside it.
        worst =
            if [worst, found].contains(&Revocation::Stale) { Revocation::Stale } else { worst.min(found) };
        asked = issuer;
    }
    Ok(worst)
}

/// The authority that this anchor was made of: one of the same name and key, where there are more.
fn anchored<'a>(anchor: &TrustAnchor<'_>, trust: Trust<'a>, seconds: i64) -> Option<Certificate<'a>> {
    let valid = trust.authorities.iter().filter(|authority| authority.is_valid_at(seconds));
    let mut read = valid.filter_map(|authority| Certificate::read(authority.der()).ok());
    read.find(|read| {
        read.subject.value == anchor.subject.as_ref()
            && read.key.value == anchor.subject_public_key_info.as_ref()
    })
}

fn fault(error: Error) -> Fault {
    match error {
        Error::CertExpired { .. } => Fault::Expired,
        Error::CertNotValidYet { .. } => Fault::NotYet,
        Error::CaUsedAsEndEntity | Error::EmptyEkuExtension | Error::RequiredEkuNotFoundContext(_) => {
            Fault::NotForSigning
        }
        Error::UnsupportedSignatureAlgorithmContext(_)
        | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => Fault::Weak,
        Error::BadDer | Error::BadDerTime | Error::TrailingData(_) | Error::InvalidSerialNumber => {
            Fault::Malformed
        }
        _ => Fault::AuthorityUnknown,
    }
}
