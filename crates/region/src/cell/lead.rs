//! The sequencer: the one writer of a cell, one commit in flight, no timer.
//!
//! When it is free it takes whatever waits, plans each act over the draft,
//! freezes the bytes, makes them durable, and only then tells anybody. When it
//! cannot know whether a commit is there, the cell is dropped: never guess.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use store::custody::Destroyed;
use store::log::{AppendError, Log};
use tokio::sync::{mpsc, oneshot};
use words::limit::{COMMIT_ACTS_MAX, COMMIT_BYTES_MAX};
use words::noun::Cell;
use words::{Id, Reason, Refusal};

use crate::cell::Shared;
use crate::cell::about::Marks;
use crate::cell::draft::Draft;
use crate::cell::keys::Keys;
use crate::cell::open::Ground;
use crate::cell::pack::{Head, Packed, Packer, Pen};
use crate::cell::state::{self, YearRow};
use crate::cell::step::{Done, Entry, Leaf, Moment, Planned, Step};
use crate::meter::StoreWork;
use crate::usage;

/// What waits for the sequencer.
pub enum Job {
    /// One act waiting for its commit.
    Act { step: Box<dyn Step>, reply: Answer },
    /// Keys are to be destroyed and the index folded anew without them.
    Renew { destroy: Destroy, reply: oneshot::Sender<Result<Destroyed, Refusal>> },
}

/// Where an act's answer goes.
pub type Answer = oneshot::Sender<Result<Done, Refusal>>;

/// Destroys keys in custody.
pub type Destroy = Box<dyn FnOnce() -> Result<Destroyed, Refusal> + Send>;

impl Job {
    fn refuse(self, refusal: Refusal) {
        match self {
            Self::Act { reply, .. } => drop(reply.send(Err(refusal))),
            Self::Renew { reply, .. } => drop(reply.send(Err(refusal))),
        }
    }
}

/// Everything the sequencer of one cell holds.
pub struct Lead {
    pub cell: Id<Cell>,
    pub ground: Ground,
    pub log: Log,
    pub keys: Keys,
    pub shared: Arc<Shared>,
    pub head: Head,
    pub duties: u64,
}

/// The cell is no longer ours.
#[derive(Debug, thiserror::Error)]
#[error("the cell was dropped: {cause}")]
pub struct Dropped {
    pub cause: String,
}

type Reply = (Answer, Result<Planned, Refusal>, u64);

/// Serves a cell until its inbox closes or it is dropped.
///
/// An index that was found damaged is removed at the end: the next opening folds the log anew.
pub async fn lead(mut lead: Lead, mut inbox: mpsc::Receiver<Job>) {
    let mut waiting = VecDeque::new();
    // WHY a guard: a sequencer that panics must not leave a cell that seems to be led.
    let _dropped_at_last = DropsCell(Arc::clone(&lead.shared));
    while gather(&mut waiting, &mut inbox).await {
        if let Err(dropped) = lead.commit(&mut waiting).await {
            tracing::error!(cell = %lead.cell, seq = lead.head.next_seq, cause = %dropped, "cell dropped");
            break;
        }
        if lead.shared.is_damaged() {
            break;
        }
    }
    if lead.shared.is_damaged() {
        tracing::error!(cell = %lead.cell, "the index is of no use any more; the cell is opened anew");
    }
    lead.shared.drop_cell();
    inbox.close();
    waiting.extend(std::iter::from_fn(|| inbox.try_recv().ok()));
    waiting.into_iter().for_each(|job| job.refuse(gone()));
    lead.end().await;
}

/// Waits for one job, then takes all that wait, within bounds.
async fn gather(waiting: &mut VecDeque<Job>, inbox: &mut mpsc::Receiver<Job>) -> bool {
    if waiting.is_empty() {
        match inbox.recv().await {
            Some(job) => waiting.push_back(job),
            None => return false,
        }
    }
    while waiting.len() < COMMIT_ACTS_MAX {
        match inbox.try_recv() {
            Ok(job) => waiting.push_back(job),
            Err(_) => break,
        }
    }
    true
}

struct DropsCell(Arc<Shared>);

impl Drop for DropsCell {
    fn drop(&mut self) {
        self.0.drop_cell();
    }
}

impl Lead {
    /// One commit from whatever waits; what does not fit waits for the next.
    async fn commit(&mut self, waiting: &mut VecDeque<Job>) -> Result<(), Dropped> {
        let now = self.ground.now_after(self.head.time);
        let root_seq = match self.ground.lease.confirmed(self.ground.clock.now()) {
            Ok(root_seq) => root_seq,
            Err(refusal) => {
                waiting.drain(..).for_each(|job| job.refuse(refusal.clone()));
                return Ok(());
            }
        };
        if matches!(waiting.front(), Some(Job::Renew { .. })) {
            if let Some(Job::Renew { destroy, reply }) = waiting.pop_front() {
                let renewed = self.renew(destroy).await;
                drop(reply.send(renewed.as_ref().map(Clone::clone).map_err(|_| gone())));
                renewed?;
            }
            return Ok(());
        }
        let mut draft = self.shared.draft();
        let mut packer = Packer::default();
        let mut replies: Vec<Reply> = Vec::with_capacity(waiting.len());
        while packer.size_bytes() < COMMIT_BYTES_MAX {
            // WHY: keys are destroyed between commits, never within one.
            if !matches!(waiting.front(), Some(Job::Act { .. })) {
                break;
            }
            let Some(Job::Act { mut step, reply }) = waiting.pop_front() else {
                break;
            };
            let duties = self.duties + draft.duties();
            let moment = Moment { now, cell: self.cell, duties };
            let planned = step.plan(&mut draft, moment).await;
            let (planned, at) = self.take(planned, &mut draft, &mut packer).await?;
            replies.push((reply, planned, at));
        }
        if !packer.is_empty() {
            self.write(packer, draft, now, root_seq).await.inspect_err(|_| {
                // The answers stay unknown: nobody may be told a yes or a no.
                replies.drain(..).for_each(|(reply, _, _)| drop(reply.send(Err(gone()))));
            })?;
        }
        for (reply, planned, leaf) in replies {
            let _gone = reply.send(self.answer(planned, leaf));
        }
        Ok(())
    }

    /// Keeps what an act changed, or forgets it.
    async fn take(
        &self,
        planned: Result<Planned, Refusal>,
        draft: &mut Draft,
        packer: &mut Packer,
    ) -> Result<(Result<Planned, Refusal>, u64), Dropped> {
        let entry = match planned {
            Ok(Planned::New(entry)) => entry,
            other => {
                draft.reject();
                return Ok((other, 0));
            }
        };
        if let Err(refusal) = self.may_be_written(&entry, draft).await {
            draft.reject();
            return Ok((Err(refusal), 0));
        }
        let changes = draft.accept();
        // INVARIANT: accepted changes are in the commit, or there is no commit.
        let at = packer.add(&entry, changes, &self.head, self.ground.rand.as_ref());
        let at = at.map_err(|refusal| dropped(&refusal))?;
        Ok((Ok(Planned::New(entry)), self.head.frontier.size() + at))
    }

    /// WHY before it is accepted: what cannot be sealed later would take everybody's acts down with it.
    async fn may_be_written(&self, entry: &Entry, draft: &mut Draft) -> Result<(), Refusal> {
        usage::keep(draft).await?;
        // WHY: one act must not make a commit that no log object can hold.
        if entry.detail.len() + draft.act_bytes() > COMMIT_BYTES_MAX {
            return Err(Reason::TooLarge.into());
        }
        for scope in draft.scopes().chain(entry.scope) {
            if !self.keys.has_scope(scope)? {
                return Err(Reason::ScopeErased.into());
            }
        }
        if entry.is_access { self.sure_year(entry.record.time.year(), draft).await } else { Ok(()) }
    }

    /// The first access record of a year makes the year's key, and the row that says so.
    async fn sure_year(&self, year: i32, draft: &mut Draft) -> Result<(), Refusal> {
        if draft.row::<YearRow>(&YearRow::key(year)).await?.is_some() {
            return Ok(());
        }
        // Keys come before the row that names them; a key without a row harms nobody.
        self.keys.found_year(year)?;
        draft.put(&YearRow::key(year), &YearRow { year })
    }

    fn answer(&self, planned: Result<Planned, Refusal>, index: u64) -> Result<Done, Refusal> {
        Ok(match planned? {
            Planned::Known(done) => done,
            Planned::New(Entry { answer, .. }) => {
                Done { leaf: Some(Leaf { cell: self.cell, index }), answer }
            }
        })
    }

    async fn write(
        &mut self,
        packer: Packer,
        draft: Draft,
        now: words::Timestamp,
        root_seq: u64,
    ) -> Result<(), Dropped> {
        let pen = Pen {
            cell: self.cell,
            writer: self.ground.writer,
            keys: &self.keys,
            signer: &self.ground.signer,
            rand: self.ground.rand.as_ref(),
        };
        let Packed { bytes, head, leaves, about } =
            packer.pack(&self.head, &pen, now, root_seq).map_err(|refusal| dropped(&refusal))?;
        let (seq, size_bytes) = (self.head.next_seq, bytes.len());
        let begun = tokio::time::Instant::now();
        self.log.append(seq, Bytes::from(bytes)).await.map_err(|error| self.unappended(&error))?;
        self.ground.meters.committed(begun.elapsed(), size_bytes, leaves.len());
        let have_duties_moved = draft.duties() > 0;
        self.duties += draft.duties();
        self.head = head;
        self.apply(draft, seq, about).await?;
        self.shared.applied(have_duties_moved).await.map_err(|error| dropped(&error))?;
        self.shared.committed(&self.head, self.duties, &leaves);
        Ok(())
    }

    /// The fold in memory; the commit is durable already, so failing here only drops the cache.
    async fn apply(&mut self, draft: Draft, seq: u64, about: Marks) -> Result<(), Dropped> {
        let index = self.shared.index();
        let accepted = draft.into_accepted();
        let turned = state::turned(&accepted).map_err(|refusal| dropped(&refusal))?;
        self.head.key_generation = turned.unwrap_or(self.head.key_generation);
        let batch = state::batch(&self.head, seq, accepted, about).map_err(|refusal| dropped(&refusal))?;
        index.apply(batch).await.map_err(|error| dropped(&error))
    }

    /// Destroys keys, then folds the log into a fresh index that cannot know what they hid.
    async fn renew(&mut self, destroy: Destroy) -> Result<Destroyed, Dropped> {
        // WHY dropped: nobody knows which keys are gone; a cell opened anew looks.
        let destroyed = destroy().map_err(|refusal| dropped(&refusal))?;
        let old = self.shared.seen().index_generation;
        let fresh = self.ground.rebuild(self.cell, old + 1).await.map_err(|error| dropped(&error))?;
        if fresh.head.hash != self.head.hash {
            return Err(Dropped { cause: "the log does not end where it was written".to_owned() });
        }
        let stale = self.shared.replace_index(fresh.index, old + 1).await;
        let stale = stale.map_err(|error| dropped(&error))?;
        self.duties += 1;
        self.shared.committed(&self.head, self.duties, &[]);
        if let Err(error) = stale.close().await {
            tracing::warn!(cell = %self.cell, %error, "an index whose key is gone was not closed");
        }
        self.ground.shelf.remove(self.cell, old).await.map_err(|error| dropped(&error))?;
        Ok(destroyed)
    }

    async fn end(&self) {
        let generation = self.shared.seen().index_generation;
        let ended = match self.shared.is_corrupt() {
            true => self.ground.shelf.remove(self.cell, generation).await,
            false => self.shared.index().close().await,
        };
        if let Err(error) = ended {
            tracing::warn!(cell = %self.cell, %error, "index not closed; it will be replayed");
        }
    }

    fn unappended(&self, error: &AppendError) -> Dropped {
        match error {
            AppendError::Fenced { .. } => self.ground.lease.lose(self.cell),
            AppendError::Unknown { .. } | AppendError::TooLarge { .. } => {
                self.ground.meters.store_failed(StoreWork::Append);
            }
        }
        dropped(error)
    }
}

fn dropped(cause: &dyn std::fmt::Display) -> Dropped {
    Dropped { cause: cause.to_string() }
}

/// The answer of a cell that is not led here any more.
pub fn gone() -> Refusal {
    Refusal::with(Reason::Unavailable, "the cell is being opened again")
}
