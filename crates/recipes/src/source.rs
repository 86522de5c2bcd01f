//! Rows of a table, whatever wrote it: CSV in any dialect, NDJSON of flat objects, a workbook, or Parquet.
//!
//! It exists so that steps see cells and names and nothing of quotes. It keeps one row.

mod book;
mod columns;

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::io::Read;

use formats::detect::Encoding;
use formats::rows::{Flaw, Row, Rows};
use formats::{Detected, Dialect, Kind, Limits};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::fault;
use crate::step::Stop;

/// WHY: a typed file with more is read by nobody, and its footer has some hundred bytes for each in each row group.
pub(crate) const COLUMNS_MAX: usize = 20_000;
/// WHY: of each column's name.
pub(crate) const NAME_BYTES_MAX: usize = 1_024;

/// One cell.
#[derive(Debug, Clone)]
pub(crate) struct Cell<'a> {
    pub text: Cow<'a, str>,
    /// The source itself says that it is text: `"7"` of JSON.
    pub is_text: bool,
    /// The source itself says that there is nothing.
    pub is_null: bool,
}

impl<'a> Cell<'a> {
    const NOTHING: Self = Self { text: Cow::Borrowed(""), is_text: false, is_null: true };

    fn plain(text: &'a str) -> Self {
        Self { text: Cow::Borrowed(text), is_text: false, is_null: false }
    }
}

/// Whoever takes rows.
pub(crate) trait Take {
    /// One more column, in order; `is_made`: the source has no such name.
    fn column(&mut self, name: &str, is_made: bool) -> Result<(), Stop>;
    /// One row, from 1; cells may be fewer than columns where a source leaves them out. `is_short`: a row of cells was too short.
    fn row(&mut self, number: u64, cells: &[Cell<'_>], is_short: bool) -> Result<(), Stop>;
}

/// How a table is written, as detected or as a recipe says.
#[derive(Debug, Clone)]
pub(crate) enum Form {
    Cells(Dialect),
    Objects,
    /// The first sheet of a workbook whose columns have names.
    Book,
    /// Parquet.
    Columns,
}

impl Form {
    /// None: it is no table that is read by rows.
    pub fn of(detected: &Detected) -> Option<Self> {
        match detected.kind {
            Kind::Ndjson => Some(Self::Objects),
            Kind::Xlsx => Some(Self::Book),
            Kind::Parquet => Some(Self::Columns),
            Kind::Csv | Kind::Tsv | Kind::OmopTable => detected.dialect.clone().map(Self::Cells),
            _ => None,
        }
    }

    /// The same where every cell comes as it is written. WHY not Parquet: moments come in seconds, and bytes as text.
    pub fn of_cells(detected: &Detected) -> Option<Self> {
        Self::of(detected).filter(|form| !matches!(form, Self::Columns))
    }

    pub fn has_decimal_comma(&self) -> bool {
        matches!(self, Self::Cells(dialect) if dialect.has_decimal_comma)
    }
}

/// Gives every row of a table.
pub(crate) fn read(
    form: &Form,
    from: &mut dyn Read,
    limits: &Limits,
    why: &dyn Fn(&std::io::Error) -> Stop,
    take: &mut dyn Take,
) -> Result<u64, Stop> {
    match form {
        Form::Cells(dialect) => cells(dialect, from, limits, why, take),
        Form::Objects => objects(from, limits, why, take),
        Form::Book => book::read(from, limits, why, take),
        Form::Columns => columns::read(from, limits, why, take),
    }
}

fn cells(
    dialect: &Dialect,
    from: &mut dyn Read,
    limits: &Limits,
    why: &dyn Fn(&std::io::Error) -> Stop,
    take: &mut dyn Take,
) -> Result<u64, Stop> {
    let mut rows = Rows::new(from, dialect, limits.line_bytes_max, COLUMNS_MAX);
    rows.skip_lines(dialect.preamble_lines, &mut |_| ()).map_err(|error| why(&error))?;
    let (mut width, mut number) = (None, 0_u64);
    while let Some(row) = rows.row().map_err(|error| why(&error))? {
        let at = number + u64::from(width.is_some() || !dialect.has_header);
        sound(&row, at)?;
        if width.is_none() {
            width = Some(row.width());
            columns(dialect, &row, take)?;
            if dialect.has_header {
                continue;
            }
        }
        number += 1;
        let width = width.unwrap_or_default();
        let mut found = Vec::with_capacity(width);
        for (at, cell) in row.cells().enumerate() {
            let text = text_of(dialect, cell).ok_or(fault::ENCODING.row(number).column(at))?;
            // WHY: a delimiter at the end of a row is no cell; anything else beside the columns would be lost.
            if at < width {
                found.push(Cell::plain(text));
            } else if !text.trim().is_empty() {
                return Err(fault::RAGGED.row(number).into());
            }
        }
        let is_short = found.len() < width;
        take.row(number, &found, is_short)?;
    }
    Ok(number)
}

fn sound(row: &Row, number: u64) -> Result<(), Stop> {
    let Some(flaw) = row.flaws.first() else { return Ok(()) };
    let fault = match flaw {
        Flaw::Open | Flaw::Stray | Flaw::Nul => fault::MALFORMED,
        Flaw::TooLong => fault::LIMIT_LINE,
        Flaw::TooMany => fault::LIMIT_COLUMNS,
    };
    Err(fault.row(number).into())
}

/// A cell as text, if it is in the encoding of its table. WHY the mark: it stands for what could not be read in other encodings.
fn text_of<'a>(dialect: &Dialect, cell: &'a [u8]) -> Option<&'a str> {
    let is_wide = matches!(dialect.encoding, Encoding::Utf16Le | Encoding::Utf16Be);
    std::str::from_utf8(cell).ok().filter(|text| !is_wide || !text.contains('\u{fffd}'))
}

fn columns(dialect: &Dialect, row: &Row, take: &mut dyn Take) -> Result<(), Stop> {
    for (at, cell) in row.cells().enumerate() {
        let name = text_of(dialect, cell).ok_or(fault::ENCODING.column(at))?.trim();
        let name = Some(name).filter(|name| dialect.has_header && !name.is_empty());
        if name.is_some_and(|name| name.len() > NAME_BYTES_MAX) {
            return Err(fault::LIMIT_LINE.column(at).into());
        }
        match name {
            Some(name) => take.column(name, false)?,
            None => take.column(&format!("column_{}", at + 1), true)?,
        }
    }
    Ok(())
}

fn objects(
    from: &mut dyn Read,
    limits: &Limits,
    why: &dyn Fn(&std::io::Error) -> Stop,
    take: &mut dyn Take,
) -> Result<u64, Stop> {
    let mut lines = formats::Lines::new(from, limits.line_bytes_max);
    let mut names: HashMap<String, usize> = HashMap::new();
    let mut number = 0;
    while let Some(line) = lines.next().map_err(|error| why(&error))? {
        if line.is_cut {
            return Err(fault::LIMIT_LINE.row(number + 1).into());
        }
        if line.bytes.trim_ascii().is_empty() {
            continue;
        }
        number += 1;
        // WHY: some writers begin with a mark even here.
        let bytes = line.bytes.strip_prefix(b"\xef\xbb\xbf").filter(|_| number == 1).unwrap_or(line.bytes);
        let object: Object = serde_json::from_slice(bytes).map_err(|_| fault::MALFORMED.row(number))?;
        let mut found = vec![Cell::NOTHING; names.len()];
        let mut is_seen = vec![false; names.len()];
        for (name, value) in object.0 {
            let at = match names.get(name.as_ref()) {
                Some(at) => *at,
                None => begin(&mut names, &name, take)?,
            };
            if at >= found.len() {
                found.resize(at + 1, Cell::NOTHING);
                is_seen.resize(at + 1, false);
            }
            let cell = cell_of(value).ok_or(fault::NOT_FLAT.row(number).column(at))?;
            let places = found.get_mut(at).zip(is_seen.get_mut(at));
            let (place, is_seen) = places.ok_or(fault::MALFORMED)?;
            // WHY: which of two values of one name is meant, nobody knows.
            if std::mem::replace(is_seen, true) {
                return Err(fault::MALFORMED.row(number).column(at).into());
            }
            *place = cell;
        }
        take.row(number, &found, false)?;
    }
    Ok(number)
}

/// Begins all columns of a source that names them before its rows.
fn begin_all<'n>(names: impl ExactSizeIterator<Item = &'n str>, take: &mut dyn Take) -> Result<(), Stop> {
    if names.len() > COLUMNS_MAX {
        return Err(fault::LIMIT_COLUMNS.into());
    }
    for (at, name) in names.enumerate() {
        if name.len() > NAME_BYTES_MAX {
            return Err(fault::LIMIT_LINE.column(at).into());
        }
        match name.trim() {
            "" => take.column(&format!("column_{}", at + 1), true)?,
            name => take.column(name, false)?,
        }
    }
    Ok(())
}

fn begin(names: &mut HashMap<String, usize>, name: &str, take: &mut dyn Take) -> Result<usize, Stop> {
    let at = names.len();
    if at >= COLUMNS_MAX || name.len() > NAME_BYTES_MAX {
        return Err(fault::LIMIT_COLUMNS.into());
    }
    if name.trim().is_empty() {
        take.column(&format!("column_{}", at + 1), true)?;
    } else {
        take.column(name, false)?;
    }
    names.insert(name.to_owned(), at);
    Ok(at)
}

/// The value as it is written. WHY raw: a number must not pass another's idea of it.
fn cell_of(value: &RawValue) -> Option<Cell<'_>> {
    let raw = value.get();
    match raw.as_bytes().first()? {
        b'n' => Some(Cell::NOTHING),
        b'{' | b'[' => None,
        b'"' => {
            let text = Cow::Owned(serde_json::from_str(raw).ok()?);
            Some(Cell { text, is_text: true, is_null: false })
        }
        _ => Some(Cell::plain(raw)),
    }
}

/// An object's members in the order in which they are written.
struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Object<'de>;

    fn expecting(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some((Name(name), value)) = map.next_entry()? {
            members.push((name, value));
        }
        Ok(Object(members))
    }
}

/// WHY of its own: a name with an escape cannot be borrowed.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);
