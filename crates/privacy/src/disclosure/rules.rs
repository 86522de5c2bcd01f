//! What each cell says by itself.
//!
//! Which rule applies to which figure is ACRO 1.0.2's (its table of statistics, risks and checks). Where we look more closely
//! (a mode of few, a mean of people who are all alike, an endpoint) a person reviews: ACRO would let it pass.

use super::finding::{Finding, Report, Rule, Verdict};
use super::limits::{Limits, Missing, Zeros};
use super::magnitude::Magnitude;
use super::table::{Aggregate, State, Table};

/// What a cell breaks: the rule, how grave, and the measured figure.
pub(crate) type Breach = (Rule, Verdict, f64);

/// Every breach of every cell and total that is shown.
pub(crate) fn judge_cells(table: &Table, limits: &Limits, report: &mut Report) {
    for at in (0..table.states.len()).filter(|at| table.states[*at] == State::Shown) {
        for (rule, weight, figure) in breaches(table, at, limits) {
            report.add(rule, weight, || Finding::new(rule, weight, table.place(at)).measured(figure));
        }
    }
    let is_extreme = matches!(table.aggregate, Aggregate::Minimum | Aggregate::Maximum);
    if is_extreme && table.states.contains(&State::Shown) {
        report
            .add(Rule::Extreme, Verdict::Review, || Finding::new(Rule::Extreme, Verdict::Review, Vec::new()));
    }
}

/// What one cell would say if it were shown.
pub(crate) fn breaches(table: &Table, at: usize, limits: &Limits) -> Vec<Breach> {
    let mut found = Vec::new();
    let count = table.counts[at];
    let figure = count as f64;
    if count == 0 {
        if limits.zeros == Zeros::Disclosive && table.states[at] != State::Structural {
            found.push((Rule::Zero, weight(table, limits), figure));
        }
    } else {
        match table.aggregate {
            // ACRO holds that the commonest value of few says little; we let a person look.
            Aggregate::Mode if limits.is_few(count) => found.push((Rule::Threshold, Verdict::Review, figure)),
            Aggregate::StandardDeviation if count - 1 < limits.degrees_min => {
                found.push((Rule::Degrees, Verdict::Fail, figure - 1.0));
            }
            Aggregate::StandardDeviation | Aggregate::Mode => {}
            _ if limits.is_few(count) => found.push((Rule::Threshold, weight(table, limits), figure)),
            _ => {}
        }
    }
    if table.aggregate != Aggregate::Count {
        judge_contributions(table, at, limits, &mut found);
    }
    found
}

/// A rounded count of few is what rounding is for: a person confirms it.
fn weight(table: &Table, limits: &Limits) -> Verdict {
    if table.base >= limits.rounding_base && table.base > 1 { Verdict::Review } else { Verdict::Fail }
}

fn judge_contributions(table: &Table, at: usize, limits: &Limits, found: &mut Vec<Breach>) {
    let Some(cell) = table.magnitudes.get(at) else { return };
    if matches!(table.aggregate, Aggregate::Sum | Aggregate::Mean) && cell.contributors > 0 {
        if cell.has_negative() {
            found.push((Rule::Negative, Verdict::Review, cell.least));
        } else {
            judge_dominance(cell, limits, found);
        }
    }
    if cell.is_all_equal() {
        // A mode of people who are all alike says what each of them is (SACRO guide); else a person looks.
        let weight = if table.aggregate == Aggregate::Mode { Verdict::Fail } else { Verdict::Review };
        found.push((Rule::AllEqual, weight, cell.least));
    }
    if limits.missing == Missing::Review && cell.missing > 0 {
        found.push((Rule::Missing, Verdict::Review, cell.missing as f64));
    }
}

/// Both rules of concentration, of contributions that are not negative.
fn judge_dominance(cell: &Magnitude, limits: &Limits, found: &mut Vec<Breach>) {
    let share = cell.largest_sum(limits.dominance_n) / cell.total;
    if share >= limits.dominance_k {
        found.push((Rule::Dominance, Verdict::Fail, share));
    }
    // Of nothing but zeros everybody's contribution is known.
    let greatest = cell.greatest().unwrap_or(0.0);
    let rest = cell.total - cell.largest_sum(2);
    let ratio = if greatest == 0.0 { 0.0 } else { rest / greatest };
    if ratio < limits.ratio_p {
        found.push((Rule::Ratio, Verdict::Fail, ratio));
    }
}

/// Whether one or a few contributions tell what a sum or mean of all is.
pub(crate) fn is_dominated(aggregate: Aggregate, cell: &Magnitude, limits: &Limits) -> bool {
    let mut found = Vec::new();
    let is_judged = matches!(aggregate, Aggregate::Sum | Aggregate::Mean);
    if is_judged && cell.contributors > 0 && !cell.has_negative() {
        judge_dominance(cell, limits, &mut found);
    }
    !found.is_empty()
}

/// Whether a cell must not be shown.
pub(crate) fn is_sensitive(table: &Table, at: usize, limits: &Limits) -> bool {
    breaches(table, at, limits).iter().any(|(_, weight, _)| *weight == Verdict::Fail)
}

/// Rows and columns whose respondents are all in one cell, of counts.
///
/// Only lines of two categories or more that could hold people, and that show as much: the one cell or the total, and
/// nobody in all the others.
pub(crate) fn judge_classes(table: &Table, report: &mut Report) {
    if table.aggregate != Aggregate::Count {
        return;
    }
    for dimension in 0..table.shape.len() {
        for total in (0..table.states.len()).filter(|at| table.is_total_of(*at, dimension)) {
            if let Some(at) = class_of(table, total, dimension) {
                report.add(Rule::Class, Verdict::Fail, || {
                    Finding::new(Rule::Class, Verdict::Fail, table.place(at))
                        .measured(table.counts[at] as f64)
                });
            }
        }
    }
}

/// The one cell that holds everybody of a line, if what is shown says so.
pub(crate) fn class_of(table: &Table, total: usize, dimension: usize) -> Option<usize> {
    if table.shape[dimension] < 3 || table.states[total] == State::Unknown || table.counts[total] == 0 {
        return None;
    }
    let (mut holder, mut empty_shown, mut possible) = (None, 0, 0);
    for at in table.line(total, dimension) {
        match table.states[at] {
            State::Structural => continue,
            State::Unknown => return None,
            _ => possible += 1,
        }
        if table.counts[at] > 0 {
            if holder.replace(at).is_some() {
                return None;
            }
        } else if table.states[at] == State::Shown {
            empty_shown += 1;
        }
    }
    let holder = holder?;
    let says_zeros = empty_shown + 1 == possible;
    let is_shown = |at: usize| table.states[at] == State::Shown;
    let says =
        if says_zeros { is_shown(holder) || is_shown(total) } else { is_shown(holder) && is_shown(total) };
    (possible > 1 && says).then_some(holder)
}
