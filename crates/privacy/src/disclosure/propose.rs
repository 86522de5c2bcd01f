//! What to hide, so that what is shown does not tell it.
//!
//! First every cell that must not be shown; then others beside it, chosen as corners of boxes so that no total changes when
//! figures move between them (Repsilber's hypercube method, in the chapter on magnitude tables of Eurostat's handbook); then the attack, again and
//! again, until it finds nothing. The choice is good, not the best: the best is a hard problem.

use super::attack::{self, Outcome, choose};
use super::limits::{Fault, Limits};
use super::rules;
use super::table::{Aggregate, State, Table};

/// Rounds of hiding and attacking; after them all that hangs together is hidden. WHY: each takes as long as a judgement.
const ROUNDS_MAX: usize = 60;
/// Cells that may be shown again after all. WHY: each is tried by an attack, which in larger tables takes seconds.
const RETRIES_MAX: usize = 256;
/// Figures of a table in which that is tried.
const RETRIED_MAX: usize = 10_000;
/// Neighbours that are tried along each variable, by how many variables there are.
const NEIGHBOURS_MAX: [usize; 4] = [64, 16, 8, 4];

/// A table with cells hidden, that the attack finds nothing in.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    pub table: Table,
    /// Cells and totals that must not be shown.
    pub primary: u64,
    /// Cells and totals that are hidden so that the others cannot be computed.
    pub secondary: u64,
}

/// Hides cells until neither a rule nor the attack finds anything in what is left. Earlier releases are not looked at:
/// judge the result against them.
///
/// A table of which some figures are not known ([`State::Unknown`]) is judged but not mended; it comes back as it is.
pub fn propose(table: &Table, limits: &Limits) -> Result<Proposal, Fault> {
    limits.check()?;
    let mut proposal = Proposal { table: table.clone(), primary: 0, secondary: 0 };
    if table.states.contains(&State::Unknown) {
        return Ok(proposal);
    }
    for at in sensitive(table, limits) {
        hide(&mut proposal.table, at);
    }
    if !comes_to_rest(&mut proposal.table, limits) {
        // Nothing is shown.
        for at in 0..proposal.table.states.len() {
            hide(&mut proposal.table, at);
        }
    }
    for at in (0..table.states.len()).filter(|at| proposal.table.states[*at] != table.states[*at]) {
        let is_primary = rules::is_sensitive(table, at, limits);
        let count = if is_primary { &mut proposal.primary } else { &mut proposal.secondary };
        *count += 1;
    }
    Ok(proposal)
}

/// Attacks and mends until the attack finds nothing.
fn comes_to_rest(table: &mut Table, limits: &Limits) -> bool {
    for _ in 0..ROUNDS_MAX {
        let outcome = attack::attack(table, &[], limits);
        if outcome.is_clean() {
            show_again(table, limits);
            return true;
        }
        mend(table, &outcome, limits);
    }
    false
}

/// Shows what was hidden for nothing: boxes overlap. The largest first.
fn show_again(table: &mut Table, limits: &Limits) {
    if table.states.len() > RETRIED_MAX {
        return;
    }
    let is_spare =
        |at: &usize| table.states[*at] == State::Suppressed && !rules::is_sensitive(table, *at, limits);
    let mut spare: Vec<usize> = (0..table.states.len()).filter(is_spare).collect();
    spare.sort_by_key(|at| (std::cmp::Reverse(table.counts[*at]), *at));
    for at in spare.into_iter().take(RETRIES_MAX) {
        table.states[at] = State::Shown;
        let shows_class = !classes(table).is_empty();
        if shows_class || !attack::attack(table, &[], limits).is_clean() {
            table.states[at] = State::Suppressed;
        }
    }
}

fn sensitive(table: &Table, limits: &Limits) -> Vec<usize> {
    let mut found: Vec<usize> =
        (0..table.states.len()).filter(|at| rules::is_sensitive(table, *at, limits)).collect();
    found.extend(classes(table));
    found.sort_unstable();
    found.dedup();
    found
}

/// Rows and columns of which all are in one cell: the zeros beside tell it as well as the cell does.
fn classes(table: &Table) -> Vec<usize> {
    let mut found = Vec::new();
    if table.aggregate == Aggregate::Count {
        for dimension in 0..table.shape.len() {
            let totals = (0..table.states.len()).filter(|at| table.is_total_of(*at, dimension));
            for total in totals.filter(|total| rules::class_of(table, *total, dimension).is_some()) {
                found.extend(table.line(total, dimension));
                found.push(total);
            }
        }
    }
    found
}

fn hide(table: &mut Table, at: usize) {
    if table.states[at] == State::Shown {
        table.states[at] = State::Suppressed;
    }
}

/// Hides something more for each cell that was found; at least one cell in all.
fn mend(table: &mut Table, outcome: &Outcome, limits: &Limits) {
    let exposed = outcome.exposed.iter().map(|(at, _)| *at).chain(outcome.unproven.iter().copied());
    for at in exposed {
        let corners = corners(table, at, limits).unwrap_or_else(|| beside(table, at));
        for corner in corners {
            hide(table, corner);
        }
    }
    for (total, _) in &outcome.remainders {
        let more = cheapest_in(table, *total).unwrap_or(*total);
        hide(table, more);
    }
}

/// The cheapest box of cells with this one that leaves it wide enough, or none. Costs are respondents who are no longer shown.
fn corners(table: &Table, at: usize, limits: &Limits) -> Option<Vec<usize>> {
    let dimensions: Vec<usize> =
        (0..table.shape.len()).filter(|dimension| !table.is_total_of(at, *dimension)).collect();
    let most = NEIGHBOURS_MAX[dimensions.len().clamp(1, NEIGHBOURS_MAX.len()) - 1];
    let mut steps: Vec<Vec<usize>> = Vec::new();
    for dimension in dimensions {
        let can_give =
            |cell: &usize| *cell != at && table.counts[*cell] > 0 && table.states[*cell] != State::Structural;
        let mut line: Vec<usize> = table.line(at, dimension).filter(can_give).collect();
        line.sort_by_key(|cell| (!table.is_hidden(*cell), table.counts[*cell], *cell));
        line.truncate(most);
        steps.push(line.into_iter().map(|cell| cell.wrapping_sub(at)).collect());
    }
    let size: usize = steps.iter().map(Vec::len).product();
    let mut best: Option<(u64, Vec<usize>)> = None;
    for choice in 0..size {
        let chosen = choose(&steps, choice);
        let (cells, room) = corners_of(table, at, &chosen);
        let is_possible = cells.iter().all(|cell| table.states[*cell] != State::Structural);
        let cost = cells.iter().filter(|cell| table.states[**cell] == State::Shown);
        let cost = cost.fold(0_u64, |cost, cell| cost.saturating_add(table.counts[*cell]).saturating_add(1));
        let is_wide = room >= limits.interval_min.max(1);
        if is_possible && is_wide && cost > 0 && best.as_ref().is_none_or(|(other, _)| cost < *other) {
            best = Some((cost, cells));
        }
    }
    best.map(|(_, cells)| cells)
}

/// The corners of a box, and how much could be moved between them.
fn corners_of(table: &Table, at: usize, steps: &[usize]) -> (Vec<usize>, u64) {
    let (mut cells, mut least) = (Vec::new(), [u64::MAX; 2]);
    for corner in 0_usize..1 << steps.len() {
        let picked = steps.iter().enumerate().filter(|(index, _)| corner >> index & 1 == 1);
        let cell = picked.fold(at, |cell, (_, step)| cell.wrapping_add(*step));
        let side = corner.count_ones() as usize % 2;
        least[side] = least[side].min(table.counts[cell]);
        cells.push(cell);
    }
    (cells, least[0].saturating_add(least[1]))
}

/// The cheapest shown cell of each line through this one, or else the line's total.
fn beside(table: &Table, at: usize) -> Vec<usize> {
    let mut found = Vec::new();
    for dimension in 0..table.shape.len() {
        let is_shown = |cell: &usize| *cell != at && table.states[*cell] == State::Shown;
        let cheapest = table
            .line(at, dimension)
            .filter(is_shown)
            .min_by_key(|cell| (table.counts[*cell] == 0, table.counts[*cell], *cell));
        let total =
            at + (table.shape[dimension] - 1 - table.coordinate(at, dimension)) * table.stride(dimension);
        found.push(cheapest.unwrap_or(total));
    }
    found
}

/// The cheapest shown inner cell that a total adds up.
fn cheapest_in(table: &Table, total: usize) -> Option<usize> {
    let mut cells = vec![total];
    for dimension in 0..table.shape.len() {
        if table.is_total_of(total, dimension) {
            cells = cells.into_iter().flat_map(|cell| table.line(cell, dimension)).collect();
        }
    }
    let is_shown = |cell: &usize| table.states[*cell] == State::Shown;
    cells
        .into_iter()
        .filter(is_shown)
        .min_by_key(|cell| (table.counts[*cell] == 0, table.counts[*cell], *cell))
}
