//! Sealed files and checksums: Crypt4GH, and manifests of digests.
//!
//! It exists so that a delivery that was cut on the way is found before a key is asked for. It opens nothing.
//!
//! SPEC: GA4GH Crypt4GH 1.0, 2 and 3; GNU coreutils; RFC 8493.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};
use std::io::{self, Read};

use super::Job;
use crate::input::{Bytes, Lines};
use crate::manifest;
use crate::report::Place;
use crate::rule;

/// WHY: one packet for each reader, and edit lists; nobody seals for more.
const PACKETS_MAX: u32 = 10_000;
const PACKET_BYTES_MAX: u32 = 16 << 20;
/// SPEC: 3.2: 64 KiB of content, a nonce of 12 bytes and a mark of 16.
const SEGMENT_BYTES: u64 = 65_536 + 28;

/// Judges Crypt4GH from outside.
pub fn crypt4gh(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    let mut bytes = Bytes::new(from);
    let is_marked = bytes.exact(8)?.as_deref() == Some(b"crypt4gh");
    let (version, count) = (bytes.u32()?, bytes.u32()?);
    job.findings.need(is_marked && version == Some(1), rule::CRYPT4GH_HEADER, Place::byte(0));
    let Some(count) = count.filter(|count| (1..=PACKETS_MAX).contains(count)) else {
        job.findings.add(rule::CRYPT4GH_HEADER, Place::byte(12));
        return Ok(());
    };
    for nth in 0..count {
        let place = Place { line: Some(u64::from(nth) + 1), ..Place::byte(bytes.offset) };
        // SPEC: 2.2: a length that counts itself, a method, and at least a key, a nonce and a mark.
        let size = bytes.u32()?.filter(|size| (8 + 32 + 12 + 16..=PACKET_BYTES_MAX).contains(size));
        let Some(size) = size else {
            job.findings.add(rule::CRYPT4GH_HEADER, place);
            return Ok(());
        };
        if !bytes.skip(u64::from(size) - 4)? {
            job.findings.add(rule::FILE_TRUNCATED, place);
            return Ok(());
        }
    }
    let header = bytes.offset;
    bytes.skip(u64::MAX)?;
    let body = bytes.offset - header;
    let last = body % SEGMENT_BYTES;
    job.findings.need(last == 0 || last > 28, rule::CRYPT4GH_SEGMENT, Place::byte(bytes.offset - last));
    job.facts.number("packets", u64::from(count));
    job.facts.number("segments", body.div_ceil(SEGMENT_BYTES));
    job.facts.number("content-bytes", body.saturating_sub(body.div_ceil(SEGMENT_BYTES) * 28));
    Ok(())
}

/// Judges a manifest: each line an entry, no path outside, none twice.
pub fn manifest(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    let mut lines = Lines::new(from, job.limits.line_bytes_max);
    let mut seen: HashSet<u64, BuildHasherDefault<DefaultHasher>> = HashSet::default();
    let mut count = 0_u64;
    while let Some(line) = lines.next()? {
        let text = String::from_utf8_lossy(line.bytes);
        if text.trim().is_empty() || text.starts_with('#') {
            continue;
        }
        count += 1;
        if count > job.limits.entries_max {
            job.findings.add(rule::ARCHIVE_ENTRIES, line.place());
            break;
        }
        let Some(entry) = manifest::line(&text) else {
            job.findings.add(rule::MANIFEST_LINE, line.place());
            continue;
        };
        job.findings.need(manifest::is_safe(&entry.path), rule::MANIFEST_PATH, line.place());
        let mut hasher = DefaultHasher::new();
        entry.path.hash(&mut hasher);
        job.findings.need(seen.insert(hasher.finish()), rule::MANIFEST_DOUBLE, line.place());
    }
    job.facts.number("entries", count);
    Ok(())
}
