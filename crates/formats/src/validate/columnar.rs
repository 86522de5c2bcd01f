//! Tables of bytes: Parquet and Arrow by their footers, SQLite by its header.
//!
//! It exists so that a table's schema and rows are known, and a cut one is found. Cells of what holds so far are told by `cells`.
//!
//! SPEC: parquet-format 2.11; Arrow columnar format 1.5; SQLite database file format.

use std::collections::BTreeMap;
use std::io::{self, Read};

use super::Job;
use crate::cells::{self, Kept};
use crate::column::{Column, Spread, Type};
use crate::input::{fill, i32_at, u32_at};
use crate::report::{Place, tame};
use crate::rule;
use crate::thrift::{self, Value};

/// WHY: footers of tables with thousands of columns and row groups have some megabytes.
const FOOTER_BYTES_MAX: usize = 32 << 20;

/// The first bytes of a stream, its last, and how many there are.
pub(super) struct Ends {
    pub head: Vec<u8>,
    pub tail: Vec<u8>,
    pub size: u64,
}

/// Reads a stream through, keeping its ends; `each` sees every chunk.
pub(super) fn ends(from: &mut dyn Read, tail_max: usize, each: &mut dyn FnMut(&[u8])) -> io::Result<Ends> {
    let mut buffer = vec![0; 256 << 10];
    let mut ends = Ends { head: Vec::new(), tail: Vec::new(), size: 0 };
    loop {
        let size = fill(from, &mut buffer)?;
        let read = buffer.get(..size).unwrap_or_default();
        if read.is_empty() {
            break;
        }
        if ends.size == 0 {
            ends.head = read.get(..read.len().min(4096)).unwrap_or_default().to_vec();
        }
        each(read);
        ends.size += size as u64;
        ends.tail.extend_from_slice(read);
        // WHY: moved only when twice as long, so that it is moved rarely.
        if ends.tail.len() > tail_max * 2 {
            let old = ends.tail.len() - tail_max;
            ends.tail.drain(..old);
        }
    }
    let old = ends.tail.len().saturating_sub(tail_max);
    ends.tail.drain(..old);
    Ok(ends)
}

/// What a footer of Parquet says.
#[derive(Default)]
struct Footer {
    rows: i64,
    creator: String,
    /// Name, physical type, converted type, children.
    schema: BTreeMap<i64, (String, Option<i64>, Option<i64>, i64)>,
    schema_max: usize,
    groups: u64,
    group_rows: i64,
    /// The chunk that is read: which, first byte, packed size.
    chunk: Option<((i64, i64), Option<i64>, i64)>,
    /// Where data end.
    data_end: i64,
    outside: u64,
}

/// Judges Parquet.
pub fn parquet(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    let mut kept = Kept::new(from, job.limits);
    let ends = ends(&mut kept, FOOTER_BYTES_MAX, &mut |_| {})?;
    let kept = kept.all();
    let size = ends.tail.len();
    let mark = ends.tail.get(size.saturating_sub(4)..).unwrap_or_default();
    if mark == b"PARE" {
        job.findings.add(rule::PARQUET_SEALED, Place::WHOLE);
        return Ok(());
    }
    let length = size.checked_sub(8).and_then(|at| u32_at(&ends.tail, at)).unwrap_or(u32::MAX) as usize;
    let footer = size.checked_sub(8).and_then(|end| ends.tail.get(end.checked_sub(length)?..end));
    let data_end = i64::try_from(ends.size.saturating_sub(8 + length as u64)).unwrap_or(i64::MAX);
    let mut read =
        Footer { data_end, schema_max: job.limits.columns_max.saturating_mul(2), ..Footer::default() };
    let whole = footer
        .filter(|_| mark == b"PAR1")
        .and_then(|footer| thrift::walk(footer, &mut |way, value| read.take(way, value)));
    if whole.is_none() {
        job.findings.add(rule::PARQUET_FOOTER, Place::byte(ends.size.saturating_sub(8)));
        return Ok(());
    }
    read.end_chunk();
    job.findings.need(read.outside == 0, rule::PARQUET_EXTENT, Place::WHOLE);
    job.findings.need(read.schema.len() < read.schema_max, rule::LIMIT_COLUMNS, Place::WHOLE);
    job.findings.need(read.group_rows == read.rows && read.rows >= 0, rule::PARQUET_ROWS, Place::WHOLE);
    job.facts.number("rows", u64::try_from(read.rows).unwrap_or_default());
    job.facts.number("row-groups", read.groups);
    job.facts.word("creator", &read.creator);
    job.facts.columns = read.columns(job.limits.columns_max);
    job.facts.number("columns", job.facts.columns.len() as u64);
    cells::tell(job, kept, cells::parquet::read);
    Ok(())
}

impl Footer {
    fn take(&mut self, way: &[i64], value: Value) {
        let text = |bytes: &[u8]| tame(&String::from_utf8_lossy(bytes));
        match (way, value) {
            ([3], Value::Int(rows)) => self.rows = rows,
            ([6], Value::Bytes(creator)) => self.creator = text(creator),
            // WHY: a schema of more members than columns may be is not kept.
            ([2, ..], _) if self.schema.len() >= self.schema_max => {}
            ([2, at, 4], Value::Bytes(name)) => self.schema.entry(*at).or_default().0 = text(name),
            ([2, at, 1], Value::Int(kind)) => self.schema.entry(*at).or_default().1 = Some(kind),
            ([2, at, 6], Value::Int(kind)) => self.schema.entry(*at).or_default().2 = Some(kind),
            ([2, at, 5], Value::Int(count)) => self.schema.entry(*at).or_default().3 = count,
            ([4, _, 3], Value::Int(rows)) => {
                self.groups += 1;
                self.group_rows = self.group_rows.saturating_add(rows);
            }
            ([4, group, 1, at, 3, 7], Value::Int(size)) => *self.chunk((*group, *at)).1 = size,
            // SPEC: a dictionary page comes before the data pages.
            ([4, group, 1, at, 3, 9 | 11], Value::Int(start)) => {
                let chunk = self.chunk((*group, *at));
                *chunk.0 = Some(chunk.0.map_or(start, |old| old.min(start)));
            }
            _ => {}
        }
    }

    /// The chunk of this place; the one before is at its end.
    fn chunk(&mut self, place: (i64, i64)) -> (&mut Option<i64>, &mut i64) {
        if self.chunk.is_none_or(|(before, ..)| before != place) {
            self.end_chunk();
        }
        let (_, start, packed) = self.chunk.get_or_insert((place, None, 0));
        (start, packed)
    }

    /// Whether the chunk that was read lies where data lie.
    fn end_chunk(&mut self) {
        let Some((_, start, packed)) = self.chunk.take() else { return };
        let start = start.unwrap_or(4);
        let fits =
            start >= 4 && packed >= 0 && start.checked_add(packed).is_some_and(|end| end <= self.data_end);
        self.outside += u64::from(!fits);
    }

    /// Leaves of the schema.
    fn columns(self, columns_max: usize) -> Vec<Column> {
        let leaves =
            self.schema.into_values().filter(|(.., kind, _, children)| kind.is_some() && *children == 0);
        let columns = leaves.map(|(name, kind, converted, _)| Column {
            name: Some(name),
            kind: type_of(kind.unwrap_or_default(), converted),
            filled: 0,
            missing: 0,
            odd: 0,
            is_unique: None,
            sensitive: Spread::default(),
        });
        columns.take(columns_max).collect()
    }
}

/// SPEC: parquet.thrift: `Type` and `ConvertedType`.
fn type_of(kind: i64, converted: Option<i64>) -> Type {
    match (kind, converted) {
        (_, Some(6)) => Type::Date,
        (3, _) | (_, Some(9 | 10)) => Type::Moment,
        (4 | 5, _) | (_, Some(5)) => Type::Number,
        (0, _) => Type::Bool,
        (1 | 2, _) => Type::Whole,
        _ => Type::Text,
    }
}

/// Judges an Arrow file: both marks, and a footer inside.
pub fn arrow(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    let ends = ends(from, 4096, &mut |_| {})?;
    let size = ends.tail.len();
    let length = size
        .checked_sub(10)
        .and_then(|at| i32_at(&ends.tail, at))
        .and_then(|length| u64::try_from(length).ok());
    let is_marked = ends.tail.ends_with(b"ARROW1") && ends.head.starts_with(b"ARROW1\0\0");
    let fits = length.is_some_and(|length| length >= 8 && length.saturating_add(18) <= ends.size);
    job.findings.need(is_marked && fits, rule::ARROW_FOOTER, Place::byte(ends.size.saturating_sub(10)));
    Ok(())
}

/// Judges SQLite's header, and that there are as many pages as it says.
pub fn sqlite(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    let mut kept = Kept::new(from, job.limits);
    let ends = ends(&mut kept, 16, &mut |_| {})?;
    let byte = |at: usize| ends.head.get(at).copied().unwrap_or_default();
    let wide = |at: usize| u32_at(&ends.head, at).map_or(0, u32::swap_bytes);
    let page = match u64::from(byte(16)) << 8 | u64::from(byte(17)) {
        1 => 65_536,
        page => page,
    };
    let is_page = page.is_power_of_two() && page >= 512;
    let holds = ends.size >= 100
        && is_page
        && matches!(byte(18), 1 | 2)
        && matches!(byte(19), 1 | 2)
        && (byte(21), byte(22), byte(23)) == (64, 32, 32)
        && wide(56) <= 3;
    job.findings.need(holds, rule::SQLITE_HEADER, Place::byte(16));
    // SPEC: 1.3.7: the size is valid if the change counter is that of the version.
    let is_valid = wide(28) > 0 && wide(24) == wide(92);
    let pages = ends.size / page.max(1);
    let is_whole = ends.size % page.max(1) == 0 && (!is_valid || pages == u64::from(wide(28)));
    job.findings.need(!is_page || is_whole, rule::SQLITE_SIZE, Place::byte(28));
    job.facts.number("pages", pages);
    let kept = kept.all();
    if holds && is_whole {
        cells::tell(job, kept, cells::sqlite::read);
    }
    Ok(())
}
