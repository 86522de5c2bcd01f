//! What an act would do to what keeps a version: the facts that the gate judges it by.

use std::collections::BTreeSet;

use words::noun::Person;
use words::{Id, Refusal, Timestamp};

use crate::cell::draft::Draft;
use crate::noun::bucket::BucketRow;
use crate::object::keep::{Aside, locked_until};
use crate::object::lock::{Mode, Wanted, hands};
use crate::object::{ObjectRow, find, null_version};

/// Which version, and what would come of it.
#[derive(Debug, Clone, Copy, Default)]
pub enum Touch<'a> {
    #[default]
    Nothing,
    /// The version named would be gone; none named: the one that a plain delete replaces, if any.
    Removes { version: Option<&'a str>, aside: Aside },
    /// Its lock would be this one.
    Locks { version: Option<&'a str>, to: Wanted, aside: Aside },
    /// A version about to be stored would be locked.
    LocksNew(Mode),
}

impl Touch<'_> {
    /// The version that would be less kept than it is.
    pub async fn row(
        &self,
        cell: &Draft,
        bucket: &BucketRow,
        key: &str,
    ) -> Result<Option<ObjectRow>, Refusal> {
        let row = match self {
            Self::Nothing | Self::LocksNew(_) => None,
            // WHY not the newest: behind a marker it is hidden, and stays.
            Self::Removes { version: None, .. } => null_version(cell, bucket, key).await?,
            Self::Removes { version, .. } | Self::Locks { version, .. } => {
                find(cell, bucket, key, *version).await?
            }
        };
        Ok(row.filter(|row| !row.is_marker))
    }

    pub const fn is_removal(&self) -> bool {
        matches!(self, Self::Removes { .. })
    }

    /// Until when its lock forbids this; none: it does not.
    pub fn locked_until(&self, row: &ObjectRow) -> Option<Timestamp> {
        match self {
            Self::Nothing | Self::LocksNew(_) => None,
            Self::Removes { aside, .. } => locked_until(row, *aside),
            Self::Locks { to, aside, .. } => {
                let is_weakened = row.retention.is_some_and(|retention| retention.is_weakened_by(*to));
                locked_until(row, *aside).filter(|_| is_weakened)
            }
        }
    }

    pub const fn is_bypassing(&self) -> bool {
        match self {
            Self::Nothing | Self::LocksNew(_) => false,
            Self::Removes { aside, .. } | Self::Locks { aside, .. } => matches!(aside, Aside::Governance),
        }
    }

    /// Who may not set a lock in force aside: who stored the version, and who locked it.
    pub fn hands(&self, row: Option<&ObjectRow>, now: Timestamp) -> BTreeSet<Id<Person>> {
        let is_set_aside = |row: &&ObjectRow| {
            let in_force = row.retention.filter(|retention| now < retention.until);
            in_force.is_some_and(|retention| match self {
                Self::Locks { to, .. } => retention.is_weakened_by(*to),
                _ => true,
            })
        };
        let locked = row.filter(|_| self.is_bypassing()).filter(is_set_aside);
        locked.into_iter().flat_map(hands).flatten().collect()
    }

    pub const fn is_binding(&self) -> bool {
        matches!(self, Self::Locks { to: Some((Mode::Compliance, _)), .. } | Self::LocksNew(Mode::Compliance))
    }
}
