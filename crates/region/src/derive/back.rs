//! The way back from a pseudonym: for a custodian alone, a few at a time, with a reason that stays in the ledger.
//!
//! No table of names is kept anywhere. Whom a pseudonym stands for is found anew in
//! what it was made of, by a process of its own with the project's key; with that
//! table or that key gone, nobody is found any more. What is found goes into the
//! answer and nowhere else.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use futures::FutureExt;
use privacy::pseudonym::{Pseudonym, read_table};
use recipes::Recipe;
use recipes::reverse::{Reverse, WANTED_MAX};
use serde_json::json;
use words::act::PseudonymReverse;
use words::noun::Noun;
use words::{Actor, Deed, Reason, Refusal, Secret};

use super::is_source;
use crate::Region;
use crate::act::{Frame, Outcome, Plan, Request};
use crate::cell::draft::Draft;
use crate::cell::step::Done;
use crate::examine::Opened;
use crate::noun::bucket;
use crate::object::body::Body;
use crate::object::{ObjectRow, known};
use crate::rule::{self, Looked};

/// Whoever reads a table for it: a process of which the region knows nothing.
#[async_trait]
pub trait Reverses: Send + Sync {
    /// A table as `privacy::pseudonym` writes it, of those that were found.
    async fn reverse(
        &self,
        recipe: Recipe,
        key: Secret<[u8; 32]>,
        size_bytes: u64,
        body: Body,
    ) -> Result<Vec<u8>, Refusal>;
}

/// Tells whom pseudonyms stand for; the leaf comes before the first name.
pub async fn reverse(region: &Region, actor: &Actor, deed: PseudonymReverse) -> Result<Done, Refusal> {
    let project = deed.project.clone();
    region.heard(actor, PseudonymReverse::ACT, Some(&project), reversed(region, actor, deed).boxed()).await
}

async fn reversed(region: &Region, actor: &Actor, deed: PseudonymReverse) -> Result<Done, Refusal> {
    let wanted = wanted(&deed.pseudonyms)?;
    if deed.reason.trim().is_empty() {
        return Err(Refusal::with(Reason::Invalid, "say why"));
    }
    let cell = region.project_cell(actor, &deed.project).await?;
    let allowed = region.allow(actor, &deed, Some(&cell)).await?;
    let rows = cell.view().await?;
    let (row, table) = source(&rows, &deed).await?;
    let named = table.key.clone().unwrap_or_default();
    let asked = wanted.keys().map(ToString::to_string).collect();
    let recipe = Recipe::Reverse(Reverse { table, wanted: asked });
    let key = region.pseudonym_key(cell.id, &named)?;
    let opened = Opened::of(region, &cell, &row).await?;
    let (body, held) = opened.parts();
    let reader = region.reverses().get().ok_or(Refusal::new(Reason::Unavailable))?;
    let table = reader.reverse(recipe, key, row.size_bytes, body).await?;
    drop(held);
    let found = names(&table, &wanted)?;
    let plan = Reversed { row, asked: wanted.len(), found: found.len() };
    let mut done = region.commit(&cell, Request::once(actor.clone(), deed), allowed, plan).await?;
    if let Some(answer) = done.answer.as_object_mut() {
        answer.insert("names".to_owned(), json!(found));
    }
    Ok(done)
}

/// What was asked, by what it means. WHY as it was written: so whoever asks finds it again in the answer.
fn wanted(texts: &[String]) -> Result<BTreeMap<Pseudonym, String>, Refusal> {
    let mut wanted = BTreeMap::new();
    for text in texts {
        let pseudonym: Pseudonym = text.parse().map_err(|error: privacy::pseudonym::PseudonymError| {
            Refusal::with(Reason::Invalid, error.to_string())
        })?;
        wanted.insert(pseudonym, text.clone());
    }
    match (1..=WANTED_MAX).contains(&wanted.len()) {
        true => Ok(wanted),
        false => Err(Refusal::with(Reason::Invalid, "name 1 to 100 pseudonyms")),
    }
}

/// The table that they were made of, and how.
async fn source(
    rows: &Draft,
    deed: &PseudonymReverse,
) -> Result<(ObjectRow, Box<recipes::table::Table>), Refusal> {
    let bucket = bucket::find(rows, &deed.bucket).await?;
    let row = known(rows, &bucket, &deed.key, None).await?;
    let none = || {
        Refusal::with(
            Reason::StateWrong,
            "no rule makes pseudonyms of it: name the table that they were made of",
        )
    };
    // WHY no snapshot: whom it names is asked at home, where the pseudonyms were made.
    if !is_source(&row) || bucket.taken.is_some() {
        return Err(none());
    }
    let looked = Looked::at(rows, &row).await?;
    let agreement = bucket.agreement_id(rows).await?;
    let rules = rule::all(rows).await?;
    let recipe = rule::deciding(&rules, &looked.seen(&row, &bucket, agreement))
        .and_then(|rule| rule::Step::Table.recipe(&looked.kind, rule.recipe.as_deref()));
    match recipe {
        Some(Recipe::Table(table)) if !table.pseudonyms.is_empty() => Ok((row, table)),
        _ => Err(none()),
    }
}

/// Names by pseudonym, as they were asked for.
fn names(table: &[u8], wanted: &BTreeMap<Pseudonym, String>) -> Result<BTreeMap<String, String>, Refusal> {
    let unsound = |_| Refusal::new(Reason::Unavailable);
    let mut names = BTreeMap::new();
    for entry in read_table(table).map_err(unsound)? {
        let entry = entry.map_err(unsound)?;
        if let Some(text) = wanted.get(&entry.pseudonym) {
            names.insert(text.clone(), String::from_utf8_lossy(&entry.named).into_owned());
        }
    }
    Ok(names)
}

struct Reversed {
    row: ObjectRow,
    asked: usize,
    found: usize,
}

#[async_trait]
impl Plan<PseudonymReverse> for Reversed {
    async fn plan(
        &mut self,
        _: &PseudonymReverse,
        draft: &mut Draft,
        _: &Frame<'_>,
    ) -> Result<Outcome, Refusal> {
        // WHY again: it may have gone, or been set apart, while it was read.
        let row: Option<ObjectRow> = draft.row(&self.row.row_key()).await?;
        let row = row.filter(|row| row.id == self.row.id && is_source(row));
        let row = row.ok_or_else(|| Refusal::with(Reason::NotFound, "object"))?;
        let answer = json!({ "asked": self.asked, "found": self.found });
        Ok(Outcome::of(Noun::Object, row.id).within(row.scope).saying(answer))
    }
}

impl Region {
    /// Who reads tables for it, from now on.
    pub fn reverse_by(&self, reader: Arc<dyn Reverses>) {
        // WHY the first: there is one, for as long as the process lives.
        let _already = self.reverses().set(reader);
    }
}
