//! Rows of Parquet: the columns of a row group, side by side.
//!
//! It exists so that a table of columns becomes what a table of text becomes. It holds a page of each column as text, all of them up
//! to a bound, and reads no file in which one place has several values.

use std::cell::Cell;

use super::page::{BYTE_ARRAY, FIXED};
use super::parquet::{Chunk, Leaf, Pages, Shape, schema};
use crate::limits::Limits;
use crate::rule::{self, Rule};

/// WHY: what is kept of each cell beside its text.
const END_BYTES: usize = size_of::<u32>();
const RUN_BYTES: usize = size_of::<(bool, u64)>();

/// Whoever takes rows.
pub trait Take {
    type Stop: From<Rule>;

    /// The columns: their names, and whether they hold texts.
    fn columns(&mut self, columns: &[(&str, bool)]) -> Result<(), Self::Stop>;

    /// A row; none where a cell has no value.
    fn row(&mut self, cells: &[Option<&[u8]>]) -> Result<(), Self::Stop>;
}

/// Gives every row of a file.
pub fn rows<T: Take>(bytes: &[u8], limits: &Limits, take: &mut T) -> Result<(), T::Stop> {
    let (footer, leaves) = schema(bytes, limits)?;
    if footer.is_sealed {
        return Err(rule::LIMIT_UNREAD.into());
    }
    if leaves.iter().any(|leaf| leaf.repeated_max > 0) {
        return Err(rule::LIMIT_DEPTH.into());
    }
    let columns: Vec<(&str, bool)> = leaves.iter().map(|leaf| (leaf.name.as_str(), is_text(leaf))).collect();
    take.columns(&columns)?;
    let (mut left, room) = (limits.cells_max, Cell::new(limits.held_bytes_max));
    for group in footer.chunks.chunk_by(|one, next| one.group == next.group) {
        let mut cursors = cursors(bytes, group, &leaves, limits)?;
        while all(&mut cursors, &room)? {
            left = left.checked_sub(cursors.len() as u64).ok_or(rule::LIMIT_CELLS)?;
            let cells: Vec<_> = cursors.iter_mut().map(Cursor::take).collect();
            take.row(&cells)?;
        }
        room.set(limits.held_bytes_max);
    }
    Ok(())
}

fn is_text(leaf: &Leaf) -> bool {
    (leaf.kind == BYTE_ARRAY || leaf.kind == FIXED) && !matches!(leaf.shape, Shape::Decimal(_))
}

/// The columns of one row group, in the order of the schema.
fn cursors<'a>(
    bytes: &'a [u8],
    group: &[Chunk],
    leaves: &'a [Leaf],
    limits: &Limits,
) -> Result<Vec<Cursor<'a>>, Rule> {
    let cursor = |(at, chunk): (usize, &Chunk)| {
        let (column, leaf) = chunk.leaf(leaves)?;
        // SPEC: parquet.thrift, `RowGroup`: a chunk for each column, in the order of the schema.
        let pages = if column == at {
            chunk.pages(bytes, leaf, limits.memory_bytes_max)
        } else {
            Err(rule::PARQUET_FOOTER)
        };
        Ok(Cursor { pages: pages?, held: Held::default(), run: 0, gone: 0, at: 0 })
    };
    let all: Vec<_> = group.iter().enumerate().map(cursor).collect::<Result<_, Rule>>()?;
    if all.len() == leaves.len() { Ok(all) } else { Err(rule::PARQUET_FOOTER) }
}

/// Whether there is another row: every column has a place more, or none has.
fn all(cursors: &mut [Cursor], room: &Cell<usize>) -> Result<bool, Rule> {
    let mut more = 0;
    for cursor in cursors.iter_mut() {
        more += usize::from(cursor.has_more(room)?);
    }
    // WHY: columns of one group are as long as each other, or their rows are not rows.
    if more > 0 && more < cursors.len() {
        return Err(rule::PARQUET_PAGE);
    }
    Ok(more > 0)
}

/// The cells of one page of a column.
#[derive(Default)]
struct Held {
    bytes: Vec<u8>,
    /// Where each cell ends.
    ends: Vec<u32>,
    /// How many places in a row have a cell, or none.
    runs: Vec<(bool, u64)>,
    /// What it takes of the room for all columns.
    cost: usize,
}

impl Held {
    /// Takes the next page; false: there is none.
    fn fill(&mut self, pages: &mut Pages, room: &Cell<usize>) -> Result<bool, Rule> {
        room.set(room.get() + self.cost);
        let Self { bytes, ends, runs, cost } = self;
        bytes.clear();
        ends.clear();
        runs.clear();
        let spent = Cell::new(0);
        let spend = |size: usize| {
            room.set(room.get().checked_sub(size).ok_or(rule::LIMIT_MEMORY)?);
            spent.set(spent.get() + size);
            Ok::<_, Rule>(())
        };
        let mut there = |is_there: bool, times: u64| match runs.last_mut() {
            Some((is_known, count)) if *is_known == is_there => {
                *count = count.saturating_add(times);
                Ok(())
            }
            _ => {
                runs.push((is_there, times));
                spend(RUN_BYTES)
            }
        };
        let mut each = |cell: &[u8]| {
            spend(cell.len() + END_BYTES)?;
            bytes.extend_from_slice(cell);
            ends.push(u32::try_from(bytes.len()).map_err(|_| rule::LIMIT_MEMORY)?);
            Ok(())
        };
        let is_one = pages.next(&mut there, &mut each)?;
        *cost = spent.get();
        Ok(is_one)
    }
}

/// Goes through the cells of a column.
struct Cursor<'a> {
    pages: Pages<'a>,
    held: Held,
    run: usize,
    /// Of the run, how many are gone.
    gone: u64,
    at: usize,
}

impl Cursor<'_> {
    /// Whether there is a place more; after it, `take` gives its cell.
    fn has_more(&mut self, room: &Cell<usize>) -> Result<bool, Rule> {
        loop {
            match self.held.runs.get(self.run).copied() {
                Some((_, count)) if self.gone < count => return Ok(true),
                Some(_) => (self.run, self.gone) = (self.run + 1, 0),
                None if !self.held.fill(&mut self.pages, room)? => return Ok(false),
                None => (self.run, self.gone, self.at) = (0, 0, 0),
            }
        }
    }

    /// The next place's cell.
    fn take(&mut self) -> Option<&[u8]> {
        let Held { bytes, ends, runs, .. } = &self.held;
        self.gone += 1;
        if !runs.get(self.run)?.0 {
            return None;
        }
        let start = self.at.checked_sub(1).and_then(|before| ends.get(before)).map_or(0, |end| *end as usize);
        let end = *ends.get(self.at)? as usize;
        self.at += 1;
        bytes.get(start..end)
    }
}
