//! The common refinement: all tables' categories of a variable, as sets of pieces that no category cuts further.
//!
//! Two categories are the same people if they are the same set, and one is part of the other if its set is. Codes and ranges
//! of one variable share no piece: nothing is known of how they lie to each other.

use std::collections::{BTreeMap, BTreeSet};

use super::dimension::{Dimension, Extent};
use super::table::Table;

/// A category, seen from all tables.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Set {
    /// Everybody.
    All,
    /// Some, by a name.
    Part(String),
    /// Pieces, in order.
    Pieces(Vec<u32>),
}

impl Set {
    pub fn is_within(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::All) => true,
            (Self::Part(one), Self::Part(other)) => one == other,
            (Self::Pieces(one), Self::Pieces(other)) => is_subset(one, other),
            _ => false,
        }
    }
}

/// Of two ordered lists.
pub(crate) fn is_subset(one: &[u32], other: &[u32]) -> bool {
    one.len() <= other.len() && one.iter().all(|piece| other.binary_search(piece).is_ok())
}

/// How a table stands to a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Axis {
    /// It is one of its dimensions: a set for each category, and the total's; and the first place of each set.
    Split { dimension: usize, sets: Vec<usize>, places: BTreeMap<usize, usize> },
    /// Everybody in it is in this set.
    Same(usize),
}

/// All tables' categories of all their variables.
#[derive(Debug)]
pub(crate) struct Cuts {
    pub names: Vec<String>,
    /// For each variable its sets; the first is everybody.
    pub sets: Vec<Vec<Set>>,
    /// For each variable how many pieces are codes; the others are ranges, in order.
    pub codes: Vec<u32>,
    /// For each variable how many pieces there are.
    pub pieces: Vec<u32>,
    /// For each table, for each variable.
    pub axes: Vec<Vec<Axis>>,
}

impl Cuts {
    pub fn of(tables: &[&Table]) -> Self {
        let mut names = BTreeSet::new();
        for table in tables {
            names.extend(table.dimensions.iter().map(|dimension| dimension.name.clone()));
            names.extend(table.population.iter().map(|selection| selection.variable.clone()));
        }
        let names: Vec<String> = names.into_iter().collect();
        let mut cuts = Self {
            names,
            sets: Vec::new(),
            codes: Vec::new(),
            pieces: Vec::new(),
            axes: vec![Vec::new(); tables.len()],
        };
        for variable in 0..cuts.names.len() {
            cuts.cut(variable, tables);
        }
        cuts
    }

    fn cut(&mut self, variable: usize, tables: &[&Table]) {
        let mut all: Vec<Vec<Extent>> = Vec::new();
        // For each table its raw sets: none is everybody.
        let mut raw: Vec<(Option<usize>, Vec<Option<usize>>)> = Vec::new();
        for table in tables {
            let name = &self.names[variable];
            if let Some(at) = table.dimensions.iter().position(|dimension| dimension.name == *name) {
                let dimension = &table.dimensions[at];
                let mut sets = Vec::with_capacity(dimension.categories.len() + 1);
                for category in &dimension.categories {
                    sets.push(Some(all.len()));
                    all.push(vec![category.extent.clone()]);
                }
                sets.push(total(dimension).map(|extents| {
                    all.push(extents);
                    all.len() - 1
                }));
                raw.push((Some(at), sets));
            } else {
                let chosen = table.population.iter().find(|selection| selection.variable == *name);
                raw.push((
                    None,
                    vec![chosen.map(|selection| {
                        all.push(vec![selection.extent.clone()]);
                        all.len() - 1
                    })],
                ));
            }
        }
        let (sets, codes, pieces) = refine(&all);
        let mut distinct = vec![Set::All];
        let mut ids: BTreeMap<Set, usize> = BTreeMap::from([(Set::All, 0)]);
        let ids: Vec<usize> = sets
            .into_iter()
            .map(|set| {
                *ids.entry(set.clone()).or_insert_with(|| {
                    distinct.push(set);
                    distinct.len() - 1
                })
            })
            .collect();
        for (axes, (dimension, sets)) in self.axes.iter_mut().zip(raw) {
            let sets: Vec<usize> = sets.into_iter().map(|set| set.map_or(0, |at| ids[at])).collect();
            axes.push(match dimension {
                Some(dimension) => {
                    let places = sets.iter().enumerate().rev().map(|(at, set)| (*set, at)).collect();
                    Axis::Split { dimension, sets, places }
                }
                None => Axis::Same(sets[0]),
            });
        }
        self.sets.push(distinct);
        self.codes.push(codes);
        self.pieces.push(pieces);
    }
}

/// Whom a dimension's total holds; none is everybody.
fn total(dimension: &Dimension) -> Option<Vec<Extent>> {
    if dimension.is_exhaustive {
        return None;
    }
    Some(dimension.categories.iter().map(|category| category.extent.clone()).collect())
}

/// Sets of pieces for unions of extents; how many pieces are codes, and how many there are.
fn refine(all: &[Vec<Extent>]) -> (Vec<Set>, u32, u32) {
    let mut holders: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut ends: Vec<f64> = Vec::new();
    for (at, extents) in all.iter().enumerate() {
        for extent in extents {
            match extent {
                Extent::Codes(codes) => {
                    codes.iter().for_each(|code| holders.entry(code.as_str()).or_default().push(at));
                }
                Extent::Range { from, to } => ends.extend([*from, *to]),
                Extent::Part(_) => {}
            }
        }
    }
    let mut pieces: BTreeMap<&[usize], u32> = BTreeMap::new();
    for holder in holders.values() {
        let next = u32::try_from(pieces.len()).unwrap_or(u32::MAX);
        pieces.entry(holder.as_slice()).or_insert(next);
    }
    let codes = u32::try_from(pieces.len()).unwrap_or(u32::MAX);
    ends.sort_by(f64::total_cmp);
    ends.dedup();
    let place = |end: f64| {
        let at = ends.partition_point(|other| *other < end);
        codes.saturating_add(u32::try_from(at).unwrap_or(u32::MAX))
    };
    let set = |extents: &Vec<Extent>| {
        let mut found = BTreeSet::new();
        let mut parts = BTreeSet::new();
        for extent in extents {
            match extent {
                Extent::Codes(names) => found.extend(
                    names.iter().filter_map(|code| pieces.get(holders.get(code.as_str())?.as_slice())),
                ),
                Extent::Range { from, to } => found.extend(place(*from)..place(*to)),
                Extent::Part(name) => {
                    parts.insert(name.as_str());
                }
            }
        }
        if parts.is_empty() {
            return Set::Pieces(found.into_iter().collect());
        }
        // A union with a part that is only named is such a part too.
        let rest: Vec<String> = found.iter().map(u32::to_string).collect();
        let named: Vec<&str> = parts.into_iter().chain(rest.iter().map(String::as_str)).collect();
        Set::Part(named.join("\u{1f}"))
    };
    let last = codes.saturating_add(u32::try_from(ends.len().saturating_sub(1)).unwrap_or(u32::MAX));
    (all.iter().map(set).collect(), codes, last)
}
