//! The edit list: which plain bytes of a body its writer meant to give.
//!
//! SPEC: Crypt4GH 1.0, 3.1.2: lengths to skip and to keep in turn, skip first; what
//! follows an even number of lengths is dropped, an odd number keeps the rest.
//! We read it; we never write one for our own blobs.

use bytes::BytesMut;

use crate::reader::Reader;

/// WHY: a list is held in memory; one skip and keep per region of a large panel.
pub const EDITS_MAX: usize = 65_536;

/// Why bytes are no edit list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    #[error("edit list has more than {EDITS_MAX} lengths")]
    TooMany,
    #[error("edit list is cut")]
    Short,
    #[error("edit list skips or keeps more bytes than a body can have")]
    Overflow,
}

/// Bytes to skip, keep, skip, keep ...
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditList(Vec<u64>);

impl EditList {
    pub fn new(lengths: Vec<u64>) -> Result<Self, EditError> {
        if lengths.len() > EDITS_MAX {
            return Err(EditError::TooMany);
        }
        let sum = lengths.iter().try_fold(0_u64, |sum, length| sum.checked_add(*length));
        sum.ok_or(EditError::Overflow)?;
        Ok(Self(lengths))
    }

    pub fn lengths(&self) -> &[u64] {
        &self.0
    }

    pub(super) fn encode(&self, into: &mut Vec<u8>) {
        // INVARIANT: `new` bounds the count far below 32 bits.
        into.extend_from_slice(&(self.0.len() as u32).to_le_bytes());
        for length in &self.0 {
            into.extend_from_slice(&length.to_le_bytes());
        }
    }

    /// Bytes after the list are ignored, as the reference implementation does.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, EditError> {
        let mut rest = Reader::new(bytes);
        let count = rest.u32_little().ok_or(EditError::Short)? as usize;
        if count > EDITS_MAX {
            return Err(EditError::TooMany);
        }
        let lengths = (0..count).map(|_| rest.u64_little()).collect::<Option<_>>();
        Self::new(lengths.ok_or(EditError::Short)?)
    }
}

/// Applies an edit list to plain bytes as they come.
#[derive(Debug, Clone)]
pub struct Editor {
    lengths: std::vec::IntoIter<u64>,
    is_keeping: bool,
    /// Bytes left of the current length; none once the list is used up.
    left_bytes: Option<u64>,
}

impl Editor {
    pub fn new(list: &EditList) -> Self {
        let mut lengths = list.0.clone().into_iter();
        // SPEC: a list without lengths keeps nothing: its number is even.
        let left_bytes = lengths.next();
        Self { lengths, is_keeping: false, left_bytes }
    }

    /// Appends the bytes of `plain` that count to `into`.
    pub fn push(&mut self, mut plain: &[u8], into: &mut BytesMut) {
        while !plain.is_empty() {
            let length = self.left_bytes.map_or(plain.len(), |left| clamp(left, plain.len()));
            let (head, rest) = plain.split_at(length);
            if self.is_keeping {
                into.extend_from_slice(head);
            }
            plain = rest;
            let Some(left) = self.left_bytes else { return };
            self.left_bytes = Some(left - length as u64);
            if left == length as u64 {
                self.turn();
            }
        }
    }

    fn turn(&mut self) {
        self.is_keeping = !self.is_keeping;
        self.left_bytes = self.lengths.next();
    }
}

fn clamp(left: u64, most: usize) -> usize {
    usize::try_from(left).unwrap_or(usize::MAX).min(most)
}
