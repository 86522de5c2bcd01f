//! Reading an object: the leaf that says so comes before the first byte.

use std::ops::Range;
use std::sync::Arc;

use async_stream::stream;
use async_trait::async_trait;
use futures::{FutureExt, StreamExt};
use gate::facts::Target;
use serde_json::json;
use words::act::{ObjectExport, ObjectGet, ObjectProbe, ObjectShow};
use words::noun::{Noun, Object};
use words::time::DAY_MS;
use words::{Actor, Deed, Id, Reason, Refusal, Timestamp};

use crate::Region;
use crate::act::{Frame, Judged, Outcome, Plan, Request, Scene, subject};
use crate::cell::Cell;
use crate::cell::draft::Draft;
use crate::cell::in_use::Held;
use crate::cell::step::Leaf;
use crate::examine::ReadRow;
use crate::facts::{self, DataTarget};
use crate::noun::bucket;
use crate::object::body::{self, Body};
use crate::object::{ObjectRow, known};

/// An object about to be read.
pub struct Reading {
    pub leaf: Option<Leaf>,
    pub row: ObjectRow,
    /// The plain bytes that will come.
    pub range: Range<u64>,
    pub body: Body,
}

macro_rules! judged_object {
    ($($deed:ident)*) => { $(#[async_trait]
    impl Judged for $deed {
        async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
            facts::data(scene, &DataTarget::object(&self.project, &self.bucket, &self.key)).await
        }
    })* };
}

judged_object!(ObjectGet ObjectProbe ObjectShow ObjectExport);

macro_rules! looks {
    ($($help:literal $look:ident $deed:ident)*) => { $(
        #[doc = $help]
        pub async fn $look(region: &Region, actor: &Actor, deed: &$deed) -> Result<ObjectRow, Refusal> {
            let looked = async {
                let cell = region.project_cell(actor, &deed.project).await?;
                let allowed = region.allow(actor, deed, Some(&cell)).await?;
                let rows = cell.view().await?;
                let bucket = bucket::find(&rows, &deed.bucket).await?;
                let row = known(&rows, &bucket, &deed.key, deed.version.as_deref()).await?;
                region.observe(&allowed, subject(Noun::Object, row.id), &cell)?;
                Ok(row)
            };
            region.heard(actor, $deed::ACT, Some(&deed.project), looked.boxed()).await
        }
    )* };
}

looks! {
    "The row of an object that this actor may look at; recorded within a second."
    probe ObjectProbe
    "The same for whoever keeps objects without reading them: what keeps it, how it is labelled."
    show ObjectShow
}

/// Opens an object for reading; `wanted` chooses the bytes once its size is known.
pub async fn get(
    region: &Region,
    actor: &Actor,
    deed: ObjectGet,
    wanted: impl FnOnce(&ObjectRow) -> Result<Range<u64>, Refusal> + Send,
) -> Result<Reading, Refusal> {
    let project = deed.project.clone();
    region.heard(actor, ObjectGet::ACT, Some(&project), opened(region, actor, deed, wanted).boxed()).await
}

async fn opened(
    region: &Region,
    actor: &Actor,
    deed: ObjectGet,
    wanted: impl FnOnce(&ObjectRow) -> Result<Range<u64>, Refusal> + Send,
) -> Result<Reading, Refusal> {
    let cell = region.project_cell(actor, &deed.project).await?;
    // WHY before it is judged: what changes while the leaf is on its way is judged with the first byte.
    let since = region.moment(&cell);
    let allowed = region.allow(actor, &deed, Some(&cell)).await?;
    let rows = cell.view().await?;
    let bucket = bucket::find(&rows, &deed.bucket).await?;
    let row = known(&rows, &bucket, &deed.key, deed.version.as_deref()).await?;
    row.refuse_apart()?;
    let range = match wanted(&row) {
        Ok(range) => range,
        Err(unwanted) => {
            // WHY: who is told that a condition does not hold has seen the object's size, age and etag.
            region.observe(&allowed, subject(Noun::Object, row.id), &cell)?;
            return Err(unwanted);
        }
    };
    let again = Request::once(actor.clone(), deed.clone());
    let request = Request::once(actor.clone(), deed);
    let held = cell.in_use.hold(row.pieces.iter().map(|piece| piece.blob));
    let done = region.commit(&cell, request, allowed, Open { row: row.clone(), is_return: false }).await?;
    let plain = body::read_now(region, &cell, &row, range.clone()).await?;
    let watch = Watch { region: region.clone(), request: again, cell, object: row.id, since, _held: held };
    Ok(Reading { leaf: done.leaf, row, range, body: watched(watch, plain) })
}

/// The leaf "opened": which object, by whom, by which permission.
pub struct Open {
    pub row: ObjectRow,
    /// It goes back to whom it came from, who knows whom it names.
    pub is_return: bool,
}

#[async_trait]
impl<D: Deed> Plan<D> for Open {
    async fn plan(&mut self, _: &D, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let there: Option<ObjectRow> = draft.row(&self.row.row_key()).await?;
        let there = there.ok_or(Refusal::new(Reason::NotFound))?;
        if !self.is_return {
            there.refuse_apart()?;
            note_day(draft, &there, frame.now).await?;
        }
        let answer = json!({ "etag": there.etag, "size_bytes": there.size_bytes });
        Ok(Outcome::of(Noun::Object, there.id).within(there.scope).saying(answer))
    }
}

/// WHY once a day: so that what nobody uses is known, and a thousand reads are not a thousand rows.
async fn note_day(draft: &mut Draft, row: &ObjectRow, now: Timestamp) -> Result<(), Refusal> {
    let key = row.row_key();
    let last: Option<ReadRow> = draft.row(&key).await?;
    let day = |at: Timestamp| at.ms().div_euclid(DAY_MS);
    match last.is_some_and(|last| day(last.at) == day(now)) {
        true => Ok(()),
        false => draft.put_in(row.seal(), &key, &ReadRow { at: now }),
    }
}

/// What is asked while a body goes out.
pub struct Watch<D> {
    pub region: Region,
    pub request: Request<D>,
    pub cell: Arc<Cell>,
    pub object: Id<Object>,
    /// The moment before its reader was judged.
    pub since: (u64, i64),
    /// WHY: the blobs stay as long as they are read, whatever happens to their row.
    pub _held: Held,
}

/// A body that ends with an error as soon as its reader may no longer read.
///
/// Judged again whenever duties move, and once a second for dates that pass.
pub fn watched<D: Judged>(watch: Watch<D>, mut plain: Body) -> Body {
    Box::pin(stream! {
        let mut seen = watch.since;
        let mut sent = Sent { watch: &watch, bytes: 0 };
        while let Some(next) = plain.next().await {
            if let Err(refusal) = watch.still_may(&mut seen).await {
                yield Err(refusal);
                return;
            }
            sent.bytes += next.as_ref().map_or(0, |bytes| bytes.len() as u64);
            yield next;
        }
    })
}

/// The same for bytes that stay here: nothing is counted as gone out.
pub fn guarded<D: Judged>(watch: Watch<D>, mut plain: Body) -> Body {
    Box::pin(stream! {
        let mut seen = watch.since;
        while let Some(next) = plain.next().await {
            if let Err(refusal) = watch.still_may(&mut seen).await {
                yield Err(refusal);
                return;
            }
            yield next;
        }
    })
}

impl<D: Judged> Watch<D> {
    /// Judges again if anything may have changed since it was last seen.
    async fn still_may(&self, seen: &mut (u64, i64)) -> Result<(), Refusal> {
        let now = self.region.moment(&self.cell);
        if now != *seen {
            self.judge_again().await?;
            *seen = now;
        }
        Ok(())
    }

    async fn judge_again(&self) -> Result<(), Refusal> {
        let Request { actor, deed, .. } = &self.request;
        let judged = self.region.allow(actor, deed, Some(&self.cell)).await;
        judged.map(drop).inspect_err(|refusal| {
            self.region.observe_refusal(actor, D::ACT.name(), refusal, self.cell.id);
        })
    }
}

/// How much went out, told to the ledger however the body ends.
struct Sent<'a, D: Judged> {
    watch: &'a Watch<D>,
    bytes: u64,
}

impl<D: Judged> Drop for Sent<'_, D> {
    fn drop(&mut self) {
        let Watch { region, request, cell, object, .. } = self.watch;
        region.observe_bytes(&request.actor, D::ACT, subject(Noun::Object, *object), cell, self.bytes);
    }
}
