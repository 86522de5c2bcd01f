//! Training and instruction: without both nobody works at tiers 2 and 3, and both end by themselves.

use region::twin::{Soil, World};
use serde_json::json;
use trial::kit::{PROJECT, store};
use words::Reason;

use crate::ground::{desk, dina, pass_ms, refused};

async fn world(seed: u64) -> World {
    let world = World::planet(Soil::new(seed)).await.unwrap();
    world.permit("permit-1", PROJECT, "2027-01-01", "2027-12-31").await.unwrap();
    world.act("rita", "bucket.create", json!({ "project": PROJECT, "bucket": "results" })).await.unwrap();
    world
}

async fn learn(world: &World, training: &str, instruction: &str) {
    let train = json!({ "person": "rita", "course": "Handling sensitive data", "ends": training });
    world.act("sergio", "person.train", train).await.unwrap();
    let instruct = json!({ "person": "rita", "project": PROJECT, "ends": instruction });
    world.act("carla", "person.instruct", instruct).await.unwrap();
}

// Goal: what somebody learned counts until its last moment. Method: each of both ends first; noted anew, work goes on.
#[tokio::test]
async fn work_ends_with_what_was_learned() {
    let world = world(171).await;
    let hour_ms = 3_600_000;
    let now = world.region.now();
    let (soon, late) = (now.plus_ms(hour_ms).to_string(), now.plus_ms(100 * hour_ms).to_string());
    let rita = desk(&world).await.1;
    let write = || store(&world.region, &rita, "results", "a", b"counts");
    learn(&world, &soon, &late).await;
    write().await.unwrap();
    pass_ms(&world, hour_ms + 1).await;
    refused(&world, Reason::TrainingMissing, "a write after the training's end", write()).await;
    learn(&world, &late, &world.region.now().plus_ms(hour_ms).to_string()).await;
    write().await.unwrap();
    pass_ms(&world, hour_ms + 1).await;
    refused(&world, Reason::InstructionMissing, "a write after the instruction's end", write()).await;
    learn(&world, &late, &late).await;
    write().await.unwrap();
    // The hospital's own people deliver under their grant, and are its own to train.
    store(&world.region, &dina(&world, "bari").await, "bari", "a", b"delivered").await.unwrap();
}

// Goal: nobody teaches themselves, and nobody else's people. Method: each of them tries.
#[tokio::test]
async fn nobody_notes_their_own() {
    let world = world(172).await;
    let train = |person: &str| json!({ "person": person, "course": "c", "ends": "2028-01-01" });
    let own = world.act("sergio", "person.train", train("sergio"));
    refused(&world, Reason::OwnRequest, "a signatory training themselves", own).await;
    let others = world.act("sara-bari", "person.train", train("rita"));
    refused(&world, Reason::NotFound, "training another house's people", others).await;
    let instruct = |person: &str| json!({ "person": person, "project": PROJECT, "ends": "2028-01-01" });
    let own = world.act("carla", "person.instruct", instruct("carla"));
    refused(&world, Reason::OwnRequest, "a controller instructing themselves", own).await;
    let reviewer = world.act("rolf", "person.instruct", instruct("rita"));
    refused(&world, Reason::RoleMissing, "a reviewer instructing", reviewer).await;
    let past = |person: &str| json!({ "person": person, "course": "c", "ends": "2020-01-01" });
    let never = world.act("sergio", "person.train", past("carla"));
    refused(&world, Reason::Invalid, "a training that is over", never).await;
    // What is noted is taken back so.
    world.act("sergio", "person.train", past("rita")).await.unwrap();
    let rita = desk(&world).await.1;
    let write = store(&world.region, &rita, "results", "a", b"counts");
    refused(&world, Reason::TrainingMissing, "a write after the training was taken back", write).await;
}
