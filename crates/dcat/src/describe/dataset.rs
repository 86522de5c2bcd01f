//! One dataset.

use std::collections::BTreeSet;

use crate::card::{About, Card, Law, Origin};
use crate::content::{AGE_MAX, COUNT_MIN, Content, Size};
use crate::describe::{agent, distribution, ehds, variables};
use crate::iri::Iri;
use crate::rdf::Graph;
use crate::term::{AccessRight, Term, Theme};

/// The General Data Protection Regulation, whose articles legal bases are.
const GDPR: &str = "http://data.europa.eu/eli/reg/2016/679/oj";

/// Writes a card; `known` are the datasets that this graph describes.
pub(super) fn write(graph: &mut Graph, card: &Card, known: &BTreeSet<&Iri>) {
    let id = &card.id;
    let mut node = graph.node(id);
    // WHY both: DCAT-AP's own shapes ask a record for a resource, and not every checker knows that datasets are.
    node.is("dcat:Dataset").is("dcat:Resource").things("dcat:landingPage", "foaf:Document", [&card.page]);
    about(graph, id, &card.about);
    agent::parties(graph, id, &card.parties);
    law(graph, id, &card.law);
    origin(graph, id, &card.origin, known);
    size(graph, id, &card.size);
    content(graph, id, &card.content);
    distribution::write(graph, card);
}

fn about(graph: &mut Graph, id: &Iri, about: &About) {
    let mut node = graph.node(id);
    node.plain("dct:identifier", about.identifier.as_str());
    node.text("dct:title", &about.title).text("dct:description", &about.description);
    for keyword in &about.keywords {
        node.text("dcat:keyword", keyword);
    }
    node.term("dcat:theme", &Term::<Theme>::known("HEAL")).terms("dcat:theme", &about.themes);
    node.terms("healthdcatap:healthCategory", &about.categories);
    node.terms("healthdcatap:healthTheme", &about.health_themes);
    node.terms("dct:type", &about.kinds).terms("dct:language", &about.languages);
    node.terms("dct:spatial", &about.places).terms("dct:accrualPeriodicity", &about.frequency);
    node.date("dct:issued", about.issued).date("dct:modified", Some(about.modified));
    node.period("dct:temporal", "covers", about.covers);
    if let Some(version) = &about.version {
        node.plain("dcat:version", version.as_str());
    }
    node.things("foaf:page", "foaf:Document", &about.documents);
    for paper in &about.cited_by {
        node.iri("dct:isReferencedBy", paper);
    }
}

fn law(graph: &mut Graph, id: &Iri, law: &Law) {
    let mut node = graph.node(id);
    let access = Term::<AccessRight>::known(law.access.code());
    node.term("dct:accessRights", &access);
    node.things("dcatap:applicableLegislation", "eli:LegalResource", [&ehds()]);
    node.things("dcatap:applicableLegislation", "eli:LegalResource", &law.legislation);
    node.terms("dpv:hasLegalBasis", &law.bases).terms("dpv:hasPersonalData", &law.personal);
    node.period("healthdcatap:retentionPeriod", "retention", law.retention);
    for basis in &law.bases {
        graph.node(&basis.iri()).things("dct:source", "eli:LegalResource", [&Iri::known(GDPR.to_owned())]);
    }
    for (at, purpose) in law.purposes.iter().enumerate() {
        let part = id.part(&format!("purpose-{}", at + 1));
        graph.node(id).iri("dpv:hasPurpose", &part).terms("dpv:hasPurpose", &purpose.kind);
        graph.node(&part).is("dpv:Purpose").text("dct:description", &purpose.what);
    }
}

fn origin(graph: &mut Graph, id: &Iri, origin: &Origin, known: &BTreeSet<&Iri>) {
    let part = id.part("provenance");
    let mut node = graph.node(id);
    node.iri("dct:provenance", &part);
    for source in &origin.sources {
        node.iri("prov:wasDerivedFrom", source);
        // WHY: the profile asks for a dataset that is described; of others it is only known that they were there.
        if known.contains(source) {
            node.iri("dct:source", source);
        }
    }
    graph.node(&part).is("dct:ProvenanceStatement").text("rdfs:label", &origin.provenance);
    if let Some(activity) = &origin.activity {
        let part = id.part("activity");
        graph.node(id).iri("prov:wasGeneratedBy", &part);
        let mut node = graph.node(&part);
        node.is("prov:Activity").text("rdfs:label", &activity.what).term("dct:type", &activity.kind);
    }
    for (at, body) in origin.quality.iter().enumerate() {
        let part = id.part(&format!("quality-{}", at + 1));
        graph.node(id).iri("dqv:hasQualityAnnotation", &part);
        let mut node = graph.node(&part);
        node.is("dqv:QualityCertificate").iri("oa:hasTarget", id).iri("oa:hasBody", body);
        node.name("oa:motivatedBy", "dqv:qualityAssessment");
    }
}

fn size(graph: &mut Graph, id: &Iri, size: &Size) {
    let told = |count: Option<u64>| count.filter(|count| *count >= COUNT_MIN);
    let age = |age: Option<u16>| age.map(|age| u64::from(age.min(AGE_MAX)));
    let mut node = graph.node(id);
    node.count("healthdcatap:numberOfRecords", told(size.records));
    node.count("healthdcatap:numberOfUniqueIndividuals", told(size.people));
    node.count("healthdcatap:minTypicalAge", age(size.age_min));
    node.count("healthdcatap:maxTypicalAge", age(size.age_max));
    if let Some(population) = &size.population {
        node.text("healthdcatap:populationCoverage", population);
    }
}

fn content(graph: &mut Graph, id: &Iri, content: &Content) {
    let mut node = graph.node(id);
    node.terms("healthdcatap:hasCodingSystem", &content.coding).terms("dct:conformsTo", &content.standards);
    for code in &content.codes {
        node.plain("healthdcatap:hasCodeValues", code.as_str());
    }
    node.typed("healthdcatap:hasStructuredData", content.variables.is_some(), "xsd:boolean");
    if let Some(told) = &content.variables {
        variables::write(graph, id, told);
    }
}
