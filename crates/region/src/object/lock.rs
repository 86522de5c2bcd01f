//! Locks on versions, as S3's object lock has them.
//!
//! A lock is a date on a version's row. It never comes nearer but by an act
//! that says why (governance), or not at all (compliance). What a lock keeps
//! from vanishing is judged in `keep`, and nowhere else.

use minicbor::{Decode, Encode};
use serde_json::{Value, json};
use words::limit::LOCK_DAYS_MAX;
use words::noun::Person;
use words::time::DAY_MS;
use words::{Id, Reason, Refusal, Timestamp};

use crate::object::ObjectRow;
use crate::object::keep::Aside;

/// How firmly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Mode {
    /// Set aside by a controller who says why, and who neither stored the object nor locked it.
    #[n(0)]
    Governance,
    /// Set aside by nobody.
    #[n(1)]
    Compliance,
}

impl Mode {
    pub const fn text(self) -> &'static str {
        match self {
            Self::Governance => "governance",
            Self::Compliance => "compliance",
        }
    }

    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let found = [Self::Governance, Self::Compliance].into_iter().find(|mode| mode.text() == text);
        found.ok_or_else(|| Refusal::with(Reason::Invalid, "a lock is in `governance` or `compliance`"))
    }
}

/// Until when a version stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Retention {
    #[n(0)]
    pub mode: Mode,
    /// The first moment at which it may go.
    #[n(1)]
    pub until: Timestamp,
    /// Who locked it; none: the bucket's rule.
    #[n(2)]
    pub by: Option<Id<Person>>,
}

/// What a lock is to be; none: no lock.
pub type Wanted = Option<(Mode, Timestamp)>;

/// What is asked for a version that is about to be stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct Locking {
    #[n(0)]
    pub retention: Option<Retention>,
    #[n(1)]
    pub is_held: bool,
}

impl Retention {
    /// Whether it would keep less than it does.
    pub fn is_weakened_by(&self, wanted: Wanted) -> bool {
        wanted.is_none_or(|(mode, until)| {
            until < self.until || (self.mode == Mode::Compliance && mode == Mode::Governance)
        })
    }

    pub fn told(&self) -> Value {
        json!({ "mode": self.mode.text(), "until": self.until })
    }
}

/// Refuses a date that keeps nothing, or longer than anybody lives.
pub fn check_date(until: Timestamp, now: Timestamp) -> Result<(), Refusal> {
    let days_max = i64::try_from(LOCK_DAYS_MAX).unwrap_or(i64::MAX);
    if until <= now {
        return Err(Refusal::with(Reason::Invalid, "a lock ends in the future"));
    }
    if now.plus_ms(days_max.saturating_mul(DAY_MS)) < until {
        return Err(Refusal::with(Reason::Invalid, "a lock ends within a hundred years"));
    }
    Ok(())
}

/// Refuses to weaken a lock in force but where that may be done.
///
/// Whether the actor is a controller the gate has judged, of every deed that asks for it.
pub fn check_change(
    row: &ObjectRow,
    wanted: Wanted,
    aside: Aside,
    actor: Id<Person>,
    now: Timestamp,
) -> Result<(), Refusal> {
    let in_force = row.retention.filter(|retention| now < retention.until);
    match in_force.filter(|retention| retention.is_weakened_by(wanted)) {
        None => Ok(()),
        Some(Retention { mode: Mode::Compliance, .. }) => Err(Reason::Retained.into()),
        Some(_) if aside == Aside::Nothing => Err(Reason::Retained.into()),
        Some(_) => check_hands(row, actor),
    }
}

/// Who stored an object, or locked it, does not set its lock aside.
pub fn check_hands(row: &ObjectRow, actor: Id<Person>) -> Result<(), Refusal> {
    if hands(row).contains(&Some(actor)) { Err(Reason::OwnRequest.into()) } else { Ok(()) }
}

/// Who stored it, and who locked it.
pub fn hands(row: &ObjectRow) -> [Option<Id<Person>>; 2] {
    [Some(row.by), row.retention.and_then(|retention| retention.by)]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An object's row as it was stored before there were locks.
    #[derive(Encode)]
    struct Before {
        #[n(0)]
        id: [u8; 4],
        #[n(1)]
        is_multipart: bool,
    }

    /// The same, as it is read today.
    #[derive(Decode, Encode)]
    struct Today {
        #[n(0)]
        id: [u8; 4],
        #[n(1)]
        is_multipart: bool,
        #[n(2)]
        retention: Option<Retention>,
    }

    // Goal: yesterday's rows are read, and a row without a lock is written as yesterday. Method: both shapes, byte for byte.
    #[test]
    fn a_row_without_a_lock_is_what_it_was() {
        let before = minicbor::to_vec(Before { id: [7; 4], is_multipart: true }).unwrap();
        let read: Today = minicbor::decode(&before).unwrap();
        assert!(read.retention.is_none());
        assert_eq!(minicbor::to_vec(&read).unwrap(), before);
    }

    #[test]
    fn a_lock_is_stored_as_format_md_says() {
        let until = Timestamp::from_ms(1_800_000_000_000);
        let lock = Retention { mode: Mode::Compliance, until, by: None };
        let bytes = minicbor::to_vec(lock).unwrap();
        assert_eq!(minicbor::decode::<Retention>(&bytes).unwrap(), lock);
    }

    // Goal: only longer and firmer is no weakening. Method: every pair of a few dates and modes.
    #[test]
    fn what_weakens() {
        let at = Timestamp::from_ms;
        for mode in [Mode::Governance, Mode::Compliance] {
            let lock = Retention { mode, until: at(10), by: None };
            assert!(lock.is_weakened_by(None));
            for (to, until) in [(Mode::Governance, 9), (Mode::Compliance, 9)] {
                assert!(lock.is_weakened_by(Some((to, at(until)))), "{mode:?} to {to:?} {until}");
            }
            assert!(!lock.is_weakened_by(Some((Mode::Compliance, at(10)))));
            assert_eq!(lock.is_weakened_by(Some((Mode::Governance, at(99)))), mode == Mode::Compliance);
        }
    }
}
