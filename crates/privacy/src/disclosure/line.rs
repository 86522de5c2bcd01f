//! What follows from three figures and more of several releases, along one variable.
//!
//! Figures that are the same in all other variables are a family: sets of people along one variable, with their counts.
//! Ranges: every interval between two cuts that the family determines is found, over any number of releases (counts up to a
//! cut are potentials; intervals tie them together). Other sets: every determined set is found in hierarchies and in families
//! of at most [`PIECES_MAX`] pieces; else those that elimination comes upon, the likely small pieces last, and it is
//! [`Rule::Unproven`] besides.
//! Not found: what takes figures of several families together, in other ways than by totals.

use std::collections::{BTreeMap, BTreeSet};

use super::cut::{Axis, Cuts, Set};
use super::difference::is_comparable;
use super::finding::{Finding, Report, Rule, Verdict};
use super::limits::Limits;
use super::table::{State, Table};
use nested::Nested;

mod echelon;
mod nested;

/// Figures that are sorted into families. WHY: some seconds and some hundreds of megabytes.
const FIGURES_MAX: usize = 4_000_000;
/// Up to here all sets of pieces are tried. WHY: four thousand.
const PIECES_MAX: usize = 12;
/// Beyond, a family is too large for elimination.
const FAMILY_MAX: usize = 400;
/// Steps of trying and eliminating, for one table. WHY: some seconds.
const STEPS_MAX: u64 = 500_000_000;

/// Figures that are kept of those that have part in a difference: one of ours and one of others is told.
const TOUCHED_MAX: usize = 16;

/// One figure of a family.
#[derive(Debug, Clone, Copy)]
struct Member {
    set: usize,
    count: u64,
    table: usize,
    at: usize,
}

/// Adds what families show. False if they were too many or too large.
pub(crate) fn judge_lines(tables: &[&Table], cuts: &Cuts, limits: &Limits, report: &mut Report) -> bool {
    let compared: Vec<usize> = (1..tables.len()).filter(|at| is_comparable(tables[0], tables[*at])).collect();
    let mut steps = STEPS_MAX;
    let mut holds = true;
    for variable in 0..cuts.names.len() {
        let chosen: Vec<usize> = std::iter::once(0).chain(compared.iter().copied()).collect();
        let is_cut_anew = compared.iter().any(|at| cuts.axes[*at][variable] != cuts.axes[0][variable]);
        if !is_cut_anew {
            continue;
        }
        let figures: usize = chosen.iter().map(|at| tables[*at].states.len()).sum();
        if figures > FIGURES_MAX {
            holds = false;
            continue;
        }
        for family in families(tables, cuts, variable, &chosen) {
            holds &= judge_family(tables, cuts, variable, &family, limits, (&mut steps, report));
        }
    }
    holds
}

fn families(tables: &[&Table], cuts: &Cuts, variable: usize, chosen: &[usize]) -> Vec<Vec<Member>> {
    let mut families: BTreeMap<Vec<usize>, Vec<Member>> = BTreeMap::new();
    for table in chosen.iter().copied() {
        let (axes, figures) = (&cuts.axes[table], tables[table]);
        for at in (0..figures.states.len()).filter(|at| figures.states[*at] == State::Shown) {
            let set = |variable: usize| match &axes[variable] {
                Axis::Same(set) => *set,
                Axis::Split { dimension, sets, .. } => sets[figures.coordinate(at, *dimension)],
            };
            let rest = (0..axes.len()).filter(|other| *other != variable).map(set).collect();
            let member = Member { set: set(variable), count: figures.counts[at], table, at };
            families.entry(rest).or_default().push(member);
        }
    }
    let is_of_both = |family: &Vec<Member>| {
        let of_ours = family.iter().filter(|member| member.table == 0).count();
        of_ours > 0 && of_ours < family.len() && family.len() > 2
    };
    families.into_values().filter(is_of_both).collect()
}

/// One family: what all of it tells, less what our own figures tell alone (that is a hidden remainder) and what the earlier
/// ones told alone (that is no news).
fn judge_family(
    tables: &[&Table],
    cuts: &Cuts,
    variable: usize,
    family: &[Member],
    limits: &Limits,
    (steps, report): (&mut u64, &mut Report),
) -> bool {
    let of = |chosen: &dyn Fn(&Member) -> bool| {
        let mut distinct: BTreeMap<usize, Member> = BTreeMap::new();
        let is_known = |member: &&Member| !matches!(cuts.sets[variable][member.set], Set::Part(_));
        for member in family.iter().filter(is_known).filter(|member| chosen(member)) {
            distinct.entry(member.set).or_insert(*member);
        }
        distinct.into_values().collect::<Vec<Member>>()
    };
    // The data have changed: sums of old and new figures mean nothing.
    let mut counts: BTreeMap<usize, u64> = BTreeMap::new();
    if family.iter().any(|member| *counts.entry(member.set).or_insert(member.count) != member.count) {
        return false;
    }
    let (all, ours, earlier) =
        (of(&|_| true), of(&|member| member.table == 0), of(&|member| member.table > 0));
    let pieces: BTreeSet<u32> =
        all.iter().filter_map(|member| pieces(cuts, variable, member)).flatten().copied().collect();
    let is_code = |piece: &u32| *piece < cuts.codes[variable];
    // Codes and ranges of one variable: how they lie to each other is not known.
    if pieces.iter().any(is_code) && !pieces.iter().all(is_code) {
        return false;
    }
    let is_interval = |pieces: &[u32]| {
        let ends = pieces.first().zip(pieces.last());
        ends.is_some_and(|(first, last)| (last - first) as usize + 1 == pieces.len())
    };
    let is_line = !pieces.iter().any(is_code)
        && all.iter().filter_map(|member| self::pieces(cuts, variable, member)).all(is_interval);
    let mut small = |members: &[Member]| {
        if is_line {
            return intervals(cuts, variable, members, limits).map(|found| (found, true));
        }
        let sets = indexed(cuts, variable, members, &pieces);
        match nested::small_sets(&sets, pieces.len() + 1, limits) {
            Nested::Found(found) => Some((found, true)),
            Nested::Torn => None,
            Nested::No => echelon::small_sets(&sets, pieces.len() + 1, limits, steps),
        }
    };
    let Some((found, is_all)) = small(&all) else { return false };
    if found.is_empty() {
        return is_all;
    }
    let (Some((own, _)), Some((old, _))) = (small(&ours), small(&earlier)) else { return false };
    let told: BTreeSet<&Vec<i64>> = own.iter().chain(&old).map(|small| &small.key).collect();
    for small in found.iter().filter(|small| !small.is_pair && !told.contains(&small.key)) {
        tell(tables, &all, small, report);
    }
    is_all
}

fn pieces<'a>(cuts: &'a Cuts, variable: usize, member: &Member) -> Option<&'a [u32]> {
    match &cuts.sets[variable][member.set] {
        Set::Pieces(pieces) => Some(pieces.as_slice()),
        Set::All | Set::Part(_) => None,
    }
}

/// A determined set that holds a few.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Small {
    /// Its pieces, or the ends of an interval.
    key: Vec<i64>,
    value: u64,
    /// One figure or two tell it, so that it is found without us.
    is_pair: bool,
    /// Members that have part in it.
    touched: Vec<usize>,
}

/// Members as sets of places; the last place is everybody whom no category names.
fn indexed(cuts: &Cuts, variable: usize, members: &[Member], all: &BTreeSet<u32>) -> Vec<(Vec<usize>, u64)> {
    let place: BTreeMap<u32, usize> = all.iter().enumerate().map(|(at, piece)| (*piece, at)).collect();
    let set = |member: &Member| {
        let set = pieces(cuts, variable, member).map_or_else(
            || (0..=all.len()).collect(),
            |pieces| pieces.iter().filter_map(|piece| place.get(piece).copied()).collect(),
        );
        (set, member.count)
    };
    members.iter().map(set).collect()
}

/// Where a member of an interval begins and ends. Everybody reaches beyond the outermost cuts.
fn ends(cuts: &Cuts, variable: usize, member: &Member) -> (i64, i64) {
    let ends = pieces(cuts, variable, member).and_then(|pieces| pieces.first().zip(pieces.last()));
    ends.map_or((i64::MIN, i64::MAX), |(first, last)| (i64::from(*first), i64::from(*last) + 1))
}

/// Every interval that is determined and holds a few. None if figures contradict each other: the data have changed.
fn intervals(cuts: &Cuts, variable: usize, members: &[Member], limits: &Limits) -> Option<Vec<Small>> {
    let mut ties: BTreeMap<i64, Vec<(i64, i128)>> = BTreeMap::new();
    for member in members {
        let ((from, to), count) = (ends(cuts, variable, member), i128::from(member.count));
        ties.entry(from).or_default().push((to, count));
        ties.entry(to).or_default().push((from, -count));
    }
    let mut touching: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for (at, member) in members.iter().enumerate() {
        let (from, to) = ends(cuts, variable, member);
        for end in [from, to] {
            touching.entry(end).or_default().push(at);
        }
    }
    let is_tied = |from: &i64, to: &i64| ties[from].iter().any(|(other, _)| other == to);
    let mut found = Vec::new();
    for level in levels(&ties)? {
        for (at, (from, low)) in level.iter().enumerate() {
            let near =
                level[at + 1..].iter().take_while(|(_, high)| high - low < i128::from(limits.threshold));
            for (to, high) in near.filter(|(_, high)| *high > *low) {
                found.push(Small {
                    key: vec![*from, *to],
                    value: u64::try_from(high - low).unwrap_or(0),
                    is_pair: is_tied(from, to) || ties[from].iter().any(|(other, _)| is_tied(other, to)),
                    touched: [from, to]
                        .into_iter()
                        .flat_map(|end| touching[end].clone())
                        .take(TOUCHED_MAX)
                        .collect(),
                });
            }
        }
    }
    Some(found)
}

/// Cuts that intervals tie together, in order, each with how many lie before it.
fn levels(ties: &BTreeMap<i64, Vec<(i64, i128)>>) -> Option<Vec<Vec<(i64, i128)>>> {
    let mut seen: BTreeMap<i64, i128> = BTreeMap::new();
    let mut levels = Vec::new();
    for start in ties.keys() {
        if seen.contains_key(start) {
            continue;
        }
        seen.insert(*start, 0);
        let (mut queue, mut level) = (vec![(*start, 0)], Vec::new());
        while let Some((end, count)) = queue.pop() {
            level.push((end, count));
            for (other, more) in &ties[&end] {
                match seen.get(other) {
                    Some(known) if *known != count + more => return None,
                    Some(_) => {}
                    None => {
                        seen.insert(*other, count + more);
                        queue.push((*other, count + more));
                    }
                }
            }
        }
        level.sort_unstable();
        levels.push(level);
    }
    Some(levels)
}

/// Tells it at a cell of ours that has part in it, against an earlier one that has, too.
fn tell(tables: &[&Table], members: &[Member], small: &Small, report: &mut Report) {
    let of = |is_ours: bool| {
        let is_wanted = |member: &&Member| (member.table == 0) == is_ours;
        let first = small.touched.iter().map(|at| &members[*at]).find(is_wanted);
        first.or_else(|| members.iter().find(is_wanted)).copied()
    };
    let place = of(true).map(|member| tables[0].place(member.at)).unwrap_or_default();
    let against = of(false)
        .map(|member| (tables[member.table].name().to_owned(), tables[member.table].place(member.at)));
    report.add(Rule::Difference, Verdict::Fail, || {
        let mut finding = Finding::new(Rule::Difference, Verdict::Fail, place).measured(small.value as f64);
        finding.against = against;
        finding
    });
}
