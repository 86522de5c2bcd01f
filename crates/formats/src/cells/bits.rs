//! Numbers of a few bits each, as Parquet packs them: runs, and differences.
//!
//! It exists apart because every encoding is made of them. It keeps no number, and a run costs what is done with it.
//!
//! SPEC: parquet-format, Encodings.md.

use crate::rule::{self, Rule};

type Outcome<T> = Result<T, Rule>;

/// Numbers of so many bits each, from a bit on.
fn bits(bytes: &[u8], at: usize, width: u32) -> Option<u64> {
    let (start, shift) = (at / 8, at % 8);
    let found = bytes.get(start..).unwrap_or_default();
    let size = (shift + width as usize).div_ceil(8);
    let window = found.get(..size)?.iter().rev().fold(0_u128, |window, byte| window << 8 | u128::from(*byte));
    Some((window >> shift) as u64 & u64::MAX.checked_shr(64 - width).unwrap_or_default())
}

/// SPEC: ULEB 128.
fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for at in 0..10_u32 {
        let (byte, behind) = rest.split_first()?;
        *rest = behind;
        value |= u64::from(byte & 0x7f).checked_shl(7 * at)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn zigzag(rest: &mut &[u8]) -> Option<i64> {
    let value = varint(rest)?;
    Some((value >> 1) as i64 ^ -((value & 1) as i64))
}

/// Numbers in runs and groups; `each` gets a number and how often it comes.
pub fn hybrid(
    bytes: &[u8],
    width: u32,
    count: u64,
    each: &mut dyn FnMut(u64, u64) -> Outcome<()>,
) -> Outcome<()> {
    let (mut rest, mut left) = (bytes, count);
    if width > 32 {
        return Err(rule::PARQUET_PAGE);
    }
    while left > 0 {
        let head = varint(&mut rest).ok_or(rule::PARQUET_PAGE)?;
        if head & 1 == 0 {
            let size = width.div_ceil(8) as usize;
            let (value, behind) = rest.split_at_checked(size).ok_or(rule::PARQUET_PAGE)?;
            rest = behind;
            let value = value.iter().rev().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
            let run = left.min(head >> 1);
            left -= run;
            each(value, run)?;
            continue;
        }
        let groups = usize::try_from(head >> 1).map_err(|_| rule::PARQUET_PAGE)?;
        // WHY: the last group may be cut where no number is left.
        let size = groups.checked_mul(width as usize).ok_or(rule::PARQUET_PAGE)?.min(rest.len());
        let (packed, behind) = rest.split_at(size);
        rest = behind;
        for at in 0..left.min((groups as u64).saturating_mul(8)) {
            let place = usize::try_from(at).ok().and_then(|at| at.checked_mul(width as usize));
            let value = place.and_then(|place| bits(packed, place, width)).ok_or(rule::PARQUET_PAGE)?;
            left -= 1;
            each(value, 1)?;
        }
    }
    Ok(())
}

/// Numbers by their differences: as many as there must be; what is behind them.
pub fn delta<'a>(bytes: &'a [u8], count: u64, each: &mut dyn FnMut(i64) -> Outcome<()>) -> Outcome<&'a [u8]> {
    let mut rest = bytes;
    let mut head = || varint(&mut rest).ok_or(rule::PARQUET_PAGE);
    let (block, parts, total) = (head()?, head()?, head()?);
    let mut value = zigzag(&mut rest).ok_or(rule::PARQUET_PAGE)?;
    let part = block.checked_div(parts).filter(|part| part * parts == block && part % 8 == 0 && *part > 0);
    let part = part.and_then(|part| usize::try_from(part).ok()).ok_or(rule::PARQUET_PAGE)?;
    if total != count {
        return Err(rule::PARQUET_PAGE);
    }
    let mut left = total;
    if left > 0 {
        left -= 1;
        each(value)?;
    }
    while left > 0 {
        let least = zigzag(&mut rest).ok_or(rule::PARQUET_PAGE)?;
        let parts = usize::try_from(parts).map_err(|_| rule::PARQUET_PAGE)?;
        let (widths, behind) = rest.split_at_checked(parts).ok_or(rule::PARQUET_PAGE)?;
        rest = behind;
        for width in widths {
            // SPEC: parts behind the last number are not written.
            if left == 0 {
                break;
            }
            let width = u32::from(*width).min(64);
            let size = (part / 8).checked_mul(width as usize).ok_or(rule::PARQUET_PAGE)?;
            let (packed, behind) = rest.split_at_checked(size).ok_or(rule::PARQUET_PAGE)?;
            rest = behind;
            for at in 0..part {
                if left == 0 {
                    break;
                }
                let more = bits(packed, at * width as usize, width).ok_or(rule::PARQUET_PAGE)?;
                value = value.wrapping_add(least).wrapping_add(more as i64);
                left -= 1;
                each(value)?;
            }
        }
    }
    Ok(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_groups_are_as_the_specification_shows() {
        // SPEC: Encodings.md: 0 to 7 in three bits.
        let mut found = Vec::new();
        hybrid(&[3, 0b1000_1000, 0b1100_0110, 0b1111_1010, 10, 4], 3, 12, &mut |value, times| {
            found.push((value, times));
            Ok(())
        })
        .unwrap();
        let one: Vec<_> = (0..8).map(|value| (value, 1)).collect();
        assert_eq!(found, [one, vec![(4, 4)]].concat());
    }

    #[test]
    fn differences_add_up() {
        // SPEC: Encodings.md, example 1: 1, 2, 3, 4, 5.
        let mut found = Vec::new();
        let bytes = [128, 1, 4, 5, 2, 2, 0, 0, 0, 0, 9];
        let rest = delta(&bytes, 5, &mut |value| {
            found.push(value);
            Ok(())
        });
        assert_eq!((rest, found), (Ok(&[9][..]), vec![1, 2, 3, 4, 5]));
    }
}
