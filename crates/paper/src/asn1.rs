//! ASN.1 in DER (X.690, 10), read in place: what is hashed and verified are the very bytes that came.
//!
//! WHY no crate: parsers that build types write them again for a digest, and then two spellings are one. It never calls
//! itself; who reads goes as deep as a format says.

use const_oid::ObjectIdentifier;
use time::{Date, Month, PrimitiveDateTime, Time};

pub const INTEGER: u8 = 0x02;
pub const BIT_STRING: u8 = 0x03;
pub const OCTET_STRING: u8 = 0x04;
pub const OID: u8 = 0x06;
pub const SEQUENCE: u8 = 0x30;
pub const SET: u8 = 0x31;
pub const BOOLEAN: u8 = 0x01;
pub const ENUMERATED: u8 = 0x0A;

/// Bytes that are no DER, or not in the form that was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotDer;

/// One element: tag, contents, and both with the length between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    pub tag: u8,
    pub value: &'a [u8],
    pub raw: &'a [u8],
}

impl<'a> Element<'a> {
    pub const fn inside(self) -> Reader<'a> {
        Reader(self.value)
    }

    pub fn is(self, oid: &ObjectIdentifier) -> bool {
        self.tag == OID && self.value == oid.as_bytes()
    }
}

/// Elements one after the other.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    /// The next element, whatever it is. Tags beyond 30 are in no format that we read.
    pub fn any(&mut self) -> Result<Element<'a>, NotDer> {
        let (&tag, rest) = self.0.split_first().ok_or(NotDer)?;
        let (length, head) = length(rest)?;
        let whole = head.checked_add(length).and_then(|size| size.checked_add(1)).ok_or(NotDer)?;
        if tag & 0x1F == 0x1F || whole > self.0.len() {
            return Err(NotDer);
        }
        let (raw, rest) = self.0.split_at(whole);
        self.0 = rest;
        Ok(Element { tag, value: &raw[head + 1..], raw })
    }

    pub fn take(&mut self, tag: u8) -> Result<Element<'a>, NotDer> {
        self.any().and_then(|element| if element.tag == tag { Ok(element) } else { Err(NotDer) })
    }

    pub fn take_if(&mut self, tag: u8) -> Result<Option<Element<'a>>, NotDer> {
        if self.0.first() == Some(&tag) { self.any().map(Some) } else { Ok(None) }
    }

    /// All of what is left, at most `max` elements.
    pub fn rest(mut self, max: usize) -> Result<Vec<Element<'a>>, NotDer> {
        let mut elements = Vec::new();
        while !self.0.is_empty() {
            if elements.len() == max {
                return Err(NotDer);
            }
            elements.push(self.any()?);
        }
        Ok(elements)
    }

    pub const fn end(self) -> Result<(), NotDer> {
        if self.0.is_empty() { Ok(()) } else { Err(NotDer) }
    }
}

/// A length after its tag, and how many bytes it took: the shortest form only.
fn length(bytes: &[u8]) -> Result<(usize, usize), NotDer> {
    let first = *bytes.first().ok_or(NotDer)?;
    if first < 0x80 {
        return Ok((first.into(), 1));
    }
    let count = usize::from(first & 0x7F);
    let digits = bytes.get(1..=count).filter(|_| (1..=4).contains(&count)).ok_or(NotDer)?;
    let length = digits.iter().fold(0, |length, &digit| (length << 8) | usize::from(digit));
    let is_short = length < 0x80 || digits.first() == Some(&0);
    if is_short { Err(NotDer) } else { Ok((length, count + 1)) }
}

/// The only element of these bytes.
pub fn whole(bytes: &[u8], tag: u8) -> Result<Element<'_>, NotDer> {
    let mut reader = Reader(bytes);
    let element = reader.take(tag)?;
    reader.end().map(|()| element)
}

/// An element with its length.
pub fn write(tag: u8, value: &[u8], into: &mut Vec<u8>) {
    into.push(tag);
    let digits = value.len().to_be_bytes();
    let from = digits.iter().position(|&digit| digit != 0).unwrap_or(digits.len());
    match value.len() {
        0..0x80 => into.push(digits[digits.len() - 1]),
        _ => {
            into.push(0x80 | (digits.len() - from) as u8);
            into.extend_from_slice(&digits[from..]);
        }
    }
    into.extend_from_slice(value);
}

/// UTCTime or GeneralizedTime in UTC with seconds (RFC 5280, 4.1.2.5), as unix seconds.
pub fn time(element: Element<'_>) -> Result<i64, NotDer> {
    let text = std::str::from_utf8(element.value).map_err(|_| NotDer)?;
    let digits = text.strip_suffix('Z').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let digits = digits.ok_or(NotDer)?;
    match (element.tag, digits.len()) {
        // Two digits are 1950 to 2049.
        (0x17, 12) => moment(&format!("{}{digits}", if digits < "5" { "20" } else { "19" })),
        (0x18, 14) => moment(digits),
        _ => Err(NotDer),
    }
}

/// `YYYYMMDDhhmmss` in UTC, as unix seconds.
pub fn moment(digits: &str) -> Result<i64, NotDer> {
    let number = |from: usize, to: usize| digits.get(from..to).and_then(|part| part.parse::<u16>().ok());
    let small =
        |from: usize| number(from, from + 2).and_then(|number| u8::try_from(number).ok()).ok_or(NotDer);
    let month = Month::try_from(small(4)?).map_err(|_| NotDer)?;
    let date = Date::from_calendar_date(number(0, 4).ok_or(NotDer)?.into(), month, small(6)?);
    let time = Time::from_hms(small(8)?, small(10)?, small(12)?);
    let moment = PrimitiveDateTime::new(date.map_err(|_| NotDer)?, time.map_err(|_| NotDer)?);
    Ok(moment.assume_utc().unix_timestamp())
}

/// A string of a name: UTF8String, PrintableString, IA5String, TeletexString (read as Latin-1), BMPString.
pub fn text(element: Element<'_>) -> Option<String> {
    match element.tag {
        0x0C | 0x13 | 0x16 => std::str::from_utf8(element.value).ok().map(str::to_owned),
        0x14 => Some(element.value.iter().copied().map(char::from).collect()),
        0x1E if element.value.len().is_multiple_of(2) => {
            let units = element.value.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            char::decode_utf16(units).collect::<Result<_, _>>().ok()
        }
        _ => None,
    }
}
