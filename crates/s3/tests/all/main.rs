//! The door from outside, each file one side of it; one binary, so that it is linked once.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod bad_input;
mod bounds;
mod chunks;
mod clients;
mod fuzz;
mod headers;
mod house;
mod lock_clients;
mod locks;
#[path = "../../../../trial/tests/need/mod.rs"]
mod need;
mod objects;
mod pages;
mod signatures;
mod silence;
mod stock_clients;
mod verbs;
