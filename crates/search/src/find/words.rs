//! Words in one field of one segment: whole, begun, one after the other, or one slip away.

use tantivy::DocSet;
use tantivy::Term;
use tantivy::index::InvertedIndexReader;
use tantivy::postings::{BlockSegmentPostings, Postings, TermInfo};
use tantivy::query::FuzzyTermQuery;
use tantivy::schema::{Field, IndexRecordOption};

use crate::bits::Bits;
use crate::error::SearchError;
use crate::query::{Ends, Sequence};

/// WHY: so many steps from row to row take as long as one leap.
const LEAP: usize = 8;

/// A row and a position in it.
type Spot = (u32, u32);

/// Calls `hit` for each row with these words, and whether the last is there as a whole; perhaps several times. Rows that are
/// not in `within` may come or not.
pub fn find(
    reader: &InvertedIndexReader,
    sequence: &Sequence,
    within: &Bits,
    mut hit: impl FnMut(u32, bool),
) -> Result<(), SearchError> {
    let Some((last, lead)) = sequence.words.split_last() else { return Ok(()) };
    let mut lists = Lists::new(reader);
    if lead.is_empty() {
        return ends(reader, last, sequence.ends, |term, is_whole| {
            lists.each(term, |row| hit(row, is_whole))
        });
    }
    let mut rows = within.clone();
    let mut leading = Vec::new();
    for word in lead {
        let Some(term) = reader.terms().get(word)? else { return Ok(()) };
        let mut found = Bits::default();
        lists.each(&term, |row| found.set(row))?;
        rows.and(&found);
        leading.push(term);
    }
    let (mut found, mut last_terms) = (Bits::default(), Vec::new());
    ends(reader, last, sequence.ends, |term, is_whole| {
        last_terms.push((term.clone(), is_whole));
        lists.each(term, |row| found.set(row))
    })?;
    rows.and(&found);
    if rows.is_empty() {
        return Ok(());
    }
    let spots = follow(reader, &leading, &rows)?;
    for (term, is_whole) in last_terms {
        let mut at = 0;
        each_spot(reader, &term, &rows, |spot| {
            if is_there(&spots, &mut at, spot) {
                hit(spot.0, is_whole);
            }
        })?;
    }
    Ok(())
}

/// Whether a spot is among ascending ones, asked in ascending order; `at` is where the last was.
fn is_there(spots: &[Spot], at: &mut usize, spot: Spot) -> bool {
    // WHY in growing steps: often the next is the one, and a rare word leaps over thousands.
    let mut step = 1;
    while spots.get(*at + step).is_some_and(|next| *next <= spot) {
        *at += step;
        step *= 2;
    }
    let near = spots.get(*at..(*at + step + 1).min(spots.len())).unwrap_or_default();
    *at += near.partition_point(|near| *near < spot);
    spots.get(*at) == Some(&spot)
}

/// Where the word after these words, one after the other, has to stand.
fn follow(reader: &InvertedIndexReader, terms: &[TermInfo], rows: &Bits) -> Result<Vec<Spot>, SearchError> {
    let mut spots: Option<Vec<Spot>> = None;
    for term in terms {
        let (mut next, mut at) = (Vec::new(), 0);
        each_spot(reader, term, rows, |(row, position)| {
            let is_next = spots.as_ref().is_none_or(|spots| is_there(spots, &mut at, (row, position)));
            if is_next {
                next.push((row, position + 1));
            }
        })?;
        spots = Some(next);
    }
    Ok(spots.unwrap_or_default())
}

/// Each occurrence of a term in these rows, ascending.
fn each_spot(
    reader: &InvertedIndexReader,
    term: &TermInfo,
    rows: &Bits,
    mut take: impl FnMut(Spot),
) -> Result<(), SearchError> {
    let mut postings = reader.read_postings_from_terminfo(term, IndexRecordOption::WithFreqsAndPositions)?;
    let mut positions = Vec::new();
    // WHY: leaping costs as much as a few steps.
    if rows.count() * LEAP < term.doc_freq as usize {
        for row in rows.each() {
            if postings.doc() < row && postings.seek(row) == row || postings.doc() == row {
                postings.positions(&mut positions);
                positions.iter().for_each(|position| take((row, *position)));
            }
        }
        return Ok(());
    }
    let mut row = postings.doc();
    while row != tantivy::TERMINATED {
        if rows.has(row) {
            postings.positions(&mut positions);
            positions.iter().for_each(|position| take((row, *position)));
        }
        row = postings.advance();
    }
    Ok(())
}

/// The terms that a word stands for, and whether as a whole.
fn ends(
    reader: &InvertedIndexReader,
    word: &str,
    ends: Ends,
    mut take: impl FnMut(&TermInfo, bool) -> Result<(), SearchError>,
) -> Result<(), SearchError> {
    if ends == Ends::Whole {
        return reader.terms().get(word)?.map_or(Ok(()), |term| take(&term, true));
    }
    let mut stream = reader.terms().range().ge(word).into_stream()?;
    while let Some((key, term)) = stream.next() {
        if !key.starts_with(word.as_bytes()) {
            break;
        }
        take(term, key.len() == word.len())?;
    }
    Ok(())
}

/// Rows with one whole word.
pub fn whole(reader: &InvertedIndexReader, word: &str, hit: impl FnMut(u32)) -> Result<(), SearchError> {
    reader.terms().get(word)?.map_or(Ok(()), |term| rows_of(reader, &term, hit))
}

/// Rows with a word that one letter more, less, other or changed with its neighbour turns into this one.
pub fn guess(reader: &InvertedIndexReader, word: &str, mut hit: impl FnMut(u32)) -> Result<(), SearchError> {
    // The automaton asks for no field; it only wants a term.
    let term = Term::from_field_text(Field::from_field_id(0), word);
    let automaton = FuzzyTermQuery::new(term, 1, true).automaton();
    let automaton = automaton.map_err(|cause| SearchError::Engine(Box::new(cause)))?;
    let mut lists = Lists::new(reader);
    let mut stream = reader.terms().search(automaton).into_stream()?;
    while let Some((_, term)) = stream.next() {
        lists.each(term, &mut hit)?;
    }
    Ok(())
}

/// Every row with a term, ascending, of rows alive or not.
pub fn rows_of(
    reader: &InvertedIndexReader,
    term: &TermInfo,
    hit: impl FnMut(u32),
) -> Result<(), SearchError> {
    Lists::new(reader).each(term, hit)
}

/// Lists of rows, read one after the other into the same memory.
struct Lists<'a> {
    reader: &'a InvertedIndexReader,
    block: Option<BlockSegmentPostings>,
}

impl<'a> Lists<'a> {
    fn new(reader: &'a InvertedIndexReader) -> Self {
        Self { reader, block: None }
    }

    fn each(&mut self, term: &TermInfo, mut hit: impl FnMut(u32)) -> Result<(), SearchError> {
        let block = match &mut self.block {
            Some(block) => {
                self.reader.reset_block_postings_from_terminfo(term, block)?;
                block
            }
            None => {
                let basic = IndexRecordOption::Basic;
                self.block.insert(self.reader.read_block_postings_from_terminfo(term, basic)?)
            }
        };
        while !block.docs().is_empty() {
            block.docs().iter().for_each(|row| hit(*row));
            block.advance();
        }
        Ok(())
    }
}
