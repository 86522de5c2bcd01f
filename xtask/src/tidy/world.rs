//! The world comes in through a few named places: time, chance, environment.
//!
//! Everything else asks `words::Clock` and `words::Rand`, or a simulation with
//! a seed would not be one.

use crate::tidy::fault::Fault;
use crate::tidy::scrub::Source;

/// What reads the world.
const READS: &[&str] = &[
    "SystemTime::now",
    "std::time::Instant",
    "OffsetDateTime::now",
    "Utc::now",
    "Local::now",
    "std::env",
    "env::var",
    "env::args",
    "env::temp_dir",
    "rand::",
    "OsRng",
    "getrandom",
    "thread_rng",
    "SystemRandom",
    "RandomState::new",
];

/// The places that may, and why.
const PLACES: &[(&str, &str)] = &[
    ("crates/epic/src/world.rs", "the binary's own clock, chance and environment"),
    (
        "crates/seal/src/es256.rs",
        "the cipher library draws a signature's nonce itself, and nothing that is stored follows from it",
    ),
    ("trial/src/bench/", "measures real servers on the machine at hand; no part of the region"),
    ("xtask/", "a chore on this tree, no part of the region"),
];

/// Faults of one file.
pub fn find(source: &Source) -> Vec<Fault> {
    if PLACES.iter().any(|(place, _)| source.path.starts_with(place)) {
        return Vec::new();
    }
    // WHY: tokio's clock is the one that a simulation pauses; the standard one goes on.
    let is_paused = source.code.iter().any(|line| line.contains("tokio::time"));
    let mut faults = Vec::new();
    for (line, code) in source.own_code() {
        let word = READS.iter().copied().find(|read| said(code, read));
        let now = (code.contains("Instant::now") && !is_paused).then_some("Instant::now");
        faults.extend(word.or(now).map(|word| {
            let says = format!("`{word}`: ask `words::Clock`, `words::Rand` or the configuration");
            Fault::new(&source.path, line, "world", says)
        }));
    }
    faults
}

/// Whether the code says the word, and not a longer one that ends alike.
fn said(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        !before.is_some_and(|sign| sign.is_alphanumeric() || sign == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tree::Text;

    fn rules(path: &str, body: &str) -> Vec<&'static str> {
        let text = Text { path: path.into(), body: body.into() };
        find(&Source::of(&text).unwrap()).iter().map(|fault| fault.rule).collect()
    }

    #[test]
    fn a_reader_of_the_world_is_found() {
        let path = "crates/region/src/row.rs";
        for read in [
            "let a = std::time::SystemTime::now();",
            "use std::time::Instant;",
            "let a = Instant::now();",
            "let a = std::env::var(\"B\");",
            "let a = rand::random();",
            "use rand_core::OsRng;",
        ] {
            assert_eq!(rules(path, read), ["world"], "{read}");
            assert_eq!(rules("crates/epic/src/world.rs", read), [""; 0], "{read}");
            assert_eq!(rules("crates/region/tests/row.rs", read), [""; 0], "{read}");
        }
    }

    #[test]
    fn the_clock_that_can_be_paused_and_words_alike_are_fine() {
        let path = "crates/s3/src/steady.rs";
        assert_eq!(rules(path, "use tokio::time::Instant;\nlet a = Instant::now();"), [""; 0]);
        assert_eq!(rules(path, "let a = operand::b(env!(\"C\"));"), [""; 0]);
    }
}
