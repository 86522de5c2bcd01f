//! The checksums S3 clients send and ask for, streaming, behind one enum.
//!
//! MD5 and SHA-1 serve transport only: nothing of ours trusts them. Text form is the
//! base64 of the big-endian bytes (S3 API, "Checking object integrity").

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256};
use crc_fast::CrcAlgorithm;
use data_encoding::BASE64;
use md5::{Digest as _, Md5};

use crate::text::base64;

/// WHY: S3 allows 10,000 parts per upload.
pub const PARTS_MAX: usize = 10_000;

/// Which checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    Md5,
    Sha1,
    Sha256,
    Crc32,
    Crc32c,
    Crc64Nvme,
}

/// Why checksums could not be read or combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChecksumError {
    #[error("not a base64 checksum of the right length")]
    NotAChecksum,
    #[error("only CRCs of one kind combine to the whole object's")]
    NotCombinable,
    #[error("number of parts must be 1 to {PARTS_MAX}")]
    Parts,
}

impl Algorithm {
    /// Bytes of the value.
    pub const fn size_bytes(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme => 8,
        }
    }

    /// The name S3 uses in `x-amz-checksum-algorithm`; MD5 has its own header.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
        }
    }

    /// S3's algorithm of this name; MD5 is none of them.
    pub fn parse(name: &str) -> Option<Self> {
        let all = [Self::Sha1, Self::Sha256, Self::Crc32, Self::Crc32c, Self::Crc64Nvme];
        all.into_iter().find(|algorithm| algorithm.name() == name)
    }

    const fn crc(self) -> Option<CrcAlgorithm> {
        match self {
            Self::Crc32 => Some(CrcAlgorithm::Crc32IsoHdlc),
            Self::Crc32c => Some(CrcAlgorithm::Crc32Iscsi),
            Self::Crc64Nvme => Some(CrcAlgorithm::Crc64Nvme),
            Self::Md5 | Self::Sha1 | Self::Sha256 => None,
        }
    }
}

/// A finished checksum.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest {
    algorithm: Algorithm,
    /// The value, zero behind its `size_bytes`.
    bytes: [u8; 32],
}

impl Digest {
    pub fn from_bytes(algorithm: Algorithm, bytes: &[u8]) -> Result<Self, ChecksumError> {
        if bytes.len() != algorithm.size_bytes() {
            return Err(ChecksumError::NotAChecksum);
        }
        Ok(Self::padded(algorithm, bytes))
    }

    /// Reads the base64 text.
    pub fn from_text(algorithm: Algorithm, text: &str) -> Result<Self, ChecksumError> {
        // WHY: 44 characters hold 32 bytes; longer text is never decoded.
        if text.len() > 44 {
            return Err(ChecksumError::NotAChecksum);
        }
        let bytes = base64(text).ok_or(ChecksumError::NotAChecksum)?;
        Self::from_bytes(algorithm, &bytes)
    }

    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.split_at(self.algorithm.size_bytes()).0
    }

    /// The base64 text.
    pub fn to_text(&self) -> String {
        BASE64.encode(self.as_bytes())
    }

    fn padded(algorithm: Algorithm, value: &[u8]) -> Self {
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().zip(value) {
            *to = *from;
        }
        Self { algorithm, bytes }
    }

    fn of_crc(algorithm: Algorithm, value: u64) -> Self {
        let bytes = value.to_be_bytes();
        Self::padded(algorithm, bytes.split_at(8 - algorithm.size_bytes()).1)
    }

    fn crc_value(&self) -> u64 {
        self.as_bytes().iter().fold(0, |value, byte| value << 8 | u64::from(*byte))
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} {}", self.algorithm.name(), self.to_text())
    }
}

/// A checksum in the making.
pub struct Checksum {
    algorithm: Algorithm,
    state: State,
}

enum State {
    Md5(Md5),
    Sha(Context),
    Crc(crc_fast::Digest),
}

impl Checksum {
    pub fn new(algorithm: Algorithm) -> Self {
        let state = match algorithm {
            Algorithm::Md5 => State::Md5(Md5::new()),
            Algorithm::Sha1 => State::Sha(Context::new(&SHA1_FOR_LEGACY_USE_ONLY)),
            Algorithm::Sha256 => State::Sha(Context::new(&SHA256)),
            Algorithm::Crc32 => State::Crc(crc_fast::Digest::new(CrcAlgorithm::Crc32IsoHdlc)),
            Algorithm::Crc32c => State::Crc(crc_fast::Digest::new(CrcAlgorithm::Crc32Iscsi)),
            Algorithm::Crc64Nvme => State::Crc(crc_fast::Digest::new(CrcAlgorithm::Crc64Nvme)),
        };
        Self { algorithm, state }
    }

    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.state {
            State::Md5(state) => state.update(bytes),
            State::Sha(state) => state.update(bytes),
            State::Crc(state) => state.update(bytes),
        }
    }

    pub fn finish(self) -> Digest {
        match self.state {
            State::Md5(state) => Digest::padded(self.algorithm, &state.finalize()),
            State::Sha(state) => Digest::padded(self.algorithm, state.finish().as_ref()),
            State::Crc(state) => Digest::of_crc(self.algorithm, state.finalize()),
        }
    }
}

/// The checksum of `bytes` in one go.
pub fn checksum(algorithm: Algorithm, bytes: &[u8]) -> Digest {
    let mut checksum = Checksum::new(algorithm);
    checksum.update(bytes);
    checksum.finish()
}

/// The whole object's CRC from its parts' CRCs and sizes ("FULL_OBJECT").
pub fn combine(parts: &[(Digest, u64)]) -> Result<Digest, ChecksumError> {
    let (first, rest) = parts.split_first().ok_or(ChecksumError::Parts)?;
    let algorithm = first.0.algorithm;
    let crc = algorithm.crc().ok_or(ChecksumError::NotCombinable)?;
    let mut value = first.0.crc_value();
    for (part, size_bytes) in rest {
        if part.algorithm != algorithm {
            return Err(ChecksumError::NotCombinable);
        }
        value = crc_fast::checksum_combine(crc, value, part.crc_value(), *size_bytes);
    }
    Ok(Digest::of_crc(algorithm, value))
}

/// S3's checksum of checksums ("COMPOSITE"): base64 of the hash over the parts' bytes, `-`, their number.
pub fn composite(parts: &[Digest]) -> Result<String, ChecksumError> {
    let algorithm = parts.first().filter(|_| parts.len() <= PARTS_MAX).ok_or(ChecksumError::Parts)?.algorithm;
    let mut checksum = Checksum::new(algorithm);
    for part in parts {
        if part.algorithm != algorithm {
            return Err(ChecksumError::NotCombinable);
        }
        checksum.update(part.as_bytes());
    }
    Ok(format!("{}-{}", checksum.finish().to_text(), parts.len()))
}
