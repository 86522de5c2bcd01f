//! One entry per reader of outside text, for fuzzing and for replaying its corpus.
//!
//! None may panic or hang, whatever the bytes; what is taken must be what is written.

use crate::iri::Iri;
use crate::media::MediaType;
use crate::rdf::{Graph, json_ld, turtle};
use crate::term::{Term, Tongue};
use crate::text::Text;

/// One target: its name is its folder in `corpus/`.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 2] = [("address", fuzz_address), ("text", fuzz_text)];

/// What is taken for an address ends nothing that it is written in, and is read again as it is.
fn fuzz_address(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = (MediaType::new(&text), Term::<Tongue>::new(&text));
    if let Ok(iri) = Iri::parse(&text) {
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"<>\"{}|\\^`".contains(&byte);
        assert!(iri.as_str().bytes().all(is_plain), "an address holds what it must not");
        assert_eq!(Iri::parse(iri.as_str()).as_ref(), Ok(&iri), "an address is not stable");
    }
}

/// A text stays one line of Turtle and one string of JSON.
fn fuzz_text(bytes: &[u8]) {
    let told = String::from_utf8_lossy(bytes);
    let mut graph = Graph::default();
    let mut node = graph.node(&Iri::known("urn:x:y".to_owned()));
    node.plain("dct:title", &told);
    if let Ok(text) = Text::new(&told, "") {
        node.text("dct:title", &text);
    }
    assert_eq!(turtle(&graph).lines().count(), 4, "a text made a line of its own");
    assert!(serde_json::from_str::<serde_json::Value>(&json_ld(&graph)).is_ok(), "a text broke the JSON");
}
