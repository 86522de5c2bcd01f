//! Chunked bodies in pieces that fit in memory.
//!
//! The protocol crate holds a chunk whole before it passes it on, and a client
//! may announce one of gigabytes. Unsigned chunks are cut into the pieces they
//! arrive in; signed ones, which cannot be cut, are bounded.
//! SPEC: "Transferring payload in multiple chunks" (S3 API, SigV4).

use bytes::Bytes;
use http::HeaderMap;

/// WHY: the largest chunk that known clients sign is 1 MiB; parts start at 5 MiB.
pub const SIGNED_CHUNK_BYTES_MAX: u64 = 8 << 20;
/// WHY: a size, a signature of 64 digits, and their names.
const HEAD_BYTES_MAX: usize = 256;

/// Why a chunked body was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    Unreadable,
    Large,
}

/// Where in the framing the body stands.
#[derive(Debug)]
enum At {
    Head(Vec<u8>),
    Data {
        left: u64,
    },
    /// The line's end behind a chunk's data, so many bytes of it to come.
    Gap {
        left: u8,
    },
    /// Trailers, or nothing more.
    Tail,
}

/// A chunked body on its way through.
#[derive(Debug)]
pub struct Chunks {
    at: At,
    is_signed: bool,
    /// Of the signed chunk that is on its way.
    chunk_bytes: u64,
    /// Of the largest that what arrived last had to do with.
    held_bytes: u64,
}

impl Chunks {
    /// Set for bodies that come in chunks.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let payload = headers.get("x-amz-content-sha256")?.as_bytes();
        let is_chunked = payload.starts_with(b"STREAMING-");
        is_chunked.then(|| Self::new(!payload.starts_with(b"STREAMING-UNSIGNED-")))
    }

    pub fn new(is_signed: bool) -> Self {
        Self { at: At::Head(Vec::new()), is_signed, chunk_bytes: 0, held_bytes: 0 }
    }

    /// How much the protocol collects before it passes on.
    pub fn held_bytes(&self) -> u64 {
        self.held_bytes
    }

    /// What arrived, as it goes on.
    pub fn pass(&mut self, mut from: Bytes, into: &mut impl Extend<Bytes>) -> Result<(), Framing> {
        self.held_bytes = self.chunk_bytes;
        while !from.is_empty() {
            match &mut self.at {
                At::Tail => {
                    into.extend([std::mem::take(&mut from)]);
                }
                At::Gap { left } => {
                    *left -= 1;
                    let is_last = *left == 0;
                    self.gap(from.split_to(1), is_last, into)?;
                }
                At::Data { left } => {
                    let size = usize::try_from(*left).unwrap_or(usize::MAX).min(from.len());
                    *left -= size as u64;
                    let is_last = *left == 0;
                    self.data(from.split_to(size), is_last, into);
                }
                At::Head(head) => {
                    let end = from.iter().position(|byte| *byte == b'\n').map_or(from.len(), |end| end + 1);
                    head.extend_from_slice(&from.split_to(end));
                    if head.len() > HEAD_BYTES_MAX {
                        return Err(Framing::Unreadable);
                    }
                    if head.ends_with(b"\n") {
                        let head = std::mem::take(head);
                        self.head(head, into)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn head(&mut self, head: Vec<u8>, into: &mut impl Extend<Bytes>) -> Result<(), Framing> {
        let size_bytes = read_size(&head).ok_or(Framing::Unreadable)?;
        if self.is_signed && size_bytes > SIGNED_CHUNK_BYTES_MAX {
            return Err(Framing::Large);
        }
        self.chunk_bytes = if self.is_signed { size_bytes } else { 0 };
        self.held_bytes = self.held_bytes.max(self.chunk_bytes);
        if self.is_signed || size_bytes == 0 {
            into.extend([Bytes::from(head)]);
        }
        self.at = if size_bytes == 0 { At::Tail } else { At::Data { left: size_bytes } };
        Ok(())
    }

    fn data(&mut self, bytes: Bytes, is_last: bool, into: &mut impl Extend<Bytes>) {
        if is_last {
            self.at = At::Gap { left: 2 };
        }
        if self.is_signed {
            into.extend([bytes]);
        } else {
            let head = Bytes::from(format!("{:x}\r\n", bytes.len()));
            into.extend([head, bytes, Bytes::from_static(b"\r\n")]);
        }
    }

    fn gap(&mut self, byte: Bytes, is_last: bool, into: &mut impl Extend<Bytes>) -> Result<(), Framing> {
        let expected: &[u8] = if is_last { b"\n" } else { b"\r" };
        if byte != expected {
            return Err(Framing::Unreadable);
        }
        if is_last {
            self.at = At::Head(Vec::new());
        }
        if self.is_signed {
            into.extend([byte]);
        }
        Ok(())
    }
}

/// Reads `1f4;chunk-signature=..` up to its size.
fn read_size(head: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(head).ok()?.strip_suffix("\r\n")?;
    let digits = text.split(';').next()?;
    let is_hex = (1..=8).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u64::from_str_radix(digits, 16).ok().filter(|_| is_hex)
}

#[cfg(test)]
mod tests;
