//! One member of a ZIP archive, by its name.
//!
//! It exists because office documents are archives. It reads what fits into memory, believes no size that a header claims,
//! and takes what the directory at the end says, as office programs do.
//!
//! SPEC: APPNOTE 6.3.10: 4.3.16 (end), 4.3.12 (directory), 4.3.7 (member).

use std::io::Read;

use flate2::read::DeflateDecoder;

use super::Lost;
use crate::fault;

const END_BYTES: usize = 22;
/// WHY: an end may have a comment behind it.
const END_BYTES_MAX: usize = END_BYTES + 0xffff;
/// WHY: a document has some hundred members.
const MEMBERS_MAX: u16 = 10_000;

/// What the member holds, unpacked.
pub(super) fn member(from: &mut dyn Read, name: &str, bytes_max: usize) -> Result<Vec<u8>, Lost> {
    let mut bytes = Vec::new();
    from.take(bytes_max as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > bytes_max {
        return Err(Lost::Fault(fault::LIMIT_MEMORY));
    }
    let (method, packed) = find(&bytes, name).ok_or(Lost::Fault(fault::MALFORMED))?;
    match method {
        0 => Ok(packed.to_vec()),
        8 => {
            let mut text = Vec::new();
            let unpacked = DeflateDecoder::new(packed).take(bytes_max as u64 + 1).read_to_end(&mut text);
            unpacked.map_err(|_| Lost::Fault(fault::BROKEN_STREAM))?;
            if text.len() > bytes_max { Err(Lost::Fault(fault::LIMIT_UNPACKED)) } else { Ok(text) }
        }
        _ => Err(Lost::Fault(fault::MALFORMED)),
    }
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn long(bytes: &[u8], at: usize) -> Option<usize> {
    let word = u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?);
    usize::try_from(word).ok()
}

/// How the member is packed, and its packed bytes.
fn find<'a>(bytes: &'a [u8], name: &str) -> Option<(u16, &'a [u8])> {
    let from = bytes.len().saturating_sub(END_BYTES_MAX);
    let end =
        (from..bytes.len().checked_sub(END_BYTES)? + 1).rev().find(|at| is(bytes, *at, b"PK\x05\x06"))?;
    let (count, mut at) = (short(bytes, end + 10)?.min(MEMBERS_MAX), long(bytes, end + 16)?);
    for _ in 0..count {
        if !is(bytes, at, b"PK\x01\x02") {
            return None;
        }
        let sizes = [short(bytes, at + 28)?, short(bytes, at + 30)?, short(bytes, at + 32)?].map(usize::from);
        let [name_size, extra_size, comment_size] = sizes;
        let found = bytes.get(at + 46..at + 46 + name_size)?;
        if found == name.as_bytes() {
            let (method, size, local) =
                (short(bytes, at + 10)?, long(bytes, at + 20)?, long(bytes, at + 42)?);
            let skipped =
                usize::from(short(bytes, local.checked_add(26)?)?) + usize::from(short(bytes, local + 28)?);
            let start = local.checked_add(30)?.checked_add(skipped)?;
            return Some((method, bytes.get(start..start.checked_add(size)?)?));
        }
        at = at.checked_add(46 + name_size + extra_size + comment_size)?;
    }
    None
}

fn is(bytes: &[u8], at: usize, mark: &[u8]) -> bool {
    bytes.get(at..).is_some_and(|rest| rest.starts_with(mark))
}
