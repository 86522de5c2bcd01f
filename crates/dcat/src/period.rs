//! Days and what lies between two of them.

use time::Date;

/// From a day, to a day, or both; both belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    start: Option<Date>,
    end: Option<Date>,
}

/// It has no end at all, or ends before it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a period has a start or an end, and ends no sooner than it starts")]
pub struct PeriodError;

impl Period {
    pub fn new(start: Option<Date>, end: Option<Date>) -> Result<Self, PeriodError> {
        let is_turned = start.zip(end).is_some_and(|(start, end)| end < start);
        if is_turned || (start.is_none() && end.is_none()) {
            Err(PeriodError)
        } else {
            Ok(Self { start, end })
        }
    }

    pub fn start(&self) -> Option<Date> {
        self.start
    }

    pub fn end(&self) -> Option<Date> {
        self.end
    }
}

/// SPEC: XML Schema 1.1, 3.3.9 (`xsd:date`); the years that `time` holds have four digits, and a sign before our era.
pub(crate) fn written(date: Date) -> String {
    let (year, month, day) = date.to_calendar_date();
    let sign = if year < 0 { "-" } else { "" };
    format!("{sign}{:04}-{:02}-{day:02}", year.unsigned_abs(), u8::from(month))
}
