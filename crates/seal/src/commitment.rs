//! Salted commitments: what a clear leaf may say about a sealed record.
//!
//! Without the salt a commitment says nothing, so destroying the salt erases the
//! link; with it, exactly one record and detail fit. It must never be computed
//! without a fresh random salt per leaf.

use sha2::{Digest, Sha256};

const DOMAIN: &[u8] = b"epic leaf commitment v1\n";

/// Bytes of a salt and of a commitment.
pub const COMMITMENT_BYTES: usize = 32;

/// SHA-256 over a domain text, the salt, and the length-prefixed (u64 big-endian) inputs.
pub fn commit(salt: &[u8; COMMITMENT_BYTES], record: &[u8], detail: &[u8]) -> [u8; COMMITMENT_BYTES] {
    let mut hash = Sha256::new();
    hash.update(DOMAIN);
    hash.update(salt);
    for input in [record, detail] {
        hash.update((input.len() as u64).to_be_bytes());
        hash.update(input);
    }
    hash.finalize().into()
}
