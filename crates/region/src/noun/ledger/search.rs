//! Searching a ledger: by person, act, thing, time and refusals, newest first, from the marks of its commits.

use std::collections::BTreeSet;

use serde_json::Value;
use words::act::LedgerShow;
use words::noun::{Noun, Person};
use words::{Id, Reason, Refusal, Timestamp};

use super::{RECORDS_MAX, body, commit, told};
use crate::cell::Cell;
use crate::cell::about::{self, Mark};
use crate::cell::draft::Draft;
use crate::cell::format::Record;
use crate::name;

/// WHY: marks of so many commits are a few pages of the index.
const WINDOW: u64 = 4_096;
/// WHY: four million commits in a second or two; who looks further back says until when.
const WINDOWS_MAX: usize = 1_024;
/// WHY: two seconds of reading.
const COMMITS_READ_MAX: usize = 4_000;

/// What is looked for.
pub struct Search<'a> {
    deed: &'a LedgerShow,
    person: Option<Id<Person>>,
    marks: Vec<Mark>,
}

/// Whether a look at a ledger is a search.
pub const fn is_asked(deed: &LedgerShow) -> bool {
    let LedgerShow { project: _, after: _, before, person, act, about, from, until, refused } = deed;
    before.is_some()
        || person.is_some()
        || act.is_some()
        || about.is_some()
        || from.is_some()
        || until.is_some()
        || refused.is_some()
}

impl<'a> Search<'a> {
    /// None: nobody is called so, and nobody did anything. WHY no refusal: names are nobody's to guess here.
    pub async fn of(deed: &'a LedgerShow, root: &Draft) -> Result<Option<Self>, Refusal> {
        let person = match &deed.person {
            Some(text) => match name::find_id::<Person>(root, Noun::Person, text).await {
                Ok(id) => Some(id),
                Err(refusal) if refusal.reason == Reason::NotFound => return Ok(None),
                Err(refusal) => return Err(refusal),
            },
            None => None,
        };
        if deed.refused.as_deref().is_some_and(|refused| refused != "yes") {
            return Err(Refusal::with(Reason::Invalid, "`--refused=yes` finds what was refused"));
        }
        let marks = [
            person.map(Mark::person),
            deed.act.as_deref().map(Mark::act),
            deed.about.as_deref().map(Mark::about),
            deed.refused.as_ref().map(|_| Mark::refused()),
        ];
        Ok(Some(Self { deed, person, marks: marks.into_iter().flatten().collect() }))
    }

    fn fits(&self, index: u64, record: &Record) -> bool {
        let LedgerShow { after, before, act, about, from, until, refused, .. } = self.deed;
        after.is_none_or(|after| index > after)
            && before.is_none_or(|before| index < before)
            && self.person.is_none_or(|person| record.person == Some(person))
            && act.as_ref().is_none_or(|act| record.act == *act)
            && about.as_ref().is_none_or(|about| record.subjects.contains(about))
            && from.is_none_or(|from| record.time >= from)
            && until.is_none_or(|until| record.time <= until)
            && (refused.is_none() || record.refused.is_some())
    }

    /// The newest leaves that fit, oldest of them first.
    pub async fn found(&self, cell: &Cell) -> Result<Vec<Value>, Refusal> {
        let rows = cell.view().await?;
        let (first, mut end) = self.span(cell).await?;
        let (mut found, mut read) = (Vec::new(), 0);
        for _ in 0..WINDOWS_MAX {
            if found.len() >= RECORDS_MAX || end <= first {
                found.reverse();
                return Ok(found);
            }
            let start = end.saturating_sub(WINDOW).max(first);
            for seq in self.candidates(&rows, start, end).await?.into_iter().rev() {
                read += 1;
                self.read(cell, seq, &mut found).await?;
                if found.len() >= RECORDS_MAX || read >= COMMITS_READ_MAX {
                    break;
                }
            }
            if read >= COMMITS_READ_MAX && found.len() < RECORDS_MAX {
                break;
            }
            end = start;
        }
        Err(Refusal::with(
            Reason::TooLarge,
            "that is too much to look through at once: name a time, with `--until`",
        ))
    }

    /// Adds the fitting leaves of a commit, newest first.
    async fn read(&self, cell: &Cell, seq: u64, found: &mut Vec<Value>) -> Result<(), Refusal> {
        let (first, leaves) = commit(cell, seq).await?;
        for (index, leaf) in (first..).zip(&leaves).collect::<Vec<_>>().into_iter().rev() {
            let fits = leaf.record.as_ref().is_some_and(|record| self.fits(index, record));
            if fits && found.len() < RECORDS_MAX {
                found.push(told(index, leaf));
            }
        }
        Ok(())
    }

    /// Commits in a window that have every mark.
    async fn candidates(&self, rows: &Draft, start: u64, end: u64) -> Result<BTreeSet<u64>, Refusal> {
        let most = usize::try_from(end - start).unwrap_or(usize::MAX);
        let mut all: Option<BTreeSet<u64>> = None;
        for mark in &self.marks {
            let found = about::commits(rows, *mark, start, most).await?;
            let found: BTreeSet<u64> = found.into_iter().filter(|seq| *seq < end).collect();
            all = Some(all.map_or_else(|| found.clone(), |all| all.intersection(&found).copied().collect()));
        }
        Ok(all.unwrap_or_else(|| (start..end).collect()))
    }

    /// The commits that may hold them: by time, and by the leaves' numbers.
    async fn span(&self, cell: &Cell) -> Result<(u64, u64), Refusal> {
        let next = cell.head().next_seq;
        let first = match self.deed.from {
            Some(from) => partition(cell, next, |time, _| time < from).await?,
            None => 0,
        };
        let end = match self.deed.until {
            Some(until) => partition(cell, next, |time, _| time <= until).await?,
            None => next,
        };
        let end = match self.deed.before {
            // The commit that holds the leaf may hold some before it.
            Some(before) => end.min(partition(cell, next, |_, size| size <= before).await?.saturating_add(1)),
            None => end,
        };
        Ok((first, end.min(next)))
    }
}

/// The first commit for which something that holds of all before it does not hold: of its time and of its tree's size.
async fn partition(
    cell: &Cell,
    next: u64,
    holds: impl Fn(Timestamp, u64) -> bool + Send,
) -> Result<u64, Refusal> {
    let (mut low, mut high) = (0, next);
    while low < high {
        let middle = low + (high - low) / 2;
        let body = body(cell, middle).await?;
        if holds(body.time, body.tree_size) { low = middle + 1 } else { high = middle }
    }
    Ok(low)
}
