//! What waits to be made: of what the log brought, and of what a look over everything finds missing.

use words::noun::{Bucket, Cell as CellNoun, Project};
use words::{Id, Reason, Refusal, Secret};

use super::{PREFIX, RunsRow, TRIES_MAX, Work, digest_of, is_source};
use crate::Region;
use crate::cell::Cell;
use crate::cell::draft::Draft;
use crate::cell::format::KeyRef;
use crate::examine::Opened;
use crate::noun::bucket::BucketRow;
use crate::object::{ObjectRow, newest};
use crate::rule::{self, Looked, RuleRow, apart};

/// WHY: a moment of reading; the rest comes with the next look.
const PAGE_ROWS: usize = 256;

/// Where a look over everything is.
#[derive(Debug, Clone, Default)]
pub struct Place {
    after: Option<Vec<u8>>,
}

impl Place {
    /// Whether it begins anew.
    pub const fn is_start(&self) -> bool {
        self.after.is_none()
    }
}

/// What a project's rules ask of an object, and what it lacks of that.
pub(crate) struct Asking {
    rules: Vec<RuleRow>,
    buckets: Vec<BucketRow>,
    /// Some rule does.
    sets_apart: bool,
}

impl Asking {
    pub(crate) async fn of(rows: &Draft) -> Result<Self, Refusal> {
        let buckets = rows.all::<BucketRow>(&[]).await?;
        let (rules, buckets) = (rule::all(rows).await?, buckets.into_iter().map(|(_, row)| row).collect());
        let sets_apart = rules.iter().any(RuleRow::sets_apart);
        Ok(Self { rules, buckets, sets_apart })
    }

    fn bucket(&self, id: Id<Bucket>) -> Option<&BucketRow> {
        self.buckets.iter().find(|bucket| bucket.id == id)
    }

    /// Whether a rule sets an object apart that does not stand so yet.
    async fn is_apart(&self, rows: &Draft, row: &ObjectRow) -> Result<bool, Refusal> {
        let Some(bucket) = self.bucket(row.bucket).filter(|_| self.sets_apart && row.wants_apart()) else {
            return Ok(false);
        };
        let looked = Looked::at(rows, row).await?;
        let agreement = bucket.agreement_id(rows).await?;
        Ok(apart::by(&self.rules, &looked.seen(row, bucket, agreement)).is_some())
    }

    /// What is to be made of an object now.
    pub(crate) async fn works(
        &self,
        cell: &Cell,
        rows: &Draft,
        row: &ObjectRow,
    ) -> Result<Vec<Work>, Refusal> {
        // WHY not in snapshots: what lies there is what left its home, and nothing else.
        let Some(bucket) = self.bucket(row.bucket).filter(|bucket| bucket.taken.is_none()) else {
            return Ok(Vec::new());
        };
        if !is_source(row) || newest(rows, bucket, &row.key).await?.is_none_or(|newest| newest.id != row.id) {
            return Ok(Vec::new());
        }
        let row_key = row.row_key();
        let looked = Looked::at(rows, row).await?;
        if looked.kind.is_empty() {
            return Ok(Vec::new());
        }
        let agreement = bucket.agreement_id(rows).await?;
        let Some(rule) = rule::deciding(&self.rules, &looked.seen(row, bucket, agreement)) else {
            return Ok(Vec::new());
        };
        let runs: RunsRow = rows.row(&row_key).await?.unwrap_or_default();
        let mut works = Vec::new();
        for step in rule.steps() {
            let Some(recipe) = step.recipe(&looked.kind, rule.recipe.as_deref()) else { continue };
            let asked = digest_of(&recipe);
            let tries = match runs.of(step).filter(|run| run.asked == asked) {
                None => 0,
                Some(run) if run.cause.is_some() && run.may_pass && run.tries < TRIES_MAX => run.tries,
                Some(run) if is_missing(rows, bucket, run).await? => 0,
                Some(_) => continue,
            };
            let (row_key, row) = (row_key.clone(), row.clone());
            let (version, rule) = (rule.version, rule.name.clone());
            works.push(Work { cell: cell.id, row_key, row, rule, version, step, recipe, tries });
        }
        Ok(works)
    }
}

/// Whether what was made is not there any more.
async fn is_missing(rows: &Draft, bucket: &BucketRow, run: &super::Run) -> Result<bool, Refusal> {
    let (Some(made), Some(key)) = (run.made, &run.key) else { return Ok(false) };
    Ok(newest(rows, bucket, key).await?.is_none_or(|newest| newest.id != made || newest.is_marker))
}

/// Whether what was made has lost what it was made of.
pub(super) async fn is_orphan(rows: &Draft, row: &ObjectRow) -> Result<bool, Refusal> {
    let Some(derived) = row.derived.as_ref().filter(|_| row.lineage.is_none() && !row.is_marker) else {
        return Ok(false);
    };
    let place = format!("{PREFIX}{}/", derived.step);
    let Some(rest) = row.key.strip_prefix(&place) else { return Ok(true) };
    // WHY from the longest on: the ending of what was made may have several dots.
    for (at, _) in std::iter::once((rest.len(), ' ')).chain(rest.char_indices().rev()) {
        let key = rest.get(..at).unwrap_or_default();
        if rest.len() - at > 32 || key.is_empty() {
            break;
        }
        let under = crate::object::prefix(row.bucket, key);
        let newest = rows.rows::<ObjectRow>(&under, None, 1).await?.into_iter().next();
        if newest.is_some_and(|(_, source)| source.id == derived.source && is_source(&source)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What a look over a part of everything found.
#[derive(Debug, Default)]
pub struct Wanting {
    pub works: Vec<Work>,
    /// What a rule sets apart, and is not.
    pub aparts: Vec<ObjectRow>,
    /// What lost what it was made of.
    pub orphans: Vec<ObjectRow>,
    /// Where the next part begins; at the start again once all was seen.
    pub next: Place,
}

impl Region {
    /// Looks over the next part of everything that is stored in a project, and says what is missing or too much.
    pub async fn wanting(&self, project: Id<Project>, from: &Place) -> Result<Wanting, Refusal> {
        let cell = self.cell(project.cast()).await?;
        let rows = cell.view().await?;
        let page = rows.rows::<ObjectRow>(&[], from.after.as_deref(), PAGE_ROWS).await?;
        let after = if page.len() < PAGE_ROWS { None } else { page.last().map(|(key, _)| key.clone()) };
        let mut wanting = Wanting { next: Place { after }, ..Wanting::default() };
        if page.is_empty() {
            return Ok(wanting);
        }
        let asking = Asking::of(&rows).await?;
        for (_, row) in page {
            match row.derived {
                Some(_) if is_orphan(&rows, &row).await? => wanting.orphans.push(row),
                Some(_) => {}
                None if asking.is_apart(&rows, &row).await? => wanting.aparts.push(row),
                None => wanting.works.extend(asking.works(&cell, &rows, &row).await?),
            }
        }
        Ok(wanting)
    }

    /// The key of a project's pseudonyms, under the name that a recipe gives it. It dies with the project's own keys.
    pub fn pseudonym_key(&self, cell: Id<CellNoun>, name: &str) -> Result<Secret<[u8; 32]>, Refusal> {
        let (keys, scope) = (self.keys(cell), cell.cast());
        // WHY: a project that has only what others delivered has made no key of its own yet.
        keys.found_names(scope)?;
        let own = keys.sealing(KeyRef::Scope(scope))?;
        seal::keys::derive(&own, "epic pseudonyms", name.as_bytes()).map_err(|_| Reason::Unavailable.into())
    }

    /// The bytes of what something is to be made of; none: it is gone, or may not be read any more.
    pub async fn open_work(&self, work: &Work) -> Result<Option<Opened>, Refusal> {
        let cell = self.cell(work.cell).await?;
        let row: Option<ObjectRow> = cell.view().await?.row(&work.row_key).await?;
        match row.filter(|row| row.id == work.row.id && is_source(row)) {
            Some(row) => Opened::of(self, &cell, &row).await.map(Some),
            None => Ok(None),
        }
    }
}
