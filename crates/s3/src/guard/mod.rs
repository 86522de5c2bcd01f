//! What stands before the protocol: bounds, strict reading, our clock.
//!
//! The protocol crate has no protection of its own. Everything here refuses
//! or lets through; the only change to a request is that headers which a
//! presigned query carries stand among the headers again.

pub mod answer;
pub mod chunk;
pub mod cross;
pub mod document;
pub mod head;
pub mod hoist;
pub mod hold;
pub mod inlet;
pub mod late;
pub mod name;
pub mod sign;
pub mod whole;

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Request, Response, header};
use http_body::Body as _;
use hyper::body::Incoming;
use listen::{Held, SignIn};
use s3s::{Body, HttpResponse, S3Error, S3ErrorCode, S3Result};
use tokio::sync::OwnedSemaphorePermit;
use tracing::Dispatch;
use tracing::instrument::WithSubscriber;
use words::Reason;

use crate::ask::{Caller, Voice};
use crate::door::S3Door;
use crate::{error, sts};
use document::{Document, Told};
use hold::Hold;
use inlet::{Inlet, Source};

/// What an answer is sent with: it gives back what the request took.
pub type Answered = Response<Held<Body, Arc<Hold>>>;

/// Serves one request: admits it, hands it on, and makes its refusal heard.
pub async fn serve(door: &S3Door, caller: Caller, request: Request<Incoming>) -> Answered {
    let is_waiting = waits_to_send(request.headers());
    let is_head = request.method() == http::Method::HEAD;
    let is_get = request.method() == http::Method::GET;
    let page = cross::Page::of(door, request.headers()).await;
    let (head, body) = request.into_parts();
    let source = Source::new(body);
    let hold = Arc::new(Hold::new(door.budget()));
    let response = if head.method == http::Method::OPTIONS {
        answer::finish(page.preflight(&head.headers), source.fault(), is_head)
    } else {
        admitted(door, caller, Request::from_parts(head, ()), &source, &hold).await
    };
    if !response.status().is_success() && (source.has_begun() || !is_waiting) {
        // WHY bounded: refused strangers that keep sending must not sit here in numbers.
        if let Some(_drain) = door.open_drain() {
            inlet::drain(&source, door.limits().body_wait).await;
        }
    }
    let mut response = if is_get { afforded(door, response, &hold) } else { response };
    if !hold.is_known() {
        if !response.status().is_success() {
            let reason = response.headers().get(error::REASON).and_then(|reason| reason.to_str().ok());
            door.refused(reason.and_then(Reason::parse));
        }
        // WHY: a stranger who asks again and again must not keep the seat of somebody else.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    page.mark(&mut response);
    response.map(|body| Held::new(body, hold))
}

/// Answers what may reach the protocol; what may take long is told to be at work.
async fn admitted(
    door: &S3Door,
    caller: Caller,
    request: Request<()>,
    source: &Arc<Source>,
    hold: &Arc<Hold>,
) -> HttpResponse {
    let is_head = request.method() == http::Method::HEAD;
    let admitted = match admit(door, source, caller, request) {
        Ok(admitted) => admitted,
        Err(refused) => return answer::finish(answer::of(refused), source.fault(), is_head),
    };
    let is_late = late::may_be_late(&admitted.request);
    let (door, source, hold) = (door.clone(), Arc::clone(source), Arc::clone(hold));
    let wait = door.limits().answer_wait;
    let work = async move {
        let answered = call(&door, caller, admitted, &source, &hold).await;
        answer::finish(answered, source.fault(), is_head)
    };
    if is_late { late::answered(Box::pin(work), wait).await } else { work.await }
}

/// WHY of GET alone: a page may be long and its reader slow; what changed something is told in any case.
fn afforded(door: &S3Door, response: HttpResponse, hold: &Hold) -> HttpResponse {
    let held_bytes = response.body().bytes().map_or(0, |bytes| bytes.len() as u64);
    // A stranger's refusal is short, and its connection ends with it.
    let grant = if hold.is_known() { hold.bytes(held_bytes) } else { door.budget().take(held_bytes) };
    match grant {
        Some(grant) => {
            hold.keep_grant(grant);
            response
        }
        None => answer::of(error::slow_down("too many answers at once")),
    }
}

/// SPEC: RFC 9110, 10.1.1: such a client sends its body only when told to go on.
fn waits_to_send(headers: &HeaderMap) -> bool {
    headers.get(header::EXPECT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

/// A request that may reach the protocol.
struct Admitted {
    request: Request<()>,
    document: Option<Told>,
    open: Option<OwnedSemaphorePermit>,
    /// A place among those who ask for a session, until they are answered.
    sign_in: Option<SignIn>,
}

fn admit(door: &S3Door, source: &Source, caller: Caller, request: Request<()>) -> S3Result<Admitted> {
    let request = head::check(request, door.front(), door.now())?;
    let document = Told::read(&request)?;
    if sts::is_asked(request.method(), request.uri(), request.headers()) {
        let sign_in = door.open_sign_in(caller.address);
        let sign_in = sign_in.ok_or_else(|| error::slow_down("too many sessions are asked for at once"))?;
        return Ok(Admitted { request, document, open: None, sign_in: Some(sign_in) });
    }
    let open = if source.is_empty() { None } else { Some(door.open_body().ok_or_else(busy)?) };
    Ok(Admitted { request, document, open, sign_in: None })
}

fn busy() -> S3Error {
    error::slow_down("too many uploads at once")
}

/// WHY in silence: the protocol crate logs requests, bodies and errors as they are.
async fn call(
    door: &S3Door,
    caller: Caller,
    admitted: Admitted,
    source: &Arc<Source>,
    hold: &Arc<Hold>,
) -> HttpResponse {
    let voice = tracing::dispatcher::get_default(Dispatch::clone);
    let Admitted { request, document, open, sign_in: _until_answered } = admitted;
    let wait = door.limits().body_wait;
    let chunks = chunk::Chunks::of(request.headers());
    let inlet = Inlet::new(Arc::clone(source), wait, chunks, Arc::clone(hold), open);
    let body = match document {
        _ if inlet.is_end_stream() => Body::empty(),
        None => Body::http_body_unsync(inlet),
        Some(told) => Body::http_body_unsync(Document::new(inlet, told, wait, Arc::clone(hold))),
    };
    let mut request = request.map(|()| body);
    request.extensions_mut().insert(caller);
    request.extensions_mut().insert(Arc::clone(hold));
    request.extensions_mut().insert(Voice(voice));
    let answered = door.protocol().call(request).with_subscriber(Dispatch::none()).await;
    answered
        .unwrap_or_else(|_| answer::of(error::error(S3ErrorCode::InternalError, &Reason::Unavailable.into())))
}
