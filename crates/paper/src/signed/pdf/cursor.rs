//! Reading objects from the bytes of a file (ISO 32000-1, 7.2 and 7.3), without ever calling itself.

use super::Unclear;
use super::object::{Dictionary, Object, Span};

/// WHY: dictionaries of signatures and forms lie five deep.
const DEPTH_MAX: usize = 24;
/// In one object. WHY: the longest that is looked at is the array of our pages.
const ITEMS_MAX: usize = 5_000;
const STRING_BYTES_MAX: usize = 1 << 20;

#[derive(Debug, Clone, PartialEq)]
pub enum Token<'a> {
    Value(Object),
    Word(&'a [u8]),
    ArrayOpen,
    ArrayClose,
    DictionaryOpen,
    DictionaryClose,
    End,
}

/// A place in a file.
#[derive(Clone, Copy)]
pub struct Cursor<'a> {
    pub bytes: &'a [u8],
    pub at: usize,
}

/// What is not yet closed: its items, and whether it is a dictionary.
struct Open {
    items: Vec<Object>,
    is_dictionary: bool,
}

impl<'a> Cursor<'a> {
    pub const fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b'%' => {
                    while self.peek().is_some_and(|byte| byte != b'\n' && byte != b'\r') {
                        self.at += 1;
                    }
                }
                _ if is_space(byte) => self.at += 1,
                _ => return,
            }
        }
    }

    pub fn token(&mut self) -> Result<Token<'a>, Unclear> {
        self.skip_space();
        let Some(byte) = self.peek() else { return Ok(Token::End) };
        let double = self.bytes.get(self.at + 1) == Some(&byte);
        let mut step = |by: usize, token| {
            self.at += by;
            Ok(token)
        };
        match byte {
            b'[' => step(1, Token::ArrayOpen),
            b']' => step(1, Token::ArrayClose),
            b'<' if double => step(2, Token::DictionaryOpen),
            b'>' if double => step(2, Token::DictionaryClose),
            b'<' => self.hex().map(Token::Value),
            b'(' => self.literal().map(Token::Value),
            b'/' => self.name().map(Token::Value),
            _ => self.word(),
        }
    }

    pub fn integer(&mut self) -> Result<usize, Unclear> {
        match self.token()? {
            Token::Value(Object::Integer(number)) => usize::try_from(number).map_err(|_| Unclear),
            _ => Err(Unclear),
        }
    }

    pub fn keyword(&mut self, word: &[u8]) -> Result<(), Unclear> {
        if self.token()? == Token::Word(word) { Ok(()) } else { Err(Unclear) }
    }

    /// One value, and the word after it; `End` as the empty word.
    pub fn value(&mut self) -> Result<(Object, &'a [u8]), Unclear> {
        let mut open = vec![Open { items: Vec::new(), is_dictionary: false }];
        let mut count = 0;
        loop {
            count += 1;
            if count > ITEMS_MAX || open.len() > DEPTH_MAX {
                return Err(Unclear);
            }
            let token = self.token()?;
            let is_outside = open.len() == 1;
            let innermost = open.last_mut().ok_or(Unclear)?;
            match token {
                Token::Value(value) => innermost.items.push(value),
                Token::Word(b"R") => refer(&mut innermost.items)?,
                Token::Word(word) if is_outside => return one(open).map(|value| (value, word)),
                Token::End if is_outside => return one(open).map(|value| (value, &b""[..])),
                Token::ArrayOpen => open.push(Open { items: Vec::new(), is_dictionary: false }),
                Token::DictionaryOpen => open.push(Open { items: Vec::new(), is_dictionary: true }),
                Token::ArrayClose | Token::DictionaryClose if !is_outside => {
                    let closed = open.pop().ok_or(Unclear)?;
                    let value = closed.close(token == Token::DictionaryClose)?;
                    open.last_mut().ok_or(Unclear)?.items.push(value);
                }
                Token::Word(_) | Token::End | Token::ArrayClose | Token::DictionaryClose => {
                    return Err(Unclear);
                }
            }
        }
    }

    fn name(&mut self) -> Result<Object, Unclear> {
        self.at += 1;
        let mut name = Vec::new();
        while let Some(byte) = self.peek().filter(|&byte| is_regular(byte)) {
            self.at += 1;
            if byte != b'#' {
                name.push(byte);
                continue;
            }
            let digits = self.bytes.get(self.at..self.at + 2).ok_or(Unclear)?;
            name.push(digit(digits[0])? << 4 | digit(digits[1])?);
            self.at += 2;
        }
        Ok(Object::Name(name))
    }

    fn word(&mut self) -> Result<Token<'a>, Unclear> {
        let from = self.at;
        while self.peek().is_some_and(is_regular) {
            self.at += 1;
        }
        let word = &self.bytes[from..self.at];
        Ok(match word {
            b"" => return Err(Unclear),
            b"true" => Token::Value(Object::Bool(true)),
            b"false" => Token::Value(Object::Bool(false)),
            b"null" => Token::Value(Object::Null),
            _ if word[0].is_ascii_digit() || b"+-.".contains(&word[0]) => Token::Value(number(word)?),
            _ => Token::Word(word),
        })
    }

    fn hex(&mut self) -> Result<Object, Unclear> {
        let from = self.at;
        let length = self.bytes[from..].iter().position(|&byte| byte == b'>').ok_or(Unclear)?;
        let inside = &self.bytes[from + 1..from + length];
        self.at = from + length + 1;
        let digits = inside.iter().filter(|&&byte| !is_space(byte)).map(|&byte| digit(byte));
        let mut digits = digits.collect::<Result<Vec<u8>, _>>()?;
        // SPEC: ISO 32000-1, 7.3.4.3: a digit that is missing at the end is 0.
        if !digits.len().is_multiple_of(2) {
            digits.push(0);
        }
        let text = digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect::<Vec<_>>();
        if text.len() > STRING_BYTES_MAX {
            return Err(Unclear);
        }
        Ok(Object::Text(text, Span { from, to: self.at, is_hex: true }))
    }

    /// A string in parentheses.
    fn literal(&mut self) -> Result<Object, Unclear> {
        let from = self.at;
        let mut depth = 0_usize;
        loop {
            match self.peek().ok_or(Unclear)? {
                b'\\' => self.at += 1,
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                break;
            }
            if self.at - from > STRING_BYTES_MAX {
                return Err(Unclear);
            }
        }
        let text = unescaped(self.bytes.get(from + 1..self.at - 1).ok_or(Unclear)?);
        Ok(Object::Text(text, Span { from, to: self.at, is_hex: false }))
    }
}

/// SPEC: ISO 32000-1, table 3.
fn unescaped(written: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(written.len());
    let mut rest = written;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            text.push(byte);
            continue;
        }
        let octal = rest.iter().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
        let (number, after) = rest.split_at(octal.max(1).min(rest.len()));
        rest = after;
        match number {
            _ if octal > 0 => text.push(number.iter().fold(0, |sum: u8, digit| sum << 3 | (digit - b'0'))),
            b"n" => text.push(b'\n'),
            b"r" => text.push(b'\r'),
            b"t" => text.push(b'\t'),
            b"b" => text.push(8),
            b"f" => text.push(12),
            // The line goes on.
            b"\n" => {}
            b"\r" => rest = rest.strip_prefix(b"\n").unwrap_or(rest),
            other => text.extend_from_slice(other),
        }
    }
    text
}

impl Open {
    fn close(self, is_dictionary: bool) -> Result<Object, Unclear> {
        if self.is_dictionary != is_dictionary {
            return Err(Unclear);
        }
        if !is_dictionary {
            return Ok(Object::Array(self.items));
        }
        let mut dictionary = Dictionary::new();
        let mut items = self.items.into_iter();
        while let Some(key) = items.next() {
            let (Object::Name(key), Some(value)) = (key, items.next()) else { return Err(Unclear) };
            // Twice the same: viewers differ in which one counts.
            if dictionary.insert(key, value).is_some() {
                return Err(Unclear);
            }
        }
        Ok(Object::Dictionary(dictionary))
    }
}

fn one(mut open: Vec<Open>) -> Result<Object, Unclear> {
    let mut items = open.pop().ok_or(Unclear)?.items;
    if items.len() == 1 { items.pop().ok_or(Unclear) } else { Err(Unclear) }
}

/// `12 0 R`.
fn refer(items: &mut Vec<Object>) -> Result<(), Unclear> {
    let (generation, number) = (items.pop(), items.pop());
    match (number, generation) {
        (Some(Object::Integer(number)), Some(Object::Integer(0))) => {
            items.push(Object::Reference(u32::try_from(number).map_err(|_| Unclear)?));
            Ok(())
        }
        _ => Err(Unclear),
    }
}

fn number(word: &[u8]) -> Result<Object, Unclear> {
    let text = std::str::from_utf8(word).map_err(|_| Unclear)?;
    if !text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.".contains(&byte)) {
        return Err(Unclear);
    }
    match text.contains('.') {
        true => text.parse().map(Object::Real).map_err(|_| Unclear),
        false => text.parse().map(Object::Integer).map_err(|_| Unclear),
    }
}

const fn digit(byte: u8) -> Result<u8, Unclear> {
    match byte {
        b'0'..=b'9' => Ok(byte - b'0'),
        b'a'..=b'f' => Ok(byte - b'a' + 10),
        b'A'..=b'F' => Ok(byte - b'A' + 10),
        _ => Err(Unclear),
    }
}

pub const fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

const fn is_regular(byte: u8) -> bool {
    !is_space(byte) && !matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}
