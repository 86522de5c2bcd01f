//! Leaves of a ledger, as people read them: when, who, what, and whether it was refused.

use std::collections::HashMap;

use maud::{Markup, html};
use serde_json::{Value, json};
use words::act::{Body, Row, Weight};
use words::{Act, Reason, Refusal};

use super::layout::{Page, layout};
use super::thing::{above, command, offered};
use crate::console::{Visit, moment};
use crate::encode::pairs;
use crate::parts;
use crate::told::text;

/// Who is known to whoever visits, by id.
async fn people(visit: &Visit<'_>) -> HashMap<String, String> {
    let people = visit.list(Act::PersonShow, json!({})).await.unwrap_or_default();
    let text = |person: &Value, name: &str| person.get(name).and_then(Value::as_str).map(str::to_owned);
    people
        .iter()
        .filter_map(|person| Some((text(person, "id")?, text(person, "name").or(text(person, "person"))?)))
        .collect()
}

/// Whether a leaf tells of more than somebody looking around.
fn is_deed(leaf: &Value) -> bool {
    let row = Act::parse(text(leaf, "act")).map(|act| act.row());
    // WHY what carries bytes out too: a ledger that was exported left.
    let is_more = |row: &Row| row.weight != Weight::View || row.body == Body::Download;
    leaf.get("refused").is_some_and(|refused| !refused.is_null()) || row.is_some_and(is_more)
}

/// A table of leaves of a cell, newest first.
pub async fn leaves(visit: &Visit<'_>, cell: &str, caption: &str, leaves: &[Value]) -> Markup {
    let (texts, known) = (visit.texts, people(visit).await);
    let body = html! {
        @for leaf in leaves.iter().rev() {
            tr {
                @let number = number(leaf);
                th scope="row" { a href={ "/leaves/" (cell) ":" (number) } { (number) } }
                td { (parts::time(text(leaf, "time"))) }
                td { (who(visit, &known, text(leaf, "person"))) }
                td { (what(visit, text(leaf, "act"))) }
                td { (end(visit, text(leaf, "refused"))) }
            }
        }
    };
    parts::table(caption, &texts.names(&["leaf", "time", "person", "act", "result"]), &body)
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

/// WHY: so many deeds fill a page, and so many pages are looked through for them at once.
const DEEDS_WANTED: usize = 50;
const PAGES_MAX: usize = 4;
/// As many as one look answers with.
const PAGE_LEAVES: u64 = 100;

fn number(leaf: &Value) -> u64 {
    leaf.get("leaf").and_then(Value::as_u64).unwrap_or_default()
}

/// The leaf that a page of a ledger ends before.
fn before(visit: &Visit<'_>) -> Option<u64> {
    visit.asked("before").and_then(|text| text.parse().ok())
}

/// The cell of a project's ledger, as leaves are named by it.
pub async fn cell_of(visit: &Visit<'_>, project: &str) -> Result<String, Refusal> {
    let told = visit.list(Act::ProjectShow, json!({ "project": project })).await?;
    Ok(told.first().map(|told| text(told, "id").to_owned()).unwrap_or_default())
}

/// Leaves of a project before one of them, or the newest; and from where on they were looked through.
async fn gathered(visit: &Visit<'_>, project: &str, has_looks: bool) -> Result<(Vec<Value>, u64), Refusal> {
    let mut before = before(visit);
    let mut found: Vec<Value> = Vec::new();
    for _ in 0..PAGES_MAX {
        let mut fields = json!({ "project": project });
        // WHY not the very first: what is asked for comes after a leaf, and the first is the cell's own beginning.
        if let Some(before) = before {
            fields["after"] = json!(before.saturating_sub(PAGE_LEAVES + 1));
        }
        let page = visit.list(Act::LedgerShow, fields).await?;
        let is_before = |leaf: &Value| before.is_none_or(|before| number(leaf) < before);
        let page: Vec<Value> = page.into_iter().filter(is_before).collect();
        let first = page.first().map_or(0, number);
        let kept = page.into_iter().filter(|leaf| has_looks || is_deed(leaf));
        found.splice(0..0, kept);
        before = Some(if first <= 1 { 0 } else { first });
        if first <= 1 || found.len() >= DEEDS_WANTED {
            break;
        }
    }
    Ok((found, before.unwrap_or_default()))
}

/// What a search asks for; names of fields of the act.
const ASKED: [&str; 6] = ["person", "act", "about", "from", "until", "refused"];

/// What whoever visits searches for, if they do.
fn asked(visit: &Visit<'_>) -> Vec<(&'static str, String)> {
    let given = ASKED.iter().filter_map(|name| Some((*name, visit.asked(name)?)));
    given.filter(|(_, text)| !text.is_empty()).collect()
}

/// The form of a search. People are chosen by their ids: addresses name nobody.
async fn form(visit: &Visit<'_>, here: &str, asked: &[(&str, String)]) -> Markup {
    let texts = visit.texts;
    let given = |name: &str| asked.iter().find(|(of, _)| *of == name).map_or("", |(_, text)| text.as_str());
    let mut people: Vec<_> = people(visit).await.into_iter().collect();
    people.sort_by(|one, other| one.1.cmp(&other.1));
    let field = |name: &'static str| texts.field(Act::LedgerShow, name);
    let choice = |name: &'static str, choices: &[(String, String)]| {
        html! {
            div.field {
                label for=(name) { (field(name).0) }
                select id=(name) name=(name) {
                    option value="" { "–" }
                    @for (value, says) in choices { option value=(value) selected[value == given(name)] { (says) } }
                }
            }
        }
    };
    let acts = Act::ALL.iter().filter(|act| act.row().home == words::act::Home::Project);
    let acts: Vec<_> = acts.map(|act| (act.name().to_owned(), texts.act(*act).to_owned())).collect();
    let time = |name: &'static str| {
        html! {
            div.field {
                label for=(name) { (field(name).0) " (UTC)" }
                input type="datetime-local" id=(name) name=(name) value=(parts::local(given(name)));
            }
        }
    };
    html! {
        details open[!asked.is_empty()] {
            summary { (texts.say("search")) }
            form method="get" action=(here) {
                (choice("person", &people))
                (choice("act", &acts))
                div.field {
                    label for="about" { (field("about").0) }
                    p.hint #hint-about { (field("about").1) }
                    input type="text" id="about" name="about" value=(given("about")) aria-describedby="hint-about" autocomplete="off" spellcheck="false";
                }
                (time("from"))
                (time("until"))
                (choice("refused", &[("yes".to_owned(), texts.say("yes").to_owned())]))
                div.end { button type="submit" { (texts.say("search-do")) } " " a href=(here) { (texts.say("search-all")) } }
            }
        }
    }
}

/// What a search found, and where to go on.
async fn found(
    visit: &Visit<'_>,
    project: &str,
    asked: &[(&str, String)],
) -> Result<(Vec<Value>, Option<u64>), Refusal> {
    let mut fields = json!({ "project": project });
    for (name, text) in asked {
        let is_moment = matches!(*name, "from" | "until");
        fields[*name] = json!(if is_moment { moment(text) } else { text.clone() });
    }
    if let Some(before) = before(visit) {
        fields["before"] = json!(before);
    }
    let found = visit.list(Act::LedgerShow, fields).await?;
    let is_full = found.len() as u64 >= PAGE_LEAVES;
    let older = found.first().filter(|_| is_full).map(number);
    Ok((found, older))
}

/// The ledger of a project.
pub async fn ledger(visit: &Visit<'_>, project: &str) -> Result<Markup, Refusal> {
    let texts = visit.texts;
    let given = [("project", project)];
    let here = format!("/projects/{project}/ledger");
    let has_looks = visit.asked("looks").is_some();
    let asked = asked(visit);
    if !asked.is_empty() {
        return searched(visit, project, &asked).await;
    }
    let (found, from) = gathered(visit, project, has_looks).await?;
    let cell = cell_of(visit, project).await?;
    let looks = if has_looks { "&looks=" } else { "" };
    let main = html! {
        p.lead { (texts.say("ledger-what")) }
        (form(visit, &here, &[]).await)
        p {
            @if has_looks { a href=(here) { (texts.say("without-looks")) } }
            @else { a href={ (here) "?looks=" } { (texts.say("with-looks")) } }
        }
        @if found.is_empty() { (parts::nothing(texts.say("nothing-yet"))) } @else {
            (leaves(visit, &cell, &texts.name("noun.ledger"), &found).await)
        }
        p {
            (texts.say_of("looked-through", &from.to_string())) " "
            @if from > 0 { a href={ (here) "?before=" (from) (looks) } { (texts.say("older")) } }
        }
        (offered(visit, &["ledger", "checkpoint"], &given, &here))
        (parts::by_command(texts, &command(Act::LedgerShow.row(), &given)))
    };
    Ok(layout(visit, &Page { title: &texts.name("noun.ledger"), above: above(visit, Some(project)), main }))
}

/// What was found in the ledger of a project.
async fn searched(visit: &Visit<'_>, project: &str, asked: &[(&str, String)]) -> Result<Markup, Refusal> {
    let texts = visit.texts;
    let here = format!("/projects/{project}/ledger");
    let (found, older) = found(visit, project, asked).await?;
    let cell = cell_of(visit, project).await?;
    let mut given: Vec<(&str, &str)> = vec![("project", project)];
    given.extend(asked.iter().map(|(name, text)| (*name, text.as_str())));
    let main = html! {
        p.lead { (texts.say("ledger-what")) }
        (form(visit, &here, asked).await)
        @if found.is_empty() { (parts::nothing(texts.say("search-nothing"))) } @else {
            (leaves(visit, &cell, texts.say("search-found"), &found).await)
        }
        @if let Some(older) = older {
            @let before = older.to_string();
            @let more: Vec<_> = given.iter().skip(1).copied().chain([("before", before.as_str())]).collect();
            p { a href={ (here) "?" (pairs(&more)) } { (texts.say("older")) } }
        }
        (parts::by_command(texts, &command(Act::LedgerShow.row(), &given)))
    };
    Ok(layout(visit, &Page { title: &texts.name("noun.ledger"), above: above(visit, Some(project)), main }))
}
