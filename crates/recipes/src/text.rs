//! The words of a document, for search: UTF-8 of at most 1 MiB.
//!
//! It exists so that documents are found by what they say. Words are as sensitive as their document. It keeps order and
//! lines, and nothing of how they looked.

mod json;
mod markup;

use std::io::{self, Read, Write};

use formats::detect::Encoding;
use formats::rows::decoded;
use formats::{Detected, Kind, Limits};
use serde::{Deserialize, Serialize};

use self::markup::{Markup, Style};
use crate::fault;
use crate::source::{Cell, Form, Take};
use crate::step::{Counts, Passes, Stop, count};
use crate::table::pass;

/// Of what this step makes; raised when it could make other bytes of the same object.
pub(crate) const VERSION: u32 = 1;
/// WHY: two hundred thousand words; an index of words keeps no more of one document.
pub(crate) const BYTES_MAX: usize = 1 << 20;
const CHUNK_BYTES: usize = 64 << 10;

/// The words of a document; there is nothing to choose.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {}

/// How words are found.
enum Way {
    Plain,
    Markup(Style),
    Json,
    Names(Form),
    Zipped(&'static str),
    Pages,
}

fn way(detected: &Detected) -> Option<Way> {
    if let Some(form @ Form::Cells(_)) = Form::of(detected) {
        return Some(Way::Names(form));
    }
    match detected.kind {
        Kind::Text | Kind::Yaml => Some(Way::Plain),
        Kind::Html => Some(Way::Markup(Style::Page)),
        Kind::Xml | Kind::Svg => Some(Way::Markup(Style::Any)),
        Kind::FhirXml => Some(Way::Markup(Style::Fhir)),
        Kind::Json | Kind::Ndjson | Kind::GeoJson | Kind::FhirJson | Kind::FhirNdjson | Kind::Phenopacket => {
            Some(Way::Json)
        }
        Kind::Docx => Some(Way::Zipped("word/document.xml")),
        Kind::Odt => Some(Way::Zipped("content.xml")),
        Kind::Pdf => Some(Way::Pages),
        _ => None,
    }
}

pub(crate) fn applies(detected: &Detected) -> bool {
    way(detected).is_some()
}

/// Takes the words out.
pub(crate) fn make(passes: &mut Passes, to: &mut dyn Write, counts: &mut Counts) -> Result<(), Stop> {
    let (detected, kept) = passes.detect()?;
    let way = way(&detected).ok_or(fault::NOT_APPLICABLE)?;
    let mut sink = Sink::default();
    if let Way::Names(form) = &way {
        match pass(form, &detected, passes, &kept, &mut Names(&mut sink)) {
            Ok(_) | Err(Stop::Enough) => {}
            Err(stop) => return Err(stop),
        }
    } else {
        let (limits, why) = (passes.limits.clone(), passes.judge());
        let mut rest = passes.rest(&kept);
        let mut inside = formats::open(&detected, &mut rest, &limits);
        let encoding = detected.encoding.unwrap_or(Encoding::Utf8);
        read(way, encoding, &mut inside, &limits, &mut sink).map_err(|error| error.stop(&why))?;
    }
    count(counts, "cut", u64::from(sink.is_full));
    if sink.pages_unread > 0 {
        count(counts, "pages-unread", sink.pages_unread);
    }
    to.write_all(sink.text.as_bytes()).map_err(|_| Stop::Alone)
}

/// Why words are not found.
pub(crate) enum Lost {
    Read(io::Error),
    Fault(fault::Fault),
}

impl From<io::Error> for Lost {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

impl Lost {
    fn stop(self, why: &dyn Fn(&io::Error) -> Stop) -> Stop {
        match self {
            Self::Read(error) => why(&error),
            Self::Fault(fault) => fault.into(),
        }
    }
}

fn read(
    way: Way,
    encoding: Encoding,
    from: &mut dyn Read,
    limits: &Limits,
    sink: &mut Sink,
) -> Result<(), Lost> {
    match way {
        Way::Plain => pieces(&mut *decoded(from, encoding), &mut |text| sink.put(text)),
        Way::Markup(style) => marked(&mut *decoded(from, encoding), style, sink),
        Way::Json => json::read(&mut *decoded(from, encoding), sink),
        Way::Zipped(name) => {
            let bytes = held(from, limits.memory_bytes_max)?;
            let members = formats::zipped::members(&bytes).ok_or(Lost::Fault(fault::MALFORMED))?;
            let member = members.iter().find(|member| member.path == name.as_bytes());
            let text = member.and_then(formats::zipped::Member::open).ok_or(Lost::Fault(fault::MALFORMED))?;
            let text = held(&mut *{ text }, limits.memory_bytes_max)?;
            marked(&mut text.as_slice(), Style::Office, sink)
        }
        Way::Pages => {
            let bytes = held(from, limits.held_bytes_max)?;
            let read = formats::pdf::words(bytes, limits, &mut |text| sink.put(text));
            match read {
                // WHY refused: whoever looks for words must not take a scan for a document without them.
                Ok(read) if read.unread > 0 && sink.text.trim().is_empty() => {
                    Err(Lost::Fault(fault::NO_WORDS))
                }
                Ok(read) => {
                    sink.pages_unread = read.unread;
                    Ok(())
                }
                Err(rule) if rule == formats::rule::LIMIT_UNREAD => Err(Lost::Fault(fault::NO_WORDS)),
                Err(_) => Err(Lost::Fault(fault::LIMIT_MEMORY)),
            }
        }
        Way::Names(_) => Ok(()),
    }
}

/// All of it, if it is not more than may be held.
fn held(from: &mut dyn Read, bytes_max: usize) -> Result<Vec<u8>, Lost> {
    let mut bytes = Vec::new();
    from.take(bytes_max as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > bytes_max { Err(Lost::Fault(fault::LIMIT_MEMORY)) } else { Ok(bytes) }
}

fn marked(from: &mut dyn Read, style: Style, sink: &mut Sink) -> Result<(), Lost> {
    let mut markup = Markup::new(style);
    pieces(from, &mut |text| {
        markup.take(text, sink);
        !sink.is_full
    })?;
    markup.end(sink);
    Ok(())
}

/// Text in pieces, until there is no more or none is wanted; a sign that a piece breaks goes with the next.
fn pieces(from: &mut dyn Read, take: &mut dyn FnMut(&str) -> bool) -> Result<(), Lost> {
    let (mut buffer, mut rest) = (vec![0; CHUNK_BYTES], Vec::new());
    loop {
        let size = match from.read(&mut buffer) {
            Ok(size) => size,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.into()),
        };
        rest.extend_from_slice(buffer.get(..size).unwrap_or_default());
        let whole = match std::str::from_utf8(&rest) {
            Err(error) if error.error_len().is_none() && size > 0 => error.valid_up_to(),
            Ok(_) | Err(_) => rest.len(),
        };
        let wants = take(&String::from_utf8_lossy(rest.get(..whole).unwrap_or_default()));
        rest.drain(..whole);
        if size == 0 || !wants {
            return Ok(());
        }
    }
}

/// Text as it gathers, up to the bound.
#[derive(Default)]
pub(crate) struct Sink {
    text: String,
    pub is_full: bool,
    /// Pages that show something else than text.
    pages_unread: u64,
}

impl Sink {
    /// Adds text; whether more is wanted.
    pub fn put(&mut self, text: &str) -> bool {
        for sign in text.chars() {
            let sign = if sign.is_control() && sign != '\n' && sign != '\t' { ' ' } else { sign };
            if self.text.len() + sign.len_utf8() > BYTES_MAX {
                self.is_full = true;
                break;
            }
            self.text.push(sign);
        }
        !self.is_full
    }

    /// Ends a line, if one has begun.
    pub fn end_line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.put("\n");
        }
    }
}

/// Names of columns alone.
struct Names<'s>(&'s mut Sink);

impl Take for Names<'_> {
    fn column(&mut self, name: &str, is_made: bool) -> Result<(), Stop> {
        if !is_made {
            self.0.put(name);
            self.0.end_line();
        }
        Ok(())
    }

    fn row(&mut self, _: u64, _: &[Cell<'_>], _: bool) -> Result<(), Stop> {
        Err(Stop::Enough)
    }
}
