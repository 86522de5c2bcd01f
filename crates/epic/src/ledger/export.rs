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
    /// By path, the hash of each.
    pub tiles: BTreeMap<String, [u8; 32]>,
}

type Log = Box<dyn Iterator<Item = io::Result<(String, Vec<u8>)>>>;

impl Export {
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let read = Self::read(path);
        let mut export = read.map_err(|cause| Failure::file("read", path, &cause))?;
        if export.checkpoint.is_empty() {
            let says = format!("`{}` holds no checkpoint", path.display());
            return Err(Failure::yours(says, "name a folder or archive that `epic ledger export` wrote"));
        }
        export.path = path.to_path_buf();
        Ok(export)
    }

    fn read(path: &Path) -> io::Result<Self> {
        let mut export = Self {
            path: path.to_path_buf(),
            key: String::new(),
            checkpoint: String::new(),
            tiles: BTreeMap::new(),
        };
        if path.is_dir() {
            for name in names(path, "tile")?.into_iter().chain(["key", "checkpoint"].map(str::to_owned)) {
                if let Some(bytes) = there(read_file(&path.join(&name), FILE_BYTES_MAX))? {
                    export.take(name, &bytes);
                }
            }
            return Ok(export);
        }
        let mut archive = tar::Reader::new(BufReader::new(File::open(path)?));
        while let Some((name, bytes)) = archive.next_file()? {
            export.take(name, &bytes);
        }
        Ok(export)
    }

    fn take(&mut self, name: String, bytes: &[u8]) {
        match name.as_str() {
            "key" => self.key = String::from_utf8_lossy(bytes).into_owned(),
            "checkpoint" => self.checkpoint = String::from_utf8_lossy(bytes).into_owned(),
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
                let bytes = read_file(&folder.join(&name), FILE_BYTES_MAX)?;
                Ok((name, bytes))
            })));
        }
        let mut archive = tar::Reader::new(BufReader::new(File::open(&self.path)?));
        let files = std::iter::from_fn(move || archive.next_file().transpose());
        Ok(Box::new(files.filter(|file| file.as_ref().map_or(true, |(name, _)| name.starts_with("log/")))))
    }
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
