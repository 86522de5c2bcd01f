//! The faulty store as an object store.

use std::collections::BTreeSet;
use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetRange, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result,
};

use super::FaultyStore;
use super::fate::{absent, failed, unsupported};
use super::faults::Lie;
use super::upload::TwinUpload;

/// SPEC: `#[deny]` so that a new method of the trait cannot slip past the faults.
#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl ObjectStore for FaultyStore {
    async fn put_opts(&self, path: &Path, bytes: PutPayload, how: PutOptions) -> Result<PutResult> {
        match how.mode {
            mode @ (PutMode::Create | PutMode::Overwrite) => self.write(path, bytes.into(), mode).await,
            PutMode::Update(_) => Err(unsupported("put_opts with PutMode::Update")),
        }
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        _how: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.wait().await;
        let mut state = self.state();
        match state.begin() {
            true => Err(failed("is stopped")),
            false => Ok(Box::new(TwinUpload::new(self.myself()?, path.clone()))),
        }
    }

    async fn get_opts(&self, path: &Path, how: GetOptions) -> Result<GetResult> {
        self.wait().await;
        let (meta, bytes) = self.look(|state| {
            let found = state.visible.get(path).ok_or_else(|| absent(path))?;
            let bytes = match state.faults.lie {
                Lie::ReadsOtherwise => Bytes::from(vec![0; found.bytes.len()]),
                _ => found.bytes.clone(),
            };
            Ok((super::state::meta_of(path, found), bytes))
        })?;
        how.check_preconditions(&meta)?;
        let range = match &how.range {
            Some(range) => range.as_range(meta.size).map_err(|_| failed("has no such range"))?,
            None => 0..meta.size,
        };
        let part = slice(&bytes, &range);
        let payload = GetResultPayload::Stream(stream::once(async move { Ok(part) }).boxed());
        Ok(GetResult { payload, meta, range, attributes: Default::default(), extensions: Default::default() })
    }

    async fn get_ranges(&self, path: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let mut parts = Vec::with_capacity(ranges.len());
        for range in ranges {
            let how = GetOptions::new().with_range(Some(GetRange::Bounded(range.clone())));
            parts.push(self.get_opts(path, how).await?.bytes().await?);
        }
        Ok(parts)
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let myself = self.myself();
        let delete = move |path: Result<Path>| {
            let path = path?;
            match &myself {
                Ok(store) => store.delete_now(&path).map(|()| path),
                Err(_) => Err(failed("is gone")),
            }
        };
        paths.map(delete).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.listed(prefix) {
            Ok(listed) => stream::iter(listed.into_iter().map(Ok)).boxed(),
            Err(error) => stream::iter([Err(error)]).boxed(),
        }
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        let offset = offset.clone();
        let after = move |listed: &Result<ObjectMeta>| {
            std::future::ready(listed.as_ref().map_or(true, |meta| meta.location > offset))
        };
        self.list(prefix).filter(after).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.wait().await;
        let listed = self.listed(prefix)?;
        let prefix = prefix.cloned().unwrap_or_default();
        let (mut folders, mut objects) = (BTreeSet::new(), Vec::new());
        for meta in listed {
            let rest: Vec<_> = meta.location.prefix_match(&prefix).into_iter().flatten().collect();
            match &rest[..] {
                [first, _, ..] => {
                    folders.insert(prefix.clone().join(first.clone()));
                }
                _ => objects.push(meta),
            }
        }
        let common_prefixes = folders.into_iter().collect();
        Ok(ListResult { common_prefixes, objects, extensions: Default::default() })
    }

    async fn copy_opts(&self, _from: &Path, _to: &Path, _how: CopyOptions) -> Result<()> {
        Err(unsupported("copy"))
    }

    async fn rename_opts(&self, _from: &Path, _to: &Path, _how: RenameOptions) -> Result<()> {
        Err(unsupported("rename"))
    }
}

fn slice(bytes: &Bytes, range: &Range<u64>) -> Bytes {
    let at = |end: u64| usize::try_from(end).unwrap_or(usize::MAX).min(bytes.len());
    bytes.slice(at(range.start)..at(range.end))
}
