//! The keys of signed notes: a name, four bytes of hash, and an Ed25519 key.
//!
//! SPEC: C2SP signed-note, "Signatures" and "Verifier keys": key id =
//! SHA-256(name || 0x0A || 0x01 || public key)[:4]; text
//! `<name>+<id in hex>+<base64(0x01 || public key)>`. Names identify, ids only hint:
//! both and the key itself must fit. A witness's key has the same text with 0x04.
//! Secret halves have no text form here.

use std::fmt;
use std::str::FromStr;

use data_encoding::{BASE64, HEXLOWER, HEXLOWER_PERMISSIVE};
use sha2::{Digest, Sha256};

use crate::keys::{KeyError, SIGNATURE_BYTES, SigningKey, VerifyingKey};
use crate::text::base64;

/// WHY: a name is a host and a path, seen in every signature line.
pub const KEY_NAME_CHARS_MAX: usize = 256;

/// SPEC: signature type of Ed25519.
const TYPE_ED25519: u8 = 0x01;

/// Why a text is no key of notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteKeyError {
    #[error("not a key name: 1 to {KEY_NAME_CHARS_MAX} characters, no spaces, no plus")]
    Name,
    #[error("not a verifier key")]
    NotAKey,
    #[error("verifier key is of another type: a log's and a witness's are not the same")]
    Type,
    #[error("verifier key's id does not fit its name and key")]
    Id,
}

/// Who signs, as a text without spaces or pluses; best a schema-less URL.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyName(String);

impl FromStr for KeyName {
    type Err = NoteKeyError;

    fn from_str(name: &str) -> Result<Self, NoteKeyError> {
        let is_bad = |c: char| c.is_whitespace() || c.is_control() || c == '+';
        if name.is_empty() || name.chars().count() > KEY_NAME_CHARS_MAX || name.contains(is_bad) {
            return Err(NoteKeyError::Name);
        }
        Ok(Self(name.to_owned()))
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl AsRef<str> for KeyName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Four bytes that tell keys of one name apart; a hint, never a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId([u8; 4]);

impl KeyId {
    pub const fn from_bytes(bytes: [u8; 4]) -> Self {
        Self(bytes)
    }

    pub const fn to_bytes(self) -> [u8; 4] {
        self.0
    }

    pub(super) fn of(name: &KeyName, kind: u8, key: VerifyingKey) -> Self {
        let mut hash = Sha256::new();
        hash.update(name.0.as_bytes());
        hash.update([b'\n', kind]);
        hash.update(key.to_bytes());
        let [a, b, c, d, ..] = <[u8; 32]>::from(hash.finalize());
        Self([a, b, c, d])
    }
}

/// A named key that signs notes.
#[derive(Debug)]
pub struct NoteSigner {
    key: SigningKey,
    verifier: NoteVerifier,
}

impl NoteSigner {
    pub fn new(name: KeyName, key: SigningKey) -> Self {
        let verifier = NoteVerifier::new(name, key.public());
        Self { key, verifier }
    }

    pub const fn name(&self) -> &KeyName {
        &self.verifier.name
    }

    pub const fn id(&self) -> KeyId {
        self.verifier.id
    }

    /// The public half, to give to those who verify.
    pub const fn verifier(&self) -> &NoteVerifier {
        &self.verifier
    }

    pub(super) fn sign(&self, text: &[u8]) -> Result<[u8; SIGNATURE_BYTES], KeyError> {
        self.key.sign(text)
    }
}

/// A named key that verifies notes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NoteVerifier {
    name: KeyName,
    id: KeyId,
    key: VerifyingKey,
}

impl NoteVerifier {
    pub fn new(name: KeyName, key: VerifyingKey) -> Self {
        let id = KeyId::of(&name, TYPE_ED25519, key);
        Self { name, id, key }
    }

    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    pub const fn id(&self) -> KeyId {
        self.id
    }

    pub const fn key(&self) -> VerifyingKey {
        self.key
    }

    pub(super) fn verify(&self, text: &[u8], signature: &[u8]) -> Result<(), KeyError> {
        self.key.verify(text, signature)
    }
}

/// The verifier key text ("vkey").
impl fmt::Display for NoteVerifier {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_vkey(out, &self.name, self.id, TYPE_ED25519, self.key)
    }
}

impl FromStr for NoteVerifier {
    type Err = NoteKeyError;

    fn from_str(text: &str) -> Result<Self, NoteKeyError> {
        let (name, key) = read_vkey(text, TYPE_ED25519)?;
        Ok(Self::new(name, key))
    }
}

pub(super) fn write_vkey(
    out: &mut fmt::Formatter<'_>,
    name: &KeyName,
    id: KeyId,
    kind: u8,
    key: VerifyingKey,
) -> fmt::Result {
    let key = [[kind].as_slice(), &key.to_bytes()].concat();
    write!(out, "{name}+{}+{}", HEXLOWER.encode(&id.0), BASE64.encode(&key))
}

/// The name and key of a verifier key of this signature type, if its id fits them.
pub(super) fn read_vkey(text: &str, kind: u8) -> Result<(KeyName, VerifyingKey), NoteKeyError> {
    let (name, rest) = text.split_once('+').ok_or(NoteKeyError::NotAKey)?;
    let (id, key) = rest.split_once('+').ok_or(NoteKeyError::NotAKey)?;
    let name: KeyName = name.parse()?;
    let id = HEXLOWER_PERMISSIVE.decode(id.as_bytes()).map_err(|_| NoteKeyError::NotAKey)?;
    let key = base64(key).ok_or(NoteKeyError::NotAKey)?;
    let (found, key) = key.split_first().ok_or(NoteKeyError::NotAKey)?;
    if *found != kind {
        return Err(NoteKeyError::Type);
    }
    let key = <[u8; 32]>::try_from(key).map_err(|_| NoteKeyError::NotAKey)?;
    let key = VerifyingKey::from_bytes(key);
    let fits = KeyId::of(&name, kind, key).0.as_slice() == id;
    if fits { Ok((name, key)) } else { Err(NoteKeyError::Id) }
}
