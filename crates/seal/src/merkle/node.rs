//! Complete subtrees by coordinates, and how ranges of leaves are made of them.
//!
//! `Node {level, index}` is the root of the `2^level` leaves from `index << level`.
//! Pure; where hashes come from is the business of a `Nodes`.

use std::ops::Range;

use super::{Hash, join};

/// The root of the complete subtree over leaves `index << level ..(index + 1) << level`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Node {
    pub level: u8,
    pub index: u64,
}

/// A source of hashes of complete subtrees.
pub trait Nodes {
    type Error;

    fn node(&self, node: Node) -> Result<Hash, Self::Error>;
}

/// The complete subtrees that make up `leaves`, largest first if the range starts at one's edge.
pub(super) fn nodes_of(leaves: &Range<u64>) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut start = leaves.start;
    // WHY: at most two subtrees per level, 64 levels.
    while start < leaves.end {
        let fits = (leaves.end - start).ilog2();
        let level = if start == 0 { fits } else { fits.min(start.trailing_zeros()) };
        nodes.push(Node { level: level as u8, index: start >> level });
        start += 1 << level;
    }
    nodes
}

/// The hash over `leaves`, a range that the RFC's recursion makes.
pub(super) fn range_hash<N: Nodes>(nodes: &N, leaves: &Range<u64>) -> Result<Option<Hash>, N::Error> {
    let hashes = nodes_of(leaves).into_iter().map(|node| nodes.node(node)).collect::<Result<Vec<_>, _>>()?;
    Ok(join(hashes.into_iter()))
}

/// The leaf hashes of a whole tree, in memory.
#[derive(Debug, Clone, Copy)]
pub struct Leaves<'a>(pub &'a [Hash]);

/// A subtree that lies outside the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("tree has no complete subtree {index} of level {level}")]
pub struct NoNode {
    pub level: u8,
    pub index: u64,
}

impl Nodes for Leaves<'_> {
    type Error = NoNode;

    fn node(&self, node: Node) -> Result<Hash, NoNode> {
        let outside = NoNode { level: node.level, index: node.index };
        let width = 1_usize.checked_shl(u32::from(node.level)).ok_or(outside)?;
        let start =
            usize::try_from(node.index).ok().and_then(|index| index.checked_mul(width)).ok_or(outside)?;
        let end = start.checked_add(width).ok_or(outside)?;
        subtree_hash(self.0.get(start..end).ok_or(outside)?).ok_or(outside)
    }
}

/// The root over a power of two of neighbouring hashes; `None` for any other number.
pub(super) fn subtree_hash(hashes: &[Hash]) -> Option<Hash> {
    if !hashes.len().is_power_of_two() {
        return None;
    }
    let mut level = hashes.to_vec();
    while level.len() > 1 {
        level =
            level.as_chunks::<2>().0.iter().map(|[left, right]| super::node_hash(*left, *right)).collect();
    }
    level.first().copied()
}
