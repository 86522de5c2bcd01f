//! Where a page ended, as a text that the next request brings back.
//!
//! It holds what the last hit was ordered by and nothing else. It proves nothing and opens nothing: a forged one only says
//! to go on elsewhere in what is allowed anyway.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;

use crate::entry::EXACT_BYTES_MAX;
use crate::error::SearchError;
use crate::page::Sort;

/// The place of a hit in an order; equal orders give equal cursors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub(crate) sort: Sort,
    /// Whether the pages before were guessed, so that the next are too.
    pub(crate) is_guessed: bool,
    pub(crate) high: i64,
    pub(crate) low: i64,
    pub(crate) key: String,
    pub(crate) place: String,
    pub(crate) id: [u8; 16],
}

/// WHY: another release may order otherwise; its cursors are then refused.
const FORM: u8 = 1;
/// WHY: a key and a place at their longest, and 40 bytes, in six bits a sign.
const TEXT_BYTES_MAX: usize = (2 * EXACT_BYTES_MAX + 40) * 4 / 3 + 4;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![FORM, self.sort.number(), u8::from(self.is_guessed)];
        bytes.extend(self.high.to_be_bytes());
        bytes.extend(self.low.to_be_bytes());
        bytes.extend(self.id);
        // INVARIANT: no key is longer than 1,024 bytes.
        bytes.extend((self.key.len() as u16).to_be_bytes());
        bytes.extend(self.key.as_bytes());
        bytes.extend(self.place.as_bytes());
        f.write_str(&BASE64URL_NOPAD.encode(&bytes))
    }
}

impl FromStr for Cursor {
    type Err = SearchError;

    fn from_str(text: &str) -> Result<Self, SearchError> {
        let is_short = text.len() <= TEXT_BYTES_MAX;
        let bytes = is_short.then(|| BASE64URL_NOPAD.decode(text.as_bytes()).ok()).flatten();
        bytes.as_deref().and_then(read).ok_or(SearchError::Cursor)
    }
}

fn read(bytes: &[u8]) -> Option<Cursor> {
    let ([form, sort, guessed], rest) = bytes.split_first_chunk::<3>()?;
    let (high, rest) = rest.split_first_chunk::<8>()?;
    let (low, rest) = rest.split_first_chunk::<8>()?;
    let (id, rest) = rest.split_first_chunk::<16>()?;
    let (key_bytes, rest) = rest.split_first_chunk::<2>()?;
    let (key, place) = rest.split_at_checked(usize::from(u16::from_be_bytes(*key_bytes)))?;
    let text = |bytes: &[u8]| {
        let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() <= EXACT_BYTES_MAX);
        text.map(str::to_owned)
    };
    (*form == FORM && *guessed <= 1).then_some(())?;
    Some(Cursor {
        sort: Sort::of_number(*sort)?,
        is_guessed: *guessed == 1,
        high: i64::from_be_bytes(*high),
        low: i64::from_be_bytes(*low),
        key: text(key)?,
        place: text(place)?,
        id: *id,
    })
}
