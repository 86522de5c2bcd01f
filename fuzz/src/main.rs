//! One program for every parser of outside bytes: `EPIC_FUZZ=seal/header` says which.
//!
//! It exists because a corpus replayed is not fuzzing. It holds no target of its own.
#![no_main]

use std::sync::OnceLock;

type Target = (&'static str, &'static str, fn(&[u8]));

/// What the crates that were built in offer, by crate and name.
fn targets() -> Vec<Target> {
    let mut all: Vec<Target> = Vec::new();
    #[cfg(feature = "seal")]
    all.extend(seal::fuzz::TARGETS.map(|(name, target)| ("seal", name, target)));
    #[cfg(feature = "store")]
    all.extend(store::fuzz::TARGETS.map(|(name, target)| ("store", name, target)));
    #[cfg(feature = "gate")]
    all.extend(gate::fuzz::TARGETS.map(|(name, target)| ("gate", name, target)));
    #[cfg(feature = "s3")]
    all.extend(s3::fuzz::TARGETS.map(|(name, target)| ("s3", name, target)));
    #[cfg(feature = "web")]
    all.extend(web::fuzz::TARGETS.map(|(name, target)| ("web", name, target)));
    #[cfg(feature = "words")]
    all.extend(words::fuzz::TARGETS.map(|(name, target)| ("words", name, target)));
    #[cfg(feature = "region")]
    all.extend(region::fuzz::TARGETS.map(|(name, target)| ("region", name, target)));
    #[cfg(feature = "epic")]
    all.extend(epic::fuzz::TARGETS.map(|(name, target)| ("epic", name, target)));
    #[cfg(feature = "paper")]
    all.extend(paper::fuzz::TARGETS.map(|(name, target)| ("paper", name, target)));
    #[cfg(feature = "formats")]
    all.extend(formats::fuzz::TARGETS.map(|(name, target)| ("formats", name, target)));
    #[cfg(feature = "privacy")]
    all.extend(privacy::fuzz::TARGETS.map(|(name, target)| ("privacy", name, target)));
    #[cfg(feature = "dcat")]
    all.extend(dcat::fuzz::TARGETS.map(|(name, target)| ("dcat", name, target)));
    #[cfg(feature = "search")]
    all.extend(search::fuzz::TARGETS.map(|(name, target)| ("search", name, target)));
    #[cfg(feature = "recipes")]
    all.extend(recipes::fuzz::TARGETS.map(|(name, target)| ("recipes", name, target)));
    all
}

/// The target that was asked for.
fn chosen() -> fn(&[u8]) {
    static CHOSEN: OnceLock<fn(&[u8])> = OnceLock::new();
    *CHOSEN.get_or_init(|| {
        let asked = std::env::var("EPIC_FUZZ").unwrap_or_default();
        let found = targets().into_iter().find(|(of, name, _)| format!("{of}/{name}") == asked);
        found.expect("EPIC_FUZZ names a target, as `seal/header`").2
    })
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| chosen()(bytes));
