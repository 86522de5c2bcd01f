//! What lies in the bucket, seen from outside its own bookkeeping.
//!
//! Serves the orphan sweep (blobs nobody refers to, leftovers of crashed
//! writers) and the census (does a plain byte pattern occur anywhere?). On a
//! disk it reads the file system itself: leftovers are invisible to a listing
//! and refuse a delete. It never decides what is an orphan.

mod census;
mod disk;

use std::sync::Arc;

use words::noun::{Blob, Cell};
use words::{Id, Timestamp};

pub use census::{Sighting, census};

use crate::bucket::Bucket;
use crate::error::StoreError;
use crate::ground::{Ground, blocking};
use crate::name::Name;

/// A blob that lies in a cell's folder, referred to or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobFound {
    pub blob: Id<Blob>,
    pub size_bytes: u64,
    pub modified: Timestamp,
}

/// All blobs of a cell, in order of id.
pub async fn blobs(bucket: &Bucket, cell: Id<Cell>) -> Result<Vec<BlobFound>, StoreError> {
    let mut found = Vec::new();
    let keep = |meta: object_store::ObjectMeta| {
        let blob = meta.location.filename().and_then(|name| name.parse().ok());
        found.extend(blob.map(|blob| BlobFound {
            blob,
            size_bytes: meta.size,
            modified: Timestamp::from_ms(meta.last_modified.timestamp_millis()),
        }));
    };
    bucket.each(Name::Blobs(cell), keep).await?;
    found.sort_by_key(|found| found.blob);
    Ok(found)
}

/// Removes what writers left behind in a cell before this moment; answers how many.
///
/// WHY by age: the same kind of file belongs to a write in flight.
pub async fn clear_leftovers(
    bucket: &Bucket,
    cell: Id<Cell>,
    before: Timestamp,
) -> Result<usize, StoreError> {
    let disk = match &bucket.ground {
        Ground::Disk(disk) => disk,
        Ground::Remote(uploads) => return uploads.clear(&Name::Cell(cell).to_string(), before).await,
        Ground::Memory | Ground::Twin(_) => return Ok(0),
    };
    let folder = disk.place(&Name::Cell(cell).path()?);
    let cleared = blocking(move || disk::clear_leftovers(&folder, before)).await;
    cleared.map_err(|cause| StoreError::unavailable("sweep", Name::Cell(cell), cause))
}

/// The raw names of everything stored, leftovers included, in order.
pub async fn names(bucket: &Bucket) -> Result<Vec<String>, StoreError> {
    let mut names = match &bucket.ground {
        Ground::Disk(disk) => {
            let disk = Arc::clone(disk);
            let listed = blocking(move || disk::names(&disk.root)).await;
            listed.map_err(|cause| StoreError::unavailable("list", "the bucket", cause))?
        }
        Ground::Memory | Ground::Remote(_) | Ground::Twin(_) => {
            let mut names = Vec::new();
            let keep = |meta: object_store::ObjectMeta| names.push(meta.location.to_string());
            bucket.each(Name::Everything, keep).await?;
            names
        }
    };
    names.sort();
    Ok(names)
}
