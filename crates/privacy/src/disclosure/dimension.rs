//! Classifying variables, and what their categories stand for.
//!
//! Labels are for people; [`Extent`] is what differences between tables are computed from: two categories with the same
//! extent hold the same people, whatever they are called.

use std::collections::BTreeSet;

use super::limits::{CATEGORIES_MAX, Fault};

/// Whom a category of a variable holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Extent {
    /// Those with one of these codes. Two codes never hold the same person.
    Codes(BTreeSet<String>),
    /// Those whose value is at least `from` and less than `to`, in the variable's own unit; ends may be infinite.
    Range { from: f64, to: f64 },
    /// Some of all, by a condition that is only named: the same name holds the same people, nothing else is known.
    Part(String),
}

impl Extent {
    /// One code.
    pub fn code(code: &str) -> Self {
        Self::Codes(BTreeSet::from([code.to_owned()]))
    }

    /// Several codes as one.
    pub fn codes<'a>(codes: impl IntoIterator<Item = &'a str>) -> Self {
        Self::Codes(codes.into_iter().map(str::to_owned).collect())
    }

    fn check(&self, variable: &str) -> Result<(), Fault> {
        match self {
            // Not-a-number is neither less nor anything else.
            Self::Range { from, to } if !matches!(from.partial_cmp(to), Some(std::cmp::Ordering::Less)) => {
                Err(Fault::Range { name: variable.to_owned() })
            }
            Self::Codes(codes) if codes.is_empty() => Err(Fault::Categories { name: variable.to_owned() }),
            Self::Codes(_) | Self::Range { .. } | Self::Part(_) => Ok(()),
        }
    }
}

/// A category: what it is called and whom it holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Category {
    pub label: String,
    pub extent: Extent,
}

/// A classifying variable. Its categories exclude each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Dimension {
    pub name: String,
    pub categories: Vec<Category>,
    /// Whether everybody of the population is in one of them, so that their total is everybody.
    pub is_exhaustive: bool,
}

impl Dimension {
    /// A variable whose categories are single codes, and all of them.
    pub fn of_codes<'a>(name: &str, codes: impl IntoIterator<Item = &'a str>) -> Self {
        let category = |code: &str| Category { label: code.to_owned(), extent: Extent::code(code) };
        Self {
            name: name.to_owned(),
            categories: codes.into_iter().map(category).collect(),
            is_exhaustive: true,
        }
    }

    /// A variable in ranges between neighbouring cuts, the last one excluded: `[0, 40, 65]` is 0-40 and 40-65. Exhaustive.
    pub fn of_cuts(name: &str, cuts: &[f64]) -> Self {
        let category = |pair: &[f64]| Category {
            label: format!("{}-{}", pair[0], pair[1]),
            extent: Extent::Range { from: pair[0], to: pair[1] },
        };
        Self {
            name: name.to_owned(),
            categories: cuts.windows(2).map(category).collect(),
            is_exhaustive: true,
        }
    }

    /// A variable whose categories are groups of codes: label and codes. Exhaustive.
    pub fn of_groups(name: &str, groups: &[(&str, &[&str])]) -> Self {
        let category = |(label, codes): &(&str, &[&str])| Category {
            label: (*label).to_owned(),
            extent: Extent::codes(codes.iter().copied()),
        };
        Self { name: name.to_owned(), categories: groups.iter().map(category).collect(), is_exhaustive: true }
    }

    pub(crate) fn check(&self) -> Result<(), Fault> {
        let fault = || Fault::Categories { name: self.name.clone() };
        if self.categories.is_empty() || self.categories.len() > CATEGORIES_MAX {
            return Err(fault());
        }
        let labels: BTreeSet<_> = self.categories.iter().map(|category| &category.label).collect();
        if labels.len() < self.categories.len() {
            return Err(fault());
        }
        for category in &self.categories {
            category.extent.check(&self.name)?;
        }
        if self.is_disjoint() { Ok(()) } else { Err(fault()) }
    }

    /// Whether no code stands in two categories and no ranges overlap.
    fn is_disjoint(&self) -> bool {
        let mut seen = BTreeSet::new();
        let mut ranges = Vec::new();
        for category in &self.categories {
            match &category.extent {
                Extent::Codes(codes) => {
                    if !codes.iter().all(|code| seen.insert(code)) {
                        return false;
                    }
                }
                Extent::Range { from, to } => ranges.push((*from, *to)),
                Extent::Part(_) => {}
            }
        }
        ranges.sort_by(|one, other| one.0.total_cmp(&other.0));
        ranges.windows(2).all(|pair| pair[0].1 <= pair[1].0)
    }
}

/// A condition that everybody in a table meets, by a variable that is none of its dimensions.
#[derive(Debug, Clone, PartialEq)]
pub struct Selection {
    pub variable: String,
    pub extent: Extent,
}

impl Selection {
    pub(crate) fn check(&self) -> Result<(), Fault> {
        self.extent.check(&self.variable)
    }
}
