//! Commands that need no region: help, keys, explanations, samples, exit codes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod kit;
#[path = "../../../fuzz/replay.rs"]
mod replay;

use std::os::unix::fs::PermissionsExt;

use kit::{House, snapshot};

#[test]
fn every_parser_survives() {
    replay::survives(env!("CARGO_MANIFEST_DIR"), &epic::fuzz::TARGETS);
}

// Goal: no parser is left out of the long fuzzing. Method: every `fuzz.rs` is known to the one program.
#[test]
fn every_crate_with_targets_is_fuzzed() {
    let root = kit::need::root();
    let program = std::fs::read_to_string(root.join("fuzz/src/main.rs")).unwrap();
    let features = std::fs::read_to_string(root.join("fuzz/Cargo.toml")).unwrap();
    let mut found = 0;
    for entry in std::fs::read_dir(root.join("crates")).unwrap() {
        let folder = entry.unwrap();
        let name = folder.file_name().into_string().unwrap();
        let (has_targets, has_corpus) =
            (folder.path().join("src/fuzz.rs").exists(), folder.path().join("corpus").exists());
        assert_eq!(has_targets, has_corpus, "{name}");
        found += usize::from(has_targets);
        let is_known = program.contains(&format!("{name}::fuzz::TARGETS"))
            && features.contains(&format!("{name} = {{ path = \"../crates/{name}\""));
        assert_eq!(has_targets, is_known, "{name}");
    }
    assert!(found > 7, "{found} crates with targets");
}

#[test]
fn help_is_what_people_read() {
    let house = House::empty();
    for (name, args) in [
        ("help.txt", &["--help"][..]),
        ("help_agreement_sign.txt", &["agreement", "sign", "--help"]),
        ("help_object_get.txt", &["object", "get", "--help"]),
        ("help_up.txt", &["up", "--help"]),
    ] {
        let ended = house.epic(args);
        assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{args:?}");
        snapshot(name, &ended.out);
    }
}

#[test]
fn a_wrong_command_is_the_persons() {
    let house = House::empty();
    for args in [
        &["agreement", "eat"][..],
        &["agreement", "sign"],
        &["permit", "amend", "p", "--ends", "tomorrow"],
        &[
            "project",
            "open",
            "p",
            "--tenant",
            "t",
            "--tier",
            "two",
            "--environment",
            "test",
            "--purpose",
            "p",
        ],
        &["explain", "nothing"],
        &["up", "--data", "d", "--custody", "c", "--s3", "0.0.0.0:0"],
        &["ledger", "verify", "not-there"],
    ] {
        let ended = house.epic(args);
        assert_eq!((ended.code, ended.out.as_str()), (1, ""), "{args:?}: {}", ended.err);
        assert!(ended.err.starts_with("error: "), "{args:?}: {}", ended.err);
    }
}

// Goal: what somebody writes may begin with a hyphen; an option that was forgotten its value is no value.
#[test]
fn a_value_may_begin_with_a_hyphen() {
    let house = House::empty();
    assert_eq!(house.epic(&["--key-file", "me.key", "key-pair", "new"]).code, 0);
    // WHY port 1: nothing listens there; who comes so far has been understood.
    let ask = |args: &[&str]| {
        house.epic(&[&["--key-file", "me.key", "--region-url", "http://127.0.0.1:1"][..], args].concat())
    };
    let object = ["object", "delete", "--project", "p", "--bucket", "b", "--key"];
    let pem = "-----BEGIN CRYPT4GH PUBLIC KEY-----\nx\n-----END CRYPT4GH PUBLIC KEY-----\n";
    for args in [
        &[&object[..], &["-x"]].concat()[..],
        &[&object[..], &["--odd name"]].concat(),
        &["object", "export", "--project", "p", "--bucket", "b", "--key", "k", "--recipient", pem],
        &[
            "object",
            "describe",
            "--project",
            "p",
            "--bucket",
            "b",
            "--key",
            "k",
            "--labels",
            "-a",
            "--labels",
            "-b=c",
        ],
        &["agreement", "end", "a", "--reason", "- it is over"],
    ] {
        let ended = ask(args);
        assert_eq!(ended.code, 2, "{args:?}: {}", ended.err);
        assert!(ended.err.contains("start it with `epic up`"), "{args:?}: {}", ended.err);
    }
    for args in [
        &["agreement", "end", "a", "--reason", "--json"][..],
        &["object", "delete", "--project", "p", "--key", "--bucket", "b"],
        &["object", "get", "--project", "p", "--bucket", "b", "--key", "--file", "f"],
        &["agreement", "end", "--unknown", "--reason", "r"],
        &["project", "open", "p", "--tier", "-1"],
    ] {
        let ended = ask(args);
        assert_eq!((ended.code, ended.out.as_str()), (1, ""), "{args:?}: {}", ended.err);
        assert!(ended.err.starts_with("error: "), "{args:?}: {}", ended.err);
    }
}

#[test]
fn nobody_listens_on_a_network_without_tls() {
    let ended = House::founded().epic(&[
        "up",
        "--data",
        "data",
        "--custody",
        "custody",
        "--acts",
        "192.0.2.1:9010",
        "--s3",
        "127.0.0.1:0",
        "--s3-inside",
        "127.0.0.1:0",
    ]);
    assert_eq!(ended.code, 1);
    assert!(ended.err.contains("would be heard on a network without TLS"), "{}", ended.err);
}

#[test]
fn a_region_that_is_not_there_is_ours() {
    let house = House::empty();
    assert_eq!(house.epic(&["--key-file", "olga.key", "key-pair", "new"]).code, 0);
    // WHY port 1: nothing listens there, and nobody but root could.
    let ended =
        house.epic(&["--key-file", "olga.key", "--region-url", "http://127.0.0.1:1", "person", "show"]);
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("hint: start it with `epic up`"), "{}", ended.err);
    let ended =
        house.epic(&["--key-file", "olga.key", "--region-url", "http://192.0.2.1:9010", "person", "show"]);
    assert_eq!(ended.code, 1, "a signed request never leaves this machine in clear");
}

#[test]
fn a_key_is_its_owners_alone_and_never_overwritten() {
    let house = House::empty();
    let made = house.epic(&["--key-file", "keys/me.key", "key-pair", "new"]);
    assert_eq!(made.code, 0, "{}", made.err);
    assert!(made.out.starts_with("epic-key1"));
    let mode = |name: &str| std::fs::metadata(house.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("keys/me.key"), mode("keys")), (0o600, 0o700));
    assert_eq!(house.epic(&["--key-file", "keys/me.key", "key-pair", "show"]).out, made.out);
    let again = house.epic(&["--key-file", "keys/me.key", "key-pair", "new"]);
    assert_eq!((again.code, again.out.as_str()), (1, ""));
    assert_eq!(house.epic(&["--key-file", "keys/me.key", "key-pair", "show"]).out, made.out);
}

#[test]
fn explanations_name_the_rule_and_the_way_out() {
    let house = House::empty();
    let english = house.epic(&["explain", "place_outside"]);
    assert!(english.out.contains("data of tiers 2 and 3 are touched only from inside"), "{}", english.out);
    assert!(english.out.contains("forbid"), "{}", english.out);
    let italian = house.epic(&["explain", "place_outside", "--lang", "it"]);
    assert_ne!(italian.out, english.out);
    let act = house.epic(&["--json", "explain", "object.get"]).json();
    let reasons: Vec<_> =
        act["rules"].as_array().unwrap().iter().filter_map(|rule| rule["reason"].as_str()).collect();
    assert!(reasons.contains(&"permit_missing") && reasons.contains(&"place_outside"));
    assert!(house.epic(&["policy"]).out.contains("| `agreement.sign` |"));
}

#[test]
fn completions_know_the_table() {
    let house = House::empty();
    for shell in ["bash", "zsh", "fish"] {
        let ended = house.epic(&["completions", shell]);
        assert_eq!(ended.code, 0);
        assert!(ended.out.contains("erase-scope"), "{shell}");
    }
}

#[test]
fn samples_are_written_where_told() {
    let house = House::empty();
    assert_eq!(house.epic(&["samples", "out"]).code, 0);
    let file = std::fs::read_to_string(house.path("out/planet/bari/ricoveri.csv")).unwrap();
    assert!(file.starts_with("pseudonimo;"));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let house = House::empty();
    let script = format!("'{}' policy | head -n 1; echo ${{PIPESTATUS[0]}}", env!("CARGO_BIN_EXE_epic"));
    let output = std::process::Command::new("bash")
        .args(["-c", &script])
        .current_dir(house.path(""))
        .output()
        .unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(out.ends_with("\n0\n"), "{out}");
    assert!(output.stderr.is_empty());
}
