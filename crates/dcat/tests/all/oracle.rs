//! Other people's programs in Python, in one run: rdflib reads both forms, pyshacl holds them to the profile's shapes and the
//! shapes to mutations, `signposting` and httplink read headers and link sets, rfc3987 the addresses.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use dcat::Catalogue;
use dcat::rdf::{json_ld, turtle};
use serde_json::{Value, json};

use crate::fixtures::{NASTY, Words, catalogue, full, iri, least};
use crate::need;

fn ask(cases: &Value) -> Option<Value> {
    let python = need::python("rdflib, pyshacl, signposting, rfc3987")?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut child = Command::new(python)
        .arg(folder.join("all/oracle.py"))
        .arg(folder.join("shapes"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut input, cases) = (child.stdin.take().unwrap(), cases.to_string());
    let writer = std::thread::spawn(move || input.write_all(cases.as_bytes()).unwrap());
    let done = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(done.status.success(), "the oracle broke");
    Some(serde_json::from_slice(&done.stdout).unwrap())
}

/// Catalogues of plain words, of nasty ones, and of random ones from a seed.
fn catalogues() -> Vec<Catalogue> {
    let mut all = vec![Words::default()];
    all.extend((0..NASTY.len()).map(|at| {
        let mut turned = NASTY.to_vec();
        turned.rotate_left(at);
        Words::of(&turned)
    }));
    all.extend((0..30).map(random));
    let made = all.iter_mut().enumerate().map(|(at, words)| {
        // Python reads slowly: the first has cards that refer to each other, the others one with everything.
        let cards = if at == 0 {
            vec![full(words, 1), full(words, 2), least(words, 3)]
        } else {
            vec![full(words, 1)]
        };
        catalogue(words, cards)
    });
    made.collect()
}

/// Words of any characters (SplitMix64).
fn random(seed: u64) -> Words {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) as u32
    };
    let mut word = || -> String {
        let signs = (0..next() % 20).map(|_| match next() % 3 {
            0 => char::from(next() as u8),
            1 => char::from_u32(next() % 0x3000).unwrap_or('"'),
            _ => char::from_u32(next() % 0x11_0000).unwrap_or('\\'),
        });
        signs.collect()
    };
    let words: Vec<String> = (0..50).map(|_| word()).collect();
    Words::of(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

fn links(catalogue: &Catalogue) -> Vec<Value> {
    let one = |card: &dcat::Card| {
        let links = dcat::signposting(card);
        let told: Vec<Value> = links
            .iter()
            .map(|link| {
                json!([
                    link.relation.name(),
                    link.href.as_str(),
                    link.media.as_ref().map(|media| media.as_str())
                ])
            })
            .collect();
        json!({ "page": card.page.as_str(), "links": told, "header": dcat::link_header(&links), "set": dcat::link_set(card) })
    };
    catalogue.datasets.iter().map(one).collect()
}

/// Addresses that try to leave their place.
fn strange() -> Catalogue {
    let words = &mut Words::default();
    let mut card = full(words, 1);
    card.id = iri("https://example.org/a,b;c=\"d\" >; rel=\"evil\"");
    card.law.licence = iri("urn:example:licence,\\\"x");
    card.forms.turtle = iri("https://example.org/caffè/à?q=(1)*'&x=,;#é");
    catalogue(words, vec![card])
}

#[test]
fn others_read_what_was_meant_and_find_nothing_missing() {
    let mut catalogues = catalogues();
    catalogues.push(strange());
    let graphs = catalogues.iter().map(|all| {
        let graph = dcat::describe::catalogue(all);
        let count: usize =
            graph.subjects().flat_map(|(_, said)| said.values()).map(|objects| objects.len()).sum();
        json!({ "turtle": turtle(&graph), "json_ld": json_ld(&graph), "count": count })
    });
    let graphs: Vec<Value> = graphs.collect();
    let pages = catalogues.iter().flat_map(|all| all.datasets.iter().map(dcat::schema_org));
    let pages: Vec<String> = pages.collect();
    let links: Vec<Value> = catalogues.iter().flat_map(links).collect();
    let cards: Vec<String> = catalogues[0].datasets.iter().map(dcat::card_turtle).collect();
    let asked = json!({ "graphs": graphs, "pages": pages, "links": links, "cards": cards });
    let Some(told) = ask(&asked) else { return };
    assert_eq!(told["faults"], json!([]), "{told:#}");
    assert_eq!(told["graphs"], json!(graphs.len()));
    assert_eq!(told["pages"], json!(pages.len()));
    assert_eq!(told["links"], json!(links.len()));
    assert_eq!(told["mandatory"], json!(38), "{told:#}");
    assert!(told["mutations"].as_u64().unwrap() >= 200, "{told:#}");
    // What the profile recommends and a region does not tell; docs/guide/catalogue-exports.md says why.
    let left_out = ["analytics", "relation", "sample", "temporalResolution"];
    assert_eq!(told["warnings"], json!(left_out), "{told:#}");
}
