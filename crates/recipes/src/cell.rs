//! What one cell is, exactly: a value of a type, or text.
//!
//! It exists because a typed column must hold what the cell said and nothing that was guessed: a date in no declared order is
//! text, a number with more digits than its type holds is text, digits behind a leading zero are text.

use formats::shape::{self, Shape};
use serde::{Deserialize, Serialize};
use time::{Date, Month, Time};

/// In which order a day is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// `31/12/2020`, `31-12-2020`, `31.12.2020`.
    Dmy,
    /// `12/31/2020`.
    Mdy,
    /// `2020/12/31`, `2020-12-31`, `20201231`.
    Ymd,
}

/// What a cell is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value {
    Whole(i64),
    Number(f64),
    Bool(bool),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01T00:00, there or nowhere.
    Moment {
        micros: i64,
        is_utc: bool,
    },
    Text,
}

/// Numbers up to here are themselves as DOUBLE.
pub(crate) const EXACT_MAX: i64 = 1 << 53;
const DAY_MICROS: i64 = 86_400_000_000;
/// WHY: the longest moment with a zone has 35 signs.
const BYTES_MAX: usize = 64;

/// What a cell without space around it is.
pub(crate) fn value_of(cell: &str, has_comma: bool, order: Option<Order>) -> Value {
    let is_short = cell.len() <= BYTES_MAX;
    match cell.as_bytes().first() {
        Some(b't' | b'T' | b'f' | b'F') if cell.eq_ignore_ascii_case("true") => Value::Bool(true),
        Some(b't' | b'T' | b'f' | b'F') if cell.eq_ignore_ascii_case("false") => Value::Bool(false),
        Some(b'0'..=b'9' | b'+' | b'-' | b'.' | b',') if is_short => digits(cell, has_comma, order),
        _ => Value::Text,
    }
}

fn digits(cell: &str, has_comma: bool, order: Option<Order>) -> Value {
    // WHY first: 20201231 is a day where an order says so, and a number elsewhere.
    if let Some(value) = order.and_then(|order| day(cell, order)) {
        return value;
    }
    match shape::shape_of(cell, has_comma) {
        Shape::Whole => cell.parse().map_or(Value::Text, Value::Whole),
        Shape::Number => shape::number(cell, has_comma).map_or(Value::Text, Value::Number),
        _ if order.is_none() => iso(cell).unwrap_or(Value::Text),
        _ => Value::Text,
    }
}

fn split(cell: &str) -> (&str, Option<&str>) {
    match cell.find(['T', ' ']) {
        Some(at) => (cell.get(..at).unwrap_or_default(), cell.get(at + 1..)),
        None => (cell, None),
    }
}

/// `YYYY-MM-DD`, alone or with a clock (ISO 8601, extended form).
fn iso(cell: &str) -> Option<Value> {
    let (day, clock) = split(cell);
    let is_form = day.len() == 10 && day.get(4..5) == Some("-") && day.get(7..8) == Some("-");
    is_form.then_some(())?;
    let day = date(day.get(..4)?, day.get(5..7)?, day.get(8..)?)?;
    with_clock(day, clock)
}

/// A day in a declared order, alone or with a clock.
fn day(cell: &str, order: Order) -> Option<Value> {
    let (day, clock) = split(cell);
    if order == Order::Ymd && day.len() == 8 && day.bytes().all(|byte| byte.is_ascii_digit()) {
        return with_clock(date(day.get(..4)?, day.get(4..6)?, day.get(6..)?)?, clock);
    }
    let sign = ['-', '/', '.'].into_iter().find(|sign| day.contains(*sign))?;
    let mut parts = day.split(sign);
    let (first, second, third) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let day = match order {
        Order::Dmy => date(third, second, first),
        Order::Mdy => date(third, first, second),
        Order::Ymd => date(first, second, third),
    };
    with_clock(day?, clock)
}

fn number(text: &str, most: usize) -> Option<u32> {
    let is_one = (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_one.then(|| text.parse().ok()).flatten()
}

fn date(year: &str, month: &str, day: &str) -> Option<Date> {
    // WHY: two digits are no year.
    let year = number(year, 4).filter(|_| year.len() == 4)?;
    let month = Month::try_from(u8::try_from(number(month, 2)?).ok()?).ok()?;
    Date::from_calendar_date(i32::try_from(year).ok()?, month, u8::try_from(number(day, 2)?).ok()?).ok()
}

/// Days since 1970-01-01.
pub(crate) fn days_of(date: Date) -> i32 {
    // WHY this number: the Julian day of 1970-01-01.
    date.to_julian_day() - 2_440_588
}

/// The day so many days after 1970-01-01.
pub(crate) fn date_of(days: i64) -> Option<Date> {
    Date::from_julian_day(i32::try_from(days.checked_add(2_440_588)?).ok()?).ok()
}

fn with_clock(date: Date, clock: Option<&str>) -> Option<Value> {
    let days = days_of(date);
    let Some(clock) = clock else { return Some(Value::Date(days)) };
    let zone_at = clock.find(['Z', '+', '-', ' ']).unwrap_or(clock.len());
    let (clock, zone) = (clock.get(..zone_at)?, clock.get(zone_at..)?.trim_start());
    let micros = i64::from(days) * DAY_MICROS + micros_of(clock)?;
    let Some(offset_minutes) = offset(zone)? else { return Some(Value::Moment { micros, is_utc: false }) };
    Some(Value::Moment { micros: micros - offset_minutes * 60_000_000, is_utc: true })
}

/// `HH:MM`, `HH:MM:SS`, `HH:MM:SS.f` with up to six digits, or more if the rest is zeros.
fn micros_of(clock: &str) -> Option<i64> {
    let mut parts = clock.split(':');
    let two = |part: Option<&str>| part.filter(|part| part.len() == 2).and_then(|part| number(part, 2));
    let (hour, minute) = (two(parts.next())?, two(parts.next())?);
    let (second, fraction) = match parts.next() {
        None => (0, ""),
        Some(rest) => match rest.split_once('.') {
            None => (two(Some(rest))?, ""),
            Some((second, fraction)) if !fraction.is_empty() => (two(Some(second))?, fraction),
            Some(_) => return None,
        },
    };
    if parts.next().is_some() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (kept, lost) = fraction.split_at(fraction.len().min(6));
    if lost.bytes().any(|byte| byte != b'0') {
        return None;
    }
    let micros = format!("{kept:0<6}").parse().ok()?;
    let time =
        Time::from_hms_micro(hour.try_into().ok()?, minute.try_into().ok()?, second.try_into().ok()?, micros)
            .ok()?;
    let (hour, minute, second, micros) = time.as_hms_micro();
    Some(
        (i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second)) * 1_000_000
            + i64::from(micros),
    )
}

/// Minutes east of UTC; none: no zone is told.
fn offset(zone: &str) -> Option<Option<i64>> {
    if zone.is_empty() {
        return Some(None);
    }
    if zone == "Z" || zone == "UTC" {
        return Some(Some(0));
    }
    let (sign, rest) = match zone.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match (rest.split_once(':'), rest.len()) {
        (Some((hours, minutes)), _) => (hours, minutes),
        (None, 4) => rest.split_at(2),
        (None, 2) => (rest, "00"),
        (None, _) => return None,
    };
    let (hours, minutes) = (number(hours, 2)?, number(minutes, 2)?);
    (hours < 24 && minutes < 60).then(|| Some(sign * i64::from(hours * 60 + minutes)))
}
