//! `epic import` from a server that nobody here wrote: verified, resumed, and only by the ordinary acts.

use std::net::SocketAddr;

use region::twin::Access;
use serde_json::Value;

use crate::kit::proxy::{Fate, Proxy};
use crate::kit::server::{self, BUCKET, Server};
use crate::kit::{Answer, Call, Door, Ended, House, block_on, call};

/// What lies in the source: names that have broken somebody's storage, sizes around pieces.
fn contents() -> Vec<(String, Vec<u8>)> {
    let noise =
        |seed: u32, size: u32| (0..size).map(|at| (at.wrapping_mul(seed) >> 3) as u8).collect::<Vec<u8>>();
    let names = ["a b+c", "ü/u\u{308}", "&<>\"'", "%2F%00", "deep/er//twice", "trail ", "#1"];
    let odd = names.iter().map(|name| (format!("cohort/{name}"), noise(7, 900)));
    let sized =
        [0, 1, 65_536, 300_001, 9_000_000].map(|size| (format!("cohort/size-{size}"), noise(11, size)));
    odd.chain(sized).chain([("other/not-asked-for".to_owned(), noise(3, 10))]).collect()
}

struct Old {
    server: Server,
    access: Access,
}

impl Old {
    fn start() -> Option<Self> {
        let server = server::start("garage")?;
        let access = Access { id: server.id.clone(), secret: server.secret.clone() };
        let old = Self { server, access };
        contents().iter().for_each(|(key, body)| old.put(key, body));
        old.put_in_parts("cohort/in-parts", &[vec![1; 5 << 20], vec![2; 1_000]]);
        Some(old)
    }

    fn ask(&self, call: Call) -> Answer {
        let address: SocketAddr = format!("127.0.0.1:{}", self.server.port).parse().unwrap();
        let answer = block_on(call.signed(&self.access).send(address));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer
    }

    fn put(&self, key: &str, body: &[u8]) {
        self.ask(Call::put(&target(key), body));
    }

    /// WHY: its etag is no digest of it, and the server says no other.
    fn put_in_parts(&self, key: &str, parts: &[Vec<u8>]) {
        let begun = self.ask(Call::post(&format!("{}?uploads=", target(key)), b""));
        let upload = begun.all("UploadId").remove(0);
        let sent = parts.iter().zip(1..).map(|(part, number)| {
            let target = format!("{}?partNumber={number}&uploadId={upload}", target(key));
            let etag = self.ask(Call::put(&target, part)).header("etag").unwrap().to_owned();
            format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
        });
        let parts: String = sent.collect();
        let body = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
        self.ask(Call::post(&format!("{}?uploadId={upload}", target(key)), body.as_bytes()));
    }
}

fn target(key: &str) -> String {
    format!("/{BUCKET}/{}", call::escape(key).replace("%2F", "/"))
}

/// A person's import; gives how it ended.
fn import(house: &House, person: &str, endpoint: &str, bucket: &str, more: &[&str]) -> Ended {
    let (url, keys) = (format!("s3://{BUCKET}/cohort/"), house.text("old.keys"));
    let to = ["--project", "planet", "--bucket", bucket, "--into", "old/"];
    let from = ["--source-endpoint", endpoint, "--source-keys", &keys];
    let args = [&["--json", "import", &url][..], &from, &to, more].concat();
    house.by(person, &args)
}

fn count(ended: &Ended, name: &str) -> u64 {
    let told: Value = ended.json();
    told["answer"][name].as_u64().unwrap_or_else(|| panic!("no {name}: {told}"))
}

// Goal: an existing tenant's objects come over whole, once, and only as the rules let them. Method: a real server as the
// source, a line that damages and cuts, the journal kept and lost, people who may and who may not.
#[test]
fn a_tenants_bucket_comes_over_whole_and_once() {
    let Some(old) = Old::start() else { return };
    let house = House::agreed();
    old.server.keys_file(&house.path("old.keys"));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let proxy = runtime.block_on(Proxy::before(old.server.port));
    let dina = house.deliverer("bari", "deliver-bari", "127.0.0.0/8");
    let (line, journal) = (proxy.endpoint(), house.text("journal"));
    let by_dina = ["--journal", &journal, "--access-key", &dina.id];
    let all = contents().len() as u64; // those asked for, and the one in parts

    let dry = import(&house, "dina-bari", &line, "bari", &[&by_dina[..], &["--dry-run"]].concat());
    assert_eq!((dry.code, count(&dry, "to_move"), count(&dry, "listed")), (0, all, all), "{}", dry.err);

    // One object damaged on the way, one cut: named, not stored, the rest is moved.
    proxy.judge(|asked| match asked.path {
        path if path.contains("size-65536") => Fate::Flip,
        path if path.contains("size-300001") => Fate::Half,
        _ => Fate::Pass,
    });
    let broken = import(&house, "dina-bari", &line, "bari", &by_dina);
    assert_eq!(
        (broken.code, count(&broken, "moved"), count(&broken, "failed")),
        (2, all - 2, 2),
        "{}",
        broken.err
    );
    assert!(broken.err.contains("\"cohort/size-65536\": its Md5 is not"), "{}", broken.err);
    assert!(broken.err.contains("not moved: \"cohort/size-300001\""), "{}", broken.err);
    proxy.judge(|_| Fate::Pass);

    // Asked again, it goes on; asked once more, it moves nothing, and asks the source for no object.
    let rest = import(&house, "dina-bari", &line, "bari", &by_dina);
    assert_eq!(
        (rest.code, count(&rest, "moved"), count(&rest, "there_from_before")),
        (0, 2, all - 2),
        "{}",
        rest.err
    );
    proxy.judge(|asked| if asked.path.contains("list-type") { Fate::Pass } else { Fate::Refuse(500, "") });
    let nothing = import(&house, "dina-bari", &line, "bari", &by_dina);
    assert_eq!((nothing.code, count(&nothing, "moved"), count(&nothing, "there_from_before")), (0, 0, all));
    proxy.judge(|_| Fate::Pass);

    // All of it is there, as it was.
    let rita = house.desk();
    for (key, body) in contents().iter().filter(|(key, _)| key.starts_with("cohort/")) {
        let there = format!("/bari/{}", call::escape(&format!("old/{key}")).replace("%2F", "/"));
        let read = house.s3_done(Door::Inside, &rita, Call::get(&there)).body;
        assert!(read == *body, "{key}");
    }
    let other = house.s3(Door::Inside, &rita, Call::get("/bari/old/other/not-asked-for"));
    assert_eq!(other.status, 404);

    // What changed at the source is moved, and nothing else.
    old.put("cohort/size-1", b"changed");
    let changed = import(&house, "dina-bari", &line, "bari", &by_dina);
    assert_eq!((changed.code, count(&changed, "moved")), (0, 1), "{}", changed.err);
    strangers_move_nothing(&house, &old);
    what_is_there_is_left(&house, &old);
}

fn strangers_move_nothing(house: &House, old: &Old) {
    let endpoint = old.server.endpoint();
    let fresh = |name: &str| house.text(name);
    let rolf = import(house, "rolf", &endpoint, "bari", &["--journal", &fresh("rolf.journal")]);
    assert_eq!(rolf.code, 3, "a reviewer delivers nothing: {}", rolf.err);
    assert_eq!(count(&rolf, "moved"), 0);
    std::fs::write(house.path("old.keys"), "aws_access_key_id=GK0\naws_secret_access_key=x\n").unwrap();
    let keys = import(house, "rolf", &endpoint, "bari", &["--journal", &fresh("keys.journal")]);
    assert!(keys.code == 2 && keys.err.contains("these keys"), "{}", keys.err);
    old.server.keys_file(&house.path("old.keys"));
    // The agreement is suspended: a deliverer hears its reason, and nothing is moved.
    let dina = house.deliverer("bari", "deliver-again", "127.0.0.0/8");
    house.done("carla", &["agreement", "suspend", "planet-bari", "--reason", "a pause"]);
    let suspended = import(
        house,
        "dina-bari",
        &endpoint,
        "bari",
        &["--journal", &fresh("s.journal"), "--access-key", &dina.id],
    );
    assert_eq!((suspended.code, count(&suspended, "moved")), (3, 0), "{}", suspended.err);
    assert!(suspended.err.contains("agreement_"), "{}", suspended.err);
    house.done("carla", &["agreement", "resume", "planet-bari"]);
}

/// Into the project's own bucket by a researcher inside, whose journal is lost: what lies there is never overwritten.
fn what_is_there_is_left(house: &House, old: &Old) {
    let endpoint = old.server.endpoint();
    house.done("rita", &["bucket", "create", "results", "--project", "planet"]);
    let rita = house.desk();
    let more = |journal: &'static str| ["--journal", journal, "--inside", "--access-key"];
    let all = contents().len() as u64;
    let first = import(
        house,
        "rita",
        &endpoint,
        "results",
        &[&more("r1")[..], &[rita.id.as_str(), "--read-twice"]].concat(),
    );
    assert_eq!((first.code, count(&first, "moved")), (0, all), "{}", first.err);
    assert_eq!(count(&first, "verified_by_second_reading"), 1, "the one in parts: {}", first.out);
    assert_eq!(count(&first, "verified_by_md5"), all - 1, "{}", first.out);
    let etag = |house: &House| {
        let head = house.s3_done(Door::Inside, &rita, Call::get("/results/old/cohort/size-1"));
        (head.header("etag").unwrap().to_owned(), head.body)
    };
    let before = etag(house);
    let lost = import(house, "rita", &endpoint, "results", &[&more("r2")[..], &[rita.id.as_str()]].concat());
    assert_eq!(
        (lost.code, count(&lost, "moved"), count(&lost, "left_as_they_were")),
        (0, 0, all),
        "{}",
        lost.err
    );
    assert_eq!(etag(house), before);
}
