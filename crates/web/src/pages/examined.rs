//! What was found in an object: how it stands, whom it names, what does not hold.

use maud::{Markup, html};
use serde_json::Value;

use crate::console::Visit;
use crate::parts;
use crate::texts::Texts;
use crate::told::text;

/// The report of an object that was looked at; nothing where nobody has.
pub fn examined(visit: &Visit<'_>, told: &Value) -> Markup {
    let (texts, standing) = (visit.texts, text(told, "standing"));
    let report = told.get("report").unwrap_or(&Value::Null);
    let list = |name: &str| report.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    html! {
        @if standing.is_empty() {
            p.hint { (texts.say("examined-not-yet")) }
        } @else {
            (parts::section(texts.say("examined"), &html! {
                p { strong { (texts.name(&format!("value.{standing}"))) } }
                @if !text(report, "apart_by").is_empty() { p { (texts.say("examined-by-rule")) " " code { (text(report, "apart_by")) } } }
                @if !text(report, "cause").is_empty() { p { (parts::finding(texts, text(report, "cause"), "")) } }
                @if standing == "apart" || standing == "asks" { p { (texts.say("examined-clear")) } }
                (kind(texts, report))
                (names(texts, list("names")))
                (faults(texts, list("counts"), list("findings")))
                @if report.get("cdm").is_some() { (parts::set(texts, &report["cdm"])) }
                (made(texts, list("made")))
                (drift(texts, list("drift")))
                p.hint { (texts.say("examined-what")) }
            }))
        }
    }
}

/// What it is, and how much of it.
fn kind(texts: &Texts, report: &Value) -> Markup {
    let numbers = report.get("facts").and_then(|facts| facts.get("numbers"));
    let number = |name: &str| numbers.and_then(|numbers| numbers.get(name)).and_then(Value::as_u64);
    html! {
        @if !text(report, "kind").is_empty() {
            dl {
                dt { (texts.say("examined-kind")) } dd { code { (text(report, "kind")) } }
                @for name in ["rows", "columns", "records", "samples"] {
                    @if let Some(number) = number(name) { dt { (texts.name(name)) } dd { (number) } }
                }
            }
        }
    }
}

/// Where somebody is named that is in no column.
fn place(found: &Value) -> &'static str {
    match text(found, "place") {
        "key" => "examined-in-key",
        "metadata" => "examined-beside",
        _ => "examined-in-text",
    }
}

fn names(texts: &Texts, found: &[Value]) -> Markup {
    let count = |found: &Value, name: &str| found.get(name).and_then(Value::as_u64).unwrap_or(0);
    let body = html! {
        @for found in found {
            tr {
                th scope="row" { (texts.name(&format!("identifier.{}", text(found, "kind")))) }
                td {
                    @match found.get("column").and_then(Value::as_u64) { Some(column) => (column), None => (texts.say(place(found))) }
                    @if let Some(table) = found.get("table").and_then(Value::as_u64) { " (" (texts.name("table")) " " (table) ")" }
                }
                td { (count(found, "certain") + count(found, "likely")) }
                td { (count(found, "ambiguous")) }
            }
        }
    };
    let heads = texts.names(&["identifier", "column", "sure", "unsure"]);
    html! { @if !found.is_empty() { (titled(texts.say("examined-names"), &heads, &body)) } }
}

fn faults(texts: &Texts, counts: &[Value], findings: &[Value]) -> Markup {
    let first = |rule: &str| findings.iter().find(|finding| text(finding, "rule") == rule);
    let at = |finding: &Value, name: &str| finding.get(name).and_then(Value::as_u64);
    let body = html! {
        @for count in counts {
            @let rule = text(count, "rule");
            tr {
                th scope="row" { (parts::finding(texts, rule, text(count, "says"))) }
                td { (count.get("count").and_then(Value::as_u64).unwrap_or(0)) }
                td { @if let Some(line) = first(rule).and_then(|finding| at(finding, "line")) { (line) } }
                td { @if let Some(column) = first(rule).and_then(|finding| at(finding, "column")) { (column) } }
            }
        }
    };
    let heads = texts.names(&["what", "count", "first_row", "column"]);
    html! { @if !counts.is_empty() { (titled(texts.say("examined-faults"), &heads, &body)) } }
}

/// What was made of it, and what was not and why.
fn made(texts: &Texts, made: &[Value]) -> Markup {
    let body = html! {
        @for run in made {
            tr {
                th scope="row" { (texts.say(&format!("step-{}", text(run, "step")))) }
                td {
                    @if !text(run, "cause").is_empty() { (texts.say("made-failed")) " " (parts::finding(texts, text(run, "cause"), "")) }
                    @else if !text(run, "key").is_empty() { code { (text(run, "key")) } }
                    @else { (texts.say("made-beside")) }
                }
                td { (text(run, "rule")) }
                td { (parts::time(text(run, "at"))) }
            }
        }
    };
    let heads = texts.names(&["step", "made", "rule", "at"]);
    html! { @if !made.is_empty() { (titled(texts.say("made"), &heads, &body)) } }
}

/// A table under its own heading.
fn titled(title: &str, heads: &[String], body: &Markup) -> Markup {
    html! { h3 { (title) } (parts::table(title, heads, body)) }
}

/// What is otherwise than in the last delivery.
fn drift(texts: &Texts, drift: &[Value]) -> Markup {
    html! {
        @if !drift.is_empty() {
            h3 { (texts.say("drift")) }
            ul { @for one in drift { li { (parts::cell(texts, "drift", one)) } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use words::reason::Language;

    use super::*;

    // Goal: a report is read in the language of the page. Method: rules of today and of a version that is not this one.
    #[test]
    fn faults_are_told_in_the_language_of_the_page() {
        let counts = [
            json!({ "rule": "fastq.length", "says": "there are as many qualities as bases", "count": 3 }),
            json!({ "rule": "fastq.of-tomorrow", "says": "reads are as they will be", "count": 1 }),
        ];
        let told = faults(Texts::of(Language::Italian), &counts, &[]).into_string();
        assert!(
            told.contains("le qualità non sono tante quante le basi") && told.contains(">fastq.length<"),
            "{told}"
        );
        assert!(!told.contains("as many qualities"), "{told}");
        assert!(told.contains(r#"<span lang="en">reads are as they will be</span>"#), "{told}");
    }

    #[test]
    fn what_could_not_be_made_says_why() {
        let made_of = |language, cause: &str| {
            let run =
                json!({ "step": "index", "cause": cause, "rule": "index", "at": "2027-01-10T09:00:00Z" });
            made(Texts::of(language), &[run]).into_string()
        };
        let unsorted = made_of(Language::Italian, "recipe.unsorted");
        assert!(unsorted.contains("non sono ordinati per posizione"), "{unsorted}");
        let full = made_of(Language::English, "quota_full");
        assert!(full.contains(words::Reason::QuotaFull.text(Language::English)), "{full}");
        let unknown = made_of(Language::English, "recipe.of-tomorrow");
        assert!(unknown.contains(">recipe.of-tomorrow<"), "{unknown}");
    }
}
