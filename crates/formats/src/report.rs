//! What is said of bytes: findings with a place and never a value, exact counts, and facts.
//!
//! It exists so that every validator answers in one bounded form that may be shown to people who may not see the data. It
//! never holds a value of a file but where a field is named for it: names of columns, and what is marked sensitive.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::column::Column;
use crate::kind::Kind;
use crate::limits::Limits;
use crate::rule::{self, Rule, Weight};
use crate::word;

/// Of the form of a report; a reader refuses what it does not know.
pub const VERSION: u32 = 1;
/// WHY: the first few of a rule tell what is wrong, and leave room for other rules.
const KEPT_PER_RULE_MAX: u64 = 10;
/// WHY: facts are names of schemas and versions; longer ones are content.
pub const WORD_BYTES_MAX: usize = 200;
/// WHY: as many figures as the richest kind gives, several times over.
const FACTS_MAX: usize = 500;

/// Where something is: all that is known of it, counted as a person counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Line, row or record, from 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<u64>,
    /// Byte of the content (unpacked, where it came packed), from 0.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub offset: Option<u64>,
    /// Column or field, from 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub column: Option<u32>,
}

impl Place {
    /// The file as a whole.
    pub const WHOLE: Place = Place { line: None, offset: None, column: None };

    pub fn byte(offset: u64) -> Self {
        Self { offset: Some(offset), ..Self::WHOLE }
    }

    pub fn line(line: u64, offset: u64) -> Self {
        Self { line: Some(line), offset: Some(offset), column: None }
    }

    pub fn column(self, column: usize) -> Self {
        Self { column: u32::try_from(column).ok(), ..self }
    }
}

/// One breach of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub rule: Rule,
    #[serde(flatten)]
    pub place: Place,
}

/// Whether it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// No rule of weight was broken, as far as it was read; `facts.depth` says how far that is.
    Holds,
    Fails,
    /// Nothing to judge by, or a limit of ours was reached first.
    Unjudged,
}

/// How often a rule was broken, in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    pub rule: Rule,
    pub count: u64,
}

/// What may be said of a file beside its faults.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// Figures: rows, records, bytes.
    pub numbers: BTreeMap<String, u64>,
    /// Versions and names of schemas.
    pub words: BTreeMap<String, String>,
    /// Of tables.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub columns: Vec<Column>,
}

impl Facts {
    pub fn number(&mut self, name: &str, number: u64) {
        if self.numbers.len() < FACTS_MAX {
            self.numbers.insert(name.to_owned(), number);
        }
    }

    /// A word, if it is one that may be told.
    pub fn word(&mut self, name: &str, word: &str) {
        if let Some(told) = word::told(name, word.trim()).filter(|_| self.words.len() < FACTS_MAX) {
            self.words.insert(name.to_owned(), told);
        }
    }

    pub fn count(&self, name: &str) -> u64 {
        self.numbers.get(name).copied().unwrap_or_default()
    }
}

/// A name from outside as one short line.
pub fn tame(word: &str) -> String {
    let mut tamed = String::new();
    for sign in word.chars().map(|sign| if sign.is_control() { ' ' } else { sign }) {
        if tamed.len() + sign.len_utf8() > WORD_BYTES_MAX {
            break;
        }
        tamed.push(sign);
    }
    tamed
}

/// What was found in one file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub version: u32,
    pub kind: Kind,
    pub verdict: Verdict,
    /// The first ones, of each rule and in all.
    pub findings: Vec<Finding>,
    /// Exact, also where findings were left out.
    pub counts: Vec<Count>,
    pub facts: Facts,
}

impl Report {
    /// Of one finding alone, which stands for all that could not be read.
    pub fn only(kind: Kind, rule: Rule) -> Self {
        let mut findings = Findings::new(1);
        findings.add(rule, Place::WHOLE);
        findings.report(kind, Facts::default())
    }

    /// How often a rule was broken.
    pub fn count(&self, rule: Rule) -> u64 {
        self.counts.iter().find(|count| count.rule == rule).map_or(0, |count| count.count)
    }

    /// Whether a reader of this form may believe it is one: what is bounded is, and the verdict follows from the counts.
    pub fn is_sound(&self, limits: &Limits) -> bool {
        let words = self.facts.words.iter().all(|(name, word)| word::told(name, word).as_ref() == Some(word));
        let numbers = self.facts.numbers.keys().all(|name| word::is_name(name));
        let columns = self.facts.columns.iter().all(Column::is_bounded);
        self.version == VERSION
            && self.findings.len() <= limits.findings_max
            && self.counts.len() <= rule::ALL.len()
            && self.facts.words.len() <= FACTS_MAX
            && self.facts.numbers.len() <= FACTS_MAX
            && self.facts.columns.len() <= limits.columns_max
            && words
            && numbers
            && columns
            && self.verdict == verdict(self.counts.iter().map(|count| count.rule))
    }
}

/// Findings as they come.
#[derive(Debug)]
pub struct Findings {
    kept: Vec<Finding>,
    counts: BTreeMap<Rule, u64>,
    kept_max: usize,
}

impl Findings {
    pub fn new(kept_max: usize) -> Self {
        Self { kept: Vec::new(), counts: BTreeMap::new(), kept_max }
    }

    pub fn add(&mut self, rule: Rule, place: Place) {
        let count = self.counts.entry(rule).or_default();
        *count += 1;
        if *count <= KEPT_PER_RULE_MAX && self.kept.len() < self.kept_max {
            self.kept.push(Finding { rule, place });
        }
    }

    /// Adds it where something does not hold.
    pub fn need(&mut self, holds: bool, rule: Rule, place: Place) {
        if !holds {
            self.add(rule, place);
        }
    }

    pub fn has(&self, rule: Rule) -> bool {
        self.counts.contains_key(&rule)
    }

    /// How many in all.
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    pub fn report(self, kind: Kind, facts: Facts) -> Report {
        let verdict = verdict(self.counts.keys().copied());
        let counts = self.counts.into_iter().map(|(rule, count)| Count { rule, count }).collect();
        Report { version: VERSION, kind, verdict, findings: self.kept, counts, facts }
    }
}

fn verdict(rules: impl Iterator<Item = Rule>) -> Verdict {
    let mut verdict = Verdict::Holds;
    for rule in rules {
        match rule.weight() {
            Weight::Fault => return Verdict::Fails,
            Weight::Limit => verdict = Verdict::Unjudged,
            Weight::Note => {}
        }
    }
    verdict
}
