//! Publishing: tiles and the signed checkpoint, in clear, for whoever wants to verify.
//!
//! Everything here is derived: lost tiles are written again from the log. Only
//! salted commitments ever get out.

use std::collections::HashMap;

use bytes::Bytes;
use seal::merkle::{Hash, Row, Tile, Tiling, encode_bundle, leaf_hash};
use seal::note::{Checkpoint, Note, NoteSigner, NoteVerifier};
use seal::{SigningKey, VerifyingKey, merkle};
use store::custody::KeyName;
use store::{Derived, TileName};
use tokio::sync::Mutex;
use words::noun::Cell as CellNoun;
use words::{Id, Reason, Refusal};

use crate::cell::Cell;
use crate::cell::open::Ground;
use crate::cell::pack::Head;

/// The checkpoint of a cell that custody or the bucket remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    pub size: u64,
    pub root: Hash,
}

impl Known {
    /// What custody remembers of a cell.
    pub fn read(ground: &Ground, cell: Id<CellNoun>) -> Result<Option<Self>, Refusal> {
        let text = ground.custody.known_head(cell).map_err(|_| unpublished())?;
        text.map(|text| Self::of(text.as_bytes(), ground, cell).ok_or_else(unpublished)).transpose()
    }

    /// What a checkpoint of a cell says, if this region signed it.
    pub(crate) fn of(note: &[u8], ground: &Ground, cell: Id<CellNoun>) -> Option<Self> {
        let origin = origin(&ground.origin, cell);
        let verifier = verifier(&ground.origin, cell, ground.signer.public())?;
        let checkpoint = Checkpoint::open(note, &origin, &[verifier]).ok()?;
        Some(Self { size: checkpoint.size, root: checkpoint.root })
    }
}

/// The name of a cell's log, first line of its checkpoints (C2SP tlog-checkpoint).
pub fn origin(region: &str, cell: Id<CellNoun>) -> String {
    format!("{region}/{cell}")
}

/// Who signs a cell's checkpoints: the region's key under the log's name.
pub fn verifier(region: &str, cell: Id<CellNoun>, key: VerifyingKey) -> Option<NoteVerifier> {
    Some(NoteVerifier::new(origin(region, cell).parse().ok()?, key))
}

/// Writes what a cell's log has grown by.
pub struct Publisher {
    ground: Ground,
    cell: Id<CellNoun>,
    written: Mutex<Option<Written>>,
}

/// How far tiles have been written.
struct Written {
    tiling: Tiling,
    /// Entries of the unfilled bundle.
    bundle: Vec<[u8; 32]>,
    /// Bundles filled or changed since the last time.
    bundles: Vec<(Tile, Vec<u8>)>,
    checkpoint: Option<String>,
}

impl Publisher {
    pub fn new(ground: Ground, cell: Id<CellNoun>) -> Self {
        Self { ground, cell, written: Mutex::new(None) }
    }

    /// Tiles and a signed checkpoint over all that is committed; gives the checkpoint's text.
    pub async fn publish(&self, of: &Cell) -> Result<String, Refusal> {
        let mut slot = self.written.lock().await;
        let (head, fresh) = {
            let mut seen = of.shared.seen();
            (seen.head.clone(), std::mem::take(&mut seen.unpublished))
        };
        let mut written = match slot.take() {
            Some(written) => written.grow(&fresh)?,
            // WHY from the log: leaves before this process are in no memory.
            None => self.resume(of, &head).await?,
        };
        if written.tiling.size() != head.frontier.size() {
            return Err(unpublished());
        }
        if let (Some(checkpoint), true) = (&written.checkpoint, fresh.is_empty()) {
            let checkpoint = checkpoint.clone();
            *slot = Some(written);
            return Ok(checkpoint);
        }
        self.write(&mut written).await?;
        let note = self.sign(head.frontier.size(), head.frontier.root())?.to_string();
        // INVARIANT: what custody remembers never goes back.
        if Known::read(&self.ground, self.cell)?.is_some_and(|known| known.size > head.frontier.size()) {
            return Err(unpublished());
        }
        let derived = Derived::new(self.ground.bucket.clone(), self.cell);
        derived.put_checkpoint(Bytes::from(note.clone())).await.map_err(|_| unpublished())?;
        self.ground.custody.remember_head(self.cell, &note).map_err(|_| unpublished())?;
        written.checkpoint = Some(note.clone());
        *slot = Some(written);
        Ok(note)
    }

    /// The checkpoint of a tree of this cell: the same bytes each time.
    pub(crate) fn sign(&self, size: u64, root: Hash) -> Result<Note, Refusal> {
        let checkpoint = Checkpoint::new(origin(&self.ground.origin, self.cell), size, root);
        checkpoint.sign(&self.signer()?).map_err(|_| unpublished())
    }

    /// A signed note over one line of JSON, in the name of this cell's log.
    pub fn certify(&self, said: &serde_json::Value) -> Result<String, Refusal> {
        let mut note = Note::new(format!("{said}\n")).map_err(|_| unpublished())?;
        note.sign(&self.signer()?).map_err(|_| unpublished())?;
        Ok(note.to_string())
    }

    async fn write(&self, written: &mut Written) -> Result<(), Refusal> {
        let edge = written.bundle_tile()?;
        written.bundles.extend(edge);
        self.write_full(written).await
    }

    /// The tiles that are due, but for the unfilled bundle.
    async fn write_full(&self, written: &mut Written) -> Result<(), Refusal> {
        let derived = Derived::new(self.ground.bucket.clone(), self.cell);
        let hashes = written.tiling.take().map_err(|_| unpublished())?;
        let bundles = std::mem::take(&mut written.bundles);
        let tiles = hashes.into_iter().map(|tile| (tile.tile, tile.bytes)).chain(bundles);
        for (tile, bytes) in tiles {
            derived.put_tile(tile_name(tile), Bytes::from(bytes)).await.map_err(|_| unpublished())?;
        }
        Ok(())
    }

    /// From the tiles of the last checkpoint, if they are whole; else from the log's start.
    async fn resume(&self, of: &Cell, head: &Head) -> Result<Written, Refusal> {
        let restored = self.restore().await.filter(|written| written.tiling.size() <= head.frontier.size());
        let mut written = restored.unwrap_or_else(Written::empty);
        let first = self.first_behind(of, written.tiling.size(), head).await?;
        for seq in first..head.next_seq {
            let bytes = of.log.read(seq).await.ok().flatten().ok_or_else(unpublished)?;
            written = written.grow(&crate::verify::leaves(&bytes))?;
            // WHY in steps: a whole ledger without its tiles is more than memory should hold.
            if written.bundles.len() >= BUNDLES_AT_ONCE_MAX {
                self.write_full(&mut written).await?;
            }
        }
        Ok(written)
    }

    /// What was written at the last checkpoint; `None` where anything of it is missing.
    async fn restore(&self) -> Option<Written> {
        let derived = Derived::new(self.ground.bucket.clone(), self.cell);
        let note = derived.checkpoint().await.ok()??;
        let known = Known::of(&note, &self.ground, self.cell)?;
        let size = known.size;
        let mut tiles = HashMap::new();
        for tile in unfilled(size) {
            let bytes = derived.tile(tile_name(tile)).await.ok()??;
            tiles.insert(tile, merkle::decode_tile(tile, &bytes).ok()?);
        }
        let tiling = Tiling::restore(size, &tiles).ok().filter(|tiling| tiling.root() == known.root)?;
        let mut bundle = Vec::new();
        if let Ok(tile) = Tile::new(Row::Entries, size / WIDTH, u16::try_from(size % WIDTH).ok()?) {
            let bytes = derived.tile(tile_name(tile)).await.ok()??;
            let entries = merkle::decode_bundle(&bytes).ok()?;
            bundle = entries.into_iter().map(|entry| entry.try_into().ok()).collect::<Option<_>>()?;
        }
        Some(Written { tiling, bundle, ..Written::empty() })
    }

    /// The commit that holds the first leaf behind `size`, looked for from the log's end.
    async fn first_behind(&self, of: &Cell, size: u64, head: &Head) -> Result<u64, Refusal> {
        if size == 0 {
            return Ok(0);
        }
        let (mut first, mut seq) = (head.frontier.size(), head.next_seq);
        while first > size {
            seq = seq.checked_sub(1).ok_or_else(unpublished)?;
            let bytes = of.log.read(seq).await.ok().flatten().ok_or_else(unpublished)?;
            first = first.checked_sub(crate::verify::leaves(&bytes).len() as u64).ok_or_else(unpublished)?;
        }
        // WHY: a checkpoint ends at a commit; anything else is no checkpoint of this log.
        if first == size { Ok(seq) } else { Err(unpublished()) }
    }

    fn signer(&self) -> Result<NoteSigner, Refusal> {
        let seed = self.ground.custody.key(&KeyName::Region).ok().flatten().ok_or_else(unpublished)?;
        let key = SigningKey::from_seed(&seed).map_err(|_| unpublished())?;
        let name = origin(&self.ground.origin, self.cell).parse().map_err(|_| unpublished())?;
        Ok(NoteSigner::new(name, key))
    }

    /// The hash tiles that proofs over a published tree need.
    pub async fn tiles(
        &self,
        nodes: &[merkle::Node],
        size: u64,
    ) -> Result<HashMap<Tile, Vec<Hash>>, Refusal> {
        let derived = Derived::new(self.ground.bucket.clone(), self.cell);
        let mut found = HashMap::new();
        for tile in merkle::tiles_of(nodes, size) {
            let bytes = derived.tile(tile_name(tile)).await.ok().flatten().ok_or_else(unpublished)?;
            found.insert(tile, merkle::decode_tile(tile, &bytes).map_err(|_| unpublished())?);
        }
        Ok(found)
    }
}

impl Written {
    fn empty() -> Self {
        Self { tiling: Tiling::new(), bundle: Vec::new(), bundles: Vec::new(), checkpoint: None }
    }

    fn grow(mut self, leaves: &[[u8; 32]]) -> Result<Self, Refusal> {
        for leaf in leaves {
            self.tiling.push(leaf_hash(leaf)).map_err(|_| unpublished())?;
            self.bundle.push(*leaf);
            if self.bundle.len() == merkle::TILE_WIDTH {
                let bundle = self.bundle_tile()?;
                self.bundles.extend(bundle);
                self.bundle.clear();
            }
        }
        Ok(self)
    }

    /// The bundle that ends at the tree's end.
    fn bundle_tile(&self) -> Result<Option<(Tile, Vec<u8>)>, Refusal> {
        let Ok(width @ 1..) = u16::try_from(self.bundle.len()) else {
            return Ok(None);
        };
        let index = (self.tiling.size() - 1) / merkle::TILE_WIDTH as u64;
        let tile = Tile::new(Row::Entries, index, width).map_err(|_| unpublished())?;
        Ok(Some((tile, encode_bundle(&self.bundle).map_err(|_| unpublished())?)))
    }
}

/// WHY: a quarter of a million leaves, some ten mebibytes.
const BUNDLES_AT_ONCE_MAX: usize = 1_024;

/// Leaves of a tile and of a bundle.
const WIDTH: u64 = merkle::TILE_WIDTH as u64;

/// The hash tiles at a tree's right edge that are not full.
fn unfilled(size: u64) -> Vec<Tile> {
    let at = |level: u8| {
        let count = size >> (8 * u32::from(level));
        let width = u16::try_from(count % WIDTH).ok().filter(|width| *width > 0)?;
        Tile::new(Row::Hashes { level }, count / WIDTH, width).ok()
    };
    (0..=merkle::TILE_LEVEL_MAX).filter_map(at).collect()
}

pub fn tile_name(tile: Tile) -> TileName {
    // WHY: a full tile's name bears no width.
    let width = u8::try_from(tile.width()).unwrap_or(0);
    match tile.row() {
        Row::Hashes { level } => TileName::hashes(level, tile.index(), width),
        Row::Entries => TileName::entries(tile.index(), width),
    }
}

fn unpublished() -> Refusal {
    Refusal::with(Reason::Unavailable, "the checkpoint cannot be published")
}
