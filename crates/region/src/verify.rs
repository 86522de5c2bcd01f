//! Offline verification: a ledger's files against public keys alone.
//!
//! It opens nothing and trusts nothing: order, signatures, the tree, tiles, the
//! checkpoint, and (if given) a checkpoint that somebody kept from before. It
//! names the place of the first thing that is wrong.

use seal::merkle::{Hash, Tile, Tiling, encode_bundle, leaf_hash};
use seal::note::{Checkpoint, CosignerKey, Note, NoteVerifier};
use seal::{Frontier, VerifyingKey};
use words::noun::Cell;
use words::{Id, Timestamp};

use crate::cell::fold::{self, Fault};
use crate::cell::pack::Head;

/// What is wrong with a ledger, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    #[error(transparent)]
    Commit(#[from] Fault),
    #[error("{whose} checkpoint is not signed by this key or not of this ledger")]
    Checkpoint { whose: Whose },
    #[error("the checkpoint covers {size} leaves, the log holds {found}: entries are missing at the end")]
    Truncated { size: u64, found: u64 },
    #[error("{whose} checkpoint covers {size} leaves and no commit ends there")]
    NoSuchSize { whose: Whose, size: u64 },
    #[error("{whose} checkpoint's root at {size} leaves is not the log's: this is another history")]
    Forked { whose: Whose, size: u64 },
    #[error("{whose} checkpoint covers {kept} leaves, the log holds {found}: it was rolled back")]
    RolledBack { whose: Whose, kept: u64, found: u64 },
    #[error("a witness's signature does not fit the witnessed checkpoint")]
    Cosignature,
    #[error("{found} of the witnesses that were named signed a checkpoint, and {wanted} must")]
    Unwitnessed { found: usize, wanted: usize },
    #[error("tile `{path}` is not what the log's leaves make")]
    Tile { path: String },
    #[error("tile `{path}` is missing")]
    TileMissing { path: String },
}

/// Which checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The one that was published with the log.
    Published,
    /// The one that somebody kept from before.
    Kept,
    /// The newest that was shown to witnesses.
    Witnessed,
}

impl std::fmt::Display for Whose {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Published => "the",
            Self::Kept => "the kept",
            Self::Witnessed => "the witnessed",
        })
    }
}

/// A checkpoint to meet on the way.
struct Expected {
    checkpoint: Checkpoint,
    whose: Whose,
    is_met: bool,
}

/// What was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub commits: u64,
    pub leaves: u64,
    pub root: Hash,
    pub first: Option<Timestamp>,
    pub last: Timestamp,
    /// Only where it was demanded.
    pub witnessed: Option<Witnessed>,
}

/// Who cosigned a checkpoint, and how far it reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witnessed {
    pub size: u64,
    /// Each witness's name, and as of when it signed.
    pub by: Vec<(String, Timestamp)>,
}

/// Reads a log in order, one object at a time, in constant memory but for tiles.
pub struct Verifier {
    cell: Id<Cell>,
    key: VerifyingKey,
    head: Head,
    first: Option<Timestamp>,
    /// The published one first.
    expected: Vec<Expected>,
    witnessed: Option<Witnessed>,
    tiling: Tiling,
    bundle: Vec<[u8; 32]>,
    made: Vec<(Tile, Vec<u8>)>,
}

impl Verifier {
    /// `published`: the ledger's own checkpoint. `kept`: one from before, if anybody has it.
    pub fn new(
        cell: Id<Cell>,
        known: &NoteVerifier,
        published: &[u8],
        kept: Option<&[u8]>,
    ) -> Result<Self, Wrong> {
        let origin = known.name().to_string();
        let open = |note, whose| {
            let opened = Checkpoint::open(note, &origin, std::slice::from_ref(known));
            let checkpoint = opened.map_err(|_| Wrong::Checkpoint { whose })?;
            Ok::<_, Wrong>(Expected { checkpoint, whose, is_met: false })
        };
        let mut expected = vec![open(published, Whose::Published)?];
        if let Some(kept) = kept {
            expected.push(open(kept, Whose::Kept)?);
        }
        let head = Head {
            next_seq: 0,
            hash: [0; 32],
            frontier: Frontier::new(),
            term: 0,
            writer: Id::from_bytes([0; 16]),
            time: Timestamp::default(),
            key_generation: 0,
        };
        Ok(Self {
            cell,
            key: known.key(),
            head,
            first: None,
            expected,
            witnessed: None,
            tiling: Tiling::new(),
            bundle: Vec::new(),
            made: Vec::new(),
        })
    }

    /// Demands that at least `wanted` of the witnesses signed this checkpoint, and that the log passes it.
    pub fn demand(
        &mut self,
        known: &NoteVerifier,
        note: Option<&[u8]>,
        witnesses: &[CosignerKey],
        wanted: usize,
    ) -> Result<(), Wrong> {
        let Some(note) = note else { return Err(Wrong::Unwitnessed { found: 0, wanted }) };
        let whose = Whose::Witnessed;
        let unread = || Wrong::Checkpoint { whose };
        let note = Note::parse(note).map_err(|_| unread())?;
        let origin = known.name().to_string();
        let checkpoint = Checkpoint::believe(&note, &origin, std::slice::from_ref(known));
        let checkpoint = checkpoint.map_err(|_| unread())?;
        let signed = note.cosigned(witnesses).map_err(|_| Wrong::Cosignature)?;
        if signed.len() < wanted {
            return Err(Wrong::Unwitnessed { found: signed.len(), wanted });
        }
        let at =
            |seconds| Timestamp::from_ms(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000));
        let by = signed.into_iter().map(|(key, seconds)| (key.name().to_string(), at(seconds))).collect();
        let size = checkpoint.size;
        self.expected.push(Expected { checkpoint, whose, is_met: false });
        self.witnessed = Some(Witnessed { size, by });
        Ok(())
    }

    /// The next object of the log.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Wrong> {
        let (body, after) = fold::follow(bytes, self.cell, &self.head, self.key)?;
        self.first = self.first.or(Some(body.time));
        self.head = after;
        self.meet()
    }

    /// Leaves read so far.
    pub fn size(&self) -> u64 {
        self.head.frontier.size()
    }

    /// Compares every checkpoint that ends here.
    fn meet(&mut self) -> Result<(), Wrong> {
        let size = self.head.frontier.size();
        for expected in self.expected.iter_mut().filter(|expected| expected.checkpoint.size == size) {
            if expected.checkpoint.root != self.head.frontier.root() {
                return Err(Wrong::Forked { whose: expected.whose, size });
            }
            expected.is_met = true;
        }
        Ok(())
    }

    /// Says whether the log holds all that its checkpoints promise.
    pub fn finish(self) -> Result<Report, Wrong> {
        let found = self.head.frontier.size();
        if let Some(expected) = self.expected.iter().find(|expected| !expected.is_met) {
            let (size, whose) = (expected.checkpoint.size, expected.whose);
            return Err(match whose {
                Whose::Published if size > found => Wrong::Truncated { size, found },
                _past if size > found => Wrong::RolledBack { whose, kept: size, found },
                whose => Wrong::NoSuchSize { whose, size },
            });
        }
        Ok(Report {
            commits: self.head.next_seq,
            leaves: found,
            root: self.head.frontier.root(),
            first: self.first,
            last: self.head.time,
            witnessed: self.witnessed,
        })
    }
}

/// The tiles that a ledger's leaves make, to compare with those published.
impl Verifier {
    /// The published size, of which tiles exist.
    pub fn published_size(&self) -> u64 {
        self.expected.first().map_or(0, |expected| expected.checkpoint.size)
    }

    /// Adds one leaf of the log to the tiles; call for the leaves of the published size only.
    pub fn tile_leaf(&mut self, commitment: [u8; 32]) -> Result<(), Wrong> {
        let wrong = |_| Wrong::Tile { path: "tile".to_owned() };
        self.tiling.push(leaf_hash(&commitment)).map_err(wrong)?;
        self.bundle.push(commitment);
        if self.bundle.len() == seal::merkle::TILE_WIDTH {
            self.close_bundle()?;
        }
        Ok(())
    }

    fn close_bundle(&mut self) -> Result<(), Wrong> {
        let Ok(width @ 1..) = u16::try_from(self.bundle.len()) else {
            return Ok(());
        };
        let index = (self.tiling.size() - 1) / seal::merkle::TILE_WIDTH as u64;
        let tile = Tile::new(seal::merkle::Row::Entries, index, width);
        let tile = tile.map_err(|_| Wrong::Tile { path: "tile/entries".to_owned() })?;
        let bytes = encode_bundle(&self.bundle).map_err(|_| Wrong::Tile { path: tile.path() })?;
        self.made.push((tile, bytes));
        self.bundle.clear();
        Ok(())
    }

    /// Every tile that should be published, with its bytes.
    pub fn tiles(&mut self) -> Result<Vec<(Tile, Vec<u8>)>, Wrong> {
        self.close_bundle()?;
        let hashes = self.tiling.take().map_err(|_| Wrong::Tile { path: "tile".to_owned() })?;
        let mut tiles = std::mem::take(&mut self.made);
        tiles.extend(hashes.into_iter().map(|tile| (tile.tile, tile.bytes)));
        Ok(tiles)
    }
}

/// The leaves of one log object, without checking it.
pub fn leaves(bytes: &[u8]) -> Vec<[u8; 32]> {
    let commit: Option<crate::cell::format::Commit> = minicbor::decode(bytes).ok();
    let body: Option<crate::cell::format::Body> =
        commit.and_then(|commit| minicbor::decode(&commit.body).ok());
    body.map(|body| body.leaves.as_chunks::<32>().0.to_vec()).unwrap_or_default()
}
