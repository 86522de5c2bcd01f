//! Stretching: what people remember, made slow to guess.
//!
//! SPEC: RFC 9106, Argon2id.

use argon2::{Algorithm, Argon2, Params, Version};
use words::Secret;

use crate::keys::KEY_BYTES;

/// How slow: kibibytes of memory, and passes over them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    pub memory_kib: u32,
    pub passes: u32,
}

/// 32 bytes that follow from a passphrase and a salt of 8 bytes or more; none if the cost makes no sense.
///
/// It takes the memory and a good part of a second: never call it where others wait.
pub fn stretch(passphrase: &[u8], salt: &[u8], cost: Cost) -> Option<Secret<[u8; KEY_BYTES]>> {
    let params = Params::new(cost.memory_kib, cost.passes, 1, Some(KEY_BYTES)).ok()?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut key = Secret::new([0; KEY_BYTES]);
    argon2.hash_password_into(passphrase, salt, key.expose_mut()).ok()?;
    Some(key)
}
