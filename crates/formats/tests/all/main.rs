//! What arrives is recognised, judged and described; one binary, so that it is linked once.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod archives;
mod cells;
mod contracts;
mod detects;
mod documents;
mod fixtures;
mod fuzz;
mod judges;
#[path = "../../../../trial/tests/need/mod.rs"]
mod need;
#[path = "../../../../fuzz/replay.rs"]
mod replay;
mod sets;
mod variants;
mod workers;
