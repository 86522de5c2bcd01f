//! A font of a PDF: which codes a text has, what they stand for, how wide they are.
//!
//! It exists so that text that is drawn becomes text again. It reads no outline; what a font does not say it does not guess.
//!
//! SPEC: ISO 32000-1, 9.5 to 9.10.

use std::collections::HashMap;

use hayro_syntax::object::{Array, Dict, Name, Number, Object, Stream};

use super::glyph::{self, Glyphs};
use super::map::Map;

/// WHY: a font has 65,536 glyphs.
const WIDTHS_MAX: usize = 65_536;

/// One sign of a text.
pub struct Glyph {
    /// None: nobody says what it stands for.
    pub text: Option<String>,
    /// Of the font's size.
    pub width: f64,
    /// Whether spacing of words applies.
    pub is_blank: bool,
}

/// How codes are told apart.
enum Codes {
    /// A byte each, and what it stands for.
    Bytes(Vec<Option<String>>),
    /// Two bytes each, or as a map says.
    Wide(Option<Map>),
    /// Two bytes each, which are UTF-16.
    Unicode,
}

pub struct Font {
    codes: Codes,
    to_text: Option<Map>,
    widths: HashMap<u32, f64>,
    width: f64,
}

impl Font {
    pub fn read(dict: &Dict, glyphs: &Glyphs) -> Self {
        let to_text = dict
            .get::<Stream>(b"ToUnicode")
            .and_then(|map| map.decoded_data().ok().map(|map| Map::read(&map)));
        let below = dict.get::<Array>(b"DescendantFonts").and_then(|fonts| fonts.iter::<Dict>().next());
        match below {
            Some(below) => Self::wide(dict, &below, to_text),
            None => Self::simple(dict, to_text, glyphs),
        }
    }

    /// SPEC: 9.7: a composite font.
    fn wide(dict: &Dict, below: &Dict, to_text: Option<Map>) -> Self {
        let name = dict.get::<Name>(b"Encoding");
        let map = dict
            .get::<Stream>(b"Encoding")
            .and_then(|map| map.decoded_data().ok().map(|map| Map::read(&map)));
        let is_unicode =
            name.is_some_and(|name| name.as_str().contains("UCS2") || name.as_str().contains("UTF16"));
        let codes = if is_unicode { Codes::Unicode } else { Codes::Wide(map.filter(Map::has_spaces)) };
        let width = below.get::<Number>(b"DW").map_or(1.0, |width| width.as_f64() / 1_000.0);
        let mut widths = HashMap::new();
        let mut list = below.get::<Array>(b"W").into_iter().flat_map(|list| list.iter::<Object>());
        // SPEC: 9.7.4.3: a first number with a list, or first and last with one width.
        while let Some(first) = list.next().and_then(whole) {
            match list.next() {
                Some(Object::Array(several)) => {
                    for (at, width) in several.iter::<Number>().take(WIDTHS_MAX).enumerate() {
                        widths.insert(first.saturating_add(at as u32), width.as_f64() / 1_000.0);
                    }
                }
                Some(last) => {
                    let (last, width) =
                        (whole(last).unwrap_or_default(), list.next().and_then(Object::into_number));
                    let width = width.map_or(1.0, |width| width.as_f64() / 1_000.0);
                    for code in (first..=last).take(WIDTHS_MAX) {
                        widths.insert(code, width);
                    }
                }
                None => break,
            }
            if widths.len() > WIDTHS_MAX {
                break;
            }
        }
        Self { codes, to_text, widths, width }
    }

    /// SPEC: 9.6: a font of a byte for each sign.
    fn simple(dict: &Dict, to_text: Option<Map>, glyphs: &Glyphs) -> Self {
        let encoding = dict.get::<Dict>(b"Encoding");
        let named = dict.get::<Name>(b"Encoding").or_else(|| encoding.as_ref()?.get::<Name>(b"BaseEncoding"));
        let is_type = |name: &[u8]| dict.get::<Name>(b"Subtype").is_some_and(|kind| &*kind == name);
        let base: Vec<u8> = match named {
            Some(name) => name.to_vec(),
            // WHY: fonts of that type without an encoding are those of offices, in practice.
            None if is_type(b"TrueType") => b"WinAnsiEncoding".to_vec(),
            None => Vec::new(),
        };
        let mut signs: Vec<Option<String>> =
            (0..=u8::MAX).map(|byte| glyph::sign(&base, byte).map(String::from)).collect();
        let differences = encoding.and_then(|encoding| encoding.get::<Array>(b"Differences"));
        let mut at = 0_usize;
        for item in differences.into_iter().flat_map(|list| list.iter::<Object>()).take(WIDTHS_MAX) {
            match item {
                Object::Number(number) => at = usize::try_from(number.as_i64()).unwrap_or(usize::MAX),
                Object::Name(name) => {
                    if let Some(sign) = signs.get_mut(at) {
                        *sign = glyphs.text(name.as_str());
                    }
                    at = at.saturating_add(1);
                }
                _ => {}
            }
        }
        let (widths, width) = widths(dict, is_type(b"Type3"));
        Self { codes: Codes::Bytes(signs), to_text, widths, width }
    }

    /// Every sign of a text.
    pub fn glyphs(&self, text: &[u8], each: &mut dyn FnMut(Glyph)) {
        let mut rest = text;
        while let Some(first) = rest.first() {
            let (code, size) = match &self.codes {
                Codes::Bytes(_) => (u32::from(*first), 1),
                Codes::Wide(Some(map)) => map.next(rest).unwrap_or((u32::from(*first), 1)),
                Codes::Wide(None) | Codes::Unicode => {
                    (u32::from(*first) << 8 | u32::from(rest.get(1).copied().unwrap_or_default()), 2)
                }
            };
            rest = rest.get(size..).unwrap_or_default();
            let said = self.to_text.as_ref().and_then(|map| map.text(code));
            let (text, number) = match &self.codes {
                Codes::Bytes(signs) => (said.or_else(|| signs.get(code as usize)?.clone()), code),
                Codes::Wide(map) => (said, map.as_ref().and_then(|map| map.number(code)).unwrap_or(code)),
                Codes::Unicode => (said.or_else(|| char::from_u32(code).map(String::from)), code),
            };
            let width = self.widths.get(&number).copied().unwrap_or(self.width);
            each(Glyph { text, width, is_blank: size == 1 && code == 32 });
        }
    }
}

fn whole(object: Object) -> Option<u32> {
    u32::try_from(object.into_number()?.as_i64()).ok()
}

/// Widths of a simple font, and of what has none.
fn widths(dict: &Dict, is_drawn: bool) -> (HashMap<u32, f64>, f64) {
    // SPEC: 9.6.5: a font that is drawn has a scale of its own.
    let scale =
        dict.get::<Array>(b"FontMatrix").filter(|_| is_drawn).and_then(|list| list.iter::<Number>().next());
    let scale = scale.map_or(0.001, |scale| scale.as_f64());
    let first = dict.get::<Number>(b"FirstChar").and_then(|first| u32::try_from(first.as_i64()).ok());
    if let (Some(first), Some(list)) = (first, dict.get::<Array>(b"Widths")) {
        let list = list.iter::<Number>().take(usize::from(u8::MAX) + 1).enumerate();
        let widths =
            list.map(|(at, width)| (first.saturating_add(at as u32), width.as_f64() * scale)).collect();
        let missing =
            dict.get::<Dict>(b"FontDescriptor").and_then(|font| font.get::<Number>(b"MissingWidth"));
        return (widths, missing.map_or(0.0, |width| width.as_f64() * scale));
    }
    let name = dict.get::<Name>(b"BaseFont");
    let name = name.as_ref().map_or("", |name| name.as_str());
    if name.contains("Courier") {
        return (HashMap::new(), 0.6);
    }
    // WHY: Times is narrower, by a tenth or so.
    let share = if name.contains("Times") { 0.9 } else { 1.0 };
    let widths = (32..).zip(glyph::WIDTHS).map(|(code, width)| (code, f64::from(width) / 1_000.0 * share));
    (widths.collect(), 0.55 * share)
}
