//! A project: what it is, and what whoever visits may do in it.

use maud::{Markup, html};
use serde_json::{Map, Value, json};
use words::actor::Role;
use words::{Act, Reason, Refusal};

use super::layout::{Page, layout};
use super::ledger;
use super::thing::{buttons, command};
use crate::console::{Visit, is_for};
use crate::parts::{self, Notice};
use crate::told::{few, said, text};

/// WHY: the newest few; the ledger's page has the rest.
const LEAVES_SHOWN: usize = 8;

/// Acts that are offered on a project's page, beside its own.
const OFFERED: &[Act] = &[
    Act::AgreementDraft,
    Act::PermitRequest,
    Act::BucketCreate,
    Act::AirlockDraft,
    Act::CredentialIssue,
    Act::ExitStart,
];

/// What is told of a thing beside its name.
const KEPT: &[&str] = &[
    "id",
    "state",
    "provider",
    "purpose",
    "versions",
    "starts",
    "ends",
    "context",
    "approvals_needed",
    "created",
];

pub async fn project(visit: &Visit<'_>, name: &str) -> Result<Markup, Refusal> {
    let texts = visit.texts;
    let found = visit.list(Act::ProjectShow, json!({ "project": name })).await?;
    let lost = || Refusal::with(Reason::NotFound, "nothing is called that here");
    let told = found.first().and_then(Value::as_object).ok_or_else(lost)?;
    let alias = said(told, "project").unwrap_or(name);
    let is_of = |thing: &Value| text(thing, "project") == alias;
    let of_project = |things: Vec<Value>| things.into_iter().filter(is_of).collect::<Vec<_>>();
    let agreements = of_project(visit.list(Act::AgreementShow, json!({})).await?);
    let permits = of_project(visit.list(Act::PermitShow, json!({})).await?);
    let buckets = within(visit, Act::BucketShow, alias).await;
    let airlocks = within(visit, Act::AirlockShow, alias).await;
    let leaves = within(visit, Act::LedgerShow, alias).await;
    let main = html! {
        (standing(visit, told, &agreements))
        (part(visit, "bucket", alias, buckets, &|thing| {
            said(thing, "bucket").map(|bucket| format!("/projects/{alias}/buckets/{bucket}"))
        }))
        (part(visit, "agreement", alias, Some(agreements), &|thing| said(thing, "id").map(|id| format!("/agreements/{id}"))))
        (part(visit, "permit", alias, Some(permits), &|thing| said(thing, "id").map(|id| format!("/permits/{id}"))))
        (part(visit, "airlock", alias, airlocks, &|thing| {
            said(thing, "airlock").map(|airlock| format!("/projects/{alias}/airlocks/{airlock}"))
        }))
        @if let Some(leaves) = leaves { (last(visit, alias, said(told, "id").unwrap_or_default(), &leaves).await) }
        (more(visit, alias))
        (buttons(visit, &rows(visit), &[("project", alias), ("at", alias)], &format!("/projects/{alias}")))
        (parts::by_command(texts, &command(Act::ProjectShow.row(), &[("project", alias)])))
    };
    let above = vec![(texts.name("nouns.project"), "/projects".to_owned())];
    Ok(layout(visit, &Page { title: alias, above, main }))
}

/// What there is within a project, where the duties of whoever visits let them think of looking.
///
/// WHY not asked otherwise: refusals are for what somebody tried.
async fn within(visit: &Visit<'_>, show: Act, project: &str) -> Option<Vec<Value>> {
    let is_theirs = is_for(visit, show.row());
    if is_theirs { visit.list(show, json!({ "project": project })).await.ok() } else { None }
}

/// What it is, in a few lines, and what stands in the way of its data.
fn standing(visit: &Visit<'_>, told: &Map<String, Value>, agreements: &[Value]) -> Markup {
    let texts = visit.texts;
    let is_in_force = |agreement: &Value| text(agreement, "state") == "in force";
    html! {
        @if !agreements.iter().any(is_in_force) {
            (parts::notice(Notice::Waits, texts.say("no-agreement"), &html! { p { (texts.say("no-agreement-more")) } }))
        }
        (parts::thing(texts, told))
    }
}

fn part(
    visit: &Visit<'_>,
    noun: &str,
    project: &str,
    things: Option<Vec<Value>>,
    link: &dyn Fn(&Map<String, Value>) -> Option<String>,
) -> Markup {
    let texts = visit.texts;
    let title = texts.name(&format!("nouns.{noun}"));
    let Some(things) = things else { return html! {} };
    // WHY few columns: the whole is on the thing's own page.
    let few: Vec<Value> = things.iter().map(|thing| few(thing, &[&[noun], KEPT].concat())).collect();
    parts::section(
        &title,
        &html! {
            @if few.is_empty() {
                (parts::nothing(texts.say("nothing-yet")))
            } @else {
                (parts::rows(texts, &format!("{title} · {project}"), &few, link))
            }
        },
    )
}

async fn last(visit: &Visit<'_>, project: &str, cell: &str, leaves: &[Value]) -> Markup {
    let texts = visit.texts;
    let newest = ledger::newest(leaves, LEAVES_SHOWN);
    let table = html! {
        @if newest.is_empty() { (parts::nothing(texts.say("nothing-yet"))) } @else {
            (ledger::leaves(visit, cell, texts.say("last-acts"), &newest).await)
        }
        p.end { a href={ "/projects/" (project) "/ledger" } { (texts.say("whole-ledger")) } }
    };
    parts::section(texts.say("last-acts"), &table)
}

fn more(visit: &Visit<'_>, project: &str) -> Markup {
    let Ok(signed) = visit.signed() else { return html! {} };
    let sees_keys = [Role::Custodian, Role::Controller, Role::Auditor, Role::Signatory];
    let sees_exit = [Role::Controller, Role::Steward, Role::Signatory, Role::Custodian, Role::Auditor];
    let sees_rules = [Role::Controller, Role::Researcher, Role::Reviewer, Role::Auditor];
    let sees_map = [Role::Controller, Role::Auditor];
    let is_any = |roles: &[Role]| roles.iter().any(|role| signed.greeting.is(*role));
    html! {
        ul.cards {
            @if is_any(&sees_rules) { li { a href={ "/projects/" (project) "/rules" } { (visit.texts.name("nouns.rule")) } } }
            @if is_any(&sees_map) { li { a href={ "/projects/" (project) "/map" } { (visit.texts.say("map")) } } }
            @if is_any(&sees_keys) { li { a href={ "/projects/" (project) "/keys" } { (visit.texts.name("nouns.key")) } } }
            @if is_any(&sees_exit) { li { a href={ "/projects/" (project) "/exit" } { (visit.texts.name("nouns.exit")) } } }
        }
    }
}

fn rows(visit: &Visit<'_>) -> Vec<&'static words::act::Row> {
    let own = Act::ALL.iter().map(|act| act.row());
    let own = own.filter(|row| row.noun == "project" && !matches!(row.verb, "show" | "open"));
    let other = OFFERED.iter().map(|act| act.row());
    let roles = [Act::RoleGrant.row(), Act::RoleRevoke.row()];
    own.chain(other).chain(roles).filter(|row| is_for(visit, row)).collect()
}
