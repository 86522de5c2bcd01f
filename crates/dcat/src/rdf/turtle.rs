//! Turtle, for people and for harvesters.
//!
//! SPEC: RDF 1.1 Turtle, 2 and 6.5 (grammar), 6.4 (escapes).

use crate::rdf::{Graph, Object, TYPE};

/// Writes a graph; the same graph is the same bytes.
pub fn turtle(graph: &Graph) -> String {
    let mut out = String::new();
    for (short, long) in graph.prefixes() {
        out.push_str(&format!("@prefix {short}: <{long}> .\n"));
    }
    for (subject, said) in graph.subjects() {
        out.push_str(&format!("\n<{subject}>"));
        for (at, (name, objects)) in said.iter().enumerate() {
            out.push_str(if at == 0 { "\n    " } else { " ;\n    " });
            out.push_str(if *name == TYPE { "a" } else { name });
            for (at, object) in objects.iter().enumerate() {
                out.push_str(if at == 0 { " " } else { " , " });
                write(&mut out, object);
            }
        }
        out.push_str(" .\n");
    }
    out
}

fn write(out: &mut String, object: &Object) {
    match object {
        // An address holds no sign that would end it (`Iri`).
        Object::Iri(iri) => out.push_str(&format!("<{iri}>")),
        Object::Name(name) => out.push_str(name),
        Object::Tagged(text, tag) => {
            quote(out, text);
            out.push('@');
            out.push_str(tag);
        }
        Object::Plain(text) => quote(out, text),
        Object::Typed(text, datatype) => {
            quote(out, text);
            out.push_str("^^");
            out.push_str(datatype);
        }
    }
}

/// A text between quotes: quotes, backslashes and everything that is not seen are escaped.
fn quote(out: &mut String, text: &str) {
    out.push('"');
    for sign in text.chars() {
        match sign {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other if other.is_control() || is_unseen(other) => {
                out.push_str(&format!("\\u{:04X}", u32::from(other)));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

/// WHY: marks that turn the direction of a line, ends of lines that no editor shows, and a mark of byte order, so that a
/// person who reads the file sees what it says. All of them have four digits.
fn is_unseen(sign: char) -> bool {
    matches!(sign, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}')
}
