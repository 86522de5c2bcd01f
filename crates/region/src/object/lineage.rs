//! Lineage: what an object of a snapshot tells of where it came from.

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use words::Id;
use words::noun::{Object, Permit, Project, Snapshot};

/// Where an object of a snapshot came from.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Lineage {
    #[n(0)]
    pub snapshot: Id<Snapshot>,
    #[n(1)]
    pub permit: Id<Permit>,
    #[n(2)]
    pub home: Id<Project>,
    #[n(3)]
    pub object: Id<Object>,
    #[n(4)]
    pub version: u64,
    /// Leaf of the home's ledger that says it left.
    #[n(5)]
    pub leaf: u64,
    /// BLAKE3 of the plain bytes as they arrived.
    #[n(6)]
    pub blake3: ByteArray<32>,
}

impl std::fmt::Display for Lineage {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { snapshot, permit, home, object, version, leaf, .. } = self;
        write!(
            out,
            "home={home}:{leaf} object={object} version={version:016x}{object} permit={permit} snapshot={snapshot}"
        )
    }
}
