//! Everything that is tried on whole regions, in one binary to save linking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod across;
mod authorisation;
mod erased_again;
mod erasure;
mod ground;
mod hidden;
mod keeping;
mod ledger;
mod lives_across;
mod looks;
mod names;
mod openings;
mod readings;
mod refusals;
mod sides;
mod simulation;
mod ten_million;
mod unseen;
mod withdrawals;
