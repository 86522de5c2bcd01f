//! Checkpoints: a log's name, size and root as the text of a signed note.
//!
//! SPEC: C2SP tlog-checkpoint: origin, decimal size, base64 root, then extension
//! lines. It must never accept two spellings of one checkpoint.

use data_encoding::BASE64;

use super::{Note, NoteError, NoteSigner, NoteVerifier};
use crate::merkle::{HASH_BYTES, Hash};
use crate::text::base64;

/// WHY: three short lines and a few extensions.
pub const CHECKPOINT_BYTES_MAX: usize = 16 * 1_024;

/// A log's state: what is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log; one non-empty line.
    pub origin: String,
    /// Leaves of the log.
    pub size: u64,
    /// Root of its tree.
    pub root: Hash,
    /// Further non-empty lines.
    pub extensions: Vec<String>,
}

/// Why a text is no checkpoint, or not to be believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    #[error("not a checkpoint")]
    NotACheckpoint,
    #[error("checkpoint is of log `{found}`")]
    OtherLog { found: String },
    #[error("cannot believe the checkpoint's note")]
    Note(#[from] NoteError),
}

impl Checkpoint {
    /// The state of a log, without extensions.
    pub const fn new(origin: String, size: u64, root: Hash) -> Self {
        Self { origin, size, root, extensions: Vec::new() }
    }

    /// The text to sign; an error if a line is empty or is several.
    pub fn to_text(&self) -> Result<String, CheckpointError> {
        let mut text = format!("{}\n{}\n{}\n", self.origin, self.size, BASE64.encode(&self.root.0));
        for line in &self.extensions {
            text.push_str(line);
            text.push('\n');
        }
        if Self::parse(&text).as_ref() == Ok(self) { Ok(text) } else { Err(CheckpointError::NotACheckpoint) }
    }

    /// Reads the text of a note.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        Self::parse_lines(text).ok_or(CheckpointError::NotACheckpoint)
    }

    fn parse_lines(text: &str) -> Option<Self> {
        let text = text.strip_suffix('\n').filter(|text| text.len() <= CHECKPOINT_BYTES_MAX)?;
        let mut lines = text.split('\n');
        let origin = lines.next().filter(|line| !line.is_empty())?.to_owned();
        let digits = lines.next()?;
        let size: u64 = digits.parse().ok()?;
        let root = base64(lines.next()?)?;
        let root = Hash(<[u8; HASH_BYTES]>::try_from(root).ok()?);
        let extensions: Vec<_> = lines.map(str::to_owned).collect();
        // SPEC: no leading zeros or signs in the size, no empty extension lines.
        let is_one_spelling = size.to_string() == digits && extensions.iter().all(|line| !line.is_empty());
        is_one_spelling.then_some(Self { origin, size, root, extensions })
    }

    /// The checkpoint as a note with one signature.
    pub fn sign(&self, signer: &NoteSigner) -> Result<Note, CheckpointError> {
        let mut note = Note::new(self.to_text()?)?;
        note.sign(signer)?;
        Ok(note)
    }

    /// Reads and believes a signed checkpoint of log `origin`, signed by one of the `known` keys.
    pub fn open(bytes: &[u8], origin: &str, known: &[NoteVerifier]) -> Result<Self, CheckpointError> {
        Self::believe(&Note::parse(bytes)?, origin, known)
    }

    /// Believes a note as a checkpoint of log `origin`, signed by one of the `known` keys.
    pub fn believe(note: &Note, origin: &str, known: &[NoteVerifier]) -> Result<Self, CheckpointError> {
        note.verify(known)?;
        let checkpoint = Self::parse(note.text())?;
        if checkpoint.origin != origin {
            return Err(CheckpointError::OtherLog { found: checkpoint.origin });
        }
        Ok(checkpoint)
    }
}
