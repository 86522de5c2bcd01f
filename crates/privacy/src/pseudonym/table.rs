//! The way back: which name of the source stands behind a pseudonym. Only a format; who keeps it seals it.
//!
//! The bytes of a table follow from its entries: sorted, none twice. It never repairs: one wrong byte refuses all.

use std::fmt;

use super::{Pseudonym, PseudonymError, SIGNS};

/// The first bytes of a table.
const HEAD: &[u8] = b"epic reverse table 1\n";
/// WHY: names of patients in sources are numbers and codes; a length of two bytes holds them.
pub const NAMED_BYTES_MAX: usize = 1024;

/// One pseudonym and what the source calls it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    pub pseudonym: Pseudonym,
    pub named: Vec<u8>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(into, "Entry({}, [..])", self.pseudonym)
    }
}

/// Why a table cannot be written or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    #[error("two names have the pseudonym `{0}`")]
    Collision(Pseudonym),
    #[error("a name has more than 1,024 bytes, or none")]
    Size,
    #[error("these bytes are no reverse table")]
    Head,
    #[error("the table ends inside an entry")]
    Cut,
    #[error("the entries are not in order")]
    Order,
    #[error("an entry has no pseudonym: {0}")]
    Pseudonym(PseudonymError),
}

/// The bytes of a table. The same entry twice counts once; two names of one pseudonym are refused.
pub fn write_table(mut entries: Vec<Entry>) -> Result<Vec<u8>, TableError> {
    entries.sort_unstable();
    entries.dedup();
    if let Some(pair) = entries.windows(2).find(|pair| pair[0].pseudonym == pair[1].pseudonym) {
        return Err(TableError::Collision(pair[0].pseudonym));
    }
    let mut bytes = HEAD.to_vec();
    for entry in &entries {
        let size = u16::try_from(entry.named.len())
            .ok()
            .filter(|size| (1..=NAMED_BYTES_MAX).contains(&usize::from(*size)));
        bytes.extend_from_slice(&entry.pseudonym.signs());
        bytes.extend_from_slice(&size.ok_or(TableError::Size)?.to_be_bytes());
        bytes.extend_from_slice(&entry.named);
    }
    Ok(bytes)
}

/// The entries of a table, one by one; after an error nothing more comes.
pub fn read_table(bytes: &[u8]) -> Result<impl Iterator<Item = Result<Entry, TableError>>, TableError> {
    let rest = bytes.strip_prefix(HEAD).ok_or(TableError::Head)?;
    Ok(Entries { rest, before: None })
}

struct Entries<'a> {
    rest: &'a [u8],
    before: Option<Pseudonym>,
}

impl Iterator for Entries<'_> {
    type Item = Result<Entry, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let entry = self.entry();
        match &entry {
            Ok(entry) => self.before = Some(entry.pseudonym),
            Err(_) => self.rest = &[],
        }
        Some(entry)
    }
}

impl Entries<'_> {
    fn entry(&mut self) -> Result<Entry, TableError> {
        let (signs, rest) = self.rest.split_first_chunk::<SIGNS>().ok_or(TableError::Cut)?;
        let (size, rest) = rest.split_first_chunk::<2>().ok_or(TableError::Cut)?;
        let size = usize::from(u16::from_be_bytes(*size));
        if !(1..=NAMED_BYTES_MAX).contains(&size) {
            return Err(TableError::Size);
        }
        let (named, rest) = rest.split_at_checked(size).ok_or(TableError::Cut)?;
        let text = std::str::from_utf8(signs).map_err(|_| TableError::Pseudonym(PseudonymError::Form))?;
        let pseudonym: Pseudonym = text.parse().map_err(TableError::Pseudonym)?;
        if pseudonym.signs() != *signs {
            return Err(TableError::Pseudonym(PseudonymError::Form));
        }
        if self.before.is_some_and(|before| before >= pseudonym) {
            return Err(TableError::Order);
        }
        self.rest = rest;
        Ok(Entry { pseudonym, named: named.to_vec() })
    }
}
