//! Places of birth in a codice fiscale: which codes there were, and until when.
//!
//! A municipality that is newer than the list only makes a finding less sure. It holds no names of places.

use std::sync::LazyLock;

/// Letters that begin a code: municipalities, and Z for countries.
const LETTERS: &[u8; 12] = b"ABCDEFGHILMZ";
/// Codes of one letter.
const CODES: usize = 1_000;
/// For codes that are in use.
const FOR_EVER: u16 = u16::MAX;

/// By letter and number the last year of a code, 0 where there never was one.
static UNTIL: LazyLock<Vec<u16>> = LazyLock::new(table);

fn table() -> Vec<u16> {
    let mut table = vec![0; LETTERS.len() * CODES];
    let mut letter = 0;
    let lines = include_str!("lists/places.txt").lines().filter(|line| !line.starts_with('#'));
    for word in lines.flat_map(str::split_whitespace) {
        if let Some(at) = LETTERS.iter().position(|known| word.as_bytes() == [*known]) {
            letter = at;
            continue;
        }
        let (codes, until) = word.split_once('~').unwrap_or((word, ""));
        let (first, last) = codes.split_once('-').unwrap_or((codes, codes));
        let (Ok(first), Ok(last)) = (first.parse::<usize>(), last.parse::<usize>()) else { continue };
        let until = until.parse().unwrap_or(FOR_EVER);
        table
            .iter_mut()
            .take(letter * CODES + last + 1)
            .skip(letter * CODES + first)
            .for_each(|slot| *slot = until);
    }
    table
}

/// Whether somebody may have been born there in a year of these two digits, of this century or the last.
pub(super) fn is_known(letter: u8, number: usize, year: u32) -> bool {
    let Some(at) = LETTERS.iter().position(|known| *known == letter) else { return false };
    let until = UNTIL.get(at * CODES + number).copied().map_or(0, u32::from);
    until >= 1900 + year
}

#[cfg(test)]
mod tests {
    use super::is_known;

    #[test]
    fn places_are_known_until_they_ceased() {
        // Rome; a municipality that ceased in 1928; a country; none.
        assert!(is_known(b'H', 501, 80) && is_known(b'A', 2, 28) && is_known(b'Z', 404, 99));
        assert!(
            !is_known(b'A', 2, 29)
                && !is_known(b'D', 354, 74)
                && !is_known(b'M', 999, 0)
                && !is_known(b'Q', 1, 0)
        );
    }
}
