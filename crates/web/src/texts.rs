//! Texts: what pages say, in Italian and in English.
//!
//! They lie in `locales/`, one file for each kind and language. Code names them
//! by keys; a test holds that every key that is named is there, in both.

use std::collections::HashMap;
use std::sync::LazyLock;

use words::reason::Language;
use words::{Act, Reason};

/// A line of a file: its key, then its texts.
type Lines = HashMap<&'static str, Vec<&'static str>>;

/// Everything that pages say in one language.
pub struct Texts {
    pub language: Language,
    acts: Lines,
    fields: Lines,
    findings: Lines,
    names: Lines,
    pages: Lines,
}

macro_rules! of_language {
    ($language:ident, $folder:literal) => {
        LazyLock::new(|| Texts {
            language: Language::$language,
            acts: read(include_str!(concat!("../../../locales/", $folder, "/acts.tsv"))),
            fields: read(include_str!(concat!("../../../locales/", $folder, "/fields.tsv"))),
            findings: read(include_str!(concat!("../../../locales/", $folder, "/findings.tsv"))),
            names: read(include_str!(concat!("../../../locales/", $folder, "/names.tsv"))),
            pages: read(include_str!(concat!("../../../locales/", $folder, "/pages.tsv"))),
        })
    };
}

static ENGLISH: LazyLock<Texts> = of_language!(English, "en");
static ITALIAN: LazyLock<Texts> = of_language!(Italian, "it");

fn read(file: &'static str) -> Lines {
    let lines = file.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once('\t').map(|(key, rest)| (key, rest.split('\t').collect())))
        .collect()
}

impl Texts {
    pub fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::Italian => &ITALIAN,
        }
    }

    /// `en` or `it`.
    pub const fn code(&self) -> &'static str {
        code(self.language)
    }

    /// A phrase of a page; a key that is nowhere is said as it is.
    pub fn say<'a>(&self, key: &'a str) -> &'a str {
        one(&self.pages, key).unwrap_or(key)
    }

    /// The same with something put into it, at `{}`.
    pub fn say_of(&self, key: &str, what: &str) -> String {
        self.say(key).replace("{}", what)
    }

    /// What an act is called, as a heading or on a button.
    pub fn act(&self, act: Act) -> &'static str {
        one(&self.acts, act.name()).unwrap_or(act.name())
    }

    /// What it does, in a sentence.
    pub fn help(&self, act: Act) -> &'static str {
        self.acts.get(act.name()).and_then(|texts| texts.get(1)).copied().unwrap_or(act.row().help)
    }

    /// What a field is called, and what goes into it.
    pub fn field(&self, act: Act, name: &'static str) -> (&'static str, &'static str) {
        let texts = self.fields.get(format!("{}.{name}", act.name()).as_str());
        let text = |at: usize| texts.and_then(|texts| texts.get(at)).copied();
        (text(0).unwrap_or(name), text(1).unwrap_or_default())
    }

    /// What something that answers tell is called.
    pub fn name(&self, key: &str) -> String {
        one(&self.names, key).map_or_else(|| key.replace('_', " "), str::to_owned)
    }

    /// The same of several, as heads of a table.
    pub fn names(&self, keys: &[&str]) -> Vec<String> {
        keys.iter().map(|key| self.name(key)).collect()
    }

    /// A word that stands for a state, if it is one.
    pub fn value(&self, value: &str) -> Option<&'static str> {
        one(&self.names, &format!("value.{value}"))
    }

    /// What is wrong, in a sentence: a rule that a file breaks, or why nothing could be made of it. None: no code of ours.
    ///
    /// WHY reasons too: what fails for the region's own sake is told by a reason's code.
    pub fn finding(&self, code: &str) -> Option<&'static str> {
        one(&self.findings, code).or_else(|| Reason::parse(code).map(|reason| reason.text(self.language)))
    }

    pub fn role(&self, role: words::actor::Role) -> String {
        self.name(&format!("role.{}", role.text()))
    }
}

fn one<'a>(lines: &Lines, key: &str) -> Option<&'a str> {
    lines.get(key).and_then(|texts| texts.first()).copied()
}

/// What a finding's code means, for doors that have no pages.
pub fn finding(language: Language, code: &str) -> Option<&'static str> {
    Texts::of(language).finding(code)
}

/// What something that answers tell is called, if it has a name of its own.
pub fn name(language: Language, key: &str) -> Option<&'static str> {
    one(&Texts::of(language).names, key)
}

pub const fn code(language: Language) -> &'static str {
    match language {
        Language::English => "en",
        Language::Italian => "it",
    }
}

/// The language of a person: what they chose, else the first of ours that their browser asks for.
///
/// SPEC: RFC 9110, 12.5.4; weights are not weighed, browsers write the best first.
pub fn language(chosen: Option<&str>, accepted: Option<&str>) -> Language {
    let known = |code: &str| match code.get(..2) {
        Some("it") => Some(Language::Italian),
        Some("en") => Some(Language::English),
        Some(_) | None => None,
    };
    let accepted = accepted.unwrap_or_default().split(',').filter_map(|part| known(part.trim()));
    chosen.and_then(known).or_else(|| accepted.into_iter().next()).unwrap_or(Language::English)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    // Goal: nothing is said in one language alone. Method: the files' keys and numbers of texts, in order.
    #[test]
    fn both_languages_say_the_same_things() {
        let (english, italian) = (Texts::of(Language::English), Texts::of(Language::Italian));
        let all: [fn(&Texts) -> &Lines; 5] = [
            |texts| &texts.acts,
            |texts| &texts.fields,
            |texts| &texts.findings,
            |texts| &texts.names,
            |texts| &texts.pages,
        ];
        for of in all {
            let shape = |lines: &Lines| {
                let mut keys: Vec<_> = lines.iter().map(|(key, texts)| (*key, texts.len())).collect();
                keys.sort_unstable();
                keys
            };
            assert_eq!(shape(of(english)), shape(of(italian)));
            assert!(of(italian).values().flatten().all(|text| !text.trim().is_empty()));
        }
    }

    // Goal: every act and field has a name. Method: the whole table.
    #[test]
    fn every_act_and_field_is_named_in_both() {
        for texts in [Texts::of(Language::English), Texts::of(Language::Italian)] {
            for act in Act::ALL {
                assert_ne!(texts.act(*act), act.name(), "{}", texts.code());
                for field in act.row().fields {
                    let (label, help) = texts.field(*act, field.name);
                    assert!(!label.is_empty() && !help.is_empty(), "{}.{}", act.name(), field.name);
                }
            }
        }
    }

    // Goal: whatever a report or a failure tells has its sentence, and no sentence is of nothing.
    // Method: every code that formats, recipes and the region itself have, against both files.
    #[test]
    fn every_finding_has_its_sentence_in_both() {
        let rules = formats::rule::ALL.iter().map(|rule| rule.code());
        let faults = recipes::fault::ALL.iter().map(recipes::Fault::code);
        let own = region::derive::CAUSES.into_iter().chain([region::examine::MANIFEST_DIFFERS]);
        let codes: BTreeSet<&str> = rules.chain(faults).chain(own).collect();
        for texts in [Texts::of(Language::English), Texts::of(Language::Italian)] {
            let said: BTreeSet<&str> = texts.findings.keys().copied().collect();
            assert_eq!(said, codes, "{}", texts.code());
        }
    }

    #[test]
    fn reasons_are_findings_and_nothing_else_is() {
        let texts = Texts::of(Language::Italian);
        let quota = Reason::QuotaFull;
        assert_eq!(texts.finding(quota.code()), Some(quota.text(Language::Italian)));
        assert_eq!(texts.finding("recipe.of-tomorrow"), None);
    }

    // Goal: no page says a key instead of a text. Method: every key that the sources name.
    #[test]
    fn every_phrase_that_pages_name_is_there() {
        let mut named = 0;
        for folder in ["pages", "parts", "console"] {
            let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder);
            for file in std::fs::read_dir(folder).unwrap() {
                let source = std::fs::read_to_string(file.unwrap().path()).unwrap();
                for start in [".say(\"", ".say_of(\""] {
                    for rest in source.split(start).skip(1) {
                        let key = rest.split('"').next().unwrap();
                        assert!(ENGLISH.pages.contains_key(key), "nothing is said as `{key}`");
                        named += 1;
                    }
                }
            }
        }
        assert!(named > 40, "{named}");
    }

    #[test]
    fn a_language_is_chosen_or_asked_for() {
        for (chosen, accepted, expected) in [
            (None, None, Language::English),
            (None, Some("it-IT,it;q=0.9,en;q=0.8"), Language::Italian),
            (None, Some("de-DE,en;q=0.5,it;q=0.4"), Language::English),
            (Some("en"), Some("it"), Language::English),
            (Some("xx"), Some("it"), Language::Italian),
            (Some("é"), Some("é"), Language::English),
        ] {
            assert_eq!(language(chosen, accepted), expected, "{chosen:?} {accepted:?}");
        }
    }
}
