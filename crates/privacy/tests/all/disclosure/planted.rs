//! Goal: of 200 tables with a planted disclosure every one is found, and hardly anything else. Method: clean outputs of each
//! kind, into which one thing is planted; what is disclosive is judged anew from the raw figures, without the engine.

use std::collections::{BTreeMap, BTreeSet};

use privacy::disclosure::{
    Aggregate, Dimension, Extent, Limits, Magnitude, Report, Rule, Step, Table, Verdict, Zeros, judge,
    judge_model, judge_survival,
};

use crate::disclosure::brute::Puzzle;
use crate::disclosure::kit::{Chance, Place, dimensions, found, is_total, places, suppress};

/// What was judged, what the engine found there, and how many places it could have been wrong at.
struct Outcome {
    expected: BTreeSet<Place>,
    found: BTreeSet<Place>,
    places: usize,
    is_pass: bool,
}

type Kind = fn(&mut Chance, bool) -> Outcome;

const KINDS: &[(&str, Kind)] = &[
    ("low count", low_count),
    ("nobody", nobody),
    ("dominance", dominance),
    ("ratio", ratio),
    ("deviation of few", deviation),
    ("mode of people alike", mode),
    ("class", class),
    ("stated total", stated),
    ("hidden alone", hidden_alone),
    ("hidden by halves", hidden_by_halves),
    ("hidden in three ways", hidden_in_three_ways),
    ("remainder", remainder),
    ("shifted cut", shifted_cut),
    ("without some", without_some),
    ("changed cell", changed_cell),
    ("groups", groups),
    ("three releases", three_releases),
    ("two variables", two_variables),
    ("model", model),
    ("survival", survival),
];

fn limits() -> Limits {
    Limits::default()
}

fn all(report: &Report) -> BTreeSet<Place> {
    let grave = report.findings.iter().filter(|finding| finding.weight == Verdict::Fail);
    let place = |finding: &privacy::disclosure::Finding| -> Place {
        finding.place.iter().map(|at| at.category.as_ref().map(|label| label.parse().unwrap())).collect()
    };
    grave.map(place).collect()
}

fn sizes(chance: &mut Chance) -> Vec<usize> {
    match chance.at(4) {
        0 => vec![chance.at(8) + 3],
        1 | 2 => vec![chance.at(5) + 3, chance.at(5) + 3],
        _ => vec![chance.at(2) + 2, chance.at(3) + 3, chance.at(3) + 2],
    }
}

fn clean(chance: &mut Chance, sizes: &[usize]) -> Vec<u64> {
    (0..sizes.iter().product()).map(|_| chance.between(10, 200)).collect()
}

fn inner(sizes: &[usize]) -> Vec<Place> {
    places(sizes).into_iter().filter(|place| !is_total(place)).collect()
}

fn sum(sizes: &[usize], counts: &[u64], place: &Place) -> u64 {
    let is_in = |cell: &Place| place.iter().zip(cell).all(|(total, own)| total.is_none() || total == own);
    inner(sizes).iter().zip(counts).filter(|(cell, _)| is_in(cell)).map(|(_, count)| count).sum()
}

fn counted(sizes: &[usize], counts: &[u64], is_bad: impl Fn(u64) -> bool) -> Outcome {
    let table = Table::of_counts("t", dimensions(sizes), counts).unwrap();
    let report = judge(&table, &[], &limits()).unwrap();
    let all_places = places(sizes);
    let expected = all_places.iter().filter(|place| is_bad(sum(sizes, counts, place))).cloned().collect();
    Outcome {
        expected,
        found: all(&report),
        places: all_places.len(),
        is_pass: report.verdict == Verdict::Pass,
    }
}

fn low_count(chance: &mut Chance, is_planted: bool) -> Outcome {
    let sizes = sizes(chance);
    let mut counts = clean(chance, &sizes);
    if is_planted {
        let at = chance.at(counts.len());
        counts[at] = chance.between(1, 10);
    }
    counted(&sizes, &counts, |count| count < 10)
}

fn nobody(chance: &mut Chance, is_planted: bool) -> Outcome {
    let sizes = sizes(chance);
    let mut counts = clean(chance, &sizes);
    if is_planted {
        let at = chance.at(counts.len());
        counts[at] = 0;
    }
    counted(&sizes, &counts, |count| count < 10)
}

fn contributions(chance: &mut Chance, sizes: &[usize]) -> Vec<Vec<f64>> {
    let cell =
        |chance: &mut Chance| (0..chance.between(30, 60)).map(|_| chance.between(50, 150) as f64).collect();
    (0..sizes.iter().product()).map(|_| cell(chance)).collect()
}

/// Judged by the raw contributions of every cell and total.
fn weighed(
    sizes: &[usize],
    cells: &[Vec<f64>],
    aggregate: Aggregate,
    is_bad: impl Fn(&[f64]) -> bool,
) -> Outcome {
    let magnitudes: Vec<Magnitude> = cells.iter().map(|cell| Magnitude::of(cell).unwrap()).collect();
    let table = Table::of_magnitudes("t", aggregate, dimensions(sizes), &magnitudes).unwrap();
    let report = judge(&table, &[], &limits()).unwrap();
    let inner = inner(sizes);
    let of = |place: &Place| -> Vec<f64> {
        let is_in = |cell: &Place| place.iter().zip(cell).all(|(total, own)| total.is_none() || total == own);
        let mut values: Vec<f64> = inner
            .iter()
            .zip(cells)
            .filter(|(cell, _)| is_in(cell))
            .flat_map(|(_, values)| values)
            .copied()
            .collect();
        values.sort_by(|one, other| other.total_cmp(one));
        values
    };
    let all_places = places(sizes);
    let expected = all_places.iter().filter(|place| is_bad(&of(place))).cloned().collect();
    Outcome {
        expected,
        found: all(&report),
        places: all_places.len(),
        is_pass: report.verdict == Verdict::Pass,
    }
}

fn is_concentrated(values: &[f64]) -> bool {
    let total: f64 = values.iter().sum();
    let rest: f64 = values[2.min(values.len())..].iter().sum();
    values[..2.min(values.len())].iter().sum::<f64>() >= 0.9 * total || rest < 0.1 * values[0]
}

fn dominance(chance: &mut Chance, is_planted: bool) -> Outcome {
    let sizes = sizes(chance);
    let mut cells = contributions(chance, &sizes);
    if is_planted {
        let at = chance.at(cells.len());
        cells[at][0] = 40_000.0;
        cells[at][1] = 35_000.0;
    }
    weighed(&sizes, &cells, if chance.is(50) { Aggregate::Sum } else { Aggregate::Mean }, is_concentrated)
}

fn ratio(chance: &mut Chance, is_planted: bool) -> Outcome {
    let sizes = sizes(chance);
    let mut cells = contributions(chance, &sizes);
    if is_planted {
        let at = chance.at(cells.len());
        cells[at][0] = 1_000_000.0;
    }
    weighed(&sizes, &cells, Aggregate::Sum, is_concentrated)
}

fn deviation(chance: &mut Chance, is_planted: bool) -> Outcome {
    let sizes = sizes(chance);
    let mut cells = contributions(chance, &sizes);
    if is_planted {
        let at = chance.at(cells.len());
        cells[at].truncate(chance.at(10) + 1);
    }
    weighed(&sizes, &cells, Aggregate::StandardDeviation, |values| values.len() < 11)
}

fn mode(chance: &mut Chance, is_planted: bool) -> Outcome {
    let sizes = sizes(chance);
    let mut cells = contributions(chance, &sizes);
    if is_planted {
        let at = chance.at(cells.len());
        cells[at].fill(7.0);
    }
    weighed(&sizes, &cells, Aggregate::Mode, |values| values.iter().all(|value| *value == values[0]))
}

fn class(chance: &mut Chance, is_planted: bool) -> Outcome {
    let sizes = [chance.at(4) + 3, chance.at(4) + 3];
    let mut counts = clean(chance, &sizes);
    let (row, column) = (chance.at(sizes[0]), chance.at(sizes[1]));
    let mut expected = BTreeSet::new();
    if is_planted {
        for other in (0..sizes[1]).filter(|other| *other != column) {
            counts[row * sizes[1] + other] = 0;
        }
        expected.insert(vec![Some(row), Some(column)]);
    } else {
        // One empty cell places nobody.
        counts[row * sizes[1] + column] = 0;
    }
    let table = Table::of_counts("t", dimensions(&sizes), &counts).unwrap();
    let report = judge(&table, &[], &Limits { zeros: Zeros::Allowed, ..limits() }).unwrap();
    Outcome {
        expected,
        found: all(&report),
        places: places(&sizes).len(),
        is_pass: report.verdict == Verdict::Pass,
    }
}

fn stated(chance: &mut Chance, is_planted: bool) -> Outcome {
    let sizes = sizes(chance);
    let counts = clean(chance, &sizes);
    let mut table = Table::of_counts("t", dimensions(&sizes), &counts).unwrap();
    let totals: Vec<Place> = places(&sizes).into_iter().filter(is_total).collect();
    let planted = chance.at(totals.len());
    let mut expected = BTreeSet::new();
    for (at, total) in totals.iter().enumerate() {
        let more = if is_planted && at == planted { chance.between(1, 10) } else { 0 };
        table.stated(total, sum(&sizes, &counts, total) + more).unwrap();
        if more > 0 {
            expected.insert(total.clone());
        }
    }
    let report = judge(&table, &[], &limits()).unwrap();
    Outcome {
        expected,
        found: all(&report),
        places: places(&sizes).len(),
        is_pass: report.verdict == Verdict::Pass,
    }
}

/// Hides cells; what can be told of them is judged by writing out all tables that fit.
fn hidden(puzzle: &Puzzle) -> Outcome {
    let mut table = Table::of_counts("t", dimensions(&puzzle.sizes), &puzzle.counts).unwrap();
    puzzle.hidden.iter().for_each(|place| suppress(&mut table, place));
    let report = judge(&table, &[], &limits()).unwrap();
    let ranges = puzzle.ranges().unwrap();
    let is_bad = |place: &&Place| puzzle.count(place) < 10 && ranges[*place].1 - ranges[*place].0 < 4;
    let mut expected: BTreeSet<Place> = puzzle.hidden.iter().filter(is_bad).cloned().collect();
    let few = puzzle.lines().into_iter().filter(|(_, (cells, sum))| cells.len() > 1 && (1..10).contains(sum));
    expected.extend(few.map(|(total, _)| total));
    Outcome {
        expected,
        found: all(&report),
        places: places(&puzzle.sizes).len(),
        is_pass: report.verdict == Verdict::Pass,
    }
}

/// A low cell in the corner of a box of hidden cells; planted: one corner is shown after all.
fn boxed(chance: &mut Chance, sizes: Vec<usize>, is_planted: bool) -> Outcome {
    let mut counts: Vec<u64> = (0..sizes.iter().product()).map(|_| chance.between(10, 40)).collect();
    let corners: Vec<Place> =
        inner(&sizes).into_iter().filter(|cell| cell.iter().all(|at| *at < Some(2))).collect();
    counts[0] = chance.between(1, 10);
    let mut hidden: BTreeSet<Place> = corners.iter().cloned().collect();
    if is_planted {
        hidden.remove(&corners[chance.at(corners.len() - 1) + 1]);
    }
    self::hidden(&Puzzle { sizes, counts, hidden })
}

fn hidden_alone(chance: &mut Chance, is_planted: bool) -> Outcome {
    let sizes = vec![chance.at(4) + 3];
    let mut counts: Vec<u64> = (0..sizes[0]).map(|_| chance.between(10, 40)).collect();
    counts[0] = chance.between(1, 10);
    let other = (!is_planted).then(|| vec![Some(1)]);
    let hidden = other.into_iter().chain([vec![Some(0)]]).collect();
    self::hidden(&Puzzle { sizes, counts, hidden })
}

fn hidden_by_halves(chance: &mut Chance, is_planted: bool) -> Outcome {
    let sizes = vec![chance.at(3) + 3, chance.at(3) + 3];
    boxed(chance, sizes, is_planted)
}

fn hidden_in_three_ways(chance: &mut Chance, is_planted: bool) -> Outcome {
    let sizes = vec![chance.at(2) + 2, chance.at(2) + 3, 3];
    boxed(chance, sizes, is_planted)
}

fn remainder(chance: &mut Chance, is_planted: bool) -> Outcome {
    let sizes = vec![chance.at(4) + 4];
    let mut counts: Vec<u64> = (0..sizes[0]).map(|_| chance.between(10, 40)).collect();
    counts[0] = 4;
    counts[1] = if is_planted { chance.between(1, 6) } else { 12 };
    self::hidden(&Puzzle { sizes, counts, hidden: [vec![Some(0)], vec![Some(1)]].into() })
}

/// Whether a difference was found, and of how many; all others are false.
fn compared(new: &Table, earlier: &[Table], planted: Option<u64>) -> Outcome {
    let report = judge(new, earlier, &limits()).unwrap();
    let figure =
        |finding: &privacy::disclosure::Finding| finding.figure.map(|figure| figure.for_checker() as usize);
    let differences = report.findings.iter().filter(|finding| finding.rule == Rule::Difference);
    let mut found: BTreeSet<Place> = differences.map(|finding| vec![figure(finding)]).collect();
    let others = all_but_differences(&report);
    found.extend(others);
    let expected = planted.map(|count| vec![Some(usize::try_from(count).unwrap())]).into_iter().collect();
    Outcome { expected, found, places: 20, is_pass: report.verdict == Verdict::Pass }
}

fn all_but_differences(report: &Report) -> BTreeSet<Place> {
    let is_other = |rule: &&Rule| **rule != Rule::Difference;
    let rules: Vec<Rule> = report.tally.keys().filter(is_other).copied().collect();
    if rules.is_empty() { BTreeSet::new() } else { found(report, &rules) }
}

fn few(chance: &mut Chance, is_planted: bool) -> u64 {
    if is_planted { chance.between(1, 10) } else { chance.between(10, 20) }
}

fn planted(few: u64, is_planted: bool) -> Option<u64> {
    is_planted.then_some(few)
}

fn shifted_cut(chance: &mut Chance, is_planted: bool) -> Outcome {
    let few = few(chance, is_planted);
    let counts = [chance.between(50, 90), chance.between(100, 190), chance.between(200, 290)];
    let age = |cut: f64| vec![Dimension::of_cuts("age", &[0.0, 30.0, cut, 120.0])];
    let earlier = Table::of_counts("a", age(40.0), &counts).unwrap();
    let new = Table::of_counts("b", age(41.0), &[counts[0], counts[1] + few, counts[2] - few]).unwrap();
    // Labels are ages here, not places.
    let outcome = compared(&new, &[earlier], planted(few, is_planted));
    Outcome { places: 8, ..outcome }
}

fn without_some(chance: &mut Chance, is_planted: bool) -> Outcome {
    let few = few(chance, is_planted);
    let sizes = sizes(chance);
    let counts: Vec<u64> = clean(chance, &sizes).into_iter().map(|count| count + 20).collect();
    let mut fewer = counts.clone();
    fewer[chance.at(counts.len())] -= few;
    let whole = Table::of_counts("a", dimensions(&sizes), &counts).unwrap();
    let part = Table::of_counts("b", dimensions(&sizes), &fewer).unwrap();
    let part = part.within("consent", Extent::code("yes")).unwrap();
    if chance.is(50) {
        compared(&part, &[whole], planted(few, is_planted))
    } else {
        compared(&whole, &[part], planted(few, is_planted))
    }
}

fn changed_cell(chance: &mut Chance, is_planted: bool) -> Outcome {
    let few = few(chance, is_planted);
    let sizes = sizes(chance);
    let counts = clean(chance, &sizes);
    let mut more = counts.clone();
    more[chance.at(counts.len())] += few;
    let table = |counts: &[u64]| Table::of_counts("t", dimensions(&sizes), counts).unwrap();
    compared(&table(&more), &[table(&counts)], planted(few, is_planted))
}

fn groups(chance: &mut Chance, is_planted: bool) -> Outcome {
    let few = few(chance, is_planted);
    let [a, b, c] = [chance.between(30, 90), chance.between(30, 90), chance.between(100, 190)];
    let of = |groups: &[(&str, &[&str])], counts: &[u64]| {
        Table::of_counts("t", vec![Dimension::of_groups("ward", groups)], counts).unwrap()
    };
    let earlier = of(&[("0", &["a", "b", "x"]), ("1", &["c"])], &[a + b + few, c]);
    let new =
        Dimension { is_exhaustive: false, ..Dimension::of_groups("ward", &[("0", &["a"]), ("1", &["b"])]) };
    let new = Table::of_counts("b", vec![new], &[a, b]).unwrap();
    compared(&new, &[earlier], planted(few, is_planted))
}

fn three_releases(chance: &mut Chance, is_planted: bool) -> Outcome {
    let few = few(chance, is_planted);
    let [a, b, c] = [chance.between(100, 150), chance.between(200, 250), chance.between(300, 350)];
    let one = |from: f64, to: f64, count: u64| {
        let cuts = Dimension { is_exhaustive: false, ..Dimension::of_cuts("age", &[from, to]) };
        let named = privacy::disclosure::Category { label: "0".into(), ..cuts.categories[0].clone() };
        Table::of_counts("t", vec![Dimension { categories: vec![named], ..cuts }], &[count]).unwrap()
    };
    let earlier = [one(0.0, 50.0, a + b), one(30.0, 80.0, b + c), one(50.0, 80.0, c)];
    compared(&one(0.0, 31.0, a + few), &earlier, planted(few, is_planted))
}

fn two_variables(chance: &mut Chance, is_planted: bool) -> Outcome {
    let few = few(chance, is_planted);
    let counts: Vec<u64> = (0..4).map(|_| chance.between(50, 150)).collect();
    let earlier = Table::of_counts("a", dimensions(&[2, 2]), &counts).unwrap();
    // Of one row alone, by another name, without some of one cell.
    let new =
        Table::of_counts("b", vec![dimensions(&[2, 2]).remove(1)], &[counts[0] - few, counts[1]]).unwrap();
    let new = new.within("v0", Extent::code("0")).unwrap().within("consent", Extent::code("yes")).unwrap();
    compared(&new, &[earlier], planted(few, is_planted))
}

fn model(chance: &mut Chance, is_planted: bool) -> Outcome {
    let parameters = chance.between(1, 20);
    let degrees = if is_planted { chance.between(0, 10) } else { chance.between(10, 50) };
    let report = judge_model(parameters + degrees, parameters, &limits()).unwrap();
    let expected = is_planted.then(Vec::new).into_iter().collect();
    Outcome { expected, found: all(&report), places: 1, is_pass: report.verdict == Verdict::Pass }
}

fn survival(chance: &mut Chance, is_planted: bool) -> Outcome {
    let steps = chance.at(8) + 3;
    let planted = chance.at(steps - 1) + 1;
    let (mut at_risk, mut all_steps) = (chance.between(400, 500), Vec::new());
    let mut expected = BTreeSet::new();
    for at in 0..steps {
        let few = is_planted && at == planted;
        if at > 0 {
            at_risk -= if few { chance.between(1, 10) } else { chance.between(10, 30) };
        }
        if few {
            expected.insert(vec![Some(at)]);
        }
        let events = if at == 0 { 0 } else { 1 };
        all_steps.push(Step { time: f64::from(u32::try_from(at).unwrap()), at_risk, events });
    }
    // An event at one step leaves before the next.
    let report = judge_survival(&all_steps, &limits()).unwrap();
    Outcome { expected, found: all(&report), places: steps, is_pass: report.verdict == Verdict::Pass }
}

#[test]
fn two_hundred_planted_tables() {
    let mut chance = Chance(2026);
    let mut lines: BTreeMap<&str, (usize, usize, usize, usize, usize)> = BTreeMap::new();
    for round in 0..200 {
        let (name, kind) = KINDS[round % KINDS.len()];
        let planted = kind(&mut chance, true);
        let clean = kind(&mut chance, false);
        let line = lines.entry(name).or_default();
        assert!(!planted.expected.is_empty(), "{name}: nothing was planted");
        assert!(clean.expected.is_empty(), "{name}: something is in it");
        line.0 += planted.expected.len();
        line.1 += planted.expected.intersection(&planted.found).count();
        line.2 += planted.found.difference(&planted.expected).count() + clean.found.len();
        line.3 += planted.places - planted.expected.len().min(planted.places) + clean.places;
        line.4 += usize::from(!clean.is_pass);
    }
    let mut all = (0, 0, 0, 0, 0);
    for (name, line) in &lines {
        println!(
            "{name}: {} disclosive places, {} found; of {} others {} flagged; {} of 10 clean tables did not pass",
            line.0, line.1, line.3, line.2, line.4
        );
        all = (all.0 + line.0, all.1 + line.1, all.2 + line.2, all.3 + line.3, all.4 + line.4);
    }
    println!(
        "all: {} of {} found, {} of {} others flagged, {} of 200 clean tables did not pass",
        all.1, all.0, all.2, all.3, all.4
    );
    assert_eq!(all.1, all.0);
    assert!(all.2 * 20 <= all.3 && all.4 * 20 <= 200);
}
