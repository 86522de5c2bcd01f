//! Which certificates their authorities have taken back: lists (RFC 5280, 5) that an operator brings.
//!
//! It exists because a certificate that was lost or stolen has not expired. A list says what it covers and until when; one
//! that leaves a part of that unsaid (the changes since another list, other authorities' certificates, some reasons only)
//! is refused by that name. It never takes the silence of a list for more than the list covers, and holds no second copy
//! of its entries: a hundred thousand are read through in place.

mod fields;

pub(crate) use fields::points_of;
use fields::{Fields, Part};

use crate::asn1::NotDer;
use crate::authority::Authority;
use crate::certificate::{self, CRL_SIGN, Certificate};
use crate::{armor, sha256};

/// WHY: a hundred thousand entries have five megabytes; it also bounds every loop over entries.
pub const LIST_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What lists say of a signer's certificate and of those between it and the authority that is trusted: the worst of all,
/// which comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Revocation {
    /// For one of them no list of its issuer was given that covers it.
    NotAsked,
    /// For one of them only lists that are not of now.
    Stale,
    /// All are covered by lists of now, and none is on one.
    Clear,
}

/// A whole list of one issuer, or of the part of its certificates that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// The issuer's common name, else its organisation; empty if it has neither.
    pub issuer: String,
    /// SHA-256 of the list.
    pub sha256: [u8; 32],
    /// SHA-256 of the issuer's name and of what part is covered: of two with the same, the later one takes the place.
    pub scope_sha256: [u8; 32],
    /// Unix seconds.
    pub this_update: i64,
    pub next_update: i64,
    /// How many certificates are on it.
    pub entries: usize,
    part: Part,
    der: Vec<u8>,
}

/// Why a file cannot be used as a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("the file is larger than a revocation list can be")]
    TooLarge,
    #[error("the file is not one revocation list in PEM or DER")]
    Malformed,
    #[error("the list is of version 1, which cannot say what it covers")]
    OldVersion,
    #[error("the list is signed by a method that is too weak or not known here")]
    Weak,
    #[error("the list has only the changes since another one: bring the whole list")]
    Delta,
    #[error("the list is of certificates of other authorities too")]
    Indirect,
    #[error(
        "the list covers some reasons, attribute certificates or an unknown part only: bring the whole list"
    )]
    Part,
    #[error("the list has a critical extension that is not known here")]
    UnknownExtension,
}

impl From<NotDer> for Fault {
    fn from(_: NotDer) -> Self {
        Self::Malformed
    }
}

impl List {
    /// One list, PEM (RFC 7468) or DER. Who signed it is for `is_by`, and for `signed::check`, to see.
    pub fn read(bytes: &[u8]) -> Result<Self, Fault> {
        if bytes.len() > LIST_BYTES_MAX {
            return Err(Fault::TooLarge);
        }
        let der = armor::open(bytes, &["X509 CRL"]).ok_or(Fault::Malformed)?.into_owned();
        let fields = Fields::read(&der)?;
        let (part, named) = fields.extensions()?;
        Ok(Self {
            issuer: certificate::called(fields.issuer),
            sha256: sha256(&der),
            scope_sha256: sha256(&[fields.issuer.raw, named].concat()),
            this_update: fields.this_update,
            next_update: fields.next_update,
            entries: fields.entries()?,
            part,
            der,
        })
    }

    /// The list, as it is signed.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Whether this authority signed it, and may sign lists.
    pub fn is_by(&self, authority: &Authority) -> bool {
        let (Ok(issuer), Ok(fields)) = (Certificate::read(authority.der()), Fields::read(&self.der)) else {
            return false;
        };
        may_sign(&issuer) && fields.is_by(&issuer)
    }

    fn is_of(&self, unix_seconds: i64) -> bool {
        (self.this_update..=self.next_update).contains(&unix_seconds)
    }
}

/// What `lists` say of one certificate that this issuer made; None: it was revoked.
///
/// A list that names it counts even if it is old, is of another part, or comes with a certificate of the issuer that does
/// not say that it signs lists: whoever sends the certificates chooses among those of one key. A suspension that has ended
/// is shown by the newer list in the place of the older.
pub(crate) fn ask(
    certificate: &Certificate<'_>,
    issuer: &Certificate<'_>,
    lists: &[List],
    unix_seconds: i64,
) -> Option<Revocation> {
    let mut found = Revocation::NotAsked;
    for list in lists {
        let Ok(fields) = Fields::read(&list.der) else { continue };
        if fields.issuer.raw != issuer.subject.raw {
            continue;
        }
        let is_named = fields.has(certificate.serial);
        let is_covered = may_sign(issuer) && list.part.has(certificate);
        // WHY last: of a large list it takes longest.
        if !(is_named || is_covered) || !fields.is_by(issuer) {
            continue;
        }
        if is_named {
            return None;
        }
        let is = if list.is_of(unix_seconds) { Revocation::Clear } else { Revocation::Stale };
        found = found.max(is);
    }
    Some(found)
}

fn may_sign(issuer: &Certificate<'_>) -> bool {
    issuer.usage.is_none_or(|usage| usage & CRL_SIGN != 0)
}
