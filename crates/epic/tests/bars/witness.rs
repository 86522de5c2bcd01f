//! Two regions of the real binary witness each other; what they signed holds offline, for our verifier and for another.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::tls::certificate;
use crate::kit::{Ended, House, need};

const DOOR: [&str; 2] = ["--witness", "127.0.0.1:0"];

fn founded(name: &'static str) -> House {
    let mut house = House::empty();
    house.name = name;
    let ended = house.init(&[]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    house
}

fn open(name: &'static str) -> House {
    let mut house = founded(name);
    house.up(&DOOR);
    house
}

/// The same over TLS; gives the authority to believe.
fn secured(name: &'static str) -> (House, PathBuf) {
    let mut house = founded(name);
    let [authority, certificate, key] = certificate(&house, "tls");
    house.variables.push(("EPIC_CA_FILE", PathBuf::from(&authority)));
    house.up(&[&DOOR[..], &["--tls-certificate", &certificate, "--tls-key", &key]].concat());
    (house, authority.into())
}

fn shown(house: &House) -> Value {
    house.done("olga", &["--json", "witness", "show"]).json()["answer"].clone()
}

/// `one` is witnessed by `other`, as their operators agreed; gives the log's key and the witness's.
fn named(one: &House, other: &House) -> [String; 2] {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (log, witness) = (text(&shown(one)["log"]), text(&shown(other)["key"]));
    one.done("olga", &["witness", "add", &witness, "--address", other.ready["witness"].as_str().unwrap()]);
    other.done("olga", &["witness", "follow", "--log", &log]);
    [log, witness]
}

/// Looks until it stands so with the one witness.
fn stands(house: &House, is_so: impl Fn(&Value) -> bool) -> Value {
    let seen = (0..2_000).map(|_| shown(house)["witnesses"][0].clone()).find(is_so);
    seen.unwrap_or_else(|| panic!("it stands like this: {}", shown(house)))
}

fn verify(house: &House, export: &str, more: &[&str]) -> Ended {
    house.epic(&[&["--json", "ledger", "verify", export], more].concat())
}

/// The same by `docs/verify.py`: its word, or what it found wrong.
fn independent(python: &Path, folder: &Path, more: &[&str]) -> Result<String, String> {
    let script = need::root().join("docs/verify.py");
    let ran = Command::new(python).arg(script).arg(folder).args(more).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    if ran.status.success() { Ok(text(ran.stdout)) } else { Err(text(ran.stderr)) }
}

fn unpacked(house: &House) -> PathBuf {
    let folder = house.path("root.d");
    std::fs::create_dir(&folder).unwrap();
    let ran =
        Command::new("tar").arg("xf").arg(house.path("root.tar")).arg("-C").arg(&folder).status().unwrap();
    assert!(ran.success());
    folder
}

// Goal: a cosignature arrives by itself and proves what it says, offline; of a bent one, or with another key, nothing holds.
#[test]
fn two_regions_witness_each_other_and_it_holds_offline() {
    let (nord, sud) = (open("nord.test"), open("sud.test"));
    let [log, witness] = named(&nord, &sud);
    let [_, other] = named(&sud, &nord);
    stands(&nord, |seen| seen["size"].is_u64());
    stands(&sud, |seen| seen["size"].is_u64());
    nord.enrol("anna", "infn");
    nord.done("olga", &["role", "grant", "--person", "anna", "--role", "auditor"]);
    nord.done("anna", &["ledger", "export", "--file", "root.tar"]);

    let keys = ["--key", &log, "--witness", &witness];
    let told = verify(&nord, "root.tar", &[&keys[..], &["--witnesses", "1"]].concat());
    assert_eq!(told.code, 0, "{}", told.err);
    let told = told.json();
    assert_eq!(told["witnessed"][0]["witness"], "sud.test/witness", "{told}");
    assert!(told["witnessed_leaves"].as_u64().unwrap() <= told["leaves"].as_u64().unwrap(), "{told}");
    let words = nord.epic(&["ledger", "verify", "root.tar", "--witness", &witness]).out;
    assert!(words.contains("witness  sud.test/witness at 20"), "{words}");
    let words = nord.epic(&["ledger", "verify", "root.tar"]).out;
    assert!(words.contains("witness  nobody"), "{words}");
    for (more, code) in [
        (vec!["--witness", &other], 3),
        (vec!["--witness", &witness, "--witness", &other], 3),
        (vec!["--witness", &witness, "--witness", &other, "--witnesses", "1"], 0),
        (vec!["--witnesses", "1"], 3),
        (vec!["--witness", &log], 1),
    ] {
        let ended = verify(&nord, "root.tar", &more);
        assert_eq!(ended.code, code, "{more:?}: {}{}", ended.out, ended.err);
    }
    let folder = unpacked(&nord);
    let python = need::python("cryptography");
    if let Some(python) = &python {
        let told = independent(python, &folder, &[&log, "--witness", &witness]).unwrap();
        assert!(told.contains("sud.test/witness signed"), "{told}");
        let told = independent(python, &folder, &[]).unwrap();
        assert!(told.contains("witnessed by nobody"), "{told}");
        independent(python, &folder, &[&log, "--witness", &other]).unwrap_err();
        independent(python, &folder, &[&log, "--witness", &witness, "--witnesses", "2"]).unwrap_err();
    }
    let file = folder.join("witnessed");
    let whole = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let line = lines.iter().find(|line| line.contains("sud.test/witness")).unwrap();
    let places = [2, whole.find(&lines[2][10..]).unwrap(), whole.find(line).unwrap() + line.len() - 20];
    for place in places {
        let mut bent = whole.clone().into_bytes();
        bent[place] = if bent[place] == b'A' { b'B' } else { b'A' };
        std::fs::write(&file, bent).unwrap();
        let ended = verify(&nord, "root.d", &keys);
        assert_eq!(ended.code, 3, "byte {place}: {}", ended.out);
        assert!(ended.err.contains("witnessed"), "byte {place}: {}", ended.err);
        if let Some(python) = &python {
            independent(python, &folder, &[&log, "--witness", &witness]).unwrap_err();
        }
    }
    std::fs::remove_file(&file).unwrap();
    assert_eq!(verify(&nord, "root.d", &keys).code, 3);
    assert_eq!(verify(&nord, "root.d", &[]).code, 0);
}

fn copied(house: &House, from: &str, to: &str) {
    let ran = Command::new("cp").arg("-r").arg(house.path(from)).arg(house.path(to)).status().unwrap();
    assert!(ran.success());
}

// Goal: an old copy of bucket and custody together comes up, and its operators hear of it from the witness within seconds.
#[test]
fn a_region_that_comes_up_from_old_copies_is_found_out() {
    let (mut nord, (sud, authority)) = (open("nord.test"), secured("sud.test"));
    named(&nord, &sud);
    // Nobody who proves to be the witness, nobody to ask.
    stands(&nord, |seen| seen["state"] == "away");
    assert_eq!(nord.down(), 0);
    nord.variables.push(("EPIC_CA_FILE", authority));
    nord.up(&[]);
    stands(&nord, |seen| seen["size"].is_u64());
    assert_eq!(nord.down(), 0);
    for folder in ["data", "custody"] {
        copied(&nord, folder, &format!("{folder}-old"));
    }
    nord.up(&[]);
    let before = stands(&nord, |seen| seen["size"].is_u64())["size"].as_u64().unwrap();
    nord.done("olga", &["organisation", "register", "acme", "--name", "Acme"]);
    assert_eq!(nord.down(), 0);
    nord.up(&[]);
    let signed = stands(&nord, |seen| seen["size"].as_u64().unwrap() > before);
    nord.kill();
    for folder in ["data", "custody"] {
        std::fs::remove_dir_all(nord.path(folder)).unwrap();
        copied(&nord, &format!("{folder}-old"), folder);
    }
    nord.up(&["--metrics", "127.0.0.1:0"]);
    let seen = stands(&nord, |seen| seen["state"] == "disputed");
    assert_eq!(seen["knows"], signed["size"], "{seen}");
    let ran = nord.done("olga", &["--json", "check", "run", "--check", "checkpoint-witnessed"]).json();
    assert_eq!(ran["answer"][0]["verdict"], "fail", "{ran}");
    // What comes from outside as a number stops no region.
    nord.done("olga", &["organisation", "register", "bolt", "--name", "Bolt"]);
    assert_eq!(nord.down(), 0);
}
