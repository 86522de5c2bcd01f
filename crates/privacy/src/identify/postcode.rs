//! Postal codes with their towns: what ends an address, and shows one whose street we do not know.
//!
//! SPEC: CAP and province of Italy; ZIP and state (USPS); the British postcode (BS 7666).

use super::lexicon::Flags;
use super::scan::{Match, Place, View};
use super::token::{Case, Class};
use super::{Confidence, Kind, Why};

/// WHY: "Reggio nell'Emilia", "San Giovanni in Persiceto".
const TOWN_TOKENS_MAX: usize = 8;

/// The last token of what follows a street at `at`: a unit, a town, a code, a state; None where nothing does.
pub(super) fn tail(view: &View<'_>, at: usize) -> Option<usize> {
    let mut last = None;
    let mut next = skip(view, at);
    if view.flags(next).any(Flags::UNIT) {
        let number = if view.is_mark(next + 1, b'.') { next + 2 } else { next + 1 };
        if view.get(number).is_some_and(|token| matches!(token.class, Class::Number | Class::Mixed)) {
            last = Some(number);
            next = skip(view, number + 1);
        }
    }
    if let Some(end) = cap(view, next) {
        return Some(end);
    }
    // The code stands after the town.
    for at in next..next + TOWN_TOKENS_MAX {
        if let Some(end) = zip(view, at).or_else(|| british_code(view, at)) {
            return Some(end);
        }
        let is_town = view.get(at).is_some_and(|token| match token.class {
            Class::Word => token.case != Case::Lower || token.flags.any(Flags::PARTICLE),
            Class::Mark(mark) => matches!(mark, b',' | b'\n' | b'-' | b'.' | b'\''),
            _ => false,
        });
        if !is_town {
            break;
        }
    }
    last
}

/// Past the signs between the parts of an address.
fn skip(view: &View<'_>, at: usize) -> usize {
    // WHY: a comma, a line's end and a dash are all there is.
    let signs =
        (at..at + 3).take_while(|at| [b',', b'\n', b'-', b';'].iter().any(|mark| view.is_mark(*at, *mark)));
    at + signs.count()
}

fn digits(view: &View<'_>, at: usize, size: usize) -> bool {
    view.get(at).is_some_and(|token| token.class == Class::Number && token.size() == size)
}

/// `00100, Roma (RM)`, `40138 Bologna BO`: the last token.
fn cap(view: &View<'_>, at: usize) -> Option<usize> {
    if !digits(view, at, 5) {
        return None;
    }
    let mut next = if view.is_mark(at + 1, b',') { at + 2 } else { at + 1 };
    let start = next;
    while next - start < TOWN_TOKENS_MAX {
        let token = view.get(next)?;
        let is_town = match token.class {
            Class::Word => token.case != Case::Lower || token.flags.any(Flags::PARTICLE),
            Class::Mark(mark) => matches!(mark, b'\'' | b'-' | b'.' | b'/'),
            _ => false,
        };
        let is_province = view.is_mark(next, b'(')
            && view.flags(next + 1).any(Flags::PROVINCE)
            && view.bytes(next + 1).len() == 2
            && view.is_mark(next + 2, b')');
        if is_province && next > start {
            return Some(next + 2);
        }
        let is_bare = next > start
            && token.case == Case::Upper
            && token.size() == 2
            && token.flags.any(Flags::PROVINCE);
        if is_bare && (view.is_whole || view.place == Place::Cell) {
            return Some(next);
        }
        if !is_town {
            return None;
        }
        next += 1;
    }
    None
}

/// A CAP, a town and a province: an address whatever stands before.
pub(super) fn italian(view: &View<'_>, at: usize) -> Option<Match> {
    let last = cap(view, at).filter(|last| view.is_mark(*last, b')'))?;
    Some(Match::new(Kind::Address, (at, last), Confidence::Likely, Why::Form))
}

/// `NY 10001`, `CA 94105-1234`: the last token.
fn zip(view: &View<'_>, at: usize) -> Option<usize> {
    let state = view.get(at)?;
    let is_state = state.case == Case::Upper && state.size() == 2 && state.flags.any(Flags::STATE);
    if !is_state || !digits(view, at + 1, 5) || view.gap(at) != Some(1) {
        return None;
    }
    let is_long = view.is_mark(at + 2, b'-') && view.is_joined(at + 1) && digits(view, at + 3, 4);
    Some(if is_long { at + 3 } else { at + 1 })
}

/// A state and a ZIP after a comma or a post office of the forces.
pub(super) fn state(view: &View<'_>, at: usize) -> Option<Match> {
    let last = zip(view, at)?;
    let is_after = at > 0 && (view.is_mark(at - 1, b',') || view.flags(at - 1).any(Flags::BOX));
    let is_asked = view.says(at, 5, Flags::ADDRESS);
    (is_after || is_asked).then(|| Match::new(Kind::Address, (at, last), Confidence::Likely, Why::Form))
}

/// `SW1A 1AA`: the last token.
fn british_code(view: &View<'_>, at: usize) -> Option<usize> {
    let (outward, inward) = (view.bytes(at), view.bytes(at + 1));
    let letters = outward.iter().take_while(|sign| sign.is_ascii_uppercase()).count();
    let rest = outward.get(letters..)?;
    let is_outward = matches!(letters, 1 | 2)
        && matches!(rest.len(), 1 | 2)
        && rest[0].is_ascii_digit()
        && rest.iter().all(|sign| sign.is_ascii_digit() || sign.is_ascii_uppercase());
    let is_end = |sign: &u8| sign.is_ascii_uppercase() && !b"CIKMOV".contains(sign);
    let is_inward = inward.len() == 3 && inward[0].is_ascii_digit() && inward[1..].iter().all(is_end);
    (is_outward && is_inward && view.gap(at) == Some(1)).then_some(at + 1)
}

/// A British postcode: of one line with a street or a town before, or of the column of an address.
pub(super) fn british(view: &View<'_>, at: usize) -> Option<Match> {
    let last = british_code(view, at)?;
    let is_after = at > 0 && (view.is_mark(at - 1, b'\n') || view.is_mark(at - 1, b','));
    let is_asked = view.says(at, 8, Flags::ADDRESS);
    let is_town = at > 0 && view.get(at - 1).is_some_and(|token| token.case == Case::Title);
    let (confidence, why) = match (is_asked, is_after) {
        (true, _) => (Confidence::Likely, view.source(Flags::ADDRESS)),
        (false, true) => (Confidence::Likely, Why::Form),
        (false, false) if is_town || view.is_all(at, last) => (Confidence::Ambiguous, Why::Form),
        (false, false) => return None,
    };
    Some(Match::new(Kind::Address, (at, last), confidence, why))
}
