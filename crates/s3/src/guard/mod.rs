//! What stands before the protocol: bounds, strict reading, our clock.
//!
//! The protocol crate has no protection of its own. Everything here refuses
//! or lets through; nothing here changes a request.

pub mod answer;
pub mod chunk;
pub mod head;
pub mod inlet;
pub mod name;
pub mod sign;

use std::sync::Arc;

use http::{HeaderMap, Request, header};
use http_body::Body as _;
use hyper::body::Incoming;
use s3s::{Body, HttpResponse, S3Error, S3ErrorCode, S3Result};
use tokio::sync::OwnedSemaphorePermit;
use tracing::Dispatch;
use tracing::instrument::WithSubscriber;
use words::{Reason, Refusal};

use crate::ask::{Caller, Voice};
use crate::door::S3Door;
use crate::error;
use inlet::{Inlet, Source};

/// Serves one request: admits it, hands it on, and makes its refusal heard.
pub async fn serve(door: &S3Door, caller: Caller, request: Request<Incoming>) -> HttpResponse {
    let is_waiting = waits_to_send(request.headers());
    let is_head = request.method() == http::Method::HEAD;
    let (head, body) = request.into_parts();
    let source = Source::new(body);
    let answered = match admit(door, &source, Request::from_parts(head, ())) {
        Ok((request, open)) => {
            let chunks = chunk::Chunks::of(request.headers());
            let inlet = Inlet::new(Arc::clone(&source), door.limits().body_wait, chunks, open);
            call(door, caller, request, inlet).await
        }
        Err(refused) => answer::of(refused),
    };
    let response = answer::finish(answered, source.fault(), is_head);
    if !response.status().is_success() && (source.has_begun() || !is_waiting) {
        inlet::drain(&source, door.limits().body_wait).await;
    }
    response
}

/// SPEC: RFC 9110, 10.1.1: such a client sends its body only when told to go on.
fn waits_to_send(headers: &HeaderMap) -> bool {
    headers.get(header::EXPECT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

type Admitted = (Request<()>, Option<OwnedSemaphorePermit>);

fn admit(door: &S3Door, source: &Source, request: Request<()>) -> S3Result<Admitted> {
    head::check(&request, door.now())?;
    if source.is_empty() {
        return Ok((request, None));
    }
    let open = door.open_body().ok_or_else(busy)?;
    Ok((request, Some(open)))
}

fn busy() -> S3Error {
    error::error(S3ErrorCode::SlowDown, &Refusal::with(Reason::Unavailable, "too many uploads at once"))
}

/// WHY in silence: the protocol crate logs requests, bodies and errors as they are.
async fn call(door: &S3Door, caller: Caller, request: Request<()>, body: Inlet) -> HttpResponse {
    let voice = tracing::dispatcher::get_default(Dispatch::clone);
    let is_empty = body.is_end_stream();
    let body = if is_empty { Body::empty() } else { Body::http_body_unsync(body) };
    let mut request = request.map(|()| body);
    request.extensions_mut().insert(caller);
    request.extensions_mut().insert(Voice(voice));
    let answered = door.protocol().call(request).with_subscriber(Dispatch::none()).await;
    answered
        .unwrap_or_else(|_| answer::of(error::error(S3ErrorCode::InternalError, &Reason::Unavailable.into())))
}
