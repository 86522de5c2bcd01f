//! Custody in files, open, under a passphrase or under a wrap key in an HSM.
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
use super::hsm::Device;
use super::is_older;
use super::locking::{Locking, Means, Turn};
use super::memory::with;
use super::sheet::{self, Lock, NotOpened, SHEET_BYTES_MAX};
use super::{Custody, CustodyError, Destroyed, Key, KeyName};

const SHEET: &str = "keys-";
const HEAD: &str = "head-";
/// WHY: a checkpoint is a signed note of a few lines.
const HEAD_BYTES_MAX: u64 = 64 << 10;

/// Keys in a private folder outside the bucket.
pub struct FileCustody {
    folder: Folder,
    locking: Locking,
    /// What remembered heads are sealed under.
    heads_key: Key,
    rand: Arc<dyn Rand>,
    state: Mutex<State>,
    /// WHY of their own: a checkpoint being synced must not hold up who needs a key.
    heads: Mutex<()>,
}

struct State {
    generation: u64,
    /// Of the newest sheet.
    lock: Lock,
    keys: BTreeMap<KeyName, Key>,
}

impl FileCustody {
    /// Opens or makes custody protected by the permissions of its files alone.
    pub fn open(folder: &Path, bucket: Option<&Path>, rand: Arc<dyn Rand>) -> Result<Self, CustodyError> {
        Self::open_with(folder, bucket, Means::Open, rand)
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
            false => Self::open_with(folder, bucket, Means::Passphrase(passphrase), rand),
        }
    }

    /// Opens or makes custody whose sheets only a device opens.
    pub fn open_with_device(
        folder: &Path,
        bucket: Option<&Path>,
        device: Box<dyn Device>,
        rand: Arc<dyn Rand>,
    ) -> Result<Self, CustodyError> {
        Self::open_with(folder, bucket, Means::Device(device), rand)
    }

    fn open_with(
        folder: &Path,
        bucket: Option<&Path>,
        means: Means<'_>,
        rand: Arc<dyn Rand>,
    ) -> Result<Self, CustodyError> {
        let folder = Folder::open(folder, bucket)?;
        folder.shred_staged().map_err(CustodyError::unavailable("clean"))?;
        match sheets(&folder)?.pop() {
            None => Self::make(folder, means, rand),
            Some(newest) => Self::reopen(folder, &newest, means, rand),
        }
    }

    fn make(folder: Folder, means: Means<'_>, rand: Arc<dyn Rand>) -> Result<Self, CustodyError> {
        let (locking, lock) = Locking::new(means, &*rand)?;
        let heads_key = match locking.fixed() {
            Some(key) => key.clone(),
            None => seal::keys::random(&*rand),
        };
        let state = Mutex::new(State { generation: 0, lock, keys: BTreeMap::new() });
        let custody = Self { folder, locking, heads_key, rand, state, heads: Mutex::default() };
        custody.turn(&mut custody.state(), BTreeMap::new(), Turn::Keep)?;
        Ok(custody)
    }

    fn reopen(
        folder: Folder,
        newest: &str,
        means: Means<'_>,
        rand: Arc<dyn Rand>,
    ) -> Result<Self, CustodyError> {
        let damaged = || CustodyError::Damaged { file: newest.to_owned() };
        let bytes = folder.read(newest, SHEET_BYTES_MAX);
        let bytes = bytes.map_err(CustodyError::unavailable("read"))?.ok_or_else(damaged)?;
        let lock = sheet::lock_of(&bytes).map_err(|_| damaged())?;
        let (locking, key) = Locking::of(&lock, means, newest)?;
        let opened = sheet::open(&bytes, &key).map_err(|why| match (why, &lock) {
            (NotOpened::WrongKey, Lock::Passphrase { .. }) => CustodyError::WrongPassphrase,
            (NotOpened::WrongKey | NotOpened::Damaged, _) => damaged(),
        })?;
        if sheet_name(opened.generation) != newest {
            return Err(damaged());
        }
        let heads_key = match locking.fixed() {
            Some(key) => key.clone(),
            None => opened.heads.ok_or_else(damaged)?,
        };
        // WHY: a crash between writing a generation and wiping the one before leaves both.
        locking.settle(&lock)?;
        let generation = opened.generation;
        let state = Mutex::new(State { generation, lock, keys: opened.keys });
        let custody = Self { folder, locking, heads_key, rand, state, heads: Mutex::default() };
        custody.shred_before(generation)?;
        Ok(custody)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the next generation, then wipes what came before.
    fn turn(&self, state: &mut State, keys: BTreeMap<KeyName, Key>, turn: Turn) -> Result<(), CustodyError> {
        let generation = state.generation + 1;
        let name = sheet_name(generation);
        let (lock, key) = self.locking.next(&state.lock, turn, &*self.rand)?;
        let heads = self.locking.fixed().is_none().then_some(&self.heads_key);
        let bytes = sheet::write(generation, &lock, &key, &keys, heads, &*self.rand)
            .map_err(|_| CustodyError::Damaged { file: name.clone() })?;
        self.folder.write(&name, &bytes).map_err(CustodyError::unavailable("write"))?;
        *state = State { generation, lock, keys };
        // WHY before the file: without its wrap key no copy of the old sheet opens, wherever it lies.
        self.locking.retire(&state.lock, turn)?;
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
        self.locking.kind()
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
            Some(all) => self.turn(&mut state, all, Turn::Keep),
            None => Ok(()),
        }
    }

    fn destroy(&self, names: &[KeyName]) -> Result<Destroyed, CustodyError> {
        let mut state = self.state();
        let mut keys = state.keys.clone();
        let gone = names.iter().filter(|name| keys.remove(name).is_some()).copied().collect();
        self.turn(&mut state, keys, Turn::Destroy)?;
        Ok(Destroyed { kind: self.kind(), generation: state.generation, names: gone })
    }

    fn known_head(&self, cell: Id<Cell>) -> Result<Option<String>, CustodyError> {
        let name = format!("{HEAD}{cell}");
        let sealed = self.folder.read(&name, HEAD_BYTES_MAX);
        let Some(sealed) = sealed.map_err(CustodyError::unavailable("read"))? else {
            return Ok(None);
        };
        let plain = seal::envelope::open(&self.heads_key, name.as_bytes(), &sealed).ok();
        let text = plain.and_then(|plain| String::from_utf8(plain).ok());
        text.map(Some).ok_or(CustodyError::Damaged { file: name })
    }

    fn remember_head(&self, cell: Id<Cell>, checkpoint: &str) -> Result<(), CustodyError> {
        let _one_at_a_time = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        if is_older(checkpoint, self.known_head(cell)?.as_deref()) {
            return Ok(());
        }
        let name = format!("{HEAD}{cell}");
        let sealed =
            seal::envelope::seal(&self.heads_key, &*self.rand, name.as_bytes(), checkpoint.as_bytes());
        let sealed = sealed.map_err(|_| CustodyError::Damaged { file: name.clone() })?;
        self.folder.write(&name, &sealed).map_err(CustodyError::unavailable("write"))
    }
}
