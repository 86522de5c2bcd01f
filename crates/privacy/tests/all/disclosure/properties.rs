//! What holds of every table.

use std::collections::{BTreeMap, BTreeSet};

use privacy::disclosure::Zeros;
use privacy::disclosure::{
    Aggregate, Category, Dimension, Extent, Limits, Magnitude, Report, Rule, State, Step, Table, Verdict,
    judge, judge_survival, propose, round, round_survival,
};
use proptest::prelude::*;

use crate::disclosure::kit::{Place, dimensions, found, places};

/// Findings by the labels of their places.
fn told(report: &Report) -> BTreeMap<(Rule, Vec<Option<String>>), Verdict> {
    let key = |finding: &privacy::disclosure::Finding| {
        (finding.rule, finding.place.iter().map(|at| at.category.clone()).collect())
    };
    report.findings.iter().map(|finding| (key(finding), finding.weight)).collect()
}

fn reordered(table: &[u64], columns: usize, rows: &[usize], order: &[usize]) -> (Vec<Dimension>, Vec<u64>) {
    let mut all = dimensions(&[rows.len(), columns]);
    let pick = |dimension: &Dimension, order: &[usize]| {
        order.iter().map(|at| dimension.categories[*at].clone()).collect::<Vec<Category>>()
    };
    all[0].categories = pick(&all[0], rows);
    all[1].categories = pick(&all[1], order);
    (all, rows.iter().flat_map(|row| order.iter().map(move |column| table[row * columns + column])).collect())
}

fn shuffled(size: usize) -> impl Strategy<Value = Vec<usize>> {
    Just((0..size).collect::<Vec<usize>>()).prop_shuffle()
}

prop_compose! {
    fn any_table()(rows in 2..5_usize, columns in 2..5_usize)(
        counts in prop::collection::vec(0..40_u64, rows * columns),
        hidden in prop::collection::vec(prop::bool::weighted(0.3), rows * columns),
        row_order in shuffled(rows), column_order in shuffled(columns),
    ) -> (Vec<u64>, Vec<bool>, Vec<usize>, Vec<usize>) {
        (counts, hidden, row_order, column_order)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn order_does_not_matter((counts, hidden, rows, columns) in any_table()) {
        let limits = Limits::default();
        let width = columns.len();
        let in_order: (Vec<usize>, Vec<usize>) = ((0..rows.len()).collect(), (0..width).collect());
        let mut reports = Vec::new();
        for (rows, columns) in [&in_order, &(rows, columns)] {
            let (dimensions, figures) = reordered(&counts, width, rows, columns);
            let mut table = Table::of_counts("t", dimensions, &figures).unwrap();
            for (at, row) in rows.iter().enumerate() {
                for (place, column) in columns.iter().enumerate() {
                    if hidden[row * width + column] {
                        table.set(&[Some(at), Some(place)], State::Suppressed).unwrap();
                    }
                }
            }
            reports.push(told(&judge(&table, &[], &limits).unwrap()));
        }
        prop_assert_eq!(&reports[0], &reports[1]);
    }

    #[test]
    fn more_people_in_a_cell_are_not_fewer((counts, _, _, columns) in any_table(), at in any::<prop::sample::Index>(), more in 1..50_u64) {
        let limits = Limits::default();
        let sizes = [counts.len() / columns.len(), columns.len()];
        let at = at.index(counts.len());
        let mut grown = counts.clone();
        grown[at] += more;
        let rules = [Rule::Threshold, Rule::Zero];
        let few = |counts: &[u64]| found(&judge(&Table::of_counts("t", dimensions(&sizes), counts).unwrap(), &[], &limits).unwrap(), &rules);
        let (before, after): (BTreeSet<Place>, BTreeSet<Place>) = (few(&counts), few(&grown));
        prop_assert!(after.is_subset(&before));
    }

    #[test]
    fn what_we_propose_passes((counts, _, _, columns) in any_table(), is_allowed: bool) {
        let zeros = if is_allowed { Zeros::Allowed } else { Zeros::Disclosive };
        let limits = Limits { zeros, ..Limits::default() };
        // With many empty cells, too.
        let counts: Vec<u64> = counts.into_iter().map(|count| if count % 3 == 0 { 0 } else { count }).collect();
        let sizes = [counts.len() / columns.len(), columns.len()];
        let proposal = propose(&Table::of_counts("t", dimensions(&sizes), &counts).unwrap(), &limits).unwrap();
        prop_assert_eq!(judge(&proposal.table, &[], &limits).unwrap().verdict, Verdict::Pass);
        let hidden = places(&sizes).iter().filter(|place| proposal.table.state(place).unwrap() == State::Suppressed).count();
        prop_assert_eq!(hidden as u64, proposal.primary + proposal.secondary);
    }

    #[test]
    fn a_table_against_itself_says_nothing_new((counts, hidden, _, columns) in any_table()) {
        let limits = Limits::default();
        let sizes = [counts.len() / columns.len(), columns.len()];
        let mut table = Table::of_counts("t", dimensions(&sizes), &counts).unwrap();
        let inner = places(&sizes).into_iter().filter(|place| !place.contains(&None));
        for (place, _) in inner.zip(hidden).filter(|(_, is_hidden)| *is_hidden) {
            table.set(&place, State::Suppressed).unwrap();
        }
        let (alone, again) = (judge(&table, &[], &limits).unwrap(), judge(&table, std::slice::from_ref(&table), &limits).unwrap());
        prop_assert_eq!(alone, again);
    }

    #[test]
    fn no_figures_are_too_odd(values in prop::collection::vec(prop::collection::vec(any::<f64>(), 0..6), 4), kind in 0..8_usize, huge in prop::collection::vec(any::<u64>(), 4)) {
        use Aggregate::{Count, Maximum, Mean, Median, Minimum, Mode, StandardDeviation, Sum};
        let limits = Limits::default();
        let aggregate = [Count, Sum, Mean, Median, StandardDeviation, Mode, Minimum, Maximum][kind];
        let cells: Result<Vec<Magnitude>, _> = values.iter().map(|cell| Magnitude::of(cell)).collect();
        if let Ok(cells) = cells
            && let Ok(mut table) = Table::of_magnitudes("t", aggregate, dimensions(&[2, 2]), &cells)
        {
            table.set(&[Some(0), Some(0)], State::Suppressed).unwrap();
            table.set(&[Some(1), Some(0)], State::Suppressed).unwrap();
            judge(&table, std::slice::from_ref(&table), &limits).unwrap();
            propose(&table, &limits).unwrap();
            round(&table, &limits).unwrap();
        }
        if let Ok(table) = Table::of_counts("t", dimensions(&[2, 2]), &huge) {
            judge(&table, &[], &limits).unwrap();
            propose(&table, &limits).unwrap();
        }
        let shown: Vec<Option<u64>> = (0..9).map(|at| (at % 3 > 0).then_some(huge[at % 4])).collect();
        let mut page = Table::as_shown("t", dimensions(&[2, 2]), &shown).unwrap();
        page.stated(&[None, None], u64::MAX).unwrap();
        judge(&page, std::slice::from_ref(&page), &limits).unwrap();
        let _ = round(&page, &limits);
        let step = |at: usize| Step { time: values[at].first().copied().unwrap_or(1.0), at_risk: huge[at], events: huge[3 - at] };
        let steps: Vec<Step> = (0..4).map(step).collect();
        let _ = judge_survival(&steps, &limits);
        let _ = round_survival(&steps, f64::NAN, &limits);
    }

    #[test]
    fn odd_categories_are_compared_or_refused(ends in prop::collection::vec(any::<f64>(), 4), codes in prop::collection::vec("[a-c]{0,1}", 3)) {
        let limits = Limits::default();
        let extents = [
            Extent::Range { from: ends[0], to: ends[1] },
            Extent::Range { from: ends[2], to: ends[3] },
            Extent::codes(codes.iter().map(String::as_str)),
            Extent::Part(codes[0].clone()),
        ];
        let table = |chosen: &[usize]| {
            let category = |at: &usize| Category { label: at.to_string(), extent: extents[*at].clone() };
            let dimension = Dimension { name: "v".into(), categories: chosen.iter().map(category).collect(), is_exhaustive: ends[0] > 0.0 };
            Table::of_counts("t", vec![dimension], &vec![20; chosen.len()])
        };
        let tables: Vec<Table> = [vec![0, 1], vec![2, 3], vec![0, 2, 3], vec![1]].iter().filter_map(|chosen| table(chosen).ok()).collect();
        if let Some((new, earlier)) = tables.split_first() {
            judge(new, earlier, &limits).unwrap();
        }
    }
}
