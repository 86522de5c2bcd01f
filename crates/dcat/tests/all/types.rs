//! What is taken at the door, how it is written, and what is refused.

use dcat::content::{COLUMNS_MAX, Column, Datatype, Table, Variables};
use dcat::iri::{IRI_BYTES_MAX, IriError};
use dcat::media::{Algorithm, Checksum, MediaType};
use dcat::period::Period;
use dcat::term::{Country, HealthCategory, LegalBasis, PublisherType};
use dcat::{Iri, Label, Several, Term, Text};
use proptest::prelude::*;

use crate::fixtures::day;

fn check(text: &str, expected: Result<&str, IriError>) {
    let read = Iri::parse(text);
    assert_eq!(read.as_ref().map(Iri::as_str), expected.as_ref().map(|text| *text), "{text:?}");
    if let Ok(read) = read {
        assert_eq!(Iri::parse(read.as_str()), Ok(read));
    }
}

#[test]
fn addresses_are_written_so_that_nothing_ends_them() {
    check("https://example.org/a", Ok("https://example.org/a"));
    check("HTTPS://Example.ORG", Ok("https://example.org/"));
    check("http://example.org?q", Ok("http://example.org/?q"));
    check("https://example.org/a b>\"{}|\\^`", Ok("https://example.org/a%20b%3E%22%7B%7D%7C%5C%5E%60"));
    check("https://example.org/caffè", Ok("https://example.org/caff%C3%A8"));
    check("https://example.org/a\n\r\0", Ok("https://example.org/a%0A%0D%00"));
    check("https://example.org/100%", Ok("https://example.org/100%25"));
    check("https://example.org/%2f%zz", Ok("https://example.org/%2f%25zz"));
    check("https://example.org/a[1]", Ok("https://example.org/a%5B1%5D"));
    check("https://example.org/a#b#c", Ok("https://example.org/a#b%23c"));
    check("https://example.org/a?b?c=/d#e?f", Ok("https://example.org/a?b?c=/d#e?f"));
    check("https://example.org:8443/a", Ok("https://example.org:8443/a"));
    check("https://[2001:DB8::1]/a", Ok("https://[2001:db8::1]/a"));
    check("urn:UUID:f81d4fae-7dec", Ok("urn:uuid:f81d4fae-7dec"));
    check("urn:nbn:it:a b", Ok("urn:nbn:it:a%20b"));
}

#[test]
fn what_is_no_address_is_refused() {
    for text in [
        "",
        "a",
        "/a",
        "//example.org/",
        "javascript:alert(1)",
        "data:text/html,x",
        "mailto:a@b",
        "ftp://a/",
        "file:///etc",
        " https://example.org/",
        "dcat:Dataset",
    ] {
        check(text, Err(IriError::Scheme));
    }
    for text in [
        "https:",
        "https:/a",
        "https:///a",
        "https://",
        "https://a b/",
        "https://user@example.org/",
        "https://user:word@example.org/",
        "https://exämple.org/",
        "https://example.org:/",
        "https://example.org:+1/",
        "https://example.org:99999/",
        "https://a..b/",
        "https://[::1/",
        "https://[x]/",
        "https://a\\b/",
        "https://<a>/",
    ] {
        check(text, Err(IriError::Host));
    }
    for text in ["https://a/../b", "https://a/.", "https://a/b/%2E%2e/c", "https://a/.%2E"] {
        check(text, Err(IriError::Dots));
    }
    for text in ["urn:", "urn:x", "urn:x:", "urn:x:y", "urn:-a:b", "urn:ab:c/d", "urn:ab:c?d", "urn:ab:c#d"] {
        check(text, Err(IriError::Urn));
    }
    check(&format!("https://a/{}", "b".repeat(IRI_BYTES_MAX)), Err(IriError::Long));
    // Encoded, it grows.
    check(&format!("https://a/{}", " ".repeat(IRI_BYTES_MAX / 2)), Err(IriError::Long));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    // Goal: what we take, others take for the same address. Method: any tail, read by another's reader.
    #[test]
    fn another_reads_our_addresses(tail in "\\PC{0,40}|[/?#%.a ]{0,20}|.{0,30}") {
        if let Ok(iri) = Iri::parse(&format!("https://example.org/{tail}")) {
            let read = oxrdf::NamedNode::new(iri.as_str());
            prop_assert!(read.is_ok(), "{:?}", iri);
            prop_assert!(iri.as_str().is_ascii());
        }
    }
}

#[test]
fn texts_hold_what_every_form_can_carry() {
    assert!(Text::new(" \n", "").is_err());
    assert!(Label::new("\t").is_err());
    let text = Text::new("", "  a\u{0}b\u{FFFF} ").unwrap();
    assert_eq!(text.widely(), "a\u{FFFD}b\u{FFFD}");
    assert_eq!(text.other(), None);
    assert_eq!(Text::new("uno", "one").unwrap().other(), Some("uno"));
    assert_eq!(Text::new("uno", "").unwrap().widely(), "uno");
}

#[test]
fn codes_are_of_their_list() {
    assert!(Term::<HealthCategory>::new("EHRS").is_ok());
    assert_eq!(<HealthCategory as dcat::term::List>::CODES.len(), 17);
    assert!(Term::<HealthCategory>::new("IMAGING").is_err());
    assert!(Term::<LegalBasis>::new("A9-2-j").is_ok());
    assert!(Term::<LegalBasis>::new("A9-2-k").is_err());
    let country = Term::<Country>::new("ITA").unwrap();
    assert_eq!(country.iri().as_str(), "http://publications.europa.eu/resource/authority/country/ITA");
    for code in ["", "IT A", "ITA>", "ITA/..", "caffè", &"A".repeat(65)] {
        assert!(Term::<PublisherType>::new(code).is_err(), "{code}");
    }
}

#[test]
fn media_types_digests_and_periods_are_checked() {
    assert_eq!(MediaType::new("Text/CSV").unwrap().as_str(), "text/csv");
    for text in ["", "text", "text/", "/csv", "text/csv; header", "text/c\"sv", "text/a/b"] {
        assert!(MediaType::new(text).is_err(), "{text}");
    }
    assert_eq!(Checksum::new(Algorithm::Sha256, &"AB".repeat(32)).unwrap().hex(), "ab".repeat(32));
    assert!(Checksum::new(Algorithm::Sha512, &"ab".repeat(32)).is_err());
    assert!(Checksum::new(Algorithm::Sha256, &"zz".repeat(32)).is_err());
    assert!(Period::new(None, None).is_err());
    assert!(Period::new(Some(day(2025, 1, 2)), Some(day(2025, 1, 1))).is_err());
    assert!(Period::new(Some(day(2025, 1, 1)), Some(day(2025, 1, 1))).is_ok());
    assert!(Several::<u8>::new(Vec::new()).is_err());
}

#[test]
fn columns_are_bounded() {
    let text = Text::new("a", "").unwrap();
    let column = Column {
        name: Label::new("a").unwrap(),
        title: text.clone(),
        what: text.clone(),
        datatype: Datatype::Text,
        meaning: None,
    };
    let told = |count: usize| {
        let columns = Several::new(vec![column.clone(); count]).unwrap();
        Variables::new(text.clone(), Several::one(Table { title: text.clone(), columns }))
    };
    assert!(told(COLUMNS_MAX).is_ok());
    assert!(told(COLUMNS_MAX + 1).is_err());
}
