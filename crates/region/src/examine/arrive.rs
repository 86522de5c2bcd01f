//! What waits to be looked at: what the log brought since, and what was put off.

use std::sync::Arc;

use words::noun::{Cell as CellNoun, Project};
use words::{Id, Reason, Refusal, Timestamp};

use super::{DelayRow, FollowRow};
use crate::Region;
use crate::cell::Cell;
use crate::cell::draft::Draft;
use crate::cell::in_use::Held;
use crate::cell::state::CellKeysRow;
use crate::cell::step::{Entry, HouseStep, Moment};
use crate::derive::{Asking, Work};
use crate::noun::ledger;
use crate::noun::project::ProjectRow;
use crate::object::ObjectRow;
use crate::object::body::{self, Body};
use crate::row::{self, Table};

/// WHY: a moment of reading; the rest comes with the next look.
const COMMITS_AT_ONCE: u64 = 256;
/// WHY: rows of objects with ten thousand parts have megabytes.
const ARRIVALS_AT_ONCE: usize = 256;
/// WHY: a few at a time, so that what is new does not wait behind what failed.
const DELAYS_AT_ONCE: usize = 4;
const DELAYS_PAGE: usize = 256;

/// One object that waits.
#[derive(Debug, Clone)]
pub struct Arrival {
    pub cell: Id<CellNoun>,
    pub(super) row_key: Vec<u8>,
    pub row: ObjectRow,
    /// Up to where the log is followed once this is done; none: it was put off before.
    pub(super) next_seq: Option<u64>,
    /// How often it was tried.
    pub tries: u32,
}

impl Arrival {
    /// Nothing but what is said beside it is to be looked at.
    pub fn is_beside(&self) -> bool {
        self.row.examined.as_ref().is_some_and(|examined| examined.again == Some(false))
    }
}

/// What a look at a log found.
#[derive(Debug, Default)]
pub struct Arrivals {
    pub waiting: Vec<Arrival>,
    /// What is to be made of what was looked at.
    pub works: Vec<Work>,
    /// Something went of which something was made, or a rule changed: all of it is to be looked over.
    pub is_shaken: bool,
    /// Where the next look begins.
    pub next_seq: u64,
}

/// An object's bytes, which stay where they are while they are read.
pub struct Opened {
    pub body: Body,
    _held: Held,
}

impl Opened {
    /// Opens an object for the house. WHY not while locked: locked keys open nothing, whoever asks.
    pub(crate) async fn of(region: &Region, cell: &Cell, row: &ObjectRow) -> Result<Self, Refusal> {
        region.refuse_locked(cell.id.cast()).await?;
        let held = cell.in_use.hold(row.pieces.iter().map(|piece| piece.blob));
        let body = body::read_now(region, cell, row, 0..row.size_bytes).await?;
        Ok(Self { body, _held: held })
    }

    /// The bytes, and what keeps them where they are.
    pub fn parts(self) -> (Body, impl Send) {
        (self.body, self._held)
    }
}

impl Region {
    /// Projects whose logs can be followed now: open in this process, neither erased, halted nor locked, and whose keys
    /// are whole. WHY the keys: what waits for them is not tried, and tried again, in the ledger.
    pub async fn followed(&self) -> Result<Vec<Id<Project>>, Refusal> {
        let root = self.root().view().await?;
        let mut all = Vec::new();
        for (_, project) in root.all::<ProjectRow>(&[]).await? {
            let is_at_rest = project.erased_at.is_some() || project.is_halted || project.locked_by.is_some();
            let Some(cell) = self.opened(project.id.cast()).filter(|_| !is_at_rest) else { continue };
            let keys: Option<CellKeysRow> = cell.view().await?.row(&[]).await?;
            let is_split = keys.is_some_and(|keys| keys.split.is_some());
            if !is_split || self.shares().opened_until(project.id.cast()).is_some() {
                all.push(project.id);
            }
        }
        Ok(all)
    }

    /// Where following a project's log begins.
    pub async fn followed_to(&self, project: Id<Project>) -> Result<u64, Refusal> {
        let rows = self.cell(project.cast()).await?.view().await?;
        Ok(rows.row::<FollowRow>(&[]).await?.unwrap_or_default().next_seq)
    }

    /// Keeps how far a log was followed that brought nothing to look at for long.
    pub async fn follow_on(&self, project: Id<Project>, next_seq: u64) -> Result<(), Refusal> {
        let step = move |draft: &mut Draft, moment: Moment| {
            draft.put(&[], &FollowRow { next_seq })?;
            Ok(Entry::of_house("flow.follow", moment.now))
        };
        self.cell(project.cast()).await?.submit(Box::new(HouseStep::new(step))).await.map(drop)
    }

    /// What the log brought from a commit on.
    pub async fn arrivals(&self, project: Id<Project>, from: u64) -> Result<Arrivals, Refusal> {
        let cell = self.cell(project.cast()).await?;
        let mut end = cell.head().next_seq.min(from.saturating_add(COMMITS_AT_ONCE));
        let mut arrivals = Arrivals::default();
        let mut asking: Option<(Draft, Asking)> = None;
        for seq in from..end {
            if arrivals.waiting.len() + arrivals.works.len() >= ARRIVALS_AT_ONCE {
                end = seq;
                break;
            }
            let rows = ledger::rows_of(&cell, seq).await?;
            self.catalogue().took(&cell, seq, &rows).await;
            arrivals.is_shaken |= rows.iter().any(|(key, value)| shakes(key, value.as_deref()));
            for (row_key, row) in rows.into_iter().filter_map(|(key, value)| stored(&key, &value?)) {
                if row.waits() {
                    let (cell, next_seq) = (cell.id, Some(seq));
                    arrivals.waiting.push(Arrival { cell, row_key, row, next_seq, tries: 0 });
                } else if row.derived.is_none() && !row.is_marker {
                    if asking.is_none() {
                        let view = cell.view().await?;
                        let asked = Asking::of(&view).await?;
                        asking = Some((view, asked));
                    }
                    // WHY over the newest rows: another commit may have changed it since.
                    if let Some((view, asking)) = &asking
                        && let Some(now) =
                            view.row::<ObjectRow>(&row_key).await?.filter(|now| now.id == row.id)
                    {
                        arrivals.works.extend(asking.works(&cell, view, &now).await?);
                    }
                }
            }
        }
        arrivals.works.dedup_by(|one, other| one.row.id == other.row.id && one.step == other.step);
        arrivals.next_seq = end;
        // A commit is done with the last of its objects.
        let mut behind = end;
        for arrival in arrivals.waiting.iter_mut().rev() {
            let own = arrival.next_seq.unwrap_or(behind);
            if own < behind {
                arrival.next_seq = Some(own.saturating_add(1));
            }
            behind = own;
        }
        Ok(arrivals)
    }

    /// What was put off and is due.
    pub async fn delayed(&self, project: Id<Project>, now: Timestamp) -> Result<Vec<Arrival>, Refusal> {
        let cell = self.cell(project.cast()).await?;
        let rows = cell.view().await?;
        let (mut due, mut after) = (Vec::new(), None::<Vec<u8>>);
        loop {
            let page = rows.rows::<DelayRow>(&[], after.as_deref(), DELAYS_PAGE).await?;
            let is_last = page.len() < DELAYS_PAGE;
            after = page.last().map(|(row_key, _)| row_key.clone()).or(after);
            for (row_key, delay) in page.into_iter().filter(|(_, delay)| delay.next <= now) {
                let row: Option<ObjectRow> = rows.row(&row_key).await?;
                if let Some(row) = row.filter(|row| row.id == delay.object) {
                    due.push(Arrival { cell: cell.id, row_key, row, next_seq: None, tries: delay.tries });
                }
            }
            if is_last || due.len() >= DELAYS_AT_ONCE {
                due.truncate(DELAYS_AT_ONCE);
                break;
            }
        }
        Ok(due)
    }

    /// The bytes of what waits; none: it is gone, or was looked at meanwhile.
    ///
    /// WHY without a leaf of its own: no person reads, and what comes of it is one.
    pub async fn open_arrival(&self, arrival: &Arrival) -> Result<Option<Opened>, Refusal> {
        let cell: Arc<Cell> = self.cell(arrival.cell).await?;
        let rows = cell.view().await?;
        let row: Option<ObjectRow> = rows.row(&arrival.row_key).await?;
        let Some(row) = row.filter(|row| row.id == arrival.row.id && row.waits()) else {
            return Ok(None);
        };
        // WHY: whoever changes its labels brings what was put off before the log again, and its tries would never end.
        let is_fresh = arrival.next_seq.is_some();
        if is_fresh && rows.row::<DelayRow>(&arrival.row_key).await?.is_some() {
            return Ok(None);
        }
        Opened::of(self, &cell, &row).await.map(Some)
    }

    /// Refuses what needs the keys of a project that is locked.
    pub(crate) async fn refuse_locked(&self, project: Id<Project>) -> Result<(), Refusal> {
        let row: ProjectRow = self.root().view().await?.known(&project.to_bytes()).await?;
        match row.locked_by {
            Some(_) => Err(Reason::ProjectLocked.into()),
            None => Ok(()),
        }
    }
}

/// Whether a change may leave something that lost what it was made of, or that is made otherwise now.
fn shakes(key: &[u8], value: Option<&[u8]>) -> bool {
    match key.split_first() {
        Some((table, _)) if *table == Table::Rule as u8 => true,
        Some((table, _)) if *table == Table::Object as u8 => match value.map(row::decode::<ObjectRow>) {
            None => true,
            Some(Ok(row)) => row.is_marker || row.refuse_apart().is_err(),
            Some(Err(_)) => false,
        },
        _ => false,
    }
}

fn stored(key: &[u8], value: &[u8]) -> Option<(Vec<u8>, ObjectRow)> {
    let (table, own) = key.split_first()?;
    let row = (*table == Table::Object as u8).then(|| row::decode::<ObjectRow>(value).ok())??;
    Some((own.to_vec(), row))
}

/// Whether what keeps bytes from being read passes by itself, and says nothing of the object: a lock, a share that is not
/// given, a store or a machine in need.
pub(super) const fn is_closed(reason: Reason) -> bool {
    matches!(reason, Reason::ProjectLocked | Reason::SharesNeeded | Reason::Unavailable)
}
