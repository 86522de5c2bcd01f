//! What a sequencer is asked to do, and what it answers.

use async_trait::async_trait;
use serde_json::Value;
use words::noun::{Cell, Scope};
use words::{Id, Refusal, Timestamp};

use crate::cell::draft::Draft;
use crate::cell::format::Record;

/// A leaf's place: which ledger, which index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaf {
    pub cell: Id<Cell>,
    pub index: u64,
}

impl std::fmt::Display for Leaf {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}:{}", self.cell, self.index)
    }
}

impl std::str::FromStr for Leaf {
    type Err = Refusal;

    fn from_str(from: &str) -> Result<Self, Refusal> {
        let wrong = || Refusal::with(words::Reason::Invalid, "a leaf is written `cell:number`");
        let (cell, index) = from.split_once(':').ok_or_else(wrong)?;
        Ok(Self { cell: cell.parse().map_err(|_| wrong())?, index: index.parse().map_err(|_| wrong())? })
    }
}

/// An act that took effect.
#[derive(Debug, Clone)]
pub struct Done {
    /// None for a look, which leaves its trace later.
    pub leaf: Option<Leaf>,
    /// What the person is told, as JSON.
    pub answer: Value,
}

/// The moment a commit is made at: never before the last one.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    pub now: Timestamp,
    pub cell: Id<Cell>,
    /// The cell's own count of changed duties, this batch included.
    pub duties: u64,
}

/// One leaf to be.
#[derive(Debug)]
pub struct Entry {
    pub record: Record,
    /// Free text and names of the record.
    pub detail: Vec<u8>,
    /// The scope the detail dies with; none: it is kept with the cell.
    pub scope: Option<Id<Scope>>,
    /// Access records have their own key per year.
    pub is_access: bool,
    pub answer: Value,
}

impl Entry {
    /// A leaf of the house itself: no person asked for it.
    pub fn of_house(act: &str, now: Timestamp) -> Self {
        let record = Record {
            act: act.to_owned(),
            person: None,
            credential: None,
            place: None,
            refused: None,
            time: now,
            subjects: Vec::new(),
            policies: Vec::new(),
            root_seq: 0,
        };
        Self { record, detail: Vec::new(), scope: None, is_access: false, answer: Value::Null }
    }

    /// The same, about something.
    #[must_use]
    pub fn about(mut self, subject: String) -> Self {
        self.record.subjects.push(subject);
        self
    }
}

/// What planning came to.
pub enum Planned {
    New(Entry),
    /// This very attempt took effect before.
    Known(Done),
}

/// One act or step of the house, planned by the sequencer over the draft.
///
/// It may be asked only once, and must change nothing but the draft.
#[async_trait]
pub trait Step: Send {
    async fn plan(&mut self, draft: &mut Draft, moment: Moment) -> Result<Planned, Refusal>;
}

/// A step of the house itself: no person asked for it.
pub struct HouseStep<F>(Option<F>);

impl<F> HouseStep<F>
where
    F: FnOnce(&mut Draft, Moment) -> Result<Entry, Refusal> + Send,
{
    pub const fn new(plan: F) -> Self {
        Self(Some(plan))
    }
}

#[async_trait]
impl<F> Step for HouseStep<F>
where
    F: FnOnce(&mut Draft, Moment) -> Result<Entry, Refusal> + Send,
{
    async fn plan(&mut self, draft: &mut Draft, moment: Moment) -> Result<Planned, Refusal> {
        let plan = self.0.take().ok_or_else(crate::cell::lead::gone)?;
        plan(draft, moment).map(Planned::New)
    }
}
