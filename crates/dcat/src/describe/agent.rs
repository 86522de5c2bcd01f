//! Organisations, and how they are reached.

use crate::card::{Agent, Parties};
use crate::iri::Iri;
use crate::rdf::{Graph, Name};

/// Says that an organisation is the `name` of `subject`, and who it is, if that was not said before.
///
/// WHY once: it is one node for all cards, and no card may rename or redirect what another one, or the catalogue, has told.
///
/// SPEC: HealthDCAT-AP release 8, Health Agent: exactly one `cv:contactPoint` (CPOV 2.1.1).
pub(super) fn write(graph: &mut Graph, subject: &Iri, name: Name, agent: &Agent) {
    graph.node(subject).iri(name, &agent.id);
    if graph.is(&agent.id, "foaf:Agent") {
        return;
    }
    let contact = agent.id.part("contact");
    let mut node = graph.node(&agent.id);
    node.is("foaf:Agent").plain("foaf:name", agent.name.as_str()).term("dct:type", &agent.kind);
    node.iri("cv:contactPoint", &contact);
    graph.node(&contact).is("cv:ContactPoint").iri("cv:contactPage", &agent.contact);
}

/// Everybody who has to do with a dataset.
pub(super) fn parties(graph: &mut Graph, subject: &Iri, parties: &Parties) {
    write(graph, subject, "dct:publisher", &parties.publisher);
    write(graph, subject, "healthdcatap:hdab", &parties.access_body);
    write(graph, subject, "geodcatap:custodian", &parties.custodian);
    if let Some(creator) = &parties.creator {
        write(graph, subject, "dct:creator", creator);
    }
    let contact = subject.part("contact");
    graph.node(subject).iri("dcat:contactPoint", &contact);
    let mut node = graph.node(&contact);
    node.is("vcard:Kind").is("vcard:Organization");
    node.plain("vcard:fn", parties.contact_name.as_str()).iri("vcard:hasURL", &parties.contact_page);
}
