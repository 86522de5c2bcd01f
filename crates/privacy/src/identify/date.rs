//! Dates, and which of them are birth dates.
//!
//! A date alone identifies nobody: only a column or words that speak of a birth make it a finding.

use super::lexicon::Flags;
use super::scan::{Match, View};
use super::token::Class;
use super::{Confidence, Kind, Why};

/// WHY: "nato a San Giovanni in Persiceto (BO) il 12" stands that far before its date.
const WORDS: usize = 12;

/// A birth date.
pub(super) fn birth(view: &View<'_>, from: usize) -> Option<Match> {
    let is_named = view.column.flags.any(Flags::BORN);
    if !is_named && !view.said(from, WORDS, Flags::BORN) {
        return None;
    }
    let last = at(view, from)?;
    let why = if is_named { Why::Column } else { Why::Words };
    Some(Match::new(Kind::BirthDate, (from, last), Confidence::Likely, why))
}

/// The last token of the date that begins at `from`, if one does.
pub(super) fn at(view: &View<'_>, from: usize) -> Option<usize> {
    numeric(view, from).or_else(|| compact(view, from)).or_else(|| spelt(view, from))
}

/// The last token of a date with its signs or its month in letters, which no number is mistaken for.
pub(super) fn written(view: &View<'_>, from: usize) -> Option<usize> {
    numeric(view, from).or_else(|| spelt(view, from))
}

fn value(digits: &[u8]) -> Option<u32> {
    let are_digits = !digits.is_empty() && digits.len() <= 4 && digits.iter().all(u8::is_ascii_digit);
    are_digits.then(|| digits.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0')))
}

fn is_year(digits: &[u8]) -> bool {
    match digits.len() {
        2 => true,
        4 => value(digits).is_some_and(|year| (1850..=2100).contains(&year)),
        _ => false,
    }
}

/// A day and a month, in either order.
fn is_day(first: &[u8], second: &[u8]) -> bool {
    let (Some(first), Some(second)) = (value(first), value(second)) else { return false };
    let fits = |day: u32, month: u32| (1..=31).contains(&day) && (1..=12).contains(&month);
    fits(first, second) || fits(second, first)
}

/// `12/03/1980`, `12.3.80`, `1980-03-12`, `12-Mar-1980`, also before a time.
fn numeric(view: &View<'_>, from: usize) -> Option<usize> {
    let mark = match view.get(from + 1)?.class {
        Class::Mark(mark @ (b'/' | b'-' | b'.')) => mark,
        _ => return None,
    };
    let is_joined = (from..from + 4).all(|at| view.is_joined(at)) && view.is_mark(from + 3, mark);
    if !is_joined {
        return None;
    }
    let last = view.bytes(from + 4);
    // `12T08` of a date with its time.
    let last = last.iter().position(|sign| *sign == b'T').map_or(last, |at| &last[..at]);
    let (first, middle) = (view.bytes(from), view.bytes(from + 2));
    let is_spelt =
        view.flags(from + 2).month().is_some() && value(first).is_some_and(|day| day <= 31) && is_year(last);
    let is_forward = first.len() <= 2 && middle.len() <= 2 && is_day(first, middle) && is_year(last);
    let is_backward =
        first.len() == 4 && is_year(first) && last.len() <= 2 && middle.len() <= 2 && is_day(middle, last);
    (is_spelt || is_forward || is_backward).then_some(from + 4)
}

/// `19800312` or `12031980`.
fn compact(view: &View<'_>, from: usize) -> Option<usize> {
    let digits = view.bytes(from);
    if digits.len() != 8 {
        return None;
    }
    let is_backward = is_year(&digits[..4]) && is_day(&digits[4..6], &digits[6..]);
    let is_forward = is_year(&digits[4..]) && is_day(&digits[..2], &digits[2..4]);
    (is_backward || is_forward).then_some(from)
}

/// `12 marzo 1980`, `12th of March, 1980`, `March 12, 1980`, `1° marzo 1980`.
fn spelt(view: &View<'_>, from: usize) -> Option<usize> {
    let skip = |at: usize, marks: &[u8]| {
        let is_skipped = marks.iter().any(|mark| view.is_mark(at, *mark))
            || view.bytes(at).eq_ignore_ascii_case(b"of")
            || view.bytes(at).eq_ignore_ascii_case(b"de");
        if is_skipped { at + 1 } else { at }
    };
    let year = |at: usize| is_year(view.bytes(at)).then_some(at);
    if view.flags(from).month().is_some() {
        let day = skip(from + 1, b".");
        ordinal(view.bytes(day))?;
        return year(skip(day + 1, b","));
    }
    ordinal(view.bytes(from))?;
    let month = skip(from + 1, &[0, b'.']);
    view.flags(month).month()?;
    year(skip(skip(month + 1, b"."), b","))
}

/// A day: `12`, `12th`.
fn ordinal(text: &[u8]) -> Option<u32> {
    let digits = text.iter().take_while(|sign| sign.is_ascii_digit()).count();
    let is_ordinal = matches!(&text[digits..], b"" | b"st" | b"nd" | b"rd" | b"th");
    value(&text[..digits]).filter(|day| is_ordinal && (1..=31).contains(day))
}
