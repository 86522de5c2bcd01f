//! Headers: the data key of a piece, sealed so that custody opens it, and with split keys only with its holders.
//!
//! A Crypt4GH header to the scope's data pair, whose secret half custody holds.
//! Where a project's keys are split, that header lies in a letter to the split
//! key, whose secret half nobody holds alone: both are needed, and destroying
//! the pair in custody ends it, whoever holds shares.

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use seal::{DataKey, EncryptionKey, letter};
use words::noun::{Cell as CellNoun, Scope};
use words::{Id, Reason, Refusal};

use crate::Region;
use crate::cell::Cell;
use crate::object::Piece;
use crate::scope::ScopeRow;

/// What a header in a letter begins with; a Crypt4GH header begins with `crypt4gh`.
const MAGIC: &[u8; 8] = b"epicsplt";

/// The public half of a project's split key, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct SplitKey {
    #[n(0)]
    pub generation: u32,
    #[n(1)]
    pub public: ByteArray<32>,
}

/// WHY the cell and which key: a header moved elsewhere opens nothing.
fn context(cell: Id<CellNoun>, generation: u32) -> Vec<u8> {
    [b"epic split header v1", &cell.to_bytes()[..], &generation.to_be_bytes()].concat()
}

/// A header for the keys that a scope has now.
pub fn seal(region: &Region, cell: &Cell, scope: &ScopeRow, key: &DataKey) -> Result<Vec<u8>, Refusal> {
    let to = EncryptionKey::from_bytes(*scope.public);
    let header = cell.keys.seal_header(key, to).map_err(|_| unsealed())?;
    let Some(split) = &scope.split else { return Ok(header) };
    let to = EncryptionKey::from_bytes(*split.public);
    let context = context(cell.id, split.generation);
    let letter = letter::seal(to, region.rand(), &context, &header).map_err(|_| unsealed())?;
    Ok([MAGIC, &split.generation.to_be_bytes()[..], &letter].concat())
}

/// The data key of a piece, opened with custody's pair and, where they are split, with the keys that holders opened.
pub fn open(region: &Region, cell: &Cell, scope: Id<Scope>, piece: &Piece) -> Result<DataKey, Refusal> {
    let open = |header: &[u8]| cell.keys.open_header(scope, piece.generation, header);
    let header = match split_of(&piece.header) {
        None => open(&piece.header)?,
        Some((generation, letter)) => {
            let opened = region.shares().opened(cell.id, region.now());
            let opened = opened.ok_or(Refusal::new(Reason::SharesNeeded))?;
            let secret = opened.get(&generation).ok_or(Refusal::new(Reason::SharesNeeded))?;
            let header =
                letter::open(secret, &context(cell.id, generation), letter).map_err(|_| unopened())?;
            open(header.expose())?
        }
    };
    header.map_err(|_| unopened())?.keys.into_iter().next().ok_or_else(unopened)
}

fn split_of(header: &[u8]) -> Option<(u32, &[u8])> {
    let rest = header.strip_prefix(MAGIC)?;
    let (generation, letter) = rest.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*generation), letter))
}

fn unsealed() -> Refusal {
    Refusal::with(Reason::Unavailable, "the bytes cannot be stored")
}

fn unopened() -> Refusal {
    Refusal::with(Reason::Unavailable, "the bytes cannot be read")
}
