//! Seals a stream of plain bytes into Crypt4GH segments with constant memory.
//!
//! It must never let a segment number wrap, and never reuse an attempt: it is
//! consumed when it finishes.

use bytes::BytesMut;
use zeroize::Zeroizing;

use super::{Attempt, DataKey, SEALED_SEGMENT_BYTES, SEGMENT_BYTES};
use crate::aead::{Cipher, OVERHEAD_BYTES};

/// Why bytes could not be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    #[error("body has more segments than segment numbers")]
    TooLong,
    #[error("cryptographic library refused to seal")]
    Refused,
}

/// What was sealed; goes into row and leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Bytes before sealing.
    pub plain_bytes: u64,
    /// Bytes of the body as stored.
    pub sealed_bytes: u64,
    /// Segments of the body.
    pub segments: u64,
    /// BLAKE3 of the *sealed* body, so that a scrub needs no key.
    pub blake3: [u8; 32],
}

/// Takes plain bytes in pieces of any size, gives sealed segments.
pub struct Sealer {
    cipher: Cipher,
    attempt: Attempt,
    /// Plain bytes that do not yet fill a segment; always below 64 KiB between calls.
    pending: Zeroizing<Vec<u8>>,
    segments: u64,
    plain_bytes: u64,
    hash: BodyHash,
}

impl Sealer {
    pub fn new(key: &DataKey, attempt: Attempt) -> Result<Self, SealError> {
        let cipher = Cipher::new(key.secret()).map_err(|_| SealError::Refused)?;
        let pending = Zeroizing::new(Vec::new());
        Ok(Self { cipher, attempt, pending, segments: 0, plain_bytes: 0, hash: BodyHash::new() })
    }

    /// Appends to `into` every segment that `plain` completes.
    ///
    /// Full segments are sealed straight from `plain` without a copy.
    pub fn push(&mut self, mut plain: &[u8], into: &mut BytesMut) -> Result<(), SealError> {
        if !self.pending.is_empty() {
            let missing = SEGMENT_BYTES - self.pending.len();
            let (head, rest) = plain.split_at(missing.min(plain.len()));
            self.keep(head);
            plain = rest;
            if self.pending.len() < SEGMENT_BYTES {
                return Ok(());
            }
            self.flush(into)?;
        }
        let (full, rest) = plain.as_chunks::<SEGMENT_BYTES>();
        into.reserve(full.len() * SEALED_SEGMENT_BYTES);
        for segment in full {
            self.seal(segment, into)?;
        }
        self.keep(rest);
        Ok(())
    }

    /// Appends the last, short segment and sums up.
    pub fn finish(mut self, into: &mut BytesMut) -> Result<Summary, SealError> {
        if !self.pending.is_empty() {
            self.flush(into)?;
        }
        let sealed_bytes = self.plain_bytes + self.segments * OVERHEAD_BYTES as u64;
        Ok(Summary {
            plain_bytes: self.plain_bytes,
            sealed_bytes,
            segments: self.segments,
            blake3: self.hash.finish(),
        })
    }

    fn keep(&mut self, plain: &[u8]) {
        if plain.is_empty() {
            return;
        }
        // WHY: one allocation, so that no plain bytes stay behind in a freed smaller one.
        if self.pending.capacity() == 0 {
            self.pending.reserve_exact(SEGMENT_BYTES);
        }
        self.pending.extend_from_slice(plain);
    }

    fn flush(&mut self, into: &mut BytesMut) -> Result<(), SealError> {
        let mut pending = std::mem::take(&mut self.pending);
        self.seal(&pending, into)?;
        pending.clear();
        self.pending = pending;
        Ok(())
    }

    fn seal(&mut self, plain: &[u8], into: &mut BytesMut) -> Result<(), SealError> {
        let index = u32::try_from(self.segments).map_err(|_| SealError::TooLong)?;
        let start = into.len();
        into.resize(start + plain.len() + OVERHEAD_BYTES, 0);
        let sealed = into.get_mut(start..).ok_or(SealError::Refused)?;
        let nonce = self.attempt.nonce(index);
        self.cipher.seal_into(nonce, &[], plain, sealed).map_err(|_| SealError::Refused)?;
        self.hash.update(sealed);
        self.segments += 1;
        self.plain_bytes += plain.len() as u64;
        Ok(())
    }
}

/// BLAKE3 over a sealed body, as in `Summary`; needs no key.
#[derive(Debug, Clone, Default)]
pub struct BodyHash(blake3::Hasher);

impl BodyHash {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn update(&mut self, sealed: &[u8]) {
        self.0.update(sealed);
    }

    pub fn finish(&self) -> [u8; 32] {
        *self.0.finalize().as_bytes()
    }
}
