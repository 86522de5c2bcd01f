//! ECDSA over P-256 with SHA-256 (ES256): what tokens and passkeys are signed with.
//!
//! SPEC: FIPS 186-5; RFC 7518, 3.4 (signatures in tokens: r and s, 32 bytes each); Web Authentication Level 3, 6.5.5
//! (signatures of passkeys: ASN.1). Our own key follows from a seed, so that nothing but the seed is kept.

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_2048_8192_SHA256,
    UnparsedPublicKey,
};
use words::Secret;

use crate::keys::{KEY_BYTES, KeyError, derive};

/// Bytes of a point as it stands in certificates: 0x04, x, y (SEC 1, 2.3.3).
const POINT_BYTES: usize = 65;
/// WHY: a number beyond the curve's order is as rare as a guess at the key; the next one is asked then.
const TRIES: u8 = 4;

/// A key that signs tokens.
pub struct TokenKey {
    pair: EcdsaKeyPair,
    point: [u8; POINT_BYTES],
}

impl TokenKey {
    /// The key that follows from a seed.
    pub fn from_seed(seed: &Secret<[u8; KEY_BYTES]>) -> Result<Self, KeyError> {
        (0..TRIES).find_map(|at| Self::at(seed, at).ok()).ok_or(KeyError::Refused)
    }

    fn at(seed: &Secret<[u8; KEY_BYTES]>, at: u8) -> Result<Self, KeyError> {
        let number = derive(seed, "epic P-256 key", &[at])?;
        let private =
            PrivateKey::from_private_key(&ECDH_P256, number.expose()).map_err(|_| KeyError::Refused)?;
        let public = private.compute_public_key().map_err(|_| KeyError::Refused)?;
        let point: [u8; POINT_BYTES] = public.as_ref().try_into().map_err(|_| KeyError::Refused)?;
        let pair = EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            number.expose(),
            &point,
        );
        Ok(Self { pair: pair.map_err(|_| KeyError::Refused)?, point })
    }

    /// x and y of the public half, 32 bytes each.
    pub fn public(&self) -> (&[u8], &[u8]) {
        self.point[1..].split_at(KEY_BYTES)
    }

    /// r and s, 32 bytes each.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let signature = self.pair.sign(&SystemRandom::new(), message).map_err(|_| KeyError::Refused)?;
        Ok(signature.as_ref().to_vec())
    }
}

/// What a passkey may sign with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasskeyAlgorithm {
    /// ECDSA over P-256, -7 in COSE.
    Es256,
    /// RSA of 2048 bits or more, -257 in COSE: keys of some computers.
    Rs256,
}

impl PasskeyAlgorithm {
    /// SPEC: IANA, COSE Algorithms.
    pub const fn from_cose(number: i64) -> Option<Self> {
        match number {
            -7 => Some(Self::Es256),
            -257 => Some(Self::Rs256),
            _ => None,
        }
    }

    pub const fn cose(self) -> i64 {
        match self {
            Self::Es256 => -7,
            Self::Rs256 => -257,
        }
    }

    /// Refuses a signature that the key did not make; `key` is a SubjectPublicKeyInfo (RFC 5280, 4.1.2.7).
    pub fn verify(self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), KeyError> {
        let verified = match self {
            Self::Es256 => UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key).verify(message, signature),
            Self::Rs256 => {
                UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key).verify(message, signature)
            }
        };
        verified.map_err(|_| KeyError::Signature)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED;

    use super::*;

    #[test]
    fn a_key_follows_from_its_seed_and_signs() {
        let seed = |byte| Secret::new([byte; KEY_BYTES]);
        let (one, again, other) = [1, 1, 2].map(|byte| TokenKey::from_seed(&seed(byte)).unwrap()).into();
        assert_eq!(one.public(), again.public());
        assert_ne!(one.public(), other.public());
        let signature = one.sign(b"said").unwrap();
        assert_eq!(signature.len(), 64);
        let verify = |key: &TokenKey, message: &[u8]| {
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &key.point).verify(message, &signature)
        };
        assert!(verify(&again, b"said").is_ok());
        assert!(verify(&other, b"said").is_err() && verify(&one, b"sais").is_err());
    }
}
