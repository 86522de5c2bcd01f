//! Objects of a PDF (ISO 32000-1, 7.3).

use std::collections::BTreeMap;

pub type Dictionary = BTreeMap<Vec<u8>, Object>;

#[derive(Debug, Clone, PartialEq)]
pub enum Object {
    Null,
    Bool(bool),
    Integer(i64),
    Real(f64),
    Name(Vec<u8>),
    Text(Vec<u8>, Span),
    Array(Vec<Object>),
    Dictionary(Dictionary),
    Reference(u32),
}

/// Where a string stands in the file, with its delimiters; where it stands makes no other string of it.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    pub from: usize,
    pub to: usize,
    /// Whether it is written in hexadecimal digits.
    pub is_hex: bool,
}

impl PartialEq for Span {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Object {
    pub const fn dictionary(&self) -> Option<&Dictionary> {
        if let Self::Dictionary(dictionary) = self { Some(dictionary) } else { None }
    }

    pub fn array(&self) -> Option<&[Self]> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }

    pub const fn integer(&self) -> Option<i64> {
        if let Self::Integer(number) = self { Some(*number) } else { None }
    }

    pub const fn number(&self) -> Option<f64> {
        match self {
            Self::Integer(number) => Some(*number as f64),
            Self::Real(number) => Some(*number),
            _ => None,
        }
    }

    pub const fn reference(&self) -> Option<u32> {
        if let Self::Reference(number) = self { Some(*number) } else { None }
    }

    pub fn is_name(&self, name: &[u8]) -> bool {
        matches!(self, Self::Name(is) if is == name)
    }
}
