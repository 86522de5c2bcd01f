//! Answers for people: a list is a table, a thing is its lines; or JSON as it came.

use std::io::Write;

use serde_json::{Map, Value, json};
use web::client::Answer;
use web::told::columns;
use words::Timestamp;

use crate::examined;
use crate::failure::Failure;
use crate::paint::Paint;
use crate::settings::Settings;

/// WHY: a wider table breaks its lines on most screens and is told thing by thing instead.
const TABLE_CHARS_MAX: usize = 110;

/// Prints an act's end to standard output.
pub fn answer(answer: &Answer, settings: &Settings) -> Result<(), Failure> {
    let text = if settings.is_json {
        let mut whole = json!({ "leaf": answer.leaf, "answer": answer.answer });
        if let Some(upon) = &answer.upon {
            whole["upon"] = json!(upon);
        }
        format!("{whole}\n")
    } else {
        text(answer, Paint::new(settings.is_out_coloured))
    };
    out(&text)
}

/// Writes to standard output; a reader that has gone is fine.
pub fn out(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    written.map_err(|cause| Failure::output(&cause))
}

/// An act's end as a person reads it.
pub fn text(answer: &Answer, paint: Paint) -> String {
    match &answer.answer {
        Value::Array(rows) if rows.is_empty() => "nothing\n".to_owned(),
        Value::Array(rows) => table(rows, paint, TABLE_CHARS_MAX).unwrap_or_else(|| things(rows, paint)),
        Value::Object(fields) => {
            let mut fields = examined::told(fields);
            if let Some(leaf) = &answer.leaf {
                fields.insert("leaf".to_owned(), Value::from(leaf.as_str()));
            }
            thing(&fields, paint)
        }
        Value::Null => {
            answer.leaf.as_ref().map_or_else(|| "done\n".to_owned(), |leaf| format!("done, leaf {leaf}\n"))
        }
        other => format!("{}\n", cell(other)),
    }
}

/// A table, unless it would be too wide.
fn table(rows: &[Value], paint: Paint, chars_max: usize) -> Option<String> {
    let rows: Vec<&Map<String, Value>> = rows.iter().map(Value::as_object).collect::<Option<_>>()?;
    let columns = columns(&rows);
    let width = |name: &String| {
        let cells = rows.iter().map(|row| row.get(name).map_or(0, |value| cell(value).chars().count()));
        cells.max().unwrap_or(0).max(name.chars().count())
    };
    let widths: Vec<usize> = columns.iter().map(width).collect();
    if widths.iter().sum::<usize>() + 2 * widths.len() > chars_max {
        return None;
    }
    let heads =
        columns.iter().zip(&widths).map(|(name, width)| paint.strong(&format!("{:<width$}", plain(name))));
    let mut text = heads.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n";
    for row in rows {
        let cells = columns
            .iter()
            .zip(&widths)
            .map(|(name, width)| format!("{:<width$}", row.get(name).map(cell).unwrap_or_default()));
        text += cells.collect::<Vec<_>>().join("  ").trim_end();
        text += "\n";
    }
    Some(text)
}

/// One after another, with an empty line between.
fn things(rows: &[Value], paint: Paint) -> String {
    let told = rows.iter().map(|row| match row {
        Value::Object(fields) => thing(fields, paint),
        other => cell(other) + "\n",
    });
    told.collect::<Vec<_>>().join("\n")
}

fn thing(fields: &Map<String, Value>, paint: Paint) -> String {
    let names = columns(&[fields]);
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let line = |name: &String| {
        let value = fields.get(name).map(|value| lines(value, paint, width + 2)).unwrap_or_default();
        let indent = " ".repeat(width + 2);
        let value = value.trim_end().replace('\n', &format!("\n{indent}"));
        format!("{}  {value}\n", paint.dim(&format!("{:<width$}", plain(name))))
    };
    names.iter().map(line).collect()
}

fn plain(name: &str) -> String {
    name.replace('_', " ")
}

/// A value of a thing told alone: things that are alike are a table, others take a line each, and so do groups of values.
fn lines(value: &Value, paint: Paint, indent: usize) -> String {
    match value {
        Value::Array(values) if values.iter().any(Value::is_object) => {
            let each = || values.iter().map(cell).collect::<Vec<_>>().join("\n");
            let chars_max = TABLE_CHARS_MAX.saturating_sub(indent);
            Some(values)
                .filter(|values| are_alike(values))
                .and_then(|values| table(values, paint, chars_max))
                .unwrap_or_else(each)
        }
        Value::Object(groups) if !groups.is_empty() && groups.values().all(Value::is_object) => groups
            .iter()
            .map(|(name, group)| format!("{}: {}", plain(name), cell(group)))
            .collect::<Vec<_>>()
            .join("\n"),
        other => cell(other),
    }
}

/// Whether several things say the same of themselves.
fn are_alike(values: &[Value]) -> bool {
    let mut names =
        values.iter().map(|value| value.as_object().map(|fields| fields.keys().collect::<Vec<_>>()));
    let first = names.next().flatten();
    values.len() > 1 && first.is_some() && names.all(|names| names == first)
}

/// WHY without fractions: people read seconds; `--json` has the whole.
fn moment(text: &str) -> Option<String> {
    let (seconds, fraction) = text.strip_suffix('Z')?.split_once('.')?;
    let is_one = fraction.len() == 3 && text.parse::<Timestamp>().is_ok();
    is_one.then(|| format!("{seconds}Z"))
}

/// A value in few words.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => moment(text).unwrap_or_else(|| text.clone()),
        Value::Array(values) => values.iter().map(cell).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => {
            let parts = fields.iter().filter(|(_, value)| !cell(value).is_empty());
            parts
                .map(|(name, value)| format!("{}={}", plain(name), cell(value)))
                .collect::<Vec<_>>()
                .join(" ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(answer: Value) -> String {
        text(&Answer::own(answer), Paint::new(false))
    }

    #[test]
    fn a_list_is_a_table_and_a_wide_one_is_told_thing_by_thing() {
        let rows = json!([{ "zeal": null, "project": "planet", "tier": 2 }, { "project": "acc", "tier": 3 }]);
        assert_eq!(told(rows), "project  tier\nplanet   2\nacc      3\n");
        let wide = json!([{ "project": "planet", "purpose": "x".repeat(120) }]);
        assert!(told(wide).starts_with("project  planet\npurpose  xxx"));
        assert_eq!(told(json!([])), "nothing\n");
    }

    #[test]
    fn times_and_lists_are_told_in_few_words() {
        let parties = json!([{ "party": "iss", "signed": "2027-01-31T12:00:00.250Z" }, { "party": "bari" }]);
        let thing = json!({ "agreement": "planet-bari", "parties": parties, "note": "kept v1.000Z" });
        let expected = "agreement  planet-bari\nnote       kept v1.000Z\nparties    party=iss signed=2027-01-31T12:00:00Z\n           party=bari\n";
        assert_eq!(told(thing), expected);
        let found = json!({ "facets": { "kind": { "csv": 2, "pdf": 1 }, "place": { "bari": 3 } }, "objects": [{ "key": "a.csv", "size_bytes": 7 }, { "key": "b", "size_bytes": 12 }] });
        let expected = "facets   kind: csv=2 pdf=1\n         place: bari=3\nobjects  key    size bytes\n         a.csv  7\n         b      12\n";
        assert_eq!(told(found), expected);
    }
}
