//! What is remembered of witnesses since the last start: who is away or behind, and which leaves tell of witnessing alone.
//!
//! It decides when a witness is asked. What it forgets costs a round and no more.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use words::time::MINUTE_MS;
use words::{Refusal, Timestamp};

use crate::cell::draft::Draft;
use crate::witness::{AWAY_MS_MAX, FOLLOWED_MAX, State, WitnessRow};

/// WHY: a region that does nothing but sign for others can be rolled back too; a word an hour costs little.
const QUIET_MS_MAX: i64 = 60 * MINUTE_MS;
/// WHY: what all logs that may be followed grow by in that hour, each once a minute.
const QUIET_LEAVES_MAX: usize = 64 * FOLLOWED_MAX;

/// What is known of witnesses in memory alone.
#[derive(Debug, Default)]
pub struct Memory {
    /// The newest leaves of the root that tell of witnessing alone.
    quiet: BTreeSet<u64>,
    seen: BTreeMap<String, Seen>,
}

/// What is remembered of one witness.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Seen {
    /// Since when it is named: removed and added again it is another.
    since: Timestamp,
    /// It did not answer when it was last asked, since when.
    pub(super) away: Option<Timestamp>,
    /// When it signed last, by our clock.
    pub(super) heard: Option<Timestamp>,
    /// How many leaves it has signed while there is something new, and since when that is seen.
    behind: Option<(u64, Timestamp)>,
}

/// A witness under its name.
pub(super) type Named = (String, WitnessRow);

impl Memory {
    pub(super) fn of(&self, name: &str, row: &WitnessRow) -> Seen {
        let known = self.seen.get(name).copied().filter(|seen| seen.since == row.since);
        known.unwrap_or(Seen { since: row.since, ..Seen::default() })
    }

    pub(super) fn keep(&mut self, name: &str, seen: Seen) {
        self.seen.insert(name.to_owned(), seen);
    }

    /// Whether a witness has anything to sign in a tree of so many leaves.
    pub(super) fn has_news(&self, (name, row): &Named, all: &[Named], size: u64, now: Timestamp) -> bool {
        let Some(signed) = row.signed.as_ref().filter(|_| row.disputed.is_none()) else { return true };
        let seen = self.of(name, row);
        let is_fresh = seen.heard.is_some_and(|heard| now.since_ms(heard) < QUIET_MS_MAX);
        let may_rest = is_fresh && seen.away.is_none() && self.is_even(all);
        size > signed.size && !(may_rest && self.is_quiet(signed.size..size))
    }

    pub(super) fn keep_quiet(&mut self, leaf: u64) {
        self.quiet.insert(leaf);
        if self.quiet.len() > QUIET_LEAVES_MAX {
            self.quiet.pop_first();
        }
    }

    fn is_quiet(&self, leaves: Range<u64>) -> bool {
        leaves.start <= leaves.end
            && self.quiet.range(leaves.clone()).count() as u64 == leaves.end - leaves.start
    }

    /// WHY: an export shows words of one checkpoint alone, so that all who answer must have signed the same.
    fn is_even(&self, all: &[Named]) -> bool {
        let is_there = |(name, row): &&Named| row.disputed.is_none() && self.of(name, row).away.is_none();
        let size = |(_, row): &Named| row.signed.as_ref().map(|signed| signed.size);
        let sizes: BTreeSet<Option<u64>> = all.iter().filter(is_there).map(size).collect();
        sizes.len() <= 1
    }

    /// Remembers since when who is behind, and forgets who is named no more.
    ///
    /// WHY by whoever looks: where nobody is asked at all, nobody is found to be away.
    pub(super) fn look(&mut self, all: &[Named], size: u64, now: Timestamp) {
        self.seen
            .retain(|name, seen| all.iter().any(|(other, row)| other == name && row.since == seen.since));
        for one in all {
            let (name, row) = one;
            let mut seen = self.of(name, row);
            let signed = row.signed.as_ref().map_or(0, |signed| signed.size);
            let known = seen.behind.filter(|(of, _)| *of == signed).unwrap_or((signed, now));
            seen.behind = self.has_news(one, all, size, now).then_some(known);
            self.keep(name, seen);
        }
    }

    pub(super) fn state(&self, name: &str, row: &WitnessRow, now: Timestamp) -> State {
        if let Some(dispute) = row.disputed {
            return State::Disputed(dispute);
        }
        let Seen { away, behind, .. } = self.of(name, row);
        let behind = behind.map(|(_, since)| since).filter(|since| now.since_ms(*since) > AWAY_MS_MAX);
        match [away, behind].into_iter().flatten().min() {
            Some(since) => State::Away { ms: now.since_ms(since) },
            None => State::Signing,
        }
    }
}

pub(super) async fn named(root: &Draft) -> Result<Vec<Named>, Refusal> {
    let rows = root.all::<WitnessRow>(&[]).await?;
    let text = |(name, row): (Vec<u8>, WitnessRow)| (String::from_utf8_lossy(&name).into_owned(), row);
    Ok(rows.into_iter().map(text).collect())
}
