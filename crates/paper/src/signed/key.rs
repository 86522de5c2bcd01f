//! The methods of signing that count: RSA of 2048 bits or more, in both paddings, and ECDSA over P-256 and P-384, with
//! SHA-2 (ETSI TS 119 312). All else is weak.

use aws_lc_rs::digest;
use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use const_oid::ObjectIdentifier;

use super::Fault;
use crate::asn1::{self, BIT_STRING, Element, INTEGER, NotDer, OID, Reader, SEQUENCE};

const fn oid(dotted: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(dotted)
}

const SHA: [(ObjectIdentifier, Digest); 3] = [
    (oid("2.16.840.1.101.3.4.2.1"), Digest::Sha256),
    (oid("2.16.840.1.101.3.4.2.2"), Digest::Sha384),
    (oid("2.16.840.1.101.3.4.2.3"), Digest::Sha512),
];
const RSA: ObjectIdentifier = oid("1.2.840.113549.1.1.1");
const RSA_PSS: ObjectIdentifier = oid("1.2.840.113549.1.1.10");
const MGF1: ObjectIdentifier = oid("1.2.840.113549.1.1.8");
const RSA_SHA: [(ObjectIdentifier, Digest); 3] = [
    (oid("1.2.840.113549.1.1.11"), Digest::Sha256),
    (oid("1.2.840.113549.1.1.12"), Digest::Sha384),
    (oid("1.2.840.113549.1.1.13"), Digest::Sha512),
];
const ECDSA_SHA: [(ObjectIdentifier, Digest); 3] = [
    (oid("1.2.840.10045.4.3.2"), Digest::Sha256),
    (oid("1.2.840.10045.4.3.3"), Digest::Sha384),
    (oid("1.2.840.10045.4.3.4"), Digest::Sha512),
];
const EC: ObjectIdentifier = oid("1.2.840.10045.2.1");
const P256: ObjectIdentifier = oid("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = oid("1.3.132.0.34");
const RSA_BITS_MIN: usize = 2048;

/// SHA-2 (FIPS 180-4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digest {
    Sha256,
    Sha384,
    Sha512,
}

impl Digest {
    /// From an AlgorithmIdentifier.
    pub fn read(element: Element<'_>) -> Result<Self, Fault> {
        let oid =
            if element.tag == SEQUENCE { element.inside().take(OID)? } else { return Err(Fault::Malformed) };
        known(&SHA, oid).ok_or(Fault::Weak)
    }

    /// From the AlgorithmIdentifier of a signature that names both (RFC 5758; RFC 4055, 3.1 and 5).
    pub fn of_signature(element: Element<'_>) -> Result<Self, Fault> {
        let mut parts = element.inside();
        let method = parts.take(OID)?;
        if method.is(&RSA_PSS) {
            let hash = parts.take(SEQUENCE)?.inside().take_if(0xA0)?.ok_or(Fault::Weak)?;
            return Self::read(asn1::whole(hash.value, SEQUENCE)?);
        }
        known(&RSA_SHA, method).or_else(|| known(&ECDSA_SHA, method)).ok_or(Fault::Weak)
    }

    pub fn algorithm(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }
}

fn known(list: &[(ObjectIdentifier, Digest)], is: Element<'_>) -> Option<Digest> {
    list.iter().find(|(oid, _)| is.is(oid)).map(|(_, digest)| *digest)
}

/// Refuses a signature that this key (a SubjectPublicKeyInfo) did not make over `message`.
pub fn verify(
    key: Element<'_>,
    algorithm: Element<'_>,
    digest: Digest,
    message: &[u8],
    signature: &[u8],
) -> Result<(), Fault> {
    let mut named = algorithm.inside();
    let method = named.take(OID)?;
    let mut parts = key.inside();
    let mut kind = parts.take(SEQUENCE)?.inside();
    let bits = parts.take(BIT_STRING)?.value;
    let family = kind.take(OID)?;
    let by: &'static dyn VerificationAlgorithm = if family.is(&EC) {
        let is_same = known(&ECDSA_SHA, method) == Some(digest);
        ecdsa(kind.take(OID)?, digest).filter(|_| is_same).ok_or(Fault::Weak)?
    } else if family.is(&RSA) {
        if rsa_bits(bits)? < RSA_BITS_MIN {
            return Err(Fault::Weak);
        }
        rsa(method, named, digest)?
    } else {
        return Err(Fault::Weak);
    };
    let verified = UnparsedPublicKey::new(by, key.raw).verify(message, signature);
    verified.map_err(|_| Fault::ChangedAfterSigning)
}

fn ecdsa(curve: Element<'_>, digest: Digest) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match (curve.is(&P256), curve.is(&P384), digest) {
        (true, _, Digest::Sha256) => &signature::ECDSA_P256_SHA256_ASN1,
        (true, _, Digest::Sha384) => &signature::ECDSA_P256_SHA384_ASN1,
        (true, _, Digest::Sha512) => &signature::ECDSA_P256_SHA512_ASN1,
        (_, true, Digest::Sha256) => &signature::ECDSA_P384_SHA256_ASN1,
        (_, true, Digest::Sha384) => &signature::ECDSA_P384_SHA384_ASN1,
        (_, true, Digest::Sha512) => &signature::ECDSA_P384_SHA512_ASN1,
        (false, false, _) => return None,
    })
}

fn rsa(
    method: Element<'_>,
    parameters: Reader<'_>,
    digest: Digest,
) -> Result<&'static dyn VerificationAlgorithm, Fault> {
    if method.is(&RSA_PSS) {
        pss(parameters, digest)?;
        return Ok(match digest {
            Digest::Sha256 => &signature::RSA_PSS_2048_8192_SHA256,
            Digest::Sha384 => &signature::RSA_PSS_2048_8192_SHA384,
            Digest::Sha512 => &signature::RSA_PSS_2048_8192_SHA512,
        });
    }
    if !method.is(&RSA) && known(&RSA_SHA, method) != Some(digest) {
        return Err(Fault::Weak);
    }
    Ok(match digest {
        Digest::Sha256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        Digest::Sha384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        Digest::Sha512 => &signature::RSA_PKCS1_2048_8192_SHA512,
    })
}

/// SPEC: RFC 4055, 3.1. What is left out means SHA-1; only one digest throughout, and a salt as long as it, is taken.
fn pss(mut parameters: Reader<'_>, digest: Digest) -> Result<(), Fault> {
    let mut parts = parameters.take(SEQUENCE)?.inside();
    let hash = parts.take_if(0xA0)?.ok_or(Fault::Weak)?;
    let mask = parts.take_if(0xA1)?.ok_or(Fault::Weak)?;
    let salt = parts.take_if(0xA2)?.ok_or(Fault::Weak)?;
    let mut mask = asn1::whole(mask.value, SEQUENCE)?.inside();
    let is_mask = mask.take(OID)?.is(&MGF1) && Digest::read(mask.take(SEQUENCE)?)? == digest;
    let is_hash = Digest::read(asn1::whole(hash.value, SEQUENCE)?)? == digest;
    let salt_length = asn1::whole(salt.value, INTEGER)?.value;
    let is_salt = salt_length == [u8::try_from(digest.algorithm().output_len()).unwrap_or(0)];
    if is_mask && is_hash && is_salt { Ok(()) } else { Err(Fault::Weak) }
}

/// SPEC: RFC 8017, A.1.1: modulus, exponent; before them how many bits of the last byte are unused.
fn rsa_bits(bits: &[u8]) -> Result<usize, NotDer> {
    let key = bits.strip_prefix(&[0]).ok_or(NotDer)?;
    let modulus = asn1::whole(key, SEQUENCE)?.inside().take(INTEGER)?.value;
    let from = modulus.iter().position(|&byte| byte != 0).unwrap_or(modulus.len());
    let zeros = modulus.get(from).map_or(0, |byte| byte.leading_zeros() as usize);
    Ok((modulus.len() - from) * 8 - zeros)
}
