//! Chance from a seed, so that a failing test fails again.
#![allow(dead_code)]

use std::sync::Mutex;

use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub struct Seeded(Mutex<ChaCha8Rng>);

impl Seeded {
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(ChaCha8Rng::seed_from_u64(seed)))
    }
}

impl words::Rand for Seeded {
    fn fill(&self, into: &mut [u8]) {
        self.0.lock().unwrap().fill_bytes(into);
    }
}

/// `size` bytes that follow from a seed and do not repeat.
pub fn bytes(seed: u64, size: usize) -> Vec<u8> {
    let mut bytes = vec![0; size];
    ChaCha8Rng::seed_from_u64(seed).fill_bytes(&mut bytes);
    bytes
}
