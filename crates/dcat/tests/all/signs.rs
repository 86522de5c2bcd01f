//! Signs at a page: which there are, how long their header may be, and where the rest of them is.

use dcat::{LINK_HEADER_BYTES_MAX, Relation, Several, link_header, link_set, signposting};
use serde_json::Value;

use crate::fixtures::{Words, full, iri};

#[test]
fn a_page_shows_every_sign_of_level_one() {
    let card = full(&mut Words::default(), 1);
    let links = signposting(&card);
    let names: Vec<&str> = links.iter().map(|link| link.relation.name()).collect();
    let expected = [
        "cite-as",
        "type",
        "type",
        "describedby",
        "describedby",
        "license",
        "author",
        "linkset",
        "item",
        "item",
    ];
    assert_eq!(names, expected);
    assert_eq!(links[0].href, card.id);
    let header = link_header(&links);
    assert!(header.starts_with("<https://doi.org/10.5555/epic.1>; rel=\"cite-as\", "), "{header}");
    assert!(
        header
            .contains("<https://epic.example.org/datasets/1.ttl>; rel=\"describedby\"; type=\"text/turtle\"")
    );
    assert!(header.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{header}");
}

#[test]
fn what_does_not_fit_a_header_is_in_the_link_set() {
    let mut card = full(&mut Words::default(), 1);
    let one = card.distributions.iter().next().unwrap().clone();
    let many = (0..500).map(|number| {
        let access = iri(&format!("https://example.org/access/{number}"));
        dcat::content::Distribution { access, ..one.clone() }
    });
    card.distributions = Several::new(many.collect()).unwrap();
    let links = signposting(&card);
    assert_eq!(links.iter().filter(|link| link.relation == Relation::Item).count(), 500);
    let header = link_header(&links);
    assert!(header.len() <= LINK_HEADER_BYTES_MAX);
    assert!(!header.contains("rel=\"item\"") && header.contains("rel=\"linkset\""), "{header}");
    let set: Value = serde_json::from_str(&link_set(&card)).unwrap();
    assert_eq!(set["linkset"][0]["item"].as_array().unwrap().len(), 500);
    assert_eq!(set["linkset"].as_array().unwrap().len(), 1 + 2 + 500);
}

#[test]
fn a_page_that_two_forms_share_is_one_item() {
    let mut card = full(&mut Words::default(), 1);
    let one = card.distributions.iter().next().unwrap().clone();
    card.distributions = Several::new(vec![one.clone(), one]).unwrap();
    let items = signposting(&card).iter().filter(|link| link.relation == Relation::Item).count();
    assert_eq!(items, 1);
}
