//! Agreements as documents: the PDF that we make, what was signed on it outside, and whose certificates count.
//!
//! It exists so that one small crate knows the layout of a page and the rules of foreign signatures. It never does input
//! or output, reads no clock, asks no network, and never repairs what it does not understand: it refuses.

mod armor;
mod asn1;
pub mod authority;
mod certificate;
#[doc(hidden)]
pub mod fuzz;
pub mod pdf;
pub mod revocation;
pub mod signed;

pub use authority::Authority;
pub use pdf::{Block, Document, Language, Part};
pub use revocation::{List, Revocation};
pub use signed::{Kind, Signed, Signer};

/// SHA-256 (FIPS 180-4).
fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut digest = [0; 32];
    digest.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref());
    digest
}
