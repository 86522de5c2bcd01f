//! A region brought up by the real binary, asked by the real binary.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bars;
mod clients;
mod console;
mod kit;
mod people;

use kit::{House, day, snapshot};

/// WHY: `epic up` alone is ready in less; the bar of the issue.
const READY_MS_MAX: u64 = 2_000;

#[test]
fn it_is_ready_at_once_and_ends_in_good_order() {
    let mut house = House::founded();
    house.up(&[]);
    assert!(house.ready["elapsed_ms"].as_u64().unwrap() < READY_MS_MAX, "{}", house.ready);
    let shown = house.done("olga", &["--json", "person", "show"]).json();
    assert_eq!(shown["answer"][0]["person"], "olga");
    assert_eq!(house.down(), 0);
    house.up(&[]);
    assert!(house.ready["elapsed_ms"].as_u64().unwrap() < READY_MS_MAX, "{}", house.ready);
    assert_eq!(house.done("olga", &["--json", "person", "show"]).json(), shown);
    assert_eq!(house.init(&[]).code, 1, "a region is founded once");
}

#[test]
fn strangers_and_the_wrong_are_refused_with_a_reason() {
    let house = House::planet();
    let register = ["organisation", "register", "acme", "--name", "Acme"];
    let refused = house.by("rita", &register);
    assert_eq!((refused.code, refused.out.as_str()), (3, ""));
    snapshot("refused.txt", &refused.err);
    assert_eq!(house.done("stranger", &["key-pair", "new"]).code, 0);
    let stranger = house.by("stranger", &["--json", "project", "show"]);
    assert_eq!(stranger.code, 3);
    let told: serde_json::Value = serde_json::from_str(&stranger.err).unwrap();
    assert_eq!(told["reason"], "unauthenticated");
    let wrong = house.by(
        "carla",
        &[
            "project",
            "open",
            "other",
            "--tenant",
            "planet-study",
            "--tier",
            "9",
            "--environment",
            "test",
            "--purpose",
            "p",
        ],
    );
    assert_eq!(wrong.code, 1, "{}", wrong.err);
}

#[test]
fn an_attempt_takes_effect_once() {
    let house = House::planet();
    let register = [
        "--json",
        "--attempt",
        "aaaaaaaaaaaaaaaaaaaaaaaaaa",
        "organisation",
        "register",
        "acme",
        "--name",
        "Acme",
    ];
    let first = house.done("olga", &register).json();
    let again = house.done("olga", &register).json();
    assert_eq!(first["answer"], again["answer"]);
    assert!(first["leaf"].is_string() && again["leaf"].is_null(), "one act, one leaf");
    let other = house.by("olga", &["organisation", "register", "acme", "--name", "Acme"]);
    assert_eq!(other.code, 3, "{}", other.err);
}

// Goal: a command decides on what was seen, as a page does. Method: a person as they were before they were suspended, and
// as they are.
#[test]
fn a_command_is_done_upon_what_was_seen() {
    let house = House::planet();
    let seen = || {
        let told = house.done("sergio", &["--json", "person", "show", "--person", "rita"]).json();
        told["upon"].as_str().unwrap().to_owned()
    };
    let before = seen();
    house.done("sergio", &["--upon", &before, "person", "suspend", "rita", "--reason", "a doubt"]);
    let late = house.by("sergio", &["--upon", &before, "person", "resume", "rita"]);
    assert_eq!(late.code, 3, "{}", late.err);
    assert!(late.err.contains("[precondition_failed]"), "{}", late.err);
    let wrong = house.by("sergio", &["--upon", "rita", "person", "resume", "rita"]);
    assert_eq!(wrong.code, 1, "{}", wrong.err);
    house.done("sergio", &["--upon", &seen(), "person", "resume", "rita"]);
}

#[test]
fn bytes_go_in_inside_and_come_out_whole() {
    let house = House::agreed();
    house.done("rita", &["bucket", "create", "results", "--project", "planet"]);
    let issue = [
        "--json",
        "credential",
        "issue",
        "--project",
        "planet",
        "--place",
        "inside",
        "--workspace",
        "desk",
        "--ends",
    ];
    let late = house.by("rita", &[&issue[..], &["2199-01-01"]].concat());
    assert_eq!(late.code, 1, "a credential ends within a year: {}", late.err);
    let issued = house.done("rita", &[&issue[..], &[&day(30)]].concat());
    let access = issued.json()["answer"]["access_key_id"].as_str().unwrap().to_owned();
    let plain: Vec<u8> = (0..300_000_u32).map(|number| (number % 253) as u8).collect();
    std::fs::write(house.path("plain"), &plain).unwrap();
    let object = ["--project", "planet", "--bucket", "results", "--key", "a b/ü.bin"];
    let inside = ["--inside", "--access-key", &access];
    house.done("rita", &[&inside[..], &["object", "put"], &object, &["--file", "plain"]].concat());
    house.done("rita", &[&inside[..], &["object", "get"], &object, &["--file", "back"]].concat());
    assert_eq!(std::fs::read(house.path("back")).unwrap(), plain);
    let outside = house.by(
        "rita",
        &[&["--access-key", &access, "object", "get"][..], &object, &["--file", "never"]].concat(),
    );
    assert_eq!(outside.code, 3);
    assert!(
        outside.err.contains("[place_outside]") || outside.err.contains("[place_bound]"),
        "{}",
        outside.err
    );
    assert!(!house.path("never").exists() && !house.path("never.part").exists());
    let borrowed = house.by("carla", &[&inside[..], &["object", "get"], &object].concat());
    assert!(borrowed.err.contains("another person's"), "{}", borrowed.err);
}

#[test]
fn a_ledger_is_verified_offline_and_every_change_is_named() {
    let mut house = House::planet();
    let exported = house.by("olga", &["ledger", "export", "--file", "root.tar"]);
    assert_eq!(exported.code, 3, "the operator is no auditor: {}", exported.err);
    house.enrol("anna", "infn");
    house.done("olga", &["role", "grant", "--person", "anna", "--role", "auditor"]);
    house.done("anna", &["ledger", "export", "--file", "root.tar"]);
    let whole = house.epic(&["--json", "ledger", "verify", "root.tar"]).json();
    assert_eq!(whole["whole"], true);
    let tampered = house.epic(&["tour", "tamper", "--export", "root.tar"]);
    assert_eq!(tampered.code, 0, "{}", tampered.err);
    assert!(
        tampered.out.contains("one bit flipped in `log/") && tampered.out.contains("whole again"),
        "{}",
        tampered.out
    );

    let mut bytes = std::fs::read(house.path("root.tar")).unwrap();
    let last = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    bytes[last] ^= 1;
    std::fs::write(house.path("bad.tar"), &bytes).unwrap();
    let wrong = house.epic(&["ledger", "verify", "bad.tar"]);
    assert_eq!((wrong.code, wrong.out.as_str()), (3, ""));
    assert!(wrong.err.contains("commit") && wrong.err.contains("(at `log/"), "{}", wrong.err);

    assert_eq!(house.down(), 0);
    let (data, custody) = (house.text("data"), house.text("custody"));
    let rebuilt = house.epic(&["--json", "rebuild", "--data", &data, "--custody", &custody]).json();
    assert!(rebuilt["answer"].as_array().unwrap().iter().all(|cell| cell["state"] == "folded"), "{rebuilt}");
    house.up(&[]);
    house.done("carla", &["project", "show", "planet"]);
}

// Goal: what ./run lives at its first start works from end to end. Method: the tour itself; it ends badly at the
// first step that does not go as told.
#[test]
fn the_tour_lives_the_main_job() {
    let house = House::open();
    let url = |name: &str| house.ready[name].as_str().unwrap().to_owned();
    let people = house.text("people");
    std::fs::create_dir(&people).unwrap();
    std::fs::copy(house.path("olga.key"), house.path("people").join("olga.key")).unwrap();
    let doors = ["--s3-url", &url("s3"), "--s3-inside-url", &url("s3_inside")];
    let tour = house.done("olga", &[&["tour", "--people", &people][..], &doors[..]].concat());
    for reason in [
        "role_missing",
        "agreement_missing",
        "other_party",
        "grant_write_only",
        "own_request",
        "place_outside",
        "approvals_missing",
        "retained",
    ] {
        assert!(tour.out.contains(reason), "the tour shows no {reason}: {}", tour.out);
    }
    assert!(tour.out.contains("certificate"), "{}", tour.out);
}
