//! Bytes to bytes: everything that seals, proves, signs or sums up, and nothing else.
//!
//! It exists so that one reviewed crate knows the cryptography. It never does
//! input or output, is never async, reads no clock, and takes chance only from
//! `words::Rand`.

mod aead;
pub mod checksum;
pub mod commitment;
pub mod crypt4gh;
mod digest;
pub mod envelope;
pub mod es256;
#[doc(hidden)]
pub mod fuzz;
mod gather;
pub mod geometry;
pub mod keys;
pub mod letter;
pub mod merkle;
pub mod note;
pub mod one_time;
mod reader;
pub mod segments;
pub mod shares;
pub mod stretch;
mod text;

pub use crypt4gh::{Attempt, DataKey, Opener, Sealer};
pub use digest::Sha256;
pub use keys::{DecryptionKey, EncryptionKey, SigningKey, VerifyingKey, derive, hmac_sha256, s3_secret};
pub use merkle::{Frontier, Hash, leaf_hash, node_hash};
pub use text::base64;

/// SHA-256 (FIPS 180-4): what chains commits and names documents.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).into()
}
