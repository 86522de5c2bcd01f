//! Blobs on a local disk: small ones in one go, large ones written through as they come; read piece by piece.
//!
//! WHY not the storage crate's upload: it syncs everything at the end, which
//! makes the last answer wait for the whole blob, and it replaces what exists.
//! WHY not its put: it syncs a small file twice, before and after it gets its name.
//! Staging files are named as that crate names them, so one sweep clears both.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path as DiskPath, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use object_store::path::Path;
use tokio::task::JoinHandle;

use crate::bucket::corrupt;
use crate::buffer::Buffers;
use crate::error::StoreError;
use crate::ground::{Disk, sync};
use crate::limit::{BLOB_PART_LOCAL_BYTES, LONG_WAIT_MS_MAX, SYNC_BYTES};

type Task = JoinHandle<io::Result<()>>;

pub(super) struct DiskUpload {
    path: Path,
    target: PathBuf,
    staged: Staged,
    file: Arc<File>,
    written_bytes: u64,
    synced_bytes: u64,
    /// The part that is being written while the caller fills the next.
    writing: Option<Task>,
    /// The sync of what was written before.
    syncing: Option<Task>,
}

/// A staging file; removed when the upload ends, however it ends.
struct Staged(PathBuf);

impl Drop for Staged {
    fn drop(&mut self) {
        // WHY ignored: a leftover is cleared by the sweep.
        let _ = fs::remove_file(&self.0);
    }
}

impl Staged {
    fn of(target: &DiskPath) -> Self {
        let mut staged = target.to_path_buf().into_os_string();
        staged.push("#1");
        Self(PathBuf::from(staged))
    }

    fn create(&self) -> io::Result<File> {
        // WHY again: a folder known from before may have been swept away since.
        self.0.parent().map_or(Ok(()), fs::create_dir_all)?;
        OpenOptions::new().write(true).create_new(true).open(&self.0)
    }
}

/// A small blob: written, named, then made durable, bytes and name together.
///
/// WHY named first: one commit of the file system's journal then holds both.
/// INVARIANT: nothing refers to a blob before this has answered, so a crash
/// before it leaves at most a blob that no row names, and that is swept.
pub(super) async fn put(disk: &Arc<Disk>, path: &Path, pieces: Vec<Bytes>) -> Result<(), StoreError> {
    let target = disk.place(path);
    let work = move || {
        let staged = Staged::of(&target);
        let mut file = staged.create()?;
        pieces.iter().try_for_each(|piece| file.write_all(piece))?;
        fs::hard_link(&staged.0, &target)?;
        drop(staged);
        file.sync_all()?;
        target.parent().map_or(Ok(()), sync)
    };
    let done = ended(Some(tokio::task::spawn_blocking(work))).await;
    done.map(drop).map_err(|cause| unwritten(path, cause))
}

/// A piece of a blob; fails rather than ending short.
///
/// WHY not the storage crate's: its buffers are new each time.
pub(super) async fn read(
    disk: &Arc<Disk>,
    path: &Path,
    chunk: Range<u64>,
    buffers: Buffers,
) -> Result<Bytes, StoreError> {
    let target = disk.place(path);
    let work = move || {
        let size_bytes = usize::try_from(chunk.end - chunk.start).map_err(io::Error::other)?;
        let file = File::open(target)?;
        let mut buffer = buffers.take(size_bytes);
        buffer.resize(size_bytes, 0);
        file.read_exact_at(&mut buffer, chunk.start)?;
        Ok(buffers.filled(buffer))
    };
    match ended(Some(tokio::task::spawn_blocking(work))).await {
        Ok(bytes) => bytes.ok_or_else(|| StoreError::unavailable("read", path, "nothing ran")),
        Err(cause) if cause.kind() == io::ErrorKind::UnexpectedEof => Err(corrupt(path, "it ends too early")),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            Err(StoreError::NotFound { name: path.to_string() })
        }
        Err(cause) => Err(StoreError::unavailable("read", path, cause)),
    }
}

fn unwritten(path: &Path, cause: io::Error) -> StoreError {
    match cause.kind() {
        io::ErrorKind::AlreadyExists => StoreError::Exists { name: path.to_string() },
        _ => StoreError::unavailable("write", path, cause),
    }
}

impl DiskUpload {
    pub(super) async fn begin(disk: &Arc<Disk>, path: Path) -> Result<Self, StoreError> {
        let target = disk.place(&path);
        let staged = Staged::of(&target);
        let open = move || staged.create().map(|file| (staged, file));
        let opened = ended(Some(tokio::task::spawn_blocking(open))).await;
        let opened = opened.map_err(|cause| StoreError::unavailable("create", &path, cause))?;
        let (staged, file) = opened.ok_or_else(|| StoreError::unavailable("create", &path, "nothing ran"))?;
        Ok(Self {
            path,
            target,
            staged,
            file: Arc::new(file),
            written_bytes: 0,
            synced_bytes: 0,
            writing: None,
            syncing: None,
        })
    }

    pub(super) const fn part_bytes(&self) -> usize {
        BLOB_PART_LOCAL_BYTES
    }

    pub(super) async fn write(&mut self, part: Vec<Bytes>) -> Result<(), StoreError> {
        self.end_writing().await?;
        let (file, mut at) = (Arc::clone(&self.file), self.written_bytes);
        self.written_bytes += part.iter().map(|piece| piece.len() as u64).sum::<u64>();
        self.writing = Some(tokio::task::spawn_blocking(move || {
            for piece in part {
                file.write_all_at(&piece, at)?;
                at += piece.len() as u64;
            }
            Ok(())
        }));
        Ok(())
    }

    async fn end_writing(&mut self) -> Result<(), StoreError> {
        ended(self.writing.take()).await.map_err(|cause| self.failed(cause))?;
        if self.written_bytes - self.synced_bytes < SYNC_BYTES {
            return Ok(());
        }
        // WHY wait for the one before: a disk slower than the client must slow the client down.
        ended(self.syncing.take()).await.map_err(|cause| self.failed(cause))?;
        self.synced_bytes = self.written_bytes;
        let file = Arc::clone(&self.file);
        self.syncing = Some(tokio::task::spawn_blocking(move || file.sync_data()));
        Ok(())
    }

    pub(super) async fn finish(mut self) -> Result<(), StoreError> {
        self.end_writing().await?;
        ended(self.syncing.take()).await.map_err(|cause| self.failed(cause))?;
        let (file, staged) = (Arc::clone(&self.file), self.staged.0.clone());
        let target = self.target.clone();
        let publish = move || {
            file.sync_all()?;
            // INVARIANT: the name appears once, over bytes that are durable already.
            fs::hard_link(staged, &target)?;
            target.parent().map_or(Ok(()), sync)
        };
        let published = ended(Some(tokio::task::spawn_blocking(publish))).await;
        published.map(drop).map_err(|cause| unwritten(&self.path, cause))
    }

    fn failed(&self, cause: io::Error) -> StoreError {
        StoreError::unavailable("write", &self.path, cause)
    }
}

/// Waits for file work, but not for ever; `None` if there was none.
async fn ended<T>(task: Option<JoinHandle<io::Result<T>>>) -> io::Result<Option<T>> {
    let Some(task) = task else { return Ok(None) };
    let wait = Duration::from_millis(LONG_WAIT_MS_MAX);
    let done = tokio::time::timeout(wait, task).await.map_err(io::Error::other)?;
    done.map_err(io::Error::other)?.map(Some)
}
