//! The updates that a signer's program appends to a PDF (ISO 32000-1, 7.5.6), read strictly.
//!
//! It never repairs: what one viewer would guess and another would not is refused, for both must show the same document.

mod cursor;
mod object;
mod rules;
mod stream;
mod view;
mod xref;

pub use object::{Dictionary, Object};
pub use rules::{Field, fields, may_redefine};
pub use view::{Revision, View, revisions};

/// Bytes that are no PDF as we read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unclear;
