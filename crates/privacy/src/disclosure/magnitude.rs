//! What is kept of a cell's contributions: enough for every rule, and to add cells up.

use super::limits::{Fault, LARGEST_MAX};

/// The contributions to one cell, in the unit of the figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Magnitude {
    /// Respondents with a value.
    pub contributors: u64,
    /// Respondents without one.
    pub missing: u64,
    pub total: f64,
    /// The least contribution; infinite if there is none.
    pub least: f64,
    /// The largest, in falling order; unused places are minus infinity.
    largest: [f64; LARGEST_MAX],
}

impl Default for Magnitude {
    fn default() -> Self {
        Self {
            contributors: 0,
            missing: 0,
            total: 0.0,
            least: f64::INFINITY,
            largest: [f64::NEG_INFINITY; LARGEST_MAX],
        }
    }
}

impl Magnitude {
    /// All contributions to a cell, one a respondent; not-a-number is a respondent without a value.
    pub fn of(values: &[f64]) -> Result<Self, Fault> {
        let mut all = Self::default();
        for value in values {
            all.add(*value)?;
        }
        Ok(all)
    }

    /// What somebody else summed up: numbers of respondents with and without a value, the total, the least contribution and
    /// the largest ones, in falling order: at least two, if so many contribute, and as many as `dominance_n`.
    pub fn summed_up(
        contributors: u64,
        missing: u64,
        total: f64,
        least: f64,
        largest: &[f64],
    ) -> Result<Self, Fault> {
        let (given, all) = (largest.len() as u64, Self { contributors, missing, ..Self::default() });
        if contributors == 0 && largest.is_empty() {
            return Ok(all);
        }
        let falls = largest.windows(2).all(|pair| pair[0] >= pair[1]);
        let is_bounded = largest.iter().all(|value| value.is_finite() && *value >= least);
        let is_enough = given >= contributors.min(2) && given <= contributors && largest.len() <= LARGEST_MAX;
        if !(falls && is_bounded && is_enough && total.is_finite() && least.is_finite()) {
            return Err(Fault::SummedUp);
        }
        let mut kept = [f64::NEG_INFINITY; LARGEST_MAX];
        kept[..largest.len()].copy_from_slice(largest);
        Ok(Self { total, least, largest: kept, ..all })
    }

    /// One contribution more.
    pub fn add(&mut self, value: f64) -> Result<(), Fault> {
        if value.is_nan() {
            self.missing += 1;
            return Ok(());
        }
        let total = self.total + value;
        if value.is_infinite() || total.is_infinite() {
            return Err(Fault::Infinite);
        }
        self.contributors += 1;
        self.total = total;
        self.least = self.least.min(value);
        insert(&mut self.largest, value);
        Ok(())
    }

    /// Another cell's contributions too.
    pub(crate) fn join(&mut self, other: &Self) -> Result<(), Fault> {
        self.contributors = self.contributors.checked_add(other.contributors).ok_or(Fault::Overflow)?;
        self.missing = self.missing.checked_add(other.missing).ok_or(Fault::Overflow)?;
        self.total += other.total;
        if !self.total.is_finite() {
            return Err(Fault::Infinite);
        }
        self.least = self.least.min(other.least);
        for value in other.largest.into_iter().filter(|value| value.is_finite()) {
            insert(&mut self.largest, value);
        }
        Ok(())
    }

    /// The greatest contribution, if there is one.
    pub fn greatest(&self) -> Option<f64> {
        Some(self.largest[0]).filter(|value| value.is_finite())
    }

    /// The sum of the largest `n` contributions, or of all if there are fewer.
    pub fn largest_sum(&self, n: usize) -> f64 {
        self.largest.iter().take(n).filter(|value| value.is_finite()).sum()
    }

    pub fn has_negative(&self) -> bool {
        self.least < 0.0
    }

    /// Whether all who have a value have the same.
    pub fn is_all_equal(&self) -> bool {
        self.contributors > 0 && self.least == self.largest[0]
    }
}

/// Keeps falling order and drops the last.
fn insert(largest: &mut [f64; LARGEST_MAX], value: f64) {
    let at = largest.partition_point(|kept| *kept >= value);
    if at < LARGEST_MAX {
        largest[at..].rotate_right(1);
        largest[at] = value;
    }
}
