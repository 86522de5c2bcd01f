//! The streams that have to be understood: cross-references and objects, packed with Deflate (ISO 32000-1, 7.4.4).

use std::io::Read;

use flate2::read::ZlibDecoder;

use super::Unclear;
use super::cursor::Cursor;
use super::object::{Dictionary, Object};

/// WHY: a thousand objects of a signer's update take less than a hundred kilobytes.
const PLAIN_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The plain bytes of a stream whose dictionary ended at `cursor`, just after the word `stream`; moves behind them.
pub fn plain(dictionary: &Dictionary, cursor: &mut Cursor<'_>) -> Result<Vec<u8>, Unclear> {
    let rest = &cursor.bytes[cursor.at..];
    let line = if rest.starts_with(b"\r\n") { 2 } else { usize::from(rest.starts_with(b"\n")) };
    let length = dictionary.get(&b"Length"[..]).and_then(Object::integer).ok_or(Unclear)?;
    let length = usize::try_from(length).map_err(|_| Unclear)?;
    let packed = rest.get(line..).and_then(|rest| rest.get(..length)).filter(|_| line > 0).ok_or(Unclear)?;
    cursor.at += line + length;
    cursor.keyword(b"endstream")?;
    let unpacked = match dictionary.get(&b"Filter"[..]) {
        None => packed.to_vec(),
        Some(filter) if filter.is_name(b"FlateDecode") => inflated(packed)?,
        Some(Object::Array(filters)) if filters.len() == 1 && filters[0].is_name(b"FlateDecode") => {
            inflated(packed)?
        }
        Some(_) => return Err(Unclear),
    };
    match parameters(dictionary)? {
        None => Ok(unpacked),
        Some(columns) => predicted(&unpacked, columns),
    }
}

fn inflated(packed: &[u8]) -> Result<Vec<u8>, Unclear> {
    let mut plain = Vec::new();
    let bound = PLAIN_BYTES_MAX as u64 + 1;
    ZlibDecoder::new(packed).take(bound).read_to_end(&mut plain).map_err(|_| Unclear)?;
    if plain.len() > PLAIN_BYTES_MAX { Err(Unclear) } else { Ok(plain) }
}

/// Bytes in a row, if each row was written as differences (predictors 10 to 15).
fn parameters(dictionary: &Dictionary) -> Result<Option<usize>, Unclear> {
    let parameters = match dictionary.get(&b"DecodeParms"[..]) {
        None | Some(Object::Null) => return Ok(None),
        Some(Object::Array(all)) if all.len() == 1 => all[0].dictionary(),
        Some(one) => one.dictionary(),
    };
    let parameters = parameters.ok_or(Unclear)?;
    let number = |key: &[u8], default| parameters.get(key).map_or(Some(default), Object::integer);
    match (
        number(b"Predictor", 1),
        number(b"Colors", 1),
        number(b"BitsPerComponent", 8),
        number(b"Columns", 1),
    ) {
        (Some(1), ..) => Ok(None),
        (Some(10..=15), Some(1), Some(8), Some(columns @ 1..=64)) => {
            usize::try_from(columns).map(Some).map_err(|_| Unclear)
        }
        _ => Err(Unclear),
    }
}

/// SPEC: PNG 1.2, 6 (filters None, Sub and Up; others are used for pictures only).
fn predicted(rows: &[u8], columns: usize) -> Result<Vec<u8>, Unclear> {
    let mut plain: Vec<u8> = Vec::with_capacity(rows.len());
    for row in rows.chunks(columns + 1) {
        if row.len() != columns + 1 {
            return Err(Unclear);
        }
        for (at, byte) in row[1..].iter().enumerate() {
            let before = match row[0] {
                0 => 0,
                1 if at == 0 => 0,
                1 => plain[plain.len() - 1],
                2 => plain.len().checked_sub(columns).map_or(0, |above| plain[above]),
                _ => return Err(Unclear),
            };
            plain.push(byte.wrapping_add(before));
        }
    }
    Ok(plain)
}
