//! Sizes and days as people write them.

use time::{Date, Month};

/// Bytes of `10`, `10MB`, `1.5 GiB`; none: it is no size.
pub fn size(typed: &str) -> Option<u64> {
    let typed = typed.trim().to_ascii_lowercase();
    let digits = typed.find(|sign: char| !sign.is_ascii_digit() && sign != '.').unwrap_or(typed.len());
    let (number, unit) = (typed.get(..digits)?, typed.get(digits..)?.trim());
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let scale: u64 = match unit {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        "t" | "tb" => 1_000_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        _ => return None,
    };
    // WHY 3: thousandths of a unit are whole bytes, or as good as.
    if part.len() > 3 || part.contains('.') {
        return None;
    }
    let thousandths: u64 = format!("{part:0<3}").parse().ok()?;
    let whole: u64 = whole.parse().ok()?;
    let thousandths = u128::from(whole) * 1_000 + u128::from(thousandths);
    u64::try_from(thousandths * u128::from(scale) / 1_000).ok()
}

/// The first millisecond of a day, a month or a year, in UTC; none: it is none of them.
pub fn day_ms(typed: &str) -> Option<i64> {
    let mut parts = typed.trim().split('-');
    let year = parts.next().filter(|year| year.len() == 4).and_then(digits)?;
    let month = parts.next().map_or(Some(1), digits)?;
    let day = parts.next().map_or(Some(1), digits)?;
    if parts.next().is_some() {
        return None;
    }
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date = Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok()?;
    date.midnight().assume_utc().unix_timestamp().checked_mul(1_000)
}

fn digits(text: &str) -> Option<u16> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}
