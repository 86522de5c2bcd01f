//! Keys that the specification reserves.
//!
//! It exists so that what a file declares, or forgets to declare, is held to what the specification says of it.
//!
//! SPEC: VCFv4.3, tables 1 and 2; VCFv4.1 and 4.2, 1.4; VCFv4.4, 1.6.

use super::{Declared, Minor, Number, Type};

/// A key: its name, since which version, what it is; `None` where versions and writers disagree on the type.
type Row = (&'static str, Minor, Number, Option<Type>);

const INT: Option<Type> = Some(Type::Integer);
const FLOAT: Option<Type> = Some(Type::Float);
const FLAG: Option<Type> = Some(Type::Flag);
const TEXT: Option<Type> = Some(Type::String);
const ONE: Number = Number::Count(1);
const NONE: Number = Number::Count(0);

const INFO: &[Row] = &[
    ("AA", 1, ONE, TEXT),
    ("AC", 1, Number::A, INT),
    ("AD", 3, Number::R, INT),
    ("ADF", 3, Number::R, INT),
    ("ADR", 3, Number::R, INT),
    ("AF", 1, Number::A, FLOAT),
    ("AN", 1, ONE, INT),
    ("BQ", 1, ONE, FLOAT),
    ("CIGAR", 1, Number::A, TEXT),
    ("DB", 1, NONE, FLAG),
    ("DP", 1, ONE, INT),
    ("END", 1, ONE, INT),
    ("H2", 1, NONE, FLAG),
    ("H3", 1, NONE, FLAG),
    ("MQ", 1, ONE, None),
    ("MQ0", 1, ONE, INT),
    ("NS", 1, ONE, INT),
    ("SOMATIC", 1, NONE, FLAG),
    ("VALIDATED", 1, NONE, FLAG),
    ("1000G", 1, NONE, FLAG),
    ("SVCLAIM", 4, Number::A, TEXT),
    ("SVLEN", 4, Number::A, INT),
    ("CN", 4, Number::A, FLOAT),
    ("RN", 4, Number::A, INT),
];

const FORMAT: &[Row] = &[
    ("AD", 3, Number::R, INT),
    ("ADF", 3, Number::R, INT),
    ("ADR", 3, Number::R, INT),
    ("DP", 1, ONE, INT),
    ("EC", 1, Number::A, INT),
    ("FT", 1, ONE, TEXT),
    ("GL", 1, Number::G, FLOAT),
    ("GP", 1, Number::G, FLOAT),
    ("GQ", 1, ONE, INT),
    ("GT", 1, ONE, TEXT),
    ("HQ", 1, Number::Count(2), INT),
    ("MQ", 1, ONE, INT),
    ("PL", 1, Number::G, INT),
    ("PQ", 1, ONE, INT),
    ("PS", 1, ONE, INT),
    ("CN", 4, ONE, FLOAT),
    ("CICN", 4, Number::Count(2), FLOAT),
    ("PSL", 4, Number::P, TEXT),
    ("PSO", 4, Number::P, INT),
    ("PSQ", 4, Number::P, INT),
];

/// What may be said of a reserved key.
#[derive(Debug, Clone, Copy)]
pub struct Reserved {
    pub number: Number,
    pub kind: Option<Type>,
}

impl Reserved {
    pub fn agrees(self, declared: Declared) -> bool {
        self.number == declared.number && self.kind.is_none_or(|kind| kind == declared.kind)
    }
}

fn find(rows: &[Row], key: &str, minor: Minor) -> Option<Reserved> {
    let row = rows.iter().find(|(name, since, ..)| *name == key && *since <= minor)?;
    Some(Reserved { number: row.2, kind: row.3 })
}

pub fn info(key: &str, minor: Minor) -> Option<Reserved> {
    find(INFO, key, minor)
}

pub fn format(key: &str, minor: Minor) -> Option<Reserved> {
    // SPEC: VCFv4.1 and 4.2 alone know GLE.
    if key == "GLE" && minor <= 2 {
        return Some(Reserved { number: Number::G, kind: TEXT });
    }
    find(FORMAT, key, minor)
}

/// Keys of INFO that count something or measure a share, and are never below zero.
pub fn is_never_negative(key: &str) -> bool {
    ["AC", "AD", "ADF", "ADR", "AF", "AN", "DP", "END", "MQ0", "NS"].contains(&key)
}
