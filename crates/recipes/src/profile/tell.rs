//! Of what was counted, what may be told.
//!
//! It exists so that one place decides it. What is below ten goes into what is beside it, and what would follow from the rest
//! by taking away goes there too.

use std::collections::BTreeMap;

use formats::column::Type;
use privacy::identify::{self, Verdict};

use super::count::{Counter, Figures};
use super::{Bins, CELL_MIN, COLUMNS_MAX, Column, Profile};
use crate::step::Stop;
use crate::table::Made;

/// WHY: what people are told by is longer; codes of diagnoses and places have fewer digits.
const CODE_DIGITS_MAX: usize = 5;

pub(super) fn profile(counter: Counter, rows: u64, has_header: bool) -> Result<Profile, Stop> {
    let Counter { plan, figures, judge, .. } = counter;
    let columns_all = plan.columns.len() as u64;
    let verdicts = judge.judge();
    let told = plan.columns.iter().zip(figures).enumerate().take(COLUMNS_MAX);
    let columns = told.map(|(at, (column, figures))| {
        let is_clear = verdicts.get(at).is_none_or(|judged| judged.verdict == Verdict::Clear);
        let may_name = has_header && identify::in_text(&column.name).is_empty();
        let name = if may_name { column.written.clone() } else { format!("column {}", at + 1) };
        tell(name, column.made, figures, rows, is_clear)
    });
    Ok(Profile { version: super::VERSION, rows: rounded(rows), columns: columns.collect(), columns_all })
}

fn tell(name: String, made: Made, figures: Figures, rows: u64, is_clear: bool) -> Column {
    let missing = rows.saturating_sub(figures.filled);
    let is_few = |count: u64| (1..CELL_MIN).contains(&count);
    let kind = if figures.filled == 0 { Type::Empty } else { type_of(made) };
    let mut column =
        Column { name, kind, missing: None, distinct: None, bins: None, codes: BTreeMap::new(), other: None };
    if rows < CELL_MIN {
        return column;
    }
    if !is_few(missing) && !is_few(figures.filled) {
        column.missing = Some((missing as f64 / rows as f64 * 100.0).round() / 100.0);
    }
    if figures.filled < CELL_MIN {
        return column;
    }
    column.distinct = Some(coarse(figures.distinct())).filter(|distinct| *distinct >= CELL_MIN);
    let is_line = !matches!(made, Made::Text | Made::Bool);
    match figures.codes {
        // WHY: as many codes as rows is a list of values, not of codes.
        Some(codes) if is_clear && codes.len() as u64 * 2 <= figures.filled => {
            (column.codes, column.other) = told_codes(codes, if is_few(missing) { missing } else { 0 });
        }
        _ if is_line => column.bins = told_bins(&figures.edges, &figures.bins),
        _ => {}
    }
    column
}

fn type_of(made: Made) -> Type {
    match made {
        Made::Whole => Type::Whole,
        Made::Number => Type::Number,
        Made::Bool => Type::Bool,
        Made::Date => Type::Date,
        Made::Moment { .. } => Type::Moment,
        Made::Text => Type::Text,
    }
}

/// To the next ten; none: below ten. WHY rounded: what is left when all others are taken away stays unknown.
fn rounded(count: u64) -> Option<u64> {
    (count >= CELL_MIN || count == 0).then(|| (count + CELL_MIN / 2) / CELL_MIN * CELL_MIN)
}

/// To two digits.
fn coarse(estimate: f64) -> u64 {
    let estimate = estimate.round().max(0.0) as u64;
    let digits = estimate.checked_ilog10().unwrap_or_default();
    let step = 10_u64.pow(digits.saturating_sub(1));
    (estimate + step / 2) / step * step
}

/// Codes that are told, and what the others come to; `few` missing cells are among those.
fn told_codes(codes: BTreeMap<String, u64>, few: u64) -> (BTreeMap<String, u64>, Option<u64>) {
    let is_code = |code: &str| code.bytes().filter(u8::is_ascii_digit).count() <= CODE_DIGITS_MAX;
    let (mut told, hidden): (Vec<_>, Vec<_>) =
        codes.into_iter().partition(|(code, count)| *count >= CELL_MIN && is_code(code));
    let mut other = few + hidden.iter().map(|(_, count)| count).sum::<u64>();
    // WHY: what is left over would be known from all the rest, so it must be ten as well.
    told.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    while (1..CELL_MIN).contains(&other) {
        let Some((_, count)) = told.pop() else { return (BTreeMap::new(), None) };
        other += count;
    }
    let codes = told.into_iter().filter_map(|(code, count)| Some((code, rounded(count)?))).collect();
    (codes, rounded(other).filter(|other| *other > 0))
}

/// Bins of ten and more: a smaller one joins the smaller of its neighbours.
fn told_bins(edges: &[f64], counts: &[u64]) -> Option<Bins> {
    let (mut edges, mut counts) = (edges.to_vec(), counts.to_vec());
    while let Some(at) = counts.iter().position(|count| *count < CELL_MIN) {
        let count = |at: Option<usize>| at.and_then(|at| counts.get(at)).copied();
        let (before, after) = (at.checked_sub(1), at.checked_add(1));
        let joins_before = match (count(before), count(after)) {
            (None, None) => return None,
            (Some(before), Some(after)) => before <= after,
            (before, _) => before.is_some(),
        };
        let edge = if joins_before { at - 1 } else { at };
        if edge >= edges.len() {
            return None;
        }
        edges.remove(edge);
        let small = counts.remove(at);
        if let Some(joined) = counts.get_mut(edge) {
            *joined += small;
        }
    }
    let counts: Option<Vec<u64>> = counts.into_iter().map(rounded).collect();
    Some(Bins { edges, counts: counts? })
}
