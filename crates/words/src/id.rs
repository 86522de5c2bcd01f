//! Opaque ids: 128 random bits that say of what they are, in type and never in text.
//!
//! They are the only names that reach paths, logs and the clear part of the
//! ledger, so they must never be derived from anything a person wrote.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use data_encoding::{Encoding, Specification};

use crate::chance::Rand;

/// Bytes of an id; 128 bits make collisions impossible in practice (RFC 9562, 6.7).
pub const ID_BYTES: usize = 16;

/// Characters of an id's text form.
pub const ID_TEXT_CHARS: usize = 26;

fn text() -> &'static Encoding {
    use std::sync::OnceLock;
    static TEXT: OnceLock<Encoding> = OnceLock::new();
    TEXT.get_or_init(|| {
        // WHY: lower-case base32 without padding survives file systems that fold case.
        let mut specification = Specification::new();
        specification.symbols.push_str("abcdefghijklmnopqrstuvwxyz234567");
        specification.encoding().unwrap_or(data_encoding::BASE32_NOPAD)
    })
}

/// The id of a `T`; two ids of different nouns cannot be swapped.
pub struct Id<T> {
    bytes: [u8; ID_BYTES],
    of: PhantomData<fn() -> T>,
}

/// A text that is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id: expected 26 characters a-z and 2-7")]
pub struct NotAnId;

impl<T> Id<T> {
    /// A fresh id from the source of chance.
    pub fn random(rand: &dyn Rand) -> Self {
        let mut bytes = [0; ID_BYTES];
        rand.fill(&mut bytes);
        Self::from_bytes(bytes)
    }

    pub const fn from_bytes(bytes: [u8; ID_BYTES]) -> Self {
        Self { bytes, of: PhantomData }
    }

    pub const fn to_bytes(self) -> [u8; ID_BYTES] {
        self.bytes
    }

    /// The same bits seen as the id of another noun; for the places where one
    /// noun stands for another by definition (a project's cell bears its id).
    pub const fn cast<U>(self) -> Id<U> {
        Id::from_bytes(self.bytes)
    }
}

impl<T> fmt::Display for Id<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&text().encode(&self.bytes))
    }
}

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl<T> FromStr for Id<T> {
    type Err = NotAnId;

    fn from_str(from: &str) -> Result<Self, NotAnId> {
        let bytes = text().decode(from.as_bytes()).map_err(|_| NotAnId)?;
        Ok(Self::from_bytes(bytes.try_into().map_err(|_| NotAnId)?))
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl<T> Eq for Id<T> {}

impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bytes.cmp(&other.bytes)
    }
}

impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bytes.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        // Goal: an id survives its text. Method: any bytes, out and back.
        #[test]
        fn text_round_trips(bytes: [u8; ID_BYTES]) {
            let id = Id::<()>::from_bytes(bytes);
            let written = id.to_string();
            prop_assert_eq!(written.len(), ID_TEXT_CHARS);
            prop_assert_eq!(written.parse::<Id<()>>(), Ok(id));
        }

        // Goal: nothing else is taken for an id. Method: any short text.
        #[test]
        fn other_text_is_refused(written in ".{0,25}") {
            prop_assert!(written.parse::<Id<()>>().is_err());
        }
    }
}
