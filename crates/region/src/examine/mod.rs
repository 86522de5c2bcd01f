//! Examination: what an object is, whether it holds, and whether it names people.
//!
//! Nobody asks for it. Whoever follows a project's log (`crates/flow`) sees what
//! was stored, and has it looked at by a process of which the region knows
//! nothing. Here is what that takes: what waits, its bytes, and the one step that
//! keeps what was said, beside the object and sealed with it. What names people
//! where its project's tier forbids it is set apart in that very step: nobody
//! reads it until its controller says that it may be read.

mod arrive;
mod clear;
mod keep;

use minicbor::{Decode, Encode};
use serde_json::Value;
use words::actor::Tier;
use words::noun::{Object, Person};
use words::{Actor, Id, Reason, Refusal, Timestamp};

use crate::Region;
use crate::object::ObjectRow;
use crate::row::{Row, Table};
pub use arrive::{Arrival, Arrivals, Opened};

/// The region's own act on an object that it has looked at.
pub const OBJECT_EXAMINE: &str = "object.examine";
/// WHY: what a page tells, and thousands of columns beyond that help nobody.
pub const REPORT_BYTES_MAX: usize = 64 << 10;

/// How an object stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Standing {
    /// Nothing speaks against its use.
    #[n(0)]
    Clear,
    /// It may name people: a person looks.
    #[n(1)]
    Asks,
    /// It names people where that is forbidden: nobody reads it.
    #[n(2)]
    Apart,
    /// It is not whole, or not what it seems to be.
    #[n(3)]
    Broken,
    /// It could not be looked at.
    #[n(4)]
    Unread,
}

impl Standing {
    pub const fn text(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Asks => "asks",
            Self::Apart => "apart",
            Self::Broken => "broken",
            Self::Unread => "unread",
        }
    }
}

/// What an examination came to, in the object's own row: who reads it asks nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Examined {
    #[n(0)]
    pub standing: Standing,
    #[n(1)]
    pub at: Timestamp,
    /// Who has said that it may be read all the same.
    #[n(2)]
    pub cleared: Option<Id<Person>>,
}

impl ObjectRow {
    /// Refuses to read what is set apart.
    pub(crate) fn refuse_apart(&self) -> Result<(), Refusal> {
        let is_apart = |examined: &Examined| examined.standing == Standing::Apart;
        match self.examined.as_ref().is_some_and(is_apart) {
            true => Err(Reason::SetApart.into()),
            false => Ok(()),
        }
    }
}

/// Whether something names people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Names {
    Nobody,
    /// What was found may be a name, or may not.
    Perhaps,
    Surely,
}

/// What an examiner says of an object.
#[derive(Debug, Clone)]
pub struct Said {
    /// It is whole, and what it seems to be.
    pub is_whole: bool,
    pub names: Names,
    /// The rest, as JSON; it holds no value of the object.
    pub report: String,
    /// Which examiner said so.
    pub examiner: String,
}

impl Said {
    /// How the object stands in a project of this tier.
    ///
    /// WHY names first: what is broken can still be read.
    const fn standing(&self, tier: Tier) -> Standing {
        match (tier, self.names) {
            (Tier::Open | Tier::Anonymised | Tier::Pseudonymised, Names::Surely) => Standing::Apart,
            (Tier::Open | Tier::Anonymised | Tier::Pseudonymised, Names::Perhaps) => Standing::Asks,
            _ if !self.is_whole => Standing::Broken,
            _ => Standing::Clear,
        }
    }
}

/// What was said, beside the object.
#[derive(Debug, Clone, Encode, Decode)]
pub struct ReportRow {
    #[n(0)]
    pub object: Id<Object>,
    #[n(1)]
    pub report: String,
    #[n(2)]
    pub examiner: String,
    #[n(3)]
    pub at: Timestamp,
}

/// What was said of an object, for whoever may look at it.
pub(crate) async fn report_of(
    region: &Region,
    actor: &Actor,
    project: &str,
    row: &ObjectRow,
) -> Result<Option<Value>, Refusal> {
    if row.examined.is_none() {
        return Ok(None);
    }
    let rows = region.project_cell(actor, project).await?.view().await?;
    let report: Option<ReportRow> = rows.row(&row.row_key()).await?;
    Ok(report.and_then(|report| serde_json::from_str(&report.report).ok()))
}

impl Row for ReportRow {
    const TABLE: Table = Table::Report;
}

/// What could not be looked at, until it is tried again.
#[derive(Debug, Clone, Encode, Decode)]
pub struct DelayRow {
    #[n(0)]
    pub object: Id<Object>,
    #[n(1)]
    pub tries: u32,
    #[n(2)]
    pub next: Timestamp,
    #[n(3)]
    pub cause: String,
}

impl Row for DelayRow {
    const TABLE: Table = Table::Delay;
}

/// How far a project's log was followed.
#[derive(Debug, Clone, Copy, Default, Encode, Decode)]
pub struct FollowRow {
    #[n(0)]
    pub next_seq: u64,
}

impl Row for FollowRow {
    const TABLE: Table = Table::Follow;
}
