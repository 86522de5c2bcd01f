//! The witness's side: a log that only grew is told so, in a signature.
//!
//! SPEC: C2SP tlog-witness, "add-checkpoint". Whoever asks is nobody known: what
//! they send counts by the log's signature and the proof alone.
//! INVARIANT: of one log no two trees are signed of which one is not the start
//! of the other, whatever ends between the commit and the answer.

use std::sync::Arc;

use async_trait::async_trait;
use seal::merkle::{Hash, verify_consistency};
use seal::note::{Checkpoint, Note, NoteVerifier, Submission};
use serde_json::json;
use words::time::SECOND_MS;
use words::{Reason, Refusal, Timestamp};

use crate::Region;
use crate::cell::draft::Draft;
use crate::cell::step::{Entry, Moment, Planned, Step};
use crate::witness::FollowRow;

/// WHY: a log asks every minute, and each growth is a leaf here; whoever asks more often waits.
const GROWTH_MS_MIN: i64 = SECOND_MS;
/// WHY: two that ask at once: the second is judged anew over what the first left.
const ROUNDS_MAX: usize = 3;

/// What a submission comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The signature line.
    Signed(String),
    /// Bytes that are no submission, or an old size above the new.
    Malformed,
    /// A log that nobody told us to follow.
    Unknown,
    /// Not signed by the log's key.
    Unsigned,
    /// It does not go on from what was signed last: a tree of so many leaves.
    Known(u64),
    /// The proof does not lead from what was signed last to this.
    Unproven,
    /// It grew a moment ago.
    TooSoon,
}

/// A submission as it is judged.
struct Asked {
    submission: Submission,
    origin: String,
    size: u64,
    root: Hash,
}

/// What a log's row makes of it.
enum Judged {
    Grows,
    /// What was signed already, and may be signed again.
    Same,
    Not(Verdict),
}

impl Asked {
    fn read(body: &[u8]) -> Option<Self> {
        let submission = Submission::parse(body).ok()?;
        let Checkpoint { origin, size, root, .. } = Checkpoint::parse(submission.note.text()).ok()?;
        Some(Self { submission, origin, size, root })
    }

    /// Where several things are wrong, the specification's order decides what is told.
    fn judge(&self, row: Option<&FollowRow>) -> Judged {
        let Some(row) = row.filter(|row| row.is_followed) else { return Judged::Not(Verdict::Unknown) };
        let key = row.key.parse::<NoteVerifier>();
        if key.is_err() || key.is_ok_and(|key| self.submission.note.verify(&[key]).is_err()) {
            return Judged::Not(Verdict::Unsigned);
        }
        let Submission { old, proof, .. } = &self.submission;
        if *old > self.size {
            return Judged::Not(Verdict::Malformed);
        }
        let known = Hash(*row.root);
        if *old != row.size || (*old == self.size && self.root != known) {
            return Judged::Not(Verdict::Known(row.size));
        }
        match verify_consistency(proof, *old, self.size, known, self.root) {
            Err(_) => Judged::Not(Verdict::Unproven),
            Ok(()) if *old == self.size => Judged::Same,
            Ok(()) => Judged::Grows,
        }
    }
}

impl Region {
    /// Judges a submission, and cosigns its checkpoint once the leaf that says so is durable.
    pub async fn add_checkpoint(&self, body: &[u8]) -> Result<Verdict, Refusal> {
        self.lease().confirmed(self.clock().now())?;
        let Some(asked) = Asked::read(body).map(Arc::new) else { return Ok(Verdict::Malformed) };
        for _ in 0..ROUNDS_MAX {
            // WHY first: what is signed again was the newest by then.
            let now = self.now();
            let row: Option<FollowRow> = self.root().view().await?.row(asked.origin.as_bytes()).await?;
            match asked.judge(row.as_ref()) {
                Judged::Not(verdict) => return Ok(verdict),
                Judged::Same => return self.cosigned(&asked.submission.note, now),
                Judged::Grows if row.as_ref().is_some_and(|row| is_soon(row, now)) => {
                    return Ok(Verdict::TooSoon);
                }
                Judged::Grows => {}
            }
            match self.root().submit(Box::new(Growth(Arc::clone(&asked)))).await {
                Ok(done) => {
                    self.keep_quiet(done.leaf);
                    let at = Timestamp::from_ms(done.answer.as_i64().unwrap_or_default());
                    return self.cosigned(&asked.submission.note, at);
                }
                Err(refusal) if refusal.reason == Reason::StateWrong => {}
                Err(refusal) => return Err(refusal),
            }
        }
        Err(Reason::Unavailable.into())
    }

    fn cosigned(&self, note: &Note, at: Timestamp) -> Result<Verdict, Refusal> {
        let unsigned = |_| Refusal::with(Reason::Unavailable, "the checkpoint cannot be cosigned");
        let seconds = u64::try_from(at.ms().div_euclid(SECOND_MS)).unwrap_or_default();
        let mut own = Note::new(note.text().to_owned()).map_err(unsigned)?;
        let line = own.cosign(&self.cosigner()?, seconds).map_err(unsigned)?;
        Ok(Verdict::Signed(line.to_string()))
    }
}

fn is_soon(row: &FollowRow, now: Timestamp) -> bool {
    row.size > 0 && now.since_ms(row.at) < GROWTH_MS_MIN
}

/// A log has grown, to be judged where nobody comes between.
struct Growth(Arc<Asked>);

#[async_trait]
impl Step for Growth {
    async fn plan(&mut self, draft: &mut Draft, moment: Moment) -> Result<Planned, Refusal> {
        let Asked { origin, size, root, .. } = &*self.0;
        let row: Option<FollowRow> = draft.row(origin.as_bytes()).await?;
        let (Some(row), Judged::Grows) = (&row, self.0.judge(row.as_ref())) else {
            return Err(Reason::StateWrong.into());
        };
        let (size, root, at) = (*size, root.0.into(), moment.now);
        draft.put(origin.as_bytes(), &FollowRow { size, root, at, ..row.clone() })?;
        let detail = json!({ "log": origin, "size": size, "root": self.0.root.to_string() });
        Ok(Planned::New(Entry {
            detail: detail.to_string().into_bytes(),
            answer: moment.now.ms().into(),
            ..Entry::of_house("witness.sign", moment.now)
        }))
    }
}
