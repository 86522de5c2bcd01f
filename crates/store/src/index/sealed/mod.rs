//! An object store in which SlateDB writes plain and the bucket holds noise.
//!
//! Every file is sealed in 64 KiB segments under the index's generation key; its
//! context is generation and path, its id the random start of its nonces, and
//! each segment knows its number and whether it is the last. Callers see plain
//! sizes. Nothing passes through unsealed, and nothing is copied or renamed,
//! because a sealed file opens under its own path alone.

#[cfg(test)]
mod tests;
mod upload;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetRange, GetResult, GetResultPayload, ListResult, MultipartUpload,
    ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result,
};
use seal::segments::{
    FileKey, FileOpener, FileSealer, SEALED_SEGMENT_BYTES, SEGMENT_BYTES, plain_bytes, sealed_range,
};
use words::{Rand, Secret};

use upload::SealedUpload;

use crate::error::Cause;

const SEGMENT: u64 = SEGMENT_BYTES as u64;
const SEALED: u64 = SEALED_SEGMENT_BYTES as u64;

/// The decorator.
pub(super) struct SealedStore {
    inner: Arc<dyn ObjectStore>,
    generation: u64,
    key: Secret<[u8; 32]>,
    rand: Arc<dyn Rand>,
}

impl SealedStore {
    pub(super) fn new(
        inner: Arc<dyn ObjectStore>,
        generation: u64,
        key: &Secret<[u8; 32]>,
        rand: Arc<dyn Rand>,
    ) -> Self {
        Self { inner, generation, key: key.clone(), rand }
    }

    fn key(&self, path: &Path) -> Result<FileKey> {
        let context = [&self.generation.to_be_bytes(), path.as_ref().as_bytes()].concat();
        FileKey::new(&self.key, &context).map_err(failed)
    }

    fn sealer(&self, path: &Path) -> Result<FileSealer> {
        Ok(FileSealer::new(self.key(path)?, &*self.rand))
    }

    /// The wanted plain range of a file of which only the sealed answer is known.
    fn open(&self, path: &Path, sealed: &Bytes, start: u64, wanted: Range<u64>, plain: u64) -> Result<Bytes> {
        let map = sealed_range(wanted, plain).map_err(failed)?;
        // WHY: an answer may hold more than the range needs (a suffix) but never less.
        let skip = usize::try_from(map.sealed.start.saturating_sub(start)).map_err(failed)?;
        let length = usize::try_from(map.sealed.end - map.sealed.start).map_err(failed)?;
        let needed = sealed.get(skip..skip.saturating_add(length)).ok_or_else(short)?;
        let mut opener = FileOpener::new(self.key(path)?, &map);
        let mut opened = BytesMut::new();
        opener.push(needed, &mut opened).map_err(|_| failed(Damaged))?;
        opener.finish().map_err(|_| failed(Damaged))?;
        Ok(opened.freeze())
    }

    async fn read(&self, path: &Path, how: GetOptions) -> Result<GetResult> {
        let asked = how.range.clone();
        let sealed_how = GetOptions { range: asked.as_ref().map(outer_range), ..how };
        let found = self.inner.get_opts(path, sealed_how).await?;
        let (mut meta, attributes) = (found.meta.clone(), found.attributes.clone());
        let extensions = found.extensions.clone();
        let start = found.range.start;
        meta.size = plain_bytes(meta.size).map_err(|_| failed(Damaged))?;
        let wanted = match &asked {
            Some(range) => range.as_range(meta.size).map_err(failed)?,
            None => 0..meta.size,
        };
        let sealed = found.bytes().await?;
        let opened = self.open(path, &sealed, start, wanted.clone(), meta.size)?;
        let payload = GetResultPayload::Stream(stream::once(async move { Ok(opened) }).boxed());
        Ok(GetResult { payload, meta, range: wanted, attributes, extensions })
    }

    /// SPEC: a head answers no bytes; the size alone is mapped.
    async fn look(&self, path: &Path, how: GetOptions) -> Result<GetResult> {
        let found = self.inner.get_opts(path, how).await?;
        let mut meta = found.meta.clone();
        meta.size = plain_bytes(meta.size).map_err(|_| failed(Damaged))?;
        let payload = GetResultPayload::Stream(stream::empty().boxed());
        let (range, attributes) = (0..meta.size, found.attributes.clone());
        Ok(GetResult { payload, meta, range, attributes, extensions: found.extensions.clone() })
    }
}

/// Whole segments that surely hold a plain range, whatever the file's size.
fn outer_range(range: &GetRange) -> GetRange {
    match range {
        GetRange::Bounded(range) => {
            let end = range.end.div_ceil(SEGMENT).saturating_mul(SEALED);
            GetRange::Bounded(range.start / SEGMENT * SEALED..end)
        }
        GetRange::Offset(start) => GetRange::Offset(start / SEGMENT * SEALED),
        // WHY two more: the last segment is rarely whole, and the first must be.
        GetRange::Suffix(length) => {
            GetRange::Suffix((length / SEGMENT).saturating_add(2).saturating_mul(SEALED))
        }
    }
}

fn plain_meta(mut meta: ObjectMeta) -> Result<ObjectMeta> {
    meta.size = plain_bytes(meta.size).map_err(|_| failed(Damaged))?;
    Ok(meta)
}

/// SPEC: every method by hand; a new one of the trait must not pass bytes in clear.
#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl ObjectStore for SealedStore {
    async fn put_opts(&self, path: &Path, plain: PutPayload, how: PutOptions) -> Result<PutResult> {
        let mut sealer = self.sealer(path)?;
        let mut sealed = BytesMut::with_capacity(plain.content_length() + SEALED_SEGMENT_BYTES);
        for piece in &plain {
            sealer.push(piece, &mut sealed).map_err(failed)?;
        }
        sealer.finish(&mut sealed).map_err(failed)?;
        self.inner.put_opts(path, sealed.freeze().into(), how).await
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        how: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let sealer = self.sealer(path)?;
        let inner = self.inner.put_multipart_opts(path, how).await?;
        Ok(Box::new(SealedUpload::new(inner, sealer)))
    }

    async fn get_opts(&self, path: &Path, how: GetOptions) -> Result<GetResult> {
        match how.head {
            true => self.look(path, how).await,
            false => self.read(path, how).await,
        }
    }

    async fn get_ranges(&self, path: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let mut parts = Vec::with_capacity(ranges.len());
        for range in ranges {
            let how = GetOptions::new().with_range(Some(range.clone()));
            parts.push(self.read(path, how).await?.bytes().await?);
        }
        Ok(parts)
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix).and_then(|meta| std::future::ready(plain_meta(meta))).boxed()
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        let listed = self.inner.list_with_offset(prefix, offset);
        listed.and_then(|meta| std::future::ready(plain_meta(meta))).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let mut listed = self.inner.list_with_delimiter(prefix).await?;
        listed.objects = listed.objects.into_iter().map(plain_meta).collect::<Result<_>>()?;
        Ok(listed)
    }

    async fn copy_opts(&self, _from: &Path, _to: &Path, _how: CopyOptions) -> Result<()> {
        Err(refused("copy"))
    }

    async fn rename_opts(&self, _from: &Path, _to: &Path, _how: RenameOptions) -> Result<()> {
        Err(refused("rename"))
    }
}

impl fmt::Display for SealedStore {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SealedStore({})", self.inner)
    }
}

impl fmt::Debug for SealedStore {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

pub(super) fn failed(cause: impl Into<Cause>) -> Error {
    Error::Generic { store: "SealedStore", source: cause.into() }
}

/// A sealed file that its key does not open: trying again changes nothing.
#[derive(Debug, thiserror::Error)]
#[error("a sealed file is not what was written")]
pub(super) struct Damaged;

fn short() -> Error {
    failed(Damaged)
}

fn refused(operation: &str) -> Error {
    Error::NotImplemented { operation: operation.into(), implementer: "SealedStore".into() }
}
