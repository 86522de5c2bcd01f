//! Both forms are the same statements, whatever a text holds: read by other people's readers in Rust, in every run.

use std::collections::BTreeSet;

use dcat::rdf::{Graph, Object, PREFIXES, json_ld, turtle};
use dcat::{Catalogue, Iri};
use oxjsonld::JsonLdParser;
use oxrdf::{GraphName, Literal, NamedNode, Quad, Term as Said};
use oxttl::TurtleParser;
use proptest::prelude::*;

use crate::fixtures::{NASTY, Words, catalogue, full, iri, least};

type Statements = BTreeSet<String>;

fn from_turtle(text: &str) -> Statements {
    let triples =
        TurtleParser::new().for_slice(text.as_bytes()).map(|triple| triple.expect("Turtle that is read"));
    triples.map(|triple| triple.in_graph(GraphName::DefaultGraph).to_string()).collect()
}

fn from_json(text: &str) -> Statements {
    let quads =
        JsonLdParser::new().for_slice(text.as_bytes()).map(|quad| quad.expect("JSON-LD that is read"));
    quads.map(|quad| quad.to_string()).collect()
}

fn long(name: &str) -> String {
    let (short, rest) = name.split_once(':').unwrap();
    let (_, long) = PREFIXES.iter().find(|(known, _)| *known == short).unwrap();
    format!("{long}{rest}")
}

/// What we meant, in another's words.
fn meant(graph: &Graph) -> Statements {
    let node = |text: &str| NamedNode::new(text).expect("an address that another takes");
    let mut all = Statements::new();
    for (subject, said) in graph.subjects() {
        for (name, objects) in said {
            let name = if *name == "a" { "rdf:type" } else { name };
            for object in objects {
                let object: Said = match object {
                    Object::Iri(iri) => node(iri.as_str()).into(),
                    Object::Name(name) => node(&long(name)).into(),
                    Object::Tagged(text, tag) => {
                        Literal::new_language_tagged_literal(text, *tag).unwrap().into()
                    }
                    Object::Plain(text) => Literal::new_simple_literal(text).into(),
                    Object::Typed(text, kind) => Literal::new_typed_literal(text, node(&long(kind))).into(),
                };
                let subject = node(subject.as_str());
                all.insert(
                    Quad::new(subject, node(&long(name)), object, GraphName::DefaultGraph).to_string(),
                );
            }
        }
    }
    all
}

/// Both forms say what was meant, no more and no less.
pub fn check(graph: &Graph) {
    let meant = meant(graph);
    assert_eq!(from_turtle(&turtle(graph)), meant, "Turtle");
    assert_eq!(from_json(&json_ld(graph)), meant, "JSON-LD");
}

fn whole(catalogue: &Catalogue) -> Graph {
    dcat::describe::catalogue(catalogue)
}

#[test]
fn every_form_of_a_catalogue_says_the_same() {
    let words = &mut Words::default();
    let cards = vec![full(words, 1), full(words, 2), least(words, 3)];
    let catalogue = catalogue(words, cards);
    check(&whole(&catalogue));
    assert_eq!(dcat::turtle(&catalogue), turtle(&whole(&catalogue)));
    assert_eq!(dcat::json_ld(&catalogue), json_ld(&whole(&catalogue)));
    catalogue.datasets.iter().for_each(|card| check(&dcat::describe::card(card)));
}

#[test]
fn nasty_words_stay_words() {
    let words = &mut Words::of(&NASTY);
    let cards = (1..4).map(|number| full(words, number)).collect();
    let written = catalogue(words, cards);
    check(&whole(&written));
    let plain = &mut Words::default();
    let cards = (1..4).map(|number| full(plain, number)).collect();
    let plain = whole(&catalogue(plain, cards));
    let subjects = |graph: &Graph| graph.subjects().map(|(id, _)| id.clone()).collect::<Vec<_>>();
    assert_eq!(subjects(&whole(&written)), subjects(&plain), "a word became a thing");
}

/// What `Text` takes out, the writers would write too.
#[test]
fn nasty_statements_are_written() {
    let mut graph = Graph::default();
    for (at, word) in NASTY.iter().enumerate() {
        let id = iri(&format!("urn:ab:{at}"));
        graph.node(&id).plain("dct:title", word).say("dct:title", Object::Tagged((*word).to_owned(), "it"));
        graph.node(&id).typed("dct:title", word, "xsd:string").typed("dct:title", word, "xsd:date");
    }
    let meant = meant(&graph);
    assert_eq!(from_turtle(&turtle(&graph)), meant);
    assert_eq!(from_json(&json_ld(&graph)), meant);
}

#[test]
fn the_same_catalogue_is_the_same_bytes() {
    let written = || {
        let words = &mut Words::of(&NASTY);
        let cards = (1..3).map(|number| full(words, number)).collect();
        let catalogue = catalogue(words, cards);
        (dcat::turtle(&catalogue), dcat::json_ld(&catalogue))
    };
    assert_eq!(written(), written());
}

/// Any character, those that end something more often.
pub fn any_words() -> impl Strategy<Value = Vec<String>> {
    let sign = prop_oneof![
        any::<char>(),
        prop::sample::select(vec![
            '"', '\\', '\n', '\r', '<', '>', '@', '^', '.', ';', '{', '}', '\0', '%', '\'', '/'
        ]),
        prop::sample::select(NASTY.concat().chars().collect::<Vec<_>>()),
    ];
    let word = prop::collection::vec(sign, 0..24).prop_map(|signs| signs.into_iter().collect::<String>());
    prop::collection::vec(word, 1..40)
}

// Goal: no text of people changes what is said. Method: random texts in every place of a card and in bare statements, read
// back by two readers that are not ours and compared with what was meant.
proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_words_stay_words(words in any_words()) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let filled = &mut Words::of(&words);
        let cards = vec![full(filled, 1), least(filled, 2)];
        check(&whole(&catalogue(filled, cards)));
        let mut graph = Graph::default();
        for word in words {
            graph.node(&Iri::parse("urn:ab:c").unwrap()).plain("dct:title", word);
        }
        check(&graph);
    }
}

#[test]
#[ignore = "says how long a thousand cards take: --release --nocapture"]
fn full_a_thousand_cards() {
    let words = &mut Words::default();
    let cards = (1..=1_000).map(|number| {
        let mut card = full(words, number);
        card.origin.sources = vec![iri("https://doi.org/10.5555/elsewhere")];
        card
    });
    let cards = cards.collect();
    let catalogue = catalogue(words, cards);
    for (name, write) in [("Turtle", dcat::turtle as fn(&Catalogue) -> String), ("JSON-LD", dcat::json_ld)] {
        let start = std::time::Instant::now();
        let bytes = write(&catalogue).len();
        println!("{name}: {bytes} bytes in {:?}", start.elapsed());
    }
}
