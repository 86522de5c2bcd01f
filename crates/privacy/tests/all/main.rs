//! Each folder one side of what may be said of data about people; one binary, so that it is linked once.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod disclosure;
#[path = "../../../../trial/tests/need/mod.rs"]
mod need;
