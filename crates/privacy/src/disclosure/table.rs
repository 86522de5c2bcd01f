//! A table: cells over classifying variables, with all their totals.
//!
//! Cells lie in row-major order over a grid that has one place more a variable: the last is its total. Totals are ours,
//! computed from the cells; an author's own are compared ([`Table::stated`]) and never believed.

use super::dimension::{Dimension, Extent, Selection};
use super::finding::Coordinate;
use super::limits::{CELLS_MAX, DIMENSIONS_MAX, Fault};
use super::magnitude::Magnitude;

/// What a table's figures are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregate {
    Count,
    Sum,
    Mean,
    Median,
    StandardDeviation,
    Mode,
    Minimum,
    Maximum,
}

/// How a cell or total appears in the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Shown,
    /// Hidden, and we know what is in it.
    Suppressed,
    /// Hidden, and we do not know.
    Unknown,
    /// A total that the output does not have.
    Absent,
    /// Empty because it cannot be otherwise, and everybody knows.
    Structural,
}

/// A table to be judged, or one that was released.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    name: String,
    pub(crate) aggregate: Aggregate,
    pub(crate) dimensions: Vec<Dimension>,
    pub(crate) population: Vec<Selection>,
    /// Categories of each variable, and one for its total.
    pub(crate) shape: Vec<usize>,
    pub(crate) counts: Vec<u64>,
    /// One a cell, or none at all.
    pub(crate) magnitudes: Vec<Magnitude>,
    pub(crate) states: Vec<State>,
    /// Totals as the author gave them: where, and how many.
    pub(crate) stated: Vec<(usize, u64)>,
    /// Multiples of it are shown; 1 is exact.
    pub(crate) base: u64,
    /// What the figures are about; empty for counts.
    pub(crate) measure: String,
    /// Totals are as they were shown, not ours.
    pub(crate) is_shown_only: bool,
}

impl Table {
    /// A table of counts, with all its totals.
    ///
    /// `counts`: one a cell, row-major over the categories, the last variable fastest.
    pub fn of_counts(name: &str, dimensions: Vec<Dimension>, counts: &[u64]) -> Result<Self, Fault> {
        let mut table = Self::empty(name, Aggregate::Count, dimensions)?;
        table.fill(counts, |table, at, count| {
            table.counts[at] = *count;
            Ok(())
        })?;
        table.add_up()?;
        Ok(table)
    }

    /// A table of figures about contributions, with all its totals. For [`Aggregate::Count`] they only count.
    ///
    /// `cells`: one a cell, row-major over the categories, the last variable fastest.
    pub fn of_magnitudes(
        name: &str,
        aggregate: Aggregate,
        dimensions: Vec<Dimension>,
        cells: &[Magnitude],
    ) -> Result<Self, Fault> {
        let mut table = Self::empty(name, aggregate, dimensions)?;
        table.magnitudes = vec![Magnitude::default(); table.counts.len()];
        table.fill(cells, |table, at, cell| {
            table.counts[at] = match aggregate {
                // A respondent without a value is counted all the same.
                Aggregate::Count => cell.contributors.checked_add(cell.missing).ok_or(Fault::Overflow)?,
                _ => cell.contributors,
            };
            table.magnitudes[at] = *cell;
            Ok(())
        })?;
        table.add_up()?;
        Ok(table)
    }

    /// A table of counts as somebody shows it, when nothing else is known of it: `shown` has the totals too, at the end of
    /// each variable; none is hidden.
    pub fn as_shown(name: &str, dimensions: Vec<Dimension>, shown: &[Option<u64>]) -> Result<Self, Fault> {
        let mut table = Self::empty(name, Aggregate::Count, dimensions)?;
        if shown.len() != table.counts.len() {
            return Err(Fault::Figures { expected: table.counts.len(), found: shown.len() });
        }
        table.is_shown_only = true;
        for (at, figure) in shown.iter().enumerate() {
            table.counts[at] = figure.unwrap_or(0);
            table.states[at] = figure.map_or(State::Unknown, |_| State::Shown);
        }
        Ok(table)
    }

    fn empty(name: &str, aggregate: Aggregate, dimensions: Vec<Dimension>) -> Result<Self, Fault> {
        if dimensions.is_empty() || dimensions.len() > DIMENSIONS_MAX {
            return Err(Fault::Dimensions);
        }
        let mut cells = 1_usize;
        for (at, dimension) in dimensions.iter().enumerate() {
            dimension.check()?;
            if dimensions[..at].iter().any(|other| other.name == dimension.name) {
                return Err(Fault::TwiceNamed { name: dimension.name.clone() });
            }
            cells = cells.saturating_mul(dimension.categories.len() + 1);
        }
        if cells > CELLS_MAX {
            return Err(Fault::TooManyCells);
        }
        Ok(Self {
            name: name.to_owned(),
            aggregate,
            shape: dimensions.iter().map(|dimension| dimension.categories.len() + 1).collect(),
            dimensions,
            population: Vec::new(),
            counts: vec![0; cells],
            magnitudes: Vec::new(),
            states: vec![State::Shown; cells],
            stated: Vec::new(),
            base: 1,
            measure: String::new(),
            is_shown_only: false,
        })
    }

    fn fill<T>(
        &mut self,
        figures: &[T],
        put: impl Fn(&mut Self, usize, &T) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let inner: Vec<usize> = (0..self.counts.len()).filter(|at| !self.is_total(*at)).collect();
        if inner.len() != figures.len() {
            return Err(Fault::Figures { expected: inner.len(), found: figures.len() });
        }
        inner.into_iter().zip(figures).try_for_each(|(at, figure)| put(self, at, figure))
    }

    /// Fills every total, variable after variable: what was totalled before is added up like any other cell.
    pub(crate) fn add_up(&mut self) -> Result<(), Fault> {
        for dimension in 0..self.shape.len() {
            let (last, stride) = (self.shape[dimension] - 1, self.stride(dimension));
            for total in 0..self.counts.len() {
                if self.coordinate(total, dimension) != last {
                    continue;
                }
                let first = total - last * stride;
                let (mut count, mut magnitude) = (0_u64, Magnitude::default());
                for part in (0..last).map(|category| first + category * stride) {
                    count = count.checked_add(self.counts[part]).ok_or(Fault::Overflow)?;
                    if let Some(other) = self.magnitudes.get(part) {
                        magnitude.join(other)?;
                    }
                }
                self.counts[total] = count;
                if let Some(kept) = self.magnitudes.get_mut(total) {
                    *kept = magnitude;
                }
            }
        }
        Ok(())
    }

    /// The same table of those who also meet a condition.
    pub fn within(mut self, variable: &str, extent: Extent) -> Result<Self, Fault> {
        let selection = Selection { variable: variable.to_owned(), extent };
        selection.check()?;
        let is_named = self.dimensions.iter().any(|dimension| dimension.name == variable)
            || self.population.iter().any(|other| other.variable == variable);
        if is_named {
            return Err(Fault::TwiceNamed { name: variable.to_owned() });
        }
        self.population.push(selection);
        Ok(self)
    }

    /// Names what the figures are about: sums and means of one measure are held against each other.
    pub fn about(mut self, measure: &str) -> Self {
        measure.clone_into(&mut self.measure);
        self
    }

    /// Says that its counts were rounded to multiples of a base.
    pub fn rounded_to(mut self, base: u64) -> Self {
        self.base = base.max(1);
        self
    }

    /// The same table without its totals.
    pub fn without_totals(mut self) -> Self {
        for at in 0..self.states.len() {
            if self.is_total(at) {
                self.states[at] = State::Absent;
            }
        }
        self
    }

    /// Sets how one cell or total appears. `place`: a category's index for each variable, none for its total.
    pub fn set(&mut self, place: &[Option<usize>], state: State) -> Result<(), Fault> {
        let at = self.at(place)?;
        if state == State::Structural && (self.counts[at] > 0 || self.is_total(at)) {
            return Err(Fault::NoSuchCell);
        }
        self.states[at] = state;
        Ok(())
    }

    /// Notes a total as its author gave it, to be compared with the sum of its parts.
    pub fn stated(&mut self, place: &[Option<usize>], count: u64) -> Result<(), Fault> {
        let at = self.at(place)?;
        self.stated.push((at, count));
        Ok(())
    }

    /// How one cell or total appears.
    pub fn state(&self, place: &[Option<usize>]) -> Result<State, Fault> {
        self.at(place).map(|at| self.states[at])
    }

    /// What it holds; of one that is [`State::Unknown`], zero. For a checker, inside.
    pub fn count(&self, place: &[Option<usize>]) -> Result<u64, Fault> {
        self.at(place).map(|at| self.counts[at])
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn aggregate(&self) -> Aggregate {
        self.aggregate
    }

    /// What the figures are about; empty if nobody said.
    pub fn measure(&self) -> &str {
        &self.measure
    }

    /// What everybody in it has in common.
    pub fn population(&self) -> &[Selection] {
        &self.population
    }

    /// Figures are multiples of it; 1 is exact.
    pub fn base(&self) -> u64 {
        self.base
    }

    pub fn dimensions(&self) -> &[Dimension] {
        &self.dimensions
    }

    fn at(&self, place: &[Option<usize>]) -> Result<usize, Fault> {
        if place.len() != self.shape.len() {
            return Err(Fault::NoSuchCell);
        }
        let mut at = 0;
        for (category, size) in place.iter().zip(&self.shape) {
            let index = match category {
                Some(index) if *index + 1 < *size => *index,
                Some(_) => return Err(Fault::NoSuchCell),
                None => size - 1,
            };
            at = at * size + index;
        }
        Ok(at)
    }

    /// How far apart neighbours along a variable lie.
    pub(crate) fn stride(&self, dimension: usize) -> usize {
        self.shape[dimension + 1..].iter().product()
    }

    pub(crate) fn coordinate(&self, at: usize, dimension: usize) -> usize {
        at / self.stride(dimension) % self.shape[dimension]
    }

    pub(crate) fn is_total_of(&self, at: usize, dimension: usize) -> bool {
        self.coordinate(at, dimension) + 1 == self.shape[dimension]
    }

    pub(crate) fn is_total(&self, at: usize) -> bool {
        (0..self.shape.len()).any(|dimension| self.is_total_of(at, dimension))
    }

    /// The cells along a variable, through this one, without the total.
    pub(crate) fn line(&self, at: usize, dimension: usize) -> impl Iterator<Item = usize> + use<> {
        let stride = self.stride(dimension);
        let first = at - self.coordinate(at, dimension) * stride;
        (0..self.shape[dimension] - 1).map(move |category| first + category * stride)
    }

    pub(crate) fn is_hidden(&self, at: usize) -> bool {
        matches!(self.states[at], State::Suppressed | State::Unknown | State::Absent)
    }

    pub(crate) fn place(&self, at: usize) -> Vec<Coordinate> {
        let coordinate = |(index, dimension): (usize, &Dimension)| Coordinate {
            variable: dimension.name.clone(),
            category: dimension
                .categories
                .get(self.coordinate(at, index))
                .map(|category| category.label.clone()),
        };
        self.dimensions.iter().enumerate().map(coordinate).collect()
    }
}
