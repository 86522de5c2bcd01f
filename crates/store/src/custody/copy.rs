//! A copy of a custody folder: its files as they lie, sealed for whoever keeps the copy.
//!
//! It opens no sheet and knows no key, so it can be taken beside a running
//! region and of any kind of custody that lies in files. A copy is never
//! written in clear, and put back only where there is nothing.

use std::fmt;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use words::{Rand, Secret};

use super::folder::Folder;
use super::sheet::{self, Lock};
use super::{CustodyError, Key, KeyName};

const SHEET: &str = "keys-";
const HEAD: &str = "head-";
const STAGED: &str = ".new";
const LOCK: &str = "lock";
/// WHY: the largest sheet and a head for each of 10,000 cells.
const COPY_BYTES_MAX: u64 = 64 << 20;
/// WHY: a running region may turn a generation while we look; it does not do so all the time.
const LOOKS_MAX: usize = 20;
const SEALED: &[u8] = b"epic custody copy 1\n";

/// The files of a custody, by name.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Copy {
    #[n(0)]
    pub format: u32,
    /// The generation of its newest sheet.
    #[n(1)]
    pub generation: u64,
    #[n(2)]
    files: Vec<Kept>,
}

/// It may hold keys in clear, so it is never shown.
impl fmt::Debug for Copy {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Copy {{ generation: {}, files: [..] }}", self.generation)
    }
}

#[derive(Clone, PartialEq, Eq, Encode, Decode)]
struct Kept {
    #[n(0)]
    name: String,
    #[n(1)]
    bytes: ByteVec,
}

/// Why a copy is not one.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    #[error("`{folder}` holds no custody")]
    NoCustody { folder: String },
    #[error("custody in `{folder}` did not hold still")]
    Restless { folder: String },
    #[error("the copy of custody does not open: another passphrase, or it was altered")]
    Closed,
    #[error("the copy of custody cannot be read")]
    Unreadable,
    #[error("`{folder}` is not empty")]
    NotEmpty { folder: String },
    #[error(transparent)]
    Custody(#[from] CustodyError),
    #[error("cannot {tried} custody")]
    Disk {
        tried: &'static str,
        #[source]
        cause: std::io::Error,
    },
}

fn disk(tried: &'static str) -> impl Fn(std::io::Error) -> CopyError {
    move |cause| CopyError::Disk { tried, cause }
}

/// The generation of the newest sheet in a folder, without opening anything.
pub fn generation(folder: &Path) -> Result<u64, CopyError> {
    let newest = names(folder)?.iter().filter_map(|name| number(name)).max();
    newest.ok_or_else(|| CopyError::NoCustody { folder: folder.display().to_string() })
}

fn number(name: &str) -> Option<u64> {
    name.strip_prefix(SHEET).filter(|number| number.len() == 20)?.parse().ok()
}

fn names(folder: &Path) -> Result<Vec<String>, CopyError> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(disk("read"))? {
        names.extend(entry.map_err(disk("read"))?.file_name().into_string());
    }
    names.sort();
    Ok(names)
}

impl Copy {
    /// Reads a folder, also one that a running region uses.
    pub fn of(folder: &Path) -> Result<Self, CopyError> {
        for _ in 0..LOOKS_MAX {
            let newest = generation(folder)?;
            let Some(files) = read(folder, newest)? else { continue };
            let copy = Self { format: 1, generation: newest, files };
            // WHY again: an old sheet is wiped in place, and what was read of it may be half of each.
            if generation(folder)? == newest && copy.is_whole() {
                return Ok(copy);
            }
        }
        Err(CopyError::Restless { folder: folder.display().to_string() })
    }

    fn is_whole(&self) -> bool {
        let sheet = self.files.iter().find(|file| number(&file.name) == Some(self.generation));
        sheet.is_some_and(|sheet| sheet::lock_of(&sheet.bytes).is_ok())
    }

    /// Writes the files into a folder where there is nothing.
    pub fn put_back(&self, folder: &Path, bucket: Option<&Path>) -> Result<(), CopyError> {
        if folder.exists() && names(folder)?.iter().any(|name| name != LOCK) {
            return Err(CopyError::NotEmpty { folder: folder.display().to_string() });
        }
        let into = Folder::open(folder, bucket)?;
        for file in &self.files {
            into.write(&file.name, &file.bytes).map_err(disk("write"))?;
        }
        Ok(())
    }

    /// Without what it remembers of these cells' heads; for a loss that was declared.
    #[must_use]
    pub fn forgetting(mut self, cells: &[String]) -> Self {
        self.files.retain(|file| !cells.iter().any(|cell| file.name == format!("head-{cell}")));
        self
    }

    /// A key that it holds, opened as its custody is.
    pub fn key(&self, passphrase: Option<&Secret<String>>, name: &KeyName) -> Result<Option<Key>, CopyError> {
        let (sheet, key) = self.unlocked(passphrase)?;
        let opened = sheet::open(sheet, &key).map_err(|_| CopyError::Closed)?;
        Ok(opened.keys.get(name).cloned())
    }

    /// The checkpoints that it remembers, by cell.
    pub fn heads(&self, passphrase: Option<&Secret<String>>) -> Result<Vec<(String, String)>, CopyError> {
        let (_, key) = self.unlocked(passphrase)?;
        let mut heads = Vec::new();
        for file in &self.files {
            let Some(cell) = file.name.strip_prefix(HEAD) else { continue };
            let plain = seal::envelope::open(&key, file.name.as_bytes(), &file.bytes);
            let text =
                plain.ok().and_then(|plain| String::from_utf8(plain).ok()).ok_or(CopyError::Unreadable)?;
            heads.push((cell.to_owned(), text));
        }
        Ok(heads)
    }

    /// Whether its custody opens with a passphrase.
    pub fn has_passphrase(&self) -> bool {
        let sheet = self.files.iter().find(|file| number(&file.name) == Some(self.generation));
        sheet.is_some_and(|sheet| matches!(sheet::lock_of(&sheet.bytes), Ok(Lock::Passphrase { .. })))
    }

    fn unlocked(&self, passphrase: Option<&Secret<String>>) -> Result<(&[u8], Key), CopyError> {
        let sheet = self.files.iter().find(|file| number(&file.name) == Some(self.generation));
        let sheet = sheet.ok_or(CopyError::Unreadable)?;
        let lock = sheet::lock_of(&sheet.bytes).map_err(|_| CopyError::Unreadable)?;
        Ok((&sheet.bytes[..], lock.key(passphrase).ok_or(CopyError::Closed)?))
    }

    fn encoded(&self) -> Result<Secret<Vec<u8>>, CopyError> {
        minicbor::to_vec(self).map(Secret::new).map_err(|_| CopyError::Unreadable)
    }

    /// The bytes for a recipient's key to be sealed over; never to be written as they are.
    pub fn to_secret(&self) -> Result<Secret<Vec<u8>>, CopyError> {
        self.encoded()
    }

    pub fn from_secret(bytes: &[u8]) -> Result<Self, CopyError> {
        let copy: Self = minicbor::decode(bytes).map_err(|_| CopyError::Unreadable)?;
        // WHY: a name from outside must not lead out of the folder.
        let is_plain = |name: &str| {
            !name.is_empty()
                && name.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(&c))
                && !name.starts_with('.')
        };
        match copy.format == 1 && copy.files.iter().all(|file| is_plain(&file.name)) && copy.is_whole() {
            true => Ok(copy),
            false => Err(CopyError::Unreadable),
        }
    }

    /// Sealed under a passphrase (Argon2id).
    pub fn seal(&self, passphrase: &Secret<String>, rand: &dyn Rand) -> Result<Vec<u8>, CopyError> {
        let lock = Lock::passphrase(rand);
        let head = minicbor::to_vec(&lock).map_err(|_| CopyError::Unreadable)?;
        let key = key(&lock, passphrase)?;
        let sealed = seal::envelope::seal(&key, rand, &[SEALED, &head].concat(), self.encoded()?.expose());
        let sealed = sealed.map_err(|_| CopyError::Unreadable)?;
        let length = u16::try_from(head.len()).map_err(|_| CopyError::Unreadable)?;
        Ok([SEALED, &length.to_be_bytes(), &head, &sealed].concat())
    }

    pub fn unseal(bytes: &[u8], passphrase: &Secret<String>) -> Result<Self, CopyError> {
        let rest = bytes.strip_prefix(SEALED).ok_or(CopyError::Unreadable)?;
        let (length, rest) = rest.split_first_chunk::<2>().ok_or(CopyError::Unreadable)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (head, sealed) = rest.split_at_checked(length).ok_or(CopyError::Unreadable)?;
        let lock: Lock = minicbor::decode(head).map_err(|_| CopyError::Unreadable)?;
        let key = key(&lock, passphrase)?;
        let plain = seal::envelope::open(&key, &[SEALED, head].concat(), sealed);
        let plain = Secret::new(plain.map_err(|_| CopyError::Closed)?);
        Self::from_secret(plain.expose())
    }
}

/// Whether bytes are a copy under a passphrase.
pub fn is_under_passphrase(bytes: &[u8]) -> bool {
    bytes.starts_with(SEALED)
}

fn key(lock: &Lock, passphrase: &Secret<String>) -> Result<Key, CopyError> {
    // WHY: a lock that holds its own key would seal nothing.
    let is_sealing = matches!(lock, Lock::Passphrase { .. }) && !passphrase.expose().is_empty();
    let key = if is_sealing { lock.key(Some(passphrase)) } else { None };
    key.ok_or(CopyError::Closed)
}

/// Wipes a custody that was put back for nothing; best effort, as its custody says of itself.
pub fn remove(folder: &Path) -> Result<(), CopyError> {
    let opened = Folder::open(folder, None)?;
    for name in opened.names().map_err(disk("read"))?.iter().filter(|name| *name != LOCK) {
        opened.shred(name).map_err(disk("wipe"))?;
    }
    drop(opened);
    fs::remove_dir_all(folder).map_err(disk("remove"))
}

/// Every file of a generation; `None` if one went away meanwhile.
fn read(folder: &Path, newest: u64) -> Result<Option<Vec<Kept>>, CopyError> {
    let mut files = Vec::new();
    let mut size_bytes = 0;
    for name in names(folder)? {
        let is_old = number(&name).is_some_and(|number| number != newest);
        if is_old || name == LOCK || name.ends_with(STAGED) {
            continue;
        }
        let mut bytes = Vec::new();
        match File::open(folder.join(&name)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            file => file
                .and_then(|file| file.take(COPY_BYTES_MAX).read_to_end(&mut bytes))
                .map_err(disk("read"))?,
        };
        size_bytes += bytes.len() as u64;
        if size_bytes >= COPY_BYTES_MAX {
            return Err(CopyError::Unreadable);
        }
        files.push(Kept { name, bytes: bytes.into() });
    }
    Ok(Some(files))
}
