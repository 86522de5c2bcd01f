//! Key pairs, key derivation and the S3 secrets that follow from one key.
//!
//! Keys come in as 32 secret bytes and never print. This file must never store,
//! name or choose the life of a key: that is custody's work.

use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use data_encoding::BASE64URL_NOPAD;
use words::{Rand, Secret};
use x25519_dalek::{PublicKey, StaticSecret};

/// Bytes of every key here, secret or public.
pub const KEY_BYTES: usize = 32;
/// Bytes of an Ed25519 signature.
pub const SIGNATURE_BYTES: usize = 64;
/// Characters of an S3 secret; the length AWS uses, 240 bits.
pub const S3_SECRET_CHARS: usize = 40;

/// What can go wrong with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("cryptographic library refused a key")]
    Refused,
    #[error("signature does not fit the message and the key")]
    Signature,
    #[error("public key is a point of low order")]
    LowOrder,
}

/// 32 fresh secret bytes: a seed, a data key, a data pair's secret half.
pub fn random(rand: &dyn Rand) -> Secret<[u8; KEY_BYTES]> {
    Secret::new(words::chance::bytes(rand))
}

/// An Ed25519 key that signs (RFC 8032).
pub struct SigningKey {
    pair: Ed25519KeyPair,
    public: VerifyingKey,
}

/// The public half of a `SigningKey`: 32 bytes, RFC 8032 encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VerifyingKey([u8; KEY_BYTES]);

impl SigningKey {
    /// The key that follows from a 32-byte seed.
    pub fn from_seed(seed: &Secret<[u8; KEY_BYTES]>) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.expose()).map_err(|_| KeyError::Refused)?;
        let public = pair.public_key().as_ref().try_into().map_err(|_| KeyError::Refused)?;
        Ok(Self { pair, public: VerifyingKey(public) })
    }

    pub const fn public(&self) -> VerifyingKey {
        self.public
    }

    /// A deterministic signature over the whole message.
    pub fn sign(&self, message: &[u8]) -> Result<[u8; SIGNATURE_BYTES], KeyError> {
        let signature = self.pair.try_sign(message).map_err(|_| KeyError::Refused)?;
        signature.as_ref().try_into().map_err(|_| KeyError::Refused)
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "SigningKey({:?}, [..])", self.public)
    }
}

impl VerifyingKey {
    pub const fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    pub const fn to_bytes(self) -> [u8; KEY_BYTES] {
        self.0
    }

    /// Refuses a signature that this key did not make over exactly this message.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), KeyError> {
        UnparsedPublicKey::new(&ED25519, &self.0).verify(message, signature).map_err(|_| KeyError::Signature)
    }
}

/// The X25519 public half to which headers are sealed (RFC 7748).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EncryptionKey([u8; KEY_BYTES]);

/// The X25519 secret half that opens headers.
#[derive(Clone)]
pub struct DecryptionKey {
    secret: StaticSecret,
    public: EncryptionKey,
}

impl EncryptionKey {
    pub const fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    pub const fn to_bytes(self) -> [u8; KEY_BYTES] {
        self.0
    }
}

impl DecryptionKey {
    /// The pair that follows from 32 secret bytes (clamped at use, RFC 7748, 5).
    pub fn from_secret(secret: &Secret<[u8; KEY_BYTES]>) -> Self {
        let secret = StaticSecret::from(*secret.expose());
        let public = EncryptionKey(PublicKey::from(&secret).to_bytes());
        Self { secret, public }
    }

    pub fn random(rand: &dyn Rand) -> Self {
        Self::from_secret(&random(rand))
    }

    pub const fn public(&self) -> EncryptionKey {
        self.public
    }

    /// The secret bytes, for custody and key files alone.
    pub fn to_secret(&self) -> Secret<[u8; KEY_BYTES]> {
        Secret::new(self.secret.to_bytes())
    }

    /// What both sides of the pair arrive at; refuses points that would make it a constant.
    pub(crate) fn agree(&self, other: EncryptionKey) -> Result<Secret<[u8; KEY_BYTES]>, KeyError> {
        let shared = self.secret.diffie_hellman(&PublicKey::from(other.0));
        if shared.was_contributory() { Ok(Secret::new(shared.to_bytes())) } else { Err(KeyError::LowOrder) }
    }
}

impl std::fmt::Debug for DecryptionKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "DecryptionKey({:?}, [..])", self.public)
    }
}

struct Bytes32;

impl KeyType for Bytes32 {
    fn len(&self) -> usize {
        KEY_BYTES
    }
}

/// A key for one purpose (`label`) and one thing (`context`) under another key.
///
/// HKDF-SHA256 (RFC 5869) with the label as salt, the context as info; keys for
/// different labels or contexts say nothing about each other.
pub fn derive(
    key: &Secret<[u8; KEY_BYTES]>,
    label: &str,
    context: &[u8],
) -> Result<Secret<[u8; KEY_BYTES]>, KeyError> {
    let extracted = Salt::new(HKDF_SHA256, label.as_bytes()).extract(key.expose());
    let info = [context];
    let expanded = extracted.expand(&info, Bytes32).map_err(|_| KeyError::Refused)?;
    let mut bytes = [0; KEY_BYTES];
    expanded.fill(&mut bytes).map_err(|_| KeyError::Refused)?;
    Ok(Secret::new(bytes))
}

/// HMAC-SHA256 (RFC 2104) of `message`.
pub fn mac(key: &Secret<[u8; KEY_BYTES]>, message: &[u8]) -> [u8; KEY_BYTES] {
    hmac_sha256(key.expose(), message)
}

/// The same under a key of any length, as S3's signatures have them.
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; KEY_BYTES] {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message);
    let mut bytes = [0; KEY_BYTES];
    for (to, from) in bytes.iter_mut().zip(tag.as_ref()) {
        *to = *from;
    }
    bytes
}

/// The S3 secret of an access key id: it follows from one key, so none is stored.
///
/// 40 characters of URL-safe base64 over the first 30 bytes of
/// `HMAC-SHA256(K_sigv4, access_key_id)`.
pub fn s3_secret(k_sigv4: &Secret<[u8; KEY_BYTES]>, access_key_id: &str) -> Secret<String> {
    let tag = Secret::new(mac(k_sigv4, access_key_id.as_bytes()));
    let kept = tag.expose().split_at(S3_SECRET_CHARS / 4 * 3).0;
    Secret::new(BASE64URL_NOPAD.encode(kept))
}
