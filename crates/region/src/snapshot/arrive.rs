//! Arriving: the study writes what left, under keys of its own, and says so object by object.
//!
//! A snapshot has an erasure scope and a bucket of its own. Bytes are opened at home and sealed anew on their
//! way; what is read back must be what left. Nothing is there twice: an object's place follows from its list.

use async_trait::async_trait;
use minicbor::{Decode, Encode};
use seal::crypt4gh::BodyHash;
use std::sync::{Arc, Mutex, PoisonError};

use futures::StreamExt;
use words::limit::OBJECT_BYTES_MAX;
use words::noun::{Bucket, Scope, Snapshot};
use words::{Id, Reason, Refusal};

use crate::Region;
use crate::cell::Cell;
use crate::cell::draft::Draft;
use crate::cell::step::{Leaf, Moment, Planned, Step};
use crate::noun::bucket::{BucketRow, Versions};
use crate::noun::ledger;
use crate::noun::quota::{self, Room};
use crate::noun::split;
use crate::object::body::{self, Body};
use crate::object::{Lineage, ObjectRow};
use crate::row::{Row, Table};
use crate::scope::ScopeRow;
use crate::snapshot::leave::{self, LeavingRow};
use crate::snapshot::step::{self, Carrying};
use crate::snapshot::{SnapshotRow, Taken, pass};

/// WHY: a stop repeats this much at most, and a commit holds it.
pub(super) const PAGE_OBJECTS: usize = 64;
/// WHY: the same, where objects are large.
const PAGE_BYTES: u64 = 1 << 30;

/// How far a snapshot has arrived.
#[derive(Debug, Clone, Encode, Decode)]
pub struct ArrivalRow {
    #[n(0)]
    pub snapshot: Id<Snapshot>,
    #[n(1)]
    pub bucket: Id<Bucket>,
    /// Leaf of the home that says what left.
    #[n(2)]
    pub left: u64,
    /// How many objects are there.
    #[n(3)]
    pub objects: u32,
    #[n(4)]
    pub is_whole: bool,
}

impl Row for ArrivalRow {
    const TABLE: Table = Table::Arrival;
}

/// Brings the list over; gives the study's leaf that says that all is there.
pub async fn arrived(region: &Region, row: &SnapshotRow, left: u64) -> Result<u64, Refusal> {
    let home = region.cell(row.home.cast()).await?;
    let study = region.cell(row.study.cast()).await?;
    let known: Option<ArrivalRow> = study.view().await?.row(&row.id.to_bytes()).await?;
    if known.is_none() {
        let begin = Begin { region: region.clone(), row: row.clone(), left };
        study.submit(Box::new(begin)).await?;
    }
    loop {
        let rows = study.view().await?;
        let arrival: ArrivalRow = rows.known(&row.id.to_bytes()).await?;
        if arrival.is_whole {
            return ledger::last_about(&study, "snapshot.whole", row.id).await;
        }
        let scope: ScopeRow = rows.known(&row.id.to_bytes()).await?;
        let page = leave::page(&home.view().await?, row, arrival.objects, PAGE_OBJECTS).await?;
        let mut carried = Carried {
            region: region.clone(),
            row: row.clone(),
            left,
            from: arrival.objects,
            objects: Vec::new(),
        };
        let room = Room::of(region, &study).await?;
        let mut bytes = 0;
        for leaving in page {
            bytes += leaving.object.size_bytes;
            // WHY with all before it: what has room is committed, so that nothing is carried again and again.
            match room.takes(bytes, carried.objects.len() as u64 + 1) {
                Err(full) if carried.objects.is_empty() => return Err(full),
                Err(_) => break,
                Ok(()) => {}
            }
            carried.objects.push(carry(region, row, &home, &study, &scope, left, leaving).await?);
            if bytes >= PAGE_BYTES {
                break;
            }
        }
        study.submit(Box::new(carried)).await?;
    }
}

/// One object, opened at home and sealed anew for the study; read back before anything names it.
async fn carry(
    region: &Region,
    row: &SnapshotRow,
    home: &Cell,
    study: &Cell,
    scope: &ScopeRow,
    left: u64,
    leaving: LeavingRow,
) -> Result<ObjectRow, Refusal> {
    let proof = Carrying::on(region, row).await?;
    let LeavingRow { object, blake3, .. } = leaving;
    let gone = Hashed::default();
    let plain = body::read_now(region, home, &object, 0..object.size_bytes).await?;
    let sent = Hashed::default();
    let passed = sent.of(pass::between(gone.of(watched(region, row, plain))));
    let receipt = body::carry(region, study, &proof, scope, passed, OBJECT_BYTES_MAX).await?;
    let id = Id::random(region.rand());
    let arrived = ObjectRow {
        id,
        scope: scope.id,
        size_bytes: receipt.piece.plain_bytes,
        pieces: vec![receipt.piece],
        etag: format!("{}-1", data_encoding::HEXLOWER.encode(&Id::to_bytes(id))),
        is_null: false,
        is_multipart: false,
        by: row.by,
        lineage: Some(Lineage {
            snapshot: row.id,
            permit: row.permit,
            home: row.home,
            object: object.id,
            version: object.version,
            leaf: left,
            blake3: sent.finish().into(),
        }),
        ..object
    };
    let kept = leave::digest(body::read(region, study, &arrived, 0..arrived.size_bytes)?).await?;
    // Assert in pairs: what went is what was listed, what is kept is what came.
    if gone.finish() != *blake3 || kept != sent.finish() {
        tracing::error!(snapshot = %row.id, "what arrived is not what left");
        return Err(Refusal::with(Reason::Unavailable, "what arrived is not what left"));
    }
    Ok(arrived)
}

/// A body that ends with an error once its snapshot may not go on: a permit's end stops what is on its way.
fn watched(region: &Region, row: &SnapshotRow, mut plain: Body) -> Body {
    let (region, row) = (region.clone(), row.clone());
    Box::pin(async_stream::stream! {
        let mut seen = None;
        while let Some(next) = plain.next().await {
            let now = Some(region.moment(region.root()));
            if now != seen {
                if let Err(refusal) = super::on(&region, &row).await {
                    yield Err(refusal);
                    return;
                }
                seen = now;
            }
            yield next;
        }
    })
}

/// BLAKE3 of what flows by.
#[derive(Default, Clone)]
struct Hashed(Arc<Mutex<BodyHash>>);

impl Hashed {
    fn of(&self, mut plain: Body) -> Body {
        let hash = Arc::clone(&self.0);
        Box::pin(async_stream::stream! {
            while let Some(next) = plain.next().await {
                if let Ok(bytes) = &next {
                    hash.lock().unwrap_or_else(PoisonError::into_inner).update(bytes);
                }
                yield next;
            }
        })
    }

    fn finish(&self) -> [u8; 32] {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone().finish()
    }
}

/// The study's scope, whole and not closed: judged by the root and the rows that the step will change.
async fn scope_of(region: &Region, row: &SnapshotRow, draft: &Draft) -> Result<Option<ScopeRow>, Refusal> {
    let root = region.root().view().await?;
    let current: SnapshotRow = root.known(&row.key()).await?;
    if !current.is_under_way() {
        return Err(Reason::AlreadyDone.into());
    }
    let scope: Option<ScopeRow> = draft.row(&row.id.to_bytes()).await?;
    match scope {
        Some(scope) if scope.is_erased => Err(Reason::ScopeErased.into()),
        other => Ok(other),
    }
}

/// Makes the place where a snapshot arrives: its scope, its keys, its bucket.
struct Begin {
    region: Region,
    row: SnapshotRow,
    left: u64,
}

#[async_trait]
impl Step for Begin {
    async fn plan(&mut self, draft: &mut Draft, moment: Moment) -> Result<Planned, Refusal> {
        let Self { region, row, left } = self;
        if scope_of(region, row, draft).await?.is_some() {
            return Err(Reason::AlreadyDone.into());
        }
        let id: Id<Scope> = row.id.cast();
        // Keys come before the row that names them; keys without a row harm nobody.
        let public = region.keys(row.study.cast()).found_scope(id, 1)?.into();
        let split = split::newest(draft).await?.map(|split| split.key);
        let (generation, is_erased, erased_at, oldest) = (1, false, None, None);
        let scope = ScopeRow { id, agreement: None, generation, public, is_erased, erased_at, split, oldest };
        draft.put(&id.to_bytes(), &scope)?;
        let bucket = BucketRow {
            id: Id::random(region.rand()),
            name: row.bucket(),
            scope: id,
            versions: Versions::Enabled,
            created_at: moment.now,
            expiry: Vec::new(),
            taken: Some(Taken { snapshot: row.id, permit: row.permit }),
            lock: None,
            labels: None,
        };
        if draft.row::<BucketRow>(bucket.name.as_bytes()).await?.is_some() {
            return Err(Reason::NameTaken.into());
        }
        bucket.store(draft)?;
        let arrival =
            ArrivalRow { snapshot: row.id, bucket: bucket.id, left: *left, objects: 0, is_whole: false };
        draft.put(&row.id.to_bytes(), &arrival)?;
        let there = Leaf { cell: row.home.cast(), index: *left };
        Ok(Planned::New(step::entry("snapshot.begin", row, moment.now, &[there])))
    }
}

/// Objects that have arrived; none: the list is at its end.
struct Carried {
    region: Region,
    row: SnapshotRow,
    left: u64,
    from: u32,
    objects: Vec<ObjectRow>,
}

#[async_trait]
impl Step for Carried {
    async fn plan(&mut self, draft: &mut Draft, moment: Moment) -> Result<Planned, Refusal> {
        let Self { region, row, .. } = &*self;
        scope_of(region, row, draft).await?.ok_or(Refusal::new(Reason::ScopeErased))?;
        let mut arrival: ArrivalRow = draft.known(&row.id.to_bytes()).await?;
        if arrival.objects != self.from || arrival.is_whole {
            return Err(Reason::AlreadyDone.into());
        }
        let there = Leaf { cell: row.home.cast(), index: self.left };
        let act = if self.objects.is_empty() { "snapshot.whole" } else { "snapshot.arrive" };
        let mut entry = step::entry(act, row, moment.now, &[there]);
        draft.within(quota::of(&region.root().view().await?, moment.cell).await?);
        for mut object in std::mem::take(&mut self.objects) {
            (object.bucket, object.at) = (arrival.bucket, moment.now);
            object.store(draft)?;
            arrival.objects += 1;
            entry.record.subjects.push(crate::act::subject(words::noun::Noun::Object, object.id));
        }
        arrival.is_whole = act == "snapshot.whole";
        draft.put(&self.row.id.to_bytes(), &arrival)?;
        Ok(Planned::New(entry))
    }
}
