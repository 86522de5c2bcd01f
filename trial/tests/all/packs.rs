//! Objects that share a blob: read, checked and swept as if each had its own.

use std::sync::Arc;

use futures::future::join_all;
use region::check::scrub::scrub;
use region::object::ObjectRow;
use region::twin::{Soil, World};
use serde_json::json;
use store::Bucket;
use store::twin::FaultyStore;
use trial::kit::{PROJECT, drain, get_deed, read, store};
use words::{Act, Actor};

use crate::ground::{desk, pass_ms, project};

const TOGETHER: usize = 24;
const DAY_MS: i64 = 26 * 3_600_000;

fn content(at: usize) -> Vec<u8> {
    (0..100 + at * 900).map(|byte| ((byte * 7 + at) % 251) as u8).collect()
}

/// Many small objects put at the same time, and who put them.
async fn packed(soil: Soil) -> (World, Actor, Vec<ObjectRow>) {
    let world = World::planet(soil).await.unwrap();
    world.permit("permit-1", PROJECT, "2027-01-01", "2027-06-30").await.unwrap();
    world.act("rita", "bucket.create", json!({ "project": PROJECT, "bucket": "results" })).await.unwrap();
    let (_, rita) = desk(&world).await;
    let bodies: Vec<_> = (0..TOGETHER).map(|at| (format!("{at:02}"), content(at))).collect();
    let puts = bodies.iter().map(|(key, bytes)| store(&world.region, &rita, "results", key, bytes));
    let rows = join_all(puts).await.into_iter().map(|stored| stored.unwrap().row).collect();
    (world, rita, rows)
}

async fn blobs(world: &World) -> usize {
    let cell = project(&world.region).await;
    store::sweep::blobs(&world.soil.bucket, cell).await.unwrap().len()
}

async fn delete(world: &World, rita: &Actor, key: &str) {
    let gone = json!({ "project": PROJECT, "bucket": "results", "key": key });
    world.region.perform(rita, Act::ObjectDelete, gone, None).await.unwrap();
}

// Goal: what lies together is read, whole and in part, before and after a restart, and by a copy.
#[tokio::test]
async fn objects_that_share_a_blob_are_read_apart() {
    let (world, rita, rows) = packed(Soil::new(901)).await;
    assert!(blobs(&world).await < TOGETHER / 2, "nothing was put together");
    assert!(rows.iter().any(|row| row.pieces[0].offset.is_some_and(|offset| offset > 0)));
    let copy = json!({
        "project": PROJECT, "bucket": "results", "key": "copy", "source_bucket": "results", "source_key": "17",
    });
    world.region.perform(&rita, Act::ObjectCopy, copy, None).await.unwrap();
    world.region.close().await;
    let world = world.reopen().await.unwrap();
    let (_, rita) = desk(&world).await;
    for at in 0..TOGETHER {
        let key = format!("{at:02}");
        assert!(read(&world.region, &rita, "results", &key).await.unwrap().0 == content(at), "object {at}");
        let part = region::object::read::get(&world.region, &rita, get_deed("results", &key), |_| Ok(40..90));
        assert!(drain(part.await.unwrap().body).await.unwrap() == content(at)[40..90], "part of {at}");
    }
    assert!(read(&world.region, &rita, "results", "copy").await.unwrap().0 == content(17));
}

// Goal: a pack stays while one object in it does, and then goes. Method: all but one are deleted and a day passes; then that one.
#[tokio::test]
async fn a_pack_goes_with_its_last_object() {
    let (world, rita, rows) = packed(Soil::new(902)).await;
    let cell = project(&world.region).await;
    let last = rows.iter().position(|row| row.pieces[0].offset.is_some_and(|offset| offset > 0)).unwrap();
    for at in (0..TOGETHER).filter(|at| *at != last) {
        delete(&world, &rita, &format!("{at:02}")).await;
    }
    pass_ms(&world, DAY_MS).await;
    world.region.sweep(cell).await.unwrap();
    assert_eq!(blobs(&world).await, 1);
    assert!(read(&world.region, &rita, "results", &format!("{last:02}")).await.unwrap().0 == content(last));
    delete(&world, &rita, &format!("{last:02}")).await;
    world.region.sweep(cell).await.unwrap();
    assert_eq!(blobs(&world).await, 0);
}

// Goal: a scrub tells which body is broken, and it breaks no other. Method: one byte of a pack is another one.
#[tokio::test]
async fn one_broken_body_breaks_no_other() {
    let soil = Soil::new(903);
    let twin = FaultyStore::new(Arc::clone(&soil.rand) as _, Arc::clone(&soil.clock) as _);
    let (world, rita, rows) = packed(Soil { bucket: Bucket::twin(&twin), ..soil }).await;
    let piece = |at: usize| &rows[at].pieces[0];
    let broken = (1..TOGETHER).find(|at| piece(*at).offset.is_some_and(|offset| offset > 0)).unwrap();
    let blob = piece(broken).blob.to_string();
    let (name, _) = twin.contents().into_iter().find(|(name, _)| name.ends_with(&blob)).unwrap();
    assert!(twin.damage(&name, usize::try_from(piece(broken).offset.unwrap()).unwrap() + 50));
    let cell = world.region.cell(project(&world.region).await).await.unwrap();
    let found = scrub(&cell).await.unwrap();
    assert_eq!((found.blobs, found.broken), (TOGETHER as u64, vec![piece(broken).blob]));
    for at in 0..TOGETHER {
        let told = read(&world.region, &rita, "results", &format!("{at:02}")).await;
        assert_eq!(told.is_ok_and(|(bytes, _)| bytes == content(at)), at != broken, "object {at}");
    }
}
