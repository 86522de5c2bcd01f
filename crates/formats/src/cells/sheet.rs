//! One sheet of a workbook, cell by cell.
//!
//! It exists so that a sheet of a million rows is told without being held. It keeps one row, and the first few until it knows
//! which of them has the names of columns.
//!
//! SPEC: ECMA-376 part 1, 18.3.

use quick_xml::events::BytesStart;

use super::book::Book;
use super::walk::{Part, attribute, walk};
use super::{Teller, day};
use crate::rule::{self, Rule};
use crate::zipped::Member;

/// WHY: a title and some remarks stand above a table; more rows than this do not.
const ROWS_BEFORE_MAX: usize = 20;
/// SPEC: the last column of Excel is XFD.
const COLUMNS_MAX: usize = 16_384;

/// A cell of a row.
struct Cell {
    column: usize,
    text: String,
    is_number: bool,
}

/// The cell that is read.
#[derive(Default)]
struct Open {
    column: usize,
    form: String,
    style: usize,
    text: String,
    is_text: bool,
    is_spoken: bool,
}

/// Tells every cell of a sheet.
pub fn read(member: &Member, book: &Book, teller: &mut Teller) -> Result<(), Rule> {
    let limits = teller.limits.clone();
    let (mut open, mut row, mut next) = (Open::default(), Vec::new(), 0);
    let mut rows = Rows { waiting: Some(Vec::new()), bytes: 0 };
    walk(member, &limits, &mut |part| {
        match part {
            Part::Begin(b"row", _) => next = 0,
            Part::Begin(b"c", element) => {
                open = begin(element, next);
                next = open.column + 1;
            }
            // SPEC: 18.3.1.96 (`v`), 18.4.12 (`t`); how a text is pronounced is no part of it.
            Part::Begin(b"v" | b"t", _) => open.is_text = !open.is_spoken,
            Part::End(b"v" | b"t") => open.is_text = false,
            Part::Begin(b"rPh", _) => open.is_spoken = true,
            Part::End(b"rPh") => open.is_spoken = false,
            Part::Text(text) if open.is_text => {
                open.text.push_str(text);
                if open.text.len() > limits.line_bytes_max {
                    return Err(rule::LIMIT_LINE);
                }
            }
            Part::End(b"c") if open.column >= COLUMNS_MAX => return Err(rule::XLSX_FORM),
            Part::End(b"c") => row.extend(end(&mut open, book)?),
            Part::End(b"row") => rows.take(std::mem::take(&mut row), teller)?,
            Part::Begin(..) | Part::End(_) | Part::Text(_) => {}
        }
        // WHY: a row may have as many cells as Excel has columns, and no more.
        if row.len() > COLUMNS_MAX { Err(rule::XLSX_FORM) } else { Ok(()) }
    })?;
    rows.begin(teller)
}

fn begin(element: &BytesStart, next: usize) -> Open {
    let column = attribute(element, "r").and_then(|place| column_of(&place)).unwrap_or(next);
    let style = attribute(element, "s").and_then(|style| style.parse().ok()).unwrap_or_default();
    Open { column, style, form: attribute(element, "t").unwrap_or_default(), ..Open::default() }
}

/// `B7` is of column 1.
fn column_of(place: &str) -> Option<usize> {
    let letters = place.bytes().take_while(u8::is_ascii_alphabetic);
    let column = letters
        .take(4)
        .fold(0, |column, letter| column * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1);
    column.checked_sub(1)
}

/// What a cell shows. SPEC: 18.18.11.
fn end(open: &mut Open, book: &Book) -> Result<Option<Cell>, Rule> {
    let text = std::mem::take(&mut open.text);
    let (text, is_number) = match open.form.as_str() {
        "s" => {
            let at = text.trim().parse().map_err(|_| rule::XLSX_FORM)?;
            (book.text(at).ok_or(rule::XLSX_FORM)?.to_owned(), false)
        }
        "" | "n" => (number(text, open.style, book), true),
        "b" => (if text.trim() == "1" { "true".to_owned() } else { "false".to_owned() }, true),
        _ => (text, false),
    };
    Ok(Some(Cell { column: open.column, text, is_number }).filter(|cell| !cell.text.trim().is_empty()))
}

/// A number as it is written, or the day that it is shown as.
fn number(text: String, style: usize, book: &Book) -> String {
    if !book.dates.get(style).copied().unwrap_or_default() {
        return text;
    }
    // SPEC: 18.17.4.1: days since 1899-12-30 or since 1904-01-01.
    let from = if book.is_from_1904 { 24_107.0 } else { 25_569.0 };
    let Ok(serial) = text.trim().parse::<f64>() else { return text };
    // WHY from 1: a time alone is no day.
    let seconds = (1.0..3e6).contains(&serial).then(|| ((serial - from) * 86_400.0).round() as i64);
    seconds.and_then(day::moment).unwrap_or(text)
}

/// Rows as they come.
struct Rows {
    /// None: the table has begun.
    waiting: Option<Vec<Vec<Cell>>>,
    bytes: usize,
}

impl Rows {
    fn take(&mut self, row: Vec<Cell>, teller: &mut Teller) -> Result<(), Rule> {
        if row.is_empty() {
            return Ok(());
        }
        let Some(waiting) = &mut self.waiting else { return tell(&row, teller) };
        self.bytes += row.iter().map(|cell| cell.text.len() + size_of::<Cell>()).sum::<usize>();
        waiting.push(row);
        let is_enough = waiting.len() >= ROWS_BEFORE_MAX || self.bytes > teller.limits.memory_bytes_max / 2;
        if is_enough { self.begin(teller) } else { Ok(()) }
    }

    /// Begins the table, if it has not begun: the first row of words that is as wide as others has the names.
    fn begin(&mut self, teller: &mut Teller) -> Result<(), Rule> {
        let Some(waiting) = self.waiting.take() else { return Ok(()) };
        let widest = waiting.iter().map(Vec::len).max().unwrap_or_default();
        let is_head = |row: &Vec<Cell>| row.len() * 2 > widest && row.iter().all(|cell| !cell.is_number);
        let head = waiting.iter().position(is_head);
        let cells = waiting.iter().flatten();
        let mut names = vec![""; cells.map(|cell| cell.column + 1).max().unwrap_or_default()];
        for cell in head.and_then(|head| waiting.get(head)).into_iter().flatten() {
            if let Some(name) = names.get_mut(cell.column) {
                *name = cell.text.trim();
            }
        }
        let (above, below) = waiting.split_at(head.unwrap_or_default());
        above.iter().flatten().try_for_each(|cell| teller.text(&cell.text))?;
        teller.table(&names)?;
        below.iter().skip(usize::from(head.is_some())).try_for_each(|row| tell(row, teller))
    }
}

fn tell(row: &[Cell], teller: &mut Teller) -> Result<(), Rule> {
    row.iter().try_for_each(|cell| teller.cell(cell.column, cell.text.as_bytes()))?;
    teller.row();
    Ok(())
}
