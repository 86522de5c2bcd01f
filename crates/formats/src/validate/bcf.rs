//! Variants as bytes: BCF 2.
//!
//! It exists because readers trust the counts of a record. It keeps one record, bounded, and no value.
//!
//! SPEC: The Variant Call Format Specification, VCFv4.3, 6 (BCF 2.2).

use std::io::{self, BufReader, Read};

use super::{Job, vcf};
use crate::input::{Bytes, i32_at, u16_at, u32_at};
use crate::report::Place;
use crate::rule;

/// WHY: headers list sequences and samples.
const HEADER_BYTES_MAX: u32 = 64 << 20;

/// Judges BCF, unpacked.
pub fn judge(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    let mut from = BufReader::new(from);
    let mut bytes = Bytes::new(&mut from);
    let magic = bytes.some(5)?;
    let size = bytes.u32()?.filter(|size| *size <= HEADER_BYTES_MAX);
    let text = match size {
        Some(size) => bytes.exact(u64::from(size))?,
        None => None,
    };
    let Some(text) = text.filter(|_| magic.starts_with(b"BCF\x02")) else {
        job.findings.add(rule::BCF_HEADER, Place::byte(0));
        return Ok(());
    };
    let end = memchr::memchr(0, &text).unwrap_or(text.len());
    let head = vcf::header(job, text.get(..end).unwrap_or_default())?;
    let mut records = 0_u64;
    loop {
        let at = bytes.offset;
        let sizes = bytes.some(8)?;
        if sizes.is_empty() {
            break;
        }
        let place = Place { line: Some(records + 1), ..Place::byte(at) };
        let (Some(shared), Some(each)) = (u32_at(&sizes, 0), u32_at(&sizes, 4)) else {
            job.findings.add(rule::FILE_TRUNCATED, place);
            break;
        };
        if u64::from(shared) + u64::from(each) > job.limits.memory_bytes_max as u64 {
            job.findings.add(rule::LIMIT_MEMORY, place);
            break;
        }
        let (Some(shared), Some(each)) = (bytes.exact(u64::from(shared))?, bytes.exact(u64::from(each))?)
        else {
            job.findings.add(rule::FILE_TRUNCATED, place);
            break;
        };
        records += 1;
        job.findings.need(record(&shared, &each, &head).is_some(), rule::BCF_RECORD, place);
    }
    job.facts.number("records", records);
    job.facts.number("samples", head.samples as u64);
    Ok(())
}

/// Whether a record's values fill it.
fn record(shared: &[u8], each: &[u8], head: &vcf::Heads) -> Option<()> {
    let chrom = usize::try_from(i32_at(shared, 0)?).ok()?;
    (head.contigs == 0 || chrom < head.contigs).then_some(())?;
    (i32_at(shared, 4)? >= -1).then_some(())?;
    let (infos, alleles) = (u16_at(shared, 16)?, u16_at(shared, 18)?);
    let packed = u32_at(shared, 20)?;
    let (samples, formats) = ((packed & 0x00ff_ffff) as usize, packed >> 24);
    (samples == head.samples && alleles >= 1).then_some(())?;
    let mut rest = shared.get(24..)?;
    // ID, alleles, FILTER, then keys and values.
    for _ in 0..u32::from(alleles) + 2 + 2 * u32::from(infos) {
        rest = typed(rest, 1)?;
    }
    rest.is_empty().then_some(())?;
    let mut rest = each;
    for _ in 0..formats {
        rest = typed(rest, 1)?;
        rest = typed(rest, samples)?;
    }
    rest.is_empty().then_some(())
}

/// What follows a typed value that is there so many times.
fn typed(bytes: &[u8], times: usize) -> Option<&[u8]> {
    let first = *bytes.first()?;
    let (mut count, mut rest) = (usize::from(first >> 4), bytes.get(1..)?);
    if count == 15 {
        let kind = *rest.first()?;
        let number = rest.get(1..)?;
        let (value, size) = match kind {
            0x11 => (i64::from(*number.first()? as i8), 1),
            0x12 => (i64::from(u16_at(number, 0)? as i16), 2),
            0x13 => (i64::from(i32_at(number, 0)?), 4),
            _ => return None,
        };
        count = usize::try_from(value).ok()?;
        rest = number.get(size..)?;
    }
    let each = match first & 15 {
        0 => 0,
        1 | 7 => 1,
        2 => 2,
        3 | 5 => 4,
        _ => return None,
    };
    rest.get(count.checked_mul(each)?.checked_mul(times)?..)
}
