//! What the faulty store holds: one world that can be seen and one that survives.

use std::collections::BTreeMap;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{ObjectMeta, PutMode};
use words::{Rand, Timestamp};

use super::faults::{Faults, below};

/// WHY: late writes land within so many operations, so that they meet their retries.
const LATE_OPERATIONS_MAX: u64 = 12;

pub(super) type Objects = BTreeMap<Path, Entry>;

#[derive(Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) bytes: Bytes,
    pub(super) modified: Timestamp,
    pub(super) version: u64,
}

/// A write that was reported as failed and is still travelling.
pub(super) struct Late {
    at: u64,
    path: Path,
    entry: Entry,
    mode: PutMode,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) visible: Objects,
    pub(super) durable: Objects,
    pub(super) late: Vec<Late>,
    pub(super) faults: Faults,
    pub(super) operations: u64,
    pub(super) stop_at: Option<u64>,
    versions: u64,
}

impl State {
    /// Counts an operation and lets late writes land; true once the store is stopped.
    pub(super) fn begin(&mut self) -> bool {
        if self.is_stopped() {
            return true;
        }
        self.operations += 1;
        let now = self.operations;
        let (landing, travelling) = self.late.drain(..).partition(|late| late.at <= now);
        self.late = travelling;
        let landing: Vec<Late> = landing;
        for late in landing {
            self.write(&late.path, late.entry, &late.mode);
        }
        false
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stop_at.is_some_and(|stop| self.operations >= stop)
    }

    pub(super) fn entry(&mut self, bytes: Bytes, modified: Timestamp) -> Entry {
        self.versions += 1;
        Entry { bytes, modified, version: self.versions }
    }

    /// Makes a write visible if its mode allows; false if the name exists.
    pub(super) fn write(&mut self, path: &Path, entry: Entry, mode: &PutMode) -> bool {
        if *mode == PutMode::Create && self.visible.contains_key(path) {
            return false;
        }
        self.visible.insert(path.clone(), entry);
        true
    }

    pub(super) fn write_late(&mut self, path: &Path, entry: Entry, mode: PutMode, rand: &dyn Rand) {
        let at = self.operations + 1 + below(rand, LATE_OPERATIONS_MAX);
        self.late.push(Late { at, path: path.clone(), entry, mode });
    }

    /// Makes one name durable as it is seen.
    pub(super) fn settle(&mut self, path: &Path) {
        match self.visible.get(path) {
            Some(entry) => self.durable.insert(path.clone(), entry.clone()),
            None => self.durable.remove(path),
        };
    }

    /// Makes all names beside this one durable, as the sync of a folder does.
    pub(super) fn settle_folder(&mut self, path: &Path) {
        let folder = folder_of(path);
        let mut beside: Vec<Path> = self.visible.keys().chain(self.durable.keys()).cloned().collect();
        beside.retain(|other| folder_of(other) == folder);
        for other in beside {
            self.settle(&other);
        }
    }

    pub(super) fn crash(&mut self, rand: &dyn Rand) {
        for late in std::mem::take(&mut self.late) {
            if below(rand, 2) == 0 {
                self.write(&late.path, late.entry, &late.mode);
            }
        }
        let paths: Vec<Path> = self.visible.keys().chain(self.durable.keys()).cloned().collect();
        for path in paths {
            let differs = self.visible.get(&path) != self.durable.get(&path);
            if differs && below(rand, 2) == 0 {
                self.forget(&path);
            }
        }
        self.durable = self.visible.clone();
        self.stop_at = None;
    }

    /// Takes back what was never durable.
    fn forget(&mut self, path: &Path) {
        match self.durable.get(path) {
            Some(entry) => self.visible.insert(path.clone(), entry.clone()),
            None => self.visible.remove(path),
        };
    }

    pub(super) fn damage(&mut self, name: &str, byte: usize) -> bool {
        let Ok(path) = Path::parse(name) else {
            return false;
        };
        let Some(entry) = self.visible.get_mut(&path) else {
            return false;
        };
        let mut bytes = entry.bytes.to_vec();
        let Some(flipped) = bytes.get_mut(byte) else {
            return false;
        };
        *flipped ^= 1;
        entry.bytes = bytes.into();
        self.settle(&path);
        true
    }

    pub(super) fn lose(&mut self, name: &str) -> bool {
        let Ok(path) = Path::parse(name) else {
            return false;
        };
        self.durable.remove(&path);
        self.visible.remove(&path).is_some()
    }

    pub(super) fn meta(&self, path: &Path) -> Option<ObjectMeta> {
        let entry = self.visible.get(path)?;
        Some(meta_of(path, entry))
    }
}

pub(super) fn meta_of(path: &Path, entry: &Entry) -> ObjectMeta {
    let since = std::time::Duration::from_millis(entry.modified.ms().unsigned_abs());
    ObjectMeta {
        location: path.clone(),
        last_modified: (std::time::SystemTime::UNIX_EPOCH + since).into(),
        size: entry.bytes.len() as u64,
        e_tag: Some(format!("\"{}\"", entry.version)),
        version: None,
    }
}

fn folder_of(path: &Path) -> &str {
    path.as_ref().rsplit_once('/').map_or("", |(folder, _)| folder)
}
