//! What becomes of each operation of the faulty store.

use std::time::Duration;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{Error, ObjectMeta, PutMode, PutResult, Result};

use super::FaultyStore;
use super::faults::{Chance, Lie, below};
use super::state::State;

/// What becomes of one write.
enum Fate {
    Done,
    Lost,
    Blind,
    Late,
    Hangs,
}

impl FaultyStore {
    pub(super) async fn wait(&self) {
        let wait_ms_max = self.state().faults.wait_ms_max;
        if wait_ms_max > 0 {
            let wait_ms = below(&*self.rand, wait_ms_max);
            tokio::time::sleep(Duration::from_millis(wait_ms)).await;
        }
    }

    fn fate(&self, state: &State) -> Fate {
        let faults = state.faults;
        let fates = [
            (faults.write_lost, Fate::Lost),
            (faults.write_blind, Fate::Blind),
            (faults.write_late, Fate::Late),
            (faults.write_hangs, Fate::Hangs),
        ];
        let struck = fates.into_iter().find(|(chance, _)| chance.strikes(&*self.rand));
        struck.map_or(Fate::Done, |(_, fate)| fate)
    }

    /// One write with its fate; an acknowledged one is durable.
    pub(super) async fn write(&self, path: &Path, bytes: Bytes, mode: PutMode) -> Result<PutResult> {
        self.wait().await;
        match self.write_now(path, bytes, mode) {
            Some(done) => done,
            None => std::future::pending().await,
        }
    }

    /// `None` if the write never answers.
    fn write_now(&self, path: &Path, bytes: Bytes, mode: PutMode) -> Option<Result<PutResult>> {
        let mut state = self.state();
        if state.begin() {
            return Some(Err(failed("is stopped")));
        }
        let fate = self.fate(&state);
        let entry = state.entry(bytes, self.clock.now());
        let mode = self.bent(&state, mode);
        match fate {
            Fate::Done => match state.write(path, entry, &mode) {
                true => {
                    state.settle(path);
                    Some(Ok(PutResult { e_tag: None, version: None, extensions: Default::default() }))
                }
                false => Some(Err(exists(path))),
            },
            Fate::Lost => Some(Err(failed("lost a write"))),
            Fate::Blind => {
                state.write(path, entry, &mode);
                Some(Err(failed("hid a write")))
            }
            Fate::Late => {
                state.write_late(path, entry, mode, &*self.rand);
                Some(Err(failed("delayed a write")))
            }
            Fate::Hangs => {
                if below(&*self.rand, 2) == 0 {
                    state.write_late(path, entry, mode, &*self.rand);
                }
                None
            }
        }
    }

    /// The mode after the store's lie about create-once.
    fn bent(&self, state: &State, mode: PutMode) -> PutMode {
        match state.faults.lie {
            Lie::Overwrites => PutMode::Overwrite,
            Lie::OverwritesSometimes if Chance(2_000).strikes(&*self.rand) => PutMode::Overwrite,
            Lie::OverwritesSometimes
            | Lie::None
            | Lie::ListsNothing
            | Lie::ReadsOtherwise
            | Lie::KeepsDeleted => mode,
        }
    }

    /// Begins a read; fails if told so.
    pub(super) fn look<T>(&self, read: impl FnOnce(&State) -> Result<T>) -> Result<T> {
        let mut state = self.state();
        let chance = state.faults.read;
        if state.begin() {
            return Err(failed("is stopped"));
        }
        match chance.strikes(&*self.rand) {
            true => Err(failed("fails a read")),
            false => read(&state),
        }
    }

    pub(super) fn delete_now(&self, path: &Path) -> Result<()> {
        let mut state = self.state();
        if state.begin() {
            return Err(failed("is stopped"));
        }
        match self.fate(&state) {
            Fate::Lost | Fate::Late | Fate::Hangs => return Err(failed("lost a delete")),
            Fate::Done | Fate::Blind => {}
        }
        // WHY visible alone: a delete is durable only after the folder's sync.
        if state.faults.lie != Lie::KeepsDeleted {
            state.visible.remove(path);
        }
        Ok(())
    }

    pub(super) fn listed(&self, prefix: Option<&Path>) -> Result<Vec<ObjectMeta>> {
        let prefix = prefix.cloned().unwrap_or_default();
        self.look(|state| {
            if state.faults.lie == Lie::ListsNothing {
                return Ok(Vec::new());
            }
            let below = state.visible.keys().filter(|path| is_below(path, &prefix));
            Ok(below.filter_map(|path| state.meta(path)).collect())
        })
    }
}

fn is_below(path: &Path, prefix: &Path) -> bool {
    path.prefix_match(prefix).is_some_and(|mut rest| rest.next().is_some())
}

pub(super) fn failed(what: &'static str) -> Error {
    Error::Generic { store: "FaultyStore", source: format!("the twin {what} as told").into() }
}

pub(super) fn unsupported(operation: &str) -> Error {
    Error::NotImplemented { operation: operation.into(), implementer: "FaultyStore".into() }
}

pub(super) fn absent(path: &Path) -> Error {
    Error::NotFound { path: path.to_string(), source: "the twin has no such object".into() }
}

pub(super) fn exists(path: &Path) -> Error {
    Error::AlreadyExists { path: path.to_string(), source: "the twin has this object".into() }
}
