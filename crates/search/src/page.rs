//! A page of what is found, with counts of all of it.
//!
//! What somebody may not see changes nothing here: places that are not allowed are not opened. Within what is allowed, order
//! follows from a row's own words and facts. What remains is time: a search beside others shares processor and memory with
//! them, and with a thread that packs or merges any place.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use crate::cursor::Cursor;
use crate::entry::Standing;
use crate::error::SearchError;
use crate::figures::standings;
use crate::find::{
    IN_COLUMN, IN_KEY, IN_LABEL, IN_TEXT, Matches, Spelling, find, is_label_name, label_names,
};
use crate::index::{Index, Part};
use crate::query::{FIELDS, Query};
use crate::shares::{Counted, Shares, Sum, count};

/// WHY: nobody reads more at once, and a page is made whole before it is sent.
pub const PAGE_MAX: usize = 200;
/// WHY: a hint, not a list.
const LABELS_MAX: usize = 50;

/// In which order hits come. Ties are broken by id, so that every order is total.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// By how well the words fit, then newest.
    Relevance,
    Newest,
    Largest,
    /// By key, byte by byte, then by place.
    Key,
}

impl Sort {
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Relevance => 0,
            Self::Newest => 1,
            Self::Largest => 2,
            Self::Key => 3,
        }
    }

    pub(crate) fn of_number(number: u8) -> Option<Self> {
        [Self::Relevance, Self::Newest, Self::Largest, Self::Key].get(usize::from(number)).copied()
    }
}

/// Which page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// The `next` of the page before.
    pub after: Option<Cursor>,
    /// Hits at most; taken as 1 to [`PAGE_MAX`].
    pub size: usize,
}

/// What is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub hits: Vec<Hit>,
    /// Of everything that matches, on whatever page.
    pub total: u64,
    pub facets: Facets,
    /// None: this is the last page.
    pub next: Option<Cursor>,
    /// Nothing had the words as typed; these are one slip away.
    pub is_guessed: bool,
}

/// One object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    pub id: [u8; 16],
    pub place: String,
    pub key: String,
    pub kind: String,
    pub family: String,
    pub standing: Standing,
    pub size_bytes: u64,
    pub at_ms: i64,
    pub read_ms: Option<i64>,
    pub source: String,
    pub found: Found,
}

/// Where words of the query were found; nowhere, if none were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Found {
    pub is_in_key: bool,
    pub is_in_labels: bool,
    pub is_in_columns: bool,
    pub is_in_text: bool,
}

/// Counts of everything that matches.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facets {
    pub kinds: Shares,
    pub families: Shares,
    pub standings: Shares,
    pub places: Shares,
    pub sources: Shares,
}

/// A place in an order: what comes first is less.
#[derive(PartialEq, Eq)]
struct Spot<'a> {
    /// Larger comes first.
    high: i64,
    low: i64,
    /// Empty unless the order is by key.
    key: &'a str,
    place: &'a str,
    id: [u8; 16],
}

impl Ord for Spot<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let numbers = (other.high, other.low).cmp(&(self.high, self.low));
        let texts = || (self.key, self.place).cmp(&(other.key, other.place));
        numbers.then_with(texts).then_with(|| self.id.cmp(&other.id))
    }
}

impl PartialOrd for Spot<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A place that may be searched. Its name alone allows all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowed<'a> {
    pub name: &'a str,
    /// Whether words of the content are found; names, labels and columns are in any case.
    pub with_text: bool,
}

impl<'a> From<&'a str> for Allowed<'a> {
    fn from(name: &'a str) -> Self {
        Self { name, with_text: true }
    }
}

/// One part of an allowed place.
struct Place<'a> {
    name: &'a str,
    allowed: Allowed<'a>,
    part: &'a Part,
}

/// What comes first so far, the last of it on top, and counts.
struct Collected<'a> {
    sort: Sort,
    after: Option<Spot<'a>>,
    size: usize,
    /// With the number of its place, its row and its fields.
    first: BinaryHeap<(Spot<'a>, usize, u32, u16)>,
    kinds: Counted<'a>,
    families: Counted<'a>,
    standings: [Sum; Standing::ALL.len()],
    places: Counted<'a>,
    sources: Counted<'a>,
    total: u64,
}

impl Index {
    /// What matches in the allowed places. Places that are not there are as good as empty.
    ///
    /// Turning pages gives each hit exactly once while it stays as it is; what is put meanwhile may be seen or missed.
    pub fn search<'a, A: Copy + Into<Allowed<'a>>>(
        &self,
        query: &Query,
        allowed: &[A],
        turn: &Turn,
        sort: Sort,
    ) -> Result<Page, SearchError> {
        let shown = self.shown();
        let named = allowed.iter().map(|one| -> Allowed<'a> { (*one).into() });
        // WHY by name: a place that is allowed twice is searched once.
        let allowed: BTreeMap<&str, Allowed<'_>> = named.map(|one| (one.name, one)).collect();
        let places = allowed.values().filter_map(|one| Some((*one, shown.places.get(one.name)?)));
        let part_of = |allowed: Allowed<'a>| move |part| Place { name: allowed.name, allowed, part };
        let places: Vec<Place<'_>> =
            places.flat_map(|(allowed, parts)| parts.iter().map(part_of(allowed))).collect();
        check_fields(query, &places)?;
        let after = turn.after.as_ref();
        if after.is_some_and(|after| after.sort != sort) {
            return Err(SearchError::Cursor);
        }
        let mut is_guessed = after.is_some_and(|after| after.is_guessed);
        let mut found = if is_guessed { Vec::new() } else { find_all(query, &places, Spelling::AsTyped)? };
        let is_nothing = found.iter().all(|matches| matches.rows.is_empty());
        if is_guessed || after.is_none() && is_nothing && query.is_guessable() {
            found = find_all(query, &places, Spelling::Guessed)?;
            is_guessed = is_guessed || found.iter().any(|matches| !matches.rows.is_empty());
        }
        let mut collected = Collected::new(sort, after, turn.size.clamp(1, PAGE_MAX));
        for (number, (place, matches)) in places.iter().zip(&found).enumerate() {
            collected.add(number, place, matches);
        }
        Ok(collected.page(&places, is_guessed))
    }
}

fn find_all(query: &Query, places: &[Place<'_>], spelling: Spelling) -> Result<Vec<Matches>, SearchError> {
    places.iter().map(|place| find(place.allowed, place.part, query, spelling)).collect()
}

/// Refuses what was typed as a field and is none, in what is allowed.
fn check_fields(query: &Query, places: &[Place<'_>]) -> Result<(), SearchError> {
    for name in query.label_fields() {
        let mut is_known = false;
        for place in places {
            is_known = is_known || is_label_name(place.part, name)?;
        }
        if !is_known {
            let mut labels = BTreeSet::new();
            for place in places {
                let mut left = LABELS_MAX;
                label_names(place.part, |name| {
                    labels.insert(name.to_owned());
                    left -= 1;
                    left > 0
                })?;
            }
            let labels = labels.into_iter().take(LABELS_MAX).collect();
            return Err(SearchError::UnknownField { name: name.to_owned(), fields: FIELDS, labels });
        }
    }
    Ok(())
}

impl<'a> Collected<'a> {
    fn new(sort: Sort, after: Option<&'a Cursor>, size: usize) -> Self {
        let after = after.map(|after| Spot {
            high: after.high,
            low: after.low,
            key: &after.key,
            place: &after.place,
            id: after.id,
        });
        Self {
            sort,
            after,
            size,
            first: BinaryHeap::new(),
            kinds: Counted::default(),
            families: Counted::default(),
            standings: Default::default(),
            places: Counted::default(),
            sources: Counted::default(),
            total: 0,
        }
    }

    fn add(&mut self, number: usize, place: &Place<'a>, matches: &Matches) {
        let rows = &place.part.segment.rows;
        let mut kinds = vec![Sum::default(); rows.kind.names.len()];
        let mut families = vec![Sum::default(); rows.family.names.len()];
        let mut sources = vec![Sum::default(); rows.source.names.len()];
        let mut all = Sum::default();
        matches.rows.each().for_each(|row| {
            let bytes = rows.size_bytes(row);
            all.add(1, bytes);
            count(&mut kinds, rows.kind.number(row), bytes);
            count(&mut families, rows.family.number(row), bytes);
            count(&mut sources, rows.source.number(row), bytes);
            count(&mut self.standings, u32::from(rows.standing(row).number()), bytes);
            self.rank(number, place, matches, row);
        });
        self.kinds.add_column(&rows.kind, &kinds);
        self.families.add_column(&rows.family, &families);
        self.sources.add_column(&rows.source, &sources);
        self.places.add(place.name, all);
        self.total += all.objects;
    }

    /// Takes a row among the first, if it is one of them.
    fn rank(&mut self, number: usize, place: &Place<'a>, matches: &Matches, row: u32) {
        let rows = &place.part.segment.rows;
        let (high, low, key, name) = match self.sort {
            Sort::Relevance => (i64::from(matches.score(row)), rows.at_ms(row), "", ""),
            Sort::Newest => (rows.at_ms(row), 0, "", ""),
            Sort::Largest => (i64::try_from(rows.size_bytes(row)).unwrap_or(i64::MAX), 0, "", ""),
            Sort::Key => (0, 0, rows.key(row), place.name),
        };
        // WHY one more: whether there is another page.
        let is_full = self.first.len() > self.size;
        if is_full && self.first.peek().is_some_and(|(last, ..)| (high, low) < (last.high, last.low)) {
            return;
        }
        let spot = Spot { high, low, key, place: name, id: rows.id(row) };
        let is_before = self.after.as_ref().is_some_and(|after| spot <= *after);
        if is_before || is_full && self.first.peek().is_some_and(|(last, ..)| spot >= *last) {
            return;
        }
        self.first.push((spot, number, row, matches.fields(row)));
        if is_full {
            self.first.pop();
        }
    }

    fn page(self, places: &[Place<'_>], is_guessed: bool) -> Page {
        let mut first = self.first.into_sorted_vec();
        let has_more = first.len() > self.size;
        first.truncate(self.size);
        let last = first.last().filter(|_| has_more);
        let next = last.map(|(spot, ..)| Cursor {
            sort: self.sort,
            is_guessed,
            high: spot.high,
            low: spot.low,
            key: spot.key.to_owned(),
            place: spot.place.to_owned(),
            id: spot.id,
        });
        let hits = first.iter().filter_map(|(_, number, row, fields)| {
            places.get(*number).map(|place| hit(place, *row, *fields))
        });
        Page {
            hits: hits.collect(),
            total: self.total,
            facets: Facets {
                kinds: self.kinds.largest(),
                families: self.families.largest(),
                standings: standings(&self.standings),
                places: self.places.largest(),
                sources: self.sources.largest(),
            },
            next,
            is_guessed,
        }
    }
}

fn hit(place: &Place<'_>, row: u32, fields: u16) -> Hit {
    let rows = &place.part.segment.rows;
    Hit {
        id: rows.id(row),
        place: place.name.to_owned(),
        key: rows.key(row).to_owned(),
        kind: rows.kind.get(row).to_owned(),
        family: rows.family.get(row).to_owned(),
        standing: rows.standing(row),
        size_bytes: rows.size_bytes(row),
        at_ms: rows.at_ms(row),
        read_ms: rows.read_ms(row),
        source: rows.source.get(row).to_owned(),
        found: Found {
            is_in_key: fields & IN_KEY != 0,
            is_in_labels: fields & IN_LABEL != 0,
            is_in_columns: fields & IN_COLUMN != 0,
            is_in_text: fields & IN_TEXT != 0,
        },
    }
}
