//! Goal: a hidden cell is found if and only if what is shown gives it away. Method: random small tables with random cells
//! hidden, held against every whole table that fits.

use std::collections::BTreeSet;

use privacy::disclosure::{Limits, Rule, State, Table, Verdict, judge, propose};

use crate::disclosure::brute::Puzzle;
use crate::disclosure::kit::{Chance, Place, dimensions, found, is_total, places, suppress};

fn puzzle(chance: &mut Chance) -> Puzzle {
    let sizes: Vec<usize> = match chance.at(6) {
        0 => vec![chance.at(5) + 2],
        1..=3 => vec![chance.at(3) + 2, chance.at(3) + 2],
        _ => vec![2, chance.at(2) + 2, chance.at(2) + 2],
    };
    let most = chance.between(12, 40);
    let cells: usize = sizes.iter().product();
    let counts: Vec<u64> =
        (0..cells).map(|_| if chance.is(15) { 0 } else { chance.between(1, most) }).collect();
    let share = chance.between(10, 70);
    let hidden: BTreeSet<Place> = places(&sizes)
        .into_iter()
        .filter(|place| if is_total(place) { chance.is(8) } else { chance.is(share) })
        .take(9)
        .collect();
    Puzzle { sizes, counts, hidden }
}

fn table(puzzle: &Puzzle) -> Table {
    let mut table = Table::of_counts("new", dimensions(&puzzle.sizes), &puzzle.counts).unwrap();
    puzzle.hidden.iter().for_each(|place| suppress(&mut table, place));
    table
}

/// As somebody sees it who knows nothing but the page.
fn page(puzzle: &Puzzle) -> Table {
    let shown: Vec<Option<u64>> = places(&puzzle.sizes)
        .iter()
        .map(|place| (!puzzle.hidden.contains(place)).then(|| puzzle.count(place)))
        .collect();
    Table::as_shown("new", dimensions(&puzzle.sizes), &shown).unwrap()
}

#[test]
fn the_attack_is_what_writing_out_every_table_finds() {
    let limits = Limits::default();
    let mut chance = Chance(5);
    let (mut tables, mut exposed, mut safe, mut unproven) = (0, 0, 0, 0);
    while tables < 600 {
        let puzzle = puzzle(&mut chance);
        let Some(ranges) = puzzle.ranges() else { continue };
        tables += 1;
        let report = judge(&table(&puzzle), &[], &limits).unwrap();
        let is_sensitive = |place: &&Place| puzzle.count(place) < limits.threshold;
        let is_narrow = |place: &&Place| ranges[*place].1 - ranges[*place].0 < limits.interval_min;
        let expected: BTreeSet<Place> =
            puzzle.hidden.iter().filter(is_sensitive).filter(is_narrow).cloned().collect();
        let narrow = found(&report, &[Rule::Recoverable, Rule::Narrow]);
        let is_exact = |place: &&Place| ranges[*place].0 == ranges[*place].1;
        let exact: BTreeSet<Place> = expected.iter().filter(is_exact).cloned().collect();
        let open = report.tally.get(&Rule::Unproven).copied().unwrap_or(0);
        unproven += open;
        if open == 0 {
            assert_eq!(narrow, expected, "{:?} {:?} {:?}", puzzle.sizes, puzzle.counts, puzzle.hidden);
            assert_eq!(found(&report, &[Rule::Recoverable]), exact);
        } else {
            assert!(narrow.is_subset(&expected));
        }
        let few: BTreeSet<Place> = puzzle
            .lines()
            .into_iter()
            .filter(|(_, (cells, sum))| cells.len() > 1 && (1..limits.threshold).contains(sum))
            .map(|(total, _)| total)
            .collect();
        assert_eq!(found(&report, &[Rule::Remainder]), few);
        exposed += expected.len();
        safe += puzzle.hidden.iter().filter(is_sensitive).count() - expected.len();
        // Who has the page alone finds the same, of cells that may be few.
        let blind = judge(&page(&puzzle), &[], &limits).unwrap();
        let is_few = |place: &&Place| ranges[*place].0 < limits.threshold;
        let told: BTreeSet<Place> = puzzle.hidden.iter().filter(is_narrow).filter(is_few).cloned().collect();
        if !blind.has(Rule::Unproven) {
            assert_eq!(
                found(&blind, &[Rule::Recoverable, Rule::Narrow]),
                told,
                "{:?} {:?} {:?}",
                puzzle.sizes,
                puzzle.counts,
                puzzle.hidden
            );
        }
        assert_eq!(found(&blind, &[Rule::Remainder]), few);
    }
    println!("{tables} tables: {exposed} hidden cells exposed, {safe} safe, {unproven} not proven");
    assert!(exposed > 300 && safe > 200);
    assert!(unproven * 100 <= safe as u64);
}

#[test]
fn a_proposal_passes_the_attack_that_it_was_made_against() {
    let limits = Limits::default();
    let mut chance = Chance(77);
    let (mut primary, mut secondary, mut cells, mut emptied) = (0, 0, 0, 0);
    for _ in 0..400 {
        let sizes: Vec<usize> = match chance.at(4) {
            0 => vec![chance.at(8) + 2],
            1 | 2 => vec![chance.at(8) + 2, chance.at(8) + 2],
            _ => vec![chance.at(3) + 2, chance.at(4) + 2, chance.at(4) + 2],
        };
        let size: usize = sizes.iter().product();
        let few = chance.between(1, 40);
        let counts: Vec<u64> = (0..size)
            .map(|_| if chance.is(few) { chance.between(0, 10) } else { chance.between(10, 400) })
            .collect();
        let table = Table::of_counts("new", dimensions(&sizes), &counts).unwrap();
        let proposal = propose(&table, &limits).unwrap();
        let report = judge(&proposal.table, &[], &limits).unwrap();
        assert_eq!(report.verdict, Verdict::Pass, "{sizes:?} {counts:?} {:?}", report.findings);
        let all = places(&sizes);
        let shown = all.iter().filter(|place| proposal.table.state(place).unwrap() == State::Shown).count();
        emptied += usize::from(shown == 0);
        (primary, secondary, cells) =
            (primary + proposal.primary, secondary + proposal.secondary, cells + all.len());
    }
    println!(
        "400 tables of {cells} figures: {primary} had to be hidden, {secondary} besides; {emptied} tables emptied"
    );
    assert!(secondary < primary * 3 / 2);
}
