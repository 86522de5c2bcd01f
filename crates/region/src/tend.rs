//! Tending: what a running region does without being asked.
//!
//! Every second it confirms the root and records what was observed; every ten
//! it publishes checkpoints; every minute it anchors heads and flushes indexes;
//! now and then it sweeps blobs that nothing names. What must not be late has a
//! task of its own.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::{StreamExt, stream};
use store::sweep::BlobFound;
use words::limit::ORPHAN_AGE_MS_MIN;
use words::noun::{Blob, Cell as CellNoun};
use words::{Id, Reason, Refusal};

use crate::Region;
use crate::cell::Cell;
use crate::cell::draft::Draft;
use crate::cell::step::{Entry, HouseStep, Moment};
use crate::expiry::Ages;
use crate::meter::StoreWork;
use crate::object::ObjectRow;
use crate::snapshot::{LeavingRow, SnapshotRow};
use crate::upload::PartRow;

/// WHY: a revocation bites within 5 s and the lease holds for 4.
const CONFIRM_EVERY: Duration = Duration::from_secs(1);
/// WHY: a checkpoint is at most this old while a cell changes.
const PUBLISH_EVERY_TICKS: u64 = 10;

/// WHY: each waits for the disk several times; one after another, hundreds take half a minute.
pub(crate) const CELLS_AT_ONCE_MAX: usize = 16;
/// WHY: a minute of commits is replayed in a moment, and a leaf a minute costs the root nothing.
const ANCHOR_EVERY_TICKS: u64 = 60;

/// WHY: orphans are at least a day old, so looking for them hourly loses nothing.
const SWEEP_EVERY_TICKS: u64 = 3_600;

/// WHY: what ends by itself does so at midnight; an hour later is soon enough, and a failed round is soon repeated.
const EXPIRE_EVERY: Duration = Duration::from_secs(3_600);

/// How many times as often as usual the house is looked after; 1 unless a trial wants a day's rounds in minutes.
///
/// It says when the region looks, never what it finds: ages, dates and the lease stay as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace(pub u32);

impl Pace {
    fn of(self, usual: Duration) -> Duration {
        usual / self.0.max(1)
    }
}

impl Region {
    /// Tends until `until` ends, then closes in good order.
    pub async fn tend(&self, until: impl Future<Output = ()> + Send) {
        self.tend_by(Ages::default(), Pace(1), until).await;
    }

    /// The same with other ages than the usual ones, and at another pace.
    pub async fn tend_by(&self, ages: Ages, pace: Pace, until: impl Future<Output = ()> + Send) {
        let (end, ended) = tokio::sync::watch::channel(());
        let (end_steps, steps_ended) = tokio::sync::watch::channel(());
        // WHY tasks of their own: housekeeping may take long, the lease and what was observed may not.
        let confirming = tokio::spawn(confirm_until(self.clone(), ended.clone()));
        let observing = tokio::spawn(observe_until(self.clone(), ended.clone()));
        // WHY: the bytes of a snapshot may take hours, and every step of it can be cut.
        let taking = tokio::spawn(take_until(self.clone(), steps_ended.clone()));
        let resealing = tokio::spawn(reseal_until(self.clone(), steps_ended));
        tokio::select! {
            () = until => {}
            () = self.keep_house(pace) => {}
            // WHY here and no task of its own: it ends before the cells are closed. A step on its way is one commit.
            () = self.keep_expiring(ages, pace) => {}
        }
        // WHY first: cells that are being closed take no steps. The lease is held until they are, for their last commits.
        drop(end_steps);
        let stepped = [taking.await, resealing.await];
        self.close().await;
        drop(end);
        for ended in stepped.into_iter().chain([confirming.await, observing.await]) {
            if ended.is_err() {
                tracing::error!("a task that tends the region has failed");
            }
        }
    }

    /// Ends when this process no longer leads the root.
    async fn keep_house(&self, pace: Pace) {
        let mut ticks = 0_u64;
        while self.is_leading() {
            tokio::time::sleep(pace.of(CONFIRM_EVERY)).await;
            ticks += 1;
            if ticks.is_multiple_of(PUBLISH_EVERY_TICKS) {
                self.publish_all().await;
                self.go_on_erasing().await;
            }
            if ticks.is_multiple_of(ANCHOR_EVERY_TICKS) {
                self.anchor_and_flush().await;
            }
            if ticks.is_multiple_of(SWEEP_EVERY_TICKS) {
                self.sweep_all().await;
            }
        }
        tracing::error!("this process no longer leads the root cell");
    }

    /// Never ends by itself.
    async fn keep_expiring(&self, ages: Ages, pace: Pace) {
        loop {
            tokio::time::sleep(pace.of(EXPIRE_EVERY)).await;
            match self.expire(ages).await {
                Ok(ended) => tracing::info!(
                    hidden = ended.hidden,
                    removed = ended.removed,
                    uploads = ended.uploads,
                    kept = ended.kept,
                    "expired"
                ),
                Err(refusal) => tracing::warn!(reason = refusal.reason.code(), "nothing was expired"),
            }
        }
    }

    /// The root remembers the projects' heads, and indexes survive a crash up to here.
    pub async fn anchor_and_flush(&self) {
        if let Err(refusal) = self.anchor().await {
            tracing::warn!(reason = refusal.reason.code(), "heads are not anchored");
        }
        for cell in self.every_cell() {
            if let Err(error) = cell.shared.index().flush().await {
                tracing::warn!(cell = %cell.id, %error, "the index is not flushed; more will be replayed");
            }
        }
    }

    fn every_cell(&self) -> Vec<Arc<Cell>> {
        self.open_cells().into_iter().chain([Arc::clone(self.root())]).collect()
    }

    /// Looks whether the root's next number is still free: then its facts are the newest.
    pub async fn confirm(&self) {
        let now = self.clock().now();
        let next_seq = self.root().head().next_seq;
        match self.root().log.read(next_seq).await {
            Ok(None) => self.lease().confirm(now, next_seq),
            // Our own sequencer may have just written it; another's commit makes the next append fail.
            Ok(Some(_)) if self.root().head().next_seq > next_seq => self.lease().confirm(now, next_seq),
            // A commit in flight, ours or another's: the next second tells.
            Ok(Some(_)) => tracing::warn!(seq = next_seq, "the root was not confirmed this second"),
            Err(error) => {
                self.meters().store_failed(StoreWork::Confirm);
                tracing::warn!(%error, "the root cannot be confirmed");
            }
        }
    }

    /// Goes on with an erasure that custody or the store interrupted.
    pub(crate) async fn go_on_erasing(&self) {
        if let Err(refusal) = self.finish_erasures().await {
            tracing::error!(reason = refusal.reason.code(), "an erasure is not finished yet");
        }
    }

    async fn sweep_all(&self) {
        for cell in self.open_cells() {
            match self.sweep(cell.id).await {
                Ok(swept) => {
                    tracing::info!(cell = %cell.id, blobs = swept.blobs, size_bytes = swept.bytes, leftovers = swept.leftovers, "swept")
                }
                Err(refusal) => {
                    self.meters().store_failed(StoreWork::Sweep);
                    tracing::warn!(cell = %cell.id, reason = refusal.reason.code(), "not swept")
                }
            }
        }
        // The root has no blobs, but its commits are files too.
        if let Err(refusal) = self.clear_leftovers(self.root().id).await {
            tracing::warn!(reason = refusal.reason.code(), "the root's leftovers are not swept");
        }
        self.meters().sweeps.add(1);
    }

    /// Publishes every open cell that has grown.
    pub async fn publish_all(&self) {
        let cells = self.every_cell();
        let begun_at = self.now();
        let failed = AtomicBool::new(false);
        let failed = &failed;
        let publish = |cell: Arc<Cell>| async move {
            if let Err(refusal) = cell.publisher.publish(&cell).await {
                failed.store(true, Ordering::Relaxed);
                self.meters().store_failed(StoreWork::Publish);
                tracing::warn!(cell = %cell.id, reason = refusal.reason.code(), "checkpoint not published");
            }
        };
        stream::iter(cells).for_each_concurrent(CELLS_AT_ONCE_MAX, publish).await;
        if !failed.load(Ordering::Relaxed) {
            self.meters().published_at.set(begun_at);
        }
    }

    /// Records what was seen, publishes, ends every sequencer.
    pub async fn close(&self) {
        // WHY first: an erasure that has begun is not cut in the middle.
        let _no_erasure = self.erasing().lock().await;
        if let Err(refusal) = self.flush_observations().await {
            tracing::warn!(
                reason = refusal.reason.code(),
                "observations of the last second were not recorded"
            );
        }
        self.publish_all().await;
        let close = |cell: Arc<Cell>| async move { cell.close().await };
        stream::iter(self.open_cells()).for_each_concurrent(CELLS_AT_ONCE_MAX, close).await;
        self.root().close().await;
    }

    /// Removes the blobs of a row that is gone; a failure leaves them to the sweep.
    pub(crate) fn discard(&self, cell: &Cell, _gone: &ObjectRow) {
        // WHY not at once: a copy may share the blob; only the sweep sees all rows.
        tracing::debug!(cell = %cell.id, "an object's blobs wait for the sweep");
    }

    /// Removes blobs that no row names and that no upload in flight can still need.
    pub async fn sweep(&self, id: Id<CellNoun>) -> Result<Swept, Refusal> {
        let cell = self.cell(id).await?;
        let leftovers = self.clear_leftovers(id).await?;
        // WHY first the blobs, then the rows: a blob found before its row was read is never young.
        let found = store::sweep::blobs(&self.ground().bucket, id).await.map_err(|_| unswept())?;
        let before = self.clock().now().plus_ms(-ORPHAN_AGE_MS_MIN);
        let old: Vec<_> = found.into_iter().filter(|blob| blob.modified < before).collect();
        if orphans(self, &cell, &old).await?.is_empty() {
            return Ok(Swept { leftovers, ..Swept::default() });
        }
        // INVARIANT: only who leads the cell knows what is named in it, and only a commit proves who leads.
        // A leader after this commit names blobs that were named before it, or younger ones.
        let step = |_: &mut Draft, moment: Moment| Ok(Entry::of_house("cell.sweep", moment.now));
        cell.submit(Box::new(HouseStep::new(step))).await?;
        let mut swept = Swept { leftovers, ..Swept::default() };
        // WHY not those in use: whoever began to read before the row went reads to the end.
        let unused = |blob: &BlobFound| !cell.in_use.holds(blob.blob);
        for blob in orphans(self, &cell, &old).await?.into_iter().filter(unused) {
            cell.blobs.delete(blob.blob).await.map_err(|_| unswept())?;
            swept.blobs += 1;
            swept.bytes += blob.size_bytes;
        }
        Ok(swept)
    }

    /// Removes what a process that was killed had half written in a cell; answers how many.
    async fn clear_leftovers(&self, id: Id<CellNoun>) -> Result<usize, Refusal> {
        let before = self.clock().now().plus_ms(-ORPHAN_AGE_MS_MIN);
        let cleared = store::sweep::clear_leftovers(&self.ground().bucket, id, before).await;
        cleared.map_err(|_| unswept())
    }
}

type Ended = tokio::sync::watch::Receiver<()>;

async fn confirm_until(region: Region, mut ended: Ended) {
    loop {
        tokio::select! {
            _ = ended.changed() => return,
            () = tokio::time::sleep(CONFIRM_EVERY) => region.confirm().await,
        }
    }
}

async fn observe_until(region: Region, mut ended: Ended) {
    loop {
        tokio::select! {
            _ = ended.changed() => return,
            () = tokio::time::sleep(CONFIRM_EVERY) => {}
        }
        if let Err(refusal) = region.flush_observations().await {
            tracing::warn!(reason = refusal.reason.code(), "observations wait for a better moment");
        }
    }
}

async fn take_until(region: Region, mut ended: Ended) {
    loop {
        let going = async {
            tokio::time::sleep(CONFIRM_EVERY).await;
            region.finish_snapshots().await
        };
        tokio::select! {
            _ = ended.changed() => return,
            taken = going => {
                if let Err(refusal) = taken {
                    tracing::error!(reason = refusal.reason.code(), "a snapshot is not whole yet");
                }
            }
        }
    }
}

/// Goes on with rotations, and wipes what holders opened once its time is over.
async fn reseal_until(region: Region, mut ended: Ended) {
    loop {
        tokio::select! {
            _ = ended.changed() => return,
            () = tokio::time::sleep(CONFIRM_EVERY) => {}
        }
        region.shares().forget_past(region.now());
        region.go_on_resealing().await;
    }
}

/// What a sweep removed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Swept {
    pub blobs: u64,
    pub bytes: u64,
    /// Files that no writer finished.
    pub leftovers: usize,
}

/// Of these blobs, those that no row names.
async fn orphans(region: &Region, cell: &Cell, blobs: &[BlobFound]) -> Result<Vec<BlobFound>, Refusal> {
    if blobs.is_empty() {
        return Ok(Vec::new());
    }
    let named = named(region, cell).await?;
    Ok(blobs.iter().filter(|blob| !named.contains(&blob.blob)).copied().collect())
}

async fn named(region: &Region, cell: &Cell) -> Result<BTreeSet<Id<Blob>>, Refusal> {
    let rows = cell.view().await?;
    let mut named = BTreeSet::new();
    // WHY a page at a time: a project may hold a million objects.
    rows.each(&[], |row: ObjectRow| named.extend(row.pieces.iter().map(|piece| piece.blob))).await?;
    rows.each(&[], |part: PartRow| named.extend([part.piece.blob])).await?;
    // WHY: what left for a snapshot still goes there, whatever became of it at home.
    let going = region.root().view().await?.all::<SnapshotRow>(&[]).await?;
    for (_, row) in going.into_iter().filter(|(_, row)| row.is_under_way() && row.home.cast() == cell.id) {
        let leaving = |row: LeavingRow| named.extend(row.object.pieces.iter().map(|piece| piece.blob));
        rows.each(&row.id.to_bytes(), leaving).await?;
    }
    Ok(named)
}

fn unswept() -> Refusal {
    Refusal::with(Reason::Unavailable, "the store cannot be swept")
}
