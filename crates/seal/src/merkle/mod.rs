//! The Merkle tree of a cell's leaves, as in certificate transparency.
//!
//! SPEC: RFC 6962 2.1 and RFC 9162 2.1, with SHA-256; published as C2SP tlog-tiles.
//! A leaf's hash starts with 0x00, a node's with 0x01, so neither passes for the
//! other. It must never accept a proof that the RFC's algorithm would not.

mod bundle;
mod frontier;
mod node;
mod prove;
mod tile;
mod tiling;
mod verify;

use sha2::{Digest, Sha256};

pub use bundle::{BundleError, ENTRY_BYTES_MAX, decode_bundle, encode_bundle};
pub use frontier::{Frontier, FrontierError};
pub use node::{Leaves, NoNode, Node, Nodes};
pub use prove::{
    PROOF_HASHES_MAX, Proof, ProofError, ProveError, consistency, consistency_nodes, inclusion,
    inclusion_nodes,
};
pub use tile::{
    LEAVES_MAX, Row, TILE_LEVEL_MAX, TILE_PATH_BYTES_MAX, TILE_WIDTH, Tile, TileError, new_tiles,
};
pub use tiling::{TileNodes, Tiles, Tiling, TilingError, WrittenTile, decode_tile, encode_tile, tiles_of};
pub use verify::{VerifyError, verify_consistency, verify_inclusion};

/// Bytes of a hash.
pub const HASH_BYTES: usize = 32;

/// A SHA-256 hash of a leaf, a node or a whole tree.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash(pub [u8; HASH_BYTES]);

/// The root of the tree without leaves: SHA-256 of nothing (RFC 6962, 2.1).
pub fn empty_root() -> Hash {
    Hash(Sha256::digest([]).into())
}

/// The hash of a leaf's entry: SHA-256(0x00 || entry).
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Hash(Sha256::new().chain_update([0]).chain_update(entry).finalize().into())
}

/// The hash of a node above two others: SHA-256(0x01 || left || right).
pub fn node_hash(left: Hash, right: Hash) -> Hash {
    let mut input = [1; 1 + 2 * HASH_BYTES];
    let (_, hashes) = input.split_at_mut(1);
    let (to_left, to_right) = hashes.split_at_mut(HASH_BYTES);
    to_left.copy_from_slice(&left.0);
    to_right.copy_from_slice(&right.0);
    Hash(Sha256::digest(input).into())
}

/// Hashes of neighbouring subtrees, largest first, joined into one; `None` for none.
fn join(hashes: impl DoubleEndedIterator<Item = Hash>) -> Option<Hash> {
    hashes.rev().reduce(|right, left| node_hash(left, right))
}

impl std::fmt::Display for Hash {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl std::fmt::Debug for Hash {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, out)
    }
}
