//! The bucket: one object store, reached only through names made of opaque ids.
//!
//! Cheap to clone. Everything else in this crate goes through these few verbs,
//! each with a deadline. It never shows the storage crate to a caller.

use std::path::Path as DiskPath;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, StreamExt};
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutPayload};
use words::noun::Cell;
use words::{Clock, Id};

use crate::buffer::Buffers;
use crate::error::{Cause, StoreError};
use crate::ground::{Disk, Ground};
use crate::limit::{APPEND_PAUSE_MS, LONG_WAIT_MS_MAX, REMOTE_TRIES_MAX, REQUEST_WAIT_MS_MAX};
use crate::name::Name;
use crate::remote::{self, Remote};
use crate::twin::FaultyStore;

/// A handle on the whole store of a region.
#[derive(Clone)]
pub struct Bucket {
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) ground: Ground,
    pub(crate) buffers: Buffers,
}

impl Bucket {
    /// A local folder, made if absent; every write is synced before it is answered.
    pub fn local(root: &DiskPath) -> Result<Self, StoreError> {
        let disk = Disk::open(root)
            .map_err(|cause| StoreError::unavailable("open the folder", root.display(), cause))?;
        let store = LocalFileSystem::new_with_prefix(&disk.root)
            .map_err(|cause| StoreError::unavailable("open the folder", root.display(), cause))?;
        // INVARIANT: fsync is off by default in the storage crate and is never off here.
        let store = Arc::new(store.with_fsync(true));
        Ok(Self { store, ground: Ground::Disk(Arc::new(disk)), buffers: Buffers::default() })
    }

    /// Nothing outlives the process; for tests and tours.
    pub fn memory() -> Self {
        Self { store: Arc::new(InMemory::new()), ground: Ground::Memory, buffers: Buffers::default() }
    }

    /// A bucket of an S3 server. Nothing is asked of it yet: probe it.
    pub fn s3(remote: &Remote, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let (store, uploads) = remote::open(remote, clock)?;
        Ok(Self { store, ground: Ground::Remote(Arc::new(uploads)), buffers: Buffers::default() })
    }

    /// A twin that fails as told; for simulation.
    pub fn twin(twin: &Arc<FaultyStore>) -> Self {
        Self {
            store: Arc::clone(twin) as _,
            ground: Ground::Twin(Arc::clone(twin)),
            buffers: Buffers::default(),
        }
    }

    /// The local folder, where there is one; so that custody can refuse to lie in it.
    pub fn folder(&self) -> Option<&DiskPath> {
        match &self.ground {
            Ground::Disk(disk) => Some(&disk.root),
            Ground::Memory | Ground::Remote(_) | Ground::Twin(_) => None,
        }
    }

    /// Whether another machine keeps it, by a clock of its own.
    pub(crate) const fn is_elsewhere(&self) -> bool {
        matches!(self.ground, Ground::Remote(_))
    }

    /// The cells that have left any trace, in order of id.
    pub async fn cells(&self) -> Result<Vec<Id<Cell>>, StoreError> {
        let folders = self.folders(Name::Cells).await?;
        let mut cells: Vec<_> = folders.iter().filter_map(|name| name.parse().ok()).collect();
        cells.sort();
        Ok(cells)
    }
}

/// The verbs of this wall.
impl Bucket {
    /// Writes a name that must not exist; durable when it answers `Ok`.
    pub(crate) async fn create(&self, name: Name, bytes: PutPayload) -> Result<(), StoreError> {
        self.put(name, bytes, PutMode::Create, "create").await
    }

    /// The same under a name that nobody else can know: where the fate is unknown, what is there says it.
    pub(crate) async fn create_own(&self, name: Name, bytes: PutPayload) -> Result<(), StoreError> {
        let mut pause_ms = APPEND_PAUSE_MS;
        for again in (0..REMOTE_TRIES_MAX).rev() {
            let Err(failed) = self.create(name, bytes.clone()).await else {
                return Ok(());
            };
            match self.read(name, bytes.content_length() as u64).await {
                Ok(Some(there)) if bytes.iter().flatten().eq(there.iter()) => return Ok(()),
                Ok(Some(_)) => return Err(failed),
                Ok(None) | Err(_) if again == 0 => return Err(failed),
                Ok(None) | Err(_) => tokio::time::sleep(Duration::from_millis(pause_ms)).await,
            }
            pause_ms *= 2;
        }
        Err(StoreError::unavailable("create", name, "no try is left"))
    }

    /// Writes a name, existing or not; only for what can be derived again.
    pub(crate) async fn replace(&self, name: Name, bytes: PutPayload) -> Result<(), StoreError> {
        self.put(name, bytes, PutMode::Overwrite, "replace").await
    }

    async fn put(
        &self,
        name: Name,
        bytes: PutPayload,
        mode: PutMode,
        tried: &'static str,
    ) -> Result<(), StoreError> {
        let path = name.path()?;
        self.prepare(&path, tried).await?;
        within(tried, &path, self.store.put_opts(&path, bytes, mode.into())).await?;
        Ok(())
    }

    pub(crate) async fn prepare(&self, path: &Path, tried: &'static str) -> Result<(), StoreError> {
        on_disk(tried, path, self.ground.prepare(path)).await
    }

    /// The whole of a small object, `None` if there is none.
    pub(crate) async fn read(&self, name: Name, size_bytes_max: u64) -> Result<Option<Bytes>, StoreError> {
        let path = name.path()?;
        let whole = async {
            let found = self.store.get(&path).await?;
            let size_bytes = found.meta.size;
            match size_bytes > size_bytes_max {
                true => Ok((size_bytes, Bytes::new())),
                false => Ok((size_bytes, found.bytes().await?)),
            }
        };
        match within("read", &path, whole).await {
            Ok((size_bytes, bytes)) if bytes.len() as u64 == size_bytes => Ok(Some(bytes)),
            Ok(_) => Err(corrupt(&path, "its size is wrong")),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn size(&self, name: Name) -> Result<Option<u64>, StoreError> {
        let path = name.path()?;
        match within("look at", &path, self.store.head(&path)).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Removes a name durably; an absent one is removed already.
    pub(crate) async fn delete(&self, name: Name) -> Result<(), StoreError> {
        let path = name.path()?;
        match within("delete", &path, self.store.delete(&path)).await {
            Ok(()) | Err(StoreError::NotFound { .. }) => self.settle(name).await,
            Err(error) => Err(error),
        }
    }

    /// Makes what can be seen under a name durable.
    pub(crate) async fn settle(&self, name: Name) -> Result<(), StoreError> {
        let path = name.path()?;
        on_disk("settle", &path, self.ground.settle(&path)).await
    }

    /// Removes everything below a name, leftovers included.
    pub(crate) async fn delete_below(&self, name: Name) -> Result<(), StoreError> {
        let path = name.path()?;
        let mut below = Vec::new();
        self.each(name, |meta| below.push(Ok(meta.location))).await?;
        let mut deleted = self.store.delete_stream(stream::iter(below).boxed());
        loop {
            match within("delete", &path, async { deleted.next().await.transpose() }).await {
                Ok(Some(_)) | Err(StoreError::NotFound { .. }) => {}
                Ok(None) => break,
                Err(error) => return Err(error),
            }
        }
        on_disk("delete", &path, self.ground.clear_folder(&path)).await
    }

    /// Whether an object can be overwritten on condition of what it was.
    pub(crate) const fn has_conditional_writes(&self) -> bool {
        match self.ground {
            // WHY not asked of an S3 server: it must promise as little as can be.
            Ground::Disk(_) | Ground::Remote(_) | Ground::Twin(_) => false,
            Ground::Memory => true,
        }
    }

    /// The names of the folders right below a name.
    pub(crate) async fn folders(&self, name: Name) -> Result<Vec<String>, StoreError> {
        let path = name.path()?;
        let below = within("list", &path, self.store.list_with_delimiter(Some(&path))).await;
        let below = match below {
            Ok(below) => below,
            Err(StoreError::NotFound { .. }) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let last = |path: &Path| path.filename().map(str::to_owned);
        Ok(below.common_prefixes.iter().filter_map(last).collect())
    }

    /// Calls back for every object below a name, in no order.
    pub(crate) async fn each(
        &self,
        name: Name,
        mut found: impl FnMut(ObjectMeta) + Send,
    ) -> Result<(), StoreError> {
        let path = name.path()?;
        let mut below = self.store.list(Some(&path));
        loop {
            let next = within("list", &path, async { below.next().await.transpose() }).await;
            match next {
                Ok(Some(meta)) => found(meta),
                Ok(None) | Err(StoreError::NotFound { .. }) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }
}

/// Waits for the store, but not for ever.
pub(crate) async fn within<T>(
    tried: &'static str,
    path: &Path,
    work: impl Future<Output = object_store::Result<T>>,
) -> Result<T, StoreError> {
    timed(REQUEST_WAIT_MS_MAX, tried, path, work).await
}

/// The same for work that moves many bytes.
pub(crate) async fn within_long<T>(
    tried: &'static str,
    path: &Path,
    work: impl Future<Output = object_store::Result<T>>,
) -> Result<T, StoreError> {
    timed(LONG_WAIT_MS_MAX, tried, path, work).await
}

/// The same for what the file system does itself.
async fn on_disk(
    tried: &'static str,
    path: &Path,
    work: impl Future<Output = std::io::Result<()>>,
) -> Result<(), StoreError> {
    match tokio::time::timeout(Duration::from_millis(LONG_WAIT_MS_MAX), work).await {
        Ok(done) => done.map_err(|cause| StoreError::unavailable(tried, path, cause)),
        Err(late) => Err(StoreError::unavailable(tried, path, Cause::from(late))),
    }
}

async fn timed<T>(
    wait_ms: u64,
    tried: &'static str,
    path: &Path,
    work: impl Future<Output = object_store::Result<T>>,
) -> Result<T, StoreError> {
    match tokio::time::timeout(Duration::from_millis(wait_ms), work).await {
        Ok(done) => done.map_err(|cause| StoreError::of(tried, path, cause)),
        Err(late) => Err(StoreError::unavailable(tried, path, Cause::from(late))),
    }
}

pub(crate) fn corrupt(path: &Path, why: &'static str) -> StoreError {
    StoreError::Corrupt { name: path.to_string(), why }
}
