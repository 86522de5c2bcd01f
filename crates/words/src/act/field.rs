//! The fields of an act: few kinds, so that a form, a command and a JSON body agree.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Secret, Timestamp};

/// What may be written in a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    Text,
    Number,
    Time,
    /// Given several times.
    Texts,
    /// Seen by nobody: commands ask for it, pages hide it, and no record holds it.
    Hidden,
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

impl FieldType for Hidden {
    const KIND: FieldKind = FieldKind::Hidden;
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

/// A text that goes into the act and nowhere else: written out, it is not there.
#[derive(Debug, Clone)]
pub struct Hidden(Secret<String>);

impl Hidden {
    pub const fn new(text: String) -> Self {
        Self(Secret::new(text))
    }

    pub const fn expose(&self) -> &String {
        self.0.expose()
    }
}

impl Serialize for Hidden {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str("[..]")
    }
}

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        // WHY not the parser's own words: they might tell a part of it again.
        let text =
            String::deserialize(from).map_err(|_| serde::de::Error::custom("a hidden field is a text"))?;
        Ok(Self::new(text))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_written_nowhere() {
        let hidden: Hidden = serde_json::from_str("\"planted\"").unwrap();
        assert_eq!(hidden.expose(), "planted");
        assert!(!format!("{hidden:?} {}", serde_json::to_string(&hidden).unwrap()).contains("planted"));
        let refused = serde_json::from_str::<Hidden>("12345678").unwrap_err();
        assert!(!refused.to_string().contains("1234"), "{refused}");
    }
}
