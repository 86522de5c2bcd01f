//! Media types and digests: how the bytes of a distribution are told apart.

use crate::iri::Iri;

/// WHY: RFC 6838, 4.2 allows 127 on each side.
const NAME_BYTES_MAX: usize = 127;

/// `text/csv`; no parameters.
///
/// SPEC: RFC 6838, 4.2 (restricted names).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MediaType(String);

/// It is no media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a media type is two names with `/` between them")]
pub struct MediaTypeError;

impl MediaType {
    pub fn new(text: &str) -> Result<Self, MediaTypeError> {
        let (kind, rest) = text.split_once('/').ok_or(MediaTypeError)?;
        if is_name(kind) && is_name(rest) { Ok(Self(text.to_ascii_lowercase())) } else { Err(MediaTypeError) }
    }

    pub(crate) fn known(text: &'static str) -> Self {
        Self(text.to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its place in IANA's registry, as the profile wants it.
    pub(crate) fn iri(&self) -> Iri {
        let path: String = self.0.chars().map(escaped).collect();
        Iri::known(format!("http://www.iana.org/assignments/media-types/{path}"))
    }
}

fn is_name(name: &str) -> bool {
    let is_first = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte);
    is_first && name.len() <= NAME_BYTES_MAX && name.bytes().all(is_sign)
}

/// What a name may hold and an address may not.
fn escaped(sign: char) -> String {
    match sign {
        '#' => "%23".to_owned(),
        '^' => "%5E".to_owned(),
        other => other.to_string(),
    }
}

/// By what a digest was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    Sha256,
    Sha512,
}

/// A digest of a distribution's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checksum {
    algorithm: Algorithm,
    hex: String,
}

/// Its length or its signs are not those of the algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a digest is hexadecimal and as long as its algorithm makes it")]
pub struct ChecksumError;

impl Checksum {
    pub fn new(algorithm: Algorithm, hex: &str) -> Result<Self, ChecksumError> {
        let length = match algorithm {
            Algorithm::Sha256 => 64,
            Algorithm::Sha512 => 128,
        };
        let is_hex = hex.len() == length && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_hex { Ok(Self { algorithm, hex: hex.to_ascii_lowercase() }) } else { Err(ChecksumError) }
    }

    pub fn hex(&self) -> &str {
        &self.hex
    }

    /// SPEC: SPDX 2.3, RDF terms.
    pub(crate) fn algorithm(&self) -> Iri {
        let name = match self.algorithm {
            Algorithm::Sha256 => "sha256",
            Algorithm::Sha512 => "sha512",
        };
        Iri::known(format!("http://spdx.org/rdf/terms#checksumAlgorithm_{name}"))
    }
}
