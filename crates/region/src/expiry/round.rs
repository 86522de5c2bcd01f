//! A round of expiry: finds what is due, page by page, and ends it, one act each.
//!
//! It can stop anywhere: the next round finds what is left.

use futures::future::join_all;
use words::noun::{Cell as CellNoun, Project};
use words::{Id, Kind, Refusal};

use crate::Region;
use crate::cell::Cell;
use crate::cell::step::Step;
use crate::expiry::due::{Ending, Place};
use crate::expiry::rule::ExpiryRule;
use crate::expiry::step::{Behind, ObjectStep, Stand, UploadStep};
use crate::noun::bucket::BucketRow;
use crate::noun::project::ProjectRow;
use crate::object::ObjectRow;
use crate::upload::{self, UploadRow};

/// WHY: rows held at once; a bucket may have millions.
const PAGE_ROWS: usize = 1_024;
/// WHY: a share of the sequencer's queue and of one commit, so that people's acts never wait for a round.
const STEPS_AT_ONCE_MAX: usize = 128;

/// How old things may become where nobody set a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ages {
    /// Days after the last sign of life of an upload.
    pub upload_days: u32,
}

impl Default for Ages {
    fn default() -> Self {
        // WHY: a sequencer's week and a hospital's holidays; what is resumed after that is begun anew.
        Self { upload_days: 30 }
    }
}

/// What a round came to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Versions that a marker hides now.
    pub hidden: u64,
    pub removed: u64,
    pub uploads: u64,
    /// What was due and is kept by a hold, a retention, or what happened meanwhile.
    pub kept: u64,
}

impl Region {
    /// A round over every project that is neither erased nor halted, those that nobody uses included.
    pub async fn expire(&self, ages: Ages) -> Result<Ended, Refusal> {
        let root = self.root().view().await?;
        let mut all = Ended::default();
        for (_, project) in root.all::<ProjectRow>(&[]).await? {
            if project.erased_at.is_some() || project.is_halted || !self.has_cell(project.id).await? {
                continue;
            }
            match self.expire_in(project.id.cast(), ages).await {
                Ok(ended) => {
                    self.meters().expired.add(ended.hidden + ended.removed + ended.uploads);
                    all.add(ended);
                }
                Err(refusal) => {
                    tracing::warn!(cell = %project.id, reason = refusal.reason.code(), "expiry waits for the next round");
                }
            }
        }
        Ok(all)
    }

    /// WHY the anchor: a project in which nothing was ever done is not founded for having nothing to end.
    pub(crate) async fn has_cell(&self, project: Id<Project>) -> Result<bool, Refusal> {
        let root = self.root().view().await?;
        let is_anchored = crate::anchor::anchored(&root, project.cast()).await?.is_some();
        Ok(is_anchored || self.opened(project.cast()).is_some())
    }

    /// A round over one project.
    pub async fn expire_in(&self, id: Id<CellNoun>, ages: Ages) -> Result<Ended, Refusal> {
        let cell = self.cell(id).await?;
        let mut ended = Ended::default();
        let buckets = cell.view().await?.all::<BucketRow>(&[]).await?;
        for (_, bucket) in buckets.into_iter().filter(|(_, bucket)| bucket.taken.is_none()) {
            ended.add(self.expire_uploads(&cell, &bucket, ages).await?);
            ended.add(self.expire_versions(&cell, &bucket).await?);
        }
        Ok(ended)
    }

    async fn expire_uploads(&self, cell: &Cell, bucket: &BucketRow, ages: Ages) -> Result<Ended, Refusal> {
        let (mut ended, mut after) = (Ended::default(), None::<Vec<u8>>);
        loop {
            let rows = cell.view().await?;
            let stand = Stand::of(self, &rows, cell.id, self.now(), &bucket.name).await?;
            let page = rows.rows::<UploadRow>(&bucket.id.to_bytes(), after.as_deref(), PAGE_ROWS).await?;
            let is_last = page.len() < PAGE_ROWS;
            let mut steps: Vec<(Ending, Box<dyn Step>)> = Vec::new();
            for (row_key, row) in page {
                after = Some(row_key.clone());
                // WHY first without its parts: they are many, and a young upload needs no look at them.
                if stand.upload_ending(&row, row.at, ages).is_none() {
                    continue;
                }
                let seen_at = upload::seen_at(&rows, &row).await?;
                if stand.upload_ending(&row, seen_at, ages).is_some() {
                    let (region, bucket) = (self.clone(), bucket.name.clone());
                    let step = UploadStep { region, bucket, row_key, id: row.id, ages };
                    steps.push((Ending::Remove, Box::new(step)));
                }
            }
            let done = end(cell, steps).await?;
            ended.add(Ended { uploads: done.removed, removed: 0, ..done });
            if is_last {
                return Ok(ended);
            }
        }
    }

    async fn expire_versions(&self, cell: &Cell, bucket: &BucketRow) -> Result<Ended, Refusal> {
        let Some(prefix) = shared_prefix(&bucket.expiry) else {
            return Ok(Ended::default());
        };
        let under = [&bucket.id.to_bytes()[..], &prefix].concat();
        let (mut ended, mut after, mut walk) = (Ended::default(), None::<Vec<u8>>, Walk::default());
        loop {
            let rows = cell.view().await?;
            let stand = Stand::of(self, &rows, cell.id, self.now(), &bucket.name).await?;
            let page = rows.rows::<ObjectRow>(&under, after.as_deref(), PAGE_ROWS).await?;
            let is_last = page.len() < PAGE_ROWS;
            after = page.last().map(|(row_key, _)| row_key.clone()).or(after);
            let mut due: Vec<_> =
                page.into_iter().filter_map(|(row_key, row)| walk.next(&stand, row_key, row)).collect();
            due.extend(is_last.then(|| walk.end(&stand)).flatten());
            let mut steps: Vec<(Ending, Box<dyn Step>)> = Vec::new();
            for Due { ending, row_key, row, behind } in due {
                // WHY here too: what is kept for years is not handed to the sequencer every hour.
                if ending == Ending::Remove && stand.may_vanish(&rows, &row).await.is_err() {
                    ended.kept += 1;
                    continue;
                }
                let (region, bucket) = (self.clone(), bucket.name.clone());
                steps.push((ending, Box::new(ObjectStep { region, bucket, row_key, id: row.id, behind })));
            }
            ended.add(end(cell, steps).await?);
            if is_last {
                return Ok(ended);
            }
        }
    }
}

impl Ended {
    fn add(&mut self, more: Self) {
        self.hidden += more.hidden;
        self.removed += more.removed;
        self.uploads += more.uploads;
        self.kept += more.kept;
    }
}

/// Ends what is due; what the sequencer refuses stays. Fails where nothing more can be done now.
async fn end(cell: &Cell, steps: Vec<(Ending, Box<dyn Step>)>) -> Result<Ended, Refusal> {
    let mut ended = Ended::default();
    let mut steps = steps.into_iter();
    loop {
        let mut batch = Vec::new();
        for (ending, step) in steps.by_ref().take(STEPS_AT_ONCE_MAX) {
            batch.push(async move { (ending, cell.submit(step).await) });
        }
        if batch.is_empty() {
            return Ok(ended);
        }
        for done in join_all(batch).await {
            match done {
                (Ending::Hide, Ok(_)) => ended.hidden += 1,
                (Ending::Remove, Ok(_)) => ended.removed += 1,
                (_, Err(refusal)) if refusal.kind() == Kind::Unavailable => return Err(refusal),
                (_, Err(_)) => ended.kept += 1,
            }
        }
    }
}

/// What all rules about versions have in common at the start of their prefixes; none: there is no such rule.
fn shared_prefix(rules: &[ExpiryRule]) -> Option<Vec<u8>> {
    let about_versions = |rule: &&ExpiryRule| rule.is_enabled && (rule.current, rule.older) != (None, None);
    let prefixes = rules.iter().filter(about_versions).map(|rule| rule.filter.prefix.as_bytes().to_vec());
    prefixes.reduce(|shared, other| {
        let common = shared.iter().zip(&other).take_while(|(left, right)| left == right).count();
        shared.get(..common).unwrap_or_default().to_vec()
    })
}

/// A version that is due.
struct Due {
    ending: Ending,
    row_key: Vec<u8>,
    row: ObjectRow,
    behind: Option<Behind>,
}

/// A walk over versions, newest of each key first; one behind, because a marker's end hangs on what follows it.
#[derive(Default)]
struct Walk {
    last: Option<Stop>,
}

struct Stop {
    row_key: Vec<u8>,
    row: ObjectRow,
    behind: Option<Behind>,
    /// How many versions of the key are newer.
    newer: usize,
}

impl Walk {
    /// Goes on to a row; what is due of the one before it.
    fn next(&mut self, stand: &Stand, row_key: Vec<u8>, row: ObjectRow) -> Option<Due> {
        let last = self.last.take();
        let is_other_key = last.as_ref().is_none_or(|last| last.row.key != row.key);
        let due = last.as_ref().and_then(|last| last.due(stand, is_other_key));
        let before = last.filter(|_| !is_other_key);
        let newer = before.as_ref().map_or(0, |before| before.newer + 1);
        self.last = Some(Stop { row_key, row, behind: before.map(Stop::before), newer });
        due
    }

    fn end(&mut self, stand: &Stand) -> Option<Due> {
        self.last.take().and_then(|last| last.due(stand, true))
    }
}

impl Stop {
    /// What the next version of the key is behind.
    fn before(self) -> Behind {
        let newest = self.behind.map_or((self.row_key, self.row.id), |behind| behind.newest);
        Behind { newest, successor: Box::new(self.row) }
    }

    fn due(&self, stand: &Stand, is_last_of_key: bool) -> Option<Due> {
        let place = match &self.behind {
            None => Place::Newest { is_alone: is_last_of_key },
            Some(behind) => {
                Place::Older { successor: &behind.successor, newer_older: self.newer.saturating_sub(1) }
            }
        };
        let (_, ending) = stand.ending(&self.row, place)?;
        Some(Due {
            ending,
            row_key: self.row_key.clone(),
            row: self.row.clone(),
            behind: self.behind.clone(),
        })
    }
}
