//! What people wrote, in one language or two.
//!
//! It exists so that a text is there when it is asked for, and holds only what every form of a catalogue can carry. It
//! never translates, shortens or reads one.

use std::fmt;

/// There is nothing in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a text is empty")]
pub struct TextError;

/// A language that texts are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    Italian,
    English,
}

impl Language {
    /// SPEC: BCP 47.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Italian => "it",
            Self::English => "en",
        }
    }
}

/// A text in Italian, in English, or in both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text {
    it: Option<String>,
    en: Option<String>,
}

impl Text {
    /// Takes both; an empty one is not there, and one of them must be.
    pub fn new(it: &str, en: &str) -> Result<Self, TextError> {
        let text = Self { it: clean(it), en: clean(en) };
        if text.it.is_none() && text.en.is_none() { Err(TextError) } else { Ok(text) }
    }

    /// Each language that is there.
    pub fn spoken(&self) -> impl Iterator<Item = (Language, &str)> {
        let both = [(Language::Italian, &self.it), (Language::English, &self.en)];
        both.into_iter().filter_map(|(language, text)| Some((language, text.as_deref()?)))
    }

    /// English if it is there, else Italian.
    pub fn widely(&self) -> &str {
        self.en.as_deref().or(self.it.as_deref()).unwrap_or_default()
    }

    /// The Italian, where `widely` is the English.
    pub fn other(&self) -> Option<&str> {
        self.en.as_ref().and(self.it.as_deref())
    }
}

/// A text of no language: a name, an identifier.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label(String);

impl Label {
    pub fn new(text: &str) -> Result<Self, TextError> {
        clean(text).map(Self).ok_or(TextError)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Takes white space off both ends, and what no XML can hold out.
///
/// SPEC: XML 1.0, 2.2 (Char), to which `xsd:string` and so every literal of RDF is bound. WHY: a catalogue that turns our
/// graph into RDF/XML would stop at one such character, and with it all our cards.
fn clean(text: &str) -> Option<String> {
    let is_char = |sign: char| match sign {
        '\t' | '\n' | '\r' => true,
        '\u{FFFE}' | '\u{FFFF}' => false,
        other => other >= ' ',
    };
    let text: String = text.chars().map(|sign| if is_char(sign) { sign } else { '\u{FFFD}' }).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
