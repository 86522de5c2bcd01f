//! Entry bundles: up to 256 leaves' entries in one published file.
//!
//! SPEC: C2SP tlog-tiles, "Entry bundles": each entry with a 16-bit big-endian length.

use super::TILE_WIDTH;
use crate::reader::Reader;

/// WHY: the length is 16 bits.
pub const ENTRY_BYTES_MAX: usize = 65_535;

/// Why entries are no bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    #[error("bundle has not 1 to 256 entries")]
    Count,
    #[error("entry is longer than {ENTRY_BYTES_MAX} bytes")]
    EntryLength,
    #[error("bundle is cut")]
    Short,
}

/// Encodes 1 to 256 entries.
pub fn encode_bundle<E: AsRef<[u8]>>(entries: &[E]) -> Result<Vec<u8>, BundleError> {
    if entries.is_empty() || entries.len() > TILE_WIDTH {
        return Err(BundleError::Count);
    }
    let mut bytes = Vec::new();
    for entry in entries.iter().map(AsRef::as_ref) {
        let length = u16::try_from(entry.len()).map_err(|_| BundleError::EntryLength)?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Ok(bytes)
}

/// Reads the entries of a bundle; nothing may follow them.
pub fn decode_bundle(bytes: &[u8]) -> Result<Vec<&[u8]>, BundleError> {
    let mut rest = Reader::new(bytes);
    let mut entries = Vec::new();
    while !rest.is_empty() {
        if entries.len() == TILE_WIDTH {
            return Err(BundleError::Count);
        }
        entries.push(rest.string16().ok_or(BundleError::Short)?);
    }
    if entries.is_empty() { Err(BundleError::Count) } else { Ok(entries) }
}
