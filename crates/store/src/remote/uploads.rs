//! Uploads in parts, and those that crashed writers left behind.
//!
//! An S3 server keeps the parts of an upload that was neither completed nor
//! aborted for ever, and no listing of objects shows them: they are what
//! `name#1` is on a disk.

use ::http::Method;
use async_trait::async_trait;
use futures::FutureExt;
use object_store::{MultipartUpload, PutPayload, PutResult, Result, UploadPart};
use words::Timestamp;

use super::client::{Asked, Client};
use super::fault::{Fault, told};
use super::xml;
use crate::error::StoreError;
use crate::limit::UPLOAD_PAGES_MAX;

/// An upload whose errors are told in our words.
#[derive(Debug)]
pub(super) struct Parts(Box<dyn MultipartUpload>);

impl Parts {
    pub(super) const fn new(parts: Box<dyn MultipartUpload>) -> Self {
        Self(parts)
    }
}

#[async_trait]
impl MultipartUpload for Parts {
    fn put_part(&mut self, part: PutPayload) -> UploadPart {
        self.0.put_part(part).map(|sent| sent.map_err(told)).boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        self.0.complete().await.map_err(told)
    }

    async fn abort(&mut self) -> Result<()> {
        self.0.abort().await.map_err(told)
    }
}

/// The uploads in flight in a bucket.
#[derive(Clone)]
pub(crate) struct Uploads {
    client: Client,
    prefix: String,
}

/// One that is not complete.
struct Open {
    key: String,
    upload: String,
    begun: Option<Timestamp>,
}

impl Uploads {
    pub(super) const fn new(client: Client, prefix: String) -> Self {
        Self { client, prefix }
    }

    /// Gives up what was begun below a name before this moment; answers how many.
    pub(crate) async fn clear(&self, below: &str, before: Timestamp) -> Result<usize, StoreError> {
        let failed = |fault| StoreError::unavailable("sweep", below, fault);
        let mut cleared = 0;
        for open in self.open(below).await.map_err(failed)? {
            // WHY only with a time: without one it may be in flight.
            if open.begun.is_some_and(|begun| begun < before) {
                self.abort(&open).await.map_err(failed)?;
                cleared += 1;
            }
        }
        Ok(cleared)
    }

    async fn open(&self, below: &str) -> std::result::Result<Vec<Open>, Fault> {
        let prefix = match self.prefix.is_empty() {
            true => format!("{below}/"),
            false => format!("{}/{below}/", self.prefix),
        };
        let (mut open, mut key, mut upload) = (Vec::new(), String::new(), String::new());
        for _ in 0..UPLOAD_PAGES_MAX {
            let mut query = vec![("uploads", ""), ("prefix", prefix.as_str())];
            if !key.is_empty() {
                query.extend([("key-marker", key.as_str()), ("upload-id-marker", upload.as_str())]);
            }
            let asked = Asked { method: &Method::GET, key: "", query: &query, headers: &[] };
            let page = self.client.read(asked).await?;
            let (records, mut beside) = xml::read(&page, "Upload").map_err(|_| Fault::Strange)?;
            open.extend(records.into_iter().filter_map(read));
            let mut marker = |name: &str| beside.remove(name).unwrap_or_default();
            if marker("IsTruncated") != "true" {
                break;
            }
            (key, upload) = (marker("NextKeyMarker"), marker("NextUploadIdMarker"));
            if key.is_empty() {
                return Err(Fault::Strange);
            }
        }
        // WHY again: a server that does not know the prefix must not have us end others' uploads.
        open.retain(|open: &Open| open.key.starts_with(&prefix));
        Ok(open)
    }

    async fn abort(&self, open: &Open) -> std::result::Result<(), Fault> {
        let query = [("uploadId", open.upload.as_str())];
        let asked = Asked { method: &Method::DELETE, key: &open.key, query: &query, headers: &[] };
        match self.client.read(asked).await {
            Ok(_) | Err(Fault::Gone) => Ok(()),
            Err(fault) => Err(fault),
        }
    }
}

fn read(mut record: xml::Record) -> Option<Open> {
    let begun = record.get("Initiated").and_then(|begun| begun.parse().ok());
    Some(Open { key: record.remove("Key")?, upload: record.remove("UploadId")?, begun })
}
