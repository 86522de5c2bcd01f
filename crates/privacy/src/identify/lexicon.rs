//! What single words tell: names, titles, months, streets, and what introduces an identifier.
//!
//! It exists so that each word of a text is looked up once. The lists are ours or in the public domain (`lists/`). It
//! never keeps a word that it is asked for.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

use super::token::character;

/// WHY: no word of the lists is longer.
const WORD_BYTES_MAX: usize = 24;

/// What is known of a word: a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Flags(pub u64);

impl Flags {
    pub const NONE: Self = Self(0);
    pub const GIVEN: Self = Self(1);
    pub const SURNAME: Self = Self(1 << 1);
    /// A word of every day or of the clinic: no name unless something else says so.
    pub const EVERYDAY: Self = Self(1 << 2);

    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether any of `other` is in it.
    pub const fn any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether nothing but these is in it.
    pub const fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    pub const fn any_name(self) -> bool {
        self.any(Self::GIVEN.and(Self::SURNAME))
    }
}

/// The sections of `words.txt`, each a flag.
macro_rules! sections {
    ($($name:ident $text:literal $bit:literal),+ $(,)?) => {
        impl Flags { $(pub const $name: Self = Self(1 << $bit);)+ }
        fn section(text: &str) -> Option<Flags> {
            match text { $($text => Some(Flags::$name),)+ _ => None }
        }
        /// Every section, so that a test sees each filled.
        #[cfg(test)]
        const SECTIONS: &[Flags] = &[$(Flags::$name),+];
    };
}

sections! {
    TITLE "title" 3, TITLE_TAIL "title_tail" 4, ROLE "role" 5, ROLE_STRONG "role_strong" 6, PARTICLE "particle" 7,
    BORN "born" 8, RECORD "record" 9, RECORD_HALF "record_half" 10, NUMBER_WORD "number_word" 11, PHONE "phone" 12,
    PHONE_STRONG "phone_strong" 13, CARD "card" 14, VAT "vat" 15, IBAN "iban" 16, HEALTH "health" 17,
    ID_CARD "idcard" 18, PASSPORT "passport" 19, LICENCE "licence" 20, NHS "nhs" 21, SOCIAL "social" 22,
    TAX "tax" 23, EMAIL "email" 24, NETWORK "network" 25, ADDRESS "address" 26, ADDRESS_COLUMN "address_column" 27,
    STREET_IT "street_it" 28, STREET_EN "street_en" 29, STREET_WEAK "street_weak" 30, UNIT "unit" 31,
    STATE "state" 32, DISEASE "disease" 33, DROP "drop" 34, CODE_COLUMN "code_column" 35,
    NAME_COLUMN "name_column" 36, NAME_PLAIN "name_plain" 37, PERSON_COLUMN "person_column" 38,
    ADDRESS_NOT "address_not" 39, CLEAN_COLUMN "clean_column" 40, ROUTE "route" 41, CIVIC "civic" 42, BOX "box" 43,
    PROVINCE "province" 44,
    MONTH_01 "month_01" 48, MONTH_02 "month_02" 49, MONTH_03 "month_03" 50, MONTH_04 "month_04" 51,
    MONTH_05 "month_05" 52, MONTH_06 "month_06" 53, MONTH_07 "month_07" 54, MONTH_08 "month_08" 55,
    MONTH_09 "month_09" 56, MONTH_10 "month_10" 57, MONTH_11 "month_11" 58, MONTH_12 "month_12" 59,
}

impl Flags {
    /// The month from 1 that the word names.
    pub fn month(self) -> Option<u8> {
        let months = self.0 >> 48 & 0xFFF;
        u8::try_from(months.trailing_zeros() + 1).ok().filter(|_| months != 0)
    }
}

/// FNV-1a: words are short and the lists are ours, so that nobody gains by collisions that they could make.
#[derive(Default)]
struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let start = if self.0 == 0 { 0xCBF2_9CE4_8422_2325 } else { self.0 };
        self.0 =
            bytes.iter().fold(start, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3));
    }
}

type Table = HashMap<&'static [u8], Flags, BuildHasherDefault<Fnv>>;

static TABLE: LazyLock<Table> = LazyLock::new(table);

/// WHY: with room for all of them it is made in half the time, and each process makes it anew.
const WORDS: usize = 21_500;

fn table() -> Table {
    let mut table = Table::with_capacity_and_hasher(WORDS, BuildHasherDefault::default());
    let mut add = |text: &'static str, flag: Flags| {
        for word in text.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace) {
            let known = table.entry(word.as_bytes()).or_default();
            *known = known.and(flag);
        }
    };
    add(include_str!("lists/given_it.txt"), Flags::GIVEN);
    add(include_str!("lists/given_en.txt"), Flags::GIVEN);
    add(include_str!("lists/surname_it.txt"), Flags::SURNAME);
    add(include_str!("lists/surname_en.txt"), Flags::SURNAME);
    if let Some((given, surnames)) = include_str!("lists/name_more.txt").split_once('|') {
        add(given, Flags::GIVEN);
        add(surnames, Flags::SURNAME);
    }
    add(include_str!("lists/everyday.txt"), Flags::EVERYDAY);
    for part in include_str!("lists/words.txt").split('[').skip(1) {
        let (name, words) = part.split_once(']').unwrap_or_default();
        add(words, section(name).unwrap_or_default());
    }
    // WHY: a census has somebody called `In`, and every sentence has an `in`.
    let short = table.iter_mut().filter(|(word, flags)| word.len() <= 3 && flags.any(Flags::EVERYDAY));
    short.for_each(|(_, flags)| flags.0 &= !Flags::GIVEN.and(Flags::SURNAME).0);
    table
}

/// What the lists know of a word, given as bytes of any encoding.
pub(super) fn flags(word: &[u8]) -> Flags {
    let mut folded = [0; WORD_BYTES_MAX];
    fold(word, &mut folded).and_then(|size| TABLE.get(&folded[..size])).copied().unwrap_or_default()
}

/// The word in small letters without accents and apostrophes, and its size; None where it is longer than any word of the lists.
pub(super) fn fold(word: &[u8], into: &mut [u8; WORD_BYTES_MAX]) -> Option<usize> {
    let (mut at, mut size) = (0, 0);
    while at < word.len() {
        let byte = word[at];
        let (letter, step) = match byte {
            b'\'' => (0, 1),
            _ if byte.is_ascii() => (byte.to_ascii_lowercase(), 1),
            _ => plain(&word[at..]),
        };
        at += step;
        if letter == 0 {
            continue;
        }
        *into.get_mut(size)? = letter;
        size += 1;
    }
    Some(size)
}

/// The letter below the accents, 0 for an accent or apostrophe alone, `?` for what has none; and how many bytes that was.
fn plain(text: &[u8]) -> (u8, usize) {
    let (code, step) = character(text).map_or((u32::from(text[0]), 1), |sign| (sign as u32, sign.len_utf8()));
    let letter = match code {
        0xC0..=0xC5 | 0xE0..=0xE5 | 0x100..=0x105 => b'a',
        0xC7 | 0xE7 | 0x106..=0x10D => b'c',
        0x10E..=0x111 => b'd',
        0xC8..=0xCB | 0xE8..=0xEB | 0x112..=0x11B => b'e',
        0x11E..=0x123 => b'g',
        0xCC..=0xCF | 0xEC..=0xEF | 0x128..=0x131 => b'i',
        0x139..=0x142 => b'l',
        0xD1 | 0xF1 | 0x143..=0x148 => b'n',
        0xD2..=0xD6 | 0xD8 | 0xF2..=0xF6 | 0xF8 | 0x14C..=0x151 => b'o',
        0x154..=0x159 => b'r',
        0x15A..=0x161 | 0x218 | 0x219 => b's',
        0x162..=0x167 | 0x21A | 0x21B => b't',
        0xD9..=0xDC | 0xF9..=0xFC | 0x168..=0x173 => b'u',
        0xDD | 0xFD | 0xFF => b'y',
        0x179..=0x17E => b'z',
        0x300..=0x36F | 0x2018 | 0x2019 => 0,
        _ => b'?',
    };
    (letter, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_has_words_and_every_word_fits() {
        assert!(SECTIONS.iter().all(|flag| TABLE.values().any(|known| known.any(*flag))));
        assert!(!TABLE.values().any(|known| *known == Flags::NONE), "a section that has no flag");
        let long: Vec<_> = TABLE.keys().filter(|word| word.len() > WORD_BYTES_MAX).collect();
        assert!(long.is_empty(), "{long:?}");
    }

    #[test]
    fn accents_and_capitals_are_the_same_word_in_any_encoding() {
        let cases: [&[u8]; 5] = [
            "Niccolò".as_bytes(),
            "NICCOLO".as_bytes(),
            "niccolo".as_bytes(),
            b"Niccol\xf2",
            "Niccolo\u{300}".as_bytes(),
        ];
        for case in cases {
            assert!(flags(case).any(Flags::GIVEN), "{case:?}");
        }
        assert_eq!(flags(b"marzo").month(), Some(3));
        assert_eq!(flags(b"dicembre").month(), Some(12));
        assert_eq!(flags(b"marmo").month(), None);
    }
}
