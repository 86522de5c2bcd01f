//! Exits: what goes back to a provider, in whose hands, and what may not happen on the way.

use region::Region;
use region::object::send::fetch;
use region::twin::{Soil, World};
use serde_json::{Value, json};
use trial::kit::{PROJECT, drain, store};
use words::act::ExitFetch;
use words::{Actor, Reason, Refusal};

use crate::erasure::withdraw;
use crate::ground::{desk, dina, reason, until};

fn of(hospital: &str) -> Value {
    json!({ "project": PROJECT, "agreement": format!("planet-{hospital}") })
}

fn with(more: Value) -> Value {
    let mut fields = of("bari");
    fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    fields
}

fn deed(key: &str, agreement: &str) -> ExitFetch {
    ExitFetch {
        project: PROJECT.into(),
        agreement: agreement.into(),
        bucket: "bari".into(),
        key: key.into(),
        version: None,
    }
}

/// The provider's key pair, as Crypt4GH writes it.
fn key_pair() -> (seal::DecryptionKey, String) {
    let secret = seal::DecryptionKey::from_secret(&words::Secret::new([7; 32]));
    let public = seal::crypt4gh::write_public(secret.public());
    (secret, public)
}

/// PLANET with two deliveries of Bari and one of Catania, whose agreements have ended.
async fn over(seed: u64) -> World {
    let world = World::planet(Soil::new(seed)).await.unwrap();
    let bari = dina(&world, "bari").await;
    for key in ["a", "b"] {
        store(&world.region, &bari, "bari", key, key.repeat(70_000).as_bytes()).await.unwrap();
    }
    store(&world.region, &dina(&world, "catania").await, "catania", "c", b"theirs").await.unwrap();
    world
        .act("carla", "agreement.end", json!({ "agreement": "planet-bari", "reason": "over" }))
        .await
        .unwrap();
    world
}

async fn accepted(seed: u64) -> World {
    let world = over(seed).await;
    world.act("carla", "exit.start", of("bari")).await.unwrap();
    world.act("sara-bari", "exit.accept", with(json!({ "recipient": key_pair().1 }))).await.unwrap();
    world
}

async fn fetched(region: &Region, who: &Actor, key: &str) -> Result<Vec<u8>, Refusal> {
    drain(fetch(region, who, deed(key, "planet-bari")).await?.body).await
}

fn opened(sealed: &[u8]) -> Vec<u8> {
    let header = seal::crypt4gh::open_header(sealed, &key_pair().0).unwrap();
    let mut opener = seal::crypt4gh::ForeignOpener::new(&header).unwrap();
    let mut plain = bytes::BytesMut::new();
    opener.push(&sealed[header.header_bytes..], &mut plain).unwrap();
    opener.finish(&mut plain).unwrap();
    plain.to_vec()
}

/// Goal: each step is one person's and comes in its order. Method: everybody else, and every other order.
#[tokio::test]
async fn each_step_is_its_own_person_s_and_comes_in_order() {
    let world = World::planet(Soil::new(71)).await.unwrap();
    let no = |who: &'static str, act: &'static str, fields: Value, expected| {
        let world = &world;
        async move { assert_eq!(reason(world.act(who, act, fields).await), expected, "{who} {act}") }
    };
    let key = with(json!({ "recipient": key_pair().1 }));
    no("carla", "exit.start", of("bari"), Reason::AgreementRunning).await;
    world
        .act("carla", "agreement.end", json!({ "agreement": "planet-bari", "reason": "over" }))
        .await
        .unwrap();
    no("sara-bari", "exit.accept", key.clone(), Reason::StateWrong).await;
    no("steo-bari", "exit.list", of("bari"), Reason::StateWrong).await;
    no("steo-bari", "exit.confirm", with(json!({ "digest": "00" })), Reason::StateWrong).await;
    for who in ["sara-bari", "steo-bari", "kurt", "anna", "olga", "rita"] {
        no(who, "exit.start", of("bari"), Reason::RoleMissing).await;
    }
    world.act("carla", "exit.start", of("bari")).await.unwrap();
    no("carla", "exit.start", of("bari"), Reason::AlreadyDone).await;
    for who in ["carla", "steo-bari", "kurt", "sergio", "sara-catania", "steo-catania"] {
        no(who, "exit.accept", key.clone(), Reason::RoleMissing).await;
    }
    no("sara-bari", "exit.accept", with(json!({ "recipient": "no key" })), Reason::Invalid).await;
    no("steo-bari", "exit.list", of("bari"), Reason::StateWrong).await;
    world.act("sara-bari", "exit.accept", key.clone()).await.unwrap();
    no("sara-bari", "exit.accept", key, Reason::AlreadyDone).await;
    for who in ["carla", "kurt", "rita", "sergio", "steo-catania", "sara-catania"] {
        no(who, "exit.list", of("bari"), Reason::RoleMissing).await;
        no(who, "exit.confirm", with(json!({ "digest": "00" })), Reason::RoleMissing).await;
    }
    // Another's agreement, under the right project's name and under a wrong one's.
    no("steo-bari", "exit.list", of("catania"), Reason::RoleMissing).await;
    no(
        "steo-bari",
        "exit.list",
        json!({ "project": "nothing", "agreement": "planet-bari" }),
        Reason::NotFound,
    )
    .await;
}

/// Goal: what goes back is all of it, to the provider's key alone, and can be fetched again. Method: at tier 2, from outside.
#[tokio::test]
async fn all_of_it_goes_back_sealed_to_the_provider_s_key() {
    let world = accepted(72).await;
    let steo = world.actor("steo-bari");
    let before = world.act("steo-bari", "exit.list", of("bari")).await.unwrap().answer;
    assert_eq!(
        (&before["objects"], &before["fetched"], &before["note"]),
        (&2.into(), &0.into(), &Value::Null)
    );
    for key in ["a", "b", "a"] {
        let sealed = fetched(&world.region, &steo, key).await.unwrap();
        assert_eq!(opened(&sealed), key.repeat(70_000).into_bytes());
        let list = world.act("steo-bari", "exit.list", of("bari")).await.unwrap().answer;
        let item = list["items"].as_array().unwrap().iter().find(|item| item["key"] == key).unwrap().clone();
        assert_eq!(item["sealed_sha256"], data_encoding::HEXLOWER.encode(&seal::sha256(&sealed)));
        assert_eq!(
            item["sha256"],
            data_encoding::HEXLOWER.encode(&seal::sha256(key.repeat(70_000).as_bytes()))
        );
    }
    let whole = world.act("steo-bari", "exit.list", of("bari")).await.unwrap().answer;
    let digest = whole["digest"].as_str().unwrap();
    assert!(whole["note"].as_str().unwrap().contains(digest), "{whole}");
    let other =
        fetch(&world.region, &steo, ExitFetch { bucket: "catania".into(), ..deed("c", "planet-bari") }).await;
    assert_eq!(reason(other), Reason::NotFound, "another provider's data went out");
    let theirs = fetch(&world.region, &world.actor("steo-catania"), deed("a", "planet-bari")).await;
    assert_eq!(reason(theirs), Reason::RoleMissing);
    let wrong = world.act("steo-bari", "exit.confirm", with(json!({ "digest": "0".repeat(64) }))).await;
    assert_eq!(reason(wrong), Reason::TermsChanged);
    world.act("steo-bari", "exit.confirm", with(json!({ "digest": digest }))).await.unwrap();
    assert_eq!(reason(fetch(&world.region, &steo, deed("a", "planet-bari")).await), Reason::AlreadyDone);
    world.act("kurt", "key.erase-scope", withdraw("bari")).await.unwrap();
    let shown = world.act("carla", "exit.show", json!({ "project": PROJECT })).await.unwrap().answer;
    assert_eq!(shown[0]["state"], "erased", "{shown}");
    let theirs = world.act("steo-catania", "exit.show", json!({ "project": PROJECT })).await.unwrap().answer;
    assert_eq!(theirs, json!([]), "a return is told to another provider");
}

/// Goal: a half-read object is not taken for sent. Method: the stream is dropped before its end.
#[tokio::test]
async fn what_broke_off_was_not_sent() {
    let world = accepted(73).await;
    let steo = world.actor("steo-bari");
    let mut reading = fetch(&world.region, &steo, deed("a", "planet-bari")).await.unwrap();
    futures::StreamExt::next(&mut reading.body).await.unwrap().unwrap();
    drop(reading);
    let list = world.act("steo-bari", "exit.list", of("bari")).await.unwrap().answer;
    assert_eq!(list["fetched"], 0, "{list}");
}

/// Goal: nothing is erased that is on its way, and nothing goes out that is locked, halted or held back.
#[tokio::test]
async fn an_open_return_keeps_its_data_and_a_lock_keeps_them_in() {
    let world = accepted(74).await;
    let steo = world.actor("steo-bari");
    let erase = || world.act("kurt", "key.erase-scope", withdraw("bari"));
    let whole = json!({ "project": PROJECT, "reason": "over" });
    assert_eq!(reason(erase().await), Reason::ReceiptMissing);
    assert_eq!(reason(world.act("kurt", "key.erase-project", whole.clone()).await), Reason::ReceiptMissing);
    world.act("kurt", "key.lock", json!({ "project": PROJECT })).await.unwrap();
    assert_eq!(reason(fetch(&world.region, &steo, deed("a", "planet-bari")).await), Reason::ProjectLocked);
    world.act("kim", "key.unlock", json!({ "project": PROJECT })).await.unwrap();
    world.act("carla", "project.halt", json!({ "project": PROJECT, "reason": "look" })).await.unwrap();
    assert_eq!(reason(fetch(&world.region, &steo, deed("a", "planet-bari")).await), Reason::ProjectHalted);
    world.act("carla", "project.resume", json!({ "project": PROJECT })).await.unwrap();
    // An open stream ends when the keys are locked.
    let mut reading = fetch(&world.region, &steo, deed("a", "planet-bari")).await.unwrap();
    futures::StreamExt::next(&mut reading.body).await.unwrap().unwrap();
    world.act("kurt", "key.lock", json!({ "project": PROJECT })).await.unwrap();
    assert_eq!(reason(drain(reading.body).await), Reason::ProjectLocked);
    world.act("kim", "key.unlock", json!({ "project": PROJECT })).await.unwrap();
    let waive = with(json!({ "waiver": "we keep the originals" }));
    assert_eq!(reason(world.act("steo-bari", "exit.confirm", waive.clone()).await), Reason::RoleMissing);
    let hold = |state| json!({ "project": PROJECT, "bucket": "bari", "key": "a", "hold": state, "reason": "a court asks" });
    world.act("carla", "object.hold", hold("on")).await.unwrap();
    world.act("sara-bari", "exit.confirm", waive).await.unwrap();
    assert_eq!(reason(erase().await), Reason::LegalHold, "what a court holds is erased");
    world.act("carla", "object.hold", hold("off")).await.unwrap();
    erase().await.unwrap();
}

/// Goal: an agreement that ran out is over too. Method: its last day passes.
#[tokio::test]
async fn an_agreement_that_ran_out_is_over() {
    let world = World::planet(Soil::new(75)).await.unwrap();
    let (_, _rita) = desk(&world).await;
    assert_eq!(reason(world.act("carla", "exit.start", of("bari")).await), Reason::AgreementRunning);
    until(&world, "2028-01-02T00:00:00Z").await;
    world.act("carla", "exit.start", of("bari")).await.unwrap();
}
