//! The table of acts: everything anyone can do here, once.
//!
//! From a row derive the Cedar action, the ledger's kind, the loopback and API
//! operation, the command of the CLI with its help, and the authorisation
//! coverage test. A new verb starts here and the compiler walks you through
//! the rest.

use crate::actor::Role;
use crate::noun::Noun;

pub mod field;
#[macro_use]
mod rows;
mod table;

pub use field::{Field, FieldKind, Hidden, List};
pub use table::*;

/// In which cell an act is committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// The root cell.
    Root,
    /// The cell of the project it concerns.
    Project,
}

/// What an act touches; decides how long its record is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Looks at the region's own records.
    View,
    /// Changes who may do what.
    Duty,
    /// Reads data of patients, or looks at what is there: its record dies with its year's legal term.
    Access,
    /// Brings, changes or removes data of patients.
    Data,
    /// Touches keys.
    Keys,
}

/// What travels beside an act's fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    None,
    /// The person sends bytes.
    Upload,
    /// The person receives bytes.
    Download,
}

/// One row of the table.
#[derive(Debug)]
pub struct Row {
    pub act: Act,
    /// `agreement.sign`
    pub name: &'static str,
    pub noun: &'static str,
    pub verb: &'static str,
    pub home: Home,
    pub target: Noun,
    pub weight: Weight,
    pub body: Body,
    /// Who may, as told to people; `policy/` decides, and a test holds the two together.
    pub who: &'static [Role],
    pub help: &'static str,
    pub fields: &'static [Field],
}

/// A typed request for one act; the type is also the act's name in proofs.
pub trait Deed: serde::de::DeserializeOwned + serde::Serialize + Send + Sync + 'static {
    const ACT: Act;
}

impl Act {
    pub fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    pub fn name(self) -> &'static str {
        self.row().name
    }

    pub fn parse(name: &str) -> Option<Self> {
        ROWS.iter().find(|row| row.name == name).map(|row| row.act)
    }
}

#[cfg(test)]
mod tests;
