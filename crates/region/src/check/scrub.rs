//! Scrub: every stored body is the one that was sealed.

use std::collections::BTreeSet;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use seal::crypt4gh::{BodyHash, sealed_bytes};
use store::{Blobs, Bucket, Kind};
use words::noun::{Blob, Cell as CellNoun};
use words::{Id, Reason, Refusal};

use crate::Region;
use crate::cell::Cell;
use crate::check::{Check, Finding, Verdict, left_out};
use crate::object::{ObjectRow, Piece};
use crate::upload::PartRow;

pub struct BlobScrub;

#[async_trait]
impl Check for BlobScrub {
    fn name(&self) -> &'static str {
        "blob-scrub"
    }

    fn says(&self) -> &'static str {
        "every sealed body that an object or part of an open cell names is there, whole, and hashes as it did when it was sealed"
    }

    fn controls(&self) -> &'static [&'static str] {
        &["A.8.13", "A.8.24", "GDPR Art.32(1)(b)"]
    }

    async fn look(&self, region: &Region) -> Result<Finding, Refusal> {
        let (mut scrubbed, mut again) = (Scrubbed::default(), 0_usize);
        for cell in region.open_cells() {
            let found = scrub(&cell).await?;
            again += mended(region, &cell, &found).await?;
            scrubbed.add(found);
        }
        let left_out = left_out(region).await?;
        if scrubbed.blobs == 0 {
            let measured = format!("no open project stores anything{left_out}");
            return Ok(Finding::new(Verdict::NotApplicable, measured));
        }
        let measured = match scrubbed.broken.first() {
            None => format!("{} bodies of {} bytes as sealed{left_out}", scrubbed.blobs, scrubbed.bytes),
            Some(first) => {
                let again =
                    if again == 0 { String::new() } else { format!("; {again} of them are made again") };
                format!("{} bodies are broken, the first is blob `{first}`{again}", scrubbed.broken.len())
            }
        };
        Ok(Finding::holds(scrubbed.broken.is_empty(), measured))
    }

    /// One byte of a stored body is another one.
    async fn look_at_fault(&self) -> Result<Finding, Refusal> {
        let failed = |_| Refusal::new(Reason::Unavailable);
        let blob = Id::from_bytes([1; 16]);
        let blobs = Blobs::new(Bucket::memory(), Id::<CellNoun>::from_bytes([2; 16]));
        let mut body = vec![7; 100];
        let mut hash = BodyHash::new();
        hash.update(&body);
        body[40] ^= 1;
        let plain_bytes = seal::crypt4gh::plain_bytes(100).map_err(|_| Refusal::new(Reason::Unavailable))?;
        blobs.put(blob, Bytes::from(body)).await.map_err(failed)?;
        let body = Body { blob, offset: None, plain_bytes, blake3: hash.finish() };
        Ok(Finding::holds(is_as_sealed(&blobs, &body).await?, "one byte of a body differs"))
    }
}

/// What a scrub found.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Scrubbed {
    pub blobs: u64,
    /// As sealed.
    pub bytes: u64,
    pub broken: Vec<Id<Blob>>,
}

impl Scrubbed {
    fn add(&mut self, other: Self) {
        self.blobs += other.blobs;
        self.bytes += other.bytes;
        self.broken.extend(other.broken);
    }
}

/// Reads every blob that a row of the cell names and compares its hash; no key is needed.
pub async fn scrub(cell: &Cell) -> Result<Scrubbed, Refusal> {
    let mut scrubbed = Scrubbed::default();
    for piece in bodies(cell).await? {
        scrubbed.blobs += 1;
        scrubbed.bytes += sealed_bytes(piece.plain_bytes);
        if !is_as_sealed(&cell.blobs, &piece).await? {
            scrubbed.broken.push(piece.blob);
        }
    }
    if !scrubbed.broken.is_empty() {
        // WHY once more: what was deleted meanwhile may have been swept.
        let named: BTreeSet<_> = bodies(cell).await?.into_iter().map(|piece| piece.blob).collect();
        scrubbed.broken.retain(|blob| named.contains(blob));
    }
    Ok(scrubbed)
}

/// Takes away what the region made and is broken, so that it is made again; answers how much. What people stored nobody can mend.
async fn mended(region: &Region, cell: &Cell, found: &Scrubbed) -> Result<usize, Refusal> {
    let mut made = Vec::new();
    if !found.broken.is_empty() {
        let is_broken = |row: &ObjectRow| row.pieces.iter().any(|piece| found.broken.contains(&piece.blob));
        let take = |row: ObjectRow| {
            if row.derived.is_some() && row.lineage.is_none() && is_broken(&row) {
                made.push(row);
            }
        };
        cell.view().await?.each(&[], take).await?;
    }
    let mut again = 0;
    for row in made {
        again += usize::from(region.unmake(cell.id.cast(), &row).await?);
    }
    Ok(again)
}

/// A body: where it lies, how large it is and the hash of what was sealed.
struct Body {
    blob: Id<Blob>,
    offset: Option<u64>,
    plain_bytes: u64,
    blake3: [u8; 32],
}

async fn bodies(cell: &Cell) -> Result<Vec<Body>, Refusal> {
    let body = |piece: &Piece| {
        let Piece { blob, offset, plain_bytes, .. } = *piece;
        Body { blob, offset, plain_bytes, blake3: *piece.blake3 }
    };
    let (rows, mut bodies) = (cell.view().await?, Vec::new());
    rows.each(&[], |row: ObjectRow| bodies.extend(row.pieces.iter().map(body))).await?;
    rows.each(&[], |part: PartRow| bodies.push(body(&part.piece))).await?;
    Ok(bodies)
}

/// Whether a body is there as it was sealed; a store that does not answer has said neither.
async fn is_as_sealed(blobs: &Blobs, body: &Body) -> Result<bool, Refusal> {
    let Body { blob, offset, .. } = *body;
    let sealed_bytes = sealed_bytes(body.plain_bytes);
    let (from, until) = (offset.unwrap_or(0), offset.unwrap_or(0).saturating_add(sealed_bytes));
    let unread = || Refusal::with(Reason::Unavailable, "a body cannot be read");
    let size_bytes = blobs.size(blob).await.map_err(|_| unread())?;
    // WHY exactly, of a body alone: what was added to its blob was not written here.
    let fits = |size_bytes: u64| if offset.is_some() { size_bytes >= until } else { size_bytes == until };
    if !size_bytes.is_some_and(fits) {
        return Ok(false);
    }
    let mut hash = BodyHash::new();
    let mut bytes = std::pin::pin!(blobs.read(blob, from..until));
    while let Some(next) = bytes.next().await {
        match next {
            Ok(next) => hash.update(&next),
            Err(error) if error.kind() == Kind::Unavailable => return Err(unread()),
            Err(_) => return Ok(false),
        }
    }
    Ok(hash.finish() == body.blake3)
}
