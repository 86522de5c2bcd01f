//! A whole column judged: how many cells hold what, and whether that is chance.
//!
//! It exists because one cell in ten of a column of random numbers passes a check digit. It holds no cell.

use super::hint::Column;
use super::scan::Scanner;
use super::{Confidence, Finding, Kind, Verdict, Why};

/// WHY: one cell in so many that a rule took for likely is below what the rules get wrong on clean columns.
const LIKELY_ONE_IN: u64 = 100;
/// WHY: fewer are not asked about, unless the cells are text.
const ASK_ONE_IN: u64 = 200;
/// WHY: a cell with as many blanks is text, in which one name is one too many.
const TEXT_BLANKS: usize = 5;
/// WHY: of digits without any form that many pass a check by chance, twice over: Luhn one in ten, mod 11 one in eleven.
const CHANCE_ONE_IN: u64 = 5;
/// WHY: longer numbers are no identifier.
const DIGITS_MAX: usize = 24;

/// How many cells of a column hold one kind; a cell counts once, as its surest finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    pub certain: u64,
    pub likely: u64,
    pub ambiguous: u64,
}

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnJudgement {
    /// Cells that are not empty.
    pub cells: u64,
    /// Kinds that were found, and in how many cells; those that are chance are not among them.
    pub kinds: Vec<(Kind, Tally)>,
    pub verdict: Verdict,
}

impl ColumnJudgement {
    /// The share of cells with that kind, from 0 to 1, sure or not.
    pub fn share(&self, kind: Kind) -> f64 {
        let found =
            self.kinds.iter().find(|(known, _)| *known == kind).map_or(Tally::default(), |(_, tally)| *tally);
        let count = found.certain + found.likely + found.ambiguous;
        if self.cells == 0 { 0.0 } else { count as f64 / self.cells as f64 }
    }
}

/// Counts while cells pass by.
#[derive(Default)]
struct Counts {
    cells: u64,
    tallies: [Tally; Kind::ALL.len()],
    /// Cells that are one number, by its digits; and those of them in which nothing but a weak check speaks
    /// for a kind, with the sizes (as bits) that they have.
    numbers: [u64; DIGITS_MAX + 1],
    weak: [u64; Kind::ALL.len()],
    weak_sizes: [u32; Kind::ALL.len()],
    in_text: u64,
}

/// Judges a column by its name and its cells, in one pass and constant memory.
pub fn judge_column<'a, C: AsRef<[u8]> + ?Sized + 'a>(
    name: &str,
    cells: impl IntoIterator<Item = &'a C>,
) -> ColumnJudgement {
    let mut table = TableJudge::named([name]);
    cells.into_iter().for_each(|cell| table.cell(0, cell.as_ref()));
    table.judge().pop().unwrap_or_else(|| Counts::default().judge())
}

/// The columns of a table judged while its cells pass by, row by row.
#[derive(Default)]
pub struct TableJudge {
    columns: Vec<(Column, Counts)>,
    scanner: Scanner,
    found: Vec<Finding>,
}

impl TableJudge {
    /// By the names of its columns; empty ones say nothing.
    pub fn named<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        let columns = names.into_iter().map(|name| (Column::named(name), Counts::default())).collect();
        Self { columns, ..Self::default() }
    }

    /// One cell of a column, counted from 0; one of no column is passed over.
    pub fn cell(&mut self, column: usize, cell: &[u8]) {
        let Some((column, counts)) = self.columns.get_mut(column) else { return };
        let found = &mut self.found;
        found.clear();
        self.scanner.cell(column, cell, &mut |finding| found.push(finding));
        counts.add(cell, found);
    }

    /// Each column, in order.
    pub fn judge(&self) -> Vec<ColumnJudgement> {
        self.columns.iter().map(|(_, counts)| counts.judge()).collect()
    }
}

impl Counts {
    fn add(&mut self, cell: &[u8], found: &[Finding]) {
        let cell = cell.trim_ascii();
        if cell.is_empty() {
            return;
        }
        self.cells += 1;
        let digits = cell.len();
        let is_number = digits <= DIGITS_MAX && cell.iter().all(u8::is_ascii_digit);
        if is_number {
            self.numbers[digits] += 1;
        }
        if found.is_empty() {
            return;
        }
        let is_text = cell.iter().filter(|sign| **sign == b' ').take(TEXT_BLANKS).count() == TEXT_BLANKS;
        self.in_text += u64::from(is_text);
        for (at, kind) in Kind::ALL.into_iter().enumerate() {
            let of_kind = found.iter().filter(|finding| finding.kind == kind);
            let Some(surest) = of_kind.max_by_key(|finding| finding.confidence) else { continue };
            let tally = &mut self.tallies[at];
            match surest.confidence {
                Confidence::Certain => tally.certain += 1,
                Confidence::Likely => tally.likely += 1,
                Confidence::Ambiguous => tally.ambiguous += 1,
            }
            // A number alone that nothing but a check or its length speaks for.
            if is_number && matches!(surest.why, Why::CheckHolds | Why::Form) {
                self.weak[at] += 1;
                self.weak_sizes[at] |= 1 << digits;
            }
        }
    }

    /// Whether numbers of that kind are as rare among numbers of their length as chance makes them.
    fn is_chance(&self, at: usize, tally: &Tally) -> bool {
        let count = tally.certain + tally.likely + tally.ambiguous;
        let sizes = (0..=DIGITS_MAX).filter(|size| self.weak_sizes[at] >> size & 1 == 1);
        let among: u64 = sizes.map(|size| self.numbers[size]).sum();
        self.weak[at] == count && count * CHANCE_ONE_IN <= among
    }

    fn judge(&self) -> ColumnJudgement {
        let tallies = Kind::ALL.into_iter().zip(self.tallies).enumerate();
        let kinds: Vec<(Kind, Tally)> = tallies
            .filter(|(at, (_, tally))| *tally != Tally::default() && !self.is_chance(*at, tally))
            .map(|(_, found)| found)
            .collect();
        let sum = |of: fn(&Tally) -> u64| kinds.iter().map(|(_, tally)| of(tally)).sum::<u64>();
        let (certain, likely, ambiguous) =
            (sum(|tally| tally.certain), sum(|tally| tally.likely), sum(|tally| tally.ambiguous));
        let verdict = if certain > 0 || (likely > 0 && likely * LIKELY_ONE_IN >= self.cells) {
            Verdict::Alarm
        } else if likely > 0 || ambiguous * ASK_ONE_IN > self.cells || (ambiguous > 0 && self.in_text > 0) {
            Verdict::AskPerson
        } else {
            Verdict::Clear
        };
        ColumnJudgement { cells: self.cells, kinds, verdict }
    }
}
