//! Cells of tables that are no text: workbooks, databases, columns; told one by one, table after table.
//!
//! It exists so that whoever looks for people hears them as it hears those of CSV. It keeps of a table its width and figures,
//! and never tells more than may be told of one file.

mod bits;
mod book;
mod day;
pub mod flat;
mod office;
mod page;
pub(crate) mod parquet;
mod sheet;
mod sql;
pub(crate) mod sqlite;
mod walk;

use std::io::{self, Read};
use std::rc::Rc;

use crate::column::{Column, Profile, Seen};
use crate::limits::Limits;
use crate::report::{Facts, Place};
use crate::rule::{self, Rule};
use crate::validate::Job;
use crate::watch::Shared;

/// WHY: a long cell is as much work as many short ones.
const CELL_BYTES: usize = 64;

/// How many columns a table has by its SQL.
pub(crate) fn sql_columns(sql: &str) -> usize {
    sql::columns(sql).names.len()
}

/// A reader that keeps what passes, up to a bound.
pub(crate) struct Kept<'a> {
    from: &'a mut dyn Read,
    bytes: Option<Vec<u8>>,
    bytes_max: usize,
}

impl<'a> Kept<'a> {
    pub fn new(from: &'a mut dyn Read, limits: &Limits) -> Self {
        Self { from, bytes: Some(Vec::new()), bytes_max: limits.held_bytes_max }
    }

    /// All that passed; none: it was more than may be held.
    pub fn all(self) -> Option<Vec<u8>> {
        self.bytes
    }
}

impl Read for Kept<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.from.read(buffer)?;
        let room = self.bytes.as_ref().map(|bytes| self.bytes_max.saturating_sub(bytes.len()));
        if room.is_some_and(|room| size > room) {
            self.bytes = None;
        }
        if let Some(bytes) = &mut self.bytes {
            bytes.extend_from_slice(buffer.get(..size).unwrap_or_default());
        }
        Ok(size)
    }
}

/// Tells what a document that is a zip file says: cells of a workbook, words of others.
pub(crate) fn document(bytes: &[u8], teller: &mut Teller) -> Result<(), Rule> {
    let is_book = crate::zipped::members(bytes)
        .is_some_and(|members| members.iter().any(|member| member.path.starts_with(b"xl/")));
    if is_book { book::read(bytes, teller) } else { office::read(bytes, teller) }
}

/// Tells the cells of what was kept; why it ended early is a finding.
pub(crate) fn tell(
    job: &mut Job,
    kept: Option<Vec<u8>>,
    read: impl FnOnce(&[u8], &mut Teller) -> Result<(), Rule>,
) {
    let Some(bytes) = kept else {
        job.findings.add(rule::LIMIT_HELD, Place::WHOLE);
        return;
    };
    let mut teller = Teller::new(job);
    let ended = read(&bytes, &mut teller);
    teller.facts(&mut job.facts);
    if let Err(rule) = ended {
        job.findings.add(rule, Place::WHOLE);
    }
}

/// Whoever tells cells to the watch of a judgement.
pub(crate) struct Teller<'a> {
    watch: Shared<'a>,
    pub limits: Limits,
    left: u64,
    width: usize,
    tables: u64,
    rows: u64,
    /// Of the only table; none: there are several, or the judge knows better.
    profiles: Option<Vec<Profile>>,
    seen: Seen,
}

impl<'a> Teller<'a> {
    fn new(job: &Job<'a>) -> Self {
        Self {
            watch: Rc::clone(&job.watch),
            limits: job.limits.clone(),
            left: job.limits.cells_max,
            width: 0,
            tables: 0,
            rows: 0,
            profiles: job.facts.columns.is_empty().then(Vec::new),
            seen: Seen::default(),
        }
    }

    /// A table begins: as many columns as names, empty where there is none.
    pub fn table(&mut self, names: &[&str]) -> Result<(), Rule> {
        if names.len() > self.limits.columns_max || self.tables >= self.limits.entries_max {
            return Err(rule::LIMIT_COLUMNS);
        }
        (self.width, self.tables) = (names.len(), self.tables + 1);
        if !names.is_empty() {
            let is_first = self.profiles.as_ref().is_some_and(Vec::is_empty);
            let profile = |name: &&str| Profile::new(Some(*name).filter(|name| !name.is_empty()));
            self.profiles = is_first.then(|| names.iter().map(profile).collect());
        }
        self.watch.borrow_mut().columns(names);
        Ok(())
    }

    /// A row ended.
    pub fn row(&mut self) {
        self.rows += 1;
        self.watch.borrow_mut().row();
    }

    /// A cell; columns count from 0.
    pub fn cell(&mut self, column: usize, cell: &[u8]) -> Result<(), Rule> {
        self.spend(cell.len())?;
        if column >= self.width {
            // WHY as text: what lies beside the columns is no column's, and no less a name.
            self.watch.borrow_mut().text(&[cell, b"\n"].concat());
            return Ok(());
        }
        if let Some(profile) = self.profiles.as_mut().and_then(|profiles| profiles.get_mut(column)) {
            profile.take(&String::from_utf8_lossy(cell), false, &mut self.seen);
        }
        self.watch.borrow_mut().cell(column, cell);
        Ok(())
    }

    /// A text of its own, that is no cell.
    pub fn text(&mut self, text: &str) -> Result<(), Rule> {
        self.spend(text.len())?;
        self.watch.borrow_mut().text(text.as_bytes());
        self.watch.borrow_mut().text(b"\n");
        Ok(())
    }

    fn spend(&mut self, size: usize) -> Result<(), Rule> {
        let cost = 1 + (size / CELL_BYTES) as u64;
        self.left = self.left.checked_sub(cost).ok_or(rule::LIMIT_CELLS)?;
        Ok(())
    }

    fn facts(self, facts: &mut Facts) {
        if self.tables > 0 {
            facts.number("tables", self.tables);
        }
        if let Some(profiles) = self.profiles.filter(|profiles| !profiles.is_empty()) {
            facts.columns = profiles.into_iter().map(Profile::column).collect::<Vec<Column>>();
            facts.number("columns", facts.columns.len() as u64);
        }
        if self.tables > 0 && !facts.numbers.contains_key("rows") {
            facts.number("rows", self.rows);
        }
    }
}
