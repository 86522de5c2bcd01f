//! One entry per parser of outside bytes, for fuzzing and for replaying its corpus.
//!
//! None may panic or hang, whatever the bytes.

use minicbor::bytes::ByteVec;
use seal::note::NoteVerifier;
use words::Id;
use words::noun::Cell;

use crate::cell::step::Leaf;
use crate::noun::grant::Network;
use crate::verify::{Verifier, leaves};

/// One target: its name is its folder in `corpus/`.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 3] = [("leaf", leaf), ("ledger", ledger), ("network", network)];

/// An exported ledger in one list: its key, its checkpoint, its log.
pub fn ledger(bytes: &[u8]) {
    let Ok(files) = minicbor::decode::<Vec<ByteVec>>(bytes) else {
        return;
    };
    let [key, checkpoint, log @ ..] = &files[..] else {
        return;
    };
    let checkpoint: &[u8] = checkpoint;
    let key = std::str::from_utf8(key).ok().and_then(|key| key.trim().parse::<NoteVerifier>().ok());
    let Some(key) = key else {
        return;
    };
    let Some(Ok(cell)) = key.name().to_string().rsplit('/').next().map(str::parse::<Id<Cell>>) else {
        return;
    };
    if let Ok(mut verifier) = Verifier::new(cell, &key, checkpoint, Some(checkpoint)) {
        for bytes in log {
            let size = verifier.size();
            let is_taken = verifier.push(bytes).is_ok();
            assert!(is_taken || verifier.size() == size);
            leaves(bytes).into_iter().for_each(|leaf| drop(verifier.tile_leaf(leaf)));
        }
        let _tiles = verifier.tiles();
        let _report = verifier.finish();
    }
}

/// A leaf as people write it; what reads, means the same once written.
pub fn leaf(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(leaf) = text.parse::<Leaf>() {
        assert!(leaf.to_string().parse::<Leaf>().is_ok_and(|again| again == leaf));
    }
}

/// A network and, on a line of its own, an address; a network holds the address it is written with.
pub fn network(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (network, address) = text.split_once('\n').unwrap_or((&text, ""));
    let Ok(own) = network.parse::<Network>() else {
        return;
    };
    let _is_held = address.parse().is_ok_and(|address| own.holds(address));
    let written = network.split('/').next().unwrap_or_default().parse::<std::net::IpAddr>();
    // WHY not mapped ones: they are seen as the IPv4 address they stand for, and match none of IPv6.
    assert!(written.is_ok_and(|address| address.to_canonical() != address || own.holds(address)));
}
