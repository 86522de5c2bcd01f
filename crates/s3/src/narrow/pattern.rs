//! Patterns as AWS has them: `*` is any number of characters, `?` is one; everything else is itself.
//!
//! SPEC: IAM, "Policy elements: Resource", "Using wildcards". It goes back to the last `*` alone, so its work is bounded
//! by the product of both lengths.

/// Whether a text is as a pattern says, all of it.
pub fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut read) = (0, 0);
    // Where the last `*` stands, and how far it reaches.
    let mut star: Option<(usize, usize)> = None;
    while let Some(byte) = text.get(read) {
        match (pattern.get(at), star) {
            (Some(b'*'), _) => {
                star = Some((at, read));
                at += 1;
            }
            (Some(b'?'), _) => {
                at += 1;
                read += width(*byte);
            }
            (Some(own), _) if own == byte => {
                at += 1;
                read += 1;
            }
            (_, Some((place, reach))) => {
                let reach = reach + text.get(reach).copied().map_or(1, width);
                star = Some((place, reach));
                (at, read) = (place + 1, reach);
            }
            (_, None) => return false,
        }
    }
    pattern.iter().skip(at).all(|own| *own == b'*')
}

/// Bytes of the character that begins so, in UTF-8 (RFC 3629, 3).
const fn width(first: u8) -> usize {
    match first {
        0..=0x7f => 1,
        0x80..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xff => 4,
    }
}
