//! BER (X.690, 8) as DER where they differ in lengths and in strings in pieces: how many programs write a `.p7m`.
//!
//! What is hashed and signed inside is DER already and stays as it is. It never calls itself.

use super::Fault;
use crate::asn1::{self, OCTET_STRING};

/// WHY: the parts of a CMS lie twelve deep.
const DEPTH_MAX: usize = 24;
const PIECES: u8 = 0x24;

/// An element that is still open.
struct Frame {
    tag: u8,
    /// None: until two zeros.
    end: Option<usize>,
    out: Vec<u8>,
}

/// The one element of these bytes, with lengths in their shortest form.
pub fn definite(bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut open: Vec<Frame> = Vec::new();
    let mut done = Vec::new();
    let mut at = 0;
    loop {
        while let Some(ended) = ends(&mut open, bytes, &mut at)? {
            close(ended, open.last_mut(), &mut done);
        }
        if open.is_empty() && at > 0 {
            return if at == bytes.len() { Ok(done) } else { Err(Fault::Malformed) };
        }
        let (tag, end, inside) = header(bytes, at)?;
        let limit = open.iter().rev().find_map(|frame| frame.end).unwrap_or(bytes.len());
        if end.unwrap_or(inside) > limit || open.len() == DEPTH_MAX {
            return Err(Fault::Malformed);
        }
        at = inside;
        match (tag & 0x20 != 0, end) {
            (true, _) => open.push(Frame { tag, end, out: Vec::new() }),
            (false, Some(end)) => {
                put(tag, &bytes[inside..end], open.last_mut(), &mut done)?;
                at = end;
            }
            (false, None) => return Err(Fault::Malformed),
        }
    }
}

/// The innermost element, if it ends here.
fn ends(open: &mut Vec<Frame>, bytes: &[u8], at: &mut usize) -> Result<Option<Frame>, Fault> {
    let Some(frame) = open.last() else { return Ok(None) };
    match frame.end {
        Some(end) if *at > end => return Err(Fault::Malformed),
        Some(end) if *at < end => return Ok(None),
        Some(_) => {}
        None if bytes.get(*at..*at + 2) == Some(&[0, 0]) => *at += 2,
        None => return Ok(None),
    }
    Ok(open.pop())
}

/// Tag, end (None: until two zeros) and where the contents begin.
fn header(bytes: &[u8], at: usize) -> Result<(u8, Option<usize>, usize), Fault> {
    let (tag, first) = match bytes.get(at..) {
        Some(&[tag, first, ..]) if tag & 0x1F != 0x1F && tag != 0 => (tag, first),
        _ => return Err(Fault::Malformed),
    };
    let inside = at + 2;
    if first < 0x80 {
        return Ok((tag, Some(inside + usize::from(first)), inside)).and_then(|found| within(found, bytes));
    }
    let count = usize::from(first & 0x7F);
    let digits = bytes.get(inside..inside + count).ok_or(Fault::Malformed)?;
    match count {
        0 => Ok((tag, None, inside)),
        1..=4 => {
            let length = digits.iter().fold(0, |length, &digit| (length << 8) | usize::from(digit));
            within((tag, Some(inside + count + length), inside + count), bytes)
        }
        _ => Err(Fault::Malformed),
    }
}

fn within(found: (u8, Option<usize>, usize), bytes: &[u8]) -> Result<(u8, Option<usize>, usize), Fault> {
    if found.1.is_some_and(|end| end <= bytes.len()) { Ok(found) } else { Err(Fault::Malformed) }
}

fn put(tag: u8, value: &[u8], above: Option<&mut Frame>, done: &mut Vec<u8>) -> Result<(), Fault> {
    match above {
        Some(frame) if frame.tag == PIECES && tag != OCTET_STRING => return Err(Fault::Malformed),
        Some(frame) if frame.tag == PIECES => frame.out.extend_from_slice(value),
        Some(frame) => asn1::write(tag, value, &mut frame.out),
        None => asn1::write(tag, value, done),
    }
    Ok(())
}

fn close(ended: Frame, above: Option<&mut Frame>, done: &mut Vec<u8>) {
    let tag = if ended.tag == PIECES { OCTET_STRING } else { ended.tag };
    match above {
        Some(frame) if frame.tag == PIECES => frame.out.extend_from_slice(&ended.out),
        Some(frame) => asn1::write(tag, &ended.out, &mut frame.out),
        None => asn1::write(tag, &ended.out, done),
    }
}
