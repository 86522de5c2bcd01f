//! A whole Crypt4GH file as it arrives: header first, then its body, opened on the way.
//!
//! It refuses what it can tell: a header for somebody else, an edit list, a segment that was altered, cut, or
//! sent twice in a row. What the format itself cannot tell (segments swapped, left out between two others, or the
//! last ones cut off at an edge) it cannot either: only the sender's length and checksum do.
//! It must never hold more than the header and one segment.

use bytes::{Bytes, BytesMut};

use super::{ForeignOpener, HEADER_BYTES_MAX, HeaderError, OpenError, OpenedHeader, open_header};
use crate::keys::DecryptionKey;

/// Why a file that arrives is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ArrivalError {
    #[error("the Crypt4GH header does not open: {0}")]
    Header(#[from] HeaderError),
    #[error("the Crypt4GH file has an edit list")]
    EditList,
    #[error("the Crypt4GH body does not open: {0}")]
    Body(#[from] OpenError),
}

/// Takes a file in pieces of any size, gives its plain bytes.
pub struct Arrival {
    /// Keys that it may be sealed to; the first that opens it does.
    readers: Vec<DecryptionKey>,
    head: BytesMut,
    /// WHY: a header that comes byte by byte is not read anew at each of them.
    try_at_bytes: usize,
    opener: Option<ForeignOpener>,
}

impl Arrival {
    pub fn new(readers: Vec<DecryptionKey>) -> Self {
        Self { readers, head: BytesMut::new(), try_at_bytes: 0, opener: None }
    }

    /// Appends the plain bytes of every segment that `sealed` completes.
    pub fn push(&mut self, sealed: &[u8], into: &mut BytesMut) -> Result<(), ArrivalError> {
        if let Some(opener) = &mut self.opener {
            return Ok(opener.push(sealed, into)?);
        }
        self.head.extend_from_slice(sealed);
        if self.head.len() < self.try_at_bytes {
            return Ok(());
        }
        match self.begin(into) {
            Err(ArrivalError::Header(HeaderError::Short { found_bytes }))
                if found_bytes <= HEADER_BYTES_MAX =>
            {
                self.try_at_bytes = found_bytes.saturating_mul(2);
                Ok(())
            }
            other => other,
        }
    }

    /// Opens the last, short segment; a file that ended within its header is refused.
    pub fn finish(mut self, into: &mut BytesMut) -> Result<(), ArrivalError> {
        if self.opener.is_none() {
            self.begin(into)?;
        }
        self.opener.map_or(Ok(()), |opener| Ok(opener.finish(into)?))
    }

    fn begin(&mut self, into: &mut BytesMut) -> Result<(), ArrivalError> {
        let header = self.open_header()?;
        // WHY: each recipient of a file may have another list, so one file would be different bytes to each.
        if header.edit_list.is_some() {
            return Err(ArrivalError::EditList);
        }
        let head: Bytes = std::mem::take(&mut self.head).freeze();
        let mut opener = ForeignOpener::new(&header)?.without_repeats();
        opener.push(head.get(header.header_bytes..).unwrap_or_default(), into)?;
        self.opener = Some(opener);
        Ok(())
    }

    fn open_header(&self) -> Result<OpenedHeader, HeaderError> {
        let mut refused = HeaderError::NotForThisKey;
        for reader in &self.readers {
            match open_header(&self.head, reader) {
                Ok(header) => return Ok(header),
                Err(HeaderError::NotForThisKey) => {}
                Err(error @ HeaderError::Short { .. }) => return Err(error),
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }
}
