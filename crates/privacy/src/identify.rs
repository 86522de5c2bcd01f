//! Direct identifiers: found in cells, in text, in the names of files, and in fields of headers.
//!
//! It exists so that a delivery that names people is noticed before anybody reads it. Rules only: check digits, forms,
//! words around, lists of names; each finding says why. It never holds or prints a value that it found, and never says
//! that data are anonymous: it says what it looked for.

mod account;
mod address;
mod birthplace;
mod check;
mod column;
mod contact;
mod date;
mod document;
mod ending;
mod field;
mod hint;
mod lexicon;
mod person;
mod phone;
mod postcode;
mod record;
mod run;
mod scan;
mod tax;
mod token;

use std::fmt;
use std::ops::Range;

pub use column::{ColumnJudgement, TableJudge, Tally, judge_column};
pub use hint::Column;

use scan::{Place, Scanner};

/// What a value identifies a person by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The Italian tax code of a person, 16 characters (D.M. 23 December 1976), or 11 digits while provisional.
    CodiceFiscale,
    /// The number of a European health insurance card, as on the back of the Italian one: 20 digits.
    HealthCard,
    /// Italian identity cards, electronic (CA12345AA) and of paper (AA1234567).
    IdentityCard,
    Passport,
    DrivingLicence,
    /// The Italian VAT number, which a doctor has too.
    PartitaIva,
    /// ISO 13616.
    Iban,
    /// ISO/IEC 7812.
    PaymentCard,
    Email,
    Phone,
    /// A postal address.
    Address,
    PersonName,
    BirthDate,
    /// The number of a medical record or of a stay.
    RecordNumber,
    /// England's, 10 digits.
    NhsNumber,
    /// The United States' SSN, the United Kingdom's National Insurance number.
    SocialSecurity,
    /// IPv4.
    NetworkAddress,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 17] = [
        Self::CodiceFiscale,
        Self::HealthCard,
        Self::IdentityCard,
        Self::Passport,
        Self::DrivingLicence,
        Self::PartitaIva,
        Self::Iban,
        Self::PaymentCard,
        Self::Email,
        Self::Phone,
        Self::Address,
        Self::PersonName,
        Self::BirthDate,
        Self::RecordNumber,
        Self::NhsNumber,
        Self::SocialSecurity,
        Self::NetworkAddress,
    ];

    /// The word for it in rules, reports and texts.
    pub fn word(self) -> &'static str {
        match self {
            Self::CodiceFiscale => "codice-fiscale",
            Self::HealthCard => "health-card",
            Self::IdentityCard => "identity-card",
            Self::Passport => "passport",
            Self::DrivingLicence => "driving-licence",
            Self::PartitaIva => "partita-iva",
            Self::Iban => "iban",
            Self::PaymentCard => "payment-card",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Address => "address",
            Self::PersonName => "person-name",
            Self::BirthDate => "birth-date",
            Self::RecordNumber => "record-number",
            Self::NhsNumber => "nhs-number",
            Self::SocialSecurity => "social-security",
            Self::NetworkAddress => "network-address",
        }
    }
}

/// How sure a finding is, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// It may be one; a person has to look.
    Ambiguous,
    /// Its form, its column or the words around say so.
    Likely,
    /// A check character or digits hold, and the form leaves no other reading.
    Certain,
}

/// What speaks for a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    CheckHolds,
    /// The form is right and the check is not: mistyped, perhaps.
    CheckFails,
    /// The check holds, and there was no such day, or no such place then.
    NoSuchBirth,
    Form,
    /// The name of the column or field.
    Column,
    /// Words before it.
    Words,
    /// Given names and surnames that are on our lists.
    KnownNames,
    /// Words that are written like a name, and on no list.
    UnknownNames,
}

impl fmt::Display for Why {
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        into.write_str(match self {
            Self::CheckHolds => "its check character holds",
            Self::CheckFails => "its form is right, its check character is not",
            Self::NoSuchBirth => "its check character holds, its day or place of birth does not exist",
            Self::Form => "its form",
            Self::Column => "the name of its column",
            Self::Words => "the words before it",
            Self::KnownNames => "known names",
            Self::UnknownNames => "words written like a name",
        })
    }
}

/// One identifier: what and where, never the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub kind: Kind,
    /// In bytes of what was given; on the boundaries of its characters where it is UTF-8.
    pub range: Range<usize>,
    pub confidence: Confidence,
    pub why: Why,
}

impl fmt::Display for Finding {
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(into, "{} at byte {}: {}", self.kind.word(), self.range.start, self.why)
    }
}

/// What is to be done about a text, a cell or a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Nothing that we look for was found.
    Clear,
    /// Something may be an identifier, and only a person can tell.
    AskPerson,
    /// There are identifiers.
    Alarm,
}

impl Verdict {
    /// The verdict on one text or cell.
    pub fn of(findings: &[Finding]) -> Self {
        match findings.iter().map(|finding| finding.confidence).max() {
            None => Self::Clear,
            Some(Confidence::Ambiguous) => Self::AskPerson,
            Some(_) => Self::Alarm,
        }
    }
}

/// Identifiers in one cell of a table, whose column may have a telling name.
pub fn in_cell(column: &Column, cell: impl AsRef<[u8]>) -> Vec<Finding> {
    let mut found = Vec::new();
    Scanner::default().cell(column, cell.as_ref(), &mut |finding| found.push(finding));
    found
}

/// Identifiers in free text, in order; in a long text use [`scan_text`].
pub fn in_text(text: impl AsRef<[u8]>) -> Vec<Finding> {
    let mut found = Vec::new();
    scan_text(text.as_ref(), &mut |finding| found.push(finding));
    found
}

/// Tells each identifier in free text of any size, in order, in constant memory and linear time.
pub fn scan_text(text: &[u8], found: &mut dyn FnMut(Finding)) {
    Scanner::default().scan(text, &Column::default(), Place::Prose, found);
}

/// Identifiers in the name of a file or folder.
pub fn in_file_name(name: impl AsRef<[u8]>) -> Vec<Finding> {
    let mut found = Vec::new();
    let place = Place::FileName;
    Scanner::default().scan(name.as_ref(), &Column::default(), place, &mut |finding| found.push(finding));
    found
}

/// Identifiers in a field of a header: the keyword of a DICOM element (`PatientName`), the path of a FHIR element
/// (`Patient.name.family`, indexes allowed), or `sample` for the name of a sample in VCF, SAM and BAM.
pub fn in_field(path: &str, value: impl AsRef<[u8]>) -> Vec<Finding> {
    field::find(path, value.as_ref())
}
