//! What is put is found by whoever may, counted exactly, and by nobody else; one binary, so that it is linked once.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, clippy::indexing_slicing)]

mod agrees;
mod finds;
mod fuzz;
mod hides;
mod holds;
mod made;
mod million;
mod oracle;
mod parses;
#[path = "../../../../fuzz/replay.rs"]
mod replay;
