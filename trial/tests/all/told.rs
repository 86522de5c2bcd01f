//! What is told: to everybody by the public register, to those who follow a ledger by its stream.

use std::time::Duration;

use futures::StreamExt;
use region::noun::ledger;
use region::twin::{Soil, World};
use serde_json::{Value, json};
use trial::kit::PROJECT;
use words::act::LedgerFollow;
use words::{Actor, Reason, Refusal};

use crate::ground::refused;
use crate::sides::drafted;

const ITALIAN: &str = "Se l'aria di una città fa ammalare chi ci vive.";
const ENGLISH: &str = "Whether the air of a city makes those ill who live there.";

// Goal: everybody reads what a controller published, and nothing else of any project.
#[tokio::test]
async fn the_register_tells_what_was_published() {
    let world = World::planet(Soil::new(231)).await.unwrap();
    assert_eq!(world.region.register().await.unwrap(), Vec::new(), "nothing by itself");
    let publish = json!({ "project": PROJECT, "italian": ITALIAN, "english": ENGLISH });
    refused(
        &world,
        Reason::RoleMissing,
        "a researcher publishing",
        world.act("rita", "project.publish", publish.clone()),
    )
    .await;
    for bad in ["", " ", &"x".repeat(2_001)] {
        let bad = world.act(
            "carla",
            "project.publish",
            json!({ "project": PROJECT, "italian": bad, "english": ENGLISH }),
        );
        refused(&world, Reason::Invalid, "in one language", bad).await;
    }
    world.act("carla", "project.publish", publish.clone()).await.unwrap();
    refused(&world, Reason::AlreadyDone, "the same again", world.act("carla", "project.publish", publish))
        .await;
    world.permit("p1", PROJECT, "2026-01-01", "2028-01-01").await.unwrap();
    let register = world.region.register().await.unwrap();
    let [entry] = &register[..] else { panic!("{register:?}") };
    assert_eq!((entry.italian.as_str(), entry.english.as_str()), (ITALIAN, ENGLISH));
    assert!(
        !entry.providers.is_empty() && !entry.categories.is_empty() && entry.starts < entry.ends,
        "{entry:?}"
    );
    assert_eq!(entry.permits, 1);
    let told = format!("{entry:?}");
    for hidden in ["rita", "carla", "\"planet", "bari\"", "p1"] {
        assert!(!told.contains(hidden), "{hidden}: {told}");
    }
    world.act("carla", "project.conceal", json!({ "project": PROJECT, "reason": "over" })).await.unwrap();
    assert_eq!(world.region.register().await.unwrap(), Vec::new());
}

async fn follow(
    world: &World,
    actor: &Actor,
    project: Option<&str>,
) -> Result<impl futures::Stream<Item = Result<Value, Refusal>> + use<>, Refusal> {
    let deed = LedgerFollow { project: project.map(str::to_owned), after: None };
    ledger::follow(&world.region, actor, deed).await
}

const SOON: Duration = Duration::from_secs(20);

// Goal: who follows is told what they may see, as it happens. Method: the controller sees a leaf of another, the
// researcher sees her own and not his.
#[tokio::test]
async fn who_follows_sees_what_they_may() {
    let world = World::planet(Soil::new(232)).await.unwrap();
    let (carla, rita) = (world.actor("carla"), world.actor("rita"));
    let mut all = Box::pin(follow(&world, &carla, Some(PROJECT)).await.unwrap());
    let mut own = Box::pin(follow(&world, &rita, Some(PROJECT)).await.unwrap());
    let next = |leaf: Option<Result<Value, Refusal>>| leaf.unwrap().unwrap();
    // WHY polled at once: what is new counts from when one follows.
    let bucket = |name: &str| json!({ "project": PROJECT, "bucket": name });
    world.act("carla", "bucket.create", bucket("by-carla")).await.unwrap();
    world.act("rita", "bucket.create", bucket("by-rita")).await.unwrap();
    let mut seen = Vec::new();
    while seen.len() < 2 {
        let leaf = next(tokio::time::timeout(SOON, all.next()).await.unwrap());
        if leaf["act"] == "bucket.create" {
            seen.push(leaf["person"].clone());
        }
    }
    assert_eq!(seen, [json!(carla.person.to_string()), json!(rita.person.to_string())]);
    loop {
        let leaf = next(tokio::time::timeout(SOON, own.next()).await.unwrap());
        assert_eq!(leaf["person"], json!(rita.person.to_string()), "another's leaf: {leaf}");
        if leaf["act"] == "bucket.create" {
            break;
        }
    }
    // Out is out, and says why.
    world.act("sergio", "person.suspend", json!({ "person": "rita", "reason": "left" })).await.unwrap();
    let over = loop {
        match tokio::time::timeout(SOON, own.next()).await.unwrap() {
            Some(Ok(_leaf)) => {}
            Some(Err(refusal)) => break refusal,
            None => panic!("it ended without a reason"),
        }
    };
    assert_eq!(over.reason, Reason::PersonSuspended);
    // The root's ledger tells everybody what tells of them, and auditors all.
    let (nobody, anna) = (world.actor("rolf"), world.actor("anna"));
    let mut little = Box::pin(follow(&world, &nobody, None).await.unwrap());
    let mut much = Box::pin(follow(&world, &anna, None).await.unwrap());
    world.act("sergio", "person.resume", json!({ "person": "rita" })).await.unwrap();
    world.act("sergio", "person.recall", json!({ "person": "rolf" })).await.unwrap();
    let heard = next(tokio::time::timeout(SOON, little.next()).await.unwrap());
    assert_eq!(heard["act"], "person.recall", "{heard}");
    let heard = next(tokio::time::timeout(SOON, much.next()).await.unwrap());
    assert!(heard["act"].is_string());
    let nina = world.enrol("nina", "infn").await.map(|()| world.actor("nina")).unwrap();
    assert_eq!(
        follow(&world, &nina, Some(PROJECT)).await.err().map(|refusal| refusal.reason),
        Some(Reason::NotFound)
    );
}

// Goal: from a release back to the agreements, every step with the leaves that prove it, and no name of a person.
#[tokio::test]
async fn a_release_has_its_chain() {
    let world = World::planet(Soil::new(233)).await.unwrap();
    drafted(&world).await;
    let of = json!({ "project": PROJECT, "airlock": "out-1" });
    let mut release = of.clone();
    release["ends"] = json!("2027-03-01");
    world.act("carla", "airlock.release", release).await.unwrap();
    let chain = world.act("anna", "airlock.chain", of.clone()).await.unwrap().answer;
    let links = chain["links"].as_array().unwrap();
    let kinds: Vec<_> = links.iter().map(|link| link["link"].as_str().unwrap()).collect();
    assert_eq!((kinds.first(), kinds.last()), (Some(&"agreement"), Some(&"airlock")), "{chain}");
    assert!(kinds.contains(&"permit") && kinds.contains(&"object"), "{kinds:?}");
    assert_eq!((&chain["state"], &chain["whole"]), (&json!("released"), &json!(true)));
    let acts = |kind: &str| {
        let own = links.iter().filter(move |link| link["link"] == kind);
        own.flat_map(|link| link["leaves"].as_array().unwrap().clone()).collect::<Vec<_>>()
    };
    for (kind, act) in [
        ("agreement", "agreement.sign"),
        ("permit", "permit.grant"),
        ("object", "object.put"),
        ("airlock", "airlock.draft"),
        ("airlock", "airlock.approve"),
        ("airlock", "airlock.release"),
    ] {
        let leaf = acts(kind).into_iter().find(|leaf| leaf["act"] == act);
        let leaf = leaf.unwrap_or_else(|| panic!("no leaf of {act}: {chain}"));
        let proof = world.act("anna", "ledger.prove", json!({ "leaf": leaf["leaf"] })).await.unwrap().answer;
        assert_eq!(proof["record"]["act"], act);
    }
    // Another researcher learns of no permit but their own, and of no leaf that they could not have proved.
    world.enrol_by("sergio", "rosa", "iss").await.unwrap();
    world.give("carla", "rosa", "researcher", Some(PROJECT)).await.unwrap();
    let others = world.act("rosa", "airlock.chain", of.clone()).await.unwrap().answer;
    let others = others["links"].as_array().unwrap();
    assert!(others.iter().all(|link| link["link"] != "permit"), "{others:?}");
    assert!(others.iter().all(|link| link["leaves"] == json!([])), "{others:?}");
    let text = chain.to_string();
    for person in ["rita", "carla", "rolf", "renate"] {
        assert!(
            !text.contains(&world.actor(person).person.to_string()) && !text.contains(person),
            "{person}: {text}"
        );
    }
    refused(
        &world,
        Reason::NotFound,
        "a chain of nothing",
        world.act("carla", "airlock.chain", json!({ "project": PROJECT, "airlock": "none" })),
    )
    .await;
    let outside = world.act("sara-bari", "airlock.chain", of).await.unwrap_err();
    assert!([Reason::NotFound, Reason::RoleMissing].contains(&outside.reason), "{outside}");
}
