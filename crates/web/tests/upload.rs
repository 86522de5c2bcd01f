//! Deliveries by the script of a bucket's page: what it may ask for, in whose name, and what is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod house;

use gate::identify::digest::{content_digest, write_act};
use house::{Answer, House};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use words::Place;
use words::act::ObjectShow;

const BUCKET: &str = "/projects/planet/buckets/bari";
/// What every part but the last has at least.
const PART_BYTES: usize = 5 << 20;

/// Two who deliver for bari, each under a grant of their own.
async fn outside() -> (House, String, String) {
    let house = House::open().await;
    let grant = json!({
        "alias": "deliver-too", "agreement": "planet-bari", "person": "sara-bari", "bucket": "bari",
        "address": "127.0.0.0/8", "starts": "2026-01-01", "ends": "2028-01-01",
    });
    house.world.act("steo-bari", "grant.issue", grant).await.unwrap();
    let (dina, sara) = (house.sign_in("dina-bari").await, house.sign_in("sara-bari").await);
    (house, dina, sara)
}

fn told(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {}", answer.body))
}

fn reason(answer: &Answer) -> String {
    told(answer)["reason"].as_str().unwrap_or("none").to_owned()
}

/// One act, as the script asks for it.
async fn act(house: &House, cookie: &str, name: &str, fields: &Value, body: &str) -> Answer {
    let digest = content_digest(body.as_bytes());
    with(house, cookie, name, fields, body, &[("content-digest", &digest)]).await
}

async fn with(
    house: &House,
    cookie: &str,
    name: &str,
    fields: &Value,
    body: &str,
    more: &[(&str, &str)],
) -> Answer {
    let (origin, fields) = (house.origin(), write_act(fields.to_string().as_bytes()));
    let mut headers = vec![("cookie", cookie), ("origin", origin.as_str()), ("epic-act", fields.as_str())];
    headers.extend(more);
    house.ask("POST", &format!("{BUCKET}/deliver/{name}"), &headers, body).await
}

/// An upload that dina began under her grant.
async fn begun(house: &House, dina: &str) -> Value {
    let start = json!({ "key": "2027/scan.bin", "grant": "deliver-bari" });
    let started = act(house, dina, "upload.start", &start, "").await;
    assert_eq!(started.status, 200, "{}", started.body);
    json!({ "key": "2027/scan.bin", "grant": "deliver-bari", "upload": told(&started)["answer"]["upload"] })
}

fn part(upload: &Value, number: u64) -> Value {
    let mut fields = upload.clone();
    fields["part"] = json!(number);
    fields
}

/// The part's digest as it is told: in base64 alone.
fn sum(body: &str) -> String {
    content_digest(body.as_bytes()).trim_start_matches("sha-256=:").trim_end_matches(':').to_owned()
}

// Goal: who delivers sends in parts, is told what arrived, and reads nothing. Method: an upload from start to object.
#[tokio::test]
async fn a_file_comes_in_parts_under_a_grant() {
    let (house, dina, _) = outside().await;
    let upload = begun(&house, &dina).await;
    let show = json!({ "upload": upload["upload"], "grant": "deliver-bari" });
    let pieces = ["a".repeat(PART_BYTES), "the end".to_owned()];
    for (number, piece) in (1..).zip(&pieces) {
        let kept = act(&house, &dina, "upload.part", &part(&upload, number), piece).await;
        assert_eq!(kept.status, 200, "{}", kept.body);
        assert_eq!(told(&kept)["answer"]["sha256"], sum(piece));
        assert!(told(&kept)["leaf"].is_string());
    }
    let shown = told(&act(&house, &dina, "upload.show", &show, "").await);
    let parts = shown["answer"][0]["parts"].as_array().unwrap();
    assert_eq!(parts.len(), 2);
    for (told, piece) in parts.iter().zip(&pieces) {
        assert_eq!((&told["size_bytes"], &told["sha256"]), (&json!(piece.len()), &json!(sum(piece))));
    }
    let completed = told(&act(&house, &dina, "upload.complete", &upload, "").await);
    assert_eq!(completed["answer"]["size_bytes"], PART_BYTES + 7, "{completed}");
    assert!(completed["leaf"].is_string());
    let gone = told(&act(&house, &dina, "upload.show", &show, "").await);
    assert_eq!(gone["answer"], json!([]));
    // The object has the checksum over its parts', as S3 tells it.
    house.world.permit("p1", "planet", "2026-01-01", "2028-01-01").await.unwrap();
    let access = house.world.credential("rita", "planet", Place::Inside, None).await.unwrap();
    let desk = house.world.with(&access, Place::Inside).await.unwrap();
    let of = ObjectShow {
        project: "planet".into(),
        bucket: "bari".into(),
        key: "2027/scan.bin".into(),
        version: None,
    };
    let row = region::object::read::show(&house.world.region, &desk, &of).await.unwrap();
    let [checksum] = &row.checksums[..] else { panic!("{:?}", row.checksums) };
    assert_eq!((checksum.algorithm.as_str(), checksum.is_full), ("SHA256", false));
    assert!(checksum.value.ends_with("-2"), "{}", checksum.value);
}

#[tokio::test]
async fn a_small_file_comes_at_once() {
    let (house, dina, _) = outside().await;
    let put = json!({ "key": "a.csv", "media": "text/csv", "grant": "deliver-bari" });
    let put = act(&house, &dina, "object.put", &put, "a;b").await;
    assert_eq!(put.status, 200, "{}", put.body);
    let answer = &told(&put)["answer"];
    assert_eq!((&answer["sha256"], &answer["size_bytes"]), (&json!(sum("a;b")), &json!(3)));
    // As a member of the project, from outside, nobody does.
    let rita = house.sign_in("rita").await;
    house.world.permit("p1", "planet", "2026-01-01", "2028-01-01").await.unwrap();
    assert_eq!(
        reason(&act(&house, &rita, "object.put", &json!({ "key": "b.csv" }), "a").await),
        "place_outside"
    );
}

// Goal: nobody delivers but who is here, from here, under a grant of theirs. Method: nobody, other sites, others' grants
// and uploads, a grant that was revoked meanwhile.
#[tokio::test]
async fn nobody_delivers_for_somebody_else() {
    let (house, dina, sara) = outside().await;
    let upload = begun(&house, &dina).await;
    let nobody = act(&house, "", "upload.start", &json!({ "key": "a" }), "").await;
    assert_eq!((nobody.status, reason(&nobody)), (401, "unauthenticated".to_owned()));
    let fields = write_act(part(&upload, 1).to_string().as_bytes());
    let digest = content_digest(b"a");
    for site in [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
        let more = [("cookie", dina.as_str()), ("epic-act", &fields), ("content-digest", &digest), site];
        let foreign = house.ask("POST", &format!("{BUCKET}/deliver/upload.part"), &more, "a").await;
        assert_eq!((foreign.status, foreign.reason()), (401, Some("unauthenticated")), "{site:?}");
    }
    let read = house.get(&dina, &format!("{BUCKET}/deliver/upload.show")).await;
    assert_eq!(read.status, 404, "it is posted, and nothing is read there");
    // Another person's upload is not there, nor is their grant.
    let mut own = upload.clone();
    own["grant"] = json!("deliver-too");
    for (name, fields) in
        [("upload.part", part(&own, 1)), ("upload.complete", own.clone()), ("upload.abort", own.clone())]
    {
        assert_eq!(reason(&act(&house, &sara, name, &fields, "a").await), "not_found", "{name}");
    }
    let show = json!({ "upload": upload["upload"], "grant": "deliver-too" });
    assert_eq!(told(&act(&house, &sara, "upload.show", &show, "").await)["answer"], json!([]));
    assert_eq!(reason(&act(&house, &sara, "upload.part", &part(&upload, 1), "a").await), "not_found");
    own.as_object_mut().unwrap().remove("grant");
    let bare = act(&house, &dina, "upload.part", &part(&own, 1), "a").await;
    assert_eq!(bare.status, 403, "dina without her grant: {}", bare.body);
    house.world.act("steo-bari", "grant.revoke", json!({ "grant": "deliver-bari" })).await.unwrap();
    for (name, fields) in [("upload.part", part(&upload, 1)), ("upload.complete", upload.clone())] {
        let ended = act(&house, &dina, name, &fields, "a").await;
        assert_eq!((ended.status, reason(&ended)), (403, "grant_ended".to_owned()), "{name}");
    }
}

// Goal: what is not as it was said to be is not kept, and nothing but a delivery is done here. Method: digests that are
// wrong, bent, doubled or left out; parts too large or out of range; other acts, other buckets, fields that are none.
#[tokio::test]
async fn what_is_not_as_it_was_said_is_not_kept() {
    let (house, dina, _) = outside().await;
    let upload = begun(&house, &dina).await;
    let first = part(&upload, 1);
    let (other, own) = (content_digest(b"b"), content_digest(b"a"));
    let bent = own.replace("sha-256", "sha-512");
    let cases: [(&[(&str, &str)], &str); 4] = [
        (&[("content-digest", &other)], "checksum_wrong"),
        (&[("content-digest", &bent)], "invalid"),
        (&[("content-digest", &own), ("content-digest", &own)], "invalid"),
        (&[], "invalid"),
    ];
    for (more, expected) in cases {
        let answer = with(&house, &dina, "upload.part", &first, "a", more).await;
        assert_eq!((answer.status, reason(&answer).as_str()), (400, expected), "{more:?}");
        let put =
            with(&house, &dina, "object.put", &json!({ "key": "a", "grant": "deliver-bari" }), "a", more)
                .await;
        assert_eq!((put.status, reason(&put).as_str()), (400, expected), "{more:?}");
    }
    let show = json!({ "upload": upload["upload"], "grant": "deliver-bari" });
    let shown = told(&act(&house, &dina, "upload.show", &show, "").await);
    assert_eq!(shown["answer"][0]["parts"], json!([]));
    for number in [0, 10_001] {
        assert_eq!(reason(&act(&house, &dina, "upload.part", &part(&upload, number), "a").await), "invalid");
    }
    let large = announced(&house, &dina, &first, (5 << 30) + 1).await;
    assert!(large.starts_with("HTTP/1.1 413 ") && large.contains("\"too_large\""), "{large}");
    for name in ["object.get", "object.delete", "person.show", "upload.copy", "agreement.lodge", "nonsense"] {
        assert_eq!(reason(&act(&house, &dina, name, &show, "").await), "not_offered", "{name}");
    }
    for fields in [
        json!({ "key": "a", "grant": "deliver-bari", "bucket": "catania" }),
        json!({ "key": "a", "grant": "deliver-bari", "project": "planet" }),
        json!({ "key": "a", "grant": "deliver-bari", "person": "rita" }),
        json!({ "key": "a", "grant": ["deliver-bari"] }),
        json!(["key"]),
    ] {
        assert_eq!(reason(&act(&house, &dina, "upload.start", &fields, "").await), "invalid", "{fields}");
    }
    // What delivers sets no conditions, for the answer would tell what is there.
    let probe = json!({ "key": "a", "grant": "deliver-bari", "condition": "absent" });
    assert_eq!(reason(&act(&house, &dina, "object.put", &probe, "a").await), "grant_write_only");
}

/// A part that says how long it will be, and of which nothing comes.
async fn announced(house: &House, cookie: &str, fields: &Value, size_bytes: u64) -> String {
    let (fields, digest) = (write_act(fields.to_string().as_bytes()), content_digest(b"a"));
    let mut stream = TcpStream::connect(house.at).await.unwrap();
    let head = format!(
        "POST {BUCKET}/deliver/upload.part HTTP/1.1\r\nhost: {}\r\norigin: {}\r\ncookie: {cookie}\r\n\
         epic-act: {fields}\r\ncontent-digest: {digest}\r\ncontent-length: {size_bytes}\r\n\r\n",
        house.at,
        house.origin()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

// Goal: people read why not in their language. Method: the same refusal in both.
#[tokio::test]
async fn a_refusal_is_in_the_words_of_whoever_visits() {
    let (house, dina, _) = outside().await;
    let fields = json!({ "upload": "none", "grant": "deliver-catania" });
    for (language, hint) in [("it", "controlli il nome"), ("en", "check the name")] {
        let more = [("accept-language", language)];
        let answer = with(&house, &dina, "upload.show", &fields, "", &more).await;
        assert_eq!((answer.status, reason(&answer)), (404, "not_found".to_owned()));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert!(answer.header("content-security-policy").is_some());
        assert!(told(&answer)["hint"].as_str().unwrap().starts_with(hint), "{}", answer.body);
    }
}
