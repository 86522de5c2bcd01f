//! TBI and CSI of sorted lines: VCF, BED, GFF and GTF.
//!
//! SPEC: tabix(5). A variant reaches as far as its reference allele, or as `END` says.

use std::collections::HashMap;

use formats::Kind;

use super::Form;
use super::bins::{Bins, Span, csi_head, word};
use super::blocks::{Blocks, stored};
use crate::fault::{self, Fault};
use crate::step::{Counts, Stop, count};

/// WHY: an assembly in scaffolds has some hundred thousand.
const NAMES_MAX: usize = 2_000_000;

pub(super) fn index(
    blocks: &mut Blocks,
    form: Form,
    kind: Kind,
    line_bytes_max: usize,
    counts: &mut Counts,
) -> Result<Vec<u8>, Stop> {
    let (mut bins, mut line) = (Bins::new(form), Vec::new());
    let (mut names, mut known): (Vec<Vec<u8>>, HashMap<Vec<u8>, usize>) = (Vec::new(), HashMap::new());
    let mut from = blocks.place();
    let mut number = 0;
    while blocks.line(&mut line, line_bytes_max)? {
        let to = blocks.place();
        let is_record = !line.is_empty() && !is_comment(&line, kind);
        if is_record {
            number += 1;
            let (name, span) = record(&line, kind).ok_or(fault::MALFORMED.row(number))?;
            let at = match known.get(name) {
                Some(at) => *at,
                None => {
                    let at = names.len();
                    if at >= NAMES_MAX {
                        return Err(fault::LIMIT_ROWS.into());
                    }
                    names.push(name.to_owned());
                    known.insert(name.to_owned(), at);
                    at
                }
            };
            bins.add(at, span, from, to).map_err(|fault: Fault| fault.row(number))?;
        }
        from = to;
    }
    count(counts, "records", number);
    count(counts, "sequences", names.len() as u64);
    let aux = columns(kind, &names);
    let mut bytes = match form {
        Form::Csi => csi_head(&aux),
        // SPEC: in TBI the number of references comes before the columns.
        _ => [&b"TBI\x01"[..], &u32::try_from(names.len()).unwrap_or(u32::MAX).to_le_bytes(), &aux].concat(),
    };
    let mut references = Vec::new();
    bins.bytes(&mut references);
    bytes.extend_from_slice(if form == Form::Csi {
        &references
    } else {
        references.get(4..).unwrap_or_default()
    });
    Ok(stored(&bytes))
}

fn is_comment(line: &[u8], kind: Kind) -> bool {
    let is_browser = kind == Kind::Bed && (line.starts_with(b"track") || line.starts_with(b"browser"));
    line.starts_with(b"#") || is_browser
}

/// How readers find sequence, start and end, and the names of sequences.
fn columns(kind: Kind, names: &[Vec<u8>]) -> Vec<u8> {
    // SPEC: tabix(5): 2 is VCF, bit 16 says that places count from 0.
    let numbers: [usize; 6] = match kind {
        Kind::Vcf => [2, 1, 2, 0, 35, 0],
        Kind::Bed => [0x1_0000, 1, 2, 3, 35, 0],
        _ => [0, 1, 4, 5, 35, 0],
    };
    let mut bytes = Vec::new();
    numbers.into_iter().for_each(|number| word(&mut bytes, number));
    word(&mut bytes, names.iter().map(|name| name.len() + 1).sum());
    names.iter().for_each(|name| bytes.extend_from_slice(&[name.as_slice(), &[0]].concat()));
    bytes
}

fn record(line: &[u8], kind: Kind) -> Option<(&[u8], Span)> {
    let mut fields = line.split(|byte| *byte == b'\t');
    let name = fields.next().filter(|name| !name.is_empty())?;
    let span = match kind {
        Kind::Vcf => variant(&mut fields)?,
        Kind::Bed => (number(fields.next()?)?, number(fields.next()?)?),
        _ => {
            let mut fields = fields.skip(2);
            (number(fields.next()?)?.checked_sub(1)?, number(fields.next()?)?)
        }
    };
    (span.1 >= span.0).then_some((name, Span { start: span.0, end: span.1, is_mapped: true }))
}

fn variant<'a>(fields: &mut impl Iterator<Item = &'a [u8]>) -> Option<(u64, u64)> {
    // WHY saturating: place 0 stands for before the sequence (VCF 4.3, 1.6.1).
    let start = number(fields.next()?)?.saturating_sub(1);
    let reference = fields.nth(1)?;
    let told = fields.nth(3).and_then(|info| {
        let parts = info.split(|byte| *byte == b';');
        parts.filter_map(|part| part.strip_prefix(b"END=")).find_map(number)
    });
    // WHY: an END before the start is a mistake that some writers make; readers pass over it.
    let end = told.filter(|end| *end > start).unwrap_or(start + reference.len() as u64);
    Some((start, end))
}

/// WHY a bound: a place beyond it is in no genome, and sums of it stay sums.
fn number(field: &[u8]) -> Option<u64> {
    std::str::from_utf8(field).ok()?.parse().ok().filter(|number| *number < 1 << 48)
}
