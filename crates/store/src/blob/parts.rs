//! A large blob in parts, as remote stores take it.

use std::sync::Arc;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt, PutPayload};
use tokio::task::JoinSet;

use crate::bucket::{within, within_long};
use crate::error::StoreError;
use crate::limit::{BLOB_PART_BYTES, BLOB_PARTS_IN_FLIGHT_MAX};

/// WHY: S3 takes 10,000 parts; doubling every 1,000 reaches 5 TiB and starts small.
const PARTS_PER_SIZE: u32 = 1_000;
const DOUBLINGS_MAX: u32 = 9;

pub(super) struct PartsUpload {
    path: Path,
    parts: Box<dyn MultipartUpload>,
    sent: u32,
    /// Owns its tasks: dropping it ends them.
    in_flight: JoinSet<Result<(), StoreError>>,
}

impl PartsUpload {
    pub(super) async fn begin(store: &Arc<dyn ObjectStore>, path: Path) -> Result<Self, StoreError> {
        let parts = within("create", &path, store.put_multipart(&path)).await?;
        Ok(Self { path, parts, sent: 0, in_flight: JoinSet::new() })
    }

    pub(super) const fn part_bytes(&self) -> usize {
        let doublings = self.sent / PARTS_PER_SIZE;
        BLOB_PART_BYTES << if doublings < DOUBLINGS_MAX { doublings } else { DOUBLINGS_MAX }
    }

    pub(super) async fn write(&mut self, part: Vec<Bytes>) -> Result<(), StoreError> {
        self.wait_until(BLOB_PARTS_IN_FLIGHT_MAX - 1).await?;
        self.sent += 1;
        let sent = self.parts.put_part(part.into_iter().collect::<PutPayload>());
        let path = self.path.clone();
        // WHY a task: the part travels while the caller seals the next one.
        self.in_flight.spawn(async move { within_long("write", &path, sent).await });
        Ok(())
    }

    pub(super) async fn finish(mut self) -> Result<(), StoreError> {
        self.wait_until(0).await?;
        within_long("finish", &self.path, self.parts.complete()).await?;
        Ok(())
    }

    pub(super) async fn abort(mut self) -> Result<(), StoreError> {
        self.in_flight.shutdown().await;
        within("abort", &self.path, self.parts.abort()).await
    }

    async fn wait_until(&mut self, parts_max: usize) -> Result<(), StoreError> {
        while self.in_flight.len() > parts_max {
            if let Some(part) = self.in_flight.join_next().await {
                part.map_err(|cause| StoreError::unavailable("write", &self.path, cause))??;
            }
        }
        Ok(())
    }
}
