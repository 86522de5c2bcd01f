//! Observations: looks, refusals and byte totals, gathered and made durable within a second.
//!
//! They do not hold up whoever looks; reads of bytes do not come here, they
//! wait for their own leaf. A look that cannot be remembered is refused.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::BoxFuture;
use futures::{StreamExt, stream};
use gate::Allowed;
use serde_json::json;
use words::noun::{Cell as CellNoun, Credential, Person};
use words::{Act, Actor, Deed, Id, Kind, Reason, Refusal, Timestamp};

use crate::Region;
use crate::cell::Cell;
use crate::cell::draft::Draft;
use crate::cell::format::Record;
use crate::cell::step::{Entry, Moment, Planned, Step};
use crate::tend::CELLS_AT_ONCE_MAX;

/// WHY: looks of one cell waiting for their second; beyond it whoever looks is asked to come again.
const WAITING_MAX: usize = 10_000;
/// WHY: a share of the sequencer's queue, so that observations never fill it.
const AT_ONCE_MAX: usize = 512;

type Seens = BTreeMap<Seen, Tally>;

/// What waits to be recorded, per cell.
#[derive(Default)]
pub struct Observations {
    waiting: Mutex<BTreeMap<Id<CellNoun>, Seens>>,
}

/// Who did what to what, and with which end; repeats are counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    person: Id<Person>,
    credential: Option<Id<Credential>>,
    place: &'static str,
    /// Name in the table of acts, or of what was tried before there was one.
    act: &'static str,
    refused: Option<&'static str>,
    subject: String,
}

/// How often, and how many bytes went out.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    count: u64,
    bytes: u64,
}

impl Observations {
    fn waiting(&self) -> MutexGuard<'_, BTreeMap<Id<CellNoun>, Seens>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a look, if there is room for it.
    fn look(&self, cell: Id<CellNoun>, seen: Seen) -> Result<(), Refusal> {
        let mut waiting = self.waiting();
        let of_cell = waiting.entry(cell).or_default();
        if of_cell.len() >= WAITING_MAX && !of_cell.contains_key(&seen) {
            return Err(Refusal::with(Reason::Unavailable, "too many looks wait to be recorded"));
        }
        of_cell.entry(seen).or_default().count += 1;
        Ok(())
    }

    /// WHY without a bound of its own: as many kinds as persons, acts and reasons there are, or open streams.
    fn add(&self, cell: Id<CellNoun>, seen: Seen, tally: Tally) {
        let mut waiting = self.waiting();
        let kept = waiting.entry(cell).or_default().entry(seen).or_default();
        (kept.count, kept.bytes) = (kept.count + tally.count, kept.bytes.saturating_add(tally.bytes));
    }

    fn cells(&self) -> Vec<Id<CellNoun>> {
        let waiting = self.waiting();
        waiting.iter().filter(|(_, of_cell)| !of_cell.is_empty()).map(|(cell, _)| *cell).collect()
    }

    fn take(&self, cell: Id<CellNoun>) -> Taken<'_> {
        let mut waiting = self.waiting();
        let of_cell = waiting.entry(cell).or_default();
        let mut seens = std::mem::take(of_cell);
        if let Some(first_left) = seens.keys().nth(AT_ONCE_MAX).cloned() {
            *of_cell = seens.split_off(&first_left);
        }
        Taken { observations: self, cell, seens }
    }
}

/// Observations on their way to their commit; what does not arrive waits for the next second.
struct Taken<'a> {
    observations: &'a Observations,
    cell: Id<CellNoun>,
    seens: Seens,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        for (seen, tally) in std::mem::take(&mut self.seens) {
            self.observations.add(self.cell, seen, tally);
        }
    }
}

impl Region {
    /// Notes a look of an authenticated actor; refused where it cannot be noted.
    pub fn observe<A: Deed>(
        &self,
        allowed: &Allowed<A>,
        subject: String,
        cell: &Cell,
    ) -> Result<(), Refusal> {
        self.observations().look(cell.id, seen(allowed.actor(), A::ACT.name(), None, subject))
    }

    /// Notes how many bytes of a subject went out to somebody in the end.
    pub(crate) fn observe_bytes(&self, actor: &Actor, act: Act, subject: String, cell: &Cell, bytes: u64) {
        self.meters().bytes_out.add(bytes);
        self.observations().add(cell.id, seen(actor, act.name(), None, subject), Tally { count: 1, bytes });
    }

    /// Does what an authenticated actor asks, and notes it if it is refused, wherever it was refused.
    ///
    /// Of strangers only counters are kept. What may be tried again is no refusal.
    pub(crate) async fn heard<T>(
        &self,
        actor: &Actor,
        act: Act,
        project: Option<&str>,
        // WHY boxed: an act's way is deep, and the policy engine refuses to judge on a short stack.
        work: BoxFuture<'_, Result<T, Refusal>>,
    ) -> Result<T, Refusal> {
        let begun = tokio::time::Instant::now();
        let ended = work.await;
        self.meters().ended(act, ended.as_ref().err().map(|refusal| refusal.reason), begun.elapsed());
        if let Err(refusal) = &ended
            && refusal.kind() != Kind::Unavailable
        {
            let cell = self.noted_in(project).await;
            self.observe_refusal(actor, act.name(), refusal, cell);
        }
        ended
    }

    /// Notes a refusal of an authenticated actor.
    pub(crate) fn observe_refusal(
        &self,
        actor: &Actor,
        act: &'static str,
        refusal: &Refusal,
        cell: Id<CellNoun>,
    ) {
        let reason = refusal.reason.code();
        tracing::info!(act, reason, "refused");
        self.observations().add(
            cell,
            seen(actor, act, Some(reason), String::new()),
            Tally { count: 1, bytes: 0 },
        );
    }

    /// A refusal is noted in its project's ledger.
    ///
    /// WHY only where that is open: a stranger's question must not open cells.
    async fn noted_in(&self, project: Option<&str>) -> Id<CellNoun> {
        let root = self.root().id;
        let (Some(project), Ok(rows)) = (project, self.root().view().await) else {
            return root;
        };
        let found = crate::noun::project::find(&rows, project).await;
        found.ok().and_then(|row| self.opened(row.id.cast())).map_or(root, |cell| cell.id)
    }

    /// Makes what was observed durable; called every second and at the end.
    pub async fn flush_observations(&self) -> Result<(), Refusal> {
        let flush = |id| async move { self.flush_cell(id).await };
        let ended = stream::iter(self.observations().cells()).map(flush).buffer_unordered(CELLS_AT_ONCE_MAX);
        let ended: Vec<_> = ended.collect().await;
        ended.into_iter().collect()
    }

    async fn flush_cell(&self, id: Id<CellNoun>) -> Result<(), Refusal> {
        let cell = match self.cell(id).await {
            Ok(cell) => cell,
            // What was seen of an erased project is kept where its erasure is.
            Err(refusal) if refusal.reason == Reason::ProjectErased => Arc::clone(self.root()),
            Err(refusal) => return Err(refusal),
        };
        // WHY in turns until none is left: what is observed meanwhile belongs to the next second.
        for _ in 0..=WAITING_MAX / AT_ONCE_MAX {
            let mut taken = self.observations().take(id);
            if taken.seens.is_empty() {
                break;
            }
            record(&cell, &mut taken).await?;
        }
        Ok(())
    }
}

/// Hands observations over at once: they share a commit. Those recorded are no longer in `taken`.
async fn record(cell: &Cell, taken: &mut Taken<'_>) -> Result<(), Refusal> {
    let submit = |(seen, tally): (&Seen, &Tally)| {
        let (seen, step) = (seen.clone(), Observed { seen: Some((seen.clone(), *tally)) });
        async move { (seen, cell.submit(Box::new(step)).await) }
    };
    let ended = futures::future::join_all(taken.seens.iter().map(submit)).await;
    let mut failed = Ok(());
    for (seen, ended) in ended {
        match ended {
            Ok(_) => drop(taken.seens.remove(&seen)),
            Err(refusal) => failed = Err(refusal),
        }
    }
    failed
}

fn seen(actor: &Actor, act: &'static str, refused: Option<&'static str>, subject: String) -> Seen {
    Seen {
        person: actor.person,
        credential: actor.credential.as_ref().map(|used| used.id),
        place: actor.place.text(),
        act,
        refused,
        subject,
    }
}

struct Observed {
    seen: Option<(Seen, Tally)>,
}

#[async_trait::async_trait]
impl Step for Observed {
    async fn plan(&mut self, _: &mut Draft, moment: Moment) -> Result<Planned, Refusal> {
        let (seen, tally) = self.seen.take().ok_or_else(crate::cell::lead::gone)?;
        let mut detail = json!({ "count": tally.count });
        if tally.bytes > 0 {
            detail["bytes"] = json!(tally.bytes);
        }
        let record = of_record(seen, moment.now);
        let detail = detail.to_string().into_bytes();
        Ok(Planned::New(Entry { record, detail, is_access: true, ..Entry::of_house("", moment.now) }))
    }
}

fn of_record(seen: Seen, now: Timestamp) -> Record {
    Record {
        act: seen.act.to_owned(),
        person: Some(seen.person),
        credential: seen.credential,
        place: Some(seen.place.to_owned()),
        refused: seen.refused.map(str::to_owned),
        time: now,
        subjects: Some(seen.subject).filter(|subject| !subject.is_empty()).into_iter().collect(),
        policies: Vec::new(),
        root_seq: 0,
    }
}
