//! Answers of acts, as people are told them: what comes first, and what is left to machines.
//!
//! The command line and the console order them alike.

use serde_json::{Map, Value};

/// What a person calls a thing comes first.
const FIRST: &[&str] = &[
    "alias",
    "organisation",
    "tenant",
    "person",
    "project",
    "agreement",
    "permit",
    "grant",
    "credential",
    "bucket",
    "key",
    "airlock",
    "check",
    "leaf",
    "name",
    "state",
    "standing",
    "kind",
    "verdict",
    "act",
    "time",
    "tier",
];
/// What machines read comes last.
const LAST: &[&str] = &["id", "digest", "etag", "md5", "sha256", "certificate", "terms"];
/// What only a verifier reads; JSON has it.
const HIDDEN: &[&str] = &["record_bytes", "detail_bytes", "salt", "commitment"];

/// The names of what is told of these things, in order, without what is nowhere said.
pub fn columns(rows: &[&Map<String, Value>]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (name, value) in rows.iter().flat_map(|row| row.iter()) {
        if is_said(value) && !names.contains(name) && !HIDDEN.contains(&name.as_str()) {
            names.push(name.clone());
        }
    }
    names.sort_by_key(|name| (rank(name), name.clone()));
    names
}

/// Whether people rarely read it.
pub fn is_for_machines(name: &str) -> bool {
    LAST.contains(&name)
}

/// A text of a thing; empty where there is none.
pub fn text<'v>(thing: &'v Value, name: &str) -> &'v str {
    thing.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The same of its fields, where there is one.
pub fn said<'t>(thing: &'t Map<String, Value>, name: &str) -> Option<&'t str> {
    thing.get(name).and_then(Value::as_str)
}

/// A thing with these fields alone: the whole is on its own page.
pub fn few(thing: &Value, kept: &[&str]) -> Value {
    let fields = thing.as_object().into_iter().flatten().filter(|(name, _)| kept.contains(&name.as_str()));
    Value::Object(fields.map(|(name, value)| (name.clone(), value.clone())).collect())
}

fn rank(name: &str) -> usize {
    match FIRST.iter().position(|first| *first == name) {
        Some(at) => at,
        None if is_for_machines(name) => usize::MAX,
        None => FIRST.len(),
    }
}

fn is_said(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::String(text) => !text.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_said_nowhere_is_no_column() {
        let (one, two) =
            (json!({ "id": "1", "b": null, "state": "x" }), json!({ "id": "2", "b": [], "salt": "s" }));
        let things = [one.as_object().unwrap(), two.as_object().unwrap()];
        assert_eq!(columns(&things), ["state", "id"]);
    }
}
