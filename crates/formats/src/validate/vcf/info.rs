//! INFO: keys and values of a record.
//!
//! It exists apart because reserved keys ask for more than declared ones.
//!
//! SPEC: VCFv4.3, 1.6.1.8.

use std::collections::BTreeMap;

use super::super::Job;
use super::record::Record;
use super::{Header, Number, Type, meta, reserved, value};
use crate::report::Place;
use crate::rule;

/// Judges INFO, and gives its keys and values.
pub fn judge<'a>(
    job: &mut Job,
    header: &Header,
    record: &Record<'a>,
    place: Place,
) -> BTreeMap<&'a str, &'a str> {
    let place = place.column(8);
    let mut keys = BTreeMap::new();
    if record.info == "." {
        return keys;
    }
    // WHY: a semicolon at the end is written by many tools, and readers agree on what it means: nothing.
    let body = record.info.strip_suffix(';').unwrap_or(record.info);
    for part in body.split(';') {
        let (key, given) = part.split_once('=').map_or((part, None), |(key, given)| (key, Some(given)));
        let is_key = !key.is_empty() && !key.contains([' ', ',']);
        let is_named = header.minor < 3 || key == "1000G" || meta::is_key(key);
        let is_spaced = header.minor < 3 && given.is_some_and(|given| given.contains(' '));
        job.findings.need(is_key && is_named, rule::VCF_INFO, place);
        job.findings.need(!is_spaced, rule::VCF_SPACE, place);
        let is_new = keys.insert(key, given.unwrap_or_default()).is_none();
        job.findings.need(is_new, rule::VCF_INFO, place);
        one(job, header, record, (key, given), place);
    }
    if let Some((end, pos)) = keys.get("END").and_then(|end| end.parse::<u64>().ok()).zip(record.pos) {
        job.findings.need(end >= pos, rule::VCF_END, place);
    }
    keys
}

fn one(job: &mut Job, header: &Header, record: &Record, (key, given): (&str, Option<&str>), place: Place) {
    let declared = header.infos.get(key);
    let reserved = reserved::info(key, header.minor);
    job.findings.need(declared.is_some() || reserved.is_some(), rule::VCF_INFO_DECLARED, place);
    let number = declared.map(|declared| declared.number).or(reserved.map(|reserved| reserved.number));
    let kind = declared.map(|declared| declared.kind).or(reserved.and_then(|reserved| reserved.kind));
    let Some(given) = given else {
        let may_lack = kind.is_none_or(|kind| kind == Type::Flag) || number == Some(Number::Count(0));
        job.findings.need(may_lack, rule::VCF_INFO_COUNT, place);
        return;
    };
    if kind == Some(Type::Flag) || number == Some(Number::Count(0)) {
        job.findings.need(given == "0" || given == "1", rule::VCF_INFO_TYPE, place);
        return;
    }
    // WHY: a text in quotes is one value, commas and all.
    let is_quoted = given.len() > 1 && given.starts_with('"') && given.ends_with('"')
        // WHY: GATK writes lists inside lists into one text, with bars between.
        || kind == Some(Type::String) && number == Some(Number::Count(1)) && given.contains('|');
    let values = || if is_quoted { given.split('\0') } else { given.split(',') };
    let counted = number.and_then(|number| match number {
        // SPEC: without genotypes nobody knows how many there are of them.
        Number::G => None,
        _ => value::wanted(number, record.alternatives.len(), None),
    });
    let is_counted = given == "." || counted.is_none_or(|counted| values().count() == counted);
    job.findings.need(is_counted, rule::VCF_INFO_COUNT, place);
    let is_typed = kind.is_none_or(|kind| values().all(|given| value::is_of(kind, given)));
    let is_signed =
        !reserved::is_never_negative(key) || reserved.is_none() || !values().any(value::is_negative);
    let is_listed = key != "CIGAR" || values().all(|given| given == "." || value::is_cigar(given));
    job.findings.need(is_typed && is_signed && is_listed, rule::VCF_INFO_TYPE, place);
}
