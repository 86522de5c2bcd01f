//! The main job in memory: agreement, delivery, permit, reading, release, erasure.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use bytes::Bytes;
use futures::{StreamExt, stream};
use region::object::body::Body;
use region::object::put::{Extra, put};
use region::object::read::get;
use region::twin::{Access, Soil, World};
use serde_json::json;
use words::act::{ObjectGet, ObjectPut};
use words::{Actor, Place, Reason, Refusal};

fn body(bytes: &[u8]) -> Body {
    let chunks: Vec<_> = bytes.chunks(70_000).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    Box::pin(stream::iter(chunks))
}

fn put_deed(bucket: &str, key: &str) -> ObjectPut {
    ObjectPut {
        project: "planet".into(),
        bucket: bucket.into(),
        key: key.into(),
        media: None,
        condition: None,
        sealed: None,
    }
}

async fn store(world: &World, actor: &Actor, bucket: &str, key: &str, bytes: &[u8]) -> Result<(), Refusal> {
    let stored = put(&world.region, actor, put_deed(bucket, key), Extra::default(), body(bytes)).await?;
    assert!(stored.leaf.is_some());
    Ok(())
}

async fn read(world: &World, actor: &Actor, bucket: &str, key: &str) -> Result<Vec<u8>, Refusal> {
    let deed = ObjectGet { project: "planet".into(), bucket: bucket.into(), key: key.into(), version: None };
    let mut reading = get(&world.region, actor, deed, |row| Ok(0..row.size_bytes)).await?;
    let mut plain = Vec::new();
    while let Some(next) = reading.body.next().await {
        plain.extend_from_slice(&next?);
    }
    Ok(plain)
}

async fn deliverer(world: &World, hospital: &str) -> Actor {
    let access: Access = world
        .credential(
            &format!("dina-{hospital}"),
            "planet",
            Place::Outside,
            Some(&format!("deliver-{hospital}")),
        )
        .await
        .unwrap();
    world.with(&access, Place::Outside).await.unwrap()
}

fn reason<T>(result: Result<T, Refusal>) -> Reason {
    match result {
        Ok(_) => panic!("it was allowed"),
        Err(refusal) => refusal.reason,
    }
}

#[tokio::test]
async fn data_go_in_are_read_inside_leave_by_judgement_and_are_erased() {
    let world = World::planet(Soil::new(1)).await.unwrap();
    let plain: Vec<u8> = (0..200_000_u32).map(|byte| (byte % 251) as u8).collect();
    for hospital in ["bologna", "bari", "catania"] {
        let dina = deliverer(&world, hospital).await;
        store(&world, &dina, hospital, "patients.csv", &plain).await.unwrap();
        assert_eq!(reason(read(&world, &dina, hospital, "patients.csv").await), Reason::GrantWriteOnly);
    }
    let inside = world.credential("rita", "planet", Place::Inside, None).await.unwrap();
    let rita = world.with(&inside, Place::Inside).await.unwrap();
    assert_eq!(reason(read(&world, &rita, "bari", "patients.csv").await), Reason::PermitMissing);
    world.permit("permit-1", "planet", "2027-01-01", "2027-06-30").await.unwrap();
    assert_eq!(read(&world, &rita, "bari", "patients.csv").await.unwrap(), plain);
    let outside = world.with(&inside, Place::Outside).await.unwrap();
    assert_eq!(reason(read(&world, &outside, "bari", "patients.csv").await), Reason::PlaceOutside);

    world.act("rita", "bucket.create", json!({ "project": "planet", "bucket": "results" })).await.unwrap();
    store(&world, &rita, "results", "table.csv", b"region,cases\nN,120\n").await.unwrap();
    release(&world).await;
    withdraw(&world, &rita, &plain).await;
}

async fn release(world: &World) {
    let draft = json!({ "alias": "table-1", "project": "planet", "objects": ["results/table.csv"], "context": "counts above 10" });
    world.act("rita", "airlock.draft", draft).await.unwrap();
    let approve = json!({ "project": "planet", "airlock": "table-1", "note": "counts checked" });
    assert_eq!(reason(world.act("rita", "airlock.approve", approve.clone()).await), Reason::OwnRequest);
    let release = json!({ "project": "planet", "airlock": "table-1", "ends": "2027-03-01" });
    world.act("rolf", "airlock.approve", approve.clone()).await.unwrap();
    assert_eq!(
        reason(world.act("carla", "airlock.release", release.clone()).await),
        Reason::ApprovalsMissing
    );
    world.act("renate", "airlock.approve", approve).await.unwrap();
    world.act("carla", "airlock.release", release).await.unwrap();
}

async fn withdraw(world: &World, rita: &Actor, plain: &[u8]) {
    let erase =
        json!({ "project": "planet", "agreement": "planet-bari", "reason": "the hospital withdraws" });
    assert_eq!(reason(world.act("carla", "key.erase-scope", erase.clone()).await), Reason::RoleMissing);
    let done = world.act("kurt", "key.erase-scope", erase).await.unwrap();
    assert!(done.answer["certificate"].as_str().unwrap().contains("\"erased\":\"scope\""));
    assert_eq!(reason(read(world, rita, "bari", "patients.csv").await), Reason::NotFound);
    assert_eq!(read(world, rita, "bologna", "patients.csv").await.unwrap(), plain);

    world.region.close().await;
    let again = world.reopen().await.unwrap();
    assert_eq!(reason(read(&again, rita, "bari", "patients.csv").await), Reason::NotFound);
    assert_eq!(read(&again, rita, "catania", "patients.csv").await.unwrap(), plain);
}
