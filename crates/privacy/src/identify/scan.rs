//! One pass over a text: tokens in a sliding window, the rules at each, the best of what they say.
//!
//! It exists so that rules see a bounded neighbourhood and nothing else: memory is constant, time is linear. It never
//! reports two findings that overlap.

use super::hint::Column;
use super::lexicon::Flags;
use super::token::{Case, Class, Cut, Token, Tokens};
use super::{Confidence, Finding, Kind, Why};
use super::{account, address, contact, date, document, person, phone, postcode, record, tax};

/// WHY: rules look so many tokens ahead at most; an address of three lines has half as many.
pub(super) const AHEAD: usize = 48;
/// WHY: words that introduce an identifier stand that near before it.
const BACK: usize = 24;
/// WHY: so many tokens are read before the rules run over them: large enough to amortise moving the window.
const BATCH: usize = 1024;

/// Where a text comes from, which decides how bare names are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Cell,
    Prose,
    FileName,
}

/// What a rule found: tokens from `first` to `last`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Match {
    pub kind: Kind,
    pub first: usize,
    pub last: usize,
    pub confidence: Confidence,
    pub why: Why,
}

impl Match {
    pub fn new(kind: Kind, span: (usize, usize), confidence: Confidence, why: Why) -> Self {
        Self { kind, first: span.0, last: span.1, confidence, why }
    }
}

/// What rules see: some tokens of a text, its column, its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    pub text: &'a [u8],
    pub tokens: &'a [Token],
    pub column: &'a Column,
    pub place: Place,
    /// Whether the tokens end where the text ends.
    pub is_whole: bool,
}

impl View<'_> {
    pub fn get(&self, at: usize) -> Option<&Token> {
        self.tokens.get(at)
    }

    pub fn bytes(&self, at: usize) -> &[u8] {
        self.tokens.get(at).map_or(&[], |token| &self.text[token.start..token.end])
    }

    pub fn flags(&self, at: usize) -> Flags {
        self.tokens.get(at).map_or(Flags::NONE, |token| token.flags)
    }

    pub fn is_mark(&self, at: usize, mark: u8) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is_mark(mark))
    }

    /// Whether nothing stands between this token and the next.
    pub fn is_joined(&self, at: usize) -> bool {
        self.gap(at) == Some(0)
    }

    /// How many bytes stand between this token and the next.
    pub fn gap(&self, at: usize) -> Option<usize> {
        Some(self.tokens.get(at + 1)?.start - self.tokens.get(at)?.end)
    }

    /// Whether the column says one of these, or one of the `count` tokens before.
    pub fn says(&self, at: usize, count: usize, flags: Flags) -> bool {
        self.column.flags.any(flags) || self.said(at, count, flags)
    }

    /// Whether one of the `count` tokens before says one of these.
    pub fn said(&self, at: usize, count: usize, flags: Flags) -> bool {
        self.tokens[at.saturating_sub(count)..at].iter().any(|token| token.flags.any(flags))
    }

    /// Column where that says one of these, words where the tokens before do.
    pub fn source(&self, flags: Flags) -> Why {
        if self.column.flags.any(flags) { Why::Column } else { Why::Words }
    }

    /// Whether the tokens from `first` to `last` are all of the text.
    pub fn is_all(&self, first: usize, last: usize) -> bool {
        let is_edge = |token: &Token| matches!(token.class, Class::Mark(_));
        self.is_whole
            && self.tokens[..first].iter().all(is_edge)
            && self.tokens.get(last + 1..).is_none_or(|rest| rest.iter().all(is_edge))
    }
}

/// A pass with its memory, which is used again for the next text.
#[derive(Debug, Default)]
pub(super) struct Scanner {
    tokens: Vec<Token>,
}

impl Scanner {
    /// One cell: what the column says of the whole of it, unless something in it is certain.
    pub fn cell(&mut self, column: &Column, cell: &[u8], found: &mut dyn FnMut(Finding)) {
        let Some(whole) = column.judge(cell) else {
            let is_moment = is_moment(cell) && !column.flags.any(Flags::BORN);
            if !is_measure(cell) && !is_moment && !is_uuid(cell) {
                self.scan(cell, column, Place::Cell, found);
            }
            return;
        };
        // WHY: nothing is certain without a digit.
        if !cell.iter().any(u8::is_ascii_digit) {
            return found(whole);
        }
        let mut inside = Vec::new();
        self.scan(cell, column, Place::Cell, &mut |finding| inside.push(finding));
        let is_certain = inside.iter().any(|finding| finding.confidence == Confidence::Certain);
        let is_surer = inside.iter().any(|finding| finding.confidence > whole.confidence);
        if is_certain || is_surer { inside.into_iter().for_each(found) } else { found(whole) }
    }

    pub fn scan(&mut self, text: &[u8], column: &Column, place: Place, found: &mut dyn FnMut(Finding)) {
        let cut = if place == Place::FileName { Cut::Camel } else { Cut::Plain };
        let mut tokens = Tokens::of(text, cut);
        self.tokens.clear();
        let (mut at, mut is_begun) = (0, false);
        loop {
            let wanted = BATCH - self.tokens.len().min(BATCH);
            self.tokens.extend(tokens.by_ref().take(wanted));
            let is_end = self.tokens.len() < BATCH;
            let stop = if is_end { self.tokens.len() } else { BATCH - AHEAD };
            let is_whole = is_end && !is_begun;
            let view = View { text, tokens: &self.tokens, column, place, is_whole };
            at = pass(&view, at, stop, found);
            if is_end {
                return;
            }
            is_begun = true;
            let gone = at.saturating_sub(BACK).min(self.tokens.len());
            self.tokens.drain(..gone);
            at -= gone;
        }
    }
}

/// Whether a cell is a short number, which most cells are and no identifier is: digits, a dot, a comma, a sign.
fn is_measure(cell: &[u8]) -> bool {
    cell.len() < 8
        && cell.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b',' | b'-' | b'+'))
        && cell.iter().filter(|byte| byte.is_ascii_digit()).count() < 6
}

/// Whether a cell is a day by ISO 8601, with a time or without.
fn is_moment(cell: &[u8]) -> bool {
    let Some((day, time)) = cell.split_at_checked(10).filter(|(_, time)| time.len() <= 20) else {
        return false;
    };
    let is_day = day.iter().enumerate().all(|(at, byte)| match at {
        4 | 7 => *byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    let is_time = match time {
        [] => true,
        [b'T' | b' ', hour @ ..] => {
            hour.get(2) == Some(&b':')
                && hour.iter().all(|byte| byte.is_ascii_digit() || b":.Z+-".contains(byte))
        }
        _ => false,
    };
    is_day && is_time
}

/// Whether a cell is a UUID (RFC 9562).
fn is_uuid(cell: &[u8]) -> bool {
    cell.len() == 36
        && cell.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Runs the rules from `at` to `stop`; says where to go on.
fn pass(view: &View<'_>, mut at: usize, stop: usize, found: &mut dyn FnMut(Finding)) -> usize {
    while at < stop {
        let Some(best) = best(view, at) else {
            // WHY: nothing begins inside a date, and half of all tables are dates.
            let is_number = view.tokens[at].class == Class::Number;
            at = date::written(view, at).filter(|_| is_number).map_or(at + 1, |last| last + 1);
            continue;
        };
        let (first, last) = (best.first.max(at), best.last.max(at).min(view.tokens.len() - 1));
        let range = view.tokens[first].start..view.tokens[last].end;
        found(Finding { kind: best.kind, range, confidence: best.confidence, why: best.why });
        at = last + 1;
    }
    at
}

/// Whether the digits follow a point and other digits.
fn is_fraction(view: &View<'_>, at: usize) -> bool {
    let is_pointed = at > 1 && view.is_mark(at - 1, b'.') && view.is_joined(at - 1) && view.is_joined(at - 2);
    is_pointed && view.get(at - 2).is_some_and(|token| token.class == Class::Number)
}

/// Whether no rule begins at such a word: small letters, of no list but that of every day, and nothing joined to it.
fn is_plain(view: &View<'_>, at: usize, token: &Token) -> bool {
    token.case == Case::Lower
        && token.flags.is_within(Flags::EVERYDAY)
        && !view.is_joined(at)
        && !view.column.flags.any(Flags::IBAN)
        && token.size() != 16
}

type Rule = fn(&View<'_>, usize) -> Option<Match>;

const WORD: &[Rule] = &[
    contact::email,
    tax::codice_fiscale,
    account::iban,
    document::letters,
    date::birth,
    address::italian,
    postcode::state,
    person::name,
];
const MIXED: &[Rule] = &[
    contact::email,
    tax::codice_fiscale,
    tax::vat,
    account::iban,
    document::mixed,
    date::birth,
    phone::number,
    record::number,
    postcode::british,
    address::english,
];
const NUMBER: &[Rule] = &[
    contact::email,
    contact::network,
    date::birth,
    phone::number,
    account::card,
    document::health_card,
    tax::eleven,
    document::nhs,
    document::social,
    document::digits,
    record::number,
    postcode::italian,
    address::english,
];
const MARK: &[Rule] = &[phone::number];

fn best(view: &View<'_>, at: usize) -> Option<Match> {
    let token = &view.tokens[at];
    let rules = match token.class {
        Class::Word if is_plain(view, at, token) => return None,
        Class::Word => WORD,
        Class::Mixed => MIXED,
        // What stands after a decimal point is part of a measure.
        Class::Number if is_fraction(view, at) => return None,
        Class::Number => NUMBER,
        Class::Mark(b'+' | b'(') => MARK,
        Class::Mark(_) | Class::Long => return None,
    };
    let mut best: Option<Match> = None;
    for found in rules.iter().filter_map(|rule| rule(view, at)) {
        let rank = |found: &Match| (found.confidence, found.last);
        if best.as_ref().is_none_or(|best| rank(&found) > rank(best)) {
            best = Some(found);
        }
    }
    // WHY: a number in a column of codes is no guess of ours, and a person would be asked a million times.
    best.filter(|found| {
        found.confidence > Confidence::Ambiguous || !view.column.is_code || found.kind == Kind::PersonName
    })
}
