//! What may be said of data about people, and what must not.
//!
//! It exists so that one small crate knows the rules by which results are judged before they leave. It never does input or
//! output, reads no clock and no chance: the same figures get the same verdict.

pub mod disclosure;
