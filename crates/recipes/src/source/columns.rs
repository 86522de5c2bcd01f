//! Rows of Parquet.
//!
//! It exists so that a table of columns has a profile and a preview. Cells are as `formats` tells them: moments in seconds, bytes as
//! text. It holds the file and a page of each column.

use std::borrow::Cow;
use std::io::Read;

use formats::{Limits, Rule, flat, rule};

use super::{Cell, Take};
use crate::fault;
use crate::step::Stop;

/// Gives every row.
pub(super) fn read(
    from: &mut dyn Read,
    limits: &Limits,
    why: &dyn Fn(&std::io::Error) -> Stop,
    take: &mut dyn Take,
) -> Result<u64, Stop> {
    let mut bytes = Vec::new();
    let size =
        from.take(limits.held_bytes_max as u64 + 1).read_to_end(&mut bytes).map_err(|error| why(&error))?;
    if size > limits.held_bytes_max {
        return Err(fault::LIMIT_MEMORY.into());
    }
    let mut rows = Rows { take, are_texts: Vec::new(), number: 0 };
    flat::rows(&bytes, limits, &mut rows)?;
    Ok(rows.number)
}

impl From<Rule> for Stop {
    fn from(rule: Rule) -> Self {
        match () {
            () if rule == rule::LIMIT_DEPTH => fault::NOT_FLAT.into(),
            () if rule == rule::LIMIT_UNREAD => fault::NOT_APPLICABLE.into(),
            () if rule == rule::LIMIT_COLUMNS => fault::LIMIT_COLUMNS.into(),
            () if rule == rule::LIMIT_MEMORY || rule == rule::LIMIT_CELLS => fault::LIMIT_MEMORY.into(),
            () => fault::MALFORMED.into(),
        }
    }
}

struct Rows<'t> {
    take: &'t mut dyn Take,
    are_texts: Vec<bool>,
    number: u64,
}

impl flat::Take for Rows<'_> {
    type Stop = Stop;

    fn columns(&mut self, columns: &[(&str, bool)]) -> Result<(), Stop> {
        self.are_texts = columns.iter().map(|(_, is_text)| *is_text).collect();
        super::begin_all(columns.iter().map(|(name, _)| *name), self.take)
    }

    fn row(&mut self, cells: &[Option<&[u8]>]) -> Result<(), Stop> {
        let cell = |(cell, is_text): (&Option<&'_ [u8]>, &bool)| match cell {
            None => Cell::NOTHING,
            Some(text) => Cell {
                text: Cow::Owned(String::from_utf8_lossy(text).into_owned()),
                is_text: *is_text,
                is_null: false,
            },
        };
        let cells: Vec<Cell<'_>> = cells.iter().zip(&self.are_texts).map(cell).collect();
        self.number += 1;
        self.take.row(self.number, &cells, false)
    }
}
