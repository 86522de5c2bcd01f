//! What a researcher types, as clauses that all must hold.
//!
//! Stray signs are no error: a sign that says nothing is left out. An error names what was typed and what could be.

mod parse;
mod value;

use std::collections::BTreeMap;

use crate::error::QueryError;

/// WHY: longer than anything that was ever typed, short enough for the address of a page.
pub const QUERY_BYTES_MAX: usize = 400;
/// WHY: each term is one pass over its list of rows.
pub const QUERY_TERMS_MAX: usize = 32;

/// Fields that every index has; names of labels are fields too.
pub const FIELDS: &[&str] = &[
    "kind", "family", "bucket", "tag", "column", "stands", "from", "larger", "smaller", "after", "before",
    "read",
];

/// What was asked, understood.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    pub(crate) clauses: Vec<Clause>,
    /// For each such field, the values of which one must be there.
    pub(crate) either: BTreeMap<Column, Vec<Exact>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Clause {
    pub is_negated: bool,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    Words(Words),
    /// Lower case, ends with `/`.
    Folder(String),
    Label(Label),
    Column(Sequence),
    Exact(Column, Exact),
    Fact(Fact),
}

/// Words one after the other, the last of them perhaps only a beginning; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sequence {
    pub words: Vec<String>,
    pub ends: Ends,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ends {
    Whole,
    Beginning,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Words {
    pub sequence: Sequence,
    pub typed: Typed,
}

/// How words were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Typed {
    Quoted,
    /// As it was typed, to be compared with a file's name.
    Plain(String),
}

/// A label by its name, and what its value has, if that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Label {
    pub name: String,
    pub value: Option<Sequence>,
    pub said: Said,
}

/// Whether the name was typed as a field, so that it must be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    AsField,
    AsTag,
}

/// What is compared as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Column {
    Kind,
    Family,
    Place,
    Source,
    Standing,
}

/// A value in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exact {
    pub value: String,
    pub ends: Ends,
}

impl Exact {
    pub fn holds(&self, folded: &str) -> bool {
        match self.ends {
            Ends::Whole => folded == self.value,
            Ends::Beginning => !folded.is_empty() && folded.starts_with(&self.value),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fact {
    Larger(u64),
    Smaller(u64),
    /// From this moment on.
    After(i64),
    /// Up to this moment, without it.
    Before(i64),
    NeverRead,
}

impl Query {
    /// Understands what was typed; an empty text asks for everything.
    pub fn parse(typed: &str) -> Result<Self, QueryError> {
        parse::parse(typed)
    }

    /// Whether nothing was asked, so that everything is found.
    pub fn is_empty(&self) -> bool {
        self.clauses.is_empty() && self.either.is_empty()
    }
}
