//! The fields of an act: few kinds, so that a form, a command and a JSON body agree.

use serde::{Deserialize, Deserializer, Serialize};

use crate::Timestamp;

/// What may be written in a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    Text,
    Number,
    Time,
    /// Given several times.
    Texts,
}

/// One field, as commands and pages offer it.
#[derive(Debug)]
pub struct Field {
    pub name: &'static str,
    pub help: &'static str,
    pub kind: FieldKind,
    pub is_required: bool,
}

/// The types a field may have.
pub trait FieldType {
    const KIND: FieldKind;
    const IS_REQUIRED: bool = true;
}

impl FieldType for String {
    const KIND: FieldKind = FieldKind::Text;
}

impl FieldType for u64 {
    const KIND: FieldKind = FieldKind::Number;
}

impl FieldType for Timestamp {
    const KIND: FieldKind = FieldKind::Time;
}

impl<T: FieldType> FieldType for Option<T> {
    const KIND: FieldKind = T::KIND;
    const IS_REQUIRED: bool = false;
}

impl FieldType for List {
    const KIND: FieldKind = FieldKind::Texts;
    const IS_REQUIRED: bool = false;
}

/// Texts in the order given; a field left out is an empty list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct List(pub Vec<String>);

impl<'de> Deserialize<'de> for List {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        // WHY: a missing field deserialises as an absent option, so a list may be left out.
        Ok(Self(Option::<Vec<String>>::deserialize(from)?.unwrap_or_default()))
    }
}

impl std::ops::Deref for List {
    type Target = [String];

    fn deref(&self) -> &[String] {
        &self.0
    }
}
