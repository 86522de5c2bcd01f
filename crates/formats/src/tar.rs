//! Headers of tar files.
//!
//! It exists for detection and validation alike. It never unpacks.
//!
//! SPEC: POSIX.1-2017, pax, `ustar` interchange format; GNU's base-256 sizes.

/// One header: what follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    pub path: Vec<u8>,
    /// Of the content, before it is filled up to 512.
    pub size_bytes: u64,
    pub flag: u8,
    pub link: Vec<u8>,
}

/// Whether a block of 512 bytes is a header: its checksum holds.
pub fn is_header(block: &[u8]) -> bool {
    let claimed = block.get(148..156).and_then(octal);
    let sum = block
        .iter()
        .take(512)
        .enumerate()
        .map(|(at, byte)| if (148..156).contains(&at) { u64::from(b' ') } else { u64::from(*byte) });
    block.len() >= 512 && claimed.is_some_and(|claimed| claimed > 0 && claimed == sum.sum::<u64>())
}

/// Reads a header.
pub fn header(block: &[u8]) -> Option<Header> {
    if !is_header(block) {
        return None;
    }
    let field = |from: usize, to: usize| {
        let field = block.get(from..to).unwrap_or_default();
        let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
        field.get(..end).unwrap_or_default().to_vec()
    };
    let prefix = if block.get(257..262) == Some(b"ustar") { field(345, 500) } else { Vec::new() };
    let name = field(0, 100);
    let path = if prefix.is_empty() { name } else { [prefix, b"/".to_vec(), name].concat() };
    Some(Header {
        path,
        size_bytes: size(block.get(124..136)?)?,
        flag: *block.get(156)?,
        link: field(157, 257),
    })
}

fn size(field: &[u8]) -> Option<u64> {
    if field.first()? & 0x80 == 0 {
        return octal(field);
    }
    let high = field.get(..4)?.iter().skip(1).all(|byte| *byte == 0);
    let low = field.get(4..12)?.try_into().ok().map(u64::from_be_bytes)?;
    high.then_some(low)
}

fn octal(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(field).ok()?.trim_matches(['\0', ' ']);
    if text.is_empty() { Some(0) } else { u64::from_str_radix(text, 8).ok() }
}
