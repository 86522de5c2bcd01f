//! Reads and sequences: FASTQ, FASTA, and bare bases.
//!
//! It exists so that a truncated or mixed-up run is found before anybody aligns it. It keeps four lines, and hashes of names.
//!
//! SPEC: Cock et al., NAR 2010, 38(6) 1767 (FASTQ); NCBI's FASTA; IUPAC-IUB 1984.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};
use std::io::{self, Read};

use super::Job;
use crate::input::{End, Lines};
use crate::report::Place;
use crate::rule;

/// WHY: 8 bytes each and a set around them; genomes have thousands of sequences, metagenomes a million.
const NAMES_MAX: usize = 2_000_000;

fn is_base(byte: u8) -> bool {
    matches!(
        byte.to_ascii_uppercase(),
        b'A' | b'C'
            | b'G'
            | b'T'
            | b'U'
            | b'N'
            | b'R'
            | b'Y'
            | b'S'
            | b'W'
            | b'K'
            | b'M'
            | b'B'
            | b'D'
            | b'H'
            | b'V'
            | b'.'
            | b'-'
            | b'*'
    )
}

/// What a FASTQ file was found to be.
#[derive(Debug, Default)]
struct Reads {
    records: u64,
    bases: u64,
    shortest: Option<u64>,
    longest: u64,
    quality_min: Option<u8>,
    quality_max: u8,
    /// Whether names say first or second of a pair.
    first: u64,
    second: u64,
    name: Vec<u8>,
    bases_now: u64,
}

/// Judges FASTQ: four lines a record.
pub fn fastq(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    let mut lines = Lines::new(from, job.limits.line_bytes_max);
    let (mut reads, mut at) = (Reads::default(), 0_u64);
    let mut last = (End::Lf, Place::WHOLE);
    while let Some(line) = lines.next()? {
        let place = line.place();
        last = (line.end, place);
        if line.is_cut {
            job.findings.add(rule::LIMIT_LINE, place);
        }
        // WHY: an empty line at the end is no record; between records it shifts all that follows.
        if at == 0 && line.bytes.is_empty() {
            at = 10;
            continue;
        }
        if at >= 10 {
            job.findings.add(rule::FASTQ_NAME, place);
            at = 0;
        }
        match at {
            0 => name(job, &mut reads, line.bytes, place),
            1 => bases(job, &mut reads, line.bytes, place),
            2 => plus(job, &reads, line.bytes, place),
            _ => quality(job, &mut reads, line.bytes, place),
        }
        at = (at + 1) % 4;
    }
    job.findings.need(at == 0 || at >= 10, rule::FASTQ_CUT, last.1);
    job.findings.need(last.0 != End::Nothing, rule::TEXT_NO_END, last.1);
    job.findings.need(reads.records > 0, rule::FILE_EMPTY, Place::WHOLE);
    let facts = [
        ("reads", reads.records),
        ("bases", reads.bases),
        ("read-length-min", reads.shortest.unwrap_or_default()),
        ("read-length-max", reads.longest),
        ("quality-min", u64::from(reads.quality_min.unwrap_or(b'!') - b'!')),
        ("quality-max", u64::from(reads.quality_max.saturating_sub(b'!'))),
        ("first-of-pair", reads.first),
        ("second-of-pair", reads.second),
    ];
    facts.iter().for_each(|(name, number)| job.facts.number(name, *number));
    Ok(())
}

fn name(job: &mut Job, reads: &mut Reads, line: &[u8], place: Place) {
    let name = line.strip_prefix(b"@").unwrap_or_default();
    job.findings.need(!name.is_empty() && name.first() != Some(&b' '), rule::FASTQ_NAME, place);
    reads.records += 1;
    reads.name.clear();
    reads.name.extend_from_slice(name);
    let mut words = name.split(|byte| *byte == b' ');
    let (first, rest) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    match (
        first.ends_with(b"/1") || rest.starts_with(b"1:"),
        first.ends_with(b"/2") || rest.starts_with(b"2:"),
    ) {
        (true, _) => reads.first += 1,
        (_, true) => reads.second += 1,
        _ => {}
    }
}

fn bases(job: &mut Job, reads: &mut Reads, line: &[u8], place: Place) {
    job.findings.need(line.iter().all(|byte| is_base(*byte)), rule::FASTQ_BASES, place);
    job.findings.need(!line.is_empty(), rule::FASTQ_EMPTY, place);
    reads.bases_now = line.len() as u64;
    reads.bases += reads.bases_now;
    reads.longest = reads.longest.max(reads.bases_now);
    reads.shortest = Some(reads.shortest.map_or(reads.bases_now, |shortest| shortest.min(reads.bases_now)));
}

fn plus(job: &mut Job, reads: &Reads, line: &[u8], place: Place) {
    let rest = line.strip_prefix(b"+");
    job.findings.need(rest.is_some(), rule::FASTQ_PLUS, place);
    let is_same = rest.is_none_or(|rest| rest.is_empty() || rest == reads.name.as_slice());
    job.findings.need(is_same, rule::FASTQ_PLUS_NAME, place);
}

fn quality(job: &mut Job, reads: &mut Reads, line: &[u8], place: Place) {
    job.findings.need(line.len() as u64 == reads.bases_now, rule::FASTQ_LENGTH, place);
    let (min, max) = line.iter().fold((u8::MAX, 0), |(min, max), byte| (min.min(*byte), max.max(*byte)));
    if line.is_empty() {
        return;
    }
    let is_printable = min >= b'!' && max <= b'~';
    job.findings.need(is_printable, rule::FASTQ_QUALITY, place);
    if is_printable {
        reads.quality_min = Some(reads.quality_min.map_or(min, |old| old.min(min)));
        reads.quality_max = reads.quality_max.max(max);
    }
}

/// Judges FASTA: names, and lines of residues.
pub fn fasta(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    let mut lines = Lines::new(from, job.limits.line_bytes_max);
    let mut names: HashSet<u64, BuildHasherDefault<DefaultHasher>> = HashSet::default();
    let (mut count, mut residues, mut now, mut end) = (0_u64, 0_u64, 0_u64, End::Lf);
    let mut here = Place::WHOLE;
    while let Some(line) = lines.next()? {
        let place = line.place();
        end = line.end;
        let body = line.bytes.trim_ascii_end();
        if let Some(name) = body.strip_prefix(b">") {
            job.findings.need(count == 0 || now > 0, rule::FASTA_EMPTY, here);
            (here, now, count) = (place, 0, count + 1);
            let name = name.split(u8::is_ascii_whitespace).next().unwrap_or_default();
            job.findings.need(!name.is_empty(), rule::FASTA_BEGIN, place);
            let mut hasher = DefaultHasher::new();
            name.hash(&mut hasher);
            let is_new = names.len() >= NAMES_MAX || names.insert(hasher.finish());
            job.findings.need(is_new, rule::FASTA_DOUBLE, place);
            continue;
        }
        if body.is_empty() || body.first() == Some(&b';') {
            continue;
        }
        job.findings.need(count > 0, rule::FASTA_BEGIN, place);
        // WHY: a sequence may stand on one line, however long; what is beyond the bound is counted by the next line's place.
        let is_residue = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, b'*' | b'-' | b'.');
        job.findings.need(body.iter().all(is_residue), rule::FASTA_RESIDUE, place);
        job.findings.need(!line.is_cut, rule::LIMIT_LINE, place);
        now += body.len() as u64;
        residues += body.len() as u64;
    }
    job.findings.need(count == 0 || now > 0, rule::FASTA_EMPTY, here);
    job.findings.need(end != End::Nothing, rule::TEXT_NO_END, Place::WHOLE);
    job.facts.number("sequences", count);
    job.facts.number("residues", residues);
    Ok(())
}

/// Judges bare bases.
pub fn bare(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    let mut lines = Lines::new(from, job.limits.line_bytes_max);
    let mut count = 0;
    while let Some(line) = lines.next()? {
        let body = line.bytes.trim_ascii_end();
        job.findings.need(
            body.iter().all(|byte| is_base(*byte) || *byte == b'='),
            rule::FASTA_RESIDUE,
            line.place(),
        );
        count += body.len() as u64;
    }
    job.facts.number("residues", count);
    Ok(())
}
