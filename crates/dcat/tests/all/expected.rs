//! What a person and a harvester read, to the byte: a change here is seen by every catalogue that takes our cards.

use std::path::{Path, PathBuf};

use crate::fixtures::{Words, catalogue, full, least};

fn forms() -> Vec<(&'static str, String)> {
    let words = &mut Words::default();
    let cards = vec![full(words, 1), least(words, 2)];
    let all = catalogue(words, cards);
    let card = &all.datasets[0];
    vec![
        ("catalogue.ttl", dcat::turtle(&all)),
        ("catalogue.jsonld", dcat::json_ld(&all)),
        ("card.schema.json", dcat::schema_org(card)),
        ("card.link", dcat::link_header(&dcat::signposting(card))),
        ("card.linkset.json", dcat::link_set(card)),
    ]
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expected")
}

#[test]
fn forms_are_as_they_were() {
    for (name, form) in forms() {
        let expected = std::fs::read_to_string(folder().join(name)).unwrap();
        assert!(form == expected, "{name} has changed: look at it, then run `writes_what_is_expected`");
    }
}

#[test]
#[ignore = "writes what is expected anew"]
fn writes_what_is_expected() {
    std::fs::create_dir_all(folder()).unwrap();
    forms().iter().for_each(|(name, form)| std::fs::write(folder().join(name), form).unwrap());
}
