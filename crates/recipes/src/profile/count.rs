//! Two passes over a table: a sample that says where bins are, and exact counts in them.
//!
//! It exists apart from what is told, which is less. Nothing here leaves the process.

use std::collections::BTreeMap;

use privacy::identify::TableJudge;

use crate::cell::Value;
use crate::fault;
use crate::source::{Cell, Form, Take};
use crate::step::Stop;
use crate::table::{Clean, Column, Made, Plan, Survey, Table};

/// WHY: 8 kB a column; quantiles of so many are right to two in a hundred, and the counts in the bins are exact.
const SAMPLE_MAX: usize = 1_024;
/// WHY: tenths: what a card shows and PSI is used to.
const BINS: usize = 10;
/// WHY: as `formats`: more different values are no list of codes.
pub(super) const CODES_MAX: usize = 32;
pub(super) const CODE_BYTES_MAX: usize = 48;
/// WHY: 2 kB a column, 2.3 % off.
const REGISTERS_BITS: u32 = 11;
/// WHY: names show in the first rows if a column holds any; more would take longer than everything else.
const JUDGED_ROWS_MAX: u64 = 10_000;
const DAY_MICROS: f64 = 86_400_000_000.0;

/// The first pass.
pub(super) struct Sampler<'t> {
    survey: Survey<'t>,
    samples: Vec<Sample>,
}

/// Every nth value, n doubling when there are too many. WHY no chance: the same table has the same sample.
#[derive(Default)]
struct Sample {
    values: Vec<f64>,
    every: u64,
    seen: u64,
}

impl Sample {
    fn take(&mut self, value: f64) {
        self.every = self.every.max(1);
        if self.seen.is_multiple_of(self.every) {
            self.values.push(value);
        }
        self.seen += 1;
        if self.values.len() >= SAMPLE_MAX {
            let mut at = 0_usize;
            self.values.retain(|_| {
                at += 1;
                at % 2 == 1
            });
            self.every *= 2;
        }
    }
}

impl<'t> Sampler<'t> {
    pub fn new(table: &'t Table, form: &Form) -> Self {
        Self { survey: Survey::new(table, form), samples: Vec::new() }
    }

    pub fn counter(self) -> Result<Counter<'t>, Stop> {
        let plan = self.survey.plan(&mut BTreeMap::new())?;
        let names: Vec<String> = plan.columns.iter().map(|column| column.name.clone()).collect();
        let samples = self.samples.into_iter().map(|sample| sample.values);
        let figures =
            plan.columns.iter().zip(samples).map(|(column, sample)| Figures::new(column.made, sample));
        let figures = figures.collect();
        let judge = TableJudge::named(names.iter().map(String::as_str));
        Ok(Counter { plan, figures, judge, columns_at: 0 })
    }
}

impl Take for Sampler<'_> {
    fn column(&mut self, name: &str, is_made: bool) -> Result<(), Stop> {
        self.samples.push(Sample::default());
        self.survey.column(name, is_made)
    }

    fn row(&mut self, number: u64, cells: &[Cell<'_>], is_short: bool) -> Result<(), Stop> {
        let samples = &mut self.samples;
        self.survey.see(number, cells, is_short, &mut |at, value| {
            if let (Some(number), Some(sample)) = (number_of(value), samples.get_mut(at)) {
                sample.take(number);
            }
        })
    }
}

/// Where a value stands on a line: numbers as they are, dates and moments in days.
fn number_of(value: Value) -> Option<f64> {
    match value {
        Value::Whole(whole) => Some(whole as f64),
        Value::Number(number) => Some(number),
        Value::Date(days) => Some(f64::from(days)),
        Value::Moment { micros, .. } => Some(micros as f64 / DAY_MICROS),
        Value::Bool(_) | Value::Text => None,
    }
}

/// The second pass.
pub(super) struct Counter<'t> {
    pub plan: Plan<'t>,
    pub figures: Vec<Figures>,
    pub judge: TableJudge,
    columns_at: usize,
}

/// What is counted of one column.
pub(super) struct Figures {
    pub filled: u64,
    pub edges: Vec<f64>,
    pub bins: Vec<u64>,
    /// None: too many, or no codes.
    pub codes: Option<BTreeMap<String, u64>>,
    registers: Vec<u8>,
}

impl Figures {
    fn new(made: Made, mut sample: Vec<f64>) -> Self {
        let is_line = matches!(made, Made::Whole | Made::Number | Made::Date | Made::Moment { .. });
        sample.sort_unstable_by(f64::total_cmp);
        let is_day = matches!(made, Made::Date | Made::Moment { .. });
        let edges = if is_line { edges(&sample, is_day) } else { Vec::new() };
        let bins = vec![0; edges.len() + 1];
        let has_codes = matches!(made, Made::Whole | Made::Bool | Made::Text);
        let codes = has_codes.then(BTreeMap::new);
        Self { filled: 0, edges, bins, codes, registers: vec![0; 1 << REGISTERS_BITS] }
    }

    fn take(&mut self, text: &str, value: Value) {
        self.filled += 1;
        if let Some(bin) = number_of(value)
            .map(|number| self.edges.partition_point(|edge| *edge < number))
            .and_then(|at| self.bins.get_mut(at))
        {
            *bin += 1;
        }
        self.mark(text);
        let Some(codes) = &mut self.codes else { return };
        if let Some(count) = codes.get_mut(text) {
            *count += 1;
        } else if text.len() > CODE_BYTES_MAX || codes.len() >= CODES_MAX {
            self.codes = None;
        } else {
            codes.insert(text.to_owned(), 1);
        }
    }

    /// SPEC: Flajolet et al. 2007, HyperLogLog: the longest run of zeros in each register.
    fn mark(&mut self, text: &str) {
        let hash = hash(text.as_bytes());
        let zeros = (hash << REGISTERS_BITS | 1 << (REGISTERS_BITS - 1)).leading_zeros() as u8 + 1;
        if let Some(register) = self.registers.get_mut((hash >> (64 - REGISTERS_BITS)) as usize) {
            *register = (*register).max(zeros);
        }
    }

    /// How many different values there are, about.
    pub fn distinct(&self) -> f64 {
        let size = self.registers.len() as f64;
        let sum: f64 = self.registers.iter().map(|zeros| (-f64::from(*zeros)).exp2()).sum();
        let estimate = 0.7213 / (1.0 + 1.079 / size) * size * size / sum;
        let empty = self.registers.iter().filter(|zeros| **zeros == 0).count();
        if estimate <= 2.5 * size && empty > 0 { size * (size / empty as f64).ln() } else { estimate }
    }
}

/// FNV-1a, mixed as SplitMix64 does. WHY not the standard library's: another release may hash otherwise.
fn hash(bytes: &[u8]) -> u64 {
    let folded = bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mixed = (folded ^ (folded >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// Where bins part: at tenths of a sorted sample, on a coarse grid. WHY a grid: a tenth itself is somebody's value.
fn edges(sample: &[f64], is_day: bool) -> Vec<f64> {
    let at = |tenth: usize| sample.get((sample.len().saturating_sub(1)) * tenth / BINS).copied();
    let (Some(low), Some(high)) = (at(1), at(BINS - 1)) else { return Vec::new() };
    let step = if is_day { day_step(high - low) } else { step(high - low, low.abs().max(high.abs())) };
    let tenths = (1..BINS).filter_map(at);
    let mut edges: Vec<f64> = tenths.map(|value| on_grid(value, step)).collect();
    edges.dedup();
    edges
}

/// A power of ten, at least twenty of which are between the outer tenths; of a constant, one that has two of its digits.
fn step(width: f64, size: f64) -> i32 {
    let of = if width > 0.0 { width / 20.0 } else { size / 10.0 };
    if of > 0.0 && of.is_finite() { of.log10().floor().clamp(-300.0, 300.0) as i32 } else { 0 }
}

/// Days, tens of days, hundreds: days count from 1970, and a card writes them as dates.
fn day_step(width: f64) -> i32 {
    step(width, 100.0).max(0)
}

/// WHY by text: a power of ten times a whole number, rounded once, is the same everywhere.
fn on_grid(value: f64, step: i32) -> f64 {
    let steps = (value / 10_f64.powi(step)).ceil();
    if steps.abs() < 1e15 { format!("{steps}e{step}").parse().unwrap_or(value) } else { value }
}

impl Take for Counter<'_> {
    fn column(&mut self, name: &str, _: bool) -> Result<(), Stop> {
        let is_same = self.plan.columns.get(self.columns_at).is_some_and(|column| column.name == name);
        self.columns_at += 1;
        if is_same { Ok(()) } else { Err(fault::CHANGED.into()) }
    }

    fn row(&mut self, number: u64, cells: &[Cell<'_>], _: bool) -> Result<(), Stop> {
        let columns = self.plan.columns.iter().zip(&mut self.figures);
        for (at, (cell, (column, figures))) in cells.iter().zip(columns).enumerate() {
            let (clean, _) = column.cleaner.clean(cell)?;
            let Clean::Filled { text, is_text } = clean else { continue };
            let bare = text.trim();
            if number <= JUDGED_ROWS_MAX && figures.codes.is_some() {
                self.judge.cell(at, bare.as_bytes());
            }
            let value = value(column, &text, is_text);
            figures.take(bare, value);
        }
        Ok(())
    }
}

fn value(column: &Column, text: &str, is_text: bool) -> Value {
    if column.made == Made::Text { Value::Text } else { column.cleaner.value(text, is_text) }
}
