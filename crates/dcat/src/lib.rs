//! Dataset cards as other catalogues, search engines and machines read them.
//!
//! It exists so that what lies in a region is found without being seen. It writes what is told of a dataset; it knows no
//! datum, no person, no network, no clock and no store, and reads nothing back.

pub mod card;
pub mod catalogue;
pub mod content;
pub mod describe;
#[doc(hidden)]
pub mod fuzz;
pub mod iri;
mod json;
pub mod media;
pub mod period;
pub mod rdf;
mod schema_org;
pub mod several;
mod signposting;
pub mod term;
pub mod text;

pub use card::Card;
pub use catalogue::Catalogue;
pub use iri::Iri;
pub use schema_org::schema_org;
pub use several::Several;
pub use signposting::{LINK_HEADER_BYTES_MAX, Link, Relation, link_header, link_set, signposting};
pub use term::Term;
pub use text::{Label, Text};

/// A catalogue and its cards in Turtle (`text/turtle`).
pub fn turtle(catalogue: &Catalogue) -> String {
    rdf::turtle(&describe::catalogue(catalogue))
}

/// The same statements in JSON-LD (`application/ld+json`): a document of its own, not for the inside of a page.
pub fn json_ld(catalogue: &Catalogue) -> String {
    rdf::json_ld(&describe::catalogue(catalogue))
}

/// One card in Turtle: what the page of a dataset says that it is described by.
pub fn card_turtle(card: &Card) -> String {
    rdf::turtle(&describe::card(card))
}

/// The same statements in JSON-LD.
pub fn card_json_ld(card: &Card) -> String {
    rdf::json_ld(&describe::card(card))
}
