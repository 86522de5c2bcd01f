//! One open index: what is applied, flushed and closed, and in which order.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use object_store::path::Path;
use slatedb::config::{CloseOptions, WriteOptions};
use slatedb::{Db, WriteBatch};
use tokio::task::JoinHandle;

use super::compaction::Compaction;
use super::rows::{self, APPLIED, Snapshot, read_applied, row_key, write_applied};
use super::{MEMTABLE_BYTES, within};
use crate::error::StoreError;
use crate::index::{Applied, Batch, Index, KeyRange, Row, Rows};

/// WHY: replay after a crash reads at most about so many commits.
const FLUSH_COMMITS: u64 = 4_096;

pub(super) struct SlateIndex {
    db: Db,
    applied: Mutex<Option<Applied>>,
    /// One change at a time, and the flush that runs behind it.
    work: tokio::sync::Mutex<Work>,
    compaction: Compaction,
}

#[derive(Default)]
struct Work {
    unflushed: u64,
    unflushed_bytes: usize,
    flush: Option<JoinHandle<Result<(), slatedb::Error>>>,
    is_closed: bool,
}

impl SlateIndex {
    pub(super) async fn new(db: Db, path: &Path, compaction: Compaction) -> Result<Self, StoreError> {
        let applied = within("open", db.get(APPLIED)).await?;
        let applied = applied.map(|bytes| read_applied(&bytes, path)).transpose()?;
        let work = tokio::sync::Mutex::default();
        // WHY at once: an index that was left with files to merge must not stall its first flushes.
        compaction.start_if_due(&db);
        Ok(Self { db, applied: Mutex::new(applied), work, compaction })
    }

    fn set_applied(&self, applied: Applied) {
        *self.applied.lock().unwrap_or_else(PoisonError::into_inner) = Some(applied);
    }

    /// Begins a flush behind the writer's back, once enough commits or bytes came.
    ///
    /// WHY bytes too: SlateDB freezes a memtable by its size, and files pile up whoever made them.
    async fn flush_if_due(&self, work: &mut Work) -> Result<(), StoreError> {
        let is_running = work.flush.as_ref().is_some_and(|flush| !flush.is_finished());
        let is_due = work.unflushed >= FLUSH_COMMITS || work.unflushed_bytes >= MEMTABLE_BYTES;
        if is_due {
            self.compaction.start_if_due(&self.db);
        }
        if !is_due || is_running {
            return Ok(());
        }
        end_flush(work).await?;
        work.flushed();
        let db = self.db.clone();
        work.flush = Some(tokio::spawn(async move { db.flush().await }));
        Ok(())
    }
}

impl Work {
    fn applied(&mut self, size_bytes: usize) {
        self.unflushed += 1;
        self.unflushed_bytes += size_bytes;
    }

    fn flushed(&mut self) {
        (self.unflushed, self.unflushed_bytes) = (0, 0);
    }
}

/// Waits for the flush that runs, if one does.
async fn end_flush(work: &mut Work) -> Result<(), StoreError> {
    let Some(flush) = work.flush.take() else {
        return Ok(());
    };
    let ended = async { Ok(flush.await) };
    let ended = within("flush", ended).await?;
    let ended = ended.map_err(|cause| StoreError::unavailable("flush", "an index", cause))?;
    within("flush", std::future::ready(ended)).await
}

/// An index that is dropped without `close`, as a dropped cell's is, must not leave SlateDB's tasks behind.
impl Drop for SlateIndex {
    fn drop(&mut self) {
        if self.work.get_mut().is_closed {
            return;
        }
        let (db, how) = (self.db.clone(), CloseOptions::default().with_flush_type(None));
        // WHY nobody joins it: a drop cannot wait, and without a flush nothing is written.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { within("close", db.close_with_options(how)).await });
        }
    }
}

fn rows_of(batch: &Batch) -> WriteBatch {
    let mut rows = WriteBatch::new();
    for (key, value) in &batch.changes {
        match value {
            Some(value) => rows.put(row_key(key), value),
            None => rows.delete(row_key(key)),
        }
    }
    // INVARIANT: rows and position are one batch, so no crash parts them.
    rows.put(APPLIED, write_applied(batch.applied));
    rows
}

#[async_trait]
impl Rows for SlateIndex {
    async fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        rows::get(&self.db, key).await
    }

    async fn scan(&self, range: KeyRange, rows_max: usize) -> Result<Vec<Row>, StoreError> {
        rows::scan(&self.db, &range, rows_max).await
    }
}

#[async_trait]
impl Index for SlateIndex {
    async fn apply(&self, batch: Batch) -> Result<(), StoreError> {
        let mut work = self.work.lock().await;
        if work.is_closed {
            return Err(batch.refused("the index is closed"));
        }
        batch.check(self.applied())?;
        let how = WriteOptions::default();
        within("write", self.db.write_with_options(rows_of(&batch), &how)).await?;
        self.set_applied(batch.applied);
        work.applied(batch.size_bytes());
        self.flush_if_due(&mut work).await
    }

    fn applied(&self) -> Option<Applied> {
        *self.applied.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn snapshot(&self) -> Result<Arc<dyn Rows>, StoreError> {
        let snapshot = within("read", std::future::ready(self.db.snapshot())).await?;
        Ok(Arc::new(Snapshot(snapshot)))
    }

    async fn flush(&self) -> Result<(), StoreError> {
        let mut work = self.work.lock().await;
        end_flush(&mut work).await?;
        if work.unflushed > 0 && !work.is_closed {
            self.compaction.start_if_due(&self.db);
            within("flush", self.db.flush()).await?;
            work.flushed();
        }
        Ok(())
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.flush().await?;
        let mut work = self.work.lock().await;
        if !std::mem::replace(&mut work.is_closed, true) {
            self.compaction.stop().await;
            within("close", self.db.close()).await?;
        }
        Ok(())
    }
}
