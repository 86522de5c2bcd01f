//! The catalogue in the console: what is searched for comes by a form, so that no address and no log tells of it.

use hyper::body::Incoming;
use serde_json::{Map, Value, json};
use words::{Act, Refusal};

use super::data::sealed_name;
use super::{Answered, Form, Visit};
use crate::pages;
use crate::told::text;

/// What a search asks for.
#[derive(Default)]
pub struct Asked {
    pub query: String,
    pub order: String,
    pub page: String,
}

/// What a search found: what is told, and each object's sealed name.
pub struct Found {
    pub told: Value,
    pub links: Vec<String>,
}

/// The catalogue before anything was asked.
pub async fn show(visit: &Visit<'_>) -> Result<Answered, Refusal> {
    let cards = visit.list(Act::DatasetShow, json!({})).await?;
    Ok(Answered::page(pages::catalogue(visit, &Asked::default(), None, &cards)))
}

/// What was asked of it.
pub async fn search(visit: &Visit<'_>, body: Incoming) -> Result<Answered, Refusal> {
    let form = Form::read(body, visit.door.limits().body_wait).await?;
    // A facet that was chosen narrows what was asked.
    let narrowed = [form.text("query"), form.text("narrow")].join(" ").trim().to_owned();
    let asked =
        Asked { query: narrowed, order: form.text("order").to_owned(), page: form.text("page").to_owned() };
    let mut fields = Map::from_iter([("query".to_owned(), json!(asked.query))]);
    for (name, value) in [("order", &asked.order), ("page", &asked.page)] {
        if !value.is_empty() {
            fields.insert(name.to_owned(), json!(value));
        }
    }
    let cards = match asked.page.is_empty() {
        true => visit.list(Act::DatasetShow, json!({ "words": form.text("query") })).await?,
        false => Vec::new(),
    };
    let told = match visit.look(Act::ObjectSearch, Value::Object(fields)).await {
        Ok(told) => told,
        Err(refusal) => {
            let page = pages::catalogue(visit, &asked, Some(Err(&refusal)), &cards);
            return Ok(Answered::page(page).for_refusal(&refusal));
        }
    };
    let hits = told["objects"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut links = Vec::new();
    for hit in hits {
        let (project, bucket) = (text(hit, "project"), text(hit, "bucket"));
        let sealed = sealed_name(visit, project, bucket, text(hit, "key"))?;
        links.push(format!("/projects/{project}/buckets/{bucket}/objects/{sealed}"));
    }
    let found = Found { told, links };
    Ok(Answered::page(pages::catalogue(visit, &asked, Some(Ok(&found)), &cards)))
}
