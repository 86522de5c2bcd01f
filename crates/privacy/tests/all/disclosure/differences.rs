//! Goal: what a new table adds to earlier ones is found, however the categories are called and cut. Method: cases that we
//! know by hand, and random releases of a small population held against every set of people that the figures determine.

use std::collections::{BTreeMap, BTreeSet};

use privacy::disclosure::{
    Aggregate, Category, Dimension, Extent, Limits, Magnitude, Report, Rule, State, Table, Verdict, judge,
    round,
};

use crate::disclosure::brute::{Figure, determined};
use crate::disclosure::kit::{Chance, dimensions};

fn counts(name: &str, dimension: Dimension, counts: &[u64]) -> Table {
    Table::of_counts(name, vec![dimension], counts).unwrap()
}

fn against(new: &Table, earlier: &[Table]) -> Report {
    judge(new, earlier, &Limits::default()).unwrap()
}

/// The figures of differences, as a checker sees them.
fn figures(report: &Report) -> Vec<u64> {
    let found = report.findings.iter().filter(|finding| finding.rule == Rule::Difference);
    let mut all: Vec<u64> = found.map(|finding| finding.figure.unwrap().for_checker() as u64).collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[test]
fn three_people_between_two_cuts_of_age() {
    let earlier = counts("a", Dimension::of_cuts("age", &[0.0, 40.0, 120.0]), &[100, 200]);
    let new = counts("b", Dimension::of_cuts("age", &[0.0, 41.0, 120.0]), &[103, 197]);
    let report = against(&new, std::slice::from_ref(&earlier));
    assert_eq!((report.verdict, figures(&report)), (Verdict::Fail, vec![3]));
    let place: BTreeSet<_> =
        report.findings.iter().map(|finding| finding.place[0].category.clone().unwrap()).collect();
    assert_eq!(place, ["0-41", "41-120"].map(String::from).into());
    assert!(report.findings.iter().all(|finding| finding.against.as_ref().unwrap().0 == "a"));
    // Twelve between them are none of our concern.
    let other = counts("b", Dimension::of_cuts("age", &[0.0, 41.0, 120.0]), &[112, 188]);
    assert_eq!(against(&other, &[earlier]).verdict, Verdict::Pass);
}

#[test]
fn three_people_more_in_the_same_cell() {
    let regions = || Dimension::of_codes("region", ["north", "south"]);
    let (earlier, new) = (counts("a", regions(), &[100, 200]), counts("b", regions(), &[103, 200]));
    assert_eq!(figures(&against(&new, std::slice::from_ref(&earlier))), [3]);
    assert_eq!(against(&earlier, std::slice::from_ref(&earlier)).verdict, Verdict::Pass);
    // Of another delivery of the same data, and by name.
    let later = new.within("delivery", Extent::Range { from: 0.0, to: 2.0 }).unwrap();
    let first = earlier.clone().within("delivery", Extent::Range { from: 0.0, to: 1.0 }).unwrap();
    assert_eq!(figures(&against(&later, &[first])), [3]);
    let complete =
        counts("c", regions(), &[97, 200]).within("values", Extent::Part("complete".into())).unwrap();
    assert_eq!(figures(&against(&complete, &[earlier])), [3]);
}

#[test]
fn groups_that_add_up() {
    let earlier = counts(
        "a",
        Dimension::of_groups("ward", &[("east", &["a", "b", "c"]), ("west", &["d", "e"])]),
        &[60, 80],
    );
    let new = counts(
        "b",
        Dimension::of_groups("ward", &[("ab", &["a", "b"]), ("cde", &["c", "d", "e"])]),
        &[55, 85],
    );
    assert_eq!(figures(&against(&new, std::slice::from_ref(&earlier))), [5]);
    // Here it takes three figures: all of east, without two that are shown.
    let single = Dimension {
        name: "ward".into(),
        categories: ["a", "b", "d"]
            .map(|code| Category { label: code.into(), extent: Extent::code(code) })
            .into(),
        is_exhaustive: false,
    };
    let new = counts("b", single, &[30, 26, 60]);
    assert_eq!(figures(&against(&new, &[earlier])), [4]);
}

#[test]
fn it_takes_three_releases() {
    let cuts = |cuts: &[f64]| Dimension { is_exhaustive: false, ..Dimension::of_cuts("age", cuts) };
    // 0-50 is 200, 30-80 is 300, 50-80 is 260: so 30-50 is 40, and 0-30 is 160; 0-31 is 164.
    let earlier = [
        counts("a", cuts(&[0.0, 50.0]), &[200]),
        counts("b", cuts(&[30.0, 80.0]), &[300]),
        counts("c", cuts(&[50.0, 80.0]), &[260]),
    ];
    let report = against(&counts("d", cuts(&[0.0, 31.0]), &[164]), &earlier);
    assert_eq!((report.verdict, figures(&report)), (Verdict::Fail, vec![4]));
    assert_eq!(against(&counts("d", cuts(&[0.0, 31.0]), &[184]), &earlier).verdict, Verdict::Pass);
}

#[test]
fn a_table_within_another_variable() {
    let sexes = || Dimension::of_codes("sex", ["f", "m"]);
    let earlier =
        Table::of_counts("a", vec![Dimension::of_codes("region", ["n", "s"]), sexes()], &[50, 60, 70, 80])
            .unwrap();
    // Of the north alone, without three women.
    let new = counts("b", sexes(), &[47, 60]).within("region", Extent::code("n")).unwrap();
    let report = against(&new, &[earlier]);
    assert_eq!(figures(&report), [3]);
    // The woman of the north, and the north.
    assert_eq!(report.tally[&Rule::Difference], 2);
}

#[test]
fn what_an_earlier_release_shows_is_not_hidden_by_a_later_one() {
    let sizes = [3, 3];
    let figures = [4, 40, 50, 60, 70, 80, 90, 30, 20];
    let mut new = Table::of_counts("b", dimensions(&sizes), &figures).unwrap();
    for place in [[0, 0], [0, 1], [1, 0], [1, 1]] {
        new.set(&place.map(Some), State::Suppressed).unwrap();
    }
    let alone = against(&new, &[]);
    assert_eq!(alone.verdict, Verdict::Pass, "{alone:?}");
    // A corner of the box was released once: the box falls open.
    let one = Dimension { is_exhaustive: false, ..Dimension::of_codes("v1", ["1"]) };
    let earlier = counts("a", one, &[70]).within("v0", Extent::code("1")).unwrap();
    let report = against(&new, &[earlier]);
    assert!(report.has(Rule::Recoverable), "{report:?}");
}

#[test]
fn what_is_not_the_same_is_not_compared() {
    let regions = || vec![Dimension::of_codes("region", ["north", "south"])];
    let of = |values: [&[f64]; 2]| values.map(|values| Magnitude::of(values).unwrap());
    let (some, more) = ([5.0; 20], [6.0; 22]);
    let table = |name: &str, aggregate, measure: &str, north: &[f64]| {
        Table::of_magnitudes(name, aggregate, regions(), &of([north, &some])).unwrap().about(measure)
    };
    let first = table("a", Aggregate::Sum, "income", &some);
    assert_eq!(
        figures(&against(&table("b", Aggregate::Mean, "income", &more), std::slice::from_ref(&first))),
        [2]
    );
    assert!(
        !against(&table("b", Aggregate::Mean, "weight", &more), std::slice::from_ref(&first))
            .has(Rule::Difference)
    );
    assert!(!against(&table("b", Aggregate::Median, "income", &more), &[first]).has(Rule::Difference));
    // Rounded figures say nothing of three.
    let (one, other) =
        (counts("a", regions().remove(0), &[100, 200]), counts("b", regions().remove(0), &[103, 200]));
    let rounded = round(&other, &Limits::default()).unwrap();
    assert_eq!(against(&rounded, &[one]).verdict, Verdict::Pass);
}

#[test]
fn codes_and_ranges_of_one_variable_are_for_a_person() {
    let (old, new) =
        (Dimension::of_codes("age", ["young", "old"]), Dimension::of_cuts("age", &[0.0, 40.0, 120.0]));
    let report = against(&counts("b", new, &[100, 100]), &[counts("a", old, &[97, 103])]);
    assert_eq!((report.verdict, report.has(Rule::Unproven)), (Verdict::Review, true));
}

#[test]
fn figures_that_contradict_each_other_are_for_a_person() {
    let some = |dimension: Dimension| Dimension { is_exhaustive: false, ..dimension };
    let whole = some(Dimension::of_groups("ward", &[("east", &["a", "b"])]));
    let parts = some(Dimension::of_codes("ward", ["a", "b"]));
    let ages = |cuts: &[f64]| some(Dimension::of_cuts("age", cuts));
    for (old, new, part) in [
        (whole.clone(), parts.clone(), 90),
        (whole, parts, 120),
        (ages(&[0.0, 50.0]), ages(&[0.0, 30.0, 50.0]), 90),
        (ages(&[0.0, 50.0]), ages(&[0.0, 30.0, 50.0]), 120),
    ] {
        // Two parts of 200 that are not 100 each: people came or went.
        let earlier = counts("a", old, &[200]);
        let without = |part: u64| counts("b", new.clone(), &[part, part]).without_totals();
        assert_eq!(against(&without(100), std::slice::from_ref(&earlier)).verdict, Verdict::Pass);
        let report = against(&without(part), &[earlier]);
        assert_eq!((report.verdict, report.has(Rule::Unproven)), (Verdict::Review, true));
    }
}

#[test]
fn a_hierarchy_is_compared_and_a_tangle_is_for_a_person() {
    let codes: Vec<String> = (0..1_200).map(|code| format!("c{code:04}")).collect();
    let of = |name: &str, size: usize, shift: usize, few: u64| {
        let mut turned = codes.clone();
        turned.rotate_left(shift);
        let category = |(at, group): (usize, &[String])| Category {
            label: at.to_string(),
            extent: Extent::codes(group.iter().map(String::as_str)),
        };
        let categories: Vec<Category> = turned.chunks(size).enumerate().map(category).collect();
        let mut counts = vec![size as u64 * 30; categories.len()];
        counts[0] -= few;
        let dimension = Dimension { name: "diagnosis".into(), categories, is_exhaustive: true };
        Table::of_counts(name, vec![dimension], &counts).unwrap()
    };
    assert_eq!(against(&of("fine", 2, 0, 0), &[of("coarse", 6, 0, 0)]).verdict, Verdict::Pass);
    // Four of the first chapter are in none of its groups, nor in any.
    let report = against(&of("fine", 2, 0, 4), &[of("coarse", 6, 0, 0)]);
    assert_eq!((report.verdict, figures(&report)), (Verdict::Fail, vec![4]));
    let tangled = against(&of("fine", 2, 0, 0), &[of("turned", 6, 3, 0)]);
    assert_eq!((tangled.verdict, tangled.has(Rule::Unproven)), (Verdict::Review, true));
}

/// Random cuts of a line of atoms, or random groups of them; `None` leaves a variable out.
fn groups(chance: &mut Chance, atoms: usize, is_range: bool) -> Vec<Vec<usize>> {
    let parts = chance.at(atoms.min(4)) + 1;
    let mut groups = vec![Vec::new(); parts];
    let mut cuts: Vec<usize> = (0..parts - 1).map(|_| chance.at(atoms)).collect();
    cuts.sort_unstable();
    for atom in 0..atoms {
        let at = if is_range { cuts.iter().filter(|cut| **cut < atom).count() } else { chance.at(parts) };
        groups[at].push(atom);
    }
    groups.retain(|group| !group.is_empty());
    groups
}

fn dimension(groups: &[Vec<usize>], is_range: bool, is_exhaustive: bool) -> Dimension {
    let category = |group: &Vec<usize>| Category {
        label: format!("{group:?}"),
        extent: if is_range {
            Extent::Range { from: group[0] as f64, to: group[group.len() - 1] as f64 + 1.0 }
        } else {
            let codes: Vec<String> = group.iter().map(usize::to_string).collect();
            Extent::codes(codes.iter().map(String::as_str))
        },
    };
    Dimension { name: "v".into(), categories: groups.iter().map(category).collect(), is_exhaustive }
}

/// One release over one variable: the table, and its figures as sets of atoms.
fn release(chance: &mut Chance, people: &[u64], is_range: bool) -> (Table, Vec<Figure>) {
    let mut cut = groups(chance, people.len(), is_range);
    let is_exhaustive = chance.is(70) || cut.len() < 2;
    if !is_exhaustive {
        cut.remove(chance.at(cut.len()));
    }
    let sum = |group: &Vec<usize>| group.iter().map(|atom| people[*atom]).sum::<u64>();
    let counts: Vec<u64> = cut.iter().map(sum).collect();
    let mut table = Table::of_counts("r", vec![dimension(&cut, is_range, is_exhaustive)], &counts).unwrap();
    let bits = |group: &Vec<usize>| group.iter().fold(0, |bits, atom| bits | 1 << atom);
    let mut figures: Vec<Figure> = cut.iter().map(bits).collect();
    // A total of a few ranges with a gap is a figure, too; leave it out now and then.
    if chance.is(80) {
        figures.push(figures.iter().fold(0, |all, bits| all | bits));
    } else {
        table = table.without_totals();
    }
    (table, figures)
}

fn smallest(sets: BTreeSet<Figure>) -> BTreeSet<Figure> {
    sets.iter()
        .copied()
        .filter(|set| !sets.iter().any(|other| other != set && other & set == *other))
        .collect()
}

#[test]
fn along_one_variable_every_determined_few_are_found() {
    let limits = Limits::default();
    let mut chance = Chance(11);
    let mut tally: BTreeMap<&str, usize> = BTreeMap::new();
    for round in 0..4_000 {
        let is_range = round % 2 == 0;
        let atoms = chance.at(9) + 3;
        let rare = chance.between(10, 60);
        let people: Vec<u64> = (0..atoms)
            .map(|_| if chance.is(rare) { chance.between(1, 8) } else { chance.between(20, 90) })
            .collect();
        let (new, own) = release(&mut chance, &people, is_range);
        let earlier: Vec<(Table, Vec<Figure>)> =
            (0..=chance.at(3)).map(|_| release(&mut chance, &people, is_range)).collect();
        let old: Vec<Figure> = earlier.iter().flat_map(|(_, figures)| figures.clone()).collect();
        let tables: Vec<Table> = earlier.into_iter().map(|(table, _)| table).collect();
        let all: Vec<Figure> = own.iter().chain(&old).copied().collect();
        let value = |set: &Figure| {
            (0..atoms).filter(|atom| set >> atom & 1 == 1).map(|atom| people[atom]).sum::<u64>()
        };
        let small = |figures: &[Figure]| -> BTreeSet<Figure> {
            determined(figures, atoms)
                .into_iter()
                .filter(|set| (1..limits.threshold).contains(&value(set)))
                .collect()
        };
        let told: BTreeSet<Figure> = small(&own).union(&small(&old)).copied().collect();
        let news: BTreeSet<Figure> = smallest(small(&all)).difference(&told).copied().collect();
        let report = judge(&new, &tables, &limits).unwrap();
        let found = figures(&report);
        assert!(!report.has(Rule::Unproven), "{new:?} {tables:?}");
        // Every few that are news are told, by how many they are; no others.
        let values: BTreeSet<u64> = news.iter().map(value).collect();
        for value in &values {
            *tally.entry(if found.contains(value) { "found" } else { "missed" }).or_default() += 1;
        }
        if values.is_empty() && !found.is_empty() {
            *tally.entry("told again").or_default() += 1;
            let is_told = found.iter().all(|figure| small(&all).iter().any(|set| value(set) == *figure));
            assert!(is_told, "{found:?} {new:?} {tables:?}");
        }
        *tally.entry(if values.is_empty() { "clean" } else { "disclosive" }).or_default() += 1;
        assert!(
            values.iter().all(|value| found.contains(value)),
            "{values:?} {found:?} {people:?} {new:?} {tables:?}"
        );
    }
    println!("releases along one variable: {tally:?}");
    assert!(tally["disclosive"] > 200 && tally["clean"] > 200);
}

/// A release over two variables of three categories each, in groups; either may be left out. Its figures as sets of atoms.
fn release_of_two(chance: &mut Chance, people: &[u64; 9]) -> (Table, Vec<Figure>) {
    let cut =
        |chance: &mut Chance| if chance.is(35) { vec![vec![0, 1, 2]] } else { groups(chance, 3, false) };
    let (rows, columns) = (cut(chance), cut(chance));
    let named =
        |name: &str, groups: &[Vec<usize>]| Dimension { name: name.into(), ..dimension(groups, false, true) };
    let bits = |rows: &[usize], columns: &[usize]| {
        let atoms = rows.iter().flat_map(|row| columns.iter().map(move |column| row * 3 + column));
        atoms.fold(0_u32, |bits, atom| bits | 1 << atom)
    };
    let (mut figures, mut counts) = (Vec::new(), Vec::new());
    let everybody = vec![0, 1, 2];
    let value =
        |set: Figure| (0..9).filter(|atom| set >> atom & 1 == 1).map(|atom| people[atom]).sum::<u64>();
    for row in rows.iter().chain([&everybody]) {
        for column in columns.iter().chain([&everybody]) {
            figures.push(bits(row, column));
        }
    }
    for row in &rows {
        counts.extend(columns.iter().map(|column| value(bits(row, column))));
    }
    (Table::of_counts("r", vec![named("row", &rows), named("column", &columns)], &counts).unwrap(), figures)
}

#[test]
fn over_two_variables_most_determined_few_are_found() {
    let limits = Limits::default();
    let mut chance = Chance(12);
    let (mut disclosive, mut noticed, mut clean, mut false_alarms) = (0, 0, 0, 0);
    for _ in 0..10_000 {
        let mut people = [0; 9];
        people.iter_mut().for_each(|count| *count = chance.between(20, 90));
        // A row, a column or a single cell of few.
        let (line, kind) = (chance.at(3), chance.at(3));
        for at in 0..3 {
            let atom = [line * 3 + at, at * 3 + line, line * 3 + line][kind];
            people[atom] = chance.between(1, 4);
        }
        let (new, own) = release_of_two(&mut chance, &people);
        let earlier: Vec<(Table, Vec<Figure>)> =
            (0..=chance.at(2)).map(|_| release_of_two(&mut chance, &people)).collect();
        let old: Vec<Figure> = earlier.iter().flat_map(|(_, figures)| figures.clone()).collect();
        let tables: Vec<Table> = earlier.into_iter().map(|(table, _)| table).collect();
        let all: Vec<Figure> = own.iter().chain(&old).copied().collect();
        let value =
            |set: &Figure| (0..9).filter(|atom| set >> atom & 1 == 1).map(|atom| people[atom]).sum::<u64>();
        let small = |figures: &[Figure]| -> BTreeSet<Figure> {
            determined(figures, 9)
                .into_iter()
                .filter(|set| (1..limits.threshold).contains(&value(set)))
                .collect()
        };
        // Few in one table alone are another rule's.
        if !small(&own).is_empty() || !small(&old).is_empty() {
            continue;
        }
        let is_found = judge(&new, &tables, &limits).unwrap().has(Rule::Difference);
        if small(&all).is_empty() {
            clean += 1;
            false_alarms += usize::from(is_found);
        } else {
            disclosive += 1;
            noticed += usize::from(is_found);
        }
    }
    println!(
        "releases over two variables: {noticed} of {disclosive} disclosive ones noticed, {false_alarms} of {clean} clean ones"
    );
    assert_eq!(false_alarms, 0);
    assert!(disclosive > 50 && noticed * 100 >= disclosive * 90);
}
