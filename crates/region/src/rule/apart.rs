//! Setting apart by a rule: nobody reads what bears a label, or is what a rule names, until its controller has looked.
//!
//! It is decided in the very commit that stores an object, labels it or keeps what
//! was said of it; only what was there before its rule is found by a look over
//! everything. What a rule set apart stays so, whatever becomes of labels and
//! rules, until it is cleared: who may label must not be who may let read.

use async_trait::async_trait;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::json;
use words::noun::{Noun, Project};
use words::{Id, Reason, Refusal, Timestamp};

use super::{Looked, RuleRow, Seen, TallyRow};
use crate::Region;
use crate::act::subject;
use crate::cell::draft::Draft;
use crate::cell::step::{Entry, Moment, Planned, Step};
use crate::contract;
use crate::examine::{Examined, OBJECT_EXAMINE, Standing, stand_with};
use crate::noun::bucket::{self, BucketRow};
use crate::object::ObjectRow;
use crate::object::label::Labels;

/// WHY boxed: everything that stores, labels or keeps asks it, and the compiler would prove the whole of it anew for each act.
type Asked<'a, T> = BoxFuture<'a, Result<T, Refusal>>;

/// A project's rules that set something apart.
async fn setting(rows: &Draft) -> Result<Vec<RuleRow>, Refusal> {
    // WHY not the region's own: none of them does, and each store asks.
    let rules = rows.all::<RuleRow>(&[]).await?;
    Ok(rules.into_iter().map(|(_, rule)| rule).filter(RuleRow::sets_apart).collect())
}

/// The rule of some that sets an object apart, if one does.
///
/// WHY any, not the first that takes it: what else is made of an object opens it to nobody.
pub(crate) fn by<'r>(rules: &'r [RuleRow], seen: &Seen<'_>) -> Option<&'r RuleRow> {
    rules.iter().find(|rule| rule.sets_apart() && is_for(rule, seen))
}

fn is_for(rule: &RuleRow, seen: &Seen<'_>) -> bool {
    // WHY: what only a look can tell, nobody knows before one.
    let is_known = !seen.kind.is_empty() || !rule.when.needs_look();
    let is_source = !seen.row.is_marker && seen.row.derived.is_none();
    is_known && is_source && rule.when.takes(seen)
}

/// The same for an object of which this was said.
pub(crate) fn judged<'a>(
    rows: &'a Draft,
    row: &'a ObjectRow,
    looked: &'a Looked,
) -> Asked<'a, Option<RuleRow>> {
    let work = async move {
        let rules = setting(rows).await?;
        if rules.is_empty() {
            return Ok(None);
        }
        let Some(bucket) = bucket::of_id(rows, row.bucket).await? else { return Ok(None) };
        let agreement = bucket.agreement_id(rows).await?;
        Ok(by(&rules, &looked.seen(row, &bucket, agreement)).cloned())
    };
    work.boxed()
}

/// Sets an object apart that is about to be stored, or was labelled, where a rule says so. `before`: its labels until now;
/// what takes it by those too was decided then.
pub(crate) fn stored<'a>(
    draft: &'a mut Draft,
    bucket: &'a BucketRow,
    row: &'a mut ObjectRow,
    before: Option<Labels>,
    now: Timestamp,
) -> Asked<'a, ()> {
    let work = async move {
        let rules = if row.refuse_apart().is_err() { Vec::new() } else { setting(draft).await? };
        if rules.is_empty() {
            return Ok(());
        }
        let looked = Looked::at(draft, row).await?;
        let agreement = bucket.agreement_id(draft).await?;
        let seen = looked.seen(row, bucket, agreement);
        // WHY: a person's word stands until the labels say something new.
        let earlier = before.filter(|_| row.is_cleared()).map(|labels| ObjectRow { labels, ..row.clone() });
        let earlier = earlier.as_ref().map(|row| Seen { row, ..seen });
        let is_new = |rule: &&RuleRow| earlier.as_ref().is_none_or(|earlier| !is_for(rule, earlier));
        let found = rules.iter().filter(|rule| is_for(rule, &seen)).find(is_new).cloned();
        let Some(rule) = &found else { return Ok(()) };
        set(draft, row, rule, now).await
    };
    work.boxed()
}

fn set<'a>(draft: &'a mut Draft, row: &'a mut ObjectRow, rule: &'a RuleRow, now: Timestamp) -> Asked<'a, ()> {
    let work = async move {
        let again = row.examined.as_ref().map_or(Some(true), |examined| examined.again);
        let (standing, by) = (Standing::Apart, Some(rule.name.clone()));
        row.examined = Some(Examined { standing, at: now, cleared: None, again, rule: by });
        stand_with(draft, row).await?;
        contract::forget(draft, row).await?;
        counted(draft, rule, now).await
    };
    work.boxed()
}

/// Counts that a rule set something apart.
pub(crate) async fn counted(draft: &mut Draft, rule: &RuleRow, now: Timestamp) -> Result<(), Refusal> {
    let tally: TallyRow = draft.row(rule.name.as_bytes()).await?.unwrap_or_default();
    let made = tally.made.saturating_add(1);
    draft.put(rule.name.as_bytes(), &TallyRow { made, last: Some(now), ..tally })
}

impl ObjectRow {
    fn is_cleared(&self) -> bool {
        self.examined.as_ref().is_some_and(|examined| examined.cleared.is_some())
    }

    /// Whether a rule may still set it apart: it does not stand so, and nobody has cleared it.
    pub(crate) fn wants_apart(&self) -> bool {
        self.refuse_apart().is_ok() && !self.is_cleared()
    }
}

impl Region {
    /// Sets apart what a rule says so of, that was there before the rule.
    pub async fn set_apart(&self, project: Id<Project>, row: &ObjectRow) -> Result<(), Refusal> {
        let cell = self.cell(project.cast()).await?;
        match cell.submit(Box::new(Apart { row: row.clone() })).await {
            Ok(_) => Ok(()),
            // WHY no error: it is gone, or the rule is.
            Err(refusal) if refusal.reason == Reason::StateWrong => Ok(()),
            Err(refusal) => Err(refusal),
        }
    }
}

struct Apart {
    row: ObjectRow,
}

#[async_trait]
impl Step for Apart {
    async fn plan(&mut self, draft: &mut Draft, moment: Moment) -> Result<Planned, Refusal> {
        let row: Option<ObjectRow> = draft.row(&self.row.row_key()).await?;
        let row = row.filter(|row| row.id == self.row.id);
        let mut row = row.ok_or_else(|| Refusal::with(Reason::StateWrong, "it is gone"))?;
        let rule = match row.wants_apart() {
            true => judged(draft, &row, &Looked::at(draft, &row).await?).await?,
            false => None,
        };
        let rule = rule.ok_or_else(|| Refusal::with(Reason::StateWrong, "no rule sets it apart"))?;
        set(draft, &mut row, &rule, moment.now).await?;
        row.store(draft)?;
        let told = json!({ "standing": Standing::Apart.text(), "rule": rule.name });
        let entry = Entry::of_house(OBJECT_EXAMINE, moment.now).about(subject(Noun::Object, row.id));
        let detail = json!({ "examined": told }).to_string().into_bytes();
        Ok(Planned::New(Entry { detail, scope: Some(row.scope), answer: told, ..entry }))
    }
}
