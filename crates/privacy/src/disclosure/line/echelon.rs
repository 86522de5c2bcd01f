//! Sets that are determined by other sets: elimination over fractions, without rounding.

use std::collections::BTreeSet;

use super::super::limits::Limits;
use super::{FAMILY_MAX, PIECES_MAX, Small};

/// One combination of figures: coefficients over pieces, and its value at the end. Whole numbers without a common factor.
type Row = Vec<i128>;

/// Every determined set found that holds a few and no smaller one, and whether these are all. None if the family is too
/// large, or contradicts itself.
///
/// `sets`: ordered places below `pieces`, and their counts.
pub(super) fn small_sets(
    sets: &[(Vec<usize>, u64)],
    pieces: usize,
    limits: &Limits,
    steps: &mut u64,
) -> Option<(Vec<Small>, bool)> {
    if pieces > FAMILY_MAX || sets.len() > FAMILY_MAX {
        return None;
    }
    let mut found: BTreeSet<(Vec<usize>, u64)> = BTreeSet::new();
    let mut bounds = bounds(sets, pieces);
    // What is found makes other pieces small in turn.
    for _ in 0..3 {
        let mut order: Vec<usize> = (0..pieces).collect();
        order.sort_by_key(|piece| (std::cmp::Reverse(bounds[*piece]), *piece));
        let rows = eliminate(sets, pieces, &order, steps)?;
        let before = found.len();
        let candidates = if pieces <= PIECES_MAX + 1 {
            all_sets(&rows, pieces, limits, steps)?
        } else {
            rows.iter().filter_map(|(_, row)| as_set(row, pieces)).collect()
        };
        for (set, value) in candidates.into_iter().filter(|(_, value)| limits.is_few(*value)) {
            set.iter().for_each(|piece| bounds[*piece] = bounds[*piece].min(value));
            found.insert((set, value));
        }
        if found.len() == before || pieces <= PIECES_MAX + 1 {
            break;
        }
    }
    let is_smallest = |set: &[usize]| {
        let is_part =
            |other: &Vec<usize>| other.len() < set.len() && other.iter().all(|piece| set.contains(piece));
        !found.iter().any(|(other, _)| is_part(other))
    };
    let told = found.iter().filter(|(set, _)| is_smallest(set));
    let small = |(set, value): &(Vec<usize>, u64)| Small {
        key: set.iter().filter_map(|piece| i64::try_from(*piece).ok()).collect(),
        value: *value,
        is_pair: is_pair(sets, set),
        touched: touched(sets, set),
    };
    Some((told.map(small).collect(), pieces <= PIECES_MAX + 1))
}

/// At most how many each piece can hold, by the sets and by differences of two.
fn bounds(sets: &[(Vec<usize>, u64)], pieces: usize) -> Vec<u64> {
    let mut bounds = vec![u64::MAX; pieces];
    for (set, count) in sets {
        set.iter().for_each(|piece| bounds[*piece] = bounds[*piece].min(*count));
    }
    for (whole, count) in sets {
        for (part, less) in sets.iter().filter(|(part, less)| less <= count && is_part(part, whole)) {
            for piece in whole.iter().filter(|piece| part.binary_search(piece).is_err()) {
                bounds[*piece] = bounds[*piece].min(count - less);
            }
        }
    }
    bounds
}

fn is_part(part: &[usize], whole: &[usize]) -> bool {
    part.len() < whole.len() && part.iter().all(|piece| whole.binary_search(piece).is_ok())
}

/// Whether one figure, or the difference of two, is this set already.
fn is_pair(sets: &[(Vec<usize>, u64)], wanted: &[usize]) -> bool {
    let is_rest = |whole: &[usize], part: &[usize]| {
        whole.len() == part.len() + wanted.len()
            && is_part(part, whole)
            && wanted
                .iter()
                .all(|piece| part.binary_search(piece).is_err() && whole.binary_search(piece).is_ok())
    };
    sets.iter().any(|(set, _)| set == wanted || sets.iter().any(|(part, _)| is_rest(set, part)))
}

fn touched(sets: &[(Vec<usize>, u64)], wanted: &[usize]) -> Vec<usize> {
    let touches = |at: &usize| sets[*at].0.iter().any(|piece| wanted.binary_search(piece).is_ok());
    let mut touched: Vec<usize> = (0..sets.len()).filter(touches).collect();
    touched.sort_by_key(|at| (sets[*at].0.len(), *at));
    touched
}

/// The reduced echelon form: each row with the piece that only it has, pieces taken in this order.
fn eliminate(
    sets: &[(Vec<usize>, u64)],
    pieces: usize,
    order: &[usize],
    steps: &mut u64,
) -> Option<Vec<(usize, Row)>> {
    let row = |(set, count): &(Vec<usize>, u64)| {
        let mut row = vec![0; pieces + 1];
        set.iter().for_each(|piece| row[*piece] = 1);
        row[pieces] = i128::from(*count);
        row
    };
    let mut open: Vec<Row> = sets.iter().map(row).collect();
    let mut done: Vec<(usize, Row)> = Vec::new();
    for piece in order {
        let Some(at) = open.iter().position(|row| row[*piece] != 0) else { continue };
        let pivot = open.swap_remove(at);
        let others = open.iter_mut().chain(done.iter_mut().map(|(_, row)| row));
        for row in others.filter(|row| row[*piece] != 0) {
            *steps = steps.checked_sub(pieces as u64)?;
            clear(row, &pivot, *piece)?;
        }
        done.push((*piece, pivot));
    }
    // What is left over says that nothing is something: the data have changed, and sums of them mean nothing.
    if open.iter().any(|row| row[pieces] != 0) {
        return None;
    }
    Some(done)
}

/// Takes a multiple of `pivot` from a multiple of `row`, so that it has no part of `piece` left.
fn clear(row: &mut Row, pivot: &[i128], piece: usize) -> Option<()> {
    let (ours, theirs) = (pivot[piece], row[piece]);
    let mut common = 0;
    for (entry, other) in row.iter_mut().zip(pivot) {
        *entry = entry.checked_mul(ours)?.checked_sub(other.checked_mul(theirs)?)?;
        common = divisor(common, *entry);
    }
    if common > 1 {
        row.iter_mut().for_each(|entry| *entry /= common);
    }
    Some(())
}

fn divisor(one: i128, other: i128) -> i128 {
    let (mut one, mut other) = (one, other);
    while other != 0 {
        (one, other) = (other, one % other);
    }
    if one < 0 { one.checked_neg().unwrap_or(1) } else { one }
}

/// A combination that is a set: all its coefficients are the same.
fn as_set(row: &[i128], pieces: usize) -> Option<(Vec<usize>, u64)> {
    let set: Vec<usize> = (0..pieces).filter(|piece| row[*piece] != 0).collect();
    let unit = row[*set.first()?];
    if set.iter().any(|piece| row[*piece] != unit) || row[pieces] % unit != 0 {
        return None;
    }
    Some((set, u64::try_from(row[pieces] / unit).ok()?))
}

/// Every set of pieces that is a combination of the rows.
///
/// In echelon form a set is the sum of the rows whose own pieces it has. Sums are walked through so that each differs from
/// the one before by a single row (Gray's code).
fn all_sets(
    rows: &[(usize, Row)],
    pieces: usize,
    limits: &Limits,
    steps: &mut u64,
) -> Option<Vec<(Vec<usize>, u64)>> {
    // All own pieces with the same coefficient.
    let unit = rows.iter().try_fold(1_i128, |unit, (own, row)| {
        let own = row[*own].checked_abs()?;
        unit.checked_mul(own / divisor(unit, own))
    })?;
    let scale = |(own, row): &(usize, Row)| {
        let factor = unit / row[*own];
        row.iter().map(|entry| entry.checked_mul(factor)).collect::<Option<Row>>()
    };
    let rows: Vec<Row> = rows.iter().map(scale).collect::<Option<_>>()?;
    let (mut sum, mut found) = (vec![0_i128; pieces + 1], Vec::new());
    *steps = steps.checked_sub((pieces as u64) << rows.len())?;
    for turn in 1_usize..1 << rows.len() {
        let (row, code) = (&rows[turn.trailing_zeros() as usize], turn ^ (turn >> 1));
        let is_in = code >> turn.trailing_zeros() & 1 == 1;
        for (entry, other) in sum.iter_mut().zip(row) {
            *entry = if is_in { entry.checked_add(*other)? } else { entry.checked_sub(*other)? };
        }
        let is_set = sum[..pieces].iter().all(|entry| *entry == 0 || *entry == unit);
        if is_set && sum[pieces] % unit == 0 {
            let value = u64::try_from(sum[pieces] / unit).unwrap_or(0);
            if limits.is_few(value) {
                found.push(((0..pieces).filter(|piece| sum[*piece] != 0).collect(), value));
            }
        }
    }
    Some(found)
}
