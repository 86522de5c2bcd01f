//! A card as search engines read it, in the page that people read.
//!
//! SPEC: schema.org, Dataset; Google Search, structured data of datasets; Bioschemas Dataset 1.0-RELEASE. What these want and
//! is not told: `distribution`, as there is nothing to download; persons. A language is told by two names, not by tags,
//! which search engines do not read.

use serde_json::Value;
use time::Date;

use crate::card::{Agent, Card};
use crate::content::Column;
use crate::json::{object, text};
use crate::period::{Period, written};
use crate::term::{Country, Term, Tongue};
use crate::text::Text;

/// WHY: a longer description is refused by Google.
const DESCRIPTION_CHARS_MAX: usize = 5_000;

/// WHY: columns are told in full by the profile's forms; a page is loaded by people.
const COLUMNS_TOLD_MAX: usize = 200;

/// The profile of Bioschemas that is kept to.
const PROFILE: &str = "https://bioschemas.org/profiles/Dataset/1.0-RELEASE";

/// A dataset of schema.org. Google shows none whose description is under 50 characters: that is for who writes it to know.
///
/// It is JSON-LD that may stand between `<script type="application/ld+json">` and `</script>` as it is.
pub fn schema_org(card: &Card) -> String {
    let mut members = about(card);
    members.extend(parties(card));
    members.extend(more(card));
    in_page(&object(members).to_string())
}

type Member = (&'static str, Value);

/// What every reader demands.
fn about(card: &Card) -> Vec<Member> {
    let about = &card.about;
    let profile = object([("@id", text(PROFILE)), ("@type", text("CreativeWork"))]);
    let keywords = about.keywords.iter().flat_map(Text::spoken).map(|(_, keyword)| text(keyword));
    let mut members = vec![
        ("@context", text("https://schema.org")),
        ("@type", text("Dataset")),
        ("@id", text(card.id.as_str())),
        ("http://purl.org/dc/terms/conformsTo", profile),
        ("name", text(about.title.widely())),
        ("description", text(&cut(about.description.widely()))),
        ("url", text(card.page.as_str())),
        ("identifier", Value::Array(vec![text(card.id.as_str()), text(about.identifier.as_str())])),
        ("keywords", Value::Array(keywords.collect())),
        ("license", text(card.law.licence.as_str())),
        ("conditionsOfAccess", text(card.law.limits.widely())),
        ("dateModified", text(&written(about.modified))),
    ];
    members.extend(about.title.other().map(|other| ("alternateName", text(other))));
    members.extend(about.issued.map(|date| ("datePublished", text(&written(date)))));
    members.extend(about.version.as_ref().map(|version| ("version", text(version.as_str()))));
    members
}

fn parties(card: &Card) -> Vec<Member> {
    let parties = &card.parties;
    let made_by = parties.creator.as_ref().unwrap_or(&parties.custodian);
    vec![
        ("creator", organisation(made_by)),
        ("publisher", organisation(&parties.publisher)),
        ("maintainer", organisation(&parties.custodian)),
        ("includedInDataCatalog", linked("DataCatalog", card.catalogue.as_str())),
    ]
}

/// What is there only if it was told.
fn more(card: &Card) -> Vec<Member> {
    let about = &card.about;
    let codes = |codes: Vec<&str>| Value::Array(codes.into_iter().map(text).collect());
    let lists = [
        ("inLanguage", Value::Array(about.languages.iter().map(|tongue| text(&tag(tongue))).collect())),
        ("citation", codes(about.cited_by.iter().map(|paper| paper.as_str()).collect())),
        ("isBasedOn", codes(card.origin.sources.iter().map(|source| source.as_str()).collect())),
        ("spatialCoverage", Value::Array(about.places.iter().map(location).collect())),
        ("variableMeasured", Value::Array(columns(card).take(COLUMNS_TOLD_MAX).map(variable).collect())),
    ];
    let told = lists.into_iter().filter(|(_, list)| list.as_array().is_some_and(|list| !list.is_empty()));
    let mut members: Vec<Member> = told.collect();
    members.extend(about.covers.map(|period| ("temporalCoverage", text(&interval(period)))));
    members
}

fn columns(card: &Card) -> impl Iterator<Item = &Column> {
    let tables = card.content.variables.iter().flat_map(|variables| variables.tables().iter());
    tables.flat_map(|table| table.columns.iter())
}

fn variable(column: &Column) -> Value {
    let mut members = vec![
        ("@type", text("PropertyValue")),
        ("name", text(column.title.widely())),
        ("alternateName", text(column.name.as_str())),
        ("description", text(column.what.widely())),
    ];
    members.extend(column.meaning.as_ref().map(|meaning| ("propertyID", text(meaning.as_str()))));
    object(members)
}

fn organisation(agent: &Agent) -> Value {
    object([
        ("@type", text("Organization")),
        ("@id", text(agent.id.as_str())),
        ("name", text(agent.name.as_str())),
        ("url", text(agent.contact.as_str())),
    ])
}

fn linked(kind: &str, address: &str) -> Value {
    object([("@type", text(kind)), ("@id", text(address)), ("url", text(address))])
}

fn location(place: &Term<Country>) -> Value {
    object([("@type", text("Country")), ("@id", text(place.iri().as_str())), ("name", text(place.code()))])
}

/// SPEC: ISO 8601, intervals; `..` is an open end, as schema.org wants it.
fn interval(period: Period) -> String {
    let end = |date: Option<Date>| date.map_or_else(|| "..".to_owned(), written);
    format!("{}/{}", end(period.start()), end(period.end()))
}

/// A language as the web tells it.
///
/// SPEC: BCP 47 (the shortest code of ISO 639); the list has three letters, in capitals.
fn tag(tongue: &Term<Tongue>) -> String {
    let code = tongue.code();
    let short = SHORT.iter().find(|(long, _)| *long == code);
    short.map_or_else(|| code.to_ascii_lowercase(), |(_, short)| (*short).to_owned())
}

/// The official languages of the Union; SPEC: Regulation 1 of 1958.
const SHORT: [(&str, &str); 24] = [
    ("BUL", "bg"),
    ("CES", "cs"),
    ("DAN", "da"),
    ("DEU", "de"),
    ("ELL", "el"),
    ("ENG", "en"),
    ("EST", "et"),
    ("FIN", "fi"),
    ("FRA", "fr"),
    ("GLE", "ga"),
    ("HRV", "hr"),
    ("HUN", "hu"),
    ("ITA", "it"),
    ("LAV", "lv"),
    ("LIT", "lt"),
    ("MLT", "mt"),
    ("NLD", "nl"),
    ("POL", "pl"),
    ("POR", "pt"),
    ("RON", "ro"),
    ("SLK", "sk"),
    ("SLV", "sl"),
    ("SPA", "es"),
    ("SWE", "sv"),
];

fn cut(description: &str) -> String {
    description.chars().take(DESCRIPTION_CHARS_MAX).collect()
}

/// JSON without a sign that HTML or an old script reader takes for its own.
///
/// SPEC: HTML, 4.12.1.3 (restrictions for contents of script elements); RFC 8259, 7 (escapes). Such signs stand only in
/// strings, where an escape is the same string.
fn in_page(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for sign in json.chars() {
        match sign {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04x}", u32::from(sign))),
            other => out.push(other),
        }
    }
    out
}
