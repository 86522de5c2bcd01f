//! Replays the corpus of every parser and tries bytes of its own.

use crate::kit;

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use store::fuzz::TARGETS;

#[test]
fn the_corpus_replays() {
    for (name, target) in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
        let files: Vec<_> = fs::read_dir(folder).unwrap().collect();
        assert!(!files.is_empty(), "{name} has no corpus");
        for file in files {
            let bytes = fs::read(file.unwrap().path()).unwrap();
            target(&bytes);
            // Each file cut and altered at every place.
            for at in 0..bytes.len() {
                target(&bytes[..at]);
                let mut altered = bytes.clone();
                altered[at] ^= 0x81;
                target(&altered);
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        for (_, target) in TARGETS {
            target(&bytes);
        }
    }
}

/// Writes a fresh custody file into the corpus; run by hand when the format changes.
#[test]
#[ignore = "writes into the source tree"]
fn make_corpus() {
    use store::custody::{Custody, FileCustody, KeyName};
    use words::Secret;
    let folder = tempfile::tempdir().unwrap();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/sheet");
    let keys = [(KeyName::Region, Secret::new([1; 32])), (KeyName::SigV4, Secret::new([2; 32]))];
    let keep = |custody: FileCustody, place: &Path, name: &str| {
        custody.insert(&keys).unwrap();
        let sheets = fs::read_dir(place).unwrap().map(|file| file.unwrap().path());
        let sheet = sheets.filter(|file| file.to_str().unwrap().contains("keys-")).last().unwrap();
        fs::copy(sheet, corpus.join(name)).unwrap();
    };
    let (open, sealed) = (folder.path().join("open"), folder.path().join("sealed"));
    keep(FileCustody::open(&open, None, kit::Seeded::new(1)).unwrap(), &open, "open");
    let passphrase = Secret::new("corpus".to_owned());
    let custody = FileCustody::open_with_passphrase(&sealed, None, &passphrase, kit::Seeded::new(1));
    keep(custody.unwrap(), &sealed, "passphrase");
}
