//! Dates of a patient, all moved by the same days: intervals stay, dates do not.
//!
//! It never moves by nothing, and never leaves the calendar without saying so.

use time::{Date, Duration};

use super::{Key, Pseudonym};

const DOMAIN: &[u8] = b"epic date shift 1";
const WEEK_DAYS: u16 = 7;

/// How far dates move at most, either way: 1 to 3,650 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days(u16);

/// WHY: ten years; further, and ages stop making sense.
const DAYS_MAX: u16 = 3_650;

impl Days {
    pub fn new(days: u16) -> Result<Self, ShiftError> {
        if (1..=DAYS_MAX).contains(&days) { Ok(Self(days)) } else { Err(ShiftError::Bound(days)) }
    }
}

/// Whether a Monday stays a Monday.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Week {
    /// Any days.
    Free,
    /// Whole weeks.
    Kept,
}

/// Why dates cannot be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ShiftError {
    #[error("dates move by 1 to 3,650 days at most, not by {0}")]
    Bound(u16),
    #[error("to keep the day of the week, dates must be free to move by 7 days at least")]
    Week,
    #[error("the date would leave the calendar")]
    Calendar,
}

/// By how many days the dates of one patient move: never none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Shift {
    days: i32,
}

impl std::fmt::Debug for Shift {
    fn fmt(&self, into: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Whoever knows it undoes it.
        into.write_str("Shift([..])")
    }
}

impl Shift {
    /// The shift of a patient: the same for the same key, bound and pseudonym, each possible one as likely as another.
    pub fn of(key: &Key, patient: Pseudonym, most: Days, week: Week) -> Result<Self, ShiftError> {
        let (steps, step) = match week {
            Week::Free => (most.0, 1),
            Week::Kept => (most.0 / WEEK_DAYS, i32::from(WEEK_DAYS)),
        };
        if steps == 0 {
            return Err(ShiftError::Week);
        }
        // WHY the bound and the week in it: what one setting gave away tells nothing of another.
        let kind = if week == Week::Kept { 1 } else { 0 };
        let named = [&most.0.to_be_bytes()[..], &patient.signs()].concat();
        let code = key.code(DOMAIN, kind, &named);
        let drawn = u64::from_be_bytes(code.first_chunk::<8>().copied().unwrap_or_default());
        // A product's high half is uniform to one part in 2^51.
        let choices = u128::from(steps) * 2;
        let choice = i32::try_from((u128::from(drawn) * choices) >> 64).unwrap_or_default();
        let steps = i32::from(steps);
        let signed = if choice < steps { choice - steps } else { choice - steps + 1 };
        Ok(Self { days: signed * step })
    }

    /// How many days later dates become.
    pub fn days(self) -> i32 {
        self.days
    }

    /// The date moved.
    pub fn date(self, date: Date) -> Result<Date, ShiftError> {
        date.checked_add(Duration::days(i64::from(self.days))).ok_or(ShiftError::Calendar)
    }
}
