//! Parsers of outside bytes: the corpus is replayed, and bent a little each time.

use std::path::Path;

use proptest::prelude::*;
use web::fuzz::TARGETS;

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|file| std::fs::read(file).unwrap()).collect()
}

#[test]
fn the_corpus_replays() {
    for (name, target) in TARGETS {
        let files = corpus(name);
        assert!(files.len() > 2, "{name} has a thin corpus");
        for bytes in files {
            target(&bytes);
            (0..bytes.len()).for_each(|end| target(&bytes[..end]));
        }
    }
}

// Goal: the corpus reaches the far side of each parser. Method: what it calls good is read.
#[test]
fn the_corpus_holds_what_reads() {
    let kept = corpus("tar");
    let mut files = web::tar::Reader::new(&kept[0][..]);
    let mut names = Vec::new();
    while let Some((name, _)) = files.next_file().unwrap() {
        names.push(name);
    }
    assert_eq!(names, ["key", "log/0000000000000000"]);
    let problem: web::Problem = serde_json::from_slice(&corpus("problem")[0]).unwrap();
    assert_eq!(problem.refusal().unwrap().reason, words::Reason::PermitEnded);
}

proptest! {
    // Goal: no input breaks a parser. Method: a corpus file with a few bytes replaced, or cut, and plain noise.
    #[test]
    fn bent_inputs_are_answered(
        pick: prop::sample::Index,
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
        noise in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        for (name, target) in TARGETS {
            let files = corpus(name);
            let mut bytes = files[pick.index(files.len())].clone();
            for (at, by) in edits.iter().filter(|_| !bytes.is_empty()).copied().collect::<Vec<_>>() {
                let at = at.index(bytes.len());
                bytes[at] = by;
            }
            if let Some(cut) = &cut {
                bytes.truncate(cut.index(bytes.len() + 1));
            }
            target(&bytes);
            target(&noise);
        }
    }
}
