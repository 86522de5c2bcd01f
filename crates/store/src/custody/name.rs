//! What a key is for, in opaque ids alone.

use std::fmt;
use std::str::FromStr;

use words::Id;
use words::noun::{Cell, Scope};

/// The purpose of a key; also its place in custody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyName {
    /// Signs the region's checkpoints and receipts.
    Region,
    /// Derives the secrets of S3 credentials.
    SigV4,
    /// Seals a cell's commits, by generation.
    Cell(Id<Cell>, u32),
    /// Seals one generation of a cell's index.
    Index(Id<Cell>, u64),
    /// Seals a cell's access records of one year, which have their own legal term.
    Audit(Id<Cell>, i32),
    /// Seals names, metadata and free text of an erasure scope; in the root those of a person, a project or
    /// an agreement.
    ScopeMetadata(Id<Cell>, Id<Scope>),
    /// The secret half of a scope's data pair of a generation; opens object headers.
    ScopeData(Id<Cell>, Id<Scope>, u32),
}

/// A text that names no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a key's name")]
pub struct NotAKeyName;

impl KeyName {
    /// The cell it opens something in, if it is a cell's.
    pub const fn cell(&self) -> Option<Id<Cell>> {
        match self {
            Self::Cell(cell, _)
            | Self::Index(cell, _)
            | Self::Audit(cell, _)
            | Self::ScopeMetadata(cell, _)
            | Self::ScopeData(cell, _, _) => Some(*cell),
            Self::Region | Self::SigV4 => None,
        }
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Region => out.write_str("region"),
            Self::SigV4 => out.write_str("sigv4"),
            Self::Cell(cell, generation) => write!(out, "cell/{cell}/{generation}"),
            Self::Index(cell, generation) => write!(out, "index/{cell}/{generation}"),
            Self::Audit(cell, year) => write!(out, "audit/{cell}/{year}"),
            Self::ScopeMetadata(cell, scope) => write!(out, "scope/{cell}/{scope}/metadata"),
            Self::ScopeData(cell, scope, generation) => {
                write!(out, "scope/{cell}/{scope}/data/{generation}")
            }
        }
    }
}

impl FromStr for KeyName {
    type Err = NotAKeyName;

    fn from_str(from: &str) -> Result<Self, NotAKeyName> {
        let name = parse(from).ok_or(NotAKeyName)?;
        // WHY: one key has one name; `index/../07` would be a second one.
        match name.to_string() == from {
            true => Ok(name),
            false => Err(NotAKeyName),
        }
    }
}

fn parse(from: &str) -> Option<KeyName> {
    let parts: Vec<&str> = from.splitn(6, '/').collect();
    Some(match parts[..] {
        ["region"] => KeyName::Region,
        ["sigv4"] => KeyName::SigV4,
        ["cell", cell, generation] => KeyName::Cell(cell.parse().ok()?, generation.parse().ok()?),
        ["index", cell, generation] => KeyName::Index(cell.parse().ok()?, generation.parse().ok()?),
        ["audit", cell, year] => KeyName::Audit(cell.parse().ok()?, year.parse().ok()?),
        ["scope", cell, scope, "metadata"] => KeyName::ScopeMetadata(cell.parse().ok()?, scope.parse().ok()?),
        ["scope", cell, scope, "data", generation] => {
            KeyName::ScopeData(cell.parse().ok()?, scope.parse().ok()?, generation.parse().ok()?)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(id: [u8; 16], other: [u8; 16], number: u64, year: i32) -> [KeyName; 7] {
        let (cell, scope) = (Id::from_bytes(id), Id::from_bytes(other));
        [
            KeyName::Region,
            KeyName::SigV4,
            KeyName::Cell(cell, 1),
            KeyName::Index(cell, number),
            KeyName::Audit(cell, year),
            KeyName::ScopeMetadata(cell, scope),
            KeyName::ScopeData(cell, scope, 1),
        ]
    }

    proptest! {
        // Goal: names survive their text and never collide. Method: all kinds over any ids.
        #[test]
        fn text_round_trips(id: [u8; 16], other: [u8; 16], number: u64, year: i32) {
            let names = names(id, other, number, year);
            let texts: std::collections::BTreeSet<_> = names.iter().map(KeyName::to_string).collect();
            prop_assert_eq!(texts.len(), names.len());
            for name in names {
                prop_assert_eq!(name.to_string().parse(), Ok(name));
            }
        }
    }

    #[test]
    fn a_key_has_one_name() {
        let cell = Id::<Cell>::from_bytes([1; 16]);
        assert!(format!("index/{cell}/7").parse::<KeyName>().is_ok());
        assert!(format!("index/{cell}/07").parse::<KeyName>().is_err());
        assert!(format!("index/{cell}/7/").parse::<KeyName>().is_err());
    }
}
