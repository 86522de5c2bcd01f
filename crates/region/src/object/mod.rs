//! Objects: S3's meaning exactly, over sealed blobs.
//!
//! A row names its blobs; a row never exists before its blobs are durable. The
//! newest version of a key comes first in the index, so that a listing and a
//! read meet it first.

pub mod body;
pub mod change;
pub mod export;
pub mod header;
pub mod keep;
pub mod label;
pub mod lineage;
pub mod list;
pub mod lock;
pub mod put;
pub mod read;
pub mod reseal;
pub mod retain;
pub mod send;
pub mod sums;
pub mod touch;
pub mod unseal;

use std::ops::Range;

use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use words::noun::{Blob, Bucket, Object, Person, Scope};
use words::{Id, Reason, Refusal, Timestamp};

use crate::cell::draft::Draft;
use crate::derive::{Derived, RunsRow};
use crate::examine::{DelayRow, Examined, ReadRow, ReportRow};
use crate::noun::bucket::{BucketRow, Versions};
pub use crate::object::lineage::Lineage;
use crate::row::{Row, Seal, Table};

/// The version id of objects put while versions are not kept.
pub const NULL_VERSION: &str = "null";

#[derive(Debug, Clone, Encode, Decode)]
pub struct ObjectRow {
    #[n(0)]
    pub id: Id<Object>,
    #[n(1)]
    pub key: String,
    /// Grows with every version of a key.
    #[n(2)]
    pub version: u64,
    /// Put while versions were not kept: there is one such version at most.
    #[n(3)]
    pub is_null: bool,
    /// A delete marker: it has no bytes.
    #[n(4)]
    pub is_marker: bool,
    #[n(5)]
    pub scope: Id<Scope>,
    #[n(6)]
    pub size_bytes: u64,
    #[n(7)]
    pub pieces: Vec<Piece>,
    /// Never looks like an MD5, as S3 allows for encrypted objects.
    #[n(8)]
    pub etag: String,
    #[n(9)]
    pub checksums: Vec<Checksum>,
    #[n(10)]
    pub media: Option<String>,
    /// What the client sent: user metadata and the headers S3 keeps.
    #[n(11)]
    pub metadata: Vec<(String, String)>,
    /// What people said of it afterwards.
    #[n(12)]
    pub labels: Vec<(String, String)>,
    #[n(13)]
    pub is_held: bool,
    #[n(14)]
    pub at: Timestamp,
    #[n(15)]
    pub by: Id<Person>,
    #[n(16)]
    pub bucket: Id<Bucket>,
    /// It came as a multipart upload.
    #[n(17)]
    pub is_multipart: bool,
    /// Where it came from, in a snapshot.
    #[n(22)]
    pub lineage: Option<Lineage>,
    /// Until when it is locked.
    #[n(18)]
    pub retention: Option<lock::Retention>,
    /// Of an object whose checksum is over those of its parts: each part's own, in order.
    #[n(20)]
    pub part_sums: Option<Vec<String>>,
    /// What came of looking at it; none: nobody has yet.
    #[n(23)]
    pub examined: Option<Examined>,
    /// What it was made of; none: somebody stored it.
    #[n(24)]
    pub derived: Option<Derived>,
}

/// One sealed run of an object's bytes.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Piece {
    #[n(0)]
    pub blob: Id<Blob>,
    /// First eight bytes of every segment's nonce.
    #[n(1)]
    pub attempt: ByteArray<8>,
    /// Crypt4GH header to the scope's data pair.
    #[n(2)]
    pub header: ByteVec,
    #[n(3)]
    pub plain_bytes: u64,
    /// BLAKE3 of the sealed body.
    #[n(4)]
    pub blake3: ByteArray<32>,
    /// Generation of the data pair that opens the header.
    #[n(5)]
    pub generation: u32,
    /// Where in the blob it begins; none: the blob is this piece alone.
    #[n(6)]
    pub offset: Option<u64>,
}

impl Piece {
    /// Its sealed bytes within the blob.
    pub fn within(&self, sealed: &Range<u64>) -> Range<u64> {
        let offset = self.offset.unwrap_or(0);
        sealed.start.saturating_add(offset)..sealed.end.saturating_add(offset)
    }
}

/// A checksum that the client sent or asked for.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Checksum {
    /// S3's name: `CRC64NVME`, `SHA256` ...
    #[n(0)]
    pub algorithm: String,
    /// Base64; a composite ends in `-<parts>`.
    #[n(1)]
    pub value: String,
    /// Over the whole object, not over its parts' checksums.
    #[n(2)]
    pub is_full: bool,
}

impl Row for ObjectRow {
    const TABLE: Table = Table::Object;
}

impl ObjectRow {
    /// A row of bytes alone; its bucket, version and time are set when it is planned.
    pub fn fresh(id: Id<Object>, key: &str, scope: Id<Scope>, pieces: Vec<Piece>, by: Id<Person>) -> Self {
        Self {
            id,
            key: key.to_owned(),
            version: 0,
            is_null: false,
            is_marker: false,
            scope,
            size_bytes: pieces.iter().map(|piece| piece.plain_bytes).sum(),
            etag: format!("{}-{}", data_encoding::HEXLOWER.encode(&id.to_bytes()), pieces.len().max(1)),
            pieces,
            checksums: Vec::new(),
            media: None,
            metadata: Vec::new(),
            labels: Vec::new(),
            is_held: false,
            at: Timestamp::default(),
            by,
            bucket: Id::from_bytes([0; 16]),
            is_multipart: false,
            lineage: None,
            retention: None,
            part_sums: None,
            examined: None,
            derived: None,
        }
    }

    /// A part's own checksum, of the kind that the whole one is over; `index` from 0.
    pub fn part_sum(&self, index: usize) -> Option<Checksum> {
        let value = self.part_sums.as_ref()?.get(index)?.clone();
        Some(Checksum { value, ..self.checksums.first()?.clone() })
    }

    /// Bucket, key, then the newest version first.
    pub fn row_key(&self) -> Vec<u8> {
        // INVARIANT: a key holds no NUL, so no key's rows lie between another's.
        [&prefix(self.bucket, &self.key)[..], &(u64::MAX - self.version).to_be_bytes()].concat()
    }

    pub fn seal(&self) -> Seal {
        Seal::Scope { scope: self.scope, id: self.id.to_bytes(), size_bytes: self.size_bytes }
    }

    /// What S3 calls the version.
    ///
    /// WHY the number: a version is looked up where it lies, among however many of its key.
    pub fn version_id(&self) -> String {
        if self.is_null { NULL_VERSION.to_owned() } else { format!("{:016x}{}", self.version, self.id) }
    }

    /// The digest that a leaf proves: BLAKE3 of the sealed body; of several pieces, of their digests in order.
    pub fn sealed_digest(&self) -> String {
        let digest = match &self.pieces[..] {
            [piece] => *piece.blake3,
            pieces => {
                let mut all = seal::crypt4gh::BodyHash::new();
                pieces.iter().for_each(|piece| all.update(&*piece.blake3));
                all.finish()
            }
        };
        data_encoding::HEXLOWER.encode(&digest)
    }

    pub fn remove(&self, draft: &mut Draft) {
        draft.remove::<Self>(self.seal(), &self.row_key());
        draft.remove::<ReportRow>(self.seal(), &self.row_key());
        draft.remove::<DelayRow>(self.seal(), &self.row_key());
        draft.remove::<RunsRow>(self.seal(), &self.row_key());
        draft.remove::<ReadRow>(self.seal(), &self.row_key());
    }

    pub fn store(&self, draft: &mut Draft) -> Result<(), Refusal> {
        draft.put_in(self.seal(), &self.row_key(), self)
    }
}

/// Where all versions of one key lie.
pub fn prefix(bucket: Id<Bucket>, key: &str) -> Vec<u8> {
    [&bucket.to_bytes()[..], key.as_bytes(), &[0]].concat()
}

/// The newest version of a key, a delete marker included.
pub async fn newest(draft: &Draft, bucket: &BucketRow, key: &str) -> Result<Option<ObjectRow>, Refusal> {
    let rows = draft.rows::<ObjectRow>(&prefix(bucket.id, key), None, 1).await?;
    Ok(rows.into_iter().next().map(|(_, row)| row))
}

/// One version, or the newest; a marker too.
pub async fn find(
    draft: &Draft,
    bucket: &BucketRow,
    key: &str,
    version: Option<&str>,
) -> Result<Option<ObjectRow>, Refusal> {
    match version {
        None => newest(draft, bucket, key).await,
        Some(NULL_VERSION) => null_among(draft, bucket, key).await,
        Some(version) => {
            let Some(number) = number_of(version) else {
                return Ok(None);
            };
            let own = [&prefix(bucket.id, key)[..], &(u64::MAX - number).to_be_bytes()].concat();
            let row: Option<ObjectRow> = draft.row(&own).await?;
            Ok(row.filter(|row| row.version_id() == version))
        }
    }
}

/// The number in a version's id; none in `null` and in what is no id.
pub fn number_of(version: &str) -> Option<u64> {
    version.get(..16).and_then(|hex| u64::from_str_radix(hex, 16).ok())
}

/// The one version put while versions were not kept; it may lie behind many.
async fn null_among(draft: &Draft, bucket: &BucketRow, key: &str) -> Result<Option<ObjectRow>, Refusal> {
    let mut found = None;
    draft
        .each(&prefix(bucket.id, key), |row: ObjectRow| {
            found = found.take().or(Some(row).filter(|row| row.is_null))
        })
        .await?;
    Ok(found)
}

/// The object that a reader means; markers and absent ones are not found.
pub async fn known(
    draft: &Draft,
    bucket: &BucketRow,
    key: &str,
    version: Option<&str>,
) -> Result<ObjectRow, Refusal> {
    let row = find(draft, bucket, key, version).await?.filter(|row| !row.is_marker);
    row.ok_or_else(|| Refusal::with(Reason::NotFound, "object"))
}

/// The version that `put` and a plain delete replace while versions are not kept.
pub async fn null_version(
    draft: &Draft,
    bucket: &BucketRow,
    key: &str,
) -> Result<Option<ObjectRow>, Refusal> {
    let newest = newest(draft, bucket, key).await?;
    match bucket.versions {
        Versions::Enabled => Ok(None),
        Versions::Never => Ok(newest.filter(|row| row.is_null)),
        Versions::Suspended => null_among(draft, bucket, key).await,
    }
}

/// A number greater than every version of the key so far.
pub fn next_version(newest: Option<&ObjectRow>, now: Timestamp) -> u64 {
    let by_time = u64::try_from(now.ms()).unwrap_or(0);
    newest.map_or(by_time, |row| by_time.max(row.version.saturating_add(1)))
}
