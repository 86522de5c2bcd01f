//! What leaves for somebody's own key is a Crypt4GH file that the reference tool opens.
//!
//! Oracle: the Python tool `crypt4gh`, with keys that it made itself. The other way round is not offered: what is
//! delivered is taken as it comes, sealed or not (`seal` reads what the tool writes).

use std::path::Path;
use std::process::{Command, Stdio};

use crate::kit::{House, day, need};

/// WHY these: nothing, one byte, around the edge of a segment, and several segments.
const SIZES: [usize; 5] = [0, 1, 65_536, 65_537, 300_000];

/// The researcher's project at tier 1, with a permit and an object of each size.
fn registry() -> House {
    let house = House::planet();
    house.project("carla", "registry", "planet-study", "1");
    house.role("carla", "rita", "researcher", "registry");
    agree(&house);
    house.permit("permit-2", "registry", "rita", &day(90));
    house.done("rita", &["bucket", "create", "table", "--project", "registry"]);
    for size_bytes in SIZES {
        std::fs::write(house.path("plain"), plain(size_bytes)).unwrap();
        house.done(
            "rita",
            &[&["object", "put"][..], &of(&size_bytes.to_string()), &["--file", "plain"]].concat(),
        );
    }
    house
}

/// The agreement of the registry's provider, signed by both.
fn agree(house: &House) {
    house.hospital("ulm");
    let (starts, ends) = (day(-1), day(300));
    let mut draft = vec!["agreement", "draft", "registry-ulm", "--project", "registry", "--provider", "ulm"];
    draft.extend(["--purpose", "outcomes", "--categories", "clinical", "--service-model", "saas"]);
    draft.extend(["--places", "bologna", "--retention-days", "0", "--starts", &starts, "--ends", &ends]);
    house.done("carla", &draft);
    house.done("carla", &["agreement", "offer", "registry-ulm"]);
    for (person, party) in [("sergio", "iss"), ("sara-ulm", "ulm")] {
        let shown = house.done(person, &["--json", "agreement", "show", "registry-ulm"]).json();
        let digest = shown["answer"][0]["digest"].as_str().unwrap();
        house.done(person, &["agreement", "sign", "registry-ulm", "--party", party, "--digest", digest]);
    }
}

fn of(key: &str) -> [&str; 6] {
    ["--project", "registry", "--bucket", "table", "--key", key]
}

fn plain(size_bytes: usize) -> Vec<u8> {
    (0..size_bytes).map(|at| (at * at / 7 % 251) as u8).collect()
}

/// A key pair of the tool's own making; gives the public half as it is pasted.
fn recipient(tool: &Path, house: &House, name: &str) -> String {
    let keygen = tool.with_file_name("crypt4gh-keygen");
    let ran = Command::new(keygen)
        .args(["--nocrypt", "--sk", &house.text(name), "--pk", &house.text(&format!("{name}.pub"))])
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    std::fs::read_to_string(house.path(&format!("{name}.pub"))).unwrap()
}

/// What the tool makes of a file with a secret key.
fn opened(tool: &Path, house: &House, file: &str, key: &str) -> Option<Vec<u8>> {
    let ran = Command::new(tool)
        .args(["decrypt", "--sk", &house.text(key)])
        .stdin(std::fs::File::open(house.path(file)).unwrap())
        .stderr(Stdio::null())
        .output()
        .unwrap();
    (ran.status.success()).then_some(ran.stdout)
}

#[test]
fn an_export_opens_with_the_reference_tool_and_its_key_alone() {
    let Some(tool) = need::program("crypt4gh") else {
        return;
    };
    let house = registry();
    let mine = recipient(&tool, &house, "mine");
    recipient(&tool, &house, "other");
    for size_bytes in SIZES {
        let key = size_bytes.to_string();
        let export = ["object", "export"];
        house.done("rita", &[&export[..], &of(&key), &["--recipient", &mine, "--file", "sealed"]].concat());
        assert!(opened(&tool, &house, "sealed", "mine").unwrap() == plain(size_bytes), "{size_bytes} bytes");
        let by_other = opened(&tool, &house, "sealed", "other").unwrap_or_default();
        assert!(by_other.is_empty(), "another key opened {size_bytes} bytes");
        assert!(
            size_bytes < 9
                || !contains(&std::fs::read(house.path("sealed")).unwrap(), &plain(size_bytes)[..9])
        );
        house.done("rita", &[&["object", "get"][..], &of(&key), &["--file", "back"]].concat());
        assert!(
            std::fs::read(house.path("back")).unwrap() == plain(size_bytes),
            "{size_bytes} bytes as they were"
        );
    }
    let again = |to: &str| {
        let args =
            [&["--json", "object", "export"][..], &of("1"), &["--recipient", to, "--file", "never"]].concat();
        house.by("rita", &args)
    };
    let refused =
        again("-----BEGIN CRYPT4GH PUBLIC KEY-----\nbm90IGEga2V5\n-----END CRYPT4GH PUBLIC KEY-----\n");
    assert_eq!(refused.code, 1, "{}", refused.err);
    let secret = std::fs::read_to_string(house.path("mine")).unwrap();
    let refused = again(&secret);
    assert_eq!(refused.code, 1, "a secret key is no recipient: {}", refused.err);
    assert!(!refused.err.contains(secret.lines().nth(1).unwrap()), "an error says a secret key");
    assert!(!house.path("never").exists());
}

fn contains(bytes: &[u8], piece: &[u8]) -> bool {
    bytes.windows(piece.len()).any(|window| window == piece)
}

// Goal: at tier 2 the airlock is the only way out to a key, and its file opens with the same tool.
#[test]
fn at_tier_2_a_release_opens_with_the_reference_tool_and_nothing_else_leaves() {
    let Some(tool) = need::program("crypt4gh") else {
        return;
    };
    let house = House::agreed();
    let mine = recipient(&tool, &house, "mine");
    let desk = house.desk();
    house.done("rita", &["bucket", "create", "results", "--project", "planet"]);
    std::fs::write(house.path("plain"), plain(70_000)).unwrap();
    let object = ["--project", "planet", "--bucket", "results", "--key", "table"];
    let inside = ["--inside", "--access-key", &desk.id];
    house.done("rita", &[&inside[..], &["object", "put"], &object, &["--file", "plain"]].concat());
    let export = ["--json", "object", "export", "--recipient", &mine, "--file", "never"];
    let refused = house.by("rita", &[&inside[..], &export, &object].concat());
    assert!(refused.code == 3 && refused.err.contains("airlock_only"), "{}", refused.err);
    assert!(!house.path("never").exists() && !house.path("never.part").exists());

    // The organisation has a signatory, who enrols its people from then on.
    let key = house.done("renate", &["key-pair", "new"]).out;
    let renate =
        ["--name", "renate", "--email", "renate@iss.example", "--organisation", "iss", "--key", key.trim()];
    house.done("sergio", &[&["person", "enrol", "renate"][..], &renate].concat());
    house.role("carla", "renate", "reviewer", "planet");
    let release = ["--project", "planet", "out-1"];
    let draft = ["--objects", "results/table", "--context", "counts by province"];
    house.done("rita", &[&["airlock", "draft"][..], &release, &draft].concat());
    for reviewer in ["rolf", "renate"] {
        house.done(
            reviewer,
            &[&["airlock", "approve", "--note", "cells of ten and more"][..], &release].concat(),
        );
    }
    house.done("carla", &[&["airlock", "release"][..], &release, &["--ends", &day(20)]].concat());
    let fetch = ["airlock", "fetch", "--object", "results/table", "--recipient", &mine, "--file", "sealed"];
    house.done("rita", &[&fetch[..], &release].concat());
    assert!(opened(&tool, &house, "sealed", "mine").unwrap() == plain(70_000));
}
