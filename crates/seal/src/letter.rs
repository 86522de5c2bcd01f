//! A letter: a few bytes sealed to one public key, by nobody in particular.
//!
//! `ephemeral public key (32) || box`. The box's key is HKDF-SHA256 of what X25519
//! agrees on, with both public keys as context; what the letter is for is its
//! associated data, so that no letter passes for another. It proves nothing
//! about who wrote it: acts are signed for that.

use words::{Rand, Secret};

use crate::aead::KEY_BYTES;
use crate::envelope;
use crate::keys::{DecryptionKey, EncryptionKey, derive};

const LABEL: &str = "epic letter v1";

/// Why a letter could not be written or opened; never which of its parts is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LetterError {
    #[error("letter cannot be sealed to this key")]
    Unsealed,
    #[error("letter was altered, is for another purpose or to another key")]
    Broken,
}

/// Seals `plain` to whoever holds the secret half of `to`, bound to `context`.
pub fn seal(
    to: EncryptionKey,
    rand: &dyn Rand,
    context: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, LetterError> {
    let own = DecryptionKey::random(rand);
    let key = shared(&own, to, own.public(), to).ok_or(LetterError::Unsealed)?;
    let sealed = envelope::seal(&key, rand, context, plain).map_err(|_| LetterError::Unsealed)?;
    Ok([&own.public().to_bytes()[..], &sealed].concat())
}

/// Opens what was sealed to `own` for the same `context`.
pub fn open(own: &DecryptionKey, context: &[u8], letter: &[u8]) -> Result<Secret<Vec<u8>>, LetterError> {
    let (from, sealed) = letter.split_first_chunk::<KEY_BYTES>().ok_or(LetterError::Broken)?;
    let from = EncryptionKey::from_bytes(*from);
    let key = shared(own, from, from, own.public()).ok_or(LetterError::Broken)?;
    envelope::open(&key, context, sealed).map(Secret::new).map_err(|_| LetterError::Broken)
}

fn shared(
    own: &DecryptionKey,
    other: EncryptionKey,
    from: EncryptionKey,
    to: EncryptionKey,
) -> Option<Secret<[u8; KEY_BYTES]>> {
    let agreed = own.agree(other).ok()?;
    derive(&agreed, LABEL, &[from.to_bytes(), to.to_bytes()].concat()).ok()
}
