//! What stands in a page for search engines: JSON that no text can leave, with what they ask for.

use proptest::prelude::*;
use serde_json::Value;

use dcat::Card;

use crate::fixtures::{NASTY, Words, full, least};
use crate::graphs::any_words;

fn read(card: &Card) -> Value {
    let written = dcat::schema_org(card);
    assert!(!written.contains(['<', '>', '&', '\u{2028}', '\u{2029}', '\n']), "{written}");
    serde_json::from_str(&written).expect("JSON")
}

/// Of Google: name, description. Of Bioschemas: all of these at the least.
const DEMANDED: [&str; 10] = [
    "@context",
    "@type",
    "http://purl.org/dc/terms/conformsTo",
    "description",
    "identifier",
    "keywords",
    "license",
    "name",
    "url",
    "@id",
];

const RECOMMENDED: [&str; 14] = [
    "alternateName",
    "citation",
    "conditionsOfAccess",
    "creator",
    "dateModified",
    "datePublished",
    "inLanguage",
    "includedInDataCatalog",
    "isBasedOn",
    "publisher",
    "spatialCoverage",
    "temporalCoverage",
    "variableMeasured",
    "version",
];

#[test]
fn search_engines_find_what_they_ask_for() {
    let words = &mut Words::default();
    let (all, least) = (read(&full(words, 1)), read(&least(words, 2)));
    for name in DEMANDED {
        assert!(!all[name].is_null() && !least[name].is_null(), "{name}");
    }
    RECOMMENDED.iter().for_each(|name| assert!(!all[*name].is_null(), "{name}"));
    assert_eq!(all["@context"], "https://schema.org");
    assert_eq!(all["@type"], "Dataset");
    assert_eq!(all["name"], "Oncology cohort 2024");
    assert_eq!(all["alternateName"], "Coorte oncologica 2024");
    assert_eq!(all["temporalCoverage"], "2015-01-01/2024-12-31");
    assert_eq!(all["keywords"].as_array().unwrap().len(), 4);
    assert_eq!(all["variableMeasured"].as_array().unwrap().len(), 4);
    assert_eq!(all["creator"]["@type"], "Organization");
    assert_eq!(all["inLanguage"], serde_json::json!(["it", "en"]));
    let long = all["description"].as_str().unwrap().chars().count();
    assert!((50..=5_000).contains(&long), "{long}");
}

#[test]
fn nothing_is_promised_for_download() {
    let written = dcat::schema_org(&full(&mut Words::default(), 1));
    for name in ["contentUrl", "distribution", "Person", "email"] {
        assert!(!written.contains(name), "{name}");
    }
}

#[test]
fn nasty_words_stay_in_their_script() {
    for at in 0..NASTY.len() {
        let mut turned = NASTY.to_vec();
        turned.rotate_left(at);
        let card = full(&mut Words::of(&turned), 1);
        let read = read(&card);
        assert_eq!(read["name"], card.about.title.widely());
        assert_eq!(read["@id"], card.id.as_str());
    }
}

#[test]
fn a_long_description_is_cut_between_characters() {
    let long = "è😀".repeat(4_000);
    let card = full(&mut Words::of(&[&long]), 1);
    assert_eq!(read(&card)["description"].as_str().unwrap().chars().count(), 5_000);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_words_stay_in_their_script(words in any_words()) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let card = full(&mut Words::of(&words), 1);
        prop_assert_eq!(&read(&card)["name"], card.about.title.widely());
    }
}
