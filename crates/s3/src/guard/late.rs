//! Answers that take long: the client is told that its request is at work, so that nobody on the way gives up.
//!
//! As S3 does for copies and completions: after a while a 200 begins, spaces follow, and at the end comes what is
//! to be said, an error too. SDKs look for such an error. What is said at once keeps its own status and headers.

use std::pin::Pin;
use std::time::Duration;

use async_stream::stream;
use bytes::Bytes;
use futures::StreamExt;
use http::{HeaderValue, Request, header};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use s3s::{Body, HttpResponse, S3ErrorCode};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};
use words::Reason;

use super::answer;
use crate::error::{self, LEAF};
use crate::guard::name;

/// The work of one request.
pub type Work = Pin<Box<dyn Future<Output = HttpResponse> + Send>>;

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// Whether a request's answer is XML that an SDK reads to its end: copies, and completions of uploads.
pub fn may_be_late(request: &Request<()>) -> bool {
    let is_copy =
        *request.method() == http::Method::PUT && request.headers().contains_key("x-amz-copy-source");
    let pairs = name::pairs(request.uri().query()).unwrap_or_default();
    let is_completion = *request.method() == http::Method::POST && name::value(&pairs, "uploadId").is_some();
    is_copy || is_completion
}

/// The answer, or after `wait` the start of one.
pub async fn answered(mut work: Work, wait: Duration) -> HttpResponse {
    tokio::select! {
        biased;
        done = &mut work => return done,
        () = sleep(wait) => {}
    }
    let body = stream! {
        let mut ticks = interval_at(Instant::now(), wait);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        yield Frame::data(Bytes::from_static(DECLARATION.as_bytes()));
        let done = loop {
            tokio::select! {
                biased;
                done = &mut work => break done,
                _ = ticks.tick() => yield Frame::data(Bytes::from_static(b" ")),
            }
        };
        for bytes in told(done).await {
            yield Frame::data(bytes);
        }
    };
    let frames = StreamBody::new(body.map(Ok::<_, std::convert::Infallible>));
    let mut response = HttpResponse::new(Body::http_body_unsync(frames));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    response
}

/// What is left to say: where it was recorded, for people who look, and the document without its first line.
async fn told(done: HttpResponse) -> Vec<Bytes> {
    let leaf = done.headers().get(LEAF).and_then(|leaf| leaf.to_str().ok());
    let leaf = leaf.map(|leaf| Bytes::from(format!("<!-- {LEAF}: {leaf} -->")));
    let is_refused = !done.status().is_success();
    // WHY whole: an answer of these verbs is a few lines.
    let text = match BodyExt::collect(done.into_body()).await {
        Ok(whole) => whole.to_bytes(),
        Err(_) => Bytes::new(),
    };
    let text = if text.is_empty() && is_refused { broken().await } else { text };
    let start = text.windows(2).position(|pair| pair == b"?>").filter(|_| text.starts_with(b"<?xml"));
    let rest = start.map_or(text.clone(), |end| text.slice(end + 2..));
    leaf.into_iter().chain([rest]).collect()
}

/// A refusal that had no words must not look like success.
async fn broken() -> Bytes {
    let error = error::error(S3ErrorCode::InternalError, &Reason::Unavailable.into());
    let whole = BodyExt::collect(answer::of(error).into_body()).await;
    whole.map(|whole| whole.to_bytes()).unwrap_or_default()
}
