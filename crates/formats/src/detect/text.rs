//! Texts: how they are encoded, and in which order their kinds are asked for.
//!
//! It exists so that every detector of text sees the same lines. It never decodes more than the head.

use std::borrow::Cow;

use super::{Detected, Encoding, Head, clinical, genome, markup, table};
use crate::kind::Kind;

/// WHY: what a table is shows in so many lines, and they are walked several times.
const LINES_MAX: usize = 500;
/// WHY: Latin letters with accents are rarely one in four, other bytes are often more.
const HIGH_SHARE_MAX: f64 = 0.3;

/// A head as text.
pub(crate) struct Text<'a> {
    pub text: Cow<'a, str>,
    pub encoding: Encoding,
    pub is_whole: bool,
}

impl Text<'_> {
    /// Its first lines, without one that the head breaks off, unless it is the only one.
    pub fn lines(&self) -> Vec<&str> {
        let mut lines: Vec<&str> = self.text.split('\n').map(|line| line.trim_end_matches('\r')).collect();
        let is_broken = lines.last().is_some_and(|last| last.is_empty() || !self.is_whole);
        if is_broken && lines.len() > 1 {
            lines.pop();
        }
        lines.truncate(LINES_MAX);
        lines
    }
}

/// What a text is.
pub fn find(head: Head) -> Option<Detected> {
    let text = decode(head)?;
    let lines = text.lines();
    let mut found = clinical::hl7(&text)
        .or_else(|| genome::marked(&lines))
        .or_else(|| markup::find(&text, &lines))
        .or_else(|| script(&lines))
        .or_else(|| manifest(&lines))
        .or_else(|| genome::columns(&lines))
        .or_else(|| table::find(&text, &lines))
        .or_else(|| markup::yaml(&lines))
        .unwrap_or_else(|| Detected::likely(Kind::Text, "text without a form that is known"));
    found.encoding = Some(text.encoding);
    Some(found)
}

/// Bytes as text, if they are one.
pub fn decode<'a>(head: Head<'a>) -> Option<Text<'a>> {
    let text = |text, encoding| Some(Text { text, encoding, is_whole: head.is_whole });
    match head.bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => return text(utf8(rest)?, Encoding::Utf8Mark),
        [0xff, 0xfe, rest @ ..] => return text(wide(rest, u16::from_le_bytes)?, Encoding::Utf16Le),
        [0xfe, 0xff, rest @ ..] => return text(wide(rest, u16::from_be_bytes)?, Encoding::Utf16Be),
        _ => {}
    }
    if head.bytes.contains(&0) {
        let zeros = |from: usize| head.bytes.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
        let half = head.bytes.len().div_ceil(2);
        let (even, odd) = (zeros(0), zeros(1));
        return match (even * 10 < half, odd * 10 > half * 6, odd * 10 < half, even * 10 > half * 6) {
            (true, true, ..) => text(wide(head.bytes, u16::from_le_bytes)?, Encoding::Utf16Le),
            (.., true, true) => text(wide(head.bytes, u16::from_be_bytes)?, Encoding::Utf16Be),
            _ => None,
        };
    }
    let strange = head.bytes.iter().filter(|byte| is_strange(**byte)).count();
    if strange * 100 > head.bytes.len() {
        return None;
    }
    if let Some(plain) = utf8(head.bytes) {
        let encoding = if plain.is_ascii() { Encoding::Ascii } else { Encoding::Utf8 };
        return text(plain, encoding);
    }
    let high = head.bytes.iter().filter(|byte| !byte.is_ascii()).count();
    let is_latin = (high as f64) < head.bytes.len() as f64 * HIGH_SHARE_MAX;
    is_latin.then_some(())?;
    text(Cow::Owned(head.bytes.iter().map(|byte| char::from(*byte)).collect()), Encoding::Latin1)
}

fn is_strange(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0b | 0x0c | 0x1b | 0x1a)
}

/// UTF-8 whose last letter the head may break.
fn utf8(bytes: &[u8]) -> Option<Cow<'_, str>> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(Cow::Borrowed(text)),
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(bytes.get(..error.valid_up_to())?).ok().map(Cow::Borrowed)
        }
        Err(_) => None,
    }
}

fn wide(bytes: &[u8], read: fn([u8; 2]) -> u16) -> Option<Cow<'_, str>> {
    let units = bytes.chunks_exact(2).filter_map(|pair| Some(read(pair.try_into().ok()?)));
    let text: String =
        char::decode_utf16(units).map(|sign| sign.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    let broken = text.chars().filter(|sign| *sign == char::REPLACEMENT_CHARACTER).count();
    (broken <= 1).then_some(Cow::Owned(text))
}

fn script(lines: &[&str]) -> Option<Detected> {
    lines.first()?.starts_with("#!").then(|| Detected::certain(Kind::Script, "begins with #!: a program"))
}

/// Checksum manifests: lines of a digest and a path, as the coreutils and BagIt write them.
fn manifest(lines: &[&str]) -> Option<Detected> {
    let filled: Vec<&&str> =
        lines.iter().filter(|line| !line.trim().is_empty() && !line.starts_with('#')).collect();
    let first = crate::manifest::line(filled.first()?)?;
    let is_one = filled
        .iter()
        .all(|line| crate::manifest::line(line).is_some_and(|entry| entry.digest == first.digest));
    is_one.then(|| {
        Detected::strong(Kind::Manifest, "each line is a digest and a path")
            .with("digest", first.digest.code())
    })
}
