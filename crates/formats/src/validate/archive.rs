//! Archives: zip and tar, from their beginning to their end, and streams that are packed and nothing more.
//!
//! It exists so that nobody unpacks a bomb, or a path that leads elsewhere. It unpacks into nothing, one entry at a time, and
//! goes into no archive inside.
//!
//! SPEC: APPNOTE.TXT 6.3.10 (zip); POSIX.1-2017, pax (tar).

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};
use std::io::{self, BufRead, BufReader, Read};

use super::Job;
use crate::cells::{self, Kept};
use crate::input::{Bytes, fill, u16_at, u32_at, u64_at};
use crate::manifest;
use crate::report::Place;
use crate::rule;
use crate::tar;
use crate::unpack::Layer;

/// WHY: ratios of small files tell nothing.
const RATIO_FROM_BYTES: u64 = 64 << 20;

/// What an archive was found to hold.
#[derive(Default)]
pub(super) struct Tally {
    names: HashSet<u64, BuildHasherDefault<DefaultHasher>>,
    pub entries: u64,
    pub packed: u64,
    pub unpacked: u64,
}

impl Tally {
    /// Takes one entry's name; false if there are too many.
    pub fn name(&mut self, job: &mut Job, path: &[u8], place: Place) -> bool {
        self.entries += 1;
        if self.entries > job.limits.entries_max {
            job.findings.add(rule::ARCHIVE_ENTRIES, place);
            return false;
        }
        let text = String::from_utf8_lossy(path);
        job.findings.need(manifest::is_safe(&text), rule::ARCHIVE_PATH, place);
        let mut hasher = DefaultHasher::new();
        path.hash(&mut hasher);
        job.findings.need(self.names.insert(hasher.finish()), rule::ARCHIVE_DOUBLE, place);
        true
    }

    /// Whether no more came out than may.
    pub fn is_bounded(&self, job: &mut Job, place: Place) -> bool {
        let is_small = self.unpacked <= job.limits.unpacked_bytes_max;
        let is_dense =
            self.unpacked <= RATIO_FROM_BYTES || self.unpacked / self.packed.max(1) <= job.limits.ratio_max;
        job.findings.need(is_small, rule::ARCHIVE_SIZE, place);
        job.findings.need(is_dense, rule::ARCHIVE_RATIO, place);
        is_small && is_dense
    }

    pub fn facts(&self, job: &mut Job) {
        job.facts.number("entries", self.entries);
        job.facts.number("entries-bytes", self.unpacked);
    }
}

/// Whether content that begins so is an archive itself.
pub(super) fn is_archive(head: &[u8]) -> bool {
    let marks: [&[u8]; 5] = [b"PK\x03\x04", b"7z\xbc\xaf", b"Rar!", b"\xfd7zXZ", b"\x1f\x9d"];
    marks.iter().any(|mark| head.starts_with(mark))
        || Layer::of(head).is_some_and(|layer| layer != Layer::Zlib)
}

/// Judges a tar file.
pub fn tar(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    let mut from = BufReader::new(from);
    let mut bytes = Bytes::new(&mut from);
    let (mut tally, mut empty) = (Tally::default(), 0);
    loop {
        let at = bytes.offset;
        let place = Place { line: Some(tally.entries + 1), ..Place::byte(at) };
        let block = bytes.some(512)?;
        if block.is_empty() {
            break;
        }
        if block.len() < 512 {
            job.findings.add(rule::FILE_TRUNCATED, place);
            break;
        }
        if block.iter().all(|byte| *byte == 0) {
            empty += 1;
            if empty == 2 {
                break;
            }
            continue;
        }
        empty = 0;
        let Some(header) = tar::header(&block) else {
            job.findings.add(rule::TAR_HEADER, place);
            break;
        };
        // SPEC: long names and extended headers describe the next entry; they are none themselves.
        let is_about = matches!(header.flag, b'x' | b'g' | b'L' | b'K');
        if !is_about && !tally.name(job, &header.path, place) {
            break;
        }
        let is_plain = is_about || matches!(header.flag, 0 | b'0' | b'5' | b'7');
        job.findings.need(is_plain, rule::ARCHIVE_LINK, place);
        let size = if matches!(header.flag, b'1'..=b'6') { 0 } else { header.size_bytes };
        let head = bytes.some(size.min(8))?;
        job.findings.need(!is_archive(&head), rule::ARCHIVE_NESTED, place);
        tally.unpacked = tally.unpacked.saturating_add(size);
        tally.packed = tally.unpacked;
        let rest = size.saturating_sub(8).saturating_add(size.next_multiple_of(512).saturating_sub(size));
        if !bytes.skip(rest)? {
            job.findings.add(rule::FILE_TRUNCATED, place);
            break;
        }
        if !tally.is_bounded(job, place) {
            break;
        }
    }
    job.findings.need(empty == 2, rule::TAR_END, Place::byte(bytes.offset));
    tally.facts(job);
    Ok(())
}

/// Judges a packed stream in which nothing was recognised: that it unpacks.
pub fn packed(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    let mut from = BufReader::new(from);
    let Some(layer) = Layer::of(from.fill_buf()?) else {
        job.findings.add(rule::STREAM_BROKEN, Place::WHOLE);
        return Ok(());
    };
    let mut inside = crate::unpack::Bounded::new(layer.open(Box::new(from)), job.limits);
    let size = io::copy(&mut inside, &mut io::sink())?;
    job.facts.number("unpacked-bytes", size);
    Ok(())
}

/// One entry's header in a zip file.
struct Local {
    path: Vec<u8>,
    flags: u16,
    method: u16,
    sum: u32,
    packed: u64,
    unpacked: u64,
}

/// Judges an office document: as a zip file, and then what it says is told.
pub fn document(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    let mut kept = Kept::new(from, job.limits);
    zip(job, &mut kept)?;
    // WHY to the end: what a zip file's judge leaves behind it may be what an office program reads.
    io::copy(&mut kept, &mut io::sink())?;
    let (kept, bad) = (kept.all(), [rule::ARCHIVE_RATIO, rule::ARCHIVE_SIZE, rule::ARCHIVE_ENTRIES]);
    if !bad.into_iter().any(|rule| job.findings.has(rule)) {
        cells::tell(job, kept, cells::document);
    }
    Ok(())
}

/// Judges a zip file.
pub fn zip(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    let mut from = Counted { from: BufReader::new(from), offset: 0 };
    let (mut tally, mut listed) = (Tally::default(), 0_u64);
    loop {
        let at = from.offset;
        let place = Place { line: Some(tally.entries + 1), ..Place::byte(at) };
        let mark = from.some(4)?;
        match mark.as_slice() {
            // SPEC: 8.5.3: the mark of a split archive that was not split.
            b"PK\x07\x08" if at == 0 => {}
            b"PK\x03\x04" if listed == 0 => {
                let Some(local) = local(&mut from)? else {
                    job.findings.add(rule::FILE_TRUNCATED, place);
                    return Ok(());
                };
                if !tally.name(job, &local.path, place) || !entry(job, &mut tally, &mut from, &local, place)?
                {
                    tally.facts(job);
                    return Ok(());
                }
            }
            b"PK\x01\x02" => {
                listed += 1;
                if !central(&mut from, &tally)? {
                    job.findings.add(rule::ARCHIVE_DIRECTORY, Place { line: Some(listed), ..place });
                }
            }
            b"PK\x05\x06" => {
                let end = from.some(18)?;
                let count = u16_at(&end, 6).map(u64::from).unwrap_or_default();
                let agrees = end.len() == 18
                    && listed == tally.entries
                    && (count == listed & 0xffff || count == 0xffff);
                job.findings.need(agrees, rule::ARCHIVE_DIRECTORY, place);
                break;
            }
            // SPEC: 4.3.14, 4.3.15: ends of zip64; 4.3.13 a signature: as long as they say.
            b"PK\x06\x06" => {
                let size = from.some(8)?;
                from.skip(u64_at(&size, 0).unwrap_or_default())?;
            }
            b"PK\x06\x07" => {
                from.skip(16)?;
            }
            _ => {
                job.findings.add(rule::ARCHIVE_DIRECTORY, place);
                break;
            }
        }
    }
    tally.facts(job);
    Ok(())
}

/// A buffered reader that knows how far it is.
struct Counted<R> {
    from: BufReader<R>,
    offset: u64,
}

impl<R: Read> Counted<R> {
    fn some(&mut self, size: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.take(size).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn skip(&mut self, size: u64) -> io::Result<u64> {
        io::copy(&mut self.take(size), &mut io::sink())
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.from.read(buffer)?;
        self.offset += size as u64;
        Ok(size)
    }
}

impl<R: Read> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.from.fill_buf()
    }

    fn consume(&mut self, size: usize) {
        self.offset += size as u64;
        self.from.consume(size);
    }
}

/// SPEC: 4.3.7, and 4.5.3 for sizes beyond 32 bits.
fn local<R: Read>(from: &mut Counted<R>) -> io::Result<Option<Local>> {
    let fixed = from.some(26)?;
    let (Some(names), Some(extras)) = (u16_at(&fixed, 22), u16_at(&fixed, 24)) else { return Ok(None) };
    let path = from.some(u64::from(names))?;
    let extra = from.some(u64::from(extras))?;
    if path.len() < usize::from(names) || extra.len() < usize::from(extras) {
        return Ok(None);
    }
    let (Some(packed), Some(unpacked)) = (u32_at(&fixed, 14), u32_at(&fixed, 18)) else { return Ok(None) };
    let wide = wide(&extra);
    let size = |narrow: u32, at: usize| {
        let wide = wide.as_ref().filter(|_| narrow == u32::MAX).and_then(|wide| u64_at(wide, at));
        wide.unwrap_or(u64::from(narrow))
    };
    Ok(Some(Local {
        path,
        flags: u16_at(&fixed, 2).unwrap_or_default(),
        method: u16_at(&fixed, 4).unwrap_or_default(),
        sum: u32_at(&fixed, 10).unwrap_or_default(),
        // WHY: the unpacked size comes first, and the packed one behind it if both are there.
        packed: size(packed, if unpacked == u32::MAX { 8 } else { 0 }),
        unpacked: size(unpacked, 0),
    }))
}

/// The extra field of zip64.
fn wide(mut extra: &[u8]) -> Option<Vec<u8>> {
    loop {
        let (id, size) = (u16_at(extra, 0)?, usize::from(u16_at(extra, 2)?));
        let body = extra.get(4..4 + size)?;
        if id == 1 {
            return Some(body.to_vec());
        }
        extra = extra.get(4 + size..)?;
    }
}

/// Unpacks one entry into nothing; whether to go on.
fn entry<R: Read>(
    job: &mut Job,
    tally: &mut Tally,
    from: &mut Counted<R>,
    local: &Local,
    place: Place,
) -> io::Result<bool> {
    let is_late = local.flags & 8 != 0;
    if local.flags & 1 != 0 {
        job.findings.add(rule::ARCHIVE_SEALED, place);
    }
    let is_known = !is_late || local.packed > 0;
    let is_read = local.flags & 1 == 0 && (local.method == 8 || local.method == 0 && is_known);
    if !is_read {
        if !is_known {
            job.findings.add(rule::KIND_UNJUDGED, place);
            return Ok(false);
        }
        tally.packed += local.packed;
        tally.unpacked = tally.unpacked.saturating_add(local.unpacked);
        let is_whole = from.skip(local.packed)? == local.packed;
        job.findings.need(is_whole, rule::FILE_TRUNCATED, place);
        return Ok(is_whole && after(from, is_late)?.is_some());
    }
    let start = from.offset;
    let (unpacked, sum) = {
        let mut inside: Box<dyn Read> = match local.method {
            8 => Box::new(flate2::bufread::DeflateDecoder::new(&mut *from)),
            _ => Box::new((&mut *from).take(local.packed)),
        };
        let left = job.limits.unpacked_bytes_max.saturating_sub(tally.unpacked);
        match unpacked(job, &mut *inside, left, place) {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(false),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
                ) =>
            {
                job.findings.add(rule::ARCHIVE_CONTENT, place);
                return Ok(false);
            }
            Err(error) => return Err(error),
        }
    };
    tally.packed += from.offset - start;
    tally.unpacked = tally.unpacked.saturating_add(unpacked);
    let Some(late) = after(from, is_late)? else {
        job.findings.add(rule::FILE_TRUNCATED, place);
        return Ok(false);
    };
    let said = late.unwrap_or(local.sum);
    let is_same = said == sum && (is_late || local.unpacked == unpacked);
    job.findings.need(is_same, rule::ARCHIVE_CONTENT, place);
    Ok(tally.is_bounded(job, place))
}

/// How much comes out, and its checksum; `None` if it is more than may be.
fn unpacked(
    job: &mut Job,
    inside: &mut dyn Read,
    bytes_max: u64,
    place: Place,
) -> io::Result<Option<(u64, u32)>> {
    let mut sum = flate2::Crc::new();
    let mut buffer = vec![0; 64 << 10];
    let mut all = 0_u64;
    loop {
        let size = fill(inside, &mut buffer)?;
        let read = buffer.get(..size).unwrap_or_default();
        if all == 0 {
            job.findings.need(!is_archive(read), rule::ARCHIVE_NESTED, place);
        }
        if read.is_empty() {
            return Ok(Some((all, sum.sum())));
        }
        sum.update(read);
        all += size as u64;
        if all > bytes_max {
            job.findings.add(rule::ARCHIVE_SIZE, place);
            return Ok(None);
        }
    }
}

/// SPEC: 4.3.9: a checksum and sizes behind the content, with or without a mark. WHY four bytes first: sizes may have eight.
fn after<R: Read>(from: &mut Counted<R>, is_late: bool) -> io::Result<Option<Option<u32>>> {
    if !is_late {
        return Ok(Some(None));
    }
    let first = from.some(4)?;
    let sum = if first == b"PK\x07\x08" { from.some(4)? } else { first };
    let Some(sum) = u32_at(&sum, 0) else { return Ok(None) };
    if from.some(8)?.len() < 8 {
        return Ok(None);
    }
    // WHY: what follows is a mark; where it is not, the sizes had eight bytes each.
    if !from.fill_buf()?.starts_with(b"PK") {
        from.skip(8)?;
    }
    Ok(Some(Some(sum)))
}

/// SPEC: 4.3.12: an entry of the directory; whether it is one that was met.
fn central<R: Read>(from: &mut Counted<R>, tally: &Tally) -> io::Result<bool> {
    let fixed = from.some(42)?;
    let sizes = [24, 26, 28].map(|at| u16_at(&fixed, at).map(u64::from).unwrap_or_default());
    let path = from.some(sizes[0])?;
    from.skip(sizes[1] + sizes[2])?;
    let mut hasher = DefaultHasher::new();
    path.as_slice().hash(&mut hasher);
    Ok(fixed.len() == 42 && tally.names.contains(&hasher.finish()))
}
