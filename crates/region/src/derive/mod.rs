//! Deriving: from an object that was stored, others that are easier to use.
//!
//! A project's rules say what is made of which objects; whoever follows its log
//! (`crates/flow`) has it made by a process of its own, and here it is kept: a new
//! object beside the first, in its bucket and under its keys, with the digest of
//! how it was made. What was delivered is never touched. What was made goes with
//! what it was made of, and is made again where it is missing or was made otherwise.

pub mod back;
mod due;
mod keep;
mod sweep;

use minicbor::{Decode, Encode};
use recipes::Recipe;
use serde_json::Value;
use words::noun::{Cell, Object};
use words::{Id, Reason, Refusal, Timestamp};

use crate::cell::draft::Draft;
use crate::examine::{Examined, ReportRow, Standing};
use crate::object::ObjectRow;
use crate::row::{Row, Table};
use crate::rule::Step;
pub(crate) use due::Asking;
pub use due::{Place, Wanting};
pub use keep::{Laid, Made, MadeObject, PROFILE_BYTES_MAX, WORDS_BYTES_MAX};

/// The region's own acts on what it makes.
pub const OBJECT_DERIVE: &str = "object.derive";
pub const OBJECT_UNDERIVE: &str = "object.underive";
/// Where what was made lies: `_epic/<step>/<key of what it was made of><ending>`.
pub const PREFIX: &str = "_epic/";
/// Why what was made could not be put at its place; every other cause of a run is a fault of recipes or a reason.
pub const CAUSES: [&str; 2] = [KEY_LONG, KEY_TAKEN];
const KEY_LONG: &str = "key.long";
const KEY_TAKEN: &str = "key.taken";
/// WHY: what failed thrice by the machine's fault waits for somebody to say that it should be tried again.
pub const TRIES_MAX: u32 = 3;

/// What an object was made of, and how.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Derived {
    #[n(0)]
    pub source: Id<Object>,
    #[n(1)]
    pub step: String,
    /// Digest of the recipe, the program's version with it; the same over the same bytes gives the same bytes.
    #[n(2)]
    pub recipe: String,
    /// SHA-256 of the plain bytes.
    #[n(3)]
    pub sha256: String,
}

impl Derived {
    pub fn told(&self) -> Value {
        serde_json::json!({
            "source": self.source.to_string(),
            "step": self.step,
            "recipe": self.recipe,
            "sha256": self.sha256,
        })
    }
}

/// What came of one step.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Run {
    #[n(0)]
    pub step: String,
    /// Under which rule.
    #[n(1)]
    pub rule: String,
    /// Digest of the recipe that was asked for.
    #[n(2)]
    pub asked: String,
    #[n(3)]
    pub at: Timestamp,
    /// The object that was made, and its key; none where nothing was, or where it is told beside the source.
    #[n(4)]
    pub made: Option<Id<Object>>,
    #[n(5)]
    pub key: Option<String>,
    /// Why it failed.
    #[n(6)]
    pub cause: Option<String>,
    #[n(7)]
    pub tries: u32,
    /// It may pass by itself: the machine's fault, and not the object's.
    #[n(8)]
    pub may_pass: bool,
}

impl Run {
    fn told(&self) -> Value {
        serde_json::json!({
            "step": self.step,
            "rule": self.rule,
            "at": self.at,
            "object": self.made.map(|id| id.to_string()),
            "key": self.key,
            "cause": self.cause,
            "tries": self.tries,
        })
    }
}

/// What came of all steps on one object, beside it.
#[derive(Debug, Clone, Default, Encode, Decode)]
pub struct RunsRow {
    #[n(0)]
    pub runs: Vec<Run>,
}

impl Row for RunsRow {
    const TABLE: Table = Table::Runs;
}

impl RunsRow {
    pub fn told(&self) -> Value {
        Value::Array(self.runs.iter().map(Run::told).collect())
    }

    fn of(&self, step: Step) -> Option<&Run> {
        self.runs.iter().find(|run| run.step == step.text())
    }
}

/// One step that waits to be done on one object.
#[derive(Debug, Clone)]
pub struct Work {
    pub cell: Id<Cell>,
    pub(super) row_key: Vec<u8>,
    pub row: ObjectRow,
    pub rule: String,
    /// The rule's version when this was asked for.
    pub(super) version: u32,
    pub step: Step,
    pub recipe: Recipe,
    pub tries: u32,
}

/// Whether something may be made of an object: it was looked at, may be read, and is itself what was delivered.
fn is_source(row: &ObjectRow) -> bool {
    let may = |examined: &Examined| matches!(examined.standing, Standing::Clear | Standing::Asks);
    !row.is_marker && row.derived.is_none() && row.examined.as_ref().is_some_and(may)
}

/// What was said of an object.
pub(crate) async fn report_of(rows: &Draft, row: &ObjectRow) -> Result<Option<ReportRow>, Refusal> {
    let report: Option<ReportRow> = rows.row(&row.row_key()).await?;
    Ok(report.filter(|report| report.object == row.id))
}

/// Refuses a key where the region keeps what it makes.
pub fn refuse_own_place(key: &str) -> Result<(), Refusal> {
    match key.starts_with(PREFIX) {
        true => Err(Refusal::with(Reason::Invalid, "keys below `_epic/` are for what the region makes")),
        false => Ok(()),
    }
}

/// A recipe's digest, as it is told: the same is not done twice.
pub fn digest_of(recipe: &Recipe) -> String {
    data_encoding::HEXLOWER.encode(&recipe.digest())
}
