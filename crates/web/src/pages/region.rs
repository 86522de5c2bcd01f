//! The region: who takes part, what its projects hold, how it is looked after.

use maud::{Markup, html};
use serde_json::{Value, json};
use words::{Act, Refusal};

use super::layout::{Page, layout};
use super::thing::offered;
use crate::console::Visit;
use crate::parts::{self, Bar};
use crate::told::text;

/// WHY: what a person takes in at a glance; the rest are on their own pages.
const PROJECTS_SHOWN: usize = 20;

pub async fn region(visit: &Visit<'_>) -> Result<Markup, Refusal> {
    let texts = visit.texts;
    let links = [
        ("/organisations", "organisation"),
        ("/tenants", "tenant"),
        ("/issuers", "issuer"),
        ("/grants", "grant"),
        ("/credentials", "credential"),
        ("/snapshots", "snapshot"),
        ("/checks", "check"),
        ("/witnesses", "witness"),
    ];
    let main = html! {
        p { (texts.say("region-what")) }
        ul.cards {
            @for (path, noun) in links { li { a href=(path) { (texts.name(&format!("nouns.{noun}"))) } } }
        }
        (parts::section(texts.say("usage"), &usage(visit).await?))
        (offered(visit, &["check", "ledger", "checkpoint", "session"], &[], "/region"))
    };
    Ok(layout(visit, &Page { title: texts.say("menu-region"), above: Vec::new(), main }))
}

/// What one project holds.
struct Held {
    project: String,
    size_bytes: u64,
    objects: u64,
    quota_bytes: Option<u64>,
}

async fn usage(visit: &Visit<'_>) -> Result<Markup, Refusal> {
    let texts = visit.texts;
    let mut held = Vec::new();
    for project in visit.list(Act::ProjectShow, json!({})).await?.iter().take(PROJECTS_SHOWN) {
        let alias = text(project, "project");
        // WHY one by one: a list does not open every project's cell.
        let told = visit.list(Act::ProjectShow, json!({ "project": alias })).await?;
        held.extend(told.first().and_then(|told| of_project(alias, told)));
    }
    let bars: Vec<Bar> = held
        .iter()
        .map(|held| Bar { name: held.project.clone(), value: held.size_bytes, most: held.quota_bytes })
        .collect();
    Ok(html! {
        @if held.is_empty() { (parts::nothing(texts.say("no-usage"))) } @else {
            p { (sentence(visit, &held)) }
            (parts::bars(texts.say("usage"), &bars))
            (table(visit, &held))
        }
    })
}

fn of_project(alias: &str, told: &Value) -> Option<Held> {
    let number = |of: &str, name: &str| told.get(of)?.get(name)?.as_u64();
    Some(Held {
        project: alias.to_owned(),
        size_bytes: number("used", "bytes")?,
        objects: number("used", "objects")?,
        quota_bytes: number("quota", "bytes"),
    })
}

/// What the chart says, for who does not see it.
fn sentence(visit: &Visit<'_>, held: &[Held]) -> Markup {
    let all: u64 = held.iter().map(|held| held.size_bytes).sum();
    let most = held.iter().max_by_key(|held| held.size_bytes);
    html! {
        (visit.texts.say_of("usage-projects", &held.len().to_string())) " " (parts::bytes(all))
        @if let Some(most) = most { "; " (visit.texts.say_of("usage-most", &most.project)) " " (parts::bytes(most.size_bytes)) }
        "."
    }
}

fn table(visit: &Visit<'_>, held: &[Held]) -> Markup {
    let texts = visit.texts;
    let body = html! {
        @for held in held {
            tr {
                th scope="row" { a href={ "/projects/" (held.project) } { (held.project) } }
                td { (parts::bytes(held.size_bytes)) }
                td { (held.objects) }
                td { @match held.quota_bytes { Some(quota) => (parts::bytes(quota)), None => span.none { "–" } } }
            }
        }
    };
    parts::table(texts.say("usage"), &texts.names(&["project", "size_bytes", "objects", "quota"]), &body)
}
