//! Italian and English say the same things: each file of texts has its twin with the same keys.

use std::collections::{BTreeMap, BTreeSet};

use crate::tidy::fault::Fault;
use crate::tidy::tree::Text;

const LANGUAGES: [&str; 2] = ["en", "it"];

/// Keys that one language has and the other has not, and lines without a text.
pub fn find(texts: &[Text]) -> Vec<Fault> {
    let mut keys: BTreeMap<&str, BTreeMap<&str, BTreeSet<&str>>> = BTreeMap::new();
    let mut faults = Vec::new();
    for text in texts {
        let Some((language, file)) = place(&text.path) else {
            continue;
        };
        let found = keys.entry(file).or_default().entry(language).or_default();
        for (at, line) in text.body.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
            let mut fields = line.split('\t');
            let key = fields.next().unwrap_or_default();
            if !found.insert(key) || fields.next().is_none_or(|said| said.trim().is_empty()) {
                faults.push(Fault::new(&text.path, at + 1, "locale", format!("`{key}` has no text, or two")));
            }
        }
    }
    for (file, languages) in &keys {
        faults.extend(unequal(file, languages));
    }
    faults
}

fn unequal(file: &str, languages: &BTreeMap<&str, BTreeSet<&str>>) -> Vec<Fault> {
    let all: BTreeSet<&str> = languages.values().flatten().copied().collect();
    let none = BTreeSet::new();
    let mut faults = Vec::new();
    for language in LANGUAGES {
        let has = languages.get(language).unwrap_or(&none);
        let path = format!("locales/{language}/{file}");
        let missing = all.difference(has);
        faults.extend(missing.map(|key| Fault::new(&path, 0, "locale", format!("`{key}` is missing"))));
    }
    faults
}

/// `locales/it/reasons.tsv` as `it`, `reasons.tsv`.
fn place(path: &str) -> Option<(&str, &str)> {
    path.ends_with(".tsv").then(|| path.strip_prefix("locales/")?.split_once('/')).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(english: &str, italian: &str) -> usize {
        let text =
            |language, body: &str| Text { path: format!("locales/{language}/a.tsv"), body: body.into() };
        find(&[text("en", english), text("it", italian)]).len()
    }

    #[test]
    fn a_text_in_one_language_alone_is_found() {
        assert_eq!(count("# code\na\tyes\n", "# codice\na\tsì\n"), 0);
        assert_eq!(count("a\tyes\nb\tno\n", "a\tsì\n"), 1);
        assert_eq!(count("a\tyes\n", "a\tsì\nb\tno\n"), 1);
        assert_eq!(count("a\tyes\n", "a\t\n"), 1);
        assert_eq!(count("a\tyes\na\tyes\n", "a\tsì\n"), 1);
    }
}
