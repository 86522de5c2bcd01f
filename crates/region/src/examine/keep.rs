//! Keeping what was said, and putting off what could not be.

use async_trait::async_trait;
use serde_json::{Value, json};
use words::noun::Noun;
use words::time::MINUTE_MS;
use words::{Reason, Refusal, Timestamp};

use super::arrive::is_closed;
use super::{
    Arrival, Beside, DelayRow, Digests, Examined, FollowRow, OBJECT_EXAMINE, REPORT_BYTES_MAX, ReportRow,
    Said, Standing, beside, cdm, manifest, refer,
};
use crate::Region;
use crate::act::subject;
use crate::cell::draft::Draft;
use crate::cell::step::{Entry, Moment, Planned, Step};
use crate::contract;
use crate::derive::{RunsRow, report_of};
use crate::noun::project::ProjectRow;
use crate::object::ObjectRow;
use crate::rule::{Looked, apart};

/// WHY: what killed its process five times in an hour will do so again.
const TRIES_MAX: u32 = 5;
/// WHY: each try is a leaf, and what is in need is seldom so for long.
const CLOSED_MS: i64 = 30 * MINUTE_MS;

impl Region {
    /// Keeps what an examiner said; answers how the object stands, none if it changed meanwhile.
    pub async fn keep_said(&self, arrival: &Arrival, said: Said) -> Result<Option<Standing>, Refusal> {
        self.step(arrival, Came::Said(said)).await
    }

    /// Keeps whom an object's key, labels and metadata name, where nothing else of it was looked at.
    pub async fn keep_beside(&self, arrival: &Arrival, beside: Beside) -> Result<Option<Standing>, Refusal> {
        self.step(arrival, Came::Beside(beside)).await
    }

    /// Puts off what could not be looked at; in the end it stands as that.
    pub async fn put_off(&self, arrival: &Arrival, cause: &str) -> Result<Option<Standing>, Refusal> {
        self.step(arrival, Came::Failed { cause: cause.to_owned(), is_closed: false }).await
    }

    /// The same where the fault is not the object's: it is tried again without end.
    pub async fn put_off_closed(
        &self,
        arrival: &Arrival,
        why: &Refusal,
    ) -> Result<Option<Standing>, Refusal> {
        let cause = why.reason.code().to_owned();
        self.step(arrival, Came::Failed { cause, is_closed: is_closed(why.reason) }).await
    }

    async fn step(&self, arrival: &Arrival, came: Came) -> Result<Option<Standing>, Refusal> {
        let cell = self.cell(arrival.cell).await?;
        let step = Keeping { region: self.clone(), arrival: arrival.clone(), came };
        match cell.submit(Box::new(step)).await {
            Ok(done) => Ok(done.answer["standing"].as_str().and_then(standing)),
            // WHY no error: what was looked at is not there any more, and nothing is to be kept.
            Err(refusal) if refusal.reason == Reason::StateWrong => Ok(None),
            // WHY at once and for good: what is too long to be kept is so each time, and would hold up all that came after.
            Err(refusal) if refusal.reason == Reason::TooLarge => {
                let arrival = Arrival { tries: TRIES_MAX, ..arrival.clone() };
                let came = Came::Failed { cause: refusal.reason.code().to_owned(), is_closed: false };
                let done = cell.submit(Box::new(Keeping { region: self.clone(), arrival, came })).await?;
                Ok(done.answer["standing"].as_str().and_then(standing))
            }
            Err(refusal) => Err(refusal),
        }
    }
}

fn standing(text: &str) -> Option<Standing> {
    use Standing::{Apart, Asks, Broken, Clear, Unread};
    [Clear, Asks, Apart, Broken, Unread].into_iter().find(|standing| standing.text() == text)
}

/// What came of a look.
enum Came {
    Said(Said),
    Beside(Beside),
    Failed { cause: String, is_closed: bool },
}

struct Keeping {
    region: Region,
    arrival: Arrival,
    came: Came,
}

#[async_trait]
impl Step for Keeping {
    async fn plan(&mut self, draft: &mut Draft, moment: Moment) -> Result<Planned, Refusal> {
        let Self { region, arrival, came } = self;
        let root = region.root().view().await?;
        let project: ProjectRow = root.known(&moment.cell.to_bytes()).await?;
        let row: Option<ObjectRow> = draft.row(&arrival.row_key).await?;
        let row = row.filter(|row| row.id == arrival.row.id && row.waits());
        let mut row = row.ok_or_else(|| Refusal::with(Reason::StateWrong, "it changed meanwhile"))?;
        if let Some(next_seq) = arrival.next_seq {
            draft.put(&[], &FollowRow { next_seq })?;
        }
        let told = match came {
            Came::Said(said) => {
                let named = manifest::compare(draft, &row, said).await?;
                let standing = match said.standing(project.tier()) {
                    Standing::Clear | Standing::Asks if named.is_wrong => Standing::Broken,
                    standing => standing,
                };
                let standing = settle(draft, &mut row, standing, &named.said, moment.now).await?;
                contract::take(draft, &row, said.proposal.as_deref(), standing).await?;
                cdm::keep(draft, &row, said)?;
                if refer::is_table(&said.kind) {
                    refer::settle(draft, &row, &said.refers).await?;
                }
                json!({ "standing": standing.text(), "examiner": said.examiner })
            }
            Came::Beside(beside) => {
                let said = beside.said().standing(project.tier());
                let standing = beside::keep(draft, &mut row, beside, said, moment.now).await?;
                json!({ "standing": standing.text() })
            }
            Came::Failed { cause, is_closed } => {
                let tries = if *is_closed { arrival.tries } else { arrival.tries.saturating_add(1) };
                put_off(draft, &mut row, (tries, *is_closed), cause, moment.now).await?
            }
        };
        // WHY: a label that came while it was looked at was not.
        if row.labels.iter().any(|label| !arrival.row.labels.contains(label)) {
            row.look_beside();
            row.store(draft)?;
        }
        let entry = Entry::of_house(OBJECT_EXAMINE, moment.now).about(subject(Noun::Object, row.id));
        let detail = json!({ "examined": told }).to_string().into_bytes();
        Ok(Planned::New(Entry { detail, scope: Some(row.scope), answer: told, ..entry }))
    }
}

/// What is kept of what was said.
pub(super) struct Kept {
    pub report: String,
    pub examiner: String,
    pub kind: Option<String>,
    pub digests: Option<Digests>,
}

/// Writes down how an object stands, and what was said of it; answers how.
async fn settle(
    draft: &mut Draft,
    row: &mut ObjectRow,
    standing: Standing,
    kept: &Kept,
    now: Timestamp,
) -> Result<Standing, Refusal> {
    let Kept { report, examiner, kind, digests } = kept;
    // INVARIANT: who made the report bounds it; one that is longer is not cut into something else.
    if report.len() > REPORT_BYTES_MAX {
        return Err(Refusal::with(Reason::TooLarge, "the report is longer than one is kept"));
    }
    let before = report_of(draft, row).await?;
    // WHY: whoever cleared it has looked at these very bytes, and at the labels of then; another look does not take that back.
    let is_covered = before.as_ref().is_none_or(|before| beside::is_known(&before.report, report));
    let cleared = row.examined.as_ref().and_then(|examined| examined.cleared).filter(|_| is_covered);
    let rule = if cleared.is_some() { None } else { by_rule(draft, row, kept, now).await? };
    let standing = match standing {
        Standing::Apart | Standing::Asks if cleared.is_some() => Standing::Clear,
        _ if rule.is_some() => Standing::Apart,
        standing => standing,
    };
    row.examined = Some(Examined { standing, at: now, cleared, again: None, rule });
    row.store(draft)?;
    if standing == Standing::Apart {
        stand_with(draft, row).await?;
        contract::forget(draft, row).await?;
    }
    // WHY: its bytes are what they were, so what was made of them says the same, and is not made again.
    let (words, profile, drift) = before.map(|of| (of.words, of.profile, of.drift)).unwrap_or_default();
    let (report, examiner) = (report.clone(), examiner.clone());
    let (kind, digests) = (kind.clone(), digests.clone());
    let told = ReportRow { object: row.id, report, examiner, at: now, kind, digests, words, profile, drift };
    draft.put_in(row.seal(), &row.row_key(), &told)?;
    draft.remove::<DelayRow>(row.seal(), &row.row_key());
    Ok(standing)
}

/// The rule by which it is apart: the one that set it so and nobody has cleared, or one that says so now.
async fn by_rule(
    draft: &mut Draft,
    row: &ObjectRow,
    kept: &Kept,
    now: Timestamp,
) -> Result<Option<String>, Refusal> {
    let before = row.examined.as_ref().and_then(|examined| examined.rule.clone());
    if before.is_some() {
        return Ok(before);
    }
    let looked = Looked { kind: kept.kind.clone().unwrap_or_default(), report: kept.report.clone() };
    let rule = apart::judged(draft, row, &looked).await?;
    if let Some(rule) = &rule {
        apart::counted(draft, rule, now).await?;
    }
    Ok(rule.map(|rule| rule.name))
}

/// What was made of an object stands as it does, from the same step on: set apart with it, and cleared with it.
pub(crate) async fn stand_with(draft: &mut Draft, row: &ObjectRow) -> Result<(), Refusal> {
    let runs: RunsRow = draft.row(&row.row_key()).await?.unwrap_or_default();
    for key in runs.runs.iter().filter_map(|run| run.key.as_ref()) {
        let mut made = Vec::new();
        draft
            .each(&crate::object::prefix(row.bucket, key), |made_row: ObjectRow| made.push(made_row))
            .await?;
        for mut made in
            made.into_iter().filter(|made| made.derived.as_ref().is_some_and(|of| of.source == row.id))
        {
            made.examined = row.examined.clone();
            made.store(draft)?;
        }
    }
    Ok(())
}

async fn put_off(
    draft: &mut Draft,
    row: &mut ObjectRow,
    (tries, is_closed): (u32, bool),
    cause: &str,
    now: Timestamp,
) -> Result<Value, Refusal> {
    if tries >= TRIES_MAX {
        let report = json!({ "cause": cause }).to_string();
        // WHY: what names people does not become readable by killing whoever looks at it once more.
        let is_apart = row.refuse_apart().is_err();
        let standing = if is_apart { Standing::Apart } else { Standing::Unread };
        let kept = Kept { report, examiner: String::new(), kind: None, digests: None };
        let standing = settle(draft, row, standing, &kept, now).await?;
        return Ok(json!({ "standing": standing.text(), "cause": cause }));
    }
    // One minute, two, four, eight.
    let wait = if is_closed { CLOSED_MS } else { MINUTE_MS << tries.saturating_sub(1).min(6) };
    let next = now.plus_ms(wait);
    let delay = DelayRow { object: row.id, tries, next, cause: cause.to_owned() };
    draft.put_in(row.seal(), &row.row_key(), &delay)?;
    Ok(json!({ "put_off": next, "cause": cause }))
}
