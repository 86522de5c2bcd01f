//! Who a person is must not show in data: direct identifiers are found, and pseudonyms stand for people.
//!
//! It exists so that the rules of re-identification are one pure crate that a reviewer reads alone. It never does input
//! or output, reads no clock, keeps no key of its own, and no report of it holds a value that it found.

#[doc(hidden)]
pub mod fuzz;
pub mod identify;
pub mod pseudonym;
