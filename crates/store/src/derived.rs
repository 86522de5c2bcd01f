//! What is derived from the log and lies in clear: tiles and the checkpoint.
//!
//! They may be overwritten and lost: everything here can be made again from
//! the log. Nothing may be kept here that is not also in the log.

use bytes::Bytes;
use object_store::PutPayload;
use words::Id;
use words::noun::Cell;

use crate::bucket::Bucket;
use crate::error::StoreError;
use crate::limit::DERIVED_BYTES_MAX;
use crate::name::{Name, TileName};

/// The derived files of one cell.
#[derive(Clone)]
pub struct Derived {
    bucket: Bucket,
    cell: Id<Cell>,
}

impl Derived {
    pub const fn new(bucket: Bucket, cell: Id<Cell>) -> Self {
        Self { bucket, cell }
    }

    pub async fn put_tile(&self, tile: TileName, bytes: Bytes) -> Result<(), StoreError> {
        self.bucket.replace(Name::Tile(self.cell, tile), PutPayload::from(bytes)).await
    }

    pub async fn tile(&self, tile: TileName) -> Result<Option<Bytes>, StoreError> {
        self.bucket.read(Name::Tile(self.cell, tile), DERIVED_BYTES_MAX).await
    }

    pub async fn put_checkpoint(&self, signed_note: Bytes) -> Result<(), StoreError> {
        self.bucket.replace(Name::Checkpoint(self.cell), PutPayload::from(signed_note)).await
    }

    pub async fn checkpoint(&self) -> Result<Option<Bytes>, StoreError> {
        self.bucket.read(Name::Checkpoint(self.cell), DERIVED_BYTES_MAX).await
    }
}
