//! What is told of one dataset: everything a catalogue asks of sensitive health data, and no datum.
//!
//! It exists so that a card which lacks what the profile demands cannot be made. There is no field for a value, a row, a
//! sample or a person: organisations are named by their name and a page, never by somebody's address.
//!
//! SPEC: HealthDCAT-AP release 8, Dataset with access rights NON_PUBLIC; Implementing Regulation (EU) 2026/2098, Annex, B.

use time::Date;

use crate::content::{Content, Distribution, Size};
use crate::iri::Iri;
use crate::period::Period;
use crate::several::Several;
use crate::term::{
    Country, DatasetType, Frequency, HealthActivity, HealthCategory, HealthTheme, LegalBasis, PersonalData,
    PublisherType, PurposeKind, Term, Theme, Tongue,
};
use crate::text::{Label, Text};

/// One dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// The dataset itself: by this it is cited and told apart. Another one than `page`.
    pub id: Iri,
    /// Where people read about it.
    pub page: Iri,
    pub forms: Forms,
    /// The catalogue that it is in: its `id`.
    pub catalogue: Iri,
    pub about: About,
    pub parties: Parties,
    pub law: Law,
    pub origin: Origin,
    pub size: Size,
    pub content: Content,
    pub distributions: Several<Distribution>,
}

/// Where the same card is served for machines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forms {
    /// `text/turtle`.
    pub turtle: Iri,
    /// `application/ld+json`.
    pub json_ld: Iri,
    /// `application/linkset+json`.
    pub linkset: Iri,
}

/// What it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// As its keeper numbers it.
    pub identifier: Label,
    pub title: Text,
    /// What it is and what it was collected for.
    pub description: Text,
    pub keywords: Several<Text>,
    pub categories: Several<Term<HealthCategory>>,
    pub health_themes: Vec<Term<HealthTheme>>,
    /// Besides health, which is on every card.
    pub themes: Vec<Term<Theme>>,
    pub kinds: Several<Term<DatasetType>>,
    pub languages: Vec<Term<Tongue>>,
    pub version: Option<Label>,
    pub issued: Option<Date>,
    /// When the dataset last changed; never changed, when it came to be.
    pub modified: Date,
    /// The time that the data are about.
    pub covers: Option<Period>,
    pub places: Vec<Term<Country>>,
    pub frequency: Option<Term<Frequency>>,
    /// Pages and papers about it.
    pub documents: Vec<Iri>,
    pub cited_by: Vec<Iri>,
}

/// An organisation. It is one node: give it the same wherever it appears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Its own address, best one that others know too (ROR).
    pub id: Iri,
    pub name: Label,
    pub kind: Term<PublisherType>,
    /// A page by which it is reached; an office, not a person.
    pub contact: Iri,
}

/// Who has to do with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parties {
    pub publisher: Agent,
    /// The health data access body that is asked for access.
    ///
    /// SPEC: Regulation (EU) 2025/327, Article 55.
    pub access_body: Agent,
    /// The health data holder.
    ///
    /// SPEC: Regulation (EU) 2025/327, Article 2(2)(t).
    pub custodian: Agent,
    /// Who made it, if that is another than its custodian.
    pub creator: Option<Agent>,
    /// Who answers questions about it: an office and its page.
    pub contact_name: Label,
    pub contact_page: Iri,
}

/// Who may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// By permit only.
    NonPublic,
    /// Under conditions that anybody may meet.
    Restricted,
}

impl Access {
    pub fn code(self) -> &'static str {
        match self {
            Self::NonPublic => "NON_PUBLIC",
            Self::Restricted => "RESTRICTED",
        }
    }
}

/// What one may use it for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purpose {
    pub what: Text,
    pub kind: Option<Term<PurposeKind>>,
}

/// By what right it is kept, and what may be done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Law {
    pub access: Access,
    /// Besides the EHDS Regulation, which is on every card: addresses of ELI.
    pub legislation: Vec<Iri>,
    pub bases: Vec<Term<LegalBasis>>,
    pub personal: Vec<Term<PersonalData>>,
    pub purposes: Vec<Purpose>,
    /// What may not be done with it.
    pub limits: Text,
    pub licence: Iri,
    /// How long it is kept.
    pub retention: Option<Period>,
}

/// What brought it forth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    pub what: Text,
    pub kind: Term<HealthActivity>,
}

/// Where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    pub provenance: Text,
    pub activity: Option<Activity>,
    /// The datasets that it was made of, by their `id`.
    pub sources: Vec<Iri>,
    /// Documents that say how good it is.
    pub quality: Vec<Iri>,
}
