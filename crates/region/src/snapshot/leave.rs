//! Leaving: the home says which objects go to which study, as of one moment, with the digest of each.
//!
//! The list is written before a byte goes. It holds the objects as they were, so that what is deleted at home
//! meanwhile still goes, and the sweep leaves their bytes until they have arrived.

use async_trait::async_trait;
use futures::StreamExt;
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use seal::Frontier;
use seal::crypt4gh::BodyHash;
use serde_json::{Value, json};
use words::limit::SNAPSHOT_OBJECTS_MAX;
use words::noun::{Permit, Project, Scope, Snapshot};
use words::{Id, Reason, Refusal};

use crate::Region;
use crate::cell::Cell;
use crate::cell::draft::Draft;
use crate::cell::state::HeadRow;
use crate::cell::step::{Entry, HouseStep, Leaf, Moment, Planned, Step};
use crate::noun::bucket;
use crate::noun::crossing;
use crate::noun::ledger;
use crate::object::ObjectRow;
use crate::object::body::{self, Body};
use crate::row::{Row, Seal, Table};
use crate::scope::ScopeRow;
use crate::snapshot::{SnapshotRow, step};

/// WHY: well within a commit, with the same again in its leaf.
const PAGE_BYTES: usize = 1 << 20;

/// What left for a snapshot, all in all.
#[derive(Debug, Clone, Encode, Decode)]
pub struct DepartureRow {
    #[n(0)]
    pub snapshot: Id<Snapshot>,
    #[n(1)]
    pub permit: Id<Permit>,
    #[n(2)]
    pub study: Id<Project>,
    #[n(3)]
    pub scope: Id<Scope>,
    /// How many leaves the ledger had at the moment that was listed.
    #[n(4)]
    pub as_of: u64,
    #[n(5)]
    pub objects: u64,
    #[n(6)]
    pub bytes: u64,
    /// The study's leaf that says that all has arrived.
    #[n(7)]
    pub arrived: Option<u64>,
}

impl Row for DepartureRow {
    const TABLE: Table = Table::Departure;
}

/// One object that left, with nothing said of it but what was asked for.
#[derive(Debug, Clone, Encode, Decode)]
pub struct LeavingRow {
    #[n(0)]
    pub snapshot: Id<Snapshot>,
    /// From 0 on, without gaps.
    #[n(1)]
    pub number: u32,
    #[n(2)]
    pub object: ObjectRow,
    /// BLAKE3 of its plain bytes.
    #[n(3)]
    pub blake3: ByteArray<32>,
}

impl Row for LeavingRow {
    const TABLE: Table = Table::Leaving;
}

impl LeavingRow {
    fn key(&self) -> Vec<u8> {
        [&self.snapshot.to_bytes()[..], &self.number.to_be_bytes()].concat()
    }

    pub(crate) fn seal(&self) -> Seal {
        let ObjectRow { scope, id, size_bytes, .. } = self.object;
        Seal::Scope { scope, id: id.to_bytes(), size_bytes }
    }

    fn told(&self) -> Value {
        json!({
            "object": self.object.id.to_string(),
            "version": self.object.version_id(),
            "size_bytes": self.object.size_bytes,
            "blake3": data_encoding::HEXLOWER.encode(&*self.blake3),
        })
    }
}

/// Some objects of a snapshot's list, in order.
pub async fn page(
    rows: &Draft,
    row: &SnapshotRow,
    from: u32,
    rows_max: usize,
) -> Result<Vec<LeavingRow>, Refusal> {
    let id = row.id.to_bytes();
    let after = from.checked_sub(1).map(|last| [&id[..], &last.to_be_bytes()].concat());
    let rows = rows.rows::<LeavingRow>(&id, after.as_deref(), rows_max).await?;
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// The home's word on what leaves, said once: the list, and the leaf that says it.
pub async fn left(region: &Region, row: &SnapshotRow) -> Result<(DepartureRow, u64), Refusal> {
    let cell = region.cell(row.home.cast()).await?;
    let known: Option<DepartureRow> = cell.view().await?.row(&row.id.to_bytes()).await?;
    if let Some(known) = known {
        // A stop came between this step and the next: the leaf is where the ledger has it.
        return Ok((known, ledger::last_about(&cell, "snapshot.leave", row.id).await?));
    }
    let view = cell.view().await?;
    let listed = listed(region, &view, row).await?;
    let blobs = listed.iter().flat_map(|object| object.pieces.iter().map(|piece| piece.blob));
    let _held = cell.in_use.hold(blobs);
    let mut leaving = Vec::with_capacity(listed.len());
    for (number, object) in (0..).zip(listed) {
        super::on(region, row).await?;
        let plain = body::read_now(region, &cell, &object, 0..object.size_bytes).await?;
        let blake3 = digest(plain).await?.into();
        leaving.push(LeavingRow { snapshot: row.id, number, object, blake3 });
    }
    let departure = DepartureRow {
        snapshot: row.id,
        permit: row.permit,
        study: row.study,
        scope: row.scope,
        as_of: size_of(&view).await?,
        objects: leaving.len() as u64,
        bytes: leaving.iter().map(|leaving| leaving.object.size_bytes).sum(),
        arrived: None,
    };
    let leaf = write(&cell, row, leaving, &departure).await?;
    Ok((departure, leaf.index))
}

/// How many leaves a ledger had when these rows were read.
async fn size_of(view: &Draft) -> Result<u64, Refusal> {
    let head: HeadRow = view.known(&[]).await?;
    let unread = |_| Refusal::with(Reason::Unavailable, "the index does not hold the tree's frontier");
    Ok(Frontier::decode(&head.frontier).map_err(unread)?.size())
}

/// The newest versions of what is asked for, minimised, all as of one moment.
async fn listed(region: &Region, view: &Draft, row: &SnapshotRow) -> Result<Vec<ObjectRow>, Refusal> {
    let root = region.root().view().await?;
    let wish = crossing::wish(&root, &row.permit(&root).await?).await?;
    let bucket = bucket::of_id(view, row.source).await?;
    // WHY no fault where there is none: a bucket that was emptied and deleted has nothing that leaves.
    let Some(bucket) = bucket.filter(|bucket| bucket.scope == row.scope) else {
        return Ok(Vec::new());
    };
    let (mut listed, mut last) = (Vec::new(), None);
    let newest = |object: ObjectRow| {
        let is_newest = last.as_ref() != Some(&object.key);
        last = Some(object.key.clone());
        let is_wanted = is_newest && !object.is_marker && wish.wants(&bucket.name, &object.key);
        // WHY not refused as a whole: what is set apart is read by nobody, here or there.
        let is_wanted = is_wanted && object.derived.is_none() && object.refuse_apart().is_ok();
        if is_wanted && listed.len() <= SNAPSHOT_OBJECTS_MAX {
            listed.push(wish.minimised(object));
        }
    };
    view.each(&bucket.id.to_bytes(), newest).await?;
    match listed.len() > SNAPSHOT_OBJECTS_MAX {
        true => Err(Refusal::with(Reason::TooLarge, "more objects than one snapshot takes")),
        false => Ok(listed),
    }
}

/// BLAKE3 of a body, in constant memory.
pub async fn digest(mut plain: Body) -> Result<[u8; 32], Refusal> {
    let mut hash = BodyHash::new();
    while let Some(next) = plain.next().await {
        hash.update(&next?);
    }
    Ok(hash.finish())
}

/// Writes the list page by page; the last page says that it is whole.
async fn write(
    cell: &Cell,
    row: &SnapshotRow,
    leaving: Vec<LeavingRow>,
    departure: &DepartureRow,
) -> Result<Leaf, Refusal> {
    // Of an attempt that was cut: there is no departure yet, so nobody goes by it.
    let stale = cell.view().await?.all::<LeavingRow>(&row.id.to_bytes()).await?;
    if !stale.is_empty() {
        let stale: Vec<LeavingRow> = stale.into_iter().map(|(_, stale)| stale).collect();
        for some in stale.chunks(super::arrive::PAGE_OBJECTS) {
            clear(cell, row, some.to_vec()).await?;
        }
    }
    let mut page = Vec::new();
    let mut size_bytes = 0;
    for leaving in leaving {
        size_bytes += crate::row::encode(&leaving)?.len();
        page.push(leaving);
        if size_bytes >= PAGE_BYTES {
            let list = List { row: row.clone(), page: std::mem::take(&mut page), whole: None };
            cell.submit(Box::new(list)).await?;
            size_bytes = 0;
        }
    }
    let last = List { row: row.clone(), page, whole: Some(departure.clone()) };
    cell.submit(Box::new(last)).await?.leaf.ok_or_else(crate::cell::lead::gone)
}

async fn clear(cell: &Cell, row: &SnapshotRow, stale: Vec<LeavingRow>) -> Result<(), Refusal> {
    let row = row.clone();
    let step = HouseStep::new(move |draft, moment| {
        stale.iter().for_each(|stale| draft.remove::<LeavingRow>(stale.seal(), &stale.key()));
        Ok(step::entry("snapshot.list-again", &row, moment.now, &[]))
    });
    cell.submit(Box::new(step)).await.map(drop)
}

/// A page of the list.
struct List {
    row: SnapshotRow,
    page: Vec<LeavingRow>,
    whole: Option<DepartureRow>,
}

#[async_trait]
impl Step for List {
    async fn plan(&mut self, draft: &mut Draft, moment: Moment) -> Result<Planned, Refusal> {
        let known: Option<DepartureRow> = draft.row(&self.row.id.to_bytes()).await?;
        if known.is_some() {
            return Err(Reason::AlreadyDone.into());
        }
        let scope: Option<ScopeRow> = draft.row(&self.row.scope.to_bytes()).await?;
        for leaving in &self.page {
            // WHY: a rotation has closed its door meanwhile; the next attempt lists what lies under the new keys.
            scope.iter().try_for_each(|scope| scope.refuse_old(&leaving.object.pieces))?;
            draft.put_in(leaving.seal(), &leaving.key(), leaving)?;
        }
        let mut detail = json!({ "objects": self.page.iter().map(LeavingRow::told).collect::<Vec<_>>() });
        let mut act = "snapshot.list";
        if let Some(whole) = self.whole.take() {
            draft.put(&self.row.id.to_bytes(), &whole)?;
            act = "snapshot.leave";
            detail["as_of"] = whole.as_of.into();
            detail["objects_in_all"] = whole.objects.into();
            detail["bytes_in_all"] = whole.bytes.into();
        }
        let detail = serde_json::to_vec(&detail).map_err(|_| crate::cell::lead::gone())?;
        let entry = step::entry(act, &self.row, moment.now, &[]);
        Ok(Planned::New(Entry { detail, scope: Some(self.row.scope), ..entry }))
    }
}

/// The home learns that all has arrived, and where the study says so.
pub async fn answered(region: &Region, row: &SnapshotRow, arrived: u64) -> Result<(), Refusal> {
    let cell = region.cell(row.home.cast()).await?;
    let known: DepartureRow = cell.view().await?.known(&row.id.to_bytes()).await?;
    if known.arrived.is_some() {
        return Ok(());
    }
    let (row, departure) = (row.clone(), DepartureRow { arrived: Some(arrived), ..known });
    let step = HouseStep::new(move |draft, moment| {
        draft.put(&row.id.to_bytes(), &departure)?;
        let there = Leaf { cell: row.study.cast(), index: arrived };
        Ok(step::entry("snapshot.arrived", &row, moment.now, &[there]))
    });
    cell.submit(Box::new(step)).await.map(drop)
}
