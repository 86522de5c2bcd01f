//! What a look at an object's key, labels and metadata came to, where nothing but its labels is new.
//!
//! It exists so that whoever labels a million objects has none of them read. It makes nothing less strict: its bytes say what they
//! said.

use serde_json::Value;
use words::{Reason, Refusal, Timestamp};

use super::keep::stand_with;
use super::{Names, REPORT_BYTES_MAX, Said, Standing};
use crate::cell::draft::Draft;
use crate::contract;
use crate::derive::report_of;
use crate::object::ObjectRow;

/// Whom an object's key, labels and metadata name.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    pub names: Names,
    /// Kinds with counts and places, as a report tells them, and no value.
    pub found: Vec<Value>,
}

impl ObjectRow {
    /// Has what is said beside it looked at, unless all of it will be.
    pub(crate) fn look_beside(&mut self) {
        if let Some(examined) = &mut self.examined {
            examined.again = examined.again.or(Some(false));
        }
    }
}

/// Keeps what was found; answers how the object stands.
pub(super) async fn keep(
    draft: &mut Draft,
    row: &mut ObjectRow,
    beside: &Beside,
    said: Standing,
    now: Timestamp,
) -> Result<Standing, Refusal> {
    let own = row.row_key();
    let mut before = report_of(draft, row).await?;
    let known = before.as_mut().map(|report| retold(&mut report.report, beside)).unwrap_or_default();
    let examined = row.examined.as_mut().ok_or(Reason::StateWrong)?;
    let standing = match (examined.standing, said) {
        // WHY: a person's word covers what was known when it was said.
        (standing, _) if examined.cleared.is_some() && known => standing,
        (_, Standing::Apart) => Standing::Apart,
        (Standing::Clear, Standing::Asks) => Standing::Asks,
        (standing, _) => standing,
    };
    if standing != examined.standing {
        (examined.standing, examined.cleared, examined.at) = (standing, None, now);
    }
    // INVARIANT: a look at all of it is not forgotten for this one.
    examined.again = examined.again.filter(|is_whole| *is_whole);
    row.store(draft)?;
    if let Some(report) = before {
        draft.put_in(row.seal(), &own, &report)?;
    }
    if standing == Standing::Apart {
        stand_with(draft, row).await?;
        contract::forget(draft, row).await?;
    }
    Ok(standing)
}

/// Whether whoever is named beside an object was named there in an earlier report.
pub(super) fn is_known(before: &str, now: &str) -> bool {
    let (before, now) = (named(before), named(now));
    now.iter().filter(|found| is_beside(found)).all(|found| before.contains(found))
}

fn named(report: &str) -> Vec<Value> {
    let told: Value = serde_json::from_str(report).unwrap_or_default();
    told["names"].as_array().cloned().unwrap_or_default()
}

fn is_beside(found: &Value) -> bool {
    !found["place"].is_null()
}

/// Puts what was found beside the object in the place of what was found before; whether all of it was known.
fn retold(report: &mut String, beside: &Beside) -> bool {
    let mut told: Value = serde_json::from_str(report).unwrap_or_default();
    let Some(fields) = told.as_object_mut() else { return false };
    let before = named(report);
    let names = before.iter().filter(|found| !is_beside(found)).chain(&beside.found).cloned().collect();
    fields.insert("names".to_owned(), Value::Array(names));
    let told = told.to_string();
    if told.len() <= REPORT_BYTES_MAX {
        *report = told;
    }
    beside.found.iter().all(|found| before.contains(found))
}

impl Beside {
    /// What was said, for how it stands.
    pub(super) fn said(&self) -> Said {
        Said { is_whole: true, names: self.names, ..Said::default() }
    }
}
