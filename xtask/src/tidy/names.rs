//! One word, one meaning: names that say nothing are refused.

use crate::tidy::fault::Fault;
use crate::tidy::scrub::Source;

/// WHY: GLOSSARY: a thing with such a name has not been understood yet.
const EMPTY: &[&str] =
    &["manager", "helper", "helpers", "util", "utils", "common", "handler", "handlers", "misc"];

/// What introduces a name.
const OPENERS: &[&str] = &["struct", "enum", "trait", "fn", "mod", "type", "const", "static"];

/// Faults of one file: its own name and those it gives.
pub fn find(source: &Source) -> Vec<Fault> {
    let mut faults = Vec::new();
    for part in source.path.trim_end_matches(".rs").split('/') {
        faults.extend(empty(part).map(|word| fault(source, 0, word)));
    }
    for (at, code) in source.code.iter().enumerate() {
        faults.extend(given(code).filter_map(empty).map(|word| fault(source, at + 1, word)));
    }
    faults
}

fn fault(source: &Source, line: usize, word: &str) -> Fault {
    let says = format!("`{word}` says nothing: name what it is");
    Fault::new(&source.path, line, "name", says)
}

/// The names that a line of code gives.
fn given(code: &str) -> impl Iterator<Item = &str> {
    let words: Vec<&str> = code.split(|sign: char| !sign.is_alphanumeric() && sign != '_').collect();
    let pairs: Vec<(&str, &str)> = words.windows(2).map(|pair| (pair[0], pair[1])).collect();
    pairs.into_iter().filter(|(opener, _)| OPENERS.contains(opener)).map(|(_, name)| name)
}

/// The empty word in a name, whichever way it is written.
fn empty(name: &str) -> Option<&'static str> {
    let parts = split(name);
    if name.len() > "service".len() && parts.last().is_some_and(|last| last == "service") {
        return Some("service");
    }
    EMPTY.iter().copied().find(|word| parts.iter().any(|part| part == word))
}

/// `HttpHandler` and `http_handler` as `http`, `handler`.
fn split(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for sign in name.chars() {
        if !sign.is_alphanumeric() || sign.is_uppercase() {
            parts.push(String::new());
        }
        if let (true, Some(last)) = (sign.is_alphanumeric(), parts.last_mut()) {
            last.extend(sign.to_lowercase());
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tree::Text;

    fn count(path: &str, body: &str) -> usize {
        let text = Text { path: path.into(), body: body.into() };
        find(&Source::of(&text).unwrap()).len()
    }

    #[test]
    fn a_name_that_says_nothing_is_found() {
        for body in [
            "pub struct KeyManager;",
            "fn read_helper() {}",
            "mod utils;",
            "enum HttpHandler {}",
            "trait KeyService {}",
        ] {
            assert_eq!(count("crates/a/src/b.rs", body), 1, "{body}");
        }
        assert_eq!(count("crates/a/src/common.rs", ""), 1);
        assert_eq!(count("crates/a/tests/common/mod.rs", ""), 1);
    }

    #[test]
    fn other_names_are_fine() {
        for body in ["fn a() { b.handler() }", "// struct Helper", "struct Handle;", "fn service() {}"] {
            assert_eq!(count("crates/a/src/b.rs", body), 0, "{body}");
        }
    }
}
