//! The catalogue: a search over what is stored, and cards of datasets.

use maud::{Markup, html};
use serde_json::Value;
use words::{Act, Refusal};

use super::layout::{Page, layout};
use super::stated::why;
use super::thing::command;
use crate::console::{Asked, Found, Visit};
use crate::parts;
use crate::texts::Texts;
use crate::told::text;

/// Words that narrow a search by a facet.
const NARROWING: &[(&str, &str)] =
    &[("kind", "kind"), ("place", "bucket"), ("standing", "stands"), ("source", "from")];
/// WHY: the rest are few each, and the words of a search find them.
const FACETS_SHOWN: usize = 8;
/// What a search understands beside words, with a text for each.
const SYNTAX: &[(&str, &str)] = &[
    ("\"acute myeloid\"", "find-phrase"),
    ("-draft", "find-not"),
    ("kind:vcf", "find-kind"),
    ("bucket:bari", "find-bucket"),
    ("site:bari", "find-tag"),
    ("column:age", "find-column"),
    ("stands:asks", "find-stands"),
    ("larger:10MB", "find-larger"),
    ("after:2026-01-31", "find-after"),
    ("read:never", "find-read"),
];

/// The page: what was asked, what was found, and cards.
pub fn catalogue(
    visit: &Visit<'_>,
    asked: &Asked,
    found: Option<Result<&Found, &Refusal>>,
    cards: &[Value],
) -> Markup {
    let texts = visit.texts;
    let main = html! {
        p.lead { (texts.say("catalogue-what")) }
        (form(texts, asked))
        @match found {
            Some(Ok(found)) => (hits(texts, asked, found)),
            Some(Err(refusal)) => (why(visit, refusal)),
            None => {},
        }
        (parts::section(&texts.name("nouns.dataset"), &html! {
            @if cards.is_empty() { (parts::nothing(texts.say("catalogue-no-cards"))) }
            @else { ul.acts { @for card in cards { (brief(texts, card)) } } }
        }))
        (parts::by_command(texts, &command(Act::ObjectSearch.row(), &[("query", asked.query.as_str())])))
    };
    layout(visit, &Page { title: texts.say("menu-catalogue"), above: Vec::new(), main })
}

fn form(texts: &Texts, asked: &Asked) -> Markup {
    let orders =
        [("", "order-fits"), ("newest", "order-newest"), ("largest", "order-largest"), ("key", "order-key")];
    html! {
        form.search method="post" action="/catalogue" {
            div.field {
                label for="query" { (texts.say("catalogue-words")) }
                input type="search" id="query" name="query" value=(asked.query) maxlength="400" autocomplete="off" spellcheck="false";
            }
            div.field {
                label for="order" { (texts.field(Act::ObjectSearch, "order").0) }
                select id="order" name="order" {
                    @for (value, says) in orders { option value=(value) selected[asked.order == value] { (texts.say(says)) } }
                }
            }
            div.end { button type="submit" { (texts.say("search-do")) } }
        }
        details {
            summary { (texts.say("find-how")) }
            dl { @for (example, says) in SYNTAX { dt { code { (example) } } dd { (texts.say(says)) } } }
        }
    }
}

fn hits(texts: &Texts, asked: &Asked, found: &Found) -> Markup {
    let told = &found.told;
    let hits = told["objects"].as_array().map(Vec::as_slice).unwrap_or_default();
    let body = html! {
        @for (hit, link) in hits.iter().zip(&found.links) {
            tr {
                th scope="row" { a href=(link) { (text(hit, "key")) } }
                td { (text(hit, "project")) " · " (text(hit, "bucket")) }
                td { code { (text(hit, "kind")) } }
                td { @if text(hit, "standing") != "none" { (texts.name(&format!("value.{}", text(hit, "standing")))) } }
                td { (parts::bytes(hit["size_bytes"].as_u64().unwrap_or_default())) }
                td { (parts::time(text(hit, "at"))) }
            }
        }
    };
    let heads = texts.names(&["key", "bucket", "kind", "standing", "size_bytes", "at"]);
    html! {
        @if told["guessed"] == Value::Bool(true) { p.hint { (texts.say("catalogue-guessed")) } }
        @if hits.is_empty() {
            (parts::nothing(texts.say("search-nothing")))
        } @else {
            p { (texts.say_of("catalogue-total", &told["total"].to_string())) }
            (facets(texts, asked, &told["facets"]))
            (parts::table(texts.say("objects"), &heads, &body))
        }
        @if let Some(next) = told["next"].as_str() {
            form method="post" action="/catalogue" {
                (kept(asked))
                input type="hidden" name="page" value=(next);
                button.quiet type="submit" { (texts.say("more")) }
            }
        }
    }
}

fn kept(asked: &Asked) -> Markup {
    html! {
        input type="hidden" name="query" value=(asked.query);
        input type="hidden" name="order" value=(asked.order);
    }
}

/// What was found by kind, bucket, standing and source, each a button that narrows it.
fn facets(texts: &Texts, asked: &Asked, facets: &Value) -> Markup {
    let shown = |name: &str| {
        let counts = facets.get(name).and_then(Value::as_object);
        let counts = counts.into_iter().flatten().filter(|(value, _)| !value.is_empty() && *value != "none");
        let mut counts: Vec<(String, u64)> =
            counts.map(|(value, count)| (value.clone(), count.as_u64().unwrap_or_default())).collect();
        counts.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(&other.0)));
        counts.truncate(FACETS_SHOWN);
        counts
    };
    let label = |name: &str, value: &str| match name {
        "standing" => texts.name(&format!("value.{value}")),
        _ => value.to_owned(),
    };
    html! {
        @for (name, word) in NARROWING {
            @let counts = shown(name);
            @if counts.len() > 1 {
                form.facet method="post" action="/catalogue" {
                    (kept(asked))
                    fieldset {
                        legend { (texts.say(&format!("facet-{name}"))) }
                        @for (value, count) in counts {
                            button.quiet type="submit" name="narrow" value={ (word) ":" (quoted(&value)) } { (label(name, &value)) " (" (count) ")" }
                        }
                    }
                }
            }
        }
    }
}

fn quoted(value: &str) -> String {
    match value.contains(char::is_whitespace) {
        true => format!("\"{value}\""),
        false => value.to_owned(),
    }
}

/// A card in a list.
fn brief(texts: &Texts, card: &Value) -> Markup {
    html! {
        li {
            a href={ "/datasets/" (text(card, "id")) } { (text(card, "title")) }
            p { (text(card, "purpose")) }
            p.hint {
                (text(card, "project")) " · " (texts.say("objects")) ": " (card["objects"].as_u64().unwrap_or_default()) " · "
                (parts::bytes(card["bytes"].as_u64().unwrap_or_default()))
            }
        }
    }
}
