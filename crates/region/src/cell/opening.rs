//! One opening of a cell: replay, what must hold of its keys and its past, take-over.

use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;
use store::blob::Packs;
use store::index::{Applied, Index};
use store::{AppendError, Blobs, Log, StoreError};
use tokio::sync::mpsc;
use words::limit::QUEUE_ACTS_MAX;
use words::noun::{Cell as CellNoun, ROOT_CELL};
use words::{Id, Refusal, Timestamp};

use crate::cell::about::{FOLD, Marks};
use crate::cell::draft::Draft;
use crate::cell::fold;
use crate::cell::in_use::InUse;
use crate::cell::keys::Keys;
use crate::cell::lead::{Lead, lead};
use crate::cell::open::{Ground, OpenError, Replayed};
use crate::cell::pack::{Head, Packed, Packer, Pen};
use crate::cell::publish::{Known, Publisher};
use crate::cell::state::{self, CellKeysRow, HeadRow, YearRow, read_head};
use crate::cell::step::Entry;
use crate::cell::{Cell, Shared};
use crate::scope;
use crate::usage;

pub struct Opening<'a> {
    ground: &'a Ground,
    cell: Id<CellNoun>,
    pub keys: Keys,
    log: Log,
    /// Heads that the log must pass: as custody and as the root remember them.
    known: Vec<Known>,
}

impl<'a> Opening<'a> {
    pub fn new(ground: &'a Ground, cell: Id<CellNoun>, anchored: Option<Known>) -> Result<Self, OpenError> {
        let held = Known::read(ground, cell).map_err(|refusal| OpenError::Refused { cell, refusal })?;
        let log = Log::new(ground.bucket.clone(), cell);
        let known = held.into_iter().chain(anchored).collect();
        Ok(Self { ground, cell, keys: ground.keys(cell), log, known })
    }

    /// Goes on from an index whose position is a commit of this log; `None` if it is not.
    pub async fn resume(&self, generation: u64) -> Result<Option<Cell>, OpenError> {
        if !self.keys.has_index(generation).map_err(|refusal| self.refused(refusal))? {
            return Ok(None);
        }
        let index = self.index(generation).await?;
        let Some(Applied { seq, hash }) = index.applied() else {
            return Ok(None);
        };
        let there = self.log.read(seq).await.map_err(|cause| self.store(cause))?;
        if there.is_none_or(|bytes| seal::sha256(&bytes) != hash) {
            return Ok(None);
        }
        let row = self.rows(&index).await?.row::<HeadRow>(&[]).await.map_err(|why| self.unread(&why))?;
        // WHY folded anew: one of an older release does not say which commits tell of what.
        let row = row.filter(|row| row.fold == FOLD);
        let Some(head) = row.and_then(|row| read_head(&row, seq, hash).ok()) else {
            return Ok(None);
        };
        let replayed = self.replay(index, head).await?;
        self.lead(replayed, generation).await.map(Some)
    }

    /// WHY: without the cell's key nothing can be folded, and no other key may be made for it.
    pub async fn refuse_keyless(&self) -> Result<(), OpenError> {
        if self.keys.has_cell().unwrap_or(false) {
            return Ok(());
        }
        let first = self.log.read(0).await.map_err(|cause| self.store(cause))?;
        Err(match first {
            Some(_) => OpenError::KeysMissing { cell: self.cell },
            None => OpenError::Missing { cell: self.cell },
        })
    }

    /// WHY: a log that is remembered was deleted, not never written.
    pub fn refuse_known(&self) -> Result<(), OpenError> {
        match self.known.is_empty() {
            true => Ok(()),
            false => Err(OpenError::RolledBack { cell: self.cell }),
        }
    }

    /// Reads on until a number is absent, checking every link.
    pub async fn replay(&self, index: Arc<dyn Index>, mut head: Head) -> Result<Replayed, OpenError> {
        let mut commits = std::pin::pin!(self.log.follow(head.next_seq));
        while let Some(next) = commits.next().await {
            let (_, bytes) = next.map_err(|cause| self.store(cause))?;
            let after = self.replay_one(&bytes, &head, index.as_ref()).await?;
            self.pass(&head, &after)?;
            head = after;
        }
        if let Some(there) = self.log.beyond(head.next_seq).await.map_err(|cause| self.store(cause))? {
            tracing::error!(cell = %self.cell, absent = head.next_seq, there, "the log has a gap");
            return Err(OpenError::Gap { cell: self.cell, seq: head.next_seq });
        }
        // INVARIANT: visible is not durable; nothing is built on a commit a crash could forget. Also
        // where the index knew it already: an opening that failed here may have folded it.
        let Some(last) = head.next_seq.checked_sub(1) else {
            self.refuse_known()?;
            return Err(OpenError::Missing { cell: self.cell });
        };
        self.log.settle(last).await.map_err(|cause| self.store(cause))?;
        Ok(Replayed { index, head })
    }

    async fn replay_one(&self, bytes: &Bytes, head: &Head, index: &dyn Index) -> Result<Head, OpenError> {
        let fault = |fault| OpenError::Fault { cell: self.cell, fault };
        let signer = self.ground.signer.public();
        let (body, mut after) = fold::follow(bytes, self.cell, head, signer).map_err(fault)?;
        let folded = fold::open(&body, &self.keys).map_err(fault)?;
        let rows = folded.rows.iter().map(|(key, value)| (key, value));
        let turned = state::turned(rows).map_err(|refusal| self.refused(refusal))?;
        after.key_generation = turned.unwrap_or(head.key_generation);
        let mut about = Marks::default();
        folded.leaves.iter().filter_map(|leaf| leaf.record.as_ref()).for_each(|record| about.add(record));
        let batch = state::batch(&after, body.seq, folded.rows, about);
        let batch = batch.map_err(|refusal| self.refused(refusal))?;
        index.apply(batch).await.map_err(|cause| self.spoilt(&cause))?;
        Ok(after)
    }

    /// Where the log passes a remembered size, a commit ends there and its root is the remembered one.
    fn pass(&self, before: &Head, after: &Head) -> Result<(), OpenError> {
        let (from, to) = (before.frontier.size(), after.frontier.size());
        let passed = self.known.iter().filter(|known| from < known.size && known.size <= to);
        for known in passed {
            if known.size != to || known.root != after.frontier.root() {
                return Err(OpenError::Forked { cell: self.cell });
            }
        }
        Ok(())
    }

    /// Takes the cell over, once its keys and its past are seen to be whole.
    pub async fn lead(&self, replayed: Replayed, generation: u64) -> Result<Cell, OpenError> {
        if self.known.iter().any(|known| replayed.head.frontier.size() < known.size) {
            return Err(OpenError::RolledBack { cell: self.cell });
        }
        if self.cell == ROOT_CELL {
            self.refuse_newer(&replayed.index).await?;
        }
        // WHY after: to an older log keys that were destroyed since seem lost.
        self.refuse_lost_keys(&replayed.index).await?;
        let head = Head { term: replayed.head.term + 1, ..replayed.head };
        self.start(Replayed { head, ..replayed }, generation, "cell.lead").await
    }

    /// INVARIANT: nothing is written into a region whose rows this release would cut short.
    async fn refuse_newer(&self, index: &Arc<dyn Index>) -> Result<(), OpenError> {
        let rows = self.rows(index).await?;
        match crate::format::newer(&rows).await.map_err(|refusal| self.unread(&refusal))? {
            Some(format) => Err(OpenError::Newer { format }),
            None => Ok(()),
        }
    }

    /// A key may be lost only where a commit says that it was destroyed.
    pub async fn refuse_lost_keys(&self, index: &Arc<dyn Index>) -> Result<(), OpenError> {
        let rows = self.rows(index).await?;
        let unread = |refusal: Refusal| self.unread(&refusal);
        let scopes = scope::undestroyed(&rows).await.map_err(unread)?;
        let years = rows.all::<YearRow>(&[]).await.map_err(unread)?;
        let has = |held: Result<bool, Refusal>| held.map_err(|refusal| self.refused(refusal));
        for scope in scopes {
            if !has(self.keys.has_scope(scope))? {
                return Err(OpenError::KeysMissing { cell: self.cell });
            }
        }
        for (_, row) in years {
            if !has(self.keys.has_year(row.year))? {
                return Err(OpenError::KeysMissing { cell: self.cell });
            }
        }
        Ok(())
    }

    /// The first commit of this process: it makes the cell ours or tells that it is not.
    pub async fn start(
        &self,
        replayed: Replayed,
        generation: u64,
        act: &'static str,
    ) -> Result<Cell, OpenError> {
        let (ground, index) = (self.ground, replayed.index);
        let now = ground.now_after(replayed.head.time);
        let head = self.first_commit(&index, replayed.head, now, act).await?;
        let shared = Shared::new(index, head.clone(), generation).await;
        let shared = Arc::new(shared.map_err(|cause| self.spoilt(&cause))?);
        let (inbox, jobs) = mpsc::channel(QUEUE_ACTS_MAX);
        let leading = Lead {
            cell: self.cell,
            ground: ground.clone(),
            log: self.log.clone(),
            keys: self.keys.clone(),
            shared: Arc::clone(&shared),
            head,
            duties: 0,
        };
        let task = tokio::spawn(lead(leading, jobs));
        let blobs = Blobs::new(ground.bucket.clone(), self.cell);
        Ok(Cell {
            id: self.cell,
            keys: self.keys.clone(),
            log: self.log.clone(),
            packs: Packs::new(blobs.clone()),
            blobs,
            in_use: InUse::default(),
            publisher: Publisher::new(ground.clone(), self.cell),
            shared,
            inbox: Some(inbox).into(),
            task: Some(task).into(),
        })
    }

    async fn first_commit(
        &self,
        index: &Arc<dyn Index>,
        head: Head,
        now: Timestamp,
        act: &'static str,
    ) -> Result<Head, OpenError> {
        let ground = self.ground;
        let mut draft = self.rows(index).await?;
        let keys = draft.row::<CellKeysRow>(&[]).await.map_err(|refusal| self.unread(&refusal))?;
        let keys = keys.unwrap_or(CellKeysRow { generation: 1, is_erasing: false, split: None });
        let head = Head { key_generation: keys.generation, ..head };
        usage::begin(&mut draft).await.map_err(|refusal| self.unread(&refusal))?;
        // WHY once more: a replay or a count may take longer than the lease holds.
        if self.cell != ROOT_CELL {
            let held = ground.lease.confirmed(ground.clock.now());
            held.map_err(|refusal| self.refused(refusal))?;
        }
        draft.put(&[], &keys).map_err(|refusal| self.refused(refusal))?;
        let mut packer = Packer::default();
        let pen = Pen {
            cell: self.cell,
            writer: ground.writer,
            keys: &self.keys,
            signer: &ground.signer,
            rand: ground.rand.as_ref(),
        };
        let Packed { bytes, head: after, about, .. } = packer
            .add(&Entry::of_house(act, now), draft.accept(), &head, pen.rand)
            .and_then(|_| packer.pack(&head, &pen, now, ground.lease.root_seq()))
            .map_err(|refusal| self.refused(refusal))?;
        self.log.append(head.next_seq, Bytes::from(bytes)).await.map_err(|error| match error {
            AppendError::Fenced { .. } => OpenError::Led { cell: self.cell },
            cause => OpenError::Unwritten { cell: self.cell, cause },
        })?;
        let batch = state::batch(&after, head.next_seq, draft.into_accepted(), about);
        let batch = batch.map_err(|refusal| self.refused(refusal))?;
        index.apply(batch).await.map_err(|cause| self.spoilt(&cause))?;
        Ok(after)
    }

    pub async fn index(&self, generation: u64) -> Result<Arc<dyn Index>, OpenError> {
        let key = self.keys.index(generation).map_err(|refusal| self.refused(refusal))?;
        let opened = self.ground.shelf.open(self.cell, generation, &key).await;
        opened.map_err(|cause| self.spoilt(&cause))
    }

    async fn rows(&self, index: &Arc<dyn Index>) -> Result<Draft, OpenError> {
        index.snapshot().await.map(Draft::over).map_err(|cause| self.spoilt(&cause))
    }

    pub const fn store(&self, cause: StoreError) -> OpenError {
        OpenError::Store { cell: self.cell, cause }
    }

    pub const fn refused(&self, refusal: Refusal) -> OpenError {
        OpenError::Refused { cell: self.cell, refusal }
    }

    fn spoilt(&self, cause: &StoreError) -> OpenError {
        OpenError::Index { cell: self.cell, why: cause.to_string() }
    }

    fn unread(&self, refusal: &Refusal) -> OpenError {
        OpenError::Index { cell: self.cell, why: refusal.to_string() }
    }
}
