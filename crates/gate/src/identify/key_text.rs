//! A person's Ed25519 key pair as text, for commands and key files.
//!
//! `epic-key1..` may be shown to anyone, `EPIC-SECRET-KEY1..` to nobody; both
//! end in a checksum (BIP 350), so that a slip of the hand is noticed. This
//! file must never write one: a door does, with the right permissions.

use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32m, Hrp};
use seal::keys::{KEY_BYTES, KeyError};
use seal::{SigningKey, VerifyingKey};
use words::Secret;

const PUBLIC: &str = "epic-key";
const SECRET: &str = "epic-secret-key";
/// WHY: a key file is a few lines; whatever is longer is another file.
pub const KEY_FILE_BYTES_MAX: usize = 4_096;

/// Why a text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyTextError {
    #[error("not a key: expected `epic-key1` and 58 more characters")]
    Public,
    #[error("not a key file: expected one line with `EPIC-SECRET-KEY1` and 58 more characters")]
    File,
    #[error("cryptographic library refused a key")]
    Refused,
}

/// The public half, as it is enrolled and printed.
pub fn public_text(key: VerifyingKey) -> String {
    write(PUBLIC, &key.to_bytes())
}

/// Reads a public half.
pub fn read_public(text: &str) -> Result<VerifyingKey, KeyTextError> {
    let bytes = read(PUBLIC, text).ok_or(KeyTextError::Public)?;
    Ok(VerifyingKey::from_bytes(bytes))
}

/// What a key file holds: its public half as a remark, and the seed.
pub fn key_file(seed: &Secret<[u8; KEY_BYTES]>) -> Result<Secret<String>, KeyError> {
    let public = public_text(SigningKey::from_seed(seed)?.public());
    let secret = Secret::new(write(SECRET, seed.expose()));
    let secret = Secret::new(secret.expose().to_uppercase());
    let text = format!("# EPIC person key: whoever has this file acts as you\n# public: {public}\n");
    Ok(Secret::new(text + secret.expose() + "\n"))
}

/// Reads the seed from a key file.
pub fn read_key_file(text: &str) -> Result<Secret<[u8; KEY_BYTES]>, KeyTextError> {
    if text.len() > KEY_FILE_BYTES_MAX {
        return Err(KeyTextError::File);
    }
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let line = lines.next().ok_or(KeyTextError::File)?;
    if lines.next().is_some() {
        return Err(KeyTextError::File);
    }
    Ok(Secret::new(read(SECRET, line).ok_or(KeyTextError::File)?))
}

/// Reads a key file as the key that signs.
pub fn read_signing_key(text: &str) -> Result<SigningKey, KeyTextError> {
    SigningKey::from_seed(&read_key_file(text)?).map_err(|_| KeyTextError::Refused)
}

fn write(kind: &str, bytes: &[u8; KEY_BYTES]) -> String {
    // WHY: both kinds are fixed and valid, and 32 bytes are short of the format's limit, so neither step fails.
    let written = Hrp::parse(kind).map(|kind| bech32::encode::<Bech32m>(kind, bytes));
    written.ok().and_then(Result::ok).unwrap_or_default()
}

fn read(kind: &str, text: &str) -> Option<[u8; KEY_BYTES]> {
    let checked = CheckedHrpstring::new::<Bech32m>(text).ok()?;
    if checked.hrp() != Hrp::parse(kind).ok()? {
        return None;
    }
    let bytes: Vec<u8> = checked.byte_iter().collect();
    bytes.try_into().ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        // Goal: a key survives its text and its file. Method: any seed.
        #[test]
        fn keys_round_trip(seed: [u8; KEY_BYTES]) {
            let file = key_file(&Secret::new(seed)).unwrap();
            let back = read_key_file(file.expose()).unwrap();
            prop_assert_eq!(back.expose(), &seed);
            let key = read_signing_key(file.expose()).unwrap().public();
            let text = public_text(key);
            prop_assert!(file.expose().contains(&text));
            prop_assert_eq!(read_public(&text), Ok(key));
        }

        // Goal: a slip of the hand is noticed. Method: change one character, anywhere.
        #[test]
        fn a_changed_key_is_refused(seed: [u8; KEY_BYTES], at in 0..67_usize, by in "[a-z0-9]") {
            let mut text = public_text(VerifyingKey::from_bytes(seed));
            prop_assert_eq!(text.len(), 67);
            prop_assume!(text[at..=at] != by);
            text.replace_range(at..=at, &by);
            prop_assert_eq!(read_public(&text), Err(KeyTextError::Public));
        }
    }

    #[test]
    fn a_secret_is_not_taken_for_a_public_key() {
        let secret = write(SECRET, &[3; KEY_BYTES]);
        assert_eq!(read_public(&secret), Err(KeyTextError::Public));
        let public = public_text(VerifyingKey::from_bytes([3; KEY_BYTES]));
        assert!(read_key_file(&public).is_err());
    }

    #[test]
    fn a_file_holds_exactly_one_key() {
        let file = key_file(&Secret::new([5; KEY_BYTES])).unwrap();
        assert!(read_key_file(&format!("{0}{0}", file.expose())).is_err());
        assert!(read_key_file("# nothing\n").is_err());
        let long = format!("{}{}", file.expose(), "\n".repeat(KEY_FILE_BYTES_MAX));
        assert!(read_key_file(&long).is_err());
    }
}
