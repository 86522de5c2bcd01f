//! A blob made of several runs: one per part of a multipart upload.
//!
//! Each run was sealed under the blob's one data key by its own attempt, its segments
//! count from 0, and its last segment may be short. Pure arithmetic.

use std::ops::Range;

use super::{Attempt, RangeError, SealedRange, sealed_bytes, sealed_range};

/// One run of segments; a blob that came in one piece has exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    pub attempt: Attempt,
    pub plain_bytes: u64,
}

/// The part of a plain range that lies in one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRange {
    /// Index into the runs.
    pub run: usize,
    /// Stored bytes before this run, if the runs are stored one after another.
    pub sealed_offset_bytes: u64,
    /// What to fetch, relative to the run's start, and how to trim it.
    pub map: SealedRange,
}

/// Plain bytes of a blob.
pub fn plain_bytes_of(runs: &[Run]) -> u64 {
    runs.iter().fold(0, |sum, run| sum.saturating_add(run.plain_bytes))
}

/// Splits plain bytes `range` of a blob over its runs, in order; empty for an empty range.
pub fn run_ranges(runs: &[Run], range: Range<u64>) -> Result<Vec<RunRange>, RangeError> {
    let plain_bytes = plain_bytes_of(runs);
    if range.start > range.end || range.end > plain_bytes {
        return Err(RangeError::Outside { start: range.start, end: range.end, plain_bytes });
    }
    let mut found = Vec::new();
    let (mut plain_before, mut sealed_before) = (0_u64, 0_u64);
    for (index, run) in runs.iter().enumerate() {
        let plain_after = plain_before.saturating_add(run.plain_bytes);
        let (start, end) = (range.start.max(plain_before), range.end.min(plain_after));
        if start < end {
            let map = sealed_range(start - plain_before..end - plain_before, run.plain_bytes)?;
            found.push(RunRange { run: index, sealed_offset_bytes: sealed_before, map });
        }
        plain_before = plain_after;
        sealed_before = u64::saturating_add(sealed_before, sealed_bytes(run.plain_bytes));
    }
    Ok(found)
}
