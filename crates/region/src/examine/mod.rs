//! Examination: what an object is, whether it holds, and whether it names people.
//!
//! Nobody asks for it. Whoever follows a project's log (`crates/flow`) sees what
//! was stored, and has it looked at by a process of which the region knows
//! nothing. Here is what that takes: what waits, its bytes, and the one step that
//! keeps what was said, beside the object and sealed with it. What names people
//! where its project's tier forbids it is set apart in that very step: nobody
//! reads it until its controller says that it may be read.

mod arrive;
mod beside;
pub(crate) mod cdm;
mod clear;
mod keep;
mod manifest;
mod refer;
mod retry;

use minicbor::{Decode, Encode};
use serde_json::Value;
use words::actor::Tier;
use words::noun::{Object, Person};
use words::{Actor, Id, Reason, Refusal, Timestamp};

use crate::Region;
use crate::derive::RunsRow;
use crate::object::ObjectRow;
use crate::row::{Row, Table};
pub use arrive::{Arrival, Arrivals, Opened};
pub use beside::Beside;
pub(crate) use keep::stand_with;
pub use refer::{Holding, Referred, Refers, is_table};

/// The region's own act on an object that it has looked at.
pub const OBJECT_EXAMINE: &str = "object.examine";
/// The one rule that is the region's own, and not one of formats: only here are two objects compared.
pub const MANIFEST_DIFFERS: &str = "manifest.differs";
/// WHY: what a page tells, and thousands of columns beyond that help nobody.
pub const REPORT_BYTES_MAX: usize = 64 << 10;

/// The folder that a key lies in, with its slash, and the name there.
fn in_folder(key: &str) -> (&str, &str) {
    key.split_at(key.rfind('/').map_or(0, |at| at + 1))
}

/// How an object stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Standing {
    /// Nothing speaks against its use.
    #[n(0)]
    Clear,
    /// It may name people: a person looks.
    #[n(1)]
    Asks,
    /// It names people where that is forbidden, or a rule says so: nobody reads it.
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
    /// It is to be looked at again, all of it or (false) what is said beside it; until then it stands as before.
    #[n(3)]
    pub again: Option<bool>,
    /// The rule that set it apart; none: it names people.
    #[n(4)]
    pub rule: Option<String>,
}

impl ObjectRow {
    /// Whether it is to be looked at.
    pub fn waits(&self) -> bool {
        let is_source = !self.is_marker && self.derived.is_none();
        is_source && self.examined.as_ref().is_none_or(|examined| examined.again.is_some())
    }

    /// Has it looked at once more; until then it stands as before.
    pub(crate) fn look_again(&mut self) {
        if let Some(examined) = &mut self.examined {
            examined.again = Some(true);
        }
    }

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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Names {
    #[default]
    Nobody,
    /// What was found may be a name, or may not.
    Perhaps,
    Surely,
}

/// What an examiner says of an object.
#[derive(Debug, Clone, Default)]
pub struct Said {
    /// It is whole, and what it seems to be.
    pub is_whole: bool,
    pub names: Names,
    /// The rest, as JSON; it holds no value of the object.
    pub report: String,
    /// Which examiner said so.
    pub examiner: String,
    /// What it was found to be, as rules name it.
    pub kind: String,
    /// Digests of its bytes.
    pub digests: Digests,
    /// If it is a list of digests: what it names.
    pub manifest: Vec<Named>,
    /// If it is a table: a contract for those that follow, as JSON; it tells values.
    pub proposal: Option<String>,
    /// If it is held to a contract: what came of tables that it refers to.
    pub refers: Vec<Refers>,
}

/// Digests of an object's bytes, in lower hex.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct Digests {
    #[n(0)]
    pub md5: String,
    #[n(1)]
    pub sha256: String,
}

/// What a manifest says of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Relative to where the manifest lies.
    pub path: String,
    /// `md5` or `sha256`.
    pub digest: String,
    /// In lower hex.
    pub hex: String,
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
    #[n(4)]
    pub kind: Option<String>,
    #[n(5)]
    pub digests: Option<Digests>,
    /// Words that a search finds it by.
    #[n(6)]
    pub words: Option<String>,
    /// How its columns are filled, as JSON: what may be told of it without telling of anybody.
    #[n(7)]
    pub profile: Option<String>,
    /// What is otherwise than in the last delivery, as JSON.
    #[n(8)]
    pub drift: Option<String>,
}

impl ReportRow {
    /// What it was found to be; of reports from before it was kept apart, what they say.
    pub fn kind(&self) -> Option<String> {
        let said = || {
            let report: Value = serde_json::from_str(&self.report).ok()?;
            report.get("kind").and_then(Value::as_str).map(str::to_owned)
        };
        self.kind.clone().or_else(said)
    }

    /// All of it, for whoever may look at the object.
    fn told(&self, is_apart: bool) -> Option<Value> {
        let mut told: Value = serde_json::from_str(&self.report).ok()?;
        let read =
            |text: &Option<String>| text.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
        let fields = told.as_object_mut()?;
        if let Some(digests) = &self.digests {
            fields.insert("md5".to_owned(), digests.md5.clone().into());
            fields.insert("sha256".to_owned(), digests.sha256.clone().into());
        }
        for (name, text) in [("profile", &self.profile), ("drift", &self.drift)] {
            // WHY not: it was made before anybody knew whom the object names.
            if let Some(value) = read(text).filter(|_| !is_apart) {
                fields.insert(name.to_owned(), value);
            }
        }
        Some(told)
    }
}

/// When an object was last read; kept once a day.
#[derive(Debug, Clone, Copy, Encode, Decode)]
pub struct ReadRow {
    #[n(0)]
    pub at: Timestamp,
}

impl Row for ReadRow {
    const TABLE: Table = Table::Read;
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
    let is_of_cdm = report.as_ref().and_then(ReportRow::kind).is_some_and(|kind| kind == "omop-table");
    let mut told = report.and_then(|report| report.told(row.refuse_apart().is_err()));
    if let Some(told) = told.as_mut().and_then(Value::as_object_mut).filter(|_| is_of_cdm)
        && let Some(set) = cdm::beside(&rows, row).await?
    {
        told.insert("cdm".to_owned(), set);
    }
    let runs: Option<RunsRow> = rows.row(&row.row_key()).await?;
    if let (Some(told), Some(runs)) = (told.as_mut().and_then(Value::as_object_mut), runs) {
        told.insert("made".to_owned(), runs.told());
    }
    let rule = row.examined.as_ref().and_then(|examined| examined.rule.clone());
    if let Some(rule) = rule.filter(|_| row.refuse_apart().is_err()) {
        let told = told.get_or_insert_with(|| Value::Object(serde_json::Map::new()));
        told["apart_by"] = rule.into();
    }
    Ok(told)
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
