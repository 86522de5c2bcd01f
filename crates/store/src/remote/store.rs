//! The bucket as the storage crate sees it, with the retries that we can answer for.
//!
//! INVARIANT: a create is sent once. A repeated one whose first try had landed
//! would be told that the name exists, and who asks could not know by whom.

use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{BoxStream, StreamExt};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{
    BackoffConfig, CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result, RetryConfig,
};

use super::Remote;
use super::fault::told;
use super::http::Http;
use crate::limit::{REMOTE_PAUSE_MS, REMOTE_PAUSE_MS_MAX, REMOTE_TRIES_MAX, REQUEST_WAIT_MS_MAX};

#[derive(Debug)]
pub(super) struct RemoteStore {
    /// For what may be asked twice: reads, lists, deletes, parts, derived files.
    patient: AmazonS3,
    /// For creates.
    once: AmazonS3,
}

impl RemoteStore {
    pub(super) fn new(remote: &Remote, http: &Http) -> Result<Self> {
        let build = |retries: usize| {
            let mut builder = AmazonS3Builder::new()
                .with_http_connector(http.clone())
                .with_endpoint(remote.endpoint.to_string())
                .with_allow_http(!remote.endpoint.is_tls)
                .with_region(&remote.region)
                .with_bucket_name(&remote.url.name)
                .with_access_key_id(&remote.keys.id)
                .with_secret_access_key(remote.keys.secret.expose())
                // WHY: plain deletes are the part of S3 that every server has.
                .with_disable_bulk_delete(true)
                .with_disable_tagging(true)
                .with_retry(retry(retries));
            if let Some(token) = &remote.keys.token {
                builder = builder.with_token(token.expose());
            }
            builder.build()
        };
        Ok(Self { patient: build(REMOTE_TRIES_MAX - 1)?, once: build(0)? })
    }
}

fn retry(retries: usize) -> RetryConfig {
    let backoff = BackoffConfig {
        init_backoff: Duration::from_millis(REMOTE_PAUSE_MS),
        max_backoff: Duration::from_millis(REMOTE_PAUSE_MS_MAX),
        ..BackoffConfig::default()
    };
    RetryConfig { backoff, max_retries: retries, retry_timeout: Duration::from_millis(REQUEST_WAIT_MS_MAX) }
}

impl std::fmt::Display for RemoteStore {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("RemoteStore")
    }
}

/// SPEC: `#[deny]` so that a new method of the trait cannot slip past the one-try rule.
#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl ObjectStore for RemoteStore {
    async fn put_opts(&self, path: &Path, bytes: PutPayload, how: PutOptions) -> Result<PutResult> {
        let store = match how.mode {
            PutMode::Create | PutMode::Update(_) => &self.once,
            PutMode::Overwrite => &self.patient,
        };
        store.put_opts(path, bytes, how).await.map_err(told)
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        how: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let parts = self.patient.put_multipart_opts(path, how).await.map_err(told)?;
        Ok(Box::new(super::uploads::Parts::new(parts)))
    }

    async fn get_opts(&self, path: &Path, how: GetOptions) -> Result<GetResult> {
        self.patient.get_opts(path, how).await.map_err(told)
    }

    async fn get_ranges(&self, path: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.patient.get_ranges(path, ranges).await.map_err(told)
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.patient.delete_stream(paths).map(|deleted| deleted.map_err(told)).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.patient.list(prefix).map(|listed| listed.map_err(told)).boxed()
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.patient.list_with_offset(prefix, offset).map(|listed| listed.map_err(told)).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.patient.list_with_delimiter(prefix).await.map_err(told)
    }

    async fn copy_opts(&self, _from: &Path, _to: &Path, _how: CopyOptions) -> Result<()> {
        Err(unused("copy"))
    }

    async fn rename_opts(&self, _from: &Path, _to: &Path, _how: RenameOptions) -> Result<()> {
        Err(unused("rename"))
    }
}

fn unused(operation: &str) -> object_store::Error {
    object_store::Error::NotImplemented {
        operation: operation.to_owned(),
        implementer: "the region's bucket".to_owned(),
    }
}
