//! FORMAT and samples: genotypes, and as many values as they ask for.
//!
//! It exists apart because it is most of what is read. It goes through a line once.
//!
//! SPEC: VCFv4.3, 1.6.2; VCFv4.4, 1.6.2.

use std::collections::BTreeSet;

use super::super::Job;
use super::record::Record;
use super::{Header, Number, Type, meta, reserved, value};
use crate::report::Place;
use crate::rule;

/// A key of FORMAT, and what is asked of its values.
struct Key<'a> {
    name: &'a str,
    number: Option<Number>,
    kind: Option<Type>,
}

/// Judges FORMAT and each sample.
pub fn judge(job: &mut Job, header: &Header, record: &Record, place: Place) {
    let Some(format) = record.format else { return };
    let Some(keys) = keys(job, header, format, place.column(9)) else { return };
    for (at, sample) in record.samples.iter().enumerate() {
        one(job, header, record, &keys, sample, place.column(at + 10));
    }
}

fn keys<'a>(job: &mut Job, header: &Header, format: &'a str, place: Place) -> Option<Vec<Key<'a>>> {
    // SPEC: VCFv4.4, 1.6.2: a point where there is nothing about genotypes.
    if format == "." {
        return None;
    }
    let names: Vec<&str> = format.split(':').collect();
    let mut seen = BTreeSet::new();
    let is_each = names.iter().all(|name| meta::is_key(name) && seen.insert(*name));
    let is_first = names.iter().position(|name| *name == "GT").is_none_or(|at| at == 0);
    job.findings.need(is_each && is_first, rule::VCF_FORMAT, place);
    let keys = names.into_iter().map(|name| {
        let declared = header.formats.get(name);
        let reserved = reserved::format(name, header.minor);
        job.findings.need(declared.is_some() || reserved.is_some(), rule::VCF_FORMAT_DECLARED, place);
        Key {
            name,
            number: declared.map(|declared| declared.number).or(reserved.map(|reserved| reserved.number)),
            // WHY: the set of files that other validators agree on holds undeclared keys to no type.
            kind: declared.map(|declared| declared.kind),
        }
    });
    Some(keys.collect())
}

fn one(job: &mut Job, header: &Header, record: &Record, keys: &[Key], sample: &str, place: Place) {
    if sample.is_empty() {
        job.findings.add(rule::VCF_SAMPLE, place);
        return;
    }
    let mut ploidy = None;
    for (at, given) in sample.split(':').enumerate() {
        let Some(key) = keys.get(at) else {
            job.findings.add(rule::VCF_SAMPLE, place);
            return;
        };
        if key.name == "GT" {
            let alternatives = (!record.alternatives.is_empty()).then_some(record.alternatives.len());
            ploidy = genotype(given, alternatives, header.minor);
            job.findings.need(ploidy.is_some(), rule::VCF_GT, place);
            let is_none = alternatives.is_none() && given.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
            job.findings.need(!is_none, rule::VCF_GT_NONE, place);
            continue;
        }
        let values = || given.split(',');
        let alleles = record.alternatives.len();
        let wanted = key.number.and_then(|number| value::wanted(number, alleles, Some(ploidy.unwrap_or(2))));
        let is_counted =
            given == "." || alleles == 0 || wanted.is_none_or(|wanted| values().count() == wanted);
        let counted = if key.number == Some(Number::G) { rule::VCF_PLOIDY } else { rule::VCF_SAMPLE_COUNT };
        job.findings.need(is_counted, counted, place);
        let is_typed = key.kind.is_none_or(|kind| values().all(|given| value::is_of(kind, given)));
        job.findings.need(is_typed, rule::VCF_SAMPLE_TYPE, place);
    }
    if header.minor >= 4 {
        phased(job, keys, sample, place);
    }
}

/// How many alleles a genotype has, if it is one of alleles that exist.
fn genotype(given: &str, alternatives: Option<usize>, minor: u32) -> Option<usize> {
    // SPEC: VCFv4.4, 1.6.2: the phasing of the first allele may stand before it.
    let body =
        if minor >= 4 { given.trim_start_matches(['/', '|']).trim_end_matches(['/', '|']) } else { given };
    let mut count = 0;
    for allele in body.split(['/', '|']) {
        let exists = |allele: usize| alternatives.is_none_or(|alternatives| allele <= alternatives);
        let is_number = allele.bytes().all(|byte| byte.is_ascii_digit());
        (allele == "." || is_number && allele.parse().is_ok_and(exists)).then_some(())?;
        count += 1;
    }
    Some(count)
}

/// SPEC: VCFv4.4, 1.6.2: PSL names the phase set of each phased allele; PSO and PSQ are told only where PSL is.
fn phased(job: &mut Job, keys: &[Key], sample: &str, place: Place) {
    let given: Vec<&str> = sample.split(':').collect();
    let value = |name: &str| given.get(keys.iter().position(|key| key.name == name)?).copied();
    let (Some(genotype), Some(sets)) = (value("GT"), value("PSL")) else { return };
    let sets: Vec<&str> = sets.split(',').collect();
    let phases = phases(genotype);
    let is_phased = |at: usize| phases.get(at).copied().unwrap_or_default();
    let unphased_named = sets.iter().enumerate().any(|(at, set)| *set != "." && !is_phased(at));
    let told = |name: &str| {
        let of_set = |(at, value): (usize, &str)| value != "." && sets.get(at) == Some(&".");
        value(name).is_some_and(|values| values.split(',').enumerate().any(of_set))
    };
    job.findings.need(!unphased_named && !told("PSO") && !told("PSQ"), rule::VCF_SAMPLE_TYPE, place);
}

/// Whether each allele is phased. SPEC: VCFv4.4: the first is, unless said, if no other is unphased.
fn phases(genotype: &str) -> Vec<bool> {
    let mut phases: Vec<bool> = Vec::new();
    let mut first = None;
    let mut rest = genotype;
    if let Some(sign) = rest.chars().next().filter(|sign| matches!(sign, '/' | '|')) {
        first = Some(sign == '|');
        rest = rest.get(1..).unwrap_or_default();
    }
    let signs: Vec<char> = rest.chars().filter(|sign| matches!(sign, '/' | '|')).collect();
    phases.push(first.unwrap_or_else(|| signs.iter().all(|sign| *sign == '|')));
    phases.extend(signs.iter().map(|sign| *sign == '|'));
    phases
}
