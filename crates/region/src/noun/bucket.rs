//! Buckets: each takes one provider's data, or the project's own.
//!
//! A provider's bucket keeps versions from its first day, so that no delivery takes an earlier one's place.
//!
//! Names are unique within the project only: another project's bucket of the
//! same name is simply another bucket.

use async_trait::async_trait;
use gate::facts::Target;
use minicbor::{Decode, Encode};
use serde_json::{Value, json};
use words::act::{BucketCreate, BucketDelete, BucketShow, BucketVersion};
use words::noun::{Agreement, Bucket, Cell, Noun, Scope};
use words::{BucketName, Id, Reason, Refusal, Timestamp};

use crate::act::{Frame, Judged, Outcome, Rule, Scene};
use crate::cell::draft::Draft;
use crate::expiry::{self, ExpiryRule};
use crate::facts::{self, DataTarget};
use crate::noun::agreement::{self, AgreementRow};
use crate::noun::locking::Lock;
use crate::noun::project;
use crate::object::ObjectRow;
use crate::object::label::Labels;
use crate::row::{Row, Seal, Table};
use crate::scope::{self, ScopeRow};
use crate::show::Show;
use crate::snapshot::Taken;
use crate::upload::UploadRow;

/// WHY: what was made of a bucket's last objects goes with it in one commit; more is taken away first.
const MADE_MAX: usize = 500;

#[derive(Debug, Clone, Encode, Decode)]
pub struct BucketRow {
    #[n(0)]
    pub id: Id<Bucket>,
    #[n(1)]
    pub name: String,
    #[n(2)]
    pub scope: Id<Scope>,
    #[n(3)]
    pub versions: Versions,
    #[n(4)]
    pub created_at: Timestamp,
    /// It holds a snapshot of another project's data.
    #[n(10)]
    pub taken: Option<Taken>,
    /// By which rules its versions and uploads end by themselves.
    #[n(7)]
    #[cbor(default)]
    pub expiry: Vec<ExpiryRule>,
    /// It has object lock.
    #[n(5)]
    pub lock: Option<Lock>,
    /// What people said of it; none: nothing.
    #[n(6)]
    pub labels: Option<Labels>,
}

/// S3's three states of versioning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Versions {
    #[n(0)]
    Never,
    #[n(1)]
    Enabled,
    #[n(2)]
    Suspended,
}

impl Versions {
    pub const fn text(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Enabled => "enabled",
            Self::Suspended => "suspended",
        }
    }
}

impl Row for BucketRow {
    const TABLE: Table = Table::Bucket;
}

impl BucketRow {
    pub fn seal(&self) -> Seal {
        Seal::Scope { scope: self.scope, id: self.id.to_bytes(), size_bytes: 0 }
    }

    pub fn store(&self, draft: &mut Draft) -> Result<(), Refusal> {
        draft.put_in(self.seal(), self.name.as_bytes(), self)
    }

    /// WHY in plans too: to whom no permit opens a bucket, the gate is told nothing of it.
    pub fn refuse_fixed(&self) -> Result<(), Refusal> {
        if self.taken.is_some() { Err(Reason::SnapshotFixed.into()) } else { Ok(()) }
    }
}

impl BucketRow {
    /// The agreement that its data came under; none: they are the project's own.
    pub async fn agreement_id(&self, rows: &Draft) -> Result<Option<Id<Agreement>>, Refusal> {
        let scope: Option<ScopeRow> = rows.row(&self.scope.to_bytes()).await?;
        Ok(scope.and_then(|scope| scope.agreement))
    }

    /// The same as the root has it. `cell`: the bucket's, which bears its project's id.
    pub async fn agreement(
        &self,
        rows: &Draft,
        root: &Draft,
        cell: Id<Cell>,
    ) -> Result<Option<AgreementRow>, Refusal> {
        match self.agreement_id(rows).await? {
            Some(of) => root.row(&crate::row::pair(cell, of)).await,
            None => Ok(None),
        }
    }
}

/// A bucket by its id.
pub async fn of_id(draft: &Draft, id: Id<Bucket>) -> Result<Option<BucketRow>, Refusal> {
    let all = draft.all::<BucketRow>(&[]).await?;
    Ok(all.into_iter().map(|(_, row)| row).find(|row| row.id == id))
}

pub async fn find(draft: &Draft, name: &str) -> Result<BucketRow, Refusal> {
    let row: Option<BucketRow> = draft.row(name.as_bytes()).await?;
    row.ok_or_else(|| Refusal::with(Reason::NotFound, format!("bucket `{name}`")))
}

#[async_trait]
impl Rule for BucketCreate {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let name: BucketName = self
            .bucket
            .parse()
            .map_err(|error: words::name::NameError| Refusal::with(Reason::Invalid, error.to_string()))?;
        if draft.row::<BucketRow>(name.as_str().as_bytes()).await?.is_some() {
            return Err(Refusal::with(Reason::NameTaken, format!("bucket `{name}`")));
        }
        let root = frame.root.ok_or(Refusal::new(Reason::NotFound))?;
        let project = project::find(root, &self.project).await?;
        let of: Option<Id<Agreement>> = match &self.agreement {
            Some(text) => {
                let row = agreement::find(root, text).await?;
                let is_ours = row.project == project.id;
                Some(row.id)
                    .filter(|_| is_ours)
                    .ok_or_else(|| Refusal::with(Reason::NotFound, format!("agreement `{text}`")))?
                    .into()
            }
            None => None,
        };
        let lock = match self.lock.as_deref() {
            None => None,
            Some("on") => Some(Lock::default()),
            Some(_) => return Err(Refusal::with(Reason::Invalid, "a bucket's lock is `on`, or left out")),
        };
        let scope = scope::of(draft, frame, project.id, of).await?;
        let row = BucketRow {
            id: Id::random(frame.region.rand()),
            name: name.as_str().to_owned(),
            scope: scope.id,
            versions: if of.is_some() || lock.is_some() { Versions::Enabled } else { Versions::Never },
            created_at: frame.now,
            taken: None,
            expiry: Vec::new(),
            lock,
            labels: None,
        };
        row.store(draft)?;
        let answer = json!({ "bucket": row.name });
        Ok(Outcome::of(Noun::Bucket, row.id).within(row.scope).saying(answer))
    }
}

/// The facts of a whole bucket.
pub async fn data(scene: &Scene<'_>, project: &str, bucket: &str) -> Result<Target, Refusal> {
    facts::data(scene, &DataTarget::bucket(project, bucket)).await
}

#[async_trait]
impl Judged for BucketVersion {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        data(scene, &self.project, &self.bucket).await
    }
}

#[async_trait]
impl Rule for BucketVersion {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let mut row = find(draft, &self.bucket).await?;
        row.refuse_fixed()?;
        row.versions = match self.versions.as_str() {
            "enabled" => Versions::Enabled,
            "suspended" => Versions::Suspended,
            _ => {
                return Err(Refusal::with(Reason::Invalid, "versions are `enabled` or `suspended`"));
            }
        };
        if row.versions == Versions::Suspended && row.lock.is_some() {
            return Err(Refusal::with(Reason::StateWrong, "a bucket with object lock keeps its versions"));
        }
        if row.versions == Versions::Suspended
            && takes_deliveries(draft, frame.root, frame.cell, frame.now, &row).await?
        {
            return Err(Refusal::with(Reason::StateWrong, "a delivery must not take an earlier one's place"));
        }
        row.store(draft)?;
        let answer = json!({ "bucket": row.name, "versions": row.versions.text() });
        Ok(Outcome::of(Noun::Bucket, row.id).within(row.scope).saying(answer))
    }
}

/// Whether somebody may still deliver here, now or later: its provider's agreement is not over.
///
/// WHY no look at the grants: each hangs on that agreement and delivers nothing after it.
pub async fn takes_deliveries(
    draft: &Draft,
    root: Option<&Draft>,
    cell: Id<Cell>,
    now: Timestamp,
    row: &BucketRow,
) -> Result<bool, Refusal> {
    let Some(root) = root else { return Ok(false) };
    let agreement = row.agreement(draft, root, cell).await?;
    Ok(agreement.is_some_and(|agreement| !agreement.is_over(now)))
}

#[async_trait]
impl Judged for BucketDelete {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        data(scene, &self.project, &self.bucket).await
    }
}

#[async_trait]
impl Rule for BucketDelete {
    async fn plan(&self, draft: &mut Draft, _: &Frame<'_>) -> Result<Outcome, Refusal> {
        let row = find(draft, &self.bucket).await?;
        let objects = draft.rows::<ObjectRow>(&row.id.to_bytes(), None, MADE_MAX).await?;
        let uploads = draft.rows::<UploadRow>(&row.id.to_bytes(), None, 1).await?;
        let is_made =
            |object: &ObjectRow| object.derived.is_some() && !object.is_held && object.retention.is_none();
        if objects.len() >= MADE_MAX
            || !objects.iter().all(|(_, object)| is_made(object))
            || !uploads.is_empty()
        {
            return Err(Reason::NotEmpty.into());
        }
        // WHY: what was made of objects that are gone would go in a moment by itself.
        objects.iter().for_each(|(_, object)| object.remove(draft));
        draft.remove::<BucketRow>(row.seal(), row.name.as_bytes());
        Ok(Outcome::of(Noun::Bucket, row.id).within(row.scope))
    }
}

#[async_trait]
impl Show for BucketShow {
    async fn show(&self, scene: &Scene<'_>) -> Result<Value, Refusal> {
        let cell = scene.cell.ok_or(Refusal::new(Reason::NotFound))?;
        let mut shown = Vec::new();
        for (_, row) in cell.all::<BucketRow>(&[]).await? {
            if self.bucket.as_ref().is_some_and(|name| *name != row.name) {
                continue;
            }
            let agreement = row.agreement_id(cell).await?;
            shown.push(json!({
                "bucket": row.name,
                "agreement": agreement.map(|id| id.to_string()),
                "versions": row.versions.text(),
                "snapshot": row.taken.map(|taken| taken.snapshot.to_string()),
                "created": row.created_at,
                "expiry": row.expiry.iter().map(expiry::Asked::of).collect::<Vec<_>>(),
                "lock": row.lock.map(|lock| lock.told()),
                "labels": row.labels.unwrap_or_default(),
            }));
        }
        Ok(Value::Array(shown))
    }
}
