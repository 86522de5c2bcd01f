//! The index of a cell: the disposable fold of its log, as ordered rows.
//!
//! One narrow trait with two implementations that pass one conformance suite:
//! a sealed SlateDB and a twin in memory. It is a cache: whatever it holds can
//! be made again from the log, so nothing may be kept in it alone.

mod memory;
mod sealed;
mod slate;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use words::noun::Cell;
use words::{Id, Secret};

pub use memory::MemoryShelf;
pub use slate::SlateShelf;

use crate::error::StoreError;

/// WHY: an object key has 1,024 bytes; the rest is room for ids and versions before it.
pub const ROW_KEY_BYTES_MAX: usize = 4_096;
/// WHY: a row carries at most an act's body and its metadata, sealed.
pub const ROW_VALUE_BYTES_MAX: usize = 4 << 20;
/// WHY: one answer of a scan is held in memory; callers page on from the last key.
pub const SCAN_ROWS_MAX: usize = 10_000;

/// Up to which commit an index holds the fold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applied {
    pub seq: u64,
    /// The hash of that log object; another one means the index folds another history.
    pub hash: [u8; 32],
}

/// One row of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub key: Bytes,
    pub value: Bytes,
}

/// Keys from `start` on, up to and without `end`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyRange {
    pub start: Bytes,
    pub end: Option<Bytes>,
}

impl KeyRange {
    pub const fn all() -> Self {
        Self { start: Bytes::new(), end: None }
    }

    /// All keys that begin so.
    pub fn prefix(prefix: impl Into<Bytes>) -> Self {
        let start = prefix.into();
        let mut end = start.to_vec();
        while end.last() == Some(&u8::MAX) {
            end.pop();
        }
        if let Some(last) = end.last_mut() {
            *last += 1;
        }
        let end = (!end.is_empty()).then(|| end.into());
        Self { start, end }
    }

    /// What remains of this range behind a key; for the next page.
    #[must_use]
    pub fn after(&self, key: &[u8]) -> Self {
        let next = [key, &[0]].concat();
        Self { start: self.start.clone().max(next.into()), end: self.end.clone() }
    }

    /// What remains of this range from a key on.
    #[must_use]
    pub fn from(&self, key: impl Into<Bytes>) -> Self {
        Self { start: self.start.clone().max(key.into()), end: self.end.clone() }
    }

    fn is_empty(&self) -> bool {
        self.end.as_ref().is_some_and(|end| *end <= self.start)
    }
}

/// The row mutations of one commit; takes effect whole or not at all.
#[derive(Debug, Clone)]
pub struct Batch {
    applied: Applied,
    /// In order; of two changes of one key the later holds.
    changes: Vec<(Bytes, Option<Bytes>)>,
}

impl Batch {
    pub const fn new(applied: Applied) -> Self {
        Self { applied, changes: Vec::new() }
    }

    pub fn put(&mut self, key: impl Into<Bytes>, value: impl Into<Bytes>) {
        self.changes.push((key.into(), Some(value.into())));
    }

    pub fn delete(&mut self, key: impl Into<Bytes>) {
        self.changes.push((key.into(), None));
    }

    fn size_bytes(&self) -> usize {
        self.changes.iter().map(|(key, value)| key.len() + value.as_ref().map_or(0, Bytes::len)).sum()
    }

    /// Refuses what does not follow on the applied commit or does not fit a row.
    fn check(&self, applied: Option<Applied>) -> Result<(), StoreError> {
        let follows = applied.is_none_or(|applied| applied.seq.checked_add(1) == Some(self.applied.seq));
        let fits = self.changes.iter().all(|(key, value)| {
            (1..=ROW_KEY_BYTES_MAX).contains(&key.len())
                && value.as_ref().is_none_or(|value| value.len() <= ROW_VALUE_BYTES_MAX)
        });
        match (follows, fits) {
            (true, true) => Ok(()),
            (false, _) => Err(self.refused("it does not follow on the last applied commit")),
            (_, false) => Err(self.refused("a row is empty or too large")),
        }
    }

    fn refused(&self, why: &'static str) -> StoreError {
        StoreError::Refused { name: format!("batch {}", self.applied.seq), why }
    }
}

/// Rows that can be read: an index as it is, or a snapshot of it.
#[async_trait]
pub trait Rows: Send + Sync {
    async fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StoreError>;

    /// At most so many rows of a range, in order of key.
    async fn scan(&self, range: KeyRange, rows_max: usize) -> Result<Vec<Row>, StoreError>;
}

/// The fold of one cell's log.
#[async_trait]
pub trait Index: Rows {
    /// Applies one commit's rows atomically with its position.
    async fn apply(&self, batch: Batch) -> Result<(), StoreError>;

    /// The newest applied commit; `None` in a new index.
    fn applied(&self) -> Option<Applied>;

    /// The rows as they are now, whatever is applied later.
    async fn snapshot(&self) -> Result<Arc<dyn Rows>, StoreError>;

    /// Makes all that was applied survive a crash.
    async fn flush(&self) -> Result<(), StoreError>;

    /// Flushes and ends; the index takes nothing more.
    async fn close(&self) -> Result<(), StoreError>;
}

/// Where indexes are kept, by cell and generation.
#[async_trait]
pub trait Shelf: Send + Sync {
    /// Opens an index as it was last flushed, or a new one.
    async fn open(
        &self,
        cell: Id<Cell>,
        generation: u64,
        key: &Secret<[u8; 32]>,
    ) -> Result<Arc<dyn Index>, StoreError>;

    /// The generations of a cell that have left any trace, in order.
    async fn generations(&self, cell: Id<Cell>) -> Result<Vec<u64>, StoreError>;

    /// Removes a generation that is not open.
    async fn remove(&self, cell: Id<Cell>, generation: u64) -> Result<(), StoreError>;
}
