//! Members of a ZIP archive that is held in memory, as its directory at the end lists them.
//!
//! It exists because office documents are archives. It believes no size that a header claims, and takes what office programs
//! take. Whether the archive holds, `validate` says.
//!
//! SPEC: APPNOTE 6.3.10: 4.3.16 (end), 4.3.12 (directory), 4.3.7 (member).

use std::io::Read;

use flate2::read::DeflateDecoder;

use crate::input::{u16_at, u32_at};

const END_BYTES: usize = 22;
/// WHY: an end may have a comment behind it.
const END_BYTES_MAX: usize = END_BYTES + 0xffff;

/// One member.
#[derive(Debug, Clone, Copy)]
pub struct Member<'a> {
    pub path: &'a [u8],
    method: u16,
    packed: &'a [u8],
}

impl<'a> Member<'a> {
    /// What it holds, as it unpacks; none: packed or sealed in a way that is not read. The caller bounds it.
    pub fn open(&self) -> Option<Box<dyn Read + 'a>> {
        match self.method {
            0 => Some(Box::new(self.packed)),
            8 => Some(Box::new(DeflateDecoder::new(self.packed))),
            _ => None,
        }
    }
}

/// Every member that the directory lists; none: it is not whole.
pub fn members(bytes: &[u8]) -> Option<Vec<Member<'_>>> {
    let from = bytes.len().saturating_sub(END_BYTES_MAX);
    let last = bytes.len().checked_sub(END_BYTES)?;
    let end = (from..=last).rev().find(|at| is(bytes, *at, b"PK\x05\x06"))?;
    let (count, mut at) = (u16_at(bytes, end + 10)?, long(bytes, end + 16)?);
    let mut members = Vec::new();
    for _ in 0..count {
        if !is(bytes, at, b"PK\x01\x02") {
            return None;
        }
        let sizes = [28, 30, 32].map(|of| u16_at(bytes, at + of).map(usize::from));
        let [Some(path), Some(extra), Some(comment)] = sizes else { return None };
        members.push(member(bytes, at, path)?);
        at += 46 + path + extra + comment;
    }
    Some(members)
}

fn member(bytes: &[u8], at: usize, path_bytes: usize) -> Option<Member<'_>> {
    let path = bytes.get(at + 46..at + 46 + path_bytes)?;
    let (flags, method) = (u16_at(bytes, at + 8)?, u16_at(bytes, at + 10)?);
    let (size, local) = (long(bytes, at + 20)?, long(bytes, at + 42)?);
    let skipped =
        usize::from(u16_at(bytes, local.checked_add(26)?)?) + usize::from(u16_at(bytes, local + 28)?);
    let start = local.checked_add(30)?.checked_add(skipped)?;
    let packed = bytes.get(start..start.checked_add(size)?)?;
    // WHY: a method that does not exist; what is sealed is not unpacked.
    let method = if flags & 1 == 0 { method } else { u16::MAX };
    Some(Member { path, method, packed })
}

fn long(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32_at(bytes, at)?).ok()
}

fn is(bytes: &[u8], at: usize, mark: &[u8]) -> bool {
    bytes.get(at..).is_some_and(|rest| rest.starts_with(mark))
}
