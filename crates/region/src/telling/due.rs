//! What is due to be told: pure, so that any ends and any times can be tried.
//!
//! An end is told when 60, 30 and 7 days are left and when it has come, each at
//! most once; of thresholds that were missed only the nearest is told. A person
//! hears at most once a day by each way, every 6 hours if something ends within a week.

use std::collections::BTreeMap;

use words::Timestamp;
use words::time::DAY_MS;

use super::{ToldEnd, ToldRow, ToldWait};

/// WHY: what ended before that is history, and whoever comes to it today is told of it by nobody.
const ENDED_TOLD_DAYS: i64 = 60;
/// WHY: a digest a day is read; more are not.
const DIGEST_EVERY_MS: i64 = DAY_MS;
/// WHY not at once each time: who grants many short things would have a person told as often.
const URGENT_EVERY_MS: i64 = DAY_MS / 4;

/// How near an end is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Within 60 days.
    Far,
    /// Within 30 days.
    Near,
    /// Within 7 days.
    Soon,
    Ended,
}

impl Stage {
    /// Those before the end.
    pub const BEFORE: [Self; 3] = [Self::Far, Self::Near, Self::Soon];

    /// Days before the last moment; 0 for what has ended.
    pub const fn days(self) -> i64 {
        match self {
            Self::Far => 60,
            Self::Near => 30,
            Self::Soon => 7,
            Self::Ended => 0,
        }
    }

    /// As rows have it.
    pub const fn number(self) -> u8 {
        self as u8
    }
}

/// What ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Agreement,
    Permit,
    Grant,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Agreement, Self::Permit, Self::Grant];

    pub const fn text(self) -> &'static str {
        match self {
            Self::Agreement => "agreement",
            Self::Permit => "permit",
            Self::Grant => "grant",
        }
    }
}

/// What somebody waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wait {
    /// An agreement for a signature.
    Sign,
    /// A permit for the controller's word.
    Decide,
    /// Results for a reviewer.
    Judge,
    /// Approved results for whoever releases them.
    Release,
}

impl Wait {
    /// As rows have it.
    pub const fn number(self) -> u8 {
        self as u8
    }
}

/// An end that concerns somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    pub kind: Kind,
    pub thing: [u8; 16],
    /// The last moment, as it was agreed.
    pub ends: Timestamp,
    /// When it was ended before.
    pub early: Option<Timestamp>,
}

impl End {
    /// How near it is; none: it is far away, or long past.
    pub fn stage(&self, now: Timestamp) -> Option<Stage> {
        // WHY the earlier: some say of what is over that it ends.
        let since = self.early.map_or(self.ends, |at| at.min(self.ends));
        if self.early.is_some() || now > self.ends {
            let is_told = now.since_ms(since) <= ENDED_TOLD_DAYS * DAY_MS;
            return is_told.then_some(Stage::Ended);
        }
        let left_ms = self.ends.since_ms(now);
        Stage::BEFORE.into_iter().rev().find(|stage| left_ms <= stage.days() * DAY_MS)
    }
}

/// What concerns one person, as of now.
#[derive(Debug, Clone, Default)]
pub struct Part {
    pub waits: Vec<(Wait, [u8; 16])>,
    pub ends: Vec<End>,
}

/// What a notice says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Digest {
    /// All that waits now, told before or not.
    pub waits: u64,
    /// What has come that near since it was last told.
    pub ends: BTreeMap<(Stage, Kind), u64>,
}

impl Digest {
    pub fn of_stage(&self, stage: Stage) -> u64 {
        self.ends.iter().filter(|((other, _), _)| *other == stage).map(|(_, count)| count).sum()
    }
}

/// What is to be told now, and how it is remembered once it was.
pub(super) fn due(part: &Part, told: Option<&ToldRow>, now: Timestamp) -> Option<(Digest, ToldRow)> {
    let nothing = ToldRow::default();
    let before = told.unwrap_or(&nothing);
    let fresh: Vec<(&End, Stage)> = part
        .ends
        .iter()
        .filter_map(|end| end.stage(now).map(|stage| (end, stage)))
        .filter(|(end, stage)| before.stage_of(end).is_none_or(|known| known < stage.number()))
        .collect();
    let has_new_wait = part.waits.iter().any(|wait| !before.waits.contains(&remembered(wait)));
    let is_urgent = fresh.iter().any(|(_, stage)| *stage == Stage::Soon);
    let every_ms = if is_urgent { URGENT_EVERY_MS } else { DIGEST_EVERY_MS };
    let is_rested = told.is_none_or(|told| now.since_ms(told.at) >= every_ms);
    if (fresh.is_empty() && !has_new_wait) || !is_rested {
        return None;
    }
    let mut digest = Digest { waits: part.waits.len() as u64, ..Digest::default() };
    let mut ends = before.lasting(now);
    for (end, stage) in fresh {
        *digest.ends.entry((stage, end.kind)).or_default() += 1;
        ends.retain(|known| !known.is_of(end));
        ends.push(ToldEnd { thing: end.thing.into(), ends: end.ends, stage: stage.number() });
    }
    let waits = part.waits.iter().map(remembered).collect();
    Some((digest, ToldRow { at: now, ends, waits }))
}

fn remembered((wait, thing): &(Wait, [u8; 16])) -> ToldWait {
    ToldWait { thing: (*thing).into(), wait: wait.number() }
}

impl ToldEnd {
    fn is_of(&self, end: &End) -> bool {
        *self.thing == end.thing && self.ends == end.ends
    }
}

impl ToldRow {
    fn stage_of(&self, end: &End) -> Option<u8> {
        self.ends.iter().find(|known| known.is_of(end)).map(|known| known.stage)
    }

    /// What may still be told further, or could be taken for untold. WHY by its date alone: who loses a part in
    /// something and gets it back is not told twice.
    fn lasting(&self, now: Timestamp) -> Vec<ToldEnd> {
        let lasts = |end: &&ToldEnd| now.since_ms(end.ends) <= ENDED_TOLD_DAYS * DAY_MS;
        self.ends.iter().filter(lasts).cloned().collect()
    }
}

#[cfg(test)]
mod tests;
