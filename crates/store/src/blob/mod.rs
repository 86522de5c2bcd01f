//! Blobs: sealed bytes of any size under an opaque name, written once.
//!
//! Streams in and out with a few mebibytes of memory whatever the size. A blob
//! that was not finished is not visible; nothing here knows what refers to it.

mod disk;
mod packs;
mod parts;
mod writer;

use std::ops::Range;

use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt};
use object_store::ObjectStore;
use words::Id;
use words::noun::{Blob, Cell};

pub use packs::{Packs, Placed};
pub use writer::BlobWriter;

use crate::bucket::{Bucket, corrupt, within};
use crate::buffer::Buffers;
use crate::error::StoreError;
use crate::ground::Ground;
use crate::limit::{READ_CHUNK_BYTES, READS_IN_FLIGHT_MAX};
use crate::name::Name;

/// The blobs of one cell.
#[derive(Clone)]
pub struct Blobs {
    bucket: Bucket,
    cell: Id<Cell>,
}

impl Blobs {
    pub const fn new(bucket: Bucket, cell: Id<Cell>) -> Self {
        Self { bucket, cell }
    }

    /// A small blob in one create-once put, durable when it answers `Ok`.
    pub async fn put(&self, blob: Id<Blob>, bytes: Bytes) -> Result<(), StoreError> {
        self.put_pieces(blob, vec![bytes]).await
    }

    async fn put_pieces(&self, blob: Id<Blob>, pieces: Vec<Bytes>) -> Result<(), StoreError> {
        writer::put(&self.bucket, self.name(blob), pieces).await
    }

    /// A blob of unknown size, piece by piece.
    pub fn create(&self, blob: Id<Blob>) -> BlobWriter {
        BlobWriter::new(self.bucket.clone(), self.name(blob))
    }

    /// The size in bytes, `None` if there is no such blob.
    pub async fn size(&self, blob: Id<Blob>) -> Result<Option<u64>, StoreError> {
        self.bucket.size(self.name(blob)).await
    }

    /// The bytes of a range in order; fails rather than ending short.
    pub fn read(
        &self,
        blob: Id<Blob>,
        range: Range<u64>,
    ) -> impl Stream<Item = Result<Bytes, StoreError>> + Send + 'static {
        let (bucket, name) = (self.bucket.clone(), self.name(blob));
        stream::iter(chunks(range))
            .map(move |chunk| read_chunk(bucket.clone(), name, chunk))
            .buffered(READS_IN_FLIGHT_MAX)
    }

    /// Where the bytes of bodies lie on their way.
    pub const fn buffers(&self) -> &Buffers {
        &self.bucket.buffers
    }

    /// Removes a blob durably; an absent one is removed already.
    pub async fn delete(&self, blob: Id<Blob>) -> Result<(), StoreError> {
        self.bucket.delete(self.name(blob)).await
    }

    const fn name(&self, blob: Id<Blob>) -> Name {
        Name::Blob(self.cell, blob)
    }
}

/// WHY aligned: chunks after the first start at multiples, which is kind to read-ahead.
fn chunks(range: Range<u64>) -> impl Iterator<Item = Range<u64>> + Send {
    let mut from = range.start;
    std::iter::from_fn(move || {
        let start = from;
        from = (start / READ_CHUNK_BYTES + 1).saturating_mul(READ_CHUNK_BYTES).min(range.end);
        (start < range.end).then_some(start..from)
    })
}

async fn read_chunk(bucket: Bucket, name: Name, chunk: Range<u64>) -> Result<Bytes, StoreError> {
    let path = name.path()?;
    if let Ground::Disk(disk) = &bucket.ground {
        return disk::read(disk, &path, chunk, bucket.buffers.clone()).await;
    }
    let size_bytes = chunk.end - chunk.start;
    let bytes = within("read", &path, bucket.store.get_ranges(&path, &[chunk])).await?;
    match bytes.into_iter().next() {
        Some(bytes) if bytes.len() as u64 == size_bytes => Ok(bytes),
        Some(_) | None => Err(corrupt(&path, "it ends too early")),
    }
}
