//! What earlier releases say of the cells of this table: figures of unions of them.

use std::collections::BTreeSet;

use super::attack::Known;
use super::cut::{Axis, Cuts, Set};
use super::difference::is_comparable;
use super::table::{Aggregate, State, Table};

/// Cells of this table that are gathered for earlier figures, all together. WHY: some hundreds of megabytes.
const GATHERED_MAX: usize = 20_000_000;

/// Figures of earlier releases about cells of the first table, where its categories add up to theirs exactly; none if there
/// are too many.
///
/// Left out are figures that contradict the table: the data have changed, and nothing adds up.
pub(crate) fn of_earlier(tables: &[&Table], cuts: &Cuts) -> Option<Vec<Known>> {
    let own = tables[0];
    let mut known = Vec::new();
    let is_worth = own.aggregate == Aggregate::Count && (0..own.states.len()).any(|at| own.is_hidden(at));
    if !is_worth {
        return Some(known);
    }
    let is_true = !own.states.contains(&State::Unknown);
    let mut gathered = 0;
    let mut seen = BTreeSet::new();
    for other in (1..tables.len()).filter(|other| is_comparable(own, tables[*other])) {
        let unions: Option<Vec<_>> =
            (0..cuts.names.len()).map(|variable| unions(tables, cuts, other, variable)).collect();
        let Some(unions) = unions else { continue };
        let earlier = tables[other];
        for at in (0..earlier.states.len()).filter(|at| earlier.states[*at] == State::Shown) {
            let Some(cells) = cells(&unions, earlier, at, GATHERED_MAX - gathered)? else { continue };
            gathered += cells.len();
            let sum = earlier.counts[at];
            let true_sum: u64 = cells.iter().fold(0, |sum, cell| sum.saturating_add(own.counts[*cell]));
            let is_news = cells.iter().any(|cell| own.is_hidden(*cell));
            if is_news && (!is_true || true_sum == sum) && seen.insert(cells.clone()) {
                known.push(Known { cells, sum });
            }
        }
    }
    Some(known)
}

/// For each place along the earlier table's axis: offsets in our table that add up to it, if there are any.
struct Union {
    dimension: Option<usize>,
    offsets: Vec<Option<Vec<usize>>>,
}

/// None if the variable keeps the two tables apart.
fn unions(tables: &[&Table], cuts: &Cuts, other: usize, variable: usize) -> Option<Union> {
    let sets = &cuts.sets[variable];
    let (theirs, dimension): (Vec<usize>, _) = match &cuts.axes[other][variable] {
        Axis::Same(set) => (vec![*set], None),
        Axis::Split { dimension, sets, .. } => (sets.clone(), Some(*dimension)),
    };
    let offsets = match &cuts.axes[0][variable] {
        Axis::Same(own) => theirs.iter().map(|set| (set == own).then(|| vec![0])).collect::<Vec<_>>(),
        Axis::Split { dimension, sets: own, .. } => {
            let stride = tables[0].stride(*dimension);
            theirs.iter().map(|set| parts(sets, *set, own, stride)).collect()
        }
    };
    offsets.iter().any(Option::is_some).then_some(Union { dimension, offsets })
}

/// The categories that make up a set, exactly.
fn parts(sets: &[Set], wanted: usize, own: &[usize], stride: usize) -> Option<Vec<usize>> {
    let (total, categories) = own.split_last()?;
    if wanted == *total {
        return Some((0..categories.len()).map(|at| at * stride).collect());
    }
    let Set::Pieces(pieces) = &sets[wanted] else { return None };
    let mut size = 0;
    let mut found = Vec::new();
    for (at, category) in categories.iter().enumerate() {
        if let Set::Pieces(other) = &sets[*category]
            && super::cut::is_subset(other, pieces)
        {
            size += other.len();
            found.push(at * stride);
        }
    }
    (size == pieces.len()).then_some(found)
}

/// The cells that an earlier cell is the union of; the outer none is too many.
fn cells(unions: &[Union], earlier: &Table, at: usize, most: usize) -> Option<Option<Vec<usize>>> {
    let mut cells = vec![0];
    for union in unions {
        let place = union.dimension.map_or(0, |dimension| earlier.coordinate(at, dimension));
        let Some(offsets) = &union.offsets[place] else { return Some(None) };
        if cells.len().saturating_mul(offsets.len()) > most {
            return None;
        }
        cells = cells.iter().flat_map(|cell| offsets.iter().map(move |offset| cell + offset)).collect();
    }
    cells.sort_unstable();
    Some(Some(cells))
}
