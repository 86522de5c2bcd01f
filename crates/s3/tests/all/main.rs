//! The door from outside, each file one side of it; one binary, so that it is linked once.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod bad_input;
mod bounds;
mod chunks;
mod clients;
mod copies;
mod front;
mod fuzz;
mod headers;
mod house;
mod late;
mod lifecycle;
mod lock_clients;
mod locks;
mod narrow;
#[path = "../../../../trial/tests/need/mod.rs"]
mod need;
mod objects;
mod pages;
mod quota;
mod sealed;
mod signatures;
mod silence;
mod stated;
mod stock_clients;
mod sums;
mod told;
mod verbs;
