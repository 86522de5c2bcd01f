//! The ground a bucket stands on, and what it takes there to make a name durable.
//!
//! On a disk a name that can be seen may still be lost: the folder that bears
//! it, or one above, was not yet synced. This is the one place that knows it.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path as DiskPath, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use object_store::path::Path;

use crate::limit::FOLDERS_KNOWN_MAX;
use crate::remote::Uploads;
use crate::twin::FaultyStore;

#[derive(Clone)]
pub(crate) enum Ground {
    Disk(Arc<Disk>),
    /// Memory, which is never durable.
    Memory,
    /// An S3 server, which promises durability with its answer.
    Remote(Arc<Uploads>),
    Twin(Arc<FaultyStore>),
}

/// A local folder.
pub(crate) struct Disk {
    pub(crate) root: PathBuf,
    /// Folders whose own name is known to be durable up to the root.
    known: Mutex<HashSet<PathBuf>>,
}

impl Disk {
    /// Opens a folder, making it and its name durable first.
    pub(crate) fn open(root: &DiskPath) -> io::Result<Self> {
        let root = make_durably(root, || fs::create_dir_all(root))?;
        Ok(Self { root, known: Mutex::new(HashSet::new()) })
    }

    pub(crate) fn place(&self, path: &Path) -> PathBuf {
        self.root.join(path.as_ref())
    }

    fn is_known(&self, folder: &DiskPath) -> bool {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).contains(folder)
    }

    fn know(&self, folder: &DiskPath) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= FOLDERS_KNOWN_MAX {
            known.clear();
        }
        known.insert(folder.to_path_buf());
    }

    /// Makes the folder of a name, and the names of all folders above it, durable.
    ///
    /// WHY here: the storage crate syncs only folders that it made itself; a folder
    /// made a moment ago by a racing writer or a crashed process is not covered.
    fn prepare(&self, folder: &DiskPath) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        for above in folder.ancestors().skip(1) {
            sync(above)?;
            if above == self.root {
                break;
            }
        }
        self.know(folder);
        Ok(())
    }

    fn settle(&self, file: &DiskPath) -> io::Result<()> {
        match File::open(file) {
            Ok(open) => open.sync_all()?,
            // A deleted file is settled by its folder alone.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        for above in file.ancestors().skip(1) {
            sync_if_there(above)?;
            if above == self.root {
                break;
            }
        }
        Ok(())
    }
}

impl Ground {
    /// Called before anything is written under a name.
    pub(crate) async fn prepare(&self, path: &Path) -> io::Result<()> {
        let Self::Disk(disk) = self else {
            return Ok(());
        };
        let mut folder = disk.place(path);
        folder.pop();
        if disk.is_known(&folder) {
            return Ok(());
        }
        let disk = Arc::clone(disk);
        blocking(move || disk.prepare(&folder)).await
    }

    /// Makes what is visible under a name durable: its bytes, its presence or its absence.
    pub(crate) async fn settle(&self, path: &Path) -> io::Result<()> {
        match self {
            Self::Disk(disk) => {
                let (disk, file) = (Arc::clone(disk), disk.place(path));
                blocking(move || disk.settle(&file)).await
            }
            Self::Memory | Self::Remote(_) => Ok(()),
            Self::Twin(twin) => twin.settle(path),
        }
    }
}

impl Ground {
    /// Removes a folder and what crashed writers left in it; elsewhere folders are only names.
    pub(crate) async fn clear_folder(&self, path: &Path) -> io::Result<()> {
        let Self::Disk(disk) = self else {
            return Ok(());
        };
        let folder = disk.place(path);
        blocking(move || match fs::remove_dir_all(&folder) {
            Ok(()) => folder.parent().map_or(Ok(()), sync),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        })
        .await
    }
}

/// Runs file work where it may wait.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

/// Makes a folder and syncs it and every folder above it that may have gained a name.
pub(crate) fn make_durably(folder: &DiskPath, make: impl FnOnce() -> io::Result<()>) -> io::Result<PathBuf> {
    let absolute = std::path::absolute(folder)?;
    let made = absolute.ancestors().take_while(|above| !above.exists()).count();
    make()?;
    let folder = fs::canonicalize(folder)?;
    // The folders made now, and the one that bears the topmost new name.
    for above in folder.ancestors().take(made + 1) {
        sync(above)?;
    }
    // WHY ignored: an earlier run made the folder, and one above may not be ours to open.
    let _ = folder.parent().map(sync);
    Ok(folder)
}

pub(crate) fn sync(folder: &DiskPath) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn sync_if_there(folder: &DiskPath) -> io::Result<()> {
    match sync(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
