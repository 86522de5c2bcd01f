//! What tests of the store share: seeded chance, a clock that stands still, one bucket of each kind.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod proxy;

use std::sync::{Arc, Mutex};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use store::Bucket;
use store::twin::FaultyStore;
use words::noun::{Blob, Cell};
use words::{Clock, Id, Rand, Timestamp};

/// Chance from a seed.
pub struct Seeded(Mutex<ChaCha8Rng>);

impl Seeded {
    pub fn new(seed: u64) -> Arc<Self> {
        Arc::new(Self(Mutex::new(ChaCha8Rng::seed_from_u64(seed))))
    }
}

impl Rand for Seeded {
    fn fill(&self, into: &mut [u8]) {
        self.0.lock().unwrap().fill_bytes(into);
    }
}

/// A clock that stands still.
pub struct Still(pub i64);

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0)
    }
}

pub const NOON: i64 = 1_900_000_000_000;

pub fn faulty(seed: u64) -> Arc<FaultyStore> {
    FaultyStore::new(Seeded::new(seed), Arc::new(Still(NOON)))
}

pub fn cell(number: u8) -> Id<Cell> {
    Id::from_bytes([number; 16])
}

pub fn blob(number: u8) -> Id<Blob> {
    Id::from_bytes([number; 16])
}

/// One bucket of each kind; the folder lives as long as it is held.
pub struct Buckets {
    pub local: Bucket,
    pub memory: Bucket,
    pub twin: Bucket,
    pub folder: tempfile::TempDir,
}

impl Buckets {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            local: Bucket::local(&folder.path().join("bucket")).unwrap(),
            memory: Bucket::memory(),
            twin: Bucket::twin(&faulty(1)),
            folder,
        }
    }

    pub fn all(&self) -> [(&'static str, Bucket); 3] {
        [("local", self.local.clone()), ("memory", self.memory.clone()), ("twin", self.twin.clone())]
    }
}

/// Bytes that differ at every place and from any other seed.
pub fn noise(seed: u64, size: usize) -> bytes::Bytes {
    let mut bytes = vec![0; size];
    ChaCha8Rng::seed_from_u64(seed).fill_bytes(&mut bytes);
    bytes.into()
}
