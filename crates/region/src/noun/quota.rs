//! Quotas: how much a project may hold, and whether what comes has room.
//!
//! The operator sets it, in the project's row. It is asked twice: before a body is read, so that nobody sends in
//! vain, and by the sequencer over the count as the commit will leave it, so that no two who race pass together.
//! It must never stop what makes less: a full project, or one whose quota was lowered, is emptied as any other.

use async_trait::async_trait;
use gate::facts::Target;
use minicbor::{Decode, Encode};
use serde_json::{Value, json};
use words::act::{BucketShow, ProjectQuota};
use words::noun::{Cell as CellNoun, Noun, Project};
use words::{Id, Reason, Refusal};

use crate::Region;
use crate::act::{Frame, Outcome, Rule, Scene};
use crate::cell::Cell;
use crate::cell::draft::Draft;
use crate::facts;
use crate::noun::bucket::BucketRow;
use crate::noun::project::{self, ProjectRow};
use crate::object::null_version;
use crate::upload::{PartRow, UploadRow, part_key};
use crate::usage::{self, Moved, UsageRow};

/// The most that a project may hold; none: as much as the store has room for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Encode, Decode)]
pub struct Quota {
    /// Bytes of all versions and of the parts of uploads in flight, as they were sent.
    #[n(0)]
    pub bytes: Option<u64>,
    /// Versions, delete markers left out.
    #[n(1)]
    pub objects: Option<u64>,
}

impl Quota {
    /// Refuses what makes more of something that is over by then.
    pub(crate) fn judge(self, moved: &Moved, used: UsageRow) -> Result<(), Refusal> {
        let is_over = |came: u64, gone: u64, used: u64, limit: Option<u64>| {
            came > gone && limit.is_some_and(|limit| used > limit)
        };
        let Moved { came, gone } = moved;
        match is_over(came.bytes, gone.bytes, used.bytes, self.bytes)
            || is_over(came.objects, gone.objects, used.objects, self.objects)
        {
            true => Err(Reason::QuotaFull.into()),
            false => Ok(()),
        }
    }

    fn told(self) -> Value {
        json!({ "bytes": self.bytes, "objects": self.objects })
    }
}

/// The quota of a cell's project, by the root's rows.
pub(crate) async fn of(root: &Draft, cell: Id<CellNoun>) -> Result<Option<Quota>, Refusal> {
    // WHY: a project's cell bears its id.
    let row: Option<ProjectRow> = root.row(&cell.to_bytes()).await?;
    Ok(row.and_then(|row| row.quota))
}

/// How much more may come, as far as can be told before it is there; none: any.
#[derive(Debug, Clone, Copy, Default)]
pub struct Room {
    bytes: Option<u64>,
    objects: Option<u64>,
}

impl Room {
    /// Beside what is there, in place of what the same commit takes away.
    async fn beside(quota: Quota, rows: &Draft, gone: UsageRow) -> Result<Self, Refusal> {
        let used = usage::total(rows).await?;
        let left = |limit: Option<u64>, used: u64, gone: u64| {
            limit.map(|limit| limit.saturating_sub(used).saturating_add(gone))
        };
        Ok(Self {
            bytes: left(quota.bytes, used.bytes, gone.bytes),
            objects: left(quota.objects, used.objects, gone.objects),
        })
    }

    /// For what takes no other's place.
    pub(crate) async fn of(region: &Region, cell: &Cell) -> Result<Self, Refusal> {
        match of(&region.root().view().await?, cell.id).await? {
            Some(quota) => Self::beside(quota, &cell.view().await?, UsageRow::default()).await,
            None => Ok(Self::default()),
        }
    }

    /// For a version of a key, which may take another's place.
    pub(crate) async fn of_version(
        region: &Region,
        cell: &Cell,
        rows: &Draft,
        bucket: &BucketRow,
        key: &str,
    ) -> Result<Self, Refusal> {
        let Some(quota) = of(&region.root().view().await?, cell.id).await? else {
            return Ok(Self::default());
        };
        let gone = null_version(rows, bucket, key).await?;
        Self::beside(quota, rows, gone.as_ref().map(UsageRow::of).unwrap_or_default()).await
    }

    /// For a part of an upload, which may have been sent before.
    pub(crate) async fn of_part(
        region: &Region,
        cell: &Cell,
        rows: &Draft,
        upload: &UploadRow,
        number: u32,
    ) -> Result<Self, Refusal> {
        let Some(quota) = of(&region.root().view().await?, cell.id).await? else {
            return Ok(Self::default());
        };
        let gone: Option<PartRow> = rows.row(&part_key(upload.id, number)).await?;
        Self::beside(quota, rows, gone.as_ref().map(UsageRow::of_part).unwrap_or_default()).await
    }

    /// The same where so many bytes more are taken away.
    #[must_use]
    pub(crate) fn giving_back(self, bytes: u64) -> Self {
        Self { bytes: self.bytes.map(|left| left.saturating_add(bytes)), ..self }
    }

    /// Refuses more than there is room for.
    pub(crate) fn takes(self, bytes: u64, objects: u64) -> Result<(), Refusal> {
        let is_over = |wanted: u64, left: Option<u64>| left.is_some_and(|left| wanted > left);
        match is_over(bytes, self.bytes) || is_over(objects, self.objects) {
            true => Err(Reason::QuotaFull.into()),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl Rule for ProjectQuota {
    async fn plan(&self, draft: &mut Draft, _: &Frame<'_>) -> Result<Outcome, Refusal> {
        let mut row = project::find(draft, &self.project).await?;
        let quota = Quota { bytes: self.bytes, objects: self.objects };
        let quota = Some(quota).filter(|quota| *quota != Quota::default());
        if std::mem::replace(&mut row.quota, quota) == quota {
            return Err(Reason::AlreadyDone.into());
        }
        draft.put(&row.id.to_bytes(), &row)?;
        let answer = json!({ "project": row.alias, "quota": quota.map(Quota::told) });
        Ok(Outcome::of(Noun::Project, row.id).saying(answer))
    }
}

/// What a project may hold and what it holds, for those who may set the one or see its buckets.
///
/// Of a project that nobody opened since the start it is counted only if `is_wanted`: its cell is opened for it.
pub(crate) async fn told(
    scene: &Scene<'_>,
    row: &ProjectRow,
    is_wanted: bool,
) -> Result<(Value, Value), Refusal> {
    let target = Target::Project(facts::project(scene, row.id).await?);
    let is_seen = scene.region.may_see::<ProjectQuota>(scene, target.clone()).await?
        || scene.region.may_see::<BucketShow>(scene, target).await?;
    if !is_seen {
        return Ok((Value::Null, Value::Null));
    }
    let used = used(scene.region, row.id, is_wanted).await?;
    Ok((json!(row.quota.map(Quota::told)), json!(used.map(UsageRow::told))))
}

async fn used(region: &Region, id: Id<Project>, is_wanted: bool) -> Result<Option<UsageRow>, Refusal> {
    // WHY: nobody's look founds a cell.
    if !region.has_cell(id).await? {
        return Ok(Some(UsageRow::default()));
    }
    let cell = match region.opened(id.cast()) {
        None if is_wanted => region.cell(id.cast()).await.ok(),
        opened => opened,
    };
    match cell {
        Some(cell) => usage::total(&cell.view().await?).await.map(Some),
        None => Ok(None),
    }
}
