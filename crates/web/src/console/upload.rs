//! Deliveries by script: the acts of an upload in parts, for the page of a bucket.
//!
//! A form sends a file in one go, and a cut connection loses it. The script of
//! that page sends it in parts, each with its SHA-256, and goes on where it
//! stopped. Here it does so in the session of whoever visits, under the grant
//! that they chose, by the acts that programs use at the JSON API. It must
//! never know an act beside those, nor take an object's name from an address.

use http::{HeaderValue, Response, header};
use hyper::body::{Body as _, Incoming};
use serde_json::{Map, Value, json};
use words::act::Body as Carries;
use words::limit::PART_BYTES_MAX;
use words::{Act, Reason, Refusal};

use super::Answered;
use super::visit::{self, Visit};
use crate::ACT_HEADER;
use crate::perform::{self, Body};
use crate::problem::status;

/// What a delivery is made of; other acts have forms.
const ACTS: [Act; 6] = [
    Act::ObjectPut,
    Act::UploadStart,
    Act::UploadPart,
    Act::UploadComplete,
    Act::UploadAbort,
    Act::UploadShow,
];

/// Does one act of a delivery, and answers the script of its page.
pub async fn act(visit: &Visit<'_>, (project, bucket): (&str, &str), name: &str, body: Incoming) -> Answered {
    let done = done(visit, (project, bucket), name, body).await;
    Answered::bytes(done.unwrap_or_else(|refusal| refused(visit, &refusal)))
}

async fn done(
    visit: &Visit<'_>,
    (project, bucket): (&str, &str),
    name: &str,
    body: Incoming,
) -> Result<Response<Body>, Refusal> {
    let signed = visit.signed()?;
    let act = Act::parse(name).filter(|act| ACTS.contains(act));
    let act = act.ok_or_else(|| Refusal::with(Reason::NotOffered, "no such act of a delivery"))?;
    let mut fields = fields(visit)?;
    let actor = match fields.remove("grant") {
        None | Some(Value::Null) => signed.actor.clone(),
        Some(Value::String(grant)) => visit.door.region().delivering(&signed.actor, &grant).await?,
        Some(_) => return Err(Refusal::with(Reason::Invalid, "`grant` is a text")),
    };
    for (field, value) in [("project", project), ("bucket", bucket)] {
        // WHY: the page is one bucket's; what says another is not of this page.
        if fields.insert(field.to_owned(), json!(value)).is_some() {
            return Err(Refusal::with(Reason::Invalid, format!("`{field}` is said by the address")));
        }
    }
    let fields = Value::Object(fields);
    match act.row().body {
        Carries::Upload => {
            let stated = once(visit, "content-digest")?;
            fits(body.size_hint().exact())?;
            let sent = perform::sent(body, Some(stated), visit.door.limits().body_wait)?;
            Ok(perform::told(&perform::taken(visit.door, &actor, act, fields, sent).await?))
        }
        Carries::None => {
            let done = visit.door.region().perform(&actor, act, fields, None).await?;
            Ok(perform::told(&done))
        }
        Carries::Download => Err(Refusal::new(Reason::NotOffered)),
    }
}

/// An act's fields and the grant, as the script sends them.
///
/// WHY in a header, as at the JSON API: the body is the file's, and addresses are kept in histories and logs.
fn fields(visit: &Visit<'_>) -> Result<Map<String, Value>, Refusal> {
    let read = gate::identify::digest::read_act(once(visit, ACT_HEADER)?).map_err(Refusal::new)?;
    serde_json::from_slice(&read).map_err(|error| Refusal::with(Reason::Invalid, error.to_string()))
}

/// A header that must stand once.
fn once<'v>(visit: &'v Visit<'_>, name: &str) -> Result<&'v str, Refusal> {
    let headers = &visit.parts.headers;
    let found = visit::text(headers, name).filter(|_| headers.get_all(name).iter().count() == 1);
    found.ok_or_else(|| Refusal::with(Reason::Invalid, format!("header `{name}` must stand once")))
}

/// WHY before a byte is read: browsers say how long a body is, and what is too long is not waited for.
fn fits(size_bytes: Option<u64>) -> Result<(), Refusal> {
    match size_bytes {
        None => Err(Refusal::with(Reason::Invalid, "the body does not say how long it is")),
        Some(size_bytes) if size_bytes > PART_BYTES_MAX => Err(Refusal::new(Reason::TooLarge)),
        Some(_) => Ok(()),
    }
}

/// Why not, in the words of whoever visits; the reason is the JSON API's.
fn refused(visit: &Visit<'_>, refusal: &Refusal) -> Response<Body> {
    if visit.signed().is_err() {
        visit.door.refused(refusal);
    }
    let (reason, language) = (refusal.reason, visit.language());
    let problem = json!({
        "reason": reason.code(),
        "title": reason.text(language),
        "detail": refusal.detail,
        "hint": reason.hint(language),
    });
    let mut response = perform::said(status(reason), "application/problem+json", &problem);
    // WHY: the rest of a refused body is not waited for.
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}
