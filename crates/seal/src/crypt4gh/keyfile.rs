//! Crypt4GH key files: public keys, and secret keys in clear or under a passphrase.
//!
//! SPEC: Crypt4GH 1.0, 5 (key format), as written by the reference tools:
//! `"c4gh-v1" || kdf || [options] || cipher || data || [comment]`, every field with
//! a 16-bit big-endian length, in base64 between PEM-like lines. Passphrases use
//! scrypt (N 2^14, r 8, p 1) and ChaCha20-Poly1305. Other kdfs are refused by name.

use data_encoding::BASE64;
use words::{Rand, Secret};
use zeroize::Zeroizing;

use crate::aead::{Cipher, OVERHEAD_BYTES};
use crate::keys::{DecryptionKey, EncryptionKey};
use crate::reader::Reader;
use crate::text::base64;

/// WHY: a key is 32 bytes and a comment; nothing longer is one.
pub const KEY_FILE_BYTES_MAX: usize = 8_192;

const PUBLIC: &str = "CRYPT4GH PUBLIC KEY";
const SECRET: &str = "CRYPT4GH PRIVATE KEY";
const MAGIC: &[u8] = b"c4gh-v1";
const SCRYPT_LOG_N: u8 = 14;
const SALT_BYTES: usize = 16;

/// Why a text is no key file, or does not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileError {
    #[error("not a Crypt4GH key file")]
    NotAKey,
    #[error("key file is longer than {KEY_FILE_BYTES_MAX} bytes")]
    TooLong,
    #[error("key is locked with a passphrase")]
    Locked,
    #[error("key derivation `{name}` is not supported")]
    Derivation { name: String },
    #[error("key cipher `{name}` is not supported")]
    Cipher { name: String },
    #[error("passphrase does not open the key")]
    Passphrase,
}

/// The text of a public key file.
pub fn write_public(key: EncryptionKey) -> String {
    armour(PUBLIC, &key.to_bytes())
}

/// Reads a public key file.
pub fn read_public(text: &[u8]) -> Result<EncryptionKey, KeyFileError> {
    let bytes = unarmour(PUBLIC, text)?;
    let key = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| KeyFileError::NotAKey)?;
    Ok(EncryptionKey::from_bytes(key))
}

/// The text of a secret key file in clear.
pub fn write_secret(key: &DecryptionKey) -> Secret<String> {
    let mut bytes = Zeroizing::new(MAGIC.to_vec());
    for field in [b"none".as_slice(), b"none", key.to_secret().expose()] {
        put(field, &mut bytes);
    }
    Secret::new(armour(SECRET, &bytes))
}

/// The text of a secret key file under a passphrase.
pub fn lock_secret(
    key: &DecryptionKey,
    passphrase: &Secret<String>,
    rand: &dyn Rand,
) -> Result<String, KeyFileError> {
    let salt: [u8; SALT_BYTES] = words::chance::bytes(rand);
    let cipher = passphrase_cipher(passphrase, &salt)?;
    let mut sealed = vec![0; 32 + OVERHEAD_BYTES];
    let nonce = words::chance::bytes(rand);
    cipher
        .seal_into(nonce, &[], key.to_secret().expose(), &mut sealed)
        .map_err(|_| KeyFileError::Passphrase)?;
    let mut options = 0_u32.to_be_bytes().to_vec();
    options.extend_from_slice(&salt);
    let mut bytes = MAGIC.to_vec();
    for field in [b"scrypt".as_slice(), &options, b"chacha20_poly1305", &sealed] {
        put(field, &mut bytes);
    }
    Ok(armour(SECRET, &bytes))
}

/// Reads a secret key file in clear; `Locked` if it needs a passphrase.
pub fn read_secret(text: &[u8]) -> Result<DecryptionKey, KeyFileError> {
    read(text, None)
}

/// Reads a secret key file, with a passphrase if it needs one.
pub fn unlock_secret(text: &[u8], passphrase: &Secret<String>) -> Result<DecryptionKey, KeyFileError> {
    read(text, Some(passphrase))
}

fn read(text: &[u8], passphrase: Option<&Secret<String>>) -> Result<DecryptionKey, KeyFileError> {
    let bytes = unarmour(SECRET, text)?;
    let mut rest = Reader::new(&bytes);
    if rest.take(MAGIC.len()) != Some(MAGIC) {
        return Err(KeyFileError::NotAKey);
    }
    let mut field = || rest.string16().ok_or(KeyFileError::NotAKey);
    let kdf = field()?;
    let options = if kdf == b"none" { &[] } else { field()? };
    let (cipher, data) = (field()?, field()?);
    match (kdf, cipher) {
        (b"none", b"none") => key_of(data),
        (b"scrypt", b"chacha20_poly1305") => {
            let salt = options.get(4..).ok_or(KeyFileError::NotAKey)?;
            unlock(data, salt, passphrase.ok_or(KeyFileError::Locked)?)
        }
        (b"none" | b"scrypt", other) => Err(KeyFileError::Cipher { name: name(other) }),
        (other, _) => Err(KeyFileError::Derivation { name: name(other) }),
    }
}

fn unlock(data: &[u8], salt: &[u8], passphrase: &Secret<String>) -> Result<DecryptionKey, KeyFileError> {
    let cipher = passphrase_cipher(passphrase, salt)?;
    let length = data.len().checked_sub(OVERHEAD_BYTES).ok_or(KeyFileError::NotAKey)?;
    let mut plain = Zeroizing::new(vec![0; length]);
    cipher.open_into(&[], data, &mut plain).map_err(|_| KeyFileError::Passphrase)?;
    key_of(&plain)
}

fn passphrase_cipher(passphrase: &Secret<String>, salt: &[u8]) -> Result<Cipher, KeyFileError> {
    let params = scrypt::Params::new(SCRYPT_LOG_N, 8, 1, 32).map_err(|_| KeyFileError::NotAKey)?;
    let mut derived = Zeroizing::new([0; 32]);
    scrypt::scrypt(passphrase.expose().as_bytes(), salt, &params, derived.as_mut_slice())
        .map_err(|_| KeyFileError::NotAKey)?;
    Cipher::new(&Secret::new(*derived)).map_err(|_| KeyFileError::NotAKey)
}

fn key_of(bytes: &[u8]) -> Result<DecryptionKey, KeyFileError> {
    let secret = <[u8; 32]>::try_from(bytes).map_err(|_| KeyFileError::NotAKey)?;
    Ok(DecryptionKey::from_secret(&Secret::new(secret)))
}

/// A name of at most 32 characters for the message; it came from outside.
fn name(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().filter(|c| c.is_ascii_graphic()).take(32).collect()
}

fn put(field: &[u8], into: &mut Vec<u8>) {
    // INVARIANT: our own fields are far below 64 KiB.
    into.extend_from_slice(&(field.len() as u16).to_be_bytes());
    into.extend_from_slice(field);
}

fn armour(kind: &str, bytes: &[u8]) -> String {
    format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", BASE64.encode(bytes))
}

fn unarmour(kind: &str, text: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyFileError> {
    if text.len() > KEY_FILE_BYTES_MAX {
        return Err(KeyFileError::TooLong);
    }
    let text = std::str::from_utf8(text).map_err(|_| KeyFileError::NotAKey)?.trim();
    let inner = text
        .strip_prefix(&format!("-----BEGIN {kind}-----"))
        .and_then(|text| text.strip_suffix(&format!("-----END {kind}-----")))
        .ok_or(KeyFileError::NotAKey)?;
    let inner: Zeroizing<String> = Zeroizing::new(inner.split_ascii_whitespace().collect());
    base64(&inner).map(Zeroizing::new).ok_or(KeyFileError::NotAKey)
}
