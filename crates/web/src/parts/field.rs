//! Fields of forms: no label, no field; an error stands beside what it is about.

use maud::{Markup, html};
use words::act::{Field, FieldKind};
use words::{Act, Timestamp};

use crate::texts::Texts;

/// WHY: names of fields that hold a sentence or more.
const SENTENCES: &[&str] = &["purpose", "reason", "context", "note", "consent", "certificate"];

/// What may be written in a field, as far as the page knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Choices {
    #[default]
    Any,
    /// These and nothing else.
    Only(Vec<String>),
    /// These come to mind.
    Some(Vec<String>),
}

/// One field of an act's form, with what was written in it before.
pub fn field(texts: &Texts, act: Act, field: &Field, value: &str, choices: &Choices) -> Markup {
    let (label, help) = texts.field(act, field.name);
    let (id, hint) = (format!("field-{}", field.name), format!("hint-{}", field.name));
    html! {
        div.field {
            label for=(id) {
                (label)
                @if !field.is_required { " " span.optional { (texts.say("optional")) } }
            }
            p.hint #(hint) { (help) @if field.kind == FieldKind::Time { " (UTC)" } }
            (input(texts, field, value, choices, &id, &hint))
        }
    }
}

fn input(texts: &Texts, field: &Field, value: &str, choices: &Choices, id: &str, hint: &str) -> Markup {
    let (name, is_required) = (field.name, field.is_required);
    if let Choices::Only(known) = choices
        && field.kind != FieldKind::Texts
    {
        return html! {
            select id=(id) name=(name) required[is_required] aria-describedby=(hint) {
                @if !is_required || value.is_empty() { option value="" { "–" } }
                @for choice in known {
                    option value=(choice) selected[choice == value] { (said(texts, name, choice)) }
                }
            }
        };
    }
    let list = format!("list-{name}");
    html! {
        @match field.kind {
            FieldKind::Texts => textarea id=(id) name=(name) rows="3" aria-describedby=(hint) { (value) },
            FieldKind::Text if SENTENCES.contains(&name) =>
                textarea id=(id) name=(name) rows="2" required[is_required] aria-describedby=(hint) { (value) },
            FieldKind::Text => {
                @let listed = matches!(choices, Choices::Some(_)).then_some(&list);
                input type="text" id=(id) name=(name) value=(value) required[is_required] aria-describedby=(hint)
                    list=[listed] autocomplete="off" spellcheck="false";
                @if let Choices::Some(known) = choices {
                    datalist id=(list) { @for choice in known { option value=(choice); } }
                }
            },
            FieldKind::Hidden =>
                input type="password" id=(id) name=(name) required[is_required] aria-describedby=(hint) autocomplete="off";,
            FieldKind::Number =>
                input type="number" id=(id) name=(name) value=(value) min="0" required[is_required] aria-describedby=(hint);,
            FieldKind::Time =>
                input type="datetime-local" id=(id) name=(name) value=(local(value)) required[is_required] aria-describedby=(hint);,
        }
    }
}

fn said(texts: &Texts, name: &str, choice: &str) -> String {
    let key = match name {
        "role" => format!("role.{choice}"),
        "tier" => format!("value.tier-{choice}"),
        _ => format!("value.{choice}"),
    };
    let word = texts.name(&key);
    if name == "tier" { format!("{choice} · {word}") } else { word }
}

/// `2027-01-10T09:00` of `2027-01-10T09:00:00Z`: what such an input holds, in UTC.
pub fn local(value: &str) -> String {
    match value.parse::<Timestamp>() {
        Ok(_) => value.chars().take(16).collect(),
        Err(_) => value.to_owned(),
    }
}
