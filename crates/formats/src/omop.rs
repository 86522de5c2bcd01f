//! Tables of the OMOP common data model, by their columns.
//!
//! It exists so that a set of files is told to be a CDM, and what it lacks. It reads names of columns alone.
//!
//! SPEC: OMOP CDM 5.3 and 5.4, `OMOP_CDMv5.4_Field_Level.csv`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// A table and the columns that make it: all required ones that tell it from the others.
const TABLES: &[(&str, &[&str])] = &[
    (
        "person",
        &["person_id", "gender_concept_id", "year_of_birth", "race_concept_id", "ethnicity_concept_id"],
    ),
    (
        "observation_period",
        &[
            "observation_period_id",
            "person_id",
            "observation_period_start_date",
            "observation_period_end_date",
            "period_type_concept_id",
        ],
    ),
    (
        "visit_occurrence",
        &[
            "visit_occurrence_id",
            "person_id",
            "visit_concept_id",
            "visit_start_date",
            "visit_end_date",
            "visit_type_concept_id",
        ],
    ),
    (
        "visit_detail",
        &[
            "visit_detail_id",
            "person_id",
            "visit_detail_concept_id",
            "visit_detail_start_date",
            "visit_detail_end_date",
            "visit_detail_type_concept_id",
        ],
    ),
    (
        "condition_occurrence",
        &[
            "condition_occurrence_id",
            "person_id",
            "condition_concept_id",
            "condition_start_date",
            "condition_type_concept_id",
        ],
    ),
    (
        "drug_exposure",
        &[
            "drug_exposure_id",
            "person_id",
            "drug_concept_id",
            "drug_exposure_start_date",
            "drug_exposure_end_date",
            "drug_type_concept_id",
        ],
    ),
    (
        "procedure_occurrence",
        &[
            "procedure_occurrence_id",
            "person_id",
            "procedure_concept_id",
            "procedure_date",
            "procedure_type_concept_id",
        ],
    ),
    (
        "device_exposure",
        &[
            "device_exposure_id",
            "person_id",
            "device_concept_id",
            "device_exposure_start_date",
            "device_type_concept_id",
        ],
    ),
    (
        "measurement",
        &[
            "measurement_id",
            "person_id",
            "measurement_concept_id",
            "measurement_date",
            "measurement_type_concept_id",
        ],
    ),
    (
        "observation",
        &[
            "observation_id",
            "person_id",
            "observation_concept_id",
            "observation_date",
            "observation_type_concept_id",
        ],
    ),
    ("death", &["person_id", "death_date"]),
    ("note", &["note_id", "person_id", "note_date", "note_type_concept_id", "note_text"]),
    ("note_nlp", &["note_nlp_id", "note_id", "lexical_variant"]),
    (
        "specimen",
        &["specimen_id", "person_id", "specimen_concept_id", "specimen_type_concept_id", "specimen_date"],
    ),
    (
        "fact_relationship",
        &["domain_concept_id_1", "fact_id_1", "domain_concept_id_2", "fact_id_2", "relationship_concept_id"],
    ),
    ("location", &["location_id", "address_1", "city", "zip"]),
    ("care_site", &["care_site_id", "care_site_name", "place_of_service_concept_id"]),
    ("provider", &["provider_id", "provider_name", "specialty_concept_id"]),
    (
        "payer_plan_period",
        &["payer_plan_period_id", "person_id", "payer_plan_period_start_date", "payer_plan_period_end_date"],
    ),
    ("cost", &["cost_id", "cost_event_id", "cost_domain_id", "cost_type_concept_id"]),
    (
        "drug_era",
        &["drug_era_id", "person_id", "drug_concept_id", "drug_era_start_date", "drug_era_end_date"],
    ),
    ("dose_era", &["dose_era_id", "person_id", "drug_concept_id", "unit_concept_id", "dose_value"]),
    (
        "condition_era",
        &[
            "condition_era_id",
            "person_id",
            "condition_concept_id",
            "condition_era_start_date",
            "condition_era_end_date",
        ],
    ),
    ("episode", &["episode_id", "person_id", "episode_concept_id", "episode_start_date"]),
    ("episode_event", &["episode_id", "event_id", "episode_event_field_concept_id"]),
    ("metadata", &["metadata_concept_id", "metadata_type_concept_id", "name"]),
    ("cdm_source", &["cdm_source_name", "cdm_source_abbreviation", "cdm_holder", "cdm_version"]),
    (
        "concept",
        &["concept_id", "concept_name", "domain_id", "vocabulary_id", "concept_class_id", "concept_code"],
    ),
    ("vocabulary", &["vocabulary_id", "vocabulary_name", "vocabulary_concept_id"]),
    ("domain", &["domain_id", "domain_name", "domain_concept_id"]),
    ("concept_class", &["concept_class_id", "concept_class_name", "concept_class_concept_id"]),
    ("concept_relationship", &["concept_id_1", "concept_id_2", "relationship_id"]),
    ("relationship", &["relationship_id", "relationship_name", "is_hierarchical", "defines_ancestry"]),
    ("concept_synonym", &["concept_id", "concept_synonym_name", "language_concept_id"]),
    ("concept_ancestor", &["ancestor_concept_id", "descendant_concept_id", "min_levels_of_separation"]),
    (
        "source_to_concept_map",
        &["source_code", "source_concept_id", "source_vocabulary_id", "target_concept_id"],
    ),
    ("drug_strength", &["drug_concept_id", "ingredient_concept_id", "amount_value"]),
    ("cohort", &["cohort_definition_id", "subject_id", "cohort_start_date", "cohort_end_date"]),
    ("cohort_definition", &["cohort_definition_id", "cohort_definition_name", "definition_type_concept_id"]),
];

/// The table that these columns make, if they make one: of those that fit, the one with most columns.
pub fn table(names: &[&str]) -> Option<&'static str> {
    let names: BTreeSet<String> =
        names.iter().map(|name| name.trim().trim_matches('"').to_lowercase()).collect();
    let fits = TABLES.iter().filter(|(_, needs)| needs.iter().all(|need| names.contains(*need)));
    fits.max_by_key(|(_, needs)| needs.len()).map(|(table, _)| *table)
}

/// Whether a table of this name exists.
pub fn is_table(name: &str) -> bool {
    TABLES.iter().any(|(table, _)| *table == name)
}

/// What a set of files is as a CDM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Set {
    /// Tables that are there.
    pub tables: BTreeSet<String>,
    /// Tables without which it is no CDM, and are missing.
    pub missing: BTreeSet<String>,
    /// Tables that come more than once.
    pub doubled: BTreeSet<String>,
    /// `5.4` where a column or table of it is there, else `5.3` or older.
    pub version: String,
}

impl Set {
    /// Whether the files are a CDM: people, the time they are observed, and at least one kind of event.
    pub fn is_cdm(&self) -> bool {
        self.missing.is_empty() && self.doubled.is_empty()
    }
}

/// WHY: without them nothing can be asked of a CDM (OHDSI's own checks ask for them first).
const NEEDED: [&str; 2] = ["person", "observation_period"];
const EVENTS: [&str; 6] = [
    "visit_occurrence",
    "condition_occurrence",
    "drug_exposure",
    "procedure_occurrence",
    "measurement",
    "observation",
];

/// Whether columns of a table are of CDM 5.4.
pub fn is_newest(table: &str, names: &[&str]) -> bool {
    // SPEC: CDM 5.4 renames `admitting_source_*` and adds episodes.
    table.starts_with("episode") || names.iter().any(|name| name.to_lowercase().starts_with("admitted_from_"))
}

/// Judges files by their columns; `None` where no file is a table of a CDM that holds people's data.
pub fn judge<'a>(files: impl IntoIterator<Item = &'a [&'a str]>) -> Option<Set> {
    let known =
        files.into_iter().filter_map(|names| table(names).map(|table| (table, is_newest(table, names))));
    judge_tables(known)
}

/// Judges tables that were recognised one by one: what each is, and whether it is of CDM 5.4.
pub fn judge_tables<'a>(files: impl IntoIterator<Item = (&'a str, bool)>) -> Option<Set> {
    let (mut tables, mut doubled, mut is_newest) = (BTreeSet::new(), BTreeSet::new(), false);
    for (table, is_of_newest) in files {
        if !tables.insert(table.to_owned()) {
            doubled.insert(table.to_owned());
        }
        is_newest |= is_of_newest;
    }
    let has = |table: &str| tables.contains(table);
    if !has("person") && !EVENTS.iter().any(|table| has(table)) {
        return None;
    }
    let mut missing: BTreeSet<String> =
        NEEDED.iter().filter(|table| !has(table)).map(|table| (*table).to_owned()).collect();
    if !EVENTS.iter().any(|table| has(table)) {
        missing.insert("any table of events".to_owned());
    }
    let version = if is_newest { "5.4" } else { "5.3" }.to_owned();
    Some(Set { tables, missing, doubled, version })
}
