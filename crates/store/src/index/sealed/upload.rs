//! A large file on its way into the sealed store, part by part.

use async_trait::async_trait;
use bytes::BytesMut;
use futures::FutureExt;
use object_store::{MultipartUpload, PutPayload, PutResult, Result, UploadPart};
use seal::segments::FileSealer;

use super::failed;

/// Seals parts in the order they are given; the last segment waits for the end.
pub(super) struct SealedUpload {
    inner: Box<dyn MultipartUpload>,
    /// Gone once the end was sealed.
    sealer: Option<FileSealer>,
}

impl SealedUpload {
    pub(super) const fn new(inner: Box<dyn MultipartUpload>, sealer: FileSealer) -> Self {
        Self { inner, sealer: Some(sealer) }
    }

    fn seal(&mut self, plain: &PutPayload) -> Result<BytesMut> {
        let sealer = self.sealer.as_mut().ok_or_else(|| failed("the upload has ended"))?;
        let mut sealed = BytesMut::with_capacity(plain.content_length());
        for piece in plain {
            sealer.push(piece, &mut sealed).map_err(failed)?;
        }
        Ok(sealed)
    }
}

#[async_trait]
impl MultipartUpload for SealedUpload {
    fn put_part(&mut self, plain: PutPayload) -> UploadPart {
        match self.seal(&plain) {
            Ok(sealed) if sealed.is_empty() => std::future::ready(Ok(())).boxed(),
            Ok(sealed) => self.inner.put_part(sealed.freeze().into()),
            Err(error) => std::future::ready(Err(error)).boxed(),
        }
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let sealer = self.sealer.take().ok_or_else(|| failed("the upload has ended"))?;
        let mut last = BytesMut::new();
        sealer.finish(&mut last).map_err(failed)?;
        self.inner.put_part(last.freeze().into()).await?;
        self.inner.complete().await
    }

    async fn abort(&mut self) -> Result<()> {
        self.sealer = None;
        self.inner.abort().await
    }
}

impl std::fmt::Debug for SealedUpload {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("SealedUpload")
    }
}
