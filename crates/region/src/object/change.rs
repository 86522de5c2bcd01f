//! Changing what is there: copy, delete, describe, hold.

use std::sync::Arc;

use async_trait::async_trait;
use futures::{FutureExt, StreamExt};
use gate::facts::Target;
use seal::checksum::Algorithm;
use serde_json::json;
use words::act::{ObjectCopy, ObjectDelete, ObjectDescribe, ObjectGet, ObjectHold};
use words::noun::Noun;
use words::{Actor, Deed, Id, Rand, Reason, Refusal, Timestamp};

use crate::Region;
use crate::act::{Frame, Judged, Outcome, Plan, Request, Rule, Scene};
use crate::cell::Cell;
use crate::cell::draft::Draft;
use crate::cell::step::Leaf;
use crate::facts::{self, DataTarget};
use crate::noun::bucket::{self, BucketRow, Versions};
use crate::object::body;
use crate::object::keep::{Aside, may_vanish_aside};
use crate::object::label::Labels;
use crate::object::lock::{Locking, check_hands};
use crate::object::put::{Made, Stored, check_key, place, store};
use crate::object::read::{Watch, guarded};
use crate::object::retain::{allow_locking, check_locking};
use crate::object::sums::summed;
use crate::object::touch::Touch;
use crate::object::{Checksum, ObjectRow, find, known, newest, next_version, null_version};

macro_rules! judged_change {
    ($($deed:ident)*) => { $(#[async_trait]
    impl Judged for $deed {
        async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
            facts::data(scene, &DataTarget::object(&self.project, &self.bucket, &self.key)).await
        }
    })* };
}

judged_change! { ObjectCopy ObjectDescribe ObjectHold }

#[async_trait]
impl Judged for ObjectDelete {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        let (version, aside) = (self.version.as_deref(), Aside::because(self.bypass.as_deref())?);
        let of = DataTarget::object(&self.project, &self.bucket, &self.key);
        let touch = Touch::Removes { version, aside };
        facts::data(scene, &DataTarget { touch, is_conditional: self.condition.is_some(), ..of }).await
    }
}

/// What a door adds to a copy.
#[derive(Default)]
pub struct Copying {
    pub source_version: Option<String>,
    /// None: the source's.
    pub metadata: Option<Vec<(String, String)>>,
    /// None: the source's.
    pub labels: Option<Labels>,
    /// WHY never the source's: a copy is a version of its own, and its bucket's rule is its rule.
    pub lock: Locking,
    /// A checksum that the copy is to have.
    pub algorithm: Option<Algorithm>,
}

/// Copies within one provider's data: the copy shares the sealed bytes.
///
/// `source_must`: a condition over the source, judged on the row that is copied.
pub async fn copy(
    region: &Region,
    actor: &Actor,
    deed: ObjectCopy,
    copying: Copying,
    source_must: impl FnOnce(&ObjectRow) -> Result<(), Refusal> + Send,
) -> Result<Stored, Refusal> {
    let project = deed.project.clone();
    let copied = copied(region, actor, deed, copying, source_must);
    region.heard(actor, ObjectCopy::ACT, Some(&project), copied.boxed()).await
}

async fn copied(
    region: &Region,
    actor: &Actor,
    deed: ObjectCopy,
    copying: Copying,
    source_must: impl FnOnce(&ObjectRow) -> Result<(), Refusal> + Send,
) -> Result<Stored, Refusal> {
    check_key(&deed.key)?;
    crate::derive::refuse_own_place(&deed.key)?;
    let cell = region.project_cell(actor, &deed.project).await?;
    let source = ObjectGet {
        project: deed.project.clone(),
        bucket: deed.source_bucket.clone(),
        key: deed.source_key.clone(),
        version: copying.source_version.clone(),
    };
    let since = region.moment(&cell);
    // WHY both: a copy reads its source; who may not read may not copy.
    let read = region.allow(actor, &source, Some(&cell)).await?;
    let allowed = region.allow(actor, &deed, Some(&cell)).await?;
    let place_of = [deed.project.as_str(), &deed.bucket, &deed.key];
    check_locking(&copying.lock, region.now())?;
    allow_locking(region, actor, &cell, place_of, &copying.lock).await?;
    let rows = cell.view().await?;
    let from = bucket::find(&rows, &deed.source_bucket).await?;
    let row = known(&rows, &from, &deed.source_key, source.version.as_deref()).await?;
    row.refuse_apart()?;
    // WHY before the condition: its answer is a look at the source too.
    region.observe(&read, crate::act::subject(Noun::Object, row.id), &cell)?;
    source_must(&row)?;
    let (_, scope) = place(&rows, &deed.bucket).await?;
    if scope.id != row.scope {
        return Err(Reason::ScopeCrossed.into());
    }
    let named = (row.row_key(), row.id);
    let mut row = row;
    let lacks = |algorithm: &Algorithm| row.checksums.iter().all(|sum| sum.algorithm != algorithm.name());
    if let Some(algorithm) = copying.algorithm.filter(lacks) {
        let request = Request::once(actor.clone(), source);
        row.checksums = summed_anew(region, &cell, &row, algorithm, request, since).await?;
        row.part_sums = None;
        allow_locking(region, actor, &cell, place_of, &copying.lock).await?;
    }
    let source = named;
    let id = Id::random(region.rand());
    let etag = format!("{}-{}", data_encoding::HEXLOWER.encode(&Id::to_bytes(id)), row.pieces.len().max(1));
    let row = ObjectRow {
        id,
        etag,
        key: deed.key.clone(),
        by: actor.person,
        derived: None,
        is_held: copying.lock.is_held,
        retention: copying.lock.retention,
        metadata: copying.metadata.unwrap_or(row.metadata),
        labels: copying.labels.unwrap_or(row.labels),
        // WHY: what was said, and cleared, was about the source; a copy is looked at itself.
        examined: None,
        ..row
    };
    let made = Made { source: Some(source), ..Made::default() };
    store(region, &cell, Request::once(actor.clone(), deed), allowed, row, made).await
}

/// A checksum of a source that it does not have: all of it is read, by somebody who may to the end.
async fn summed_anew(
    region: &Region,
    cell: &Arc<Cell>,
    row: &ObjectRow,
    algorithm: Algorithm,
    request: Request<ObjectGet>,
    since: (u64, i64),
) -> Result<Vec<Checksum>, Refusal> {
    let held = cell.in_use.hold(row.pieces.iter().map(|piece| piece.blob));
    let plain = body::read_now(region, cell, row, 0..row.size_bytes).await?;
    let watch =
        Watch { region: region.clone(), request, cell: Arc::clone(cell), object: row.id, since, _held: held };
    let (mut plain, sums) = summed(guarded(watch, plain), &[algorithm]);
    while let Some(bytes) = plain.next().await {
        bytes?;
    }
    sums()
}

/// What a deletion did.
#[derive(Debug, Clone, Default)]
pub struct Deleted {
    pub leaf: Option<Leaf>,
    /// The version that is gone, or the marker that now hides the key.
    pub version: Option<String>,
    pub is_marker: bool,
}

/// Deletes a version, or hides a key behind a marker. Absent keys are deleted already.
pub async fn delete(region: &Region, actor: &Actor, deed: ObjectDelete) -> Result<Deleted, Refusal> {
    let project = deed.project.clone();
    region.heard(actor, ObjectDelete::ACT, Some(&project), deleted(region, actor, deed).boxed()).await
}

async fn deleted(region: &Region, actor: &Actor, deed: ObjectDelete) -> Result<Deleted, Refusal> {
    check_key(&deed.key)?;
    let cell = region.project_cell(actor, &deed.project).await?;
    let allowed = region.allow(actor, &deed, Some(&cell)).await?;
    let (sender, told) = std::sync::mpsc::channel();
    let plan = Delete { by: actor.person, told: std::sync::Mutex::new(sender) };
    let done = region.commit(&cell, Request::once(actor.clone(), deed), allowed, plan).await?;
    let (mut deleted, gone): (Deleted, Option<ObjectRow>) = told.try_recv().unwrap_or_default();
    if let Some(gone) = gone {
        region.discard(&cell, &gone);
    }
    deleted.leaf = done.leaf;
    Ok(deleted)
}

struct Delete {
    by: Id<words::noun::Person>,
    told: std::sync::Mutex<std::sync::mpsc::Sender<(Deleted, Option<ObjectRow>)>>,
}

#[async_trait]
impl Plan<ObjectDelete> for Delete {
    async fn plan(
        &mut self,
        deed: &ObjectDelete,
        draft: &mut Draft,
        frame: &Frame<'_>,
    ) -> Result<Outcome, Refusal> {
        let bucket = bucket::find(draft, &deed.bucket).await?;
        let newest = newest(draft, &bucket, &deed.key).await?;
        check_condition(deed.condition.as_deref(), newest.as_ref())?;
        let gone = match deed.version.as_deref() {
            Some(version) => find(draft, &bucket, &deed.key, Some(version)).await?,
            None => null_version(draft, &bucket, &deed.key).await?,
        };
        let mut deleted = Deleted::default();
        if let Some(gone) = &gone {
            let aside = Aside::because(deed.bypass.as_deref())?;
            may_go(draft, frame, gone, aside).await?;
            // WHY again: the version may have been locked since the gate looked.
            if aside == Aside::Governance && gone.retention.is_some_and(|lock| frame.now < lock.until) {
                check_hands(gone, frame.actor.person)?;
            }
            gone.remove(draft);
            deleted.version = deed.version.clone();
            deleted.is_marker = gone.is_marker;
        }
        let outcome = Outcome::of(Noun::Bucket, bucket.id).within(bucket.scope);
        let is_hiding = deed.version.is_none() && bucket.versions != Versions::Never;
        let outcome = match (&gone, is_hiding) {
            // As S3: also of a key that never was.
            (_, true) => {
                let rand = frame.region.rand();
                let marker = marker(rand, frame.now, &bucket, &deed.key, newest.as_ref(), self.by);
                marker.store(draft)?;
                deleted.version = Some(marker.version_id());
                deleted.is_marker = true;
                outcome.and(Noun::Object, marker.id)
            }
            (Some(gone), false) => outcome.and(Noun::Object, gone.id),
            (None, false) => outcome,
        };
        if let Ok(told) = self.told.lock() {
            let _heard = told.send((deleted, gone));
        }
        Ok(outcome)
    }
}

/// SPEC: Amazon S3, "How to perform conditional deletes": judged on the newest version, whichever is named.
fn check_condition(condition: Option<&str>, newest: Option<&ObjectRow>) -> Result<(), Refusal> {
    let there = newest.filter(|row| !row.is_marker);
    let holds = condition
        .is_none_or(|wanted| there.is_some_and(|row| wanted == "*" || row.etag == wanted.trim_matches('"')));
    if holds { Ok(()) } else { Err(Reason::PreconditionFailed.into()) }
}

/// A row without bytes that hides the older versions of its key.
pub fn marker(
    rand: &dyn Rand,
    now: Timestamp,
    bucket: &BucketRow,
    key: &str,
    newest: Option<&ObjectRow>,
    by: Id<words::noun::Person>,
) -> ObjectRow {
    ObjectRow {
        version: next_version(newest, now),
        is_null: bucket.versions != Versions::Enabled,
        is_marker: true,
        etag: String::new(),
        at: now,
        bucket: bucket.id,
        ..ObjectRow::fresh(Id::random(rand), key, bucket.scope, Vec::new(), by)
    }
}

/// The region's one judgement of what may vanish, for plans of acts.
pub async fn may_go(draft: &Draft, frame: &Frame<'_>, row: &ObjectRow, aside: Aside) -> Result<(), Refusal> {
    let root = frame.root.ok_or(Refusal::new(Reason::NotFound))?;
    // WHY: a project's cell bears its id.
    may_vanish_aside(draft, root, frame.cell.cast(), row, frame.now, aside).await
}

/// One version of an object, or the newest.
pub struct Place<'a> {
    pub bucket: &'a str,
    pub key: &'a str,
    pub version: Option<&'a str>,
}

/// Writes a row again in place, with something changed.
pub async fn rewrite(
    draft: &mut Draft,
    place: Place<'_>,
    change: impl FnOnce(&mut ObjectRow) -> Result<(), Refusal> + Send,
) -> Result<Outcome, Refusal> {
    let bucket = bucket::find(draft, place.bucket).await?;
    let mut row = known(draft, &bucket, place.key, place.version).await?;
    change(&mut row)?;
    rewritten(draft, &row)
}

/// Writes a row again in place, that was changed.
pub fn rewritten(draft: &mut Draft, row: &ObjectRow) -> Result<Outcome, Refusal> {
    row.store(draft)?;
    let answer = json!({
        "object": row.id.to_string(),
        "version": row.version_id(),
        "held": row.is_held,
        "labels": row.labels,
    });
    Ok(Outcome::of(Noun::Object, row.id).within(row.scope).saying(answer))
}

#[async_trait]
impl Rule for ObjectHold {
    async fn plan(&self, draft: &mut Draft, _: &Frame<'_>) -> Result<Outcome, Refusal> {
        let is_held = match self.hold.as_str() {
            "on" => true,
            "off" => false,
            _ => return Err(Refusal::with(Reason::Invalid, "a hold is `on` or `off`")),
        };
        let set = |row: &mut ObjectRow| match std::mem::replace(&mut row.is_held, is_held) == is_held {
            true => Err(Reason::AlreadyDone.into()),
            false => Ok(()),
        };
        let place = Place { bucket: &self.bucket, key: &self.key, version: self.version.as_deref() };
        rewrite(draft, place, set).await
    }
}
