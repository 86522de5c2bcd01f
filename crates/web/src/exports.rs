//! Cards that everybody finds, as other catalogues, search engines and link followers read them.
//!
//! What a card must say and people did not is said by what is known: whoever decides on the data is asked for access,
//! and the region's own register is where. SPEC: HealthDCAT-AP release 8, by the crate `dcat`.

use dcat::card::{About, Access, Agent, Forms, Law, Origin, Parties, Purpose};
use dcat::content::{Column, Content, Datatype, Distribution, Size, Table, Variables};
use dcat::several::Several;
use dcat::term::{HealthCategory, Term};
use dcat::{Card as Described, Catalogue, Iri, Label, Text};
use region::dataset::Card;
use time::{Date, OffsetDateTime};
use words::{Reason, Refusal, Timestamp};

/// A card in the forms of others.
pub struct Exported(Described);

/// The forms that a card is served in.
pub const FORMS: [(&str, &str); 3] =
    [("turtle", "text/turtle"), ("json-ld", "application/ld+json"), ("linkset", "application/linkset+json")];

/// What could not be said, for whoever made a card that cannot be exported.
fn unsaid<E: std::fmt::Display>(error: E) -> Refusal {
    Refusal::with(Reason::Invalid, format!("the card cannot be told to other catalogues: {error}"))
}

fn iri(text: String) -> Result<Iri, Refusal> {
    Iri::parse(&text).map_err(unsaid)
}

/// WHY Italian: it is what the region's controllers write in; a card has one text for each field.
fn text(prose: &str) -> Result<Text, Refusal> {
    Text::new(prose, "").map_err(unsaid)
}

fn both(it: &str, en: &str) -> Result<Text, Refusal> {
    Text::new(it, en).map_err(unsaid)
}

fn day(at: Timestamp) -> Result<Date, Refusal> {
    OffsetDateTime::from_unix_timestamp(at.ms().div_euclid(1_000)).map(OffsetDateTime::date).map_err(unsaid)
}

/// An organisation, named by its place in this register.
fn agent(origin: &str, name: &str, kind: &str) -> Result<Agent, Refusal> {
    let id: String = name.chars().map(|sign| if sign.is_ascii_alphanumeric() { sign } else { '-' }).collect();
    Ok(Agent {
        id: iri(format!("{origin}/register#{}", id.to_lowercase()))?,
        name: Label::new(name).map_err(unsaid)?,
        kind: Term::new(kind).map_err(unsaid)?,
        contact: iri(format!("{origin}/register"))?,
    })
}

impl Exported {
    pub fn of(origin: &str, card: &Card) -> Result<Self, Refusal> {
        let row = &card.row;
        let page = format!("{origin}/register/{}", row.id);
        let form = |name: &str| iri(format!("{page}/{name}"));
        Ok(Self(Described {
            id: iri(format!("urn:epic:{}", row.id))?,
            page: iri(page.clone())?,
            forms: Forms { turtle: form("turtle")?, json_ld: form("json-ld")?, linkset: form("linkset")? },
            catalogue: iri(format!("{origin}/register#catalogue"))?,
            about: about(card)?,
            parties: parties(origin, card)?,
            law: law(origin, card)?,
            origin: Origin {
                provenance: match &card.provider {
                    Some(provider) => both(
                        &format!("Consegnato da {provider} sotto un accordo firmato"),
                        &format!("Delivered by {provider} under a signed agreement"),
                    )?,
                    None => both("Ricavato nel progetto", "Made within the project")?,
                },
                activity: None,
                sources: Vec::new(),
                quality: Vec::new(),
            },
            size: Size::default(),
            content: content(card)?,
            distributions: Several::one(distribution(card, &page)?),
        }))
    }

    pub fn schema_org(&self) -> String {
        dcat::schema_org(&self.0)
    }

    /// The value of a `Link` header.
    pub fn links(&self) -> String {
        dcat::link_header(&dcat::signposting(&self.0))
    }

    /// One of [`FORMS`].
    pub fn form(&self, name: &str) -> Option<String> {
        match name {
            "turtle" => Some(dcat::card_turtle(&self.0)),
            "json-ld" => Some(dcat::card_json_ld(&self.0)),
            "linkset" => Some(dcat::link_set(&self.0)),
            _ => None,
        }
    }
}

fn about(card: &Card) -> Result<About, Refusal> {
    let row = &card.row;
    let keywords = row.keywords.iter().map(|keyword| text(keyword)).collect::<Result<Vec<_>, _>>()?;
    Ok(About {
        identifier: Label::new(&row.id.to_string()).map_err(unsaid)?,
        title: text(&row.title)?,
        description: text(&row.purpose)?,
        keywords: match Several::new(keywords) {
            Ok(keywords) => keywords,
            Err(_) => Several::one(both("dati sanitari", "health data")?),
        },
        categories: categories(card)?,
        health_themes: Vec::new(),
        themes: Vec::new(),
        kinds: Several::one(Term::new("STATISTICAL").map_err(unsaid)?),
        languages: Vec::new(),
        version: None,
        issued: Some(day(row.first)?),
        modified: day(card.figures.newest.map_or(row.at, |newest| newest.max(row.at)))?,
        covers: None,
        places: vec![Term::new("ITA").map_err(unsaid)?],
        frequency: None,
        documents: Vec::new(),
        cited_by: Vec::new(),
    })
}

/// Categories of health data: those that a keyword names by its code, else what the kinds of its files say.
///
/// SPEC: Regulation (EU) 2025/327, Article 51(1).
fn categories(card: &Card) -> Result<Several<Term<HealthCategory>>, Refusal> {
    let named: Vec<_> = card.row.keywords.iter().filter_map(|word| Term::new(word).ok()).collect();
    if let Ok(named) = Several::new(named) {
        return Ok(named);
    }
    let is_genomic =
        |kind: &String| matches!(kind.as_str(), "vcf" | "bcf" | "fastq" | "bam" | "cram" | "sam");
    let code = if card.figures.kinds.keys().any(is_genomic) { "HGPD" } else { "EHRS" };
    Term::new(code).map(Several::one).map_err(unsaid)
}

fn parties(origin: &str, card: &Card) -> Result<Parties, Refusal> {
    let controller = agent(origin, &card.controller, "public-health-institute")?;
    let custodian = match &card.provider {
        Some(provider) => agent(origin, provider, "healthcare-providers")?,
        None => controller.clone(),
    };
    Ok(Parties {
        publisher: controller.clone(),
        access_body: controller,
        custodian,
        creator: None,
        contact_name: Label::new(&card.controller).map_err(unsaid)?,
        contact_page: iri(format!("{origin}/register/{}", card.row.id))?,
    })
}

fn law(origin: &str, card: &Card) -> Result<Law, Refusal> {
    let purposes = card.purposes.iter().map(|purpose| Ok(Purpose { what: text(purpose)?, kind: None }));
    // WHY only as they were written: `GDPR Art. 9(2)(j)` names a term, other words do not.
    let bases = card
        .legal_bases
        .iter()
        .filter_map(|basis| legal_basis(basis))
        .filter_map(|code| Term::new(&code).ok());
    Ok(Law {
        access: Access::NonPublic,
        legislation: Vec::new(),
        bases: bases.collect(),
        personal: Vec::new(),
        purposes: purposes.collect::<Result<_, Refusal>>()?,
        limits: match &card.row.limits {
            Some(limits) => text(limits)?,
            None => {
                both("Solo secondo un permesso, dentro la regione", "Only under a permit, inside the region")?
            }
        },
        licence: iri(format!("{origin}/register"))?,
        retention: None,
    })
}

/// `A9-2-j` of a text that names an article, a paragraph and a letter.
fn legal_basis(basis: &str) -> Option<String> {
    let mut parts = basis.split(|sign: char| !sign.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    parts.find(|part| part.eq_ignore_ascii_case("art") || part.eq_ignore_ascii_case("article"))?;
    Some(format!("A{}-{}-{}", parts.next()?, parts.next()?, parts.next()?.to_lowercase()))
}

fn content(card: &Card) -> Result<Content, Refusal> {
    let column = |field: &region::dataset::Field| {
        Ok(Column {
            name: Label::new(&field.name).map_err(unsaid)?,
            title: text(&field.name)?,
            what: text(&field.name)?,
            datatype: match field.kind.as_str() {
                "whole" => Datatype::Integer,
                "number" => Datatype::Double,
                "bool" => Datatype::Boolean,
                "date" => Datatype::Date,
                "moment" => Datatype::DateTime,
                _ => Datatype::Text,
            },
            meaning: None,
        })
    };
    let columns = card.fields.iter().map(column).collect::<Result<Vec<_>, Refusal>>()?;
    let title = both("Tabelle", "Tables")?;
    let variables = match Several::new(columns) {
        Ok(columns) => {
            let tables = Several::one(Table { title: title.clone(), columns });
            Some(Variables::new(title, tables).map_err(unsaid)?)
        }
        Err(_) => None,
    };
    Ok(Content { variables, ..Content::default() })
}

fn distribution(card: &Card, page: &str) -> Result<Distribution, Refusal> {
    Ok(Distribution {
        title: text(&card.row.title)?,
        description: both(
            "Non si scarica: vi si lavora dentro la regione, con un permesso",
            "Not downloaded: worked on inside the region, under a permit",
        )?,
        access: iri(page.to_owned())?,
        availability: Term::new("AVAILABLE").map_err(unsaid)?,
        format: None,
        media_type: None,
        size_bytes: Some(card.figures.bytes).filter(|bytes| *bytes > 0),
        checksum: None,
        conforms_to: Vec::new(),
    })
}

/// All cards that everybody finds; one that cannot be told is left out, and the others are told.
pub fn catalogue(origin: &str, cards: &[Card], now: Timestamp) -> Result<Catalogue, Refusal> {
    let datasets: Vec<Described> =
        cards.iter().filter_map(|card| Exported::of(origin, card).ok()).map(|exported| exported.0).collect();
    let modified = cards.iter().map(|card| card.row.at).max().unwrap_or(now);
    Ok(Catalogue {
        id: iri(format!("{origin}/register#catalogue"))?,
        page: iri(format!("{origin}/register"))?,
        title: both("Catalogo della regione", "Catalogue of the region")?,
        description: both(
            "Dataset su cui i ricercatori lavorano dentro una regione sicura, con un permesso",
            "Datasets that researchers work on inside a secure region, under a permit",
        )?,
        publisher: agent(origin, "EPIC", "public-health-institute")?,
        licence: iri(format!("{origin}/register"))?,
        languages: vec![Term::new("ITA").map_err(unsaid)?, Term::new("ENG").map_err(unsaid)?],
        places: vec![Term::new("ITA").map_err(unsaid)?],
        issued: None,
        modified: day(modified)?,
        datasets,
    })
}
