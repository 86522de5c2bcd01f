//! Acts as forms: one for every row of the table.

use hyper::body::Incoming;
use region::perform::keeps_attempts;
use serde_json::{Value, json};
use words::act::Body;
use words::actor::Role;
use words::noun::Attempt;
use words::{Act, Id, Reason, Refusal};

use super::form::{Form, own_path};
use super::nouns::{OF_PROJECT, OF_REGION};
use super::{Answered, Visit};
use crate::pages;
use crate::parts::Choices;
use crate::perform;

/// WHY: more than a person reads through; they write the name instead.
const CHOICES_MAX: usize = 200;

fn find(name: &str) -> Result<Act, Refusal> {
    Act::parse(name).ok_or_else(|| Refusal::with(Reason::NotFound, "there is no such act"))
}

/// The form of an act, with what the address gives.
pub async fn show(visit: &Visit<'_>, name: &str) -> Result<Answered, Refusal> {
    let act = find(name)?;
    let mut form = Form::default();
    for field in act.row().fields {
        if let Some(given) = visit.asked(field.name) {
            form.put(field.name, given);
        }
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
    let mut choices = Vec::new();
    for field in act.row().fields {
        choices.push(of_field(visit, act, field.name, form.text("project")).await);
    }
    Ok(Answered::page(pages::act(visit, act, &form, &choices, refusal)?))
}

/// What may come into a field, as far as whoever visits may know it.
async fn of_field(visit: &Visit<'_>, act: Act, field: &str, project: &str) -> Choices {
    let only = |texts: &[&str]| Choices::Only(texts.iter().map(|text| (*text).to_owned()).collect());
    match field {
        "place" => return only(&["inside", "outside"]),
        "tier" => return only(&["0", "1", "2", "3"]),
        "environment" => return only(&["test", "production"]),
        "service_model" => return only(&["iaas", "paas", "saas"]),
        "role" => {
            let roles: Vec<_> = Role::ALL.iter().map(|role| role.text()).collect();
            return only(&roles);
        }
        _ => {}
    }
    let word = match field {
        "provider" | "party" | "parties" => "organisation",
        "persons" => "person",
        "study" => "project",
        other => other,
    };
    // WHY not of what is made: its name is new.
    if act.row().noun == word && field == "alias" {
        return Choices::Any;
    }
    let of_region = OF_REGION.iter().find(|noun| noun.word == word).map(|noun| (noun, json!({})));
    let of_project = OF_PROJECT
        .iter()
        .filter(|_| !project.is_empty())
        .find(|noun| matches!(word, "bucket" | "airlock") && noun.word == word)
        .map(|noun| (noun, json!({ "project": project })));
    let Some((noun, fields)) = of_region.or(of_project) else { return Choices::Any };
    let Ok(things) = visit.list(noun.show, fields).await else { return Choices::Any };
    let names = things.iter().filter_map(Value::as_object).filter_map(|thing| noun.alias(thing));
    Choices::Some(names.take(CHOICES_MAX).collect())
}

/// Does what a form says, and tells what came of it.
pub async fn done(visit: &Visit<'_>, name: &str, body: Incoming) -> Result<Answered, Refusal> {
    let act = find(name)?;
    let signed = visit.signed()?;
    let form = Form::read(body, visit.door.limits().body_wait).await?;
    let fields = match form.fields(act) {
        Ok(fields) => fields,
        Err(refusal) => return Ok(form_page(visit, act, form, Some(&refusal)).await?.for_refusal(&refusal)),
    };
    let region = visit.door.region();
    let attempt = form.attempt.filter(|_| keeps_attempts(act));
    let performed = match act.row().body {
        Body::Download => perform::download(visit.door, &signed.actor, act, fields).await.map(Ok),
        Body::None => region.perform(&signed.actor, act, fields, attempt).await.map(Err),
        Body::Upload => {
            Err(Refusal::with(Reason::NotOffered, "files are sent from the page of their bucket"))
        }
    };
    match performed {
        Ok(Ok(stream)) => Ok(Answered::bytes(stream)),
        Ok(Err(done)) => Ok(Answered::page(pages::done(visit, act, &form, &done)?)),
        Err(refusal) => Ok(form_page(visit, act, form, Some(&refusal)).await?.for_refusal(&refusal)),
    }
}
