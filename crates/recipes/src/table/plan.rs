//! What each column will be: its type, and what is done with its cells.
//!
//! It exists between the passes, and is the whole of what the second knows of the first.

use formats::column::Type;

use super::clean::Cleaner;
use super::params::{Odd, Stands, Unit};
use crate::fault::{self, Fault};

/// WHY: as `formats` has it: one odd cell in fifty is a mistake of who wrote it; more are another type.
const ODD_ONE_IN: u64 = 50;

/// The type of a column in Parquet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    Whole,
    Number,
    Bool,
    Date,
    /// `is_fine`: microseconds, else milliseconds.
    Moment {
        is_utc: bool,
        is_fine: bool,
    },
    Text,
}

/// What the recipe asks of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Want {
    Any,
    Type(Type),
    /// A date or a moment.
    Day,
    Numbers,
    Words,
}

/// One column.
pub(crate) struct Column<'t> {
    /// As it arrived, and as it will be written.
    pub name: String,
    pub written: String,
    pub cleaner: Cleaner<'t>,
    pub want: Want,
    pub unit: Option<&'t Unit>,
    pub stands: Option<Stands>,
    pub is_shifted: bool,
    pub is_dropped: bool,
    pub seen: Seen,
    pub made: Made,
}

/// What stood in a column's filled cells.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Seen {
    pub whole: u64,
    pub number: u64,
    pub bool: u64,
    pub date: u64,
    pub utc: u64,
    pub local: u64,
    pub text: u64,
    /// A whole number that a DOUBLE does not hold.
    pub is_wide: bool,
    /// A moment finer than a millisecond.
    pub is_fine: bool,
}

impl Seen {
    pub fn filled(&self) -> u64 {
        self.whole + self.number + self.bool + self.date + self.utc + self.local + self.text
    }

    /// How many cells a type takes.
    pub fn fits(&self, made: Made) -> u64 {
        match made {
            Made::Whole => self.whole,
            Made::Number => self.whole + self.number,
            Made::Bool => self.bool,
            Made::Date => self.date,
            Made::Moment { is_utc: true, .. } => self.utc,
            Made::Moment { is_utc: false, .. } => self.local,
            Made::Text => self.filled(),
        }
    }

    /// The candidates of what is wanted, the first of the best is taken.
    fn candidates(&self, want: Want) -> Vec<Made> {
        let moments = [true, false].map(|is_utc| Made::Moment { is_utc, is_fine: self.is_fine });
        let days = || [Made::Date].into_iter().chain(moments);
        // WHY: a whole number that a DOUBLE bends must not become one, unless the recipe says so.
        let is_bent = self.is_wide && self.number > 0;
        match want {
            Want::Any => {
                let numbers =
                    [Made::Whole, Made::Number].into_iter().filter(|made| *made == Made::Whole || !is_bent);
                numbers.chain([Made::Bool]).chain(days()).collect()
            }
            Want::Day => days().collect(),
            Want::Type(Type::Date) => vec![Made::Date],
            Want::Type(Type::Moment) => moments.to_vec(),
            Want::Type(Type::Whole) => vec![Made::Whole],
            Want::Numbers | Want::Type(Type::Number) => vec![Made::Number],
            Want::Type(Type::Bool) => vec![Made::Bool],
            Want::Words | Want::Type(Type::Text | Type::Empty) => vec![Made::Text],
        }
    }

    /// The type of the column.
    pub fn decide(&self, want: Want, odd: Odd) -> Result<Made, Fault> {
        let filled = self.filled();
        let candidates = self.candidates(want);
        let best = candidates.iter().copied().rev().max_by_key(|made| self.fits(*made)).unwrap_or(Made::Text);
        // WHY not the best of all: where wholes alone are all there is, a number is no better.
        let best =
            candidates.iter().copied().find(|made| self.fits(*made) == self.fits(best)).unwrap_or(best);
        let strange = filled - self.fits(best);
        match (want, odd) {
            (Want::Any, _) if filled == 0 => Ok(Made::Text),
            _ if strange == 0 => Ok(best),
            (Want::Any, Odd::Null) if strange * ODD_ONE_IN <= filled => Ok(best),
            (Want::Any, _) => Ok(Made::Text),
            (_, Odd::Null) => Ok(best),
            (Want::Day, Odd::Text) => Err(fault::NOT_A_DATE),
            (Want::Numbers, Odd::Text) => Err(fault::NOT_NUMERIC),
            (Want::Type(_) | Want::Words, Odd::Text) => Err(fault::NOT_OF_TYPE),
        }
    }
}
