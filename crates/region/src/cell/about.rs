//! Which commits tell of what, so that a ledger is not read through for one thing.
//!
//! These rows are in no log: they are folded from the records of leaves, as the
//! index is, and like it they may be lost. A commit is marked with everything
//! that its leaves name; whoever finds one reads it to know which leaf.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};
use words::act::Weight;
use words::noun::Person;
use words::{Act, Id, Refusal};

use crate::cell::draft::Draft;
use crate::cell::format::Record;
use crate::row::{self, Row, Table};

/// Version of what is folded beside the rows of the log: an index of another one is folded anew.
pub const FOLD: u32 = 1;

/// What leaves are marked with, as it stands in keys. WHY eight bytes: whoever finds a commit reads it anyway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark([u8; 8]);

impl Mark {
    fn of(kind: &str, text: &str) -> Self {
        let mut mark = [0; 8];
        mark.copy_from_slice(seal::sha256(format!("{kind} {text}").as_bytes()).split_at(8).0);
        Self(mark)
    }

    /// Leaves about a thing.
    pub fn about(subject: &str) -> Self {
        Self::of("about", subject)
    }

    /// Those of them that tell what was done to it. WHY of their own: a thing may be read a million times.
    pub fn done(subject: &str) -> Self {
        Self::of("done", subject)
    }

    pub fn person(person: Id<Person>) -> Self {
        Self::of("person", &person.to_string())
    }

    pub fn act(act: &str) -> Self {
        Self::of("act", act)
    }

    pub fn refused() -> Self {
        Self::of("refused", "")
    }
}

/// A commit that tells of something.
#[derive(Debug, Encode, Decode)]
struct AboutRow {}

impl Row for AboutRow {
    const TABLE: Table = Table::About;
}

/// A row as the index takes it.
type Folded = (Vec<u8>, Option<Vec<u8>>);

/// What the leaves of a commit are marked with.
#[derive(Debug, Default)]
pub struct Marks(BTreeSet<Mark>);

impl Marks {
    pub fn add(&mut self, record: &Record) {
        let weight = Act::parse(&record.act).map(|act| act.row().weight);
        let is_done = record.refused.is_none() && !matches!(weight, Some(Weight::Access | Weight::View));
        self.0.extend(record.subjects.iter().map(|subject| Mark::about(subject)));
        if is_done {
            self.0.extend(record.subjects.iter().map(|subject| Mark::done(subject)));
        }
        self.0.extend(record.person.map(Mark::person));
        self.0.extend(record.refused.as_ref().map(|_| Mark::refused()));
        self.0.insert(Mark::act(&record.act));
    }

    /// The rows of the commit of a number.
    pub fn rows(self, seq: u64) -> Result<Vec<Folded>, Refusal> {
        let value = row::encode(&AboutRow {})?;
        let key = |mark: Mark| row::key(Table::About, &own(mark, seq));
        Ok(self.0.into_iter().map(|mark| (key(mark), Some(value.clone()))).collect())
    }
}

fn own(mark: Mark, seq: u64) -> Vec<u8> {
    [mark.0, seq.to_be_bytes()].concat()
}

/// The numbers of the commits with a mark, from one on, oldest first; at most so many.
pub async fn commits(rows: &Draft, mark: Mark, from: u64, most: usize) -> Result<Vec<u64>, Refusal> {
    let after = from.checked_sub(1).map(|before| own(mark, before));
    let found = rows.rows::<AboutRow>(&mark.0, after.as_deref(), most).await?;
    let seq = |own: Vec<u8>| own.get(8..)?.try_into().ok().map(u64::from_be_bytes);
    Ok(found.into_iter().filter_map(|(own, _)| seq(own)).collect())
}
