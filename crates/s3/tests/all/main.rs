//! The door from outside, each file one side of it; one binary, so that it is linked once.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod bad_input;
mod chunks;
mod clients;
mod fuzz;
mod house;
#[path = "../../../../trial/tests/need/mod.rs"]
mod need;
mod objects;
mod signatures;
mod silence;
mod stock_clients;
