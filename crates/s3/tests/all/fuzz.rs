//! The corpus of every parser of outside bytes, replayed, with mutations that a seed decides.

use std::path::Path;

use proptest::prelude::*;
use s3::fuzz::TARGETS;

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|file| std::fs::read(file).unwrap()).collect()
}

#[test]
fn the_corpus_is_survived() {
    for (name, target) in TARGETS {
        let seeds = corpus(name);
        assert!(!seeds.is_empty(), "{name} has no corpus");
        for seed in &seeds {
            target(seed);
            for end in 0..seed.len() {
                target(&seed[..end]);
            }
        }
    }
}

proptest! {
    // Goal: no bytes stop a parser. Method: a corpus entry with one byte replaced, and plain noise.
    #[test]
    fn mutations_are_survived(pick: prop::sample::Index, at: prop::sample::Index, by: u8, noise: Vec<u8>) {
        for (name, target) in TARGETS {
            let seeds = corpus(name);
            let mut bytes = seeds[pick.index(seeds.len())].clone();
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = by;
            }
            target(&bytes);
            target(&noise);
        }
    }
}
