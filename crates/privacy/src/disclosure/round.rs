//! Rounding, instead of hiding.

use super::limits::{Fault, Limits};
use super::table::{Aggregate, State, Table};

/// The same counts as multiples of the base, halves to the even multiple, and totals added up from those.
///
/// Totals are of the rounded counts, so that they say no more than these. A count is then known to within half the base.
/// Source: ACRO (`mitigation="round"`), which does the same. Figures that are no counts stay as they are.
pub fn round(table: &Table, limits: &Limits) -> Result<Table, Fault> {
    limits.check()?;
    let mut rounded = table.clone();
    if table.aggregate != Aggregate::Count {
        return Ok(rounded);
    }
    for at in (0..rounded.counts.len()).filter(|at| !table.is_total(*at)) {
        rounded.counts[at] = to_multiple(table.counts[at], limits.rounding_base)?;
    }
    rounded.magnitudes.clear();
    rounded.stated.clear();
    rounded.base = limits.rounding_base;
    if !table.states.contains(&State::Unknown) {
        return rounded.add_up().map(|()| rounded);
    }
    for at in (0..rounded.counts.len()).filter(|at| table.is_total(*at)) {
        rounded.counts[at] = to_multiple(table.counts[at], limits.rounding_base)?;
    }
    Ok(rounded)
}

fn to_multiple(count: u64, base: u64) -> Result<u64, Fault> {
    let (whole, rest) = (count / base, count % base);
    let is_up = rest * 2 > base || (rest * 2 == base && whole % 2 == 1);
    let multiples = if is_up { whole + 1 } else { whole };
    multiples.checked_mul(base).ok_or(Fault::Overflow)
}
