//! The words of an agreement: what all parties sign, in both languages.
//!
//! They are made once, when it is drafted, out of its terms and of fixed words
//! for its service model, and are kept: what somebody signed must read the same
//! after the region's texts have changed. Their digest is part of what is signed.
//! SPEC: GDPR, Art. 28(3).

use std::collections::HashMap;
use std::sync::LazyLock;

use minicbor::{Decode, Encode};
use words::reason::Language;
use words::{Refusal, Timestamp};

use super::{AgreementRow, Terms};
use crate::cell::draft::Draft;
use crate::noun::organisation::OrganisationRow;
use crate::noun::project::ProjectRow;
use crate::row::{Row, Table};

/// The words in both languages, Italian first.
#[derive(Debug, Clone, Encode, Decode)]
pub struct WordingRow {
    #[n(0)]
    pub parts: Vec<Part>,
}

impl Row for WordingRow {
    const TABLE: Table = Table::Wording;
}

/// The whole in one language.
#[derive(Debug, Clone, Encode, Decode)]
pub struct Part {
    /// `it` or `en`.
    #[n(0)]
    pub language: String,
    #[n(1)]
    pub title: String,
    #[n(2)]
    pub sections: Vec<Section>,
    /// What stands above the digest, at the end.
    #[n(3)]
    pub digest: Section,
}

#[derive(Debug, Clone, Encode, Decode)]
pub struct Section {
    #[n(0)]
    pub title: String,
    #[n(1)]
    pub blocks: Vec<Block>,
}

#[derive(Debug, Clone, Encode, Decode)]
pub enum Block {
    #[n(0)]
    Text(#[n(0)] String),
    /// What is named, and what is said of it.
    #[n(1)]
    Pairs(#[n(0)] Vec<(String, String)>),
    /// (a), (b) and so on.
    #[n(2)]
    Letters(#[n(0)] Vec<String>),
    #[n(3)]
    Grid(#[n(0)] Vec<String>, #[n(1)] Vec<Vec<String>>),
}

/// Layers of the service, from the ground up, and from which model on the region answers for them: 0 always, 3 never.
const LAYERS: [(&str, u8); 9] = [
    ("layer-building", 0),
    ("layer-network", 0),
    ("layer-machines", 0),
    ("layer-storage", 0),
    ("layer-system", 1),
    ("layer-platform", 1),
    ("layer-programs", 2),
    ("layer-people", 3),
    ("layer-data", 3),
];

/// What a processor undertakes, letter by letter of the third paragraph.
const DUTIES: [&str; 8] = ["duty-a", "duty-b", "duty-c", "duty-d", "duty-e", "duty-f", "duty-g", "duty-h"];

/// The words of an agreement, as it stands.
pub async fn of(draft: &Draft, row: &AgreementRow) -> Result<WordingRow, Refusal> {
    let controller = super::controller(draft, row.project).await?;
    let mut parties = Vec::new();
    for party in &row.parties {
        let house: OrganisationRow = draft.known(&party.to_bytes()).await?;
        let role = match *party {
            party if party == controller => "is-controller",
            party if party == row.provider => "is-provider",
            _ => "is-party",
        };
        parties.push((house.name, role));
    }
    let project: ProjectRow = draft.known(&row.project.to_bytes()).await?;
    let project = format!("{} ({})", project.alias, project.id);
    let parts =
        [Language::Italian, Language::English].map(|language| part(language, row, &project, &parties));
    Ok(WordingRow { parts: parts.into() })
}

/// The name of a party, and what it is.
type Party = (String, &'static str);

fn part(language: Language, row: &AgreementRow, project: &str, parties: &[Party]) -> Part {
    let texts = texts(language);
    let section = |title: &str, blocks| Section { title: texts.say(title), blocks };
    let terms = &row.terms;
    Part {
        language: if language == Language::Italian { "it" } else { "en" }.to_owned(),
        title: texts.say_of("title", &row.alias),
        sections: vec![
            section("parties", vec![texts.text("parties-what"), parties_of(texts, parties)]),
            section("subject", vec![Block::Pairs(subject(texts, project, terms))]),
            section(
                "duties",
                vec![texts.text("duties-what"), Block::Letters(DUTIES.map(|duty| texts.say(duty)).into())],
            ),
            section(
                "layers",
                vec![
                    texts.text(&format!("model-{}", terms.service_model)),
                    layers(texts, &terms.service_model),
                ],
            ),
            section("end", vec![texts.text("end-what"), Block::Text(kept(texts, terms.retention_days))]),
            section("signatures", vec![texts.text("signatures-what"), lines(texts, parties)]),
        ],
        digest: section("digest", vec![texts.text("digest-what")]),
    }
}

fn parties_of(texts: &Texts, parties: &[Party]) -> Block {
    let rows = parties.iter().map(|(name, role)| vec![name.clone(), texts.say(role)]);
    Block::Grid(vec![texts.say("party"), texts.say("part")], rows.collect())
}

/// Where those sign who sign on paper.
fn lines(texts: &Texts, parties: &[Party]) -> Block {
    let rows = parties.iter().map(|(name, _)| vec![name.clone(), "\n\n".to_owned(), String::new()]);
    Block::Grid(vec![texts.say("party"), texts.say("sign-when"), texts.say("sign-who")], rows.collect())
}

fn subject(texts: &Texts, project: &str, terms: &Terms) -> Vec<(String, String)> {
    let listed = |list: &[String]| if list.is_empty() { texts.say("none") } else { list.join("; ") };
    let studies: Vec<_> = terms.onward.iter().flatten().map(ToString::to_string).collect();
    let mut said = vec![
        ("project", project.to_owned()),
        ("purpose", terms.purpose.clone()),
        ("kinds", listed(&terms.categories)),
    ];
    said.extend(terms.tier.map(|tier| ("tier", format!("{tier} · {}", texts.say(&format!("tier-{tier}"))))));
    said.push(("span", format!("{} – {}", minute(terms.starts), minute(terms.ends))));
    said.extend([
        ("places", listed(&terms.places)),
        ("onward", listed(&studies)),
        ("further", listed(&terms.sub_processors)),
    ]);
    said.into_iter().map(|(name, value)| (texts.say(name), value)).collect()
}

/// `2026-11-27 21:00 UTC`: read alike in both languages.
fn minute(at: Timestamp) -> String {
    let text = at.to_string();
    format!("{} UTC", text.get(..16).unwrap_or(&text).replace('T', " "))
}

fn kept(texts: &Texts, days: u64) -> String {
    if days == 0 { texts.say("kept-not") } else { texts.say_of("kept", &days.to_string()) }
}

/// Who answers for which layer under a service model.
fn layers(texts: &Texts, model: &str) -> Block {
    let reach = match model {
        "iaas" => 0,
        "paas" => 1,
        _ => 2,
    };
    let by = |from: u8| texts.say(if from <= reach { "by-region" } else { "by-controller" });
    let rows = LAYERS.iter().map(|(layer, from)| vec![texts.say(layer), by(*from)]);
    Block::Grid(vec![texts.say("layer"), texts.say("answers")], rows.collect())
}

/// The fixed words of one language.
struct Texts(HashMap<&'static str, &'static str>);

fn texts(language: Language) -> &'static Texts {
    static ENGLISH: LazyLock<Texts> =
        LazyLock::new(|| Texts::read(include_str!("../../../../../locales/en/agreement.tsv")));
    static ITALIAN: LazyLock<Texts> =
        LazyLock::new(|| Texts::read(include_str!("../../../../../locales/it/agreement.tsv")));
    match language {
        Language::English => &ENGLISH,
        Language::Italian => &ITALIAN,
    }
}

impl Texts {
    fn read(file: &'static str) -> Self {
        let lines = file.lines().filter(|line| !line.starts_with('#'));
        Self(lines.filter_map(|line| line.split_once('\t')).collect())
    }

    fn say(&self, key: &str) -> String {
        self.0.get(key).copied().unwrap_or(key).to_owned()
    }

    fn say_of(&self, key: &str, what: &str) -> String {
        self.say(key).replace("{}", what)
    }

    fn text(&self, key: &str) -> Block {
        Block::Text(self.say(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: each model gives the region more to answer for, and never the data or the people.
    #[test]
    fn who_answers_grows_with_the_model() {
        let texts = texts(Language::English);
        let by_region = |model: &str| match layers(texts, model) {
            Block::Grid(_, rows) => rows.iter().filter(|row| row[1] == texts.say("by-region")).count(),
            other => panic!("{other:?}"),
        };
        assert_eq!(["iaas", "paas", "saas"].map(by_region), [4, 6, 7]);
    }

    // Goal: nobody signs a key of our texts. Method: every key that is named above is there, in both languages.
    #[test]
    fn every_word_is_there_in_both_languages() {
        let keys = |language| texts(language).0.keys().copied().collect::<std::collections::BTreeSet<_>>();
        assert_eq!(keys(Language::English), keys(Language::Italian));
        let source = include_str!("wording.rs");
        let named = source.split('"').skip(1).step_by(2);
        let is_key =
            |text: &&str| text.contains('-') && text.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        let named: Vec<_> = named.filter(is_key).filter(|text| !text.ends_with('-')).collect();
        assert!(named.len() > 15, "{named:?}");
        for key in named {
            assert!(keys(Language::English).contains(key), "{key}");
        }
    }
}
