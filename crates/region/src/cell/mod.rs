//! A cell: one project's log, index and keys, and the one sequencer that writes it.
//!
//! Opening a cell reads it from its log as far as its index lags, checks every
//! link on the way, refuses a log that is shorter than custody remembers, and
//! takes the cell over with a commit of its own. Nothing here knows a rule.

pub mod about;
pub mod agreed;
pub mod draft;
pub mod fold;
pub mod format;
pub(crate) mod in_use;
pub mod keys;
mod lasting;
pub mod lead;
pub mod open;
pub(crate) mod opening;
pub mod pack;
pub mod publish;
pub mod state;
pub mod step;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use store::StoreError;
use store::blob::Packs;
use store::custody::Destroyed;
use store::index::Index;
use store::{Blobs, Log};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use words::noun;
use words::{Id, Reason, Refusal, Timestamp};

use draft::Draft;
use keys::Keys;
use lasting::{Damage, Lasting};
use lead::{Job, gone};
use pack::Head;
use step::{Done, Step};

/// A cell that this process leads.
pub struct Cell {
    pub id: Id<noun::Cell>,
    pub keys: Keys,
    pub log: Log,
    pub blobs: Blobs,
    pub(crate) packs: Packs,
    pub(crate) in_use: in_use::InUse,
    pub(crate) shared: Arc<Shared>,
    pub(crate) publisher: publish::Publisher,
    inbox: Mutex<Option<mpsc::Sender<Job>>>,
    task: Mutex<Option<JoinHandle<()>>>,
}

/// What the sequencer shows to readers: committed state only.
pub struct Shared {
    shown: RwLock<Shown>,
    duties: AtomicU64,
    is_dropped: AtomicBool,
    damage: Damage,
    seen: Mutex<Seen>,
}

/// The index, and its rows as of the last commit.
#[derive(Clone)]
struct Shown {
    index: Arc<dyn Index>,
    rows: Arc<Lasting>,
}

impl Shown {
    async fn of(index: Arc<dyn Index>, damage: &Damage) -> Result<Self, StoreError> {
        let rows = Arc::new(Lasting::new(index.snapshot().await?, damage.clone()));
        Ok(Self { index, rows })
    }
}

/// The committed head, and the leaves no tile holds yet.
pub(crate) struct Seen {
    pub head: Head,
    pub unpublished: Vec<[u8; 32]>,
    /// Generation of the index.
    pub index_generation: u64,
}

impl Shared {
    pub(crate) async fn new(
        index: Arc<dyn Index>,
        head: Head,
        index_generation: u64,
    ) -> Result<Self, StoreError> {
        let seen = Seen { head, unpublished: Vec::new(), index_generation };
        let damage = Damage::default();
        Ok(Self {
            shown: RwLock::new(Shown::of(index, &damage).await?),
            duties: AtomicU64::new(0),
            is_dropped: AtomicBool::new(false),
            damage,
            seen: Mutex::new(seen),
        })
    }

    fn shown(&self) -> Shown {
        self.shown.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn show(&self, shown: Shown) {
        *self.shown.write().unwrap_or_else(PoisonError::into_inner) = shown;
    }

    pub(crate) fn index(&self) -> Arc<dyn Index> {
        self.shown().index
    }

    /// Rows as of the last commit.
    pub(crate) fn draft(&self) -> Draft {
        Draft::over(self.shown().rows)
    }

    /// Readers go on with the new index; gives the old one, to be closed.
    pub(crate) async fn replace_index(
        &self,
        index: Arc<dyn Index>,
        generation: u64,
    ) -> Result<Arc<dyn Index>, StoreError> {
        let old = self.index();
        self.show(Shown::of(index, &self.damage).await?);
        self.seen().index_generation = generation;
        Ok(old)
    }

    /// Readers see what the index applied; called before `committed` tells of it.
    pub(crate) async fn applied(&self, have_duties_moved: bool) -> Result<(), StoreError> {
        let Shown { index, rows } = self.shown();
        let fresh = index.snapshot().await?;
        let rows =
            if have_duties_moved { Lasting::new(fresh, self.damage.clone()) } else { rows.next(fresh) };
        self.show(Shown { index, rows: Arc::new(rows) });
        Ok(())
    }

    pub(crate) fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn committed(&self, head: &Head, duties: u64, leaves: &[[u8; 32]]) {
        let mut seen = self.seen();
        seen.head = head.clone();
        seen.unpublished.extend_from_slice(leaves);
        self.duties.store(duties, Ordering::Release);
    }

    pub(crate) fn drop_cell(&self) {
        self.is_dropped.store(true, Ordering::Release);
    }

    /// Whether the index is of no use any more.
    pub(crate) fn is_damaged(&self) -> bool {
        self.damage.is_seen()
    }

    /// Whether it is not what was written, and must be folded anew.
    pub(crate) fn is_corrupt(&self) -> bool {
        self.damage.is_corrupt()
    }
}

impl Cell {
    /// Committed rows as they are now.
    pub async fn view(&self) -> Result<Draft, Refusal> {
        if self.shared.is_damaged() {
            // The sequencer ends, and the next opening folds the log anew.
            self.shared.drop_cell();
            drop(self.inbox.lock().unwrap_or_else(PoisonError::into_inner).take());
        }
        if self.is_dropped() {
            return Err(gone());
        }
        Ok(self.shared.draft())
    }

    /// Hands a step to the sequencer and waits for its commit.
    pub(crate) async fn submit(&self, step: Box<dyn Step>) -> Result<Done, Refusal> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Act { step, reply })?;
        answer.await.unwrap_or_else(|_| Err(gone()))
    }

    /// Destroys keys between two commits and folds the index anew.
    pub(crate) async fn renew(
        &self,
        destroy: impl FnOnce() -> Result<Destroyed, Refusal> + Send + 'static,
    ) -> Result<Destroyed, Refusal> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Renew { destroy: Box::new(destroy), reply })?;
        answer.await.unwrap_or_else(|_| Err(gone()))
    }

    fn send(&self, job: Job) -> Result<(), Refusal> {
        let inbox = self.inbox.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // WHY try: a full queue answers at once instead of holding the caller's memory.
        inbox.ok_or_else(gone)?.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => {
                Refusal::with(Reason::Unavailable, "too much waits already")
            }
            mpsc::error::TrySendError::Closed(_) => gone(),
        })
    }

    pub(crate) fn index_generation(&self) -> u64 {
        self.shared.seen().index_generation
    }

    pub fn is_dropped(&self) -> bool {
        self.shared.is_dropped.load(Ordering::Acquire)
    }

    /// Counts the changes of rows that decide who may do what.
    pub fn duties(&self) -> u64 {
        self.shared.duties.load(Ordering::Acquire)
    }

    pub fn head(&self) -> Head {
        self.shared.seen().head.clone()
    }

    pub fn time(&self) -> Timestamp {
        self.shared.seen().head.time
    }

    /// Takes nothing more, finishes what waits and joins the sequencer.
    pub async fn close(&self) {
        drop(self.inbox.lock().unwrap_or_else(PoisonError::into_inner).take());
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            let _ended = task.await;
        }
    }
}
