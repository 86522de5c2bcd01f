//! What can go wrong at this wall, told by what was tried.
//!
//! Names in these errors are opaque ids; the cause is the source, printed once
//! at the edge.

use std::error::Error as StdError;

/// The cause below this wall.
pub type Cause = Box<dyn StdError + Send + Sync + 'static>;

/// A refused or failed use of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("cannot {tried} `{name}`")]
    Unavailable {
        tried: &'static str,
        name: String,
        #[source]
        cause: Cause,
    },
    #[error("nothing is stored as `{name}`")]
    NotFound { name: String },
    #[error("`{name}` is stored already")]
    Exists { name: String },
    #[error("`{name}` is not what was written: {why}")]
    Corrupt { name: String, why: &'static str },
    #[error("the store refuses `{name}`: {why}")]
    Refused { name: String, why: &'static str },
    #[error("`{name}` has given up after a failure")]
    Ended {
        name: String,
        #[source]
        cause: Cause,
    },
}

/// What a caller may do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Try again later; nothing is known about the effect.
    Unavailable,
    NotFound,
    Exists,
    /// Stop and show it to a person.
    Corrupt,
    /// The request itself is wrong.
    Refused,
    /// It answers nothing any more: open it anew.
    Ended,
}

impl StoreError {
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Unavailable { .. } => Kind::Unavailable,
            Self::NotFound { .. } => Kind::NotFound,
            Self::Exists { .. } => Kind::Exists,
            Self::Corrupt { .. } => Kind::Corrupt,
            Self::Refused { .. } => Kind::Refused,
            Self::Ended { .. } => Kind::Ended,
        }
    }

    pub(crate) fn unavailable(tried: &'static str, name: impl ToString, cause: impl Into<Cause>) -> Self {
        Self::Unavailable { tried, name: name.to_string(), cause: cause.into() }
    }

    /// The wall's word for an error of object storage.
    pub(crate) fn of(
        tried: &'static str,
        name: &object_store::path::Path,
        cause: object_store::Error,
    ) -> Self {
        let name = name.to_string();
        match cause {
            object_store::Error::NotFound { .. } => Self::NotFound { name },
            object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. } => {
                Self::Exists { name }
            }
            // WHY unpacked: what an S3 server means is said once, without the storage crate's frame.
            object_store::Error::Generic { source, .. } if source.is::<crate::remote::Fault>() => {
                Self::Unavailable { tried, name, cause: source }
            }
            other => Self::unavailable(tried, name, other),
        }
    }
}
