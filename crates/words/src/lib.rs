//! The words of EPIC: nouns, the table of acts, ids, limits, reasons, time.
//!
//! Everything above this crate speaks with these types, so that one word has
//! one meaning in the code, on every door and in the ledger.
//! It does no input or output, knows no format of storage and is never async.

pub mod act;
pub mod actor;
pub mod chance;
#[doc(hidden)]
pub mod fuzz;
pub mod id;
pub mod limit;
pub mod name;
pub mod network;
pub mod noun;
pub mod reason;
pub mod refusal;
pub mod secret;
mod stored;
pub mod time;
pub mod trace;

pub use act::{Act, Deed};
pub use actor::{Actor, Place, Role, Tier};
pub use chance::{Clock, Rand};
pub use id::Id;
pub use name::{BucketName, ObjectKey};
pub use reason::Reason;
pub use refusal::{Kind, Refusal};
pub use secret::{Personal, Secret};
pub use time::Timestamp;
