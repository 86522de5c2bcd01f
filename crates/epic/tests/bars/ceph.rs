//! A region on an S3 server that nobody here wrote: the main job, a replay, a take-over; and what is refused at the start.

use std::path::Path;

use serde_json::Value;

use crate::kit::server::{self, BUCKET, Server};
use crate::kit::{Call, Door, House};

/// The options that name a server's bucket.
fn options(house: &House, server: &Server, place: &str) -> Vec<String> {
    let keys = house.path("bucket.keys");
    server.keys_file(&keys);
    let keys = keys.display().to_string();
    let url = format!("s3://{place}");
    [
        "--bucket",
        &url,
        "--bucket-endpoint",
        &server.endpoint(),
        "--bucket-region",
        &server.region,
        "--bucket-keys",
        &keys,
    ]
    .map(str::to_owned)
    .to_vec()
}

fn refs(options: &[String]) -> Vec<&str> {
    options.iter().map(String::as_str).collect()
}

// Goal: everything a region promises holds where its bucket is Ceph's. Method: the main job by the real binary; the ledgers folded
// anew; another process on a copy of custody; the live checks, the census of the raw bucket among them.
#[test]
fn a_region_lives_on_ceph() {
    let Some(server) = server::start("ceph") else { return };
    let mut house = House::empty();
    let bucket = options(&house, &server, &format!("{BUCKET}/epic"));
    assert_eq!(house.init(&refs(&bucket)).code, 0);
    assert!(!house.path("data/bucket").exists(), "nothing of the bucket lies here");
    house.up(&[]);
    let mut house = house.with_planet().with_agreement();
    let dina = house.deliverer("bari", "deliver-bari", "127.0.0.0/8");
    let rita = house.desk();
    let (small, large) = (vec![7; 5_000], (0..12_000_000_u32).map(|n| (n % 251) as u8).collect::<Vec<u8>>());
    house.s3_done(Door::Outside, &dina, Call::put("/bari/small", &small));
    house.s3_done(Door::Outside, &dina, Call::put("/bari/large", &large));
    let reads = |house: &House| {
        assert!(house.s3_done(Door::Inside, &rita, Call::get("/bari/small")).body == small);
        assert!(house.s3_done(Door::Inside, &rita, Call::get("/bari/large")).body == large);
        let part = Call::get("/bari/large").with("range", "bytes=8388600-8388699");
        assert!(house.s3_done(Door::Inside, &rita, part).body == large[8_388_600..8_388_700]);
    };
    reads(&house);
    assert_ne!(
        house.s3(Door::Outside, &dina, Call::get("/bari/small")).status,
        200,
        "deliveries are write-only"
    );
    every_check_passes(&house);

    // Cut, folded anew from the log alone, and it is the same.
    house.kill();
    let (data, custody) = (house.text("data"), house.text("custody"));
    let rebuild = ["--json", "rebuild", "--data", &data, "--custody", &custody];
    let heads = |told: Value| -> Vec<Value> { told["answer"].as_array().unwrap().clone() };
    let first = heads(house.epic(&rebuild).json());
    assert_eq!(heads(house.epic(&rebuild).json()), first);
    assert!(first.iter().all(|cell| cell["state"] == "folded"), "{first:?}");
    house.up(&[]);
    reads(&house);

    // Another process on a copy of custody: the later one leads, the earlier one ends.
    let mut other = house.copied();
    other.up(&[]);
    // It hears of it at its next commit: a look is one.
    house.by("olga", &["person", "show"]);
    assert_eq!(house.ended(), 2, "it was told that another process leads");
    reads(&other);
    other.s3_done(Door::Outside, &dina, Call::put("/bari/after", b"taken over"));
    assert_eq!(other.s3_done(Door::Inside, &rita, Call::get("/bari/after")).body, b"taken over");
    every_check_passes(&other);
    assert_eq!(other.down(), 0);

    what_is_refused_there(&server);
}

fn every_check_passes(house: &House) {
    let run = house.done("olga", &["--json", "check", "run"]).json();
    let checks = run["answer"].as_array().unwrap();
    assert!(!checks.is_empty());
    // Nothing was erased here, nothing went to a study, no drill was held, nobody witnesses.
    let elsewhere = ["erase-proof", "lineage-complete", "restore-drill", "checkpoint-witnessed"];
    let is_elsewhere = |check: &Value| check["check"].as_str().is_some_and(|name| elsewhere.contains(&name));
    let holds = |check: &Value| check["verdict"] == "pass" || is_elsewhere(check);
    assert!(checks.iter().all(holds), "{run}");
}

/// Beside a region that is there.
fn what_is_refused_there(server: &Server) {
    let house = House::empty();
    let taken = options(&house, server, &format!("{BUCKET}/epic"));
    let refused = house.init(&refs(&taken));
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("another region in this bucket"), "{}", refused.err);
    wrong_beginnings(&house, server);
}

/// What a person gets wrong at the first try: each is told in one line, with a way out.
fn wrong_beginnings(house: &House, server: &Server) {
    let check = |change: &dyn Fn(&mut Vec<String>), says: &str, hint: &str| {
        let mut options = options(house, server, &format!("{BUCKET}/fresh"));
        change(&mut options);
        let refused = house.init(&refs(&options));
        assert!((1..=2).contains(&refused.code), "{says}: {}", refused.code);
        assert!(refused.err.contains(says) && refused.err.contains(hint), "{says}: {}", refused.err);
        assert!(!refused.err.contains(&server.secret), "no secret is told");
        assert!(!house.path("data/region.json").exists(), "{says}: no region was founded");
    };
    let keys = |id: &str, secret: &str| {
        let text = format!("aws_access_key_id={id}\naws_secret_access_key={secret}\n");
        std::fs::write(house.path("bucket.keys"), text).unwrap();
    };
    check(
        &|options| options[1] = "s3://no-such-bucket".into(),
        "has no such bucket",
        "make the bucket first",
    );
    check(&|_| keys(&server.id, "not-the-secret"), "these keys", "keys");
    check(&|_| keys("GK000000", &server.secret), "these keys", "keys");
    check(
        &|options| options[3] = "http://127.0.0.1:1".into(),
        "cannot be reached",
        "see that the store runs",
    );
    check(&|options| options[3] = "http://s3.example".into(), "in clear over a network", "TLS");
    check(&|options| options[1] = "s3://a b".into(), "names no bucket", "letters, digits");
    check(&|options| options[7] = house.text("nowhere"), "cannot read", "--bucket-keys");
    check(&|_| open(&house.path("bucket.keys")), "may be read by others", "chmod 600");
}

fn open(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o644)).unwrap();
}

// Goal: a server that forgets create-once carries no region. Method: the real one, as a person would try it.
#[test]
fn a_region_is_not_founded_on_garage() {
    let Some(server) = server::start("garage") else { return };
    let house = House::empty();
    let refused = house.init(&refs(&options(&house, &server, BUCKET)));
    assert_eq!(refused.code, 2, "{}", refused.err);
    assert!(refused.err.contains("create-once does not hold"), "{}", refused.err);
    assert!(refused.err.contains("If-None-Match"), "{}", refused.err);
    wrong_beginnings(&house, &server);
}
