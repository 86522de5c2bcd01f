//! Databases of SQLite: every table that the schema names, row by row.
//!
//! It exists because a database in one file is what programs keep patients in. No page is read twice, so that nothing goes
//! round. Of what was deleted it says no more than that words of it are left; what lies in a log beside the file it does not see.
//!
//! SPEC: sqlite.org/fileformat2.html: 1.3 (header), 1.5 (free pages), 1.6 (trees), 2.1 (records), 2.6 (schema).

use super::Teller;
use super::sql::{self, Columns};
use crate::input::{u16_at, u32_at};
use crate::rule::{self, Rule};

/// SPEC: sqlite.org/limits.html, 2.
const COLUMNS_MAX: usize = 32_767;
/// WHY: names are that long; fewer letters in a row are numbers by chance.
const LETTERS_MIN: usize = 4;
/// WHY: years and measures have fewer; the numbers of a day, of a phone or of a patient have as many.
const DIGITS_MIN: usize = 6;

/// How texts are written. SPEC: 1.3.13.
#[derive(Clone, Copy)]
enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
}

/// A database as it is read.
struct Base<'a> {
    bytes: &'a [u8],
    page_bytes: usize,
    /// Of a page, without what extensions reserve.
    usable: usize,
    encoding: Encoding,
    is_read: Vec<bool>,
    /// Words of rows that were deleted, or moved to other pages, are left on pages of rows.
    has_left: bool,
}

/// A value of a record.
enum Value {
    Nothing,
    Text(Vec<u8>),
}

/// A table of the schema.
struct Table {
    root: u32,
    columns: Columns,
}

/// Tells every cell, table after table.
pub fn read(bytes: &[u8], teller: &mut Teller) -> Result<(), Rule> {
    let mut base = Base::open(bytes).ok_or(rule::SQLITE_HEADER)?;
    let (mut tables, mut ended) = (Vec::new(), Ok(()));
    let entries_max = teller.limits.entries_max;
    base.rows(1, &mut |_, values| {
        tables.extend(table(&values));
        if tables.len() as u64 > entries_max { Err(rule::LIMIT_MEMORY) } else { Ok(()) }
    })?;
    for Table { root, columns } in tables {
        let names: Vec<&str> = columns.names.iter().map(String::as_str).collect();
        teller.table(&names)?;
        let told = base.rows(root, &mut |rowid, values| {
            values.into_iter().enumerate().try_for_each(|(at, value)| match value {
                Value::Text(text) => teller.cell(at, &text),
                Value::Nothing if columns.rowid == Some(at) => teller.cell(at, rowid.to_string().as_bytes()),
                Value::Nothing => Ok(()),
            })?;
            teller.row();
            Ok(())
        });
        match told {
            // WHY: one tree that is broken does not hide the others.
            Err(rule) if rule == rule::SQLITE_PAGES || rule == rule::SQLITE_RECORD => ended = Err(rule),
            Err(rule) => return Err(rule),
            Ok(()) => {}
        }
    }
    if ended.is_ok() && (base.has_left || base.has_left_free()?) {
        return Err(rule::SQLITE_DELETED);
    }
    ended
}

/// SPEC: 2.6: type, name, name of the table, first page, SQL.
fn table(values: &[Value]) -> Option<Table> {
    let text = |at: usize| match values.get(at)? {
        Value::Text(text) => Some(String::from_utf8_lossy(text)),
        Value::Nothing => None,
    };
    // WHY: a virtual table has no pages; what it keeps lies in tables beside it.
    let root = text(3)?.parse::<u32>().ok().filter(|root| *root > 0)?;
    (text(0)? == "table").then(|| Table { root, columns: sql::columns(&text(4).unwrap_or_default()) })
}

impl<'a> Base<'a> {
    fn open(bytes: &'a [u8]) -> Option<Self> {
        let page_bytes = match big16(bytes, 16)? {
            1 => 65_536,
            size => usize::from(size),
        };
        let usable = page_bytes.checked_sub(usize::from(*bytes.get(20)?))?;
        // SPEC: 1.3.4: no less than 480 bytes of a page are usable.
        if !page_bytes.is_power_of_two() || usable < 480 {
            return None;
        }
        let encoding = match big32(bytes, 56)? {
            2 => Encoding::Utf16Le,
            3 => Encoding::Utf16Be,
            _ => Encoding::Utf8,
        };
        let is_read = vec![false; bytes.len() / page_bytes];
        Some(Self { bytes, page_bytes, usable, encoding, is_read, has_left: false })
    }

    /// Whether words are left on pages that nothing uses. SPEC: 1.5: a chain of pages that list others.
    fn has_left_free(&mut self) -> Result<bool, Rule> {
        let mut next = big32(self.bytes, 32).unwrap_or_default();
        while next > 0 {
            let list = self.page(next)?;
            next = big32(list, 0).unwrap_or_default();
            let count = big32(list, 4).unwrap_or_default() as usize;
            // WHY behind its numbers: the list was a page of a table too.
            if has_words(list.get(8 + 4 * count.min(list.len())..).unwrap_or_default()) {
                return Ok(true);
            }
            for at in 0..count {
                let free = big32(list, 8 + 4 * at).ok_or(rule::SQLITE_PAGES)?;
                if has_words(self.page(free)?) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// A page, counted from 1, once.
    fn page(&mut self, number: u32) -> Result<&'a [u8], Rule> {
        let at = (number as usize).checked_sub(1).ok_or(rule::SQLITE_PAGES)?;
        let is_read = self.is_read.get_mut(at).ok_or(rule::SQLITE_PAGES)?;
        if std::mem::replace(is_read, true) {
            return Err(rule::SQLITE_PAGES);
        }
        let start = at * self.page_bytes;
        self.bytes.get(start..start + self.usable).ok_or(rule::SQLITE_PAGES)
    }

    /// Every row of a tree, in order, with its number.
    fn rows(
        &mut self,
        root: u32,
        each: &mut dyn FnMut(i64, Vec<Value>) -> Result<(), Rule>,
    ) -> Result<(), Rule> {
        let mut waiting = vec![root];
        while let Some(number) = waiting.pop() {
            let page = self.page(number)?;
            // SPEC: 1.3: the first page begins with the header of the file.
            let head = if number == 1 { 100 } else { 0 };
            let kind = page.get(head).copied().unwrap_or_default();
            let count = usize::from(big16(page, head + 3).unwrap_or_default());
            let (is_inner, is_table) = match kind {
                2 => (true, false),
                5 => (true, true),
                10 => (false, false),
                13 => (false, true),
                _ => return Err(rule::SQLITE_PAGES),
            };
            let first = head + if is_inner { 12 } else { 8 };
            if first + 2 * count > page.len() {
                return Err(rule::SQLITE_PAGES);
            }
            // WHY: cells that share bytes would make of a small file a long one.
            let (mut below, mut left) = (Vec::new(), page.len());
            for at in 0..count {
                let mut cell = usize::from(big16(page, first + 2 * at).unwrap_or_default());
                if is_inner {
                    below.push(big32(page, cell).ok_or(rule::SQLITE_PAGES)?);
                    cell += 4;
                }
                // SPEC: 1.6: the inner pages of a table have no rows; those of an index have.
                if !(is_inner && is_table) {
                    let (rowid, record, local) = self.record(page, cell, is_table)?;
                    left = left.checked_sub(local).ok_or(rule::SQLITE_PAGES)?;
                    each(rowid, self.values(&record).ok_or(rule::SQLITE_RECORD)?)?;
                }
            }
            if is_inner {
                below.push(big32(page, head + 8).ok_or(rule::SQLITE_PAGES)?);
            }
            // WHY only leaves of rows: a root keeps copies of what it had when it was the only page, and a leaf of an index those
            // of what moved up; the schema is no rows.
            if kind == 13 && root != 1 && !self.has_left {
                self.has_left = has_left(page, first + 2 * count)?;
            }
            waiting.extend(below.into_iter().rev());
        }
        Ok(())
    }

    /// The number and the record of a cell, with what of it lies on other pages, and how much lies here. SPEC: 1.6, 1.7.
    fn record(&mut self, page: &[u8], cell: usize, is_table: bool) -> Result<(i64, Vec<u8>, usize), Rule> {
        let mut at = cell;
        let size = varint(page, &mut at).ok_or(rule::SQLITE_RECORD)?;
        let size = usize::try_from(size).map_err(|_| rule::SQLITE_RECORD)?;
        let rowid = if is_table { varint(page, &mut at).ok_or(rule::SQLITE_RECORD)? } else { 0 };
        let most = if is_table { self.usable - 35 } else { (self.usable - 12) * 64 / 255 - 23 };
        let least = (self.usable - 12) * 32 / 255 - 23;
        let local = match size.checked_sub(least) {
            Some(beyond) if size > most => {
                Some(least + beyond % (self.usable - 4)).filter(|local| *local <= most).unwrap_or(least)
            }
            _ => size,
        };
        let mut record = page.get(at..at + local).ok_or(rule::SQLITE_RECORD)?.to_vec();
        let mut next = if local < size { big32(page, at + local).ok_or(rule::SQLITE_RECORD)? } else { 0 };
        while record.len() < size {
            let page = self.page(next)?;
            next = big32(page, 0).unwrap_or_default();
            let left = size - record.len();
            let more = page.get(4..).unwrap_or_default();
            record.extend_from_slice(more.get(..left.min(more.len())).unwrap_or_default());
        }
        Ok((rowid, record, local))
    }

    /// SPEC: 2.1: sizes and types first, then values.
    fn values(&self, record: &[u8]) -> Option<Vec<Value>> {
        let mut at = 0;
        let head = usize::try_from(varint(record, &mut at)?).ok()?;
        let (mut values, mut body) = (Vec::new(), head);
        while at < head {
            let kind = varint(record, &mut at)?;
            let size = match kind {
                0 | 8..=11 => 0,
                1..=4 => kind as usize,
                5 => 6,
                6 | 7 => 8,
                _ => usize::try_from(kind.checked_sub(12)?).ok()? / 2,
            };
            let bytes = record.get(body..body.checked_add(size)?)?;
            body += size;
            if values.len() >= COLUMNS_MAX {
                return None;
            }
            values.push(match kind {
                0 | 10 | 11 => Value::Nothing,
                8 | 9 => Value::Text((kind - 8).to_string().into_bytes()),
                1..=6 => Value::Text(whole(bytes).to_string().into_bytes()),
                7 => Value::Text(f64::from_be_bytes(bytes.try_into().ok()?).to_string().into_bytes()),
                // WHY: bytes that are words in whatever encoding are looked at as words.
                _ if kind % 2 == 0 => Value::Text(bytes.to_vec()),
                _ => Value::Text(self.text(bytes)),
            });
        }
        Some(values)
    }

    fn text(&self, bytes: &[u8]) -> Vec<u8> {
        let join: fn([u8; 2]) -> u16 = match self.encoding {
            Encoding::Utf8 => return bytes.to_vec(),
            Encoding::Utf16Le => u16::from_le_bytes,
            Encoding::Utf16Be => u16::from_be_bytes,
        };
        let (pairs, _) = bytes.as_chunks::<2>();
        let wide: Vec<u16> = pairs.iter().map(|pair| join(*pair)).collect();
        String::from_utf16_lossy(&wide).into_bytes()
    }
}

/// Whether words are left where a leaf has no cell: before the cells, and in blocks that are free.
fn has_left(page: &[u8], pointers_end: usize) -> Result<bool, Rule> {
    // SPEC: 1.6: 0 stands for 65,536.
    let cells = big16(page, 5).map_or(0, |start| if start == 0 { 65_536 } else { usize::from(start) });
    if has_words(page.get(pointers_end..cells.min(page.len())).unwrap_or_default()) {
        return Ok(true);
    }
    let mut block = usize::from(big16(page, 1).unwrap_or_default());
    while block > 0 {
        let next = usize::from(big16(page, block).ok_or(rule::SQLITE_PAGES)?);
        let end = block + usize::from(big16(page, block + 2).ok_or(rule::SQLITE_PAGES)?);
        let free = page.get(block + 4..end).ok_or(rule::SQLITE_PAGES)?;
        if has_words(free) {
            return Ok(true);
        }
        // SPEC: 1.6: blocks are in the order of the page; so no chain goes round, and no byte is read twice.
        if next > 0 && next < end {
            return Err(rule::SQLITE_PAGES);
        }
        block = next;
    }
    Ok(false)
}

/// Whether letters stand side by side as in words, or digits as in numbers of people, whatever the width.
fn has_words(bytes: &[u8]) -> bool {
    bytes.utf8_chunks().any(|chunk| {
        let (mut letters, mut digits) = (0, 0);
        chunk.valid().chars().any(|sign| {
            // WHY zeros count for nothing: signs of two bytes have one.
            (letters, digits) = match sign {
                '\0' => (letters, digits),
                sign if sign.is_ascii_digit() => (0, digits + 1),
                sign if sign.is_alphabetic() => (letters + 1, 0),
                _ => (0, 0),
            };
            letters >= LETTERS_MIN || digits >= DIGITS_MIN
        })
    })
}

fn big16(bytes: &[u8], at: usize) -> Option<u16> {
    u16_at(bytes, at).map(u16::swap_bytes)
}

fn big32(bytes: &[u8], at: usize) -> Option<u32> {
    u32_at(bytes, at).map(u32::swap_bytes)
}

/// A whole number of one to eight bytes, with its sign.
fn whole(bytes: &[u8]) -> i64 {
    let start = bytes.first().map_or(0, |first| i64::from(*first as i8 >> 7));
    bytes.iter().fold(start, |whole, byte| whole << 8 | i64::from(*byte))
}

/// SPEC: 1.6: seven bits of each byte, eight of the ninth.
fn varint(bytes: &[u8], at: &mut usize) -> Option<i64> {
    let mut value = 0_i64;
    for place in 0..9 {
        let byte = *bytes.get(*at)?;
        *at += 1;
        if place == 8 {
            return Some(value << 8 | i64::from(byte));
        }
        value = value << 7 | i64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some(value)
}
