//! What has changed from one delivery to the next, by their profiles alone.
//!
//! It exists so that nobody must look at data to see that they are not what they were. It says what changed and by how much,
//! never why, and never of whom.

use std::collections::BTreeMap;

use formats::column::Type;
use serde::{Deserialize, Serialize};

use super::{Bins, Column, Profile};

/// WHY: the usual reading of PSI (Siddiqi 2006): below 0.1 nothing, from 0.2 on a change to look at.
pub const PSI_MAX: f64 = 0.2;
/// WHY: one cell in ten more or fewer missing changes who is in an analysis.
pub const MISSING_MAX: f64 = 0.1;
/// WHY: a delivery grows by its month; twice or half is another extract.
pub const ROWS_FACTOR_MAX: f64 = 2.0;
/// WHY: a share of nothing has no logarithm; one in a thousand is below what a profile tells.
const SHARE_MIN: f64 = 0.001;

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum Drift {
    Appeared {
        column: String,
    },
    Vanished {
        column: String,
    },
    Retyped {
        column: String,
        from: Type,
        to: Type,
    },
    /// How many times as many rows.
    Rows {
        factor: f64,
    },
    /// Shares from 0 to 1.
    Missing {
        column: String,
        from: f64,
        to: f64,
    },
    /// Population stability index.
    Distribution {
        column: String,
        psi: f64,
    },
}

/// What changed: rows first, then columns in the order of the previous profile, then those that are new.
pub fn drift(previous: &Profile, next: &Profile) -> Vec<Drift> {
    let mut found = Vec::new();
    // WHY five: what is told as none is below ten.
    let rows = |profile: &Profile| profile.rows.unwrap_or(5).max(1) as f64;
    let factor = rows(next) / rows(previous);
    if !(1.0 / ROWS_FACTOR_MAX..=ROWS_FACTOR_MAX).contains(&factor) {
        found.push(Drift::Rows { factor: hundredths(factor) });
    }
    let now: BTreeMap<&str, &Column> =
        next.columns.iter().map(|column| (column.name.as_str(), column)).collect();
    for old in &previous.columns {
        match now.get(old.name.as_str()) {
            None => found.push(Drift::Vanished { column: old.name.clone() }),
            Some(new) if is_number_of_row(old, previous) && is_number_of_row(new, next) => (),
            Some(new) => compare(old, new, &mut found),
        }
    }
    let is_new = |column: &&Column| previous.columns.iter().all(|old| old.name != column.name);
    let new =
        next.columns.iter().filter(is_new).map(|column| Drift::Appeared { column: column.name.clone() });
    found.extend(new);
    found
}

/// Whether nearly each row has its own whole number: numbers of records go on, and that is no drift.
fn is_number_of_row(column: &Column, profile: &Profile) -> bool {
    let rows = profile.rows.unwrap_or_default();
    column.kind == Type::Whole && column.distinct.is_some_and(|distinct| distinct * 10 >= rows * 9)
}

fn compare(old: &Column, new: &Column, found: &mut Vec<Drift>) {
    let column = || old.name.clone();
    // WHY: what is none is a share of fewer than ten cells, which no threshold sees.
    if let (Some(from), Some(to)) = (old.missing, new.missing)
        && (from - to).abs() > MISSING_MAX
    {
        found.push(Drift::Missing { column: column(), from, to });
    }
    if old.kind != new.kind && old.kind != Type::Empty && new.kind != Type::Empty {
        found.push(Drift::Retyped { column: column(), from: old.kind, to: new.kind });
        return;
    }
    let psi = match (&old.bins, &new.bins) {
        (Some(old), Some(new)) => psi(&shares(old), &shares_at(new, &old.edges)),
        _ if !old.codes.is_empty() && !new.codes.is_empty() => codes(old, new),
        _ => return,
    };
    if psi > PSI_MAX {
        found.push(Drift::Distribution { column: column(), psi: hundredths(psi) });
    }
}

fn hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

/// The sum over cells of (q - p) ln(q / p).
fn psi(old: &[f64], new: &[f64]) -> f64 {
    let pairs = old.iter().zip(new).map(|(p, q)| (p.max(SHARE_MIN), q.max(SHARE_MIN)));
    pairs.map(|(p, q)| (q - p) * (q / p).ln()).sum()
}

fn shares(bins: &Bins) -> Vec<f64> {
    let all: u64 = bins.counts.iter().sum();
    bins.counts.iter().map(|count| *count as f64 / all.max(1) as f64).collect()
}

/// Shares in the bins of other edges, as if values were spread evenly inside each bin.
fn shares_at(bins: &Bins, edges: &[f64]) -> Vec<f64> {
    let below: Vec<f64> = edges.iter().map(|edge| share_below(bins, *edge)).collect();
    let ends = below.iter().copied().chain([1.0]);
    let starts = [0.0].into_iter().chain(below.iter().copied());
    starts.zip(ends).map(|(start, end)| (end - start).max(0.0)).collect()
}

/// The share of values up to a place. WHY a width: the outer bins have no end, and are taken for as wide as the bin beside.
fn share_below(bins: &Bins, place: f64) -> f64 {
    let (Some(first), Some(last)) = (bins.edges.first(), bins.edges.last()) else { return 0.5 };
    let (edges, shares) = (&bins.edges, shares(bins));
    let width = |at: usize| edges.get(at + 1).zip(edges.get(at)).map(|(end, start)| end - start);
    let (left, right) = (width(0), edges.len().checked_sub(2).and_then(width));
    let left = left.unwrap_or_else(|| first.abs().max(1.0));
    let right = right.unwrap_or_else(|| last.abs().max(1.0));
    let starts = [first - left].into_iter().chain(edges.iter().copied());
    let ends = edges.iter().copied().chain([last + right]);
    let parts = starts.zip(ends).zip(shares);
    parts.map(|((start, end), share)| share * ((place - start) / (end - start)).clamp(0.0, 1.0)).sum()
}

fn codes(old: &Column, new: &Column) -> f64 {
    let names: std::collections::BTreeSet<&String> = old.codes.keys().chain(new.codes.keys()).collect();
    let shares = |column: &Column| {
        let counts = names.iter().map(|name| column.codes.get(*name).copied().unwrap_or_default());
        let counts: Vec<u64> = counts.chain([column.other.unwrap_or_default()]).collect();
        let all: u64 = counts.iter().sum();
        counts.iter().map(|count| *count as f64 / all.max(1) as f64).collect::<Vec<_>>()
    };
    psi(&shares(old), &shares(new))
}
