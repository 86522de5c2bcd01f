//! Pages: one question each, in the words of whoever asks it.
//!
//! Markup stands here and in `parts`, nowhere else. A page shows what acts
//! answered and offers others; it decides nothing.

mod account;
mod act;
mod catalogue;
mod chain;
mod data;
mod dataset;
mod document;
mod door;
mod examined;
mod layout;
mod leaf;
mod ledger;
mod project;
mod region;
mod register;
mod rules;
mod stated;
mod thing;
mod today;
mod upload;

pub use account::{Machine, choose, device, device_done, device_prove, join, joined, prove, ways};
pub use act::{act, done};
pub use catalogue::catalogue;
pub use chain::chain;
pub use data::{Around, bucket, delivered, object};
pub use dataset::{dataset, landing};
pub use document::document;
pub use door::{elsewhere, enter, sign_in, signed_in};
pub use layout::bare;
pub use leaf::leaf;
pub use ledger::{cell_of, leaves, ledger};
pub use project::project;
pub use region::region;
pub use register::register;
pub use rules::{map, rules};
pub use stated::{accessibility, me, refused};
pub use thing::{thing, things};
pub use today::today;
