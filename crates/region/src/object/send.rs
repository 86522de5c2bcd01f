//! Sending: one object of a return as a Crypt4GH file, and the word that all of it went out.

use async_stream::try_stream;
use bytes::Bytes;
use futures::{FutureExt, StreamExt};
use seal::Sha256;
use words::act::ExitFetch;
use words::noun::{Agreement, Object};
use words::{Actor, Deed, Id, Reason, Refusal};

use crate::Region;
use crate::act::Request;
use crate::cell::step::{Entry, HouseStep};
use crate::noun::exit::{Sent, state};
use crate::noun::{agreement, bucket};
use crate::object::body::{self, Body};
use crate::object::export::{recipient, sealed_as};
use crate::object::known;
use crate::object::read::{Open, Reading, Watch, watched};

/// Opens one object for its provider; the leaf comes before the first byte.
pub async fn fetch(region: &Region, actor: &Actor, deed: ExitFetch) -> Result<Reading, Refusal> {
    let project = deed.project.clone();
    region.heard(actor, ExitFetch::ACT, Some(&project), opened(region, actor, deed).boxed()).await
}

async fn opened(region: &Region, actor: &Actor, deed: ExitFetch) -> Result<Reading, Refusal> {
    let cell = region.project_cell(actor, &deed.project).await?;
    let since = region.moment(&cell);
    let allowed = region.allow(actor, &deed, Some(&cell)).await?;
    let id = agreement::find(&region.root().view().await?, &deed.agreement).await?.id;
    let rows = cell.view().await?;
    let state = state(&rows, id).await?.ok_or(Refusal::new(Reason::StateWrong))?;
    let to = recipient(state.recipient.as_deref().unwrap_or_default())?;
    let row =
        known(&rows, &bucket::find(&rows, &deed.bucket).await?, &deed.key, deed.version.as_deref()).await?;
    // INVARIANT: a return holds its own scope's objects and nothing else.
    if row.scope != id.cast() {
        return Err(Refusal::with(Reason::NotFound, "object"));
    }
    let again = Request::once(actor.clone(), deed.clone());
    let request = Request::once(actor.clone(), deed);
    let held = cell.in_use.hold(row.pieces.iter().map(|piece| piece.blob));
    let done = region.commit(&cell, request, allowed, Open { row: row.clone(), is_return: true }).await?;
    let range = 0..row.size_bytes;
    let summed =
        Summed { region: region.clone(), cell: std::sync::Arc::clone(&cell), agreement: id, object: row.id };
    let (plain_sum, plain) = summing(body::read_now(region, &cell, &row, range.clone()).await?);
    let sealed = sealed_as(region, plain, to)?;
    let watch = Watch { region: region.clone(), request: again, cell, object: row.id, since, _held: held };
    // WHY outermost: only what the watch let through to its end was sent.
    let body = summed.over(watched(watch, sealed), plain_sum);
    Ok(Reading { leaf: done.leaf, row, range, body })
}

type Sum = std::sync::Arc<std::sync::Mutex<Sha256>>;

/// A body, and the digest of what has passed of it.
fn summing(mut plain: Body) -> (Sum, Body) {
    let sum = Sum::default();
    let seen = std::sync::Arc::clone(&sum);
    let body: Body = Box::pin(try_stream! {
        while let Some(bytes) = plain.next().await {
            let bytes: Bytes = bytes?;
            seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner).update(&bytes);
            yield bytes;
        }
    });
    (sum, body)
}

/// Which object of which return a stream is of.
struct Summed {
    region: Region,
    cell: std::sync::Arc<crate::cell::Cell>,
    agreement: Id<Agreement>,
    object: Id<Object>,
}

impl Summed {
    /// The same bytes; before the last of them goes out, the cell remembers their digest.
    fn over(self, mut sealed: Body, plain: Sum) -> Body {
        Box::pin(try_stream! {
            let mut sum = Sha256::new();
            let mut last: Option<Bytes> = None;
            while let Some(bytes) = sealed.next().await {
                let bytes: Bytes = bytes?;
                sum.update(&bytes);
                if let Some(before) = last.replace(bytes) {
                    yield before;
                }
            }
            let plain = plain.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone().finish();
            self.remember(sum.finish(), plain).await?;
            if let Some(last) = last {
                yield last;
            }
        })
    }

    /// WHY before the last piece: a receiver that has all of it finds it in the list.
    async fn remember(&self, sealed: [u8; 32], plain: [u8; 32]) -> Result<(), Refusal> {
        let (agreement, object) = (self.agreement, self.object);
        let step = HouseStep::new(move |draft, moment| {
            let sent = Sent { object, sealed: sealed.into(), plain: plain.into(), at: moment.now };
            sent.store(draft, agreement)?;
            Ok(Entry::of_house("exit.sent", moment.now).about(format!("object:{object}")))
        });
        // WHY here too: an erasure may have been decided while the last bytes were on their way.
        self.region.lease().confirmed(self.region.clock().now())?;
        self.cell.submit(Box::new(step)).await.map(drop)
    }
}
