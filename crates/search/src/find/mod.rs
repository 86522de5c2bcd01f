//! The rows of one segment for which a query holds.
//!
//! Order is decided by what a row itself holds, never by how rare a word is: a word's rarity is a statement about rows that
//! perhaps nobody showed to whoever asks.

mod words;

use crate::bits::Bits;
use crate::entry::Standing;
use crate::error::SearchError;
use crate::index::Part;
use crate::page::Allowed;
use crate::query::{Clause, Column, Exact, Fact, Label, Query, Said, Sequence, Typed, What, Words};
use crate::rows::Named;
use crate::segment::{Segment, tag};

/// Rows and, where words were asked for, how well each fits.
#[derive(Debug)]
pub struct Matches {
    pub rows: Bits,
    marks: Vec<u16>,
    /// Whether words of the content count.
    with_text: bool,
}

/// Which words are taken for those that were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    AsTyped,
    /// And words one slip away.
    Guessed,
}

/// Fields as bits: where a row's words were found.
pub const IN_KEY: u16 = 1;
pub const IN_LABEL: u16 = 2;
pub const IN_COLUMN: u16 = 4;
pub const IN_TEXT: u16 = 8;

/// WHY: below a word's weight lie the four bits of where it was found.
const WEIGHT: u32 = 4;
/// WHY: with it a file whose name was typed comes before all whose key has the same words: 8 + 7 fills four bits.
const NAMED: u8 = 7;
/// WHY: among words of four letters nearly everything is one slip away.
const GUESSED_LETTERS_MIN: usize = 5;

impl Matches {
    /// The sum of what each word weighs where it weighs most.
    pub fn score(&self, row: u32) -> u16 {
        self.marks.get(row as usize).map_or(0, |mark| mark >> WEIGHT)
    }

    pub fn fields(&self, row: u32) -> u16 {
        self.marks.get(row as usize).map_or(0, |mark| mark & 0b1111)
    }
}

impl Query {
    /// Whether a second pass could find more.
    pub(crate) fn is_guessable(&self) -> bool {
        self.clauses.iter().any(|clause| match &clause.what {
            What::Words(words) => !clause.is_negated && guessed(words).is_some(),
            _ => false,
        })
    }

    /// Names that were typed as fields and are none of every index.
    pub(crate) fn label_fields(&self) -> impl Iterator<Item = &str> {
        self.clauses.iter().filter_map(|clause| match &clause.what {
            What::Label(label) if label.said == Said::AsField => Some(label.name.as_str()),
            _ => None,
        })
    }
}

/// The word of which a slip may be forgiven.
fn guessed(words: &Words) -> Option<&str> {
    match (words.sequence.words.as_slice(), &words.typed) {
        ([word], Typed::Plain(_)) if word.chars().count() >= GUESSED_LETTERS_MIN => Some(word),
        _ => None,
    }
}

/// What a query finds in one part of a place.
pub fn find(
    allowed: Allowed<'_>,
    part: &Part,
    query: &Query,
    spelling: Spelling,
) -> Result<Matches, SearchError> {
    let Allowed { name: place, with_text } = allowed;
    let mut matches = Matches { rows: Bits::clone(&part.alive), marks: Vec::new(), with_text };
    for (column, values) in &query.either {
        keep_exact(&mut matches.rows, place, &part.segment, *column, values);
    }
    // WHY in turns: rows that a column rules out need no reading of positions.
    let is_cheap =
        |clause: &&Clause| matches!(clause.what, What::Fact(_) | What::Folder(_) | What::Exact(..));
    let cheap = query.clauses.iter().filter(is_cheap);
    let dear = query.clauses.iter().filter(|clause| !is_cheap(clause));
    for clause in cheap.chain(dear) {
        if matches.rows.is_empty() {
            break;
        }
        matches.take(place, &part.segment, clause, spelling)?;
    }
    Ok(matches)
}

impl Matches {
    fn take(
        &mut self,
        place: &str,
        segment: &Segment,
        clause: &Clause,
        spelling: Spelling,
    ) -> Result<(), SearchError> {
        if let (What::Words(words), false) = (&clause.what, clause.is_negated) {
            return self.weigh(segment, words, spelling);
        }
        let mut held = self.rows.clone();
        match &clause.what {
            What::Words(words) => {
                let mut found = Bits::none(segment.rows.len());
                for (reader, ..) in places(segment, self.with_text) {
                    words::find(reader, &words.sequence, &held, |row, _| found.set(row))?;
                }
                held.and(&found);
            }
            What::Folder(folder) => keep_folder(&mut held, segment, folder),
            What::Label(label) => held = labelled(segment, label, &held)?,
            What::Column(sequence) => {
                let mut found = Bits::none(segment.rows.len());
                words::find(&segment.column, sequence, &held, |row, _| found.set(row))?;
                held.and(&found);
            }
            What::Exact(column, value) => {
                keep_exact(&mut held, place, segment, *column, std::slice::from_ref(value));
            }
            What::Fact(fact) => keep_fact(&mut held, segment, *fact),
        }
        if clause.is_negated {
            self.rows.and_not(&held)
        } else {
            self.rows.and(&held)
        }
        Ok(())
    }

    /// Keeps the rows with these words and adds what they weigh.
    fn weigh(&mut self, segment: &Segment, words: &Words, spelling: Spelling) -> Result<(), SearchError> {
        let rows = segment.rows.len();
        let (mut weights, mut found) = (vec![0_u8; rows], Bits::none(rows));
        let mut add = |row: u32, weight: u8, field: u16| {
            if let Some(cell) = weights.get_mut(row as usize) {
                let heavier = (*cell >> WEIGHT).max(weight) << WEIGHT;
                *cell = heavier | *cell & 0b1111 | field as u8;
                found.set(row);
            }
        };
        for (reader, weight, field) in places(segment, self.with_text) {
            words::find(reader, &words.sequence, &self.rows, |row, is_whole| {
                add(row, weight - u8::from(!is_whole), field);
            })?;
            if let (Some(word), Spelling::Guessed) = (guessed(words), spelling) {
                words::guess(reader, word, |row| add(row, 1, field))?;
            }
        }
        self.rows.and(&found);
        if self.marks.is_empty() {
            self.marks = vec![0; rows];
        }
        for row in self.rows.each() {
            let at = row as usize;
            let (Some(weight), Some(mark)) = (weights.get(at), self.marks.get_mut(at)) else { continue };
            let is_in_key = u16::from(*weight) & IN_KEY != 0;
            let is_named = is_in_key && is_file_name(segment.rows.key(row), &words.typed);
            let added = u16::from((weight >> WEIGHT) + if is_named { NAMED } else { 0 });
            // INVARIANT: 32 terms of at most 15 fit the twelve bits of a score.
            *mark = (*mark + (added << WEIGHT)) | (u16::from(*weight) & 0b1111);
        }
        Ok(())
    }
}

/// Where words are looked for, what a whole word weighs there, and the field's bit.
fn places(
    segment: &Segment,
    with_text: bool,
) -> impl Iterator<Item = (&tantivy::index::InvertedIndexReader, u8, u16)> {
    let all: [(&tantivy::index::InvertedIndexReader, u8, u16); 4] = [
        (&segment.key, 8, IN_KEY),
        (&segment.label, 6, IN_LABEL),
        (&segment.column, 4, IN_COLUMN),
        (&segment.text, 2, IN_TEXT),
    ];
    all.into_iter().filter(move |(_, _, field)| with_text || *field != IN_TEXT)
}

/// Whether this was typed for all of the key, or for all of it behind a `/`.
fn is_file_name(key: &str, typed: &Typed) -> bool {
    let Typed::Plain(typed) = typed else { return false };
    let Some(start) = key.len().checked_sub(typed.len()) else { return false };
    let (before, end) = key.as_bytes().split_at(start);
    end.eq_ignore_ascii_case(typed.as_bytes()) && before.last().is_none_or(|sign| *sign == b'/')
}

fn labelled(segment: &Segment, label: &Label, within: &Bits) -> Result<Bits, SearchError> {
    let mut found = Bits::none(segment.rows.len());
    match &label.value {
        None => words::whole(&segment.name, &label.name, |row| found.set(row))?,
        Some(value) => {
            let words = value.words.iter().map(|word| tag(&label.name, word)).collect();
            let sequence = Sequence { words, ends: value.ends };
            words::find(&segment.tag, &sequence, within, |row, _| found.set(row))?;
        }
    }
    found.and(within);
    Ok(found)
}

fn keep_folder(rows: &mut Bits, segment: &Segment, folder: &str) {
    // A `/` in front of both: what is asked for begins where a folder's name begins.
    let is_from_top = folder.starts_with('/');
    let asked = if is_from_top { folder.to_owned() } else { format!("/{folder}") };
    let lies = |name: &str| {
        let name = format!("/{}", crate::fold::exact(name));
        if is_from_top { name.starts_with(&asked) } else { name.contains(&asked) }
    };
    keep_named(rows, &segment.rows.folder, lies);
}

fn keep_exact(rows: &mut Bits, place: &str, segment: &Segment, column: Column, values: &[Exact]) {
    let holds = |name: &str| {
        let name = crate::fold::exact(name);
        values.iter().any(|value| value.holds(&name))
    };
    match column {
        Column::Kind => keep_named(rows, &segment.rows.kind, holds),
        Column::Family => keep_named(rows, &segment.rows.family, holds),
        Column::Source => keep_named(rows, &segment.rows.source, holds),
        Column::Place if holds(place) => {}
        Column::Place => rows.keep(|_| false),
        Column::Standing => {
            let held = Standing::ALL.map(|standing| holds(standing.code()));
            let is_held = |standing: Standing| held.get(usize::from(standing.number())) == Some(&true);
            rows.keep(|row| is_held(segment.rows.standing(row)));
        }
    }
}

fn keep_named(rows: &mut Bits, named: &Named, holds: impl Fn(&str) -> bool) {
    let held: Vec<bool> = named.names.all().map(holds).collect();
    rows.keep(|row| held.get(named.number(row) as usize) == Some(&true));
}

fn keep_fact(rows: &mut Bits, segment: &Segment, fact: Fact) {
    let of = &segment.rows;
    match fact {
        Fact::Larger(bytes) => rows.keep(|row| of.size_bytes(row) > bytes),
        Fact::Smaller(bytes) => rows.keep(|row| of.size_bytes(row) < bytes),
        Fact::After(ms) => rows.keep(|row| of.at_ms(row) >= ms),
        Fact::Before(ms) => rows.keep(|row| of.at_ms(row) < ms),
        Fact::NeverRead => rows.keep(|row| of.read_ms(row).is_none()),
    }
}

/// Names of labels that rows still there bear, each with whether it goes on.
pub fn label_names(part: &Part, mut take: impl FnMut(&str) -> bool) -> Result<(), SearchError> {
    let mut stream = part.segment.name.terms().stream()?;
    while let Some((name, term)) = stream.next() {
        let mut is_there = false;
        words::rows_of(&part.segment.name, term, |row| is_there |= part.alive.has(row))?;
        let Ok(name) = std::str::from_utf8(name) else { continue };
        if is_there && !take(name) {
            break;
        }
    }
    Ok(())
}

/// Whether a row that is still there bears a label of this name.
pub fn is_label_name(part: &Part, name: &str) -> Result<bool, SearchError> {
    let mut is_there = false;
    words::whole(&part.segment.name, name, |row| is_there |= part.alive.has(row))?;
    Ok(is_there)
}
