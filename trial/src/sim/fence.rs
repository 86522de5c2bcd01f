//! A shelf that behaves as indexes in a shared bucket do: who opens one later
//! cuts off who opened it earlier, and an index shows as soon as it is opened.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use store::StoreError;
use store::index::{Applied, Batch, Index, KeyRange, MemoryShelf, Row, Rows, Shelf};
use words::noun::Cell;
use words::{Id, Secret};

/// Whether one region is cut off.
#[derive(Clone, Default)]
pub struct Fence(Arc<AtomicBool>);

impl Fence {
    pub fn close(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    fn pass(&self) -> Result<(), StoreError> {
        match self.0.load(Ordering::SeqCst) {
            true => {
                Err(StoreError::Refused { name: "an index".into(), why: "another process has opened it" })
            }
            false => Ok(()),
        }
    }
}

pub struct FencedShelf {
    inner: MemoryShelf,
    fence: Fence,
}

impl FencedShelf {
    pub const fn new(inner: MemoryShelf, fence: Fence) -> Self {
        Self { inner, fence }
    }
}

struct FencedIndex {
    inner: Arc<dyn Index>,
    fence: Fence,
}

#[async_trait]
impl Shelf for FencedShelf {
    async fn open(
        &self,
        cell: Id<Cell>,
        generation: u64,
        key: &Secret<[u8; 32]>,
    ) -> Result<Arc<dyn Index>, StoreError> {
        self.fence.pass()?;
        let inner = self.inner.open(cell, generation, key).await?;
        inner.flush().await?;
        Ok(Arc::new(FencedIndex { inner, fence: self.fence.clone() }))
    }

    async fn generations(&self, cell: Id<Cell>) -> Result<Vec<u64>, StoreError> {
        self.inner.generations(cell).await
    }

    async fn remove(&self, cell: Id<Cell>, generation: u64) -> Result<(), StoreError> {
        self.fence.pass()?;
        self.inner.remove(cell, generation).await
    }
}

#[async_trait]
impl Rows for FencedIndex {
    async fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        self.inner.get(key).await
    }

    async fn scan(&self, range: KeyRange, rows_max: usize) -> Result<Vec<Row>, StoreError> {
        self.inner.scan(range, rows_max).await
    }
}

#[async_trait]
impl Index for FencedIndex {
    async fn apply(&self, batch: Batch) -> Result<(), StoreError> {
        self.inner.apply(batch).await
    }

    fn applied(&self) -> Option<Applied> {
        self.inner.applied()
    }

    async fn snapshot(&self) -> Result<Arc<dyn Rows>, StoreError> {
        self.inner.snapshot().await
    }

    async fn flush(&self) -> Result<(), StoreError> {
        self.fence.pass()?;
        self.inner.flush().await
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.fence.pass()?;
        self.inner.close().await
    }
}
