//! The right edge of a growing tree: all that is needed to append and to know the root.
//!
//! It holds one hash per complete subtree, largest first: at most 64 hashes, so the
//! sequencer keeps one in memory per cell. It must never forget how many leaves it has.

use super::{HASH_BYTES, Hash, empty_root, join, node_hash};
use crate::reader::Reader;

/// Bytes that are no frontier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a frontier: its length does not fit its size")]
pub struct FrontierError;

/// A tree's size and the hashes of its complete subtrees.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The frontier of the empty tree.
    pub const fn new() -> Self {
        Self { size: 0, peaks: Vec::new() }
    }

    /// Leaves so far.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Appends the leaf with this hash.
    pub fn push(&mut self, leaf: Hash) {
        let mut joined = leaf;
        // INVARIANT: one peak per 1-bit of `size`; each trailing 1 is a subtree to join.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                joined = node_hash(left, joined);
            }
        }
        self.peaks.push(joined);
        self.size += 1;
    }

    /// The root of the tree (RFC 6962, 2.1).
    pub fn root(&self) -> Hash {
        join(self.peaks.iter().copied()).unwrap_or_else(empty_root)
    }

    /// `size (u64 big-endian) || hashes, largest subtree first`.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(8 + self.peaks.len() * HASH_BYTES);
        bytes.extend_from_slice(&self.size.to_be_bytes());
        for peak in &self.peaks {
            bytes.extend_from_slice(&peak.0);
        }
        bytes
    }

    /// Reads what `encode` wrote; the hashes themselves can only be checked by a root.
    pub fn decode(bytes: &[u8]) -> Result<Self, FrontierError> {
        let mut rest = Reader::new(bytes);
        let size = rest.u64_big().ok_or(FrontierError)?;
        let peaks = (0..size.count_ones()).map(|_| rest.array().map(Hash)).collect::<Option<_>>();
        let peaks = peaks.filter(|_| rest.is_empty()).ok_or(FrontierError)?;
        Ok(Self { size, peaks })
    }
}
