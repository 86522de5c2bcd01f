//! Backups: a copy of the bucket that is consistent without a pause, and a region made of it again.
//!
//! The bucket's copy and custody's are two things in two places; neither is a
//! region without the other. What a copy holds is said by a manifest that the
//! region's key signs. Nothing here knows where copies are kept.

mod believe;
pub mod drill;
mod examine;
pub mod loss;
mod restore;
mod take;

use seal::note::{Note, NoteSigner, NoteVerifier};
use seal::{SigningKey, sha256};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::backup::Page;
use store::custody::copy::CopyError;
use store::{Bucket, StoreError};
use words::noun::ROOT_CELL;
use words::{Secret, Timestamp};

use crate::OpenError;
use crate::cell::publish;
use crate::region::StartError;

pub use believe::{Believed, believe};
pub use examine::{Examined, examine};
pub use restore::fetch;
pub use take::{Taken, Taking, take};

/// Version of manifests.
pub const VERSION: u32 = 1;

/// What a copy of a bucket holds, in all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// `VERSION`
    pub backup: u32,
    pub region: String,
    /// Verifier key of the root's ledger.
    pub key: String,
    pub run: u64,
    pub at: Timestamp,
    /// Custody's generation at the cut: it held exactly the keys that belong to these heads.
    pub custody_generation: u64,
    pub cells: Vec<CellCut>,
    pub lists: Vec<ListOf>,
    pub files: u64,
    pub bytes: u64,
    pub new_files: u64,
    pub new_bytes: u64,
}

/// One cell as of the cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellCut {
    pub cell: String,
    pub commits: u64,
    pub leaves: u64,
    /// Base64, as in its checkpoint.
    pub root: String,
    /// SHA-256 of its last log object, hex.
    pub head: String,
}

/// One list of files, and its own digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListOf {
    pub run: u64,
    pub cell: String,
    pub number: u32,
    pub sha256: String,
}

/// Why a copy is not taken, or no region is made of one.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("there is no backup that was finished")]
    None,
    #[error("`{name}` is missing from the backup")]
    Missing { name: String },
    #[error("`{name}` of the backup was altered")]
    Altered { name: String },
    #[error("custody is another region's: `{held}`, the backup is of `{wanted}`")]
    OtherRegion { held: String, wanted: String },
    #[error(
        "custody is older than the backup (generation {held}, it had {wanted}): keys would be missing, or destroyed ones come back"
    )]
    CustodyOlder { held: u64, wanted: u64 },
    #[error("custody remembers more than the backup holds: {} would be lost", .loss.said())]
    Older { loss: Box<loss::Loss> },
    #[error("custody holds `{key}`, which was destroyed: it would come back to life")]
    Revived { key: String },
    #[error("cell `{cell}` does not end where the manifest says")]
    OtherHead { cell: String },
    #[error("cell `{cell}` is behind its last backup: the bucket was rolled back")]
    RolledBack { cell: String },
    #[error("the loss is not declared: {why}")]
    Undeclared { why: String },
    #[error("keys were made or destroyed, or a pass took too long, {tries} times over")]
    Restless { tries: usize },
    #[error("manifest version {version} is not known to this release")]
    Version { version: u32 },
    #[error(transparent)]
    Custody(#[from] CopyError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    Refused(words::Refusal),
}

impl BackupError {
    /// What would make it a yes.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::None => "take one first: `epic backup`; one that was cut is taken up by doing so again",
            Self::Missing { .. } | Self::Altered { .. } | Self::OtherHead { .. } => {
                "take another copy of the backup, or an earlier run: `--run`"
            }
            Self::OtherRegion { .. } => "name the copy of custody that belongs to this region",
            Self::CustodyOlder { .. } | Self::Revived { .. } => {
                "name a newer copy of custody, best the one taken with this backup"
            }
            Self::Older { .. } => {
                "name a newer backup of the bucket; if there is none, two persons declare the loss: `epic restore` says how"
            }
            Self::RolledBack { .. } => {
                "find out why before anything else; the backup is the newer one: `epic restore`"
            }
            Self::Undeclared { .. } => {
                "an operator and a custodian each sign the loss: `epic restore --sign-loss`"
            }
            Self::Restless { .. } => "do it again when it is quieter; it goes on from here",
            Self::Version { .. } => "use a newer release",
            Self::Custody(_) | Self::Store(_) => "check the disks, and the passphrase or key",
            Self::Open(_) | Self::Start(_) | Self::Refused(_) => {
                "name the copy of custody that was taken with this backup, or an earlier run"
            }
        }
    }
}

/// What the region's key signs of a manifest.
fn statement(manifest: &Manifest, bytes: &[u8]) -> String {
    let digest = data_encoding::HEXLOWER.encode(&sha256(bytes));
    json!({ "manifest": digest, "region": manifest.region, "run": manifest.run }).to_string() + "\n"
}

/// A statement of the region about a copy, as a signed note in the name of the root's ledger.
pub(crate) fn sign(region: &str, seed: &Secret<[u8; 32]>, text: String) -> Result<String, BackupError> {
    let unsigned = || {
        BackupError::Refused(words::Refusal::with(
            words::Reason::Unavailable,
            "the region's key does not sign",
        ))
    };
    let name = publish::origin(region, ROOT_CELL).parse().map_err(|_| unsigned())?;
    let key = SigningKey::from_seed(seed).map_err(|_| unsigned())?;
    let mut note = Note::new(text).map_err(|_| unsigned())?;
    note.sign(&NoteSigner::new(name, key)).map_err(|_| unsigned())?;
    Ok(note.to_string())
}

/// Who signs for a region, told from its key.
pub(crate) fn verifier_of(region: &str, seed: &Secret<[u8; 32]>) -> Option<NoteVerifier> {
    publish::verifier(region, ROOT_CELL, SigningKey::from_seed(seed).ok()?.public())
}

/// The manifest of a run and who vouches for it; none if the run was not finished.
async fn pages(of: &Bucket, run: u64) -> Result<Option<(Vec<u8>, Manifest, String)>, BackupError> {
    let Some(signature) = Page::Signature.read(of, run).await? else {
        return Ok(None);
    };
    let name = || Page::Manifest.text(run);
    let bytes = Page::Manifest.read(of, run).await?.ok_or_else(|| BackupError::Missing { name: name() })?;
    let version =
        serde_json::from_slice::<Version>(&bytes).map_err(|_| BackupError::Altered { name: name() })?;
    if version.backup > VERSION {
        return Err(BackupError::Version { version: version.backup });
    }
    let manifest = serde_json::from_slice(&bytes).map_err(|_| BackupError::Altered { name: name() })?;
    Ok(Some((bytes.to_vec(), manifest, String::from_utf8_lossy(&signature).into_owned())))
}

#[derive(Deserialize)]
struct Version {
    backup: u32,
}
