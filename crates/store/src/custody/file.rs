//! Custody in files, open or under a passphrase.
//!
//! Each change writes a whole new generation before the old one is overwritten
//! and removed. A damaged newest generation is refused and never replaced by
//! an older one, which could hold keys that were destroyed.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use words::noun::Cell;
use words::{Id, Rand, Secret};

use super::folder::Folder;
use super::is_older;
use super::memory::with;
use super::sheet::{self, Lock, NotOpened, SHEET_BYTES_MAX};
use super::{Custody, CustodyError, Destroyed, Key, KeyName};

/// What certificates say of a destruction by this custody.
const KIND_OPEN: &str = "file, best effort";
const KIND_PASSPHRASE: &str = "file under passphrase, best effort";

const SHEET: &str = "keys-";
const HEAD: &str = "head-";
/// WHY: a checkpoint is a signed note of a few lines.
const HEAD_BYTES_MAX: u64 = 64 << 10;

/// Keys in a private folder outside the bucket.
pub struct FileCustody {
    folder: Folder,
    lock: Lock,
    key: Key,
    rand: Arc<dyn Rand>,
    state: Mutex<State>,
    /// WHY of their own: a checkpoint being synced must not hold up who needs a key.
    heads: Mutex<()>,
}

struct State {
    generation: u64,
    keys: BTreeMap<KeyName, Key>,
}

impl FileCustody {
    /// Opens or makes custody protected by the permissions of its files alone.
    pub fn open(folder: &Path, bucket: Option<&Path>, rand: Arc<dyn Rand>) -> Result<Self, CustodyError> {
        Self::open_with(folder, bucket, None, rand)
    }

    /// Opens or makes custody sealed under a passphrase; takes a moment of work by design.
    pub fn open_with_passphrase(
        folder: &Path,
        bucket: Option<&Path>,
        passphrase: &Secret<String>,
        rand: Arc<dyn Rand>,
    ) -> Result<Self, CustodyError> {
        match passphrase.expose().is_empty() {
            true => Err(CustodyError::NoPassphrase),
            false => Self::open_with(folder, bucket, Some(passphrase), rand),
        }
    }

    fn open_with(
        folder: &Path,
        bucket: Option<&Path>,
        passphrase: Option<&Secret<String>>,
        rand: Arc<dyn Rand>,
    ) -> Result<Self, CustodyError> {
        let folder = Folder::open(folder, bucket)?;
        folder.shred_staged().map_err(CustodyError::unavailable("clean"))?;
        match sheets(&folder)?.pop() {
            None => Self::make(folder, passphrase, rand),
            Some(newest) => Self::reopen(folder, &newest, passphrase, rand),
        }
    }

    fn make(
        folder: Folder,
        passphrase: Option<&Secret<String>>,
        rand: Arc<dyn Rand>,
    ) -> Result<Self, CustodyError> {
        let lock = match passphrase {
            Some(_) => Lock::passphrase(&*rand),
            None => Lock::open(&*rand),
        };
        let key = lock.key(passphrase).ok_or(CustodyError::NoPassphrase)?;
        let state = Mutex::new(State { generation: 0, keys: BTreeMap::new() });
        let custody = Self { folder, lock, key, rand, state, heads: Mutex::default() };
        custody.write(1, &BTreeMap::new())?;
        custody.state().generation = 1;
        Ok(custody)
    }

    fn reopen(
        folder: Folder,
        newest: &str,
        passphrase: Option<&Secret<String>>,
        rand: Arc<dyn Rand>,
    ) -> Result<Self, CustodyError> {
        let damaged = || CustodyError::Damaged { file: newest.to_owned() };
        let bytes = folder.read(newest, SHEET_BYTES_MAX);
        let bytes = bytes.map_err(CustodyError::unavailable("read"))?.ok_or_else(damaged)?;
        let lock = sheet::lock_of(&bytes).map_err(|_| damaged())?;
        check_kind(&lock, passphrase)?;
        let key = lock.key(passphrase).ok_or_else(damaged)?;
        let opened = sheet::open(&bytes, &key).map_err(|why| match (why, &lock) {
            (NotOpened::WrongKey, Lock::Passphrase { .. }) => CustodyError::WrongPassphrase,
            (NotOpened::WrongKey | NotOpened::Damaged, _) => damaged(),
        })?;
        if sheet_name(opened.generation) != newest {
            return Err(damaged());
        }
        let state = State { generation: opened.generation, keys: opened.keys };
        let custody = Self { folder, lock, key, rand, state: Mutex::new(state), heads: Mutex::default() };
        // WHY: a crash between writing a generation and wiping the one before leaves both.
        custody.shred_before(opened.generation)?;
        Ok(custody)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, generation: u64, keys: &BTreeMap<KeyName, Key>) -> Result<(), CustodyError> {
        let name = sheet_name(generation);
        let bytes = sheet::write(generation, &self.lock, &self.key, keys, &*self.rand)
            .map_err(|_| CustodyError::Damaged { file: name.clone() })?;
        self.folder.write(&name, &bytes).map_err(CustodyError::unavailable("write"))
    }

    /// Writes the next generation, then wipes what came before.
    fn turn(&self, state: &mut State, keys: BTreeMap<KeyName, Key>) -> Result<(), CustodyError> {
        let generation = state.generation + 1;
        self.write(generation, &keys)?;
        *state = State { generation, keys };
        self.shred_before(generation)
    }

    fn shred_before(&self, generation: u64) -> Result<(), CustodyError> {
        let newest = sheet_name(generation);
        for old in sheets(&self.folder)?.iter().filter(|name| **name < newest) {
            self.folder.shred(old).map_err(CustodyError::unavailable("wipe the old generation of"))?;
        }
        Ok(())
    }
}

fn check_kind(lock: &Lock, passphrase: Option<&Secret<String>>) -> Result<(), CustodyError> {
    let asked = passphrase.map_or(KIND_OPEN, |_| KIND_PASSPHRASE);
    match kind_of(lock) {
        made if made == asked => Ok(()),
        made => Err(CustodyError::OtherKind { made, asked }),
    }
}

const fn kind_of(lock: &Lock) -> &'static str {
    match lock {
        Lock::Open { .. } => KIND_OPEN,
        Lock::Passphrase { .. } => KIND_PASSPHRASE,
    }
}

/// WHY 20 digits: names in order are generations in order.
fn sheet_name(generation: u64) -> String {
    format!("{SHEET}{generation:020}")
}

/// The generations on disk, oldest first.
fn sheets(folder: &Folder) -> Result<Vec<String>, CustodyError> {
    let mut names = folder.names().map_err(CustodyError::unavailable("read"))?;
    names.retain(|name| name.starts_with(SHEET) && name.len() == SHEET.len() + 20);
    Ok(names)
}

impl Custody for FileCustody {
    fn kind(&self) -> &'static str {
        kind_of(&self.lock)
    }

    fn generation(&self) -> Result<u64, CustodyError> {
        Ok(self.state().generation)
    }

    fn key(&self, name: &KeyName) -> Result<Option<Key>, CustodyError> {
        Ok(self.state().keys.get(name).cloned())
    }

    fn names(&self) -> Result<Vec<KeyName>, CustodyError> {
        Ok(self.state().keys.keys().copied().collect())
    }

    fn insert(&self, keys: &[(KeyName, Key)]) -> Result<(), CustodyError> {
        let mut state = self.state();
        match with(&state.keys, keys)? {
            Some(all) => self.turn(&mut state, all),
            None => Ok(()),
        }
    }

    fn destroy(&self, names: &[KeyName]) -> Result<Destroyed, CustodyError> {
        let mut state = self.state();
        let mut keys = state.keys.clone();
        let gone = names.iter().filter(|name| keys.remove(name).is_some()).copied().collect();
        self.turn(&mut state, keys)?;
        Ok(Destroyed { kind: self.kind(), generation: state.generation, names: gone })
    }

    fn known_head(&self, cell: Id<Cell>) -> Result<Option<String>, CustodyError> {
        let name = format!("{HEAD}{cell}");
        let sealed = self.folder.read(&name, HEAD_BYTES_MAX);
        let Some(sealed) = sealed.map_err(CustodyError::unavailable("read"))? else {
            return Ok(None);
        };
        let plain = seal::envelope::open(&self.key, name.as_bytes(), &sealed).ok();
        let text = plain.and_then(|plain| String::from_utf8(plain).ok());
        text.map(Some).ok_or(CustodyError::Damaged { file: name })
    }

    fn remember_head(&self, cell: Id<Cell>, checkpoint: &str) -> Result<(), CustodyError> {
        let _one_at_a_time = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        if is_older(checkpoint, self.known_head(cell)?.as_deref()) {
            return Ok(());
        }
        let name = format!("{HEAD}{cell}");
        let sealed = seal::envelope::seal(&self.key, &*self.rand, name.as_bytes(), checkpoint.as_bytes());
        let sealed = sealed.map_err(|_| CustodyError::Damaged { file: name.clone() })?;
        self.folder.write(&name, &sealed).map_err(CustodyError::unavailable("write"))
    }
}
