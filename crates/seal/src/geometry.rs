//! Where plain bytes lie among sealed segments.
//!
//! SPEC: Crypt4GH 1.0, 3.2: every segment holds 64 KiB of plaintext but the last,
//! stored as `nonce (12) || ciphertext || tag (16)`. `segments` uses the same sizes.
//! Pure arithmetic; it must never look at content.

use std::ops::Range;

use crate::aead::OVERHEAD_BYTES;

/// Plain bytes of a full segment.
pub const SEGMENT_BYTES: usize = 65_536;
/// Stored bytes of a full segment.
pub const SEALED_SEGMENT_BYTES: usize = SEGMENT_BYTES + OVERHEAD_BYTES;
/// WHY: the segment number is 32 bits of the nonce; 256 TiB, far above S3's 5 TiB.
pub const PLAIN_BYTES_MAX: u64 = (1 << 32) * PLAIN;

const PLAIN: u64 = SEGMENT_BYTES as u64;
const SEALED: u64 = SEALED_SEGMENT_BYTES as u64;
const OVERHEAD: u64 = OVERHEAD_BYTES as u64;

/// A range or a length that no sealed body can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RangeError {
    #[error("range {start}..{end} lies outside {plain_bytes} bytes")]
    Outside { start: u64, end: u64, plain_bytes: u64 },
    #[error("{plain_bytes} bytes are more than segment numbers reach")]
    TooLong { plain_bytes: u64 },
    #[error("no sealed body is {sealed_bytes} bytes long")]
    NoLength { sealed_bytes: u64 },
}

/// Stored bytes of `plain_bytes`; 0 for none.
pub const fn sealed_bytes(plain_bytes: u64) -> u64 {
    plain_bytes.saturating_add(plain_bytes.div_ceil(PLAIN).saturating_mul(OVERHEAD))
}

/// Segments of `plain_bytes`; 0 for none.
pub const fn segment_count(plain_bytes: u64) -> u64 {
    plain_bytes.div_ceil(PLAIN)
}

/// Plain bytes of a stored body; an error for lengths that sealing never makes.
pub const fn plain_bytes(sealed: u64) -> Result<u64, RangeError> {
    let tail = sealed % SEALED;
    if tail != 0 && tail <= OVERHEAD {
        return Err(RangeError::NoLength { sealed_bytes: sealed });
    }
    let segments = sealed.div_ceil(SEALED);
    Ok(sealed - segments * OVERHEAD)
}

/// Which stored bytes to fetch for some plain bytes, and what to trim after opening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedRange {
    /// The stored bytes to fetch: whole segments.
    pub sealed: Range<u64>,
    /// Number of the first of these segments.
    pub first_segment: u32,
    /// Plain bytes to drop at the start of the first segment (below 64 KiB).
    pub skip_bytes: usize,
    /// Plain bytes to keep after that.
    pub take_bytes: u64,
    /// Plain bytes of the whole body; says how long the last segment must be.
    pub plain_bytes: u64,
}

/// Maps plain bytes `range` of a body of `plain_len` plain bytes to stored bytes.
///
/// An empty range anywhere inside needs no stored bytes.
pub fn sealed_range(range: Range<u64>, plain_len: u64) -> Result<SealedRange, RangeError> {
    if plain_len > PLAIN_BYTES_MAX {
        return Err(RangeError::TooLong { plain_bytes: plain_len });
    }
    if range.start > range.end || range.end > plain_len {
        return Err(RangeError::Outside { start: range.start, end: range.end, plain_bytes: plain_len });
    }
    let take_bytes = range.end - range.start;
    let first = range.start / PLAIN;
    let after = if take_bytes == 0 { first } else { range.end.div_ceil(PLAIN) };
    let sealed_len = sealed_bytes(plain_len);
    let sealed = (first * SEALED).min(sealed_len)..(after * SEALED).min(sealed_len);
    Ok(SealedRange {
        sealed,
        // An empty range at the very end of a body of maximal length has no segment; 0 is unused then.
        first_segment: u32::try_from(first).unwrap_or(0),
        skip_bytes: usize::try_from(range.start % PLAIN).unwrap_or(0),
        take_bytes,
        plain_bytes: plain_len,
    })
}

/// Plain bytes that segment `index` of a body of `plain_len` holds.
pub(crate) fn segment_plain_bytes(index: u64, plain_len: u64) -> usize {
    let left = plain_len.saturating_sub(index.saturating_mul(PLAIN));
    usize::try_from(left.min(PLAIN)).unwrap_or(SEGMENT_BYTES)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use proptest::prelude::*;

    proptest! {
        // Goal: lengths map both ways. Method: any length, densest around segment edges.
        #[test]
        fn lengths_map_both_ways(segments in 0..1_000_000_u64, around in 0..64_u64) {
            let plain = (segments * PLAIN + around).saturating_sub(32);
            prop_assert_eq!(plain_bytes(sealed_bytes(plain)), Ok(plain));
        }

        // Goal: a range fetches exactly the segments it touches. Method: count them byte by byte's end points.
        #[test]
        fn ranges_touch_their_segments(len in 1..400_000_u64, a: u64, b: u64) {
            let (a, b) = (a % len, b % len);
            let (start, end) = (a.min(b), a.max(b) + 1);
            let map = sealed_range(start..end, len).unwrap();
            prop_assert_eq!(u64::from(map.first_segment), start / PLAIN);
            prop_assert_eq!(map.sealed.start, start / PLAIN * SEALED);
            let last = (end - 1) / PLAIN;
            prop_assert_eq!(map.sealed.end, ((last + 1) * SEALED).min(sealed_bytes(len)));
            prop_assert_eq!(map.skip_bytes as u64 + u64::from(map.first_segment) * PLAIN, start);
        }
    }

    #[test]
    fn impossible_lengths_are_refused() {
        for tail in 1..=28 {
            assert!(plain_bytes(SEALED * 3 + tail).is_err(), "{tail}");
        }
        assert_eq!(plain_bytes(29), Ok(1));
        assert!(sealed_range(0..2, 1).is_err());
        assert!(sealed_range(0..0, PLAIN_BYTES_MAX + 1).is_err());
        assert_eq!(sealed_range(0..0, 0).unwrap().sealed, 0..0);
        assert_eq!(sealed_range(PLAIN..PLAIN, PLAIN).unwrap().sealed, SEALED..SEALED);
    }
}
