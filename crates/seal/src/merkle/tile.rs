//! Names of the files in which a tree is published.
//!
//! SPEC: C2SP tlog-tiles, "Merkle Tree": `tile/<L>/<N>[.p/<W>]` and
//! `tile/entries/<N>[.p/<W>]`, N in groups of three digits, all but the last with an
//! `x`. A text is a tile's path only if it is exactly the one this file would write.

use std::fmt;
use std::str::FromStr;

/// Hashes (or entries) of a full tile.
pub const TILE_WIDTH: usize = 256;
/// Levels of the tree in one level of tiles.
pub(super) const TILE_HEIGHT: u32 = 8;
/// WHY: the specification allows 63; six levels reach 2^48 leaves, far beyond a cell's life.
pub const TILE_LEVEL_MAX: u8 = 5;
/// WHY: six levels of tiles reach this many leaves.
pub const LEAVES_MAX: u64 = 1 << 48;
/// WHY: the longest path of a tile below `LEAVES_MAX`, generously.
pub const TILE_PATH_BYTES_MAX: usize = 64;

/// Which row of tiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Row {
    /// Hashes of level `8 * level`.
    Hashes { level: u8 },
    /// The leaves' entries.
    Entries,
}

/// One published file: `width` (1 to 256) hashes or entries from `index * 256` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tile {
    row: Row,
    index: u64,
    width: u16,
}

/// Coordinates or a text that no tile has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a tile")]
pub struct TileError;

impl Tile {
    /// A full tile has `width` 256.
    pub const fn new(row: Row, index: u64, width: u16) -> Result<Self, TileError> {
        let level = match row {
            Row::Hashes { level } => level,
            Row::Entries => 0,
        };
        if width == 0 || width as usize > TILE_WIDTH || level > TILE_LEVEL_MAX {
            return Err(TileError);
        }
        if index >= LEAVES_MAX >> (TILE_HEIGHT * (level as u32 + 1)) {
            return Err(TileError);
        }
        Ok(Self { row, index, width })
    }

    pub const fn row(&self) -> Row {
        self.row
    }

    pub const fn index(&self) -> u64 {
        self.index
    }

    pub const fn width(&self) -> u16 {
        self.width
    }

    pub const fn is_full(&self) -> bool {
        self.width as usize == TILE_WIDTH
    }

    /// The file's path, `tile/...`.
    pub fn path(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.row {
            Row::Hashes { level } => write!(out, "tile/{level}/")?,
            Row::Entries => write!(out, "tile/entries/")?,
        }
        let mut groups = vec![self.index % 1_000];
        let mut rest = self.index / 1_000;
        while rest > 0 {
            groups.push(rest % 1_000);
            rest /= 1_000;
        }
        for (place, group) in groups.iter().enumerate().rev() {
            if place > 0 { write!(out, "x{group:03}/")? } else { write!(out, "{group:03}")? }
        }
        if self.is_full() { Ok(()) } else { write!(out, ".p/{}", self.width) }
    }
}

impl FromStr for Tile {
    type Err = TileError;

    fn from_str(path: &str) -> Result<Self, TileError> {
        if path.len() > TILE_PATH_BYTES_MAX {
            return Err(TileError);
        }
        let rest = path.strip_prefix("tile/").ok_or(TileError)?;
        let (row, rest) = rest.split_once('/').ok_or(TileError)?;
        let row = match row {
            "entries" => Row::Entries,
            level => Row::Hashes { level: level.parse().map_err(|_| TileError)? },
        };
        let (index, width) = match rest.split_once(".p/") {
            Some((index, width)) => (index, width.parse().map_err(|_| TileError)?),
            None => (rest, TILE_WIDTH as u16),
        };
        let tile = Self::new(row, parse_index(index)?, width)?;
        // WHY: one spelling per tile; signs, zeros and `.p/256` fall here.
        if tile.path() == path { Ok(tile) } else { Err(TileError) }
    }
}

fn parse_index(groups: &str) -> Result<u64, TileError> {
    groups.split('/').try_fold(0_u64, |index, group| {
        let digits: u64 = group.strip_prefix('x').unwrap_or(group).parse().map_err(|_| TileError)?;
        index.checked_mul(1_000).and_then(|index| index.checked_add(digits)).ok_or(TileError)
    })
}

/// The tiles to publish when a tree grows from `old` to `new` leaves: rows of hashes
/// from the lowest up, then entries; full tiles before the partial one of each row.
pub fn new_tiles(old: u64, new: u64) -> Result<Vec<Tile>, TileError> {
    if new > LEAVES_MAX || old > new {
        return Err(TileError);
    }
    let mut tiles = Vec::new();
    for level in 0..=TILE_LEVEL_MAX {
        let shift = TILE_HEIGHT * u32::from(level);
        row_tiles(Row::Hashes { level }, old >> shift, new >> shift, &mut tiles)?;
    }
    row_tiles(Row::Entries, old, new, &mut tiles)?;
    Ok(tiles)
}

fn row_tiles(row: Row, old: u64, new: u64, into: &mut Vec<Tile>) -> Result<(), TileError> {
    if old == new {
        return Ok(());
    }
    let width = TILE_WIDTH as u64;
    for index in old / width..new / width {
        into.push(Tile::new(row, index, TILE_WIDTH as u16)?);
    }
    let left = (new % width) as u16;
    if left > 0 {
        into.push(Tile::new(row, new / width, left)?);
    }
    Ok(())
}
