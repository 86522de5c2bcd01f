//! Which commits tell of what, so that a ledger is not read through for one thing.
//!
//! These rows are in no log: they are folded from the records of leaves, as the
//! index is, and like it they may be lost. Reads and looks have none: they come
//! by the thousand, and whoever asks where something stands asks for what was done.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};
use words::act::Weight;
use words::{Act, Refusal};

use crate::cell::draft::Draft;
use crate::cell::format::Record;
use crate::row::{self, Row, Table};

/// Version of what is folded beside the rows of the log: an index of another one is folded anew.
pub const FOLD: u32 = 1;

/// A thing that leaves are about, as it stands in keys. WHY eight bytes: whoever finds a commit reads it anyway.
type Mark = [u8; 8];

/// A commit that tells of something.
#[derive(Debug, Encode, Decode)]
struct AboutRow {}

impl Row for AboutRow {
    const TABLE: Table = Table::About;
}

/// A row as the index takes it.
type Folded = (Vec<u8>, Option<Vec<u8>>);

/// What the leaves of a commit are about.
#[derive(Debug, Default)]
pub struct Marks(BTreeSet<Mark>);

impl Marks {
    pub fn add(&mut self, record: &Record) {
        let is_work = Act::parse(&record.act)
            .is_none_or(|act| !matches!(act.row().weight, Weight::Access | Weight::View));
        if is_work && record.refused.is_none() {
            self.0.extend(record.subjects.iter().map(|subject| mark(subject)));
        }
    }

    /// The rows of the commit of a number.
    pub fn rows(self, seq: u64) -> Result<Vec<Folded>, Refusal> {
        let value = row::encode(&AboutRow {})?;
        let key = |mark: Mark| row::key(Table::About, &[mark, seq.to_be_bytes()].concat());
        Ok(self.0.into_iter().map(|mark| (key(mark), Some(value.clone()))).collect())
    }
}

fn mark(subject: &str) -> Mark {
    let mut mark = [0; 8];
    mark.copy_from_slice(seal::sha256(subject.as_bytes()).split_at(8).0);
    mark
}

/// The numbers of the commits that tell of something, oldest first, and seldom of one that does not; at most so many.
pub async fn commits(rows: &Draft, subject: &str, commits_max: usize) -> Result<Vec<u64>, Refusal> {
    let found = rows.rows::<AboutRow>(&mark(subject), None, commits_max).await?;
    let seq = |own: Vec<u8>| own.get(8..)?.try_into().ok().map(u64::from_be_bytes);
    Ok(found.into_iter().filter_map(|(own, _)| seq(own)).collect())
}
