//! Alignments as bytes, and their indexes: BAM, BAI, CSI, TBI, GZI.
//!
//! It exists because readers accept records that do not fill what they claim. It keeps one record, bounded, and no read.
//!
//! SPEC: Sequence Alignment/Map Format Specification 1.6, 4.2 and 5.2; CSIv1; tabix.

use std::io::{self, BufReader, Read};

use super::{Job, sam};
use crate::input::{Bytes, i32_at, u16_at, u32_at};
use crate::kind::Kind;
use crate::report::Place;
use crate::rule;

/// WHY: a header lists sequences, programs and groups; it is held while it is read.
const HEADER_BYTES_MAX: u32 = 64 << 20;
const FIXED_BYTES: usize = 32;
/// WHY: four bytes each.
const REFERENCES_MAX: usize = 16_000_000;

/// Judges BAM, unpacked.
pub fn judge(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    let mut from = BufReader::new(from);
    let mut bytes = Bytes::new(&mut from);
    let mut header = sam::Header::default();
    let Some(references) = head(job, &mut header, &mut bytes)? else {
        job.findings.add(rule::BAM_HEADER, Place::byte(bytes.offset));
        return Ok(());
    };
    let (mut records, mut mapped) = (0_u64, 0_u64);
    loop {
        let at = bytes.offset;
        let size = bytes.some(4)?;
        if size.is_empty() {
            break;
        }
        let place = Place { line: Some(records + 1), ..Place::byte(at) };
        let size = u32_at(&size, 0).map(u64::from).filter(|size| *size >= FIXED_BYTES as u64);
        let Some(size) = size else {
            job.findings.add(rule::BAM_END, place);
            break;
        };
        if size > job.limits.memory_bytes_max as u64 {
            job.findings.add(rule::LIMIT_MEMORY, place);
            break;
        }
        let Some(record) = bytes.exact(size)? else {
            job.findings.add(rule::BAM_END, place);
            break;
        };
        records += 1;
        mapped += u64::from(u16_at(&record, 14).is_some_and(|flag| flag & 4 == 0));
        if parts(&record, &references).is_none() {
            job.findings.add(rule::BAM_RECORD, place);
        }
    }
    sam::facts(job, &header, records, mapped);
    Ok(())
}

/// Magic, text and sequences: their lengths.
fn head(job: &mut Job, header: &mut sam::Header, bytes: &mut Bytes) -> io::Result<Option<Vec<u32>>> {
    if bytes.exact(4)?.as_deref() != Some(b"BAM\x01") {
        return Ok(None);
    }
    let Some(size) = bytes.u32()?.filter(|size| *size <= HEADER_BYTES_MAX) else { return Ok(None) };
    let at = bytes.offset;
    let Some(text) = bytes.exact(u64::from(size))? else { return Ok(None) };
    let text = String::from_utf8_lossy(&text);
    for (number, line) in text.trim_end_matches('\0').lines().enumerate() {
        sam::header_line(job, header, line, Place::line(number as u64 + 1, at));
    }
    let Some(count) = bytes.u32()? else { return Ok(None) };
    let mut lengths = Vec::new();
    for nth in 0..count {
        let Some(size) = bytes.u32()?.filter(|size| *size > 1 && *size <= 1 << 16) else { return Ok(None) };
        let Some(name) = bytes.exact(u64::from(size))? else { return Ok(None) };
        let Some(length) = bytes.u32()? else { return Ok(None) };
        let is_ended = name.last() == Some(&0);
        let name = String::from_utf8_lossy(name.get(..name.len() - 1).unwrap_or_default()).into_owned();
        // SPEC: 4.2: the text may lack @SQ; what it has must agree.
        let agrees = header.names.get(nth as usize).is_none_or(|named| *named == name)
            && header.lengths.get(&name).is_none_or(|(named, _)| *named == u64::from(length));
        job.findings.need(is_ended && agrees, rule::BAM_HEADER, Place::byte(bytes.offset));
        if lengths.len() >= REFERENCES_MAX {
            job.findings.add(rule::LIMIT_MEMORY, Place::byte(bytes.offset));
            return Ok(None);
        }
        lengths.push(length);
    }
    Ok(Some(lengths))
}

/// Whether a record's parts fill it.
fn parts(record: &[u8], references: &[u32]) -> Option<()> {
    let is_reference = |at: usize| {
        let id = i32_at(record, at)?;
        (id == -1 || usize::try_from(id).is_ok_and(|id| id < references.len())).then_some(id)
    };
    let id = is_reference(0)?;
    is_reference(20)?;
    let pos = i32_at(record, 4)?;
    let length = usize::try_from(id).ok().and_then(|id| references.get(id));
    (pos >= -1 && length.is_none_or(|length| i64::from(pos) <= i64::from(*length))).then_some(())?;
    let name = usize::from(*record.get(8)?);
    let cigar = usize::from(u16_at(record, 12)?) * 4;
    let bases = usize::try_from(i32_at(record, 16)?).ok()?;
    let name_end = FIXED_BYTES + name;
    let cigar_end = name_end + cigar;
    let bases_end = cigar_end.checked_add(bases.div_ceil(2))?;
    let quality_end = bases_end.checked_add(bases)?;
    (name > 0 && record.get(name_end - 1) == Some(&0)).then_some(())?;
    let operations =
        record.get(name_end..cigar_end)?.chunks_exact(4).map(|part| u32_at(part, 0).unwrap_or(u32::MAX));
    let mut read = 0_u64;
    for operation in operations {
        match operation & 15 {
            0 | 1 | 4 | 7 | 8 => read += u64::from(operation >> 4),
            2 | 3 | 5 | 6 => {}
            _ => return None,
        }
    }
    // SPEC: 4.2.2: a CIGAR too long for its count is a placeholder that clips the whole read.
    (read == 0 || bases == 0 || read == bases as u64).then_some(())?;
    tags(record.get(quality_end..)?)
}

/// Whether optional fields fill the rest.
fn tags(mut rest: &[u8]) -> Option<()> {
    while !rest.is_empty() {
        let kind = *rest.get(2)?;
        let body = rest.get(3..)?;
        let size = match kind {
            b'A' | b'c' | b'C' => 1,
            b's' | b'S' => 2,
            b'i' | b'I' | b'f' => 4,
            b'Z' | b'H' => memchr::memchr(0, body)? + 1,
            b'B' => {
                let each = match body.first()? {
                    b'c' | b'C' => 1,
                    b's' | b'S' => 2,
                    b'i' | b'I' | b'f' => 4,
                    _ => return None,
                };
                usize::try_from(u32_at(body, 1)?).ok()?.checked_mul(each)?.checked_add(5)?
            }
            _ => return None,
        };
        let is_tag = rest.first()?.is_ascii_alphabetic() && rest.get(1)?.is_ascii_alphanumeric();
        is_tag.then_some(())?;
        rest = body.get(size..)?;
    }
    Some(())
}

/// Judges an index, unpacked: bins and intervals as many as it says.
pub fn index(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    let mut from = BufReader::new(from);
    let mut bytes = Bytes::new(&mut from);
    let mut references = 0;
    let holds = match job.detected.kind {
        Kind::Gzi => pairs(&mut bytes)?,
        kind => bins(&mut bytes, kind, &mut references)?,
    };
    let rest = if holds.is_some() { bytes.some(9)?.len() } else { 0 };
    let may_follow = matches!(job.detected.kind, Kind::Bai | Kind::Csi | Kind::Tbi);
    let is_ended = rest == 0 || may_follow && rest == 8;
    job.findings.need(holds.is_some() && is_ended, rule::INDEX_FORM, Place::byte(bytes.offset));
    job.facts.number("sequences", references);
    Ok(())
}

fn pairs(bytes: &mut Bytes) -> io::Result<Option<()>> {
    let Some(count) = bytes.u64()? else { return Ok(None) };
    Ok(count.checked_mul(16).map(|size| bytes.skip(size)).transpose()?.filter(|whole| *whole).map(|_| ()))
}

fn bins(bytes: &mut Bytes, kind: Kind, references: &mut u64) -> io::Result<Option<()>> {
    if bytes.exact(4)?.is_none() {
        return Ok(None);
    }
    if kind == Kind::Csi {
        let (Some(_), Some(_), Some(size)) = (bytes.u32()?, bytes.u32()?, bytes.u32()?) else {
            return Ok(None);
        };
        if !bytes.skip(u64::from(size))? {
            return Ok(None);
        }
    }
    let Some(count) = bytes.u32()? else { return Ok(None) };
    if kind == Kind::Tbi {
        let Some(head) = bytes.exact(28)? else { return Ok(None) };
        if !bytes.skip(u32_at(&head, 24).map(u64::from).unwrap_or_default())? {
            return Ok(None);
        }
    }
    for _ in 0..count {
        if one(bytes, kind)?.is_none() {
            return Ok(None);
        }
        *references += 1;
    }
    Ok(Some(()))
}

/// One reference: bins with chunks, then intervals (but in CSI).
fn one(bytes: &mut Bytes, kind: Kind) -> io::Result<Option<()>> {
    let Some(count) = bytes.u32()? else { return Ok(None) };
    for _ in 0..count {
        let head = if kind == Kind::Csi { 12 } else { 4 };
        let (true, Some(chunks)) = (bytes.skip(head)?, bytes.u32()?) else { return Ok(None) };
        if !bytes.skip(u64::from(chunks) * 16)? {
            return Ok(None);
        }
    }
    if kind == Kind::Csi {
        return Ok(Some(()));
    }
    let Some(count) = bytes.u32()? else { return Ok(None) };
    Ok(bytes.skip(u64::from(count) * 8)?.then_some(()))
}
