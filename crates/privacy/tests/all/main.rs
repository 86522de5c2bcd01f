//! Identifiers found, pseudonyms made and read, tables judged; one binary, so that it is linked once.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod disclosure;
mod fuzz;
mod identify;
mod identify_bytes;
mod identify_columns;
mod identify_planted;
#[path = "../../../../trial/tests/need/mod.rs"]
mod need;
mod pseudonym;
mod pseudonym_oracle;
#[path = "../../../../fuzz/replay.rs"]
mod replay;
