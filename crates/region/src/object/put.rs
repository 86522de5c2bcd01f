//! Storing an object: seal first, then one commit that makes it be there.

use async_trait::async_trait;
use futures::FutureExt;
use gate::facts::Target;
use seal::checksum::Algorithm;
use serde_json::json;
use words::act::ObjectPut;
use words::limit::PART_BYTES_MAX;
use words::noun::Noun;
use words::{Actor, Deed, Id, ObjectKey, Reason, Refusal};

use crate::Region;
use crate::act::{Frame, Judged, Outcome, Plan, Request, Scene};
use crate::cell::draft::Draft;
use crate::cell::step::Leaf;
use crate::derive::refuse_own_place;
use crate::facts::{self, DataTarget};
use crate::noun::bucket::{self, BucketRow, Versions};
use crate::noun::quota::Room;
use crate::object::body::{self, BlobReceipt, Body};
use crate::object::label::Labels;
use crate::object::lock::Locking;
use crate::object::retain::{allow_locking, check_locking, lock_of, needs_lock};
use crate::object::{Checksum, ObjectRow, newest, next_version, null_version, unseal};
use crate::rule::apart;
use crate::scope::ScopeRow;

/// Tells a body's checksums once it has ended.
pub type Sums = Box<dyn FnOnce() -> Result<Vec<Checksum>, Refusal> + Send>;

/// The SHA-256 among checksums, over all bytes, in base64.
pub fn sha256(sums: &[Checksum]) -> Option<&str> {
    let found = sums.iter().find(|sum| sum.is_full && sum.algorithm == Algorithm::Sha256.name());
    found.map(|sum| sum.value.as_str())
}

/// What a door adds to the act's own fields.
#[derive(Default)]
pub struct Extra {
    /// User metadata and the headers S3 keeps.
    pub metadata: Vec<(String, String)>,
    /// Asked once the body has ended: trailers come after it.
    pub checksums: Option<Sums>,
    /// How long the body was announced to be.
    pub size_bytes: Option<u64>,
    /// Of what comes sealed: which checksums to keep of the bytes inside.
    pub inner: Vec<Algorithm>,
    pub labels: Labels,
    pub lock: Locking,
}

/// An object as it was stored.
#[derive(Debug, Clone)]
pub struct Stored {
    pub leaf: Option<Leaf>,
    pub row: ObjectRow,
    /// Where the bucket keeps versions, the new one's id.
    pub version: Option<String>,
}

#[async_trait]
impl Judged for ObjectPut {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        let of = DataTarget::object(&self.project, &self.bucket, &self.key);
        let (is_conditional, is_sealed) = (self.condition.is_some(), self.sealed.is_some());
        facts::data(scene, &DataTarget { is_conditional, is_sealed, ..of }).await
    }
}

/// Stores an object of up to 5 GiB in one go.
pub async fn put(
    region: &Region,
    actor: &Actor,
    deed: ObjectPut,
    extra: Extra,
    body: Body,
) -> Result<Stored, Refusal> {
    let project = deed.project.clone();
    region
        .heard(actor, ObjectPut::ACT, Some(&project), sealed(region, actor, deed, extra, body).boxed())
        .await
}

async fn sealed(
    region: &Region,
    actor: &Actor,
    deed: ObjectPut,
    extra: Extra,
    body: Body,
) -> Result<Stored, Refusal> {
    check_key(&deed.key)?;
    refuse_own_place(&deed.key)?;
    let cell = region.project_cell(actor, &deed.project).await?;
    let allowed = region.allow(actor, &deed, Some(&cell)).await?;
    let place_of = [deed.project.as_str(), &deed.bucket, &deed.key];
    check_locking(&extra.lock, region.now())?;
    allow_locking(region, actor, &cell, place_of, &extra.lock).await?;
    let rows = cell.view().await?;
    let (bucket, scope) = place(&rows, &deed.bucket).await?;
    // WHY here too: who may not write is told before the body is sent.
    if deed.condition.is_some() {
        let newest = newest(&rows, &bucket, &deed.key).await?;
        check_condition(deed.condition.as_deref(), newest.as_ref())?;
    }
    unseal::check(deed.sealed.as_deref())?;
    let room = Room::of_version(region, &cell, &rows, &bucket, &deed.key).await?;
    // WHY not of what comes sealed: it is longer than what is kept of it.
    room.takes(extra.size_bytes.filter(|_| deed.sealed.is_none()).unwrap_or(0), 1)?;
    let (body, inner) = match &deed.sealed {
        None => (body, None),
        Some(_) => {
            let (body, inner) = unseal::opened(&cell, &scope, body, &extra.inner)?;
            (body, Some(inner))
        }
    };
    let receipt = body::write(region, &cell, &allowed, &scope, body, PART_BYTES_MAX, room).await?;
    // WHY the sent ones are asked first: they are judged as sent; those inside are what is stored.
    let sent = extra.checksums.map_or_else(|| Ok(Vec::new()), |sum| sum())?;
    let checksums = inner.map_or(Ok(sent), |sum| sum())?;
    let row = fresh(region, actor, &deed.key, &scope, vec![receipt]);
    allow_locking(region, actor, &cell, place_of, &extra.lock).await?;
    let row = ObjectRow {
        media: deed.media.clone(),
        metadata: extra.metadata,
        checksums,
        labels: extra.labels,
        is_held: extra.lock.is_held,
        retention: extra.lock.retention,
        ..row
    };
    let made = Made { condition: deed.condition.clone(), ..Made::default() };
    store(region, &cell, Request::once(actor.clone(), deed), allowed, row, made).await
}

pub fn check_key(key: &str) -> Result<(), Refusal> {
    let parsed: Result<ObjectKey, _> = key.parse();
    parsed.map(drop).map_err(|error| match error {
        words::name::NameError::KeyLong => Refusal::with(Reason::TooLarge, error.to_string()),
        other => Refusal::with(Reason::Invalid, other.to_string()),
    })
}

/// A bucket and the live scope its objects are sealed to.
pub async fn place(rows: &Draft, bucket: &str) -> Result<(BucketRow, ScopeRow), Refusal> {
    let bucket = bucket::find(rows, bucket).await?;
    let scope: ScopeRow = rows.known(&bucket.scope.to_bytes()).await?;
    if scope.is_erased {
        return Err(Reason::ScopeErased.into());
    }
    Ok((bucket, scope))
}

/// A row for new bytes; its bucket, version and time are set when it is planned.
pub fn fresh(
    region: &Region,
    actor: &Actor,
    key: &str,
    scope: &ScopeRow,
    receipts: Vec<BlobReceipt>,
) -> ObjectRow {
    let pieces = receipts.into_iter().map(|receipt| receipt.piece).collect();
    ObjectRow::fresh(Id::random(region.rand()), key, scope.id, pieces, actor.person)
}

/// Commits a row that is complete but for its place among versions.
pub async fn store<D: Judged + Placing>(
    region: &Region,
    cell: &crate::cell::Cell,
    request: Request<D>,
    allowed: gate::Allowed<D>,
    row: ObjectRow,
    made: Made,
) -> Result<Stored, Refusal> {
    let (sender, placed) = std::sync::mpsc::channel();
    let plan = Store { row, made, placed: std::sync::Mutex::new(sender) };
    let done = region.commit(cell, request, allowed, plan).await?;
    let (row, replaced, keeps_versions): Placed = placed.try_recv().map_err(|_| crate::cell::lead::gone())?;
    if let Some(replaced) = replaced {
        region.discard(cell, &replaced);
    }
    let version = keeps_versions.then(|| row.version_id());
    Ok(Stored { leaf: done.leaf, row, version })
}

/// What must hold for an object to be made.
#[derive(Default)]
pub struct Made {
    /// `absent`, or the etag that the newest version must have.
    pub condition: Option<String>,
    /// The row whose blobs it shares; while it is there, no sweep takes them.
    pub source: Option<(Vec<u8>, Id<words::noun::Object>)>,
    /// The parts that became it, as they must still be kept.
    pub parts: Vec<Id<words::noun::Blob>>,
}

type Placed = (ObjectRow, Option<ObjectRow>, bool);

/// A deed that makes an object in a bucket.
pub trait Placing {
    fn bucket(&self) -> &str;

    /// The upload that ends with it.
    fn upload(&self) -> Option<&str> {
        None
    }
}

impl Placing for ObjectPut {
    fn bucket(&self) -> &str {
        &self.bucket
    }
}

impl Placing for words::act::ObjectCopy {
    fn bucket(&self) -> &str {
        &self.bucket
    }
}

impl Placing for words::act::UploadComplete {
    fn bucket(&self) -> &str {
        &self.bucket
    }

    fn upload(&self) -> Option<&str> {
        Some(&self.upload)
    }
}

/// The plan of everything that makes an object: put, copy, complete.
struct Store {
    row: ObjectRow,
    made: Made,
    placed: std::sync::Mutex<std::sync::mpsc::Sender<Placed>>,
}

#[async_trait]
impl<D: Placing + Sync> Plan<D> for Store {
    async fn plan(&mut self, deed: &D, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let (bucket, scope) = place(draft, deed.bucket()).await?;
        if scope.id != self.row.scope {
            return Err(Reason::ScopeCrossed.into());
        }
        let newest = newest(draft, &bucket, &self.row.key).await?;
        check_condition(self.made.condition.as_deref(), newest.as_ref())?;
        if let Some((key, id)) = &self.made.source {
            let source: Option<ObjectRow> = draft.row(key).await?;
            let source = source.filter(|row| row.id == *id);
            let source = source.ok_or_else(|| Refusal::with(Reason::NotFound, "object"))?;
            // WHY again: it may have been set apart since it was looked at.
            source.refuse_apart()?;
            // WHY the source's of now: its headers may have moved to new keys since it was looked at.
            self.row.pieces = source.pieces;
        }
        if let Some(upload) = deed.upload() {
            let kept = crate::upload::pieces(draft, frame.actor, &bucket.name, upload, &self.row).await?;
            self.row.pieces = kept;
        }
        scope.refuse_old(&self.row.pieces)?;
        let replaced = null_version(draft, &bucket, &self.row.key).await?;
        if let Some(replaced) = &replaced {
            crate::object::change::may_go(draft, frame, replaced, crate::object::keep::Aside::Nothing)
                .await?;
            replaced.remove(draft);
        }
        self.row.bucket = bucket.id;
        self.row.version = next_version(newest.as_ref(), frame.now);
        self.row.is_null = bucket.versions != Versions::Enabled;
        if self.row.is_held {
            needs_lock(&bucket)?;
        }
        self.row.retention = lock_of(&bucket, self.row.retention, frame.now)?;
        self.row.at = frame.now;
        apart::stored(draft, &bucket, &mut self.row, None, frame.now).await?;
        self.row.store(draft)?;
        if let Some(upload) = deed.upload() {
            let of = (bucket.name.as_str(), self.row.key.as_str(), upload);
            crate::upload::end(draft, frame.actor, of, &self.made.parts).await?;
        }
        if let Ok(sender) = self.placed.lock() {
            // The receiver lives as long as the plan's commit is waited for.
            let _heard = sender.send((self.row.clone(), replaced, bucket.versions == Versions::Enabled));
        }
        let answer = json!({
            "etag": self.row.etag,
            "size_bytes": self.row.size_bytes,
            "pieces": self.row.pieces.len(),
            "sealed_blake3": self.row.sealed_digest(),
            "lock": self.row.retention.map(|retention| retention.told()),
            "held": self.row.is_held,
        });
        let outcome = Outcome::of(Noun::Object, self.row.id)
            .and(Noun::Bucket, bucket.id)
            .within(scope.id)
            .saying(answer);
        let source = self.made.source.as_ref();
        Ok(match source {
            Some((_, id)) => outcome.and(Noun::Object, *id),
            None => outcome,
        })
    }
}

/// `absent`, or the etag that the newest version must have.
pub fn check_condition(condition: Option<&str>, newest: Option<&ObjectRow>) -> Result<(), Refusal> {
    let there = newest.filter(|row| !row.is_marker);
    let holds = match condition {
        None => true,
        Some("absent") => there.is_none(),
        Some(etag) => match there {
            Some(row) => row.etag == etag.trim_matches('"') || etag == "*",
            None => return Err(Refusal::with(Reason::NotFound, "object")),
        },
    };
    if holds { Ok(()) } else { Err(Reason::PreconditionFailed.into()) }
}
