//! ChaCha20-Poly1305 (RFC 8439) over slices, so that every caller above uses one
//! reviewed path into the cryptographic library.
//!
//! It must never choose a nonce: its callers own the rule that makes theirs unique.

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use words::Secret;

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;
/// Bytes of a nonce.
pub const NONCE_BYTES: usize = 12;
/// Bytes of the authentication tag.
pub const TAG_BYTES: usize = 16;
/// What sealing adds when the nonce is stored in front.
pub const OVERHEAD_BYTES: usize = NONCE_BYTES + TAG_BYTES;

/// A key ready for use, or the library's flat refusal.
pub(crate) struct Cipher(LessSafeKey);

/// The tag does not fit, or the library failed; which of the two is never told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Broken;

impl Cipher {
    pub(crate) fn new(key: &Secret<[u8; KEY_BYTES]>) -> Result<Self, Broken> {
        let key = UnboundKey::new(&CHACHA20_POLY1305, key.expose()).map_err(|_| Broken)?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Writes `nonce || ciphertext || tag` over `into`, which has `plain.len() + OVERHEAD_BYTES`.
    pub(crate) fn seal_into(
        &self,
        nonce: [u8; NONCE_BYTES],
        aad: &[u8],
        plain: &[u8],
        into: &mut [u8],
    ) -> Result<(), Broken> {
        let (head, rest) = into.split_at_mut_checked(NONCE_BYTES).ok_or(Broken)?;
        let (body, tag) = rest.split_at_mut_checked(plain.len()).ok_or(Broken)?;
        head.copy_from_slice(&nonce);
        let nonce = Nonce::assume_unique_for_key(nonce);
        self.0.seal_out_of_place_scatter(nonce, Aad::from(aad), plain, body, &[], tag).map_err(|_| Broken)
    }

    /// Opens `nonce || ciphertext || tag` into `into`, which has `sealed.len() - OVERHEAD_BYTES`.
    pub(crate) fn open_into(&self, aad: &[u8], sealed: &[u8], into: &mut [u8]) -> Result<(), Broken> {
        let (nonce, rest) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(Broken)?;
        let (body, tag) = rest.split_last_chunk::<TAG_BYTES>().ok_or(Broken)?;
        if body.len() != into.len() {
            return Err(Broken);
        }
        let nonce = Nonce::assume_unique_for_key(*nonce);
        self.0.open_separate_gather(nonce, Aad::from(aad), body, tag, into).map_err(|_| Broken)
    }

    /// Opens `nonce || ciphertext || tag` where it lies and returns the plain bytes.
    pub(crate) fn open_in_place<'a>(&self, aad: &[u8], sealed: &'a mut [u8]) -> Result<&'a mut [u8], Broken> {
        let (nonce, rest) = sealed.split_first_chunk_mut::<NONCE_BYTES>().ok_or(Broken)?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        self.0.open_in_place(nonce, Aad::from(aad), rest).map_err(|_| Broken)
    }
}
