//! A card as statements of the profile.
//!
//! SPEC: DCAT 3; DCAT-AP 3.0.1; HealthDCAT-AP release 8, NON_PUBLIC, whose demands hold for RESTRICTED too.

mod agent;
mod catalogue;
mod dataset;
mod distribution;
mod variables;

use std::collections::BTreeSet;

use crate::card::Card;
use crate::catalogue::Catalogue;
use crate::iri::Iri;
use crate::rdf::Graph;

/// The profile that cards keep to. WHY its release and not its latest: that is what we test against.
pub const PROFILE: &str = "https://data.health.europa.eu/healthdcat-ap/releases/release-8/";

/// The EHDS Regulation, by which all of it is catalogued.
///
/// SPEC: Regulation (EU) 2025/327, Article 77.
pub const EHDS: &str = "http://data.europa.eu/eli/reg/2025/327/oj";

/// All that a catalogue says, and each of its cards. Of cards with one `id` the first is told: two would be one dataset with
/// two of everything.
pub fn catalogue(catalogue: &Catalogue) -> Graph {
    let mut graph = Graph::default();
    catalogue::write(&mut graph, catalogue);
    let known: BTreeSet<&Iri> = catalogue.datasets.iter().map(|card| &card.id).collect();
    for card in &catalogue.datasets {
        if !graph.is(&card.id, "dcat:Dataset") {
            catalogue::record(&mut graph, &catalogue.id, card);
            dataset::write(&mut graph, card, &known);
        }
    }
    graph
}

/// One card, for its own page.
///
/// WHY without its catalogue: a checker that knows DCAT's classes takes a catalogue for a dataset and asks it for all that a
/// dataset must say.
pub fn card(card: &Card) -> Graph {
    let mut graph = Graph::default();
    dataset::write(&mut graph, card, &BTreeSet::from([&card.id]));
    graph
}

fn ehds() -> Iri {
    Iri::known(EHDS.to_owned())
}
