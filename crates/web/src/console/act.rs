//! Acts as forms: one for every row of the table.

use std::collections::HashMap;

use bytes::Bytes;
use http::{HeaderValue, Response, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use listen::{Held, Share};
use region::expected::{self, Digest};
use region::object::put::Extra;
use region::perform::keeps_attempts;
use serde_json::{Map, Value};
use words::actor::Role;
use words::limit::ACT_BODY_BYTES_MAX;
use words::noun::Attempt;
use words::{Act, Id, Reason, Refusal, act};

use super::data;
use super::file;
use super::form::{Form, own_path};
use super::nouns::Noun;
use super::{Answered, Visit};
use crate::pages;
use crate::parts::Choices;
use crate::perform::{self, Body};

/// Nouns whose things are decided on as they were seen.
const UPON: [&str; 4] = ["agreement", "permit", "grant", "airlock"];

/// WHY: more than a person reads through; they write the name instead.
const CHOICES_MAX: usize = 200;

fn find(name: &str) -> Result<Act, Refusal> {
    Act::parse(name).ok_or_else(|| Refusal::with(Reason::NotFound, "there is no such act"))
}

/// The form of an act, with what the address gives.
pub async fn show(visit: &Visit<'_>, name: &str) -> Result<Answered, Refusal> {
    let act = find(name)?;
    if matches!(act, Act::AccountPassword | Act::AccountPasskey | Act::AccountDrop) {
        return Ok(Answered::to("/me/ways"));
    }
    let mut form = Form::default();
    for field in act.row().fields {
        if let Some(given) = visit.asked(field.name) {
            form.put(field.name, given);
        }
    }
    // Names of objects come sealed: an address must not tell them.
    if let (Some(sealed), true) =
        (visit.asked("sealed"), act.row().fields.iter().any(|field| field.name == "key"))
    {
        let key = data::key_of(visit, form.text("project"), form.text("bucket"), &sealed)?;
        form.put("key", key);
    }
    form.back = visit.asked("back").and_then(|back| own_path(&back));
    form_page(visit, act, form, None).await
}

async fn form_page(
    visit: &Visit<'_>,
    act: Act,
    mut form: Form,
    refusal: Option<&Refusal>,
) -> Result<Answered, Refusal> {
    if form.attempt.is_none() && keeps_attempts(act) {
        form.attempt = Some(Id::<Attempt>::random(visit.door.region().rand()));
    }
    let project = Some(form.text("project").to_owned()).filter(|project| !project.is_empty());
    let project = project.as_deref();
    let target = target(visit, act, project, &form).await;
    // WHY: what is signed, granted or released is what stood beside the form, and nothing that came since.
    form.expected = match &target {
        Some(Target::Shown(_, digest)) if UPON.contains(&act.row().noun) && keeps_attempts(act) => {
            Some(*digest)
        }
        _ => None,
    };
    let around = Around { choices: choices(visit, act, project).await, target };
    Ok(Answered::page(pages::act(visit, act, &form, &around, refusal)))
}

/// What stands around a form.
pub struct Around {
    pub choices: Vec<Choices>,
    /// What it would be done to; none: it names nothing that has a page.
    pub target: Option<Target>,
}

/// What an act is about.
pub enum Target {
    /// With the digest of its show.
    Shown(Map<String, Value>, Digest),
    /// Whoever visits may not see it, or it is not there.
    Hidden,
}

/// WHY: nobody should sign, grant or end what they do not see.
async fn target(visit: &Visit<'_>, act: Act, project: Option<&str>, form: &Form) -> Option<Target> {
    let word = act.row().noun;
    let noun = Noun::called(word, project)?;
    let name = Some(form.text(word)).filter(|name| !name.is_empty())?;
    let Ok(things) = noun.things(visit, project, Some(name)).await else { return Some(Target::Hidden) };
    let digest = expected::digest(&Value::Array(things.clone()));
    Some(noun.pick(&things, name).map_or(Target::Hidden, |thing| Target::Shown(thing, digest)))
}

/// What may come into each field of an act, as far as whoever visits may know it.
async fn choices(visit: &Visit<'_>, act: Act, project: Option<&str>) -> Vec<Choices> {
    // WHY remembered: fields of one noun are one look.
    let mut looked: HashMap<&str, Choices> = HashMap::new();
    let mut choices = Vec::new();
    for field in act.row().fields {
        let word = match field.name {
            "provider" | "party" | "parties" => "organisation",
            "persons" => "person",
            "study" => "project",
            other => other,
        };
        let known = fixed(field.name).or_else(|| looked.get(word).cloned());
        let found = match known {
            Some(known) => known,
            None => named(visit, word, project).await,
        };
        looked.insert(word, found.clone());
        choices.push(found);
    }
    choices
}

/// Words of ours, where a field takes no others.
fn fixed(field: &str) -> Option<Choices> {
    let roles: Vec<&str> = Role::ALL.iter().map(|role| role.text()).collect();
    let words: &[&str] = match field {
        "place" => &["inside", "outside"],
        "tier" => &["0", "1", "2", "3"],
        "environment" => &["test", "production"],
        "service_model" => &["iaas", "paas", "saas"],
        "kind" => &["secret", "public", "s3"],
        "mail" => &["on", "off"],
        "role" => &roles,
        _ => return None,
    };
    Some(Choices::Only(words.iter().map(|word| (*word).to_owned()).collect()))
}

/// Names of things that come to mind.
async fn named(visit: &Visit<'_>, word: &str, project: Option<&str>) -> Choices {
    // WHY not those: a field `key` is the name of an object.
    let noun = Noun::called(word, project).filter(|noun| !matches!(noun.word, "key" | "exit" | "ledger"));
    let Some(noun) = noun else { return Choices::Any };
    let Ok(things) = noun.things(visit, project, None).await else { return Choices::Any };
    let names = things.iter().filter_map(Value::as_object).filter_map(|thing| noun.alias(thing));
    Choices::Some(names.take(CHOICES_MAX).collect())
}

/// Bytes as a file, which take part in what their person may have in flight until they are through.
pub fn as_file(response: Response<Body>, share: Share, name: &str) -> Response<Body> {
    let mut response = response.map(|body| Held::new(body, share).boxed_unsync());
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename*=UTF-8''{name}")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

/// The ending of a file's name: what somebody takes to sign must open by a click.
fn ending(response: &Response<Body>) -> &'static str {
    let media = response.headers().get(header::CONTENT_TYPE).and_then(|media| media.to_str().ok());
    match media {
        Some("application/pdf") => ".pdf",
        Some("application/pkcs7-mime") => ".p7m",
        Some("image/jpeg") => ".jpg",
        Some("image/png") => ".png",
        _ => "",
    }
}

/// Does what a form says, and tells what came of it.
pub async fn done(visit: &Visit<'_>, name: &str, body: Incoming) -> Result<Answered, Refusal> {
    let act = find(name)?;
    let signed = visit.signed()?;
    let is_with_file = file::is_taken(act);
    let room = if is_with_file { file::FORM_BYTES_MAX } else { ACT_BODY_BYTES_MAX as u64 };
    let _room = visit.door.room(&signed.share, room)?;
    let (form, sent) = match is_with_file {
        true => file::read(visit, body).await?,
        false => (Form::read(body, visit.door.limits().body_wait).await?, Bytes::new()),
    };
    let fields = match form.fields(act) {
        Ok(fields) => fields,
        Err(refusal) => return Ok(form_page(visit, act, form, Some(&refusal)).await?.for_refusal(&refusal)),
    };
    let region = visit.door.region();
    let attempt = form.attempt.filter(|_| keeps_attempts(act));
    let performed = match act.row().body {
        // WHY: a page ends, and following does not.
        act::Body::Download if act == Act::LedgerFollow => {
            Err(Refusal::with(Reason::NotOffered, "a program follows the ledger: see its command"))
        }
        act::Body::Download => {
            let share = visit.door.share_of(signed.actor.person)?;
            let response = perform::download(visit.door, &signed.actor, act, fields).await;
            response.map(|response| {
                let name = format!("{}{}", act.row().noun, ending(&response));
                Ok(as_file(response, share, &name))
            })
        }
        act::Body::None => {
            region.perform_upon(&signed.actor, act, fields, attempt, form.expected).await.map(Err)
        }
        act::Body::Upload if is_with_file => {
            let body = Box::pin(futures::stream::once(async { Ok(sent) }));
            perform::taken(visit.door, &signed.actor, act, fields, (body, Extra::default())).await.map(Err)
        }
        act::Body::Upload => {
            Err(Refusal::with(Reason::NotOffered, "files are sent from the page of their bucket"))
        }
    };
    match performed {
        Ok(Ok(stream)) => Ok(Answered::bytes(stream)),
        Ok(Err(done)) => Ok(Answered::page(pages::done(visit, act, &form, &done))),
        Err(refusal) => Ok(form_page(visit, act, form, Some(&refusal)).await?.for_refusal(&refusal)),
    }
}
