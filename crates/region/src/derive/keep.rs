//! Keeping what was made, or why nothing was.

use async_trait::async_trait;
use serde_json::{Value, json};
use words::limit::OBJECT_KEY_BYTES_MAX;
use words::noun::{Cell as CellNoun, Noun};
use words::{Id, Reason, Refusal};

use super::{Derived, KEY_LONG, KEY_TAKEN, OBJECT_DERIVE, PREFIX, Run, RunsRow, Work, is_source};
use crate::Region;
use crate::act::subject;
use crate::cell::draft::Draft;
use crate::cell::step::{Entry, Moment, Planned, Step as CellStep};
use crate::contract;
use crate::examine::ReportRow;
use crate::noun::bucket::{self, Versions};
use crate::noun::quota::{self, Room};
use crate::object::body::{self, Body};
use crate::object::keep::may_vanish;
use crate::object::{ObjectRow, Piece, newest, next_version};
use crate::row::Seal;
use crate::rule::{RuleRow, TallyRow};
use crate::scope::ScopeRow;

/// WHY: a recipe's largest output is about as long as what it is made of; what is stored in one go is bounded anyway.
const MADE_BYTES_MAX: u64 = 5 << 30;
/// WHY: words for a search, beside the object: more of them than this tell no two letters apart.
pub const WORDS_BYTES_MAX: usize = 16 << 10;
/// WHY: some bins for each of some hundred columns.
pub const PROFILE_BYTES_MAX: usize = 256 << 10;

/// What a step made.
#[derive(Debug, Default)]
pub struct Made {
    /// Digest of how it was made, where that is otherwise than was asked for.
    pub recipe: Option<String>,
    /// The object: its key's ending, its media type, its SHA-256 in hex; none where only the rest was asked for.
    pub object: Option<MadeObject>,
    /// Words for the search.
    pub words: Option<String>,
    /// The profile, as JSON.
    pub profile: Option<Value>,
    /// How the profile differs from that of the last delivery.
    pub drift: Option<Value>,
}

#[derive(Debug)]
pub struct MadeObject {
    pub ending: String,
    pub media: String,
    pub sha256: String,
    pub(crate) piece: Piece,
}

/// Bytes that lie sealed in the store, and that no row names yet.
pub struct Laid {
    piece: Piece,
}

impl Laid {
    pub fn into_object(self, ending: String, media: String, sha256: String) -> MadeObject {
        MadeObject { ending, media, sha256, piece: self.piece }
    }
}

/// What came of a step.
enum Came {
    Made(Box<Made>),
    Nothing,
    Failed { cause: String, may_pass: bool },
}

impl Region {
    /// Seals what is being made and makes it durable; a body that fails leaves nothing that a row names.
    pub async fn lay(&self, work: &Work, body: Body) -> Result<Laid, Refusal> {
        let cell = self.cell(work.cell).await?;
        let scope: ScopeRow = cell.view().await?.known(&work.row.scope.to_bytes()).await?;
        let room = Room::of(self, &cell).await?;
        room.takes(0, 1)?;
        let receipt = body::make(self, &cell, &scope, body, MADE_BYTES_MAX, room).await?;
        Ok(Laid { piece: receipt.piece })
    }

    /// Keeps what a step made.
    pub async fn keep_made(&self, work: &Work, made: Made) -> Result<(), Refusal> {
        self.step_made(work, Came::Made(Box::new(made))).await
    }

    /// Notes that nothing is to be made of it.
    pub async fn keep_nothing(&self, work: &Work) -> Result<(), Refusal> {
        self.step_made(work, Came::Nothing).await
    }

    /// Notes why it failed; `may_pass`: it is tried again by itself.
    pub async fn keep_failed(&self, work: &Work, cause: &str, may_pass: bool) -> Result<(), Refusal> {
        self.step_made(work, Came::Failed { cause: cause.to_owned(), may_pass }).await
    }

    async fn step_made(&self, work: &Work, came: Came) -> Result<(), Refusal> {
        let cell = self.cell(work.cell).await?;
        let step = Keeping { region: self.clone(), work: work.clone(), came: Some(came) };
        match cell.submit(Box::new(step)).await {
            Ok(_) => Ok(()),
            // WHY no error: what it was made of is not there any more, and nothing is to be kept.
            Err(refusal) if refusal.reason == Reason::StateWrong => Ok(()),
            Err(refusal) => Err(refusal),
        }
    }
}

struct Keeping {
    region: Region,
    work: Work,
    came: Option<Came>,
}

#[async_trait]
impl CellStep for Keeping {
    async fn plan(&mut self, draft: &mut Draft, moment: Moment) -> Result<Planned, Refusal> {
        let came = self.came.take().ok_or_else(crate::cell::lead::gone)?;
        let work = &self.work;
        let source: Option<ObjectRow> = draft.row(&work.row_key).await?;
        let source = source.filter(|row| row.id == work.row.id && is_source(row));
        let source = source.ok_or_else(|| Refusal::with(Reason::StateWrong, "it changed meanwhile"))?;
        draft.within(quota::of(&self.region.root().view().await?, moment.cell).await?);
        let mut run = Run {
            step: work.step.text().to_owned(),
            rule: work.rule.clone(),
            asked: super::digest_of(&work.recipe),
            at: moment.now,
            made: None,
            key: None,
            cause: None,
            tries: 0,
            may_pass: false,
        };
        let mut tally: TallyRow = draft.row(work.rule.as_bytes()).await?.unwrap_or_default();
        tally.last = Some(moment.now);
        let mut entry = Entry::of_house(OBJECT_DERIVE, moment.now).about(subject(Noun::Object, source.id));
        let told = match came {
            Came::Nothing => {
                tally.nothing = tally.nothing.saturating_add(1);
                json!({ "step": run.step, "nothing": true })
            }
            Came::Failed { cause, may_pass } => {
                run.tries = work.tries.saturating_add(1);
                run.may_pass = may_pass;
                let told = json!({ "step": run.step, "cause": cause, "tries": run.tries });
                run.cause = Some(cause);
                told
            }
            Came::Made(made) => {
                tally.made = tally.made.saturating_add(1);
                let told = self.made(draft, &source, *made, moment, &mut run).await?;
                entry.record.subjects.extend(run.made.map(|made| subject(Noun::Object, made)));
                told
            }
        };
        settle(draft, &source, run, &mut tally).await?;
        // WHY: what another version of a rule came to says nothing of this one.
        let current: Option<RuleRow> = draft.row(work.rule.as_bytes()).await?;
        if current.map_or(1, |rule| rule.version) == work.version {
            draft.put(work.rule.as_bytes(), &tally)?;
        }
        let detail = json!({ "derived": told, "rule": work.rule }).to_string().into_bytes();
        Ok(Planned::New(Entry { detail, scope: Some(source.scope), answer: told, ..entry }))
    }
}

/// Puts a run in the place of the last one of its step, and counts what failed.
async fn settle(
    draft: &mut Draft,
    source: &ObjectRow,
    mut run: Run,
    tally: &mut TallyRow,
) -> Result<(), Refusal> {
    let key = source.row_key();
    let mut runs: RunsRow = draft.row(&key).await?.unwrap_or_default();
    for before in runs.runs.iter().filter(|before| before.step == run.step && before.rule == run.rule) {
        if let Some(cause) = &before.cause {
            tally.mend(cause, source.id);
        }
    }
    if let Some(cause) = &run.cause {
        tally.fail(cause, source.id);
    }
    let before = runs.runs.iter().find(|before| before.step == run.step).cloned();
    match before.and_then(|before| Some((before.asked, before.made, before.key?))) {
        // The same was asked for and failed this time: what is there is still what was asked for.
        Some((asked, made, key)) if asked == run.asked && run.cause.is_some() => {
            (run.made, run.key) = (made, Some(key));
        }
        Some((_, _, key)) if run.key.as_ref() != Some(&key) => take_away(draft, source, &key).await?,
        _ => {}
    }
    runs.runs.retain(|before| before.step != run.step);
    runs.runs.push(run);
    draft.put_in(source.seal(), &key, &runs)
}

/// Takes away what was made of an object by a recipe that does not hold any more.
async fn take_away(draft: &mut Draft, source: &ObjectRow, key: &str) -> Result<(), Refusal> {
    let mut made = Vec::new();
    draft.each(&crate::object::prefix(source.bucket, key), |row: ObjectRow| made.push(row)).await?;
    let is_ours = |row: &&ObjectRow| row.derived.as_ref().is_some_and(|derived| derived.source == source.id);
    for row in made.iter().filter(is_ours).filter(|row| !row.is_held && row.retention.is_none()) {
        row.remove(draft);
    }
    Ok(())
}

impl Keeping {
    async fn made(
        &self,
        draft: &mut Draft,
        source: &ObjectRow,
        made: Made,
        moment: Moment,
        run: &mut Run,
    ) -> Result<Value, Refusal> {
        let recipe = made.recipe.clone().unwrap_or_else(|| run.asked.clone());
        let told = json!({
            "step": run.step,
            "recipe": recipe,
            "size_bytes": made.object.as_ref().map(|object| object.piece.plain_bytes),
            "sha256": made.object.as_ref().map(|object| object.sha256.clone()),
        });
        beside(draft, source, &made).await?;
        if let Some(object) = made.object {
            let key = format!("{PREFIX}{}/{}{}", run.step, source.key, object.ending);
            if key.len() > OBJECT_KEY_BYTES_MAX {
                run.cause = Some(KEY_LONG.to_owned());
                return Ok(json!({ "step": run.step, "cause": KEY_LONG }));
            }
            let derived =
                Derived { source: source.id, step: run.step.clone(), recipe, sha256: object.sha256 };
            let id = Id::random(self.region.rand());
            let row = ObjectRow {
                media: Some(object.media),
                at: moment.now,
                bucket: source.bucket,
                examined: source.examined.clone(),
                derived: Some(derived),
                ..ObjectRow::fresh(id, &key, source.scope, vec![object.piece], source.by)
            };
            (run.made, run.key) = (Some(row.id), Some(key));
            let root = self.region.root().view().await?;
            if !store(draft, (&root, moment.cell), row, &run.step).await? {
                (run.made, run.key, run.cause) = (None, None, Some(KEY_TAKEN.to_owned()));
            }
        }
        Ok(told)
    }
}

/// Stores a made object in the place of what was made there before; false: somebody else's lies there, or one that is kept.
///
/// WHY what was made before goes: it can be made again, and nobody delivered it.
async fn store(
    draft: &mut Draft,
    (root, cell): (&Draft, Id<CellNoun>),
    mut row: ObjectRow,
    step: &str,
) -> Result<bool, Refusal> {
    let gone = || Refusal::with(Reason::StateWrong, "its bucket is gone");
    let bucket = bucket::of_id(draft, row.bucket).await?.ok_or_else(gone)?;
    let there = newest(draft, &bucket, &row.key).await?;
    row.version = next_version(there.as_ref(), row.at);
    row.is_null = bucket.versions != Versions::Enabled;
    let mut before = Vec::new();
    draft.each(&crate::object::prefix(row.bucket, &row.key), |old: ObjectRow| before.push(old)).await?;
    let is_ours = |old: &ObjectRow| old.derived.as_ref().is_some_and(|derived| derived.step == step);
    for old in before.iter().filter(|old| !old.is_marker) {
        if !is_ours(old) || may_vanish(draft, root, cell.cast(), old, row.at).await.is_err() {
            return Ok(false);
        }
    }
    before.iter().filter(|old| is_ours(old)).for_each(|old| old.remove(draft));
    row.store(draft)?;
    Ok(true)
}

/// What is told of the source itself: words to find it by, how its columns are filled.
async fn beside(draft: &mut Draft, source: &ObjectRow, made: &Made) -> Result<(), Refusal> {
    if made.words.is_none() && made.profile.is_none() {
        return Ok(());
    }
    let key = source.row_key();
    let seal: Seal = source.seal();
    let mut report: ReportRow = draft.known(&key).await?;
    let is_long = |text: &str, bytes_max: usize| text.len() > bytes_max;
    if let Some(words) = made.words.as_ref().filter(|words| !is_long(words, WORDS_BYTES_MAX)) {
        report.words = Some(words.clone());
    }
    if let Some(profile) = made.profile.as_ref().map(Value::to_string) {
        if !is_long(&profile, PROFILE_BYTES_MAX) {
            contract::remember_profile(draft, source, &profile).await?;
            report.profile = Some(profile);
        }
        report.drift =
            made.drift.as_ref().map(Value::to_string).filter(|drift| !is_long(drift, PROFILE_BYTES_MAX));
    }
    draft.put_in(seal, &key, &report)
}
