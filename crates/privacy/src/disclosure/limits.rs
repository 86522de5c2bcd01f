//! What counts as few, with its defaults, and the bounds within which we look.

/// WHY: six classifying variables have 63 kinds of totals; more is a file of records, not a table.
pub const DIMENSIONS_MAX: usize = 6;
/// Categories of one variable. WHY: ten times a table of ten thousand columns.
pub const CATEGORIES_MAX: usize = 100_000;
/// Cells of a table with all its totals. WHY: a million and their totals are judged in seconds; a person reads none of it.
pub const CELLS_MAX: usize = 2_000_000;
/// Earlier releases that one table is held against.
pub const RELEASES_MAX: usize = 1_000;
/// Categories of one table and all the earlier ones together. WHY: their common refinement is held in memory.
pub const CATEGORIES_ALL_MAX: usize = 2_000_000;
/// Findings that are kept one by one; all are counted. WHY: nobody reads more, and a million would be a gigabyte.
pub const FINDINGS_MAX: usize = 10_000;
/// Largest contributions that are kept of a cell.
pub const LARGEST_MAX: usize = 5;

/// What to think of cells with nobody in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zeros {
    /// An empty cell says of everybody that they are not there.
    Disclosive,
    /// Only where it places everybody else ([`super::Rule::Class`]).
    Allowed,
}

/// What to think of respondents without a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// They do not count as contributors, and that is all.
    Ignored,
    /// A person looks, besides.
    Review,
}

/// What counts as few. The defaults are ACRO 1.0.2's; `docs/guide/disclosure.md` says where each comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Fewest respondents of a cell that is shown (ACRO `safe_threshold`).
    pub threshold: u64,
    /// Fewest residual degrees of freedom (ACRO `safe_dof_threshold`).
    pub degrees_min: u64,
    /// The largest so many contributions together (ACRO `safe_nk_n`) ...
    pub dominance_n: usize,
    /// ... are less than this share of a cell's total (ACRO `safe_nk_k`).
    pub dominance_k: f64,
    /// All but the two largest contributions are at least this share of the largest (ACRO `safe_pratio_p`).
    pub ratio_p: f64,
    pub zeros: Zeros,
    pub missing: Missing,
    /// Counts are rounded to multiples of it (ACRO `safe_round_base`).
    pub rounding_base: u64,
    /// Fewest people at risk, and fewest that leave between two steps (ACRO `survival_safe_threshold`).
    pub survival_threshold: u64,
    /// A hidden count is safe if what is shown leaves at least so many respondents between its least and its greatest
    /// possible value. WHY 4: what rounding to base 5 leaves, which is held to be safe.
    pub interval_min: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            threshold: 10,
            degrees_min: 10,
            dominance_n: 2,
            dominance_k: 0.90,
            ratio_p: 0.10,
            zeros: Zeros::Disclosive,
            missing: Missing::Ignored,
            rounding_base: 5,
            survival_threshold: 10,
            interval_min: 4,
        }
    }
}

/// What cannot be judged, because it is no table or too large a one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("the limit `{name}` is outside what makes sense")]
    Limit { name: &'static str },
    #[error("a table has one to {DIMENSIONS_MAX} classifying variables")]
    Dimensions,
    #[error("the variable `{name}` has no category, too many, or one twice")]
    Categories { name: String },
    #[error("the variable `{name}` is named twice")]
    TwiceNamed { name: String },
    #[error("a range of `{name}` is empty or not a number")]
    Range { name: String },
    #[error("a table has at most {CELLS_MAX} cells with its totals")]
    TooManyCells,
    #[error("there are {found} figures for {expected} cells")]
    Figures { expected: usize, found: usize },
    #[error(
        "a table is held against at most {RELEASES_MAX} earlier ones, of {CATEGORIES_ALL_MAX} categories in all"
    )]
    TooManyReleases,
    #[error("a cell is named by one category of each variable, or its total")]
    NoSuchCell,
    #[error("a figure is too large")]
    Overflow,
    #[error("a contribution is infinite")]
    Infinite,
    #[error("what sums a cell up contradicts itself")]
    SummedUp,
    #[error("a survival table's steps do not fall")]
    Steps,
}

impl Limits {
    /// Refuses what would make every table safe by mistake, or no judgement at all.
    pub fn check(&self) -> Result<(), Fault> {
        let counts = [
            ("threshold", self.threshold),
            ("degrees_min", self.degrees_min),
            ("rounding_base", self.rounding_base),
            ("survival_threshold", self.survival_threshold),
        ];
        // WHY a million: beyond it nothing is ever shown, which is a slip of the pen.
        let few = 1..=1_000_000;
        if let Some((name, _)) = counts.into_iter().find(|(_, value)| !few.contains(value)) {
            return Err(Fault::Limit { name });
        }
        if self.interval_min > self.threshold {
            return Err(Fault::Limit { name: "interval_min" });
        }
        if !(1..=LARGEST_MAX).contains(&self.dominance_n) {
            return Err(Fault::Limit { name: "dominance_n" });
        }
        let shares = [("dominance_k", self.dominance_k), ("ratio_p", self.ratio_p)];
        match shares.into_iter().find(|(_, value)| !(*value > 0.0 && *value <= 1.0)) {
            Some((name, _)) => Err(Fault::Limit { name }),
            None => Ok(()),
        }
    }

    /// Whether a number of respondents is too few to speak of.
    pub(crate) fn is_few(&self, count: u64) -> bool {
        (1..self.threshold).contains(&count)
    }
}
