//! The few answers of S3 that we read ourselves: flat records and what stands beside them.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, Event};

/// WHY: S3's lists nest four deep.
const DEPTH_MAX: usize = 16;
/// WHY: a page has a thousand records of some dozen fields.
const FIELDS_MAX: usize = 64;

/// Names and texts of the elements that hold text.
pub(super) type Record = BTreeMap<String, String>;

/// An answer that is not what S3 says.
#[derive(Debug, thiserror::Error)]
#[error("the store answered something that is no answer")]
pub struct Malformed;

/// The records named so, in order, and what stands outside them.
pub(super) fn read(bytes: &[u8], record: &str) -> Result<(Vec<Record>, Record), Malformed> {
    let mut reader = Reader::from_reader(bytes);
    let mut walk = Walk {
        record,
        path: Vec::new(),
        text: String::new(),
        records: Vec::new(),
        beside: Record::new(),
        open: None,
    };
    loop {
        match reader.read_event().map_err(|_| Malformed)? {
            Event::Start(start) => walk.start(text(start.local_name().as_ref())?)?,
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Text(part) => walk.text.push_str(&part.decode().map_err(|_| Malformed)?),
            Event::CData(part) => walk.text.push_str(&text(&part)?),
            Event::GeneralRef(part) => walk.text.push_str(&reference(&part)?),
            Event::End(_) => walk.end()?,
            // WHY refused: S3 has none, and entities of one's own are how parsers are attacked.
            Event::DocType(_) => return Err(Malformed),
            Event::Eof => break,
        }
    }
    match walk.path.is_empty() {
        true => Ok((walk.records, walk.beside)),
        false => Err(Malformed),
    }
}

fn text(bytes: &[u8]) -> Result<String, Malformed> {
    String::from_utf8(bytes.to_vec()).map_err(|_| Malformed)
}

fn reference(part: &BytesRef<'_>) -> Result<String, Malformed> {
    if let Some(one) = part.resolve_char_ref().map_err(|_| Malformed)? {
        return Ok(one.to_string());
    }
    let name = part.decode().map_err(|_| Malformed)?;
    resolve_predefined_entity(&name).map(str::to_owned).ok_or(Malformed)
}

struct Walk<'a> {
    record: &'a str,
    path: Vec<String>,
    text: String,
    records: Vec<Record>,
    beside: Record,
    /// The record that is being read, and how deep it began.
    open: Option<(usize, Record)>,
}

impl Walk<'_> {
    fn start(&mut self, name: String) -> Result<(), Malformed> {
        if self.path.len() >= DEPTH_MAX {
            return Err(Malformed);
        }
        if self.open.is_none() && name == self.record {
            self.open = Some((self.path.len(), Record::new()));
        }
        self.path.push(name);
        self.text.clear();
        Ok(())
    }

    fn end(&mut self) -> Result<(), Malformed> {
        let name = self.path.pop().ok_or(Malformed)?;
        let depth = self.path.len();
        if let Some((_, record)) = self.open.take_if(|(began, _)| *began == depth) {
            self.records.push(record);
        } else {
            let into = self.open.as_mut().map_or(&mut self.beside, |(_, record)| record);
            if into.len() < FIELDS_MAX {
                // WHY the first: what holds others ends after them, with no text of its own.
                into.entry(name).or_insert(std::mem::take(&mut self.text));
            }
        }
        self.text.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_and_what_stands_beside_them() {
        let page = b"<?xml version=\"1.0\"?><L xmlns=\"x\"><Token>a&amp;b&#33;</Token><Contents><Key>k/1</Key>\
            <Owner><ID>me</ID></Owner></Contents><Contents><Key>k/2</Key><ETag>&quot;e&quot;</ETag></Contents></L>";
        let (records, beside) = read(page, "Contents").unwrap();
        assert_eq!(beside["Token"], "a&b!");
        assert_eq!(records.len(), 2);
        assert_eq!((records[0]["Key"].as_str(), records[0]["ID"].as_str()), ("k/1", "me"));
        assert_eq!(records[1]["ETag"], "\"e\"");
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        for bytes in [
            &b"<a><b></a>"[..],
            b"<a>",
            b"<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
            b"<a>&unknown;</a>",
            b"<a>\xff</a>",
        ] {
            assert!(read(bytes, "Contents").is_err(), "{}", String::from_utf8_lossy(bytes));
        }
        assert!(read("<a>".repeat(40).as_bytes(), "").is_err());
    }
}
