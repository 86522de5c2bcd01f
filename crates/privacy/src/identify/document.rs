//! Documents and registers that are no tax codes: health cards, identity cards, passports, licences, NHS and social
//! security numbers.
//!
//! Most have no check digit: without words or a column that name them, a person decides.

use super::lexicon::Flags;
use super::run::Run;
use super::scan::{Match, View};
use super::token::{Case, Class};
use super::{Confidence, Kind, Why, check};

/// WHY: "carta d'identità elettronica numero" stands that near before its value.
const WORDS: usize = 7;

/// The shape of a code: `A` for each letter, `9` for each digit.
fn shape(code: &[u8], into: &mut [u8; 16]) -> usize {
    let shapes = code.iter().map(|sign| if sign.is_ascii_digit() { b'9' } else { b'A' });
    into.iter_mut().zip(shapes).map(|(slot, shape)| *slot = shape).count()
}

/// The kind that column or words name, and why.
fn asked(view: &View<'_>, at: usize) -> Option<(Kind, Why)> {
    const KINDS: [(Flags, Kind); 4] = [
        (Flags::PASSPORT, Kind::Passport),
        (Flags::LICENCE, Kind::DrivingLicence),
        (Flags::ID_CARD, Kind::IdentityCard),
        (Flags::SOCIAL, Kind::SocialSecurity),
    ];
    let said = KINDS.iter().find(|(flags, _)| view.column.flags.any(*flags));
    let said = said.or_else(|| KINDS.iter().find(|(flags, _)| view.said(at, WORDS, *flags)));
    said.map(|(flags, kind)| (*kind, view.source(*flags)))
}

/// A code in one piece that has letters and digits.
pub(super) fn mixed(view: &View<'_>, at: usize) -> Option<Match> {
    let code = view.bytes(at);
    if !(8..=16).contains(&code.len()) || !code.is_ascii() {
        return None;
    }
    let asked = asked(view, at);
    let token = view.get(at)?;
    if token.case == Case::Lower && asked.is_none() {
        return None;
    }
    document(view, (at, at), &code.to_ascii_uppercase(), asked)
}

/// A code in groups that begin with two letters: `CA 12345 AA`, `YA 1234567`, `QQ 12 34 56 C`.
pub(super) fn letters(view: &View<'_>, at: usize) -> Option<Match> {
    let token = view.get(at)?;
    if token.case != Case::Upper || token.size() != 2 {
        return None;
    }
    let run = Run::of(view, at, &[Class::Word, Class::Mixed, Class::Number], b"-");
    let asked = asked(view, at);
    run.beginnings()
        .filter(|(code, pieces, _)| *pieces > 1 && matches!(code.len(), 9 | 10))
        .find_map(|(code, _, last)| document(view, (at, last), code, asked))
}

/// What a code of capitals and digits is a document of.
fn document(view: &View<'_>, span: (usize, usize), code: &[u8], asked: Option<(Kind, Why)>) -> Option<Match> {
    let mut shapes = [0; 16];
    let size = shape(code, &mut shapes);
    let found = |kind, confidence, why| Some(Match::new(kind, span, confidence, why));
    let guess = match &shapes[..size] {
        b"AA99999AA" if code[0] == b'C' => (Kind::IdentityCard, Confidence::Likely),
        b"AA999999A" if is_insured(code) => (Kind::SocialSecurity, Confidence::Likely),
        b"AA9999999" if code[0] == b'Y' => (Kind::Passport, Confidence::Ambiguous),
        b"AA9999999" => (Kind::IdentityCard, Confidence::Ambiguous),
        b"AA9999999A" => (Kind::DrivingLicence, Confidence::Ambiguous),
        _ if is_licence(code) => (Kind::DrivingLicence, Confidence::Likely),
        _ => {
            let digits = code.iter().filter(|sign| sign.is_ascii_digit()).count();
            let (kind, why) = asked.filter(|_| digits >= 4 && code.len() <= 12)?;
            return found(kind, Confidence::Likely, why);
        }
    };
    match asked {
        Some((kind, why)) => found(kind, Confidence::Likely, why),
        // WHY: one space between two capitals and a number is chance in running text.
        None if span.0 != span.1 && guess.1 == Confidence::Ambiguous => None,
        None if view.column.is_code => None,
        None => found(guess.0, guess.1, Why::Form),
    }
}

/// A National Insurance number: HMRC's prefixes, and the two that it keeps for examples.
fn is_insured(code: &[u8]) -> bool {
    let is_prefix = !b"DFIQUV".contains(&code[0]) && !b"DFIOQUV".contains(&code[1]);
    let is_example = matches!(&code[..2], b"QQ" | b"ZZ");
    (is_prefix || is_example) && matches!(code[8], b'A'..=b'D' | b'T')
}

/// Licences of the United Kingdom (16 characters with a birth date in them) and Italian ones since 2013 (`U1...`).
fn is_licence(code: &[u8]) -> bool {
    if code.len() == 10 && code.starts_with(b"U1") {
        return code[9].is_ascii_uppercase()
            && code[2..9].iter().filter(|sign| sign.is_ascii_digit()).count() >= 4;
    }
    let Some(name) = code.get(..5).filter(|_| code.len() == 16) else { return false };
    let two = |at: usize| u32::from(code[at] - b'0') * 10 + u32::from(code[at + 1] - b'0');
    name[0].is_ascii_uppercase()
        && name.iter().all(|sign| sign.is_ascii_uppercase() || *sign == b'9')
        && code[5..11].iter().all(u8::is_ascii_digit)
        && matches!(two(6) % 50, 1..=12)
        && matches!(two(8), 1..=31)
        && code[11..13].iter().all(|sign| sign.is_ascii_uppercase() || *sign == b'9')
}

/// The number of a European health insurance card: 80 for health, 380 for Italy, 20 digits (EN 1867).
pub(super) fn health_card(view: &View<'_>, at: usize) -> Option<Match> {
    let is_asked = || view.says(at, WORDS, Flags::HEALTH);
    if !matches!(view.bytes(at).len(), 4 | 5 | 20) {
        return None;
    }
    let run = Run::of(view, at, &[Class::Number], b"-");
    let (digits, last) = run.first(20)?;
    let is_health = digits.starts_with(b"80") && (digits.starts_with(b"80380") || is_asked());
    let (confidence, why) = match (is_health, check::luhn(digits)) {
        (true, true) => (Confidence::Certain, Why::CheckHolds),
        (true, false) => (Confidence::Likely, Why::CheckFails),
        (false, _) => return None,
    };
    Some(Match::new(Kind::HealthCard, (at, last), confidence, why))
}

/// England's NHS number, in one piece or as 3-3-4.
pub(super) fn nhs(view: &View<'_>, at: usize) -> Option<Match> {
    if !matches!(view.bytes(at).len(), 3 | 10) {
        return None;
    }
    let run = Run::of(view, at, &[Class::Number], b"-");
    let (digits, last) = run.first(10)?;
    let is_asked = view.says(at, WORDS, Flags::NHS);
    let is_spaced = view.gap(at) == Some(1) && last == at + 2;
    let (confidence, why) = match check::nhs(digits) {
        true if is_asked => (Confidence::Certain, Why::CheckHolds),
        true if is_spaced => (Confidence::Likely, Why::CheckHolds),
        false if is_asked => (Confidence::Likely, Why::CheckFails),
        _ => return None,
    };
    Some(Match::new(Kind::NhsNumber, (at, last), confidence, why))
}

/// The United States' social security number: 3-2-4, or nine digits that words or a column name so.
pub(super) fn social(view: &View<'_>, at: usize) -> Option<Match> {
    let size = view.bytes(at).len();
    if !matches!(size, 3 | 9) {
        return None;
    }
    let run = Run::of(view, at, &[Class::Number], b"-");
    let (digits, last) = run.first(9)?;
    let is_formed = last == at + 4 && view.bytes(at + 2).len() == 2 && view.bytes(last).len() == 4;
    let is_void = digits.starts_with(b"000") || &digits[3..5] == b"00" || digits.ends_with(b"0000");
    let is_asked = view.says(at, WORDS, Flags::SOCIAL);
    let why = if is_asked { view.source(Flags::SOCIAL) } else { Why::Form };
    let is_found = (is_formed && !is_void) || is_asked;
    is_found.then(|| Match::new(Kind::SocialSecurity, (at, last), Confidence::Likely, why))
}

/// Passports and licences that are digits alone: only where words or the column name them.
pub(super) fn digits(view: &View<'_>, at: usize) -> Option<Match> {
    if !(7..=10).contains(&view.bytes(at).len()) {
        return None;
    }
    let (kind, why) = asked(view, at)?;
    Some(Match::new(kind, (at, at), Confidence::Likely, why))
}
