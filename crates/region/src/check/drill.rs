//! Restore drill: a backup was made a region again, lately, and it was whole.
//!
//! Nothing of it is done here: a drill needs the copies, which no region may
//! reach. What this check knows is the word of one, signed by this region's key.

use async_trait::async_trait;
use words::act::CheckRecord;
use words::noun::ROOT_CELL;
use words::time::{DAY_MS, SECOND_MS};
use words::{Reason, Refusal, Timestamp};

use crate::Region;
use crate::act::{Frame, Outcome, Rule};
use crate::backup::drill::Drill;
use crate::cell::draft::Draft;
use crate::cell::publish;
use crate::check::{Check, Finding, Verdict, VerdictRow};

const NAME: &str = "restore-drill";
/// Where the last word lies, beside the verdicts.
const WORD: &str = "restore-drill/word";
/// WHY: a month, as the procedure for backups asks; a word from before says nothing of today's copies.
const TRUSTED_MS: i64 = 31 * DAY_MS;

pub struct RestoreDrill;

#[async_trait]
impl Check for RestoreDrill {
    fn name(&self) -> &'static str {
        NAME
    }

    fn says(&self) -> &'static str {
        "within a month the newest backup was restored elsewhere, opened with equal heads, and read whole; its word is signed by this region's key"
    }

    fn controls(&self) -> &'static [&'static str] {
        &["A.8.13", "A.5.29", "A.5.30", "GDPR Art.32(1)(c)"]
    }

    async fn look(&self, region: &Region) -> Result<Finding, Refusal> {
        let row: Option<VerdictRow> = region.root().view().await?.row(WORD.as_bytes()).await?;
        Ok(judge(row.as_ref(), region.now()))
    }

    /// A drill that failed this very moment.
    async fn look_at_fault(&self) -> Result<Finding, Refusal> {
        let at = Timestamp::default();
        let row =
            VerdictRow { check: WORD.to_owned(), verdict: Verdict::Fail, measured: "planted".to_owned(), at };
        Ok(judge(Some(&row), at))
    }
}

fn judge(row: Option<&VerdictRow>, now: Timestamp) -> Finding {
    match row {
        None => Finding::new(Verdict::Stale, "no drill was recorded yet"),
        Some(row) if now.since_ms(row.at) > TRUSTED_MS => {
            Finding::new(Verdict::Stale, format!("the last drill was on {}", row.at))
        }
        Some(row) => Finding::new(row.verdict, row.measured.clone()),
    }
}

#[async_trait]
impl Rule for CheckRecord {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let wrong = |why: &str| Refusal::with(Reason::Invalid, why);
        let ground = frame.region.ground();
        let known = publish::verifier(&ground.origin, ROOT_CELL, ground.signer.public());
        let known = known.ok_or_else(|| wrong("this region's name cannot stand in a note"))?;
        let drill = Drill::read(&self.note, &known)
            .ok_or_else(|| wrong("that is no word of a drill signed by this region's key"))?;
        if frame.now.since_ms(drill.at) < -60 * SECOND_MS {
            return Err(wrong("that drill is of a day to come: a clock is wrong"));
        }
        let last: Option<VerdictRow> = draft.row(WORD.as_bytes()).await?;
        if last.is_some_and(|last| last.at >= drill.at) {
            return Err(Reason::AlreadyDone.into());
        }
        let verdict = if drill.holds { Verdict::Pass } else { Verdict::Fail };
        let measured = format!(
            "run {} as of {}, back in {:.1} s; {}",
            drill.run,
            drill.as_of,
            std::time::Duration::from_millis(drill.recovery_ms).as_secs_f64(),
            drill.measured
        );
        let row = VerdictRow { check: WORD.to_owned(), verdict, measured: measured.clone(), at: drill.at };
        draft.put(WORD.as_bytes(), &row)?;
        let answer = serde_json::json!({ "check": NAME, "verdict": verdict.text(), "measured": measured, "at": drill.at });
        let mut outcome = Outcome::default();
        outcome.subjects.push(format!("check:{NAME}:{}", verdict.text()));
        outcome.subjects.push(format!("backup:{}", drill.manifest));
        Ok(outcome.saying(answer))
    }
}
