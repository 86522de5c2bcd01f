//! Receipts: proof that one leaf is in a log, to be kept and checked offline.
//!
//! SPEC: C2SP tlog-proof: `c2sp.org/tlog-proof@v1`, perhaps `extra <base64>`, `index
//! <number>`, the inclusion proof's hashes in base64, an empty line, the signed
//! checkpoint. What `extra` says is signed by nobody. It must never be believed for a
//! leaf that the verifier did not hash itself.

use data_encoding::BASE64;

use super::{Checkpoint, CheckpointError, NOTE_BYTES_MAX, Note, NoteVerifier};
use crate::merkle::{HASH_BYTES, Hash, PROOF_HASHES_MAX, Proof, VerifyError, verify_inclusion};
use crate::text::base64;

/// WHY: room for a salt and a short record, as needed to hash the leaf again.
pub const EXTRA_BYTES_MAX: usize = 16 * 1_024;
/// WHY: the proof, the extra and a checkpoint of the largest size.
pub const RECEIPT_BYTES_MAX: usize = NOTE_BYTES_MAX + 2 * EXTRA_BYTES_MAX;

const HEAD: &str = "c2sp.org/tlog-proof@v1";

/// A leaf's place, the path to the root, and the root as its log signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Number of the leaf.
    pub index: u64,
    /// From the leaf's sibling up.
    pub proof: Proof,
    /// The signed checkpoint, not yet believed.
    pub checkpoint: Note,
    /// Words beside the proof, signed by nobody.
    pub extra: Option<Vec<u8>>,
}

/// Why a receipt could not be read or proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    #[error("not a receipt")]
    NotAReceipt,
    #[error("receipt is longer than {RECEIPT_BYTES_MAX} bytes")]
    TooLong,
    #[error("cannot believe the receipt's checkpoint")]
    Checkpoint(#[from] CheckpointError),
    #[error("leaf is not in the log that was signed")]
    Proof(#[from] VerifyError),
}

impl Receipt {
    /// Checks that `leaf` stands at `index` in log `origin` as signed by a `known` key.
    pub fn verify(
        &self,
        leaf: Hash,
        origin: &str,
        known: &[NoteVerifier],
    ) -> Result<Checkpoint, ReceiptError> {
        let checkpoint = Checkpoint::believe(&self.checkpoint, origin, known)?;
        verify_inclusion(&self.proof, self.index, checkpoint.size, leaf, checkpoint.root)?;
        Ok(checkpoint)
    }

    /// Reads a receipt from outside bytes; believe it only after `verify`.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReceiptError> {
        if bytes.len() > RECEIPT_BYTES_MAX {
            return Err(ReceiptError::TooLong);
        }
        std::str::from_utf8(bytes).ok().and_then(Self::parse_text).ok_or(ReceiptError::NotAReceipt)
    }

    fn parse_text(text: &str) -> Option<Self> {
        let (lines, note) = text.split_once("\n\n")?;
        let mut lines = lines.split('\n').peekable();
        lines.next().filter(|line| *line == HEAD)?;
        let extra = match lines.next_if(|line| line.starts_with("extra ")) {
            Some(line) => {
                Some(base64(line.strip_prefix("extra ")?).filter(|extra| extra.len() <= EXTRA_BYTES_MAX)?)
            }
            None => None,
        };
        let digits = lines.next()?.strip_prefix("index ")?;
        let index: u64 = digits.parse().ok().filter(|index: &u64| index.to_string() == digits)?;
        let hashes = lines.take(PROOF_HASHES_MAX + 1).map(parse_hash).collect::<Option<_>>()?;
        let proof = Proof::new(hashes).ok()?;
        Some(Self { index, proof, checkpoint: Note::parse(note.as_bytes()).ok()?, extra })
    }
}

fn parse_hash(line: &str) -> Option<Hash> {
    Some(Hash(<[u8; HASH_BYTES]>::try_from(base64(line)?).ok()?))
}

impl std::fmt::Display for Receipt {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(out, "{HEAD}")?;
        if let Some(extra) = &self.extra {
            writeln!(out, "extra {}", BASE64.encode(extra))?;
        }
        writeln!(out, "index {}", self.index)?;
        for hash in self.proof.hashes() {
            writeln!(out, "{}", BASE64.encode(&hash.0))?;
        }
        write!(out, "\n{}", self.checkpoint)
    }
}
