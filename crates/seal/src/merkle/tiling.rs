//! Writes the tiles of a growing tree and reads subtrees back out of them.
//!
//! `Tiling` keeps only the unfilled tile of each row. Tiles are derived: losing them
//! loses nothing. What is read from tiles must be checked against a signed root.

use std::borrow::Cow;

use super::node::subtree_hash;
use super::tile::TILE_HEIGHT;
use super::{
    HASH_BYTES, Hash, LEAVES_MAX, Node, Nodes, Row, TILE_LEVEL_MAX, TILE_WIDTH, Tile, TileError, empty_root,
    join,
};

/// A tile and the bytes to publish under its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenTile {
    pub tile: Tile,
    pub bytes: Vec<u8>,
}

/// Why tiles could not be written or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TilingError<E> {
    #[error("tree has more leaves than tiles reach")]
    TooLarge,
    #[error("tile `{tile}` has not the hashes its width says")]
    Content { tile: Tile },
    #[error("subtree {index} of level {level} is not in the tree")]
    NoNode { level: u8, index: u64 },
    #[error("cannot read tile `{tile}`")]
    Read {
        tile: Tile,
        #[source]
        cause: E,
    },
}

impl<E> From<TileError> for TilingError<E> {
    fn from(_: TileError) -> Self {
        Self::TooLarge
    }
}

/// A source of hash tiles.
pub trait Tiles {
    type Error;

    /// The hashes of a tile; exactly as many as its width.
    fn tile(&self, tile: Tile) -> Result<Cow<'_, [Hash]>, Self::Error>;
}

/// The hashes of a tile, one after another.
pub fn encode_tile(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// Reads the bytes of a hash tile; refuses any other number of hashes than its width.
pub fn decode_tile(tile: Tile, bytes: &[u8]) -> Result<Vec<Hash>, TileError> {
    let (hashes, rest) = bytes.as_chunks::<HASH_BYTES>();
    if !rest.is_empty() || hashes.len() != usize::from(tile.width()) || tile.row() == Row::Entries {
        return Err(TileError);
    }
    Ok(hashes.iter().copied().map(Hash).collect())
}

/// The unfilled tile of each row of a growing tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tiling {
    size: u64,
    /// Size at the last `take`.
    written: u64,
    rows: [Vec<Hash>; TILE_LEVEL_MAX as usize + 1],
    filled: Vec<WrittenTile>,
}

impl Tiling {
    /// The tiling of the empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// The tiling of a tree of `size` leaves whose tiles were written; reads the unfilled ones.
    pub fn restore<T: Tiles>(size: u64, tiles: &T) -> Result<Self, TilingError<T::Error>> {
        if size > LEAVES_MAX {
            return Err(TilingError::TooLarge);
        }
        let mut tiling = Self { size, written: size, ..Self::default() };
        for (level, row) in (0..).zip(&mut tiling.rows) {
            let count = size >> (TILE_HEIGHT * u32::from(level));
            let width = (count % TILE_WIDTH as u64) as u16;
            if width > 0 {
                let tile = Tile::new(Row::Hashes { level }, count / TILE_WIDTH as u64, width)?;
                *row = read(tiles, tile)?.into_owned();
            }
        }
        Ok(tiling)
    }

    /// Leaves so far.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree (RFC 6962, 2.1).
    pub fn root(&self) -> Hash {
        let peaks = self.rows.iter().rev().flat_map(|row| peaks_of(row));
        join(peaks).unwrap_or_else(empty_root)
    }

    /// Appends the leaf with this hash.
    pub fn push(&mut self, leaf: Hash) -> Result<(), TileError> {
        if self.size >= LEAVES_MAX {
            return Err(TileError);
        }
        self.size += 1;
        let mut hash = leaf;
        for (level, row) in (0..).zip(&mut self.rows) {
            row.push(hash);
            if row.len() < TILE_WIDTH {
                return Ok(());
            }
            let count = self.size >> (TILE_HEIGHT * u32::from(level));
            let tile = Tile::new(Row::Hashes { level }, count / TILE_WIDTH as u64 - 1, TILE_WIDTH as u16)?;
            self.filled.push(WrittenTile { tile, bytes: encode_tile(row) });
            hash = subtree_hash(row).ok_or(TileError)?;
            row.clear();
        }
        Ok(())
    }

    /// The hash tiles that changed since the last call: filled ones, then unfilled ones.
    pub fn take(&mut self) -> Result<Vec<WrittenTile>, TileError> {
        let mut tiles = std::mem::take(&mut self.filled);
        for (level, row) in (0..).zip(&self.rows) {
            let shift = TILE_HEIGHT * u32::from(level);
            if row.is_empty() || self.written >> shift == self.size >> shift {
                continue;
            }
            let index = (self.size >> shift) / TILE_WIDTH as u64;
            let tile = Tile::new(Row::Hashes { level }, index, row.len() as u16)?;
            tiles.push(WrittenTile { tile, bytes: encode_tile(row) });
        }
        self.written = self.size;
        Ok(tiles)
    }
}

/// The complete subtrees over a row's hashes, largest first: one per 1-bit of their number.
fn peaks_of(mut row: &[Hash]) -> Vec<Hash> {
    let mut peaks = Vec::new();
    while let Some(height) = row.len().checked_ilog2() {
        let (first, rest) = row.split_at(1 << height);
        peaks.extend(subtree_hash(first));
        row = rest;
    }
    peaks
}

/// The subtrees of a tree of `size` leaves, read from its tiles.
#[derive(Debug, Clone, Copy)]
pub struct TileNodes<'a, T> {
    pub tiles: &'a T,
    pub size: u64,
}

impl<T: Tiles> Nodes for TileNodes<'_, T> {
    type Error = TilingError<T::Error>;

    fn node(&self, node: Node) -> Result<Hash, Self::Error> {
        let outside = TilingError::NoNode { level: node.level, index: node.index };
        let Some((tile, start, count)) = tile_of(node, self.size) else {
            return Err(outside);
        };
        let hashes = read(self.tiles, tile)?;
        let part = hashes.get(start..start + count).and_then(subtree_hash);
        part.ok_or(TilingError::Content { tile })
    }
}

/// The tiles of a tree of `size` leaves that hold these subtrees, each once, in order.
pub fn tiles_of(nodes: &[Node], size: u64) -> Vec<Tile> {
    let mut tiles: Vec<_> = nodes.iter().filter_map(|node| Some(tile_of(*node, size)?.0)).collect();
    tiles.sort_unstable();
    tiles.dedup();
    tiles
}

/// The widest tile that holds a subtree, and the hashes in it that make the subtree up.
fn tile_of(node: Node, size: u64) -> Option<(Tile, usize, usize)> {
    let level =
        u8::try_from(u32::from(node.level) / TILE_HEIGHT).ok().filter(|level| *level <= TILE_LEVEL_MAX)?;
    let inner = u32::from(node.level) % TILE_HEIGHT;
    if size > LEAVES_MAX || node.index > LEAVES_MAX {
        return None;
    }
    let first = node.index << inner;
    let count = 1_u64 << inner;
    let available = size >> (TILE_HEIGHT * u32::from(level));
    if first + count > available {
        return None;
    }
    let index = first / TILE_WIDTH as u64;
    let width = (available - index * TILE_WIDTH as u64).min(TILE_WIDTH as u64);
    let tile = Tile::new(Row::Hashes { level }, index, width as u16).ok()?;
    Some((tile, (first % TILE_WIDTH as u64) as usize, count as usize))
}

fn read<T: Tiles>(tiles: &T, tile: Tile) -> Result<Cow<'_, [Hash]>, TilingError<T::Error>> {
    let hashes = tiles.tile(tile).map_err(|cause| TilingError::Read { tile, cause })?;
    if hashes.len() == usize::from(tile.width()) { Ok(hashes) } else { Err(TilingError::Content { tile }) }
}

impl Tiles for std::collections::HashMap<Tile, Vec<Hash>> {
    type Error = TileError;

    fn tile(&self, tile: Tile) -> Result<Cow<'_, [Hash]>, TileError> {
        self.get(&tile).map(|hashes| Cow::Borrowed(hashes.as_slice())).ok_or(TileError)
    }
}
