//! Backup, restore and drill by the real binary, beside a region that is up.

use std::path::Path;
use std::process::Command;

use crate::kit::{Call, Door, Ended, House, need};

const COPY: [&str; 5] = ["--json", "backup", "--data", "data", "--custody"];

/// A region with a delivery, copied while it is up; custody sealed by a passphrase.
fn copied() -> (House, region::twin::Access) {
    let house = House::agreed();
    let dina = house.deliverer("bari", "deliver-bari", "127.0.0.0/8");
    let desk = house.desk();
    house.s3_done(Door::Outside, &dina, Call::put("/bari/a.csv", b"patient;1\n"));
    std::fs::write(house.path("words"), "correct horse battery staple\n").unwrap();
    let told = both(&house);
    assert_eq!(told.code, 0, "{}", told.err);
    assert_eq!(told.json()["answer"]["run"], 1);
    (house, desk)
}

fn both(house: &House) -> Ended {
    let to = ["custody", "--to", "copy", "--custody-to", "keys", "--seal-file", "words"];
    house.epic(&[&COPY[..], &to].concat())
}

fn custody_file(house: &House) -> String {
    let mut names: Vec<String> = std::fs::read_dir(house.path("keys"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    format!("keys/{}", names.last().unwrap())
}

fn restore(house: &House, more: &[&str]) -> Ended {
    let custody = custody_file(house);
    let of = ["--json", "restore", "--from", "copy", "--custody-from", &custody, "--seal-file", "words"];
    house.epic(&[&of[..], more].concat())
}

const ELSEWHERE: [&str; 4] = ["--data", "data-2", "--custody", "custody-2"];

#[test]
fn a_region_is_copied_while_it_is_up_and_made_again_elsewhere() {
    let (mut house, desk) = copied();
    // The lists are what a standard tool reads.
    let lists = "cd copy && sha256sum --check --quiet backup/000000000001/*.000000";
    let checked = Command::new("bash").args(["-c", lists]).current_dir(house.path("")).status();
    assert!(checked.unwrap().success());
    let second = both(&house).json();
    assert_eq!(second["answer"]["run"], 2);
    assert!(second["answer"]["new_files"].as_u64().unwrap() < 20, "{second}");
    assert_eq!(house.down(), 0);
    std::fs::remove_dir_all(house.path("data")).unwrap();
    std::fs::remove_dir_all(house.path("custody")).unwrap();

    let ended = restore(&house, &ELSEWHERE);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let again = restore(&house, &ELSEWHERE);
    assert_eq!(again.code, 3, "it was written over: {}", again.err);
    assert!(again.err.contains("is not empty"), "{}", again.err);
    std::fs::rename(house.path("data-2"), house.path("data")).unwrap();
    std::fs::rename(house.path("custody-2"), house.path("custody")).unwrap();
    house.up(&[]);
    let read = house.s3_done(Door::Inside, &desk, Call::get("/bari/a.csv"));
    assert_eq!(read.body, b"patient;1\n");
    assert_eq!(house.down(), 0);
}

#[test]
fn a_copy_of_custody_never_lies_where_a_copy_of_the_bucket_is() {
    let house = House::founded();
    std::fs::write(house.path("words"), "correct horse\n").unwrap();
    std::fs::create_dir_all(house.path("copy")).unwrap();
    std::os::unix::fs::symlink(house.path("copy"), house.path("link")).unwrap();
    let cases: [(&[&str], &str); 8] = [
        (&["--to", "copy", "--custody-to", "copy"], "the two copies"),
        (&["--to", "copy", "--custody-to", "copy/keys"], "the two copies"),
        (&["--to", "copy", "--custody-to", "link/keys"], "the two copies"),
        (&["--to", "copy/deep", "--custody-to", "copy"], "the two copies"),
        (&["--custody-to", "data/bucket/x"], "custody's copy and the bucket"),
        (&["--to", "custody/x"], "the bucket's copy and custody"),
        (&["--to", "data/bucket"], "the bucket's copy and the bucket"),
        (&["--custody-to", "custody"], "custody's copy and custody"),
    ];
    for (to, word) in cases {
        let seal: &[&str] = if to.contains(&"--custody-to") { &["--seal-file", "words"] } else { &[] };
        let ended = house.epic(&[&COPY[..], &["custody"], to, seal].concat());
        assert_eq!(ended.code, 1, "{to:?}: {}", ended.err);
        assert!(ended.err.contains(word), "{to:?}: {}", ended.err);
    }
    for to in [&[][..], &["--custody-to", "keys"], &["--to", "copy", "--seal-file", "words"]] {
        let ended = house.epic(&[&COPY[..], &["custody"], to].concat());
        assert_eq!(ended.code, 1, "{to:?}: {}", ended.err);
    }
    assert!(!house.path("keys").exists());
}

#[test]
fn a_drill_passes_fails_and_is_recorded() {
    let (mut house, _) = copied();
    let drill = |more: &[&str]| restore(&house, &[&["--drill", "--evidence", "word"], more].concat());
    let passed = drill(&[]);
    assert_eq!(passed.code, 0, "{}", passed.err);
    assert_eq!(passed.json()["answer"]["holds"], true);
    let left: Vec<_> = std::fs::read_dir(house.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("epic-drill"))
        .collect();
    assert!(left.is_empty(), "a drill left {left:?}");
    // As `$(cat word)` hands it on.
    let word = std::fs::read_to_string(house.path("word")).unwrap().trim_end().to_owned();
    let told = house.done("olga", &["--json", "check", "record", "--note", &word]).json();
    assert_eq!(told["answer"]["verdict"], "pass", "{told}");
    let shown = house.done("olga", &["--json", "check", "run", "--check", "restore-drill"]).json();
    assert_eq!(shown["answer"][0]["verdict"], "pass", "{shown}");
    let forged = word.replace("\"holds\":true", "\"holds\":false");
    assert_ne!(forged, word);
    assert_eq!(house.by("olga", &["check", "record", "--note", &forged]).code, 1);
    let stale = drill(&["--stale-hours", "0"]);
    assert_eq!(stale.code, 3, "{}", stale.out);
    assert!(stale.err.contains("hours old"), "{}", stale.err);
    let blob = Command::new("bash")
        .args(["-c", "ls copy/cells/*/blob/* | head -1"])
        .current_dir(house.path(""))
        .output();
    let blob = house.path(String::from_utf8(blob.unwrap().stdout).unwrap().trim());
    let mut bytes = std::fs::read(&blob).unwrap();
    bytes[20] ^= 1;
    std::fs::write(&blob, bytes).unwrap();
    let altered = drill(&[]);
    assert_eq!(altered.code, 3, "{}", altered.out);
    assert!(altered.err.contains("was altered"), "{}", altered.err);
    let word = std::fs::read_to_string(house.path("word")).unwrap();
    let told = house.done("olga", &["--json", "check", "record", "--note", &word]).json();
    assert_eq!(told["answer"]["verdict"], "fail", "{told}");
    assert_eq!(house.down(), 0);
}

/// Goal: a copy of custody sealed to its custodians' own keys opens with them and with a tool that is not ours.
#[test]
fn a_copy_of_custody_opens_with_a_custodians_key() {
    let Some(tool) = need::program("crypt4gh") else { return };
    let (keygen, house) = (tool.with_file_name("crypt4gh-keygen"), House::founded());
    for name in ["kurt", "kim", "other"] {
        let made = Command::new(&keygen)
            .args([
                "--nocrypt",
                "-f",
                "--sk",
                &house.text(&format!("{name}.sec")),
                "--pk",
                &house.text(&format!("{name}.pub")),
            ])
            .output();
        assert!(made.unwrap().status.success());
    }
    let to = [
        "custody",
        "--to",
        "copy",
        "--custody-to",
        "keys",
        "--recipient",
        "kurt.pub",
        "--recipient",
        "kim.pub",
    ];
    let ended = house.epic(&[&COPY[..], &to].concat());
    assert_eq!(ended.code, 0, "{}", ended.err);
    let custody = custody_file(&house);
    let of = ["restore", "--from", "copy", "--custody-from", &custody, "--identity"];
    let ended = house.epic(&[&of[..], &["other.sec"], &ELSEWHERE].concat());
    assert!(ended.code != 0 && ended.err.contains("does not open"), "{}", ended.err);
    let ended = house.epic(&[&of[..], &["kim.sec"], &ELSEWHERE].concat());
    assert_eq!(ended.code, 0, "{}", ended.err);
    let opened = Command::new(&tool)
        .args(["decrypt", "--sk", &house.text("kurt.sec")])
        .stdin(std::fs::File::open(house.path(&custody)).unwrap())
        .output()
        .unwrap();
    assert!(opened.status.success() && opened.stdout.windows(5).any(|bytes| bytes == b"keys-"));
    assert!(!Path::new(&custody).is_absolute());
}
