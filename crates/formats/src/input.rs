//! Lines of any length from any reader, with their number and where they begin.
//!
//! It exists because the standard library's lines have no bound. It never keeps more of a line than its bound.

use std::io::{self, BufRead, BufReader, Read};

/// WHY: large enough that reading costs nothing beside looking.
const BUFFER_BYTES: usize = 128 << 10;

/// How a line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Lf,
    CrLf,
    /// The file ends first.
    Nothing,
}

/// One line, without its end.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// From 1.
    pub number: u64,
    /// Of its first byte, from 0.
    pub offset: u64,
    /// At most the bound.
    pub bytes: &'a [u8],
    pub end: End,
    /// Whether there was more than the bound.
    pub is_cut: bool,
}

impl Line<'_> {
    pub fn place(&self) -> crate::report::Place {
        crate::report::Place::line(self.number, self.offset)
    }
}

/// A reader by lines.
pub struct Lines<'a> {
    from: BufReader<&'a mut dyn Read>,
    line: Vec<u8>,
    number: u64,
    offset: u64,
    bytes_max: usize,
}

impl<'a> Lines<'a> {
    pub fn new(from: &'a mut dyn Read, bytes_max: usize) -> Self {
        Self {
            from: BufReader::with_capacity(BUFFER_BYTES, from),
            line: Vec::new(),
            number: 0,
            offset: 0,
            bytes_max,
        }
    }

    /// The next line, if there is one.
    #[expect(
        clippy::should_implement_trait,
        reason = "a line borrows its reader, which no iterator can give"
    )]
    pub fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.line.clear();
        let (start, mut is_cut, mut is_ended) = (self.offset, false, false);
        while !is_ended {
            let chunk = match self.from.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if chunk.is_empty() {
                break;
            }
            let found = find(chunk, b'\n');
            let size = found.map_or(chunk.len(), |at| at + 1);
            let content = chunk.get(..found.unwrap_or(size)).unwrap_or_default();
            let room = self.bytes_max.saturating_sub(self.line.len());
            is_cut |= content.len() > room;
            self.line.extend_from_slice(content.get(..content.len().min(room)).unwrap_or_default());
            is_ended = found.is_some();
            self.from.consume(size);
            self.offset += size as u64;
        }
        if self.offset == start {
            return Ok(None);
        }
        self.number += 1;
        let mut end = if is_ended { End::Lf } else { End::Nothing };
        if end == End::Lf && !is_cut && self.line.last() == Some(&b'\r') {
            self.line.pop();
            end = End::CrLf;
        }
        Ok(Some(Line { number: self.number, offset: start, bytes: &self.line, end, is_cut }))
    }
}

/// Where a byte is.
pub fn find(bytes: &[u8], wanted: u8) -> Option<usize> {
    memchr::memchr(wanted, bytes)
}

/// Reads until the buffer is full or there is no more; how much there was.
pub fn fill(from: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut size = 0;
    while let Some(rest) = buffer.get_mut(size..).filter(|rest| !rest.is_empty()) {
        match from.read(rest) {
            Ok(0) => break,
            Ok(more) => size += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(size)
}

/// Passes over bytes without keeping them; how many there were.
pub fn skip(from: &mut dyn Read, size: u64) -> io::Result<u64> {
    io::copy(&mut from.take(size), &mut io::sink())
}

/// At most so many bytes, or `None` if there are more.
pub fn whole(from: &mut dyn Read, bytes_max: usize) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    from.take(bytes_max as u64 + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() <= bytes_max).then_some(bytes))
}

/// A little-endian number at a place.
macro_rules! little {
    ($name:ident $type:ty) => {
        pub fn $name(bytes: &[u8], at: usize) -> Option<$type> {
            const SIZE: usize = size_of::<$type>();
            let found = bytes.get(at..at.checked_add(SIZE)?)?;
            Some(<$type>::from_le_bytes(found.try_into().ok()?))
        }
    };
}
little!(u16_at u16);
little!(u32_at u32);
little!(i32_at i32);
little!(u64_at u64);

/// A reader that knows how far it is, for formats of bytes.
pub struct Bytes<'a> {
    from: &'a mut dyn Read,
    pub offset: u64,
}

impl<'a> Bytes<'a> {
    pub fn new(from: &'a mut dyn Read) -> Self {
        Self { from, offset: 0 }
    }

    /// So many bytes, or what there is of them. WHY nothing is made ready: the size is claimed by the file.
    pub fn some(&mut self, size: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        (&mut *self.from).take(size).read_to_end(&mut bytes)?;
        self.offset += bytes.len() as u64;
        Ok(bytes)
    }

    /// So many bytes, or `None` if there are fewer.
    pub fn exact(&mut self, size: u64) -> io::Result<Option<Vec<u8>>> {
        Ok(Some(self.some(size)?).filter(|bytes| bytes.len() as u64 == size))
    }

    /// Passes over so many; whether there were as many.
    pub fn skip(&mut self, size: u64) -> io::Result<bool> {
        let skipped = skip(&mut *self.from, size)?;
        self.offset += skipped;
        Ok(skipped == size)
    }

    pub fn u32(&mut self) -> io::Result<Option<u32>> {
        Ok(self.exact(4)?.and_then(|bytes| u32_at(&bytes, 0)))
    }

    pub fn u64(&mut self) -> io::Result<Option<u64>> {
        Ok(self.exact(8)?.and_then(|bytes| u64_at(&bytes, 0)))
    }
}
