//! Copies of a bucket: what is in one, and carrying it from one bucket to another.
//!
//! A copy holds log objects and blobs under their own names, and beside them
//! lists of what it holds, with digests. Both kinds are written once, so a copy
//! can be taken while the region runs. It knows bytes and names; what belongs
//! together, and whether a copy may be believed, is for whoever is above.

mod carry;
mod list;

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use object_store::PutPayload;
use words::Id;
use words::noun::{Blob, Cell};

pub use carry::{Carried, CarryError, carry, digest};
pub use list::{LIST_LINES_MAX, Line, Lines};

use crate::bucket::Bucket;
use crate::error::StoreError;
use crate::name::Name;

/// WHY: a line of a list is at most 160 bytes.
pub const LIST_BYTES_MAX: u64 = 160 * LIST_LINES_MAX as u64;
/// WHY: a few hundred bytes per cell and per list.
pub const MANIFEST_BYTES_MAX: u64 = 64 << 20;

/// One thing that a copy holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Item {
    Log(Id<Cell>, u64),
    Blob(Id<Cell>, Id<Blob>),
}

/// A text that names nothing of a copy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no name of a log object or blob")]
pub struct NotAnItem(pub String);

impl Item {
    pub(crate) const fn name(self) -> Name {
        match self {
            Self::Log(cell, seq) => Name::Log(cell, seq),
            Self::Blob(cell, blob) => Name::Blob(cell, blob),
        }
    }

    pub const fn cell(self) -> Id<Cell> {
        match self {
            Self::Log(cell, _) | Self::Blob(cell, _) => cell,
        }
    }
}

impl fmt::Display for Item {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name().fmt(out)
    }
}

impl FromStr for Item {
    type Err = NotAnItem;

    fn from_str(from: &str) -> Result<Self, NotAnItem> {
        let parts: Vec<&str> = from.splitn(6, '/').collect();
        let item = match parts[..] {
            ["cells", cell, "log", _, seq] => {
                cell.parse().ok().zip(seq.parse().ok()).map(|(c, s)| Self::Log(c, s))
            }
            ["cells", cell, "blob", blob] => {
                cell.parse().ok().zip(blob.parse().ok()).map(|(c, b)| Self::Blob(c, b))
            }
            _ => None,
        };
        // WHY: one thing has one name; nothing from outside reaches a path but through it.
        item.filter(|item| item.to_string() == from).ok_or_else(|| NotAnItem(from.to_owned()))
    }
}

/// What a copy says about itself, by run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// What it holds, in all.
    Manifest,
    /// Who vouches for the manifest; written last.
    Signature,
    /// What one cell gained, in pieces.
    List(Id<Cell>, u32),
}

impl Page {
    const fn name(self, run: u64) -> Name {
        match self {
            Self::Manifest => Name::BackupManifest(run),
            Self::Signature => Name::BackupSignature(run),
            Self::List(cell, number) => Name::BackupList(run, cell, number),
        }
    }

    /// As manifests name it.
    pub fn text(self, run: u64) -> String {
        self.name(run).to_string()
    }

    pub async fn read(self, from: &Bucket, run: u64) -> Result<Option<Bytes>, StoreError> {
        let size_bytes_max = if matches!(self, Self::List(..)) { LIST_BYTES_MAX } else { MANIFEST_BYTES_MAX };
        from.read(self.name(run), size_bytes_max).await
    }

    /// WHY replaced: a run that was cut writes its pages again; what is signed is compared by digest.
    pub async fn write(self, to: &Bucket, run: u64, bytes: Vec<u8>) -> Result<(), StoreError> {
        to.replace(self.name(run), PutPayload::from(bytes)).await
    }
}

/// The runs that left any page, in order.
pub async fn runs(of: &Bucket) -> Result<Vec<u64>, StoreError> {
    let folders = of.folders(Name::Backups).await?;
    let mut runs: Vec<u64> = folders.iter().filter_map(|name| name.parse().ok()).collect();
    runs.sort_unstable();
    Ok(runs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_logs_and_blobs_are_items() {
        let (cell, blob) = (Id::from_bytes([1; 16]), Id::from_bytes([2; 16]));
        for item in [Item::Log(cell, 5_000), Item::Blob(cell, blob)] {
            assert_eq!(item.to_string().parse(), Ok(item));
        }
        let log = Item::Log(cell, 5_000).to_string();
        for wrong in [
            "".to_owned(),
            format!("../{log}"),
            log.replace("5000", "5001").replace("000000000001/", "000000000002/"),
            format!("cells/{cell}/blob/../../x"),
            format!("cells/{cell}/index/000000000001/x"),
            format!("{log}/"),
            format!("cells/{cell}/log/000000000001/5000"),
        ] {
            assert!(wrong.parse::<Item>().is_err(), "{wrong}");
        }
    }
}
