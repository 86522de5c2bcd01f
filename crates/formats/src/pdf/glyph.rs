//! Letters behind names of glyphs and behind single bytes.
//!
//! It exists because fonts of PDF name their glyphs, and most documents use a byte for a letter. It knows letters of Europe
//! and common signs; of others it says nothing.
//!
//! SPEC: ISO 32000-1, annex D; Adobe Glyph List (the part of it that is used, in `glyphs.txt`: name, and code in hex).

use std::collections::HashMap;

const GLYPHS: &str = include_str!("glyphs.txt");
/// SPEC: annex D.2, from 0x80 on; a sign for nothing where there is none.
const WINDOWS: &str = "€\u{fffd}‚ƒ„…†‡ˆ‰Š‹Œ\u{fffd}Ž\u{fffd}\u{fffd}‘’“”•–—˜™š›œ\u{fffd}žŸ";
const MACINTOSH: &str = "ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø¿¡¬√ƒ≈∆«»…\u{a0}ÀÃÕŒœ–—“”‘’÷◊ÿŸ⁄€‹›ﬁﬂ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\u{fffd}ÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ";
/// From 0xa1 on.
const STANDARD: &str = "¡¢£⁄¥ƒ§¤'“«‹›ﬁﬂ\u{fffd}–†‡·\u{fffd}¶•‚„”»…‰\u{fffd}¿\u{fffd}`´ˆ˜¯˘˙¨\u{fffd}˚¸\u{fffd}˝˛ˇ—\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}Æ\u{fffd}ª\u{fffd}\u{fffd}\u{fffd}\u{fffd}ŁØŒº\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}æ\u{fffd}\u{fffd}\u{fffd}ı\u{fffd}\u{fffd}łøœß";
/// Widths of Helvetica from the space on, in thousandths. WHY: the fourteen fonts that every reader has bring none.
pub const WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556,
    556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278,
    500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469,
    556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500,
    278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

/// The sign of a byte in an encoding that has a name.
pub fn sign(encoding: &[u8], byte: u8) -> Option<char> {
    let (from, table) = match encoding {
        b"WinAnsiEncoding" => (0x80, WINDOWS),
        b"MacRomanEncoding" => (0x80, MACINTOSH),
        _ => (0xa1, STANDARD),
    };
    let found = match byte {
        0..0x20 | 0x7f => None,
        0x27 if from == 0xa1 => Some('’'),
        0x60 if from == 0xa1 => Some('‘'),
        0x20..0x7f => Some(char::from(byte)),
        _ if byte >= 0xa0 && encoding == b"WinAnsiEncoding" => Some(char::from(byte)),
        _ => usize::from(byte).checked_sub(from).and_then(|at| table.chars().nth(at)),
    };
    found.filter(|sign| *sign != '\u{fffd}')
}

/// Names of glyphs.
pub struct Glyphs(HashMap<&'static str, char>);

impl Glyphs {
    pub fn new() -> Self {
        let pairs = GLYPHS.split([',', '\n']).filter_map(|pair| {
            let (name, code) = pair.split_once(' ')?;
            Some((name, char::from_u32(u32::from_str_radix(code, 16).ok()?)?))
        });
        Self(pairs.collect())
    }

    /// What a name stands for. SPEC: Adobe Glyph List specification, 2: `f_i.alt`, `uni0041`, `u1F600`.
    pub fn text(&self, name: &str) -> Option<String> {
        let name = name.split('.').next().filter(|name| !name.is_empty())?;
        name.split('_').map(|part| self.sign(part)).collect()
    }

    fn sign(&self, name: &str) -> Option<char> {
        let mut signs = name.chars();
        if let (Some(sign), None) = (signs.next(), signs.next()) {
            return Some(sign);
        }
        let hex = |start: &str, sizes: std::ops::RangeInclusive<usize>| {
            let code = name.strip_prefix(start).filter(|code| sizes.contains(&code.len()))?;
            char::from_u32(u32::from_str_radix(code, 16).ok()?)
        };
        self.0.get(name).copied().or_else(|| hex("uni", 4..=4)).or_else(|| hex("u", 4..=6))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_found_by_byte_and_by_name() {
        for (encoding, byte, expected) in [
            (&b"WinAnsiEncoding"[..], 0xe8, Some('è')),
            (b"WinAnsiEncoding", 0x80, Some('€')),
            (b"MacRomanEncoding", 0x8f, Some('è')),
            (b"MacRomanEncoding", 0xff, Some('ˇ')),
            (b"", 0xae, Some('ﬁ')),
            (b"", 0xfb, Some('ß')),
            (b"", 0xe1, Some('Æ')),
            (b"", 0x27, Some('’')),
            (b"", 0xff, None),
        ] {
            assert_eq!(sign(encoding, byte), expected, "{byte:x}");
        }
        let glyphs = Glyphs::new();
        for (name, expected) in
            [("egrave", "è"), ("f_i", "fi"), ("a.alt", "a"), ("uni20AC", "€"), ("u1F600", "😀"), ("A", "A")]
        {
            assert_eq!(glyphs.text(name).as_deref(), Some(expected));
        }
        assert_eq!(glyphs.text("g17"), None);
    }
}
