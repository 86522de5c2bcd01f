//! What is known of one column: its type, how much is missing, and how far it reaches.
//!
//! It exists so that profiles and contracts speak of the same facts. What tells of single persons is apart, and marked.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeSet, HashSet};
use std::hash::{BuildHasherDefault, Hash, Hasher};

use serde::{Deserialize, Serialize};

use crate::report::{WORD_BYTES_MAX, tame};
use crate::shape::{self, Day, Says, Shape};

/// WHY: more different values than this are no list of codes.
pub const CODES_MAX: usize = 32;
/// WHY: a code is a word; longer ones are text.
pub const CODE_BYTES_MAX: usize = 48;
/// WHY: one odd cell in fifty is a mistake of who wrote it; more are another type.
const ODD_SHARE_MAX: f64 = 0.02;

/// The type that a column's cells agree on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Type {
    /// Nothing stands in it.
    Empty,
    Whole,
    Number,
    Bool,
    Date,
    Moment,
    Text,
}

impl Type {
    /// Whether a cell of this shape fits.
    pub fn takes(self, shape: Shape) -> bool {
        match self {
            Self::Empty => shape == Shape::Missing,
            Self::Whole => matches!(shape, Shape::Whole | Shape::Missing),
            Self::Number => matches!(shape, Shape::Whole | Shape::Number | Shape::Missing),
            Self::Bool => matches!(shape, Shape::Bool | Shape::Missing),
            Self::Date => matches!(shape, Shape::Date | Shape::Missing),
            Self::Moment => matches!(shape, Shape::Date | Shape::Moment | Shape::Missing),
            Self::Text => true,
        }
    }
}

/// How far values reach. Sensitive: extremes and rare codes are single persons.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub min: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub max: Option<f64>,
    /// First and last day, `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub first: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last: Option<String>,
    /// All different values, where they are few.
    #[serde(skip_serializing_if = "BTreeSet::is_empty", default)]
    pub codes: BTreeSet<String>,
}

/// One column of one delivery.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// `None` where the table has no header.
    pub name: Option<String>,
    #[serde(rename = "type")]
    pub kind: Type,
    pub filled: u64,
    pub missing: u64,
    /// Filled cells that are not of the type.
    pub odd: u64,
    /// Whether no filled value comes twice; `None` where it was too much to remember.
    pub is_unique: Option<bool>,
    /// May not be shown to whoever may not see the data.
    pub sensitive: Spread,
}

impl Column {
    /// Whether what is bounded is.
    pub(crate) fn is_bounded(&self) -> bool {
        let short = |word: &Option<String>, max: usize| word.as_ref().is_none_or(|word| word.len() <= max);
        let Spread { first, last, codes, .. } = &self.sensitive;
        let are_codes = codes.len() <= CODES_MAX && codes.iter().all(|code| code.len() <= CODE_BYTES_MAX);
        short(&self.name, WORD_BYTES_MAX) && short(first, 10) && short(last, 10) && are_codes
    }
}

/// Values that were seen, as hashes, for all columns together; forgotten where they are too many.
#[derive(Debug)]
pub struct Seen {
    left: usize,
    /// Codes that may yet be kept.
    codes_left: usize,
}

impl Default for Seen {
    /// WHY: 24 bytes each in a set: 48 MB for all columns together; a code has up to 100, as much again.
    fn default() -> Self {
        Self { left: 2_000_000, codes_left: 500_000 }
    }
}

type Hashes = HashSet<u64, BuildHasherDefault<Same>>;

/// The hash of what is one already.
#[derive(Debug, Default)]
struct Same(u64);

impl Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash << 8 | u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// A column while it is read.
#[derive(Debug)]
pub struct Profile {
    pub name: Option<String>,
    counts: [u64; 7],
    /// Least and greatest.
    numbers: Option<(f64, f64)>,
    days: Option<(Day, Day)>,
    /// `None` once they were too many.
    codes: Option<BTreeSet<String>>,
    /// `None` once a value came twice, or they were too many.
    hashes: Option<Hashes>,
    is_unique: Option<bool>,
}

impl Profile {
    pub fn new(name: Option<&str>) -> Self {
        Self {
            name: name.map(tame),
            counts: [0; 7],
            numbers: None,
            days: None,
            codes: Some(BTreeSet::new()),
            hashes: Some(Hashes::default()),
            is_unique: Some(true),
        }
    }

    /// Takes one cell.
    pub fn take(&mut self, cell: &str, has_comma: bool, seen: &mut Seen) -> Shape {
        let (shape, says) = shape::read(cell, has_comma);
        self.counts[shape as usize] += 1;
        match says {
            Says::Number(number) => reach(&mut self.numbers, number),
            Says::Day(day) => reach(&mut self.days, day),
            Says::Nothing => {}
        }
        if shape != Shape::Missing {
            self.remember(cell, seen);
        }
        shape
    }

    fn remember(&mut self, cell: &str, seen: &mut Seen) {
        if let Some(codes) = &mut self.codes {
            let code = cell.trim();
            if code.len() > CODE_BYTES_MAX {
                self.codes = None;
            } else if !codes.contains(code) {
                codes.insert(code.to_owned());
                seen.codes_left = seen.codes_left.saturating_sub(1);
                if codes.len() > CODES_MAX || seen.codes_left == 0 {
                    seen.codes_left += codes.len();
                    self.codes = None;
                }
            }
        }
        let Some(hashes) = &mut self.hashes else { return };
        if seen.left == 0 {
            (self.hashes, self.is_unique) = (None, None);
            return;
        }
        let mut hasher = DefaultHasher::new();
        cell.hash(&mut hasher);
        if hashes.insert(hasher.finish()) {
            seen.left -= 1;
        } else {
            seen.left += hashes.len();
            (self.hashes, self.is_unique) = (None, Some(false));
        }
    }

    /// The type that the cells agree on, but for few.
    fn kind(&self) -> Type {
        let [_, whole, number, bool, date, moment, text] = self.counts;
        let filled = whole + number + bool + date + moment + text;
        let is_most = |count: u64| filled > 0 && (filled - count) as f64 <= filled as f64 * ODD_SHARE_MAX;
        match () {
            () if filled == 0 => Type::Empty,
            () if is_most(whole) && number == 0 => Type::Whole,
            () if is_most(whole + number) => Type::Number,
            () if is_most(bool) => Type::Bool,
            () if is_most(date) && moment == 0 => Type::Date,
            () if is_most(date + moment) => Type::Moment,
            () => Type::Text,
        }
    }

    /// What is known of it in the end.
    pub fn column(self) -> Column {
        let kind = self.kind();
        let [missing, whole, number, bool, date, moment, text] = self.counts;
        let filled = whole + number + bool + date + moment + text;
        let shapes = [
            Shape::Missing,
            Shape::Whole,
            Shape::Number,
            Shape::Bool,
            Shape::Date,
            Shape::Moment,
            Shape::Text,
        ];
        let odd = shapes
            .iter()
            .filter(|shape| !kind.takes(**shape))
            .map(|shape| self.counts[*shape as usize])
            .sum();
        // WHY: as many codes as rows is a list of values, not of codes.
        let codes = self.codes.filter(|codes| (codes.len() as u64) * 2 <= filled).unwrap_or_default();
        let is_unique = if filled == 0 { None } else { self.is_unique };
        let sensitive = Spread {
            min: self.numbers.map(|(min, _)| min),
            max: self.numbers.map(|(_, max)| max),
            first: self.days.map(|(first, _)| first.to_string()),
            last: self.days.map(|(_, last)| last.to_string()),
            codes,
        };
        Column { name: self.name, kind, filled, missing, odd, is_unique, sensitive }
    }
}

/// Widens from the least to the greatest.
fn reach<T: PartialOrd + Copy>(ends: &mut Option<(T, T)>, value: T) {
    let (least, greatest) = ends.get_or_insert((value, value));
    if value < *least {
        *least = value;
    }
    if value > *greatest {
        *greatest = value;
    }
}
