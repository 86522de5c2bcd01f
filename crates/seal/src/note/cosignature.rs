//! Cosignatures: a witness's word that a log has this checkpoint, and only grew.
//!
//! SPEC: C2SP tlog-cosignature, Ed25519 (type 0x04): signed are the lines
//! `cosignature/v1` and `time <seconds>` and the checkpoint's whole text; the
//! signature line holds the time as 8 big-endian bytes before the signature.
//! A witness's key is a type of its own: it must never pass for a log's.

use std::fmt;
use std::str::FromStr;

use super::key::{read_vkey, write_vkey};
use super::{KeyId, KeyName, Note, NoteError, NoteKeyError, NoteSignature};
use crate::keys::{KeyError, SigningKey, VerifyingKey};

/// SPEC: signature type of timestamped Ed25519 cosignatures.
const TYPE_COSIGNATURE: u8 = 0x04;
/// SPEC: the timestamp must not exceed 2^63 - 1.
const SECONDS_MAX: u64 = i64::MAX as u64;

/// A named key that cosigns checkpoints.
#[derive(Debug)]
pub struct Cosigner {
    key: SigningKey,
    public: CosignerKey,
}

/// The public half, to give to those who verify.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CosignerKey {
    name: KeyName,
    id: KeyId,
    key: VerifyingKey,
}

impl Cosigner {
    pub fn new(name: KeyName, key: SigningKey) -> Self {
        let public = CosignerKey::new(name, key.public());
        Self { key, public }
    }

    pub const fn public(&self) -> &CosignerKey {
        &self.public
    }
}

impl CosignerKey {
    pub fn new(name: KeyName, key: VerifyingKey) -> Self {
        let id = KeyId::of(&name, TYPE_COSIGNATURE, key);
        Self { name, id, key }
    }

    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// When this key signed, by the line of it, in seconds since 1970.
    fn verify(&self, text: &str, line: &[u8]) -> Result<u64, KeyError> {
        let (time, signature) = line.split_first_chunk::<8>().ok_or(KeyError::Signature)?;
        let seconds = u64::from_be_bytes(*time);
        if seconds > SECONDS_MAX {
            return Err(KeyError::Signature);
        }
        self.key.verify(message(text, seconds).as_bytes(), signature)?;
        Ok(seconds)
    }
}

fn message(text: &str, seconds: u64) -> String {
    format!("cosignature/v1\ntime {seconds}\n{text}")
}

impl Note {
    /// Adds a cosignature as of so many seconds since 1970, in place of an earlier one by the same key.
    pub fn cosign(&mut self, cosigner: &Cosigner, seconds: u64) -> Result<&NoteSignature, NoteError> {
        let signature =
            cosigner.key.sign(message(&self.text, seconds).as_bytes()).map_err(NoteError::Sign)?;
        let bytes = [seconds.to_be_bytes().as_slice(), &signature].concat();
        let CosignerKey { name, id, .. } = cosigner.public.clone();
        self.add(NoteSignature { name, id, bytes })?;
        self.signatures.last().ok_or(NoteError::NotANote)
    }

    /// Which of the known witnesses signed, and when (seconds since 1970); an error if one's cosignature is wrong.
    pub fn cosigned<'a>(&self, known: &'a [CosignerKey]) -> Result<Vec<(&'a CosignerKey, u64)>, NoteError> {
        let mut signed: Vec<(&CosignerKey, u64)> = Vec::new();
        for line in &self.signatures {
            let Some(key) = known.iter().find(|key| key.name == line.name && key.id == line.id) else {
                continue;
            };
            let wrong = |_| NoteError::BadSignature { name: line.name.clone() };
            let seconds = key.verify(&self.text, &line.bytes).map_err(wrong)?;
            if !signed.iter().any(|(other, _)| *other == key) {
                signed.push((key, seconds));
            }
        }
        Ok(signed)
    }

    /// The same note with more signature lines, as a witness answered them; not yet believed.
    pub fn with_lines(&self, lines: &[u8]) -> Result<Self, NoteError> {
        let with = Self::parse(&[self.to_string().as_bytes(), lines].concat())?;
        // INVARIANT: an empty line in the answer ends no text: what is signed is ours, not ours and more.
        if with.text == self.text { Ok(with) } else { Err(NoteError::NotANote) }
    }
}

/// The verifier key text ("vkey").
impl fmt::Display for CosignerKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_vkey(out, &self.name, self.id, TYPE_COSIGNATURE, self.key)
    }
}

impl FromStr for CosignerKey {
    type Err = NoteKeyError;

    fn from_str(text: &str) -> Result<Self, NoteKeyError> {
        let (name, key) = read_vkey(text, TYPE_COSIGNATURE)?;
        Ok(Self::new(name, key))
    }
}
