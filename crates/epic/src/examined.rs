//! What was found in an object, told in lines: its kind and figures, whom it names, what does not hold, what was made of it.
//!
//! It exists because a report is written for programs: `--json` has it whole.

use serde_json::{Map, Value, json};
use web::told::text;
use words::reason::Language;

/// The same answer with its report in lines of their own; any other as it is.
pub fn told(answer: &Map<String, Value>) -> Map<String, Value> {
    let mut told = answer.clone();
    let standing = answer.get("standing").and_then(Value::as_str);
    let report = answer.get("report").filter(|report| report.is_object());
    let (Some(standing), Some(report)) = (standing, report) else { return told };
    told.remove("report");
    let said = web::name(Language::English, &format!("value.{standing}")).unwrap_or(standing);
    told.insert("standing".to_owned(), json!(format!("{standing}: {said}")));
    let lines = |name: &str, line: fn(&Value) -> String| {
        let list = report.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let lines: Vec<String> = list.iter().map(line).collect();
        Value::from(lines.join("\n"))
    };
    let of = |name: &str| report.get(name).cloned().unwrap_or_default();
    let own = [
        ("kind", of("kind")),
        ("figures", report["facts"]["numbers"].clone()),
        ("found", report["facts"]["words"].clone()),
        ("columns", columns(&report["facts"]["columns"])),
        ("names_people", lines("names", names)),
        ("does_not_hold", does_not_hold(report)),
        ("set_apart_by_rule", of("apart_by")),
        ("could_not_be_read", Value::from(sentence(text(report, "cause")))),
        ("made", lines("made", made)),
        ("otherwise_than_before", of("drift")),
        ("cdm", of("cdm")),
        ("md5", of("md5")),
        ("sha256", of("sha256")),
    ];
    told.extend(own.into_iter().map(|(name, value)| (name.to_owned(), value)));
    told
}

/// What a rule's or a fault's code says, and the code.
pub fn sentence(code: &str) -> String {
    web::finding(Language::English, code).map_or_else(|| code.to_owned(), |said| format!("{said} ({code})"))
}

fn count(of: &Value, name: &str) -> u64 {
    of[name].as_u64().unwrap_or_default()
}

/// Name, type and how full, of each.
fn columns(columns: &Value) -> Value {
    let line = |(at, column): (usize, &Value)| {
        let name = column["name"].as_str().map_or_else(|| format!("column {}", at + 1), str::to_owned);
        let all = count(column, "filled") + count(column, "missing");
        match all {
            0 => format!("{name}: {}", text(column, "type")),
            _ => format!("{name}: {}, {} of {all} filled", text(column, "type"), count(column, "filled")),
        }
    };
    let lines: Vec<String> = columns.as_array().into_iter().flatten().enumerate().map(line).collect();
    Value::from(lines.join("\n"))
}

fn names(found: &Value) -> String {
    let kind = text(found, "kind");
    let kind = web::name(Language::English, &format!("identifier.{kind}")).unwrap_or(kind);
    let table = found["table"].as_u64().map(|table| format!(" of table {table}")).unwrap_or_default();
    let place = match (found["column"].as_u64(), text(found, "place")) {
        (Some(column), _) => format!("column {column}{table}"),
        (None, "key") => "its key".to_owned(),
        (None, "metadata") => "its labels or metadata".to_owned(),
        (None, _) => "text, or a header".to_owned(),
    };
    let sure = count(found, "certain") + count(found, "likely");
    format!("{kind} in {place}: {sure} sure, {} unsure", count(found, "ambiguous"))
}

fn does_not_hold(report: &Value) -> Value {
    let all = |name: &str| report[name].as_array().cloned().unwrap_or_default();
    let findings = all("findings");
    let line = |fault: &Value| {
        let first = findings.iter().find(|finding| finding["rule"] == fault["rule"]);
        let at = |name: &str| first.and_then(|first| first[name].as_u64());
        let row = at("line").map(|row| format!(", first in row {row}")).unwrap_or_default();
        let column = at("column").map(|column| format!(", column {column}")).unwrap_or_default();
        format!("{}: {} times{row}{column}", sentence(text(fault, "rule")), count(fault, "count"))
    };
    let lines: Vec<String> = all("counts").iter().map(line).collect();
    Value::from(lines.join("\n").replace(": 1 times", ": once"))
}

fn made(run: &Value) -> String {
    let step = text(run, "step");
    match (text(run, "cause"), text(run, "key")) {
        ("", "") => format!("{step}, told here"),
        ("", key) => format!("{step} at {key}"),
        (cause, _) => format!("{step} failed: {}", sentence(cause)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: a report is read by people: no code without its sentence, no sentence that says the contrary. Method: one with everything.
    #[test]
    fn a_report_is_told_in_lines() {
        let report = json!({
            "kind": "sqlite",
            "verdict": "unjudged",
            "counts": [{ "rule": "sqlite.deleted", "says": "no words of deleted rows are left", "count": 1 }, { "rule": "table.ragged", "count": 3 }],
            "findings": [{ "rule": "table.ragged", "line": 7, "column": 2 }],
            "facts": { "numbers": { "rows": 12 }, "columns": [{ "name": "age", "type": "whole", "filled": 10, "missing": 2 }] },
            "names": [{ "kind": "person-name", "table": 2, "column": 3, "certain": 1, "likely": 4, "ambiguous": 0 }],
            "made": [{ "step": "table", "key": "_epic/table/x.parquet" }, { "step": "index", "cause": "recipe.unsorted" }],
        });
        let answer = json!({ "key": "x", "standing": "asks", "report": report });
        let told = told(answer.as_object().unwrap());
        assert_eq!(told["standing"], "asks: it may name people: somebody should look");
        let faults = told["does_not_hold"].as_str().unwrap();
        assert!(faults.starts_with("words of deleted or moved rows are left in the file"), "{faults}");
        assert!(
            faults.contains("(sqlite.deleted): once\n")
                && faults.ends_with(": 3 times, first in row 7, column 2"),
            "{faults}"
        );
        assert_eq!(told["names_people"], "person's name in column 3 of table 2: 5 sure, 0 unsure");
        assert_eq!(told["columns"], "age: whole, 10 of 12 filled");
        assert!(
            told["made"].as_str().unwrap().contains("_epic/table/x.parquet\nindex failed: "),
            "{}",
            told["made"]
        );
        assert!(!told.contains_key("report"));
        let other = json!({ "bucket": "b" });
        assert_eq!(&super::told(other.as_object().unwrap()), other.as_object().unwrap());
    }
}
