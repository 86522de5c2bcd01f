//! The gate, each file one side of it; one binary, so that it is linked once.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod attacks;
mod coverage;
mod fuzz;
mod policy;
mod property;
mod time;
mod world;
