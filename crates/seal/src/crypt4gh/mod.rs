//! GA4GH Crypt4GH 1.0: our blobs' bodies, their headers, key files and export.
//!
//! SPEC: GA4GH "Crypt4GH: A secure method for sharing human genetic data", 1.0.
//! The format does not notice segments that were swapped, dropped or repeated. So
//! our own bodies use the nonce `attempt (8 random bytes) || segment number (32-bit
//! big-endian)` and `Opener` checks it on every read; `foreign` reads what others made.

mod arrival;
mod edit;
mod export;
mod foreign;
mod header;
mod keyfile;
mod opener;
mod packet;
mod run;
mod sealer;
#[cfg(test)]
mod tests;

use words::{Rand, Secret};

pub use crate::geometry::{
    PLAIN_BYTES_MAX, RangeError, SEALED_SEGMENT_BYTES, SEGMENT_BYTES, SealedRange, plain_bytes, sealed_bytes,
    sealed_range, segment_count,
};
pub use arrival::{Arrival, ArrivalError};
pub use edit::{EDITS_MAX, EditError, EditList, Editor};
pub use export::{ExportError, Rewriter, is_body};
pub use foreign::ForeignOpener;
pub(crate) use header::seal_texts;
pub use header::{
    DATA_KEYS_MAX, HEADER_BYTES_MAX, HeaderError, OpenedHeader, PACKET_BYTES_MAX, PACKETS_MAX,
    RECIPIENTS_MAX, open_header, open_header_by, seal_header, seal_header_as, seal_header_by,
};
pub use keyfile::{
    KEY_FILE_BYTES_MAX, KeyFileError, lock_secret, read_public, read_secret, unlock_secret, write_public,
    write_secret,
};
pub use opener::{OpenError, Opener, RangeOpener};
pub use packet::Shared;
pub use run::{Run, RunRange, plain_bytes_of, run_ranges};
pub use sealer::{BodyHash, SealError, Sealer, Summary};

/// The symmetric key of one upload; 32 secret bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct DataKey(Secret<[u8; 32]>);

impl DataKey {
    pub fn random(rand: &dyn Rand) -> Self {
        Self(crate::keys::random(rand))
    }

    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Secret::new(bytes))
    }

    /// The key itself, for headers and custody alone.
    pub const fn secret(&self) -> &Secret<[u8; 32]> {
        &self.0
    }
}

/// Eight random bytes that name one attempt at sealing one body under one data key.
///
/// INVARIANT: never used twice with the same data key for different bytes; a retry
/// of an upload or part draws a new one. 64 random bits keep the chance that any of
/// 20,000 attempts under one key meet below 2^-35.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Attempt([u8; 8]);

impl Attempt {
    pub fn random(rand: &dyn Rand) -> Self {
        Self(words::chance::bytes(rand))
    }

    pub const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }

    pub const fn to_bytes(self) -> [u8; 8] {
        self.0
    }

    /// The nonce of segment `index` of this attempt.
    pub(crate) fn nonce(self, index: u32) -> [u8; 12] {
        let mut nonce = [0; 12];
        let (head, tail) = nonce.split_at_mut(8);
        head.copy_from_slice(&self.0);
        tail.copy_from_slice(&index.to_be_bytes());
        nonce
    }
}
