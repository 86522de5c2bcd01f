//! What the name of a column tells of its cells.
//!
//! It exists because many identifiers have no form of their own: a surname is a word, a birth date is a date. It never
//! clears a cell: what shows itself is found in any column.

use super::lexicon::{self, Flags};
use super::token::{Class, Cut, Tokens};
use super::{Confidence, Finding, Kind, Why};

/// WHY: longer names of columns are sentences, and their first words say what they are.
const NAME_BYTES_MAX: usize = 256;
/// WHY: a cell with more words is text, whatever its column is called.
const CELL_WORDS_MAX: usize = 12;

/// What a column's cells would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whole {
    /// Names of people.
    Name,
    /// Names of people or of things.
    PerhapsName,
    Address,
    Record,
}

/// A column by its name, which may be empty.
#[derive(Debug, Clone, Default)]
pub struct Column {
    pub(super) flags: Flags,
    /// Whether the cells are codes, numbers or measures, of which some look like identifiers by chance.
    pub(super) is_code: bool,
    whole: Option<Whole>,
}

impl Column {
    /// A column of that name, in English or Italian, however it is written (`dataNascita`, `BIRTH_DATE`).
    pub fn named(name: &str) -> Self {
        let name = name.as_bytes();
        let name = &name[..name.len().min(NAME_BYTES_MAX)];
        let words: Vec<Flags> = Tokens::of(name, Cut::Camel)
            .filter(|token| token.class == Class::Word)
            .map(|token| lexicon::flags(&name[token.start..token.end]))
            .collect();
        // `dataNascita` written in one word, too.
        let letters: Vec<u8> = name.iter().filter(|sign| sign.is_ascii_alphabetic()).copied().collect();
        let joined = lexicon::flags(&letters);
        // `REASONCODE`
        let is_glued = letters.to_ascii_lowercase().ends_with(b"code");
        let all = words.iter().fold(joined, |all, flags| all.and(*flags));
        let whole = whole(&words, joined, all);
        Self {
            flags: telling(all),
            is_code: (all.any(Flags::CODE_COLUMN.and(Flags::CLEAN_COLUMN)) || is_glued) && whole.is_none(),
            whole,
        }
    }

    /// What the column makes of a whole cell; None where the cell has to speak for itself.
    pub(super) fn judge(&self, cell: &[u8]) -> Option<Finding> {
        let whole = self.whole?;
        let start = cell.iter().position(|sign| !sign.is_ascii_whitespace())?;
        let end = cell.iter().rposition(|sign| !sign.is_ascii_whitespace())? + 1;
        let (mut words, mut drops, mut everyday, mut known, mut digits, mut others) = (0, 0, 0, 0, 0, 0);
        // WHY one more: so that longer cells are seen to be longer.
        for token in Tokens::of(&cell[start..end], Cut::Plain).take(2 * CELL_WORDS_MAX) {
            match token.class {
                Class::Word | Class::Mixed => {
                    words += 1;
                    drops += usize::from(token.flags.any(Flags::DROP));
                    everyday += usize::from(token.flags.any(Flags::EVERYDAY) && !token.flags.any_name());
                    known += usize::from(token.flags.any_name());
                    others += usize::from(token.class == Class::Mixed);
                }
                Class::Number => digits += token.size(),
                Class::Long => return None,
                Class::Mark(_) => {}
            }
        }
        if words > CELL_WORDS_MAX || (words > 0 && drops == words) {
            return None;
        }
        let (kind, confidence) = match whole {
            Whole::Name if words > 0 && digits <= 4 && !is_code(cell, words) => {
                (Kind::PersonName, Confidence::Likely)
            }
            Whole::PerhapsName if words == 0 || everyday > 0 || digits > 0 || words > 5 => return None,
            Whole::PerhapsName if known > 0 => (Kind::PersonName, Confidence::Likely),
            Whole::PerhapsName if words > others || words > 1 => (Kind::PersonName, Confidence::Ambiguous),
            Whole::Address if words > 0 && (words > 1 || digits > 0) => (Kind::Address, Confidence::Likely),
            Whole::Record if digits + others >= 1 && (digits >= 3 || others > 0) => {
                (Kind::RecordNumber, Confidence::Likely)
            }
            _ => return None,
        };
        Some(Finding { kind, range: start..end, confidence, why: Why::Column })
    }
}

/// One piece of letters and digits with more digits than a numbered name has: a pseudonym or a digest.
fn is_code(cell: &[u8], words: usize) -> bool {
    let digits = cell.iter().filter(|sign| sign.is_ascii_digit()).count();
    words == 1 && digits > 4
}

/// Without what words of a column's name tell only in running text.
fn telling(all: Flags) -> Flags {
    let mut flags = all;
    let mut drop = |word: Flags| flags.0 &= !word.0;
    // `patient_id`, `n_visite`, `name`: no number follows a column's name.
    drop(Flags::RECORD.and(Flags::RECORD_HALF).and(Flags::NUMBER_WORD));
    if !all.any(Flags::PHONE_STRONG) {
        drop(Flags::PHONE);
    }
    // `birth_weight`, `nato_pretermine` stay: only dates are birth dates.
    if all.any(Flags::ADDRESS_NOT) {
        drop(Flags::ADDRESS.and(Flags::ADDRESS_COLUMN));
    }
    if !all.any(Flags::ADDRESS_COLUMN) {
        drop(Flags::ADDRESS);
    }
    flags
}

fn whole(words: &[Flags], joined: Flags, all: Flags) -> Option<Whole> {
    if words.is_empty() {
        return None;
    }
    let is_record = joined.any(Flags::RECORD)
        || words.iter().any(|word| word.any(Flags::RECORD))
        || (words.iter().filter(|word| word.any(Flags::RECORD_HALF)).count() >= 2
            && !all.any(Flags::NAME_COLUMN))
            && all.any(Flags::NUMBER_WORD);
    if is_record {
        return Some(Whole::Record);
    }
    let is_named = |word: &Flags| word.any(Flags::NAME_COLUMN);
    let is_plain = |word: &Flags| word.any(Flags::NAME_PLAIN);
    let of_people = Flags::PERSON_COLUMN.and(Flags::NAME_COLUMN).and(Flags::NAME_PLAIN).and(Flags::TITLE);
    let all_of_people = words.iter().all(|word| word.any(of_people));
    let speaks_of_birth = all.any(Flags::BORN.and(Flags::TAX).and(Flags::EMAIL).and(Flags::PHONE_STRONG));
    if speaks_of_birth {
        return None;
    }
    let is_person =
        words.len() > 1 && words.iter().any(|word| word.any(Flags::PERSON_COLUMN) && !is_plain(word));
    let is_one_word = joined.any(Flags::NAME_COLUMN) && !joined.any(Flags::NAME_PLAIN);
    if is_one_word || (all_of_people && words.iter().any(is_named) && !only_plain(words)) {
        return Some(Whole::Name);
    }
    if all_of_people && words.iter().any(is_plain) {
        return Some(if is_person { Whole::Name } else { Whole::PerhapsName });
    }
    (all.any(Flags::ADDRESS_COLUMN) && !all.any(Flags::ADDRESS_NOT.and(Flags::CODE_COLUMN)))
        .then_some(Whole::Address)
}

/// `nome` alone, which is a person's or a thing's.
fn only_plain(words: &[Flags]) -> bool {
    words.len() == 1 && words[0].any(Flags::NAME_PLAIN)
}
