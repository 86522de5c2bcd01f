//! Variants as text: VCF 4.1 to 4.5, line by line.
//!
//! It exists because readers of VCF take what the specification forbids, each something else. It keeps the header and a few
//! records in memory, never the file, and never a value in what it says.
//!
//! SPEC: The Variant Call Format Specification, VCFv4.1 to VCFv4.5, samtools/hts-specs.

mod info;
mod meta;
mod record;
mod reserved;
mod sample;
mod structural;
mod value;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

use super::Job;
use crate::input::{End, Line, Lines};
use crate::report::Place;
use crate::rule;
use record::Order;

/// WHY: transcriptomes declare a few hundred thousand sequences; names of them, not essays.
const DECLARED_BYTES_MAX: usize = 64 << 20;
/// WHY: what a map takes for an entry beside its text.
const ENTRY_BYTES: usize = 64;

/// Version 4.minor. What is not told is read as 4.3.
pub(super) type Minor = u32;

/// How many values a key has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    Count(u32),
    /// One for each alternative allele; each allele; each genotype.
    A,
    R,
    G,
    /// One for each allele of the genotype.
    P,
    /// By local alleles, or by base modification: not counted here.
    Local,
    Any,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Integer,
    Float,
    Flag,
    Character,
    String,
}

/// A key as it was declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Declared {
    pub number: Number,
    pub kind: Type,
}

/// What the header says.
#[derive(Debug, Default)]
pub(super) struct Header {
    pub minor: Minor,
    pub infos: BTreeMap<String, Declared>,
    pub formats: BTreeMap<String, Declared>,
    pub filters: BTreeSet<String>,
    pub contigs: BTreeSet<String>,
    pub alts: BTreeSet<String>,
    /// Columns of the header line; none before it.
    pub columns: Option<usize>,
    declared_bytes: usize,
}

impl Header {
    /// Whether a name more may be remembered.
    fn has_room(&mut self, name: &str) -> bool {
        self.declared_bytes = self.declared_bytes.saturating_add(name.len() + ENTRY_BYTES);
        self.declared_bytes <= DECLARED_BYTES_MAX
    }
}

/// Judges a VCF file.
pub fn judge(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    let mut lines = Lines::new(from, job.limits.line_bytes_max);
    let mut header = Header { minor: 3, ..Header::default() };
    let mut order = Order::default();
    let (mut records, mut meta_lines, mut blank) = (0_u64, 0_u64, None);
    let mut last = (End::Lf, Place::WHOLE);
    while let Some(line) = lines.next()? {
        let place = line.place();
        last = (line.end, place);
        if line.is_cut {
            job.findings.add(rule::LIMIT_LINE, place);
            continue;
        }
        if let Some(blank) = blank.take() {
            job.findings.add(rule::VCF_EMPTY_LINE, blank);
        }
        let text = text(job, &line);
        if line.number == 1 {
            header.minor = fileformat(job, &text, place);
        } else if text.is_empty() {
            blank = Some(place);
        } else if let Some(body) = text.strip_prefix("##") {
            meta_lines += 1;
            meta::judge(job, &mut header, body, place);
        } else if text.starts_with('#') {
            head(job, &mut header, &text, place);
        } else if header.columns.is_none() {
            // WHY: a line that is neither meta nor header breaks the header off; each is told, few are kept.
            job.findings.add(rule::VCF_META, place);
        } else {
            records += 1;
            record::judge(job, &header, &mut order, &text, place);
        }
    }
    finish(job, &header, last);
    job.facts.number("records", records);
    job.facts.number("meta-lines", meta_lines);
    job.facts.number("sequences", order.sequences() as u64);
    Ok(())
}

/// What a BCF file needs to know of its header.
pub(super) struct Heads {
    pub contigs: usize,
    pub samples: usize,
}

/// Judges a header alone, as BCF has it.
pub(super) fn header(job: &mut Job, text: &[u8]) -> io::Result<Heads> {
    let mut from = text;
    let mut lines = Lines::new(&mut from, job.limits.line_bytes_max);
    let mut header = Header { minor: 3, ..Header::default() };
    while let Some(line) = lines.next()? {
        let place = line.place();
        let text = self::text(job, &line);
        if line.number == 1 {
            header.minor = fileformat(job, &text, place);
        } else if let Some(body) = text.strip_prefix("##") {
            meta::judge(job, &mut header, body, place);
        } else {
            head(job, &mut header, &text, place);
        }
    }
    job.findings.need(header.columns.is_some(), rule::BCF_HEADER, Place::WHOLE);
    Ok(Heads { contigs: header.contigs.len(), samples: header.columns.unwrap_or_default().saturating_sub(9) })
}

fn finish(job: &mut Job, header: &Header, (end, place): (End, Place)) {
    if place == Place::WHOLE {
        job.findings.add(rule::FILE_EMPTY, Place::WHOLE);
        return;
    }
    if end == End::Nothing {
        job.findings.add(rule::VCF_NO_END, place);
    }
    if header.columns.is_none() {
        job.findings.add(rule::VCF_HEADER_MISSING, place);
    }
    let samples = header.columns.unwrap_or_default().saturating_sub(9);
    job.facts.number("samples", samples as u64);
    job.facts.number("declared-info", header.infos.len() as u64);
    job.facts.number("declared-format", header.formats.len() as u64);
    job.facts.number("declared-contigs", header.contigs.len() as u64);
    job.facts.word("version", &format!("4.{}", header.minor));
}

fn text(job: &mut Job, line: &Line) -> String {
    if memchr::memchr(0, line.bytes).is_some() {
        job.findings.add(rule::TEXT_NUL, line.place());
    }
    match std::str::from_utf8(line.bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => {
            job.findings.add(rule::TEXT_ENCODING, line.place());
            String::from_utf8_lossy(line.bytes).into_owned()
        }
    }
}

fn fileformat(job: &mut Job, text: &str, place: Place) -> Minor {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let minor = text.strip_prefix("##fileformat=VCFv4.").and_then(|rest| rest.parse::<u32>().ok());
    match minor.filter(|minor| (1..=5).contains(minor)) {
        Some(minor) => minor,
        None => {
            job.findings.add(rule::VCF_FILEFORMAT, place);
            3
        }
    }
}

/// The header line: fixed names, and samples once each.
fn head(job: &mut Job, header: &mut Header, text: &str, place: Place) {
    const FIXED: [&str; 8] = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO"];
    if header.columns.is_some() {
        job.findings.add(rule::VCF_HEADER, place);
        return;
    }
    let names: Vec<&str> = text.split('\t').collect();
    header.columns = Some(names.len());
    for (at, name) in FIXED.iter().enumerate() {
        if names.get(at) != Some(name) {
            job.findings.add(rule::VCF_HEADER, place.column(at + 1));
        }
    }
    let has_format = names.get(8).is_none_or(|name| *name == "FORMAT");
    if !has_format || names.len() == 9 {
        job.findings.add(rule::VCF_HEADER, place.column(9));
    }
    let mut seen = BTreeSet::new();
    for (at, name) in names.iter().enumerate().skip(9) {
        job.watch.borrow_mut().field("sample", name.as_bytes());
        if name.is_empty() || !seen.insert(name) {
            job.findings.add(rule::VCF_HEADER, place.column(at + 1));
        }
    }
}
