//! Locks on versions, as S3's object lock has them.
//!
//! A lock is a date on a version's row. It never comes nearer but by an act
//! that says why (governance), or not at all (compliance). What a lock keeps
//! from vanishing is judged in `keep`, and nowhere else.

use minicbor::{Decode, Encode};
use words::noun::Person;
use words::{Id, Timestamp};

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

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Governance, Self::Compliance].into_iter().find(|mode| mode.text() == text)
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

impl Retention {
    /// Whether it keeps anything at this moment.
    pub fn holds(&self, now: Timestamp) -> bool {
        now < self.until
    }
}
