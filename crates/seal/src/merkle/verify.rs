//! Verifies inclusion and consistency proofs with nothing but hashes.
//!
//! SPEC: RFC 9162, 2.1.3.2 and 2.1.4.2, step by step. It must never read a tree.

use super::{Hash, Proof, empty_root, node_hash};

/// Why a proof proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    #[error("leaf {index} is not in a tree of {size}")]
    NoLeaf { index: u64, size: u64 },
    #[error("tree of {old} leaves is not older than one of {new}")]
    NotOlder { old: u64, new: u64 },
    #[error("proof has the wrong number of hashes")]
    Length,
    #[error("proof leads to another root")]
    OtherRoot,
    #[error("proof leads to another older root")]
    OtherOldRoot,
}

/// Where a proof stands: the subtree's number and the last one's, at the same level.
struct Walk {
    own: u64,
    last: u64,
}

impl Walk {
    /// Whether the next hash stands to the left.
    const fn is_left(&self) -> bool {
        self.own & 1 == 1 || self.own == self.last
    }

    fn up(&mut self) {
        self.own >>= 1;
        self.last >>= 1;
    }

    /// Up again past the levels where this subtree has no sibling.
    fn up_lonely(&mut self) {
        while self.own & 1 == 0 && self.own != 0 {
            self.up();
        }
    }
}

/// Checks that `leaf` is leaf `index` of the tree of `size` leaves with this `root`.
pub fn verify_inclusion(
    proof: &Proof,
    index: u64,
    size: u64,
    leaf: Hash,
    root: Hash,
) -> Result<(), VerifyError> {
    if index >= size {
        return Err(VerifyError::NoLeaf { index, size });
    }
    let mut walk = Walk { own: index, last: size - 1 };
    let mut hash = leaf;
    for sibling in proof.hashes() {
        if walk.last == 0 {
            return Err(VerifyError::Length);
        }
        if walk.is_left() {
            hash = node_hash(*sibling, hash);
            walk.up_lonely();
        } else {
            hash = node_hash(hash, *sibling);
        }
        walk.up();
    }
    if walk.last != 0 {
        return Err(VerifyError::Length);
    }
    if hash == root { Ok(()) } else { Err(VerifyError::OtherRoot) }
}

/// Checks that the tree of `old` leaves with `old_root` is the start of the one of `new` with `new_root`.
pub fn verify_consistency(
    proof: &Proof,
    old: u64,
    new: u64,
    old_root: Hash,
    new_root: Hash,
) -> Result<(), VerifyError> {
    if old > new {
        return Err(VerifyError::NotOlder { old, new });
    }
    if old == 0 || old == new {
        let known_root = if old == 0 { empty_root() } else { new_root };
        return verify_trivial(proof, old_root, known_root);
    }
    let mut walk = Walk { own: old - 1, last: new - 1 };
    while walk.own & 1 == 1 {
        walk.up();
    }
    // SPEC: if the old tree is one complete subtree, its root starts the proof unsaid.
    let (start, rest) = if old.is_power_of_two() {
        (old_root, proof.hashes())
    } else {
        let (first, rest) = proof.hashes().split_first().ok_or(VerifyError::Length)?;
        (*first, rest)
    };
    let (mut old_hash, mut new_hash) = (start, start);
    for sibling in rest {
        if walk.last == 0 {
            return Err(VerifyError::Length);
        }
        if walk.is_left() {
            old_hash = node_hash(*sibling, old_hash);
            new_hash = node_hash(*sibling, new_hash);
            walk.up_lonely();
        } else {
            new_hash = node_hash(new_hash, *sibling);
        }
        walk.up();
    }
    if walk.last != 0 {
        return Err(VerifyError::Length);
    }
    if old_hash != old_root {
        return Err(VerifyError::OtherOldRoot);
    }
    if new_hash == new_root { Ok(()) } else { Err(VerifyError::OtherRoot) }
}

fn verify_trivial(proof: &Proof, old_root: Hash, known_root: Hash) -> Result<(), VerifyError> {
    if !proof.hashes().is_empty() {
        return Err(VerifyError::Length);
    }
    if old_root == known_root { Ok(()) } else { Err(VerifyError::OtherOldRoot) }
}
