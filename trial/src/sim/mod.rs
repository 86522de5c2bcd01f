//! The seeded simulation: one number decides everything that happens.
//!
//! A small world lives several lives. In each, persons act at random on one
//! region or two that race, over a store that fails and forgets; then power
//! fails, the process is killed, or it closes in good order. Beside it a model
//! of plain values follows what was acknowledged. Whatever the region says and
//! whatever remains must be what the model holds. Same seed, same trace.

mod act;
mod fence;
mod judge;
mod life;
mod model;
mod op;
pub mod stand;

use anyhow::{Context, Result};

pub use life::Ended;

/// Lives one seed to its end; an error says which promise was broken.
pub fn run(seed: u64) -> Result<Ended> {
    life::run(seed).with_context(|| {
        format!("replay it with: EPIC_SEED={seed} cargo test -p trial sim_one -- --nocapture")
    })
}
