//! An exported ledger in the wrong hands: whatever is done to it is found, and named by its file.
//!
//! Two verifiers judge each change: the command, in words and as JSON, and `docs/verify.py`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use region::twin::SeededRand;
use words::Rand;
use words::chance::bytes;

use crate::kit::{House, need};

/// The seed of every position that is changed.
const SEED: u64 = 20_270_110;
/// WHY: the ends and the middle are always tried; so many more are drawn.
const DRAWN: usize = 3;

type Files = BTreeMap<String, Vec<u8>>;

/// An auditor at home, with the key from elsewhere and a checkpoint from before.
struct Home {
    house: House,
    key: String,
    python: Option<PathBuf>,
}

impl Home {
    fn write(&self, files: &Files) -> String {
        let folder = self.house.path("at-home");
        if folder.exists() {
            std::fs::remove_dir_all(&folder).unwrap();
        }
        for (name, bytes) in files {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        folder.display().to_string()
    }

    /// Verifies files with the auditor's own key, and perhaps a kept checkpoint.
    fn whole(&self, files: &Files, kept: Option<&str>) {
        let folder = self.write(files);
        let ended = self.house.epic(&self.args(&folder, kept));
        assert_eq!(ended.code, 0, "{}", ended.err);
        if let Some((is_whole, said)) = self.second(&folder, kept) {
            assert!(is_whole, "{said}");
        }
    }

    fn args<'a>(&'a self, folder: &'a str, kept: Option<&'a str>) -> Vec<&'a str> {
        let mut args = vec!["ledger", "verify", folder, "--key", &self.key];
        args.extend(kept.into_iter().flat_map(|kept| ["--kept", kept]));
        args
    }

    /// The second verifier's word, where there is one.
    fn second(&self, folder: &str, kept: Option<&str>) -> Option<(bool, String)> {
        let script = need::root().join("docs/verify.py");
        let mut command = Command::new(self.python.as_ref()?);
        command.arg(script).args([folder, &self.key]).args(kept).current_dir(self.house.path(""));
        let ran = command.output().unwrap();
        Some((ran.status.success(), String::from_utf8(ran.stderr).unwrap()))
    }

    /// It is refused at one of these places, in words and as JSON.
    fn found(&self, what: &str, files: &Files, kept: Option<&str>, places: &[&str]) -> String {
        let folder = self.write(files);
        let args = self.args(&folder, kept);
        let words = self.house.epic(&args);
        assert_eq!((words.code, words.out.as_str()), (3, ""), "{what}: {}", words.err);
        let told = self.house.epic(&[&["--json"][..], &args].concat());
        let told: serde_json::Value = serde_json::from_str(&told.err).expect(what);
        let place = told["place"].as_str().expect(what).to_owned();
        assert_eq!(told["reason"], "ledger_wrong", "{what}");
        assert!(words.err.contains(&format!("(at `{place}`)")), "{what}: {}", words.err);
        assert!(places.contains(&place.as_str()), "{what} was found at `{place}`: {}", words.err);
        place
    }

    /// The second verifier, which reads log and checkpoint, says the same.
    fn agrees(&self, what: &str, files: &Files, kept: Option<&str>, place: &str) {
        let Some((is_whole, said)) = self.second(&self.write(files), kept) else {
            return;
        };
        let named = match place.strip_prefix("log/") {
            Some(seq) => format!("commit {} ", seq.parse::<u64>().unwrap()),
            None => "checkpoint".to_owned(),
        };
        assert!(!is_whole && said.starts_with("wrong: "), "{what}: the second verifier says {said}");
        assert!(said.contains(&named), "{what} is at `{place}`, the second verifier says {said}");
    }
}

/// An export, unpacked by what is not ours where there is one.
fn unpacked(house: &House, archive: &str) -> Files {
    let mut files = web::tar::Reader::new(std::fs::File::open(house.path(archive)).unwrap());
    let mut all = Files::new();
    while let Some((name, bytes)) = files.next_file().unwrap() {
        assert!(all.insert(name.clone(), bytes).is_none(), "{name} is there twice");
    }
    all
}

fn house() -> House {
    let house = House::open();
    house.enrol("anna", "infn");
    house.done("olga", &["role", "grant", "--person", "anna", "--role", "auditor"]);
    house
}

fn exported(house: &House, archive: &str) -> Files {
    house.done("anna", &["ledger", "export", "--file", archive]);
    unpacked(house, archive)
}

fn home(house: House, files: &Files) -> Home {
    let key = String::from_utf8(files["key"].clone()).unwrap().trim().to_owned();
    Home { house, key, python: need::python("cryptography") }
}

fn log(files: &Files) -> Vec<String> {
    files.keys().filter(|name| name.starts_with("log/")).cloned().collect()
}

fn next(name: &str) -> String {
    let seq: u64 = name.strip_prefix("log/").unwrap().parse().unwrap();
    format!("log/{:016}", seq + 1)
}

/// The ends, the middle, and some that the seed draws.
fn positions(size_bytes: usize, chance: &dyn Rand) -> Vec<usize> {
    let last = size_bytes - 1;
    let drawn = (0..DRAWN).map(|_| below(size_bytes, chance));
    [0, last / 2, last].into_iter().chain(drawn).collect()
}

fn below(bound: usize, chance: &dyn Rand) -> usize {
    u32::from_le_bytes(bytes(chance)) as usize % bound
}

fn with(files: &Files, name: &str, bytes: Vec<u8>) -> Files {
    let mut files = files.clone();
    files.insert(name.to_owned(), bytes);
    files
}

/// Whether the second verifier reads this file; it takes its key from elsewhere and makes no tiles.
fn is_shared(name: &str) -> bool {
    name.starts_with("log/") || name == "checkpoint"
}

#[test]
fn a_flipped_bit_and_a_cut_file_are_named() {
    let house = house();
    let files = exported(&house, "root.tar");
    let home = home(house, &files);
    home.whole(&files, None);
    let chance = SeededRand::new(SEED);
    for (name, bytes) in &files {
        for at in positions(bytes.len(), &*chance) {
            // WHY not the key's last: a line's end says nothing.
            if name == "key" && at == bytes.len() - 1 {
                continue;
            }
            let (mut flipped, bit) = (bytes.clone(), below(8, &*chance));
            flipped[at] ^= 1 << bit;
            let flipped = with(&files, name, flipped);
            let what = format!("bit {bit} of byte {at} of {name}, seed {SEED}");
            home.found(&what, &flipped, None, &[name]);
            let is_key_gone = name == "key" && at == 0;
            if !is_key_gone {
                let cut = with(&files, name, bytes[..at].to_vec());
                home.found(&format!("{name} cut at {at}, seed {SEED}"), &cut, None, &[name]);
            }
            if is_shared(name) && at == (bytes.len() - 1) / 2 {
                home.agrees(&what, &flipped, None, name);
            }
        }
    }
    home.whole(&files, None);

    // Without a key of one's own, the export's must at least be one.
    let own = String::from_utf8(files["key"].clone()).unwrap();
    for key in ["", "no key", &own[..own.len() / 2], &own.replace("epic.test", "epic.best")] {
        let folder = home.write(&with(&files, "key", key.into()));
        let ended = home.house.epic(&["--json", "ledger", "verify", &folder]);
        assert_eq!(ended.code, 3, "{}", ended.err);
        let told: serde_json::Value = serde_json::from_str(&ended.err).unwrap();
        assert_eq!(told["place"], "key", "{told}");
    }
}

#[test]
fn what_is_dropped_doubled_or_swapped_is_named() {
    let house = house();
    let files = exported(&house, "root.tar");
    let home = home(house, &files);
    for name in files.keys().filter(|name| *name != "key") {
        let mut dropped = files.clone();
        dropped.remove(name);
        home.found(&format!("{name} dropped"), &dropped, None, &[name]);
        if is_shared(name) {
            home.agrees(&format!("{name} dropped"), &dropped, None, name);
        }
    }
    for name in log(&files) {
        let doubled = with(&files, &next(&name), files[&name].clone());
        let place = home.found(&format!("{name} doubled"), &doubled, None, &[&next(&name)]);
        home.agrees(&format!("{name} doubled"), &doubled, None, &place);
    }
    let names: Vec<&String> = files.keys().collect();
    for (at, one) in names.iter().enumerate() {
        let other = names[(at + 1) % names.len()];
        let mut swapped = with(&files, one, files[other].clone());
        swapped.insert(other.clone(), files[*one].clone());
        home.found(&format!("{one} and {other} swapped"), &swapped, None, &[one, other]);
    }
    let (first, rest) =
        log(&files).split_first().map(|(first, rest)| (first.clone(), rest.to_vec())).unwrap();
    let mut moved: Files = files.clone();
    rest.iter().zip(log(&files)).for_each(|(from, to)| drop(moved.insert(to, files[from].clone())));
    moved.remove(rest.last().unwrap());
    home.found("the first entry gone and all others moved up", &moved, None, &[&first]);
    home.agrees("the first entry gone", &moved, None, &first);
    home.whole(&files, None);
}

// Goal: who kept a checkpoint sees another history and an older one. Method: one region lived twice from a copy.
#[test]
fn a_fork_and_a_rollback_are_named_to_whoever_kept_a_checkpoint() {
    let mut house = house();
    let old = exported(&house, "old.tar");
    assert_eq!(house.down(), 0);
    let copied = |from: &str, to: &str| {
        let ran = Command::new("cp").args(["-r", &house.text(from), &house.text(to)]).status().unwrap();
        assert!(ran.success());
    };
    copied("data", "data.then");
    copied("custody", "custody.then");
    house.up(&[]);
    house.enrol("nina", "infn");
    let one = exported(&house, "one.tar");
    assert_eq!(house.down(), 0);
    for name in ["data", "custody"] {
        std::fs::remove_dir_all(house.path(name)).unwrap();
        std::fs::rename(house.path(&format!("{name}.then")), house.path(name)).unwrap();
    }
    house.up(&[]);
    house.enrol("nora", "infn");
    house.enrol("nilde", "infn");
    let other = exported(&house, "other.tar");
    let home = home(house, &old);
    for (name, files) in [("old", &old), ("one", &one)] {
        std::fs::write(home.house.path(name), &files["checkpoint"]).unwrap();
    }

    home.whole(&one, Some("old"));
    home.whole(&other, Some("old"));
    home.whole(&old, Some("old"));
    let kept = "the kept checkpoint";
    home.found("another history", &other, Some("one"), &[kept]);
    home.agrees("another history", &other, Some("one"), kept);
    home.found("an older export", &old, Some("one"), &[kept]);
    home.agrees("an older export", &old, Some("one"), kept);
    // Both heads are signed by the region's own key; the log is one history and the checkpoint another's.
    let forged = with(&one, "checkpoint", other["checkpoint"].clone());
    let place = home.found(
        "a checkpoint of another history",
        &forged,
        None,
        &["checkpoint", &next(log(&one).last().unwrap())],
    );
    home.agrees("a checkpoint of another history", &forged, None, &place);
    let common = log(&old).len();
    let differs = |name: &String| other.get(name).is_some_and(|bytes| *bytes != one[name]);
    let differing: Vec<_> = log(&one).into_iter().skip(common).filter(differs).collect();
    assert!(!differing.is_empty(), "the two histories are one");
    for name in differing {
        let forged = with(&one, &name, other[&name].clone());
        home.found("an entry of another history", &forged, None, &[&name, &next(&name), "checkpoint"]);
    }
    std::fs::write(home.house.path("nonsense"), "kept by nobody\n").unwrap();
    home.found("a kept checkpoint of nobody", &one, Some("nonsense"), &[kept]);
    home.agrees("a kept checkpoint of nobody", &one, Some("nonsense"), kept);
}
