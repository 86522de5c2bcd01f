//! Ages that may be told: whole years, and above 89 none.
//!
//! SPEC: 45 CFR 164.514(b)(2)(i)(C): ages over 89 and what shows them become one group, 90 or older.

use std::fmt;

use time::{Date, Month};

/// The last age that is told.
const TOLD_MAX: u8 = 89;

/// An age as it may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Age {
    /// 0 to 89.
    Years(u8),
    /// 90 or older.
    Over89,
}

/// Why there is no age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AgeError {
    #[error("the birth is after the day of the age")]
    Unborn,
}

impl Age {
    /// The age on a day of somebody born on another; who was born on 29 February has birthday on 1 March in other years.
    pub fn on(day: Date, born: Date) -> Result<Self, AgeError> {
        if born > day {
            return Err(AgeError::Unborn);
        }
        let ordinal = |date: Date| (u8::from(date.month()), date.day());
        let is_before = ordinal(day) < ordinal(born);
        Ok(Self::of(day.year() - born.year() - i32::from(is_before)))
    }

    /// The age of so many years; below 0 is 0.
    pub fn of(years: i32) -> Self {
        match u8::try_from(years.max(0)) {
            Ok(years @ 0..=TOLD_MAX) => Self::Years(years),
            _ => Self::Over89,
        }
    }

    /// The birth date that may be told of somebody of that age: of the old, the first day of the year in which people of 90
    /// were born who live on `day`; None where the calendar has no such year.
    pub fn told(self, born: Date, day: Date) -> Option<Date> {
        match self {
            Self::Years(_) => Some(born),
            Self::Over89 => {
                Date::from_calendar_date(day.year() - i32::from(TOLD_MAX) - 1, Month::January, 1).ok()
            }
        }
    }
}

impl fmt::Display for Age {
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Years(years) => write!(into, "{years}"),
            Self::Over89 => into.write_str("90+"),
        }
    }
}
