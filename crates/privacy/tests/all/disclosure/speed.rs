//! How long large tables take. Run with `cargo test --release -p privacy -- --ignored --nocapture`.

use std::time::Instant;

use privacy::disclosure::{Dimension, Limits, Rule, State, Table, Verdict, judge, propose};

use crate::disclosure::kit::{Chance, dimensions};

fn counts(size: usize, few_percent: u64) -> Vec<u64> {
    let mut chance = Chance(1);
    (0..size)
        .map(|_| if chance.is(few_percent) { chance.between(1, 10) } else { chance.between(10, 500) })
        .collect()
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    println!("{what}: {:.2} s", start.elapsed().as_secs_f64());
    result
}

#[test]
#[ignore = "prints times"]
fn full_a_thousand_by_a_thousand() {
    let limits = Limits::default();
    for percent in [0, 1, 5, 20] {
        let figures = counts(1_000_000, percent);
        let table = timed("made", || Table::of_counts("t", dimensions(&[1_000, 1_000]), &figures).unwrap());
        let report = timed("judged", || judge(&table, &[], &limits).unwrap());
        println!("{percent} % few: {:?}", report.tally);
        let proposal = timed("proposed", || propose(&table, &limits).unwrap());
        println!("{} hidden, {} besides", proposal.primary, proposal.secondary);
        let report = timed("proposal judged", || judge(&proposal.table, &[], &limits).unwrap());
        println!("{:?} {:?}", report.verdict, report.tally);
    }
}

#[test]
#[ignore = "prints times"]
fn full_against_an_earlier_one() {
    let limits = Limits::default();
    let figures = counts(1_000_000, 0);
    let table = Table::of_counts("t", dimensions(&[1_000, 1_000]), &figures).unwrap();
    let report = timed("against itself", || judge(&table, std::slice::from_ref(&table), &limits).unwrap());
    assert_eq!(report.verdict, Verdict::Pass);
    // Ranges that are shifted by one.
    let cuts = |shift: f64| (0..=1_000).map(|at| f64::from(at) * 10.0 + shift).collect::<Vec<f64>>();
    let of = |shift: f64| vec![Dimension::of_cuts("age", &cuts(shift)), dimensions(&[1_000]).remove(0)];
    let (one, other) = (
        Table::of_counts("a", of(0.0), &figures).unwrap(),
        Table::of_counts("b", of(1.0), &figures).unwrap(),
    );
    let report = timed("against shifted cuts", || judge(&one, &[other], &limits).unwrap());
    println!("{:?}", report.tally);
}

#[test]
#[ignore = "prints times"]
fn full_ten_thousand_columns() {
    let limits = Limits::default();
    let figures = counts(100_000, 10);
    let mut table = Table::of_counts("t", dimensions(&[10, 10_000]), &figures).unwrap();
    let report = timed("judged", || judge(&table, std::slice::from_ref(&table), &limits).unwrap());
    println!("{:?}", report.tally);
    for (at, count) in figures.iter().enumerate().filter(|(_, count)| **count < 10) {
        let _ = count;
        table.set(&[Some(at / 10_000), Some(at % 10_000)], State::Suppressed).unwrap();
    }
    let report = timed("hidden without a plan", || judge(&table, &[], &limits).unwrap());
    println!("{:?}", report.tally);
    let proposal = timed("proposed", || propose(&table, &limits).unwrap());
    println!("{} hidden, {} besides", proposal.primary, proposal.secondary);
    let page: Vec<Option<u64>> = Vec::new();
    assert!(Table::as_shown("t", dimensions(&[2]), &page).is_err());
    assert!(!report.has(Rule::Threshold));
}
