//! Words of lists that others keep: a code, checked, and the address that it stands for.
//!
//! It exists so that a card cannot take a language for a country. Lists that a law closes are held here; of the others the
//! form of a code is checked, and whether it is listed today is asked of their keepers by the catalogue that harvests.

use std::marker::PhantomData;

use crate::iri::Iri;

/// WHY: the longest code known is a third of it.
pub const CODE_BYTES_MAX: usize = 64;

/// A list, and how its words are written.
pub trait List {
    /// What stands before a code.
    const BASE: &'static str;
    /// The list's own address and title.
    const SCHEME: Option<(&'static str, &'static str)>;
    /// What a word of it is.
    const CLASSES: &'static [&'static str];
    /// All codes of a closed list; of an open one, none.
    const CODES: &'static [&'static str];
}

/// A code of one list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Term<L> {
    code: String,
    list: PhantomData<L>,
}

/// A code that its list cannot have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{code}` is no code of {base}")]
pub struct TermError {
    pub code: String,
    pub base: &'static str,
}

impl<L: List> Term<L> {
    pub fn new(code: &str) -> Result<Self, TermError> {
        let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let has_form = (1..=CODE_BYTES_MAX).contains(&code.len()) && code.bytes().all(is_sign);
        if has_form && (L::CODES.is_empty() || L::CODES.contains(&code)) {
            return Ok(Self::known(code));
        }
        Err(TermError { code: code.chars().take(CODE_BYTES_MAX).collect(), base: L::BASE })
    }

    /// One of this crate's own.
    pub(crate) fn known(code: &str) -> Self {
        Self { code: code.to_owned(), list: PhantomData }
    }

    pub fn code(&self) -> &str {
        &self.code
    }

    pub fn iri(&self) -> Iri {
        Iri::known(format!("{}{}", L::BASE, self.code))
    }
}

/// Writes down lists: name, what it is, base, scheme and title, classes, codes.
macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident, $base:expr, $scheme:expr, $classes:expr, $codes:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {}

        impl List for $name {
            const BASE: &'static str = $base;
            const SCHEME: Option<(&'static str, &'static str)> = $scheme;
            const CLASSES: &'static [&'static str] = &$classes;
            const CODES: &'static [&'static str] = &$codes;
        }
    )*};
}

/// A list of the Publications Office of the Union.
macro_rules! eu {
    ($list:literal) => {
        concat!("http://publications.europa.eu/resource/authority/", $list)
    };
}

/// A list of HealthDCAT-AP, release 8.
macro_rules! health {
    ($list:literal) => {
        concat!("https://hdeu-dcat.data.health.europa.eu/resource/authority/", $list)
    };
}

lists! {
    /// `HEAL` is on every card.
    Theme, eu!("data-theme/"), Some((eu!("data-theme"), "Data theme")), ["skos:Concept"],
        ["AGRI", "ECON", "EDUC", "ENER", "ENVI", "GOVE", "HEAL", "INTR", "JUST", "OP_DATPRO", "REGI", "SOCI", "TECH", "TRAN"];
    /// `ITA`, `ENG`: ISO 639-3 in capitals.
    Tongue, eu!("language/"), Some((eu!("language"), "Language")), ["dct:LinguisticSystem"], [];
    /// `ITA`: ISO 3166-1 alpha-3.
    Country, eu!("country/"), Some((eu!("country"), "Country")), ["dct:Location"], [];
    /// `CSV`, `JSON`, `PARQUET`.
    FileType, eu!("file-type/"), Some((eu!("file-type"), "File type")), ["dct:MediaTypeOrExtent"], [];
    /// `ANNUAL`, `IRREG`.
    Frequency, eu!("frequency/"), Some((eu!("frequency"), "Frequency")), ["dct:Frequency"], [];
    /// `STATISTICAL`, `SYNTHETIC_DATA`.
    DatasetType, eu!("dataset-type/"), Some((eu!("dataset-type"), "Dataset type")), ["skos:Concept"], [];
    /// `STABLE`, `AVAILABLE`, `EXPERIMENTAL`, `TEMPORARY`.
    Availability, eu!("planned-availability/"), Some((eu!("planned-availability"), "Planned availability")),
        ["skos:Concept"], [];
    /// Who may see it.
    AccessRight, eu!("access-right/"), Some((eu!("access-right"), "Access right")), ["dct:RightsStatement"],
        ["NON_PUBLIC", "RESTRICTED"];
    /// SPEC: Regulation (EU) 2025/327, Article 51(1), (a) to (q).
    HealthCategory, health!("healthcategories/"), Some((health!("healthcategories"), "Health categories")),
        ["skos:Concept"],
        ["EHRS", "DIOH", "NRPE", "RPDG", "HRAD", "HGPD", "HPML", "PGEH", "WELA", "IDHP", "PHDR", "MRMR", "EHCT", "EMRD",
         "RMMD", "RQSH", "EINS"];
    /// `CANCER_DISEASE`.
    HealthTheme, health!("health-theme/"), Some((health!("health-theme"), "Health theme")), ["skos:Concept"], [];
    /// `public-health-institute`, `national-authority`, `healthcare-providers`.
    PublisherType, health!("publisher-type/"), Some((health!("publisher-type"), "Health publisher type")),
        ["skos:Concept"], [];
    /// `HOSPITAL_RECORDS`, `COHORT`.
    HealthActivity, health!("health-activity/"), Some((health!("health-activity"), "Health activity")),
        ["skos:Concept"], [];
    /// `SNOMED-CT`, `LOINC`, `ICD-10`.
    CodingSystem, health!("coding-system/"), Some((health!("coding-system"), "Coding systems")),
        ["dct:Standard", "skos:Concept"], [];
    /// `OMOP-CDM`, `FHIR`, `DICOM`.
    Standard, health!("standard/"), Some((health!("standard"), "Technical standards")),
        ["dct:Standard", "skos:Concept"], [];
    /// SPEC: Regulation (EU) 2016/679, Articles 6(1) and 9(2), as DPV 2's extension for it names them.
    LegalBasis, "https://w3id.org/dpv/legal/eu/gdpr#", None, ["dpv:LegalBasis"],
        ["A6-1-a", "A6-1-b", "A6-1-c", "A6-1-d", "A6-1-e", "A6-1-f", "A9-2-a", "A9-2-b", "A9-2-c", "A9-2-d", "A9-2-e",
         "A9-2-f", "A9-2-g", "A9-2-h", "A9-2-i", "A9-2-j"];
    /// `Age`, `Gender`, `HealthRecord`. The profile takes these of DPV 1's address and no other.
    PersonalData, "https://w3id.org/dpv/dpv-pd#", None, ["dpv:PersonalData"], [];
    /// `ScientificResearch`, `PublicBenefit`: purposes of DPV.
    PurposeKind, "https://w3id.org/dpv#", None, ["dpv:Purpose"], [];
    /// How a licence binds.
    LicenceType, "http://purl.org/adms/licencetype/",
        Some(("http://purl.org/adms/licencetype/1.0", "ADMS licence type")), ["skos:Concept"], ["OtherRestrictiveClauses"];
}
