//! Documents made and documents signed, each file one side of it; one binary, so that it is linked once.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod authorities;
mod fuzz;
mod kit;
mod lists;
mod messages;
#[path = "../../../../trial/tests/need/mod.rs"]
mod need;
mod pages;
#[path = "../../../../fuzz/replay.rs"]
mod replay;
mod revocations;
mod updates;
