//! Bank accounts and payment cards.
//!
//! SPEC: ISO 13616 and the IBAN registry (lengths by country); ISO/IEC 7812 (cards). It never asks a bank.

use super::lexicon::Flags;
use super::run::Run;
use super::scan::{Match, View};
use super::token::Class;
use super::{Confidence, Kind, Why, check};

/// WHY: "carta di credito intestata a ... n." stands that near before its value.
const WORDS: usize = 6;

/// Countries and how long their IBANs are (IBAN registry, release 99).
const LENGTHS: &[(usize, &str)] = &[
    (15, "NO"),
    (16, "BE"),
    (18, "DK FI FK FO GL NL SD"),
    (19, "MK SI"),
    (20, "AT BA EE KZ LT LU MN XK"),
    (21, "CH CR HR LI LV"),
    (22, "BG BH DE GB GE IE ME RS VA"),
    (23, "AE GI IL IQ OM SO TL"),
    (24, "AD CZ ES MD PK RO SA SE SK TN VG"),
    (25, "LY PT ST"),
    (26, "IS TR"),
    (27, "BI DJ FR GR IT MC MR SM"),
    (28, "AL AZ BY CY DO GT HN HU LB NI PL SV"),
    (29, "BR EG PS QA UA"),
    (30, "JO KW MU YE"),
    (31, "MT SC"),
    (32, "LC"),
    (33, "RU"),
];

fn length(country: &[u8]) -> Option<usize> {
    let (size, _) = LENGTHS.iter().find(|(_, countries)| {
        countries.split(' ').any(|known| known.as_bytes().eq_ignore_ascii_case(country))
    })?;
    Some(*size)
}

/// An IBAN in one piece or in groups.
pub(super) fn iban(view: &View<'_>, at: usize) -> Option<Match> {
    let head = view.bytes(at);
    // WHY: groups begin with the country alone or with its two digits too.
    let may_begin = matches!(head.len(), 2 | 4 | 15..=34) && head.iter().take(2).all(u8::is_ascii_alphabetic);
    if !may_begin || (head.len() > 2 && !head[2..4].iter().all(u8::is_ascii_digit)) {
        return None;
    }
    let is_asked = view.says(at, WORDS, Flags::IBAN);
    // WHY: pieces of a UUID look alike.
    let is_piece = at > 0 && view.is_mark(at - 1, b'-') && view.is_joined(at - 1);
    let is_small = head.iter().any(u8::is_ascii_lowercase);
    if (is_piece || is_small) && !is_asked {
        return None;
    }
    let size = length(&head[..2])?;
    let run = Run::of(view, at, &[Class::Word, Class::Mixed, Class::Number], b"-.");
    let (signs, last) = run.first(size)?;
    if !signs[2..4].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let found = |confidence, why| Some(Match::new(Kind::Iban, (at, last), confidence, why));
    match check::mod_97(signs) {
        true => found(Confidence::Certain, Why::CheckHolds),
        false if is_asked => found(Confidence::Likely, Why::CheckFails),
        // WHY: a country, two digits and the right length are rarely chance.
        false if last == at || head.len() == 4 => found(Confidence::Ambiguous, Why::CheckFails),
        false => None,
    }
}

/// A payment card in one piece or in groups.
pub(super) fn card(view: &View<'_>, at: usize) -> Option<Match> {
    // WHY: a card's first group has four digits, or all.
    if !matches!(view.bytes(at).len(), 4 | 12..=19) {
        return None;
    }
    let run = Run::of(view, at, &[Class::Number], b"-");
    let is_asked = view.says(at, WORDS, Flags::CARD);
    let (mut best, is_code) = (None, view.column.is_code);
    for (digits, pieces, last) in run.beginnings().filter(|(digits, ..)| is_issued(digits)) {
        let is_grouped = pieces > 2 && digits.len() > 12;
        let (confidence, why) = match check::luhn(digits) {
            true if is_asked || is_grouped => (Confidence::Certain, Why::CheckHolds),
            true if pieces > 1 || is_code => continue,
            true if digits.len() > 13 => (Confidence::Likely, Why::CheckHolds),
            true => (Confidence::Ambiguous, Why::CheckHolds),
            false if is_asked => (Confidence::Likely, Why::CheckFails),
            false => continue,
        };
        let found = Match::new(Kind::PaymentCard, (at, last), confidence, why);
        if best.as_ref().is_none_or(|best: &Match| best.confidence < confidence) {
            best = Some(found);
        }
    }
    best
}

/// Whether cards of that length begin so.
fn is_issued(digits: &[u8]) -> bool {
    let size = digits.len();
    let head = digits.iter().take(4).fold(0_u32, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    match head {
        // Visa
        4000..=4999 => matches!(size, 13 | 16 | 19),
        // Mastercard
        5100..=5599 | 2221..=2720 => size == 16,
        // American Express
        3400..=3499 | 3700..=3799 => size == 15,
        // Diners Club
        3000..=3059 | 3095 | 3600..=3699 | 3800..=3999 => matches!(size, 14 | 16),
        // JCB
        3500..=3599 => size == 16,
        2131 | 1800 => size == 15,
        // Discover, UnionPay
        6011 | 6440..=6599 | 6200..=6299 | 8100..=8171 => matches!(size, 16..=19),
        // Maestro, one of its oldest beginnings included
        604 | 5000..=5099 | 5600..=5899 | 6304 | 6390 | 6700..=6799 => matches!(size, 12..=19),
        _ => false,
    }
}
