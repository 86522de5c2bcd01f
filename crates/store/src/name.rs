//! Where things lie in the bucket.
//!
//! Every name is built from opaque ids and numbers here and nowhere else, so
//! that nothing a person wrote can ever reach a path.

use std::fmt;

use object_store::path::Path;
use words::Id;
use words::noun::{Blob, Cell};

use crate::error::StoreError;
use crate::limit::LOG_GROUP_WIDTH;

/// The name of a derived tile (C2SP tlog-tiles), built from numbers alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileName {
    level: Level,
    index: u64,
    /// Hashes in an incomplete tile; 0 means complete.
    width: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Level {
    Entries,
    Hashes(u8),
}

impl TileName {
    /// A tile of hashes; `width` 0 stands for the complete tile of 256.
    pub const fn hashes(level: u8, index: u64, width: u8) -> Self {
        Self { level: Level::Hashes(level), index, width }
    }

    /// A bundle of leaves; `width` 0 stands for the complete bundle of 256.
    pub const fn entries(index: u64, width: u8) -> Self {
        Self { level: Level::Entries, index, width }
    }
}

impl fmt::Display for TileName {
    /// SPEC: C2SP tlog-tiles: `tile/<L>/<N>[.p/<W>]`, N in groups of three digits, all but the last with `x`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level {
            Level::Entries => out.write_str("tile/entries")?,
            Level::Hashes(level) => write!(out, "tile/{level}")?,
        }
        // WHY 6: a u64 has at most 20 digits, seven groups of three.
        let leading = (1..=6).rev().filter(|power| self.index >= 1_000_u64.pow(*power));
        for power in leading {
            write!(out, "/x{:03}", self.index / 1_000_u64.pow(power) % 1_000)?;
        }
        write!(out, "/{:03}", self.index % 1_000)?;
        match self.width {
            0 => Ok(()),
            width => write!(out, ".p/{width}"),
        }
    }
}

/// The folder of all cells.
pub(crate) const CELLS: &str = "cells";

/// Something's place in the bucket.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Name {
    /// The bucket itself.
    Everything,
    Cells,
    Cell(Id<Cell>),
    Logs(Id<Cell>),
    LogGroup(Id<Cell>, u64),
    Log(Id<Cell>, u64),
    Blobs(Id<Cell>),
    Blob(Id<Cell>, Id<Blob>),
    Tile(Id<Cell>, TileName),
    Checkpoint(Id<Cell>),
    Indexes(Id<Cell>),
    Index(Id<Cell>, u64),
    Backups,
    BackupManifest(u64),
    BackupSignature(u64),
    BackupList(u64, Id<Cell>, u32),
    Probes(Id<()>),
    Probe(Id<()>, u32),
}

impl fmt::Display for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything => Ok(()),
            Self::Cells => out.write_str(CELLS),
            Self::Cell(cell) => write!(out, "{CELLS}/{cell}"),
            Self::Logs(cell) => write!(out, "{CELLS}/{cell}/log"),
            Self::LogGroup(cell, group) => write!(out, "{CELLS}/{cell}/log/{group:012}"),
            Self::Log(cell, seq) => {
                write!(out, "{CELLS}/{cell}/log/{:012}/{seq:016}", seq / LOG_GROUP_WIDTH)
            }
            Self::Blobs(cell) => write!(out, "{CELLS}/{cell}/blob"),
            Self::Blob(cell, blob) => write!(out, "{CELLS}/{cell}/blob/{blob}"),
            Self::Tile(cell, tile) => write!(out, "{CELLS}/{cell}/{tile}"),
            Self::Checkpoint(cell) => write!(out, "{CELLS}/{cell}/checkpoint"),
            Self::Indexes(cell) => write!(out, "{CELLS}/{cell}/index"),
            Self::Index(cell, generation) => write!(out, "{CELLS}/{cell}/index/{generation:012}"),
            Self::Backups => out.write_str("backup"),
            Self::BackupManifest(run) => write!(out, "backup/{run:012}/manifest.json"),
            Self::BackupSignature(run) => write!(out, "backup/{run:012}/signature"),
            Self::BackupList(run, cell, number) => write!(out, "backup/{run:012}/{cell}.{number:06}"),
            Self::Probes(run) => write!(out, "probe-{run}"),
            Self::Probe(run, number) => write!(out, "probe-{run}/{number:03}"),
        }
    }
}

impl Name {
    /// WHY parse: `Path::from` would percent-encode and so change a name silently.
    pub(crate) fn path(self) -> Result<Path, StoreError> {
        let name = self.to_string();
        Path::parse(&name).map_err(|_| StoreError::Refused { name, why: "it is not a path of the bucket" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_are_named_as_the_standard_says() {
        assert_eq!(TileName::hashes(0, 1_234_067, 0).to_string(), "tile/0/x001/x234/067");
        assert_eq!(TileName::hashes(1, 0, 5).to_string(), "tile/1/000.p/5");
        assert_eq!(TileName::entries(1_000, 0).to_string(), "tile/entries/x001/000");
    }

    #[test]
    fn a_log_object_lies_in_its_group_of_4096() {
        let cell = Id::from_bytes([0; 16]);
        let name = Name::Log(cell, 8_193).to_string();
        assert_eq!(name, format!("cells/{cell}/log/000000000002/0000000000008193"));
    }
}
