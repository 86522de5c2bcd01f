//! Twins of the object store that fail as told; for simulation and tests only.
//!
//! Everything they do follows from a seed and the order of calls, on one
//! thread: same seed, same trace. They must never stand under a real region.

mod fate;
mod faults;
mod state;
mod store;
mod upload;

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use object_store::path::Path;
use words::{Clock, Rand};

pub use faults::{Chance, Faults, Lie};
use state::State;

/// An object store in memory that knows what is visible and what is durable.
pub struct FaultyStore {
    state: Mutex<State>,
    rand: Arc<dyn Rand>,
    clock: Arc<dyn Clock>,
    /// WHY: an upload and a stream outlive the borrow that made them.
    myself: Weak<FaultyStore>,
}

impl FaultyStore {
    /// A store without faults until told otherwise.
    pub fn new(rand: Arc<dyn Rand>, clock: Arc<dyn Clock>) -> Arc<Self> {
        let state = Mutex::new(State::default());
        Arc::new_cyclic(|myself| Self { state, rand, clock, myself: Weak::clone(myself) })
    }

    /// How often what goes wrong from now on.
    pub fn set_faults(&self, faults: Faults) {
        self.state().faults = faults;
    }

    /// Operations begun so far; the steps at which a crash can be placed.
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// Lets so many more operations begin, then answers nothing but errors until `crash`.
    pub fn stop_after(&self, operations: u64) {
        let mut state = self.state();
        state.stop_at = Some(state.operations.saturating_add(operations));
    }

    /// Whether the stop was reached.
    pub fn is_stopped(&self) -> bool {
        self.state().is_stopped()
    }

    /// The power fails and comes back: what was not durable is kept or lost by
    /// chance, what was still travelling lands or not by chance.
    pub fn crash(&self) {
        let mut state = self.state();
        state.crash(&*self.rand);
    }

    /// The process dies and comes back, the store does not: nothing is lost and
    /// what was still travelling goes on.
    pub fn restart(&self) {
        self.state().stop_at = None;
    }

    /// What everybody can read right now, with its bytes; the oracle of tests.
    pub fn contents(&self) -> Vec<(String, bytes::Bytes)> {
        let state = self.state();
        let visible = state.visible.iter();
        visible.map(|(path, entry)| (path.to_string(), entry.bytes.clone())).collect()
    }

    /// Flips one bit of what is stored; answers whether there was something to flip.
    pub fn damage(&self, name: &str, byte: usize) -> bool {
        self.state().damage(name, byte)
    }

    /// Removes a name behind everybody's back; answers whether it was there.
    pub fn lose(&self, name: &str) -> bool {
        self.state().lose(name)
    }

    /// Everything as it is now, to be put back later: a rolled-back bucket.
    pub fn copy(&self) -> Copy {
        let state = self.state();
        Copy { visible: state.visible.clone() }
    }

    /// Puts an older copy of everything in place.
    pub fn roll_back(&self, to: &Copy) {
        let mut state = self.state();
        state.visible = to.visible.clone();
        state.durable = to.visible.clone();
        state.late.clear();
    }

    /// What a folder's fsync does on a disk.
    pub(crate) fn settle(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        let faults = state.faults;
        if state.begin() || faults.settle.strikes(&*self.rand) {
            return Err(io::Error::other("the twin fails a sync as told"));
        }
        state.settle_folder(path);
        Ok(())
    }

    fn myself(&self) -> object_store::Result<Arc<Self>> {
        self.myself.upgrade().ok_or_else(|| fate::failed("is gone"))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A whole bucket at one moment.
#[derive(Clone)]
pub struct Copy {
    visible: state::Objects,
}

impl fmt::Debug for FaultyStore {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl fmt::Display for FaultyStore {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("FaultyStore")
    }
}
