//! What a table is like, so that it may be shown on a card: types, shares, distributions, and no count below ten.
//!
//! It exists so that people can choose data without seeing them, and the next delivery can be compared with the last. It tells
//! no extreme, no rare code, no exact count, and no name of a column that names somebody.

mod count;
mod drift;
mod tell;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use formats::column::Type;
use formats::detect::Encoding;
use serde::{Deserialize, Serialize};

pub use drift::{Drift, MISSING_MAX, PSI_MAX, ROWS_FACTOR_MAX, drift};

use crate::fault;
use crate::recipe::RecipeError;
use crate::source::Form;
use crate::step::{Counts, Passes, Stop, count};
use crate::table::{Odd, Ragged, Table, pass};

/// Of what this step makes; raised when it could make other bytes of the same object.
pub(crate) const VERSION: u32 = 1;
/// WHY: the threshold of disclosure control that Italian statistics and most regions use, or a stricter one.
pub const CELL_MIN: u64 = 10;
/// WHY: more columns on a card are read by nobody; a profile stays below some megabytes.
const COLUMNS_MAX: usize = 2_000;

/// How a table is read for its profile; as for a typed one, with odd cells left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Profiling {
    pub missing: BTreeSet<String>,
    pub has_header: Option<bool>,
    pub has_decimal_comma: Option<bool>,
    pub encoding: Option<Encoding>,
}

impl Default for Profiling {
    fn default() -> Self {
        Self { missing: Table::default().missing, has_header: None, has_decimal_comma: None, encoding: None }
    }
}

impl Profiling {
    /// The typed table of which this is the profile.
    fn table(&self) -> Table {
        Table {
            missing: self.missing.clone(),
            has_header: self.has_header,
            has_decimal_comma: self.has_decimal_comma,
            encoding: self.encoding,
            odd: Odd::Null,
            ragged: Ragged::Null,
            ..Table::default()
        }
    }

    pub(crate) fn check(&self) -> Result<(), RecipeError> {
        self.table().check()
    }
}

/// A table's profile. Every count is rounded to tens, and none is told that was below ten.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Of the form of a profile.
    pub version: u32,
    /// None: fewer than ten.
    pub rows: Option<u64>,
    pub columns: Vec<Column>,
    /// How many columns there are; the first of them are told.
    pub columns_all: u64,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// `column 3` where the table has no names, or the name may name somebody.
    pub name: String,
    #[serde(rename = "type")]
    pub kind: Type,
    /// From 0 to 1, to two digits; none: fewer than ten cells are missing, or fewer than ten are there.
    pub missing: Option<f64>,
    /// An estimate, to two digits; none: fewer than ten, or nearly.
    pub distinct: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bins: Option<Bins>,
    /// Codes and how often they come; rare ones are in `other`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub codes: BTreeMap<String, u64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub other: Option<u64>,
}

/// How numbers are spread: one more count than edges, for the first and last bin have no end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bins {
    /// Rising; a bin holds what is at most its edge. Of dates and moments: days since 1970-01-01.
    pub edges: Vec<f64>,
    pub counts: Vec<u64>,
}

/// Makes the profile.
pub(crate) fn make(
    profiling: &Profiling,
    passes: &mut Passes,
    to: &mut dyn Write,
    counts: &mut Counts,
) -> Result<(), Stop> {
    let table = profiling.table();
    let (detected, kept) = passes.detect()?;
    let form = table.form(Form::of(&detected).ok_or(fault::NOT_A_TABLE)?);
    let mut sampler = count::Sampler::new(&table, &form);
    pass(&form, &detected, passes, &kept, &mut sampler)?;
    let mut counter = sampler.counter()?;
    passes.begin()?;
    let rows = pass(&form, &detected, passes, &[], &mut counter)?;
    let has_header = !matches!(&form, Form::Cells(dialect) if !dialect.has_header);
    let profile = tell::profile(counter, rows, has_header)?;
    count(counts, "columns", profile.columns_all);
    let json = serde_json::to_vec(&profile).map_err(|_| Stop::Alone)?;
    to.write_all(&json).map_err(|_| Stop::Alone)
}
