//! What bytes are, from their beginning: a name is never asked for.
//!
//! It exists because people drop files whose names say nothing or lie. It never fails: what it does not know is `Unknown`,
//! with what can be said. It reads a bounded head, never the file.

mod binary;
mod clinical;
mod genome;
mod magic;
mod markup;
mod table;
mod text;
mod zipped;

use std::collections::BTreeMap;
use std::io::{self, Read};

use serde::{Deserialize, Serialize};

use crate::input::fill;
use crate::kind::Kind;
use crate::report::WORD_BYTES_MAX;
use crate::unpack::{self, Layer};
use crate::word;

/// WHY: a block of BGZF, the longest header of a table with thousands of columns, a tar's first entries; read in one go.
pub const HEAD_BYTES: usize = 64 << 10;
/// WHY: what packs ten to one still shows a few lines of a wide file.
const INSIDE_BYTES_MAX: usize = 512 << 10;
/// WHY: a block of bzip2 gives nothing before it is whole, and has up to 900 kB.
const BZIP2_HEAD_BYTES: usize = 1 << 20;
/// WHY: a version, a class, a schema; more is content.
const DETAILS_MAX: usize = 32;

/// How sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// By what the content looks like; another reader may see it otherwise.
    Likely,
    /// By several signs that only this kind has together.
    Strong,
    /// By the mark that the format prescribes.
    Certain,
}

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    Ascii,
    Utf8,
    /// With a byte order mark.
    Utf8Mark,
    Latin1,
    Utf16Le,
    Utf16Be,
}

/// How a table of text is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialect {
    pub delimiter: char,
    /// `None` where no field is quoted.
    pub quote: Option<char>,
    pub has_header: bool,
    /// `1,5` is one and a half.
    pub has_decimal_comma: bool,
    pub encoding: Encoding,
    /// Lines before the table that are comments.
    pub preamble_lines: usize,
    /// As the first rows have them.
    pub columns: usize,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Detected {
    pub kind: Kind,
    /// What it is packed in, outermost first.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub layers: Vec<Layer>,
    pub confidence: Confidence,
    /// One sentence for people, without anything from the file.
    pub why: String,
    /// Of tables of text.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub dialect: Option<Dialect>,
    /// Of texts.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub encoding: Option<Encoding>,
    /// Versions and names of schemas, bounded and on one line each.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub details: BTreeMap<String, String>,
}

impl Detected {
    fn new(kind: Kind, confidence: Confidence, why: &str) -> Self {
        Self {
            kind,
            layers: Vec::new(),
            confidence,
            why: why.to_owned(),
            dialect: None,
            encoding: None,
            details: BTreeMap::new(),
        }
    }

    fn certain(kind: Kind, why: &str) -> Self {
        Self::new(kind, Confidence::Certain, why)
    }

    fn strong(kind: Kind, why: &str) -> Self {
        Self::new(kind, Confidence::Strong, why)
    }

    fn likely(kind: Kind, why: &str) -> Self {
        Self::new(kind, Confidence::Likely, why)
    }

    /// Adds a word, if it is one that may be told.
    fn with(mut self, name: &str, word: &str) -> Self {
        if let Some(told) = word::told(name, word.trim()).filter(|_| self.details.len() < DETAILS_MAX) {
            self.details.insert(name.to_owned(), told);
        }
        self
    }

    /// Whether what is bounded is; asked of what another process says.
    pub fn is_bounded(&self) -> bool {
        let are_details =
            self.details.iter().all(|(name, word)| word::told(name, word).as_ref() == Some(word));
        self.layers.len() <= unpack::LAYERS_MAX
            && self.details.len() <= DETAILS_MAX
            && are_details
            && self.why.len() <= WORD_BYTES_MAX
    }

    /// The kind and its layers, as `vcf+bgzf`.
    pub fn code(&self) -> String {
        let layers = self.layers.iter().map(|layer| format!("+{}", layer.code()));
        format!("{}{}", self.kind.code(), layers.collect::<String>())
    }
}

/// The beginning of a file, as detectors see it.
#[derive(Clone, Copy)]
pub(crate) struct Head<'a> {
    pub bytes: &'a [u8],
    /// Whether it is all there is.
    pub is_whole: bool,
}

impl Head<'_> {
    fn starts(&self, magic: &[u8]) -> bool {
        self.bytes.starts_with(magic)
    }

    fn has(&self, at: usize, magic: &[u8]) -> bool {
        self.bytes.get(at..).is_some_and(|rest| rest.starts_with(magic))
    }

    /// Whether the bytes are somewhere in it.
    fn holds(&self, words: &[u8]) -> bool {
        memchr::memmem::find(self.bytes, words).is_some()
    }
}

/// What a reader gives: takes [`HEAD_BYTES`] of it at most, of bzip2 a megabyte.
pub fn detect(from: &mut dyn Read) -> io::Result<Detected> {
    let mut head = vec![0; HEAD_BYTES + 1];
    let mut size = fill(from, &mut head)?;
    let mut is_whole = size <= HEAD_BYTES;
    if !is_whole && Layer::of(&head) == Some(Layer::Bzip2) {
        head.resize(BZIP2_HEAD_BYTES + 1, 0);
        size += fill(from, head.get_mut(size..).unwrap_or_default())?;
        is_whole = size <= BZIP2_HEAD_BYTES;
    }
    head.truncate(size);
    Ok(detect_bytes(&head, is_whole))
}

/// What these first bytes of a file are; `is_whole` if they are all of it.
pub fn detect_bytes(head: &[u8], is_whole: bool) -> Detected {
    let mut layers = Vec::new();
    let mut now = (head.to_vec(), is_whole);
    let mut found = look(Head { bytes: &now.0, is_whole: now.1 });
    while layers.len() < unpack::LAYERS_MAX {
        // WHY: a packed index or table is what it holds; only where nothing is known inside, packing is all there is to say.
        let Some(layer) = Layer::of(&now.0).filter(|_| is_packing(found.kind)) else { break };
        let (inside, is_whole) = unpack::head(layer, &now.0, INSIDE_BYTES_MAX);
        if inside.is_empty() {
            break;
        }
        layers.push(layer);
        now = (inside, is_whole);
        let head = Head { bytes: &now.0, is_whole: now.1 };
        found = text::decode(head).and_then(|text| genome::crai(&text.lines())).unwrap_or_else(|| look(head));
    }
    if layers.is_empty() || found.kind != Kind::Unknown {
        found.layers = layers;
        return found;
    }
    let mut packed = look(Head { bytes: head, is_whole });
    packed.why.push_str("; what is inside was not recognised");
    packed
}

fn is_packing(kind: Kind) -> bool {
    matches!(kind, Kind::Gzip | Kind::Zlib | Kind::Bzip2 | Kind::Zstd)
}

/// One layer.
fn look(head: Head) -> Detected {
    if head.bytes.is_empty() {
        return Detected::certain(Kind::Empty, "there are no bytes");
    }
    magic::find(head)
        .or_else(|| zipped::find(head))
        .or_else(|| genome::binary(head))
        .or_else(|| binary::find(head))
        .or_else(|| text::find(head))
        .unwrap_or_else(|| unknown(head))
}

/// What can be said of bytes that nothing claims.
fn unknown(head: Head) -> Detected {
    let bits = entropy_bits(head.bytes);
    let why = match bits {
        8.. => "no known mark; the bytes look random: sealed or packed",
        0..=1 => "no known mark; nearly all bytes are the same",
        _ => "no known mark, and no text",
    };
    Detected::likely(Kind::Unknown, why).with("entropy-bits", &bits.to_string())
}

/// Shannon's entropy of bytes, rounded to whole bits.
fn entropy_bits(bytes: &[u8]) -> u32 {
    let mut counts = [0_u32; 256];
    bytes.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    let all = bytes.len() as f64;
    let shares = counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / all);
    shares.map(|share| -share * share.log2()).sum::<f64>().round() as u32
}
