//! Fields of headers: DICOM elements by keyword, FHIR elements by path, names of samples.
//!
//! It exists because a header says what a value is. It reads no format: who does gives paths and values.
//!
//! SPEC: DICOM PS3.15, table E.1-1 (what identifies patients and those around them); FHIR R4, Patient and its kin.

use super::hint::Column;
use super::lexicon::Flags;
use super::scan::{Place, Scanner};
use super::token::{Class, Cut, Tokens};
use super::{Confidence, Finding, Kind, Why};
use crate::pseudonym::Pseudonym;

/// Elements of DICOM that identify, and what they hold.
const DICOM: &[(&str, Kind)] = &[
    ("PatientName", Kind::PersonName),
    ("OtherPatientNames", Kind::PersonName),
    ("PatientBirthName", Kind::PersonName),
    ("PatientMotherBirthName", Kind::PersonName),
    ("ResponsiblePerson", Kind::PersonName),
    ("ReferringPhysicianName", Kind::PersonName),
    ("ConsultingPhysicianName", Kind::PersonName),
    ("PerformingPhysicianName", Kind::PersonName),
    ("PhysiciansOfRecord", Kind::PersonName),
    ("NameOfPhysiciansReadingStudy", Kind::PersonName),
    ("RequestingPhysician", Kind::PersonName),
    ("OperatorsName", Kind::PersonName),
    ("PersonName", Kind::PersonName),
    ("VerifyingObserverName", Kind::PersonName),
    ("ContentCreatorName", Kind::PersonName),
    ("PatientID", Kind::RecordNumber),
    ("OtherPatientIDs", Kind::RecordNumber),
    ("MedicalRecordLocator", Kind::RecordNumber),
    ("AdmissionID", Kind::RecordNumber),
    ("IssuerOfPatientID", Kind::RecordNumber),
    ("PatientInsurancePlanCodeSequence", Kind::HealthCard),
    ("PatientBirthDate", Kind::BirthDate),
    ("PatientBirthTime", Kind::BirthDate),
    ("PatientAddress", Kind::Address),
    ("ReferringPhysicianAddress", Kind::Address),
    ("PersonAddress", Kind::Address),
    ("PatientTelephoneNumbers", Kind::Phone),
    ("ReferringPhysicianTelephoneNumbers", Kind::Phone),
    ("PersonTelephoneNumbers", Kind::Phone),
];

/// Ends of paths below a person of FHIR, and what they hold.
const FHIR: &[(&str, Kind)] = &[
    ("name.family", Kind::PersonName),
    ("name.given", Kind::PersonName),
    ("name.text", Kind::PersonName),
    ("telecom.value", Kind::Phone),
    ("birthDate", Kind::BirthDate),
    ("address.line", Kind::Address),
    ("address.text", Kind::Address),
    ("identifier.value", Kind::RecordNumber),
];

/// Resources of FHIR that are people.
const PEOPLE: &[&str] = &["Patient", "RelatedPerson", "Practitioner", "Person"];

/// Identifiers in the value of a field.
pub(super) fn find(path: &str, value: &[u8]) -> Vec<Finding> {
    let path: String = bare(path);
    let mut found = Vec::new();
    let mut scanner = Scanner::default();
    let column = Column::default();
    let place = if path.eq_ignore_ascii_case("sample") { Place::FileName } else { Place::Cell };
    scanner.scan(value, &column, place, &mut |finding| found.push(finding));
    let Some(kind) = kind(&path) else { return found };
    let is_certain =
        found.iter().any(|finding| finding.confidence == Confidence::Certain || finding.kind == kind);
    if is_certain {
        // What the field makes likely is no guess.
        found.iter_mut().filter(|finding| finding.kind == kind).for_each(|finding| {
            finding.confidence = finding.confidence.max(Confidence::Likely);
        });
        return found;
    }
    whole(kind, value).map_or(found, |finding| vec![finding])
}

/// The path without indexes and with dots only.
fn bare(path: &str) -> String {
    let mut is_index = false;
    path.chars()
        // WHY: no path of either standard is longer.
        .take(256)
        .filter(|sign| {
            is_index = (is_index || *sign == '[') && *sign != ']';
            !is_index && *sign != ']'
        })
        .map(|sign| if sign == '/' { '.' } else { sign })
        .collect()
}

fn kind(path: &str) -> Option<Kind> {
    let dicom = path.rsplit('.').next().and_then(|last| DICOM.iter().find(|(word, _)| *word == last));
    let fhir = || {
        let (head, rest) = path.split_once('.').unwrap_or_default();
        PEOPLE.contains(&head).then(|| FHIR.iter().find(|(end, _)| rest.ends_with(end))).flatten()
    };
    dicom.or_else(fhir).map(|(_, kind)| *kind)
}

/// The value as what its field says; None where it says that it was taken out, or is a pseudonym of ours.
fn whole(kind: Kind, value: &[u8]) -> Option<Finding> {
    let start = value.iter().position(|sign| !sign.is_ascii_whitespace() && *sign != 0)?;
    let end = value.iter().rposition(|sign| !sign.is_ascii_whitespace() && *sign != 0)? + 1;
    let text = &value[start..end];
    let is_ours = std::str::from_utf8(text).is_ok_and(|text| text.parse::<Pseudonym>().is_ok());
    // WHY so many: a value that was taken out says so in its first words.
    let mut pieces = Tokens::of(text, Cut::Plain)
        .take(16)
        .filter(|token| !matches!(token.class, Class::Mark(_)))
        .peekable();
    let is_empty = pieces.peek().is_none();
    let is_dropped = pieces.all(|token| {
        token.flags.any(Flags::DROP) || (token.class == Class::Number && kind == Kind::PersonName)
    });
    if is_ours || is_empty || is_dropped {
        return None;
    }
    // WHY: a hospital's number and a study's look alike.
    let confidence = if kind == Kind::RecordNumber { Confidence::Ambiguous } else { Confidence::Likely };
    Some(Finding { kind, range: start..end, confidence, why: Why::Column })
}
