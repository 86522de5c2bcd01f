//! Multipart uploads: parts are sealed blobs of their own; completion names them in order.

use async_trait::async_trait;
use futures::FutureExt;
use gate::facts::Target;
use minicbor::{Decode, Encode};
use seal::checksum::{Algorithm, Digest, composite};
use serde_json::{Value, json};
use words::act::{UploadAbort, UploadComplete, UploadCopy, UploadPart, UploadShow, UploadStart};
use words::limit::UPLOAD_PARTS_MAX;
use words::noun::{Blob, Bucket, Noun, Person, Scope, Upload};
use words::{Actor, Deed, Id, Reason, Refusal, Timestamp};

use crate::Region;
use crate::act::{Frame, Judged, Outcome, Plan, Request, Rule, Scene};
use crate::cell::draft::Draft;
use crate::cell::step::Leaf;
use crate::facts::{self, DataTarget};
use crate::noun::bucket;
use crate::noun::quota::Room;
use crate::object::body::{self, BlobReceipt, Body};
use crate::object::label::Labels;
use crate::object::lock::Locking;
use crate::object::put::{Extra, Stored, check_key, place, sha256};
use crate::object::retain::{allow_locking, check_locking, lock_of};
use crate::object::{Checksum, ObjectRow, Piece, unseal};
use crate::row::{Row, Seal, Table};
use crate::scope::ScopeRow;
use crate::show::Show;

mod complete;
pub mod copy;

pub use complete::Named;

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
    /// How the bytes of its parts, put together, come sealed.
    #[n(10)]
    pub sealed: Option<String>,
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

impl PartRow {
    fn of(number: u32, piece: Piece, checksums: Vec<Checksum>, at: Timestamp) -> Self {
        let etag = data_encoding::HEXLOWER.encode(&piece.blob.to_bytes()) + "-1";
        Self { number, piece, etag, checksums, at }
    }
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

pub fn part_key(upload: Id<Upload>, number: u32) -> Vec<u8> {
    [&upload.to_bytes()[..], &number.to_be_bytes()].concat()
}

macro_rules! judged_upload {
    ($($deed:ident)*) => { $(#[async_trait]
    impl Judged for $deed {
        async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
            facts::data(scene, &DataTarget::object(&self.project, &self.bucket, &self.key)).await
        }
    })* };
}

judged_upload!(UploadStart UploadPart UploadCopy UploadAbort);

#[async_trait]
impl Judged for UploadComplete {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        let upload = match scene.cell {
            Some(cell) => find(cell, scene.actor, &self.bucket, &self.key, &self.upload).await.ok(),
            None => None,
        };
        let is_sealed = upload.is_some_and(|upload| upload.sealed.is_some());
        let of = DataTarget::object(&self.project, &self.bucket, &self.key);
        let is_conditional = self.condition.is_some();
        facts::data(scene, &DataTarget { is_conditional, is_sealed, ..of }).await
    }
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
    crate::derive::refuse_own_place(&deed.key)?;
    unseal::check(deed.sealed.as_deref())?;
    let cell = region.project_cell(actor, &deed.project).await?;
    let allowed = region.allow(actor, &deed, Some(&cell)).await?;
    let place_of = [deed.project.as_str(), &deed.bucket, &deed.key];
    check_locking(&begun.lock, region.now())?;
    allow_locking(region, actor, &cell, place_of, &begun.lock).await?;
    let rows = cell.view().await?;
    let (bucket, scope) = place(&rows, &deed.bucket).await?;
    // WHY at once: nobody sends parts of what could not be completed.
    lock_of(&bucket, begun.lock.retention, region.now())?;
    Room::of_version(region, &cell, &rows, &bucket, &deed.key).await?.takes(0, 1)?;
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
        sealed: deed.sealed.clone(),
        lock: Some(begun.lock).filter(|lock| *lock != Locking::default()),
        labels: Some(begun.labels).filter(|labels| !labels.is_empty()),
    };
    let plan = Start { row: row.clone() };
    let done = region.commit(&cell, Request::once(actor.clone(), deed), allowed, plan).await?;
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
    part_of(region, actor, deed, |_| Ok((body, extra))).await
}

/// The same, where what is sent is opened once its upload is known.
pub async fn part_of(
    region: &Region,
    actor: &Actor,
    deed: UploadPart,
    sent: impl FnOnce(&UploadRow) -> Result<(Body, Extra), Refusal> + Send,
) -> Result<(PartRow, Option<Leaf>), Refusal> {
    let project = deed.project.clone();
    region.heard(actor, UploadPart::ACT, Some(&project), kept(region, actor, deed, sent).boxed()).await
}

/// A part's number, if it is one.
fn numbered(part: u64) -> Result<u32, Refusal> {
    let number = u32::try_from(part).ok().filter(|number| (1..=UPLOAD_PARTS_MAX).contains(number));
    number.ok_or_else(|| Refusal::with(Reason::Invalid, "a part's number is 1 to 10,000"))
}

async fn kept(
    region: &Region,
    actor: &Actor,
    deed: UploadPart,
    sent: impl FnOnce(&UploadRow) -> Result<(Body, Extra), Refusal> + Send,
) -> Result<(PartRow, Option<Leaf>), Refusal> {
    let number = numbered(deed.part)?;
    let cell = region.project_cell(actor, &deed.project).await?;
    let allowed = region.allow(actor, &deed, Some(&cell)).await?;
    let rows = cell.view().await?;
    let upload = find(&rows, actor, &deed.bucket, &deed.key, &deed.upload).await?;
    let (_, scope) = place(&rows, &deed.bucket).await?;
    let (body, extra) = sent(&upload)?;
    let room = Room::of_part(region, &cell, &rows, &upload, number).await?;
    room.takes(extra.size_bytes.unwrap_or(0), 0)?;
    let BlobReceipt { piece } = body::write_part(region, &cell, &allowed, &scope, body, room).await?;
    let checksums = extra.checksums.map_or_else(|| Ok(Vec::new()), |sum| sum())?;
    let row = PartRow::of(number, piece, checksums, region.now());
    let plan = Keep { row: row.clone() };
    let done = region.commit(&cell, Request::once(actor.clone(), deed), allowed, plan).await?;
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
        self.row.keep(&upload, draft).await
    }
}

impl PartRow {
    /// The part, as its sender is told of it: the SHA-256 is what the region computed of the bytes as they came.
    fn told(&self) -> Value {
        let size_bytes = self.piece.plain_bytes;
        json!({ "part": self.number, "size_bytes": size_bytes, "etag": self.etag, "sha256": sha256(&self.checksums) })
    }

    /// Puts it where its upload finds it.
    async fn keep(&self, upload: &UploadRow, draft: &mut Draft) -> Result<Outcome, Refusal> {
        let scope: ScopeRow = draft.known(&upload.scope.to_bytes()).await?;
        scope.refuse_old(std::slice::from_ref(&self.piece))?;
        store_part(draft, upload, self)?;
        let digest = data_encoding::HEXLOWER.encode(&*self.piece.blake3);
        let answer = json!({ "etag": self.etag, "part": self.number, "sealed_blake3": digest });
        Ok(Outcome::of(Noun::Upload, upload.id).within(upload.scope).saying(answer))
    }
}

/// Makes an object of the named parts; none named means all that were kept.
///
/// `sum`: the whole object's checksums from its parts', as S3 defines them; where it tells of none, the one over their
/// SHA-256s, if each came with its own.
pub async fn complete(
    region: &Region,
    actor: &Actor,
    deed: UploadComplete,
    named: Vec<Named>,
    sum: impl FnOnce(&UploadRow, &[PartRow]) -> Result<Vec<Checksum>, Refusal> + Send,
) -> Result<Stored, Refusal> {
    let sum = move |upload: &UploadRow, parts: &[PartRow]| {
        let told = sum(upload, parts)?;
        if told.is_empty() { composed(parts) } else { Ok(told) }
    };
    complete::complete(region, actor, deed, named, sum).await
}

/// SPEC: S3 API, "Checking object integrity": a composite is over its parts' checksums.
fn composed(parts: &[PartRow]) -> Result<Vec<Checksum>, Refusal> {
    let digest = |part: &PartRow| Digest::from_text(Algorithm::Sha256, sha256(&part.checksums)?).ok();
    let Some(digests) = parts.iter().map(digest).collect::<Option<Vec<_>>>() else {
        return Ok(Vec::new());
    };
    let value = composite(&digests)
        .map_err(|_| Refusal::with(Reason::Invalid, "the parts' checksums do not combine"))?;
    Ok(vec![Checksum { algorithm: Algorithm::Sha256.name().to_owned(), value, is_full: false }])
}

/// The parts kept so far, in order; at most 10,000.
pub async fn parts(draft: &Draft, upload: &UploadRow) -> Result<Vec<PartRow>, Refusal> {
    let rows = draft.all::<PartRow>(&upload.id.to_bytes()).await?;
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// The last sign of life of an upload: its newest part, or its start.
pub async fn seen_at(draft: &Draft, upload: &UploadRow) -> Result<Timestamp, Refusal> {
    let parts = parts(draft, upload).await?;
    Ok(parts.iter().map(|part| part.at).fold(upload.at, Timestamp::max))
}

/// An object's pieces as they are kept now: their headers may have moved to new keys.
pub async fn pieces(
    draft: &Draft,
    actor: &Actor,
    bucket: &str,
    upload: &str,
    object: &ObjectRow,
) -> Result<Vec<Piece>, Refusal> {
    let row = find(draft, actor, bucket, &object.key, upload).await?;
    let kept: std::collections::BTreeMap<_, _> =
        parts(draft, &row).await?.into_iter().map(|part| (part.piece.blob, part.piece)).collect();
    // What was sent again meanwhile stays as it is, and `end` refuses it.
    let now = |piece: &Piece| kept.get(&piece.blob).unwrap_or(piece).clone();
    Ok(object.pieces.iter().map(now).collect())
}

/// Writes a part again in place.
pub fn store_part(draft: &mut Draft, upload: &UploadRow, part: &PartRow) -> Result<(), Refusal> {
    let seal = upload.part_seal(part.number, part.piece.plain_bytes);
    draft.put_in(seal, &part_key(upload.id, part.number), part)
}

/// Removes an upload and its parts in the same commit as whatever ends it.
pub async fn remove(draft: &mut Draft, upload: &UploadRow) -> Result<Vec<PartRow>, Refusal> {
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
    (bucket, key, upload): (&str, &str, &str),
    parts: &[Id<Blob>],
) -> Result<(), Refusal> {
    let row = find(draft, actor, bucket, key, upload).await?;
    let kept = remove(draft, &row).await?;
    let kept: std::collections::BTreeSet<_> = kept.iter().map(|part| part.piece.blob).collect();
    if parts.iter().all(|blob| kept.contains(blob)) {
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
            let parts: Vec<_> = parts(cell, &row).await?.iter().map(PartRow::told).collect();
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
