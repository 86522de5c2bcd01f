//! How far a reader can narrow hidden figures down.
//!
//! Hidden figures are unknowns, each at least zero; what is shown are equations. First what follows at once (an equation
//! with one unknown, or with nothing left); then each group of unknowns that hang together by itself, by linear programming.
//! What comes out is proven: a range is exact, or it is `None`.

use super::simplex::{Equation, Program, Stop};

/// Entries of one group's equations. WHY: a group of two thousand unknowns in two thousand lines; beyond, one takes minutes.
const GROUP_ENTRIES_MAX: usize = 4_000_000;
/// Entries that may be touched for one table. WHY: some seconds.
pub(crate) const ALLOWANCE: u64 = 1_500_000_000;

/// What is hidden, and what is known about it.
#[derive(Debug, Default)]
pub(crate) struct System {
    /// How many unknowns there are.
    pub size: usize,
    pub equations: Vec<Equation>,
    /// The true values, if all are known to us: they shorten the search.
    pub truth: Option<Vec<i128>>,
}

/// A sum of unknowns to be protected.
#[derive(Debug)]
pub(crate) struct Target {
    pub unknowns: Vec<usize>,
    /// How wide its range must be.
    pub width_min: i128,
}

/// Least and greatest value.
pub(crate) type Range = (i128, i128);

/// What was learnt about one target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Learnt {
    /// Wide enough.
    Safe,
    /// The exact range, and it is too narrow.
    Exposed(Range),
    /// Not known within the bounds of the search.
    Unproven,
}

/// What was learnt about each target; infeasible if the equations contradict each other.
pub(crate) fn search(system: &System, targets: &[Target], allowance: &mut u64) -> Result<Vec<Learnt>, Stop> {
    let (fixed, equations) = settle(system)?;
    let groups = groups(&fixed, &equations);
    let mut search = Search {
        system,
        fixed: &fixed,
        group_of: group_of(&groups, system.size),
        groups,
        programs: Vec::new(),
    };
    search.programs.resize_with(search.groups.len(), || None);
    let mut wide = search.wide_by_truth(targets);
    let mut learnt = Vec::with_capacity(targets.len());
    for at in 0..targets.len() {
        learnt.push(match wide[at].is_wide(&targets[at]) {
            true => Learnt::Safe,
            false => search.learn(at, targets, &mut wide, allowance)?,
        });
    }
    Ok(learnt)
}

/// What follows at once: fixed values, and the equations that remain of the others.
fn settle(system: &System) -> Result<(Vec<Option<i128>>, Vec<Equation>), Stop> {
    let mut fixed: Vec<Option<i128>> = vec![None; system.size];
    let mut uses: Vec<Vec<usize>> = vec![Vec::new(); system.size];
    for (at, equation) in system.equations.iter().enumerate() {
        equation.unknowns.iter().for_each(|unknown| uses[*unknown].push(at));
    }
    let mut left: Vec<(usize, i128)> =
        system.equations.iter().map(|equation| (equation.unknowns.len(), equation.sum)).collect();
    let mut queue: Vec<usize> = (0..left.len()).collect();
    while let Some(at) = queue.pop() {
        let (open, sum) = left[at];
        if sum < 0 || (open == 0 && sum != 0) {
            return Err(Stop::Infeasible);
        }
        if open == 0 || (open > 1 && sum > 0) {
            continue;
        }
        for unknown in system.equations[at].unknowns.iter().copied() {
            if fixed[unknown].is_some() {
                continue;
            }
            // One unknown has it all; of nothing, each has nothing.
            fixed[unknown] = Some(sum);
            for other in &uses[unknown] {
                left[*other].0 -= 1;
                left[*other].1 -= sum;
                queue.push(*other);
            }
        }
    }
    let rest = |(equation, left): (&Equation, &(usize, i128))| Equation {
        unknowns: equation.unknowns.iter().copied().filter(|unknown| fixed[*unknown].is_none()).collect(),
        sum: left.1,
    };
    let equations = system.equations.iter().zip(&left).filter(|(_, left)| left.0 > 0).map(rest).collect();
    Ok((fixed, equations))
}

/// Unknowns that hang together by equations.
struct Group {
    unknowns: Vec<usize>,
    /// Over places in `unknowns`.
    equations: Vec<Equation>,
}

fn groups(fixed: &[Option<i128>], equations: &[Equation]) -> Vec<Group> {
    let mut parent: Vec<usize> = (0..fixed.len()).collect();
    fn root(parent: &mut [usize], mut at: usize) -> usize {
        while parent[at] != at {
            parent[at] = parent[parent[at]];
            at = parent[at];
        }
        at
    }
    for equation in equations {
        for pair in equation.unknowns.windows(2) {
            let (one, other) = (root(&mut parent, pair[0]), root(&mut parent, pair[1]));
            parent[one.max(other)] = one.min(other);
        }
    }
    let mut is_used = vec![false; fixed.len()];
    equations.iter().flat_map(|equation| &equation.unknowns).for_each(|unknown| is_used[*unknown] = true);
    let (mut group_at, mut local) = (vec![usize::MAX; fixed.len()], vec![0; fixed.len()]);
    let mut groups: Vec<Group> = Vec::new();
    for unknown in (0..fixed.len()).filter(|unknown| is_used[*unknown]) {
        let root = root(&mut parent, unknown);
        if group_at[root] == usize::MAX {
            group_at[root] = groups.len();
            groups.push(Group { unknowns: Vec::new(), equations: Vec::new() });
        }
        let group = &mut groups[group_at[root]];
        local[unknown] = group.unknowns.len();
        group.unknowns.push(unknown);
    }
    for equation in equations {
        let group = &mut groups[group_at[root(&mut parent, equation.unknowns[0])]];
        let unknowns = equation.unknowns.iter().map(|unknown| local[*unknown]).collect();
        group.equations.push(Equation { unknowns, sum: equation.sum });
    }
    groups
}

/// For each unknown its group and its place there.
fn group_of(groups: &[Group], size: usize) -> Vec<Option<(usize, usize)>> {
    let mut found = vec![None; size];
    for (at, group) in groups.iter().enumerate() {
        for (place, unknown) in group.unknowns.iter().enumerate() {
            found[*unknown] = Some((at, place));
        }
    }
    found
}

/// Values of a target that were seen in solutions, by group: the parts add up, for groups do not depend on each other.
#[derive(Debug, Default)]
struct Seen {
    parts: Vec<(usize, Range)>,
    /// Some unknown of it stands in no equation.
    is_free: bool,
}

impl Seen {
    fn is_wide(&self, target: &Target) -> bool {
        self.is_free || self.parts.iter().map(|(_, (low, high))| high - low).sum::<i128>() >= target.width_min
    }
}

struct Search<'a> {
    system: &'a System,
    fixed: &'a [Option<i128>],
    groups: Vec<Group>,
    group_of: Vec<Option<(usize, usize)>>,
    programs: Vec<Option<Result<Program, Stop>>>,
}

impl Search<'_> {
    /// The groups of a target, with its places in each.
    fn parts(&self, target: &Target) -> Vec<(usize, Vec<usize>)> {
        let mut parts: Vec<(usize, Vec<usize>)> = Vec::new();
        let mut all: Vec<_> = target.unknowns.iter().filter_map(|unknown| self.group_of[*unknown]).collect();
        all.sort_unstable();
        for (group, place) in all {
            match parts.last_mut().filter(|(last, _)| *last == group) {
                Some((_, places)) => places.push(place),
                None => parts.push((group, vec![place])),
            }
        }
        parts
    }

    fn wide_by_truth(&self, targets: &[Target]) -> Vec<Seen> {
        let seen = |target: &Target| {
            let is_lone =
                |unknown: &usize| self.fixed[*unknown].is_none() && self.group_of[*unknown].is_none();
            let value = |places: &[usize], group: usize| {
                self.system.truth.as_ref().map(|truth| {
                    places.iter().map(|place| truth[self.groups[group].unknowns[*place]]).sum::<i128>()
                })
            };
            let parts = self.parts(target).into_iter();
            let parts = parts
                .filter_map(|(group, places)| value(&places, group).map(|value| (group, (value, value))));
            Seen { parts: parts.collect(), is_free: target.unknowns.iter().any(is_lone) }
        };
        targets.iter().map(seen).collect()
    }

    fn learn(
        &mut self,
        at: usize,
        targets: &[Target],
        wide: &mut [Seen],
        allowance: &mut u64,
    ) -> Result<Learnt, Stop> {
        let settled = |unknown: &usize| self.fixed[*unknown];
        let base: i128 = targets[at].unknowns.iter().filter_map(settled).sum();
        let (mut low, mut high, mut is_exact) = (base, base, true);
        for (group, places) in self.parts(&targets[at]) {
            let part = match self.one_equation(group, &places) {
                Some(range) => Ok((range, true)),
                None => self.range(group, &places, targets, wide, allowance),
            };
            match part {
                Ok((range, is_attained)) => {
                    (low, high) = (low + range.0, high + range.1);
                    is_exact &= is_attained;
                }
                Err(Stop::Infeasible) => return Err(Stop::Infeasible),
                Err(Stop::Spent) => return Ok(Learnt::Unproven),
            }
            if wide[at].is_wide(&targets[at]) {
                return Ok(Learnt::Safe);
            }
        }
        // What linear reasoning proves narrow is narrow; wide is only what whole numbers attain.
        Ok(match high - low < targets[at].width_min {
            true => Learnt::Exposed((low, high)),
            false if is_exact => Learnt::Safe,
            false => Learnt::Unproven,
        })
    }

    /// A group with a single equation needs no search.
    fn one_equation(&self, group: usize, places: &[usize]) -> Option<Range> {
        let group = &self.groups[group];
        let [equation] = group.equations.as_slice() else { return None };
        let is_all = places.len() == group.unknowns.len();
        Some((if is_all { equation.sum } else { 0 }, equation.sum))
    }

    fn range(
        &mut self,
        at: usize,
        places: &[usize],
        targets: &[Target],
        wide: &mut [Seen],
        allowance: &mut u64,
    ) -> Result<(Range, bool), Stop> {
        let group = &self.groups[at];
        if group.unknowns.len() * group.equations.len() > GROUP_ENTRIES_MAX {
            return Err(Stop::Spent);
        }
        let slot = &mut self.programs[at];
        let program = slot
            .get_or_insert_with(|| Program::new(&group.equations, group.unknowns.len(), allowance))
            .as_mut()
            .map_err(|stop| *stop)?;
        let high = program.greatest(places, allowance);
        let first = program.solution();
        let low = high.and_then(|_| program.least(places, allowance));
        let solutions = [first, program.solution()];
        if let Err(stop) = low {
            // A program that was left in the middle of a step is not used again.
            *slot = Some(Err(stop));
        }
        for solution in solutions.into_iter().flatten() {
            self.note(at, &solution, targets, wide);
        }
        let (low, high) = (low?, high?);
        Ok(((low.value, high.value), low.is_attained && high.is_attained))
    }

    /// Widens what was seen of every target of a group by a solution.
    fn note(&self, group: usize, solution: &[i128], targets: &[Target], wide: &mut [Seen]) {
        for (target, seen) in targets.iter().zip(wide) {
            if seen.is_wide(target) {
                continue;
            }
            let places = target.unknowns.iter().filter_map(|unknown| self.group_of[*unknown]);
            let mut places = places.filter(|(at, _)| *at == group).peekable();
            if places.peek().is_none() {
                continue;
            }
            let value: i128 = places.map(|(_, place)| solution[place]).sum();
            match seen.parts.iter_mut().find(|(at, _)| *at == group) {
                Some((_, range)) => *range = (range.0.min(value), range.1.max(value)),
                None => seen.parts.push((group, (value, value))),
            }
        }
    }
}
