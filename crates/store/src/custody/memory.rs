//! Custody in memory, for tests and simulation; clones share what they hold.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use words::Id;
use words::noun::Cell;

use super::sheet::KEYS_MAX;
use super::{Custody, CustodyError, Destroyed, Key, KeyName, is_older};

/// Keys that live as long as the last clone.
#[derive(Clone, Default)]
pub struct MemoryCustody {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    generation: u64,
    keys: BTreeMap<KeyName, Key>,
    heads: BTreeMap<Id<Cell>, String>,
    is_failing: bool,
}

impl MemoryCustody {
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on nothing works, as when the disk or the device is gone.
    pub fn fail(&self) {
        self.state().is_failing = true;
    }

    /// It works again.
    pub fn recover(&self) {
        self.state().is_failing = false;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn working(&self, tried: &'static str) -> Result<MutexGuard<'_, State>, CustodyError> {
        let state = self.state();
        match state.is_failing {
            true => Err(CustodyError::unavailable(tried)(io::Error::other("failing as told"))),
            false => Ok(state),
        }
    }
}

/// The set of keys after an insert; `None` if nothing changes.
pub(super) fn with(
    held: &BTreeMap<KeyName, Key>,
    keys: &[(KeyName, Key)],
) -> Result<Option<BTreeMap<KeyName, Key>>, CustodyError> {
    let mut all = held.clone();
    for (name, key) in keys {
        match all.insert(*name, key.clone()) {
            Some(other) if other != *key => return Err(CustodyError::Exists { name: *name }),
            Some(_) | None => {}
        }
    }
    match all.len() {
        len if len > KEYS_MAX => Err(CustodyError::Full { max: KEYS_MAX }),
        len => Ok((len > held.len()).then_some(all)),
    }
}

impl Custody for MemoryCustody {
    fn kind(&self) -> &'static str {
        "memory, for tests"
    }

    fn generation(&self) -> Result<u64, CustodyError> {
        Ok(self.working("read")?.generation)
    }

    fn key(&self, name: &KeyName) -> Result<Option<Key>, CustodyError> {
        Ok(self.working("read")?.keys.get(name).cloned())
    }

    fn names(&self) -> Result<Vec<KeyName>, CustodyError> {
        Ok(self.working("read")?.keys.keys().copied().collect())
    }

    fn insert(&self, keys: &[(KeyName, Key)]) -> Result<(), CustodyError> {
        let mut state = self.working("write")?;
        if let Some(all) = with(&state.keys, keys)? {
            state.keys = all;
            state.generation += 1;
        }
        Ok(())
    }

    fn destroy(&self, names: &[KeyName]) -> Result<Destroyed, CustodyError> {
        let mut state = self.working("write")?;
        let gone = names.iter().filter(|name| state.keys.contains_key(name)).copied().collect();
        state.keys.retain(|name, _| !names.contains(name));
        state.generation += 1;
        Ok(Destroyed { kind: self.kind(), generation: state.generation, names: gone })
    }

    fn known_head(&self, cell: Id<Cell>) -> Result<Option<String>, CustodyError> {
        Ok(self.working("read")?.heads.get(&cell).cloned())
    }

    fn remember_head(&self, cell: Id<Cell>, checkpoint: &str) -> Result<(), CustodyError> {
        let mut state = self.working("write")?;
        if !is_older(checkpoint, state.heads.get(&cell).map(String::as_str)) {
            state.heads.insert(cell, checkpoint.to_owned());
        }
        Ok(())
    }
}
