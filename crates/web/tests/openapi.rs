//! The description for machines is the committed one, and is sound.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use words::Act;

// Goal: nobody changes what clients rely on without seeing it. `UPDATE_SNAPSHOTS=1` writes it anew.
#[test]
fn the_description_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let found = serde_json::to_string_pretty(&web::description()).unwrap() + "\n";
    if std::env::var("UPDATE_SNAPSHOTS").is_ok_and(|set| set == "1") {
        std::fs::write(&path, &found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "docs/openapi.json is out of date: run with UPDATE_SNAPSHOTS=1 and read what changed"
    );
}

// Goal: every act is described once, and every reference leads somewhere.
#[test]
fn every_act_is_described_and_every_reference_holds() {
    let description = web::description();
    let ids: Vec<_> =
        operations(&description).map(|operation| operation["operationId"].as_str().unwrap()).collect();
    let unique: BTreeSet<_> = ids.iter().copied().collect();
    assert_eq!(unique.len(), ids.len());
    assert!(Act::ALL.iter().all(|act| unique.contains(act.name())));
    let mut references = Vec::new();
    collect(&description, &mut references);
    assert!(references.len() > Act::ALL.len());
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(description.pointer(pointer).is_some(), "{reference}");
    }
}

fn operations(description: &Value) -> impl Iterator<Item = &Value> {
    description["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values())
}

fn collect<'a>(value: &'a Value, references: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            references.extend(fields.get("$ref").and_then(Value::as_str));
            fields.values().for_each(|field| collect(field, references));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
