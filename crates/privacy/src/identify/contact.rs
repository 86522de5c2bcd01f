//! Addresses on the network: of mail, and of machines.
//!
//! SPEC: RFC 5321 for mail, as people write it: no quoted local parts, a domain with a dot.

use super::lexicon::Flags;
use super::scan::{Match, View};
use super::token::Class;
use super::{Confidence, Kind, Why};

/// WHY: more pieces has no local part that a person was given.
const PIECES_MAX: usize = 20;

/// An e-mail address that begins at `at`.
pub(super) fn email(view: &View<'_>, at: usize) -> Option<Match> {
    let is_piece = |class| matches!(class, Class::Word | Class::Number | Class::Mixed);
    let mut next = at;
    loop {
        if next - at > PIECES_MAX || !view.is_joined(next) {
            return None;
        }
        next += 1;
        let token = view.get(next)?;
        match token.class {
            Class::Mark(b'@') => break,
            Class::Mark(b'.' | b'_' | b'-' | b'+' | b'\'' | b'%' | b'&') => {}
            class if is_piece(class) => {}
            _ => return None,
        }
    }
    let (mut last, mut domain) = (None, next);
    while domain - next < PIECES_MAX && view.is_joined(domain) {
        domain += 1;
        let token = view.get(domain)?;
        match token.class {
            class if is_piece(class) => {
                let is_top = view.is_mark(domain - 1, b'.') && class == Class::Word && token.size() >= 2;
                last = if is_top { Some(domain) } else { last };
            }
            Class::Mark(b'.' | b'-') => {}
            _ => break,
        }
    }
    Some(Match::new(Kind::Email, (at, last?), Confidence::Likely, Why::Form))
}

/// An IPv4 address; object identifiers and versions of more parts are none.
pub(super) fn network(view: &View<'_>, at: usize) -> Option<Match> {
    let is_part = |at: usize| {
        let digits = view.bytes(at);
        let value = digits.iter().take(4).fold(0_u32, |sum, digit| sum * 10 + u32::from(*digit & 0xF));
        view.get(at).is_some_and(|token| token.class == Class::Number) && digits.len() <= 3 && value <= 255
    };
    let is_dot = |at: usize| view.is_mark(at, b'.') && view.is_joined(at - 1) && view.is_joined(at);
    let is_four = [0, 2, 4, 6].into_iter().all(|part| is_part(at + part))
        && [1, 3, 5].into_iter().all(|dot| is_dot(at + dot));
    let goes_on = at > 0 && view.is_mark(at - 1, b'.') && view.is_joined(at - 1);
    if !is_four || goes_on || is_dot(at + 7) {
        return None;
    }
    let is_asked = view.says(at, 4, Flags::NETWORK);
    let (confidence, why) = if is_asked {
        (Confidence::Likely, view.source(Flags::NETWORK))
    } else {
        (Confidence::Ambiguous, Why::Form)
    };
    Some(Match::new(Kind::NetworkAddress, (at, at + 6), confidence, why))
}
