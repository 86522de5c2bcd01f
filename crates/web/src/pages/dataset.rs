//! One dataset's card: what people said, what is known, and how one comes to work on it.

use maud::{Markup, PreEscaped, html};
use serde_json::{Map, Value};
use words::Act;

use super::layout::{Page, layout};
use super::thing::{command, offered};
use crate::console::{Visit, is_for};
use crate::encode::pairs;
use crate::parts;
use crate::texts::Texts;
use crate::told::text;

/// What a table tells, in the order in which one asks.
const KNOWN: &[&str] = &[
    "tier",
    "controller",
    "provider",
    "steward",
    "agreement",
    "categories",
    "purposes",
    "places",
    "ends",
    "objects",
    "bytes",
    "first_stored",
    "last_stored",
    "last_read",
    "never_read",
    "snapshot",
    "described",
    "listed",
];

/// A card for whoever is signed in.
pub fn dataset(visit: &Visit<'_>, told: &Map<String, Value>) -> Markup {
    let texts = visit.texts;
    let card = Value::Object(told.clone());
    let (project, bucket, name) = (text(&card, "project"), text(&card, "bucket"), text(&card, "dataset"));
    let id = text(&card, "id");
    let here = format!("/datasets/{id}");
    let asks = is_for(visit, Act::PermitRequest.row());
    let ask = pairs(&[("home", project), ("buckets", bucket), ("back", here.as_str())]);
    let given = [("project", project), ("dataset", name), ("bucket", bucket)];
    let told_columns = card["columns"].as_array().into_iter().flatten();
    let told_columns: Vec<_> =
        told_columns.map(|column| (text(column, "name"), text(column, "type"))).collect();
    let main = html! {
        (said(texts, &card))
        @if asks { p { a.button href={ "/do/permit.request?" (ask) } { (texts.say("dataset-ask")) } } p.hint { (texts.say("dataset-ask-how")) } }
        (known(texts, told))
        (counted(texts, &card, "kinds"))
        (counted(texts, &card, "standings"))
        @for set in card["cdm"].as_array().into_iter().flatten() { (parts::set(texts, set)) }
        (columns(texts, &told_columns))
        (offered(visit, &["dataset"], &given, &here))
        (parts::by_command(texts, &command(Act::DatasetShow.row(), &[("dataset", name)])))
    };
    let above = vec![(texts.say("menu-catalogue").to_owned(), "/catalogue".to_owned())];
    layout(visit, &Page { title: text(&card, "title"), above, main })
}

/// What people said.
fn said(texts: &Texts, card: &Value) -> Markup {
    let keywords = card["keywords"].as_array().map(Vec::as_slice).unwrap_or_default();
    html! {
        p.lead { (text(card, "purpose")) }
        @if !text(card, "limits").is_empty() {
            (parts::section(texts.say("dataset-limits"), &html! { p { (text(card, "limits")) } }))
        }
        @if !keywords.is_empty() {
            p.hint { (keywords.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" · ")) }
        }
    }
}

fn known(texts: &Texts, told: &Map<String, Value>) -> Markup {
    let is_told = |value: &Value| !value.is_null() && value != "" && *value != Value::Array(Vec::new());
    let fields = KNOWN.iter().filter_map(|name| Some(((*name).to_owned(), told.get(*name)?.clone())));
    parts::thing(texts, &fields.filter(|(_, value)| is_told(value)).collect())
}

fn counted(texts: &Texts, card: &Value, name: &str) -> Markup {
    let counts: Vec<_> = card[name].as_object().into_iter().flatten().collect();
    let label = |value: &str| match (name, value) {
        ("kinds", _) => value.to_owned(),
        (_, "none") => texts.say("examined-not-yet").to_owned(),
        _ => texts.name(&format!("value.{value}")),
    };
    let body = html! {
        @for (value, count) in &counts { tr { th scope="row" { (label(value)) } td { (count) } } }
    };
    html! {
        @if !counts.is_empty() {
            (parts::section(&texts.name(name), &parts::table(&texts.name(name), &texts.names(&[name, "count"]), &body)))
        }
    }
}

fn columns(texts: &Texts, columns: &[(&str, &str)]) -> Markup {
    let body = html! {
        @for (name, kind) in columns { tr { th scope="row" { (name) } td { (kind) } } }
    };
    let table = parts::table(&texts.name("columns"), &texts.names(&["column", "kind"]), &body);
    html! { @if !columns.is_empty() { (parts::section(&texts.name("columns"), &table)) } }
}

/// A card for everybody, as other catalogues find it.
pub fn landing(visit: &Visit<'_>, card: &region::dataset::Card, described: &str) -> Markup {
    let texts = visit.texts;
    let row = &card.row;
    let fields: Vec<_> = card.fields.iter().map(|field| (field.name.as_str(), field.kind.as_str())).collect();
    let main = html! {
        p.lead { (row.purpose) }
        @if let Some(limits) = &row.limits { (parts::section(texts.say("dataset-limits"), &html! { p { (limits) } })) }
        dl {
            dt { (texts.name("controller")) } dd { (card.controller) }
            @if let Some(provider) = &card.provider { dt { (texts.name("provider")) } dd { (provider) } }
            dt { (texts.say("register-how")) } dd { (texts.name(&format!("value.tier-{}", card.tier))) }
            dt { (texts.say("objects")) } dd { (card.figures.objects) }
            dt { (texts.name("bytes")) } dd { (parts::bytes(card.figures.bytes)) }
        }
        (columns(texts, &fields))
        p { (texts.say("dataset-how")) }
        p { a href={ "/register/" (row.id) "/turtle" } { "Turtle" } " · " a href={ "/register/" (row.id) "/json-ld" } { "JSON-LD" } }
        script type="application/ld+json" { (PreEscaped(described)) }
    };
    let above = vec![(texts.say("register").to_owned(), "/register".to_owned())];
    layout(visit, &Page { title: &row.title, above, main })
}
