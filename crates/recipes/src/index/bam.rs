//! BAI and CSI of sorted BAM.
//!
//! SPEC: SAM 1.6, 4.2: a record is its length and 32 bytes that say where it is, then its name and its CIGAR.

use super::Form;
use super::bins::{Bins, Span, csi_head};
use super::blocks::{Blocks, stored};
use crate::fault;
use crate::step::{Counts, Stop, count};

/// WHY: an assembly in scaffolds has some hundred thousand.
const REFERENCES_MAX: u32 = 4_000_000;
const FIXED_BYTES: usize = 32;
const UNMAPPED: u16 = 4;

pub(super) fn index(
    blocks: &mut Blocks,
    form: Form,
    bytes_max: usize,
    counts: &mut Counts,
) -> Result<Vec<u8>, Stop> {
    let (mut bins, mut bytes) = (Bins::new(form), Vec::new());
    let references = header(blocks, &mut bytes, bytes_max)?;
    bins.references(references as usize);
    let mut from = blocks.place();
    while blocks.take(4, &mut bytes)? {
        let row = bins.records + 1;
        let size = usize::try_from(word(&bytes, 0).unwrap_or_default()).unwrap_or(usize::MAX);
        if !(FIXED_BYTES..=bytes_max).contains(&size) {
            return Err(fault::MALFORMED.row(row).into());
        }
        if !blocks.take(size, &mut bytes)? {
            return Err(fault::BROKEN_STREAM.into());
        }
        let to = blocks.place();
        let (reference, span) = record(&bytes).ok_or(fault::MALFORMED.row(row))?;
        match reference {
            None => bins.unplaced(),
            Some(reference) if reference < references => {
                bins.add(reference as usize, span, from, to).map_err(|fault| fault.row(row))?;
            }
            Some(_) => return Err(fault::MALFORMED.row(row).into()),
        }
        from = to;
    }
    count(counts, "records", bins.records);
    count(counts, "sequences", u64::from(references));
    if form == Form::Csi {
        let mut index = csi_head(&[]);
        bins.bytes(&mut index);
        return Ok(stored(&index));
    }
    let mut index = b"BAI\x01".to_vec();
    bins.bytes(&mut index);
    Ok(index)
}

/// Passes over the header; how many references there are.
fn header(blocks: &mut Blocks, bytes: &mut Vec<u8>, bytes_max: usize) -> Result<u32, Stop> {
    let is_begun = blocks.take(8, bytes)? && bytes.starts_with(b"BAM\x01");
    if !is_begun {
        return Err(fault::MALFORMED.into());
    }
    blocks.skip(u64::from(word(bytes, 4).unwrap_or_default()))?;
    let mut next = || -> Result<u32, Stop> {
        let is_there = blocks.take(4, bytes)?;
        let number = word(bytes, 0).filter(|_| is_there);
        number.ok_or_else(|| fault::BROKEN_STREAM.into())
    };
    let references = next()?;
    if references > REFERENCES_MAX {
        return Err(fault::LIMIT_ROWS.into());
    }
    for _ in 0..references {
        let is_there = blocks.take(4, bytes)?;
        let size = word(bytes, 0).filter(|_| is_there).ok_or(fault::BROKEN_STREAM)?;
        if size as usize > bytes_max {
            return Err(fault::MALFORMED.into());
        }
        blocks.skip(u64::from(size) + 4)?;
    }
    Ok(references)
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// Which reference, and where on it.
fn record(bytes: &[u8]) -> Option<(Option<u32>, Span)> {
    let reference = word(bytes, 0)?;
    let place = word(bytes, 4)? as i32;
    let name_size = usize::from(*bytes.get(8)?);
    let operations = u16::from_le_bytes(bytes.get(12..14)?.try_into().ok()?);
    let flags = u16::from_le_bytes(bytes.get(14..16)?.try_into().ok()?);
    let reference = (reference as i32 >= 0 && place >= 0).then_some(reference);
    let start = u64::try_from(place.max(0)).ok()?;
    let is_mapped = flags & UNMAPPED == 0;
    let mut size = 0;
    for nth in 0..usize::from(operations) {
        let operation = word(bytes, FIXED_BYTES + name_size + 4 * nth)?;
        // SPEC: M, D, N, = and X go along the reference.
        if matches!(operation & 15, 0 | 2 | 3 | 7 | 8) {
            size += u64::from(operation >> 4);
        }
    }
    let end = if is_mapped && size > 0 { start + size } else { start + 1 };
    Some((reference, Span { start, end, is_mapped }))
}
