//! BGZF block by block, with the places that indexes point to.
//!
//! It exists because an index says where in which block a record begins. It holds one block, and checks its sum.
//!
//! SPEC: SAM 1.6, 4.1: a block is a gzip member of at most 64 KiB with a field `BC` that says how long it is.

use std::io::{self, Read};

use flate2::{Crc, Decompress, FlushDecompress, Status};

use crate::fault;
use crate::step::{Counts, Stop, count};

const BLOCK_BYTES_MAX: usize = 1 << 16;

pub(super) struct Blocks<'a> {
    from: &'a mut dyn Read,
    why: &'a dyn Fn(&io::Error) -> Stop,
    block: Vec<u8>,
    at: usize,
    /// Where this block begins, and the next one.
    starts: u64,
    next: u64,
    left: u64,
    /// Whether the last block was empty, as the last of a file is.
    is_ended: bool,
}

impl<'a> Blocks<'a> {
    pub fn new(from: &'a mut dyn Read, why: &'a dyn Fn(&io::Error) -> Stop, bytes_max: u64) -> Self {
        Self { from, why, block: Vec::new(), at: 0, starts: 0, next: 0, left: bytes_max, is_ended: false }
    }

    /// Where the next byte is: its block's place times 65,536, plus its place inside.
    pub fn place(&self) -> u64 {
        if self.at >= self.block.len() { self.next << 16 } else { self.starts << 16 | self.at as u64 }
    }

    fn exact(&mut self, size: usize) -> Result<Vec<u8>, Stop> {
        let mut bytes = vec![0; size];
        self.from.read_exact(&mut bytes).map_err(|error| (self.why)(&error))?;
        Ok(bytes)
    }

    /// Goes to the next block that holds something; none: there is no more.
    fn advance(&mut self) -> Result<bool, Stop> {
        while self.at >= self.block.len() {
            self.starts = self.next;
            let mut first = [0];
            let size = self.from.read(&mut first).map_err(|error| (self.why)(&error))?;
            if size == 0 {
                self.block.clear();
                self.at = 0;
                // WHY: a file that breaks off between two blocks looks whole but for this.
                return if self.is_ended { Ok(false) } else { Err(fault::BROKEN_STREAM.into()) };
            }
            self.block = self.read(first[0])?;
            self.at = 0;
            self.left = self.left.checked_sub(self.block.len() as u64).ok_or(fault::LIMIT_UNPACKED)?;
        }
        Ok(true)
    }

    fn read(&mut self, first: u8) -> Result<Vec<u8>, Stop> {
        let head = self.exact(11)?;
        let is_block =
            first == 0x1f && head.starts_with(&[0x8b, 8]) && head.get(2).is_some_and(|flags| *flags == 4);
        let extra_size = head.last_chunk::<2>().map_or(0, |size| u16::from_le_bytes(*size));
        if !is_block {
            return Err(fault::NOT_BLOCKED.into());
        }
        let extra = self.exact(usize::from(extra_size))?;
        let size = usize::from(block_size(&extra).ok_or(fault::NOT_BLOCKED)?) + 1;
        let body = size.checked_sub(12 + extra.len() + 8).ok_or(fault::BROKEN_STREAM)?;
        let packed = self.exact(body)?;
        let tail = self.exact(8)?;
        self.next += size as u64;
        // SPEC: SAM 1.6, 4.1.2: these very bytes end a file.
        self.is_ended = size == END.len() && END.ends_with(&[packed.as_slice(), &tail].concat());
        unpacked(&packed, &tail).ok_or_else(|| fault::BROKEN_STREAM.into())
    }

    /// So many bytes; none: there is nothing more at all.
    pub fn take(&mut self, size: usize, into: &mut Vec<u8>) -> Result<bool, Stop> {
        into.clear();
        while into.len() < size {
            if !self.advance()? {
                return if into.is_empty() { Ok(false) } else { Err(fault::BROKEN_STREAM.into()) };
            }
            let rest = self.block.get(self.at..).unwrap_or_default();
            let taken = rest.get(..rest.len().min(size - into.len())).unwrap_or_default();
            into.extend_from_slice(taken);
            self.at += taken.len();
        }
        Ok(true)
    }

    /// Passes over so many bytes.
    pub fn skip(&mut self, mut size: u64) -> Result<(), Stop> {
        while size > 0 {
            if !self.advance()? {
                return Err(fault::BROKEN_STREAM.into());
            }
            let room = (self.block.len() - self.at) as u64;
            let taken = room.min(size);
            self.at += usize::try_from(taken).unwrap_or_default();
            size -= taken;
        }
        Ok(())
    }

    /// The next line without its end; none: there is no more.
    pub fn line(&mut self, into: &mut Vec<u8>, bytes_max: usize) -> Result<bool, Stop> {
        into.clear();
        let mut is_any = false;
        while self.advance()? {
            is_any = true;
            let rest = self.block.get(self.at..).unwrap_or_default();
            let found = rest.iter().position(|byte| *byte == b'\n');
            into.extend_from_slice(rest.get(..found.unwrap_or(rest.len())).unwrap_or_default());
            self.at += found.map_or(rest.len(), |at| at + 1);
            if into.len() > bytes_max {
                return Err(fault::LIMIT_LINE.into());
            }
            if found.is_some() {
                break;
            }
        }
        if into.last() == Some(&b'\r') {
            into.pop();
        }
        Ok(is_any)
    }
}

/// The field `BC`, among others that may be there.
fn block_size(mut extra: &[u8]) -> Option<u16> {
    loop {
        let (head, rest) = extra.split_at_checked(4)?;
        let size = usize::from(u16::from_le_bytes([*head.get(2)?, *head.get(3)?]));
        let field = rest.get(..size)?;
        if head.starts_with(b"BC") && size == 2 {
            return Some(u16::from_le_bytes(field.try_into().ok()?));
        }
        extra = rest.get(size..)?;
    }
}

fn unpacked(packed: &[u8], tail: &[u8]) -> Option<Vec<u8>> {
    let word = |at: usize| Some(u32::from_le_bytes(tail.get(at..at + 4)?.try_into().ok()?));
    let size = usize::try_from(word(4)?).ok().filter(|size| *size <= BLOCK_BYTES_MAX)?;
    let mut block = Vec::with_capacity(size.max(1));
    let status = Decompress::new(false).decompress_vec(packed, &mut block, FlushDecompress::Finish).ok()?;
    let mut sum = Crc::new();
    sum.update(&block);
    (status == Status::StreamEnd && block.len() == size && sum.sum() == word(0)?).then_some(block)
}

/// GZI: how many blocks but the first, and where each begins, packed and unpacked.
pub(super) fn index(blocks: &mut Blocks, counts: &mut Counts) -> Result<Vec<u8>, Stop> {
    let (mut places, mut bytes) = (Vec::new(), 0_u64);
    while blocks.advance()? {
        if bytes > 0 {
            places.push((blocks.starts, bytes));
        }
        bytes += blocks.block.len() as u64;
        blocks.at = blocks.block.len();
    }
    count(counts, "blocks", places.len() as u64 + u64::from(bytes > 0));
    let mut index = (places.len() as u64).to_le_bytes().to_vec();
    for (packed, unpacked) in places {
        index.extend_from_slice(&packed.to_le_bytes());
        index.extend_from_slice(&unpacked.to_le_bytes());
    }
    Ok(index)
}

/// Bytes as BGZF. WHY not packed: what a packer makes differs between machines and releases, and an index is small.
pub(super) fn stored(bytes: &[u8]) -> Vec<u8> {
    /// WHY: with its frame of 31 bytes a block stays below 64 KiB.
    const PIECE_BYTES: usize = 65_000;
    let mut out = Vec::new();
    for piece in bytes.chunks(PIECE_BYTES) {
        let size = u16::try_from(piece.len()).unwrap_or_default();
        let mut sum = Crc::new();
        sum.update(piece);
        out.extend_from_slice(&[0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 6, 0, 0x42, 0x43, 2, 0]);
        // SPEC: RFC 1951, 3.2.4: a last block that is stored: its length, and that inverted.
        out.extend_from_slice(&(size + 30).to_le_bytes());
        out.push(1);
        out.extend_from_slice(&size.to_le_bytes());
        out.extend_from_slice(&(!size).to_le_bytes());
        out.extend_from_slice(piece);
        out.extend_from_slice(&sum.sum().to_le_bytes());
        out.extend_from_slice(&u32::from(size).to_le_bytes());
    }
    out.extend_from_slice(&END);
    out
}

/// SPEC: SAM 1.6, 4.1.2: an empty block ends a file.
const END: [u8; 28] = [
    0x1f, 0x8b, 0x08, 0x04, 0, 0, 0, 0, 0, 0xff, 0x06, 0, 0x42, 0x43, 0x02, 0, 0x1b, 0, 0x03, 0, 0, 0, 0, 0,
    0, 0, 0, 0,
];
