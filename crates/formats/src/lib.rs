//! Bytes that arrived and whose name says nothing: what they are, whether they hold, what may be said of them.
//!
//! It exists so that one crate knows the formats of the field and their traps. It never asks for a name, keeps a value, reads
//! a clock, a network or a store, and never repairs what it reads.

mod cells;
pub mod column;
pub mod contract;
pub mod detect;
pub mod dicom;
#[doc(hidden)]
pub mod fuzz;
mod input;
pub mod kind;
pub mod limits;
pub mod manifest;
pub mod omop;
pub mod pdf;
pub mod report;
pub mod rows;
pub mod rule;
pub mod shape;
mod tar;
mod thrift;
mod unpack;
pub mod validate;
pub mod values;
pub mod watch;
mod wire;
mod word;
pub mod worker;
pub mod zipped;

pub use cells::flat;
pub use detect::{Detected, Dialect, detect, detect_bytes};
pub use input::{End, Line, Lines};
pub use kind::{Family, Kind};
pub use limits::Limits;
pub use report::{Facts, Finding, Place, Report, Verdict};
pub use rule::Rule;
pub use unpack::{Layer, is_bomb};
pub use validate::{Error, open, validate, validate_before};
pub use watch::Watch;
