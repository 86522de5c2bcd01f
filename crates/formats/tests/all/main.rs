//! What arrives is recognised, judged and described; one binary, so that it is linked once.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod detects;
#[path = "../../../../trial/tests/need/mod.rs"]
mod need;
