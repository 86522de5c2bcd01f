//! What one cell of text looks like: a number, a date, nothing.
//!
//! It exists so that detection, profiles and contracts read a cell alike. It never guesses beyond the cell.

use std::borrow::Cow;
use std::fmt;

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

/// WHY: the longest of them.
const MISSING_BYTES_MAX: usize = 4;

/// Whether a cell stands for nothing.
pub fn is_missing(cell: &str) -> bool {
    cell.len() <= MISSING_BYTES_MAX && MISSING.contains(&cell)
}

/// A day of the calendar, `YYYY-MM-DD`; later ones are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    year: u32,
    month: u32,
    day: u32,
}

impl Day {
    /// Days since 1 March of year 0 (the civil calendar as H. Hinnant counts it).
    pub fn number(self) -> i64 {
        let (year, month, day) = (i64::from(self.year), i64::from(self.month), i64::from(self.day));
        let year = if month <= 2 { year - 1 } else { year };
        let month = (month + 9) % 12;
        365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day
    }
}

impl fmt::Display for Day {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        write!(to, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// What a cell says, beside what it looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Says {
    /// Nothing that has an order.
    Nothing,
    Number(f64),
    Day(Day),
}

/// What a cell is and says, freed of space around it; with a decimal comma, if the table has one.
pub fn read(cell: &str, has_comma: bool) -> (Shape, Says) {
    let cell = cell.trim();
    let (shape, day) = looked(cell, has_comma);
    let says = match shape {
        Shape::Whole => Says::Number(whole(cell)),
        Shape::Number => parsed(cell, has_comma).map_or(Says::Nothing, Says::Number),
        _ => day.map_or(Says::Nothing, Says::Day),
    };
    (shape, says)
}

/// What a cell looks like, freed of space around it.
pub fn shape_of(cell: &str, has_comma: bool) -> Shape {
    looked(cell.trim(), has_comma).0
}

fn looked(cell: &str, has_comma: bool) -> (Shape, Option<Day>) {
    if is_missing(cell) {
        return (Shape::Missing, None);
    }
    if cell.len() > 64 {
        return (Shape::Text, None);
    }
    match cell.as_bytes().first() {
        Some(b'0'..=b'9' | b'+' | b'-' | b'.' | b',') => {}
        Some(b't' | b'T' | b'f' | b'F') if is_bool(cell) => return (Shape::Bool, None),
        _ => return (Shape::Text, None),
    }
    if let Some(shape) = numeric(cell.as_bytes(), has_comma) {
        return (shape, None);
    }
    let (day, clock) = split_day(cell);
    match (calendar(day.trim().as_bytes()), clock) {
        (Some(day), None) => (Shape::Date, Some(day)),
        (Some(day), Some(clock)) if is_clock(clock) => (Shape::Moment, Some(day)),
        _ => (Shape::Text, None),
    }
}

fn is_bool(cell: &str) -> bool {
    cell.eq_ignore_ascii_case("true") || cell.eq_ignore_ascii_case("false")
}

/// How many digits it begins with, and what follows.
fn digits(bytes: &[u8]) -> (usize, &[u8]) {
    let size = bytes.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(bytes.len());
    (size, bytes.get(size..).unwrap_or_default())
}

fn unsigned(bytes: &[u8]) -> &[u8] {
    match bytes {
        [b'+' | b'-', rest @ ..] => rest,
        all => all,
    }
}

/// A number's shape. WHY: digits behind a leading zero are a code (`00185`), and so are more than any integer has.
fn numeric(cell: &[u8], has_comma: bool) -> Option<Shape> {
    let body = unsigned(cell);
    let (before, rest) = digits(body);
    let (behind, rest) = match rest {
        [b',', rest @ ..] if has_comma => Some(digits(rest)),
        [b'.', rest @ ..] if !has_comma => Some(digits(rest)),
        _ => None,
    }
    .map_or((None, rest), |(size, rest)| (Some(size), rest));
    let has_exponent = match rest {
        [] => false,
        [b'e' | b'E', rest @ ..] => matches!(digits(unsigned(rest)), (1.., [])).then_some(true)?,
        _ => return None,
    };
    match behind {
        Some(behind) => (before + behind > 0).then_some(Shape::Number),
        None if before == 0 => None,
        None if before > 18 || before > 1 && body.first() == Some(&b'0') => Some(Shape::Text),
        None => Some(if has_exponent { Shape::Number } else { Shape::Whole }),
    }
}

/// The number that a cell is.
pub fn number(cell: &str, has_comma: bool) -> Option<f64> {
    let cell = cell.trim();
    match numeric(cell.as_bytes(), has_comma)? {
        Shape::Whole => Some(whole(cell)),
        Shape::Number => parsed(cell, has_comma),
        _ => None,
    }
}

/// A whole number of no more than 18 digits. WHY no parser of fractions: most cells are such, and rounded once they are the same.
fn whole(cell: &str) -> f64 {
    let size =
        unsigned(cell.as_bytes()).iter().fold(0_u64, |sum, byte| sum * 10 + u64::from(byte & 15)) as f64;
    if cell.starts_with('-') { -size } else { size }
}

fn parsed(cell: &str, has_comma: bool) -> Option<f64> {
    let plain: Cow<str> = if has_comma { Cow::Owned(cell.replace(',', ".")) } else { Cow::Borrowed(cell) };
    plain.parse().ok().filter(|number: &f64| number.is_finite())
}

fn split_day(cell: &str) -> (&str, Option<&str>) {
    match cell.bytes().position(|byte| matches!(byte, b'T' | b' ')) {
        Some(at) => (cell.get(..at).unwrap_or_default(), cell.get(at + 1..)),
        None => (cell, None),
    }
}

/// The day that a cell is. WHY day before month: that is how Italy writes; 13 and more tell otherwise.
pub fn date(cell: &str) -> Option<Day> {
    calendar(split_day(cell.trim()).0.trim().as_bytes())
}

fn calendar(cell: &[u8]) -> Option<Day> {
    let (first, rest) = part(cell)?;
    let (sign, rest) = rest.split_first().filter(|(sign, _)| matches!(sign, b'-' | b'/' | b'.'))?;
    let (second, rest) = part(rest).filter(|((_, size), _)| *size <= 2)?;
    let (third, rest) = part(rest.strip_prefix(&[*sign])?)?;
    if !rest.is_empty() {
        return None;
    }
    let (year, month, day) = match (first, third) {
        ((year, 4), (day, 1 | 2)) => (year, second.0, day),
        ((month, 1 | 2), (year, 4)) if second.0 > 12 => (year, month, second.0),
        ((day, 1 | 2), (year, 4)) => (year, second.0, day),
        _ => return None,
    };
    let is_day =
        (1..=12).contains(&month) && (1..=days(year, month)).contains(&day) && (1000..3000).contains(&year);
    is_day.then_some(Day { year, month, day })
}

/// Up to four digits as a number, with how many they are; and what follows.
fn part(bytes: &[u8]) -> Option<((u32, usize), &[u8])> {
    let (size, rest) = digits(bytes);
    let number = bytes.iter().take(size.min(4)).fold(0, |sum, byte| sum * 10 + u32::from(byte & 15));
    (1..=4).contains(&size).then_some(((number, size), rest))
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
        check("-1e+5 1E5", Shape::Number);
        check("1e 1e5e -. 1-2-3 1/2-2020 2020-1-02-03 20-1-20 1e5.5", Shape::Text);
        assert_eq!(shape_of("1,5", true), Shape::Number);
        assert_eq!(number("1,5", true), Some(1.5));
    }

    // Goal: whole numbers are what the standard library reads. Method: those around which a float is no longer exact.
    #[test]
    fn whole_numbers_are_rounded_once() {
        for number in ["0", "-0", "+7", "9007199254740993", "-9007199254740995", "999999999999999999"] {
            assert_eq!(whole(number).to_bits(), number.parse::<f64>().unwrap().to_bits(), "{number}");
            assert_eq!(read(number, false), (Shape::Whole, Says::Number(number.parse().unwrap())));
        }
        assert_eq!(read("1e999", false), (Shape::Number, Says::Nothing));
    }

    #[test]
    fn days_are_read_in_both_orders() {
        for cell in ["2020-02-29", "29/02/2020", "2/29/2020", "29.2.2020", " 2020-02-29 10:11 "] {
            let Says::Day(day) = read(cell, false).1 else { panic!("{cell}") };
            assert_eq!((day.to_string().as_str(), date(cell)), ("2020-02-29", Some(day)), "{cell}");
        }
        assert!(date("2020-02-29") < date("2020-03-01") && date("31/12/2019") < date("1/1/2020"));
    }
}
