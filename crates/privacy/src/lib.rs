//! Who a person is must not show: direct identifiers are found in data, pseudonyms stand for people, and what leaves says
//! too little about few of them.
//!
//! It exists so that the rules of re-identification are one pure crate that a reviewer reads alone. It never does input
//! or output, reads no clock, keeps no key of its own, and no report of it holds a value that it found.

pub mod disclosure;
#[doc(hidden)]
pub mod fuzz;
pub mod identify;
pub mod pseudonym;
