//! What one cell of text looks like: a number, a date, nothing.
//!
//! It exists so that detection, profiles and contracts read a cell alike. It never guesses beyond the cell.

use std::borrow::Cow;

/// What a cell looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    Missing,
    Whole,
    Number,
    Bool,
    Date,
    Moment,
    Text,
}

/// WHY: what R, pandas, SAS, UCI and spreadsheets write for nothing.
const MISSING: [&str; 15] =
    ["", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", ".", "?", "-", "#N/A", "<NA>", "\\N"];

/// Whether a cell stands for nothing.
pub fn is_missing(cell: &str) -> bool {
    MISSING.contains(&cell)
}

/// What a cell is, freed of space around it; with a decimal comma, if the table has one.
pub fn shape_of(cell: &str, has_comma: bool) -> Shape {
    let cell = cell.trim();
    if is_missing(cell) {
        return Shape::Missing;
    }
    if cell.len() > 64 {
        return Shape::Text;
    }
    match cell.as_bytes().first() {
        Some(b'0'..=b'9' | b'+' | b'-' | b'.' | b',') => {}
        Some(b't' | b'T' | b'f' | b'F') if is_bool(cell) => return Shape::Bool,
        _ => return Shape::Text,
    }
    if let Some(shape) = numeric(cell, has_comma) {
        return shape;
    }
    let (day, clock) = split_day(cell);
    match (date(day), clock) {
        (Some(_), None) => Shape::Date,
        (Some(_), Some(clock)) if is_clock(clock) => Shape::Moment,
        _ => Shape::Text,
    }
}

fn is_bool(cell: &str) -> bool {
    cell.eq_ignore_ascii_case("true") || cell.eq_ignore_ascii_case("false")
}

/// A number's shape. WHY: digits behind a leading zero are a code (`00185`), and so are more than any integer has.
fn numeric(cell: &str, has_comma: bool) -> Option<Shape> {
    let body = cell.strip_prefix(['+', '-']).unwrap_or(cell);
    let (mantissa, exponent) =
        body.split_once(['e', 'E']).map_or((body, None), |(mantissa, rest)| (mantissa, Some(rest)));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if exponent.is_some_and(|rest| !is_digits(rest.strip_prefix(['+', '-']).unwrap_or(rest))) {
        return None;
    }
    let Some((whole, part)) = mantissa.split_once(if has_comma { ',' } else { '.' }) else {
        let is_code = mantissa.len() > 18 || mantissa.len() > 1 && mantissa.starts_with('0');
        return is_digits(mantissa).then_some(match (is_code, exponent) {
            (true, _) => Shape::Text,
            (false, None) => Shape::Whole,
            (false, Some(_)) => Shape::Number,
        });
    };
    let is_one = (is_digits(whole) || whole.is_empty()) && (is_digits(part) || part.is_empty());
    (is_one && mantissa.len() > 1).then_some(Shape::Number)
}

/// The number that a cell is.
pub fn number(cell: &str, has_comma: bool) -> Option<f64> {
    let cell = cell.trim();
    matches!(numeric(cell, has_comma)?, Shape::Whole | Shape::Number).then_some(())?;
    let plain: Cow<str> = if has_comma { Cow::Owned(cell.replace(',', ".")) } else { Cow::Borrowed(cell) };
    plain.parse().ok().filter(|number: &f64| number.is_finite())
}

fn split_day(cell: &str) -> (&str, Option<&str>) {
    match cell.find(['T', ' ']) {
        Some(at) => (cell.get(..at).unwrap_or_default(), cell.get(at + 1..)),
        None => (cell, None),
    }
}

/// The day that a cell is, as `YYYY-MM-DD`. WHY day before month: that is how Italy writes; 13 and more tell otherwise.
pub fn date(cell: &str) -> Option<String> {
    let cell = split_day(cell.trim()).0;
    let sign = ['-', '/', '.'].into_iter().find(|sign| cell.contains(*sign))?;
    let mut parts = cell.split(sign);
    let (first, second, third) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let read = |part: &str, sizes: std::ops::RangeInclusive<usize>| {
        let is_one = sizes.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        is_one.then(|| part.parse::<u32>().ok()).flatten()
    };
    let (year, month, day) = match (read(first, 4..=4), read(third, 4..=4)) {
        (Some(year), None) => (year, read(second, 1..=2)?, read(third, 1..=2)?),
        (None, Some(year)) => match (read(first, 1..=2)?, read(second, 1..=2)?) {
            (month, day @ 13..) => (year, month, day),
            (day, month) => (year, month, day),
        },
        _ => return None,
    };
    let is_day =
        (1..=12).contains(&month) && (1..=days(year, month)).contains(&day) && (1000..3000).contains(&year);
    is_day.then(|| format!("{year:04}-{month:02}-{day:02}"))
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// `HH:MM`, `HH:MM:SS.fff`, with a zone or none.
fn is_clock(clock: &str) -> bool {
    let end = clock.find(['Z', '+', '-', ' ']).unwrap_or(clock.len());
    let (body, zone) = (clock.get(..end).unwrap_or_default(), clock.get(end..).unwrap_or_default());
    let parts: Vec<&str> = body.split(':').collect();
    let is_part = |part: &&str| {
        let whole = part.split('.').next().unwrap_or_default();
        whole.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    };
    let is_zone =
        zone.is_empty() || zone.chars().all(|sign| sign.is_ascii_digit() || "Z+-: UTC".contains(sign));
    (2..=3).contains(&parts.len()) && parts.iter().all(is_part) && is_zone
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_have_shapes() {
        let check = |cells: &str, shape| {
            cells.split(' ').for_each(|cell| assert_eq!(shape_of(cell, false), shape, "{cell}"))
        };
        check("NA ? . null", Shape::Missing);
        check("0 12 -7 +3", Shape::Whole);
        check("0.5 .7 -1e5 3.", Shape::Number);
        check("true FALSE", Shape::Bool);
        check("2020-02-29 29/02/2020 2/13/2020 1.12.1999", Shape::Date);
        check("2020-02-29T10:11 2020-02-29T10:11:12.5Z 2020-02-29T10:11:12+02:00", Shape::Moment);
        check("00185 2021-02-29 1.2.3 a1 1,5 + 12345678901234567890 2020-13-13", Shape::Text);
        assert_eq!(shape_of("1,5", true), Shape::Number);
        assert_eq!(number("1,5", true), Some(1.5));
    }
}
