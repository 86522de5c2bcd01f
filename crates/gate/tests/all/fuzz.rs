//! Parsers of outside bytes: the corpus is replayed, and bent a little each time.

use std::path::{Path, PathBuf};

use gate::fuzz::{self, TARGETS};
use proptest::prelude::*;

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

#[test]
fn the_corpus_replays() {
    for (name, target) in TARGETS {
        let files = corpus(name);
        assert!(files.len() > 3, "{name} has a thin corpus");
        files.iter().for_each(|bytes| target(bytes));
    }
}

// Goal: the corpus reaches the far side of each parser. Method: it holds today's good inputs.
#[test]
fn the_corpus_holds_what_we_write() {
    for (name, bytes) in fuzz::seeds().unwrap() {
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            let file = format!("corpus/{name}/good-{}", bytes.len());
            std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(file), &bytes).unwrap();
        }
        assert!(corpus(name).contains(&bytes), "{name}: run with UPDATE_SNAPSHOTS=1");
    }
}

proptest! {
    // Goal: no input breaks a parser. Method: a corpus file with a few bytes replaced, or cut.
    #[test]
    fn bent_inputs_are_answered(
        pick: prop::sample::Index,
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        for (name, target) in TARGETS {
            let files = corpus(name);
            let mut bytes = files[pick.index(files.len())].clone();
            for (at, by) in &edits {
                if !bytes.is_empty() {
                    let at = at.index(bytes.len());
                    bytes[at] = *by;
                }
            }
            if let Some(cut) = &cut {
                bytes.truncate(cut.index(bytes.len() + 1));
            }
            target(&bytes);
        }
    }

    // Goal: the same for anything at all.
    #[test]
    fn any_input_is_answered(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        TARGETS.iter().for_each(|(_, target)| target(&bytes));
    }
}
