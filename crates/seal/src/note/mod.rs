//! Signed notes: a text and who signed it, readable by people and machines.
//!
//! SPEC: C2SP signed-note, with Ed25519 (type 0x01), and witnesses' cosignatures
//! (0x04). A note that opens was signed by at least one known key, and no known
//! key's signature on it is wrong. Unknown keys' signatures are kept and ignored,
//! as the spec asks.

mod checkpoint;
mod cosignature;
mod key;
mod receipt;
mod submission;

use data_encoding::BASE64;

pub use checkpoint::{CHECKPOINT_BYTES_MAX, Checkpoint, CheckpointError};
pub use cosignature::{Cosigner, CosignerKey};
pub use key::{KEY_NAME_CHARS_MAX, KeyId, KeyName, NoteKeyError, NoteSigner, NoteVerifier};
pub use receipt::{EXTRA_BYTES_MAX, RECEIPT_BYTES_MAX, Receipt, ReceiptError};
pub use submission::{NotASubmission, SUBMISSION_BYTES_MAX, Submission};

use crate::keys::KeyError;
use crate::text::base64;

/// WHY: 16 post-quantum signatures of 5 kB must fit (the specification's least); larger notes are attacks.
pub const NOTE_BYTES_MAX: usize = 256 * 1_024;
/// WHY: signers and witnesses of one checkpoint.
pub const SIGNATURES_MAX: usize = 64;

/// SPEC: a signature line starts with an em dash (U+2014) and a space.
const LINE_START: &str = "\u{2014} ";

/// Why a note could not be read, signed or believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    #[error("not a signed note")]
    NotANote,
    #[error("note is longer than {NOTE_BYTES_MAX} bytes")]
    TooLong,
    #[error("note has more than {SIGNATURES_MAX} signatures")]
    TooManySignatures,
    #[error("no known key signed the note")]
    Unsigned,
    #[error("signature by `{name}` does not fit the note")]
    BadSignature { name: KeyName },
    #[error("cannot sign")]
    Sign(#[source] KeyError),
}

/// One signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    pub name: KeyName,
    pub id: KeyId,
    pub bytes: Vec<u8>,
}

/// A text with signatures, not yet believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

impl Note {
    /// A note without signatures; the text ends with a newline and has no other control characters.
    pub fn new(text: String) -> Result<Self, NoteError> {
        if text.len() > NOTE_BYTES_MAX {
            return Err(NoteError::TooLong);
        }
        if !is_text(&text) || !text.ends_with('\n') {
            return Err(NoteError::NotANote);
        }
        Ok(Self { text, signatures: Vec::new() })
    }

    /// What is signed, its last newline included.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// All signature lines, believed or not.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Adds a signature, in place of an earlier one by the same key.
    pub fn sign(&mut self, signer: &NoteSigner) -> Result<(), NoteError> {
        let bytes = signer.sign(self.text.as_bytes()).map_err(NoteError::Sign)?.to_vec();
        self.add(NoteSignature { name: signer.name().clone(), id: signer.id(), bytes })
    }

    /// Adds a line, in place of an earlier one by the same key.
    fn add(&mut self, line: NoteSignature) -> Result<(), NoteError> {
        self.signatures.retain(|other| other.name != line.name || other.id != line.id);
        if self.signatures.len() >= SIGNATURES_MAX {
            return Err(NoteError::TooManySignatures);
        }
        self.signatures.push(line);
        Ok(())
    }

    /// Which of the known keys signed; an error if none did or one's signature is wrong.
    pub fn verify<'a>(&self, known: &'a [NoteVerifier]) -> Result<Vec<&'a NoteVerifier>, NoteError> {
        let mut signed: Vec<&NoteVerifier> = Vec::new();
        for line in &self.signatures {
            let by = known.iter().find(|key| *key.name() == line.name && key.id() == line.id);
            let Some(key) = by else { continue };
            if key.verify(self.text.as_bytes(), &line.bytes).is_err() {
                return Err(NoteError::BadSignature { name: line.name.clone() });
            }
            if !signed.contains(&key) {
                signed.push(key);
            }
        }
        if signed.is_empty() { Err(NoteError::Unsigned) } else { Ok(signed) }
    }

    /// Reads a note from outside bytes; believe it only after `verify`.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(NoteError::TooLong);
        }
        let whole =
            std::str::from_utf8(bytes).ok().filter(|whole| is_text(whole)).ok_or(NoteError::NotANote)?;
        // SPEC: the signatures follow the last empty line.
        let end = whole.rfind("\n\n").ok_or(NoteError::NotANote)? + 1;
        let (text, lines) = whole.split_at(end);
        let lines =
            lines.strip_prefix('\n').and_then(|lines| lines.strip_suffix('\n')).ok_or(NoteError::NotANote)?;
        let mut signatures = Vec::new();
        for line in lines.split('\n') {
            if signatures.len() == SIGNATURES_MAX {
                return Err(NoteError::TooManySignatures);
            }
            signatures.push(parse_line(line).ok_or(NoteError::NotANote)?);
        }
        Ok(Self { text: text.to_owned(), signatures })
    }
}

impl std::fmt::Display for Note {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(out, "{}", self.text)?;
        self.signatures.iter().try_for_each(|line| write!(out, "{line}"))
    }
}

/// The line with its end.
impl std::fmt::Display for NoteSignature {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = [self.id.to_bytes().as_slice(), &self.bytes].concat();
        writeln!(out, "{LINE_START}{} {}", self.name, BASE64.encode(&bytes))
    }
}

fn is_text(text: &str) -> bool {
    text.chars().all(|c| c == '\n' || c >= ' ')
}

fn parse_line(line: &str) -> Option<NoteSignature> {
    let (name, bytes) = line.strip_prefix(LINE_START)?.split_once(' ')?;
    let bytes = base64(bytes)?;
    let (id, bytes) = bytes.split_first_chunk::<4>().filter(|(_, bytes)| !bytes.is_empty())?;
    Some(NoteSignature { name: name.parse().ok()?, id: KeyId::from_bytes(*id), bytes: bytes.to_vec() })
}
