//! Answers of acts, for people: a thing is its lines, a list is a table.

use maud::{Markup, html};
use serde_json::{Map, Value};
use words::Timestamp;

use super::table;
use crate::texts::Texts;
use crate::told::{columns, is_for_machines};

/// Whose values are words of ours; a person may call a project `open`.
const WORDS: &[&str] =
    &["place", "environment", "service_model", "versions", "mode", "stage", "custody", "did"];
/// WHY: a deeper answer is told as JSON, so that no answer makes a page recurse without end.
const DEPTH_MAX: u8 = 4;

/// One thing, line by line.
pub fn thing(texts: &Texts, fields: &Map<String, Value>) -> Markup {
    deep_thing(texts, fields, DEPTH_MAX)
}

fn deep_thing(texts: &Texts, fields: &Map<String, Value>, depth: u8) -> Markup {
    html! {
        dl {
            @for name in columns(&[fields]) {
                dt { (texts.name(&name)) }
                dd { (deep(texts, &name, fields.get(&name).unwrap_or(&Value::Null), depth)) }
            }
        }
    }
}

/// Things in a table with a caption; `link` leads to one of them.
pub fn rows(
    texts: &Texts,
    caption: &str,
    rows: &[Value],
    link: &dyn Fn(&Map<String, Value>) -> Option<String>,
) -> Markup {
    let things: Vec<&Map<String, Value>> = rows.iter().filter_map(Value::as_object).collect();
    let names: Vec<String> = columns(&things).into_iter().filter(|name| !is_for_machines(name)).collect();
    let heads: Vec<String> = names.iter().map(|name| texts.name(name)).collect();
    let body = html! {
        @for row in things {
            @let target = link(row);
            tr {
                @for (at, name) in names.iter().enumerate() {
                    @let shown = deep(texts, name, row.get(name).unwrap_or(&Value::Null), 2);
                    @if at == 0 {
                        th scope="row" {
                            @if let Some(target) = &target { a href=(target) { (shown) } } @else { (shown) }
                        }
                    } @else {
                        td { (shown) }
                    }
                }
            }
        }
    };
    table(caption, &heads, &body)
}

/// A value that stands alone.
pub fn cell(texts: &Texts, name: &str, value: &Value) -> Markup {
    deep(texts, name, value, DEPTH_MAX)
}

fn deep(texts: &Texts, name: &str, value: &Value, depth: u8) -> Markup {
    match value {
        Value::Null => html! { span.none { "–" } },
        Value::Bool(is_so) => html! { (texts.say(if *is_so { "yes" } else { "no" })) },
        Value::Number(number) if name.ends_with("bytes") => {
            number.as_u64().map_or_else(|| html! { (number) }, bytes)
        }
        Value::Number(number) if name == "tier" => tier(texts, number.as_u64().unwrap_or(3)),
        Value::Number(number) => html! { (number) },
        Value::String(text) if name == "state" || name == "verdict" => state(texts, text),
        Value::String(text) => plain(texts, name, text),
        _ if depth == 0 => html! { code { (value) } },
        Value::Array(items) if items.is_empty() => html! { span.none { "–" } },
        Value::Array(items) => html! {
            ul.plain { @for item in items { li { (deep(texts, name, item, depth - 1)) } } }
        },
        Value::Object(fields) => deep_thing(texts, fields, depth - 1),
    }
}

fn plain(texts: &Texts, name: &str, text: &str) -> Markup {
    // WHY the length: names of objects may begin like a date.
    if (20..=24).contains(&text.len()) && text.ends_with('Z') && text.parse::<Timestamp>().is_ok() {
        return time(text);
    }
    let is_for_machines =
        is_for_machines(name) || matches!(name, "leaf" | "access_key_id" | "session" | "act");
    match texts.value(text).filter(|_| WORDS.contains(&name)) {
        Some(word) => html! { (word) },
        None if name == "roles" || name == "role" => html! { (texts.name(&format!("role.{text}"))) },
        None if text.contains('\n') => html! { pre tabindex="0" { (text) } },
        None if is_for_machines => html! { code { (text) } },
        None => html! { (text) },
    }
}

/// `2027-01-10 09:00 UTC`
pub fn time(text: &str) -> Markup {
    let shown: String = text.chars().take(16).map(|sign| if sign == 'T' { ' ' } else { sign }).collect();
    html! { time datetime=(text) { (shown) " UTC" } }
}

/// `1.5 MiB`, and the exact number for who needs it.
pub fn bytes(size: u64) -> Markup {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut amount = size as f64;
    let mut unit = "B";
    for next in UNITS {
        if amount < 1024.0 {
            break;
        }
        (amount, unit) = (amount / 1024.0, next);
    }
    let digits = usize::from(unit != "B" && amount < 10.0);
    html! { data value=(size) { (format!("{amount:.digits$}")) " " (unit) } }
}

fn tier(texts: &Texts, tier: u64) -> Markup {
    html! { span.tier { (tier) " · " (texts.value(&format!("tier-{tier}")).unwrap_or_default()) } }
}

/// A state: a colour, an icon and a word.
fn state(texts: &Texts, text: &str) -> Markup {
    let (class, icon) = match text {
        "in force" | "open" | "pass" | "released" | "confirmed" | "whole" | "signing" => ("good", "●"),
        "draft" | "offered" | "requested" | "signed, not begun" | "granted, not begun" | "under review"
        | "stale" => ("waits", "◐"),
        "under way" | "started" | "accepted" | "moving" | "closing" => ("waits", "◐"),
        "ended" | "erased" | "revoked" | "rejected" | "not applicable" | "given up" => ("over", "○"),
        closed if closed.starts_with("closed: ") => ("over", "○"),
        _ => ("bad", "▲"),
    };
    html! {
        span.state.(class) { span aria-hidden="true" { (icon) } " " (texts.value(text).unwrap_or(text)) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;
    use words::reason::Language;

    use super::*;

    #[test]
    fn sizes_and_times_are_said_for_people() {
        for (size, expected) in [(0, "0 B"), (1_023, "1023 B"), (1_536, "1.5 KiB"), (50 << 20, "50 MiB")] {
            assert!(bytes(size).into_string().contains(&format!(">{expected}<")), "{size}");
        }
        let texts = Texts::of(Language::English);
        let told = cell(texts, "starts", &json!("2027-01-10T09:00:00Z")).into_string();
        assert!(told.contains("2027-01-10 09:00 UTC"), "{told}");
        assert_eq!(cell(texts, "key", &json!("<i>")).into_string(), "&lt;i&gt;");
    }

    // Goal: an answer of any depth is a page. Method: lists in lists, and what no page should follow.
    #[test]
    fn a_deep_answer_ends() {
        let mut deep = json!("end");
        for _ in 0..40 {
            deep = json!({ "a": [deep] });
        }
        let fields = deep.as_object().unwrap();
        let told = thing(Texts::of(Language::Italian), fields).into_string();
        assert!(told.contains("<code>") && told.len() < 4_000, "{}", told.len());
    }
}
