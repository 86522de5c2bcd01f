//! Tables of text: whole rows, closed quotes, one encoding; and what each column holds.
//!
//! It exists so that a table's faults have a row and a byte. It keeps figures of columns, never rows.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{self, Read};
use std::rc::Rc;

use super::Job;
use crate::column::{Profile, Seen};
use crate::detect::{Dialect, Encoding};
use crate::kind::Kind;
use crate::omop;
use crate::report::Place;
use crate::rows::{Flaw, Row, Rows};
use crate::rule::{self, Rule};

/// WHY: a table that nobody looked at before is read as the commonest.
pub fn dialect_of(job: &Job) -> Dialect {
    let tab = job.detected.kind == Kind::Tsv;
    job.detected.dialect.clone().unwrap_or(Dialect {
        delimiter: if tab { '\t' } else { ',' },
        quote: Some('"'),
        has_header: true,
        has_decimal_comma: false,
        encoding: job.detected.encoding.unwrap_or(Encoding::Utf8),
        preamble_lines: 0,
        columns: 0,
    })
}

/// Judges a table.
pub fn judge(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    let dialect = dialect_of(job);
    let mut rows = Rows::new(from, &dialect, job.limits.line_bytes_max, job.limits.columns_max);
    let watch = Rc::clone(&job.watch);
    rows.skip_lines(dialect.preamble_lines, &mut |bytes| watch.borrow_mut().text(bytes))?;
    let (mut profiles, mut seen, mut count) = (Vec::<Profile>::new(), Seen::default(), 0_u64);
    let mut is_ended = true;
    while let Some(row) = rows.row()? {
        let place = row.place;
        is_ended = row.is_ended;
        flaws(job, &row);
        if row.number == 1 {
            profiles = first(job, &dialect, &row);
            if dialect.has_header {
                continue;
            }
        }
        count += 1;
        if row.width() != profiles.len() && !row.flaws.contains(&Flaw::TooMany) {
            job.findings.add(rule::TABLE_RAGGED, place);
        }
        // WHY as text: what lies beside the columns is no column's, and no less a name.
        row.cells().skip(profiles.len()).for_each(|cell| watch.borrow_mut().text(&[cell, b"\n"].concat()));
        for (at, (cell, profile)) in row.cells().zip(profiles.iter_mut()).enumerate() {
            watch.borrow_mut().cell(at, cell);
            let text = text(job, &dialect, cell, place.column(at + 1));
            profile.take(&text, dialect.has_decimal_comma, &mut seen);
        }
    }
    job.findings.need(is_ended, rule::TEXT_NO_END, Place::WHOLE);
    finish(job, profiles, count);
    Ok(())
}

/// The rule that a flaw breaks.
pub fn rule_of(flaw: Flaw) -> Rule {
    match flaw {
        Flaw::Open => rule::TABLE_QUOTE_OPEN,
        Flaw::Stray => rule::TABLE_QUOTE_STRAY,
        Flaw::TooLong => rule::LIMIT_LINE,
        Flaw::TooMany => rule::LIMIT_COLUMNS,
        Flaw::Nul => rule::TEXT_NUL,
    }
}

fn flaws(job: &mut Job, row: &Row) {
    row.flaws.iter().for_each(|flaw| job.findings.add(rule_of(*flaw), row.place));
    job.findings.need(row.blank == 0, rule::TABLE_BLANK, row.place);
}

/// The first row: names of columns, or how many there are.
fn first(job: &mut Job, dialect: &Dialect, row: &Row) -> Vec<Profile> {
    if !dialect.has_header {
        job.watch.borrow_mut().columns(&vec![""; row.cells().count()]);
        return (0..row.width()).map(|_| Profile::new(None)).collect();
    }
    let mut seen = BTreeSet::new();
    let mut names = Vec::new();
    for (at, cell) in row.cells().enumerate() {
        let place = row.place.column(at + 1);
        let name = text(job, dialect, cell, place).trim().to_owned();
        job.findings.need(!name.is_empty(), rule::TABLE_HEADER_EMPTY, place);
        let is_new = name.is_empty() || seen.insert(name.clone());
        job.findings.need(is_new, rule::TABLE_HEADER_DOUBLE, place);
        names.push(name);
    }
    if job.detected.kind == Kind::OmopTable {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        match omop::table(&names) {
            Some(table) => job.facts.word("omop-table", table),
            None => job.findings.add(rule::OMOP_COLUMNS, row.place),
        }
    }
    job.watch.borrow_mut().columns(&names.iter().map(String::as_str).collect::<Vec<_>>());
    names
        .iter()
        .map(|name| Profile::new(Some(name).filter(|name| !name.is_empty()).map(String::as_str)))
        .collect()
}

/// A cell as text, and whether it is one.
fn text<'a>(job: &mut Job, dialect: &Dialect, cell: &'a [u8], place: Place) -> Cow<'a, str> {
    let text = String::from_utf8_lossy(cell);
    let is_broken = matches!(text, Cow::Owned(_));
    let has_mark =
        matches!(dialect.encoding, Encoding::Utf16Le | Encoding::Utf16Be) && text.contains('\u{fffd}');
    job.findings.need(!is_broken && !has_mark, rule::TEXT_ENCODING, place);
    text
}

fn finish(job: &mut Job, profiles: Vec<Profile>, count: u64) {
    job.facts.number("rows", count);
    job.facts.number("columns", profiles.len() as u64);
    job.facts.columns = profiles.into_iter().map(Profile::column).collect();
    for at in 0..job.facts.columns.len() {
        let odd = job.facts.columns.get(at).map_or(0, |column| column.odd);
        job.findings.need(odd == 0, rule::TABLE_ODD, Place::WHOLE.column(at + 1));
    }
    job.findings.need(!job.facts.columns.is_empty(), rule::FILE_EMPTY, Place::WHOLE);
}
