//! The door over a region in memory: signatures, replay, addresses, bodies.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod house;
mod replay;

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use futures::stream;
use gate::identify::digest::{self, content_digest};
use gate::identify::signed::{Message, sign};
use region::twin::{Soil, World};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use web::client::{CallError, Client};
use words::limit::ACT_BODY_BYTES_MAX;
use words::{Act, Place, Reason};

struct House {
    world: World,
    outside: SocketAddr,
    inside: SocketAddr,
}

impl House {
    async fn open() -> Self {
        let world = World::planet(Soil::new(3)).await.unwrap();
        let outside = listen(&world, Place::Outside).await;
        let inside = listen(&world, Place::Inside).await;
        Self { world, outside, inside }
    }

    fn client(&self, person: &str, at: SocketAddr) -> Client {
        house::client(&self.world, person, at)
    }
}

async fn listen(world: &World, place: Place) -> SocketAddr {
    house::listen(world, place, None).await
}

fn reason<T>(ended: Result<T, CallError>) -> String {
    match ended {
        Err(CallError::Refused(problem)) => problem.reason,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it was allowed"),
    }
}

/// One signed request as bytes, with `change` made to its text after it was signed.
fn raw(house: &House, person: &str, host: &str, change: impl FnOnce(String) -> String) -> String {
    change(signed(house, person, host, 7))
}

fn signed(house: &House, person: &str, host: &str, nonce: u8) -> String {
    let body = "{}";
    let digest = content_digest(body.as_bytes());
    let message = Message {
        method: "POST",
        authority: host,
        path: "/v1/acts/person.show",
        query: "",
        content_digest: Some(&digest),
        epic_act: None,
    };
    let now = words::Clock::now(house.world.soil.clock.as_ref());
    let headers = sign(&World::key(person).unwrap(), &message, now, [nonce; 16]).unwrap();
    format!(
        "POST /v1/acts/person.show HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-digest: {digest}\r\nsignature-input: {}\r\nsignature: {}\r\ncontent-length: 2\r\n\r\n{body}",
        headers.input, headers.signature
    )
}

async fn send(at: SocketAddr, request: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(at).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap())
}

#[tokio::test]
async fn a_request_is_taken_once_from_its_signer_for_this_door() {
    let house = House::open().await;
    let host = house.outside.to_string();
    let request = raw(&house, "olga", &host, |text| text);
    let (status, answer) = send(house.outside, &request).await;
    assert_eq!(status, 200, "{answer}");
    let (status, answer) = send(house.outside, &request).await;
    assert_eq!((status, answer["reason"].as_str()), (409, Some("already_done")));
    // The same words on another door, and a door under another name.
    assert_eq!(send(house.inside, &request).await.1["reason"], "unauthenticated");
    let rebound = raw(&house, "olga", "evil.example:9010", |text| text);
    assert_eq!(send(house.outside, &rebound).await.1["reason"], "unauthenticated");
}

#[tokio::test]
async fn what_was_changed_on_its_way_is_refused() {
    let house = House::open().await;
    let host = house.outside.to_string();
    type Change = (&'static str, fn(String) -> String, Reason);
    let changes: [Change; 5] = [
        ("body", |text| text.replace("\r\n\r\n{}", "\r\n\r\n[]"), Reason::ChecksumWrong),
        (
            "path",
            |text| text.replace("POST /v1/acts/person.show", "POST /v1/acts/project.show"),
            Reason::SignatureWrong,
        ),
        (
            "query",
            |text| text.replace("person.show HTTP", "person.show?credential=AKIA HTTP"),
            Reason::SignatureWrong,
        ),
        ("digest", |text| text.replace("content-digest", "x-digest"), Reason::Invalid),
        (
            "signature",
            |text| text.replace("signature: epic=:", "signature: epic=:AA"),
            Reason::Unauthenticated,
        ),
    ];
    for (what, change, expected) in changes {
        let request = raw(&house, "olga", &host, change);
        assert_eq!(send(house.outside, &request).await.1["reason"], expected.code(), "{what}");
    }
}

#[tokio::test]
async fn old_requests_and_strangers_are_refused() {
    let house = House::open().await;
    let stranger = house.client("nobody-known", house.outside);
    assert_eq!(reason(stranger.perform(Act::PersonShow, &json!({})).await), "unauthenticated");
    let request = raw(&house, "olga", &house.outside.to_string(), |text| text);
    house.world.soil.clock.pass_ms(61_000);
    house.world.region.confirm().await;
    assert_eq!(send(house.outside, &request).await.1["reason"], "clock_skewed");
    house.client("olga", house.outside).perform(Act::PersonShow, &json!({})).await.unwrap();
}

#[tokio::test]
async fn bytes_travel_both_ways_and_a_refusal_overtakes_them() {
    let house = House::open().await;
    let grant =
        house.world.credential("dina-bari", "planet", Place::Outside, Some("deliver-bari")).await.unwrap();
    let plain = Bytes::from((0..3_000_000_u32).map(|number| (number % 249) as u8).collect::<Vec<_>>());
    let object = json!({ "project": "planet", "bucket": "bari", "key": "a/ü" });
    let send = |client: Client, bucket: &str| {
        let mut fields = object.clone();
        fields["bucket"] = bucket.into();
        let body = stream::iter(
            plain.chunks(100_000).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect::<Vec<_>>(),
        );
        let size_bytes = plain.len() as u64;
        async move { client.upload(Act::ObjectPut, &fields, Some(size_bytes), body).await }
    };
    let dina = Client { credential: Some(grant.id.clone()), ..house.client("dina-bari", house.outside) };
    let stored = send(dina.clone(), "bari").await.unwrap();
    assert!(stored.leaf.is_some());
    assert_eq!(reason(send(dina, "bologna").await), "grant_elsewhere");
    let thief = Client { credential: Some(grant.id), ..house.client("rita", house.outside) };
    assert_eq!(reason(send(thief, "bari").await), "unauthenticated");

    house.world.permit("permit-1", "planet", "2027-01-01", "2027-12-31").await.unwrap();
    let access = house.world.credential("rita", "planet", Place::Inside, None).await.unwrap();
    let rita = |at| Client { credential: Some(access.id.clone()), ..house.client("rita", at) };
    assert_eq!(reason(rita(house.outside).download(Act::ObjectGet, &object).await), "place_outside");
    let mut download = rita(house.inside).download(Act::ObjectGet, &object).await.unwrap();
    assert_eq!(download.size_bytes, Some(plain.len() as u64));
    let mut back = Vec::new();
    while let Some(next) = download.next().await {
        back.extend_from_slice(&next.unwrap());
    }
    assert_eq!(back, plain);
}

#[tokio::test]
async fn a_ledger_comes_as_an_archive() {
    let house = House::open().await;
    let archive = house
        .client("anna", house.outside)
        .download(Act::LedgerExport, &json!({}))
        .await
        .unwrap()
        .whole()
        .await
        .unwrap();
    let mut reader = web::tar::Reader::new(&archive[..]);
    let mut names = Vec::new();
    while let Some((name, bytes)) = reader.next_file().unwrap() {
        assert!(!bytes.is_empty(), "{name}");
        names.push(name);
    }
    assert_eq!(names[..2], ["key", "checkpoint"]);
    assert!(names.iter().any(|name| name.starts_with("tile/entries/")));
    assert!(names.last().unwrap().starts_with("log/"));
}

/// WHY over the table: an act that the door cannot route would be found by a person.
#[tokio::test]
async fn every_act_has_its_endpoint() {
    let house = House::open().await;
    let olga = house.client("olga", house.outside);
    for act in Act::ALL {
        let nothing = json!({ "no such field": 1 });
        let ended = match act.row().body {
            words::act::Body::None => olga.perform(*act, &nothing).await.map(drop),
            words::act::Body::Download => olga.download(*act, &nothing).await.map(drop),
            words::act::Body::Upload => olga.upload(*act, &nothing, Some(0), stream::empty()).await.map(drop),
        };
        assert_eq!(reason(ended), "invalid", "{}", act.name());
    }
}

/// The status and the whole body of what anybody may ask.
async fn health(at: SocketAddr) -> (u16, Value) {
    send(at, &format!("GET /health HTTP/1.1\r\nhost: {at}\r\nconnection: close\r\n\r\n")).await
}

#[tokio::test]
async fn health_is_good_only_while_this_process_answers_for_the_region() {
    let house = House::open().await;
    assert_eq!(health(house.outside).await, (200, json!({ "ready": true })));
    // The root was not confirmed for longer than the lease, then it is again.
    house.world.soil.clock.pass_ms(5_000);
    assert_eq!(health(house.outside).await, (503, json!({ "ready": false })));
    house.world.region.confirm().await;
    assert_eq!(health(house.outside).await, (200, json!({ "ready": true })));
    // Another process takes the root over.
    let other = house.world.reopen().await.unwrap();
    house.world.enrol("late", "infn").await.unwrap_err();
    assert_eq!(health(house.outside).await, (503, json!({ "ready": false })));
    drop(other);
}

#[tokio::test]
async fn an_attempt_with_a_body_is_refused_before_a_byte_of_it_counts() {
    let house = House::open().await;
    let object = json!({ "project": "planet", "bucket": "bari", "key": "once" });
    let grant =
        house.world.credential("dina-bari", "planet", Place::Outside, Some("deliver-bari")).await.unwrap();
    let dina = Client { credential: Some(grant.id), ..house.client("dina-bari", house.outside) };
    let twice = Client { attempt: Some("a".repeat(26).parse().unwrap()), ..dina.clone() };
    let body = || stream::iter([Ok(Bytes::from_static(b"bytes"))]);
    assert_eq!(reason(twice.upload(Act::ObjectPut, &object, Some(5), body()).await), "invalid");
    dina.upload(Act::ObjectPut, &object, Some(5), body()).await.unwrap();
}

/// Goal: one person's key cannot take all connections. Method: 4 connections, one key's share of 1, a body that stops.
#[tokio::test]
async fn one_key_leaves_room_for_others() {
    let house = House::open().await;
    let wait = Duration::from_secs(60);
    let limits = listen::Limits {
        head_wait: wait,
        body_wait: wait,
        close_wait: wait,
        connections_max: 4,
        headers_max: 32,
        head_bytes_max: 32 * 1_024,
    };
    let at = house::listen(&house.world, Place::Outside, Some(limits)).await;
    let request = raw(&house, "olga", &at.to_string(), |text| text);
    let mut half = TcpStream::connect(at).await.unwrap();
    half.write_all(&request.as_bytes()[..request.len() - 1]).await.unwrap();
    let olga = house.client("olga", at);
    let refused = async {
        loop {
            if let Err(CallError::Refused(problem)) = olga.perform(Act::PersonShow, &json!({})).await {
                return problem;
            }
        }
    };
    let problem = refused.await;
    assert_eq!((problem.status, problem.reason.as_str()), (503, "unavailable"));
    house.client("carla", at).perform(Act::PersonShow, &json!({})).await.unwrap();
    drop(half);
    while olga.perform(Act::PersonShow, &json!({})).await.is_err() {}
}

/// The same with the largest body that fields may have, none of which comes.
async fn withheld(house: &House, person: &str, nonce: u8) -> TcpStream {
    let request = signed(house, person, &house.outside.to_string(), nonce);
    let size = format!("content-length: {ACT_BODY_BYTES_MAX}\r\n\r\n");
    let request = request.replace("content-length: 2\r\n\r\n{}", &size);
    let mut stream = TcpStream::connect(house.outside).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Goal: a key that anybody can make takes no room. Method: as many bodies as would fill it; each is refused unread.
#[tokio::test]
async fn strangers_are_refused_before_their_bodies() {
    let house = House::open().await;
    let mut open = Vec::new();
    for number in 0..128 {
        open.push(withheld(&house, &format!("stranger-{number}"), 7).await);
    }
    house.client("olga", house.outside).perform(Act::PersonShow, &json!({})).await.unwrap();
    for mut stream in open {
        let mut answer = String::new();
        let read = stream.read_to_string(&mut answer);
        tokio::time::timeout(Duration::from_secs(10), read).await.unwrap().unwrap();
        assert!(answer.contains("\"unauthenticated\""), "{answer}");
    }
    // Nor is a stranger told anything of the fields that come before a stream.
    let stranger = house.client("stranger", house.outside);
    let fields = json!({ "no such field": 1 });
    let put = stranger.upload(Act::ObjectPut, &fields, Some(0), stream::empty()).await;
    assert_eq!(reason(put), "unauthenticated");
    for (person, expected) in [("stranger", "unauthenticated"), ("olga", "invalid")] {
        let unread = signed_stream(&house, person, "no json");
        assert_eq!(send(house.outside, &unread).await.1["reason"], expected);
    }
}

/// An upload of nothing, with its fields as they are.
fn signed_stream(house: &House, person: &str, fields: &str) -> String {
    let host = house.outside.to_string();
    let fields = digest::write_act(fields.as_bytes());
    let message = Message {
        method: "POST",
        authority: &host,
        path: "/v1/acts/object.put",
        query: "",
        content_digest: None,
        epic_act: Some(&fields),
    };
    let now = words::Clock::now(house.world.soil.clock.as_ref());
    let headers = sign(&World::key(person).unwrap(), &message, now, [8; 16]).unwrap();
    format!(
        "POST /v1/acts/object.put HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\nepic-act: {fields}\r\nsignature-input: {}\r\nsignature: {}\r\ncontent-length: 0\r\n\r\n",
        headers.input, headers.signature
    )
}

/// Goal: one person's key cannot hold all the memory. Method: as many bodies as would fill it, none of which comes.
#[tokio::test]
async fn one_key_leaves_memory_for_others() {
    let house = House::open().await;
    let mut open = Vec::new();
    for nonce in 0..128 {
        open.push(withheld(&house, "olga", nonce).await);
    }
    let olga = house.client("olga", house.outside);
    while olga.perform(Act::PersonShow, &json!({})).await.is_ok() {}
    assert_eq!(reason(olga.perform(Act::PersonShow, &json!({})).await), "unavailable");
    house.client("carla", house.outside).perform(Act::PersonShow, &json!({})).await.unwrap();
    drop(open);
    while olga.perform(Act::PersonShow, &json!({})).await.is_err() {}
}
