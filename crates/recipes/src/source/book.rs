//! Rows of a workbook: of its first sheet whose columns have names.
//!
//! It exists so that a spreadsheet becomes what a table of text becomes. Cells are as `formats` tells them: numbers as they are
//! kept, dates as dates. It keeps one row, and never guesses a header.

use std::borrow::Cow;
use std::io::Read;

use formats::{Detected, Kind, Limits, Verdict, Watch, rule};

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
    // WHY of nothing: what it is was found before, and its layers are off.
    let detected = Detected { kind: Kind::Xlsx, ..formats::detect_bytes(&[], true) };
    let mut sheet =
        Sheet { take, state: State::Waits, number: 0, row: Vec::new(), is_beside: false, stop: None };
    let judged = formats::validate_before(&detected, from, limits, &mut sheet);
    let (stop, state, number) = (sheet.stop, sheet.state, sheet.number);
    let report = judged.map_err(|formats::Error::Read(error)| why(&error))?;
    if let Some(stop) = stop {
        return Err(stop);
    }
    let is_long =
        [rule::LIMIT_HELD, rule::LIMIT_CELLS, rule::LIMIT_MEMORY].map(|rule| report.count(rule)) != [0; 3];
    match report.verdict {
        Verdict::Holds if state == State::Waits => Err(fault::NOT_A_TABLE.into()),
        Verdict::Holds => Ok(number),
        Verdict::Unjudged if is_long => Err(fault::LIMIT_MEMORY.into()),
        Verdict::Unjudged | Verdict::Fails => Err(fault::MALFORMED.into()),
    }
}

/// Where in the workbook it is.
#[derive(PartialEq)]
enum State {
    /// No sheet had names.
    Waits,
    Reads(usize),
    Ended,
}

struct Sheet<'t> {
    take: &'t mut dyn Take,
    state: State,
    number: u64,
    row: Vec<(usize, String)>,
    /// Whether something stands beside the columns.
    is_beside: bool,
    stop: Option<Stop>,
}

impl Sheet<'_> {
    fn begin(&mut self, names: &[&str]) -> Result<(), Stop> {
        super::begin_all(names.iter().copied(), self.take)
    }

    fn end_row(&mut self, width: usize) -> Result<(), Stop> {
        let mut found = vec![Cell::NOTHING; width];
        for (at, text) in self.row.drain(..) {
            if let Some(cell) = found.get_mut(at) {
                *cell = Cell { text: Cow::Owned(text), is_text: false, is_null: false };
            }
        }
        self.number += 1;
        // WHY: what stands beside the columns would be lost.
        if std::mem::take(&mut self.is_beside) {
            return Err(fault::RAGGED.row(self.number).into());
        }
        self.take.row(self.number, &found, false)
    }

    /// Keeps why it ends; what follows is passed over.
    fn went(&mut self, ended: Result<(), Stop>) {
        if let Err(stop) = ended {
            self.stop = Some(stop);
            self.state = State::Ended;
        }
    }
}

impl Watch for Sheet<'_> {
    fn columns(&mut self, names: &[&str]) {
        self.is_beside = false;
        let has_names = names.iter().any(|name| !name.trim().is_empty());
        self.state = match self.state {
            State::Waits if has_names => State::Reads(names.len()),
            State::Waits => State::Waits,
            State::Reads(_) | State::Ended => State::Ended,
        };
        if matches!(self.state, State::Reads(_)) {
            let begun = self.begin(names);
            self.went(begun);
        }
    }

    fn cell(&mut self, column: usize, cell: &[u8]) {
        if matches!(self.state, State::Reads(_)) {
            self.row.push((column, String::from_utf8_lossy(cell).into_owned()));
        }
    }

    fn text(&mut self, bytes: &[u8]) {
        self.is_beside |= !bytes.trim_ascii().is_empty();
    }

    fn row(&mut self) {
        if let State::Reads(width) = self.state {
            let ended = self.end_row(width);
            self.went(ended);
        }
    }
}
