//! Completing an upload: its parts become an object, or, where they came sealed, what is inside them does.

use std::sync::Arc;

use futures::FutureExt;
use seal::checksum::Algorithm;
use words::act::UploadComplete;
use words::limit::{OBJECT_BYTES_MAX, PART_BYTES_MIN};
use words::{Actor, Deed, Reason, Refusal};

use super::{PartRow, UploadRow, find, parts};
use crate::Region;
use crate::act::Request;
use crate::cell::Cell;
use crate::noun::quota::Room;
use crate::object::body::{self, BlobReceipt};
use crate::object::put::{Made, Stored, check_condition, fresh, place, store};
use crate::object::read::{Watch, guarded};
use crate::object::retain::allow_locking;
use crate::object::{Checksum, ObjectRow, newest, unseal};
use crate::scope::ScopeRow;

/// One part as the client names it when it completes.
#[derive(Debug, Clone)]
pub struct Named {
    pub number: u32,
    pub etag: String,
    pub checksums: Vec<Checksum>,
}

/// Makes an object of the named parts; none named means all that were kept.
///
/// `sum`: the whole object's checksums from its parts', as S3 defines them.
pub async fn complete(
    region: &Region,
    actor: &Actor,
    deed: UploadComplete,
    named: Vec<Named>,
    sum: impl FnOnce(&UploadRow, &[PartRow]) -> Result<Vec<Checksum>, Refusal> + Send,
) -> Result<Stored, Refusal> {
    let project = deed.project.clone();
    region
        .heard(actor, UploadComplete::ACT, Some(&project), completed(region, actor, deed, named, sum).boxed())
        .await
}

async fn completed(
    region: &Region,
    actor: &Actor,
    deed: UploadComplete,
    named: Vec<Named>,
    sum: impl FnOnce(&UploadRow, &[PartRow]) -> Result<Vec<Checksum>, Refusal> + Send,
) -> Result<Stored, Refusal> {
    let cell = region.project_cell(actor, &deed.project).await?;
    let since = region.moment(&cell);
    let allowed = region.allow(actor, &deed, Some(&cell)).await?;
    let rows = cell.view().await?;
    let upload = find(&rows, actor, &deed.bucket, &deed.key, &deed.upload).await?;
    let chosen = choose(parts(&rows, &upload).await?, &named)?;
    // WHY before all else: what was sent is judged as sent, sealed or not.
    let sums = sum(&upload, &chosen)?;
    let (bucket, scope) = place(&rows, &deed.bucket).await?;
    let found = newest(&rows, &bucket, &deed.key).await?;
    check_condition(deed.condition.as_deref(), found.as_ref())?;
    let blobs = chosen.iter().map(|part| part.piece.blob).collect();
    let (receipts, checksums, part_sums) = match &upload.sealed {
        None => {
            let part_sums = own_sums(&sums, &chosen);
            (chosen.into_iter().map(|part| BlobReceipt { piece: part.piece }).collect(), sums, part_sums)
        }
        Some(_) => {
            let request = Request::once(actor.clone(), deed.clone());
            let sent_bytes = chosen.iter().map(|part| part.piece.plain_bytes).sum();
            let room =
                Room::of_version(region, &cell, &rows, &bucket, &deed.key).await?.giving_back(sent_bytes);
            room.takes(0, 1)?;
            let inside = Inside { region, cell: &cell, scope: &scope, request, since, room };
            let (receipt, sums) = inside.open(&upload, chosen, &allowed).await?;
            (vec![receipt], sums, None)
        }
    };
    let row = fresh(region, actor, &deed.key, &scope, receipts);
    let UploadRow { media, metadata, lock, labels, .. } = upload;
    let (lock, labels) = (lock.unwrap_or_default(), labels.unwrap_or_default());
    let place_of = [deed.project.as_str(), &deed.bucket, &deed.key];
    allow_locking(region, actor, &cell, place_of, &lock).await?;
    let (is_held, retention) = (lock.is_held, lock.retention);
    let row = ObjectRow { media, metadata, checksums, labels, is_held, retention, part_sums, ..row };
    let row = ObjectRow { is_multipart: true, ..row };
    let made = Made { condition: deed.condition.clone(), source: None, parts: blobs };
    store(region, &cell, Request::once(actor.clone(), deed), allowed, row, made).await
}

/// The parts' own checksums, where the whole one is over them: a reader of one part is told its own.
fn own_sums(whole: &[Checksum], parts: &[PartRow]) -> Option<Vec<String>> {
    let composite = whole.first().filter(|sum| !sum.is_full)?;
    let own = |part: &PartRow| {
        part.checksums.iter().find(|sum| sum.algorithm == composite.algorithm).map(|sum| sum.value.clone())
    };
    parts.iter().map(own).collect()
}

/// Parts that together are a sealed file, and what is inside.
struct Inside<'a> {
    region: &'a Region,
    cell: &'a Arc<Cell>,
    scope: &'a ScopeRow,
    request: Request<UploadComplete>,
    since: (u64, i64),
    room: Room,
}

impl Inside<'_> {
    /// Opens them one after another and seals what is inside as one body.
    async fn open(
        self,
        upload: &UploadRow,
        chosen: Vec<PartRow>,
        allowed: &gate::Allowed<UploadComplete>,
    ) -> Result<(BlobReceipt, Vec<Checksum>), Refusal> {
        let Self { region, cell, scope, request, since, room } = self;
        let _held = cell.in_use.hold(chosen.iter().map(|part| part.piece.blob));
        let receipts = chosen.into_iter().map(|part| BlobReceipt { piece: part.piece }).collect();
        let sent = fresh(region, &request.actor, &upload.key, scope, receipts);
        let sealed = body::read(region, cell, &sent, 0..sent.size_bytes)?;
        let (region_own, cell_own) = (region.clone(), Arc::clone(cell));
        let watch = Watch { region: region_own, request, cell: cell_own, object: sent.id, since, _held };
        let algorithms: Vec<_> = upload.algorithm.as_deref().and_then(Algorithm::parse).into_iter().collect();
        let (plain, sums) = unseal::opened(cell, scope, guarded(watch, sealed), &algorithms)?;
        let receipt = body::write(region, cell, allowed, scope, plain, OBJECT_BYTES_MAX, room).await?;
        Ok((receipt, sums()?))
    }
}

fn choose(kept: Vec<PartRow>, named: &[Named]) -> Result<Vec<PartRow>, Refusal> {
    if named.is_empty() {
        return if kept.is_empty() { Err(Refusal::with(Reason::Invalid, "no parts")) } else { sized(kept) };
    }
    if !named.is_sorted_by(|left, right| left.number < right.number) {
        return Err(Refusal::with(Reason::Invalid, "parts are not in ascending order"));
    }
    let mut kept = kept.into_iter();
    let mut chosen = Vec::with_capacity(named.len());
    for wanted in named {
        let part = kept.find(|part| part.number == wanted.number);
        let is_same = |part: &PartRow| {
            let etag = wanted.etag.trim_matches('"');
            part.etag == etag && wanted.checksums.iter().all(|sum| part.checksums.contains(sum))
        };
        let lost =
            || Refusal::with(Reason::Invalid, format!("part {} is not the one that was kept", wanted.number));
        chosen.push(part.filter(is_same).ok_or_else(lost)?);
    }
    sized(chosen)
}

fn sized(chosen: Vec<PartRow>) -> Result<Vec<PartRow>, Refusal> {
    let all_but_last = chosen.split_last().map_or(&[][..], |(_, rest)| rest);
    if all_but_last.iter().any(|part| part.piece.plain_bytes < PART_BYTES_MIN) {
        return Err(Refusal::with(Reason::TooLarge, "a part but the last is smaller than 5 MiB"));
    }
    Ok(chosen)
}
