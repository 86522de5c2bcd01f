//! Who is asking, from where, and may they: `Allowed<A>` or `Denied`.
//!
//! It exists so that a permission is a proof in a function's signature, made in
//! one place, by rules that a lawyer can read (`policy/`). It never does input
//! or output, never stores anything, and decides nothing that a policy does not say.

mod allowed;
mod denied;
mod entity;
pub mod explain;
pub mod facts;
#[doc(hidden)]
pub mod fuzz;
mod gate;
pub mod identify;
pub mod issue;
mod memo;
#[doc(hidden)]
pub mod proving;
mod rule;
pub mod table;

pub use allowed::{Allowed, Verdict};
pub use denied::Denied;
pub use facts::{
    ActorFacts, AgreementFacts, Case, CrossingFacts, DataFacts, GrantFacts, ProjectFacts, SnapshotFacts,
    Span, Target,
};
pub use gate::{Gate, GateError};
pub use rule::{Effect, Rule};
