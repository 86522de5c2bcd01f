//! What a dataset's deliveries must keep: columns, types, units, ranges, codes, keys, references, age.
//!
//! It exists so that the second delivery is held to what people confirmed of the first. A machine proposes, a person signs; a
//! check says row, byte and column, and never a value.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};
use std::io::{self, Read};

use serde::{Deserialize, Serialize};

use crate::column::{Column, Type};
use crate::detect::Dialect;
use crate::kind::Kind;
use crate::limits::Limits;
use crate::report::{Facts, Findings, Place, Report};
use crate::rows::{Row, Rows};
use crate::rule;
use crate::shape::{self, Day, Shape};
use crate::validate::table;
use crate::values::{self, Values};

/// Of the form of a contract; a reader refuses what it does not know.
pub const VERSION: u32 = 1;
/// WHY: 16 bytes each in a set; more keys than this are checked in parts.
const KEYS_MAX: usize = 4_000_000;
/// WHY: proposed ranges leave room for what the first delivery happened not to have.
const ROOM: f64 = 0.5;
/// WHY: below this many rows nothing is learned about codes and keys.
const ROWS_MIN: u64 = 20;
/// WHY: the table of OMOP CDM that refers to most others refers to eleven columns.
const REFERENCES_MAX: usize = 16;

/// What one column must keep. What is `None` or empty is not asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: Type,
    /// As UCUM writes it; for people and for conversion, nothing is checked by it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unit: Option<String>,
    /// Whether each row has it.
    #[serde(default)]
    pub is_required: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub min: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub max: Option<f64>,
    /// `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub first: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last: Option<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty", default)]
    pub codes: BTreeSet<String>,
    /// `table.column` whose values it takes; a table is called as its file is, up to the first point.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub references: Option<String>,
}

/// How old the newest row may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fresh {
    pub column: String,
    pub days_max: u32,
}

/// A contract of one table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    pub version: u32,
    pub columns: Vec<Term>,
    /// Columns whose values together come once.
    #[serde(default)]
    pub key: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fresh: Option<Fresh>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rows_min: Option<u64>,
    /// Whether columns that it does not name are a fault.
    #[serde(default)]
    pub is_closed: bool,
}

impl Term {
    /// The table and the column that it refers to.
    pub fn refers(&self) -> Option<(&str, &str)> {
        self.references.as_deref()?.split_once('.')
    }
}

impl Contract {
    /// What keeps it from being held to, if something does. WHY before it is confirmed: what names nothing would be asked of
    /// every delivery, or of none.
    pub fn flaw(&self) -> Option<&'static str> {
        let of = |name: &String| self.columns.iter().find(|term| term.name == *name);
        let is_dated = |term: &Term| matches!(term.kind, Type::Date | Type::Moment);
        let is_reference = |term: &Term| match (&term.references, term.refers()) {
            (None, _) => true,
            (Some(_), Some((table, column))) => {
                !table.is_empty() && !column.is_empty() && !table.contains('/')
            }
            (Some(_), None) => false,
        };
        let references: BTreeSet<_> =
            self.columns.iter().filter_map(|term| term.references.as_ref()).collect();
        if self.version != VERSION {
            return Some("`version` is 1");
        }
        if !self.key.iter().all(|name| of(name).is_some()) {
            return Some("`key` names columns of the contract");
        }
        if self.fresh.as_ref().is_some_and(|fresh| !of(&fresh.column).is_some_and(is_dated)) {
            return Some("`fresh` names a column of the contract that is a `date` or a `moment`");
        }
        if !self.columns.iter().all(is_reference) {
            return Some("`references` is `table.column`, a table beside it");
        }
        (references.len() > REFERENCES_MAX).then_some("a table refers to at most 16 columns of others")
    }
}

/// What is known beside the file.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The day by which age is judged, `YYYY-MM-DD`, if it is.
    pub today: Option<String>,
    /// Values of other tables, by `table.column`; of one that is not here nothing is asked.
    pub tables: BTreeMap<String, Values>,
    /// What their digests are keyed with.
    pub key: values::Key,
}

/// A first proposal, for a person to look at: what the first delivery was like.
pub fn propose(facts: &Facts) -> Contract {
    let rows = facts.count("rows");
    let named = facts.columns.iter().enumerate();
    let columns = named.map(|(at, column)| term(at, column, rows)).collect();
    let key = facts.columns.iter().enumerate().find(|(_, column)| is_key(column, rows));
    Contract {
        version: VERSION,
        columns,
        key: key.map(|(at, column)| name(at, column)).into_iter().collect(),
        fresh: None,
        rows_min: None,
        is_closed: false,
    }
}

fn name(at: usize, column: &Column) -> String {
    column.name.clone().unwrap_or_else(|| format!("column {}", at + 1))
}

/// Whether a column looks like a key: each row has one, none twice, and it is no measure.
fn is_key(column: &Column, rows: u64) -> bool {
    let is_name = matches!(column.kind, Type::Whole | Type::Text);
    rows >= ROWS_MIN && column.missing == 0 && column.is_unique == Some(true) && is_name
}

fn term(at: usize, column: &Column, rows: u64) -> Term {
    let spread = &column.sensitive;
    let is_number = matches!(column.kind, Type::Whole | Type::Number);
    let width = spread.max.zip(spread.min).map_or(0.0, |(max, min)| max - min);
    let is_id = column.is_unique == Some(true);
    // WHY: a range that was seen is no rule; a wider one catches other units, and numbers that mean "missing".
    let round = |bound: f64| if column.kind == Type::Whole { bound.round() } else { bound };
    let below = |min: f64| if min >= 0.0 { (min - width * ROOM).max(0.0) } else { min - width * ROOM };
    let learned = rows >= ROWS_MIN && column.odd == 0;
    let is_coded = learned && matches!(column.kind, Type::Text | Type::Whole | Type::Bool);
    let codes = if is_coded { spread.codes.clone() } else { BTreeSet::new() };
    let is_ranged = learned && is_number && !is_id && codes.is_empty();
    Term {
        name: name(at, column),
        kind: if column.odd > 0 { Type::Text } else { column.kind },
        unit: None,
        is_required: rows > 0 && column.missing == 0,
        min: spread.min.filter(|_| is_ranged).map(|min| round(below(min))),
        max: spread.max.filter(|_| is_ranged).map(|max| round(max + width * ROOM)),
        first: None,
        last: None,
        codes,
        references: None,
    }
}

type Keys = HashSet<u64, BuildHasherDefault<DefaultHasher>>;

/// One check as it goes.
struct Check<'a> {
    contract: &'a Contract,
    known: &'a Known,
    dialect: &'a Dialect,
    findings: Findings,
    keys: Keys,
    /// For each term, where it is in the row.
    at: Vec<Option<usize>>,
    key_at: Vec<usize>,
    newest: Option<Day>,
}

/// Holds a delivery to a contract; it is read once, unpacked, from its beginning.
pub fn check(
    contract: &Contract,
    known: &Known,
    dialect: &Dialect,
    from: &mut dyn Read,
    limits: &Limits,
) -> io::Result<Report> {
    let mut check = Check {
        contract,
        known,
        dialect,
        findings: Findings::new(limits.findings_max),
        keys: Keys::default(),
        at: (0..contract.columns.len()).map(Some).collect(),
        key_at: Vec::new(),
        newest: None,
    };
    let mut rows = Rows::new(from, dialect, limits.line_bytes_max, limits.columns_max);
    rows.skip_lines(dialect.preamble_lines, &mut |_| ())?;
    let mut count = 0;
    while let Some(row) = rows.row()? {
        row.flaws.iter().for_each(|flaw| check.findings.add(table::rule_of(*flaw), row.place));
        let cells: Vec<String> =
            row.cells().map(|cell| String::from_utf8_lossy(cell).trim().to_owned()).collect();
        if row.number == 1 {
            check.names(&cells, &row);
            if dialect.has_header {
                continue;
            }
        }
        count += 1;
        check.row(&cells, row.place);
    }
    let mut facts = Facts::default();
    facts.number("rows", count);
    facts.number("contract-version", u64::from(contract.version));
    check.whole(count);
    Ok(check.findings.report(if dialect.delimiter == '\t' { Kind::Tsv } else { Kind::Csv }, facts))
}

impl Check<'_> {
    /// Where the columns are, by name where there is a header, else in their order.
    fn names(&mut self, cells: &[String], row: &Row) {
        let find = |wanted: &str| cells.iter().position(|cell| cell == wanted);
        if self.dialect.has_header {
            self.at = self.contract.columns.iter().map(|term| find(&term.name)).collect();
            let is_named = |cell: &String| self.contract.columns.iter().any(|term| term.name == *cell);
            for (at, _) in cells.iter().enumerate().filter(|(_, cell)| !is_named(cell)) {
                let rule = if self.contract.is_closed { rule::CONTRACT_COLUMN } else { rule::CONTRACT_EXTRA };
                self.findings.add(rule, row.place.column(at + 1));
            }
        } else {
            self.at = (0..self.contract.columns.len()).map(|at| (at < row.width()).then_some(at)).collect();
        }
        for (nth, at) in self.at.iter().enumerate() {
            // WHY: a column that is not there has no place; its number in the contract tells which.
            self.findings.need(at.is_some(), rule::CONTRACT_COLUMN, Place::WHOLE.column(nth + 1));
        }
        self.references();
        let of = |name: &String| self.contract.columns.iter().position(|term| term.name == *name);
        let found: Vec<Option<usize>> = self
            .contract
            .key
            .iter()
            .map(|name| of(name).and_then(|nth| self.at.get(nth).copied().flatten()))
            .collect();
        self.key_at = if found.iter().all(Option::is_some) {
            found.into_iter().flatten().collect()
        } else {
            Vec::new()
        };
        if self.key_at.len() < self.contract.key.len() {
            self.findings.add(rule::CONTRACT_KEY, Place::WHOLE);
        }
    }

    /// Which columns refer to what is not there, or to more than can be remembered.
    fn references(&mut self) {
        for (term, at) in self.contract.columns.iter().zip(&self.at) {
            let values = term.references.as_ref().and_then(|name| self.known.tables.get(name));
            let rule = match values {
                Some(Values::Absent) => rule::CONTRACT_REFERENCE_UNKNOWN,
                Some(Values::Untold) => rule::CONTRACT_REFERENCE_LIMIT,
                Some(Values::Digests(_)) | None => continue,
            };
            if let Some(at) = at {
                self.findings.add(rule, Place::WHOLE.column(at + 1));
            }
        }
    }

    fn row(&mut self, cells: &[String], place: Place) {
        let contract = self.contract;
        for (nth, term) in contract.columns.iter().enumerate() {
            let Some(at) = self.at.get(nth).copied().flatten() else { continue };
            let cell = cells.get(at).map(String::as_str).unwrap_or_default();
            self.cell(term, cell, place.column(at + 1));
        }
        self.key(cells, place);
    }

    fn cell(&mut self, term: &Term, cell: &str, place: Place) {
        let has_comma = self.dialect.has_decimal_comma;
        let shape = shape::shape_of(cell, has_comma);
        if shape == Shape::Missing {
            self.findings.need(!term.is_required, rule::CONTRACT_MISSING, place);
            return;
        }
        self.findings.need(term.kind.takes(shape), rule::CONTRACT_TYPE, place);
        if let Some(number) = shape::number(cell, has_comma) {
            let is_inside =
                term.min.is_none_or(|min| number >= min) && term.max.is_none_or(|max| number <= max);
            self.findings.need(is_inside, rule::CONTRACT_RANGE, place);
        }
        if let Some(day) = shape::date(cell).filter(|_| matches!(term.kind, Type::Date | Type::Moment)) {
            self.day(term, day, place);
        }
        let is_code = term.codes.is_empty() || term.codes.contains(cell);
        self.findings.need(is_code, rule::CONTRACT_CODE, place);
        let values = term.references.as_ref().and_then(|name| self.known.tables.get(name));
        if let Some(Values::Digests(digests)) = values {
            let is_there = digests.binary_search(&values::digest(&self.known.key, cell)).is_ok();
            self.findings.need(is_there, rule::CONTRACT_REFERENCE, place);
        }
    }

    fn day(&mut self, term: &Term, day: Day, place: Place) {
        let told = day.to_string();
        let is_inside = term.first.as_ref().is_none_or(|first| told >= *first)
            && term.last.as_ref().is_none_or(|last| told <= *last);
        self.findings.need(is_inside, rule::CONTRACT_RANGE, place);
        let is_watched = self.contract.fresh.as_ref().is_some_and(|fresh| fresh.column == term.name);
        self.newest = self.newest.max(Some(day).filter(|_| is_watched));
    }

    fn key(&mut self, cells: &[String], place: Place) {
        if self.key_at.is_empty() {
            return;
        }
        let mut hasher = DefaultHasher::new();
        self.key_at.iter().for_each(|at| cells.get(*at).hash(&mut hasher));
        if self.keys.len() >= KEYS_MAX {
            self.findings.add(rule::CONTRACT_KEYS_LIMIT, place);
            return;
        }
        let is_new = self.keys.insert(hasher.finish());
        self.findings.need(is_new, rule::CONTRACT_KEY, place);
    }

    /// What is asked of the delivery as a whole.
    fn whole(&mut self, count: u64) {
        let is_full = self.contract.rows_min.is_none_or(|min| count >= min);
        self.findings.need(is_full, rule::CONTRACT_ROWS, Place::WHOLE);
        let (Some(fresh), Some(today)) = (&self.contract.fresh, &self.known.today) else { return };
        let age = self.newest.zip(shape::date(today)).map(|(newest, today)| today.number() - newest.number());
        let is_fresh = age.is_some_and(|age| age <= i64::from(fresh.days_max));
        self.findings.need(is_fresh, rule::CONTRACT_FRESH, Place::WHOLE);
    }
}
