//! XML, event by event, and FHIR in it.
//!
//! It exists so that a document of any size is judged, and entities never unfold: none is resolved here. It keeps names of
//! open elements only.
//!
//! SPEC: XML 1.0, fifth edition; HL7 FHIR R4, XML representation.

use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader, Read};

use quick_xml::events::Event;
use quick_xml::reader::Reader;

use super::{Job, fhir};
use crate::kind::Kind;
use crate::report::Place;
use crate::rule;

/// A reader that gives so much for one event, and no more.
pub(crate) struct Fuse<R> {
    pub from: R,
    pub left: usize,
}

impl<R: BufRead> Read for Fuse<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.from.read(buffer)
    }
}

impl<R: BufRead> BufRead for Fuse<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Err(io::Error::from(io::ErrorKind::OutOfMemory));
        }
        self.from.fill_buf()
    }

    fn consume(&mut self, size: usize) {
        self.left = self.left.saturating_sub(size);
        self.from.consume(size);
    }
}

/// Judges XML.
pub fn judge(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    let memory = job.limits.memory_bytes_max;
    let mut reader = Reader::from_reader(Fuse { from: BufReader::new(from), left: memory });
    let (mut buffer, mut depth, mut elements, mut roots) = (Vec::new(), 0_usize, 0_u64, 0_u64);
    let mut members: BTreeSet<String> = BTreeSet::new();
    let mut root = String::new();
    loop {
        buffer.clear();
        reader.get_mut().left = memory;
        let place = Place::byte(reader.buffer_position());
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Eof) => break,
            Ok(Event::Start(element)) => {
                name(element.name().0, depth, &mut root, &mut members);
                roots += u64::from(depth == 0);
                (depth, elements) = (depth + 1, elements + 1);
            }
            Ok(Event::Empty(element)) => {
                name(element.name().0, depth, &mut root, &mut members);
                roots += u64::from(depth == 0);
                elements += 1;
            }
            Ok(Event::End(_)) => depth = depth.saturating_sub(1),
            Ok(Event::DocType(_)) => job.findings.add(rule::XML_DOCTYPE, place),
            Ok(Event::Text(text)) if depth == 0 => {
                let is_space =
                    text.iter().all(u8::is_ascii_whitespace) || text.starts_with(&[0xef, 0xbb, 0xbf]);
                job.findings.need(is_space, rule::XML_SYNTAX, place);
            }
            Ok(_) => {}
            Err(quick_xml::Error::Io(error)) if error.kind() == io::ErrorKind::OutOfMemory => {
                job.findings.add(rule::LIMIT_MEMORY, place);
                return Ok(());
            }
            Err(quick_xml::Error::Io(error)) => return Err(io::Error::new(error.kind(), "cannot read")),
            Err(_) => {
                job.findings.add(rule::XML_SYNTAX, Place::byte(reader.error_position()));
                return Ok(());
            }
        }
        if depth > job.limits.depth_max * 4 {
            job.findings.add(rule::LIMIT_DEPTH, place);
            return Ok(());
        }
    }
    job.findings.need(depth == 0 && roots == 1, rule::XML_SYNTAX, Place::byte(reader.buffer_position()));
    job.facts.number("elements", elements);
    if job.detected.kind == Kind::FhirXml {
        resource(job, &root, &members);
    }
    Ok(())
}

fn name(name: &[u8], depth: usize, root: &mut String, members: &mut BTreeSet<String>) {
    let local = name.rsplit(|byte| *byte == b':').next().unwrap_or_default();
    let local = String::from_utf8_lossy(local).into_owned();
    match depth {
        0 => *root = local,
        // WHY: no resource has a thousand members.
        1 if members.len() < 1_000 => {
            members.insert(local);
        }
        _ => {}
    }
}

fn resource(job: &mut Job, root: &str, members: &BTreeSet<String>) {
    job.findings.need(fhir::is_type(root), rule::FHIR_TYPE, Place::WHOLE);
    for need in fhir::required(root).split_ascii_whitespace() {
        let has = match need.strip_suffix('*') {
            Some(start) => members.iter().any(|member| member.starts_with(start)),
            None => members.contains(need),
        };
        job.findings.need(has, rule::FHIR_REQUIRED, Place::WHOLE);
    }
}
