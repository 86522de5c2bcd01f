//! Everything that is tried on whole regions, in one binary to save linking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod accounts;
mod across;
mod authorisation;
mod backup;
mod erased_again;
mod erasure;
mod exit;
mod expiry;
mod ground;
mod hidden;
mod keeping;
mod ledger;
mod lives_across;
mod locks;
mod looks;
mod names;
mod openings;
mod packs;
mod quota;
mod readings;
mod refusals;
mod rotation;
mod sealed;
mod sides;
mod simulation;
mod split;
mod ten_million;
mod told;
mod unseen;
mod upgrade;
mod upon;
mod withdrawals;
mod witness;
