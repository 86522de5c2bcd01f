//! What would point at few people is not told, and nothing that a card has no place for comes out.

use dcat::content::{AGE_MAX, COUNT_MIN, Size};

use dcat::{Label, Text};

use crate::fixtures::{Words, catalogue, full, iri};

fn told(size: Size) -> String {
    let mut card = full(&mut Words::default(), 1);
    card.size = size;
    dcat::card_turtle(&card)
}

#[test]
fn few_people_are_not_counted() {
    let count = |number| told(Size { records: Some(number), people: Some(number), ..Size::default() });
    let few = count(COUNT_MIN - 1);
    assert!(!few.contains("numberOf"), "{few}");
    let enough = count(COUNT_MIN);
    assert!(enough.contains("healthdcatap:numberOfUniqueIndividuals \"10\"^^xsd:nonNegativeInteger"));
    assert!(enough.contains("healthdcatap:numberOfRecords \"10\"^^xsd:nonNegativeInteger"));
}

#[test]
fn the_oldest_are_one_group() {
    let ages = told(Size { age_min: Some(95), age_max: Some(107), ..Size::default() });
    assert!(ages.contains(&format!("healthdcatap:maxTypicalAge \"{AGE_MAX}\"")));
    assert!(ages.contains(&format!("healthdcatap:minTypicalAge \"{AGE_MAX}\"")));
    assert!(!ages.contains("107") && !ages.contains("95"));
}

/// Goal: no card speaks for another. Method: a second card takes the name of an organisation, and a third one that of a card.
#[test]
fn what_is_told_is_not_told_otherwise() {
    let words = &mut Words::default();
    let (first, mut second, mut third) = (full(words, 1), full(words, 2), full(words, 3));
    second.parties.custodian.name = Label::new("Somebody else").unwrap();
    second.parties.custodian.contact = iri("https://elsewhere.example.org/");
    third.id = first.id.clone();
    third.about.title = Text::new("", "Another dataset").unwrap();
    let alone = dcat::turtle(&catalogue(words, vec![first.clone()]));
    let together = dcat::turtle(&catalogue(words, vec![first, second, third]));
    for word in ["Somebody else", "elsewhere.example.org/>", "Another dataset"] {
        assert!(!together.contains(word), "{word}");
    }
    assert_eq!(alone.matches("dcat:CatalogRecord").count(), 1);
    assert_eq!(together.matches("dcat:CatalogRecord").count(), 2);
}

#[test]
fn nothing_of_the_data_and_nobody_in_person() {
    let card = full(&mut Words::default(), 1);
    for form in
        [dcat::card_turtle(&card), dcat::card_json_ld(&card), dcat::schema_org(&card), dcat::link_set(&card)]
    {
        for name in
            ["downloadURL", "contentUrl", "adms:sample", "foaf:Person", "mailto:", "hasEmail", "cv:email"]
        {
            assert!(!form.contains(name), "{name}");
        }
    }
}
