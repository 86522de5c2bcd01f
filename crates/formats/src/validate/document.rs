//! Documents and pictures: whole from their mark to their end.
//!
//! It exists so that what was cut, and what acts when it is opened, is known. It renders nothing; words of a PDF are told by `pdf`.
//!
//! SPEC: ISO 32000-1 (PDF), 7.5; PNG, third edition; ITU-T T.81 (JPEG); GIF89a; HL7 v2.5.1, 2.

use std::io::{self, Read};
use std::rc::Rc;

use super::Job;
use super::columnar::ends;
use crate::cells::Kept;
use crate::input::{Bytes, Lines, u32_at};
use crate::kind::Kind;
use crate::pdf;
use crate::report::Place;
use crate::rule;

/// What makes a PDF act. SPEC: ISO 32000-1, 12.6.
const ACTIVE: [&[u8]; 6] = [b"/JavaScript", b"/JS", b"/Launch", b"/EmbeddedFile", b"/RichMedia", b"/XFA"];
/// WHY: readers look for the end so far from the end of the file.
const END_WITHIN: usize = 2_048;

/// Judges PDF.
pub fn pdf(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    let (mut counts, mut is_sealed, mut seam) = ([0_u64; ACTIVE.len()], false, Vec::new());
    let mut kept = Kept::new(from, job.limits);
    let ends = ends(&mut kept, END_WITHIN, &mut |chunk| {
        let window = [seam.as_slice(), chunk].concat();
        for (word, count) in ACTIVE.iter().zip(counts.iter_mut()) {
            *count += memchr::memmem::find_iter(&window, word).count() as u64;
        }
        is_sealed |= memchr::memmem::find(&window, b"/Encrypt").is_some();
        // WHY: a word may lie on the seam of two chunks; shorter than any word, so that none counts twice.
        seam = window.get(window.len().saturating_sub(2)..).unwrap_or_default().to_vec();
    })?;
    let has_head =
        memchr::memmem::find(ends.head.get(..1024.min(ends.head.len())).unwrap_or_default(), b"%PDF-")
            .is_some();
    let at = memchr::memmem::rfind(&ends.tail, b"startxref");
    let start = at.and_then(|at| {
        let rest = ends.tail.get(at + 9..)?;
        std::str::from_utf8(rest).ok()?.split_ascii_whitespace().next()?.parse::<u64>().ok()
    });
    let has_end = memchr::memmem::rfind(&ends.tail, b"%%EOF").is_some();
    let holds = has_head && has_end && start.is_some_and(|start| start < ends.size);
    job.findings.need(holds, rule::PDF_FORM, Place::byte(ends.size.saturating_sub(END_WITHIN as u64)));
    job.findings.need(counts.iter().sum::<u64>() == 0, rule::PDF_ACTIVE, Place::WHOLE);
    job.findings.need(!is_sealed, rule::PDF_SEALED, Place::WHOLE);
    let kept = kept.all();
    words(job, kept);
    Ok(())
}

/// Tells the words of a PDF; where it says nothing that can be read, a person has to look.
fn words(job: &mut Job, kept: Option<Vec<u8>>) {
    let watch = Rc::clone(&job.watch);
    let mut put = |text: &str| {
        watch.borrow_mut().text(text.as_bytes());
        true
    };
    match kept.map(|bytes| pdf::words(bytes, job.limits, &mut put)) {
        Some(Ok(read)) => {
            job.facts.number("pages", read.pages);
            job.findings.need(read.unread == 0, rule::LIMIT_UNREAD, Place::WHOLE);
            job.findings.need(!read.has_files, rule::PDF_FILES, Place::WHOLE);
        }
        Some(Err(rule)) => job.findings.add(rule, Place::WHOLE),
        None => job.findings.add(rule::LIMIT_HELD, Place::WHOLE),
    }
}

/// Judges a picture.
pub fn picture(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    if job.detected.kind == Kind::Png {
        return png(job, from);
    }
    let ends = ends(from, 64, &mut |_| {})?;
    let said = |at: usize, more: u64| u32_at(&ends.head, at).map(|size| u64::from(size) + more);
    let holds = match job.detected.kind {
        Kind::Jpeg => memchr::memmem::rfind(&ends.tail, b"\xff\xd9").is_some(),
        Kind::Gif => ends.tail.contains(&0x3b),
        Kind::Webp => said(4, 8).is_some_and(|size| size <= ends.size),
        Kind::Bmp => said(2, 0).is_some_and(|size| size <= ends.size),
        // SPEC: TIFF 6.0, 2: the first directory lies in the file.
        Kind::Tiff => {
            let at = u32_at(&ends.head, 4)
                .map(|at| if ends.head.starts_with(b"MM") { at.swap_bytes() } else { at });
            ends.head.get(2) == Some(&43)
                || ends.head.get(3) == Some(&43)
                || at.is_some_and(|at| at >= 8 && u64::from(at) < ends.size)
        }
        _ => ends.size > 16,
    };
    job.findings.need(holds, rule::PICTURE_FORM, Place::byte(ends.size));
    Ok(())
}

/// Chunk by chunk, each with its checksum.
fn png(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    let mut bytes = Bytes::new(from);
    bytes.skip(8)?;
    loop {
        let place = Place::byte(bytes.offset);
        let head = bytes.some(8)?;
        let size = u32_at(&head, 0).map(u32::swap_bytes).filter(|size| *size <= i32::MAX as u32);
        let (Some(size), Some(name)) = (size, head.get(4..8)) else {
            job.findings.add(rule::PICTURE_FORM, place);
            return Ok(());
        };
        if u64::from(size) > job.limits.memory_bytes_max as u64 {
            job.findings.add(rule::LIMIT_MEMORY, place);
            return Ok(());
        }
        let body = bytes.exact(u64::from(size))?;
        let sum = bytes.u32()?.map(u32::swap_bytes);
        let (Some(body), Some(sum)) = (body, sum) else {
            job.findings.add(rule::PICTURE_FORM, place);
            return Ok(());
        };
        let mut made = flate2::Crc::new();
        made.update(name);
        made.update(&body);
        job.findings.need(made.sum() == sum, rule::PICTURE_FORM, place);
        if name == b"IEND" {
            return Ok(());
        }
    }
}

/// Judges HL7 v2: segments, and a header first.
pub fn hl7(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    let Some(bytes) = crate::input::whole(from, job.limits.memory_bytes_max)? else {
        job.findings.add(rule::LIMIT_MEMORY, Place::WHOLE);
        return Ok(());
    };
    let (mut at, mut messages, mut segments, mut separator) = (0_u64, 0_u64, 0_u64, b'|');
    for line in bytes.split(|byte| matches!(byte, b'\r' | b'\n' | 0x0b | 0x1c)) {
        let place = Place { line: Some(segments + 1), ..Place::byte(at) };
        at += line.len() as u64 + 1;
        if line.is_empty() {
            continue;
        }
        segments += 1;
        let name = line.get(..3).unwrap_or_default();
        let is_header = [b"MSH".as_slice(), b"FHS", b"BHS"].contains(&name);
        if is_header {
            separator = line.get(3).copied().unwrap_or(b'|');
            messages += u64::from(name == b"MSH");
            let fields = line.split(|byte| *byte == separator).count();
            job.findings.need(name != b"MSH" || fields >= 12, rule::HL7_HEADER, place);
        }
        let is_name =
            name.len() == 3 && name.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        let is_parted = line.len() == 3 || line.get(3) == Some(&separator);
        job.findings.need(is_name && is_parted, rule::HL7_SEGMENT, place);
    }
    job.findings.need(messages > 0, rule::HL7_HEADER, Place::WHOLE);
    job.facts.number("messages", messages);
    job.facts.number("segments", segments);
    Ok(())
}

/// Judges plain text: one encoding, no NUL.
pub fn text(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    let encoding = job.detected.encoding;
    let is_wide =
        matches!(encoding, Some(crate::detect::Encoding::Utf16Be | crate::detect::Encoding::Utf16Le));
    let is_latin = matches!(encoding, Some(crate::detect::Encoding::Latin1));
    let mut lines = Lines::new(from, job.limits.line_bytes_max);
    let (mut count, mut words) = (0_u64, 0_u64);
    while let Some(line) = lines.next()? {
        count += 1;
        words += line.bytes.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).count() as u64;
        if !is_wide {
            job.findings.need(memchr::memchr(0, line.bytes).is_none(), rule::TEXT_NUL, line.place());
            let is_text = is_latin || line.is_cut || std::str::from_utf8(line.bytes).is_ok();
            job.findings.need(is_text, rule::TEXT_ENCODING, line.place());
        }
    }
    job.facts.number("lines", count);
    job.facts.number("words", words);
    Ok(())
}
