//! What a reader asks of an object: under which conditions, which bytes.
//!
//! SPEC: RFC 9110, 13.2.2 for the order of conditions and 14.1.2 for ranges.

use std::ops::Range as Bytes;

use http::HeaderValue;
use region::object::ObjectRow;
use s3s::dto::{ETag, ETagCondition, Range, Timestamp, TimestampFormat};
use s3s::{S3Error, S3ErrorCode, S3Result};
use time::OffsetDateTime;
use words::{Reason, Refusal};

use crate::error;
use crate::page;

/// Conditions over an object that is there.
#[derive(Default)]
pub struct Conditions {
    pub matches: Option<ETagCondition>,
    pub matches_none: Option<ETagCondition>,
    pub changed_since: Option<Timestamp>,
    pub same_since: Option<Timestamp>,
}

/// How a condition failed.
enum Failed {
    /// What should hold does not.
    Precondition,
    /// The reader has it already.
    Unmodified,
}

impl Conditions {
    fn judge(&self, row: &ObjectRow) -> Option<Failed> {
        let at = seconds(&page::time(row.at));
        let is_stale = |since: &Timestamp| at > seconds(since);
        if let Some(wanted) = &self.matches {
            if !is_named(wanted, row) {
                return Some(Failed::Precondition);
            }
        } else if self.same_since.as_ref().is_some_and(is_stale) {
            return Some(Failed::Precondition);
        }
        if let Some(known) = &self.matches_none {
            return is_named(known, row).then_some(Failed::Unmodified);
        }
        let is_known = self.changed_since.as_ref().is_some_and(|since| at <= seconds(since));
        is_known.then_some(Failed::Unmodified)
    }

    /// For a reader: what it has already is no error.
    pub fn check_read(&self, row: &ObjectRow) -> S3Result<()> {
        match self.judge(row) {
            None => Ok(()),
            Some(Failed::Precondition) => Err(failed()),
            Some(Failed::Unmodified) => Err(unmodified(row)),
        }
    }

    /// For the source of a copy: any condition that fails refuses.
    pub fn check_source(&self, row: &ObjectRow) -> Result<(), Refusal> {
        self.judge(row).map_or(Ok(()), |_| Err(Reason::PreconditionFailed.into()))
    }
}

fn is_named(wanted: &ETagCondition, row: &ObjectRow) -> bool {
    wanted.is_any() || wanted.as_etag().is_some_and(|etag| etag.value() == row.etag)
}

/// WHY: HTTP dates have no fractions.
fn seconds(at: &Timestamp) -> i64 {
    OffsetDateTime::from(at.clone()).unix_timestamp()
}

fn failed() -> S3Error {
    error::error(S3ErrorCode::PreconditionFailed, &Reason::PreconditionFailed.into())
}

fn unmodified(row: &ObjectRow) -> S3Error {
    let mut error = S3Error::new(S3ErrorCode::NotModified);
    let mut headers = http::HeaderMap::new();
    if let Ok(etag) = ETag::Strong(row.etag.clone()).to_http_header() {
        headers.insert(http::header::ETAG, etag);
    }
    let mut date = Vec::new();
    let written = page::time(row.at).format(TimestampFormat::HttpDate, &mut date);
    if let Some(date) = written.ok().and_then(|()| HeaderValue::from_bytes(&date).ok()) {
        headers.insert(http::header::LAST_MODIFIED, date);
    }
    error.set_headers(headers);
    error
}

/// The bytes asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Chosen {
    pub bytes: Bytes<u64>,
    /// Set when not the whole object was asked for.
    pub content_range: Option<String>,
    /// Set when a part was asked for by number: how many there are.
    pub parts: Option<usize>,
    /// Which of them, from 0.
    pub part: Option<usize>,
}

impl Chosen {
    fn whole(size_bytes: u64) -> Self {
        Self::some(0..size_bytes)
    }

    fn some(bytes: Bytes<u64>) -> Self {
        Self { bytes, content_range: None, parts: None, part: None }
    }
}

/// Which bytes of an object.
#[derive(Default)]
pub struct Choice {
    pub range: Option<Range>,
    pub part: Option<i32>,
    /// The range counts only while the object is this one: an ETag or a date, as the header has it.
    pub only_if: Option<String>,
}

impl Choice {
    pub fn of(&self, row: &ObjectRow) -> S3Result<Chosen> {
        let whole = row.size_bytes;
        match (&self.range, self.part) {
            (Some(_), Some(_)) => {
                Err(error::invalid(S3ErrorCode::InvalidRequest, "ask for a range or for a part"))
            }
            (Some(_), None) if !self.is_same(row) => Ok(Chosen::whole(whole)),
            (Some(range), None) => {
                let bytes = range.check(whole).map_err(|_| beyond(whole))?;
                Ok(Chosen { content_range: Some(told(&bytes, whole)), ..Chosen::some(bytes) })
            }
            (None, Some(number)) => part(row, number),
            (None, None) => Ok(Chosen::whole(whole)),
        }
    }
}

impl Choice {
    /// SPEC: RFC 9110, 13.1.5: what cannot be compared exactly is not the same.
    fn is_same(&self, row: &ObjectRow) -> bool {
        let Some(only_if) = &self.only_if else {
            return true;
        };
        if let Some(etag) = only_if.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
            return etag == row.etag;
        }
        let date = Timestamp::parse(TimestampFormat::HttpDate, only_if);
        date.is_ok_and(|date| seconds(&date) == seconds(&page::time(row.at)))
    }
}

fn part(row: &ObjectRow, number: i32) -> S3Result<Chosen> {
    let lost = || {
        let mut error =
            error::invalid(S3ErrorCode::Custom("InvalidPartNumber".into()), "the object has no such part");
        error.set_status_code(http::StatusCode::RANGE_NOT_SATISFIABLE);
        error
    };
    let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1)).ok_or_else(lost)?;
    if !row.is_multipart {
        return if index == 0 { Ok(Chosen::whole(row.size_bytes)) } else { Err(lost()) };
    }
    let piece = row.pieces.get(index).ok_or_else(lost)?;
    let start = row.pieces.iter().take(index).map(|piece| piece.plain_bytes).sum();
    let bytes = start..start + piece.plain_bytes;
    let content_range = Some(told(&bytes, row.size_bytes));
    Ok(Chosen { bytes, content_range, parts: Some(row.pieces.len()), part: Some(index) })
}

fn told(bytes: &Bytes<u64>, whole: u64) -> String {
    format!("bytes {}-{}/{whole}", bytes.start, bytes.end.saturating_sub(1))
}

fn beyond(whole: u64) -> S3Error {
    let refusal = Refusal::with(Reason::Invalid, "the range lies outside the object");
    let mut error = error::error(S3ErrorCode::InvalidRange, &refusal);
    let mut headers = error::headers(refusal.reason);
    if let Ok(range) = format!("bytes */{whole}").parse() {
        headers.insert(http::header::CONTENT_RANGE, range);
    }
    error.set_headers(headers);
    error
}
