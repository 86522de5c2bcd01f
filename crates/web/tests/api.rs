//! The JSON API beyond its acts: tags and what is done upon them, pages, runs, events.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod house;

use std::time::Duration;

use house::{Answer, House};
use region::object::put::Extra;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use words::act::ObjectPut;

/// Somebody's session, as programs carry it.
async fn bearer(house: &House, person: &str) -> String {
    let cookie = house.sign_in(person).await;
    format!("Bearer {}", cookie.split_once('=').unwrap().1)
}

async fn act(house: &House, bearer: &str, act: &str, fields: &Value, more: &[(&str, &str)]) -> Answer {
    let mut headers = vec![("authorization", bearer), ("content-type", "application/json")];
    headers.extend(more);
    house.ask("POST", &format!("/v1/acts/{act}"), &headers, &fields.to_string()).await
}

fn reason(answer: &Answer) -> String {
    let problem: Value = serde_json::from_str(&answer.body).unwrap();
    problem["reason"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn an_act_is_done_upon_what_was_shown() {
    let house = House::open().await;
    let (carla, rita) = (bearer(&house, "carla").await, bearer(&house, "rita").await);
    let request = json!({
        "alias": "p1", "project": "planet", "persons": ["rita"], "purpose": "asthma", "legal_basis": "GDPR Art. 9(2)(j)",
        "starts": "2027-01-01", "ends": "2027-06-30",
    });
    assert_eq!(act(&house, &rita, "permit.request", &request, &[]).await.status, 200);
    let of = json!({ "permit": "p1" });
    assert_eq!(act(&house, &carla, "permit.grant", &of, &[]).await.status, 200);
    let shown = act(&house, &carla, "permit.show", &of, &[]).await;
    let tag = shown.header("etag").unwrap().to_owned();
    let amend = json!({ "permit": "p1", "ends": "2027-12-31" });
    assert_eq!(act(&house, &carla, "permit.amend", &amend, &[("if-match", &tag)]).await.status, 200);
    let over = json!({ "permit": "p1", "reason": "over" });
    let stale = act(&house, &carla, "permit.end", &over, &[("if-match", &tag)]).await;
    assert_eq!((stale.status, reason(&stale)), (412, "precondition_failed".to_owned()));
    for wrong in ["*", "W/\"ab\"", "\"ab\"", "ab", &tag.to_uppercase()] {
        let wrong = act(&house, &carla, "permit.end", &over, &[("if-match", wrong)]).await;
        assert_eq!(reason(&wrong), "invalid");
    }
    let now = act(&house, &carla, "permit.show", &of, &[]).await.header("etag").unwrap().to_owned();
    assert_eq!(act(&house, &carla, "permit.end", &over, &[("if-match", &now)]).await.status, 200);
    let bytes =
        act(&house, &carla, "ledger.export", &json!({ "project": "planet" }), &[("if-match", &now)]).await;
    assert_eq!(reason(&bytes), "not_offered");
    let unfit = json!({ "project": "planet", "reason": "why" });
    assert_eq!(
        reason(&act(&house, &carla, "project.halt", &unfit, &[("if-match", &now)]).await),
        "not_offered"
    );
}

// Goal: a listing goes on to its end, page by page, and a page is nobody's to make up.
#[tokio::test]
async fn a_listing_goes_on_where_it_ended() {
    let house = House::open().await;
    house.world.permit("p1", "planet", "2026-01-01", "2028-01-01").await.unwrap();
    house.world.act("rita", "bucket.create", json!({ "project": "planet", "bucket": "many" })).await.unwrap();
    let access = house.world.credential("rita", "planet", words::Place::Inside, None).await.unwrap();
    let desk = house.world.with(&access, words::Place::Inside).await.unwrap();
    let region = &house.world.region;
    let puts = (0..1_005).map(|number| {
        let key = format!("patient-{number:04}");
        let deed = ObjectPut {
            project: "planet".into(),
            bucket: "many".into(),
            key,
            media: None,
            condition: None,
            sealed: None,
        };
        let body = Box::pin(futures::stream::iter([Ok(bytes::Bytes::from_static(b"x"))]));
        region::object::put::put(region, &desk, deed, Extra::default(), body)
    });
    for stored in futures::future::join_all(puts).await {
        stored.unwrap();
    }
    let page = async |page: Option<&str>| {
        let fields = json!({ "project": "planet", "bucket": "many", "page": page });
        region.perform(&desk, words::Act::ObjectList, fields, None).await
    };
    let first = page(None).await.unwrap().answer;
    let next = first["next"].as_str().unwrap();
    assert_eq!(first["objects"].as_array().unwrap().len(), 1_000);
    assert!(!next.contains("patient"), "names stay out of tokens");
    let last = page(Some(next)).await.unwrap().answer;
    assert_eq!((last["objects"].as_array().unwrap().len(), &last["next"]), (5, &Value::Null));
    assert_eq!(last["objects"][4]["key"], "patient-1004");
    let elsewhere = json!({ "project": "planet", "bucket": "many", "prefix": "patient-00", "page": next });
    let elsewhere = region.perform(&desk, words::Act::ObjectList, elsewhere, None).await.unwrap_err();
    assert_eq!(elsewhere.reason, words::Reason::Invalid, "a page of another listing");
    let bent = format!("{}A", &next[..next.len() - 1]);
    assert_eq!(page(Some(&bent)).await.unwrap_err().reason, words::Reason::Invalid);
}

#[tokio::test]
async fn what_goes_on_says_where_to_ask() {
    let house = House::open().await;
    let kurt = bearer(&house, "kurt").await;
    let rotated = act(&house, &kurt, "key.rotate", &json!({ "project": "planet" }), &[]).await;
    assert_eq!(
        (rotated.status, rotated.header("location")),
        (202, Some("/v1/acts/key.show")),
        "{}",
        rotated.body
    );
    let looked = act(&house, &kurt, "key.show", &json!({ "project": "planet" }), &[]).await;
    assert_eq!(looked.status, 200);
}

// Goal: who follows hears of each leaf they may see, and at last why no more.
#[tokio::test]
async fn events_follow_the_ledger() {
    let house = House::open().await;
    let carla = bearer(&house, "carla").await;
    let body = json!({ "project": "planet" }).to_string();
    let mut stream = TcpStream::connect(house.at).await.unwrap();
    let request = format!(
        "POST /v1/acts/ledger.follow HTTP/1.1\r\nhost: {}\r\nauthorization: {carla}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        house.at,
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut heard = String::new();
    let mut hear = async |until: &str| {
        let mut piece = [0; 4_096];
        while !heard.contains(until) {
            let read = tokio::time::timeout(Duration::from_secs(20), stream.read(&mut piece)).await;
            let read = read.unwrap_or_else(|_| panic!("nothing of `{until}` in {heard}")).unwrap();
            assert!(read > 0, "it ended: {heard}");
            heard += &String::from_utf8_lossy(&piece[..read]);
        }
        heard.clone()
    };
    hear("text/event-stream").await;
    house
        .world
        .act("carla", "bucket.create", json!({ "project": "planet", "bucket": "told" }))
        .await
        .unwrap();
    let told = hear("bucket.create").await;
    assert!(told.contains("id: ") && told.contains("data: {"), "{told}");
    house
        .world
        .act("sergio", "person.suspend", json!({ "person": "carla", "reason": "left" }))
        .await
        .unwrap();
    let over = hear("event: end").await;
    assert!(over.contains("person_suspended"), "{over}");
}

// Goal: who follows leaves room for others. Method: a fifth stream of one person.
#[tokio::test]
async fn a_person_follows_a_few_at_once() {
    let house = House::open().await;
    let carla = bearer(&house, "carla").await;
    let body = json!({ "project": "planet" }).to_string();
    let open = async || {
        let mut stream = TcpStream::connect(house.at).await.unwrap();
        let request = format!(
            "POST /v1/acts/ledger.follow HTTP/1.1\r\nhost: {}\r\nauthorization: {carla}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            house.at,
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = [0; 12];
        stream.read_exact(&mut head).await.unwrap();
        (stream, String::from_utf8_lossy(&head[9..]).into_owned())
    };
    let mut streams = Vec::new();
    for _ in 0..4 {
        let (stream, status) = open().await;
        assert_eq!(status, "200");
        streams.push(stream);
    }
    assert_eq!(open().await.1, "503");
    drop(streams);
    for tries in 0.. {
        if open().await.1 == "200" {
            break;
        }
        assert!(tries < 120, "what was given up is not there again");
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

// Goal: bytes that are not what their sender says are kept nowhere. Method: their own digest, another's, and none.
#[tokio::test]
async fn bytes_are_compared_with_their_digest() {
    let house = House::open().await;
    house.world.permit("p1", "planet", "2026-01-01", "2028-01-01").await.unwrap();
    let at = house::listen(&house.world, words::Place::Inside, None).await;
    let house = House { world: house.world, at };
    let rita = format!("Bearer {}", house.session_inside("rita").await);
    let fields = json!({ "project": "planet", "bucket": "bari", "key": "a.csv" });
    let fields = gate::identify::digest::write_act(fields.to_string().as_bytes());
    let (own, other) =
        (gate::identify::digest::content_digest(b"a;b"), gate::identify::digest::content_digest(b"a;c"));
    for (digest, status) in [(Some(&own), 200), (Some(&other), 400), (None, 200)] {
        let mut headers = vec![("authorization", rita.as_str()), ("epic-act", &fields)];
        headers.extend(digest.map(|digest| ("content-digest", digest.as_str())));
        let answer = house.ask("POST", "/v1/acts/object.put", &headers, "a;b").await;
        assert_eq!(answer.status, status, "{}", answer.body);
        let told: Value = serde_json::from_str(&answer.body).unwrap();
        let is_told = told["answer"]["sha256"].as_str().is_some_and(|sum| own.contains(sum));
        assert_eq!(is_told, digest == Some(&own));
    }
}
