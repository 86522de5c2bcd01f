//! JSON-LD: the same statements, with the prefixes as its context. Nothing is fetched to read it.
//!
//! SPEC: JSON-LD 1.1, 4 (compact IRIs, value objects), 9 (grammar). An address cannot be taken for a compact one: `http`,
//! `https` and `urn` are no prefixes.

use serde_json::Value;

use crate::json::{object, text};
use crate::rdf::{Graph, Object, TYPE};

/// Writes a graph; the same graph is the same bytes.
pub fn json_ld(graph: &Graph) -> String {
    let context = object(graph.prefixes().map(|(short, long)| (short, text(long))));
    let nodes = graph.subjects().map(|(subject, said)| {
        let id = ("@id", text(subject.as_str()));
        let said = said.iter().map(|(name, objects)| {
            let key = if *name == TYPE { "@type" } else { name };
            let write = if *name == TYPE { class } else { value };
            (key, Value::Array(objects.iter().map(write).collect()))
        });
        object(std::iter::once(id).chain(said))
    });
    let all = object([("@context", context), ("@graph", Value::Array(nodes.collect()))]);
    format!("{all:#}\n")
}

/// A class is told by its name alone.
fn class(object: &Object) -> Value {
    match object {
        Object::Name(name) => text(name),
        Object::Iri(iri) => text(iri.as_str()),
        Object::Tagged(other, _) | Object::Plain(other) | Object::Typed(other, _) => text(other),
    }
}

fn value(said: &Object) -> Value {
    match said {
        Object::Iri(iri) => object([("@id", text(iri.as_str()))]),
        Object::Name(name) => object([("@id", text(name))]),
        Object::Tagged(spoken, tag) => object([("@language", text(tag)), ("@value", text(spoken))]),
        Object::Plain(spoken) => object([("@value", text(spoken))]),
        Object::Typed(spoken, datatype) => object([("@type", text(datatype)), ("@value", text(spoken))]),
    }
}
