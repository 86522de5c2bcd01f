//! What a recipe for a table says.
//!
//! It exists as data, so that a recipe can be shown, signed and compared. A recipe that names a column twice in ways that
//! cannot both hold is refused before anything is read.

use std::collections::{BTreeMap, BTreeSet};

use formats::column::Type;
use formats::detect::Encoding;
use serde::{Deserialize, Serialize};

pub use crate::cell::Order;
use crate::recipe::RecipeError;
use crate::source::{Form, NAME_BYTES_MAX};

/// WHY: a table has thousands of columns at most that somebody names.
const NAMES_MAX: usize = 4_096;
/// WHY: a code list of one column; larger ones are a table to join.
const CODES_MAX: usize = 10_000;
/// WHY: a code or a token is a word.
const WORD_BYTES_MAX: usize = 256;

/// What becomes of cells that are not of their column's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Odd {
    /// The column is text; one whose type is declared is refused.
    #[default]
    Text,
    /// They are null, and counted: up to one filled cell in fifty, any number where the type is declared.
    Null,
}

/// What becomes of rows with fewer cells than there are columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ragged {
    #[default]
    Refuse,
    /// What is not there is null, and counted.
    Null,
}

/// A unit: what stands there, times `factor`, plus `offset`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    pub factor: f64,
    #[serde(default)]
    pub offset: f64,
    /// The new unit, as UCUM writes it; it stands in the file's own words.
    pub unit: String,
}

/// What becomes of codes that are not mapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rest {
    Keep,
    Null,
    #[default]
    Fail,
}

/// Codes of one column: from what to what; to null is to nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Codes {
    pub map: BTreeMap<String, Option<String>>,
    #[serde(default)]
    pub rest: Rest,
}

/// What a pseudonym stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stands {
    Patient,
    Encounter,
    Sample,
}

/// Dates that move with their patient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shift {
    pub columns: BTreeSet<String>,
    /// The column that names the patient.
    pub patient: String,
    /// By how many at most, either way.
    pub days: u16,
    /// Whether a Monday stays a Monday.
    #[serde(default)]
    pub keeps_week: bool,
}

/// A table of text as typed Parquet. Columns are named as they arrive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Table {
    /// Cells that stand for nothing.
    pub missing: BTreeSet<String>,
    pub odd: Odd,
    pub ragged: Ragged,
    /// Instead of what is detected.
    pub has_header: Option<bool>,
    pub has_decimal_comma: Option<bool>,
    pub encoding: Option<Encoding>,
    /// Columns whose type is declared.
    pub types: BTreeMap<String, Type>,
    /// Columns of dates, and their order.
    pub dates: BTreeMap<String, Order>,
    pub units: BTreeMap<String, Unit>,
    pub codes: BTreeMap<String, Codes>,
    /// Whether a row that was there already is left out.
    pub deduplicate: bool,
    pub drop: BTreeSet<String>,
    pub rename: BTreeMap<String, String>,
    /// Columns whose cells become pseudonyms.
    pub pseudonyms: BTreeMap<String, Stands>,
    pub shift_dates: Option<Shift>,
    /// Which key pseudonyms and shifts are made with: its name, never the key.
    pub key: Option<String>,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            missing: ["", "NA", "N/A", "null", "."].map(str::to_owned).into(),
            odd: Odd::default(),
            ragged: Ragged::default(),
            has_header: None,
            has_decimal_comma: None,
            encoding: None,
            types: BTreeMap::new(),
            dates: BTreeMap::new(),
            units: BTreeMap::new(),
            codes: BTreeMap::new(),
            deduplicate: false,
            drop: BTreeSet::new(),
            rename: BTreeMap::new(),
            pseudonyms: BTreeMap::new(),
            shift_dates: None,
            key: None,
        }
    }
}

impl Table {
    pub(crate) fn needs_key(&self) -> bool {
        !self.pseudonyms.is_empty() || self.shift_dates.is_some()
    }

    pub(crate) fn shifts(&self, name: &str) -> bool {
        self.shift_dates.as_ref().is_some_and(|shift| shift.columns.contains(name))
    }

    /// How the table is read, where the recipe knows better.
    pub(crate) fn form(&self, form: Form) -> Form {
        match form {
            Form::Objects | Form::Book | Form::Columns => form,
            Form::Cells(mut dialect) => {
                dialect.has_header = self.has_header.unwrap_or(dialect.has_header);
                dialect.has_decimal_comma = self.has_decimal_comma.unwrap_or(dialect.has_decimal_comma);
                dialect.encoding = self.encoding.unwrap_or(dialect.encoding);
                Form::Cells(dialect)
            }
        }
    }

    /// Every column that the recipe names.
    pub(crate) fn named(&self) -> BTreeSet<&str> {
        let shift = self.shift_dates.iter();
        let shifted = shift.flat_map(|shift| shift.columns.iter().chain([&shift.patient]));
        let names = self.types.keys().chain(self.dates.keys()).chain(self.units.keys());
        let names = names.chain(self.codes.keys()).chain(&self.drop).chain(self.rename.keys());
        names.chain(self.pseudonyms.keys()).chain(shifted).map(String::as_str).collect()
    }

    pub(crate) fn check(&self) -> Result<(), RecipeError> {
        self.bounded()?;
        self.agree()?;
        if self.needs_key() != self.key.is_some() {
            return Err(RecipeError::Key);
        }
        let Some(shift) = &self.shift_dates else { return Ok(()) };
        if shift.columns.is_empty() || shift.columns.contains(&shift.patient) {
            return Err(RecipeError::Shift);
        }
        let days = privacy::pseudonym::Days::new(shift.days).map_err(|_| RecipeError::Shift)?;
        let is_week = !shift.keeps_week || shift.days >= 7;
        let _ = days;
        is_week.then_some(()).ok_or(RecipeError::Shift)
    }

    fn bounded(&self) -> Result<(), RecipeError> {
        let named = self.named();
        let is_name = |name: &str| !name.is_empty() && name.len() <= NAME_BYTES_MAX;
        let is_word = |word: &str| word.len() <= WORD_BYTES_MAX;
        let names = named.iter().copied().chain(self.rename.values().map(String::as_str));
        let codes = || self.codes.values().flat_map(|codes| &codes.map);
        let has_few =
            named.len() <= NAMES_MAX && self.missing.len() <= NAMES_MAX && codes().count() <= CODES_MAX;
        let are_words = self.missing.iter().all(|word| is_word(word))
            && codes().all(|(from, to)| is_word(from) && to.as_deref().is_none_or(is_word))
            && self.units.values().all(|unit| is_word(&unit.unit))
            && self.key.as_deref().is_none_or(|key| is_name(key) && is_word(key));
        if !has_few || !are_words || !names.into_iter().all(is_name) {
            return Err(RecipeError::Bounds);
        }
        let is_finite =
            |unit: &Unit| unit.factor.is_finite() && unit.offset.is_finite() && unit.factor != 0.0;
        self.units.values().all(is_finite).then_some(()).ok_or(RecipeError::Unit)
    }

    /// Whether no column is to be two things.
    fn agree(&self) -> Result<(), RecipeError> {
        let twice = |name: &str| Err(RecipeError::Twice { column: name.to_owned() });
        for name in self.named() {
            let is_pseudonym = self.pseudonyms.contains_key(name);
            let (is_date, is_unit) =
                (self.dates.contains_key(name) || self.shifts(name), self.units.contains_key(name));
            let (is_coded, is_typed) = (self.codes.contains_key(name), self.types.contains_key(name));
            let ways = [is_pseudonym, is_date, is_unit, is_coded || is_typed];
            let is_dropped = self.drop.contains(name);
            let is_used = ways.contains(&true) || self.rename.contains_key(name);
            if ways.iter().filter(|way| **way).count() > 1 || is_dropped && is_used {
                return twice(name);
            }
        }
        if let Some(name) = self.types.iter().find(|(_, kind)| **kind == Type::Empty) {
            return twice(name.0);
        }
        let renamed: BTreeSet<&String> = self.rename.values().collect();
        if renamed.len() < self.rename.len() { Err(RecipeError::Rename) } else { Ok(()) }
    }
}
