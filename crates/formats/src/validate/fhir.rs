//! Resources of FHIR R4: their type, what they must have, codes of required bindings, dates, references inside a bundle.
//!
//! It exists so that a bundle is known to be usable before it is opened. It knows the resources that studies use; of others
//! only that they exist. It is no profile validator.
//!
//! SPEC: HL7 FHIR R4 (4.0.1), resource definitions and datatypes.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};

use serde_json::Value;

use super::Job;
use crate::report::Place;
use crate::rule;

/// Every resource of R4.
const TYPES: &str = "Account ActivityDefinition AdverseEvent AllergyIntolerance Appointment AppointmentResponse AuditEvent \
Basic Binary BiologicallyDerivedProduct BodyStructure Bundle CapabilityStatement CarePlan CareTeam CatalogEntry ChargeItem \
ChargeItemDefinition Claim ClaimResponse ClinicalImpression CodeSystem Communication CommunicationRequest \
CompartmentDefinition Composition ConceptMap Condition Consent Contract Coverage CoverageEligibilityRequest \
CoverageEligibilityResponse DetectedIssue Device DeviceDefinition DeviceMetric DeviceRequest DeviceUseStatement \
DiagnosticReport DocumentManifest DocumentReference EffectEvidenceSynthesis Encounter Endpoint EnrollmentRequest \
EnrollmentResponse EpisodeOfCare EventDefinition Evidence EvidenceVariable ExampleScenario ExplanationOfBenefit \
FamilyMemberHistory Flag Goal GraphDefinition Group GuidanceResponse HealthcareService ImagingStudy Immunization \
ImmunizationEvaluation ImmunizationRecommendation ImplementationGuide InsurancePlan Invoice Library Linkage List Location \
Measure MeasureReport Media Medication MedicationAdministration MedicationDispense MedicationKnowledge MedicationRequest \
MedicationStatement MedicinalProduct MedicinalProductAuthorization MedicinalProductContraindication \
MedicinalProductIndication MedicinalProductIngredient MedicinalProductInteraction MedicinalProductManufactured \
MedicinalProductPackaged MedicinalProductPharmaceutical MedicinalProductUndesirableEffect MessageDefinition MessageHeader \
MolecularSequence NamingSystem NutritionOrder Observation ObservationDefinition OperationDefinition OperationOutcome \
Organization OrganizationAffiliation Parameters Patient PaymentNotice PaymentReconciliation Person PlanDefinition \
Practitioner PractitionerRole Procedure Provenance Questionnaire QuestionnaireResponse RelatedPerson RequestGroup \
ResearchDefinition ResearchElementDefinition ResearchStudy ResearchSubject RiskAssessment RiskEvidenceSynthesis Schedule \
SearchParameter ServiceRequest Slot Specimen SpecimenDefinition StructureDefinition StructureMap Subscription Substance \
SubstanceNucleicAcid SubstancePolymer SubstanceProtein SubstanceReferenceInformation SubstanceSourceMaterial \
SubstanceSpecification SupplyDelivery SupplyRequest Task TerminologyCapabilities TestReport TestScript ValueSet \
VerificationResult VisionPrescription";

/// Members of cardinality 1, `*` for a choice of types.
const REQUIRED: &[(&str, &str)] = &[
    ("AllergyIntolerance", "patient"),
    ("Bundle", "type"),
    ("CarePlan", "status intent subject"),
    ("Claim", "status type use patient created provider priority insurance"),
    ("Composition", "status type date author title"),
    ("Condition", "subject"),
    ("Consent", "status scope category"),
    ("Coverage", "status beneficiary payor"),
    ("DiagnosticReport", "status code"),
    ("DocumentReference", "status content"),
    ("Encounter", "status class"),
    ("EpisodeOfCare", "status patient"),
    ("ExplanationOfBenefit", "status type use patient created insurer provider outcome insurance"),
    ("FamilyMemberHistory", "status patient relationship"),
    ("Goal", "lifecycleStatus description subject"),
    ("Group", "type actual"),
    ("ImagingStudy", "status subject"),
    ("Immunization", "status vaccineCode patient occurrence*"),
    ("List", "status mode"),
    ("Measure", "status"),
    ("Media", "status content"),
    ("MedicationAdministration", "status medication* subject effective*"),
    ("MedicationDispense", "status medication*"),
    ("MedicationRequest", "status intent medication* subject"),
    ("MedicationStatement", "status medication* subject"),
    ("Observation", "status code"),
    ("OperationOutcome", "issue"),
    ("Procedure", "status subject"),
    ("Provenance", "target recorded agent"),
    ("Questionnaire", "status"),
    ("QuestionnaireResponse", "status"),
    ("ResearchStudy", "status"),
    ("ResearchSubject", "status study individual"),
    ("RiskAssessment", "status subject"),
    ("ServiceRequest", "status intent subject"),
    ("Task", "status intent"),
];

/// Codes of required bindings.
const CODES: &[(&str, &str, &str)] = &[
    ("Patient", "gender", "male female other unknown"),
    ("Practitioner", "gender", "male female other unknown"),
    ("Person", "gender", "male female other unknown"),
    ("RelatedPerson", "gender", "male female other unknown"),
    (
        "Observation",
        "status",
        "registered preliminary final amended corrected cancelled entered-in-error unknown",
    ),
    (
        "DiagnosticReport",
        "status",
        "registered partial preliminary final amended corrected appended cancelled entered-in-error unknown",
    ),
    (
        "Encounter",
        "status",
        "planned arrived triaged in-progress onleave finished cancelled entered-in-error unknown",
    ),
    (
        "Procedure",
        "status",
        "preparation in-progress not-done on-hold stopped completed entered-in-error unknown",
    ),
    (
        "MedicationRequest",
        "status",
        "active on-hold cancelled completed entered-in-error stopped draft unknown",
    ),
    (
        "MedicationRequest",
        "intent",
        "proposal plan order original-order reflex-order filler-order instance-order option",
    ),
    ("Immunization", "status", "completed entered-in-error not-done"),
    ("ImagingStudy", "status", "registered available cancelled entered-in-error unknown"),
    ("Consent", "status", "draft proposed active rejected inactive entered-in-error"),
    ("CarePlan", "status", "draft active on-hold revoked completed entered-in-error unknown"),
    (
        "Bundle",
        "type",
        "document message transaction transaction-response batch batch-response history searchset collection",
    ),
    ("DocumentReference", "status", "current superseded entered-in-error"),
    ("AllergyIntolerance", "type", "allergy intolerance"),
    ("AllergyIntolerance", "criticality", "low high unable-to-assess"),
];

/// Members that are dates or moments wherever they stand at the top of a resource.
const DATES: [&str; 13] = [
    "birthDate",
    "effectiveDateTime",
    "issued",
    "recordedDate",
    "onsetDateTime",
    "performedDateTime",
    "occurrenceDateTime",
    "authoredOn",
    "date",
    "started",
    "deceasedDateTime",
    "recorded",
    "abatementDateTime",
];

/// WHY: bundles inside bundles are allowed, and never needed deeper.
const BUNDLES_MAX: usize = 3;
/// WHY: eight bytes each and a set around them; larger bundles are not asked for their references.
const REFERENCES_MAX: usize = 2_000_000;

type Hashes = HashSet<u64, BuildHasherDefault<DefaultHasher>>;

/// A bundle while it is read: what its entries are called, and what they refer to.
#[derive(Default)]
pub struct Bundle {
    named: Hashes,
    /// Hash of the target, and the first entry that refers to it.
    wanted: BTreeMap<u64, u64>,
    entries: u64,
}

impl Bundle {
    /// Judges one entry.
    pub fn entry(&mut self, job: &mut Job, number: u64, entry: &Value) {
        self.entries = number;
        if self.named.len() < REFERENCES_MAX {
            self.named.extend(entry["fullUrl"].as_str().map(hash));
        }
        let place = Place { line: Some(number), ..Place::WHOLE };
        let Some(value) = entry.get("resource") else { return };
        resource(job, value, place);
        for target in targets(value) {
            if self.wanted.len() < REFERENCES_MAX {
                self.wanted.entry(hash(target)).or_insert(number);
            }
        }
    }

    /// Judges what stands beside the entries.
    pub fn whole(self, job: &mut Job, rest: Value) {
        resource(job, &rest, Place::WHOLE);
        if self.entries as usize >= REFERENCES_MAX {
            return;
        }
        for (_, number) in self.wanted.iter().filter(|(target, _)| !self.named.contains(target)) {
            job.findings.add(rule::FHIR_REFERENCE, Place { line: Some(*number), ..Place::WHOLE });
        }
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// References that a bundle must resolve by itself: `urn:uuid:` is an entry's `fullUrl`.
fn targets(value: &Value) -> Vec<&str> {
    let (mut open, mut targets) = (vec![value], Vec::new());
    while let Some(value) = open.pop() {
        match value {
            Value::Object(members) => {
                let target = members.get("reference").and_then(Value::as_str);
                targets.extend(target.filter(|target| target.starts_with("urn:uuid:")));
                open.extend(members.values());
            }
            Value::Array(values) => open.extend(values),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    targets
}

/// Judges a resource, and all in it if it is a bundle.
pub fn resource(job: &mut Job, value: &Value, place: Place) {
    let mut open = vec![(value, 0)];
    while let Some((value, depth)) = open.pop() {
        let Some(kind) = value["resourceType"].as_str().filter(|kind| is_type(kind)) else {
            job.findings.add(rule::FHIR_TYPE, place);
            continue;
        };
        for name in ["resources".to_owned(), format!("resources-{kind}")] {
            let before = job.facts.count(&name);
            job.facts.number(&name, before + 1);
        }
        one(job, kind, value, place);
        let Some(entries) = value["entry"].as_array().filter(|_| kind == "Bundle") else { continue };
        if depth >= BUNDLES_MAX {
            job.findings.add(rule::LIMIT_DEPTH, place);
            continue;
        }
        open.extend(entries.iter().filter_map(|entry| Some((entry.get("resource")?, depth + 1))));
    }
}

/// Whether a name is a resource of R4.
pub fn is_type(kind: &str) -> bool {
    TYPES.split_ascii_whitespace().any(|known| known == kind)
}

fn one(job: &mut Job, kind: &str, value: &Value, place: Place) {
    let needs = REQUIRED.iter().find(|(known, _)| *known == kind).map_or("", |(_, needs)| needs);
    for need in needs.split_ascii_whitespace() {
        let has = match need.strip_suffix('*') {
            Some(start) => {
                value.as_object().is_some_and(|members| members.keys().any(|key| key.starts_with(start)))
            }
            // SPEC: R4, 2.6.1.2: a primitive that is missing for a reason has its extension beside it.
            None => value.get(need).is_some() || value.get(format!("_{need}")).is_some(),
        };
        job.findings.need(has, rule::FHIR_REQUIRED, place);
    }
    for (_, member, codes) in CODES.iter().filter(|(known, ..)| *known == kind) {
        let Some(code) = value.get(member) else { continue };
        let is_code =
            code.as_str().is_some_and(|code| codes.split_ascii_whitespace().any(|known| known == code));
        job.findings.need(is_code, rule::FHIR_CODE, place);
    }
    for member in DATES {
        let is_date = value.get(member).and_then(Value::as_str).is_none_or(is_date);
        job.findings.need(is_date, rule::FHIR_DATE, place);
    }
}

/// SPEC: R4, 2.24.0.1: `YYYY`, `YYYY-MM`, `YYYY-MM-DD`, or a moment with its zone.
fn is_date(text: &str) -> bool {
    let (day, clock) = text.split_once('T').map_or((text, None), |(day, clock)| (day, Some(clock)));
    let is_digits =
        |part: &str, size: usize| part.len() == size && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = day.split('-').collect();
    let is_day = match parts.as_slice() {
        [year] => is_digits(year, 4),
        [year, month] => {
            is_digits(year, 4) && is_digits(month, 2) && (1..=12).contains(&month.parse::<u8>().unwrap_or(0))
        }
        [_, _, _] => crate::shape::date(day).is_some_and(|read| read.to_string() == day),
        _ => false,
    };
    let is_clock = clock.is_none_or(|clock| {
        let has_zone = clock.ends_with('Z')
            || clock.get(clock.len().saturating_sub(6)..).is_some_and(|zone| zone.starts_with(['+', '-']));
        parts.len() == 3 && has_zone && clock.len() >= 9
    });
    is_day && is_clock
}

/// The members that a resource must have, for readers of XML.
pub fn required(kind: &str) -> &'static str {
    REQUIRED.iter().find(|(known, _)| *known == kind).map_or("", |(_, needs)| needs)
}
