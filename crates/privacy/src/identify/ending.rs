//! What the end of a word tells that is on no list: a surname, or a word of the clinic.
//!
//! It exists because neither names nor drugs are ever listed whole. An ending is weak: it only tips what else is known.

use std::sync::LazyLock;

/// WHY: a shorter stem is no word of its own.
const STEM_BYTES_MIN: usize = 2;

/// Endings by their last letter.
type Endings = [Vec<&'static [u8]>; 26];

static SURNAME: LazyLock<Endings> = LazyLock::new(|| section("surname"));
static CLINICAL: LazyLock<Endings> = LazyLock::new(|| section("clinical"));

fn section(name: &str) -> Endings {
    let parts = include_str!("lists/endings.txt").split('[').filter_map(|part| part.split_once(']'));
    let words = parts.filter(|(head, _)| *head == name).flat_map(|(_, words)| words.split_whitespace());
    let mut endings = Endings::default();
    for word in words {
        if let Some(slot) = letter(word.as_bytes()).and_then(|at| endings.get_mut(at)) {
            slot.push(word.as_bytes());
        }
    }
    endings
}

/// Which letter ends the word; None where none without accents does.
fn letter(word: &[u8]) -> Option<usize> {
    let last = word.last()?.to_ascii_lowercase();
    last.is_ascii_lowercase().then(|| usize::from(last - b'a'))
}

fn ends(word: &[u8], endings: &Endings) -> bool {
    let Some(at) = letter(word) else { return false };
    endings[at].iter().any(|ending| {
        let stem = word.len().checked_sub(ending.len()).filter(|stem| *stem >= STEM_BYTES_MIN);
        stem.is_some_and(|stem| word[stem..].eq_ignore_ascii_case(ending))
    })
}

/// Whether many Italian surnames and few other words end so.
pub(super) fn is_surname(word: &[u8]) -> bool {
    ends(word, &SURNAME)
}

/// Whether words of the clinic or of substances end so.
pub(super) fn is_clinical(word: &[u8]) -> bool {
    ends(word, &CLINICAL)
}

#[cfg(test)]
mod tests {
    use super::{is_clinical, is_surname};

    #[test]
    fn endings_tell_words_of_the_clinic_from_surnames() {
        assert!(is_clinical(b"Pancreatitis") && is_clinical(b"CEFTRIAXONE") && !is_clinical(b"Gangemi"));
        assert!(
            is_surname(b"Locatelli")
                && !is_surname(b"Smith")
                && !is_surname(b"ini")
                && !is_surname("è".as_bytes())
        );
    }
}
