//! A blob in the making.

use bytes::Bytes;
use object_store::PutPayload;

use super::disk::{self, DiskUpload};
use super::parts::PartsUpload;
use crate::bucket::Bucket;
use crate::error::StoreError;
use crate::ground::Ground;
use crate::limit::BLOB_SMALL_BYTES_MAX;
use crate::name::Name;

/// Takes a blob piece by piece. Dropping it leaves nothing that can be seen.
pub struct BlobWriter {
    bucket: Bucket,
    name: Name,
    pending: Vec<Bytes>,
    pending_bytes: usize,
    size_bytes: u64,
    upload: Upload,
}

/// How the bytes travel.
enum Upload {
    /// Nothing was sent yet; small blobs end here in one put.
    Small,
    Disk(DiskUpload),
    Parts(PartsUpload),
}

impl BlobWriter {
    pub(super) fn new(bucket: Bucket, name: Name) -> Self {
        let (pending, upload) = (Vec::new(), Upload::Small);
        Self { bucket, name, pending, pending_bytes: 0, size_bytes: 0, upload }
    }

    /// Takes the next bytes; returns when there is room for more.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), StoreError> {
        self.size_bytes += bytes.len() as u64;
        self.pending_bytes += bytes.len();
        self.pending.push(bytes);
        match self.pending_bytes > self.part_bytes() {
            true => self.send().await,
            false => Ok(()),
        }
    }

    /// Makes the blob visible and durable; answers its size.
    pub async fn finish(mut self) -> Result<u64, StoreError> {
        if matches!(self.upload, Upload::Small) && self.pending_bytes <= BLOB_SMALL_BYTES_MAX {
            put(&self.bucket, self.name, self.pending).await?;
            return Ok(self.size_bytes);
        }
        if !self.pending.is_empty() {
            self.send().await?;
        }
        match self.upload {
            Upload::Small => {}
            Upload::Disk(upload) => upload.finish().await?,
            Upload::Parts(upload) => {
                let ended = upload.finish().await;
                is_there_after(&self.bucket, self.name, self.size_bytes, ended).await?;
            }
        }
        Ok(self.size_bytes)
    }

    /// Gives the blob up and frees what it took.
    pub async fn abort(self) -> Result<(), StoreError> {
        match self.upload {
            Upload::Small | Upload::Disk(_) => Ok(()),
            Upload::Parts(upload) => upload.abort().await,
        }
    }

    const fn part_bytes(&self) -> usize {
        match &self.upload {
            Upload::Small => BLOB_SMALL_BYTES_MAX,
            Upload::Disk(upload) => upload.part_bytes(),
            Upload::Parts(upload) => upload.part_bytes(),
        }
    }

    async fn send(&mut self) -> Result<(), StoreError> {
        if matches!(self.upload, Upload::Small) {
            self.upload = begin(&self.bucket, self.name).await?;
            // WHY: a part of the remote kind is larger than a small blob.
            if self.pending_bytes < self.part_bytes() {
                return Ok(());
            }
        }
        let part = std::mem::take(&mut self.pending);
        self.pending_bytes = 0;
        match &mut self.upload {
            Upload::Small => Ok(()),
            Upload::Disk(upload) => upload.write(part).await,
            Upload::Parts(upload) => upload.write(part).await,
        }
    }
}

/// A small blob, durable when it answers `Ok`.
pub(super) async fn put(bucket: &Bucket, name: Name, pieces: Vec<Bytes>) -> Result<(), StoreError> {
    let disk = match &bucket.ground {
        Ground::Disk(disk) => disk,
        Ground::Remote(_) => return bucket.create_own(name, pieces.into_iter().collect()).await,
        Ground::Memory | Ground::Twin(_) => {
            return bucket.create(name, pieces.into_iter().collect::<PutPayload>()).await;
        }
    };
    let path = name.path()?;
    bucket.prepare(&path, "create").await?;
    disk::put(disk, &path, pieces).await
}

/// WHY: a server may complete an upload and its answer be lost; asked again it knows the upload no more.
async fn is_there_after(
    bucket: &Bucket,
    name: Name,
    size_bytes: u64,
    ended: Result<(), StoreError>,
) -> Result<(), StoreError> {
    let Err(failed) = ended else { return Ok(()) };
    // INVARIANT: the name is random and ours alone, and an upload shows nothing before it is whole.
    let is_ours = matches!(bucket.ground, Ground::Remote(_));
    match is_ours && bucket.size(name).await? == Some(size_bytes) {
        true => Ok(()),
        false => Err(failed),
    }
}

async fn begin(bucket: &Bucket, name: Name) -> Result<Upload, StoreError> {
    let path = name.path()?;
    bucket.prepare(&path, "create").await?;
    Ok(match &bucket.ground {
        Ground::Disk(disk) => Upload::Disk(DiskUpload::begin(disk, path).await?),
        Ground::Memory | Ground::Remote(_) | Ground::Twin(_) => {
            Upload::Parts(PartsUpload::begin(&bucket.store, path).await?)
        }
    })
}
