//! Opens our own bodies, whole or any range, and trusts nothing about them.
//!
//! Every segment must carry the nonce of its place, and the last one must have its
//! exact length: a swapped, repeated, missing or cut segment is an error. It must
//! never hand out a byte of a segment whose tag has not been checked.

use bytes::BytesMut;

use super::{Attempt, DataKey, SealedRange};
use crate::aead::{Cipher, OVERHEAD_BYTES};
pub use crate::gather::OpenError;
use crate::gather::{Gather, OpenSegment, append_opened};

/// Opens single segments of one attempt under one data key.
pub struct Opener {
    cipher: Cipher,
    attempt: Attempt,
}

impl Opener {
    pub fn new(key: &DataKey, attempt: Attempt) -> Result<Self, OpenError> {
        let cipher = Cipher::new(key.secret()).map_err(|_| OpenError::Refused)?;
        Ok(Self { cipher, attempt })
    }

    /// Opens stored segment `index` where it lies; the plain bytes are a part of `sealed`.
    ///
    /// It cannot know how long the segment should be; `RangeOpener` does.
    pub fn open<'a>(&self, index: u32, sealed: &'a mut [u8]) -> Result<&'a mut [u8], OpenError> {
        self.check_place(index, sealed)?;
        let broken = OpenError::Broken { index: u64::from(index) };
        self.cipher.open_in_place(&[], sealed).map_err(|_| broken)
    }

    /// Opens stored segment `index` and appends its plain bytes to `into`.
    pub fn open_into(&self, index: u32, sealed: &[u8], into: &mut BytesMut) -> Result<(), OpenError> {
        self.check_place(index, sealed)?;
        append_opened(&self.cipher, &[], sealed, into).ok_or(OpenError::Broken { index: u64::from(index) })
    }

    fn check_place(&self, index: u32, sealed: &[u8]) -> Result<(), OpenError> {
        let index_wide = u64::from(index);
        if sealed.len() < OVERHEAD_BYTES {
            return Err(OpenError::Truncated {
                index: index_wide,
                expected_bytes: OVERHEAD_BYTES,
                found_bytes: sealed.len(),
            });
        }
        if !sealed.starts_with(&self.attempt.nonce(index)) {
            return Err(OpenError::Misplaced { index: index_wide });
        }
        Ok(())
    }
}

impl OpenSegment for Opener {
    fn open_segment(&mut self, index: u32, sealed: &[u8], into: &mut BytesMut) -> Result<(), OpenError> {
        self.open_into(index, sealed, into)
    }
}

/// Opens the stored bytes of a `SealedRange`, pushed in pieces of any size.
///
/// Ends with exactly the plain bytes asked for, or with an error.
pub struct RangeOpener {
    opener: Opener,
    gather: Gather,
}

impl RangeOpener {
    pub fn new(opener: Opener, map: &SealedRange) -> Self {
        Self { opener, gather: Gather::new(map) }
    }

    /// Appends to `into` the wanted plain bytes of every segment that `sealed` completes.
    pub fn push(&mut self, sealed: &[u8], into: &mut BytesMut) -> Result<(), OpenError> {
        self.gather.push(&mut self.opener, sealed, into)
    }

    /// Says whether all that was promised came; until then the last bytes are not to be trusted as the end.
    pub fn finish(self) -> Result<(), OpenError> {
        self.gather.finish()
    }
}
