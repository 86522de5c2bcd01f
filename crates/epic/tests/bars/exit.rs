//! A provider's exit by the real binary: every step by its person, every file by tools that are not ours.

use std::path::{Path, PathBuf};
use std::process::Command;

use region::twin::Access;

use crate::kit::{Call, Door, Ended, House, need};

const BODY: &[u8] = b"patient;sex;year\n1;F;1950\n";

/// A region whose hospital has delivered three objects, one of them twice.
fn delivered() -> (House, Access) {
    let house = House::agreed();
    let dina = house.deliverer("bari", "deliver-bari", "127.0.0.0/8");
    for key in ["2021/a.csv", "2021/b%20%C3%BC.csv", "2021/a.csv"] {
        house.s3_done(Door::Outside, &dina, Call::put(&format!("/bari/{key}"), BODY));
    }
    let large: Vec<u8> = (0..300_000_u32).map(|at| (at % 251) as u8).collect();
    house.s3_done(Door::Outside, &dina, Call::put("/bari/large.bin", &large));
    (house, dina)
}

fn go(house: &House, person: &str, more: &[&str]) -> Ended {
    let of = ["--json", "exit", "return", "--project", "planet", "--agreement", "planet-bari"];
    house.by(person, &[&of[..], more].concat())
}

fn done(house: &House, person: &str, more: &[&str]) -> serde_json::Value {
    let ended = go(house, person, more);
    assert_eq!(ended.code, 0, "{person} {more:?}: {}", ended.err);
    ended.json()["answer"].clone()
}

fn refused(house: &House, person: &str, more: &[&str], reason: &str) {
    let ended = go(house, person, more);
    assert_eq!(ended.code, 3, "{person} {more:?}: {}{}", ended.out, ended.err);
    assert!(ended.err.contains(&format!("\"reason\":\"{reason}\"")), "{person} {more:?}: {}", ended.err);
}

fn key_pair(tool: &Path, house: &House) {
    let keygen = tool.with_file_name("crypt4gh-keygen");
    let made = Command::new(keygen)
        .args(["--nocrypt", "--sk", &house.text("bari.sec"), "--pk", &house.text("bari.pub")])
        .output();
    assert!(made.unwrap().status.success());
}

/// The root ledger's public key, as an auditor hands it out.
fn root_key(house: &House) {
    house.enrol("anna", "infn");
    house.done("olga", &["role", "grant", "--person", "anna", "--role", "auditor"]);
    house.done("anna", &["ledger", "export", "--file", "root.tar"]);
    let ran = Command::new("tar").args(["xf", "root.tar", "key"]).current_dir(house.path("")).status();
    assert!(ran.unwrap().success());
    std::fs::rename(house.path("key"), house.path("copy-key")).unwrap();
}

/// The custodian `kurt`, whom every exit ends with.
fn custodian(house: &House) {
    house.enrol("kurt", "infn");
    house.done("olga", &["role", "grant", "--person", "kurt", "--role", "custodian"]);
}

#[test]
fn a_provider_s_data_go_back_whole_and_are_erased() {
    let Some(tool) = need::program("crypt4gh") else { return };
    let (house, _) = delivered();
    custodian(&house);
    key_pair(&tool, &house);
    root_key(&house);
    refused(&house, "carla", &[], "agreement_running");
    house.done("carla", &["agreement", "end", "planet-bari", "--reason", "the study is over"]);
    refused(&house, "steo-bari", &[], "role_missing");
    assert_eq!(done(&house, "carla", &[])["state"], "started");
    refused(&house, "steo-bari", &["--recipient", "bari.pub"], "role_missing");
    refused(&house, "carla", &["--recipient", "bari.pub"], "role_missing");
    assert_eq!(go(&house, "sara-bari", &[]).code, 1, "without a key there is nothing to seal to");
    assert_eq!(done(&house, "sara-bari", &["--recipient", "bari.pub"])["state"], "accepted");
    refused(&house, "carla", &["--to", "back"], "role_missing");
    let erase = [
        "--json",
        "key",
        "erase-scope",
        "--project",
        "planet",
        "--agreement",
        "planet-bari",
        "--reason",
        "over",
    ];
    let early = house.by("kurt", &erase);
    assert!(early.code == 3 && early.err.contains("\"reason\":\"receipt_missing\""), "{}", early.err);

    let told = done(&house, "steo-bari", &["--to", "back"]);
    assert_eq!(told["objects"], 4, "{told}");
    lies_whole(&house, &tool);
    // Cut in the middle, or damaged: fetched again, and nothing else is.
    let files = files(&house);
    std::fs::remove_file(&files[0]).unwrap();
    std::fs::write(&files[1], b"half").unwrap();
    let kept = std::fs::metadata(&files[2]).unwrap().modified().unwrap();
    done(&house, "steo-bari", &["--to", "back"]);
    assert_eq!(std::fs::metadata(&files[2]).unwrap().modified().unwrap(), kept);
    lies_whole(&house, &tool);
    let wrong =
        ["--json", "exit", "confirm", "--project", "planet", "--agreement", "planet-bari", "--digest", "00"];
    assert!(house.by("steo-bari", &wrong).err.contains("terms_changed"));
    assert_eq!(done(&house, "steo-bari", &["--to", "back", "--confirm"])["state"], "confirmed");
    refused(&house, "carla", &[], "role_missing");
    let erased = done(&house, "kurt", &[]);
    let certificate = erased["certificate"].as_str().unwrap();
    let told: serde_json::Value = serde_json::from_str(certificate.lines().next().unwrap()).unwrap();
    // With what was made of them: as much as was made until then.
    assert!(told["objects"].as_u64().is_some_and(|objects| objects >= 4), "{erased}");
    assert_eq!(done(&house, "kurt", &[])["state"], "erased");
}

/// By `sha256sum`, the reference tool of Crypt4GH, and the region's signature over the list.
fn lies_whole(house: &House, tool: &Path) {
    let mut check = Command::new("sha256sum");
    let checked = check.args(["--check", "--quiet", "SHA256SUMS"]).current_dir(house.path("back")).status();
    assert!(checked.unwrap().success());
    let names = std::fs::read_to_string(house.path("back/NAMES.tsv")).unwrap();
    let mut keys = Vec::new();
    for line in names.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [file, bucket, key, _, size, digest] = fields[..] else { panic!("{line}") };
        let opened = Command::new(tool)
            .args(["decrypt", "--sk", &house.text("bari.sec")])
            .stdin(std::fs::File::open(house.path("back").join(file)).unwrap())
            .output()
            .unwrap();
        assert!(opened.status.success(), "{line}");
        assert_eq!((bucket, size), ("bari", opened.stdout.len().to_string().as_str()), "{line}");
        assert_eq!(data_encoding::HEXLOWER.encode(&seal::sha256(&opened.stdout)), digest, "{line}");
        keys.push(key.to_owned());
    }
    keys.sort();
    assert_eq!(keys, ["2021/a.csv", "2021/a.csv", "2021/b ü.csv", "large.bin"]);
    let signed = std::fs::read(house.path("back/SIGNED")).unwrap();
    let note = seal::note::Note::parse(&signed).unwrap();
    let said: serde_json::Value = serde_json::from_str(note.text()).unwrap();
    let sums = std::fs::read(house.path("back/SHA256SUMS")).unwrap();
    assert_eq!(said["sums"], data_encoding::HEXLOWER.encode(&seal::sha256(&sums)));
    assert_eq!((&said["objects"], &said["returned"]), (&4.into(), &"scope".into()));
    let about = std::fs::read_to_string(house.path("copy-key")).unwrap();
    let key: seal::note::NoteVerifier = about.trim().parse().unwrap();
    assert_eq!(note.verify(&[key]).unwrap().len(), 1, "not signed by the region");
}

fn files(house: &House) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(house.path("back"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|of| of == "c4gh"))
        .collect();
    files.sort();
    files
}

/// Goal: nobody loses what was not fetched by another's word. Method: the steward, then the signatory give it up.
#[test]
fn only_the_signatory_gives_up_what_was_not_fetched() {
    let (house, _) = delivered();
    custodian(&house);
    house.done("carla", &["agreement", "end", "planet-bari", "--reason", "the study is over"]);
    done(&house, "carla", &[]);
    let waive = [
        "--json",
        "exit",
        "confirm",
        "--project",
        "planet",
        "--agreement",
        "planet-bari",
        "--waiver",
        "we keep the originals",
    ];
    assert!(house.by("steo-bari", &waive).err.contains("\"reason\":\"role_missing\""));
    assert_eq!(house.done("sara-bari", &waive).json()["answer"]["state"], "given up");
    assert!(done(&house, "kurt", &[])["certificate"].is_string());
}
