//! One cell made clean: codes mapped, missing ones missing.
//!
//! It exists so that both passes see the same cell. It changes nothing that the recipe does not name.

use std::borrow::Cow;

use super::params::{Codes, Rest, Table};
use crate::cell::{Order, Value, value_of};
use crate::fault::{self, Fault};
use crate::source::Cell;

/// What a clean cell is.
pub(crate) enum Clean<'a> {
    Missing,
    /// As it stands, or as it was mapped.
    Filled {
        text: Cow<'a, str>,
        is_text: bool,
    },
}

/// What was done to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Done {
    Nothing,
    Mapped,
    Kept,
    Nulled,
}

/// How cells of one column are made clean.
pub(crate) struct Cleaner<'t> {
    table: &'t Table,
    codes: Option<&'t Codes>,
    pub order: Option<Order>,
    has_comma: bool,
    /// WHY: a longer cell is none of the tokens, and need not be looked for.
    longest_missing: usize,
}

impl<'t> Cleaner<'t> {
    pub fn new(table: &'t Table, name: &str, has_comma: bool) -> Self {
        Self {
            table,
            codes: table.codes.get(name),
            order: table.dates.get(name).copied(),
            has_comma,
            longest_missing: table.missing.iter().map(String::len).max().unwrap_or_default(),
        }
    }

    pub fn clean<'a>(&self, cell: &'a Cell<'_>) -> Result<(Clean<'a>, Done), Fault> {
        if cell.is_null {
            return Ok((Clean::Missing, Done::Nothing));
        }
        let bare = cell.text.trim();
        if let Some(mapped) = self.codes.and_then(|codes| codes.map.get(bare)) {
            let clean = match mapped {
                // WHY owned: it is the recipe's, and lives otherwise than the row.
                Some(to) => Clean::Filled { text: Cow::Owned(to.clone()), is_text: false },
                None => Clean::Missing,
            };
            return Ok((clean, Done::Mapped));
        }
        if bare.len() <= self.longest_missing && self.table.missing.contains(bare) {
            return Ok((Clean::Missing, Done::Nothing));
        }
        let text = Cow::Borrowed(cell.text.as_ref());
        let filled = Clean::Filled { text, is_text: cell.is_text };
        match self.codes.map(|codes| codes.rest) {
            None => Ok((filled, Done::Nothing)),
            Some(Rest::Keep) => Ok((filled, Done::Kept)),
            Some(Rest::Null) => Ok((Clean::Missing, Done::Nulled)),
            Some(Rest::Fail) => Err(fault::UNMAPPED),
        }
    }

    /// What a filled cell is.
    pub fn value(&self, text: &str, is_text: bool) -> Value {
        match value_of(text.trim(), self.has_comma, self.order) {
            // WHY: who writes "7" in quotes of JSON means the sign, not the number; a date has no other way.
            Value::Whole(_) | Value::Number(_) | Value::Bool(_) if is_text => Value::Text,
            value => value,
        }
    }
}
