//! Names on a page of a listing: any UTF-8, in XML that any parser accepts.
//!
//! XML 1.0 cannot hold every character that a key may. Where the client asked
//! for encoding-type=url, or a name on the page needs it, names are
//! percent-encoded and the page says so.

use data_encoding::BASE64URL_NOPAD;
use s3s::dto::{EncodingType, Timestamp};
use s3s::{S3ErrorCode, S3Result};
use words::limit::{LIST_KEYS_MAX, OBJECT_KEY_BYTES_MAX};

use crate::error;

/// How names of one page are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writing {
    Plain,
    Url,
}

impl Writing {
    /// WHY also unasked: a page that no parser accepts would hide every key on it.
    pub fn of<'a>(asked: Option<&EncodingType>, names: impl IntoIterator<Item = &'a str>) -> S3Result<Self> {
        match asked.map(EncodingType::as_str) {
            Some(EncodingType::URL) => Ok(Self::Url),
            Some(_) => Err(error::invalid(S3ErrorCode::InvalidArgument, "encoding-type is `url`")),
            None if names.into_iter().all(is_printable) => Ok(Self::Plain),
            None => Ok(Self::Url),
        }
    }

    pub fn write(self, name: &str) -> String {
        match self {
            Self::Plain => name.to_owned(),
            Self::Url => encode(name),
        }
    }

    pub fn write_opt(self, name: Option<&str>) -> Option<String> {
        name.map(|name| self.write(name))
    }

    pub fn told(self) -> Option<EncodingType> {
        (self == Self::Url).then(|| EncodingType::from_static(EncodingType::URL))
    }
}

/// SPEC: XML 1.0, 2.2 and 2.11: these characters arrive as they were written.
fn is_printable(name: &str) -> bool {
    name.chars().all(is_kept)
}

fn is_kept(character: char) -> bool {
    match character {
        '\t' | '\n' => true,
        character => character >= ' ' && !matches!(character, '\u{fffe}' | '\u{ffff}'),
    }
}

/// Text for XML where no encoding can be agreed on.
pub fn printable(text: &str) -> String {
    text.chars()
        .map(|character| if is_kept(character) { character } else { char::REPLACEMENT_CHARACTER })
        .collect()
}

/// Percent-encodes all but the unreserved characters and `/`.
pub fn encode(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(byte.into())
            }
            byte => {
                out.push('%');
                out.push_str(&data_encoding::HEXUPPER.encode(&[byte]));
            }
        }
    }
    out
}

/// Where the next page starts, opaque to clients.
pub fn token(key: &str) -> String {
    BASE64URL_NOPAD.encode(key.as_bytes())
}

pub fn read_token(token: &str) -> Option<String> {
    // WHY: base64 of the longest key; longer text is never decoded.
    if token.len() > OBJECT_KEY_BYTES_MAX.div_ceil(3) * 4 {
        return None;
    }
    String::from_utf8(BASE64URL_NOPAD.decode(token.as_bytes()).ok()?).ok()
}

/// The name behind which a token says that the page starts.
pub fn after(token: &str) -> S3Result<String> {
    let lost = || error::invalid(S3ErrorCode::InvalidArgument, "the continuation token is not one of ours");
    read_token(token).ok_or_else(lost)
}

/// How many names a page may hold.
pub fn size(asked: Option<i32>, name: &str) -> S3Result<usize> {
    let Some(asked) = asked else {
        return Ok(LIST_KEYS_MAX);
    };
    let size = usize::try_from(asked)
        .map_err(|_| error::invalid(S3ErrorCode::InvalidArgument, format!("{name} is not negative")))?;
    Ok(size.min(LIST_KEYS_MAX))
}

/// A count in S3's own type; counts here are far below its end.
pub fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

pub fn bytes(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A moment in S3's own type.
pub fn time(at: words::Timestamp) -> Timestamp {
    let nanos = i128::from(at.ms()) * 1_000_000;
    let at = time::OffsetDateTime::from_unix_timestamp_nanos(nanos);
    at.unwrap_or(time::OffsetDateTime::UNIX_EPOCH).into()
}

/// S3's moment in our own type, to the millisecond.
pub fn moment(at: &Timestamp) -> words::Timestamp {
    let at: time::OffsetDateTime = at.clone().into();
    let ms = at.unix_timestamp_nanos() / 1_000_000;
    words::Timestamp::from_ms(i64::try_from(ms).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
