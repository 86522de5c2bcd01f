//! A refusal: the kind of no, its reason, and what would make it a yes.

use std::fmt;

use crate::Reason;
use crate::reason::Language;

/// What a door does with a refusal; exists only where doors act differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// We do not know who asks.
    Unauthenticated,
    /// They may not.
    Denied,
    /// It is not there, or may not be known to be there.
    NotFound,
    /// It does not fit what is there now.
    Conflict,
    /// The request itself is wrong.
    Invalid,
    /// We cannot now; try again.
    Unavailable,
}

/// A no that can be shown to the person who asked.
///
/// `detail` is for that person alone: it may repeat their own words, and so
/// must never reach a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Refusal {
    pub reason: Reason,
    pub detail: String,
}

impl Refusal {
    pub const fn new(reason: Reason) -> Self {
        Self { reason, detail: String::new() }
    }

    pub fn with(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }

    pub const fn kind(&self) -> Kind {
        self.reason.kind()
    }

    pub fn hint(&self) -> &'static str {
        self.reason.hint(Language::English)
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self::new(reason)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.reason.text(Language::English))?;
        if self.detail.is_empty() {
            return Ok(());
        }
        write!(out, ": {}", self.detail)
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Refusal({})", self.reason.code())
    }
}

impl std::error::Error for Refusal {}
