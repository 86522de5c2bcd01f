//! What came back signed: whether it is our document, unchanged for whoever reads it, and who signed.
//!
//! CAdES (ETSI EN 319 122-1: a CMS of RFC 5652 around or beside the document) and PAdES (ETSI EN 319 142-1: a CMS inside an
//! update of the PDF). Revocation is asked of the lists that are given, for there is no network here; where none is, the
//! answer says so. Time stamps are not believed: the signer's certificate has to be valid when the signature is brought, and
//! one that was revoked since does not count.

mod ber;
mod cades;
mod chain;
mod cms;
pub(crate) mod key;
mod pades;
mod pdf;

use crate::asn1::NotDer;
use crate::authority::Authority;
use crate::revocation::{List, Revocation};

/// WHY: an agreement has a hundred kilobytes, its signatures less than fifty each, with all that proves them later.
pub const SIGNED_BYTES_MAX: usize = 10 * 1024 * 1024;
/// WHY: two parties, each by a few persons.
pub const SIGNATURES_MAX: usize = 8;
/// Certificates in one signature. WHY: a chain has four; this leaves room for a second one.
pub const CERTIFICATES_MAX: usize = 16;

/// How it was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Cades,
    Pades,
}

/// A document with signatures that all hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    pub kind: Kind,
    /// At least one; those inside first.
    pub signatures: Vec<Signer>,
}

/// Who signed, as the certificate and its authority say. Names are personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct Signer {
    /// Common name, else the organisation; empty if the certificate has neither.
    pub name: String,
    pub organisation: Option<String>,
    /// Such as `VATIT-00211300463` (ETSI EN 319 412-1, 5.1.4).
    pub organisation_identifier: Option<String>,
    /// Such as `TINIT-RSSMRA80A01H501U` (ETSI EN 319 412-1, 5.1.3): serialNumber of the subject, not of the certificate.
    pub serial_number: Option<String>,
    /// The authority that made the certificate.
    pub issuer: String,
    pub certificate_sha256: [u8; 32],
    /// Unix seconds.
    pub not_after: i64,
    /// Unix seconds; what the signer's own clock said, nobody proved it.
    pub claimed_at: Option<i64>,
    /// Of its certificate and of those up to the authority.
    pub revocation: Revocation,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.write_str("Signer([..])")
    }
}

/// Why it does not count. What it says names nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("the file is larger than a signed agreement can be")]
    TooLarge,
    #[error("the file has more than {SIGNATURES_MAX} signatures or {CERTIFICATES_MAX} certificates")]
    TooMany,
    #[error("the file has no signature")]
    NotSigned,
    #[error("the signature is on another document")]
    OtherDocument,
    #[error("the file or its signature was changed after signing")]
    ChangedAfterSigning,
    #[error("the file adds or changes something that one sees when reading the document")]
    ChangesWhatIsRead,
    #[error("the certificate of a signature comes from no authority that is trusted here")]
    AuthorityUnknown,
    #[error("the certificate of a signature has expired")]
    Expired,
    #[error("the certificate of a signature is not valid yet")]
    NotYet,
    #[error("the certificate of a signature was revoked; that it was signed before cannot be seen from it")]
    Revoked,
    #[error("the certificate of a signature is not made for signing documents")]
    NotForSigning,
    #[error("a signature does not say which certificate made it")]
    CertificateUnnamed,
    #[error("a signature uses a method or a key that is too weak or not known here")]
    Weak,
    #[error("the file cannot be understood")]
    Malformed,
}

impl From<NotDer> for Fault {
    fn from(_: NotDer) -> Self {
        Self::Malformed
    }
}

impl From<pdf::Unclear> for Fault {
    fn from(_: pdf::Unclear) -> Self {
        Self::Malformed
    }
}

/// Whom to trust, and when.
#[derive(Clone, Copy)]
struct Trust<'a> {
    authorities: &'a [Authority],
    lists: &'a [List],
    now_unix_ms: u64,
}

/// Who signed `original`, if `signed` is that document with signatures that all hold at `now_unix_ms`.
///
/// `original` is a PDF of `pdf::write`; `signed` a `.p7m` or `.p7s` (DER, BER, PEM or base64) or a PDF. `lists` may be of
/// any issuer: those that no issuer in a chain has signed say nothing.
pub fn check(
    original: &[u8],
    signed: &[u8],
    authorities: &[Authority],
    lists: &[List],
    now_unix_ms: u64,
) -> Result<Signed, Fault> {
    if signed.len() > SIGNED_BYTES_MAX || original.len() > SIGNED_BYTES_MAX {
        return Err(Fault::TooLarge);
    }
    let trust = Trust { authorities, lists, now_unix_ms };
    let (kind, signatures) = match signed.starts_with(b"%PDF-") {
        true => (Kind::Pades, pades::check(original, signed, trust)?),
        false => (Kind::Cades, cades::check(original, signed, trust)?),
    };
    Ok(Signed { kind, signatures })
}
