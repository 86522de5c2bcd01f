//! Records: the eight fixed columns, and the order of records.
//!
//! It exists apart from the header, which is read before.
//!
//! SPEC: VCFv4.3, 1.6.1.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Job;
use super::{Header, Minor, info, meta, sample, structural, value};
use crate::report::Place;
use crate::rule;

/// WHY: so much of names is kept; a file with more is not asked whether each sequence stands together.
const SEQUENCES_BYTES_MAX: usize = 32 << 20;
/// WHY: variants are remembered while later records may still be the same one: as long as REF, and no more than this.
const NEAR_BYTES_MAX: usize = 16 << 20;
/// WHY: what a set takes for an entry beside its text.
const ENTRY_BYTES: usize = 64;

/// One record's columns.
pub(super) struct Record<'a> {
    pub pos: Option<u64>,
    pub reference: &'a str,
    pub alternatives: Vec<&'a str>,
    pub info: &'a str,
    pub format: Option<&'a str>,
    pub samples: &'a [&'a str],
}

/// What came before: sequences that are done, the last position, variants near it.
#[derive(Debug, Default)]
pub(super) struct Order {
    done: BTreeSet<String>,
    now: Option<String>,
    pos: u64,
    near: BTreeMap<u64, BTreeSet<(String, String)>>,
    near_bytes: usize,
    done_bytes: usize,
}

impl Order {
    pub fn sequences(&self) -> usize {
        self.done.len() + usize::from(self.now.is_some())
    }
}

/// Judges one record.
pub fn judge(job: &mut Job, header: &Header, order: &mut Order, text: &str, place: Place) {
    let count = memchr::memchr_iter(b'\t', text.as_bytes()).count() + 1;
    if header.columns != Some(count) {
        job.findings.add(rule::VCF_COLUMNS, place);
    }
    // WHY: a line of tabs alone would be a list far larger than the line.
    let fields: Vec<&str> = text.split('\t').take(header.columns.unwrap_or_default().max(8)).collect();
    let [chrom, pos, id, reference, alt, qual, filter, info_field] = fields.get(..8).unwrap_or_default()
    else {
        return;
    };
    let record = Record {
        pos: pos.parse().ok().filter(|_| pos.bytes().all(|byte| byte.is_ascii_digit())),
        reference,
        alternatives: if *alt == "." { Vec::new() } else { alt.split(',').collect() },
        info: info_field,
        format: fields.get(8).copied(),
        samples: fields.get(9..).unwrap_or_default(),
    };
    let spaced = |field: &&str| field.contains(' ');
    let is_spaced =
        [chrom, pos, id, reference, alt, qual].into_iter().any(spaced) || header.minor < 3 && spaced(filter);
    job.findings.need(!is_spaced, rule::VCF_SPACE, place);
    job.findings.need(is_place(chrom, header.minor), rule::VCF_CHROM, place.column(1));
    job.findings.need(record.pos.is_some(), rule::VCF_POS, place.column(2));
    job.findings.need(*id == "." || is_distinct(id), rule::VCF_ID, place.column(3));
    job.findings.need(is_bases(reference), rule::VCF_REF, place.column(4));
    alternatives(job, header, &record, place);
    let is_qual = *qual == "." || value::is_float(qual) && !value::is_negative(qual);
    job.findings.need(is_qual, rule::VCF_QUAL, place.column(6));
    filters(job, header, filter, place);
    ordered(job, header, order, chrom, &record, place);
    let keys = info::judge(job, header, &record, place);
    if header.minor >= 4 {
        structural::judge(job, &record, &keys, place);
    }
    sample::judge(job, header, &record, place);
}

/// CHROM: a sequence's name, or a contig of an assembly file in brackets.
fn is_place(chrom: &str, minor: Minor) -> bool {
    let bracketed = chrom.strip_prefix('<').and_then(|chrom| chrom.strip_suffix('>'));
    is_sequence(bracketed.unwrap_or(chrom), minor)
}

/// SPEC: VCFv4.3, 1.4.7: `[0-9A-Za-z!#$%&+./:;?@^_|~-][0-9A-Za-z!#$%&*+./:;=?@^_|~-]*`; before, no space, comma or bracket.
pub fn is_sequence(name: &str, minor: Minor) -> bool {
    if minor < 3 {
        return !name.is_empty() && !name.contains([' ', ',', '<', '>']);
    }
    let is_sign = |sign: char| sign.is_ascii_alphanumeric() || "!#$%&+./:;?@^_|~-".contains(sign);
    let mut signs = name.chars();
    signs.next().is_some_and(is_sign) && signs.all(|sign| is_sign(sign) || "*=".contains(sign))
}

/// Names between semicolons, none empty, none twice.
fn is_distinct(field: &str) -> bool {
    let mut seen = BTreeSet::new();
    field.split(';').all(|name| !name.is_empty() && seen.insert(name))
}

pub fn is_bases(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| b"ACGTNacgtn".contains(&byte))
}

fn alternatives(job: &mut Job, header: &Header, record: &Record, place: Place) {
    let place = place.column(5);
    let mut seen = BTreeSet::new();
    for alternative in &record.alternatives {
        let is_one = is_alternative(alternative, header.minor);
        job.findings.need(is_one, rule::VCF_ALT, place);
        if is_bases(alternative) {
            let upper = alternative.to_ascii_uppercase();
            let is_other = !upper.eq_ignore_ascii_case(record.reference) && seen.insert(upper);
            job.findings.need(is_other, rule::VCF_ALT_SAME, place);
        }
    }
}

fn is_alternative(text: &str, minor: Minor) -> bool {
    if text == "*" || is_bases(text) {
        return true;
    }
    if let Some(symbol) = text.strip_prefix('<').and_then(|text| text.strip_suffix('>')) {
        let is_plain = !symbol.is_empty() && !symbol.contains(['<', '>', ' ', ',']);
        // WHY: before 4.3 every symbol that is declared may stand; only parts of unknown types may not.
        return is_plain && (meta::is_symbol(symbol, minor) || minor < 3 && !symbol.contains(':'));
    }
    let single = text.strip_prefix('.').or_else(|| text.strip_suffix('.'));
    single.is_some_and(is_bases) || is_breakend(text)
}

/// SPEC: VCFv4.3, 5.4: `t[p[`, `t]p]`, `]p]t`, `[p[t`.
fn is_breakend(text: &str) -> bool {
    let Some(sign) = text.chars().find(|sign| matches!(sign, '[' | ']')) else { return false };
    let parts: Vec<&str> = text.split(sign).collect();
    let [before, mate, after] = parts.as_slice() else { return false };
    let (name, pos) = mate.rsplit_once(':').unwrap_or((mate, ""));
    let is_mate =
        !name.is_empty() && (pos.parse::<u64>().is_ok() || mate.starts_with('<') && mate.ends_with('>'));
    let is_one_sided = before.is_empty() != after.is_empty();
    let bases = if before.is_empty() { after } else { before };
    is_one_sided && is_mate && (is_bases(bases) || *bases == ".")
}

fn filters(job: &mut Job, header: &Header, filter: &str, place: Place) {
    let place = place.column(7);
    if filter == "." || filter == "PASS" {
        return;
    }
    let is_name = |name: &str| !name.is_empty() && name != "." && name != "0" && !name.contains([' ', ',']);
    let is_one = is_distinct(filter) && filter.split(';').all(is_name);
    job.findings.need(is_one, rule::VCF_FILTER, place);
    let is_declared = filter.split(';').all(|name| name == "PASS" || header.filters.contains(name));
    job.findings.need(!is_one || is_declared, rule::VCF_FILTER_DECLARED, place);
}

/// Sequences stand together, positions do not go back, no variant comes twice.
fn ordered(job: &mut Job, header: &Header, order: &mut Order, chrom: &str, record: &Record, place: Place) {
    let name = chrom.trim_matches(['<', '>']);
    if order.now.as_deref() != Some(name) {
        if let Some(done) = order.now.take().filter(|_| order.done_bytes < SEQUENCES_BYTES_MAX) {
            order.done_bytes += done.len() + ENTRY_BYTES;
            order.done.insert(done);
        }
        job.findings.need(!order.done.contains(name), rule::VCF_CHROM_APART, place.column(1));
        job.findings.need(
            header.contigs.is_empty() || header.contigs.contains(name),
            rule::VCF_CONTIG_DECLARED,
            place.column(1),
        );
        order.now = Some(name.to_owned());
        order.pos = 0;
        order.near.clear();
        order.near_bytes = 0;
    }
    let Some(pos) = record.pos else { return };
    if pos < order.pos {
        job.findings.add(rule::VCF_POS_ORDER, place.column(2));
        return;
    }
    order.pos = pos;
    while order.near.first_key_value().is_some_and(|(near, _)| *near < pos) {
        let gone = order.near.pop_first().map_or(0, |(_, variants)| variants.iter().map(size).sum());
        order.near_bytes = order.near_bytes.saturating_sub(gone);
    }
    for alternative in record.alternatives.iter().filter(|alternative| is_bases(alternative)) {
        let (at, reference, alternative) = shortest(pos, record.reference, alternative);
        let variant = (reference, alternative);
        if order.near_bytes.saturating_add(size(&variant)) > NEAR_BYTES_MAX {
            return;
        }
        let bytes = size(&variant);
        let is_new = order.near.entry(at).or_default().insert(variant);
        order.near_bytes += if is_new { bytes } else { 0 };
        job.findings.need(is_new, rule::VCF_DOUBLE, place);
    }
}

/// What a variant takes in memory.
fn size((reference, alternative): &(String, String)) -> usize {
    reference.len() + alternative.len() + ENTRY_BYTES
}

/// A variant without the bases that both alleles share at their ends.
fn shortest(pos: u64, reference: &str, alternative: &str) -> (u64, String, String) {
    let (reference, alternative) = (reference.to_ascii_uppercase(), alternative.to_ascii_uppercase());
    let (a, b) = (reference.as_bytes(), alternative.as_bytes());
    let behind = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    let (a, b) =
        (a.get(..a.len() - behind).unwrap_or_default(), b.get(..b.len() - behind).unwrap_or_default());
    let before = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let rest = |bases: &[u8]| String::from_utf8_lossy(bases.get(before..).unwrap_or_default()).into_owned();
    (pos.saturating_add(before as u64), rest(a), rest(b))
}
