//! A multipart upload of the faulty store; nothing shows before it is complete.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::FutureExt;
use object_store::path::Path;
use object_store::{MultipartUpload, PutMode, PutPayload, PutResult, Result, UploadPart};

use super::FaultyStore;
use super::fate::failed;

#[derive(Debug)]
pub(super) struct TwinUpload {
    store: Arc<FaultyStore>,
    path: Path,
    parts: Vec<Bytes>,
}

impl TwinUpload {
    pub(super) const fn new(store: Arc<FaultyStore>, path: Path) -> Self {
        Self { store, path, parts: Vec::new() }
    }
}

#[async_trait]
impl MultipartUpload for TwinUpload {
    fn put_part(&mut self, part: PutPayload) -> UploadPart {
        self.parts.extend(part);
        let store = Arc::clone(&self.store);
        let travel = move || {
            let mut state = store.state();
            let chance = state.faults.write_lost;
            match state.begin() || chance.strikes(&*store.rand) {
                true => Err(failed("lost a part")),
                false => Ok(()),
            }
        };
        async move { travel() }.boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let whole: PutPayload = std::mem::take(&mut self.parts).into_iter().collect();
        self.store.write(&self.path, whole.into(), PutMode::Overwrite).await
    }

    async fn abort(&mut self) -> Result<()> {
        self.parts.clear();
        Ok(())
    }
}
