//! Days and moments as text, from numbers.
//!
//! It exists because a date of birth that is stored as a number is one nevertheless. It knows no zone.

/// WHY: beyond four digits of years nobody was born.
const DAYS_MAX: i64 = 2_932_896;
const DAYS_MIN: i64 = -719_528;
const SECONDS: i64 = 86_400;

/// `YYYY-MM-DD` of days since 1970-01-01. SPEC: proleptic Gregorian calendar, by eras of 400 years from 1 March.
pub fn day(days: i64) -> Option<String> {
    if !(DAYS_MIN..=DAYS_MAX).contains(&days) {
        return None;
    }
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    Some(format!("{year:04}-{month:02}-{day:02}"))
}

/// A day, and the time of it where it is not midnight, of seconds since then.
pub fn moment(seconds: i64) -> Option<String> {
    let (day, left) = (day(seconds.div_euclid(SECONDS))?, seconds.rem_euclid(SECONDS));
    let (hour, minute, second) = (left / 3_600, left / 60 % 60, left % 60);
    Some(if left == 0 { day } else { format!("{day} {hour:02}:{minute:02}:{second:02}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (days, text) in
            [(0, "1970-01-01"), (-1, "1969-12-31"), (11_016, "2000-02-29"), (19_723, "2024-01-01")]
        {
            assert_eq!(day(days).unwrap(), text);
        }
        assert_eq!((day(i64::MAX), day(i64::MIN)), (None, None));
        assert_eq!(moment(-1).unwrap(), "1969-12-31 23:59:59");
        assert_eq!(moment(0).unwrap(), "1970-01-01");
    }
}
