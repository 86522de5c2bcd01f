//! Structural variants and tandem repeats of VCF 4.4 and later.
//!
//! It exists apart because no earlier version has these rules.
//!
//! SPEC: VCFv4.4, 3 and 5.

use std::collections::BTreeMap;

use super::super::Job;
use super::record::Record;
use crate::report::Place;
use crate::rule;

type Keys<'a> = BTreeMap<&'a str, &'a str>;

/// What an alternative is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Del,
    Dup,
    Ins,
    Inv,
    Cnv,
    Repeat,
    Breakend,
    /// Bases, `*`, or a symbol of another kind.
    Other,
}

fn class(alternative: &str) -> Class {
    let Some(symbol) = alternative.strip_prefix('<') else {
        let is_breakend =
            alternative.contains(['[', ']']) || alternative.starts_with('.') || alternative.ends_with('.');
        return if is_breakend { Class::Breakend } else { Class::Other };
    };
    match symbol.split([':', '>']).next().unwrap_or_default() {
        "DEL" => Class::Del,
        "DUP" => Class::Dup,
        "INS" => Class::Ins,
        "INV" => Class::Inv,
        "CNV" if symbol.starts_with("CNV:TR") => Class::Repeat,
        "CNV" => Class::Cnv,
        _ => Class::Other,
    }
}

/// Judges one record.
pub fn judge(job: &mut Job, record: &Record, keys: &Keys, place: Place) {
    let place = place.column(8);
    let classes: Vec<Class> = record.alternatives.iter().map(|alternative| class(alternative)).collect();
    let holds = lengths(&classes, keys)
        && claims(&classes, keys)
        && repeats(&classes, keys)
        && intervals(&classes, keys)
        && copies(record, &classes, keys);
    job.findings.need(holds, rule::VCF_SV, place);
}

/// A list, one for each alternative; `None` if it is not there or a point alone.
fn list<'a>(keys: &Keys<'a>, key: &str) -> Option<Vec<&'a str>> {
    keys.get(key).filter(|given| **given != ".").map(|given| given.split(',').collect())
}

/// SVLEN is told for deletions, duplications, insertions and copy numbers, and for no bases.
fn lengths(classes: &[Class], keys: &Keys) -> bool {
    let lengths = list(keys, "SVLEN");
    classes.iter().enumerate().all(|(at, class)| {
        let is_told =
            lengths.as_ref().and_then(|lengths| lengths.get(at)).is_some_and(|length| *length != ".");
        match class {
            Class::Del | Class::Dup | Class::Cnv | Class::Repeat => is_told,
            Class::Ins | Class::Inv | Class::Breakend => true,
            Class::Other => !is_told,
        }
    })
}

/// SVCLAIM is told for deletions and duplications, and says what the class can be told by.
fn claims(classes: &[Class], keys: &Keys) -> bool {
    let claims = list(keys, "SVCLAIM");
    classes.iter().enumerate().all(|(at, class)| {
        let claim = claims.as_ref().and_then(|claims| claims.get(at)).copied().filter(|claim| *claim != ".");
        match (class, claim) {
            (Class::Del | Class::Dup, claim) => matches!(claim, Some("D" | "J" | "DJ")),
            (Class::Cnv | Class::Repeat, claim) => matches!(claim, None | Some("D")),
            (Class::Ins | Class::Inv | Class::Breakend, claim) => matches!(claim, None | Some("J")),
            (Class::Other, claim) => claim.is_none(),
        }
    })
}

/// Repeats: units by sequence or length, as many as RN says, and figures that agree.
fn repeats(classes: &[Class], keys: &Keys) -> bool {
    if !classes.contains(&Class::Repeat) {
        return true;
    }
    let (units, sizes) = (list(keys, "RUS"), list(keys, "RUL"));
    let all: Option<usize> = match list(keys, "RN") {
        Some(counts) => {
            counts.iter().map(|count| if *count == "." { Some(0) } else { count.parse().ok() }).sum()
        }
        None => Some(classes.iter().filter(|class| **class == Class::Repeat).count()),
    };
    let Some(all) = all.filter(|_| units.is_some() || sizes.is_some()) else { return false };
    let counts = |key: &str, times: usize| {
        list(keys, key).is_none_or(|given| given.len() == all.saturating_mul(times))
    };
    let size = |at: usize| {
        let told = sizes.as_ref().and_then(|sizes| sizes.get(at)?.parse::<f64>().ok());
        let unit = units
            .as_ref()
            .and_then(|units| units.get(at))
            .filter(|unit| **unit != ".")
            .map(|unit| unit.len() as f64);
        (told, unit)
    };
    let agrees = (0..all.min(1_000)).all(|at| {
        let (told, unit) = size(at);
        let figure = |key: &str| list(keys, key).and_then(|given| given.get(at)?.parse::<f64>().ok());
        let is_same = told.zip(unit).is_none_or(|(told, unit)| told == unit);
        let length = told.or(unit).unwrap_or(1.0);
        let is_near = figure("RB")
            .zip(figure("RUC"))
            .is_none_or(|(bases, count)| (bases - count * length).abs() < length.max(1.0));
        // SPEC: RUB lists each unit's bases: there are whole units, as many as RUC says.
        let is_whole =
            keys.get("RUB").is_none_or(|_| figure("RUC").is_some_and(|count| count.fract() == 0.0));
        is_same && is_near && is_whole
    });
    let rub: f64 =
        list(keys, "RUC").into_iter().flatten().filter_map(|count| count.parse::<f64>().ok()).sum();
    let is_listed = list(keys, "RUB").is_none_or(|given| given.len() as f64 == rub);
    let counted = [("RUS", 1), ("RUL", 1), ("RB", 1), ("RUC", 1), ("CIRB", 2), ("CIRUC", 2)];
    let needs = |key: &str, of: &str| !keys.contains_key(key) || keys.contains_key(of);
    counted.iter().all(|(key, times)| counts(key, *times))
        && agrees
        && is_listed
        && needs("CIRB", "RB")
        && needs("CIRUC", "RUC")
}

/// Confidence intervals come in pairs around the value; mobile elements in fours.
fn intervals(classes: &[Class], keys: &Keys) -> bool {
    let counted =
        |key: &str, times: usize| list(keys, key).is_none_or(|given| given.len() == classes.len() * times);
    let pairs = ["CICN", "CIPOS", "CIEND", "CILEN"];
    let around = ["CICN", "CIPOS", "CIEND", "CILEN", "CIRB", "CIRUC"];
    pairs.iter().all(|key| counted(key, 2))
        && ["MEINFO", "METRANS"].iter().all(|key| counted(key, 4))
        && around.iter().all(|key| list(keys, key).is_none_or(|given| is_around(&given)))
}

/// Pairs of which the first is not above zero and the second not below.
fn is_around(given: &[&str]) -> bool {
    given.len().is_multiple_of(2)
        && given.chunks(2).all(|pair| match pair {
            [low, high] => {
                let holds =
                    |text: &str, is: fn(f64) -> bool| text == "." || text.parse::<f64>().is_ok_and(is);
                holds(low, |low| low <= 0.0) && holds(high, |high| high >= 0.0)
            }
            _ => false,
        })
}

/// Copy numbers of samples: with an interval comes a number, and alleles are equally long.
fn copies(record: &Record, classes: &[Class], keys: &Keys) -> bool {
    let names: Vec<&str> = record.format.unwrap_or_default().split(':').collect();
    let at = |name: &str| names.iter().position(|given| *given == name);
    let Some(interval) = at("CICN") else {
        return at("CN").is_none() || are_equal(classes, keys);
    };
    let is_pair = |sample: &&str| {
        let given = sample.split(':').nth(interval);
        given.is_none_or(|given| given == "." || is_around(&given.split(',').collect::<Vec<_>>()))
    };
    at("CN").is_some() && are_equal(classes, keys) && record.samples.iter().all(is_pair)
}

fn are_equal(classes: &[Class], keys: &Keys) -> bool {
    let lengths = list(keys, "SVLEN").unwrap_or_default();
    let is_sized = |class: &Class| matches!(class, Class::Del | Class::Dup | Class::Cnv);
    let mut sized =
        classes.iter().zip(&lengths).filter(|(class, _)| is_sized(class)).map(|(_, length)| length);
    let first = sized.next();
    sized.all(|length| Some(length) == first)
}
