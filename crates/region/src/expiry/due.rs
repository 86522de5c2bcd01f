//! What a bucket's rules say of one version, at one moment: pure.
//!
//! It never asks whether the version may go; that is asked where it would go.

use words::Timestamp;

use crate::expiry::rule::{Current, ExpiryRule, after_days};
use crate::noun::bucket::Versions;
use crate::object::ObjectRow;

/// Where a version lies among those of its key.
#[derive(Debug, Clone, Copy)]
pub enum Place<'a> {
    Newest {
        /// There is no other version of the key.
        is_alone: bool,
    },
    Older {
        /// The version that took its place.
        successor: &'a ObjectRow,
        /// How many older versions than the newest are newer than it.
        newer_older: usize,
    },
}

/// How it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// A delete marker hides it; it stays, older now.
    Hide,
    /// It is gone.
    Remove,
}

/// How a bucket takes what its rules say.
#[derive(Debug, Clone, Copy)]
pub struct Kept {
    pub versions: Versions,
    /// A provider may still deliver into it.
    pub takes_deliveries: bool,
}

/// The first rule by which this version ends now, and how.
pub fn ending<'r>(
    rules: &'r [ExpiryRule],
    kept: Kept,
    row: &ObjectRow,
    place: Place<'_>,
    now: Timestamp,
) -> Option<(&'r ExpiryRule, Ending)> {
    let taken = rules.iter().filter(|rule| rule.is_enabled && rule.filter.takes(row));
    taken.filter_map(|rule| Some((rule, by(rule, kept, row, place, now)?))).next()
}

fn by(rule: &ExpiryRule, kept: Kept, row: &ObjectRow, place: Place<'_>, now: Timestamp) -> Option<Ending> {
    match place {
        Place::Newest { is_alone } if row.is_marker => {
            // SPEC: S3 removes such a marker also where the rule counts days.
            let is_over = match rule.current? {
                Current::LoneMarkers => true,
                Current::Days(days) => now >= after_days(row.at, days),
                Current::From(_) => false,
            };
            (is_alone && is_over).then_some(Ending::Remove)
        }
        Place::Newest { .. } => {
            let is_over = match rule.current? {
                Current::Days(days) => now >= after_days(row.at, days),
                Current::From(from) => now >= from,
                Current::LoneMarkers => false,
            };
            let ending = if kept.versions == Versions::Never { Ending::Remove } else { Ending::Hide };
            is_over.then_some(ending)
        }
        Place::Older { successor, newer_older } => {
            let older = rule.older?;
            let is_over = now >= after_days(successor.at, older.days);
            let is_spare = newer_older >= usize::try_from(older.kept).unwrap_or(usize::MAX);
            // INVARIANT: no delivery ends another. Where a provider still delivers, only what somebody or a
            // rule has deleted goes, never what a later delivery under the same key merely came after.
            let is_deleted = row.is_marker || successor.is_marker || !kept.takes_deliveries;
            (is_over && is_spare && is_deleted).then_some(Ending::Remove)
        }
    }
}
