//! Intervals: BED, GFF3, GTF, and lists of offsets (FAI).
//!
//! It exists so that starts, ends and strands are what they say. It keeps nothing but the number of fields.
//!
//! SPEC: BED 1.0 (samtools/hts-specs); GFF3 1.26 (Sequence Ontology); GTF 2.2; faidx(5).

use std::io::{self, Read};

use super::Job;
use crate::input::{End, Lines};
use crate::kind::Kind;
use crate::report::Place;
use crate::rule;

/// WHY: BED has twelve, and some writers add a few dozen of their own.
const FIELDS_MAX: usize = 10_000;

/// Each line that is no comment, as fields.
fn each(job: &mut Job, from: &mut dyn Read, mut one: impl FnMut(&mut Job, &[&str], Place)) -> io::Result<()> {
    let mut lines = Lines::new(from, job.limits.line_bytes_max);
    let (mut count, mut end) = (0_u64, End::Lf);
    while let Some(line) = lines.next()? {
        let place = line.place();
        end = line.end;
        let Some(text) = job.text_of(&line) else { continue };
        // SPEC: GFF3: sequences may follow behind this line.
        if text.starts_with("##FASTA") {
            break;
        }
        // WHY: a line of tabs alone would be a list far larger than the line.
        if memchr::memchr_iter(b'\t', line.bytes).nth(FIELDS_MAX).is_some() {
            job.findings.add(rule::LIMIT_COLUMNS, place);
            continue;
        }
        let is_told = !text.trim().is_empty()
            && !text.starts_with('#')
            && !text.starts_with("track")
            && !text.starts_with("browser");
        if is_told {
            count += 1;
            let fields: Vec<&str> = if text.contains('\t') {
                text.split('\t').collect()
            } else {
                text.split_whitespace().collect()
            };
            one(job, &fields, place);
        }
    }
    job.findings.need(end != End::Nothing, rule::TEXT_NO_END, Place::WHOLE);
    job.findings.need(count > 0, rule::FILE_EMPTY, Place::WHOLE);
    job.facts.number("rows", count);
    Ok(())
}

fn number(fields: &[&str], at: usize) -> Option<u64> {
    fields.get(at)?.parse().ok()
}

/// Judges BED.
pub fn bed(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    let mut columns = None;
    each(job, from, |job, fields, place| {
        let count = *columns.get_or_insert(fields.len());
        job.findings.need(fields.len() >= 3 && fields.len() == count, rule::BED_FIELDS, place);
        let span = number(fields, 1).zip(number(fields, 2));
        job.findings.need(span.is_some_and(|(start, end)| start <= end), rule::BED_SPAN, place);
        let is_score = fields.get(4).is_none_or(|score| {
            *score == "." || score.parse::<f64>().is_ok_and(|score| (0.0..=1000.0).contains(&score))
        });
        job.findings.need(is_score, rule::BED_SCORE, place.column(5));
        let is_strand = fields.get(5).is_none_or(|strand| ["+", "-", "."].contains(strand));
        job.findings.need(is_strand, rule::BED_STRAND, place.column(6));
        if fields.len() >= 12 {
            job.findings.need(blocks(fields, span), rule::BED_BLOCKS, place.column(10));
        }
    })
}

fn blocks(fields: &[&str], span: Option<(u64, u64)>) -> bool {
    let list = |at: usize| -> Option<Vec<u64>> {
        let field = fields.get(at)?.trim_end_matches(',');
        field.split(',').map(|part| part.parse().ok()).collect()
    };
    let (Some(count), Some(sizes), Some(starts), Some((start, end))) =
        (number(fields, 9), list(10), list(11), span)
    else {
        return false;
    };
    let fits = sizes.iter().zip(&starts).all(|(size, at)| {
        at.checked_add(*size).and_then(|end| end.checked_add(start)).is_some_and(|last| last <= end)
    });
    sizes.len() as u64 == count && starts.len() as u64 == count && fits
}

/// Judges GFF3 and GTF.
pub fn gff(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    let is_gtf = job.detected.kind == Kind::Gtf;
    each(job, from, |job, fields, place| {
        if fields.len() != 9 {
            job.findings.add(rule::GFF_FIELDS, place);
            return;
        }
        let field = |at: usize| fields.get(at).copied().unwrap_or_default();
        let span = number(fields, 3).zip(number(fields, 4));
        job.findings.need(
            span.is_some_and(|(start, end)| 1 <= start && start <= end),
            rule::GFF_SPAN,
            place.column(4),
        );
        let is_score = field(5) == "." || field(5).parse::<f64>().is_ok();
        job.findings.need(is_score, rule::GFF_SCORE, place.column(6));
        job.findings.need(["+", "-", ".", "?"].contains(&field(6)), rule::GFF_STRAND, place.column(7));
        let is_phase = ["0", "1", "2"].contains(&field(7)) || field(7) == "." && field(2) != "CDS";
        job.findings.need(is_phase, rule::GFF_PHASE, place.column(8));
        job.findings.need(are_attributes(field(8), is_gtf), rule::GFF_ATTRIBUTES, place.column(9));
    })
}

fn are_attributes(field: &str, is_gtf: bool) -> bool {
    let mut parts = field.split(';').map(str::trim).filter(|part| !part.is_empty());
    let is_pair = |part: &str| match is_gtf {
        true => part.split_once(' ').is_some_and(|(key, value)| !key.is_empty() && !value.is_empty()),
        false => part.split_once('=').is_some_and(|(key, value)| !key.is_empty() && !value.is_empty()),
    };
    field == "." || parts.all(is_pair)
}

/// Judges a FASTA index.
pub fn fai(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    each(job, from, |job, fields, place| {
        let widths = number(fields, 3).zip(number(fields, 4));
        let is_row =
            (5..=6).contains(&fields.len()) && number(fields, 1).is_some() && number(fields, 2).is_some();
        job.findings.need(
            is_row && widths.is_some_and(|(bases, width)| width > bases || bases == 0),
            rule::INDEX_FORM,
            place,
        );
    })
}
