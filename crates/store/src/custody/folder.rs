//! The folder of file custody: private, locked, each write whole or absent.
//!
//! It knows file systems, not keys. It refuses a folder that others may read
//! or that lies in the bucket, because a copy of the bucket is not a secret.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::CustodyError;
use crate::ground::{make_durably, sync};

const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;
/// Any right of the group or of others.
const OTHERS: u32 = 0o077;
const STAGED: &str = ".new";

/// An open custody folder; the lock is held as long as it lives.
pub(super) struct Folder {
    root: PathBuf,
    _lock: File,
}

impl Folder {
    /// Opens or makes the folder, refusing what is not private.
    pub(super) fn open(root: &Path, bucket: Option<&Path>) -> Result<Self, CustodyError> {
        refuse_inside(root, bucket)?;
        let io = CustodyError::unavailable("open");
        let make = || DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(root);
        let root = make_durably(root, make).map_err(&io)?;
        refuse_inside(&root, bucket)?;
        refuse_loose(&root)?;
        let lock = lock(&root)?;
        let folder = Self { root, _lock: lock };
        for name in folder.names().map_err(&io)? {
            refuse_loose(&folder.root.join(name))?;
        }
        Ok(folder)
    }

    /// The plain names in the folder, in order.
    pub(super) fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.root)? {
            names.extend(entry?.file_name().into_string());
        }
        names.sort();
        Ok(names)
    }

    pub(super) fn read(&self, name: &str, size_bytes_max: u64) -> io::Result<Option<Vec<u8>>> {
        let file = match File::open(self.root.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let mut bytes = Vec::new();
        file.take(size_bytes_max).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    /// Writes a file whole: a crash leaves the old one or the new one.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let staged = format!("{name}{STAGED}");
        // WHY before: a write that failed left keys in it, and opening it anew would only cut it short.
        self.shred(&staged)?;
        let place = self.root.join(&staged);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(&place)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        drop(file);
        fs::rename(&place, self.root.join(name))?;
        sync(&self.root)
    }

    /// Overwrites a file in place, then removes it; best effort, as disks and file systems keep copies.
    pub(super) fn shred(&self, name: &str) -> io::Result<()> {
        let place = self.root.join(name);
        let mut file = match OpenOptions::new().write(true).open(&place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            file => file?,
        };
        let size_bytes = file.metadata()?.len();
        io::copy(&mut io::repeat(0).take(size_bytes), &mut file)?;
        file.flush()?;
        file.sync_all()?;
        drop(file);
        fs::remove_file(&place)?;
        sync(&self.root)
    }

    /// What a writer that died left half-written; it may hold keys.
    pub(super) fn shred_staged(&self) -> io::Result<()> {
        for name in self.names()?.iter().filter(|name| name.ends_with(STAGED)) {
            self.shred(name)?;
        }
        Ok(())
    }
}

/// Refuses before anything is made: a folder that does not exist yet is judged by what it would lie in.
fn refuse_inside(folder: &Path, bucket: Option<&Path>) -> Result<(), CustodyError> {
    let Some(bucket) = bucket else { return Ok(()) };
    let absolute = std::path::absolute(folder).map_err(CustodyError::unavailable("open"))?;
    let exists = absolute.ancestors().find_map(|above| fs::canonicalize(above).ok());
    match exists.is_some_and(|exists| exists.starts_with(bucket)) {
        true => Err(CustodyError::InBucket { folder: folder.display().to_string() }),
        false => Ok(()),
    }
}

fn refuse_loose(place: &Path) -> Result<(), CustodyError> {
    let about = fs::symlink_metadata(place).map_err(CustodyError::unavailable("open"))?;
    let mode = about.permissions().mode() & 0o7777;
    match mode & OTHERS == 0 && !about.is_symlink() {
        true => Ok(()),
        false => Err(CustodyError::Loose { folder: place.display().to_string(), mode }),
    }
}

/// WHY: two writers would each destroy what the other just wrote.
fn lock(root: &Path) -> Result<File, CustodyError> {
    let io = CustodyError::unavailable("lock");
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(FILE_MODE)
        .open(root.join("lock"))
        .map_err(&io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(CustodyError::InUse { folder: root.display().to_string() }),
        Err(TryLockError::Error(cause)) => Err(io(cause)),
    }
}
