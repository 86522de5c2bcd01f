//! What can be computed of hidden cells from what is shown: totals, and earlier releases.
//!
//! The reader is taken to know that counts are whole and not negative, every figure that is shown, and that totals are sums;
//! not the rule by which cells were hidden. A hidden cell is found if its range is narrower than `interval_min` respondents
//! (of sums: than `ratio_p` of the cell's own total). A line is found if all that it hides is few people together.

use std::collections::BTreeMap;

use super::bounds::{ALLOWANCE, Learnt, Range, System, Target, search};
use super::finding::{Finding, Report, Rule, Verdict};
use super::limits::{Limits, Zeros};
use super::magnitude::Magnitude;
use super::rules;
use super::simplex::{Equation, Stop};
use super::table::{Aggregate, State, Table};

/// A figure of another release that speaks of cells of this table.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    /// Places of inner cells.
    pub cells: Vec<usize>,
    pub sum: u64,
}

/// What the attack found.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Hidden cells, and what their value must lie between.
    pub exposed: Vec<(usize, Range)>,
    /// Totals whose hidden part is few people, and how many.
    pub remainders: Vec<(usize, u64)>,
    /// Hidden cells of which nothing is proven.
    pub unproven: Vec<usize>,
    /// What is shown cannot all be true.
    pub is_contradictory: bool,
}

impl Outcome {
    pub fn is_clean(&self) -> bool {
        self.exposed.is_empty() && self.remainders.is_empty() && self.unproven.is_empty()
    }
}

/// Adds what the attack finds.
pub(crate) fn judge_hidden(table: &Table, known: &[Known], limits: &Limits, report: &mut Report) {
    let outcome = attack(table, known, limits);
    for (at, (low, high)) in &outcome.exposed {
        let rule = if low == high { Rule::Recoverable } else { Rule::Narrow };
        let figure = (high - low) as f64;
        report.add(rule, Verdict::Fail, || {
            Finding::new(rule, Verdict::Fail, table.place(*at)).measured(figure)
        });
    }
    for (at, count) in &outcome.remainders {
        let figure = *count as f64;
        report.add(Rule::Remainder, Verdict::Fail, || {
            Finding::new(Rule::Remainder, Verdict::Fail, table.place(*at)).measured(figure)
        });
    }
    for at in &outcome.unproven {
        report.add(Rule::Unproven, Verdict::Review, || {
            Finding::new(Rule::Unproven, Verdict::Review, table.place(*at))
        });
    }
    if outcome.is_contradictory {
        report.add(Rule::Total, Verdict::Review, || Finding::new(Rule::Total, Verdict::Review, Vec::new()));
    }
}

/// Attacks a table that hides something.
pub(crate) fn attack(table: &Table, known: &[Known], limits: &Limits) -> Outcome {
    let adds_up = matches!(table.aggregate, Aggregate::Count | Aggregate::Sum | Aggregate::Mean);
    // Medians and the like do not add up. Rounded counts are known to within the base whatever is shown beside them.
    if !adds_up || table.base > 1 {
        return Outcome::default();
    }
    let board = Board::new(table, limits);
    let targets: Vec<usize> = (0..table.states.len())
        .filter(|at| board.is_target(*at))
        .filter(|at| !board.swaps(*at, known))
        .collect();
    let mut outcome = Outcome { remainders: board.remainders(), ..Outcome::default() };
    if targets.is_empty() {
        return outcome;
    }
    let system = board.system(known);
    let wanted: Vec<Target> = targets.iter().map(|at| board.target(*at)).collect();
    let mut allowance = ALLOWANCE;
    match search(&system, &wanted, &mut allowance) {
        Err(Stop::Infeasible) => outcome.is_contradictory = true,
        Err(Stop::Spent) => outcome.unproven = targets,
        Ok(learnt) => {
            for (at, learnt) in targets.into_iter().zip(learnt) {
                match learnt {
                    Learnt::Safe => {}
                    Learnt::Unproven => outcome.unproven.push(at),
                    Learnt::Exposed(range) => {
                        let range = board.with_shown_part(at, range);
                        if board.matters(at, range) {
                            outcome.exposed.push((at, range));
                        }
                    }
                }
            }
        }
    }
    outcome
}

/// A table as the attacker sees it.
struct Board<'a> {
    table: &'a Table,
    limits: &'a Limits,
    /// For each place its unknown, if it is a hidden inner cell.
    unknown_of: Vec<Option<usize>>,
    /// The place of each unknown.
    places: Vec<usize>,
    /// Whole numbers for what is in each inner cell; counts as they are, sums to one part in 2^50 of all.
    values: Vec<i128>,
    /// Added to each sum, so that unknowns are not negative although contributions may be.
    shift: i128,
    is_true: bool,
}

impl<'a> Board<'a> {
    fn new(table: &'a Table, limits: &'a Limits) -> Self {
        let is_inner = |at: usize| !table.is_total(at);
        let places: Vec<usize> =
            (0..table.states.len()).filter(|at| table.is_hidden(*at) && is_inner(*at)).collect();
        let mut unknown_of = vec![None; table.states.len()];
        places.iter().enumerate().for_each(|(unknown, at)| unknown_of[*at] = Some(unknown));
        let (values, shift) = values(table);
        let is_true = !table.states.contains(&State::Unknown);
        Self { table, limits, unknown_of, places, values, shift, is_true }
    }

    fn is_target(&self, at: usize) -> bool {
        match self.table.states[at] {
            State::Suppressed => rules::is_sensitive(self.table, at, self.limits),
            State::Unknown => true,
            State::Shown | State::Absent | State::Structural => false,
        }
    }

    /// Whether a range that is narrow says something of few people: of a cell that we know, it does.
    fn matters(&self, at: usize, (low, high): Range) -> bool {
        let is_few = low < i128::from(self.limits.threshold);
        let is_somebody = high > 0 || self.limits.zeros == Zeros::Disclosive;
        self.table.states[at] != State::Unknown || (is_few && is_somebody)
    }

    /// The inner cells of a place: itself, or what its total adds up.
    fn inner(&self, at: usize) -> Vec<usize> {
        let mut cells = vec![at];
        for dimension in 0..self.table.shape.len() {
            if self.table.is_total_of(at, dimension) {
                cells = cells.into_iter().flat_map(|cell| self.table.line(cell, dimension)).collect();
            }
        }
        cells
    }

    fn target(&self, at: usize) -> Target {
        let inner = self.inner(at);
        let width_min = match self.table.aggregate {
            Aggregate::Count => i128::from(self.limits.interval_min).max(1),
            _ => {
                let total: i128 = inner.iter().map(|cell| self.values[*cell]).sum();
                let width = (total.unsigned_abs() as f64 * self.limits.ratio_p).ceil() as i128;
                width.max(1)
            }
        };
        Target { unknowns: inner.iter().filter_map(|cell| self.unknown_of[*cell]).collect(), width_min }
    }

    /// The range of a place, from that of what it hides.
    fn with_shown_part(&self, at: usize, (low, high): Range) -> Range {
        let inner = self.inner(at);
        let shown: i128 = inner
            .iter()
            .filter(|cell| self.unknown_of[**cell].is_none())
            .map(|cell| self.values[*cell])
            .sum();
        let hidden = i128::try_from(inner.len()).unwrap_or(0)
            - i128::try_from(inner.iter().filter(|cell| self.unknown_of[**cell].is_none()).count())
                .unwrap_or(0);
        (low + shown - hidden * self.shift, high + shown - hidden * self.shift)
    }

    /// Every total that is shown and hides something, with its hidden cells; the ones that others add up to left out.
    fn lines(&self) -> BTreeMap<usize, Vec<usize>> {
        let table = self.table;
        let mut lines: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (unknown, at) in self.places.iter().enumerate() {
            for subset in 1_usize..1 << table.shape.len() {
                let total = (0..table.shape.len()).filter(|dimension| subset >> dimension & 1 == 1).fold(
                    *at,
                    |total, dimension| {
                        let (last, stride) = (table.shape[dimension] - 1, table.stride(dimension));
                        total + (last - table.coordinate(total, dimension)) * stride
                    },
                );
                if table.states[total] == State::Shown {
                    lines.entry(total).or_default().push(unknown);
                }
            }
        }
        lines
    }

    /// Whether finer totals that are shown add up to this one.
    fn is_implied(&self, total: usize) -> bool {
        let table = self.table;
        let is_of = |dimension: &usize| table.is_total_of(total, *dimension);
        let dimensions: Vec<usize> = (0..table.shape.len()).filter(is_of).collect();
        let is_shown = |at: usize| table.states[at] == State::Shown;
        dimensions.len() > 1 && dimensions.iter().any(|dimension| table.line(total, *dimension).all(is_shown))
    }

    fn system(&self, known: &[Known]) -> System {
        let mut equations = Vec::new();
        for (total, unknowns) in self.lines() {
            if self.is_implied(total) {
                continue;
            }
            let sum = if self.is_true {
                unknowns.iter().map(|unknown| self.value(*unknown)).sum()
            } else {
                let inner = self.inner(total);
                let shown = inner.iter().filter(|cell| self.unknown_of[**cell].is_none());
                i128::from(self.table.counts[total]) - shown.map(|cell| self.values[*cell]).sum::<i128>()
            };
            equations.push(Equation { unknowns, sum });
        }
        for known in known {
            let unknowns: Vec<usize> = known.cells.iter().filter_map(|cell| self.unknown_of[*cell]).collect();
            let shown = known.cells.iter().filter(|cell| self.unknown_of[**cell].is_none());
            let sum = i128::from(known.sum) - shown.map(|cell| self.values[*cell]).sum::<i128>();
            if !unknowns.is_empty() {
                equations.push(Equation { unknowns, sum });
            }
        }
        let truth = self.is_true.then(|| (0..self.places.len()).map(|unknown| self.value(unknown)).collect());
        System { size: self.places.len(), equations, truth }
    }

    fn value(&self, unknown: usize) -> i128 {
        self.values[self.places[unknown]] + self.shift
    }

    /// Totals of which everything that is hidden is few people, or, of sums, is dominated by one.
    fn remainders(&self) -> Vec<(usize, u64)> {
        if !self.is_true {
            return self.remainders_shown();
        }
        let mut found = Vec::new();
        for (total, unknowns) in self.lines() {
            let places = unknowns.iter().map(|unknown| self.places[*unknown]);
            let count = places.clone().fold(0_u64, |count, at| count.saturating_add(self.table.counts[at]));
            let mut all = Magnitude::default();
            let joined =
                places.filter_map(|at| self.table.magnitudes.get(at)).try_for_each(|cell| all.join(cell));
            let is_few = self.limits.is_few(count);
            let is_dominated = joined.is_ok()
                && self.table.aggregate != Aggregate::Count
                && rules::is_dominated(self.table.aggregate, &all, self.limits);
            // One hidden cell alone is found as recoverable.
            if unknowns.len() > 1 && (is_few || is_dominated) {
                found.push((total, count));
            }
        }
        found
    }

    fn remainders_shown(&self) -> Vec<(usize, u64)> {
        let mut found = Vec::new();
        for (total, unknowns) in self.lines() {
            let inner = self.inner(total);
            let shown = inner.iter().filter(|cell| self.unknown_of[**cell].is_none());
            let shown = shown.fold(0_u64, |count, cell| count.saturating_add(self.table.counts[*cell]));
            let rest = self.table.counts[total].saturating_sub(shown);
            if unknowns.len() > 1 && self.limits.is_few(rest) {
                found.push((total, rest));
            }
        }
        found
    }

    /// Whether a hidden inner cell can be told to be safe at a glance: it is a corner of a box of hidden cells between which
    /// enough could be moved without changing any total.
    ///
    /// WHY: in a large table most are, and linear programming is for the rest.
    fn swaps(&self, at: usize, known: &[Known]) -> bool {
        let table = self.table;
        if !self.is_true || !known.is_empty() || self.shift != 0 || self.unknown_of[at].is_none() {
            return false;
        }
        let width_min = self.target(at).width_min;
        let mut others: Vec<Vec<usize>> = Vec::new();
        for dimension in 0..table.shape.len() {
            let is_other = |cell: &usize| *cell != at && self.unknown_of[*cell].is_some();
            let mut line: Vec<usize> = table.line(at, dimension).filter(is_other).collect();
            line.sort_by_key(|cell| (std::cmp::Reverse(self.values[*cell]), *cell));
            line.truncate(SWAPS_MAX[table.shape.len().min(SWAPS_MAX.len()) - 1]);
            // How far to go along this variable.
            others.push(line.into_iter().map(|cell| cell.wrapping_sub(at)).collect());
        }
        let size: usize = others.iter().map(Vec::len).product();
        (0..size).any(|choice| {
            let steps = choose(&others, choice);
            self.room(at, &steps).is_some_and(|room| room >= width_min)
        })
    }

    /// How much could be moved between the corners of a box, both ways together; none if one of them is not hidden.
    fn room(&self, at: usize, steps: &[usize]) -> Option<i128> {
        let mut least = [i128::MAX; 2];
        for corner in 0_usize..1 << steps.len() {
            let picked = steps.iter().enumerate().filter(|(index, _)| corner >> index & 1 == 1);
            let cell = picked.fold(at, |cell, (_, step)| cell.wrapping_add(*step));
            self.unknown_of[cell]?;
            let side = corner.count_ones() as usize % 2;
            least[side] = least[side].min(self.values[cell]);
        }
        Some(least[0] + least[1])
    }
}

/// Cells that are tried along each variable, by how many variables there are.
const SWAPS_MAX: [usize; 4] = [64, 24, 8, 4];

/// One of all the ways to take one of each.
pub(crate) fn choose(lists: &[Vec<usize>], mut choice: usize) -> Vec<usize> {
    let mut chosen = Vec::with_capacity(lists.len());
    for list in lists {
        chosen.push(list[choice % list.len()]);
        choice /= list.len();
    }
    chosen
}

fn values(table: &Table) -> (Vec<i128>, i128) {
    if table.aggregate == Aggregate::Count {
        return (table.counts.iter().map(|count| i128::from(*count)).collect(), 0);
    }
    let inner = (0..table.states.len()).filter(|at| !table.is_total(*at));
    let all: f64 = inner.map(|at| table.magnitudes[at].total.abs()).sum();
    let scale = if all > 0.0 && all.is_finite() { (1_u64 << 50) as f64 / all } else { 0.0 };
    let whole = |cell: &Magnitude| (cell.total * scale).round() as i128;
    let is_signed = table.magnitudes.iter().any(Magnitude::has_negative);
    (table.magnitudes.iter().map(whole).collect(), if is_signed { 1 << 60 } else { 0 })
}
