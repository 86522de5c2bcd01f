//! Differences between a table and earlier ones of the same data.
//!
//! A cell is a box: for each variable a set of people, everybody where the table does not name it. Found is every pair of a
//! cell of this table and one of an earlier release of which one lies within the other, whatever the categories are called
//! and however they are cut, and whose counts differ by a few; so is the same cell with another figure. Sums and means of one
//! measure are held against each other by their contributors. What follows from three figures and more is `line`'s.

use super::cut::{Axis, Cuts, Set};
use super::finding::{Finding, Report, Rule, Verdict};
use super::limits::Limits;
use super::table::{Aggregate, State, Table};

/// Pairs of cells that are looked at. WHY: some seconds; a table of a million cells against twenty such is within it.
const PAIRS_MAX: u64 = 100_000_000;

/// Whether figures of two tables can be taken from each other.
pub(crate) fn is_comparable(one: &Table, other: &Table) -> bool {
    let is_additive = |table: &Table| matches!(table.aggregate, Aggregate::Sum | Aggregate::Mean);
    let is_alike = match (one.aggregate, other.aggregate) {
        (Aggregate::Count, Aggregate::Count) => true,
        _ => is_additive(one) && is_additive(other) && one.measure == other.measure,
    };
    is_alike && one.base == 1 && other.base == 1
}

/// Adds every pair that differs by a few. `tables`: this one first.
pub(crate) fn judge_pairs(tables: &[&Table], cuts: &Cuts, limits: &Limits, report: &mut Report) {
    let mut left = PAIRS_MAX;
    for other in 1..tables.len() {
        if !is_comparable(tables[0], tables[other]) {
            continue;
        }
        for (inner, outer) in [(0, other), (other, 0)] {
            let pairs = Pairs { tables, cuts, inner, outer };
            if !pairs.judge(limits, &mut left, report) {
                report.add(Rule::Unproven, Verdict::Review, || {
                    let mut finding = Finding::new(Rule::Unproven, Verdict::Review, Vec::new());
                    finding.against = Some((tables[other].name().to_owned(), Vec::new()));
                    finding
                });
            }
        }
    }
}

/// Cells of one table that lie within cells of another.
#[derive(Clone, Copy)]
struct Pairs<'a> {
    tables: &'a [&'a Table],
    cuts: &'a Cuts,
    inner: usize,
    outer: usize,
}

/// For each place along a variable of the inner table: offsets in the outer one, and whether the sets are the same.
type Fits = Vec<Vec<(usize, bool)>>;

impl Pairs<'_> {
    /// False if there are too many.
    fn judge(&self, limits: &Limits, left: &mut u64, report: &mut Report) -> bool {
        let (inner, outer) = (self.tables[self.inner], self.tables[self.outer]);
        let fits: Vec<(Option<usize>, Fits)> =
            (0..self.cuts.names.len()).map(|variable| self.fits(variable)).collect();
        for at in (0..inner.states.len()).filter(|at| inner.states[*at] == State::Shown) {
            let lists: Vec<&Vec<(usize, bool)>> = fits
                .iter()
                .map(|(dimension, fits)| {
                    &fits[dimension.map_or(0, |dimension| inner.coordinate(at, dimension))]
                })
                .collect();
            let Some(size) = lists.iter().try_fold(1_u64, |size, list| size.checked_mul(list.len() as u64))
            else {
                return false;
            };
            let Some(rest) = left.checked_sub(size.max(1)) else { return false };
            *left = rest;
            for choice in 0..size {
                let (place, is_same) = pick(&lists, choice);
                if outer.states[place] == State::Shown && !(is_same && self.inner != 0) {
                    self.hold(at, place, is_same, limits, report);
                }
            }
        }
        true
    }

    fn hold(&self, at: usize, place: usize, is_same: bool, limits: &Limits, report: &mut Report) {
        let (inner, outer) = (self.tables[self.inner], self.tables[self.outer]);
        let (part, whole) = (inner.counts[at], outer.counts[place]);
        let difference = if is_same { whole.abs_diff(part) } else { whole.saturating_sub(part) };
        if !limits.is_few(difference) {
            return;
        }
        // One of the two tables shows both: it told the difference alone.
        let is_told = |twin: Option<usize>, table: &Table, count: u64| {
            twin.is_some_and(|twin| table.states[twin] == State::Shown && table.counts[twin] == count)
        };
        if !is_same
            && (is_told(self.twin(at), outer, part) || is_told(self.reversed().twin(place), inner, whole))
        {
            return;
        }
        let (own, other) = if self.inner == 0 { (at, place) } else { (place, at) };
        let earlier = self.tables[self.inner.max(self.outer)];
        report.add(Rule::Difference, Verdict::Fail, || {
            let mut finding = Finding::new(Rule::Difference, Verdict::Fail, self.tables[0].place(own))
                .measured(difference as f64);
            finding.against = Some((earlier.name().to_owned(), earlier.place(other)));
            finding
        });
    }

    fn reversed(&self) -> Self {
        Self { inner: self.outer, outer: self.inner, ..*self }
    }

    /// The same people's cell in the outer table, if it has one.
    fn twin(&self, at: usize) -> Option<usize> {
        let mut place = 0;
        for (inner, outer) in self.cuts.axes[self.inner].iter().zip(&self.cuts.axes[self.outer]) {
            let set = match inner {
                Axis::Same(set) => *set,
                Axis::Split { dimension, sets, .. } => {
                    sets[self.tables[self.inner].coordinate(at, *dimension)]
                }
            };
            match outer {
                Axis::Same(other) if *other == set => {}
                Axis::Same(_) => return None,
                Axis::Split { dimension, places, .. } => {
                    place += places.get(&set)? * self.tables[self.outer].stride(*dimension);
                }
            }
        }
        Some(place)
    }

    fn fits(&self, variable: usize) -> (Option<usize>, Fits) {
        let sets = &self.cuts.sets[variable];
        let (inner, outer) = (&self.cuts.axes[self.inner][variable], &self.cuts.axes[self.outer][variable]);
        // Where each set of the outer table lies in it.
        let offered: Vec<(usize, usize)> = match outer {
            Axis::Same(set) => vec![(*set, 0)],
            Axis::Split { dimension, sets, .. } => {
                let stride = self.tables[self.outer].stride(*dimension);
                sets.iter().enumerate().map(|(at, set)| (*set, at * stride)).collect()
            }
        };
        let index = Index::new(sets, &offered);
        let fit = |set: usize| {
            let found = index.within(sets, set);
            found.map(|(other, offset)| (offset, other == set)).collect::<Vec<_>>()
        };
        match inner {
            Axis::Same(set) => (None, vec![fit(*set)]),
            Axis::Split { dimension, sets, .. } => {
                (Some(*dimension), sets.iter().map(|set| fit(*set)).collect())
            }
        }
    }
}

fn pick(lists: &[&Vec<(usize, bool)>], choice: u64) -> (usize, bool) {
    let (mut place, mut is_same, mut rest) = (0, true, usize::try_from(choice).unwrap_or(0));
    for list in lists {
        let (offset, is_equal) = list[rest % list.len()];
        rest /= list.len();
        place += offset;
        is_same &= is_equal;
    }
    (place, is_same)
}

/// Finds the sets that hold a set, by its first piece.
struct Index<'a> {
    offered: &'a [(usize, usize)],
    by_piece: std::collections::BTreeMap<u32, Vec<usize>>,
    others: Vec<usize>,
}

impl<'a> Index<'a> {
    fn new(sets: &[Set], offered: &'a [(usize, usize)]) -> Self {
        let mut index = Self { offered, by_piece: std::collections::BTreeMap::new(), others: Vec::new() };
        for (at, (set, _)) in offered.iter().enumerate() {
            match &sets[*set] {
                Set::Pieces(pieces) => {
                    pieces.iter().for_each(|piece| index.by_piece.entry(*piece).or_default().push(at));
                }
                Set::All | Set::Part(_) => index.others.push(at),
            }
        }
        index
    }

    fn within(&self, sets: &'a [Set], set: usize) -> impl Iterator<Item = (usize, usize)> {
        let first = match &sets[set] {
            Set::Pieces(pieces) => pieces.first().and_then(|piece| self.by_piece.get(piece)),
            Set::All | Set::Part(_) => None,
        };
        let candidates = first.into_iter().flatten().chain(&self.others);
        candidates.map(|at| self.offered[*at]).filter(move |(other, _)| sets[set].is_within(&sets[*other]))
    }
}
