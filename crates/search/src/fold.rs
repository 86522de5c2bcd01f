//! Words as they are compared: lower case, without accents, cut at every sign that is neither letter nor digit.
//!
//! Nothing is stemmed, because half of what is searched are identifiers. Entries and queries go the same way.
//!
//! SPEC: Unicode Standard Annex 15, NFKD: a letter is taken apart from its marks, which are left out.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// WHY: a digest in hexadecimal has 64 signs; what is longer is compared by its beginning.
pub const WORD_BYTES_MAX: usize = 64;

/// The words of a text, each followed by one space but the last.
pub fn words(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut start = 0;
    let mut letter = |sign: char, folded: &mut String| {
        if !sign.is_alphanumeric() {
            if folded.len() > start {
                folded.push(' ');
                start = folded.len();
            }
        } else if folded.len() + sign.len_utf8() - start <= WORD_BYTES_MAX {
            folded.push(sign);
        }
    };
    if text.is_ascii() {
        text.bytes().for_each(|byte| letter(byte.to_ascii_lowercase().into(), &mut folded));
    } else {
        for sign in signs(text) {
            letter(sign, &mut folded);
        }
    }
    if folded.ends_with(' ') {
        folded.pop();
    }
    folded
}

/// Lower case and without accents; every other sign stays.
pub fn exact(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { signs(text).collect() }
}

/// A label's name: its words, joined, so that it is one word.
pub fn name(text: &str) -> String {
    let mut name = words(text).replace(' ', "_");
    name.truncate(floor(&name, WORD_BYTES_MAX));
    name
}

fn signs(text: &str) -> impl Iterator<Item = char> + '_ {
    // WHY twice: a capital letter may fold into a letter with a mark, and a mark may hide in a ligature.
    text.nfkd().flat_map(char::to_lowercase).nfkd().filter(|sign| !is_combining_mark(*sign)).flat_map(plain)
}

/// Letters of European names that no normal form takes apart.
fn plain(sign: char) -> impl Iterator<Item = char> {
    let (first, second) = match sign {
        'ß' => ('s', Some('s')),
        'æ' => ('a', Some('e')),
        'œ' => ('o', Some('e')),
        'ø' => ('o', None),
        'ł' => ('l', None),
        'đ' | 'ð' => ('d', None),
        'þ' => ('t', Some('h')),
        'ħ' => ('h', None),
        'ı' => ('i', None),
        sign => (sign, None),
    };
    std::iter::once(first).chain(second)
}

/// The last place at or before `bytes` where a text may be cut.
pub fn floor(text: &str, bytes: usize) -> usize {
    (0..=bytes.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}
