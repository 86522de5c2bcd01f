//! The steps of the house that a snapshot takes in the root, and the proof that its bytes may be written.

use async_trait::async_trait;
use words::{Reason, Refusal, Timestamp};

use crate::Region;
use crate::cell::draft::Draft;
use crate::cell::step::{Entry, Leaf, Moment, Planned, Step};
use crate::snapshot::{DepartureRow, SnapshotRow, Whole};

/// Proof that bytes are carried for a snapshot that was under way, under a permit in force, a moment ago.
pub(crate) struct Carrying(());

impl Carrying {
    pub(super) async fn on(region: &Region, row: &SnapshotRow) -> Result<Self, Refusal> {
        super::on(region, row).await?;
        Ok(Self(()))
    }
}

/// A leaf of the house about a snapshot, naming a leaf of the other side.
pub(super) fn entry(act: &str, row: &SnapshotRow, now: Timestamp, cites: &[Leaf]) -> Entry {
    let mut entry = Entry::of_house(act, now);
    entry.record.subjects = row.subjects();
    entry.record.subjects.extend(cites.iter().map(|leaf| format!("leaf:{leaf}")));
    entry
}

/// Changes a snapshot's row in the root; `already_done` where there is nothing to change.
struct Edit<F> {
    row: SnapshotRow,
    act: &'static str,
    cites: Vec<Leaf>,
    edit: Option<F>,
}

#[async_trait]
impl<F> Step for Edit<F>
where
    F: FnOnce(&mut SnapshotRow, Timestamp) -> bool + Send,
{
    async fn plan(&mut self, draft: &mut Draft, moment: Moment) -> Result<Planned, Refusal> {
        let mut row: SnapshotRow = draft.known(&self.row.key()).await?;
        let edit = self.edit.take().ok_or_else(crate::cell::lead::gone)?;
        if !edit(&mut row, moment.now) {
            return Err(Reason::AlreadyDone.into());
        }
        draft.put(&row.key(), &row)?;
        Ok(Planned::New(entry(self.act, &row, moment.now, &self.cites)))
    }
}

/// The same as a call; what was done already is done.
pub(super) async fn edit(
    region: &Region,
    row: &SnapshotRow,
    act: &'static str,
    cites: Vec<Leaf>,
    edit: impl FnOnce(&mut SnapshotRow, Timestamp) -> bool + Send + 'static,
) -> Result<(), Refusal> {
    let step = Edit { row: row.clone(), act, cites, edit: Some(edit) };
    match region.root().submit(Box::new(step)).await {
        Err(refusal) if refusal.reason == Reason::AlreadyDone => Ok(()),
        other => other.map(drop),
    }
}

/// Both sides have said so: it is whole, and the study may read it.
pub(super) async fn settle(
    region: &Region,
    row: &SnapshotRow,
    departure: &DepartureRow,
    left: u64,
    arrived: u64,
) -> Result<(), Refusal> {
    let cites =
        vec![Leaf { cell: row.home.cast(), index: left }, Leaf { cell: row.study.cast(), index: arrived }];
    let DepartureRow { as_of, objects, bytes, .. } = *departure;
    edit(region, row, "snapshot.settle", cites, move |row, at| {
        let is_due = row.is_under_way();
        if is_due {
            row.whole = Some(Whole { at, left, arrived, as_of, objects, bytes });
        }
        is_due
    })
    .await
}
