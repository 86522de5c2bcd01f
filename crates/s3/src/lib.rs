//! The S3 door: the protocol that stock clients speak, over `region`.
//!
//! It parses and translates. It holds no state and no rules and decides
//! nothing: every verb ends in one function of `region`, and every refusal is
//! the region's own, told in S3's words. It must never log a key, a name or a
//! token, and never keep a whole object in memory.

mod ask;
mod asked;
mod attributes;
mod auth;
mod body;
mod bucket;
mod change;
mod copy;
mod copy_part;
mod door;
mod error;
mod front;
#[doc(hidden)]
pub mod fuzz;
mod guard;
mod kept;
mod lifecycle;
mod list;
mod lock;
mod locking;
mod narrow;
mod offered;
mod page;
mod part;
mod put;
mod read;
mod serve;
mod stated;
mod sts;
mod sums;
mod tags;
mod upload;
mod verbs;
mod wish;

pub use door::{Limits, S3Door};
pub use front::{Domain, Front, FrontError, Origin};
pub use serve::serve;
