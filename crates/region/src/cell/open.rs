//! Opening and founding a cell: from its newest index, or from its log alone.

use std::sync::Arc;

use seal::{Frontier, SigningKey};
use store::custody::Custody;
use store::index::{Index, Shelf};
use store::{AppendError, Bucket, StoreError};
use words::noun::{Cell as CellNoun, Writer};
use words::{Clock, Id, Rand, Refusal, Timestamp};

use crate::cell::Cell;
use crate::cell::agreed::Agreed;
use crate::cell::fold::Fault;
use crate::cell::keys::Keys;
use crate::cell::opening::Opening;
use crate::cell::pack::Head;
use crate::cell::publish::Known;
use crate::lease::Lease;
use crate::meter::Meters;

/// Why a cell cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("cell `{cell}` has no log")]
    Missing { cell: Id<CellNoun> },
    #[error("cell `{cell}`: {fault}")]
    Fault { cell: Id<CellNoun>, fault: Fault },
    #[error("the log of cell `{cell}` ends before what custody remembers: it was rolled back")]
    RolledBack { cell: Id<CellNoun> },
    #[error("the log of cell `{cell}` differs from what custody remembers: it was forked")]
    Forked { cell: Id<CellNoun> },
    #[error("the log of cell `{cell}` has lost commits from {seq} on: later ones are there")]
    Gap { cell: Id<CellNoun>, seq: u64 },
    #[error("keys of cell `{cell}` are missing though nobody erased them: wrong or older custody")]
    KeysMissing { cell: Id<CellNoun> },
    #[error(
        "the region is written in format {format}, this release knows formats up to {}",
        crate::format::FORMAT
    )]
    Newer { format: u32 },
    #[error("another process leads cell `{cell}`")]
    Led { cell: Id<CellNoun> },
    #[error("cell `{cell}` cannot be written")]
    Unwritten {
        cell: Id<CellNoun>,
        #[source]
        cause: AppendError,
    },
    #[error("the store of cell `{cell}` does not answer")]
    Store {
        cell: Id<CellNoun>,
        #[source]
        cause: StoreError,
    },
    #[error("the index of cell `{cell}` does not serve: {why}")]
    Index { cell: Id<CellNoun>, why: String },
    #[error("cell `{cell}`: {refusal}")]
    Refused { cell: Id<CellNoun>, refusal: Refusal },
}

/// What every cell of a region is opened with.
#[derive(Clone)]
pub struct Ground {
    pub bucket: Bucket,
    pub shelf: Arc<dyn Shelf>,
    pub custody: Arc<dyn Custody>,
    pub signer: Arc<SigningKey>,
    /// The region's name, as it stands in checkpoints.
    pub origin: String,
    pub clock: Arc<dyn Clock>,
    pub rand: Arc<dyn Rand>,
    pub lease: Arc<Lease>,
    pub writer: Id<Writer>,
    pub meters: Arc<Meters>,
    pub agreed: Arc<Agreed>,
}

/// A cell's log, folded.
pub struct Replayed {
    pub index: Arc<dyn Index>,
    pub head: Head,
}

impl Ground {
    pub fn keys(&self, cell: Id<CellNoun>) -> Keys {
        Keys::new(cell, Arc::clone(&self.custody), Arc::clone(&self.rand), Arc::clone(&self.agreed))
    }

    /// The region's time.
    pub fn now(&self) -> Timestamp {
        self.lease.now(self.clock.now())
    }

    /// The same, not before a cell's last commit; and from now on nothing is decided before it.
    pub(crate) fn now_after(&self, head: Timestamp) -> Timestamp {
        self.lease.now(self.clock.now().max(head))
    }

    /// Opens a cell that has a log and takes it over.
    ///
    /// `anchored`: its head as the root remembers it. An index is a cache: whatever is wrong with the
    /// newest, the log makes another.
    pub async fn open(&self, cell: Id<CellNoun>, anchored: Option<Known>) -> Result<Cell, OpenError> {
        let opening = Opening::new(self, cell, anchored)?;
        let generations = self.shelf.generations(cell).await.map_err(|cause| opening.store(cause))?;
        let newest = generations.last().copied().unwrap_or(0);
        if newest > 0 {
            match opening.resume(newest).await {
                Ok(Some(opened)) => return Ok(opened),
                Ok(None) => {}
                Err(OpenError::Index { why, .. }) => {
                    tracing::warn!(%cell, generation = newest, why, "the index is folded anew");
                }
                Err(other) => return Err(other),
            }
        }
        opening.refuse_keyless().await?;
        let index = opening.index(newest + 1).await?;
        let replayed = opening.replay(index, empty_head(0)).await?;
        let opened = opening.lead(replayed, newest + 1).await?;
        for old in generations {
            if let Err(error) = self.shelf.remove(cell, old).await {
                tracing::warn!(%cell, generation = old, %error, "an old index is not removed");
            }
        }
        Ok(opened)
    }

    /// Founds a cell: its first key, its first commit.
    pub async fn found(&self, cell: Id<CellNoun>) -> Result<Cell, OpenError> {
        let opening = Opening::new(self, cell, None)?;
        opening.refuse_known()?;
        opening.keys.found_cell(1).map_err(|refusal| opening.refused(refusal))?;
        let index = opening.index(1).await?;
        opening.start(Replayed { index, head: empty_head(1) }, 1, "cell.found").await
    }

    /// Folds the whole log into a fresh index generation.
    pub async fn rebuild(&self, cell: Id<CellNoun>, generation: u64) -> Result<Replayed, OpenError> {
        let opening = Opening::new(self, cell, None)?;
        let index = opening.index(generation).await?;
        opening.replay(index, empty_head(0)).await
    }
}

pub(crate) fn empty_head(term: u64) -> Head {
    Head {
        next_seq: 0,
        hash: [0; 32],
        frontier: Frontier::new(),
        term,
        writer: Id::from_bytes([0; 16]),
        time: Timestamp::default(),
        key_generation: 1,
    }
}
