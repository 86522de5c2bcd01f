//! The door where logs ask, spoken to as any program may, and the round that asks it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::SocketAddr;

use region::twin::{OPERATOR, Soil, World};
use seal::merkle::{Leaves, consistency, leaf_hash};
use seal::note::{Checkpoint, NoteSigner, Submission};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use words::Secret;

async fn world(name: &'static str, seed: u64) -> World {
    World::found(Soil { name, ..Soil::new(seed) }).await.unwrap()
}

async fn door(world: &World) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(web::witness(listener, world.region.clone(), std::future::pending()));
    address
}

/// Status, media type and body.
async fn post(at: SocketAddr, head: &str, body: &str) -> (u16, String, String) {
    let mut stream = TcpStream::connect(at).await.unwrap();
    let request = format!(
        "{head} HTTP/1.1\r\nhost: {at}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    // A body that is too long is not read to its end.
    let _cut = stream.write_all(request.as_bytes()).await;
    let mut answer = String::new();
    let _cut = stream.read_to_string(&mut answer).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let media = head.lines().find_map(|line| line.strip_prefix("content-type: ")).unwrap_or_default();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), media.to_owned(), body.to_owned())
}

fn submission(seed: u8, old: u64, size: u64) -> String {
    let key = seal::SigningKey::from_seed(&Secret::new([seed; 32])).unwrap();
    let signer = NoteSigner::new("log.example/a".parse().unwrap(), key);
    let leaves: Vec<_> = (0..size).map(|number| leaf_hash(&number.to_be_bytes())).collect();
    let mut frontier = seal::Frontier::new();
    leaves.iter().for_each(|leaf| frontier.push(*leaf));
    let note = Checkpoint::new("log.example/a".into(), size, frontier.root()).sign(&signer).unwrap();
    let proof = consistency(&Leaves(&leaves), old, size).unwrap();
    Submission { old, proof, note }.to_string()
}

// Goal: each verdict is the status that the specification names, and nothing else is behind the door.
#[tokio::test]
async fn the_door_answers_as_the_specification_says() {
    let world = world("nord.test", 1).await;
    let at = door(&world).await;
    let add = "POST /add-checkpoint";
    let first = submission(7, 0, 5);
    assert_eq!(post(at, add, &first).await.0, 404);
    let key = seal::SigningKey::from_seed(&Secret::new([7; 32])).unwrap();
    let signer = NoteSigner::new("log.example/a".parse().unwrap(), key);
    world.act(OPERATOR, "witness.follow", json!({ "log": signer.verifier().to_string() })).await.unwrap();
    assert_eq!(post(at, add, &submission(8, 0, 5)).await.0, 403);
    let (status, _, line) = post(at, add, &first).await;
    assert_eq!(status, 200, "{line}");
    let note = seal::note::Note::parse(first.split_once("\n\n").unwrap().1.as_bytes()).unwrap();
    let known = [world.region.cosigner().unwrap().public().clone()];
    assert_eq!(note.with_lines(line.as_bytes()).unwrap().cosigned(&known).unwrap().len(), 1, "{line}");
    assert_eq!(post(at, add, &submission(7, 5, 8)).await.0, 429);
    world.soil.clock.pass_ms(1_000);
    world.region.confirm().await;
    assert_eq!(post(at, add, &submission(7, 3, 8)).await, (409, "text/x.tlog.size".into(), "5\n".into()));
    let bent =
        submission(7, 5, 8).replacen("old 5\n", "old 5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", 1);
    assert_eq!(post(at, add, &bent).await.0, 422);
    for noise in ["", "old 1", &"x".repeat(100_000)] {
        assert_eq!(post(at, add, noise).await.0, 400, "{} bytes", noise.len());
    }
    for other in
        ["GET /add-checkpoint", "POST /", "GET /health", "POST /v1/acts/witness.show", "PUT /add-checkpoint"]
    {
        assert_eq!(post(at, other, "").await.0, 404, "{other}");
    }
    let page = region::meter::page(&world.region, &[]).await.unwrap();
    assert!(page.contains("epic_strangers_refused_total{door=\"witness\",reason=\"not_found\"} 1"), "{page}");
}

// Goal: a word arrives over the wire, unasked; a door that is no witness's is away and stops nothing.
#[tokio::test]
async fn the_round_brings_a_word_home() {
    let (nord, sud) = (world("nord.test", 2).await, world("sud.test", 3).await);
    let at = door(&sud).await;
    let log = nord.act(OPERATOR, "witness.show", json!({})).await.unwrap().answer;
    let key = sud.act(OPERATOR, "witness.show", json!({})).await.unwrap().answer;
    let add = json!({ "witness": key["key"], "address": format!("http://{at}/") });
    nord.act(OPERATOR, "witness.add", add).await.unwrap();
    sud.act(OPERATOR, "witness.follow", json!({ "log": log["log"] })).await.unwrap();
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let stranger = nord.region.cosigner().unwrap().public().to_string();
    let add = json!({ "witness": stranger, "address": format!("http://{gone}") });
    sud.act(OPERATOR, "witness.add", add).await.unwrap();
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let until = async { drop(ended.await) };
    let asking = tokio::spawn(web::ask_witnesses(nord.region.clone(), None, until));
    let other = tokio::spawn(web::ask_witnesses(sud.region.clone(), None, std::future::pending()));
    let states = async |of: &World| {
        let all = of.region.witnesses().await.unwrap();
        all.into_iter().map(|(_, row, state)| (row.signed.is_some(), state.text())).collect::<Vec<_>>()
    };
    while states(&nord).await != [(true, "signing")] || states(&sud).await != [(false, "away")] {
        tokio::task::yield_now().await;
    }
    sud.act(OPERATOR, "organisation.register", json!({ "alias": "acme", "name": "Acme" })).await.unwrap();
    drop(end);
    asking.await.unwrap();
    other.abort();
}
