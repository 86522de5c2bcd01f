//! Makes one valid Crypt4GH body of a blob, to follow a header for a recipient.
//!
//! Most blobs already are one and are copied as they lie. Only runs that end inside
//! a segment before the last run force a rewrite: opened and sealed again under a
//! fresh data key. It must never hold more than a few segments in memory.

use bytes::BytesMut;

use super::{
    DataKey, OpenError, Opener, RangeError, RangeOpener, Run, SEGMENT_BYTES, SealError, Sealer, Summary,
};
use super::{sealed_bytes, sealed_range};

/// Why a blob could not be rewritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    #[error("cannot open stored bytes")]
    Open(#[from] OpenError),
    #[error("cannot seal again")]
    Seal(#[from] SealError),
    #[error("run has an impossible length")]
    Range(#[from] RangeError),
}

/// Whether the runs, stored one after another, are a valid Crypt4GH body as they lie.
pub fn is_body(runs: &[Run]) -> bool {
    let mut filled = runs.iter().filter(|run| run.plain_bytes > 0).rev();
    filled.next();
    filled.all(|run| run.plain_bytes.is_multiple_of(SEGMENT_BYTES as u64))
}

/// Takes the stored bytes of all runs in order, gives one run under another key.
pub struct Rewriter {
    key: DataKey,
    runs: std::vec::IntoIter<Run>,
    current: Option<(RangeOpener, u64)>,
    plain: BytesMut,
    sealer: Sealer,
}

impl Rewriter {
    /// `key` opens the runs; `sealer` holds the new key and attempt.
    pub fn new(key: DataKey, runs: Vec<Run>, sealer: Sealer) -> Self {
        Self { key, runs: runs.into_iter(), current: None, plain: BytesMut::new(), sealer }
    }

    /// Takes stored bytes in pieces of any size, appends rewritten segments to `into`.
    pub fn push(&mut self, mut sealed: &[u8], into: &mut BytesMut) -> Result<(), ExportError> {
        while !sealed.is_empty() {
            let (mut opener, left_bytes) = self.run()?;
            let (head, rest) = split(sealed, left_bytes);
            sealed = rest;
            opener.push(head, &mut self.plain)?;
            self.sealer.push(&self.plain, into)?;
            self.plain.clear();
            let left_bytes = left_bytes - head.len() as u64;
            if left_bytes == 0 {
                opener.finish()?;
            } else {
                self.current = Some((opener, left_bytes));
            }
        }
        Ok(())
    }

    /// Seals the rest; refuses if stored bytes are missing.
    pub fn finish(mut self, into: &mut BytesMut) -> Result<Summary, ExportError> {
        if let Some((opener, _)) = self.current.take() {
            opener.finish()?;
        }
        if self.runs.any(|run| run.plain_bytes > 0) {
            return Err(OpenError::Truncated { index: 0, expected_bytes: 1, found_bytes: 0 }.into());
        }
        Ok(self.sealer.finish(into)?)
    }

    /// The run being read and its stored bytes still to come (never 0).
    fn run(&mut self) -> Result<(RangeOpener, u64), ExportError> {
        if let Some(current) = self.current.take() {
            return Ok(current);
        }
        let run = self.runs.find(|run| run.plain_bytes > 0).ok_or(OpenError::Surplus)?;
        let map = sealed_range(0..run.plain_bytes, run.plain_bytes)?;
        let opener = RangeOpener::new(Opener::new(&self.key, run.attempt)?, &map);
        Ok((opener, sealed_bytes(run.plain_bytes)))
    }
}

fn split(sealed: &[u8], left_bytes: u64) -> (&[u8], &[u8]) {
    let length = usize::try_from(left_bytes).unwrap_or(usize::MAX);
    sealed.split_at(length.min(sealed.len()))
}
