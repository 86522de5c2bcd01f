//! From flags to an act's fields in JSON, by the kinds of the table.

use clap::ArgMatches;
use serde_json::{Map, Value};
use words::Timestamp;
use words::act::{Field, FieldKind, Row};

use crate::command::{SUBJECT, subject};

/// The fields that were given.
pub fn read(row: &'static Row, matches: &ArgMatches) -> Value {
    let mut fields = Map::new();
    for field in row.fields {
        if let Some(value) = flag(field, matches).or_else(|| bare(row, field, matches)) {
            fields.insert(field.name.to_owned(), value);
        }
    }
    Value::Object(fields)
}

fn flag(field: &Field, matches: &ArgMatches) -> Option<Value> {
    match field.kind {
        FieldKind::Text => matches.get_one::<String>(field.name).map(|text| Value::from(text.as_str())),
        FieldKind::Number => matches.get_one::<u64>(field.name).map(|number| Value::from(*number)),
        FieldKind::Time => matches.get_one::<Timestamp>(field.name).map(|at| Value::from(at.to_string())),
        FieldKind::Texts => {
            matches.get_many::<String>(field.name).map(|texts| texts.map(String::as_str).collect())
        }
    }
}

/// The thing itself, given without its flag.
fn bare(row: &'static Row, field: &Field, matches: &ArgMatches) -> Option<Value> {
    let is_subject = subject(row).is_some_and(|subject| subject.name == field.name);
    let given = matches.try_get_one::<String>(SUBJECT).ok().flatten();
    given.filter(|_| is_subject).map(|text| Value::from(text.as_str()))
}
