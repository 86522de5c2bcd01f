//! Each rule at its edge, and what a checker and an author are told. Method: cases by hand.

use privacy::disclosure::{
    Aggregate, CATEGORIES_MAX, Category, Coordinate, DIMENSIONS_MAX, Dimension, Extent, FINDINGS_MAX, Fault,
    Limits, Magnitude, Mend, Missing, Note, Rule, State, Step, Table, Verdict, Zeros, judge, judge_model,
    judge_survival, propose, round, round_survival,
};

use crate::disclosure::kit::dimensions;

fn one_cell(aggregate: Aggregate, values: &[f64]) -> Table {
    let other: Vec<f64> = (0..40).map(|at| 100.0 + f64::from(at)).collect();
    let cells = [Magnitude::of(values).unwrap(), Magnitude::of(&other).unwrap()];
    let table = Table::of_magnitudes("t", aggregate, dimensions(&[2]), &cells).unwrap();
    table.without_totals()
}

/// The rules that one cell breaks, beside one that breaks none.
fn check(aggregate: Aggregate, values: &[f64], expected: &[Rule], verdict: Verdict) {
    let limits = Limits { missing: Missing::Review, ..Limits::default() };
    let report = judge(&one_cell(aggregate, values), &[], &limits).unwrap();
    let rules: Vec<Rule> = report.tally.keys().copied().collect();
    assert_eq!((rules.as_slice(), report.verdict), (expected, verdict), "{aggregate:?} {values:?}");
}

#[test]
fn each_rule_at_its_edge() {
    use Aggregate::{Maximum, Mean, Median, Minimum, Mode, StandardDeviation, Sum};
    use Verdict::{Fail, Pass, Review};
    let row = |size: u32| -> Vec<f64> { (0..size).map(|at| 100.0 + f64::from(at)).collect() };
    check(Sum, &row(10), &[], Pass);
    check(Sum, &row(9), &[Rule::Threshold], Fail);
    check(Sum, &[], &[Rule::Zero], Fail);
    // Two have 90 of 100.
    let with = |first: f64, second: f64, rest: f64| -> Vec<f64> {
        [first, second].into_iter().chain(std::iter::repeat_n(rest / 10.0, 10)).collect()
    };
    check(Mean, &with(50.0, 40.0, 10.0), &[Rule::Dominance], Fail);
    check(Mean, &with(50.0, 39.0, 11.0), &[], Pass);
    check(Sum, &with(1_000.0, 0.5, 99.0), &[Rule::Dominance, Rule::Ratio], Fail);
    check(Sum, &[0.0; 12], &[Rule::Ratio, Rule::AllEqual], Fail);
    check(Sum, &[7.0; 12], &[Rule::AllEqual], Review);
    check(Median, &[7.0; 12], &[Rule::AllEqual], Review);
    check(Mode, &[7.0; 12], &[Rule::AllEqual], Fail);
    check(Mode, &row(9), &[Rule::Threshold], Review);
    check(StandardDeviation, &row(10), &[Rule::Degrees], Fail);
    check(StandardDeviation, &row(11), &[], Pass);
    check(Minimum, &row(12), &[Rule::Extreme], Review);
    check(Maximum, &row(9), &[Rule::Threshold, Rule::Extreme], Fail);
    let mut signed = row(12);
    signed[3] = -1.0;
    check(Mean, &signed, &[Rule::Negative], Review);
    check(Median, &signed, &[], Pass);
    let mut missing = row(12);
    missing[3] = f64::NAN;
    check(Mean, &missing, &[Rule::Missing], Review);
    // Who has no value is no contributor.
    missing[4] = f64::NAN;
    missing[5] = f64::NAN;
    check(Mean, &missing, &[Rule::Threshold, Rule::Missing], Fail);
}

#[test]
fn zeros_as_the_limits_say() {
    let mut table = Table::of_counts("t", dimensions(&[3, 3]), &[20, 0, 30, 40, 50, 60, 70, 80, 90]).unwrap();
    let allowed = Limits { zeros: Zeros::Allowed, ..Limits::default() };
    assert_eq!(judge(&table, &[], &Limits::default()).unwrap().tally[&Rule::Zero], 1);
    assert_eq!(judge(&table, &[], &allowed).unwrap().verdict, Verdict::Pass);
    table.set(&[Some(0), Some(1)], State::Structural).unwrap();
    assert_eq!(judge(&table, &[], &Limits::default()).unwrap().verdict, Verdict::Pass);
    assert_eq!(table.set(&[Some(0), Some(0)], State::Structural), Err(Fault::NoSuchCell));
    // A row whose people are all in one cell, for the other can hold nobody: that says nothing.
    let mut pair = Table::of_counts("t", dimensions(&[2, 2]), &[20, 0, 30, 40]).unwrap();
    // It places the 20 of the row, and the 40 of the column.
    assert_eq!(judge(&pair, &[], &allowed).unwrap().tally[&Rule::Class], 2);
    pair.set(&[Some(0), Some(1)], State::Structural).unwrap();
    assert_eq!(judge(&pair, &[], &allowed).unwrap().verdict, Verdict::Pass);
}

#[test]
fn an_author_is_told_where_and_never_how_many() {
    let table = Table::of_counts("t", dimensions(&[2]), &[7, 30]).unwrap();
    let report = judge(&table, &[], &Limits::default()).unwrap();
    let finding = &report.findings[0];
    assert_eq!(finding.figure.unwrap().for_checker(), 7.0);
    let place = vec![Coordinate { variable: "v0".into(), category: Some("0".into()) }];
    let mends: &[Mend] = &[Mend::Merge, Mend::Suppress, Mend::Round];
    assert_eq!(finding.for_author(), Note { rule: Rule::Threshold, weight: Verdict::Fail, place, mends });
    let printed = format!("{report:?}");
    assert!(printed.contains("[..]") && !printed.contains('7'), "{printed}");
}

#[test]
fn a_page_is_added_up() {
    let page = |shown: &[u64]| {
        let shown: Vec<Option<u64>> = shown.iter().map(|count| Some(*count)).collect();
        judge(&Table::as_shown("t", dimensions(&[2]), &shown).unwrap(), &[], &Limits::default()).unwrap()
    };
    assert_eq!(page(&[20, 30, 50]).verdict, Verdict::Pass);
    // Three people who are in no category.
    assert_eq!((page(&[20, 30, 53]).verdict, page(&[20, 30, 53]).tally[&Rule::Total]), (Verdict::Fail, 1));
    assert_eq!(page(&[20, 30, 80]).verdict, Verdict::Review);
    assert_eq!(page(&[20, 30, 49]).verdict, Verdict::Review);
    // A hidden cell that would have to be less than nobody.
    let contradictory = Table::as_shown("t", dimensions(&[2]), &[Some(60), None, Some(50)]).unwrap();
    let report = judge(&contradictory, &[], &Limits::default()).unwrap();
    assert_eq!((report.verdict, report.has(Rule::Total)), (Verdict::Review, true));
}

#[test]
fn rounding_is_for_a_person_to_confirm() {
    let limits = Limits::default();
    let table = Table::of_counts("t", dimensions(&[4]), &[2, 3, 7, 58]).unwrap();
    let rounded = round(&table, &limits).unwrap();
    let counts: Vec<u64> =
        [Some(0), Some(1), Some(2), Some(3), None].map(|at| rounded.count(&[at]).unwrap()).into();
    assert_eq!(counts, [0, 5, 5, 60, 70]);
    let report = judge(&rounded, &[], &limits).unwrap();
    assert_eq!(report.verdict, Verdict::Review);
    let even = Limits { rounding_base: 4, ..limits };
    let halves = round(&Table::of_counts("t", dimensions(&[3]), &[2, 6, 10]).unwrap(), &even).unwrap();
    assert_eq!([0, 1, 2].map(|at| halves.count(&[Some(at)]).unwrap()), [0, 8, 8]);
}

#[test]
fn sums_that_are_hidden_are_attacked() {
    let values = |from: f64| -> Vec<f64> { (0..30).map(|at| from + f64::from(at)).collect() };
    let mut cells: Vec<Magnitude> = (0..9).map(|_| Magnitude::of(&values(100.0)).unwrap()).collect();
    let mut dominated = values(1.0);
    dominated[0] = 90_000.0;
    cells[0] = Magnitude::of(&dominated).unwrap();
    let mut table = Table::of_magnitudes("t", Aggregate::Sum, dimensions(&[3, 3]), &cells).unwrap();
    // Its row and column are as dominated; they are not the point here.
    for place in [[Some(0), None], [None, Some(0)], [None, None], [Some(0), Some(0)]] {
        table.set(&place, State::Suppressed).unwrap();
    }
    let limits = Limits::default();
    assert_eq!(judge(&table, &[], &limits).unwrap().verdict, Verdict::Pass);
    table.set(&[Some(0), None], State::Shown).unwrap();
    let report = judge(&table, &[], &limits).unwrap();
    assert!(report.has(Rule::Recoverable), "{:?}", report.tally);
    let proposal = propose(&table, &limits).unwrap();
    assert_eq!(judge(&proposal.table, &[], &limits).unwrap().verdict, Verdict::Pass);
}

#[test]
fn models_and_curves() {
    let limits = Limits::default();
    assert_eq!(judge_model(15, 5, &limits).unwrap().verdict, Verdict::Pass);
    assert_eq!(judge_model(14, 5, &limits).unwrap().verdict, Verdict::Fail);
    assert_eq!(judge_model(3, u64::MAX, &limits).unwrap().verdict, Verdict::Fail);
    let step = |time: f64, at_risk: u64, events: u64| Step { time, at_risk, events };
    let steps = [step(1.0, 60, 10), step(2.0, 50, 3), step(3.0, 46, 2), step(4.0, 30, 2), step(5.0, 9, 1)];
    let report = judge_survival(&steps, &limits).unwrap();
    assert_eq!((report.tally[&Rule::Step], report.tally[&Rule::AtRisk]), (1, 1));
    let rounded = round_survival(&steps, 50.0 / 60.0, &limits).unwrap();
    let risks: Vec<(u64, u64)> =
        rounded.iter().map(|rounded| (rounded.step.at_risk, rounded.step.events)).collect();
    assert_eq!(risks, [(60, 10), (50, 3), (50, 0), (30, 4), (9, 1)]);
    let rising = [step(1.0, 60, 1), step(2.0, 61, 1)];
    assert_eq!(judge_survival(&rising, &limits), Err(Fault::Steps));
    assert_eq!(judge_survival(&[step(f64::NAN, 60, 1)], &limits), Err(Fault::Steps));
    assert_eq!(judge_survival(&[], &limits).unwrap().verdict, Verdict::Pass);
}

#[test]
fn what_is_no_table_is_refused() {
    let of =
        |dimensions: Vec<Dimension>, counts: &[u64]| Table::of_counts("t", dimensions, counts).map(|_| ());
    assert_eq!(of(vec![], &[]), Err(Fault::Dimensions));
    assert_eq!(of(dimensions(&[2; DIMENSIONS_MAX + 1]), &[]), Err(Fault::Dimensions));
    assert_eq!(of(dimensions(&[2]), &[1]), Err(Fault::Figures { expected: 2, found: 1 }));
    assert_eq!(of(dimensions(&[2]), &[u64::MAX, 1]), Err(Fault::Overflow));
    assert_eq!(of(dimensions(&[3_000, 3_000]), &[]), Err(Fault::TooManyCells));
    assert_eq!(of(dimensions(&[CATEGORIES_MAX + 1]), &[]), Err(Fault::Categories { name: "v0".into() }));
    let twice = vec![dimensions(&[2]).remove(0), dimensions(&[2]).remove(0)];
    assert_eq!(of(twice, &[1; 4]), Err(Fault::TwiceNamed { name: "v0".into() }));
    let overlap = Dimension::of_groups("v", &[("a", &["x", "y"]), ("b", &["y"])]);
    assert_eq!(of(vec![overlap], &[1, 1]), Err(Fault::Categories { name: "v".into() }));
    let range =
        |from: f64, to: f64| Category { label: format!("{from}"), extent: Extent::Range { from, to } };
    let ranges =
        |categories: Vec<Category>| vec![Dimension { name: "v".into(), categories, is_exhaustive: true }];
    assert_eq!(of(ranges(vec![range(f64::NAN, 1.0)]), &[1]), Err(Fault::Range { name: "v".into() }));
    assert_eq!(of(ranges(vec![range(2.0, 1.0)]), &[1]), Err(Fault::Range { name: "v".into() }));
    let overlap = ranges(vec![range(0.0, 40.0), range(39.0, 50.0)]);
    assert_eq!(of(overlap, &[1, 1]), Err(Fault::Categories { name: "v".into() }));
    assert_eq!(of(ranges(vec![range(f64::NEG_INFINITY, 1.0), range(1.0, f64::INFINITY)]), &[1, 1]), Ok(()));
    assert_eq!(Magnitude::of(&[1.0, f64::INFINITY]), Err(Fault::Infinite));
    assert_eq!(Magnitude::of(&[f64::MAX, f64::MAX]), Err(Fault::Infinite));
    let table = Table::of_counts("t", dimensions(&[2]), &[10, 10]).unwrap();
    assert_eq!(table.count(&[Some(2)]), Err(Fault::NoSuchCell));
    assert_eq!(table.within("v0", Extent::code("x")), Err(Fault::TwiceNamed { name: "v0".into() }));
}

#[test]
fn contributions_may_come_summed_up() {
    let values = [3.0, 50.0, 7.0, 40.0, 20.0, 60.0, 1.0];
    let all = Magnitude::of(&values).unwrap();
    assert_eq!([1, 2, 5, 9].map(|n| all.largest_sum(n)), [60.0, 110.0, 177.0, 177.0]);
    assert_eq!((all.greatest(), all.least, all.total), (Some(60.0), 1.0, 181.0));
    let largest = [60.0, 50.0, 40.0, 20.0, 7.0];
    assert_eq!(Magnitude::summed_up(7, 0, 181.0, 1.0, &largest), Ok(all));
    assert_eq!(Magnitude::summed_up(0, 0, 0.0, 0.0, &[]), Ok(Magnitude::default()));
    for (contributors, total, least, largest) in [
        (7, 181.0, 1.0, &[60.0][..]),
        (7, 181.0, 1.0, &[50.0, 60.0]),
        (1, 60.0, 60.0, &[60.0, 50.0]),
        (7, f64::NAN, 1.0, &[60.0, 50.0]),
        (7, 181.0, 55.0, &[60.0, 50.0]),
    ] {
        assert_eq!(Magnitude::summed_up(contributors, 0, total, least, largest), Err(Fault::SummedUp));
    }
}

#[test]
fn limits_that_would_judge_nothing_are_refused() {
    let table = Table::of_counts("t", dimensions(&[2]), &[10, 10]).unwrap();
    let sound = Limits::default;
    for (name, limits) in [
        ("threshold", Limits { threshold: 0, ..sound() }),
        ("degrees_min", Limits { degrees_min: 0, ..sound() }),
        ("rounding_base", Limits { rounding_base: 0, ..sound() }),
        ("dominance_n", Limits { dominance_n: 0, ..sound() }),
        ("dominance_n", Limits { dominance_n: 6, ..sound() }),
        ("dominance_k", Limits { dominance_k: f64::NAN, ..sound() }),
        ("dominance_k", Limits { dominance_k: 1.5, ..sound() }),
        ("ratio_p", Limits { ratio_p: 0.0, ..sound() }),
        ("interval_min", Limits { interval_min: 11, ..sound() }),
        ("survival_threshold", Limits { survival_threshold: u64::MAX, ..sound() }),
    ] {
        assert_eq!(judge(&table, &[], &limits), Err(Fault::Limit { name }));
    }
    let many = vec![table.clone(); 1_001];
    assert_eq!(judge(&table, &many, &sound()), Err(Fault::TooManyReleases));
}

#[test]
fn all_are_counted_and_the_first_are_kept() {
    let size = FINDINGS_MAX + 5;
    let table = Table::of_counts("t", dimensions(&[size]), &vec![3; size]).unwrap();
    let report = judge(&table, &[], &Limits::default()).unwrap();
    assert_eq!((report.findings.len(), report.tally[&Rule::Threshold]), (FINDINGS_MAX, size as u64));
}
