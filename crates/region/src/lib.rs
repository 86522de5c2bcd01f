//! The heart: nouns, acts, and the one way anything changes.
//!
//! One file per noun, one function per act. A door calls these functions with
//! an actor; the gate decides; the cell's sequencer commits. This crate knows
//! no HTTP, no clock and no storage technology.

pub mod account;
pub mod act;
pub mod anchor;
pub mod attempt;
pub mod backup;
pub mod catalogue;
pub mod cell;
pub mod chain;
pub mod check;
pub mod contract;
pub mod dataset;
pub mod derive;
pub mod examine;
pub mod expected;
pub mod expiry;
pub mod facts;
pub mod format;
#[doc(hidden)]
pub mod fuzz;
pub mod greet;
pub mod lease;
pub mod meter;
pub mod name;
pub mod noun;
pub mod object;
pub mod observe;
pub mod opaque;
pub mod perform;
pub mod region;
pub mod register;
pub mod row;
pub mod rule;
pub mod scope;
pub mod session;
pub mod shares;
pub mod show;
pub mod snapshot;
pub mod telling;
pub mod tend;
pub mod twin;
pub mod upload;
pub mod usage;
pub mod verify;
pub mod witness;

pub use act::Request;
pub use cell::open::{Ground, OpenError};
pub use cell::step::{Done, Leaf};
pub use region::{Parts, Region};
