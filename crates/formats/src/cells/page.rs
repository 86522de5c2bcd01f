//! One page of a column of Parquet: unpacked, and its values one by one.
//!
//! It exists so that all encodings end in the same text of a cell. It holds what is unpacked, and no value.
//!
//! SPEC: parquet-format, Encodings.md, Compression.md, and `PageHeader` of parquet.thrift.

use std::borrow::Cow;
use std::io::Read;

use super::bits::{delta, hybrid};
use super::day;
use super::parquet::{Leaf, Shape};
use crate::input::{u32_at, u64_at};
use crate::rule::{self, Rule};
use crate::thrift::Value;
use crate::unpack::Layer;

/// WHY: a page has some ten thousand values; of more, lengths alone would fill the memory.
const LENGTHS_MAX: u64 = 16 << 20;
/// SPEC: snappy, format description: three bytes make 64 at most.
const SNAPPY_RATIO: usize = 32;

const BOOLEAN: i64 = 0;
const INT32: i64 = 1;
const INT64: i64 = 2;
const INT96: i64 = 3;
const FLOAT: i64 = 4;
const DOUBLE: i64 = 5;
pub const BYTE_ARRAY: i64 = 6;
pub const FIXED: i64 = 7;

/// Hears one value as text.
pub type Each<'e> = &'e mut dyn FnMut(&[u8]) -> Result<(), Rule>;
/// Hears how many places in a row have a value, or none.
pub type There<'t> = &'t mut dyn FnMut(bool, u64) -> Result<(), Rule>;

/// A page's header.
#[derive(Debug)]
pub struct Page {
    pub kind: i64,
    unpacked: i64,
    pub packed: i64,
    pub values: i64,
    encoding: i64,
    /// How levels are written, of the first version of pages.
    levels: [i64; 2],
    /// How long levels are, of the second: repetition, definition.
    sizes: [i64; 2],
    is_packed: bool,
}

impl Default for Page {
    fn default() -> Self {
        let (levels, sizes) = ([3; 2], [0; 2]);
        Self { kind: -1, unpacked: -1, packed: -1, values: 0, encoding: -1, levels, sizes, is_packed: true }
    }
}

impl Page {
    pub fn take(&mut self, way: &[i64], value: Value) {
        let Value::Int(value) = value else { return };
        match way {
            [1] => self.kind = value,
            [2] => self.unpacked = value,
            [3] => self.packed = value,
            [5 | 7 | 8, 1] => self.values = value,
            [5 | 7, 2] | [8, 4] => self.encoding = value,
            [5, 3] => self.levels[1] = value,
            [5, 4] => self.levels[0] = value,
            [8, 5] => self.sizes[1] = value,
            [8, 6] => self.sizes[0] = value,
            [8, 7] => self.is_packed = value != 0,
            _ => {}
        }
    }

    fn size(&self, at: usize) -> usize {
        self.sizes.get(at).and_then(|size| usize::try_from(*size).ok()).unwrap_or(usize::MAX)
    }
}

/// Values that others refer to.
pub struct Dictionary {
    bytes: Vec<u8>,
    /// Where byte arrays begin; empty: values are of one size.
    starts: Vec<u32>,
    size: usize,
}

impl Dictionary {
    fn get(&self, at: u64) -> Option<&[u8]> {
        let at = usize::try_from(at).ok()?;
        if self.size > 0 {
            let start = at.checked_mul(self.size)?;
            return self.bytes.get(start..start.checked_add(self.size)?);
        }
        let start = *self.starts.get(at)? as usize;
        array(self.bytes.get(start..)?).map(|(value, _)| value)
    }
}

/// The values of a dictionary page.
pub fn dictionary(
    page: &Page,
    body: &[u8],
    codec: i64,
    leaf: &Leaf,
    bytes_max: usize,
) -> Result<Dictionary, Rule> {
    let bytes = unpack(page, body, codec, bytes_max)?.into_owned();
    let (mut starts, size) = (Vec::new(), size_of_kind(leaf));
    if leaf.kind == BYTE_ARRAY {
        let mut rest = bytes.as_slice();
        while let Some((_, behind)) = array(rest) {
            starts.push(u32::try_from(bytes.len() - rest.len()).map_err(|_| rule::LIMIT_MEMORY)?);
            rest = behind;
        }
    }
    Ok(Dictionary { bytes, starts, size })
}

/// What a page holds, unpacked: levels and values. The claimed size bounds it and makes nothing ready.
pub fn unpack<'a>(page: &Page, body: &'a [u8], codec: i64, bytes_max: usize) -> Result<Cow<'a, [u8]>, Rule> {
    let size = usize::try_from(page.unpacked).map_err(|_| rule::PARQUET_PAGE)?;
    if size > bytes_max {
        return Err(rule::LIMIT_MEMORY);
    }
    let levels = if page.kind == 3 { page.size(0).saturating_add(page.size(1)) } else { 0 };
    let (levels, packed) = body.split_at_checked(levels).ok_or(rule::PARQUET_PAGE)?;
    if codec == 0 || !page.is_packed || packed.is_empty() {
        return Ok(Cow::Borrowed(body));
    }
    let room = size.checked_sub(levels.len()).ok_or(rule::PARQUET_PAGE)?;
    let mut bytes = levels.to_vec();
    let layer = match codec {
        1 => {
            let claimed = snap::raw::decompress_len(packed).map_err(|_| rule::PARQUET_PAGE)?;
            if claimed != room || claimed / SNAPPY_RATIO > packed.len() {
                return Err(rule::PARQUET_PAGE);
            }
            let values = snap::raw::Decoder::new().decompress_vec(packed).map_err(|_| rule::PARQUET_PAGE)?;
            bytes.extend_from_slice(&values);
            return Ok(Cow::Owned(bytes));
        }
        2 => Layer::Gzip,
        6 => Layer::Zstd,
        _ => return Err(rule::LIMIT_UNREAD),
    };
    let unpacked = layer.open(Box::new(packed)).take(room as u64 + 1).read_to_end(&mut bytes);
    if unpacked.is_err() || bytes.len() != size {
        return Err(rule::PARQUET_PAGE);
    }
    Ok(Cow::Owned(bytes))
}

/// Tells every value of a data page.
pub fn values(
    page: &Page,
    body: &[u8],
    leaf: &Leaf,
    dictionary: Option<&Dictionary>,
    there: There,
    each: Each,
) -> Result<(), Rule> {
    let (count, rest) = present(page, body, leaf, there)?;
    let broken = rule::PARQUET_PAGE;
    match page.encoding {
        0 => plain(rest, count, leaf, each),
        2 | 8 => {
            let Some((width, rest)) = rest.split_first() else {
                return if count == 0 { Ok(()) } else { Err(broken) };
            };
            let dictionary = dictionary.ok_or(broken)?;
            hybrid(rest, u32::from(*width), count, &mut |at, times| {
                let value = dictionary.get(at).ok_or(broken)?;
                (0..times).try_for_each(|_| show(leaf, value, each))
            })
        }
        3 if leaf.kind == BOOLEAN => hybrid(rest.get(4..).ok_or(broken)?, 1, count, &mut |value, times| {
            (0..times).try_for_each(|_| each(truth(value)))
        }),
        5 => delta(rest, count, &mut |value| each(integer(value, leaf).as_bytes())).map(drop),
        6 => {
            let (sizes, mut rest) = lengths(rest, count)?;
            sizes.into_iter().try_for_each(|size| {
                let (value, behind) = rest.split_at_checked(size as usize).ok_or(broken)?;
                rest = behind;
                show(leaf, value, each)
            })
        }
        7 => {
            let (shared, rest) = lengths(rest, count)?;
            let (sizes, mut rest) = lengths(rest, count)?;
            let mut value = Vec::new();
            shared.into_iter().zip(sizes).try_for_each(|(shared, size)| {
                let (more, behind) = rest.split_at_checked(size as usize).ok_or(broken)?;
                rest = behind;
                (shared as usize <= value.len()).then_some(()).ok_or(broken)?;
                value.truncate(shared as usize);
                value.extend_from_slice(more);
                show(leaf, &value, each)
            })
        }
        9 => split(rest, count, leaf, each),
        _ => Err(rule::LIMIT_UNREAD),
    }
}

/// How many values there are that are not null, and where they begin.
fn present<'a>(page: &Page, body: &'a [u8], leaf: &Leaf, there: There) -> Result<(u64, &'a [u8]), Rule> {
    let count = u64::try_from(page.values).map_err(|_| rule::PARQUET_PAGE)?;
    let (mut rest, mut levels) = (body, [body; 2]);
    for (at, most) in [leaf.repeated_max, leaf.defined_max].into_iter().enumerate() {
        let size = match page.kind {
            3 => page.size(at),
            _ if most == 0 => 0,
            // SPEC: levels packed in the old way have no length.
            _ if page.levels.get(at) != Some(&3) => return Err(rule::LIMIT_UNREAD),
            _ => {
                let size = u32_at(rest, 0).ok_or(rule::PARQUET_PAGE)?;
                rest = rest.get(4..).unwrap_or_default();
                size as usize
            }
        };
        let (found, behind) = rest.split_at_checked(size).ok_or(rule::PARQUET_PAGE)?;
        rest = behind;
        levels[at] = found;
    }
    if leaf.defined_max == 0 {
        there(true, count)?;
        return Ok((count, rest));
    }
    let mut present = 0;
    let width = u32::BITS - leaf.defined_max.leading_zeros();
    hybrid(levels[1], width, count, &mut |level, times| {
        let is_there = level == u64::from(leaf.defined_max);
        present += if is_there { times } else { 0 };
        there(is_there, times)
    })?;
    Ok((present, rest))
}

fn size_of_kind(leaf: &Leaf) -> usize {
    match leaf.kind {
        INT32 | FLOAT => 4,
        INT64 | DOUBLE => 8,
        INT96 => 12,
        BOOLEAN | BYTE_ARRAY => 0,
        _ => leaf.size,
    }
}

/// A byte array with its length before it, and what is behind.
fn array(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    bytes.get(4..)?.split_at_checked(u32_at(bytes, 0)? as usize)
}

fn plain(bytes: &[u8], count: u64, leaf: &Leaf, each: Each) -> Result<(), Rule> {
    let (mut rest, size) = (bytes, size_of_kind(leaf));
    for at in 0..count {
        let found = match leaf.kind {
            BOOLEAN => {
                let byte = usize::try_from(at / 8).ok().and_then(|at| bytes.get(at));
                each(truth(u64::from(byte.ok_or(rule::PARQUET_PAGE)? >> (at % 8) & 1)))?;
                continue;
            }
            BYTE_ARRAY => array(rest),
            _ if size == 0 => None,
            _ => rest.split_at_checked(size),
        };
        let (value, behind) = found.ok_or(rule::PARQUET_PAGE)?;
        rest = behind;
        show(leaf, value, each)?;
    }
    Ok(())
}

/// SPEC: the first bytes of all values, then the second ones.
fn split(bytes: &[u8], count: u64, leaf: &Leaf, each: Each) -> Result<(), Rule> {
    let (size, count) = (size_of_kind(leaf), usize::try_from(count).map_err(|_| rule::PARQUET_PAGE)?);
    if size == 0 || count.checked_mul(size) != Some(bytes.len()) {
        return Err(rule::PARQUET_PAGE);
    }
    for at in 0..count {
        let value: Vec<u8> = bytes.iter().skip(at).step_by(count).copied().collect();
        show(leaf, &value, each)?;
    }
    Ok(())
}

fn lengths(bytes: &[u8], count: u64) -> Result<(Vec<u32>, &[u8]), Rule> {
    if count > LENGTHS_MAX {
        return Err(rule::LIMIT_MEMORY);
    }
    let mut sizes = Vec::new();
    let rest = delta(bytes, count, &mut |size| {
        sizes.push(u32::try_from(size).map_err(|_| rule::PARQUET_PAGE)?);
        Ok(())
    })?;
    Ok((sizes, rest))
}

fn truth(value: u64) -> &'static [u8] {
    if value == 1 { b"true" } else { b"false" }
}

/// Tells one value as text.
fn show(leaf: &Leaf, value: &[u8], each: Each) -> Result<(), Rule> {
    let broken = rule::PARQUET_PAGE;
    let text = match (leaf.kind, leaf.shape) {
        (INT32, _) => integer(i64::from(u32_at(value, 0).ok_or(broken)? as i32), leaf),
        (INT64, _) => integer(u64_at(value, 0).ok_or(broken)? as i64, leaf),
        // SPEC: nanoseconds of the day, and the Julian day.
        (INT96, _) => {
            let (nanos, day) = (u64_at(value, 0).ok_or(broken)?, u32_at(value, 8).ok_or(broken)?);
            let seconds = (i64::from(day) - 2_440_588) * 86_400 + (nanos / 1_000_000_000) as i64;
            day::moment(seconds).unwrap_or_default()
        }
        (FLOAT, _) => f32::from_bits(u32_at(value, 0).ok_or(broken)?).to_string(),
        (DOUBLE, _) => f64::from_bits(u64_at(value, 0).ok_or(broken)?).to_string(),
        (_, Shape::Decimal(scale)) if value.len() <= size_of::<i128>() => {
            let start = value.first().map_or(0, |first| i128::from(*first as i8 >> 7));
            decimal(value.iter().fold(start, |whole, byte| whole << 8 | i128::from(*byte)), scale)
        }
        _ => return each(value),
    };
    each(text.as_bytes())
}

fn integer(value: i64, leaf: &Leaf) -> String {
    match leaf.shape {
        Shape::Unsigned if leaf.kind == INT32 => (value as u32).to_string(),
        Shape::Unsigned => (value as u64).to_string(),
        Shape::Day => day::day(value).unwrap_or_else(|| value.to_string()),
        Shape::Moment(parts) => day::moment(value.div_euclid(parts)).unwrap_or_else(|| value.to_string()),
        Shape::Decimal(scale) => decimal(i128::from(value), scale),
        Shape::Plain => value.to_string(),
    }
}

/// SPEC: DECIMAL has 38 digits at most here.
fn decimal(value: i128, scale: u32) -> String {
    let Some(parts) = 10_u128.checked_pow(scale).filter(|parts| *parts > 1) else { return value.to_string() };
    let (sign, value) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
    format!("{sign}{}.{:0width$}", value / parts, value % parts, width = scale as usize)
}
