//! Checks: code that tells whether a control holds now, and that is seen to fail.
//!
//! Each check also looks at a planted fault, every time it runs: a check that
//! lets its fault pass is itself at fault, and says `error` instead of `pass`.

mod census;
mod consistency;
mod drill;
mod erasure;
mod gates;
mod lineage;
mod rollback;
pub mod scrub;
#[cfg(test)]
mod tests;
mod usage;
mod witness;

use async_trait::async_trait;
use futures::FutureExt;
use minicbor::{Decode, Encode};
use serde_json::{Value, json};
use words::act::{CheckRun, CheckShow};
use words::noun::Cell as CellNoun;
use words::time::DAY_MS;
use words::{Actor, Deed, Id, Reason, Refusal, Timestamp};

use crate::Region;
use crate::act::{Frame, Outcome, Plan, Request, Scene};
use crate::cell::draft::Draft;
use crate::cell::step::Done;
use crate::noun::project::ProjectRow;
use crate::row::{Row, Table};
use crate::show::Show;

/// What a check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Verdict {
    #[n(0)]
    Pass,
    #[n(1)]
    Fail,
    /// It could not look, or it could not see its planted fault.
    #[n(2)]
    Error,
    /// There is nothing here that it is about.
    #[n(3)]
    NotApplicable,
    /// Its last look is too old to be trusted.
    #[n(4)]
    Stale,
}

impl Verdict {
    pub const ALL: [Self; 5] = [Self::Pass, Self::Fail, Self::Error, Self::NotApplicable, Self::Stale];

    pub const fn text(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Error => "error",
            Self::NotApplicable => "not applicable",
            Self::Stale => "stale",
        }
    }
}

/// A verdict and what was measured, in words without names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub verdict: Verdict,
    pub measured: String,
}

impl Finding {
    fn new(verdict: Verdict, measured: impl Into<String>) -> Self {
        Self { verdict, measured: measured.into() }
    }

    /// Pass or fail by a fact.
    fn holds(does: bool, measured: impl Into<String>) -> Self {
        Self::new(if does { Verdict::Pass } else { Verdict::Fail }, measured)
    }
}

impl From<Refusal> for Finding {
    fn from(refusal: Refusal) -> Self {
        Self::new(Verdict::Error, refusal.to_string())
    }
}

/// One live check of a control.
#[async_trait]
pub trait Check: Send + Sync {
    fn name(&self) -> &'static str;

    /// What it measures and when that passes, in one sentence.
    fn says(&self) -> &'static str;

    /// The controls it is evidence for.
    fn controls(&self) -> &'static [&'static str];

    /// How long a verdict can be trusted, in milliseconds.
    fn trusted_ms(&self) -> i64 {
        DAY_MS
    }

    /// Looks at the region as it is now; changes nothing.
    async fn look(&self, region: &Region) -> Result<Finding, Refusal>;

    /// Looks, by the same code, at a fault planted in a twin.
    async fn look_at_fault(&self) -> Result<Finding, Refusal>;
}

/// Every check of this room.
pub fn all() -> Vec<Box<dyn Check>> {
    vec![
        Box::new(census::SealingCensus),
        Box::new(consistency::LedgerConsistency),
        Box::new(gates::GateProbes),
        Box::new(rollback::RollbackProbe),
        Box::new(erasure::EraseProof),
        Box::new(scrub::BlobScrub),
        Box::new(lineage::LineageComplete),
        Box::new(drill::RestoreDrill),
        Box::new(usage::UsageRecount),
        Box::new(witness::CheckpointWitnessed),
    ]
}

/// The verdict of a check that has just shown that it can fail.
pub async fn verdict(check: &dyn Check, region: &Region) -> Finding {
    let planted = check.look_at_fault().await.unwrap_or_else(Finding::from);
    if planted.verdict != Verdict::Fail {
        return Finding::new(
            Verdict::Error,
            format!("it did not see its planted fault: {}", planted.measured),
        );
    }
    check.look(region).await.unwrap_or_else(Finding::from)
}

/// What a look at open cells leaves out, in words; nothing where all are open.
async fn left_out(region: &Region) -> Result<String, Refusal> {
    let open: Vec<Id<CellNoun>> = region.open_cells().iter().map(|cell| cell.id).collect();
    let projects = region.projects().await?;
    let is_closed = |project: &&ProjectRow| project.erased_at.is_none() && !open.contains(&project.id.cast());
    Ok(match projects.iter().filter(is_closed).count() {
        0 => String::new(),
        closed => format!("; projects not opened since the start, not looked at: {closed}"),
    })
}

/// The last verdict of a check, in the root.
#[derive(Debug, Clone, Encode, Decode)]
pub struct VerdictRow {
    #[n(0)]
    pub check: String,
    #[n(1)]
    pub verdict: Verdict,
    #[n(2)]
    pub measured: String,
    #[n(3)]
    pub at: Timestamp,
}

impl Row for VerdictRow {
    const TABLE: Table = Table::Verdict;
}

/// Runs the wanted checks; the evidence is a leaf.
pub async fn run(region: &Region, actor: &Actor, deed: &CheckRun) -> Result<Done, Refusal> {
    region.heard(actor, CheckRun::ACT, None, ran(region, actor, deed).boxed()).await
}

async fn ran(region: &Region, actor: &Actor, deed: &CheckRun) -> Result<Done, Refusal> {
    let allowed = region.allow(actor, deed, None).await?;
    let mut found = Vec::new();
    for check in all() {
        if deed.check.as_deref().is_none_or(|name| name == check.name()) {
            found.push((check.name(), verdict(check.as_ref(), region).await));
        }
    }
    if found.is_empty() {
        return Err(Refusal::with(Reason::NotFound, "check"));
    }
    let request = Request::once(actor.clone(), deed.clone());
    region.commit(region.root(), request, allowed, Record { found }).await
}

struct Record {
    found: Vec<(&'static str, Finding)>,
}

#[async_trait]
impl Plan<CheckRun> for Record {
    async fn plan(&mut self, _: &CheckRun, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let mut outcome = Outcome::default();
        let mut told = Vec::new();
        for (name, finding) in &self.found {
            let row = VerdictRow {
                check: (*name).to_owned(),
                verdict: finding.verdict,
                measured: finding.measured.clone(),
                at: frame.now,
            };
            draft.put(name.as_bytes(), &row)?;
            outcome.subjects.push(format!("check:{name}:{}", finding.verdict.text()));
            told.push(told_row(&row, frame.now));
        }
        Ok(outcome.saying(Value::Array(told)))
    }
}

/// Each check with the verdict it has now; one that never ran is stale.
pub async fn verdicts(region: &Region) -> Result<Vec<(&'static str, Verdict)>, Refusal> {
    let root = region.root().view().await?;
    let mut told = Vec::new();
    for check in all() {
        let row: Option<VerdictRow> = root.row(check.name().as_bytes()).await?;
        let fresh = row.filter(|row| region.now().since_ms(row.at) <= check.trusted_ms());
        told.push((check.name(), fresh.map_or(Verdict::Stale, |row| row.verdict)));
    }
    Ok(told)
}

fn told_row(row: &VerdictRow, now: Timestamp) -> Value {
    let Some(check) = all().into_iter().find(|check| check.name() == row.check) else {
        return json!({ "check": row.check, "verdict": Verdict::Stale.text(), "measured": row.measured, "at": row.at });
    };
    let is_stale = now.since_ms(row.at) > check.trusted_ms();
    let verdict = if is_stale { Verdict::Stale } else { row.verdict };
    told(check.as_ref(), verdict, &row.measured, Some(row.at))
}

fn told(check: &dyn Check, verdict: Verdict, measured: &str, at: Option<Timestamp>) -> Value {
    json!({
        "check": check.name(),
        "verdict": verdict.text(),
        "measured": measured,
        "at": at,
        "says": check.says(),
        "controls": check.controls(),
    })
}

#[async_trait]
impl Show for CheckShow {
    /// A check that never ran is stale.
    async fn show(&self, scene: &Scene<'_>) -> Result<Value, Refusal> {
        let mut shown = Vec::new();
        for check in all() {
            if self.check.as_deref().is_some_and(|name| name != check.name()) {
                continue;
            }
            let row: Option<VerdictRow> = scene.root.row(check.name().as_bytes()).await?;
            shown.push(match row {
                Some(row) => told_row(&row, scene.now),
                None => told(check.as_ref(), Verdict::Stale, "it never ran", None),
            });
        }
        Ok(Value::Array(shown))
    }
}
