//! The steps of expiry: one version or one upload each, judged anew at their commit.
//!
//! Between the look that found something due and its commit anything may have
//! happened: a hold, a halt, another rule, another version. So a step believes
//! nothing but where to look.

use async_trait::async_trait;
use serde_json::{Value, json};
use words::noun::{Cell as CellNoun, Noun, Object, Person, Upload};
use words::{Id, Reason, Refusal, Timestamp};

use crate::Region;
use crate::act::subject;
use crate::cell::draft::Draft;
use crate::cell::step::{Entry, Moment, Planned, Step};
use crate::expiry::due::{Ending, Kept, Place, ending};
use crate::expiry::rule::{ExpiryRule, after_days};
use crate::expiry::{Ages, OBJECT_EXPIRE, UPLOAD_EXPIRE};
use crate::noun::bucket::{self, BucketRow};
use crate::noun::project::ProjectRow;
use crate::object::change::marker;
use crate::object::keep::may_vanish;
use crate::object::{ObjectRow, newest, null_version, prefix};
use crate::upload::{self, UploadRow};

/// Who put a marker there that the region put: nobody.
pub const NOBODY: Id<Person> = Id::from_bytes([0; 16]);

/// What the region's own age of uploads is called where a rule's id would stand.
const REGIONS_AGE: &str = "region";

/// A bucket and what decides in it, at one moment.
pub struct Stand {
    root: Draft,
    cell: Id<CellNoun>,
    now: Timestamp,
    pub bucket: BucketRow,
    kept: Kept,
}

impl Stand {
    pub async fn of(
        region: &Region,
        rows: &Draft,
        cell: Id<CellNoun>,
        now: Timestamp,
        bucket: &str,
    ) -> Result<Self, Refusal> {
        let root = region.root().view().await?;
        let project: ProjectRow = root.known(&cell.to_bytes()).await?;
        if project.is_halted {
            return Err(Reason::ProjectHalted.into());
        }
        let bucket = bucket::find(rows, bucket).await?;
        // WHY: a snapshot is read and never changed; what ends it is its provider or its permit.
        if bucket.taken.is_some() {
            return Err(Reason::SnapshotFixed.into());
        }
        let takes_deliveries = bucket::takes_deliveries(rows, Some(&root), cell, now, &bucket).await?;
        let kept = Kept { versions: bucket.versions, takes_deliveries };
        Ok(Self { root, cell, now, bucket, kept })
    }

    /// How a version in this place ends now, and by which rule.
    pub fn ending(&self, row: &ObjectRow, place: Place<'_>) -> Option<(&ExpiryRule, Ending)> {
        ending(&self.bucket.expiry, self.kept, row, place, self.now)
    }

    /// Refuses to let go of what anything keeps.
    pub async fn may_vanish(&self, rows: &Draft, row: &ObjectRow) -> Result<(), Refusal> {
        may_vanish(rows, &self.root, self.cell.cast(), row, self.now).await
    }

    /// By what an upload ends now.
    pub fn upload_ending(&self, row: &UploadRow, seen_at: Timestamp, ages: Ages) -> Option<&str> {
        let is_over = |rule: &&ExpiryRule| {
            let is_ours = rule.is_enabled && rule.filter.takes_key(&row.key);
            is_ours && rule.upload_days.is_some_and(|days| self.now >= after_days(row.at, days))
        };
        let by_rule = self.bucket.expiry.iter().find(is_over).map(|rule| rule.id.as_str());
        let is_forgotten = self.now >= after_days(seen_at, ages.upload_days);
        by_rule.or_else(|| is_forgotten.then_some(REGIONS_AGE))
    }

    fn entry(&self, act: &str, subject: String, said: Value) -> Entry {
        let entry = Entry::of_house(act, self.now).about(crate::act::subject(Noun::Bucket, self.bucket.id));
        Entry {
            detail: json!({ "expired": said }).to_string().into_bytes(),
            scope: Some(self.bucket.scope),
            ..entry.about(subject)
        }
    }
}

fn changed() -> Refusal {
    Refusal::with(Reason::StateWrong, "it changed meanwhile")
}

/// One version whose time seemed to be over.
pub struct ObjectStep {
    pub region: Region,
    pub bucket: String,
    pub row_key: Vec<u8>,
    pub id: Id<Object>,
    /// None: it was the newest.
    pub behind: Option<Behind>,
}

/// What was seen before an older version.
#[derive(Clone)]
pub struct Behind {
    /// Where the newest version lay, and which it was.
    pub newest: (Vec<u8>, Id<Object>),
    /// The version that took its place. It may be gone by now, and by this very round.
    pub successor: Box<ObjectRow>,
}

#[async_trait]
impl Step for ObjectStep {
    async fn plan(&mut self, draft: &mut Draft, moment: Moment) -> Result<Planned, Refusal> {
        let stand = Stand::of(&self.region, draft, moment.cell, moment.now, &self.bucket).await?;
        let row: Option<ObjectRow> = draft.row(&self.row_key).await?;
        let row = row.filter(|row| row.id == self.id).ok_or_else(changed)?;
        let (rule, ending) = self.again(&stand, draft, &row).await?;
        let said = json!({
            "bucket": stand.bucket.name, "key": row.key, "version": row.version_id(), "rule": rule.id,
            "did": match ending { Ending::Hide => "hidden", Ending::Remove => "removed" },
        });
        match ending {
            Ending::Remove => {
                stand.may_vanish(draft, &row).await?;
                row.remove(draft);
            }
            Ending::Hide => self.hide(&stand, draft, &row).await?,
        }
        Ok(Planned::New(stand.entry(OBJECT_EXPIRE, subject(Noun::Object, row.id), said)))
    }
}

impl ObjectStep {
    /// What the rules say of it as it lies now.
    async fn again<'s>(
        &self,
        stand: &'s Stand,
        draft: &Draft,
        row: &ObjectRow,
    ) -> Result<(&'s ExpiryRule, Ending), Refusal> {
        let of_key = prefix(stand.bucket.id, &row.key);
        let Some(Behind { newest: (newest_key, newest), successor }) = &self.behind else {
            let first = draft.rows::<ObjectRow>(&of_key, None, 2).await?;
            let is_newest = first.first().is_some_and(|(_, first)| first.id == row.id);
            let place = Place::Newest { is_alone: first.len() == 1 };
            return stand.ending(row, place).filter(|_| is_newest).ok_or_else(changed);
        };
        // INVARIANT: as long as the newest one that was seen is there, this one has not been the newest since, so
        // it has been older since its successor came, whatever became of that one.
        let is_there: Option<ObjectRow> = draft.row(newest_key).await?;
        is_there.filter(|row| row.id == *newest).ok_or_else(changed)?;
        // WHY no more: a rule keeps a hundred at most, and beyond those the place tells nothing.
        let kept = stand.bucket.expiry.iter().filter_map(|rule| rule.older).map(|older| older.kept).max();
        let kept = usize::try_from(kept.unwrap_or(0)).unwrap_or(usize::MAX);
        let first = draft.rows::<ObjectRow>(&of_key, None, kept.saturating_add(1)).await?;
        let at = first.iter().position(|(_, first)| first.id == row.id);
        let newer_older = at.map_or(kept, |at| at.saturating_sub(1));
        stand.ending(row, Place::Older { successor, newer_older }).ok_or_else(changed)
    }

    async fn hide(&self, stand: &Stand, draft: &mut Draft, row: &ObjectRow) -> Result<(), Refusal> {
        let newest = newest(draft, &stand.bucket, &row.key).await?;
        // SPEC: S3: where versions are suspended the marker takes the null version's place.
        if let Some(gone) = null_version(draft, &stand.bucket, &row.key).await? {
            stand.may_vanish(draft, &gone).await?;
            gone.remove(draft);
        }
        let rand = self.region.rand();
        marker(rand, stand.now, &stand.bucket, &row.key, newest.as_ref(), NOBODY).store(draft)
    }
}

/// One upload that nobody seemed to go on with.
pub struct UploadStep {
    pub region: Region,
    pub bucket: String,
    pub row_key: Vec<u8>,
    pub id: Id<Upload>,
    pub ages: Ages,
}

#[async_trait]
impl Step for UploadStep {
    async fn plan(&mut self, draft: &mut Draft, moment: Moment) -> Result<Planned, Refusal> {
        let stand = Stand::of(&self.region, draft, moment.cell, moment.now, &self.bucket).await?;
        let row: Option<UploadRow> = draft.row(&self.row_key).await?;
        let row = row.filter(|row| row.id == self.id).ok_or_else(changed)?;
        let seen_at = upload::seen_at(draft, &row).await?;
        let rule = stand.upload_ending(&row, seen_at, self.ages).ok_or_else(changed)?;
        let said = json!({
            "bucket": stand.bucket.name, "key": row.key, "upload": row.id.to_string(), "rule": rule,
        });
        upload::remove(draft, &row).await?;
        Ok(Planned::New(stand.entry(UPLOAD_EXPIRE, subject(Noun::Upload, row.id), said)))
    }
}
