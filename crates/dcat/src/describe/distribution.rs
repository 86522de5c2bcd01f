//! Forms in which a dataset can be asked for.

use crate::card::Card;
use crate::content::Distribution;
use crate::describe::ehds;
use crate::iri::Iri;
use crate::rdf::Graph;
use crate::term::{LicenceType, Term};

pub(super) fn write(graph: &mut Graph, card: &Card) {
    let limits = card.id.part("limits");
    for (at, distribution) in card.distributions.iter().enumerate() {
        let part = card.id.part(&format!("distribution-{}", at + 1));
        graph.node(&card.id).iri("dcat:distribution", &part);
        one(graph, &part, distribution);
        let mut node = graph.node(&part);
        node.iri("dct:rights", &limits);
        node.things("dcatap:applicableLegislation", "eli:LegalResource", &card.law.legislation);
        node.terms("dct:language", &card.about.languages);
        node.things("dct:license", "dct:LicenseDocument", [&card.law.licence]);
    }
    // Sensitive data are never free of clauses.
    let clauses = Term::<LicenceType>::known("OtherRestrictiveClauses");
    graph.node(&card.law.licence).term("dct:type", &clauses);
    graph.node(&limits).is("dct:RightsStatement").text("rdfs:label", &card.law.limits);
}

fn one(graph: &mut Graph, part: &Iri, distribution: &Distribution) {
    let mut node = graph.node(part);
    node.is("dcat:Distribution").text("dct:title", &distribution.title);
    node.text("dct:description", &distribution.description).iri("dcat:accessURL", &distribution.access);
    node.things("dcatap:applicableLegislation", "eli:LegalResource", [&ehds()]);
    node.term("dcatap:availability", &distribution.availability).terms("dct:format", &distribution.format);
    let media = distribution.media_type.as_ref().map(|media| media.iri());
    node.things("dcat:mediaType", "dct:MediaType", &media).count("dcat:byteSize", distribution.size_bytes);
    node.things("dct:conformsTo", "dct:Standard", &distribution.conforms_to);
    if let Some(checksum) = &distribution.checksum {
        let digest = part.part("checksum");
        node.iri("spdx:checksum", &digest);
        let mut node = graph.node(&digest);
        node.is("spdx:Checksum").typed("spdx:checksumValue", checksum.hex(), "xsd:hexBinary");
        node.things("spdx:algorithm", "spdx:ChecksumAlgorithm", [&checksum.algorithm()]);
    }
}
