//! An exported ledger on disk: a folder or a tar archive of the same files.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use web::tar::{self, FILE_BYTES_MAX};

use crate::failure::Failure;

/// WHY: tiles of a tree lie in folders three digits each; a tree of 2^64 leaves has no more.
const DEPTH_MAX: usize = 12;

/// What an export says, but for its log, which is read as it is walked.
pub struct Export {
    pub path: PathBuf,
    pub key: String,
    pub checkpoint: String,
    /// The newest checkpoint that witnesses signed, if any did.
    pub witnessed: Option<String>,
    /// By path, the hash of each.
    pub tiles: BTreeMap<String, [u8; 32]>,
}

type Log = Box<dyn Iterator<Item = io::Result<(String, Vec<u8>)>>>;

impl Export {
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let read = Self::read(path);
        let mut export = read.map_err(|cause| Failure::file("read", path, &cause))?;
        if export.is_empty() {
            let says = format!("`{}` is no exported ledger", path.display());
            return Err(Failure::yours(says, "name a folder or archive that `epic ledger export` wrote"));
        }
        export.path = path.to_path_buf();
        Ok(export)
    }

    fn read(path: &Path) -> io::Result<Self> {
        if path.is_dir() {
            let mut export = Self::empty(path);
            for name in
                names(path, "tile")?.into_iter().chain(["key", "checkpoint", "witnessed"].map(str::to_owned))
            {
                let bytes = read_file(&path.join(&name), FILE_BYTES_MAX);
                if let Some(bytes) = there(bytes).map_err(|cause| in_file(&name, &cause))? {
                    export.take(name, &bytes);
                }
            }
            return Ok(export);
        }
        Self::of_archive(path, BufReader::new(File::open(path)?))
    }

    /// What an archive says, wherever its bytes come from.
    pub fn of_archive(path: &Path, from: impl Read) -> io::Result<Self> {
        let mut export = Self::empty(path);
        let mut archive = tar::Reader::new(from);
        while let Some((name, bytes)) = archive.next_file()? {
            export.take(name, &bytes);
        }
        Ok(export)
    }

    fn empty(path: &Path) -> Self {
        Self {
            path: path.to_path_buf(),
            key: String::new(),
            checkpoint: String::new(),
            witnessed: None,
            tiles: BTreeMap::new(),
        }
    }

    fn is_empty(&self) -> bool {
        self.checkpoint.is_empty() && self.key.is_empty() && self.tiles.is_empty()
    }

    fn take(&mut self, name: String, bytes: &[u8]) {
        match name.as_str() {
            "key" => self.key = String::from_utf8_lossy(bytes).into_owned(),
            "checkpoint" => self.checkpoint = String::from_utf8_lossy(bytes).into_owned(),
            "witnessed" => self.witnessed = Some(String::from_utf8_lossy(bytes).into_owned()),
            tile if tile.starts_with("tile/") => {
                self.tiles.insert(name, seal::sha256(bytes));
            }
            _ => {}
        }
    }

    /// The log, object by object, in the order of their names.
    pub fn log(&self) -> io::Result<Log> {
        if self.path.is_dir() {
            let folder = self.path.clone();
            let names = names(&folder, "log")?;
            return Ok(Box::new(names.into_iter().map(move |name| {
                let bytes = read_file(&folder.join(&name), FILE_BYTES_MAX);
                let bytes = bytes.map_err(|cause| in_file(&name, &cause))?;
                Ok((name, bytes))
            })));
        }
        Ok(Box::new(log_of_archive(BufReader::new(File::open(&self.path)?))))
    }
}

/// An archive's log, in the order of the archive.
pub fn log_of_archive(from: impl Read) -> impl Iterator<Item = io::Result<(String, Vec<u8>)>> {
    let mut archive = tar::Reader::new(from);
    let files = std::iter::from_fn(move || archive.next_file().transpose());
    files.filter(|file| file.as_ref().map_or(true, |(name, _)| name.starts_with("log/")))
}

/// The files below a folder of an export, by their names in it, in order.
fn names(root: &Path, below: &str) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    let mut folders = vec![below.to_owned()];
    while let Some(folder) = folders.pop() {
        let Some(entries) = there(std::fs::read_dir(root.join(&folder)))? else {
            continue;
        };
        for entry in entries {
            let entry = entry?;
            let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
            let is_folder = entry.file_type()?.is_dir();
            if is_folder && name.matches('/').count() < DEPTH_MAX {
                folders.push(name);
            } else if !is_folder {
                names.push(name);
            }
        }
    }
    names.sort();
    Ok(names)
}

fn in_file(name: &str, cause: &io::Error) -> io::Error {
    io::Error::new(cause.kind(), format!("`{name}`: {cause}"))
}

fn there<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

/// A file of bounded size, whole.
pub fn read_file(path: &Path, size_bytes_max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(size_bytes_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > size_bytes_max {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is larger than any file of a ledger"));
    }
    Ok(bytes)
}

/// Writes an archive's files into a folder.
pub fn unpack(archive: impl Read, into: &Path) -> io::Result<()> {
    let mut archive = tar::Reader::new(archive);
    while let Some((name, bytes)) = archive.next_file()? {
        let path = into.join(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, bytes)?;
    }
    Ok(())
}
