//! AEAD boxes for small payloads: commits, rows, custody's files.
//!
//! `nonce (12 random bytes) || ciphertext || tag (16)`, ChaCha20-Poly1305. What the
//! box is for goes into the associated data, so that no box passes for another. It
//! must never be used for payloads of more than one segment's order: see `segments`.

use words::{Rand, Secret};

use crate::aead::{Cipher, KEY_BYTES};

/// What sealing adds.
pub use crate::aead::OVERHEAD_BYTES;

/// WHY: random 96-bit nonces stay apart (2^-33) for this many boxes under one key.
pub const BOXES_PER_KEY_MAX: u64 = 1 << 32;

/// Why a box could not be made or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    #[error("box is too short to be one")]
    Short,
    #[error("box was altered, is for another purpose or under another key")]
    Broken,
    #[error("cryptographic library refused to seal")]
    Refused,
}

/// Seals `plain` under `key`, bound to `aad`.
pub fn seal(
    key: &Secret<[u8; KEY_BYTES]>,
    rand: &dyn Rand,
    aad: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, EnvelopeError> {
    let mut sealed = vec![0; plain.len() + OVERHEAD_BYTES];
    let cipher = Cipher::new(key).map_err(|_| EnvelopeError::Refused)?;
    let nonce = words::chance::bytes(rand);
    cipher.seal_into(nonce, aad, plain, &mut sealed).map_err(|_| EnvelopeError::Refused)?;
    Ok(sealed)
}

/// Opens what `seal` made under the same key and `aad`.
pub fn open(key: &Secret<[u8; KEY_BYTES]>, aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, EnvelopeError> {
    let length = sealed.len().checked_sub(OVERHEAD_BYTES).ok_or(EnvelopeError::Short)?;
    let mut plain = vec![0; length];
    let cipher = Cipher::new(key).map_err(|_| EnvelopeError::Refused)?;
    cipher.open_into(aad, sealed, &mut plain).map_err(|_| EnvelopeError::Broken)?;
    Ok(plain)
}
