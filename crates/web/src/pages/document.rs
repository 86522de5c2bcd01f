//! An agreement as a document: what is signed, in both languages, to read, to print, to sign outside and to keep.
//!
//! Its words are those that the region keeps of it; who has signed, and how, stands beside them.

use maud::{Markup, html};
use region::noun::agreement::wording::{Block, Part, Section, WordingRow};
use serde_json::Value;
use words::act::AgreementShow;
use words::{Act, Reason, Refusal};

use super::layout::{Page, layout};
use super::thing::command;
use crate::console::Visit;
use crate::encode::pairs;
use crate::parts::{self, Notice};
use crate::texts::Texts;
use crate::told::{said, text};

pub async fn document(visit: &Visit<'_>, name: &str) -> Result<Markup, Refusal> {
    let found = visit.list(Act::AgreementShow, serde_json::json!({ "agreement": name })).await?;
    let agreement =
        found.first().ok_or_else(|| Refusal::with(Reason::NotFound, "nothing is called that here"))?;
    let deed = AgreementShow { agreement: Some(name.to_owned()) };
    let signed = visit.signed()?;
    let words = region::noun::agreement::words_of(visit.door.region(), &signed.actor, &deed).await?;
    let alias = text(agreement, "agreement");
    let main = html! {
        (state(visit, agreement))
        (signatures(visit, agreement))
        @match &words {
            Some(words) => (whole(words, text(agreement, "digest"))),
            None => (parts::nothing(visit.texts.say("doc-older"))),
        }
        (parts::by_command(visit.texts, &command(Act::AgreementDocument.row(), &[("agreement", alias)])))
    };
    let above = vec![
        (visit.texts.name("nouns.agreement"), "/agreements".to_owned()),
        (alias.to_owned(), format!("/agreements/{}", text(agreement, "id"))),
    ];
    Ok(layout(visit, &Page { title: &visit.texts.say_of("doc-of", alias), above, main }))
}

/// Where it stands, and what does not go on until it is signed.
fn state(visit: &Visit<'_>, agreement: &Value) -> Markup {
    let texts = visit.texts;
    let path = format!("/do/agreement.document?{}", pairs(&[("agreement", text(agreement, "agreement"))]));
    html! {
        p.lead { (texts.say("doc-what")) }
        @if text(agreement, "state") != "in force" {
            (parts::notice(Notice::Waits, texts.say("doc-blocked"), &html! { p { (texts.say("doc-blocked-more")) } }))
        }
        p { a.button href=(path) { (texts.act(Act::AgreementDocument)) } }
        p.hint { (texts.say("doc-how")) }
    }
}

/// Who has signed, and how; what is still to do.
fn signatures(visit: &Visit<'_>, agreement: &Value) -> Markup {
    let texts = visit.texts;
    let name = text(agreement, "agreement");
    let parties = agreement.get("parties").and_then(Value::as_array).into_iter().flatten();
    let is_offered = text(agreement, "state") == "offered";
    let body = html! {
        @for party in parties {
            @let alias = text(party, "party");
            tr {
                th scope="row" { (alias) }
                td {
                    @match party.as_object().and_then(|party| said(party, "signed")) {
                        Some(at) => (parts::time(at)),
                        None => (texts.say("doc-unsigned")),
                    }
                }
                td {
                    (how(texts, party))
                    @if has_file(party) {
                        @let given = [("agreement", name), ("party", alias)];
                        " " a href={ "/do/agreement.document?" (pairs(&given)) } { (texts.say("doc-lodged")) }
                    }
                    @if is_offered && party.get("signed").is_some_and(Value::is_null) { (to_do(texts, name, party)) }
                }
            }
        }
    };
    let heads = ["doc-party", "doc-signed", "doc-signed-how"].map(|key| texts.say(key).to_owned());
    parts::table(texts.say("doc-signatures"), &heads, &body)
}

/// Whether something was lodged for a party: signed, or a scan that waits.
fn has_file(party: &Value) -> bool {
    let is_there = |name: &str| party.get(name).is_some_and(|value| !value.is_null());
    is_there("outside") || is_there("scan")
}

fn how(texts: &Texts, party: &Value) -> Markup {
    let outside = party.get("outside").filter(|outside| outside.is_object());
    html! {
        @match outside {
            Some(outside) => {
                (texts.name(&format!("value.{}", text(outside, "kind"))))
                @for by in outside.get("by").and_then(Value::as_array).into_iter().flatten() {
                    @if let Some(by) = by.as_str() { br; (by) }
                }
                @if outside.get("weaker") == Some(&Value::Bool(true)) { br; strong { (texts.say("doc-weaker")) } }
                @else if outside.get("revocation_asked") != Some(&Value::Bool(true)) { br; (texts.say("doc-unasked")) }
            },
            None if party.get("signed").is_some_and(Value::is_string) => (texts.say("doc-by-session")),
            None => {},
        }
    }
}

/// The ways to sign for a party, and a scan that waits for a second person.
fn to_do(texts: &Texts, agreement: &str, party: &Value) -> Markup {
    let alias = text(party, "party");
    let scan = party.as_object().and_then(|party| said(party, "scan"));
    let back = format!("/agreements/{agreement}/document");
    let given = [("agreement", agreement), ("party", alias), ("back", &back)];
    let link = |act: Act, more: &[(&str, &str)]| {
        let path = format!("/do/{}?{}", act.name(), pairs(&[&given[..], more].concat()));
        html! { li { a href=(path) { (texts.act(act)) } } }
    };
    html! {
        ul {
            @if let Some(scan) = scan { (link(Act::AgreementAttest, &[("scan", scan)])) }
            (link(Act::AgreementLodge, &[]))
            (link(Act::AgreementScan, &[]))
        }
    }
}

fn whole(words: &WordingRow, digest: &str) -> Markup {
    html! {
        @for part in &words.parts { article.document lang=(part.language) { (of_part(part, digest)) } }
    }
}

fn of_part(part: &Part, digest: &str) -> Markup {
    html! {
        h2 { (part.title) }
        @for section in &part.sections { (of_section(section, &html! {})) }
        (of_section(&part.digest, &html! { p { code { (digest) } } }))
    }
}

fn of_section(section: &Section, more: &Markup) -> Markup {
    html! {
        section {
            h3 { (section.title) }
            @for block in &section.blocks { (of_block(&section.title, block)) }
            (more)
        }
    }
}

fn of_block(title: &str, block: &Block) -> Markup {
    html! {
        @match block {
            Block::Text(text) => p { (text) },
            Block::Pairs(pairs) => dl { @for (name, value) in pairs { dt { (name) } dd { (value) } } },
            Block::Letters(letters) => ol type="a" { @for letter in letters { li { (letter) } } },
            Block::Grid(heads, rows) => (parts::table(title, heads, &html! {
                @for row in rows {
                    tr { @for (at, cell) in row.iter().enumerate() { @if at == 0 { th scope="row" { (cell) } } @else { td { (cell) } } } }
                }
            })),
        }
    }
}
