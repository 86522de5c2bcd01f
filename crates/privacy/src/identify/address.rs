//! Streets with their numbers, Italian and English, and what follows them.
//!
//! A street's name alone, a town or a postal code alone identifies nobody and is no finding.

use super::lexicon::{self, Flags};
use super::postcode;
use super::scan::{Match, Place, View};
use super::token::{Case, Class};
use super::{Confidence, Kind, Why};

/// WHY: "Via Santa Maria della Croce di Rosano" has as many words.
const NAME_WORDS_MAX: usize = 7;
/// WHY: "residente in" and the like stand that near before their street.
const WORDS: usize = 5;

/// `Via Roma 12`, `P.zza S. Marco, n. 3/A`, and what follows.
pub(super) fn italian(view: &View<'_>, at: usize) -> Option<Match> {
    let name = street(view, at)?;
    let end = name_end(view, name)?;
    let is_asked = view.says(at, WORDS, Flags::ADDRESS) && !view.column.flags.any(Flags::ADDRESS_NOT);
    let civic = civic(view, end + 1);
    let tail = postcode::tail(view, civic.unwrap_or(end) + 1);
    let last = tail.or(civic).unwrap_or(end);
    let is_cell = view.place == Place::Cell && view.is_all(at, last);
    let (confidence, why) = match (civic.is_some() || tail.is_some(), is_asked) {
        (true, true) => (Confidence::Likely, view.source(Flags::ADDRESS)),
        (true, false) => (Confidence::Likely, Why::Form),
        // `via` is English too, and a word of every referral.
        (false, true) if view.get(at).is_some_and(|token| token.case != Case::Lower) || is_cell => {
            (Confidence::Likely, view.source(Flags::ADDRESS))
        }
        (false, false) if is_cell => (Confidence::Ambiguous, Why::Form),
        _ => return None,
    };
    Some(Match::new(Kind::Address, (at, last), confidence, why))
}

/// Where the name of a street begins that the word at `at` announces.
fn street(view: &View<'_>, at: usize) -> Option<usize> {
    let after_dot = |at: usize| if view.is_mark(at, b'.') { at + 1 } else { at };
    if view.flags(at).any(Flags::STREET_IT) {
        return Some(after_dot(at + 1));
    }
    // `V.le`, `P.zza`, `C.so`: a letter, a dot and the end of the word.
    let (head, tail) = (view.bytes(at), view.bytes(at + 2));
    let is_short = matches!(head.len(), 1 | 2)
        && view.is_mark(at + 1, b'.')
        && view.is_joined(at)
        && view.is_joined(at + 1);
    if !is_short || tail.len() > 4 {
        return None;
    }
    lexicon::flags(&[head, tail].concat()).any(Flags::STREET_IT).then_some(after_dot(at + 3))
}

/// The last token of a street's name that begins at `at`: capitals, particles, initials, ordinals and days.
fn name_end(view: &View<'_>, at: usize) -> Option<usize> {
    let first = view.get(at)?;
    let is_day = first.class == Class::Number && view.flags(at + 1).month().is_some();
    let is_lower_ok = view.place == Place::Cell && view.column.flags.any(Flags::ADDRESS);
    if first.flags.any(Flags::ROUTE) || (first.class != Class::Word && !is_day) {
        return None;
    }
    let (mut last, mut words) = (None, 0);
    for next in at..at + 2 * NAME_WORDS_MAX {
        let Some(token) = view.get(next) else { break };
        match token.class {
            Class::Word if token.flags.any(Flags::UNIT.and(Flags::CIVIC)) && next > at => break,
            Class::Word if token.case != Case::Lower || is_lower_ok => {
                last = Some(next);
                words += 1;
            }
            Class::Word if token.flags.any(Flags::PARTICLE) => {}
            Class::Number if next == at => {}
            Class::Mark(b'.' | b'\'' | b'-') if next > at => {}
            _ => break,
        }
        if words == NAME_WORDS_MAX {
            break;
        }
    }
    last
}

/// The last token of a house's number from `at` on: `12`, `, 12/A`, `n. 12 bis`, `snc`.
fn civic(view: &View<'_>, at: usize) -> Option<usize> {
    let mut next = at;
    // WHY: a comma, `n`, its dot or sign.
    for _ in 0..3 {
        let is_skipped = view.is_mark(next, b',') || view.is_mark(next, b'.') || view.is_mark(next, 0);
        if is_skipped || view.flags(next).any(Flags::CIVIC) {
            next += 1;
        }
    }
    let text = view.bytes(next);
    let digits = text.iter().take_while(|sign| sign.is_ascii_digit()).count();
    if text.eq_ignore_ascii_case(b"snc") || text.eq_ignore_ascii_case(b"km") {
        return Some(next);
    }
    if !(1..=4).contains(&digits) || text.len() > digits + 1 || view.flags(next + 1).month().is_some() {
        return None;
    }
    let is_split = view.is_mark(next + 1, b'/') && view.is_joined(next) && view.bytes(next + 2).len() <= 3;
    Some(if is_split { next + 2 } else { next })
}

/// `12 Rose Street`, `5 Jones walks`, `784 Stamm Lock Unit 46`, and what follows.
pub(super) fn english(view: &View<'_>, at: usize) -> Option<Match> {
    let number = view.bytes(at);
    let digits = number.iter().take_while(|sign| sign.is_ascii_digit()).count();
    let is_follower =
        at > 0 && view.is_joined(at - 1) && !view.is_mark(at - 1, b'\n') && !view.is_mark(at - 1, b'"');
    if !(1..=6).contains(&digits) || number.len() > digits + 1 || view.gap(at) == Some(0) || is_follower {
        return None;
    }
    let (end, is_strong) = suffix(view, at)?;
    let tail = postcode::tail(view, end + 1);
    let is_asked = view.says(at, WORDS, Flags::ADDRESS);
    let last = tail.unwrap_or(end);
    let is_cell = view.place == Place::Cell && view.is_all(at, last);
    let why = if is_asked { view.source(Flags::ADDRESS) } else { Why::Form };
    let confidence = match is_strong || is_asked || tail.is_some() {
        true => Confidence::Likely,
        false if is_cell || view.place == Place::Prose => Confidence::Ambiguous,
        false => return None,
    };
    Some(Match::new(Kind::Address, (at, last), confidence, why))
}

/// The last word after the number at `at` that ends an English street's name, and whether nothing else ends so.
fn suffix(view: &View<'_>, at: usize) -> Option<(usize, bool)> {
    let mut found = None;
    let mut is_named = false;
    // WHY: "Martin Luther King Junior Memorial Drive North" is about as long.
    for next in at + 1..at + 7 {
        let Some(token) = view.get(next).filter(|token| token.class == Class::Word) else { break };
        let is_name = matches!(token.case, Case::Title | Case::Upper);
        let (strong, weak) = (token.flags.any(Flags::STREET_EN), token.flags.any(Flags::STREET_WEAK));
        if is_named && (strong || weak) {
            found = Some((next, strong));
        }
        if !is_name {
            break;
        }
        // A word of every day makes a name only before a plain word for a street.
        is_named |= !token.flags.any(Flags::EVERYDAY) || token.flags.any_name() || next == at + 1;
    }
    let (end, is_strong) = found?;
    let is_plain =
        (at + 1..end).all(|word| view.flags(word).any(Flags::EVERYDAY) && !view.flags(word).any_name());
    if is_plain && !is_strong { None } else { Some((end, is_strong)) }
}
