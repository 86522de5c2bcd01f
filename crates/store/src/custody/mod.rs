//! Custody: what holds keys outside the bucket, in generations.
//!
//! A key that custody has destroyed is gone from every later generation; how
//! well the old generation is wiped depends on the kind, which certificates
//! name. Nothing here ever lies in the bucket, and nothing in the bucket
//! unwraps anything.

pub mod copy;
mod file;
mod folder;
pub mod hsm;
mod locking;
mod memory;
mod name;
mod sheet;

use words::noun::Cell;
use words::{Id, Secret};

pub use file::FileCustody;
pub use memory::MemoryCustody;
pub use name::{KeyName, NotAKeyName};

/// A secret of 32 bytes: symmetric, or the seed of a signing or X25519 pair.
pub type Key = Secret<[u8; 32]>;

/// The parser of custody files, for `crate::fuzz`.
pub(crate) fn fuzz_sheet(bytes: &[u8], key: &Key) {
    let locked = sheet::lock_of(bytes);
    let opened = sheet::open(bytes, key);
    assert!(locked.is_ok() || opened.is_err());
}

/// What was destroyed, for the certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destroyed {
    /// Which custody claims it, in words for people.
    pub kind: &'static str,
    /// The first generation without the keys.
    pub generation: u64,
    /// The keys that were there.
    pub names: Vec<KeyName>,
}

/// A holder of keys.
pub trait Custody: Send + Sync {
    /// The kind in words for people; says how far a destruction can be trusted.
    fn kind(&self) -> &'static str;

    /// Counts every change of the set of keys.
    fn generation(&self) -> Result<u64, CustodyError>;

    fn key(&self, name: &KeyName) -> Result<Option<Key>, CustodyError>;

    /// The names of all keys, in order.
    fn names(&self) -> Result<Vec<KeyName>, CustodyError>;

    /// Adds keys, all or none, durable when it answers `Ok`; the same key again is no change.
    fn insert(&self, keys: &[(KeyName, Key)]) -> Result<(), CustodyError>;

    /// Moves the other keys to a new generation and wipes the old one; absent names are destroyed already.
    fn destroy(&self, names: &[KeyName]) -> Result<Destroyed, CustodyError>;

    /// The last checkpoint that this region has seen of a cell.
    fn known_head(&self, cell: Id<Cell>) -> Result<Option<String>, CustodyError>;

    /// Remembers a checkpoint, so that a rolled-back bucket is noticed; one of fewer leaves than the
    /// remembered one changes nothing.
    fn remember_head(&self, cell: Id<Cell>, checkpoint: &str) -> Result<(), CustodyError>;
}

/// Whether a checkpoint covers fewer leaves than the remembered one.
fn is_older(checkpoint: &str, known: Option<&str>) -> bool {
    // SPEC: C2SP tlog-checkpoint: the second line is the tree's size.
    let size = |note: &str| note.lines().nth(1).and_then(|size| size.parse::<u64>().ok());
    size(checkpoint) < known.and_then(size)
}

/// Why custody cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum CustodyError {
    #[error("custody folder `{folder}` may be read by others (mode {mode:o})")]
    Loose { folder: String, mode: u32 },
    #[error("custody folder `{folder}` lies in the bucket")]
    InBucket { folder: String },
    #[error("custody folder `{folder}` is in use by another process")]
    InUse { folder: String },
    #[error("custody was made as `{made}`, not as `{asked}`")]
    OtherKind { made: &'static str, asked: &'static str },
    #[error("the passphrase is not the one custody was made with")]
    WrongPassphrase,
    #[error("the passphrase is empty")]
    NoPassphrase,
    #[error("custody file `{file}` was altered or torn")]
    Damaged { file: String },
    #[error("custody holds another key as `{name}`")]
    Exists { name: KeyName },
    #[error(transparent)]
    Hsm(#[from] hsm::HsmError),
    #[error("custody holds no more than {max} keys")]
    Full { max: usize },
    #[error("cannot {tried} custody")]
    Unavailable {
        tried: &'static str,
        #[source]
        cause: std::io::Error,
    },
}

impl CustodyError {
    /// What to do about it, for a person.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Loose { .. } => "make it yours alone: `chmod 700` the folder, `chmod 600` its files",
            Self::InBucket { .. } => "choose a folder outside the bucket, best on another disk",
            Self::InUse { .. } => "stop the other region first",
            Self::OtherKind { .. } => {
                "open it the way it was made: plain, with `--passphrase-file`, or with `--hsm-module` and `--hsm-token`"
            }
            Self::Hsm(cause) => cause.hint(),
            Self::WrongPassphrase | Self::NoPassphrase => "try again with the right passphrase",
            Self::Damaged { .. } => "restore custody from its last backup",
            Self::Exists { .. } => "destroy the old key first, or use another name",
            Self::Full { .. } => "destroy keys that are no longer needed",
            Self::Unavailable { .. } => "check the disk that custody lies on",
        }
    }

    fn unavailable(tried: &'static str) -> impl Fn(std::io::Error) -> Self {
        move |cause| Self::Unavailable { tried, cause }
    }
}
