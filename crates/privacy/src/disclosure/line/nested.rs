//! Hierarchies: sets of which any two lie apart or one within the other. Of any size, and nothing is missed.
//!
//! Each set is its parts and a remainder. Remainders share no piece, and every determined set is a union of them.

use super::super::limits::Limits;
use super::{Small, TOUCHED_MAX};

/// What sets that may be nested tell.
pub(super) enum Nested {
    /// They are not.
    No,
    /// A whole is less than its parts, or more without having more pieces: the data have changed.
    Torn,
    /// Every smallest determined set that holds a few.
    Found(Vec<Small>),
}

/// `sets`: ordered places below `pieces`, and their counts.
pub(super) fn small_sets(sets: &[(Vec<usize>, u64)], pieces: usize, limits: &Limits) -> Nested {
    let mut order: Vec<usize> = (0..sets.len()).collect();
    order.sort_by_key(|at| (sets[*at].0.len(), *at));
    // The largest set so far that holds a piece.
    let mut top: Vec<Option<usize>> = vec![None; pieces];
    let mut found = Vec::new();
    for at in order {
        let (set, count) = &sets[at];
        let mut parts: Vec<usize> = set.iter().filter_map(|piece| top[*piece]).collect();
        let held = parts.len();
        parts.sort_unstable();
        parts.dedup();
        if parts.iter().map(|part| sets[*part].0.len()).sum::<usize>() != held {
            return Nested::No;
        }
        let sum = parts.iter().fold(0_u64, |sum, part| sum.saturating_add(sets[*part].1));
        let rest: Vec<usize> = set.iter().copied().filter(|piece| top[*piece].is_none()).collect();
        let Some(value) = count.checked_sub(sum).filter(|value| *value == 0 || !rest.is_empty()) else {
            return Nested::Torn;
        };
        if limits.is_few(value) {
            found.push(Small {
                key: rest.into_iter().filter_map(|piece| i64::try_from(piece).ok()).collect(),
                value,
                is_pair: parts.len() < 2,
                touched: parts.iter().copied().chain([at]).take(TOUCHED_MAX).collect(),
            });
        }
        set.iter().for_each(|piece| top[*piece] = Some(at));
    }
    Nested::Found(found)
}
