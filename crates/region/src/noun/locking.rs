//! A bucket's object lock: once there it stays, and its rule locks what comes.

use async_trait::async_trait;
use gate::facts::Target;
use minicbor::{Decode, Encode};
use serde_json::{Value, json};
use words::act::{BucketDescribe, BucketLock};
use words::limit::{LOCK_DAYS_MAX, LOCK_YEARS_MAX};
use words::noun::Noun;
use words::time::DAY_MS;
use words::{Reason, Refusal, Timestamp};

use crate::act::{Frame, Judged, Outcome, Rule, Scene};
use crate::cell::draft::Draft;
use crate::noun::bucket::{self, Versions};
use crate::object::lock::{Mode, Retention};

/// INVARIANT: a bucket that has it keeps it, and keeps versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
pub struct Lock {
    /// How new versions are locked where nobody asks; none: they are not.
    #[n(0)]
    pub rule: Option<LockRule>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct LockRule {
    #[n(0)]
    pub mode: Mode,
    #[n(1)]
    pub days: u32,
    #[n(2)]
    pub years: u32,
}

impl LockRule {
    /// The lock of a version stored now.
    pub fn retention(&self, now: Timestamp) -> Retention {
        let by_days = now.plus_ms(i64::from(self.days).saturating_mul(DAY_MS));
        Retention { mode: self.mode, until: plus_years(by_days, self.years), by: None }
    }
}

/// The same day and moment so many years later; of 29 February the day after.
///
/// WHY by the calendar: a year's lock ends no day before the year does.
fn plus_years(from: Timestamp, years: u32) -> Timestamp {
    let text = from.to_string();
    let later = i64::from(from.year()) + i64::from(years);
    let parsed = |rest: &str| format!("{later:04}{rest}").parse::<Timestamp>().ok();
    let same = text.get(4..).and_then(parsed);
    let next = || text.get(4..).and_then(|rest| parsed(&rest.replacen("-02-29", "-03-01", 1)));
    let by_days = || from.plus_ms(i64::from(years).saturating_mul(366 * DAY_MS));
    same.or_else(next).unwrap_or_else(by_days)
}

impl Lock {
    pub fn told(&self) -> Value {
        match self.rule {
            None => json!({}),
            Some(LockRule { mode, days, years }) => {
                let counted = |number: u32| (number > 0).then_some(number);
                json!({ "mode": mode.text(), "days": counted(days), "years": counted(years) })
            }
        }
    }
}

fn rule(deed: &BucketLock) -> Result<Option<LockRule>, Refusal> {
    let invalid = |detail: &str| Refusal::with(Reason::Invalid, detail.to_owned());
    let bounded = |number: u64, most: u64| {
        let number = u32::try_from(number).ok().filter(|number| (1..=most).contains(&u64::from(*number)));
        number.ok_or_else(|| invalid("a lock is for 1 to 36,500 days, or 1 to 100 years"))
    };
    let (days, years) = match (&deed.mode, deed.days, deed.years) {
        (None, None, None) => return Ok(None),
        (Some(_), Some(days), None) => (bounded(days, LOCK_DAYS_MAX)?, 0),
        (Some(_), None, Some(years)) => (0, bounded(years, LOCK_YEARS_MAX)?),
        _ => return Err(invalid("a lock has a mode and days, or a mode and years")),
    };
    let mode = Mode::parse(deed.mode.as_deref().unwrap_or_default())?;
    Ok(Some(LockRule { mode, days, years }))
}

macro_rules! judged_bucket {
    ($($deed:ident)*) => { $(#[async_trait]
    impl Judged for $deed {
        async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
            bucket::data(scene, &self.project, &self.bucket).await
        }
    })* };
}

judged_bucket! { BucketLock BucketDescribe }

#[async_trait]
impl Rule for BucketLock {
    async fn plan(&self, draft: &mut Draft, _: &Frame<'_>) -> Result<Outcome, Refusal> {
        let rule = rule(self)?;
        let mut row = bucket::find(draft, &self.bucket).await?;
        if row.versions != Versions::Enabled {
            return Err(Refusal::with(
                Reason::StateWrong,
                "object lock goes with versions: enable them first",
            ));
        }
        row.lock = Some(Lock { rule });
        row.store(draft)?;
        let answer = json!({ "bucket": row.name, "lock": Lock { rule }.told() });
        Ok(Outcome::of(Noun::Bucket, row.id).within(row.scope).saying(answer))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn until(from: &str, days: u32, years: u32) -> String {
        let rule = LockRule { mode: Mode::Governance, days, years };
        rule.retention(from.parse().unwrap()).until.to_string()
    }

    #[test]
    fn years_are_the_calendar_s() {
        assert_eq!(until("2027-02-01T10:00:00Z", 0, 1), until("2028-02-01T10:00:00Z", 0, 0));
        assert_eq!(until("2028-02-29T10:00:00.500Z", 0, 1), until("2029-03-01T10:00:00.500Z", 0, 0));
        assert_eq!(until("2028-02-29T10:00:00Z", 0, 4), until("2032-02-29T10:00:00Z", 0, 0));
        assert_eq!(until("2027-12-31T23:59:59Z", 1, 0), until("2028-01-01T23:59:59Z", 0, 0));
    }

    proptest! {
        // Goal: no year is shorter than a year. Method: any moment, any years.
        #[test]
        fn a_year_is_never_cut(at in 0..4_000_000_000_000_i64, years in 1..100_u32) {
            let from = Timestamp::from_ms(at);
            let rule = LockRule { mode: Mode::Compliance, days: 0, years };
            let days = rule.retention(from).until.since_ms(from) / DAY_MS;
            let years = i64::from(years);
            prop_assert!(days >= years * 365 && days <= years * 366, "{days} days in {years} years");
        }
    }
}
