//! The index in SlateDB, sealed under a key per generation.
//!
//! It runs without a write-ahead log: the cell's log is one. What was flushed
//! survives a crash together with its applied position, because both are rows
//! of one batch. No compactor runs while a cell is quiet: see `compaction`.

mod compaction;
mod open;
mod rows;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use object_store::ObjectStore;
use slatedb::Db;
use slatedb::config::Settings;
use slatedb::db_cache::moka::{MokaCache, MokaCacheOptions};
use words::noun::Cell;
use words::{Id, Rand, Secret};

use super::sealed::{Damaged, SealedStore};
use super::{Index, Shelf};
use crate::bucket::Bucket;
use crate::error::StoreError;
use crate::limit::LONG_WAIT_MS_MAX;
use crate::name::Name;
use compaction::Compaction;
use open::SlateIndex;

/// WHY: one cache for all cells of a node, within an idle region's 150 MiB.
const CACHE_BYTES: u64 = 32 << 20;
/// WHY: a memtable of this size is frozen; bounds memory between flushes.
const MEMTABLE_BYTES: usize = 16 << 20;
/// WHY: beyond it, writers wait for the store.
const UNFLUSHED_BYTES_MAX: usize = 64 << 20;
/// WHY: this process is the only writer and asks for a refresh when it compacted.
const MANIFEST_POLL: Duration = Duration::from_secs(3_600);
/// WHY: SlateDB retries for ever by default; a caller must hear of a lost store.
const RETRIES_MAX: u32 = 3;

/// The indexes in a bucket.
pub struct SlateShelf {
    bucket: Bucket,
    rand: Arc<dyn Rand>,
    cache: Arc<MokaCache>,
    /// WHY never reused: an id stands for one opening of one index in the shared cache.
    opened: AtomicU64,
}

impl SlateShelf {
    pub fn new(bucket: Bucket, rand: Arc<dyn Rand>) -> Self {
        let options = MokaCacheOptions { max_capacity: CACHE_BYTES, ..MokaCacheOptions::default() };
        let cache = Arc::new(MokaCache::new_with_opts(options));
        Self { bucket, rand, cache, opened: AtomicU64::new(0) }
    }
}

/// SlateDB's words for "nothing runs by itself".
fn settings() -> Settings {
    Settings {
        wal_enabled: false,
        flush_interval: None,
        manifest_poll_interval: MANIFEST_POLL,
        l0_sst_size_bytes: MEMTABLE_BYTES,
        max_unflushed_bytes: UNFLUSHED_BYTES_MAX,
        compactor_options: None,
        garbage_collector_options: None,
        object_store_max_retries: Some(RETRIES_MAX),
        ..Settings::default()
    }
}

#[async_trait]
impl Shelf for SlateShelf {
    async fn open(
        &self,
        cell: Id<Cell>,
        generation: u64,
        key: &Secret<[u8; 32]>,
    ) -> Result<Arc<dyn Index>, StoreError> {
        let path = Name::Index(cell, generation).path()?;
        let below = Arc::clone(&self.bucket.store);
        let store: Arc<dyn ObjectStore> =
            Arc::new(SealedStore::new(below, generation, key, Arc::clone(&self.rand)));
        let cache_id = self.opened.fetch_add(1, Ordering::Relaxed);
        let db = Db::builder(path.clone(), Arc::clone(&store))
            .with_settings(settings())
            .with_db_cache(Arc::clone(&self.cache) as _, cache_id)
            .with_seed(u64::from_le_bytes(words::chance::bytes(&*self.rand)));
        let db = within("open", db.build()).await?;
        let compaction = Compaction::new(path.clone(), store, self.bucket.has_conditional_writes());
        Ok(Arc::new(SlateIndex::new(db, &path, compaction).await?))
    }

    async fn generations(&self, cell: Id<Cell>) -> Result<Vec<u64>, StoreError> {
        let folders = self.bucket.folders(Name::Indexes(cell)).await?;
        let mut generations: Vec<u64> = folders.iter().filter_map(|name| name.parse().ok()).collect();
        generations.sort_unstable();
        Ok(generations)
    }

    async fn remove(&self, cell: Id<Cell>, generation: u64) -> Result<(), StoreError> {
        self.bucket.delete_below(Name::Index(cell, generation)).await
    }
}

/// Waits for SlateDB, but not for ever, and tells its errors as this wall does.
async fn within<T>(
    tried: &'static str,
    work: impl Future<Output = Result<T, slatedb::Error>>,
) -> Result<T, StoreError> {
    let wait = Duration::from_millis(LONG_WAIT_MS_MAX);
    match tokio::time::timeout(wait, work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(cause)) if is_damaged(&cause) => Err(StoreError::Corrupt {
            name: "an index".into(),
            why: "it does not read as it was written; rebuild it from the log",
        }),
        // WHY told apart: after a failure behind its back SlateDB answers this, and only this, until it is opened anew.
        Ok(Err(cause)) if matches!(cause.kind(), slatedb::ErrorKind::Closed(_)) => {
            Err(StoreError::Ended { name: "an index".into(), cause: cause.into() })
        }
        Ok(Err(cause)) => Err(StoreError::unavailable(tried, "an index", cause)),
        Err(late) => Err(StoreError::unavailable(tried, "an index", late)),
    }
}

/// SlateDB found its data wrong, or the seal below it did.
fn is_damaged(cause: &slatedb::Error) -> bool {
    let mut causes = std::iter::successors(Some(cause as &dyn std::error::Error), |cause| cause.source());
    cause.kind() == slatedb::ErrorKind::Data || causes.any(|cause| cause.is::<Damaged>())
}
