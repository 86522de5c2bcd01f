//! Points in time, milliseconds since the Unix epoch, UTC.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::format_description::well_known::Rfc3339;
use time::{Date, Month, OffsetDateTime, UtcOffset};

/// One second in the unit of `Timestamp`.
pub const SECOND_MS: i64 = 1_000;
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
/// One day in the unit of `Timestamp`.
pub const DAY_MS: i64 = 86_400 * SECOND_MS;

/// Milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// A text that is no point in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a time: write `2027-01-31` or `2027-01-31T12:00:00Z`")]
pub struct NotATime;

impl Timestamp {
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    pub const fn ms(self) -> i64 {
        self.0
    }

    /// This moment plus (or minus) so many milliseconds; stays at the ends of time.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this moment, negative if it lies after.
    pub const fn since_ms(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The calendar year in UTC.
    pub fn year(self) -> i32 {
        self.calendar().year()
    }

    fn calendar(self) -> OffsetDateTime {
        let nanos = i128::from(self.0) * 1_000_000;
        OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.calendar();
        write!(
            out,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            at.year(),
            u8::from(at.month()),
            at.day(),
            at.hour(),
            at.minute(),
            at.second(),
            at.millisecond()
        )
    }
}

impl FromStr for Timestamp {
    type Err = NotATime;

    /// RFC 3339, or a date alone, which means its first moment in UTC.
    fn from_str(from: &str) -> Result<Self, NotATime> {
        let at = match OffsetDateTime::parse(from, &Rfc3339) {
            // WHY checked: an hour west of the last moment of the year 9999 there is no time any more.
            Ok(at) => at.checked_to_offset(UtcOffset::UTC).ok_or(NotATime)?,
            Err(_) => midnight(from).ok_or(NotATime)?,
        };
        // WHY: other years have no text in RFC 3339, so they could not be read back.
        if !(0..=9_999).contains(&at.year()) {
            return Err(NotATime);
        }
        let ms = at.unix_timestamp_nanos() / 1_000_000;
        Ok(Self(i64::try_from(ms).map_err(|_| NotATime)?))
    }
}

fn midnight(from: &str) -> Option<OffsetDateTime> {
    let mut parts = from.splitn(3, '-');
    let year = parts.next()?.parse().ok()?;
    let month = Month::try_from(parts.next()?.parse::<u8>().ok()?).ok()?;
    let day = parts.next()?.parse().ok()?;
    Some(Date::from_calendar_date(year, month, day).ok()?.midnight().assume_utc())
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        // Goal: a time survives its text. Method: any millisecond of four centuries.
        #[test]
        fn text_round_trips(ms in -2_000_000_000_000_i64..11_000_000_000_000) {
            let at = Timestamp::from_ms(ms);
            prop_assert_eq!(at.to_string().parse(), Ok(at));
        }
    }

    #[test]
    fn a_date_is_its_first_moment() {
        assert_eq!("1970-01-02".parse(), Ok(Timestamp::from_ms(DAY_MS)));
        assert!("1970-13-02".parse::<Timestamp>().is_err());
    }

    // Goal: a time beyond the calendar is refused and stops nobody. Method: the last hour, from two sides of UTC.
    #[test]
    fn the_calendar_ends() {
        assert!("9999-12-31T23:59:59Z".parse::<Timestamp>().is_ok());
        assert_eq!("9999-12-31T23:59:59-01:00".parse::<Timestamp>(), Err(NotATime));
        assert_eq!("10000-01-01".parse::<Timestamp>(), Err(NotATime));
        assert_eq!("0000-01-01T00:30:00+01:00".parse::<Timestamp>(), Err(NotATime));
    }
}
