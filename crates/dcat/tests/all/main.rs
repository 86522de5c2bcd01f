//! Cards are written; other people's programs read them. One binary, so that it is linked once.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod expected;
mod fixtures;
mod fuzz;
mod graphs;
mod limits;
#[path = "../../../../trial/tests/need/mod.rs"]
mod need;
mod oracle;
mod pages;
#[path = "../../../../fuzz/replay.rs"]
mod replay;
mod signs;
mod types;
