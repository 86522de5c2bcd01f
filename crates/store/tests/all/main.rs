//! The store, each file one side of it; one binary, so that it is linked once.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod blob;
mod conformance;
mod custody;
mod faults;
mod fuzz;
mod hsm;
mod index;
mod kit;
mod log;
#[path = "../../../../trial/tests/need/mod.rs"]
mod need;
mod packs;
mod probe;
#[path = "../../../../trial/tests/need/server.rs"]
mod server;
mod slate;
mod sweep;
