//! Submissions: what a log sends to a witness to have a checkpoint cosigned.
//!
//! SPEC: C2SP tlog-witness, "add-checkpoint": `old <size>`, up to 63 hashes of a
//! consistency proof in base64, an empty line, the signed checkpoint. Nothing in
//! it is believed here.

use std::fmt;

use data_encoding::BASE64;

use super::Note;
use crate::merkle::{HASH_BYTES, Hash, Proof};
use crate::text::base64;

/// WHY: 63 hashes are 3 KiB, a checkpoint with dozens of signatures some 10; what is longer is no log's.
pub const SUBMISSION_BYTES_MAX: usize = 32 * 1_024;
/// SPEC: a client must not send more.
const PROOF_LINES_MAX: usize = 63;

/// A checkpoint, and proof that it goes on from the tree of `old` leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    pub old: u64,
    pub proof: Proof,
    pub note: Note,
}

/// Bytes that are no submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a submission: `old <size>`, at most {PROOF_LINES_MAX} hashes, an empty line, a signed checkpoint"
)]
pub struct NotASubmission;

impl Submission {
    /// Reads outside bytes; there is one spelling of each submission.
    pub fn parse(bytes: &[u8]) -> Result<Self, NotASubmission> {
        Self::parse_lines(bytes).ok_or(NotASubmission)
    }

    fn parse_lines(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() <= SUBMISSION_BYTES_MAX)?;
        let (head, note) = text.split_once("\n\n")?;
        let mut lines = head.split('\n');
        let digits = lines.next()?.strip_prefix("old ")?;
        let old = digits.parse::<u64>().ok().filter(|old| old.to_string() == digits)?;
        let hash = |line| Some(Hash(<[u8; HASH_BYTES]>::try_from(base64(line)?).ok()?));
        // WHY one more than may be: so that the bound refuses, and does not cut.
        let hashes: Vec<Hash> = lines.take(PROOF_LINES_MAX + 1).map(hash).collect::<Option<_>>()?;
        let proof = Proof::new(hashes).ok().filter(|proof| proof.hashes().len() <= PROOF_LINES_MAX)?;
        Some(Self { old, proof, note: Note::parse(note.as_bytes()).ok()? })
    }
}

/// The body of the request.
impl fmt::Display for Submission {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "old {}", self.old)?;
        self.proof.hashes().iter().try_for_each(|hash| writeln!(out, "{}", BASE64.encode(&hash.0)))?;
        write!(out, "\n{}", self.note)
    }
}
