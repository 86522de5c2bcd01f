//! Whether bytes hold as what they are.
//!
//! It exists so that every kind is judged through one door. It never keeps a value, and never fails by what it reads: only a
//! reader that cannot read is an error.

use std::io::{self, Read, Seek};

use crate::detect::Detected;
use crate::limits::Limits;
use crate::report::Report;
use crate::rule;

/// What cannot be judged at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot read what is to be judged")]
    Read(#[source] io::Error),
}

/// A reader that may be asked for its end.
pub trait Whole: Read + Seek {}
impl<T: Read + Seek> Whole for T {}

/// Judges.
pub fn validate(detected: &Detected, _from: &mut dyn Read, _limits: &Limits) -> Result<Report, Error> {
    Ok(Report::only(detected.kind, rule::KIND_UNJUDGED))
}
