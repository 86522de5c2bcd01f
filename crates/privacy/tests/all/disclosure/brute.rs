//! Judges that share nothing with the engine: every whole table that fits what is shown is written out; every set of people
//! is tried for whether the figures determine it.

use std::collections::{BTreeMap, BTreeSet};

use crate::disclosure::kit::{Place, is_total, places};

/// A table of counts as a reader sees it; `hidden` cells and totals are not there.
pub struct Puzzle {
    pub sizes: Vec<usize>,
    /// Inner cells, row-major.
    pub counts: Vec<u64>,
    pub hidden: BTreeSet<Place>,
}

/// More tables than this fit: not tried.
const TABLES_MAX: u64 = 3_000_000;

impl Puzzle {
    pub fn count(&self, place: &Place) -> u64 {
        let inner = places(&self.sizes).into_iter().filter(|cell| !is_total(cell));
        inner.zip(&self.counts).filter(|(cell, _)| holds(place, cell)).map(|(_, count)| count).sum()
    }

    pub fn unknowns(&self) -> Vec<Place> {
        self.hidden.iter().filter(|place| !is_total(place)).cloned().collect()
    }

    /// What is shown about hidden cells: which of them, and their sum.
    pub fn lines(&self) -> BTreeMap<Place, (Vec<usize>, u64)> {
        let unknowns = self.unknowns();
        let mut lines = BTreeMap::new();
        for total in
            places(&self.sizes).into_iter().filter(|place| is_total(place) && !self.hidden.contains(place))
        {
            let inside: Vec<usize> = (0..unknowns.len()).filter(|at| holds(&total, &unknowns[*at])).collect();
            let sum = inside.iter().map(|at| self.count(&unknowns[*at])).sum();
            if !inside.is_empty() {
                lines.insert(total, (inside, sum));
            }
        }
        lines
    }

    /// Least and greatest value of every hidden place over all tables that fit; none if there are too many tables.
    pub fn ranges(&self) -> Option<BTreeMap<Place, (u64, u64)>> {
        let unknowns = self.unknowns();
        let lines: Vec<(Vec<usize>, u64)> = self.lines().into_values().collect();
        let lines_of: Vec<Vec<usize>> = (0..unknowns.len())
            .map(|unknown| (0..lines.len()).filter(|line| lines[*line].0.contains(&unknown)).collect())
            .collect();
        // A cell of no line can hold anybody.
        if lines_of.iter().any(Vec::is_empty) {
            return None;
        }
        let wanted: Vec<(&Place, Vec<usize>, u64)> = self
            .hidden
            .iter()
            .map(|place| {
                let inside: Vec<usize> =
                    (0..unknowns.len()).filter(|at| holds(place, &unknowns[*at])).collect();
                let shown =
                    self.count(place) - inside.iter().map(|at| self.count(&unknowns[*at])).sum::<u64>();
                (place, inside, shown)
            })
            .collect();
        let mut ranges: BTreeMap<Place, (u64, u64)> = BTreeMap::new();
        let mut left: Vec<u64> = lines.iter().map(|(_, sum)| *sum).collect();
        let mut values = vec![0_u64; unknowns.len()];
        let mut next: Vec<u64> = vec![0; unknowns.len() + 1];
        let (mut depth, mut tried) = (0, 0_u64);
        loop {
            tried += 1;
            if tried > TABLES_MAX {
                return None;
            }
            if depth == unknowns.len() {
                if left.iter().all(|rest| *rest == 0) {
                    for (place, inside, shown) in &wanted {
                        let value = shown + inside.iter().map(|at| values[*at]).sum::<u64>();
                        let range = ranges.entry((*place).clone()).or_insert((value, value));
                        *range = (range.0.min(value), range.1.max(value));
                    }
                }
            } else {
                let most = lines_of[depth].iter().map(|line| left[*line]).min().unwrap();
                // The last open cell of a line takes what is left of it.
                let is_last = |line: &&usize| lines[**line].0.iter().all(|other| *other <= depth);
                let least = lines_of[depth].iter().filter(is_last).map(|line| left[*line]).max().unwrap_or(0);
                let value = next[depth].max(least);
                if value <= most {
                    values[depth] = value;
                    lines_of[depth].iter().for_each(|line| left[*line] -= value);
                    next[depth] = value + 1;
                    depth += 1;
                    next[depth] = 0;
                    continue;
                }
            }
            // Back to the cell before.
            if depth == 0 {
                return Some(ranges);
            }
            depth -= 1;
            lines_of[depth].iter().for_each(|line| left[*line] += values[depth]);
        }
    }
}

fn holds(total: &Place, cell: &Place) -> bool {
    total.iter().zip(cell).all(|(total, cell)| total.is_none() || total == cell)
}

/// A figure over atoms: which of them, as bits.
pub type Figure = u32;

const PRIME: u64 = 2_147_483_647;

/// Every set of atoms that these figures determine, by rank modulo a prime.
pub fn determined(figures: &[Figure], atoms: usize) -> BTreeSet<Figure> {
    let base = echelon(figures, atoms);
    (1..1_u32 << atoms).filter(|set| is_spanned(&base, *set, atoms)).collect()
}

fn row(figure: Figure, atoms: usize) -> Vec<u64> {
    (0..atoms).map(|atom| u64::from(figure >> atom & 1)).collect()
}

fn inverse(value: u64) -> u64 {
    let (mut power, mut result, mut exponent) = (value, 1, PRIME - 2);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result * power % PRIME;
        }
        power = power * power % PRIME;
        exponent >>= 1;
    }
    result
}

fn reduce(row: &mut [u64], base: &[(usize, Vec<u64>)]) {
    for (pivot, other) in base {
        let factor = row[*pivot];
        if factor > 0 {
            row.iter_mut()
                .zip(other)
                .for_each(|(entry, other)| *entry = (*entry + (PRIME - factor) * other) % PRIME);
        }
    }
}

fn echelon(figures: &[Figure], atoms: usize) -> Vec<(usize, Vec<u64>)> {
    let mut base: Vec<(usize, Vec<u64>)> = Vec::new();
    for figure in figures {
        let mut row = row(*figure, atoms);
        reduce(&mut row, &base);
        if let Some(pivot) = row.iter().position(|entry| *entry > 0) {
            let scale = inverse(row[pivot]);
            row.iter_mut().for_each(|entry| *entry = *entry * scale % PRIME);
            base.push((pivot, row));
        }
    }
    base
}

fn is_spanned(base: &[(usize, Vec<u64>)], set: Figure, atoms: usize) -> bool {
    let mut row = row(set, atoms);
    reduce(&mut row, base);
    row.iter().all(|entry| *entry == 0)
}
