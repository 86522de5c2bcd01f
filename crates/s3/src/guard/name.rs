//! Percent-encoded names, read strictly: what is no UTF-8 is no name.
//!
//! The protocol crate reads a query leniently, replacing what it cannot read;
//! two different requests must not become the same name.

use s3s::{S3Error, S3ErrorCode, S3Result};
use words::limit::OBJECT_KEY_BYTES_MAX;
use words::{Reason, Refusal};

use crate::error;
use crate::guard::head::InHost;

/// WHY: a presigned upload of a part carries about a dozen.
pub const QUERY_PAIRS_MAX: usize = 64;
/// WHY: the longest key, each byte of it encoded, with room for a presigned query.
pub const TARGET_BYTES_MAX: usize = 16 * 1_024;

/// A name or value of a query.
pub type Pair = (String, String);

/// Undoes percent-encoding; none for a broken escape, invalid UTF-8 or NUL.
pub fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let byte = match byte {
            b'%' => hex(rest.next()?)? << 4 | hex(rest.next()?)?,
            byte => byte,
        };
        bytes.push(byte);
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// The path must be readable, and its key not too long.
pub fn check_path(path: &str, in_host: Option<InHost>) -> S3Result<()> {
    let path = decode(path).ok_or_else(unreadable)?;
    let path = path.strip_prefix('/').unwrap_or_default();
    let key = match in_host {
        Some(InHost) => path,
        None => path.split_once('/').map_or("", |(_, key)| key),
    };
    check_key(key)
}

pub fn check_key(key: &str) -> S3Result<()> {
    if key.len() > OBJECT_KEY_BYTES_MAX {
        let refusal = Refusal::with(Reason::TooLarge, "an object key has at most 1,024 bytes");
        return Err(error::error(S3ErrorCode::KeyTooLongError, &refusal));
    }
    Ok(())
}

/// The query's pairs, in order.
pub fn pairs(query: Option<&str>) -> S3Result<Vec<Pair>> {
    let mut pairs = Vec::new();
    for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        if pairs.len() == QUERY_PAIRS_MAX {
            return Err(error::invalid(S3ErrorCode::InvalidURI, "the query has too many parameters"));
        }
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        // SPEC: HTML form encoding, which clients use for queries, writes a space as `+`.
        let read = |text: &str| decode(&text.replace('+', " "));
        pairs.push((read(name).ok_or_else(unreadable)?, read(value).ok_or_else(unreadable)?));
    }
    Ok(pairs)
}

/// The one value of a parameter; one that comes twice says nothing.
pub fn value<'a>(pairs: &'a [Pair], name: &str) -> Option<&'a str> {
    let mut found = pairs.iter().filter(|(own, _)| own == name).map(|(_, value)| value.as_str());
    found.next().filter(|_| found.next().is_none())
}

fn unreadable() -> S3Error {
    error::invalid(S3ErrorCode::InvalidURI, "names are percent-encoded UTF-8 without NUL")
}
