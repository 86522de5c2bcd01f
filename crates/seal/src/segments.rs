//! Sealed files for the index: 64 KiB AEAD segments that know their file, place and end.
//!
//! Each file has its own key, derived from the generation's key and the caller's
//! context (generation, object path, file id). A segment is stored as `nonce ||
//! ciphertext || tag` with nonce = `8 random bytes of the file || number (u32
//! big-endian)` and associated data = `number || is-last mark`. So nothing can be
//! moved between files, swapped, dropped or cut unnoticed. An empty file is one empty
//! segment. Replacing a whole file by an older one of the same context is not noticed
//! here: put something that changes into the context.

use std::ops::Range;

use bytes::BytesMut;
use words::{Rand, Secret};
use zeroize::Zeroizing;

use crate::aead::{Cipher, KEY_BYTES, OVERHEAD_BYTES};
use crate::crypt4gh::{Attempt, SealError};
pub use crate::gather::OpenError;
use crate::gather::{Gather, OpenSegment, append_opened};
pub use crate::geometry::{RangeError, SEALED_SEGMENT_BYTES, SEGMENT_BYTES, SealedRange};
use crate::{geometry, keys};

const LABEL: &str = "epic index file v1";

/// Stored bytes of a file of `plain_bytes`.
pub const fn sealed_bytes(plain_bytes: u64) -> u64 {
    if plain_bytes == 0 { OVERHEAD_BYTES as u64 } else { geometry::sealed_bytes(plain_bytes) }
}

/// Plain bytes of a stored file; an error for lengths that sealing never makes.
pub const fn plain_bytes(sealed_bytes: u64) -> Result<u64, RangeError> {
    if sealed_bytes == OVERHEAD_BYTES as u64 {
        return Ok(0);
    }
    if sealed_bytes == 0 {
        return Err(RangeError::NoLength { sealed_bytes });
    }
    geometry::plain_bytes(sealed_bytes)
}

/// Which stored bytes to fetch for plain bytes `range` of a file of `plain_len`.
///
/// The whole of an empty file is its one segment, so that emptiness is proven too.
pub fn sealed_range(range: Range<u64>, plain_len: u64) -> Result<SealedRange, RangeError> {
    let mut map = geometry::sealed_range(range, plain_len)?;
    if plain_len == 0 {
        map.sealed = 0..OVERHEAD_BYTES as u64;
    }
    Ok(map)
}

/// The key of one file.
pub struct FileKey(Cipher);

impl FileKey {
    /// `context` names the file: the same bytes at sealing and opening.
    pub fn new(key: &Secret<[u8; KEY_BYTES]>, context: &[u8]) -> Result<Self, SealError> {
        let key = keys::derive(key, LABEL, context).map_err(|_| SealError::Refused)?;
        Ok(Self(Cipher::new(&key).map_err(|_| SealError::Refused)?))
    }
}

fn associated(index: u32, is_last: bool) -> [u8; 5] {
    let [a, b, c, d] = index.to_be_bytes();
    [a, b, c, d, u8::from(is_last)]
}

/// Seals a whole file held in memory.
pub fn seal(key: FileKey, rand: &dyn Rand, plain: &[u8]) -> Result<BytesMut, SealError> {
    let length = usize::try_from(sealed_bytes(plain.len() as u64)).map_err(|_| SealError::TooLong)?;
    let mut sealed = BytesMut::with_capacity(length);
    let mut sealer = FileSealer::new(key, rand);
    sealer.push(plain, &mut sealed)?;
    sealer.finish(&mut sealed)?;
    Ok(sealed)
}

/// Opens a whole file held in memory.
pub fn open(key: FileKey, sealed: &[u8]) -> Result<BytesMut, OpenError> {
    let broken = OpenError::Truncated { index: 0, expected_bytes: OVERHEAD_BYTES, found_bytes: sealed.len() };
    let length = plain_bytes(sealed.len() as u64).map_err(|_| broken)?;
    let map = sealed_range(0..length, length).map_err(|_| OpenError::TooLong)?;
    let mut plain = BytesMut::with_capacity(usize::try_from(length).unwrap_or(0));
    let mut opener = FileOpener::new(key, &map);
    opener.push(sealed, &mut plain)?;
    opener.finish()?;
    Ok(plain)
}

/// Takes a file in pieces of any size, gives sealed segments.
pub struct FileSealer {
    key: FileKey,
    prefix: Attempt,
    /// Up to a whole segment: only the next byte tells that it is not the last.
    pending: Zeroizing<Vec<u8>>,
    segments: u64,
}

impl FileSealer {
    pub fn new(key: FileKey, rand: &dyn Rand) -> Self {
        let pending = Zeroizing::new(Vec::with_capacity(SEGMENT_BYTES));
        Self { key, prefix: Attempt::random(rand), pending, segments: 0 }
    }

    /// Appends to `into` every segment known not to be the last.
    pub fn push(&mut self, mut plain: &[u8], into: &mut BytesMut) -> Result<(), SealError> {
        while !plain.is_empty() {
            if self.pending.len() == SEGMENT_BYTES {
                self.flush(false, into)?;
            }
            let missing = SEGMENT_BYTES - self.pending.len();
            let (head, rest) = plain.split_at(missing.min(plain.len()));
            self.pending.extend_from_slice(head);
            plain = rest;
        }
        Ok(())
    }

    /// Appends the last segment.
    pub fn finish(mut self, into: &mut BytesMut) -> Result<(), SealError> {
        self.flush(true, into)
    }

    fn flush(&mut self, is_last: bool, into: &mut BytesMut) -> Result<(), SealError> {
        let index = u32::try_from(self.segments).map_err(|_| SealError::TooLong)?;
        let start = into.len();
        into.resize(start + self.pending.len() + OVERHEAD_BYTES, 0);
        let sealed = into.get_mut(start..).ok_or(SealError::Refused)?;
        let (nonce, aad) = (self.prefix.nonce(index), associated(index, is_last));
        self.key.0.seal_into(nonce, &aad, &self.pending, sealed).map_err(|_| SealError::Refused)?;
        self.pending.clear();
        self.segments += 1;
        Ok(())
    }
}

/// Opens the stored bytes of a `SealedRange` of one file, pushed in pieces of any size.
pub struct FileOpener {
    opener: PlacedOpener,
    gather: Gather,
}

impl FileOpener {
    /// `map` must come from this module's `sealed_range`.
    pub fn new(key: FileKey, map: &SealedRange) -> Self {
        let last = geometry::segment_count(map.plain_bytes).saturating_sub(1);
        Self { opener: PlacedOpener { key, prefix: None, last }, gather: Gather::new(map) }
    }

    /// Appends to `into` the wanted plain bytes of every segment that `sealed` completes.
    pub fn push(&mut self, sealed: &[u8], into: &mut BytesMut) -> Result<(), OpenError> {
        self.gather.push(&mut self.opener, sealed, into)
    }

    /// Says whether all that was promised came.
    pub fn finish(self) -> Result<(), OpenError> {
        self.gather.finish()
    }
}

struct PlacedOpener {
    key: FileKey,
    /// The file's random bytes, as its first segment read told; all must agree.
    prefix: Option<Attempt>,
    last: u64,
}

impl OpenSegment for PlacedOpener {
    fn open_segment(&mut self, index: u32, sealed: &[u8], into: &mut BytesMut) -> Result<(), OpenError> {
        let misplaced = OpenError::Misplaced { index: u64::from(index) };
        let found = Attempt::from_bytes(*sealed.first_chunk::<8>().ok_or(misplaced)?);
        let prefix = *self.prefix.get_or_insert(found);
        if !sealed.starts_with(&prefix.nonce(index)) {
            return Err(misplaced);
        }
        let aad = associated(index, u64::from(index) == self.last);
        let broken = OpenError::Broken { index: u64::from(index) };
        append_opened(&self.key.0, &aad, sealed, into).ok_or(broken)
    }
}
