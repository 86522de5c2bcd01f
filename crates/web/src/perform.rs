//! From a request to an act of the region, and from its end to an answer.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use futures::{Stream, StreamExt, stream};
use gate::identify::digest;
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::body::{Body as _, Frame, Incoming};
use listen::{Held, Share};
use region::Done;
use region::cell::step::Leaf;
use region::noun::agreement::lodge;
use region::noun::authority::revocation;
use region::noun::{airlock, ledger};
use region::object::Checksum;
use region::object::body::Body as Plain;
use region::object::export::export;
use region::object::put::{Extra, Sums, put, sha256};
use region::object::read::get;
use region::object::sums::summed;
use region::upload::part;
use seal::checksum::{Algorithm, Digest};
use serde_json::{Value, json};
use words::act::{
    AirlockFetch, AirlockInspect, LedgerExport, LedgerFollow, ObjectExport, ObjectGet, ObjectPut, UploadPart,
};
use words::limit::ACT_BODY_BYTES_MAX;
use words::reason::Language;
use words::{Act, Actor, Deed, Reason, Refusal};

use crate::console;
use crate::door::ActsDoor;
use crate::head::{Head, Proof};
use crate::issuing;
use crate::openapi;
use crate::problem::{Problem, status};
use crate::run;
use crate::sign_in::sign_in;
use crate::{
    ACTS_PATH, HEALTH_PATH, LEAF_HEADER, LINKS_PATH, NOTICE_KEYS_PATH, OPENAPI_PATH, REASONS_PATH,
    REGISTER_PATH, SIGN_IN_PATH, tar,
};

pub type Body = UnsyncBoxBody<Bytes, Refusal>;

/// Answers one request, whatever it is.
pub async fn answer(door: &ActsDoor, address: IpAddr, request: Request<Incoming>) -> Response<Body> {
    if issuing::is_issuing(request.uri().path()) {
        let (parts, body) = request.into_parts();
        return issuing::answer(door, &parts, body, address).await;
    }
    if !is_for_machines(request.uri().path()) {
        let (parts, body) = request.into_parts();
        return console::answer(door, &parts, body, address).await;
    }
    if let Some(method) = method_of(request.uri().path())
        && request.method() != method
    {
        return elsewise(door, &method);
    }
    if request.uri().path() == HEALTH_PATH {
        return health(door);
    }
    let (parts, body) = request.into_parts();
    if let Some(response) = open(door, &parts) {
        return response;
    }
    if parts.uri.path() == REGISTER_PATH {
        return register(door, &parts, address).await;
    }
    if parts.uri.path() == LINKS_PATH {
        return linked(door, &parts, address).await;
    }
    if parts.uri.path() == SIGN_IN_PATH {
        return signed_in(door, &parts, body, address).await;
    }
    let head = match Head::read(&parts) {
        Ok(head) => head,
        Err(refusal) => {
            return turned_away(door, &refusal);
        }
    };
    let act = head.act;
    match act_on(door, &head, body, address).await {
        Ok(response) => response,
        Err(refusal) => no(&refusal, Some(act)),
    }
}

/// Paths of programs; all others are pages.
fn is_for_machines(path: &str) -> bool {
    path.starts_with("/v1/") || path == HEALTH_PATH || path.starts_with(REASONS_PATH)
}

/// The one method of a path that is offered.
fn method_of(path: &str) -> Option<Method> {
    let is_act = path.strip_prefix(ACTS_PATH).and_then(Act::parse).is_some();
    let is_told = [HEALTH_PATH, NOTICE_KEYS_PATH, OPENAPI_PATH, REGISTER_PATH].contains(&path)
        || path.starts_with(REASONS_PATH);
    match (is_act || path == SIGN_IN_PATH || path == LINKS_PATH, is_told) {
        (true, _) => Some(Method::POST),
        (false, true) => Some(Method::GET),
        (false, false) => None,
    }
}

/// SPEC: RFC 9110, 15.5.6: a method that a resource does not know, with those that it does.
fn elsewise(door: &ActsDoor, method: &Method) -> Response<Body> {
    let refusal = Refusal::with(Reason::NotOffered, format!("{method} alone is answered here"));
    let mut response = turned_away(door, &refusal);
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    let allowed = HeaderValue::from_str(method.as_str());
    allowed.into_iter().for_each(|allowed| drop(response.headers_mut().insert(header::ALLOW, allowed)));
    response
}

/// Whether acts sent here are answered; asked by anybody, so it names nothing.
fn health(door: &ActsDoor) -> Response<Body> {
    let is_ready = door.is_serving();
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    said(status, "application/json", &json!({ "ready": is_ready }))
}

/// What is told to anybody: what is offered, and what a reason means.
fn open(door: &ActsDoor, parts: &Parts) -> Option<Response<Body>> {
    let path = parts.uri.path();
    if path == OPENAPI_PATH {
        return Some(written("application/json", openapi::text()));
    }
    if path == NOTICE_KEYS_PATH {
        return Some(match door.region().notice_keys() {
            Ok(keys) => said(StatusCode::OK, "application/json", &keys),
            Err(refusal) => turned_away(door, &refusal),
        });
    }
    let code = path.strip_prefix(REASONS_PATH)?;
    let Some(reason) = Reason::parse(code) else {
        return Some(turned_away(door, &Refusal::with(Reason::NotFound, "no such reason")));
    };
    let told = |language| format!("{}\n\n{}\n", reason.text(language), reason.hint(language));
    let text = format!("{code}\n\n{}\n{}", told(Language::English), told(Language::Italian));
    Some(written("text/plain; charset=utf-8", text))
}

/// What anybody may read, as it is.
fn written(media: &'static str, text: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(Full::new(text.into()).map_err(|never| match never {}).boxed_unsync());
    set_media(&mut response, media);
    response
}

/// A session for an identity provider's token.
async fn signed_in(door: &ActsDoor, parts: &Parts, body: Incoming, address: IpAddr) -> Response<Body> {
    let work = async {
        door.refuse_other(&crate::head::host(&parts.headers)?)?;
        sign_in(door, body, address).await
    };
    match work.await {
        Ok(opened) => {
            let answer = json!({ "session": opened.ticket.expose(), "ends": opened.ends });
            told(&Done { leaf: opened.leaf, answer })
        }
        Err(refusal) => turned_away(door, &refusal),
    }
}

/// The public register, to anybody.
async fn register(door: &ActsDoor, parts: &Parts, address: IpAddr) -> Response<Body> {
    let work = async {
        door.refuse_other(&crate::head::host(&parts.headers)?)?;
        // WHY: strangers must not have us read all projects as often as they like.
        let _place = door.open_reading(address)?;
        crate::register::told(door.region()).await
    };
    match work.await {
        Ok(register) => said(StatusCode::OK, "application/json", &register),
        Err(refusal) => turned_away(door, &refusal),
    }
}

/// A one-time link that takes a browser into a session.
async fn linked(door: &ActsDoor, parts: &Parts, address: IpAddr) -> Response<Body> {
    let work = async {
        door.refuse_other(&crate::head::host(&parts.headers)?)?;
        let ticket = crate::head::session(&parts.headers)?;
        console::linked(door, ticket, address).await
    };
    match work.await {
        Ok(answer) => told(&Done { leaf: None, answer }),
        Err(refusal) => turned_away(door, &refusal),
    }
}

async fn act_on(
    door: &ActsDoor,
    head: &Head,
    body: Incoming,
    address: IpAddr,
) -> Result<Response<Body>, Refusal> {
    let (share, actor) = known(door, head, address).await.inspect_err(|refusal| door.refused(refusal))?;
    let wait = door.limits().body_wait;
    let answered = match &head.fields {
        None => {
            let announced = body.size_hint().upper().unwrap_or(ACT_BODY_BYTES_MAX as u64);
            let _room = door.room(&share, announced.min(ACT_BODY_BYTES_MAX as u64))?;
            let fields = read_fields(head, body, wait).await?;
            perform(door, &actor, head, fields).await?
        }
        Some(fields) => {
            let fields = parse(&digest::read_act(fields).map_err(Refusal::new)?)?;
            // WHY these: they are read whole before anything is kept.
            let is_whole =
                matches!(head.act, Act::AgreementLodge | Act::AgreementScan | Act::AuthorityUpdate);
            let _room = is_whole.then(|| door.room(&share, lodge::FILE_BYTES_MAX as u64)).transpose()?;
            let sent = sent(body, head.digest.as_deref(), wait)?;
            told(&taken(door, &actor, head.act, fields, sent).await?)
        }
    };
    Ok(answered.map(|body| Held::new(body, share).boxed_unsync()))
}

/// Whoever signed, if they are somebody.
async fn known(door: &ActsDoor, head: &Head, address: IpAddr) -> Result<(Share, Actor), Refusal> {
    let signed = match &head.proof {
        Proof::Session(ticket) => return door.in_session(head, ticket.expose(), address).await,
        Proof::Signed(signed) => signed,
    };
    let key = door.verify(head, signed)?;
    let share = door.share(key)?;
    // WHY before the body: anybody can make a key, and only a person's takes room.
    Ok((share, door.actor(head, key, address).await?))
}

/// A body of fields, whole and as signed.
async fn read_fields(head: &Head, body: Incoming, wait: Duration) -> Result<Value, Refusal> {
    let whole = tokio::time::timeout(wait, Limited::new(body, ACT_BODY_BYTES_MAX).collect()).await;
    let whole = whole.map_err(|_| Refusal::new(Reason::BodyCut))?;
    let bytes = whole.map_err(|_| Refusal::new(Reason::TooLarge))?.to_bytes();
    if let Some(signed) = &head.digest {
        digest::check(signed, &bytes).map_err(Refusal::new)?;
    }
    parse(&bytes)
}

fn parse(bytes: &[u8]) -> Result<Value, Refusal> {
    serde_json::from_slice(bytes).map_err(|error| Refusal::with(Reason::Invalid, error.to_string()))
}

fn read<D: Deed>(fields: Value) -> Result<D, Refusal> {
    serde_json::from_value(fields).map_err(|error| Refusal::with(Reason::Invalid, error.to_string()))
}

/// Acts that send no bytes; some give bytes.
async fn perform(
    door: &ActsDoor,
    actor: &Actor,
    head: &Head,
    fields: Value,
) -> Result<Response<Body>, Refusal> {
    match head.act.row().body {
        words::act::Body::Download => download(door, actor, head.act, fields).await,
        words::act::Body::None | words::act::Body::Upload => {
            let done =
                door.region().perform_upon(actor, head.act, fields, head.attempt, head.expected).await?;
            Ok(run::under_way(tagged(told(&done), head.act, &done), head.act, &done))
        }
    }
}

/// Acts that give bytes.
pub async fn download(
    door: &ActsDoor,
    actor: &Actor,
    act: Act,
    fields: Value,
) -> Result<Response<Body>, Refusal> {
    let region = door.region();
    match act {
        Act::ObjectGet => {
            let reading = get(region, actor, read::<ObjectGet>(fields)?, |row| Ok(0..row.size_bytes)).await?;
            Ok(bytes(reading.leaf, Some(reading.range.end - reading.range.start), reading.body))
        }
        Act::ObjectExport => {
            let reading = export(region, actor, read::<ObjectExport>(fields)?).await?;
            Ok(bytes(reading.leaf, None, reading.body))
        }
        Act::AirlockInspect => {
            let deed = read::<AirlockInspect>(fields)?;
            let of = airlock::Wanted {
                project: &deed.project,
                airlock: &deed.airlock,
                object: &deed.object,
                recipient: None,
            };
            let reading = airlock::open(region, actor, deed.clone(), of).await?;
            Ok(bytes(reading.leaf, Some(reading.row.size_bytes), reading.body))
        }
        Act::ExitFetch => {
            let reading = region::object::send::fetch(region, actor, read(fields)?).await?;
            Ok(bytes(reading.leaf, None, reading.body))
        }
        Act::AirlockFetch => fetch(door, actor, read(fields)?).await,
        Act::AgreementDocument => {
            let (done, document) = lodge::document(region, actor, read(fields)?).await?;
            let (size_bytes, media) = (document.len() as u64, media_of(&document));
            let mut response = bytes(done.leaf, Some(size_bytes), stream::once(async { Ok(document) }));
            set_media(&mut response, media);
            Ok(response)
        }
        Act::LedgerFollow => {
            let places = door.follow(actor.person)?;
            let leaves = ledger::follow(region, actor, read::<LedgerFollow>(fields)?).await?;
            Ok(events(leaves).map(|body| Held::new(body, places).boxed_unsync()))
        }
        Act::LedgerExport => {
            let files = ledger::export(region, actor, read::<LedgerExport>(fields)?).await?;
            Ok(bytes(None, None, tar::stream(files)))
        }
        _ => Err(Refusal::new(Reason::NotOffered)),
    }
}

/// What a document is, by its first bytes: ours, or what a party lodged.
fn media_of(document: &[u8]) -> &'static str {
    let starts: [(&[u8], &str); 3] =
        [(b"%PDF-", "application/pdf"), (&[0xff, 0xd8, 0xff], "image/jpeg"), (b"\x89PNG", "image/png")];
    let found = starts.iter().find(|(start, _)| document.starts_with(start));
    found.map_or("application/pkcs7-mime", |(_, media)| media)
}

async fn fetch(door: &ActsDoor, actor: &Actor, deed: AirlockFetch) -> Result<Response<Body>, Refusal> {
    let recipient = deed.recipient.as_deref();
    let of =
        airlock::Wanted { project: &deed.project, airlock: &deed.airlock, object: &deed.object, recipient };
    let reading = airlock::open(door.region(), actor, deed.clone(), of).await?;
    // WHY: sealed for a recipient it is longer than the object.
    let size_bytes = deed.recipient.is_none().then_some(reading.row.size_bytes);
    Ok(bytes(reading.leaf, size_bytes, reading.body))
}

/// Acts that take bytes.
pub async fn taken(
    door: &ActsDoor,
    actor: &Actor,
    act: Act,
    fields: Value,
    (body, extra): (Plain, Extra),
) -> Result<Done, Refusal> {
    let region = door.region();
    let (leaf, answer) = match act {
        Act::AgreementLodge => return lodge::lodge(region, actor, read(fields)?, body).await,
        Act::AgreementScan => return lodge::scan(region, actor, read(fields)?, body).await,
        Act::AuthorityUpdate => return revocation::update(region, actor, read(fields)?, body).await,
        Act::UploadPart => {
            let (row, leaf) = part(region, actor, read::<UploadPart>(fields)?, extra, body).await?;
            let answer = json!({ "part": row.number, "etag": row.etag, "size_bytes": row.piece.plain_bytes });
            (leaf, with_sum(answer, &row.checksums))
        }
        Act::ObjectPut => {
            let stored = put(region, actor, read::<ObjectPut>(fields)?, extra, body).await?;
            (stored.leaf, with_sum(region::perform::told(&stored.row), &stored.row.checksums))
        }
        _ => return Err(Refusal::new(Reason::NotOffered)),
    };
    Ok(Done { leaf, answer })
}

/// The SHA-256 that the region found and keeps, beside the rest; null where none was stated.
fn with_sum(mut answer: Value, sums: &[Checksum]) -> Value {
    if let Value::Object(answer) = &mut answer {
        answer.insert("sha256".to_owned(), json!(sha256(sums)));
    }
    answer
}

/// What a client sends, as the region takes it; where its digest is stated, refused at its end if it is another.
pub fn sent(body: Incoming, stated: Option<&str>, wait: Duration) -> Result<(Plain, Extra), Refusal> {
    let extra = Extra { size_bytes: body.size_hint().exact(), ..Extra::default() };
    let body = plain(body, wait);
    let Some(stated) = stated else {
        return Ok((body, extra));
    };
    let stated = Checksum::whole(&stated_digest(stated)?);
    let (body, found) = summed(body, &[Algorithm::Sha256]);
    let kept = vec![stated.clone()];
    // WHY as the last piece: the region lets go of the bytes before anything refers to them.
    let judged = stream::once(async move {
        let is_same = found()?.contains(&stated);
        if is_same { Ok(Bytes::new()) } else { Err(Refusal::with(Reason::ChecksumWrong, "Content-Digest")) }
    });
    let checksums: Option<Sums> = Some(Box::new(move || Ok(kept)));
    Ok((Box::pin(body.chain(judged)), Extra { checksums, ..extra }))
}

/// SPEC: RFC 9530, 2. WHY SHA-256 alone and one spelling: nobody sends a digest that is passed over.
fn stated_digest(header: &str) -> Result<Digest, Refusal> {
    let text = header.strip_prefix("sha-256=:").and_then(|text| text.strip_suffix(':'));
    let digest = text.and_then(|text| Digest::from_text(Algorithm::Sha256, text).ok());
    digest.ok_or_else(|| Refusal::with(Reason::Invalid, "`Content-Digest` of bytes is `sha-256=:..:`"))
}

/// The bytes a client sends, as the region takes them; a client that stops is let go.
pub fn plain(body: Incoming, wait: Duration) -> Plain {
    Box::pin(stream::unfold(Some(body), move |body| async move {
        let mut body = body?;
        loop {
            let cut = || Some((Err(Refusal::new(Reason::BodyCut)), None));
            let Ok(next) = tokio::time::timeout(wait, body.frame()).await else {
                return cut();
            };
            match next {
                None => return None,
                Some(Err(_)) => return cut(),
                Some(Ok(frame)) => {
                    // Trailers say nothing here.
                    let Ok(bytes) = frame.into_data() else {
                        continue;
                    };
                    return Some((Ok(bytes), Some(body)));
                }
            }
        }
    }))
}

/// A look's answer has a tag, which an act may be done upon (RFC 9110, 8.8.3, 13.1.1).
fn tagged(mut response: Response<Body>, act: Act, done: &Done) -> Response<Body> {
    if act.row().verb == "show" {
        let tag = format!("\"{}\"", HEXLOWER.encode(&region::expected::digest(&done.answer)));
        let tag = HeaderValue::from_str(&tag);
        tag.into_iter().for_each(|tag| drop(response.headers_mut().insert(header::ETAG, tag)));
    }
    response
}

/// What an act came to, and where it is recorded.
pub fn told(done: &Done) -> Response<Body> {
    let leaf = done.leaf.map(|leaf| leaf.to_string());
    let mut response =
        said(StatusCode::OK, "application/json", &json!({ "leaf": leaf, "answer": done.answer }));
    set_leaf(&mut response, done.leaf);
    response
}

/// A stranger hears no, and is counted.
fn turned_away(door: &ActsDoor, refusal: &Refusal) -> Response<Body> {
    door.refused(refusal);
    no(refusal, None)
}

fn no(refusal: &Refusal, act: Option<Act>) -> Response<Body> {
    let problem = serde_json::to_value(Problem::new(refusal, act)).unwrap_or_default();
    let mut response = said(status(refusal.reason), "application/problem+json", &problem);
    if refusal.reason == Reason::Unavailable {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    // WHY: the rest of a refused body is not waited for.
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

pub fn said(status: StatusCode, media: &'static str, value: &Value) -> Response<Body> {
    let bytes = Full::new(Bytes::from(value.to_string()));
    let mut response = Response::new(bytes.map_err(|never| match never {}).boxed_unsync());
    *response.status_mut() = status;
    set_media(&mut response, media);
    response
}

/// A stream of bytes; an error in it ends the connection, so that nobody takes a part for the whole.
pub fn bytes(
    leaf: Option<Leaf>,
    size_bytes: Option<u64>,
    body: impl Stream<Item = Result<Bytes, Refusal>> + Send + 'static,
) -> Response<Body> {
    let frames = StreamBody::new(body.map(|next| next.map(Frame::data)));
    let mut response = Response::new(frames.boxed_unsync());
    if let Some(size_bytes) = size_bytes {
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(size_bytes));
    }
    set_media(&mut response, "application/octet-stream");
    set_leaf(&mut response, leaf);
    response
}

/// WHY: whoever has gone is noticed when something is written to them; and what lies between drops a quiet connection.
const QUIET_WAIT: Duration = Duration::from_secs(5);

/// Leaves as they come, until whoever follows goes or may not any more.
///
/// SPEC: HTML, 9.2 (server-sent events): the leaf's number is the event's id; a line of nothing now and then; at the end
/// the reason. A stream that ends so is whole.
fn events(leaves: impl Stream<Item = Result<Value, Refusal>> + Send + 'static) -> Response<Body> {
    let leaves = stream::unfold(Some(Box::pin(leaves)), |leaves| async move {
        let mut leaves = leaves?;
        let (text, rest) = match tokio::time::timeout(QUIET_WAIT, leaves.next()).await {
            Err(_quiet) => (":\n\n".to_owned(), Some(leaves)),
            Ok(None) => return None,
            Ok(Some(Ok(leaf))) => {
                let index = leaf.get("leaf").and_then(Value::as_u64).unwrap_or_default();
                (format!("id: {index}\ndata: {leaf}\n\n"), Some(leaves))
            }
            Ok(Some(Err(refusal))) => {
                let said = json!({ "reason": refusal.reason.code() });
                (format!("event: end\ndata: {said}\n\n"), None)
            }
        };
        Some((Ok(Bytes::from(text)), rest))
    });
    let mut response = bytes(None, None, leaves);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response
}

fn set_media(response: &mut Response<Body>, media: &'static str) {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

fn set_leaf(response: &mut Response<Body>, leaf: Option<Leaf>) {
    let value = leaf.and_then(|leaf| HeaderValue::from_str(&leaf.to_string()).ok());
    if let Some(value) = value {
        response.headers_mut().insert(LEAF_HEADER, value);
    }
}
