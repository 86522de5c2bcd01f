//! Maps of codes: to text (`ToUnicode`), and to numbers of glyphs.
//!
//! It exists because a font may number its glyphs as it likes, and say apart what they stand for. It keeps ranges, never what
//! they unfold to.
//!
//! SPEC: ISO 32000-1, 9.7.5 and 9.10.3; Adobe technical note 5411.

/// WHY: a font has 65,536 glyphs.
const RANGES_MAX: usize = 65_536;
/// SPEC: a code has four bytes at most.
const CODE_BYTES_MAX: usize = 4;

/// What a range of codes leads to.
#[derive(Debug, Clone, PartialEq)]
enum Target {
    /// Text of the first one; the last sign of it goes on.
    Text(String),
    Number(u32),
}

/// A map.
#[derive(Debug, Default)]
pub struct Map {
    /// First and last code.
    ranges: Vec<(u32, u32, Target)>,
    /// How many bytes codes between two have.
    spaces: Vec<(usize, u32, u32)>,
}

/// A part of a map's text.
enum Token<'a> {
    Code(Vec<u8>),
    Number(u32),
    Word(&'a [u8]),
}

impl Map {
    pub fn read(bytes: &[u8]) -> Self {
        let (mut map, mut rest, mut held) = (Self::default(), bytes, Vec::new());
        while let Some(token) = token(&mut rest) {
            let Token::Word(word) = token else {
                if held.len() < RANGES_MAX {
                    held.push(token);
                }
                continue;
            };
            match word {
                // WHY kept: a list of texts stands between them.
                b"[" | b"]" if held.len() < RANGES_MAX => held.push(Token::Word(word)),
                b"endcodespacerange" => map.spaces(&held),
                b"endbfchar" | b"endcidchar" => map.singles(&held),
                b"endbfrange" | b"endcidrange" => map.spans(&held),
                _ => {}
            }
            if !matches!(word, b"[" | b"]") {
                held.clear();
            }
        }
        map.ranges.sort_by_key(|(first, ..)| *first);
        map
    }

    fn add(&mut self, first: u32, last: u32, target: &Token) {
        if self.ranges.len() >= RANGES_MAX || last < first {
            return;
        }
        let target = match target {
            Token::Code(text) => Target::Text(wide(text)),
            Token::Number(number) => Target::Number(*number),
            Token::Word(_) => return,
        };
        self.ranges.push((first, last, target));
    }

    fn spaces(&mut self, held: &[Token]) {
        for pair in held.chunks_exact(2) {
            if let [Token::Code(first), Token::Code(last)] = pair {
                let size = first.len();
                if size > 0 && size <= CODE_BYTES_MAX && size == last.len() && self.spaces.len() < RANGES_MAX
                {
                    self.spaces.push((size, code(first), code(last)));
                }
            }
        }
    }

    fn singles(&mut self, held: &[Token]) {
        for pair in held.chunks_exact(2) {
            if let [Token::Code(from), target] = pair {
                self.add(code(from), code(from), target);
            }
        }
    }

    fn spans(&mut self, held: &[Token]) {
        let mut tokens = held.iter();
        while let (Some(Token::Code(first)), Some(Token::Code(last)), Some(target)) =
            (tokens.next(), tokens.next(), tokens.next())
        {
            let (first, last) = (code(first), code(last));
            let Token::Word(b"[") = target else {
                self.add(first, last, target);
                continue;
            };
            for (at, target) in
                tokens.by_ref().take_while(|token| !matches!(token, Token::Word(_))).enumerate()
            {
                let at = first.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
                self.add(at, at, target);
            }
        }
    }

    fn find(&self, code: u32) -> Option<(u32, &Target)> {
        let at = self.ranges.partition_point(|(first, ..)| *first <= code).checked_sub(1)?;
        let (first, last, target) = self.ranges.get(at)?;
        (code <= *last).then_some((code - first, target))
    }

    /// The text of a code.
    pub fn text(&self, code: u32) -> Option<String> {
        let (beyond, Target::Text(text)) = self.find(code)? else { return None };
        let mut text = text.clone();
        let last = text.pop()?;
        text.push(char::from_u32((last as u32).checked_add(beyond)?)?);
        Some(text)
    }

    /// The number of a code.
    pub fn number(&self, code: u32) -> Option<u32> {
        let (beyond, Target::Number(number)) = self.find(code)? else { return None };
        number.checked_add(beyond)
    }

    /// The next code of a text, and how many bytes it has; none: it is not said.
    pub fn next(&self, bytes: &[u8]) -> Option<(u32, usize)> {
        let mut found = self.spaces.iter().filter_map(|(size, first, last)| {
            let code = code(bytes.get(..*size)?);
            (*first <= code && code <= *last).then_some((code, *size))
        });
        found.next()
    }

    pub fn has_spaces(&self) -> bool {
        !self.spaces.is_empty()
    }
}

fn code(bytes: &[u8]) -> u32 {
    bytes.iter().take(CODE_BYTES_MAX).fold(0, |code, byte| code << 8 | u32::from(*byte))
}

/// UTF-16 in big-endian, or one byte for a sign.
fn wide(bytes: &[u8]) -> String {
    if let [byte] = bytes {
        return char::from(*byte).to_string();
    }
    let (pairs, _) = bytes.as_chunks::<2>();
    String::from_utf16_lossy(&pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect::<Vec<_>>())
}

fn token<'a>(rest: &mut &'a [u8]) -> Option<Token<'a>> {
    loop {
        let (first, behind) = rest.split_first()?;
        let bytes = *rest;
        *rest = behind;
        match first {
            b'%' => {
                let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
                *rest = rest.get(end..).unwrap_or_default();
            }
            b'<' if behind.first() != Some(&b'<') => {
                let end = rest.iter().position(|byte| *byte == b'>')?;
                let digits = rest.get(..end).unwrap_or_default();
                let digits: Vec<u8> = digits
                    .iter()
                    .filter_map(|byte| char::from(*byte).to_digit(16))
                    .map(|digit| digit as u8)
                    .collect();
                *rest = rest.get(end + 1..).unwrap_or_default();
                let code =
                    digits.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or_default());
                return Some(Token::Code(code.collect()));
            }
            b'[' | b']' => return Some(Token::Word(bytes.get(..1).unwrap_or_default())),
            b'<' | b'>' | b'(' | b')' | b'{' | b'}' | b'/' => {}
            byte if byte.is_ascii_whitespace() || *byte == 0 => {}
            _ => {
                let is_end = |byte: &u8| byte.is_ascii_whitespace() || b"<>[](){}/%\0".contains(byte);
                let size = bytes.iter().position(is_end).unwrap_or(bytes.len()).max(1);
                let word = bytes.get(..size).unwrap_or_default();
                *rest = bytes.get(size..).unwrap_or_default();
                let number = std::str::from_utf8(word).ok().and_then(|word| word.parse().ok());
                return Some(number.map_or(Token::Word(word), Token::Number));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_lead_to_text_and_numbers() {
        let map = Map::read(
            b"/CIDInit /ProcSet findresource begin 1 begincodespacerange <00> <7f> <8000> <ffff> endcodespacerange\n\
            2 beginbfchar <01> <0041> <8001> <00660069> endbfchar % a remark\n\
            2 beginbfrange <10><12><0061> <20> <21> [<0078> <0079>] endbfrange 1 begincidrange <9000> <9fff> 7 endcidrange",
        );
        let text = |code| map.text(code).unwrap_or_default();
        assert_eq!([text(1), text(0x8001), text(0x12), text(0x21), text(0x22)], ["A", "fi", "c", "y", ""]);
        assert_eq!((map.number(0x9001), map.number(1)), (Some(8), None));
        assert_eq!(
            (map.next(b"\x01\x02"), map.next(b"\x80\x01"), map.next(b"\x80")),
            (Some((1, 1)), Some((0x8001, 2)), None)
        );
        for broken in [&b"<"[..], b"beginbfrange <01> <02> [ <", b"<01> <02> endbfrange", b"[[[[", b"(\x00"] {
            Map::read(broken);
        }
    }
}
