//! `epic explain` and `epic policy`: the gate's own rules, for people.

use clap::ArgMatches;
use gate::{Gate, Rule};
use serde_json::json;
use words::reason::Language;
use words::{Act, Reason};

use crate::failure::Failure;
use crate::paint::Paint;
use crate::print;
use crate::settings::Settings;

/// What a word was meant as.
enum Word {
    Reason(Reason),
    Act(Act),
}

impl Word {
    /// A reason's code, or an act as `object.get`.
    fn read(text: &str) -> Option<Self> {
        Reason::parse(text).map(Self::Reason).or_else(|| Act::parse(text).map(Self::Act))
    }
}

/// The rules behind a reason, or those that speak of an act.
pub fn explain(matches: &ArgMatches, settings: &Settings) -> Result<(), Failure> {
    let text = matches.get_one::<String>("word").map(String::as_str).unwrap_or_default();
    let word = Word::read(text).ok_or_else(|| {
        Failure::yours(
            format!("`{text}` is neither a reason nor an act"),
            "write `permit_missing` or `object.get`; `epic policy` has them all",
        )
    })?;
    let language = match matches.get_one::<String>("lang").map(String::as_str) {
        Some("it") => Language::Italian,
        _ => Language::English,
    };
    let gate = gate()?;
    let rules = match word {
        Word::Reason(reason) => gate.explain_reason(reason),
        Word::Act(act) => gate.explain_act(act),
    };
    if settings.is_json {
        return print::out(&format!("{}\n", told(&word, &rules, language)));
    }
    let paint = Paint::new(settings.is_out_coloured);
    let body: Vec<String> = rules.iter().map(|rule| text_of(rule, language, paint)).collect();
    print::out(&format!("{}\n{}", head(&word, language, paint), body.join("\n")))
}

fn told(word: &Word, rules: &[&Rule], language: Language) -> serde_json::Value {
    let (text, hint) = match word {
        Word::Reason(reason) => (reason.text(language), reason.hint(language)),
        Word::Act(act) => (act.row().help, ""),
    };
    let rules: Vec<_> = rules
        .iter()
        .map(|rule| {
            let acts: Vec<_> = rule.acts.iter().map(|act| act.name()).collect();
            json!({ "rule": *rule.id, "says": *rule.says, "reason": rule.reason().map(Reason::code), "acts": acts, "source": rule.source })
        })
        .collect();
    json!({ "text": text, "hint": hint, "rules": rules })
}

fn head(word: &Word, language: Language, paint: Paint) -> String {
    match word {
        Word::Reason(reason) => {
            let hint = match reason.hint(language) {
                "" => String::new(),
                hint => format!("{} {hint}\n", paint.good(said(language).hint)),
            };
            format!("{} {}\n{hint}", paint.strong(&format!("{}:", reason.code())), reason.text(language))
        }
        Word::Act(act) => format!("{} {}\n", paint.strong(&format!("{}:", act.name())), act.row().help),
    }
}

/// The few words around a rule.
struct Said {
    allowed: &'static str,
    refused: &'static str,
    hint: &'static str,
}

const fn said(language: Language) -> Said {
    match language {
        Language::English => Said { allowed: "allowed", refused: "refused:", hint: "hint:" },
        Language::Italian => Said { allowed: "consentito", refused: "rifiutato:", hint: "suggerimento:" },
    }
}

fn text_of(rule: &Rule, language: Language, paint: Paint) -> String {
    let effect = match rule.reason() {
        None => paint.good(said(language).allowed),
        Some(reason) => format!("{} {}", paint.warn(said(language).refused), reason.text(language)),
    };
    let source = rule.source.trim().replace('\n', "\n    ");
    format!("{} {effect}\n  {}\n\n    {}\n", paint.strong(&rule.id), rule.says, paint.dim(&source))
}

/// The whole policy as a table.
pub fn policy() -> Result<(), Failure> {
    print::out(&gate()?.table())
}

fn gate() -> Result<&'static Gate, Failure> {
    Gate::embedded().map_err(|error| Failure::chain(&error, "this build is damaged: build it again"))
}
