//! The index in memory: the twin for simulation, and enough for a small cell.
//!
//! A shelf outlives its indexes as a disk outlives a process: what was not
//! flushed is gone when an index is opened again. Keys are not needed here and
//! nothing is sealed, because nothing leaves the process.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use async_trait::async_trait;
use bytes::Bytes;
use words::noun::Cell;
use words::{Id, Secret};

use super::{Applied, Batch, Index, KeyRange, Row, Rows, SCAN_ROWS_MAX, Shelf};
use crate::error::StoreError;

type Flushed = BTreeMap<(Id<Cell>, u64), Table>;

/// The indexes of a region that live as long as this shelf.
#[derive(Clone, Default)]
pub struct MemoryShelf {
    flushed: Arc<Mutex<Flushed>>,
}

/// One open index.
struct MemoryIndex {
    shared: Arc<RwLock<Table>>,
    flushed: Arc<Mutex<Flushed>>,
    place: (Id<Cell>, u64),
}

/// The rows at one moment; its drop lets older versions go.
struct Snapshot {
    shared: Arc<RwLock<Table>>,
    version: u64,
}

/// Rows with as many older versions as open snapshots need.
#[derive(Clone, Default)]
struct Table {
    /// Versions in order, the newest last; `None` is a deleted row.
    rows: BTreeMap<Bytes, Vec<(u64, Option<Bytes>)>>,
    version: u64,
    applied: Option<Applied>,
    snapshots: BTreeMap<u64, usize>,
    /// Rows that hold more than their newest value.
    crowded: BTreeSet<Bytes>,
    is_closed: bool,
}

impl Table {
    fn put(&mut self, key: Bytes, value: Option<Bytes>) {
        let version = self.version;
        let row = self.rows.entry(key.clone()).or_default();
        row.retain(|(at, _)| *at != version);
        row.push((version, value));
        self.crowded.insert(key);
    }

    /// Drops what no open snapshot can see.
    fn prune(&mut self) {
        let oldest = self.snapshots.keys().next().copied().unwrap_or(self.version);
        for key in std::mem::take(&mut self.crowded) {
            let Some(row) = self.rows.get_mut(&key) else {
                continue;
            };
            let seen = row.iter().rposition(|(at, _)| *at <= oldest).unwrap_or(0);
            row.drain(..seen);
            match &row[..] {
                [(at, None)] if *at <= oldest => drop(self.rows.remove(&key)),
                [_] => {}
                _ => drop(self.crowded.insert(key)),
            }
        }
    }

    fn get(&self, key: &[u8], version: u64) -> Option<Bytes> {
        value(self.rows.get(key)?, version)
    }

    fn scan(&self, range: &KeyRange, rows_max: usize, version: u64) -> Vec<Row> {
        if range.is_empty() {
            return Vec::new();
        }
        let end = range.end.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        self.rows
            .range::<Bytes, _>((Bound::Included(&range.start), end))
            .filter_map(|(key, row)| Some(Row { key: key.clone(), value: value(row, version)? }))
            .take(rows_max.min(SCAN_ROWS_MAX))
            .collect()
    }
}

fn value(row: &[(u64, Option<Bytes>)], version: u64) -> Option<Bytes> {
    row.iter().rfind(|(at, _)| *at <= version)?.1.clone()
}

fn read(shared: &RwLock<Table>) -> RwLockReadGuard<'_, Table> {
    shared.read().unwrap_or_else(PoisonError::into_inner)
}

fn write(shared: &RwLock<Table>) -> RwLockWriteGuard<'_, Table> {
    shared.write().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl Rows for MemoryIndex {
    async fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        Ok(read(&self.shared).get(key, u64::MAX))
    }

    async fn scan(&self, range: KeyRange, rows_max: usize) -> Result<Vec<Row>, StoreError> {
        Ok(read(&self.shared).scan(&range, rows_max, u64::MAX))
    }
}

#[async_trait]
impl Index for MemoryIndex {
    async fn apply(&self, batch: Batch) -> Result<(), StoreError> {
        let mut table = write(&self.shared);
        if table.is_closed {
            return Err(batch.refused("the index is closed"));
        }
        batch.check(table.applied)?;
        table.version += 1;
        for (key, value) in batch.changes {
            table.put(key, value);
        }
        table.applied = Some(batch.applied);
        table.prune();
        Ok(())
    }

    fn applied(&self) -> Option<Applied> {
        read(&self.shared).applied
    }

    async fn snapshot(&self) -> Result<Arc<dyn Rows>, StoreError> {
        let mut table = write(&self.shared);
        let version = table.version;
        *table.snapshots.entry(version).or_default() += 1;
        Ok(Arc::new(Snapshot { shared: Arc::clone(&self.shared), version }))
    }

    async fn flush(&self) -> Result<(), StoreError> {
        let mut copy = read(&self.shared).clone();
        copy.snapshots.clear();
        copy.crowded = copy.rows.keys().cloned().collect();
        copy.prune();
        copy.is_closed = false;
        let mut flushed = self.flushed.lock().unwrap_or_else(PoisonError::into_inner);
        flushed.insert(self.place, copy);
        Ok(())
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.flush().await?;
        write(&self.shared).is_closed = true;
        Ok(())
    }
}

#[async_trait]
impl Rows for Snapshot {
    async fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        Ok(read(&self.shared).get(key, self.version))
    }

    async fn scan(&self, range: KeyRange, rows_max: usize) -> Result<Vec<Row>, StoreError> {
        Ok(read(&self.shared).scan(&range, rows_max, self.version))
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        let mut table = write(&self.shared);
        if let Some(holders) = table.snapshots.get_mut(&self.version) {
            *holders -= 1;
            if *holders == 0 {
                table.snapshots.remove(&self.version);
                table.prune();
            }
        }
    }
}

#[async_trait]
impl Shelf for MemoryShelf {
    async fn open(
        &self,
        cell: Id<Cell>,
        generation: u64,
        _key: &Secret<[u8; 32]>,
    ) -> Result<Arc<dyn Index>, StoreError> {
        let place = (cell, generation);
        let flushed = self.flushed.lock().unwrap_or_else(PoisonError::into_inner);
        let table = flushed.get(&place).cloned().unwrap_or_default();
        let shared = Arc::new(RwLock::new(table));
        Ok(Arc::new(MemoryIndex { shared, flushed: Arc::clone(&self.flushed), place }))
    }

    async fn generations(&self, cell: Id<Cell>) -> Result<Vec<u64>, StoreError> {
        let flushed = self.flushed.lock().unwrap_or_else(PoisonError::into_inner);
        let of_cell = flushed.keys().filter(|(of, _)| *of == cell);
        Ok(of_cell.map(|(_, generation)| *generation).collect())
    }

    async fn remove(&self, cell: Id<Cell>, generation: u64) -> Result<(), StoreError> {
        let mut flushed = self.flushed.lock().unwrap_or_else(PoisonError::into_inner);
        flushed.remove(&(cell, generation));
        Ok(())
    }
}
