//! What was found: a rule, a place, and a figure that only a checker may see.

use std::collections::BTreeMap;
use std::fmt;

use super::limits::FINDINGS_MAX;

/// The whole judgement, from mild to grave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    Pass,
    /// A person has to look.
    Review,
    /// As it stands, it must not leave.
    Fail,
}

/// The rules. `docs/guide/disclosure.md` has an example of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// Too few respondents in a cell.
    Threshold,
    /// Nobody in a cell, and that says something.
    Zero,
    /// A few contributions are nearly all of a total.
    Dominance,
    /// Who is second can tell what the first one contributed.
    Ratio,
    /// Dominance is not defined: a contribution is negative.
    Negative,
    /// All contributions to a cell are the same value.
    AllEqual,
    /// Respondents without a value.
    Missing,
    /// A least or greatest value is one respondent's own.
    Extreme,
    /// Everybody of a row or column is in one cell.
    Class,
    /// Too few degrees of freedom.
    Degrees,
    /// A total that is not the sum of its parts.
    Total,
    /// A hidden cell can be computed from what is shown.
    Recoverable,
    /// A hidden cell can be computed to within a few.
    Narrow,
    /// What is hidden of a row or column is few people together.
    Remainder,
    /// The difference from another release is few people.
    Difference,
    /// Too few people at risk.
    AtRisk,
    /// Too few people leave between two steps of a survival table.
    Step,
    /// Not proven safe within the bounds of the engine.
    Unproven,
}

/// What would make it a yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mend {
    /// Do not show this cell, and enough others that it cannot be computed.
    Suppress,
    /// Make fewer, larger categories.
    Merge,
    /// Round all counts to the base.
    Round,
    /// Use the categories, the population and the delivery of the earlier release.
    Align,
    /// Leave out totals, or correct them.
    Totals,
    /// Use more observations or fewer parameters.
    Simplify,
    /// Say why it is harmless here.
    Explain,
}

/// A figure that was measured: a checker inside may see it, the author of a table may not.
///
/// It prints as `[..]`, so that no log, message or page shows it by mistake.
#[derive(Clone, Copy, PartialEq)]
pub struct Figure(f64);

impl Figure {
    pub(crate) fn new(value: f64) -> Self {
        Self(value)
    }

    /// For a checker's eyes, inside.
    pub fn for_checker(self) -> f64 {
        self.0
    }
}

impl fmt::Debug for Figure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[..]")
    }
}

/// One variable's part of a cell's place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Coordinate {
    pub variable: String,
    /// The category's label; none is the total.
    pub category: Option<String>,
}

/// One thing that was found, for a checker. The author is shown [`Finding::for_author`].
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    pub rule: Rule,
    /// `Review` or `Fail`.
    pub weight: Verdict,
    /// One coordinate a variable; empty if it is about the whole.
    pub place: Vec<Coordinate>,
    /// The other release, for [`Rule::Difference`], and the cell of it. Never for the author: it may be another project's.
    pub against: Option<(String, Vec<Coordinate>)>,
    /// What was measured; never for the author.
    pub figure: Option<Figure>,
}

/// What the author of a table is told: no figure, and no other release, which they may not know of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub rule: Rule,
    pub weight: Verdict,
    pub place: Vec<Coordinate>,
    pub mends: &'static [Mend],
}

impl Finding {
    pub(crate) fn new(rule: Rule, weight: Verdict, place: Vec<Coordinate>) -> Self {
        Self { rule, weight, place, against: None, figure: None }
    }

    pub(crate) fn measured(mut self, value: f64) -> Self {
        self.figure = Some(Figure::new(value));
        self
    }

    /// What would make it a yes, the best first.
    pub fn mends(&self) -> &'static [Mend] {
        match self.rule {
            Rule::Threshold | Rule::Zero => &[Mend::Merge, Mend::Suppress, Mend::Round],
            Rule::Class => &[Mend::Merge, Mend::Suppress],
            Rule::Dominance | Rule::Ratio | Rule::AllEqual => &[Mend::Merge, Mend::Suppress],
            Rule::Negative | Rule::Missing | Rule::Extreme | Rule::Unproven => &[Mend::Explain, Mend::Merge],
            Rule::Degrees => &[Mend::Simplify],
            Rule::Total => &[Mend::Totals],
            Rule::Recoverable | Rule::Narrow | Rule::Remainder => {
                &[Mend::Suppress, Mend::Totals, Mend::Round]
            }
            Rule::Difference => &[Mend::Align, Mend::Suppress, Mend::Round],
            Rule::AtRisk | Rule::Step => &[Mend::Round],
        }
    }

    /// The finding without its figure.
    pub fn for_author(&self) -> Note {
        Note { rule: self.rule, weight: self.weight, place: self.place.clone(), mends: self.mends() }
    }
}

/// The judgement of one output.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    pub verdict: Verdict,
    /// The first [`FINDINGS_MAX`], in the order of the rules' passes and of the cells.
    pub findings: Vec<Finding>,
    /// How many there are in all, by rule.
    pub tally: BTreeMap<Rule, u64>,
}

impl Default for Report {
    fn default() -> Self {
        Self { verdict: Verdict::Pass, findings: Vec::new(), tally: BTreeMap::new() }
    }
}

impl Report {
    /// Counts a finding; makes it only if there is room to keep it.
    pub(crate) fn add(&mut self, rule: Rule, weight: Verdict, finding: impl FnOnce() -> Finding) {
        self.verdict = self.verdict.max(weight);
        *self.tally.entry(rule).or_default() += 1;
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding());
        }
    }

    /// Whether some finding is by this rule.
    pub fn has(&self, rule: Rule) -> bool {
        self.tally.contains_key(&rule)
    }
}
