//! What is refused, and what whoever asked can do about it.

use crate::entry::Standing;

/// What the engine says; after it the index is thrown away and made anew.
pub(crate) type Cause = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, thiserror::Error)]
pub enum PutError {
    #[error("the index is full with {entries_max} entries")]
    Full { entries_max: usize },
    #[error("`{field}` is longer than {bytes_max} bytes")]
    TooLong { field: &'static str, bytes_max: usize },
    /// The index is no longer whole: it is thrown away and made anew.
    #[error("cannot add to the index")]
    Engine(#[source] Cause),
}

/// Of a text that somebody typed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    #[error("the query is longer than {bytes_max} bytes")]
    TooLong { bytes_max: usize },
    #[error("the query has more than {terms_max} terms")]
    TooMany { terms_max: usize },
    #[error("`{value}` is not what `{field}:` takes: {}", expected.says())]
    Value { field: &'static str, value: String, expected: Expected },
}

/// What a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    Size,
    Day,
    Standing,
    Never,
}

impl Expected {
    pub fn says(self) -> &'static str {
        match self {
            Self::Size => "a size as `10MB`",
            Self::Day => "a day as `2026-01-31`",
            Self::Standing => "`clear`, `asks`, `apart`, `broken`, `unread` or `none`",
            Self::Never => "`never`",
        }
    }

    /// What may be typed, where that is a list.
    pub fn values(self) -> Vec<&'static str> {
        match self {
            Self::Size | Self::Day => Vec::new(),
            Self::Standing => Standing::ALL.map(Standing::code).to_vec(),
            Self::Never => vec!["never"],
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// Neither a field nor a label of anything that is allowed.
    #[error("no field `{name}`")]
    UnknownField {
        name: String,
        /// The fields that there are.
        fields: &'static [&'static str],
        /// Names of labels in the allowed places, in order, at most 50.
        labels: Vec<String>,
    },
    #[error("the cursor is none of this order")]
    Cursor,
    #[error("cannot read the index")]
    Engine(#[source] Cause),
}

impl From<std::io::Error> for SearchError {
    fn from(cause: std::io::Error) -> Self {
        Self::Engine(Box::new(cause))
    }
}
