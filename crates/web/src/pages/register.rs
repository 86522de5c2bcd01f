//! The public register: one page, for everybody.

use maud::{Markup, html};
use region::dataset::Card;
use region::register::Entry;
use words::Timestamp;
use words::reason::Language;

use super::layout::{Page, layout};
use crate::console::Visit;
use crate::parts;

pub fn register(visit: &Visit<'_>, entries: &[Entry], cards: &[Card]) -> Markup {
    let texts = visit.texts;
    let main = html! {
        p.lead { (texts.say("register-what")) }
        @if entries.is_empty() { (parts::nothing(texts.say("register-empty"))) }
        @for entry in entries { (one(visit, entry)) }
        @if !cards.is_empty() {
            (parts::section(texts.say("dataset-public"), &html! {
                ul.acts { @for card in cards { li { a href={ "/register/" (card.row.id) } { (card.row.title) } p { (card.row.purpose) } } } }
                p.hint { a href="/register/catalogue/turtle" { "HealthDCAT-AP (Turtle)" } " · " a href="/register/catalogue/json-ld" { "JSON-LD" } }
            }))
        }
        p.hint { (texts.say("register-rights")) }
    };
    layout(visit, &Page { title: texts.say("register"), above: Vec::new(), main })
}

fn one(visit: &Visit<'_>, entry: &Entry) -> Markup {
    let texts = visit.texts;
    let purpose = match visit.language() {
        Language::English => &entry.english,
        Language::Italian => &entry.italian,
    };
    let listed = |items: &mut dyn Iterator<Item = &String>| items.cloned().collect::<Vec<_>>().join("; ");
    let title = format!("register-{}", entry.id);
    html! {
        article.entry #(title) aria-labelledby=(format!("{title}-name")) {
            h2 #(format!("{title}-name")) { (entry.controller) }
            p { (purpose) }
            dl {
                dt { (texts.say("register-data")) }
                dd { @if entry.categories.is_empty() { (texts.say("register-no-data")) } @else { (listed(&mut entry.categories.iter())) } }
                dt { (texts.say("register-how")) } dd { (texts.name(&format!("value.tier-{}", entry.tier))) }
                dt { (texts.say("register-from")) }
                dd { @if entry.providers.is_empty() { "–" } @else { (listed(&mut entry.providers.iter())) } }
                dt { (texts.say("register-when")) } dd { (span(entry.starts, entry.ends)) }
                dt { (texts.say("register-permits")) } dd { (entry.permits) }
            }
        }
    }
}

fn span(starts: Option<Timestamp>, ends: Option<Timestamp>) -> Markup {
    html! {
        @if let (Some(starts), Some(ends)) = (starts, ends) {
            (parts::time(&starts.to_string())) " – " (parts::time(&ends.to_string()))
        } @else { "–" }
    }
}
