//! Statistical disclosure control: whether a table, a model or a survival curve says too much about few people.
//!
//! A table is cells over classifying variables. [`judge`] looks at each cell by the rules for its kind of figure
//! ([`Aggregate`]), at what can be computed from what is shown ([`Rule::Recoverable`], [`Rule::Narrow`],
//! [`Rule::Remainder`]), and at what earlier tables of the same data add to that ([`Rule::Difference`]). It never changes a
//! table; [`propose`] and [`round`] make another one. It never panics, whatever the figures: what it cannot take is a
//! [`Fault`], and what it could not prove within its bounds is a finding for a person ([`Rule::Unproven`]).
//!
//! It runs inside, on the true figures. What leaves for the author of a table is [`Finding::for_author`] and nothing else.

mod attack;
mod bounds;
mod cut;
mod difference;
mod dimension;
mod finding;
mod judge;
mod known;
mod limits;
mod line;
mod magnitude;
mod model;
mod propose;
mod round;
mod rules;
mod simplex;
mod survival;
mod table;

pub use dimension::{Category, Dimension, Extent, Selection};
pub use finding::{Coordinate, Figure, Finding, Mend, Note, Report, Rule, Verdict};
pub use judge::judge;
pub use limits::{
    CATEGORIES_ALL_MAX, CATEGORIES_MAX, CELLS_MAX, DIMENSIONS_MAX, FINDINGS_MAX, Fault, LARGEST_MAX, Limits,
    Missing, RELEASES_MAX, Zeros,
};
pub use magnitude::Magnitude;
pub use model::judge_model;
pub use propose::{Proposal, propose};
pub use round::round;
pub use survival::{Rounded, Step, judge_survival, round_survival};
pub use table::{Aggregate, State, Table};
