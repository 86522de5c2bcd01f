//! Witnessing over HTTP: the door where logs ask, and the round that asks for our own.
//!
//! It carries bytes to `region::witness` and back, and judges none of them.

mod ask;
mod door;

pub use ask::ask_witnesses;
pub use door::witness;

/// SPEC: C2SP tlog-witness: `POST <submission prefix>/add-checkpoint`.
const ADD_PATH: &str = "/add-checkpoint";
