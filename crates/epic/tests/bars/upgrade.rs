//! Upgrade and downgrade by the real binary: the region that 0.1.0 left, and one of a later release.

use std::path::Path;
use std::process::Command;

use crate::kit::House;

/// The heads that 0.1.0 left, as `epic rebuild` says them.
const HEADS: [(&str, u64, &str); 4] = [
    ("aaaaaaaaaaaaaaaaaaaaaaaaaa", 124, "96UsZMqZmmwyF2k7PrO3GN8H0K8p/tBZp12XRMB4hy4="),
    ("pwljh3dg5awgtqlxkxephodjzq", 10, "66rQfPKRgLCOwo8B3w1CuUp41c+4YPCFUnmv9AV8GG4="),
    ("p36ezmv32r32twbljev3rozrcq", 8, "mt8pViemszZhObrU+XN02BzdRkselDcDcEX+jVPLENw="),
    ("zsqieqjb75tshzv7wtoxi6xliy", 30, "iLmHOSkRb6G48Sv4l00Cmf7wnCIf2T+TuIN82CpZWxQ="),
];

fn house() -> House {
    let house = House::empty();
    let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../trial/fixtures/region-0.1.0.tgz");
    let ran = Command::new("tar").arg("xzf").arg(archive).arg("-C").arg(house.path("")).status().unwrap();
    assert!(ran.success());
    for person in ["olga", "anna"] {
        std::fs::copy(house.path(&format!("people/{person}.key")), house.path(&format!("{person}.key")))
            .unwrap();
    }
    house
}

const REBUILD: [&str; 6] = ["--json", "rebuild", "--data", "data", "--custody", "custody"];

/// Every name and size below a folder.
fn listed(house: &House, folder: &str) -> String {
    let found =
        Command::new("find").arg(house.path(folder)).args(["-type", "f", "-printf", "%p %s\n"]).output();
    let mut lines: Vec<String> =
        String::from_utf8(found.unwrap().stdout).unwrap().lines().map(str::to_owned).collect();
    lines.sort();
    lines.join("\n")
}

#[test]
fn the_binary_opens_what_0_1_0_left_with_the_same_heads() {
    let mut house = house();
    let told = house.epic(&REBUILD).json();
    let rows = told["answer"].as_array().unwrap();
    let heads: Vec<(&str, u64, &str)> = rows
        .iter()
        .map(|row| {
            (row["cell"].as_str().unwrap(), row["leaves"].as_u64().unwrap(), row["root"].as_str().unwrap())
        })
        .collect();
    assert_eq!(heads, HEADS);
    house.up(&[]);
    assert_eq!(
        house.done("olga", &["--json", "person", "show"]).json()["answer"].as_array().unwrap().len(),
        27
    );
    let proof = house.done("anna", &["--json", "check", "run", "--check", "erase-proof"]).json();
    assert_eq!(proof["answer"][0]["verdict"], "pass", "{proof}");
    assert_eq!(house.down(), 0);
    let about = std::fs::read_to_string(house.path("data/region.json")).unwrap();
    assert_eq!(
        about, "{\"region\":\"epic.example\",\"format\":2}\n",
        "0.1.0 looks for `name` and finds none"
    );
    house.up(&[]);
    assert_eq!(house.down(), 0);
}

#[test]
fn a_region_of_a_later_format_is_refused_in_words() {
    let house = House::founded();
    let later = "{\"region\":\"epic.test\",\"format\":3}\n";
    std::fs::write(house.path("data/region.json"), later).unwrap();
    let before = (listed(&house, "data"), listed(&house, "custody"));
    let up = ["up", "--data", "data", "--custody", "custody"];
    let free: Vec<String> = ["--s3", "--s3-inside", "--acts", "--acts-inside"]
        .iter()
        .flat_map(|door| [(*door).to_owned(), "127.0.0.1:0".to_owned()])
        .collect();
    let free: Vec<&str> = free.iter().map(String::as_str).collect();
    for args in [[&up[..], &free].concat(), REBUILD[1..].to_vec()] {
        let ended = house.epic(&args);
        assert_eq!((ended.code, ended.out.as_str()), (1, ""), "{}", ended.err);
        assert!(
            ended.err.contains("written in format 3, this release knows formats up to 2"),
            "{}",
            ended.err
        );
        assert!(ended.err.contains("hint: bring it up with the release that wrote it"), "{}", ended.err);
    }
    assert_eq!(
        (listed(&house, "data"), listed(&house, "custody")),
        before,
        "a refused start wrote something"
    );
    assert_eq!(std::fs::read_to_string(house.path("data/region.json")).unwrap(), later);
}

/// Goal: the file is no more than a word. Method: it is lost and written by hand, as checkpoints have the name.
#[test]
fn a_lost_word_is_written_by_hand() {
    let mut house = House::founded();
    std::fs::write(house.path("data/region.json"), "{\"name\":\"epic.test\"}").unwrap();
    house.up(&[]);
    assert_eq!(house.down(), 0);
    let about = std::fs::read_to_string(house.path("data/region.json")).unwrap();
    assert_eq!(about, "{\"region\":\"epic.test\",\"format\":2}\n");
}
