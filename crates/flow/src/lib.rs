//! Flow: what was stored is looked at, without anybody asking.
//!
//! It follows the log of each project that is open: the log is the queue, and
//! how far it was followed is a row like any. Each object goes through a process
//! of its own, which may loop, eat memory or die and is ended for it; what it
//! said is kept beside the object by the region, or the object is tried again
//! later. Here is no rule about data and nothing is stored: lose it, and nothing
//! is lost but time.

mod back;
mod beside;
mod derive;
mod examiner;
mod follow;
mod refer;
pub mod worker;

pub use derive::{Cook, Cooked, Maker};
pub use examiner::{Examiner, Fault, Process};
pub use follow::follow;
pub use refer::Given;
