//! Sealing and proving, each file one side of it; one binary, so that it is linked once.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod arrival;
mod boxes;
mod chance;
mod checksums;
mod corpus;
mod cosignature;
mod crypt4gh;
mod merkle;
#[path = "../../../../trial/tests/need/mod.rs"]
mod need;
mod note;
mod reference;
mod shares;
