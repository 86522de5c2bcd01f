//! The log of a cell: create-once objects without gaps, the sole truth.
//!
//! Appending is the heart of the commit protocol: an answer is `Ok` only when
//! these very bytes are durable under this number. A number is never used
//! again with other bytes; whoever hears anything but `Ok` drops the cell.

use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt, TryStreamExt};
use object_store::PutPayload;
use words::Id;
use words::noun::Cell;

use crate::bucket::Bucket;
use crate::error::StoreError;
use crate::limit::{APPEND_PAUSE_MS, APPEND_TRIES_MAX, LOG_OBJECT_BYTES_MAX, REPLAY_READS_MAX};
use crate::name::Name;

/// Why an append did not end in a commit of ours.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Another writer took this number: this process no longer leads the cell.
    #[error("commit {seq} was written by somebody else")]
    Fenced { seq: u64 },
    /// It may be there, or land later: drop the cell and open it again.
    #[error("it is unknown whether commit {seq} was written")]
    Unknown {
        seq: u64,
        #[source]
        cause: StoreError,
    },
    /// Nothing was tried.
    #[error("commit {seq} is too large")]
    TooLarge { seq: u64 },
}

/// One cell's log.
#[derive(Clone)]
pub struct Log {
    bucket: Bucket,
    cell: Id<Cell>,
}

/// What one try found out.
enum Tried {
    Committed,
    Fenced,
    Unresolved(StoreError),
}

impl Log {
    pub const fn new(bucket: Bucket, cell: Id<Cell>) -> Self {
        Self { bucket, cell }
    }

    /// Commits these bytes under this number.
    pub async fn append(&self, seq: u64, bytes: Bytes) -> Result<(), AppendError> {
        if bytes.len() as u64 > LOG_OBJECT_BYTES_MAX {
            return Err(AppendError::TooLarge { seq });
        }
        let mut pause_ms = APPEND_PAUSE_MS;
        for again in (0..APPEND_TRIES_MAX).rev() {
            match self.try_append(seq, &bytes).await {
                Tried::Committed => return Ok(()),
                Tried::Fenced => return Err(AppendError::Fenced { seq }),
                Tried::Unresolved(cause) if again == 0 => {
                    return Err(AppendError::Unknown { seq, cause });
                }
                Tried::Unresolved(_) => tokio::time::sleep(Duration::from_millis(pause_ms)).await,
            }
            pause_ms *= 2;
        }
        Err(AppendError::Fenced { seq })
    }

    /// One put and, if it did not plainly succeed, one look at what is there.
    async fn try_append(&self, seq: u64, bytes: &Bytes) -> Tried {
        let put = self.bucket.create(self.name(seq), PutPayload::from(bytes.clone())).await;
        let Err(failed) = put else {
            return Tried::Committed;
        };
        match self.read(seq).await {
            Ok(Some(there)) if there == *bytes => self.settled(seq).await,
            Ok(Some(_)) => Tried::Fenced,
            // WHY the same bytes again: a put that timed out can still land later.
            Ok(None) => Tried::Unresolved(failed),
            // WHY: ours are never oversize, so what lies there is somebody else's.
            Err(StoreError::Corrupt { .. }) => Tried::Fenced,
            Err(unread) => Tried::Unresolved(unread),
        }
    }

    /// INVARIANT: visible is not durable; only a settled commit counts.
    async fn settled(&self, seq: u64) -> Tried {
        match self.settle(seq).await {
            Ok(()) => Tried::Committed,
            Err(cause) => Tried::Unresolved(cause),
        }
    }

    pub async fn read(&self, seq: u64) -> Result<Option<Bytes>, StoreError> {
        self.bucket.read(self.name(seq), LOG_OBJECT_BYTES_MAX).await
    }

    /// Makes a commit found after a crash durable before anything is built on it.
    pub async fn settle(&self, seq: u64) -> Result<(), StoreError> {
        self.bucket.settle(self.name(seq)).await
    }

    /// The commits from a number on, in order, until the first absent one.
    pub fn follow(&self, from: u64) -> impl Stream<Item = Result<(u64, Bytes), StoreError>> + Send {
        let log = self.clone();
        stream::iter(from..)
            .map(move |seq| {
                let log = log.clone();
                async move { Ok(log.read(seq).await?.map(|bytes| (seq, bytes))) }
            })
            .buffered(REPLAY_READS_MAX)
            .try_take_while(|found| std::future::ready(Ok(found.is_some())))
            .try_filter_map(|found| std::future::ready(Ok(found)))
    }

    /// A number behind an absent one that is there all the same: the log has lost what lay between.
    pub async fn beyond(&self, absent: u64) -> Result<Option<u64>, StoreError> {
        for seq in (absent + 1..).take(REPLAY_READS_MAX) {
            if self.is_there(seq).await? {
                return Ok(Some(seq));
            }
        }
        Ok(None)
    }

    const fn name(&self, seq: u64) -> Name {
        Name::Log(self.cell, seq)
    }
}

/// The search for the newest commit.
impl Log {
    /// The last number in the log, made durable; `None` while the log is empty.
    ///
    /// From a hint that still exists it takes a few looks forward; without one
    /// (or when the log was cut behind it) it lists the newest group.
    pub async fn head(&self, hint: Option<u64>) -> Result<Option<u64>, StoreError> {
        let known = match hint {
            Some(seq) if self.is_there(seq).await? => Some(seq),
            Some(_) | None => self.newest_listed().await?,
        };
        let Some(known) = known else { return Ok(None) };
        let head = self.last_from(known).await?;
        self.settle(head).await?;
        Ok(Some(head))
    }

    async fn is_there(&self, seq: u64) -> Result<bool, StoreError> {
        Ok(self.bucket.size(self.name(seq)).await?.is_some())
    }

    /// Doubles the stride until a number is absent, then halves the gap; the log has no gaps.
    async fn last_from(&self, known: u64) -> Result<u64, StoreError> {
        let (mut last, mut stride) = (known, 1);
        while self.is_there(last.saturating_add(stride)).await? {
            last = last.saturating_add(stride);
            stride *= 2;
        }
        let mut absent = last.saturating_add(stride);
        while absent - last > 1 {
            let middle = last + (absent - last) / 2;
            match self.is_there(middle).await? {
                true => last = middle,
                false => absent = middle,
            }
        }
        Ok(last)
    }

    async fn newest_listed(&self) -> Result<Option<u64>, StoreError> {
        let groups = self.bucket.folders(Name::Logs(self.cell)).await?;
        let mut groups: Vec<u64> = groups.iter().filter_map(|name| name.parse().ok()).collect();
        groups.sort_unstable();
        // WHY a loop: a crash can leave a folder in which nothing was created yet.
        for group in groups.into_iter().rev() {
            let mut newest = None;
            let keep = |meta: object_store::ObjectMeta| {
                let seq = meta.location.filename().and_then(|name| name.parse::<u64>().ok());
                newest = newest.max(seq);
            };
            self.bucket.each(Name::LogGroup(self.cell, group), keep).await?;
            if newest.is_some() {
                return Ok(newest);
            }
        }
        Ok(None)
    }
}
