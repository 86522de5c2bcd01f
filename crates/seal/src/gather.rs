//! Gathers stored bytes, pushed in pieces of any size, into whole segments, and trims
//! what they open to the range that was asked for.
//!
//! Shared by Crypt4GH bodies and the index's files. It must never hand out fewer or
//! more plain bytes than promised without saying so.

use bytes::BytesMut;

use crate::aead::{Cipher, OVERHEAD_BYTES};
use crate::geometry::{SealedRange, segment_plain_bytes};

/// Why sealed bytes could not be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    #[error("segment {index} belongs elsewhere")]
    Misplaced { index: u64 },
    #[error("segment {index} was altered or is sealed under another key")]
    Broken { index: u64 },
    #[error("segment {index} has {found_bytes} bytes of {expected_bytes}")]
    Truncated { index: u64, expected_bytes: usize, found_bytes: usize },
    #[error("bytes follow after the last segment")]
    Surplus,
    #[error("body has more segments than segment numbers")]
    TooLong,
    #[error("cryptographic library refused the key")]
    Refused,
}

/// Opens one stored segment at its place.
pub(crate) trait OpenSegment {
    fn open_segment(&mut self, index: u32, sealed: &[u8], into: &mut BytesMut) -> Result<(), OpenError>;
}

pub(crate) struct Gather {
    /// Number of the segment being gathered.
    index: u64,
    /// Stored bytes of that segment that came so far.
    pending: BytesMut,
    /// Stored bytes still to come.
    left_bytes: u64,
    skip_bytes: usize,
    take_bytes: u64,
    plain_bytes: u64,
}

impl Gather {
    pub(crate) fn new(map: &SealedRange) -> Self {
        Self {
            index: u64::from(map.first_segment),
            pending: BytesMut::new(),
            left_bytes: map.sealed.end.saturating_sub(map.sealed.start),
            skip_bytes: map.skip_bytes,
            take_bytes: map.take_bytes,
            plain_bytes: map.plain_bytes,
        }
    }

    /// Appends to `into` the wanted plain bytes of every segment that `sealed` completes.
    pub(crate) fn push(
        &mut self,
        opener: &mut impl OpenSegment,
        mut sealed: &[u8],
        into: &mut BytesMut,
    ) -> Result<(), OpenError> {
        self.left_bytes = self.left_bytes.checked_sub(sealed.len() as u64).ok_or(OpenError::Surplus)?;
        while !sealed.is_empty() {
            let missing = self.segment_bytes().saturating_sub(self.pending.len());
            let (head, rest) = sealed.split_at(missing.min(sealed.len()));
            sealed = rest;
            if head.len() == missing && self.pending.is_empty() {
                self.open(opener, head, into)?;
                continue;
            }
            self.pending.extend_from_slice(head);
            if head.len() == missing {
                let mut whole = std::mem::take(&mut self.pending);
                self.open(opener, &whole, into)?;
                whole.clear();
                self.pending = whole;
            }
        }
        Ok(())
    }

    /// Says whether all that was promised came.
    pub(crate) fn finish(&self) -> Result<(), OpenError> {
        if self.left_bytes == 0 && self.pending.is_empty() && self.take_bytes == 0 {
            return Ok(());
        }
        Err(OpenError::Truncated {
            index: self.index,
            expected_bytes: self.segment_bytes(),
            found_bytes: self.pending.len(),
        })
    }

    /// Stored bytes that the current segment must have.
    fn segment_bytes(&self) -> usize {
        segment_plain_bytes(self.index, self.plain_bytes) + OVERHEAD_BYTES
    }

    fn open(
        &mut self,
        opener: &mut impl OpenSegment,
        sealed: &[u8],
        into: &mut BytesMut,
    ) -> Result<(), OpenError> {
        let index = u32::try_from(self.index).map_err(|_| OpenError::TooLong)?;
        let start = into.len();
        opener.open_segment(index, sealed, into)?;
        self.trim(start, into);
        self.index += 1;
        Ok(())
    }

    fn trim(&mut self, start: usize, into: &mut BytesMut) {
        let skip = std::mem::take(&mut self.skip_bytes);
        if skip > 0 {
            let end = into.len();
            let from = (start + skip).min(end);
            into.as_mut().copy_within(from..end, start);
            into.truncate(end - (from - start));
        }
        let kept = ((into.len() - start) as u64).min(self.take_bytes);
        self.take_bytes -= kept;
        into.truncate(start + usize::try_from(kept).unwrap_or(0));
    }
}

/// Appends the plain bytes of one stored segment, or leaves `into` as it was.
pub(crate) fn append_opened(cipher: &Cipher, aad: &[u8], sealed: &[u8], into: &mut BytesMut) -> Option<()> {
    let start = into.len();
    into.resize(start + sealed.len().checked_sub(OVERHEAD_BYTES)?, 0);
    let opened = cipher.open_into(aad, sealed, into.get_mut(start..)?);
    if opened.is_err() {
        into.truncate(start);
        return None;
    }
    Some(())
}
