//! An S3 bucket that data come from: listed, and read object by object.
//!
//! It takes keys as they are, also those that no path of ours could bear. It
//! never writes.

use std::sync::Arc;

use ::http::Method;
use bytes::Bytes;
use object_store::client::HttpResponseBody;
use words::{Clock, Timestamp};

use super::client::{self, Asked, Client};
use super::fault::Fault;
use super::http::Http;
use super::{Remote, xml};
use crate::error::Cause;

/// Why a source gives nothing.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("cannot open the source")]
    Open(#[source] Cause),
    #[error("cannot list the source")]
    List(#[source] Fault),
    #[error("cannot read the object")]
    Read(#[source] Fault),
}

impl SourceError {
    pub fn fault(&self) -> Option<Fault> {
        match self {
            Self::Open(_) => None,
            Self::List(fault) | Self::Read(fault) => Some(*fault),
        }
    }
}

/// A bucket of somebody else's.
#[derive(Clone)]
pub struct Source {
    client: Client,
    prefix: String,
}

/// An object as a listing names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub key: String,
    pub size_bytes: u64,
    /// As the server writes it, with its quotes.
    pub etag: String,
    pub modified: Option<Timestamp>,
}

/// Up to a thousand objects, and where the next ones begin.
#[derive(Debug)]
pub struct Page {
    pub found: Vec<Found>,
    pub next: Option<String>,
}

/// An object on its way.
pub struct Object {
    pub size_bytes: Option<u64>,
    pub media: Option<String>,
    /// What the server says of the whole object, by S3's names: `sha256` and base64.
    pub sums: Vec<(&'static str, String)>,
    /// A key service sealed it there, so that its etag is no digest of it.
    pub is_sealed: bool,
    body: HttpResponseBody,
}

/// WHY these: the whole object's, not its parts'.
const SUMS: [&str; 5] = ["sha256", "sha1", "crc64nvme", "crc32c", "crc32"];

impl Source {
    /// The bucket's objects whose keys begin so, however strange.
    pub fn open(remote: &Remote, prefix: String, clock: Arc<dyn Clock>) -> Result<Self, SourceError> {
        let http = Http::new(&remote.endpoint, remote.roots.as_deref()).map_err(SourceError::Open)?;
        Ok(Self { client: Client::new(remote, http, clock), prefix })
    }

    /// The objects below the prefix, page by page.
    pub async fn page(&self, after: Option<&str>) -> Result<Page, SourceError> {
        let mut query = vec![("list-type", "2"), ("encoding-type", "url"), ("prefix", self.prefix.as_str())];
        query.extend(after.map(|after| ("continuation-token", after)));
        let asked = Asked { method: &Method::GET, key: "", query: &query, headers: &[] };
        let page = self.client.read(asked).await.map_err(SourceError::List)?;
        read_page(&page).ok_or(SourceError::List(Fault::Strange))
    }

    /// One object, only if it is still the one that was listed.
    pub async fn object(&self, found: &Found) -> Result<Object, SourceError> {
        let headers = [("if-match", found.etag.as_str()), ("x-amz-checksum-mode", "ENABLED")];
        let asked = Asked { method: &Method::GET, key: &found.key, query: &[], headers: &headers };
        let answered = self.client.ask(asked).await.map_err(SourceError::Read)?;
        let (head, body) = answered.into_parts();
        let text =
            |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let sums = SUMS.iter().filter_map(|sum| {
            let value = text(&format!("x-amz-checksum-{sum}"))?;
            // WHY: `..-3` is a sum of the sums of three parts.
            (!value.contains('-')).then_some((*sum, value))
        });
        let sums = sums.collect();
        let size_bytes = text("content-length").and_then(|size| size.parse().ok());
        let sealed_by = text("x-amz-server-side-encryption").unwrap_or_default();
        let is_sealed = sealed_by.starts_with("aws:kms")
            || text("x-amz-server-side-encryption-customer-algorithm").is_some();
        Ok(Object { is_sealed, size_bytes, media: text("content-type"), sums, body })
    }
}

impl Object {
    /// The next bytes; an end before the announced size is the caller's to see.
    pub async fn next(&mut self) -> Option<Result<Bytes, SourceError>> {
        client::next(&mut self.body).await.map(|bytes| bytes.map_err(SourceError::Read))
    }
}

fn read_page(bytes: &[u8]) -> Option<Page> {
    let (records, mut beside) = xml::read(bytes, "Contents").ok()?;
    let is_escaped = beside.get("EncodingType").is_some_and(|kind| kind == "url");
    let found: Option<Vec<Found>> =
        records.into_iter().map(|record| read_found(record, is_escaped)).collect();
    let is_last = beside.get("IsTruncated").is_none_or(|more| more != "true");
    let next = beside.remove("NextContinuationToken").filter(|_| !is_last);
    // WHY: without it the rest could not be asked for, and would be missing in silence.
    (is_last || next.is_some()).then_some(Page { found: found?, next })
}

fn read_found(mut record: xml::Record, is_escaped: bool) -> Option<Found> {
    let key = record.remove("Key")?;
    Some(Found {
        key: if is_escaped { unescape(&key)? } else { key },
        size_bytes: record.get("Size")?.parse().ok()?,
        etag: record.remove("ETag")?,
        modified: record.get("LastModified").and_then(|at| at.parse().ok()),
    })
}

/// SPEC: S3's `encoding-type=url`: `%XX`, and `+` for a space.
fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let pair = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&pair).ok()?, 16).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

/// For fuzzing: a page as a server sends it.
pub(crate) fn fuzz(bytes: &[u8]) {
    if let Some(page) = read_page(bytes) {
        assert!(page.found.iter().all(|found| found.key.len() <= bytes.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_with_its_strange_keys() {
        let page = b"<R><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>\
            <NextContinuationToken>t</NextContinuationToken><Contents><Key>a+b%2Fc%2B</Key><Size>3</Size>\
            <ETag>&quot;e&quot;</ETag><LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents></R>";
        let page = read_page(page).unwrap();
        assert_eq!(page.found[0].key, "a b/c+");
        assert_eq!((page.found[0].size_bytes, page.next.as_deref()), (3, Some("t")));
    }

    #[test]
    fn a_page_that_hides_something_is_refused() {
        for page in [
            &b"<R><IsTruncated>true</IsTruncated></R>"[..],
            b"<R><Contents><Key>a</Key><ETag>e</ETag></Contents></R>",
            b"<R><EncodingType>url</EncodingType><Contents><Key>%zz</Key><Size>1</Size><ETag>e</ETag></Contents></R>",
            b"no answer at all <",
        ] {
            assert!(read_page(page).is_none(), "{}", String::from_utf8_lossy(page));
        }
    }
}
