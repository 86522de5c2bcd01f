//! Values of a table's columns as digests, so that another table can be held to them.
//!
//! It exists because the table that is referred to is read by another process than the one that refers to it, and whoever
//! stands between needs no value. A digest is keyed for one comparison: it says that two cells are the same, and nothing else.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};
use std::io::{self, Read};

use crate::detect::Dialect;
use crate::limits::Limits;
use crate::rows::Rows;
use crate::shape;

/// WHY: 16 MiB of digests go from process to process; of all columns of one comparison together.
pub const VALUES_MAX: usize = 2_000_000;

/// What digests of one comparison are keyed with.
pub type Key = [u8; 16];

/// What is known of a column that another table refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Values {
    /// The table has not arrived, or has no such column.
    Absent,
    /// Of more values than can be remembered, or of a table that could not be read.
    Untold,
    /// Digests of its values, in order.
    Digests(Vec<u64>),
}

type Digests = HashSet<u64, BuildHasherDefault<DefaultHasher>>;

/// The digest of a cell, whose ends hold no space.
pub fn digest(key: &Key, cell: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    cell.hash(&mut hasher);
    hasher.finish()
}

/// What of a column was seen.
enum Seen {
    Absent,
    Untold,
    At { column: usize, digests: Digests },
}

/// Gathers the values of some columns; the table is read once, unpacked, from its beginning.
pub fn gather(
    names: &[String],
    key: &Key,
    dialect: &Dialect,
    from: &mut dyn Read,
    limits: &Limits,
) -> io::Result<Vec<Values>> {
    let mut rows = Rows::new(from, dialect, limits.line_bytes_max, limits.columns_max);
    rows.skip_lines(dialect.preamble_lines, &mut |_| ())?;
    let mut columns: Vec<Seen> = Vec::new();
    let mut room = VALUES_MAX;
    while let Some(row) = rows.row()? {
        let cells: Vec<&[u8]> = row.cells().collect();
        if row.number == 1 {
            // WHY also where no header was seen: of a table of nothing but text it is not, and whoever wrote the names knew it.
            let has_header = dialect.has_header || names.iter().any(|name| named(name, &cells).is_some());
            columns = names.iter().map(|name| seen(place(name, has_header, &cells))).collect();
            if has_header {
                continue;
            }
        }
        for column in &mut columns {
            take(column, key, dialect, &cells, &mut room);
        }
    }
    columns.resize_with(names.len(), || Seen::Absent);
    Ok(columns.into_iter().map(told).collect())
}

fn seen(place: Option<usize>) -> Seen {
    place.map_or(Seen::Absent, |column| Seen::At { column, digests: Digests::default() })
}

/// Where a column is: by its name, or, in a table without a header, by the number that a proposal calls it.
fn place(name: &str, has_header: bool, cells: &[&[u8]]) -> Option<usize> {
    if has_header {
        return named(name, cells);
    }
    let number: usize = name.strip_prefix("column ")?.parse().ok()?;
    number.checked_sub(1).filter(|at| *at < cells.len())
}

fn named(name: &str, cells: &[&[u8]]) -> Option<usize> {
    cells.iter().position(|cell| String::from_utf8_lossy(cell).trim() == name)
}

fn take(seen: &mut Seen, key: &Key, dialect: &Dialect, cells: &[&[u8]], room: &mut usize) {
    let Seen::At { column, digests } = seen else { return };
    let cell = String::from_utf8_lossy(cells.get(*column).copied().unwrap_or_default());
    let cell = cell.trim();
    if shape::shape_of(cell, dialect.has_decimal_comma) == shape::Shape::Missing {
        return;
    }
    let digest = digest(key, cell);
    if digests.contains(&digest) {
        return;
    }
    if *room == 0 {
        // WHY all of them: a part of a column's values would make the rest of them faults.
        *room = digests.len();
        *seen = Seen::Untold;
        return;
    }
    *room -= 1;
    digests.insert(digest);
}

fn told(seen: Seen) -> Values {
    match seen {
        Seen::Absent => Values::Absent,
        Seen::Untold => Values::Untold,
        Seen::At { digests, .. } => {
            let mut digests: Vec<u64> = digests.into_iter().collect();
            digests.sort_unstable();
            Values::Digests(digests)
        }
    }
}
