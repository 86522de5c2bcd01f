//! Leaves of a ledger, as people read them: when, who, what, and whether it was refused.

use std::collections::HashMap;

use maud::{Markup, html};
use serde_json::{Value, json};
use words::act::Weight;
use words::{Act, Reason, Refusal};

use super::layout::{Page, layout};
use super::thing::{above, command, offered};
use crate::console::Visit;
use crate::parts;

/// Who is known to whoever visits, by id.
async fn people(visit: &Visit<'_>) -> HashMap<String, String> {
    let people = visit.list(Act::PersonShow, json!({})).await.unwrap_or_default();
    let text = |person: &Value, name: &str| person.get(name).and_then(Value::as_str).map(str::to_owned);
    people
        .iter()
        .filter_map(|person| Some((text(person, "id")?, text(person, "name").or(text(person, "person"))?)))
        .collect()
}

fn text<'v>(leaf: &'v Value, name: &str) -> &'v str {
    leaf.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Whether a leaf tells of more than somebody looking around.
fn is_deed(leaf: &Value) -> bool {
    let weight = Act::parse(text(leaf, "act")).map(|act| act.row().weight);
    leaf.get("refused").is_some_and(|refused| !refused.is_null())
        || weight.is_some_and(|weight| weight != Weight::View)
}

/// A table of leaves, newest first.
pub async fn leaves(visit: &Visit<'_>, caption: &str, leaves: &[Value]) -> Markup {
    let (texts, known) = (visit.texts, people(visit).await);
    html! {
        div.scroll role="region" aria-label=(caption) tabindex="0" {
            table {
                caption { (caption) }
                thead { tr {
                    @for name in ["leaf", "time", "person", "act", "result"] { th scope="col" { (texts.name(name)) } }
                } }
                tbody { @for leaf in leaves.iter().rev() {
                    tr {
                        th scope="row" { (parts::cell(texts, "leaf", leaf.get("leaf").unwrap_or(&Value::Null))) }
                        td { (parts::time(text(leaf, "time"))) }
                        td { (who(visit, &known, text(leaf, "person"))) }
                        td { (what(visit, text(leaf, "act"))) }
                        td { (end(visit, text(leaf, "refused"))) }
                    }
                } }
            }
        }
    }
}

/// The newest deeds of a page of a ledger.
pub fn newest(leaves: &[Value], most: usize) -> Vec<Value> {
    let deeds: Vec<_> = leaves.iter().filter(|leaf| is_deed(leaf)).cloned().collect();
    deeds[deeds.len().saturating_sub(most)..].to_vec()
}

fn who(visit: &Visit<'_>, known: &HashMap<String, String>, id: &str) -> Markup {
    html! {
        @match known.get(id) {
            Some(name) => (name),
            None if id.is_empty() => span.none { (visit.texts.say("the-region")) },
            None => span.none title=(id) { (visit.texts.say("somebody")) },
        }
    }
}

fn what(visit: &Visit<'_>, act: &str) -> Markup {
    html! { @match Act::parse(act) { Some(act) => (visit.texts.act(act)), None => code { (act) } } }
}

fn end(visit: &Visit<'_>, refused: &str) -> Markup {
    let texts = visit.texts;
    html! {
        @match (refused, Reason::parse(refused)) {
            ("", _) => span.state.good { span aria-hidden="true" { "●" } " " (texts.say("done")) },
            (_, Some(reason)) => {
                span.state.bad { span aria-hidden="true" { "▲" } " " (texts.say("refused")) }
                " " (reason.text(visit.language())) " " a href={ "/reasons/" (reason.code()) } { (texts.say("why")) }
            },
            (code, None) => span.state.bad { (code) },
        }
    }
}

/// The ledger of a project.
pub async fn ledger(visit: &Visit<'_>, project: &str, found: &[Value]) -> Result<Markup, Refusal> {
    visit.signed()?;
    let texts = visit.texts;
    let given = [("project", project)];
    let main = html! {
        p.lead { (texts.say("ledger-what")) }
        @if found.is_empty() { (parts::nothing(texts.say("nothing-yet"))) } @else {
            (leaves(visit, &texts.name("nouns.ledger"), found).await)
        }
        (offered(visit, &["ledger", "checkpoint"], &given, &format!("/projects/{project}/ledger")))
        (parts::by_command(texts, &command(Act::LedgerShow.row(), &given)))
    };
    Ok(layout(visit, &Page { title: &texts.name("nouns.ledger"), above: above(visit, Some(project)), main }))
}
