//! Cards of one region together.

use time::Date;

use crate::card::{Agent, Card};
use crate::iri::Iri;
use crate::term::{Country, Term, Tongue};
use crate::text::Text;

/// A catalogue of datasets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    pub id: Iri,
    /// Where people read it. Another one than `id`.
    pub page: Iri,
    pub title: Text,
    pub description: Text,
    pub publisher: Agent,
    /// Of the descriptions, not of the data: catalogues take over only what they may.
    pub licence: Iri,
    pub languages: Vec<Term<Tongue>>,
    pub places: Vec<Term<Country>>,
    pub issued: Option<Date>,
    pub modified: Date,
    /// Each with an `id` of its own.
    pub datasets: Vec<Card>,
}
