//! What a dataset holds, in words and counts: columns and their types, sizes, files. Never what stands in them.

use crate::iri::Iri;
use crate::media::{Checksum, MediaType};
use crate::several::Several;
use crate::term::{Availability, CodingSystem, FileType, Standard, Term};
use crate::text::{Label, Text};

/// WHY: fewer people may be known to somebody; it is what the judgement of tables asks by default (ACRO's threshold).
pub const COUNT_MIN: u64 = 10;

/// WHY: whoever is older is one of few; 45 CFR 164.514(b)(2)(i)(C) makes one group of 90 and over.
pub const AGE_MAX: u16 = 90;

/// WHY: a catalogue reads every column of every card; wider tables are described by their documents.
pub const COLUMNS_MAX: usize = 10_000;

/// How much, and about whom. What would point at few people is left out by who writes it, not by who fills it in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Size {
    /// Fewer than `COUNT_MIN` are not told.
    pub records: Option<u64>,
    /// Fewer than `COUNT_MIN` are not told.
    pub people: Option<u64>,
    /// In years; told as `AGE_MAX` where it is more.
    pub age_min: Option<u16>,
    /// In years; told as `AGE_MAX` where it is more.
    pub age_max: Option<u16>,
    pub population: Option<Text>,
}

/// How it is built.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Content {
    pub coding: Vec<Term<CodingSystem>>,
    /// Codes that the whole dataset is about, as a person chose them: a cohort's diagnosis, never a list read from data.
    pub codes: Vec<Label>,
    pub standards: Vec<Term<Standard>>,
    /// What the data are structured by; none if they are not.
    pub variables: Option<Variables>,
}

/// The type of a column.
///
/// SPEC: Metadata Vocabulary for Tabular Data, 5.11.1 (built-in datatypes).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Datatype {
    Text,
    Integer,
    Decimal,
    Double,
    Boolean,
    Date,
    DateTime,
    Time,
    Address,
    Bytes,
}

impl Datatype {
    pub fn code(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Integer => "integer",
            Self::Decimal => "decimal",
            Self::Double => "double",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::DateTime => "dateTime",
            Self::Time => "time",
            Self::Address => "anyURI",
            Self::Bytes => "base64Binary",
        }
    }
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// As the file has it.
    pub name: Label,
    pub title: Text,
    pub what: Text,
    pub datatype: Datatype,
    /// A concept elsewhere that says what it means.
    pub meaning: Option<Iri>,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub title: Text,
    pub columns: Several<Column>,
}

/// Tables and their columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variables {
    title: Text,
    tables: Several<Table>,
}

/// There are more columns than a catalogue is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {COLUMNS_MAX} columns")]
pub struct ColumnsError;

impl Variables {
    pub fn new(title: Text, tables: Several<Table>) -> Result<Self, ColumnsError> {
        let columns: usize = tables.iter().map(|table| table.columns.iter().len()).sum();
        if columns > COLUMNS_MAX { Err(ColumnsError) } else { Ok(Self { title, tables }) }
    }

    pub fn title(&self) -> &Text {
        &self.title
    }

    pub fn tables(&self) -> &Several<Table> {
        &self.tables
    }
}

/// One form in which it can be asked for. It is a page on which one asks, never a file that one takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribution {
    pub title: Text,
    pub description: Text,
    /// The page on which access is asked for.
    pub access: Iri,
    pub availability: Term<Availability>,
    pub format: Option<Term<FileType>>,
    pub media_type: Option<MediaType>,
    pub size_bytes: Option<u64>,
    pub checksum: Option<Checksum>,
    /// Schemas and specifications that it keeps to.
    pub conforms_to: Vec<Iri>,
}
