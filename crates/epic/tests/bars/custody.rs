//! Custody under a passphrase, by commands; and bytes larger than one part.

use crate::kit::{Call, Door, House};

fn sealed() -> House {
    let house = House::empty();
    std::fs::write(house.path("words"), "correct horse battery staple\n").unwrap();
    std::fs::write(house.path("wrong"), "correct horse battery stable\n").unwrap();
    std::fs::write(house.path("none"), "\n").unwrap();
    let ended = house.init(&["--passphrase-file", "words"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    house
}

/// `up` that must end by itself, with its word.
fn refused(house: &House, passphrase: &str, word: &str) {
    let ended = house.epic(&[
        "up",
        "--data",
        "data",
        "--custody",
        "custody",
        "--passphrase-file",
        passphrase,
        "--s3",
        "127.0.0.1:0",
        "--s3-inside",
        "127.0.0.1:0",
        "--acts",
        "127.0.0.1:0",
        "--acts-inside",
        "127.0.0.1:0",
    ]);
    assert_eq!((ended.code, ended.out.as_str()), (1, ""), "{passphrase}: {}", ended.err);
    assert!(ended.err.starts_with("error: ") && ended.err.contains(word), "{passphrase}: {}", ended.err);
    assert!(ended.err.contains("hint: "), "{passphrase}: {}", ended.err);
}

#[test]
fn a_passphrase_opens_custody_and_nothing_else_does() {
    let mut house = sealed();
    refused(&house, "wrong", "the passphrase is not the one custody was made with");
    refused(&house, "none", "the passphrase is empty");
    refused(&house, "not-there", "cannot read `not-there`");
    house.up(&["--passphrase-file", "words"]);
    let shown = house.done("olga", &["--json", "person", "show"]).json();
    assert_eq!(shown["answer"][0]["person"], "olga");
    assert_eq!(house.down(), 0);
    let rebuild = ["rebuild", "--data", "data", "--custody", "custody", "--passphrase-file"];
    assert_eq!(house.epic(&[&rebuild[..], &["wrong"]].concat()).code, 1);
    assert_eq!(house.epic(&[&rebuild[..], &["words"]].concat()).code, 0);
    // The words themselves lie nowhere.
    for folder in ["data", "custody"] {
        let found =
            std::process::Command::new("grep").args(["-rqa", "battery"]).arg(house.path(folder)).status();
        assert_eq!(found.unwrap().code(), Some(1), "{folder} says the passphrase");
    }
}

/// Goal: who asks it to end before it is ready is heard. Method: while it waits for its passphrase.
#[test]
fn a_region_told_to_end_before_it_is_ready_ends_in_good_order() {
    let mut house = sealed();
    for signal in ["-TERM", "-INT"] {
        assert_eq!(house.told_while_starting(signal), (Some(0), String::new()), "{signal}");
    }
    house.up(&["--passphrase-file", "words"]);
    assert_eq!(house.down(), 0);
}

#[test]
fn a_passphrase_comes_by_a_descriptor_too() {
    let house = House::empty();
    std::fs::write(house.path("words"), "correct horse battery staple").unwrap();
    let init = format!(
        "exec 3<words; '{}' --key-file olga.key init --data data --custody custody --passphrase-file /dev/fd/3 \
         --name epic.test --organisation infn --person olga",
        env!("CARGO_BIN_EXE_epic")
    );
    let ran = std::process::Command::new("bash").args(["-c", &init]).current_dir(house.path("")).output();
    let ran = ran.unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    refused(&house, "not-there", "cannot read");
    let mut house = house;
    house.up(&["--passphrase-file", "words"]);
    assert_eq!(house.down(), 0);
}

/// Goal: a founding that failed on its way can be done again. Method: no such passphrase file.
#[test]
fn a_founding_that_failed_is_done_again() {
    let mut house = House::empty();
    let failed = house.init(&["--passphrase-file", "not-there"]);
    assert_eq!(failed.code, 1, "{}", failed.err);
    let ended = house.init(&[]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    house.up(&[]);
    assert_eq!(house.down(), 0);
    let again = house.init(&[]);
    assert!(again.code == 1 && again.err.contains("epic up"), "{}", again.err);
}

#[test]
fn a_large_file_goes_by_command_whole_or_in_parts() {
    let house = House::agreed();
    let dina = house.deliverer("bari", "deliver-bari", "127.0.0.0/8");
    let desk = house.desk();
    let part_bytes = 8 << 20;
    let plain: Vec<u8> = (0..20_000_003_u64).map(|at| (at.wrapping_mul(at) / 13 % 241) as u8).collect();
    std::fs::write(house.path("plain"), &plain).unwrap();
    let of = |key: &'static str| ["--project", "planet", "--bucket", "bari", "--key", key];
    let by_dina = |args: &[&str]| {
        house.done("dina-bari", &[&["--json", "--access-key", &dina.id][..], args].concat()).json()
    };
    by_dina(&[&["object", "put"][..], &of("whole"), &["--file", "plain"]].concat());

    let begun = by_dina(&[&["upload", "start"][..], &of("parts")].concat());
    let upload = begun["answer"]["upload"].as_str().unwrap().to_owned();
    let numbers: Vec<String> =
        (1..=plain.len().div_ceil(part_bytes)).map(|number| number.to_string()).collect();
    for (piece, number) in plain.chunks(part_bytes).zip(&numbers) {
        std::fs::write(house.path("piece"), piece).unwrap();
        let of_part = ["--upload", &upload, "--part", number, "--file", "piece"];
        by_dina(&[&["upload", "part"][..], &of("parts"), &of_part].concat());
    }
    by_dina(&[&["upload", "complete"][..], &of("parts"), &["--upload", &upload]].concat());

    for key in ["whole", "parts"] {
        let inside = ["--inside", "--access-key", &desk.id, "object", "get"];
        house.done("rita", &[&inside[..], &of(key), &["--file", "back"]].concat());
        assert!(std::fs::read(house.path("back")).unwrap() == plain, "{key} by command");
        let read = house.s3_done(Door::Inside, &desk, Call::get(&format!("/bari/{key}")));
        assert!(read.body == plain, "{key} by S3");
    }
}
