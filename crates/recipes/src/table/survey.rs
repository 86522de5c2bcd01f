//! The first pass: which columns there are, and what stands in them.
//!
//! It exists so that types are known before anything is written. It keeps figures of columns, and no cell.

use std::collections::BTreeSet;

use super::clean::{Clean, Cleaner};
use super::params::{Ragged, Table};
use super::plan::{Column, Made, Seen, Want};
use crate::cell::{EXACT_MAX, Value};
use crate::fault;
use crate::source::{Cell, Form, Take};
use crate::step::{Counts, Stop, count};

/// What the second pass works by.
pub(crate) struct Plan<'t> {
    pub columns: Vec<Column<'t>>,
    /// The column that names patients, where dates are moved.
    pub patient: Option<usize>,
    pub rows: u64,
}

pub(crate) struct Survey<'t> {
    table: &'t Table,
    has_comma: bool,
    columns: Vec<Column<'t>>,
    /// Names as they will be written.
    names: BTreeSet<String>,
    found: BTreeSet<String>,
    names_made: u64,
    rows: u64,
}

impl<'t> Survey<'t> {
    pub fn new(table: &'t Table, form: &Form) -> Self {
        Self {
            table,
            has_comma: form.has_decimal_comma(),
            columns: Vec::new(),
            names: BTreeSet::new(),
            found: BTreeSet::new(),
            names_made: 0,
            rows: 0,
        }
    }

    /// What a column will be, once all rows were seen.
    pub fn plan(mut self, counts: &mut Counts) -> Result<Plan<'t>, Stop> {
        if self.table.named().iter().any(|name| !self.found.contains(*name)) {
            return Err(fault::NO_SUCH_COLUMN.into());
        }
        let odd = self.table.odd;
        for (at, column) in self.columns.iter_mut().enumerate() {
            if !column.is_dropped {
                let made = column.seen.decide(column.want, odd);
                column.made = made.map_err(|fault| fault.column(at))?;
            }
        }
        let kept: Vec<&Column> = self.columns.iter().filter(|column| !column.is_dropped).collect();
        if kept.is_empty() {
            return Err(fault::NOT_A_TABLE.into());
        }
        let as_text = kept.iter().filter(|column| column.made == Made::Text).count();
        count(counts, "columns", kept.len() as u64);
        count(counts, "columns-as-text", as_text as u64);
        count(counts, "columns-dropped", (self.columns.len() - kept.len()) as u64);
        count(counts, "columns-renamed", self.table.rename.len() as u64);
        count(counts, "names-made", self.names_made);
        let patient = self.table.shift_dates.as_ref().map(|shift| &shift.patient);
        let patient = patient.and_then(|name| self.columns.iter().position(|column| column.name == *name));
        Ok(Plan { columns: self.columns, patient, rows: self.rows })
    }

    /// Looks at a row, and tells whoever asks what its cells are, by column.
    pub fn see(
        &mut self,
        number: u64,
        cells: &[Cell<'_>],
        is_short: bool,
        tell: &mut dyn FnMut(usize, Value),
    ) -> Result<(), Stop> {
        if is_short && self.table.ragged == Ragged::Refuse {
            return Err(fault::RAGGED.row(number).into());
        }
        self.rows = number;
        for (at, (cell, column)) in cells.iter().zip(&mut self.columns).enumerate() {
            if column.is_dropped {
                continue;
            }
            let clean = column.cleaner.clean(cell);
            let (clean, _) = clean.map_err(|fault| fault.row(number).column(at))?;
            if let Clean::Filled { text, is_text } = clean {
                tell(at, column.see(&text, is_text));
            }
        }
        Ok(())
    }

    fn want(&self, name: &str) -> Want {
        let table = self.table;
        match () {
            () if table.pseudonyms.contains_key(name) => Want::Words,
            () if table.units.contains_key(name) => Want::Numbers,
            () if table.dates.contains_key(name) || table.shifts(name) => Want::Day,
            () => table.types.get(name).map_or(Want::Any, |kind| Want::Type(*kind)),
        }
    }

    /// A name that no column has yet.
    fn free(&self, name: &str) -> Option<String> {
        // WHY a bound: a header of the same name thousands of times is no header.
        (2..1_000).map(|nth| format!("{name}_{nth}")).find(|name| !self.names.contains(name))
    }
}

impl Take for Survey<'_> {
    fn column(&mut self, name: &str, is_made: bool) -> Result<(), Stop> {
        let at = self.columns.len();
        let table = self.table;
        let is_double = self.found.contains(name);
        // WHY: which of two is meant by a recipe that names it, nobody knows.
        if is_double && table.named().contains(name) {
            return Err(fault::DOUBLE_COLUMN.column(at).into());
        }
        self.found.insert(name.to_owned());
        let mut written = table.rename.get(name).cloned().unwrap_or_else(|| name.to_owned());
        if self.names.contains(&written) {
            if table.rename.contains_key(name) || table.rename.values().any(|to| *to == written) {
                return Err(fault::DOUBLE_COLUMN.column(at).into());
            }
            written = self.free(&written).ok_or(fault::DOUBLE_COLUMN.column(at))?;
            self.names_made += u64::from(!is_made);
        }
        self.names_made += u64::from(is_made);
        let is_dropped = table.drop.contains(name);
        if !is_dropped {
            self.names.insert(written.clone());
        }
        self.columns.push(Column {
            cleaner: Cleaner::new(table, name, self.has_comma),
            want: self.want(name),
            unit: table.units.get(name),
            stands: table.pseudonyms.get(name).copied(),
            is_shifted: table.shifts(name),
            is_dropped,
            seen: Seen::default(),
            made: Made::Text,
            written,
            name: name.to_owned(),
        });
        Ok(())
    }

    fn row(&mut self, number: u64, cells: &[Cell<'_>], is_short: bool) -> Result<(), Stop> {
        self.see(number, cells, is_short, &mut |_, _| ())
    }
}

impl Column<'_> {
    fn see(&mut self, text: &str, is_text: bool) -> Value {
        let seen = &mut self.seen;
        // WHY: a column that is text anyway need not be looked at closer.
        let is_settled = self.want == Want::Words || self.want == Want::Type(formats::column::Type::Text);
        let value = if is_settled { Value::Text } else { self.cleaner.value(text, is_text) };
        match value {
            Value::Whole(whole) => {
                seen.whole += 1;
                seen.is_wide |= whole.unsigned_abs() > EXACT_MAX.unsigned_abs();
            }
            Value::Number(_) => seen.number += 1,
            Value::Bool(_) => seen.bool += 1,
            Value::Date(_) => seen.date += 1,
            Value::Moment { micros, is_utc } => {
                *(if is_utc { &mut seen.utc } else { &mut seen.local }) += 1;
                seen.is_fine |= micros % 1_000 != 0;
            }
            Value::Text => seen.text += 1,
        }
        value
    }
}
