//! Makes inclusion and consistency proofs.
//!
//! SPEC: RFC 9162, 2.1.3.1 (PATH) and 2.1.4.1 (SUBPROOF), as loops. Which subtrees are
//! needed is answered first (`*_nodes`), so that a caller can fetch before it proves.

use std::ops::Range;

use super::node::{nodes_of, range_hash};
use super::{HASH_BYTES, Hash, Node, Nodes};

/// WHY: a path has one hash per level of a tree of 2^64 leaves, and one more.
pub const PROOF_HASHES_MAX: usize = 65;

/// The hashes that, with a leaf or an older root, lead to the root.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proof(Vec<Hash>);

/// Bytes that are no proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a proof: at most {PROOF_HASHES_MAX} hashes of {HASH_BYTES} bytes")]
pub struct ProofError;

/// Why no proof could be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProveError<E> {
    #[error("leaf {index} is not in a tree of {size}")]
    NoLeaf { index: u64, size: u64 },
    #[error("tree of {old} leaves is not older than one of {new}")]
    NotOlder { old: u64, new: u64 },
    #[error("cannot read the tree's hashes")]
    Nodes(#[source] E),
}

impl Proof {
    pub fn new(hashes: Vec<Hash>) -> Result<Self, ProofError> {
        if hashes.len() > PROOF_HASHES_MAX { Err(ProofError) } else { Ok(Self(hashes)) }
    }

    pub fn hashes(&self) -> &[Hash] {
        &self.0
    }

    /// The hashes one after another.
    pub fn encode(&self) -> Vec<u8> {
        self.0.iter().flat_map(|hash| hash.0).collect()
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, ProofError> {
        let (hashes, rest) = bytes.as_chunks::<HASH_BYTES>();
        if hashes.len() > PROOF_HASHES_MAX || !rest.is_empty() {
            return Err(ProofError);
        }
        Ok(Self(hashes.iter().copied().map(Hash).collect()))
    }
}

/// Proves that leaf `index` is in the tree of the first `size` leaves.
pub fn inclusion<N: Nodes>(nodes: &N, index: u64, size: u64) -> Result<Proof, ProveError<N::Error>> {
    if index >= size {
        return Err(ProveError::NoLeaf { index, size });
    }
    prove(nodes, &inclusion_ranges(index, size))
}

/// Proves that the tree of the first `old` leaves is the start of the one of `new`.
///
/// Empty for `old == 0` and `old == new`.
pub fn consistency<N: Nodes>(nodes: &N, old: u64, new: u64) -> Result<Proof, ProveError<N::Error>> {
    if old > new {
        return Err(ProveError::NotOlder { old, new });
    }
    prove(nodes, &consistency_ranges(old, new))
}

/// The subtrees that `inclusion` will ask for; none if the leaf is outside.
pub fn inclusion_nodes(index: u64, size: u64) -> Vec<Node> {
    if index >= size { Vec::new() } else { inclusion_ranges(index, size).iter().flat_map(nodes_of).collect() }
}

/// The subtrees that `consistency` will ask for; none if `old` is not older.
pub fn consistency_nodes(old: u64, new: u64) -> Vec<Node> {
    if old > new { Vec::new() } else { consistency_ranges(old, new).iter().flat_map(nodes_of).collect() }
}

fn prove<N: Nodes>(nodes: &N, ranges: &[Range<u64>]) -> Result<Proof, ProveError<N::Error>> {
    let hashes = ranges.iter().filter_map(|range| range_hash(nodes, range).transpose());
    Ok(Proof(hashes.collect::<Result<_, _>>().map_err(ProveError::Nodes)?))
}

/// The largest power of two below `width` (which is at least 2).
const fn split(width: u64) -> u64 {
    1 << (width - 1).ilog2()
}

fn inclusion_ranges(index: u64, size: u64) -> Vec<Range<u64>> {
    let (mut start, mut end) = (0, size);
    let mut ranges = Vec::new();
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            ranges.push(middle..end);
            end = middle;
        } else {
            ranges.push(start..middle);
            start = middle;
        }
    }
    ranges.reverse();
    ranges
}

fn consistency_ranges(old: u64, new: u64) -> Vec<Range<u64>> {
    let (mut start, mut end) = (0, new);
    let mut ranges = Vec::new();
    if old == 0 || old == new {
        return ranges;
    }
    while old < end {
        let middle = start + split(end - start);
        if old <= middle {
            ranges.push(middle..end);
            end = middle;
        } else {
            ranges.push(start..middle);
            start = middle;
        }
    }
    // SPEC: the old tree's own root is left out, for the verifier has it.
    if start > 0 {
        ranges.push(start..end);
    }
    ranges.reverse();
    ranges
}
