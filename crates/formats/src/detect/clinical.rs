//! FHIR, phenopackets and HL7 v2 by what they must contain.
//!
//! It exists so that names of clinical schemas are in one file. It never reads a value but the type of a resource.

use super::Detected;
use super::markup::value_of;
use super::text::Text;
use crate::kind::Kind;

/// The type of the resource, if the object is one.
pub(super) fn fhir<'a>(begin: &'a str, keys: &[&str]) -> Option<&'a str> {
    let kind = keys.contains(&"resourceType").then(|| value_of(begin, "resourceType")).flatten()?;
    let is_name = kind.starts_with(|sign: char| sign.is_ascii_uppercase())
        && kind.chars().all(|sign| sign.is_ascii_alphanumeric());
    is_name.then_some(kind)
}

/// SPEC: phenopacket-schema 1 and 2: a phenopacket, family or cohort has `metaData` beside these.
pub(super) fn is_phenopacket(keys: &[&str]) -> bool {
    let has = |wanted: &[&str]| wanted.iter().any(|key| keys.contains(key));
    has(&["metaData", "meta_data"])
        && has(&[
            "subject",
            "phenotypicFeatures",
            "phenotypic_features",
            "biosamples",
            "proband",
            "members",
            "individual",
        ])
}

/// SPEC: HL7 v2, 2.5: a message begins with MSH, whose next sign separates fields; batches with FHS or BHS.
pub fn hl7(text: &Text) -> Option<Detected> {
    let begin = text.text.trim_start_matches(['\u{b}', '\u{feff}']);
    let mark = ["MSH", "FHS", "BHS"].into_iter().find(|mark| begin.starts_with(mark))?;
    let separators = begin.get(3..8)?;
    let is_one = separators.chars().all(|sign| sign.is_ascii_punctuation())
        && separators.starts_with(['|', '^', '!', '#']);
    let fields: Vec<&str> = begin.split(['\r', '\n']).next()?.split(separators.chars().next()?).collect();
    let version = fields.get(11).copied().unwrap_or_default();
    (is_one && fields.len() > 7).then(|| {
        Detected::certain(Kind::Hl7v2, "begins with a header segment")
            .with("segment", mark)
            .with("version", version)
    })
}
