//! From signs to clauses, sign by sign from the left.

use super::value::{day_ms, size};
use super::{
    Clause, Column, Ends, Exact, Fact, Label, QUERY_BYTES_MAX, QUERY_TERMS_MAX, Query, Said, Sequence, Typed,
    What, Words,
};
use crate::entry::Standing;
use crate::error::{Expected, QueryError};
use crate::fold;

/// One piece between spaces: `-name:value`, where a value may stand between quotes.
struct Piece<'a> {
    is_negated: bool,
    field: Option<&'a str>,
    /// The label of `tag:name=value`.
    label: Option<&'a str>,
    value: &'a str,
    is_quoted: bool,
}

pub fn parse(typed: &str) -> Result<Query, QueryError> {
    if typed.len() > QUERY_BYTES_MAX {
        return Err(QueryError::TooLong { bytes_max: QUERY_BYTES_MAX });
    }
    let mut query = Query::default();
    let (mut rest, mut terms) = (typed.trim_start(), 0);
    while !rest.is_empty() {
        let (piece, left) = piece(rest);
        rest = left.trim_start();
        let Some(what) = understand(&piece)? else { continue };
        terms += 1;
        if terms > QUERY_TERMS_MAX {
            return Err(QueryError::TooMany { terms_max: QUERY_TERMS_MAX });
        }
        match what {
            What::Exact(column, exact) if !piece.is_negated => {
                query.either.entry(column).or_default().push(exact);
            }
            what => query.clauses.push(Clause { is_negated: piece.is_negated, what }),
        }
    }
    open_last_word(&mut query.clauses);
    Ok(query)
}

/// WHY: with one letter begins a large part of all words; who means that types `a*`.
const OPEN_LETTERS_MIN: usize = 2;

/// The last plain word may be a beginning: it may still be in the typing.
fn open_last_word(clauses: &mut [Clause]) {
    let last = clauses.iter_mut().rev().find_map(|clause| match &mut clause.what {
        What::Words(words) if !clause.is_negated && words.typed != Typed::Quoted => Some(words),
        _ => None,
    });
    let is_long = |words: &Words| {
        let last = words.sequence.words.last();
        last.is_some_and(|word| words.sequence.words.len() > 1 || word.chars().count() >= OPEN_LETTERS_MIN)
    };
    if let Some(words) = last.filter(|words| is_long(words)) {
        words.sequence.ends = Ends::Beginning;
    }
}

/// The first piece of a text that begins with no space, and what follows.
fn piece(text: &str) -> (Piece<'_>, &str) {
    let is_space = |at: usize| {
        text.get(at..).is_none_or(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
    };
    let is_negated = text.starts_with('-') && !is_space(1);
    let body = if is_negated { text.get(1..).unwrap_or_default() } else { text };
    let end = body.find(|sign: char| sign.is_whitespace() || sign == '"').unwrap_or(body.len());
    let (word, after) = body.split_at(end);
    let quoted = after.strip_prefix('"').map(|inside| inside.split_once('"').unwrap_or((inside, "")));
    let field = word.split_once(':').filter(|(name, value)| is_name(name) && !value.starts_with("//"));
    let label = field.filter(|(name, _)| fold::name(name) == "tag").and_then(|(_, tag)| tag.split_once('='));
    let plain = Piece { is_negated, field: None, label: None, value: word, is_quoted: false };
    match (field, quoted) {
        (Some((name, "")), Some((value, left))) => {
            (Piece { field: Some(name), value, is_quoted: true, ..plain }, left)
        }
        (Some((_, "")), None) => (plain, after),
        (Some((name, value)), quoted) => match (label, quoted) {
            (Some((label, "")), Some((value, left))) => {
                (Piece { field: Some(name), label: Some(label), value, is_quoted: true, ..plain }, left)
            }
            (Some((label, value)), _) => {
                (Piece { field: Some(name), label: Some(label), value, ..plain }, after)
            }
            (None, _) => (Piece { field: Some(name), value, ..plain }, after),
        },
        (None, Some((value, left))) if word.is_empty() => (Piece { value, is_quoted: true, ..plain }, left),
        // A quote in the middle of a word: what it opens is the next piece.
        (None, _) => (plain, after),
    }
}

/// Whether a word before `:` can be the name of a field or label.
fn is_name(word: &str) -> bool {
    let is_sign = |sign: char| sign.is_alphanumeric() || matches!(sign, '_' | '-' | '.');
    word.starts_with(char::is_alphabetic) && word.chars().all(is_sign)
}

/// None: nothing that says anything.
fn understand(piece: &Piece<'_>) -> Result<Option<What>, QueryError> {
    let Some(field) = piece.field else { return Ok(plain(piece)) };
    let wrong = |field, expected| QueryError::Value { field, value: piece.value.to_owned(), expected };
    let value = piece.value;
    Ok(match fold::name(field).as_str() {
        "kind" => exact(Column::Kind, piece),
        "family" => exact(Column::Family, piece),
        "bucket" => exact(Column::Place, piece),
        "from" => exact(Column::Source, piece),
        "stands" => {
            let code = Standing::of_code(&fold::exact(value)).ok_or(wrong("stands", Expected::Standing))?;
            Some(What::Exact(Column::Standing, Exact { value: code.code().to_owned(), ends: Ends::Whole }))
        }
        "tag" => tag(piece),
        "column" => sequence(piece).map(What::Column),
        "larger" => Some(What::Fact(Fact::Larger(size(value).ok_or(wrong("larger", Expected::Size))?))),
        "smaller" => Some(What::Fact(Fact::Smaller(size(value).ok_or(wrong("smaller", Expected::Size))?))),
        "after" => Some(What::Fact(Fact::After(day_ms(value).ok_or(wrong("after", Expected::Day))?))),
        "before" => Some(What::Fact(Fact::Before(day_ms(value).ok_or(wrong("before", Expected::Day))?))),
        "read" if fold::exact(value) == "never" => Some(What::Fact(Fact::NeverRead)),
        "read" => return Err(wrong("read", Expected::Never)),
        name => {
            let value = sequence(piece);
            Some(What::Label(Label { name: name.to_owned(), value, said: Said::AsField }))
        }
    })
}

fn plain(piece: &Piece<'_>) -> Option<What> {
    let is_folder = !piece.is_quoted && piece.value.ends_with('/') && piece.value.len() > 1;
    if is_folder && piece.value.chars().any(char::is_alphanumeric) {
        return Some(What::Folder(fold::exact(piece.value)));
    }
    let typed = if piece.is_quoted { Typed::Quoted } else { Typed::Plain(piece.value.to_owned()) };
    sequence(piece).map(|sequence| What::Words(Words { sequence, typed }))
}

/// `name=value`, or a name alone.
fn tag(piece: &Piece<'_>) -> Option<What> {
    let name = fold::name(piece.label.unwrap_or(piece.value));
    let value = piece.label.and_then(|_| sequence(piece));
    (!name.is_empty()).then_some(What::Label(Label { name, value, said: Said::AsTag }))
}

fn sequence(piece: &Piece<'_>) -> Option<Sequence> {
    let words = fold::words(piece.value);
    let is_open = !piece.is_quoted && piece.value.ends_with('*');
    let ends = if is_open { Ends::Beginning } else { Ends::Whole };
    let words: Vec<String> = words.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    (!words.is_empty()).then_some(Sequence { words, ends })
}

fn exact(column: Column, piece: &Piece<'_>) -> Option<What> {
    let open = piece.value.strip_suffix('*').filter(|_| !piece.is_quoted);
    let ends = if open.is_some() { Ends::Beginning } else { Ends::Whole };
    let value = fold::exact(open.unwrap_or(piece.value).trim());
    (!value.is_empty()).then_some(What::Exact(column, Exact { value, ends }))
}
