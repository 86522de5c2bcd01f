//! Bodies: from a stream of plain bytes to durable sealed blobs, and back.
//!
//! Constant memory in both directions. A body that fails on its way leaves an
//! unreferenced blob at most, and that is swept.

use std::pin::Pin;

use async_stream::try_stream;
use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt};
use gate::Allowed;
use seal::crypt4gh::{RangeOpener, Run, SEALED_SEGMENT_BYTES, SEGMENT_BYTES, run_ranges};
use seal::{Attempt, DataKey, Opener, Sealer};
use store::BlobWriter;
use store::blob::Placed;
use store::limit::PACKED_BYTES_MAX;
use words::limit::PART_BYTES_MAX;
use words::{Deed, Id, Reason, Refusal};

use crate::Region;
use crate::cell::Cell;
use crate::noun::quota::Room;
use crate::object::{ObjectRow, Piece, header};
use crate::scope::ScopeRow;
use crate::snapshot::Carrying;

/// Plain bytes in pieces of any size.
pub type Body = Pin<Box<dyn Stream<Item = Result<Bytes, Refusal>> + Send>>;

/// WHY: sealed bytes are handed to the store in pieces this large, to cost few calls.
const WRITE_BYTES: usize = 1 << 20;
/// WHY: a rotation after a rotation takes longer than a look at a row.
const READ_TRIES_MAX: usize = 3;

/// The proof that a body is durable; a row may refer to it.
#[derive(Debug, Clone)]
pub struct BlobReceipt {
    pub piece: Piece,
}

/// Seals a body under a fresh data key and makes it durable.
///
/// The proof is asked for because bytes of patients reach the store only here.
pub async fn write<A: Deed>(
    region: &Region,
    cell: &Cell,
    _allowed: &Allowed<A>,
    scope: &ScopeRow,
    body: Body,
    size_bytes_max: u64,
    room: Room,
) -> Result<BlobReceipt, Refusal> {
    sealed(region, cell, scope, body, size_bytes_max, room, Home::Shared).await
}

/// The same for a part, which is known by its blob and so has one of its own.
pub async fn write_part<A: Deed>(
    region: &Region,
    cell: &Cell,
    _allowed: &Allowed<A>,
    scope: &ScopeRow,
    body: Body,
    room: Room,
) -> Result<BlobReceipt, Refusal> {
    sealed(region, cell, scope, body, PART_BYTES_MAX, room, Home::Own).await
}

/// The same for what a snapshot brings: its permit was in force a moment ago.
pub(crate) async fn carry(
    region: &Region,
    cell: &Cell,
    _carrying: &Carrying,
    scope: &ScopeRow,
    body: Body,
    size_bytes_max: u64,
) -> Result<BlobReceipt, Refusal> {
    // WHY any: its size is known, and its place was asked for before.
    sealed(region, cell, scope, body, size_bytes_max, Room::default(), Home::Shared).await
}

/// The same for what the region makes of what is there.
pub(crate) async fn make(
    region: &Region,
    cell: &Cell,
    scope: &ScopeRow,
    body: Body,
    size_bytes_max: u64,
    room: Room,
) -> Result<BlobReceipt, Refusal> {
    sealed(region, cell, scope, body, size_bytes_max, room, Home::Shared).await
}

/// Whether a small body may share its blob.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Home {
    Own,
    Shared,
}

async fn sealed(
    region: &Region,
    cell: &Cell,
    scope: &ScopeRow,
    mut body: Body,
    size_bytes_max: u64,
    room: Room,
    home: Home,
) -> Result<BlobReceipt, Refusal> {
    let key = DataKey::random(region.rand());
    let attempt = Attempt::random(region.rand());
    let header = header::seal(region, cell, scope, &key)?;
    let mut sealer = Sealer::new(&key, attempt).map_err(|_| unwritten())?;
    let blob = Id::random(region.rand());
    let mut writer = cell.blobs.create(blob);
    let buffers = cell.blobs.buffers();
    let mut sealed = BytesMut::new();
    let mut size_bytes = 0_u64;
    while let Some(next) = body.next().await {
        let failed = match next {
            Ok(bytes) => {
                size_bytes = size_bytes.saturating_add(bytes.len() as u64);
                let is_over = size_bytes > size_bytes_max;
                // WHY not before: a small body is sealed once, into as much as it takes.
                if size_bytes >= SEGMENT_BYTES as u64 {
                    buffers.reserve(&mut sealed, bytes.len() + SEALED_SEGMENT_BYTES);
                }
                let sealing = sealer.push(&bytes, &mut sealed).map_err(|_| unwritten());
                let too_large = is_over.then(|| Refusal::new(Reason::TooLarge));
                sealing.err().or(too_large).or(room.takes(size_bytes, 0).err())
            }
            Err(refusal) => Some(refusal),
        };
        if let Some(refusal) = failed {
            // The caller's answer is the refusal; a blob left over is swept.
            let _swept_later = writer.abort().await;
            return Err(refusal);
        }
        if sealed.len() >= WRITE_BYTES {
            writer.write(buffers.filled(std::mem::take(&mut sealed))).await.map_err(|_| unwritten())?;
        }
    }
    let summary = sealer.finish(&mut sealed).map_err(|_| unwritten())?;
    let is_small = sealed.len() as u64 == summary.sealed_bytes && sealed.len() <= PACKED_BYTES_MAX;
    let placed = match is_small && home == Home::Shared {
        true => cell.packs.put(blob, scope.id, sealed.freeze()).await.map_err(|_| unwritten())?,
        false => {
            finish(writer, buffers.filled(sealed), summary.sealed_bytes).await?;
            Placed { blob, offset: None }
        }
    };
    region.meters().bytes_in.add(summary.plain_bytes);
    let piece = Piece {
        blob: placed.blob,
        offset: placed.offset,
        attempt: attempt.to_bytes().into(),
        header: header.into(),
        plain_bytes: summary.plain_bytes,
        blake3: summary.blake3.into(),
        generation: scope.generation,
    };
    Ok(BlobReceipt { piece })
}

async fn finish(mut writer: BlobWriter, last: Bytes, sealed_bytes: u64) -> Result<(), Refusal> {
    writer.write(last).await.map_err(|_| unwritten())?;
    let stored_bytes = writer.finish().await.map_err(|_| unwritten())?;
    // Assert in pairs: what the store says it holds is what was sealed.
    if stored_bytes == sealed_bytes { Ok(()) } else { Err(unwritten()) }
}

/// The same; where the row's keys were replaced since it was read, with the row of now.
///
/// WHY: a rotation moves headers while readers go on, and destroys what opened the old ones.
pub async fn read_now(
    region: &Region,
    cell: &Cell,
    row: &ObjectRow,
    range: std::ops::Range<u64>,
) -> Result<Body, Refusal> {
    let mut row = std::borrow::Cow::Borrowed(row);
    for _ in 0..READ_TRIES_MAX {
        match read(region, cell, &row, range.clone()) {
            Err(refusal) if refusal.reason == Reason::ScopeErased => {
                let now: Option<ObjectRow> = cell.view().await?.row(&row.row_key()).await?;
                let now = now.filter(|now| now.id == row.id);
                let now = now.ok_or_else(|| Refusal::with(Reason::NotFound, "object"))?;
                if now.pieces == row.pieces {
                    return Err(refusal);
                }
                row = std::borrow::Cow::Owned(now);
            }
            other => return other,
        }
    }
    Err(unread())
}

/// Opens a plain range of an object; every segment is checked before its bytes go out.
pub fn read(
    region: &Region,
    cell: &Cell,
    row: &ObjectRow,
    range: std::ops::Range<u64>,
) -> Result<Body, Refusal> {
    let runs: Vec<Run> = row.pieces.iter().map(run).collect();
    let ranges = run_ranges(&runs, range).map_err(|_| Refusal::new(Reason::Invalid))?;
    let mut plans = Vec::with_capacity(ranges.len());
    for part in ranges {
        let piece = row.pieces.get(part.run).ok_or_else(unread)?;
        let within = piece.within(&part.map.sealed);
        plans.push((opener(region, cell, row, piece)?, piece.blob, within, part.map));
    }
    let blobs = cell.blobs.clone();
    Ok(Box::pin(try_stream! {
        for (opener, blob, within, map) in plans {
            let mut opening = RangeOpener::new(opener, &map);
            let stored = blobs.read(blob, within);
            let mut stored = std::pin::pin!(stored);
            while let Some(bytes) = stored.next().await {
                let bytes = bytes.map_err(|_| unread())?;
                let mut plain = blobs.buffers().take(bytes.len());
                opening.push(&bytes, &mut plain).map_err(|error| broken(&error))?;
                if !plain.is_empty() {
                    yield blobs.buffers().filled(plain);
                }
            }
            opening.finish().map_err(|error| broken(&error))?;
        }
    }))
}

fn run(piece: &Piece) -> Run {
    Run { attempt: Attempt::from_bytes(*piece.attempt), plain_bytes: piece.plain_bytes }
}

fn opener(region: &Region, cell: &Cell, row: &ObjectRow, piece: &Piece) -> Result<Opener, Refusal> {
    let key = header::open(region, cell, row.scope, piece)?;
    Opener::new(&key, Attempt::from_bytes(*piece.attempt)).map_err(|_| unread())
}

fn unwritten() -> Refusal {
    Refusal::with(Reason::Unavailable, "the bytes cannot be stored")
}

fn unread() -> Refusal {
    Refusal::with(Reason::Unavailable, "the bytes cannot be read")
}

fn broken(error: &dyn std::fmt::Display) -> Refusal {
    tracing::error!(cause = %error, "a stored blob is not what was sealed");
    unread()
}
