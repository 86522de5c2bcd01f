//! The catalogue itself, and a record for each card.

use crate::card::Card;
use crate::catalogue::Catalogue;
use crate::describe::{PROFILE, agent, ehds};
use crate::iri::Iri;
use crate::rdf::{Graph, Object};

/// WHY: DCAT-AP 3.0.1 wants to know of which list the themes are.
const THEMES: &str = "http://publications.europa.eu/resource/authority/data-theme";

pub(super) fn write(graph: &mut Graph, catalogue: &Catalogue) {
    let id = &catalogue.id;
    let mut node = graph.node(id);
    node.is("dcat:Catalog")
        .text("dct:title", &catalogue.title)
        .text("dct:description", &catalogue.description);
    node.things("foaf:homepage", "foaf:Document", [&catalogue.page]);
    node.things("dcatap:applicableLegislation", "eli:LegalResource", [&ehds()]);
    node.terms("dct:language", &catalogue.languages).terms("dct:spatial", &catalogue.places);
    node.date("dct:issued", catalogue.issued).date("dct:modified", Some(catalogue.modified));
    node.things("dct:license", "dct:LicenseDocument", [&catalogue.licence]);
    let themes = Iri::known(THEMES.to_owned());
    node.things("dcat:themeTaxonomy", "skos:ConceptScheme", [&themes]);
    graph.node(&themes).say("dct:title", Object::Tagged("Data theme".to_owned(), "en"));
    agent::write(graph, id, "dct:publisher", &catalogue.publisher);
}

/// That a card is in the catalogue, since when, and by which profile it is to be read.
///
/// WHY here: of the dataset itself `dct:conformsTo` says by which standard its data are built.
pub(super) fn record(graph: &mut Graph, catalogue: &Iri, card: &Card) {
    let record = card.id.part("record");
    graph.node(catalogue).iri("dcat:dataset", &card.id).iri("dcat:record", &record);
    let mut node = graph.node(&record);
    node.is("dcat:CatalogRecord").iri("foaf:primaryTopic", &card.id);
    node.date("dct:modified", Some(card.about.modified)).date("dct:issued", card.about.issued);
    node.things("dct:conformsTo", "dct:Standard", [&Iri::known(PROFILE.to_owned())]);
}
