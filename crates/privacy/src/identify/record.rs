//! Numbers of medical records and of stays: only where words or the column name them.
//!
//! They have no form of their own: a hospital's number looks like any pseudonym.

use super::lexicon::Flags;
use super::scan::{Match, View};
use super::token::Class;
use super::{Confidence, Kind, Why, date};

/// WHY: "cartella clinica di ricovero n." stands that near before its value.
const WORDS: usize = 5;

pub(super) fn number(view: &View<'_>, at: usize) -> Option<Match> {
    let is_half = view.said(at, WORDS, Flags::RECORD_HALF) && view.said(at, 3, Flags::NUMBER_WORD);
    if !view.said(at, WORDS, Flags::RECORD) && !is_half {
        return None;
    }
    let (last, digits) = extent(view, at);
    let size: usize = (at..=last).map(|part| view.bytes(part).len()).sum();
    let is_year = last == at && size == 4 && matches!(view.bytes(at), [b'1', b'9', ..] | [b'2', b'0', ..]);
    let is_numbered = view.said(at, 2, Flags::NUMBER_WORD);
    let is_number = (4..=24).contains(&size) && digits >= 3 && date::written(view, at).is_none();
    let is_found = is_number && (!is_year || is_numbered);
    is_found.then(|| Match::new(Kind::RecordNumber, (at, last), Confidence::Likely, Why::Words))
}

/// The last token of `2023/001234-A`, and how many digits it has.
fn extent(view: &View<'_>, at: usize) -> (usize, usize) {
    let digits = |at: usize| view.bytes(at).iter().filter(|sign| sign.is_ascii_digit()).count();
    let (mut last, mut count) = (at, digits(at));
    // WHY: four pieces at most have such numbers.
    for _ in 0..3 {
        let is_more = view.is_joined(last)
            && view.is_joined(last + 1)
            && [b'-', b'/', b'.'].iter().any(|mark| view.is_mark(last + 1, *mark))
            && view.get(last + 2).is_some_and(|token| !matches!(token.class, Class::Mark(_) | Class::Long));
        if !is_more {
            break;
        }
        last += 2;
        count += digits(last);
    }
    (last, count)
}
