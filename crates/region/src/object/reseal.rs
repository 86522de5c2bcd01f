//! Sealing what is there to the keys of now, step by step, while readers go on.
//!
//! A rotation makes new keys for what comes; this moves the headers of what is
//! there, a bounded number of rows in each commit, then closes the door to the
//! old generation, looks once more, and has custody destroy it. Where it stands
//! is a row: a process that ends goes on where it was. Bodies are not touched.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use serde_json::{Value, json};
use store::custody::KeyName;
use words::noun::{Scope, Snapshot};
use words::{Id, Reason, Refusal, Timestamp};

use crate::Region;
use crate::cell::Cell;
use crate::cell::draft::Draft;
use crate::cell::step::{Entry, Moment, Planned, Step};
use crate::object::{ObjectRow, Piece, header};
use crate::row::{Row, Seal, Table};
use crate::scope::ScopeRow;
use crate::snapshot::{DepartureRow, LeavingRow};
use crate::upload::{self, PartRow, UploadRow};

/// WHY: a page is read and judged in one go.
const PAGE_ROWS: usize = 256;
/// WHY: two curve operations each, so some tens of milliseconds between two commits; one row may have more.
const PIECES_MAX: usize = 512;

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Stage {
    /// Everything that is there is moved; what is on its way may still come under the old keys.
    #[n(0)]
    Moving,
    /// Nothing comes under the old keys any more; what came meanwhile is moved.
    #[n(1)]
    Closing,
    /// Nothing is left under them.
    #[n(2)]
    Destroying,
}

/// Which rows are looked through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
enum Among {
    #[n(0)]
    Objects,
    #[n(1)]
    Uploads,
    /// What left for snapshots: it still goes there, whatever became of it here.
    #[n(2)]
    Leaving,
}

/// How far a cell's resealing is.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct ResealRow {
    #[n(0)]
    pub stage: Stage,
    #[n(1)]
    among: Among,
    /// The last row that was looked at.
    #[n(2)]
    after: ByteVec,
    /// Rows moved so far.
    #[n(3)]
    pub moved: u64,
    #[n(4)]
    pub since: Timestamp,
}

impl Row for ResealRow {
    const TABLE: Table = Table::Reseal;
}

impl ResealRow {
    /// From the beginning.
    pub fn begun(now: Timestamp) -> Self {
        let after = ByteVec::from(Vec::new());
        Self { stage: Stage::Moving, among: Among::Objects, after, moved: 0, since: now }
    }

    /// After the last row of a table.
    fn turned(&self) -> Self {
        let (stage, among) = match (self.among, self.stage) {
            (Among::Objects, stage) => (stage, Among::Uploads),
            (Among::Uploads, stage) => (stage, Among::Leaving),
            (Among::Leaving, Stage::Moving) => (Stage::Closing, Among::Objects),
            (Among::Leaving, Stage::Closing | Stage::Destroying) => (Stage::Destroying, Among::Objects),
        };
        Self { stage, among, after: ByteVec::from(Vec::new()), ..self.clone() }
    }

    pub fn told(&self) -> Value {
        let stage = match self.stage {
            Stage::Moving => "moving",
            Stage::Closing => "closing",
            Stage::Destroying => "destroying",
        };
        json!({ "stage": stage, "moved": self.moved, "since": self.since })
    }
}

/// A row whose pieces are under old keys.
struct Stale {
    key: Vec<u8>,
    scope: Id<Scope>,
    of: Of,
    pieces: Vec<Piece>,
}

/// What kind of row it is.
enum Of {
    Object,
    Part(Box<UploadRow>),
    /// Where its object lies at home, if it still does.
    Leaving {
        home: Vec<u8>,
        snapshot: Id<Snapshot>,
    },
}

/// One commit's worth.
struct Batch {
    from: ResealRow,
    next: ResealRow,
    moves: Vec<(Stale, Vec<Piece>)>,
}

impl Region {
    /// Takes at most so many steps in a cell; tells whether more are left.
    pub async fn reseal(&self, cell: &Cell, steps_max: usize) -> Result<bool, Refusal> {
        for _ in 0..steps_max {
            let rows = cell.view().await?;
            let Some(from) = rows.row::<ResealRow>(&[]).await? else { return Ok(false) };
            match from.stage {
                Stage::Destroying => destroy(cell, &rows, from).await?,
                Stage::Moving | Stage::Closing => {
                    let batch = gather(self, cell, &rows, from).await?;
                    cell.submit(Box::new(Move { batch })).await?;
                }
            }
        }
        Ok(cell.view().await?.row::<ResealRow>(&[]).await?.is_some())
    }

    /// A few steps in every open cell that has some to take.
    pub(crate) async fn go_on_resealing(&self) {
        for cell in self.open_cells() {
            match self.reseal(&cell, STEPS_AT_ONCE_MAX).await {
                Ok(_) => {}
                // WHY no word: it goes on when holders open the keys.
                Err(refusal) if refusal.reason == Reason::SharesNeeded => {}
                Err(refusal) => {
                    tracing::warn!(cell = %cell.id, reason = refusal.reason.code(), "resealing waits");
                }
            }
        }
    }
}

/// WHY: other cells get their turn, and who asks for an act waits for one commit at most.
const STEPS_AT_ONCE_MAX: usize = 16;

async fn live(rows: &Draft) -> Result<BTreeMap<Id<Scope>, ScopeRow>, Refusal> {
    let scopes = rows.all::<ScopeRow>(&[]).await?.into_iter().map(|(_, row)| row);
    Ok(scopes.filter(|row| !row.is_erased).map(|row| (row.id, row)).collect())
}

/// The next rows that are stale, sealed anew; nothing is written here.
async fn gather(region: &Region, cell: &Cell, rows: &Draft, from: ResealRow) -> Result<Batch, Refusal> {
    let scopes = live(rows).await?;
    let is_stale = |stale: &Stale| {
        let scope = scopes.get(&stale.scope);
        scope.is_some_and(|scope| stale.pieces.iter().any(|piece| piece.generation < scope.generation))
    };
    let mut next = from.clone();
    let mut found: Vec<Stale> = Vec::new();
    while found.is_empty() {
        let page = page(rows, &next).await?;
        let Some((last, _)) = page.last() else {
            next = next.turned();
            break;
        };
        next.after = ByteVec::from(last.clone());
        for (key, stale) in page {
            found.extend(stale.into_iter().filter(is_stale));
            if found.iter().map(|stale| stale.pieces.len()).sum::<usize>() >= PIECES_MAX {
                next.after = ByteVec::from(key);
                break;
            }
        }
    }
    let mut moves = Vec::with_capacity(found.len());
    for stale in found {
        let scope = scopes.get(&stale.scope).ok_or(Refusal::new(Reason::ScopeErased))?;
        if let Some(fresh) = freshened(region, cell, rows, scope, &stale).await? {
            moves.push((stale, fresh));
        }
    }
    next.moved += moves.len() as u64;
    Ok(Batch { from, next, moves })
}

/// All pieces of a row sealed anew; none: it left for a snapshot, and nothing opens it any more.
async fn freshened(
    region: &Region,
    cell: &Cell,
    rows: &Draft,
    scope: &ScopeRow,
    stale: &Stale,
) -> Result<Option<Vec<Piece>>, Refusal> {
    let mut fresh = Vec::with_capacity(stale.pieces.len());
    for piece in &stale.pieces {
        let sealed = match (sealed_anew(region, cell, scope, piece), &stale.of) {
            (Err(refusal), Of::Leaving { home, snapshot }) if refusal.reason == Reason::ScopeErased => {
                let Some(sealed) = sealed_at_home(region, cell, rows, scope, home, piece).await? else {
                    tracing::warn!(cell = %cell.id, %snapshot, "what left cannot be sealed anew: its keys are gone");
                    return Ok(None);
                };
                sealed
            }
            (sealed, _) => sealed?,
        };
        fresh.push(sealed);
        // WHY: a row may have thousands, and others want this thread.
        tokio::task::yield_now().await;
    }
    Ok(Some(fresh))
}

/// The same run of bytes, by the header that the home's object has for it now.
///
/// WHY: earlier rotations moved objects alone, and destroyed the keys of what had left.
async fn sealed_at_home(
    region: &Region,
    cell: &Cell,
    rows: &Draft,
    scope: &ScopeRow,
    home: &[u8],
    piece: &Piece,
) -> Result<Option<Piece>, Refusal> {
    let object: Option<ObjectRow> = rows.row(home).await?;
    let is_same = |other: &&Piece| (other.blob, other.offset) == (piece.blob, piece.offset);
    let Some(object) = object.filter(|object| object.scope == scope.id) else { return Ok(None) };
    let Some(there) = object.pieces.iter().find(is_same) else { return Ok(None) };
    match sealed_anew(region, cell, scope, there) {
        Err(refusal) if refusal.reason == Reason::ScopeErased => Ok(None),
        sealed => sealed.map(Some),
    }
}

fn sealed_anew(region: &Region, cell: &Cell, scope: &ScopeRow, piece: &Piece) -> Result<Piece, Refusal> {
    let key = header::open(region, cell, scope.id, piece)?;
    let header = header::seal(region, cell, scope, &key)?.into();
    Ok(Piece { header, generation: scope.generation, ..piece.clone() })
}

/// Rows after the last one that was looked at, each with what it holds.
async fn page(rows: &Draft, at: &ResealRow) -> Result<Vec<(Vec<u8>, Vec<Stale>)>, Refusal> {
    let after = (!at.after.is_empty()).then_some(&at.after[..]);
    match at.among {
        Among::Objects => {
            let found = rows.rows::<ObjectRow>(&[], after, PAGE_ROWS).await?;
            let of = |(key, row): (Vec<u8>, ObjectRow)| {
                (key.clone(), vec![Stale { key, scope: row.scope, of: Of::Object, pieces: row.pieces }])
            };
            Ok(found.into_iter().map(of).collect())
        }
        Among::Uploads => {
            let found = rows.rows::<UploadRow>(&[], after, 1).await?;
            let mut page = Vec::new();
            for (key, upload) in found {
                let parts = upload::parts(rows, &upload).await?.into_iter().map(|part| Stale {
                    key: upload::part_key(upload.id, part.number),
                    scope: upload.scope,
                    of: Of::Part(Box::new(upload.clone())),
                    pieces: vec![part.piece],
                });
                page.push((key, parts.collect()));
            }
            Ok(page)
        }
        Among::Leaving => {
            let found = rows.rows::<LeavingRow>(&[], after, PAGE_ROWS).await?;
            // WHY also those that are not whole yet: the rest of such a list may come before the door is closed.
            let gone = rows.all::<DepartureRow>(&[]).await?.into_iter().map(|(_, row)| row);
            let gone: BTreeSet<_> =
                gone.filter(|row| row.arrived.is_some()).map(|row| row.snapshot).collect();
            let of = |(key, LeavingRow { snapshot, object, .. }): (Vec<u8>, LeavingRow)| {
                let of = Of::Leaving { home: object.row_key(), snapshot };
                let stale = Stale { key: key.clone(), scope: object.scope, of, pieces: object.pieces };
                (key, Vec::from_iter(Some(stale).filter(|_| !gone.contains(&snapshot))))
            };
            Ok(found.into_iter().map(of).collect())
        }
    }
}

/// One commit: rows that are still as they were get their new headers, and the place moves on.
struct Move {
    batch: Batch,
}

#[async_trait]
impl Step for Move {
    async fn plan(&mut self, draft: &mut Draft, moment: Moment) -> Result<Planned, Refusal> {
        let Batch { from, next, moves } = &mut self.batch;
        let now: Option<ResealRow> = draft.row(&[]).await?;
        if now.as_ref() != Some(from) {
            return Err(Refusal::with(Reason::Unavailable, "keys were replaced again meanwhile"));
        }
        let scopes = live(draft).await?;
        for (stale, fresh) in moves.drain(..).filter(|(stale, _)| scopes.contains_key(&stale.scope)) {
            write(draft, &stale, &fresh).await?;
        }
        if from.stage == Stage::Moving && next.stage == Stage::Closing {
            for mut scope in scopes.into_values() {
                scope.oldest = Some(scope.generation);
                draft.put(&scope.id.to_bytes(), &scope)?;
            }
        }
        draft.put(&[], next)?;
        let project = moment.cell;
        Ok(Planned::New(Entry::of_house("key.reseal", moment.now).about(format!("project:{project}"))))
    }
}

async fn write(draft: &mut Draft, stale: &Stale, fresh: &[Piece]) -> Result<(), Refusal> {
    // WHY piece by piece: people may have described the object, or sent a part again, meanwhile.
    let moved = |piece: &mut Piece| {
        let at = stale.pieces.iter().position(|old| old == piece);
        if let Some(fresh) = at.and_then(|at| fresh.get(at)) {
            *piece = fresh.clone();
        }
    };
    match &stale.of {
        Of::Object => {
            if let Some(mut row) = draft.row::<ObjectRow>(&stale.key).await? {
                row.pieces.iter_mut().for_each(moved);
                row.store(draft)?;
            }
        }
        Of::Part(upload) => {
            if let Some(mut row) = draft.row::<PartRow>(&stale.key).await? {
                moved(&mut row.piece);
                upload::store_part(draft, upload, &row)?;
            }
        }
        Of::Leaving { .. } => {
            if let Some(mut row) = draft.row::<LeavingRow>(&stale.key).await? {
                row.object.pieces.iter_mut().for_each(moved);
                draft.put_in(row.seal(), &stale.key, &row)?;
            }
        }
    }
    Ok(())
}

/// Nothing is left under the old pairs: custody destroys them, then a commit says so.
async fn destroy(cell: &Cell, rows: &Draft, from: ResealRow) -> Result<(), Refusal> {
    let scopes = live(rows).await?;
    let is_old = |scope: &Id<Scope>, generation: u32| {
        let oldest = scopes.get(scope).and_then(|row| row.oldest);
        oldest.is_some_and(|oldest| generation < oldest)
    };
    let destroyed = cell.keys.destroy_chosen(|name| match name {
        KeyName::ScopeData(_, scope, generation) => is_old(scope, *generation),
        _ => false,
    })?;
    cell.submit(Box::new(Retire { from, destroyed })).await.map(drop)
}

struct Retire {
    from: ResealRow,
    destroyed: Option<store::custody::Destroyed>,
}

#[async_trait]
impl Step for Retire {
    async fn plan(&mut self, draft: &mut Draft, moment: Moment) -> Result<Planned, Refusal> {
        let now: Option<ResealRow> = draft.row(&[]).await?;
        if now.as_ref() != Some(&self.from) {
            return Err(Refusal::with(Reason::Unavailable, "keys were replaced again meanwhile"));
        }
        draft.remove::<ResealRow>(Seal::Cell, &[]);
        let mut entry = Entry::of_house("key.retire", moment.now).about(format!("project:{}", moment.cell));
        if let Some(destroyed) = &self.destroyed {
            let said = json!({ "custody": destroyed.kind, "custody_generation": destroyed.generation, "pairs": destroyed.names.len() });
            entry.detail = said.to_string().into_bytes();
        }
        Ok(Planned::New(entry))
    }
}
