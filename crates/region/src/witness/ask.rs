//! The asking side: every witness is shown the root's checkpoint, and its word is kept.
//!
//! A witness that is away stops nothing. One that knows another history is
//! believed so far that it is said, durably and at every look: it sends a number
//! without a signature, which must not be enough to stop a region.

use async_trait::async_trait;
use bytes::Bytes;
use seal::merkle::{Hash, TileNodes, consistency, consistency_nodes};
use seal::note::{CosignerKey, Note, Submission};
use serde_json::json;
use words::time::SECOND_MS;
use words::{Reason, Refusal, Timestamp};

use crate::Region;
use crate::cell::draft::Draft;
use crate::cell::publish::Known;
use crate::cell::step::{Entry, Moment, Planned, Step};
use crate::witness::memory::named;
use crate::witness::{Dispute, Signed, WitnessRow};

/// WHY: once with what we remember, once with what the witness says that it knows, once for a race.
const ASKS_MAX: usize = 3;

/// SPEC: what a 409 is told in.
const SIZE_MEDIA: &str = "text/x.tlog.size";

/// Who carries a submission to a witness.
#[async_trait]
pub trait Courier: Send + Sync {
    /// Posts it below a witness's address; none: no answer came.
    async fn submit(&self, address: &str, submission: String) -> Option<Heard>;
}

/// What a witness answered, not yet believed.
#[derive(Debug, Clone)]
pub struct Heard {
    pub status: u16,
    /// The media type as it was sent; empty if none was.
    pub media: String,
    pub body: Bytes,
}

/// What asking came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// It has signed all that matters.
    Nothing,
    Signed,
    /// It did not answer, or not as a witness does.
    Away,
    /// It knows another history.
    Disputed,
}

/// The root's checkpoint on its way to witnesses: words of one checkpoint can be counted together.
pub struct Shown {
    note: Note,
    known: Known,
}

/// What an answer means.
enum Meaning {
    Signed(Signed),
    /// It goes on from a tree of so many leaves.
    From(u64),
    /// It has signed a tree of so many leaves, which is more than it was shown.
    Ahead(u64),
    /// It has signed a tree of so many leaves that ours does not go on from.
    Other(u64),
    None,
}

impl Region {
    /// The root's checkpoint as it is now, to be shown to all witnesses of a round.
    pub async fn shown(&self) -> Result<Shown, Refusal> {
        let text = self.root().publisher.publish(self.root()).await?;
        let unread = || Refusal::with(Reason::Unavailable, "the checkpoint cannot be read");
        let known = Known::of(text.as_bytes(), self.ground(), self.root().id).ok_or_else(unread)?;
        Ok(Shown { note: Note::parse(text.as_bytes()).map_err(|_| unread())?, known })
    }

    /// Shows it to a witness, if there is anything new in it, and keeps the witness's word.
    pub async fn ask(&self, name: &str, shown: &Shown, courier: &dyn Courier) -> Result<Asked, Refusal> {
        let all = named(&self.root().view().await?).await?;
        let one = all.iter().find(|(other, _)| other == name).ok_or(Refusal::new(Reason::NotFound))?;
        let has_news = self.witnessing().has_news(one, &all, shown.known.size, self.now());
        if !has_news {
            return Ok(Asked::Nothing);
        }
        let (_, row) = one;
        // WHY no error from here on: what keeps us from asking is seen as a witness that is away.
        let asked = self.asked(name, row, shown, courier).await.unwrap_or_else(|refusal| {
            tracing::warn!(reason = refusal.reason.code(), "a witness could not be asked");
            Asked::Away
        });
        self.remember(name, row, asked);
        Ok(asked)
    }

    fn remember(&self, name: &str, row: &WitnessRow, asked: Asked) {
        let now = self.now();
        let mut memory = self.witnessing();
        let mut seen = memory.of(name, row);
        match asked {
            Asked::Away => seen.away = seen.away.or(Some(now)),
            Asked::Signed => (seen.away, seen.heard) = (None, Some(now)),
            Asked::Nothing | Asked::Disputed => seen.away = None,
        }
        memory.keep(name, seen);
    }

    async fn asked(
        &self,
        name: &str,
        row: &WitnessRow,
        shown: &Shown,
        courier: &dyn Courier,
    ) -> Result<Asked, Refusal> {
        let mut old = row.signed.as_ref().map_or(0, |signed| signed.size);
        let mut fresh: Option<Shown> = None;
        for _ in 0..ASKS_MAX {
            let now = fresh.as_ref().unwrap_or(shown);
            let submission = self.submission(now, old).await?;
            let Some(heard) = courier.submit(&row.address, submission.to_string()).await else {
                return Ok(Asked::Away);
            };
            match now.meaning(&row.key, old, &heard) {
                Meaning::Signed(signed) => {
                    self.told(name, row, Word::Signed(signed)).await?;
                    return Ok(Asked::Signed);
                }
                Meaning::From(size) => old = size,
                // WHY no dispute: it may have signed what came later, and its word was lost on the way.
                Meaning::Ahead(size) if size <= self.root().head().frontier.size() => {
                    fresh = Some(self.shown().await?);
                    old = size;
                }
                Meaning::Ahead(size) | Meaning::Other(size) => return self.disputed(name, row, size).await,
                Meaning::None => return Ok(Asked::Away),
            }
        }
        Ok(Asked::Away)
    }

    async fn submission(&self, shown: &Shown, old: u64) -> Result<Submission, Refusal> {
        let size = shown.known.size;
        let tiles = self.root().publisher.tiles(&consistency_nodes(old, size), size).await?;
        let proof = consistency(&TileNodes { tiles: &tiles, size }, old, size)
            .map_err(|_| Refusal::with(Reason::Unavailable, "the tiles do not hold the proof"))?;
        Ok(Submission { old, proof, note: shown.note.clone() })
    }

    async fn disputed(&self, name: &str, row: &WitnessRow, size: u64) -> Result<Asked, Refusal> {
        tracing::error!(
            leaves = size,
            "a witness knows another history of this region: it was rolled back, or forked"
        );
        if row.disputed.is_none_or(|dispute| dispute.size != size) {
            self.told(name, row, Word::Disputed(size)).await?;
        }
        Ok(Asked::Disputed)
    }

    async fn told(&self, name: &str, row: &WitnessRow, word: Word) -> Result<(), Refusal> {
        let told = Told { name: name.to_owned(), key: row.key.clone(), word };
        let done = self.root().submit(Box::new(told)).await?;
        self.keep_quiet(done.leaf);
        Ok(())
    }
}

impl Shown {
    fn meaning(&self, key: &str, old: u64, heard: &Heard) -> Meaning {
        match heard.status {
            200 => self.signed(key, &heard.body).map_or(Meaning::None, Meaning::Signed),
            409 if heard.is_size() => self.knows(old, &heard.body),
            // What it has signed is not the start of ours; of nothing everything is the continuation.
            422 if old > 0 => Meaning::Other(old),
            _ => Meaning::None,
        }
    }

    fn knows(&self, old: u64, body: &[u8]) -> Meaning {
        match size(body) {
            Some(known) if known > self.known.size => Meaning::Ahead(known),
            Some(known) if known != old => Meaning::From(known),
            Some(known) if known > 0 => Meaning::Other(known),
            Some(_) | None => Meaning::None,
        }
    }

    fn signed(&self, key: &str, lines: &[u8]) -> Option<Signed> {
        let key: CosignerKey = key.parse().ok()?;
        let with = self.note.with_lines(lines).ok()?;
        let seconds = with.cosigned(std::slice::from_ref(&key)).ok()?.first()?.1;
        let line = with.signatures().iter().find(|line| line.name == *key.name() && line.id == key.id())?;
        let at = Timestamp::from_ms(i64::try_from(seconds).ok()?.checked_mul(SECOND_MS)?);
        let Known { size, root: Hash(root) } = self.known;
        Some(Signed { size, root: root.into(), at, line: line.to_string() })
    }
}

impl Heard {
    fn is_size(&self) -> bool {
        let media = self.media.split(';').next().unwrap_or_default();
        media.trim().eq_ignore_ascii_case(SIZE_MEDIA)
    }
}

/// SPEC: the size in decimal, and a line feed.
fn size(body: &[u8]) -> Option<u64> {
    std::str::from_utf8(body).ok()?.strip_suffix('\n')?.parse().ok()
}

/// What is kept of a witness's answer.
enum Word {
    Signed(Signed),
    /// It knows a tree of so many leaves.
    Disputed(u64),
}

struct Told {
    name: String,
    /// The key that the word was believed under.
    key: String,
    word: Word,
}

#[async_trait]
impl Step for Told {
    async fn plan(&mut self, draft: &mut Draft, moment: Moment) -> Result<Planned, Refusal> {
        let row: WitnessRow = draft.known(self.name.as_bytes()).await?;
        // WHY: removed and added again meanwhile, the name is another witness's.
        if row.key != self.key {
            return Err(Reason::StateWrong.into());
        }
        let (act, row, detail) = match &self.word {
            Word::Signed(signed) => (
                "checkpoint.witness",
                WitnessRow { signed: Some(signed.clone()), disputed: None, ..row },
                json!({ "witness": self.name, "size": signed.size, "root": Hash(*signed.root).to_string(), "line": signed.line }),
            ),
            Word::Disputed(size) => (
                "checkpoint.dispute",
                WitnessRow { disputed: Some(Dispute { size: *size, at: moment.now }), ..row },
                json!({ "witness": self.name, "knows": size }),
            ),
        };
        draft.put(self.name.as_bytes(), &row)?;
        let detail = detail.to_string().into_bytes();
        Ok(Planned::New(Entry { detail, ..Entry::of_house(act, moment.now) }))
    }
}
