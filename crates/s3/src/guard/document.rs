//! A body that is read whole, as XML: within the door's budget, in bounded time, and as its checksums say.
//!
//! The protocol crate collects such a body in memory and compares no checksum
//! of it. Room is taken when the body is first asked for, which is after the
//! signature was verified, and out of its person's part: a stranger takes none.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, header};
use http_body::{Body, Frame, SizeHint};
use s3s::S3Result;
use seal::checksum::{Checksum, Digest};
use tokio::time::{Sleep, sleep};

use crate::guard::head::InHost;
use crate::guard::hold::Hold;
use crate::guard::inlet::{Broken, Fault, Inlet};
use crate::guard::name;
use crate::{sts, sums};

/// WHY: a document is at most 8 MiB; who needs longer than this many waits holds memory from others.
const WAITS_MAX: u32 = 6;

/// What a document says of itself.
#[derive(Debug)]
pub struct Told {
    size_bytes: u64,
    claimed: Vec<Digest>,
}

impl Told {
    /// None for a body that is no document, or an empty one.
    pub fn read<B>(request: &Request<B>) -> S3Result<Option<Self>> {
        // WHY not a form that asks for a session: strangers send it, and its room is its own.
        if sts::is_asked(request.method(), request.uri(), request.headers()) {
            return Ok(None);
        }
        let size_bytes = length(request.headers()).filter(|size_bytes| *size_bytes > 0);
        let Some(size_bytes) = size_bytes.filter(|_| is_document(request)) else {
            return Ok(None);
        };
        // SPEC: CompleteMultipartUpload: the checksums in its headers are the object's; only the MD5 is the body's.
        let claimed = match *request.method() == Method::POST && has_key(request) {
            true => sums::md5(request.headers())?.into_iter().collect(),
            false => sums::claimed(request.headers())?,
        };
        Ok(Some(Self { size_bytes, claimed }))
    }
}

/// What is said of an object as a document of its own.
const ABOUT_OBJECTS: [&str; 4] = ["acl", "legal-hold", "retention", "tagging"];

/// Whether the protocol would read the body whole; other verbs with such bodies are not served.
pub fn is_document<B>(request: &Request<B>) -> bool {
    *request.method() == Method::POST || !has_key(request) || is_about_object(request)
}

fn is_about_object<B>(request: &Request<B>) -> bool {
    let pairs = name::pairs(request.uri().query()).unwrap_or_default();
    pairs.iter().any(|(name, _)| ABOUT_OBJECTS.contains(&name.as_str()))
}

fn has_key<B>(request: &Request<B>) -> bool {
    let path = request.uri().path().strip_prefix('/').unwrap_or_default();
    match request.extensions().get::<InHost>() {
        Some(InHost) => !path.is_empty(),
        None => path.split_once('/').is_some_and(|(_, key)| !key.is_empty()),
    }
}

/// The announced length, if it is a number.
pub fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The body as the protocol reads it.
pub struct Document {
    inlet: Inlet,
    told: Told,
    sums: Vec<Checksum>,
    seen_bytes: u64,
    until: Pin<Box<Sleep>>,
    has_room: bool,
    hold: Arc<Hold>,
}

impl Document {
    pub fn new(inlet: Inlet, told: Told, wait: Duration, hold: Arc<Hold>) -> Self {
        let sums = told.claimed.iter().map(|digest| Checksum::new(digest.algorithm())).collect();
        let until = Box::pin(sleep(wait * WAITS_MAX));
        Self { inlet, told, sums, seen_bytes: 0, until, has_room: false, hold }
    }

    fn take_room(&mut self) -> Result<(), Broken> {
        if std::mem::replace(&mut self.has_room, true) {
            return Ok(());
        }
        let grant = self.hold.bytes(self.told.size_bytes);
        self.hold.keep_grant(grant.ok_or_else(|| self.inlet.broken(Fault::Full))?);
        Ok(())
    }

    /// WHY at the last byte: the protocol does not ask for more than was announced.
    fn arrived(&mut self, bytes: &Bytes) -> Result<(), Broken> {
        self.seen_bytes = self.seen_bytes.saturating_add(bytes.len() as u64);
        self.sums.iter_mut().for_each(|sum| sum.update(bytes));
        if self.seen_bytes < self.told.size_bytes {
            return Ok(());
        }
        let found: Vec<_> = std::mem::take(&mut self.sums).into_iter().map(Checksum::finish).collect();
        let wrong = self.told.claimed.iter().find(|claim| !found.contains(claim));
        wrong.map_or(Ok(()), |claim| Err(self.inlet.broken(Fault::Sum(claim.algorithm()))))
    }
}

impl Body for Document {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        if let Err(broken) = self.take_room() {
            return Poll::Ready(Some(Err(broken)));
        }
        let Poll::Ready(next) = Pin::new(&mut self.inlet).poll_frame(context) else {
            ready!(self.until.as_mut().poll(context));
            return Poll::Ready(Some(Err(self.inlet.broken(Fault::Slow))));
        };
        if let Some(bytes) = next.as_ref().and_then(|next| next.as_ref().ok()?.data_ref()) {
            let bytes = bytes.clone();
            if let Err(broken) = self.arrived(&bytes) {
                return Poll::Ready(Some(Err(broken)));
            }
        }
        Poll::Ready(next)
    }

    fn is_end_stream(&self) -> bool {
        self.inlet.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inlet.size_hint()
    }
}
