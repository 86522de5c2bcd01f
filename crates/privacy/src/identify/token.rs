//! Text cut into words, numbers and marks, whatever its bytes and however long.
//!
//! It exists so that every rule looks at the same few tokens around one place. It never decodes a whole text, never
//! fails on bytes that are no UTF-8 (they count as letters of an older encoding), and keeps no text.

use super::lexicon::{self, Flags};

/// WHY: no identifier is longer; longer runs (sequences, base64) are passed over in one step.
pub(super) const RUN_BYTES_MAX: usize = 96;

/// What a token is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Letters only.
    Word,
    /// ASCII digits only.
    Number,
    /// Letters and digits.
    Mixed,
    /// More letters and digits than any identifier has.
    Long,
    /// One sign: its ASCII byte, `\n` for an end of line, `\''`, `-` and `"` for their typographic kin, 0 for others.
    Mark(u8),
}

/// How a word is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    Lower,
    /// The first letter is a capital, another is not.
    Title,
    /// All capitals, at least two.
    Upper,
    /// One capital letter alone.
    Initial,
}

/// A piece of the text: where it is, in bytes, and what is known of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub start: usize,
    pub end: usize,
    pub class: Class,
    pub case: Case,
    pub flags: Flags,
}

impl Token {
    pub fn is_mark(&self, mark: u8) -> bool {
        self.class == Class::Mark(mark)
    }

    pub fn size(&self) -> usize {
        self.end - self.start
    }
}

/// Whether words are also cut where a small letter meets a capital, as in the names of files and columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    Plain,
    Camel,
}

/// Tokens of a text, one by one.
#[derive(Debug)]
pub(super) struct Tokens<'a> {
    text: &'a [u8],
    at: usize,
    cut: Cut,
}

/// What one character is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Space,
    Digit,
    /// Whether it is a capital.
    Letter(bool),
    Mark(u8),
}

impl<'a> Tokens<'a> {
    pub fn of(text: &'a [u8], cut: Cut) -> Self {
        Self { text, at: 0, cut }
    }

    /// The sign at `at` and how many bytes it has; `at` is inside the text.
    #[inline]
    fn sign(&self, at: usize) -> (Sign, usize) {
        let byte = self.text[at];
        match SIGNS.get(usize::from(byte)) {
            Some(sign) => (*sign, 1),
            None => wide(&self.text[at..]),
        }
    }
}

/// What each ASCII byte is.
static SIGNS: [Sign; 128] = {
    let mut signs = [Sign::Space; 128];
    let mut byte = 0;
    while byte < 128 {
        signs[byte as usize] = ascii(byte);
        byte += 1;
    }
    signs
};

const fn ascii(byte: u8) -> Sign {
    match byte {
        b'0'..=b'9' => Sign::Digit,
        b'a'..=b'z' => Sign::Letter(false),
        b'A'..=b'Z' => Sign::Letter(true),
        b'\n' => Sign::Mark(b'\n'),
        0..=b' ' | 0x7f => Sign::Space,
        mark => Sign::Mark(mark),
    }
}

fn wide(text: &[u8]) -> (Sign, usize) {
    let Some(sign) = character(text) else {
        // WHY: text in Latin-1 and its kin has its accented letters at 0xC0 and above.
        return (if text[0] >= 0xC0 { Sign::Letter(text[0] < 0xE0) } else { Sign::Mark(0) }, 1);
    };
    let kind = match sign {
        '\u{2019}' | '\u{2018}' | '\u{00B4}' => Sign::Mark(b'\''),
        '\u{2010}'..='\u{2014}' => Sign::Mark(b'-'),
        '\u{201C}' | '\u{201D}' | '\u{00AB}' | '\u{00BB}' => Sign::Mark(b'"'),
        'º' | 'ª' => Sign::Mark(0),
        // Accents that stand by themselves after their letter.
        '\u{0300}'..='\u{036F}' => Sign::Letter(false),
        sign if sign.is_whitespace() => Sign::Space,
        sign if sign.is_alphanumeric() => Sign::Letter(sign.is_uppercase()),
        _ => Sign::Mark(0),
    };
    (kind, sign.len_utf8())
}

/// The character at the start of bytes that begin with none of ASCII; None where that is no UTF-8.
pub(super) fn character(text: &[u8]) -> Option<char> {
    let size = match text.first()? {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return None,
    };
    std::str::from_utf8(text.get(..size)?).ok()?.chars().next()
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        while self.at < self.text.len() {
            let start = self.at;
            let (sign, size) = self.sign(start);
            self.at += size;
            match sign {
                Sign::Space => {}
                Sign::Mark(mark) => {
                    let (class, case) = (Class::Mark(mark), Case::Lower);
                    return Some(Token { start, end: self.at, class, case, flags: Flags::NONE });
                }
                Sign::Digit | Sign::Letter(_) => return Some(self.run(start, sign)),
            }
        }
        None
    }
}

impl Tokens<'_> {
    /// The run of letters and digits that begins at `start` with `first`, which was read.
    fn run(&mut self, start: usize, first: Sign) -> Token {
        let (mut has_digit, mut letters, mut capitals) = (false, 0_usize, 0_usize);
        let mut sign = first;
        loop {
            match sign {
                Sign::Letter(is_capital) => {
                    letters += 1;
                    capitals += usize::from(is_capital);
                }
                _ => has_digit = true,
            }
            let Some((next, size)) = (self.at < self.text.len()).then(|| self.sign(self.at)) else { break };
            let is_hump = sign == Sign::Letter(false) && next == Sign::Letter(true);
            if matches!(next, Sign::Space | Sign::Mark(_)) || (is_hump && self.cut == Cut::Camel) {
                break;
            }
            self.at += size;
            sign = next;
        }
        let class = match (letters, has_digit) {
            _ if self.at - start > RUN_BYTES_MAX => Class::Long,
            (0, _) => Class::Number,
            (_, false) => Class::Word,
            _ => Class::Mixed,
        };
        let case = match (first, capitals) {
            (Sign::Letter(true), _) if letters == 1 => Case::Initial,
            (_, capitals) if capitals == letters && letters > 0 => Case::Upper,
            (Sign::Letter(true), _) => Case::Title,
            _ => Case::Lower,
        };
        let flags =
            if class == Class::Word { lexicon::flags(&self.text[start..self.at]) } else { Flags::NONE };
        Token { start, end: self.at, class, case, flags }
    }
}
