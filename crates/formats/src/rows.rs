//! Rows of a table of text, of any length, with quotes as RFC 4180 has them.
//!
//! It exists so that profiles, validation and contracts read the same cells. It keeps one row, and of that no more than its
//! bound.

use std::io::{self, BufReader, Read};

use crate::detect::{Dialect, Encoding};
use crate::report::Place;

const BUFFER_BYTES: usize = 128 << 10;

/// What is wrong with how a row is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// A quote that nothing closes.
    Open,
    /// Something behind a closing quote.
    Stray,
    /// Longer than is read.
    TooLong,
    /// More cells than are read.
    TooMany,
    Nul,
}

/// One row.
#[derive(Debug)]
pub struct Row<'a> {
    /// Rows, the header among them, from 1; blank lines do not count.
    pub number: u64,
    pub place: Place,
    pub flaws: &'a [Flaw],
    /// Whether its line ends.
    pub is_ended: bool,
    /// Blank lines before it.
    pub blank: u64,
    bytes: &'a [u8],
    ends: &'a [usize],
}

impl<'a> Row<'a> {
    pub fn width(&self) -> usize {
        self.ends.len()
    }

    /// The cells, without quotes around them.
    pub fn cells(&self) -> impl Iterator<Item = &'a [u8]> {
        let (bytes, ends) = (self.bytes, self.ends);
        (0..ends.len()).map(move |at| {
            let start = at.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or_default();
            ends.get(at).and_then(|end| bytes.get(start..*end)).unwrap_or_default()
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Begin,
    Plain,
    Quoted,
    /// Behind a quote that closes, or doubles.
    Closing,
}

/// A reader by rows.
pub struct Rows<'a> {
    from: Box<dyn Read + 'a>,
    buffer: Vec<u8>,
    /// What of the buffer is read, and where it is up to.
    filled: usize,
    at: usize,
    delimiter: u8,
    quote: Option<u8>,
    bytes_max: usize,
    columns_max: usize,
    bytes: Vec<u8>,
    ends: Vec<usize>,
    flaws: Vec<Flaw>,
    number: u64,
    line: u64,
    offset: u64,
}

impl<'a> Rows<'a> {
    pub fn new(from: &'a mut dyn Read, dialect: &Dialect, bytes_max: usize, columns_max: usize) -> Self {
        Self {
            from: decoded(from, dialect.encoding),
            buffer: vec![0; BUFFER_BYTES],
            filled: 0,
            at: 0,
            delimiter: u8::try_from(dialect.delimiter).unwrap_or(b','),
            quote: Some(b'"').filter(|_| dialect.delimiter != '\t' || dialect.quote.is_some()),
            bytes_max,
            columns_max,
            bytes: Vec::new(),
            ends: Vec::new(),
            flaws: Vec::new(),
            number: 0,
            line: 1,
            offset: 0,
        }
    }

    /// Passes over lines before the table, and tells them.
    pub fn skip_lines(&mut self, count: usize, told: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        for _ in 0..count {
            loop {
                if self.at >= self.filled && !self.refill()? {
                    return Ok(());
                }
                let rest = self.buffer.get(self.at..self.filled).unwrap_or_default();
                let found = memchr::memchr(b'\n', rest);
                let used = found.map_or(rest.len(), |at| at + 1);
                told(rest.get(..used).unwrap_or_default());
                self.at += used;
                self.offset += used as u64;
                if found.is_some() {
                    break;
                }
            }
            self.line += 1;
        }
        Ok(())
    }

    /// Whether there was more.
    fn refill(&mut self) -> io::Result<bool> {
        loop {
            match self.from.read(&mut self.buffer) {
                Ok(size) => {
                    (self.at, self.filled) = (0, size);
                    return Ok(size > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn flaw(&mut self, flaw: Flaw) {
        if !self.flaws.contains(&flaw) {
            self.flaws.push(flaw);
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        let room = self.bytes_max.saturating_sub(self.bytes.len());
        if bytes.len() > room {
            self.flaw(Flaw::TooLong);
        }
        self.bytes.extend_from_slice(bytes.get(..bytes.len().min(room)).unwrap_or_default());
    }

    fn end_cell(&mut self) {
        if self.ends.len() < self.columns_max {
            self.ends.push(self.bytes.len());
        } else {
            self.flaw(Flaw::TooMany);
        }
    }

    /// The next row that is not blank.
    pub fn row(&mut self) -> io::Result<Option<Row<'_>>> {
        let mut blank = 0;
        loop {
            self.bytes.clear();
            self.ends.clear();
            self.flaws.clear();
            let (line, offset) = (self.line, self.offset);
            let is_ended = self.read()?;
            if self.offset == offset {
                return Ok(None);
            }
            if self.ends.len() == 1 && self.bytes.iter().all(u8::is_ascii_whitespace) && self.flaws.is_empty()
            {
                blank += 1;
                continue;
            }
            self.number += 1;
            let place = Place::line(line, offset);
            let Self { bytes, ends, flaws, number, .. } = self;
            return Ok(Some(Row { number: *number, place, flaws, is_ended, blank, bytes, ends }));
        }
    }

    /// Reads one row into the buffers; whether its line ended.
    fn read(&mut self) -> io::Result<bool> {
        let (mut state, start) = (State::Begin, self.offset);
        loop {
            if self.at >= self.filled && !self.refill()? {
                if self.offset > start {
                    if state == State::Quoted {
                        self.flaw(Flaw::Open);
                    }
                    self.end_cell();
                }
                return Ok(false);
            }
            // WHY: taken out while it is looked at, so that what is found can be kept beside it.
            let buffer = std::mem::take(&mut self.buffer);
            let (used, is_ended) =
                self.scan(buffer.get(self.at..self.filled).unwrap_or_default(), &mut state);
            self.buffer = buffer;
            self.at += used;
            self.offset += used as u64;
            if is_ended {
                return Ok(true);
            }
        }
    }

    /// Goes through a chunk as far as the row goes.
    fn scan(&mut self, chunk: &[u8], state: &mut State) -> (usize, bool) {
        let mut at = 0;
        while let Some(byte) = chunk.get(at).copied() {
            let is_quote = Some(byte) == self.quote;
            match *state {
                State::Quoted if is_quote => *state = State::Closing,
                State::Quoted => {
                    self.line += u64::from(byte == b'\n');
                    self.plain(chunk, &mut at, |byte, quote, _| {
                        Some(byte) == quote || byte == b'\n' || byte == 0
                    });
                    continue;
                }
                State::Closing if is_quote => {
                    self.push(&[byte]);
                    *state = State::Quoted;
                }
                State::Begin if is_quote => *state = State::Quoted,
                _ if byte == b'\n' => {
                    if self.bytes.last() == Some(&b'\r')
                        && self.bytes.len() > self.ends.last().copied().unwrap_or(0)
                    {
                        self.bytes.pop();
                    }
                    self.end_cell();
                    self.line += 1;
                    return (at + 1, true);
                }
                _ if byte == self.delimiter => {
                    self.end_cell();
                    *state = State::Begin;
                }
                State::Closing if byte == b'\r' => self.push(&[byte]),
                State::Closing => {
                    self.flaw(Flaw::Stray);
                    self.push(&[byte]);
                    *state = State::Plain;
                }
                State::Begin | State::Plain => {
                    *state = State::Plain;
                    self.plain(chunk, &mut at, |byte, _, delimiter| {
                        byte == delimiter || byte == b'\n' || byte == 0
                    });
                    continue;
                }
            }
            at += 1;
        }
        (chunk.len(), false)
    }

    /// Takes bytes up to one that means something, and at least one.
    fn plain(&mut self, chunk: &[u8], at: &mut usize, stops: fn(u8, Option<u8>, u8) -> bool) {
        let rest = chunk.get(*at..).unwrap_or_default();
        let (quote, delimiter) = (self.quote, self.delimiter);
        let size = rest
            .iter()
            .skip(1)
            .position(|byte| stops(*byte, quote, delimiter))
            .map_or(rest.len(), |at| at + 1);
        if rest.first() == Some(&0) {
            self.flaw(Flaw::Nul);
        }
        self.push(rest.get(..size).unwrap_or_default());
        *at += size;
    }
}

/// What is read, as UTF-8; what is no sign of its encoding becomes U+FFFD, but in ASCII and UTF-8, which pass as they are.
pub fn decoded<'a>(from: &'a mut dyn Read, encoding: Encoding) -> Box<dyn Read + 'a> {
    match encoding {
        Encoding::Ascii | Encoding::Utf8 => Box::new(from),
        Encoding::Utf8Mark => Box::new(Unmarked { from, left: 3 }),
        Encoding::Latin1 | Encoding::Utf16Le | Encoding::Utf16Be => Box::new(Transcoded {
            from: BufReader::new(from),
            encoding,
            ready: Vec::new(),
            at: 0,
            high: None,
            is_begun: false,
        }),
    }
}

/// UTF-8 without its mark.
struct Unmarked<'a> {
    from: &'a mut dyn Read,
    left: usize,
}

impl Read for Unmarked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.left > 0 {
            let mut mark = [0; 3];
            let size = self.from.read(mark.get_mut(..self.left).unwrap_or_default())?;
            self.left = if size == 0 { 0 } else { self.left - size };
        }
        self.from.read(buffer)
    }
}

/// Other encodings as UTF-8.
struct Transcoded<'a> {
    from: BufReader<&'a mut dyn Read>,
    encoding: Encoding,
    ready: Vec<u8>,
    at: usize,
    /// The first half of a pair.
    high: Option<u16>,
    is_begun: bool,
}

impl Transcoded<'_> {
    fn put(&mut self, sign: char) {
        self.ready.extend_from_slice(sign.encode_utf8(&mut [0; 4]).as_bytes());
    }

    fn unit(&mut self, unit: u16) {
        if !std::mem::replace(&mut self.is_begun, true) && unit == 0xfeff {
            return;
        }
        let units: Vec<u16> = self.high.take().into_iter().chain([unit]).collect();
        if (0xd800..0xdc00).contains(&unit) && units.len() == 1 {
            self.high = Some(unit);
            return;
        }
        for sign in char::decode_utf16(units) {
            self.put(sign.unwrap_or(char::REPLACEMENT_CHARACTER));
        }
    }

    fn more(&mut self) -> io::Result<()> {
        self.ready.clear();
        self.at = 0;
        let mut bytes = [0; 4096];
        let size = crate::input::fill(&mut self.from, &mut bytes)?;
        let read = bytes.get(..size).unwrap_or_default();
        match self.encoding {
            Encoding::Utf16Le => {
                read.chunks(2).for_each(|pair| {
                    self.unit(pair.iter().rev().fold(0, |unit, byte| unit << 8 | u16::from(*byte)))
                });
            }
            Encoding::Utf16Be => {
                read.chunks(2).for_each(|pair| {
                    self.unit(pair.iter().fold(0, |unit, byte| unit << 8 | u16::from(*byte)))
                });
            }
            Encoding::Ascii | Encoding::Utf8 | Encoding::Utf8Mark | Encoding::Latin1 => {
                read.iter().for_each(|byte| self.put(char::from(*byte)));
            }
        }
        Ok(())
    }
}

impl Read for Transcoded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.ready.len() {
            self.more()?;
        }
        let rest = self.ready.get(self.at..).unwrap_or_default();
        let size = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..size), rest.get(..size)) {
            to.copy_from_slice(from);
        }
        self.at += size;
        Ok(size)
    }
}
