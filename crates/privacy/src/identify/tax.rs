//! The codice fiscale, with its omocodia and its provisional form, and the partita IVA.
//!
//! SPEC: D.M. 23 December 1976 (form, check character, replaced digits); D.P.R. 605/1973 (numbers of 11 digits).

use super::lexicon::Flags;
use super::run::Run;
use super::scan::{Match, View};
use super::token::{Case, Class};
use super::{Confidence, Kind, Why, birthplace, check};

/// WHY: "codice fiscale del paziente: ..." stands that near before its value.
const WORDS: usize = 6;

/// Months as the ninth character tells them.
const MONTHS: &[u8; 12] = b"ABCDEHLMPRST";
/// Letters that stand for the digits 0 to 9 where two people would have the same code.
const REPLACED: &[u8; 10] = b"LMNPQRSTUV";
const DAYS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// A codice fiscale in one piece or in groups.
pub(super) fn codice_fiscale(view: &View<'_>, at: usize) -> Option<Match> {
    let token = view.get(at)?;
    // WHY: groups begin with three letters or six; anything else is in one piece.
    let may_begin = token.size() == 16
        || (token.class == Class::Word && token.case == Case::Upper && matches!(token.size(), 3 | 6))
        || (token.class == Class::Mixed && matches!(token.size(), 7..=15));
    if !may_begin {
        return None;
    }
    let run = Run::of(view, at, &[Class::Word, Class::Mixed, Class::Number], b"-.");
    let (signs, last) = run.first(16)?;
    let code: &[u8; 16] = signs.try_into().ok()?;
    let found = |confidence, why| Some(Match::new(Kind::CodiceFiscale, (at, last), confidence, why));
    let is_asked = view.says(at, WORDS, Flags::TAX);
    if !is_formed(code) {
        let digits = code.iter().filter(|sign| sign.is_ascii_digit()).count();
        let is_near = is_asked && last == at && (4..16).contains(&digits);
        return if is_near { found(Confidence::Likely, Why::CheckFails) } else { None };
    }
    match (check::codice_fiscale(code), has_birth(code)) {
        (true, true) => found(Confidence::Certain, Why::CheckHolds),
        (true, false) => found(Confidence::Likely, Why::NoSuchBirth),
        (false, _) => found(Confidence::Likely, Why::CheckFails),
    }
}

/// Letters and digits where they belong, replaced digits included, and a letter of a month.
fn is_formed(code: &[u8; 16]) -> bool {
    let is_digit = |at: usize| value(code[at]).is_some();
    code[..6].iter().all(u8::is_ascii_uppercase)
        && [6, 7, 9, 10, 12, 13, 14].into_iter().all(is_digit)
        && MONTHS.contains(&code[8])
        // A municipality is a letter from A to M, a country Z.
        && matches!(code[11], b'A'..=b'M' | b'Z')
        && code[15].is_ascii_uppercase()
}

/// The digit, or the one that the letter replaces.
fn value(sign: u8) -> Option<u32> {
    let replaced =
        || REPLACED.iter().position(|letter| *letter == sign).and_then(|at| u32::try_from(at).ok());
    char::from(sign).to_digit(10).or_else(replaced)
}

/// Whether there was such a day, and then such a place; women's days are 40 more.
fn has_birth(code: &[u8; 16]) -> bool {
    let number = |from: usize, to: usize| (from..to).try_fold(0, |sum, at| Some(sum * 10 + value(code[at])?));
    let (Some(year), Some(day), Some(place)) = (number(6, 8), number(9, 11), number(12, 15)) else {
        return false;
    };
    let Some(month) = MONTHS.iter().position(|letter| *letter == code[8]) else { return false };
    let day = if day > 40 { day - 40 } else { day };
    let is_leap = year.is_multiple_of(4);
    let is_day = (1..=DAYS[month]).contains(&day) && (is_leap || month != 1 || day < 29);
    is_day && birthplace::is_known(code[11], usize::try_from(place).unwrap_or_default(), year)
}

/// `IT` and the eleven digits of a partita IVA.
pub(super) fn vat(view: &View<'_>, at: usize) -> Option<Match> {
    let digits = view.bytes(at).strip_prefix(b"IT")?;
    let is_vat = digits.len() == 11
        && digits.iter().all(u8::is_ascii_digit)
        && check::eleven(digits)
        && check::has_office(digits);
    is_vat.then(|| Match::new(Kind::PartitaIva, (at, at), Confidence::Certain, Why::CheckHolds))
}

/// Eleven digits: a partita IVA, or a provisional codice fiscale.
pub(super) fn eleven(view: &View<'_>, at: usize) -> Option<Match> {
    let digits = view.bytes(at);
    if digits.len() != 11 {
        return None;
    }
    let kind = match (view.says(at, WORDS, Flags::TAX), view.says(at, WORDS, Flags::VAT)) {
        (true, false) => Some(Kind::CodiceFiscale),
        (_, true) => Some(Kind::PartitaIva),
        (false, false) => None,
    };
    let found = |kind, confidence, why| Some(Match::new(kind, (at, at), confidence, why));
    match (kind, check::eleven(digits)) {
        // The last three but one of a partita IVA name an office; those of a provisional code need not.
        (Some(Kind::PartitaIva), true) if !check::has_office(digits) => {
            found(Kind::PartitaIva, Confidence::Likely, Why::CheckFails)
        }
        (Some(kind), true) => found(kind, Confidence::Certain, Why::CheckHolds),
        (Some(kind), false) => found(kind, Confidence::Likely, Why::CheckFails),
        // WHY: the check and the office leave one number in a hundred; in a column of codes that is chance.
        (None, true) if check::has_office(digits) && !view.column.is_code => {
            found(Kind::PartitaIva, Confidence::Likely, Why::CheckHolds)
        }
        _ => None,
    }
}
