//! One table, judged.

use super::attack;
use super::cut::Cuts;
use super::difference;
use super::finding::{Finding, Report, Rule, Verdict};
use super::known;
use super::limits::{CATEGORIES_ALL_MAX, Fault, Limits, RELEASES_MAX};
use super::line;
use super::rules;
use super::table::{State, Table};

/// Judges a table by itself and against earlier releases of the same data.
///
/// Order of findings: cells, stated totals, classes, hidden cells, differences; within each the order of the cells. The same
/// input gives the same report.
pub fn judge(table: &Table, earlier: &[Table], limits: &Limits) -> Result<Report, Fault> {
    limits.check()?;
    let categories: usize = earlier.iter().chain([table]).flat_map(|table| &table.shape).sum();
    if earlier.len() > RELEASES_MAX || categories > CATEGORIES_ALL_MAX {
        return Err(Fault::TooManyReleases);
    }
    let mut report = Report::default();
    rules::judge_cells(table, limits, &mut report);
    judge_totals(table, limits, &mut report);
    rules::judge_classes(table, &mut report);
    let tables: Vec<&Table> = std::iter::once(table).chain(earlier).collect();
    let cuts = Cuts::of(&tables);
    let known = known::of_earlier(&tables, &cuts);
    if known.is_none() {
        unproven(&mut report);
    }
    attack::judge_hidden(table, &known.unwrap_or_default(), limits, &mut report);
    difference::judge_pairs(&tables, &cuts, limits, &mut report);
    if !line::judge_lines(&tables, &cuts, limits, &mut report) {
        unproven(&mut report);
    }
    Ok(report)
}

fn unproven(report: &mut Report) {
    report.add(Rule::Unproven, Verdict::Review, || Finding::new(Rule::Unproven, Verdict::Review, Vec::new()));
}

/// Totals that are not the sum of their parts: a few more are a hidden category, anything else is a question.
fn judge_totals(table: &Table, limits: &Limits, report: &mut Report) {
    let mut compare = |at: usize, stated: u64, sum: u64| {
        if stated == sum || table.base > 1 {
            return;
        }
        let is_few = stated > sum && limits.is_few(stated - sum);
        let weight = if is_few { Verdict::Fail } else { Verdict::Review };
        report.add(Rule::Total, weight, || {
            Finding::new(Rule::Total, weight, table.place(at)).measured(stated.abs_diff(sum) as f64)
        });
    };
    for (at, stated) in &table.stated {
        compare(*at, *stated, table.counts[*at]);
    }
    if !table.states.contains(&State::Unknown) && !table.is_shown_only {
        return;
    }
    for dimension in 0..table.shape.len() {
        let is_shown = |at: usize| matches!(table.states[at], State::Shown | State::Structural);
        let totals = (0..table.states.len()).filter(|at| table.is_total_of(*at, dimension) && is_shown(*at));
        for total in totals.filter(|total| table.line(*total, dimension).all(is_shown)) {
            let sum =
                table.line(total, dimension).fold(0_u64, |sum, at| sum.saturating_add(table.counts[at]));
            compare(total, table.counts[total], sum);
        }
    }
}
