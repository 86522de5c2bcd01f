//! From flags to an act's fields in JSON, by the kinds of the table.

use std::io::{BufRead, IsTerminal};

use clap::ArgMatches;
use serde_json::{Map, Value};
use words::Timestamp;
use words::act::{Field, FieldKind, Row};

use crate::command::{SUBJECT, subject};
use crate::failure::Failure;

/// The same with what nobody may see, typed at a prompt; or a line each on standard input, where nobody sits there.
pub fn with_hidden(row: &'static Row, mut fields: Value) -> Result<Value, Failure> {
    for field in row.fields.iter().filter(|field| field.kind == FieldKind::Hidden) {
        let text = hidden(field)?;
        if let (false, Some(fields)) = (text.is_empty(), fields.as_object_mut()) {
            fields.insert(field.name.to_owned(), Value::from(text));
        }
    }
    Ok(fields)
}

fn hidden(field: &Field) -> Result<String, Failure> {
    let failed = |cause: std::io::Error| {
        Failure::yours(
            format!("`{}` cannot be read: {cause}", field.name),
            "type it, or give a line of it on standard input",
        )
    };
    if std::io::stdin().is_terminal() {
        let left_out = if field.is_required { "" } else { "; Enter leaves it out" };
        let prompt = format!("{} ({}{left_out}): ", field.name.replace('_', " "), field.help);
        return rpassword::prompt_password(prompt).map_err(failed);
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(failed)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

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
        // Asked for by itself.
        FieldKind::Hidden => None,
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
