//! Alignments as text.
//!
//! It exists so that SAM is held to its specification field by field. It keeps names of sequences, never reads.
//!
//! SPEC: Sequence Alignment/Map Format Specification 1.6, 1.3 to 1.5.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

use super::Job;
use crate::input::{End, Lines};
use crate::report::Place;
use crate::rule;

/// WHY: assemblies with all scaffolds have a few hundred thousand names.
const NAMES_BYTES_MAX: usize = 128 << 20;
/// WHY: what a map and a list take for an entry beside its text.
const ENTRY_BYTES: usize = 128;
/// WHY: a read has a few dozen optional fields.
const FIELDS_MAX: usize = 10_000;

/// What the header says.
#[derive(Debug, Default)]
pub(super) struct Header {
    /// Length, and place in the header, by name.
    pub lengths: BTreeMap<String, (u64, usize)>,
    /// In the order of the header.
    pub names: Vec<String>,
    pub is_sorted: bool,
    pub read_groups: u64,
    pub programs: u64,
    lines: u64,
    names_bytes: usize,
}

/// Judges SAM.
pub fn judge(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    let mut lines = Lines::new(from, job.limits.line_bytes_max);
    let (mut header, mut records, mut mapped, mut end) = (Header::default(), 0_u64, 0_u64, End::Lf);
    let mut before: (Option<usize>, u64) = (None, 0);
    while let Some(line) = lines.next()? {
        let place = line.place();
        end = line.end;
        let Some(text) = job.text_of(&line) else { continue };
        if text.starts_with('@') && records == 0 {
            header_line(job, &mut header, text, place);
        } else if is_header(text) {
            job.findings.add(rule::SAM_HEADER_LATE, place);
        } else {
            records += 1;
            let fields: Vec<&str> = text.split('\t').take(FIELDS_MAX).collect();
            mapped += u64::from(
                fields.get(1).and_then(|flag| flag.parse::<u16>().ok()).is_some_and(|flag| flag & 4 == 0),
            );
            alignment(job, &header, &fields, place);
            if header.is_sorted {
                ordered(job, &header, &fields, &mut before, place);
            }
        }
    }
    job.findings.need(end != End::Nothing, rule::TEXT_NO_END, Place::WHOLE);
    facts(job, &header, records, mapped);
    Ok(())
}

pub(super) fn facts(job: &mut Job, header: &Header, records: u64, mapped: u64) {
    let figures = [
        ("records", records),
        ("mapped", mapped),
        ("sequences", header.lengths.len() as u64),
        ("read-groups", header.read_groups),
        ("programs", header.programs),
    ];
    figures.iter().for_each(|(name, number)| job.facts.number(name, *number));
}

fn is_header(text: &str) -> bool {
    ["@HD\t", "@SQ\t", "@RG\t", "@PG\t", "@CO\t"].iter().any(|mark| text.starts_with(mark))
}

/// Judges one line of the header.
pub(super) fn header_line(job: &mut Job, header: &mut Header, text: &str, place: Place) {
    header.lines += 1;
    let mut fields = text.split('\t');
    let mark = fields.next().unwrap_or_default();
    let is_mark = mark.len() == 3 && mark.bytes().skip(1).all(|byte| byte.is_ascii_alphabetic());
    job.findings.need(is_mark, rule::SAM_HEADER, place);
    if mark == "@CO" {
        return;
    }
    let mut tags = BTreeMap::new();
    for field in fields {
        let (tag, value) = field.split_once(':').unwrap_or((field, ""));
        let is_tag = tag.len() == 2 && tag.starts_with(|sign: char| sign.is_ascii_alphabetic());
        let is_new = tags.insert(tag, value).is_none();
        job.findings.need(is_tag && is_new && !value.is_empty(), rule::SAM_HEADER, place);
    }
    let has = |tag: &str| tags.contains_key(tag);
    match mark {
        "@HD" => {
            header.is_sorted = tags.get("SO") == Some(&"coordinate");
            job.findings.need(has("VN") && header.lines == 1, rule::SAM_HEADER, place);
        }
        "@SQ" => sequence(job, header, &tags, place),
        "@RG" => {
            header.read_groups += 1;
            if let Some(sample) = tags.get("SM") {
                job.watch.borrow_mut().field("sample", sample.as_bytes());
            }
            job.findings.need(has("ID"), rule::SAM_HEADER, place);
        }
        "@PG" => {
            header.programs += 1;
            job.findings.need(has("ID"), rule::SAM_HEADER, place);
        }
        _ => {}
    }
}

fn sequence(job: &mut Job, header: &mut Header, tags: &BTreeMap<&str, &str>, place: Place) {
    let length = tags.get("LN").and_then(|length| length.parse::<u64>().ok()).filter(|length| *length > 0);
    let name = tags.get("SN").copied().filter(|name| is_reference(name));
    let (Some(name), Some(length)) = (name, length) else {
        job.findings.add(rule::SAM_SEQUENCE, place);
        return;
    };
    header.names_bytes = header.names_bytes.saturating_add(2 * name.len() + ENTRY_BYTES);
    if header.names_bytes > NAMES_BYTES_MAX {
        job.findings.add(rule::LIMIT_MEMORY, place);
        return;
    }
    let at = header.names.len();
    header.names.push(name.to_owned());
    let is_new = header.lengths.insert(name.to_owned(), (length, at)).is_none();
    job.findings.need(is_new, rule::SAM_SEQUENCE, place);
}

/// SPEC: 1.2.1: printable, without brackets, quotes and commas; not `*` or `=` first.
fn is_reference(name: &str) -> bool {
    let is_sign = |byte: u8| byte.is_ascii_graphic() && !b"\\,\"`'()[]{}<>".contains(&byte);
    !name.is_empty() && !name.starts_with(['*', '=']) && name.bytes().all(is_sign)
}

fn alignment(job: &mut Job, header: &Header, fields: &[&str], place: Place) {
    let [name, flag, reference, pos, mapq, cigar, next, next_pos, length, bases, quality] =
        fields.get(..11).unwrap_or_default()
    else {
        job.findings.add(rule::SAM_FIELDS, place);
        return;
    };
    let is_name = (1..=254).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic());
    job.findings.need(is_name && (!name.starts_with('@')), rule::SAM_NAME, place.column(1));
    let flag = flag.parse::<u16>().ok();
    job.findings.need(flag.is_some(), rule::SAM_FLAG, place.column(2));
    let is_known = |name: &str| name == "*" || header.lengths.is_empty() || header.lengths.contains_key(name);
    job.findings.need(is_known(reference), rule::SAM_REFERENCE, place.column(3));
    job.findings.need(*next == "=" || is_known(next), rule::SAM_REFERENCE, place.column(7));
    position(job, header, reference, pos, place.column(4));
    // WHY: a mate may lie beyond what this file's header was cut to; only the read's own place is held to it.
    position(job, header, "*", next_pos, place.column(8));
    job.findings.need(mapq.parse::<u8>().is_ok(), rule::SAM_QUALITY, place.column(5));
    job.findings.need(length.parse::<i64>().is_ok(), rule::SAM_POSITION, place.column(9));
    let is_sequence =
        *bases == "*" || bases.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'=' | b'.'));
    let is_quality = *quality == "*"
        || quality.len() == bases.len() && quality.bytes().all(|byte| (b'!'..=b'~').contains(&byte));
    job.findings.need(!bases.is_empty() && is_sequence && is_quality, rule::SAM_BASES, place.column(10));
    let size = cigar_size(cigar);
    let is_as_long = *cigar == "*" || *bases == "*" || size == Some(bases.len() as u64);
    job.findings.need((*cigar == "*" || size.is_some()) && is_as_long, rule::SAM_CIGAR, place.column(6));
    tags(job, fields.get(11..).unwrap_or_default(), place);
}

fn position(job: &mut Job, header: &Header, reference: &str, pos: &str, place: Place) {
    let pos = pos.parse::<u64>().ok().filter(|pos| *pos < 1 << 40);
    // WHY: padded and long-reference files write positions beyond 2^31; the header's length bounds them.
    let is_inside = |pos: u64| header.lengths.get(reference).is_none_or(|(length, _)| pos <= *length);
    job.findings.need(pos.is_some_and(is_inside), rule::SAM_POSITION, place);
}

/// How many bases of the read a CIGAR covers, if it is one.
pub(super) fn cigar_size(cigar: &str) -> Option<u64> {
    let (mut size, mut number, mut has_digit) = (0_u64, 0_u64, false);
    for byte in cigar.bytes() {
        match byte {
            b'0'..=b'9' => {
                number = number.checked_mul(10)?.checked_add(u64::from(byte - b'0'))?;
                has_digit = true;
            }
            b'M' | b'I' | b'S' | b'=' | b'X' if has_digit => {
                size = size.checked_add(number)?;
                (number, has_digit) = (0, false);
            }
            b'D' | b'N' | b'H' | b'P' if has_digit => (number, has_digit) = (0, false),
            _ => return None,
        }
    }
    (!has_digit && !cigar.is_empty()).then_some(size)
}

fn tags(job: &mut Job, fields: &[&str], place: Place) {
    let mut seen = BTreeSet::new();
    for (at, field) in fields.iter().enumerate() {
        let place = place.column(at + 12);
        let mut parts = field.splitn(3, ':');
        let (tag, kind, value) =
            (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next());
        let mut signs = tag.bytes();
        let is_tag = tag.len() == 2
            && signs.next().is_some_and(|byte| byte.is_ascii_alphabetic())
            && signs.all(|byte| byte.is_ascii_alphanumeric());
        let is_value = value.is_some_and(|value| is_of(kind, value));
        job.findings.need(is_tag && is_value, rule::SAM_TAG, place);
        job.findings.need(seen.insert(tag), rule::SAM_TAG_DOUBLE, place);
    }
}

/// SPEC: 1.5, the table of types.
fn is_of(kind: &str, value: &str) -> bool {
    match kind {
        "A" => value.len() == 1 && value.bytes().all(|byte| byte.is_ascii_graphic()),
        "i" => value.parse::<i64>().is_ok(),
        "f" => value.parse::<f64>().is_ok(),
        "Z" => value.bytes().all(|byte| (b' '..=b'~').contains(&byte)),
        "H" => value.len().is_multiple_of(2) && value.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "B" => {
            let mut parts = value.split(',');
            let is_kind =
                parts.next().is_some_and(|kind| ["c", "C", "s", "S", "i", "I", "f"].contains(&kind));
            is_kind && parts.all(|part| part.parse::<f64>().is_ok())
        }
        _ => false,
    }
}

fn ordered(job: &mut Job, header: &Header, fields: &[&str], before: &mut (Option<usize>, u64), place: Place) {
    let (Some(reference), Some(pos)) = (fields.get(2), fields.get(3).and_then(|pos| pos.parse::<u64>().ok()))
    else {
        return;
    };
    // WHY: reads without a place come last.
    let at = header.lengths.get(*reference).map(|(_, at)| *at).or(Some(usize::MAX));
    let now = (at, pos);
    job.findings.need(*before <= now, rule::SAM_ORDER, place);
    *before = now;
}
