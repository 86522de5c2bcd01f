//! A section of cross-references: where the objects of one update lie (ISO 32000-1, 7.5.4 and 7.5.8).

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::Unclear;
use super::cursor::{Cursor, Token};
use super::object::{Dictionary, Object};
use super::stream;

/// WHY: our longest documents have an object for each cell, some forty thousand.
pub const OBJECTS_MAX: usize = 100_000;
/// In one update. WHY: a signature takes ten, its proofs a few hundred.
pub const UPDATED_MAX: usize = 5_000;

/// Where an object lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Bytes from the beginning of the file.
    At(usize),
    /// In a stream of objects, at this number.
    In(u32, usize),
    Free,
}

pub struct Section {
    pub places: BTreeMap<u32, Place>,
    pub trailer: Dictionary,
    pub from: usize,
    /// Where the file ended when this was written, without and with the end of the line.
    pub ends: RangeInclusive<usize>,
}

/// The last `startxref` of a file that ends with it.
pub fn start(file: &[u8]) -> Result<usize, Unclear> {
    let tail = file.len().saturating_sub(64);
    let at = file[tail..].windows(9).rposition(|window| window == b"startxref").ok_or(Unclear)?;
    let (start, ends) = end(Cursor::new(file, tail + at + 9))?;
    if *ends.end() == file.len() { Ok(start) } else { Err(Unclear) }
}

/// What follows `startxref`.
fn end(mut cursor: Cursor<'_>) -> Result<(usize, RangeInclusive<usize>), Unclear> {
    let start = cursor.integer()?;
    while cursor.bytes.get(cursor.at).is_some_and(|byte| b"\r\n ".contains(byte)) {
        cursor.at += 1;
    }
    let rest = cursor.bytes.get(cursor.at..).and_then(|rest| rest.strip_prefix(b"%%EOF")).ok_or(Unclear)?;
    let line = if rest.starts_with(b"\r\n") {
        2
    } else {
        usize::from(rest.starts_with(b"\n") || rest.starts_with(b"\r"))
    };
    let least = cursor.at + 5;
    Ok((start, least..=least + line))
}

/// A section with at most `max` objects.
pub fn read(file: &[u8], from: usize, max: usize) -> Result<Section, Unclear> {
    let mut cursor = Cursor::new(file, from);
    if from >= file.len() {
        return Err(Unclear);
    }
    let (places, trailer) = match cursor.token()? {
        Token::Word(b"xref") => table(&mut cursor, max)?,
        Token::Value(Object::Integer(_)) => packed(&mut cursor, max)?,
        _ => return Err(Unclear),
    };
    let (start, ends) = end(cursor)?;
    if start != from || trailer.contains_key(&b"Encrypt"[..]) || trailer.contains_key(&b"XRefStm"[..]) {
        return Err(Unclear);
    }
    Ok(Section { places, trailer, from, ends })
}

type Read = (BTreeMap<u32, Place>, Dictionary);

fn table(cursor: &mut Cursor<'_>, max: usize) -> Result<Read, Unclear> {
    let mut places = BTreeMap::new();
    loop {
        let first = match cursor.token()? {
            Token::Value(Object::Integer(first)) => u32::try_from(first).map_err(|_| Unclear)?,
            Token::Word(b"trailer") => break,
            _ => return Err(Unclear),
        };
        for number in numbers(first, cursor.integer()?, max)? {
            let (at, generation) = (cursor.integer()?, cursor.integer()?);
            let place = match cursor.token()? {
                Token::Word(b"n") if generation == 0 => Place::At(at),
                Token::Word(b"f") => Place::Free,
                _ => return Err(Unclear),
            };
            put(&mut places, number, place, max)?;
        }
    }
    match cursor.value()? {
        (Object::Dictionary(trailer), b"startxref") => Ok((places, trailer)),
        _ => Err(Unclear),
    }
}

fn numbers(first: u32, count: usize, max: usize) -> Result<std::ops::Range<u32>, Unclear> {
    let count = u32::try_from(count).ok().filter(|_| count <= max).ok_or(Unclear)?;
    Ok(first..first.checked_add(count).ok_or(Unclear)?)
}

fn put(places: &mut BTreeMap<u32, Place>, number: u32, place: Place, max: usize) -> Result<(), Unclear> {
    let is_twice = places.insert(number, place).is_some();
    if is_twice || places.len() > max { Err(Unclear) } else { Ok(()) }
}

/// A stream instead of a table; its object's number was read.
fn packed(cursor: &mut Cursor<'_>, max: usize) -> Result<Read, Unclear> {
    cursor.integer()?;
    cursor.keyword(b"obj")?;
    let (Object::Dictionary(trailer), b"stream") = cursor.value()? else { return Err(Unclear) };
    if !trailer.get(&b"Type"[..]).is_some_and(|is| is.is_name(b"XRef")) {
        return Err(Unclear);
    }
    let plain = stream::plain(&trailer, cursor)?;
    cursor.keyword(b"endobj")?;
    cursor.keyword(b"startxref")?;
    let widths = sizes(&trailer, b"W", 3)?.ok_or(Unclear)?;
    let row_bytes: usize = widths.iter().sum();
    if widths.len() != 3 || widths.iter().any(|&width| width > 8) || row_bytes == 0 {
        return Err(Unclear);
    }
    let all = vec![0, sizes(&trailer, b"Size", 1)?.and_then(|size| size.first().copied()).ok_or(Unclear)?];
    let index = sizes(&trailer, b"Index", 2 * max)?.unwrap_or(all);
    let mut rows = plain.chunks_exact(row_bytes);
    let mut places = BTreeMap::new();
    for pair in index.chunks(2) {
        let &[first, count] = pair else { return Err(Unclear) };
        for number in numbers(u32::try_from(first).map_err(|_| Unclear)?, count, max)? {
            let place = place(rows.next().ok_or(Unclear)?, &widths)?;
            put(&mut places, number, place, max)?;
        }
    }
    Ok((places, trailer))
}

/// One number or an array of them.
fn sizes(dictionary: &Dictionary, key: &[u8], max: usize) -> Result<Option<Vec<usize>>, Unclear> {
    let items = match dictionary.get(key) {
        None => return Ok(None),
        Some(Object::Array(items)) if items.len() <= max => items.as_slice(),
        Some(one @ Object::Integer(_)) => std::slice::from_ref(one),
        Some(_) => return Err(Unclear),
    };
    let size = |item: &Object| item.integer().and_then(|number| usize::try_from(number).ok()).ok_or(Unclear);
    items.iter().map(size).collect::<Result<_, _>>().map(Some)
}

fn place(row: &[u8], widths: &[usize]) -> Result<Place, Unclear> {
    let (kind, rest) = row.split_at(widths[0]);
    let (second, third) = rest.split_at(widths[1]);
    let number = |bytes: &[u8]| bytes.iter().fold(0_u64, |number, &byte| number << 8 | u64::from(byte));
    let size = |bytes: &[u8]| usize::try_from(number(bytes)).map_err(|_| Unclear);
    // SPEC: ISO 32000-1, table 18: a kind that is not written is 1.
    match if kind.is_empty() { 1 } else { number(kind) } {
        0 => Ok(Place::Free),
        1 if number(third) == 0 => size(second).map(Place::At),
        2 => Ok(Place::In(u32::try_from(number(second)).map_err(|_| Unclear)?, size(third)?)),
        _ => Err(Unclear),
    }
}
