//! What is derived is what it was derived from, by other people's readers too; one binary, so that it is linked once.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod fuzz;
mod indexes;
mod made;
#[path = "../../../../trial/tests/need/mod.rs"]
mod need;
mod profiles;
#[path = "../../../../fuzz/replay.rs"]
mod replay;
mod tables;
mod texts;
mod workers;
