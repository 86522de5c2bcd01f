//! What a project's rules are, what each would take, and what came of them.

use async_trait::async_trait;
use minicbor::{Decode, Encode};
use serde_json::{Value, json};
use words::act::{RuleShow, RuleTest};
use words::noun::Object;
use words::{Id, Reason, Refusal, Timestamp};

use super::set::Asked;
use super::{Looked, RuleRow, Seen};
use crate::act::Scene;
use crate::cell::draft::Draft;
use crate::noun::bucket::BucketRow;
use crate::noun::project;
use crate::object::ObjectRow;
use crate::row::{Row, Table};
use crate::show::Show;

/// WHY: a few to look at; the count tells the rest.
const LAST_MAX: usize = 8;
/// WHY: causes are words of ours; more of them than this are one disease.
const CAUSES_MAX: usize = 64;
/// WHY: a person waits for the answer.
const TESTED_MAX: usize = 20_000;
const SHOWN_MAX: usize = 20;

/// What came of a rule since it was set last.
#[derive(Debug, Clone, Default, Encode, Decode)]
pub struct TallyRow {
    #[n(0)]
    pub made: u64,
    /// Taken, where nothing could be made of it.
    #[n(1)]
    pub nothing: u64,
    #[n(2)]
    pub failed: Vec<Failed>,
    #[n(3)]
    pub last: Option<Timestamp>,
}

/// What failed of one cause and has not been made since.
#[derive(Debug, Clone, Encode, Decode)]
pub struct Failed {
    #[n(0)]
    pub cause: String,
    #[n(1)]
    pub count: u64,
    #[n(2)]
    pub last: Vec<Id<Object>>,
}

impl Row for TallyRow {
    const TABLE: Table = Table::Tally;
}

impl TallyRow {
    pub(crate) fn fail(&mut self, cause: &str, object: Id<Object>) {
        let known = self.failed.iter().position(|failed| failed.cause == cause);
        let at = known.or_else(|| {
            (self.failed.len() < CAUSES_MAX).then(|| {
                self.failed.push(Failed { cause: cause.to_owned(), count: 0, last: Vec::new() });
                self.failed.len() - 1
            })
        });
        if let Some(failed) = at.and_then(|at| self.failed.get_mut(at)) {
            failed.count = failed.count.saturating_add(1);
            failed.last.retain(|last| *last != object);
            failed.last.insert(0, object);
            failed.last.truncate(LAST_MAX);
        }
    }

    pub(crate) fn mend(&mut self, cause: &str, object: Id<Object>) {
        for failed in self.failed.iter_mut().filter(|failed| failed.cause == cause) {
            failed.count = failed.count.saturating_sub(1);
            failed.last.retain(|last| *last != object);
        }
        self.failed.retain(|failed| failed.count > 0);
    }

    fn told(&self) -> Value {
        let failed = self.failed.iter().map(|failed| {
            let last: Vec<_> = failed.last.iter().map(Id::to_string).collect();
            json!({ "cause": failed.cause, "count": failed.count, "last": last })
        });
        json!({
            "made": self.made,
            "nothing": self.nothing,
            "failed": failed.collect::<Vec<_>>(),
            "last": self.last,
        })
    }
}

fn told(rule: &RuleRow, tally: &TallyRow) -> Value {
    json!({
        "rule": rule.name,
        "version": rule.version,
        "own": rule.by.is_none(),
        "when": rule.when.told(),
        "steps": rule.steps,
        "recipe": rule.recipe,
        "digest": rule.digest(),
        "set": rule.by.map(|_| rule.at),
        "runs": tally.told(),
    })
}

#[async_trait]
impl Show for RuleShow {
    async fn show(&self, scene: &Scene<'_>) -> Result<Value, Refusal> {
        let rows = scene.cell.ok_or(Refusal::new(Reason::NotFound))?;
        let mut shown = Vec::new();
        for rule in super::all(rows).await? {
            if self.rule.as_ref().is_none_or(|name| *name == rule.name) {
                let tally: Option<TallyRow> = rows.row(rule.name.as_bytes()).await?;
                shown.push(told(&rule, &tally.unwrap_or_default()));
            }
        }
        Ok(Value::Array(shown))
    }
}

#[async_trait]
impl Show for RuleTest {
    async fn show(&self, scene: &Scene<'_>) -> Result<Value, Refusal> {
        let rows = scene.cell.ok_or(Refusal::new(Reason::NotFound))?;
        let project = project::find(scene.root, &self.project).await?;
        let asked = Asked::from(self).row(scene.root, &project, 0, scene.now).await?;
        let others: Vec<RuleRow> = super::all(rows).await?;
        let mut found = Tested { rule: asked, others, looked_at: 0, takes: 0, behind: 0, shown: Vec::new() };
        for (_, bucket) in rows.all::<BucketRow>(&[]).await? {
            found.bucket(rows, &bucket).await?;
        }
        Ok(found.told())
    }
}

/// What a rule would do, counted over what is stored.
struct Tested {
    rule: RuleRow,
    others: Vec<RuleRow>,
    looked_at: usize,
    takes: u64,
    /// Taken now by another rule that is asked first.
    behind: u64,
    shown: Vec<Value>,
}

impl Tested {
    async fn bucket(&mut self, rows: &Draft, bucket: &BucketRow) -> Result<(), Refusal> {
        let agreement = bucket.agreement_id(rows).await?;
        let mut after: Option<Vec<u8>> = None;
        while self.looked_at < TESTED_MAX {
            let page = rows.rows::<ObjectRow>(&bucket.id.to_bytes(), after.as_deref(), 256).await?;
            let is_last = page.len() < 256;
            after = page.last().map(|(key, _)| key.clone()).or(after);
            for (_, row) in page.into_iter().filter(|(_, row)| !row.is_marker && row.derived.is_none()) {
                self.looked_at += 1;
                self.object(&Looked::at(rows, &row).await?.seen(&row, bucket, agreement));
            }
            if is_last {
                break;
            }
        }
        Ok(())
    }

    fn object(&mut self, object: &Seen<'_>) {
        if !self.rule.when.takes(object) {
            return;
        }
        // WHY by name: those of a project are asked in that order, and all of them before the region's.
        let is_first = |other: &RuleRow| other.by.is_some() && other.name < self.rule.name;
        if self.others.iter().any(|other| is_first(other) && other.when.takes(object)) {
            self.behind += 1;
            return;
        }
        self.takes += 1;
        if self.shown.len() < SHOWN_MAX {
            self.shown.push(json!({
                "object": object.row.id.to_string(),
                "bucket": object.bucket,
                "kind": object.kind,
                "size_bytes": object.row.size_bytes,
            }));
        }
    }

    fn told(&self) -> Value {
        json!({
            "looked_at": self.looked_at,
            "all": self.looked_at < TESTED_MAX,
            "takes": self.takes,
            "behind": self.behind,
            "steps": self.rule.steps,
            "objects": self.shown,
        })
    }
}
