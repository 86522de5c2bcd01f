//! A set of OMOP tables: which lie together, and what they lack to be a CDM.

use maud::{Markup, html};
use serde_json::Value;

use super::section;
use crate::texts::Texts;
use crate::told::text;

pub fn set(texts: &Texts, set: &Value) -> Markup {
    let is_whole = [named(texts, set, "missing"), named(texts, set, "doubled")].iter().all(String::is_empty);
    section(
        &texts.say_of("cdm", text(set, "version")),
        &html! {
            p {
                @if !text(set, "folder").is_empty() { code { (text(set, "folder")) } " " }
                (texts.say_of("cdm-tables", &named(texts, set, "tables")))
            }
            @if is_whole { p { (texts.say("cdm-whole")) } } @else { p { strong { (lacks(texts, set)) } } }
        },
    )
}

/// What keeps it from being a CDM; nothing of what is no set.
pub fn lacks(texts: &Texts, set: &Value) -> Markup {
    html! {
        @for (name, says) in [("missing", "cdm-lacks"), ("doubled", "cdm-doubled")] {
            @let tables = named(texts, set, name);
            @if !tables.is_empty() { " " (texts.say_of(says, &tables)) }
        }
    }
}

fn named(texts: &Texts, set: &Value, name: &str) -> String {
    let tables = set[name].as_array().into_iter().flatten().filter_map(Value::as_str);
    // WHY: what is missing may be any of several tables, and no table has a space in its name.
    let word =
        |table: &str| if table.contains(' ') { texts.say("cdm-events").to_owned() } else { table.to_owned() };
    tables.map(word).collect::<Vec<_>>().join(", ")
}
