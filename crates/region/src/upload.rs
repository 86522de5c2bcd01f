//! Multipart uploads: parts are sealed blobs of their own; completion names them in order.

use async_trait::async_trait;
use futures::FutureExt;
use gate::facts::Target;
use minicbor::{Decode, Encode};
use serde_json::{Value, json};
use words::act::{UploadAbort, UploadComplete, UploadPart, UploadShow, UploadStart};
use words::limit::{PART_BYTES_MAX, PART_BYTES_MIN, UPLOAD_PARTS_MAX};
use words::noun::{Bucket, Noun, Person, Scope, Upload};
use words::{Actor, Deed, Id, Reason, Refusal, Timestamp};

use crate::Region;
use crate::act::{Frame, Judged, Outcome, Plan, Request, Rule, Scene};
use crate::cell::draft::Draft;
use crate::cell::step::Leaf;
use crate::facts::{self, DataTarget};
use crate::noun::bucket;
use crate::object::body::{self, BlobReceipt, Body};
use crate::object::label::Labels;
use crate::object::lock::Locking;
use crate::object::put::{Extra, Made, Stored, check_key, fresh, place, store};
use crate::object::retain::{allow_locking, lock_of};
use crate::object::{Checksum, ObjectRow, Piece};
use crate::row::{Row, Seal, Table};
use crate::show::Show;

#[derive(Debug, Clone, Encode, Decode)]
pub struct UploadRow {
    #[n(0)]
    pub id: Id<Upload>,
    #[n(1)]
    pub bucket: Id<Bucket>,
    #[n(2)]
    pub key: String,
    #[n(3)]
    pub scope: Id<Scope>,
    #[n(4)]
    pub by: Id<Person>,
    #[n(5)]
    pub at: Timestamp,
    #[n(6)]
    pub media: Option<String>,
    #[n(7)]
    pub metadata: Vec<(String, String)>,
    /// What the client will send with each part, as S3 names it.
    #[n(8)]
    pub algorithm: Option<String>,
    /// The whole object's checksum is over its bytes, not over its parts'.
    #[n(9)]
    pub is_full: bool,
    /// How its object is locked.
    #[n(12)]
    pub lock: Option<Locking>,
    #[n(13)]
    pub labels: Option<Labels>,
}

#[derive(Debug, Clone, Encode, Decode)]
pub struct PartRow {
    #[n(0)]
    pub number: u32,
    #[n(1)]
    pub piece: Piece,
    #[n(2)]
    pub etag: String,
    #[n(3)]
    pub checksums: Vec<Checksum>,
    #[n(4)]
    pub at: Timestamp,
}

impl Row for UploadRow {
    const TABLE: Table = Table::Upload;
}

impl Row for PartRow {
    const TABLE: Table = Table::Part;
}

impl UploadRow {
    /// Bucket, key, upload: the order in which S3 lists them.
    pub fn row_key(&self) -> Vec<u8> {
        upload_key(self.bucket, &self.key, self.id)
    }

    fn seal(&self) -> Seal {
        Seal::Scope { scope: self.scope, id: self.id.to_bytes(), size_bytes: 0 }
    }

    fn part_seal(&self, number: u32, size_bytes: u64) -> Seal {
        let mut id = self.id.to_bytes();
        // WHY: parts of an upload need ids of their own for their stubs.
        for (byte, mask) in id.iter_mut().rev().zip(number.to_le_bytes()) {
            *byte ^= mask;
        }
        Seal::Scope { scope: self.scope, id, size_bytes }
    }
}

fn upload_key(bucket: Id<Bucket>, key: &str, id: Id<Upload>) -> Vec<u8> {
    [&bucket.to_bytes()[..], key.as_bytes(), &[0], &id.to_bytes()].concat()
}

fn part_key(upload: Id<Upload>, number: u32) -> Vec<u8> {
    [&upload.to_bytes()[..], &number.to_be_bytes()].concat()
}

macro_rules! judged_upload {
    ($($deed:ident ($condition:expr))*) => { $(#[async_trait]
    impl Judged for $deed {
        async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
            let condition: fn(&$deed) -> bool = $condition;
            let of = DataTarget::object(&self.project, &self.bucket, &self.key);
            facts::data(scene, &DataTarget { is_conditional: condition(self), ..of }).await
        }
    })* };
}

judged_upload! {
    UploadStart (|_| false)
    UploadPart (|_| false)
    UploadComplete (|deed| deed.condition.is_some())
    UploadAbort (|_| false)
}

/// The upload that somebody means; another person's does not exist to them.
pub async fn find(
    draft: &Draft,
    actor: &Actor,
    bucket: &str,
    key: &str,
    upload: &str,
) -> Result<UploadRow, Refusal> {
    let lost = || Refusal::with(Reason::NotFound, "upload");
    let id = upload.parse().map_err(|_| lost())?;
    let bucket = bucket::find(draft, bucket).await?;
    let row: Option<UploadRow> = draft.row(&upload_key(bucket.id, key, id)).await?;
    row.filter(|row| row.by == actor.person).ok_or_else(lost)
}

/// What a door adds to the start of an upload.
#[derive(Debug, Clone, Default)]
pub struct Begun {
    pub media: Option<String>,
    pub metadata: Vec<(String, String)>,
    pub algorithm: Option<String>,
    pub is_full: bool,
    pub lock: Locking,
    pub labels: Labels,
}

pub async fn start(
    region: &Region,
    actor: &Actor,
    deed: UploadStart,
    begun: Begun,
) -> Result<(UploadRow, Option<Leaf>), Refusal> {
    let project = deed.project.clone();
    region.heard(actor, UploadStart::ACT, Some(&project), started(region, actor, deed, begun).boxed()).await
}

async fn started(
    region: &Region,
    actor: &Actor,
    deed: UploadStart,
    begun: Begun,
) -> Result<(UploadRow, Option<Leaf>), Refusal> {
    check_key(&deed.key)?;
    let cell = region.project_cell(actor, &deed.project).await?;
    let allowed = region.allow(actor, &deed, Some(&cell)).await?;
    let place_of = [deed.project.as_str(), &deed.bucket, &deed.key];
    allow_locking(region, actor, &cell, place_of, &begun.lock).await?;
    let (bucket, scope) = place(&cell.view().await?, &deed.bucket).await?;
    // WHY at once: nobody sends parts of what could not be completed.
    lock_of(&bucket, begun.lock.retention, region.now())?;
    let row = UploadRow {
        id: Id::random(region.rand()),
        bucket: bucket.id,
        key: deed.key.clone(),
        scope: scope.id,
        by: actor.person,
        at: region.now(),
        media: begun.media,
        metadata: begun.metadata,
        algorithm: begun.algorithm,
        is_full: begun.is_full,
        lock: Some(begun.lock).filter(|lock| *lock != Locking::default()),
        labels: Some(begun.labels).filter(|labels| !labels.is_empty()),
    };
    let plan = Start { row: row.clone() };
    let done =
        region.commit(&cell, Request { actor: actor.clone(), deed, attempt: None }, allowed, plan).await?;
    Ok((row, done.leaf))
}

struct Start {
    row: UploadRow,
}

#[async_trait]
impl Plan<UploadStart> for Start {
    async fn plan(
        &mut self,
        deed: &UploadStart,
        draft: &mut Draft,
        _: &Frame<'_>,
    ) -> Result<Outcome, Refusal> {
        let (bucket, scope) = place(draft, &deed.bucket).await?;
        if bucket.id != self.row.bucket || scope.id != self.row.scope {
            return Err(Refusal::with(Reason::NotFound, "bucket"));
        }
        draft.put_in(self.row.seal(), &self.row.row_key(), &self.row)?;
        let answer = json!({ "upload": self.row.id.to_string() });
        Ok(Outcome::of(Noun::Upload, self.row.id)
            .and(Noun::Bucket, bucket.id)
            .within(scope.id)
            .saying(answer))
    }
}

/// Seals and keeps one part; sent again, it replaces the earlier one.
pub async fn part(
    region: &Region,
    actor: &Actor,
    deed: UploadPart,
    extra: Extra,
    body: Body,
) -> Result<(PartRow, Option<Leaf>), Refusal> {
    let project = deed.project.clone();
    region.heard(actor, UploadPart::ACT, Some(&project), kept(region, actor, deed, extra, body).boxed()).await
}

async fn kept(
    region: &Region,
    actor: &Actor,
    deed: UploadPart,
    extra: Extra,
    body: Body,
) -> Result<(PartRow, Option<Leaf>), Refusal> {
    let number = u32::try_from(deed.part).ok().filter(|number| (1..=UPLOAD_PARTS_MAX).contains(number));
    let number = number.ok_or_else(|| Refusal::with(Reason::Invalid, "a part's number is 1 to 10,000"))?;
    let cell = region.project_cell(actor, &deed.project).await?;
    let allowed = region.allow(actor, &deed, Some(&cell)).await?;
    let rows = cell.view().await?;
    find(&rows, actor, &deed.bucket, &deed.key, &deed.upload).await?;
    let (_, scope) = place(&rows, &deed.bucket).await?;
    let BlobReceipt { piece } = body::write(region, &cell, &allowed, &scope, body, PART_BYTES_MAX).await?;
    let checksums = extra.checksums.map_or_else(|| Ok(Vec::new()), |sum| sum())?;
    let etag = data_encoding::HEXLOWER.encode(&piece.blob.to_bytes()) + "-1";
    let row = PartRow { number, piece, etag, checksums, at: region.now() };
    let plan = Keep { row: row.clone() };
    let done =
        region.commit(&cell, Request { actor: actor.clone(), deed, attempt: None }, allowed, plan).await?;
    Ok((row, done.leaf))
}

struct Keep {
    row: PartRow,
}

#[async_trait]
impl Plan<UploadPart> for Keep {
    async fn plan(
        &mut self,
        deed: &UploadPart,
        draft: &mut Draft,
        frame: &Frame<'_>,
    ) -> Result<Outcome, Refusal> {
        let upload = find(draft, frame.actor, &deed.bucket, &deed.key, &deed.upload).await?;
        let seal = upload.part_seal(self.row.number, self.row.piece.plain_bytes);
        draft.put_in(seal, &part_key(upload.id, self.row.number), &self.row)?;
        let digest = data_encoding::HEXLOWER.encode(&*self.row.piece.blake3);
        let answer = json!({ "etag": self.row.etag, "part": self.row.number, "sealed_blake3": digest });
        Ok(Outcome::of(Noun::Upload, upload.id).within(upload.scope).saying(answer))
    }
}

/// The parts kept so far, in order; at most 10,000.
pub async fn parts(draft: &Draft, upload: &UploadRow) -> Result<Vec<PartRow>, Refusal> {
    let rows = draft.all::<PartRow>(&upload.id.to_bytes()).await?;
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// One part as the client names it when it completes.
#[derive(Debug, Clone)]
pub struct Named {
    pub number: u32,
    pub etag: String,
    pub checksums: Vec<Checksum>,
}

/// Makes an object of the named parts; none named means all that were kept.
///
/// `sum`: the whole object's checksums from its parts', as S3 defines them.
pub async fn complete(
    region: &Region,
    actor: &Actor,
    deed: UploadComplete,
    named: Vec<Named>,
    sum: impl FnOnce(&UploadRow, &[PartRow]) -> Result<Vec<Checksum>, Refusal> + Send,
) -> Result<Stored, Refusal> {
    let project = deed.project.clone();
    region
        .heard(actor, UploadComplete::ACT, Some(&project), completed(region, actor, deed, named, sum).boxed())
        .await
}

async fn completed(
    region: &Region,
    actor: &Actor,
    deed: UploadComplete,
    named: Vec<Named>,
    sum: impl FnOnce(&UploadRow, &[PartRow]) -> Result<Vec<Checksum>, Refusal> + Send,
) -> Result<Stored, Refusal> {
    let cell = region.project_cell(actor, &deed.project).await?;
    let allowed = region.allow(actor, &deed, Some(&cell)).await?;
    let rows = cell.view().await?;
    let upload = find(&rows, actor, &deed.bucket, &deed.key, &deed.upload).await?;
    let kept = parts(&rows, &upload).await?;
    let chosen = choose(kept, &named)?;
    let checksums = sum(&upload, &chosen)?;
    let (_, scope) = place(&rows, &deed.bucket).await?;
    let part_sums = part_sums(&checksums, &chosen);
    let receipts = chosen.into_iter().map(|part| BlobReceipt { piece: part.piece }).collect();
    let row = fresh(region, actor, &deed.key, &scope, receipts);
    let lock = upload.lock.unwrap_or_default();
    let row = ObjectRow {
        media: upload.media,
        metadata: upload.metadata,
        checksums,
        is_multipart: true,
        labels: upload.labels.unwrap_or_default(),
        is_held: lock.is_held,
        retention: lock.retention,
        part_sums,
        ..row
    };
    let made = Made { condition: deed.condition.clone(), source: None };
    store(region, &cell, Request { actor: actor.clone(), deed, attempt: None }, allowed, row, made).await
}

/// Each part's checksum of the kind that the whole has, if all have one.
fn part_sums(whole: &[Checksum], chosen: &[PartRow]) -> Option<Vec<Checksum>> {
    let kind = &whole.first()?.algorithm;
    let of_part = |part: &PartRow| part.checksums.iter().find(|sum| sum.algorithm == *kind).cloned();
    chosen.iter().map(of_part).collect()
}

fn choose(kept: Vec<PartRow>, named: &[Named]) -> Result<Vec<PartRow>, Refusal> {
    if named.is_empty() {
        return if kept.is_empty() { Err(Refusal::with(Reason::Invalid, "no parts")) } else { sized(kept) };
    }
    if !named.is_sorted_by(|left, right| left.number < right.number) {
        return Err(Refusal::with(Reason::Invalid, "parts are not in ascending order"));
    }
    let mut kept = kept.into_iter();
    let mut chosen = Vec::with_capacity(named.len());
    for wanted in named {
        let part = kept.find(|part| part.number == wanted.number);
        let is_same = |part: &PartRow| {
            let etag = wanted.etag.trim_matches('"');
            part.etag == etag && wanted.checksums.iter().all(|sum| part.checksums.contains(sum))
        };
        let lost =
            || Refusal::with(Reason::Invalid, format!("part {} is not the one that was kept", wanted.number));
        chosen.push(part.filter(is_same).ok_or_else(lost)?);
    }
    sized(chosen)
}

fn sized(chosen: Vec<PartRow>) -> Result<Vec<PartRow>, Refusal> {
    let all_but_last = chosen.split_last().map_or(&[][..], |(_, rest)| rest);
    if all_but_last.iter().any(|part| part.piece.plain_bytes < PART_BYTES_MIN) {
        return Err(Refusal::with(Reason::TooLarge, "a part but the last is smaller than 5 MiB"));
    }
    Ok(chosen)
}

/// Removes an upload and its parts in the same commit as whatever ends it.
async fn remove(draft: &mut Draft, upload: &UploadRow) -> Result<Vec<PartRow>, Refusal> {
    let kept = parts(draft, upload).await?;
    for part in &kept {
        let seal = upload.part_seal(part.number, part.piece.plain_bytes);
        draft.remove::<PartRow>(seal, &part_key(upload.id, part.number));
    }
    draft.remove::<UploadRow>(upload.seal(), &upload.row_key());
    Ok(kept)
}

/// Ends an upload whose parts became an object; refused if a part was sent again meanwhile.
pub async fn end(
    draft: &mut Draft,
    actor: &Actor,
    bucket: &str,
    upload: &str,
    object: &ObjectRow,
) -> Result<(), Refusal> {
    let row = find(draft, actor, bucket, &object.key, upload).await?;
    let kept = remove(draft, &row).await?;
    let kept: std::collections::BTreeSet<_> = kept.iter().map(|part| part.piece.blob).collect();
    if object.pieces.iter().all(|piece| kept.contains(&piece.blob)) {
        return Ok(());
    }
    Err(Refusal::with(Reason::Invalid, "a part was sent again while the upload was completed"))
}

#[async_trait]
impl Rule for UploadAbort {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let upload = find(draft, frame.actor, &self.bucket, &self.key, &self.upload).await?;
        remove(draft, &upload).await?;
        Ok(Outcome::of(Noun::Upload, upload.id).within(upload.scope))
    }
}

#[async_trait]
impl Judged for UploadShow {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        facts::data(scene, &DataTarget::bucket(&self.project, &self.bucket)).await
    }
}

#[async_trait]
impl Show for UploadShow {
    /// One's own uploads in flight, with their parts, so that a cut one can go on.
    async fn show(&self, scene: &Scene<'_>) -> Result<Value, Refusal> {
        let cell = scene.cell.ok_or(Refusal::new(Reason::NotFound))?;
        let mut shown = Vec::new();
        for row in own(cell, scene.actor, &self.bucket).await? {
            if self.upload.as_ref().is_some_and(|id| *id != row.id.to_string()) {
                continue;
            }
            let parts: Vec<_> = parts(cell, &row).await?.iter().map(|part| json!({ "part": part.number, "size_bytes": part.piece.plain_bytes, "etag": part.etag })).collect();
            shown.push(
                json!({ "upload": row.id.to_string(), "key": row.key, "started": row.at, "parts": parts }),
            );
        }
        Ok(Value::Array(shown))
    }
}

/// A person's own uploads in flight; one that is named comes with the parts kept so far.
pub async fn list(
    region: &Region,
    actor: &Actor,
    deed: &UploadShow,
) -> Result<Vec<(UploadRow, Vec<PartRow>)>, Refusal> {
    let listed = async {
        let cell = region.project_cell(actor, &deed.project).await?;
        let allowed = region.allow(actor, deed, Some(&cell)).await?;
        let rows = cell.view().await?;
        region.observe(&allowed, String::new(), &cell)?;
        let mut found = Vec::new();
        for row in own(&rows, actor, &deed.bucket).await? {
            if deed.upload.as_ref().is_none_or(|id| *id == row.id.to_string()) {
                // WHY only then: all uploads together may have millions of parts.
                let parts = if deed.upload.is_some() { parts(&rows, &row).await? } else { Vec::new() };
                found.push((row, parts));
            }
        }
        Ok(found)
    };
    region.heard(actor, UploadShow::ACT, Some(&deed.project), listed.boxed()).await
}

/// A person's own uploads in flight in a bucket, in the order of keys.
pub async fn own(draft: &Draft, actor: &Actor, bucket: &str) -> Result<Vec<UploadRow>, Refusal> {
    let bucket = bucket::find(draft, bucket).await?;
    let rows = draft.all::<UploadRow>(&bucket.id.to_bytes()).await?;
    Ok(rows.into_iter().map(|(_, row)| row).filter(|row| row.by == actor.person).collect())
}
