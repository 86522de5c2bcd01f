//! The key ceremony of `docs/guide/key-ceremony.md`, command by command, with the real binary and a token; and a rotation
//! of a region that is up, under load.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use region::twin::Access;
use serde_json::Value;

use crate::bars::hsm::house_with_token;
use crate::kit::{Call, Door, Ended, House};

const KEYS: usize = 12;

fn plain(at: usize) -> Vec<u8> {
    format!("object {at} ").repeat(3_000).into_bytes()
}

fn deliver(house: &House, dina: &Access) {
    for at in 0..KEYS {
        house.s3_done(Door::Outside, dina, Call::put(&format!("/bari/key-{at}"), &plain(at)));
    }
}

fn custodians(house: &House, names: &[&str]) {
    for name in names {
        house.enrol(name, "infn");
        house.done("olga", &["role", "grant", "--person", name, "--role", "custodian"]);
    }
}

fn shown(house: &House) -> Value {
    house.done("kurt", &["--json", "key", "show", "--project", "planet"]).json()["answer"].clone()
}

/// Waits for a rotation to end; every look is an act of its own, so it does not spin.
fn moved(house: &House) {
    for _ in 0..600 {
        if shown(house)["resealing"].is_null() {
            return;
        }
    }
    panic!("it does not end: {}", shown(house));
}

/// Goal: a rotation of a region under load loses no read. Method: readers at its S3 door from before it is asked for until
/// after the old keys are destroyed.
#[test]
fn a_region_under_load_rotates_and_loses_no_read() {
    let house = House::agreed();
    custodians(&house, &["kurt"]);
    let (dina, desk) = (house.deliverer("bari", "deliver-bari", "127.0.0.0/8"), house.desk());
    deliver(&house, &dina);
    let (is_over, count) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for reader in 0..3 {
            let (house, desk, is_over, count) = (&house, &desk, &is_over, &count);
            scope.spawn(move || {
                let mut at = reader;
                while !is_over.load(Ordering::SeqCst) {
                    at = (at * 5 + 3) % KEYS;
                    let read = house.s3_done(Door::Inside, desk, Call::get(&format!("/bari/key-{at}")));
                    assert!(read.body == plain(at), "key-{at}");
                    count.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        for _ in 0..2 {
            house.done("kurt", &["key", "rotate", "--project", "planet"]);
            moved(&house);
        }
        is_over.store(true, Ordering::SeqCst);
    });
    let scopes = shown(&house)["scopes"].clone();
    assert!(
        scopes
            .as_array()
            .unwrap()
            .iter()
            .all(|scope| scope["oldest"] == scope["generation"] && scope["generation"] == 3)
    );
    assert!(count.load(Ordering::SeqCst) > 20, "hardly anything was read");
}

/// The steps of the guide, each by the person who does it there.
struct Ceremony {
    house: House,
    desk: Access,
}

impl Ceremony {
    fn reads(&self) -> bool {
        let read = self.house.s3(Door::Inside, &self.desk, Call::get("/bari/key-1"));
        match read.status {
            200 => {
                assert!(read.body == plain(1));
                true
            }
            403 => false,
            other => panic!("{other}: {}", read.text()),
        }
    }

    fn give(&self, person: &str) -> Ended {
        self.house.done(person, &["share", "give", "--project", "planet", "--reason", "I was called"])
    }

    fn call(&self, more: &[&str]) {
        let of = ["key", "call", "--project", "planet", "--minutes", "10", "--reason", "drill"];
        self.house.done("kata", &[&of[..], more].concat());
    }
}

/// Each holder, and both of the emergency, makes a share key and offers its public half.
fn offer_share_keys(house: &House) {
    for person in ["kurt", "kim", "kata", "kora", "sergio"] {
        let key = house.done(person, &["share", "key"]).out;
        house.done(person, &["key", "offer", key.trim()]);
    }
}

#[test]
fn the_ceremony_of_the_guide_holds_step_by_step() {
    let Some((mut house, options)) = house_with_token() else { return };
    let options: Vec<&str> = options.iter().map(String::as_str).chain(["pin"]).collect();
    // 1. The region and its token.
    assert_eq!(house.init(&options).code, 0);
    house.up(&options);
    let house = house.with_planet().with_agreement();
    custodians(&house, &["kurt", "kim", "kata", "kora"]);
    // 2. Share keys.
    offer_share_keys(&house);
    let dina = house.deliverer("bari", "deliver-bari", "127.0.0.0/8");
    deliver(&house, &dina);
    let desk = house.desk();
    let mut ceremony = Ceremony { house, desk };
    assert!(ceremony.reads());
    // 3. Splitting, with the envelope.
    let split =
        ["key", "split", "--project", "planet", "--holders", "kurt", "--holders", "kim", "--holders", "kata"];
    let envelope = ["--emergency", "sergio", "--emergency", "kora"];
    ceremony.house.done("kurt", &[&split[..], &envelope].concat());
    moved(&ceremony.house);
    assert!(!ceremony.reads(), "split keys are closed");
    let refused =
        ceremony.house.by("olga", &["key", "call", "--project", "planet", "--minutes", "5", "--reason", "x"]);
    assert_eq!(refused.code, 3, "{}", refused.err);
    // 4. The copy of custody, with the region stopped.
    assert_eq!(ceremony.house.down(), 0);
    let copy = |from: &House, to: &str| {
        let copied =
            std::process::Command::new("cp").arg("-a").arg(from.path("custody")).arg(from.path(to)).status();
        assert!(copied.unwrap().success());
    };
    copy(&ceremony.house, "custody-copy");
    ceremony.house.up(&options);
    let desk = ceremony.house.desk();
    ceremony.desk = desk;
    // 5. The drill.
    ceremony.call(&[]);
    ceremony.give("kurt");
    assert!(!ceremony.reads(), "one share opens nothing");
    ceremony.give("kim");
    assert!(ceremony.reads());
    ceremony.house.done("kurt", &["key", "lock", "--project", "planet"]);
    ceremony.house.done("kim", &["key", "unlock", "--project", "planet"]);
    assert!(!ceremony.reads(), "a lock wipes what was open");
    // 6. Rotation, while the keys are open; then the older copy of custody is dead.
    ceremony.call(&[]);
    ceremony.give("kim");
    ceremony.give("kata");
    ceremony.house.done("kurt", &["key", "rotate", "--project", "planet"]);
    moved(&ceremony.house);
    assert!(ceremony.reads());
    let rebuild = ["rebuild", "--data", "data", "--custody", "custody-copy"];
    let dead = ceremony.house.epic(&[&rebuild[..], &options].concat());
    assert!(
        dead.code == 1 && dead.err.contains("the wrap key of this custody is not in the token"),
        "{}",
        dead.err
    );
    // 7. A holder leaves: the call names who comes after.
    let others = ["--holders", "kim", "--holders", "kata", "--holders", "kora"];
    ceremony.call(&others);
    ceremony.give("kim");
    ceremony.give("kurt");
    ceremony.house.done("kata", &[&["key", "split", "--project", "planet"][..], &others].concat());
    moved(&ceremony.house);
    ceremony.house.done("olga", &["role", "revoke", "--person", "kurt", "--role", "custodian"]);
    ceremony.house.done("kim", &["key", "lock", "--project", "planet"]);
    ceremony.house.done("kata", &["key", "unlock", "--project", "planet"]);
    assert!(!ceremony.reads());
    let refused = ceremony.house.by("kurt", &["share", "give", "--project", "planet"]);
    assert_eq!(refused.code, 3, "{}", refused.err);
    ceremony.call(&[]);
    ceremony.give("kim");
    ceremony.give("kora");
    assert!(ceremony.reads());
    // 8. The end.
    ceremony.house.done("kim", &["key", "erase-project", "--project", "planet", "--reason", "over"]);
    let shown = ceremony.house.done("carla", &["--json", "project", "show", "planet"]).json();
    let certificate = shown["answer"][0]["certificate"].as_str().unwrap();
    assert!(certificate.contains("HSM, wrap key destroyed in it"), "{certificate}");
    assert_eq!(ceremony.house.down(), 0);
}

#[test]
fn an_emergency_by_commands_is_told_until_it_was_seen() {
    let house = House::agreed();
    custodians(&house, &["kurt", "kim", "kata", "kora"]);
    offer_share_keys(&house);
    let dina = house.deliverer("bari", "deliver-bari", "127.0.0.0/8");
    deliver(&house, &dina);
    let ceremony = Ceremony { desk: house.desk(), house };
    let house = &ceremony.house;
    let split =
        ["key", "split", "--project", "planet", "--holders", "kurt", "--holders", "kim", "--holders", "kata"];
    house.done("kurt", &[&split[..], &["--emergency", "sergio", "--emergency", "kora"]].concat());
    let emergency =
        ["key", "emergency", "--project", "planet", "--minutes", "30", "--reason", "intensive care"];
    house.done("kora", &emergency);
    ceremony.give("kora");
    assert!(!ceremony.reads());
    ceremony.give("sergio");
    assert!(ceremony.reads());
    let told = || {
        house.done("carla", &["--json", "project", "show", "planet"]).json()["answer"][0]["emergencies"]
            .clone()
    };
    let call = told()[0]["call"].as_str().unwrap().to_owned();
    house.done("carla", &["key", "acknowledge", "--project", "planet", "--call", &call]);
    assert_eq!(told().as_array().unwrap().len(), 1, "its organisation has not seen it");
}
