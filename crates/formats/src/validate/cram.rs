//! CRAM: containers and blocks, by their lengths and checksums, to the end mark.
//!
//! It exists because a CRAM that was cut opens well. It decodes no reads: that takes the reference, which is not here.
//!
//! SPEC: CRAM format specification 3.0 and 3.1, 6 to 9; 2.1.

use std::io::{self, BufReader, Read};

use super::{Job, sam};
use crate::input::{Bytes, u32_at};
use crate::report::Place;
use crate::rule;

/// SPEC: 9: the end container's start, `EOF` in letters.
const END_START: i32 = 4_542_278;

/// A container's header.
struct Container {
    size: u64,
    reference: i32,
    start: i32,
    records: i32,
    blocks: i32,
}

/// Bytes that are read while their checksum is made.
struct Summed<'a, 'b> {
    from: &'a mut Bytes<'b>,
    taken: Vec<u8>,
}

impl Summed<'_, '_> {
    fn bytes(&mut self, size: u64) -> io::Result<Option<Vec<u8>>> {
        let bytes = self.from.exact(size)?;
        self.taken.extend_from_slice(bytes.as_deref().unwrap_or_default());
        Ok(bytes)
    }

    fn byte(&mut self) -> io::Result<Option<u8>> {
        Ok(self.bytes(1)?.and_then(|bytes| bytes.first().copied()))
    }

    /// SPEC: 2.3: ITF-8.
    fn itf8(&mut self) -> io::Result<Option<i32>> {
        let Some(first) = self.byte()? else { return Ok(None) };
        let more = first.leading_ones().min(4);
        let Some(rest) = self.bytes(u64::from(more))? else { return Ok(None) };
        let head = u32::from(first) & (0xff_u32 >> (more + 1).min(8)).min(0xff);
        let head = if more == 4 { u32::from(first) & 0x0f } else { head };
        let mut value = head;
        for (at, byte) in rest.iter().enumerate() {
            value =
                if at == 3 { value << 4 | u32::from(*byte) & 0x0f } else { value << 8 | u32::from(*byte) };
        }
        Ok(Some(value as i32))
    }

    /// SPEC: 2.3: LTF-8; its value is not needed.
    fn ltf8(&mut self) -> io::Result<Option<()>> {
        let Some(first) = self.byte()? else { return Ok(None) };
        Ok(self.bytes(u64::from(first.leading_ones()))?.map(|_| ()))
    }

    /// Whether the checksum that follows is that of what was read.
    fn holds(&mut self) -> io::Result<bool> {
        let mut sum = flate2::Crc::new();
        sum.update(&self.taken);
        Ok(self.from.u32()? == Some(sum.sum()))
    }
}

/// Judges CRAM.
pub fn judge(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    let mut from = BufReader::new(from);
    let mut bytes = Bytes::new(&mut from);
    let head = bytes.some(26)?;
    let version = (head.get(4).copied().unwrap_or_default(), head.get(5).copied().unwrap_or_default());
    job.facts.word("version", &format!("{}.{}", version.0, version.1));
    if !matches!(version, (2, 1) | (3, 0 | 1)) {
        job.findings.add(rule::CRAM_VERSION, Place::byte(4));
        return Ok(());
    }
    let (mut count, mut records, mut is_ended) = (0_u64, 0_u64, false);
    let mut header = sam::Header::default();
    loop {
        let at = bytes.offset;
        let Some(container) = container(&mut bytes, version.0)? else {
            // WHY: no byte more is the end of the file; whether it is the end of the CRAM, the end container tells.
            job.findings.need(bytes.offset == at, rule::CRAM_CONTAINER, Place::byte(at));
            break;
        };
        is_ended = container.reference == -1 && container.start == END_START && container.records == 0;
        count += 1;
        records += u64::try_from(container.records).unwrap_or_default();
        let end = bytes.offset + container.size;
        let is_first = count == 1;
        let whole = blocks(job, &mut bytes, version.0, &container, end, is_first.then_some(&mut header))?;
        if !whole {
            job.findings.add(rule::CRAM_CONTAINER, Place { line: Some(count), ..Place::byte(at) });
            break;
        }
    }
    job.findings.need(is_ended, rule::CRAM_END, Place::byte(bytes.offset));
    job.facts.number("containers", count);
    sam::facts(job, &header, records, 0);
    job.facts.numbers.remove("mapped");
    Ok(())
}

/// SPEC: 7: a container's header, with its checksum since 3.0.
fn container(bytes: &mut Bytes, major: u8) -> io::Result<Option<Container>> {
    let mut from = Summed { from: bytes, taken: Vec::new() };
    let Some(size) = from.bytes(4)?.and_then(|size| u32_at(&size, 0)) else { return Ok(None) };
    let (Some(reference), Some(start), Some(_)) = (from.itf8()?, from.itf8()?, from.itf8()?) else {
        return Ok(None);
    };
    let Some(records) = from.itf8()? else { return Ok(None) };
    // SPEC: the record counter is ITF-8 before 3.0.
    let counter = if major >= 3 { from.ltf8()? } else { from.itf8()?.map(|_| ()) };
    let (Some(()), Some(()), Some(blocks)) = (counter, from.ltf8()?, from.itf8()?) else { return Ok(None) };
    let Some(landmarks) = from.itf8()? else { return Ok(None) };
    for _ in 0..landmarks.clamp(0, 1 << 20) {
        if from.itf8()?.is_none() {
            return Ok(None);
        }
    }
    if major >= 3 && !from.holds()? {
        return Ok(None);
    }
    Ok(Some(Container { size: u64::from(size), reference, start, records, blocks }))
}

/// Blocks up to the container's end; whether they are whole.
fn blocks(
    job: &mut Job,
    bytes: &mut Bytes,
    major: u8,
    container: &Container,
    end: u64,
    mut header: Option<&mut sam::Header>,
) -> io::Result<bool> {
    for nth in 0..container.blocks.max(0) {
        if bytes.offset >= end {
            return Ok(false);
        }
        let mut from = Summed { from: bytes, taken: Vec::new() };
        let (Some(method), Some(_), Some(_)) = (from.byte()?, from.byte()?, from.itf8()?) else {
            return Ok(false);
        };
        let (Some(size), Some(_)) = (from.itf8()?, from.itf8()?) else { return Ok(false) };
        let size = u64::try_from(size).unwrap_or(u64::MAX);
        if size > end.saturating_sub(from.from.offset) {
            return Ok(false);
        }
        if size > job.limits.memory_bytes_max as u64 {
            job.findings.add(rule::LIMIT_MEMORY, Place::byte(from.from.offset));
            return from.from.skip(end.saturating_sub(from.from.offset));
        }
        let Some(content) = from.bytes(size)? else { return Ok(false) };
        if major >= 3 && !from.holds()? {
            return Ok(false);
        }
        if let Some(header) = header.take().filter(|_| nth == 0) {
            text(job, header, method, &content);
        }
    }
    // WHY: writers leave room behind the header for later changes.
    let rest = end.saturating_sub(bytes.offset);
    bytes.skip(rest)
}

/// The SAM header in the first block, where it is packed in a way that is read here.
fn text(job: &mut Job, header: &mut sam::Header, method: u8, content: &[u8]) {
    let plain = match method {
        0 => content.to_vec(),
        1 => crate::unpack::head(crate::unpack::Layer::Gzip, content, job.limits.memory_bytes_max).0,
        _ => return job.findings.add(rule::LIMIT_UNREAD, Place::WHOLE),
    };
    let body = plain.get(4..).unwrap_or_default();
    let body = String::from_utf8_lossy(body);
    for (number, line) in body.trim_end_matches('\0').lines().enumerate() {
        sam::header_line(job, header, line, Place { line: Some(number as u64 + 1), ..Place::WHOLE });
    }
}
