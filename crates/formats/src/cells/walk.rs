//! XML of office documents: elements as they begin and end, and the text between them.
//!
//! It exists so that readers of it see names without prefixes and text without entities. It keeps one event, and goes into
//! nothing by recursion.

use std::io::{BufReader, Read};

use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use crate::limits::Limits;
use crate::rule::{self, Rule};
use crate::validate::xml::Fuse;
use crate::zipped::Member;

/// WHY: a sheet of a million rows and a hundred columns has some gigabytes of XML; a minute reads them.
const XML_BYTES_MAX: u64 = 8 << 30;

/// What comes next.
pub enum Part<'e> {
    Begin(&'e [u8], &'e BytesStart<'e>),
    End(&'e [u8]),
    Text(&'e str),
}

/// The value of an attribute.
pub fn attribute(element: &BytesStart, name: &str) -> Option<String> {
    let found = element
        .attributes()
        .flatten()
        .find(|attribute| attribute.key.local_name().as_ref() == name.as_bytes())?;
    let value = String::from_utf8_lossy(&found.value).into_owned();
    Some(quick_xml::escape::unescape(&value).map(|value| value.into_owned()).unwrap_or(value))
}

/// Goes through one member.
pub fn walk(
    member: &Member,
    limits: &Limits,
    each: &mut dyn FnMut(Part) -> Result<(), Rule>,
) -> Result<(), Rule> {
    let from = member.open().ok_or(rule::LIMIT_UNREAD)?.take(XML_BYTES_MAX);
    let memory = limits.memory_bytes_max;
    let mut reader = Reader::from_reader(Fuse { from: BufReader::new(from), left: memory });
    reader.config_mut().expand_empty_elements = true;
    let (mut buffer, mut depth) = (Vec::new(), 0_usize);
    loop {
        buffer.clear();
        reader.get_mut().left = memory;
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(element)) => {
                depth += 1;
                if depth > limits.depth_max {
                    return Err(rule::LIMIT_DEPTH);
                }
                each(Part::Begin(element.local_name().as_ref(), &element))?;
            }
            Ok(Event::End(element)) => {
                depth = depth.saturating_sub(1);
                each(Part::End(element.local_name().as_ref()))?;
            }
            Ok(Event::Text(text)) => each(Part::Text(&String::from_utf8_lossy(&text)))?,
            Ok(Event::CData(text)) => each(Part::Text(&String::from_utf8_lossy(&text)))?,
            Ok(Event::GeneralRef(name)) => {
                let sign = name.resolve_char_ref().ok().flatten().or(match &*name {
                    b"amp" => Some('&'),
                    b"lt" => Some('<'),
                    b"gt" => Some('>'),
                    b"quot" => Some('"'),
                    b"apos" => Some('\''),
                    _ => None,
                });
                each(Part::Text(sign.unwrap_or(' ').encode_utf8(&mut [0; 4])))?;
            }
            Ok(Event::Eof) if reader.buffer_position() >= XML_BYTES_MAX => return Err(rule::LIMIT_MEMORY),
            Ok(Event::Eof) => return if depth == 0 { Ok(()) } else { Err(rule::XML_SYNTAX) },
            Ok(_) => {}
            Err(quick_xml::Error::Io(error)) if error.kind() == std::io::ErrorKind::OutOfMemory => {
                return Err(rule::LIMIT_MEMORY);
            }
            Err(_) => return Err(rule::XML_SYNTAX),
        }
    }
}
