//! Rotation: what is there moves to new keys while it is read, through every stop, and the old keys die.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::Bytes;
use futures::StreamExt;
use region::Region;
use region::object::ObjectRow;
use region::object::put::{Extra, put};
use region::scope::ScopeRow;
use region::twin::{Soil, World};
use region::upload::{self, PartRow};
use serde_json::json;
use store::custody::{Custody, KeyName};
use trial::kit::{PROJECT, body, put_deed, read, store};
use trial::sim::stand::{Stand, runtime};
use words::act::{UploadComplete, UploadPart, UploadStart};
use words::{Act, Actor, Place, Reason};

use crate::erasure::{Failing, PLANTED, deliver, person};
use crate::ground::{desk, dina, project, reason, records};

const OBJECTS: usize = 40;

/// Steps to the end; tells how many it took.
pub async fn resealed(region: &Region) -> usize {
    let cell = region.cell(project(region).await).await.unwrap();
    let mut steps = 1;
    while region.reseal(&cell, 1).await.unwrap() {
        steps += 1;
        assert!(steps < 1_000, "it does not end");
    }
    steps
}

/// Everything that is there is under the newest keys, and custody holds no others.
pub async fn is_moved(region: &Region, custody: &dyn Custody) -> bool {
    let cell = region.cell(project(region).await).await.unwrap();
    let rows = cell.view().await.unwrap();
    let scopes = rows.all::<ScopeRow>(&[]).await.unwrap();
    let newest =
        |scope| scopes.iter().find(|(_, row)| row.id == scope).map(|(_, row)| row.generation).unwrap();
    let objects = rows.all::<ObjectRow>(&[]).await.unwrap();
    let is_new = |(_, row): &(Vec<u8>, ObjectRow)| {
        row.pieces.iter().all(|piece| piece.generation == newest(row.scope))
    };
    let names = custody.names().unwrap();
    let is_kept = |name: &KeyName| match name {
        KeyName::ScopeData(_, scope, generation) => *generation == newest(*scope),
        _ => true,
    };
    objects.iter().all(is_new) && names.iter().all(is_kept)
}

async fn filled(seed: u64) -> (World, Actor, Actor) {
    let world = World::planet(Soil::new(seed)).await.unwrap();
    world.permit("permit-1", PROJECT, "2027-01-01", "2027-06-30").await.unwrap();
    let dina = dina(&world, "bari").await;
    for at in 0..OBJECTS {
        store(&world.region, &dina, "bari", &format!("key-{at}"), &content(at)).await.unwrap();
    }
    let (_, rita) = desk(&world).await;
    (world, dina, rita)
}

fn content(at: usize) -> Vec<u8> {
    format!("object {at} ").repeat(at * 400).into_bytes()
}

/// Goal: rotation under load loses no read. Method: readers read all objects over and over, many of them between any two
/// steps, while three rotations move everything, and others deliver; every reading gives the bytes that were put.
#[tokio::test]
async fn a_rotation_under_load_loses_no_read() {
    let (world, dina, rita) = filled(201).await;
    let world = Arc::new(world);
    let (is_over, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let readers: Vec<_> = (0..6)
        .map(|reader| {
            let (world, rita, is_over, count) =
                (Arc::clone(&world), rita.clone(), Arc::clone(&is_over), Arc::clone(&count));
            tokio::spawn(async move {
                let mut at = reader * 7;
                while !is_over.load(Ordering::SeqCst) {
                    at = (at * 5 + 3) % OBJECTS;
                    let (bytes, _) = read(&world.region, &rita, "bari", &format!("key-{at}")).await.unwrap();
                    assert!(bytes == content(at), "key-{at}");
                    count.fetch_add(1, Ordering::SeqCst);
                }
            })
        })
        .collect();
    for round in 0..3 {
        world.act("kurt", "key.rotate", json!({ "project": PROJECT })).await.unwrap();
        store(&world.region, &dina, "bari", &format!("new-{round}"), PLANTED).await.unwrap();
        let cell = world.region.cell(project(&world.region).await).await.unwrap();
        loop {
            let before = count.load(Ordering::SeqCst);
            let is_left = world.region.reseal(&cell, 1).await.unwrap();
            while count.load(Ordering::SeqCst) < before + 20 {
                tokio::task::yield_now().await;
            }
            if !is_left {
                break;
            }
        }
        assert!(is_moved(&world.region, world.soil.custody.as_ref()).await, "round {round}");
    }
    is_over.store(true, Ordering::SeqCst);
    for reader in readers {
        reader.await.unwrap();
    }
    let told = records(&world.region, project(&world.region).await).await;
    let acts = |act: &str| told.iter().flatten().filter(|record| record.act == act).count();
    assert_eq!((acts("key.rotate"), acts("key.retire")), (3, 3));
    assert!(acts("key.reseal") >= 9);
}

/// Goal: what is told of a rotation is where it is. Method: `key.show` before, at every step and after.
#[tokio::test]
async fn its_progress_is_told() {
    let (world, _, _) = filled(202).await;
    let shown = async || {
        let shown = world.act("kurt", "key.show", json!({ "project": PROJECT })).await.unwrap().answer;
        (shown["resealing"]["stage"].as_str().map(str::to_owned), shown["resealing"]["moved"].as_u64())
    };
    assert_eq!(shown().await, (None, None));
    world.act("kurt", "key.rotate", json!({ "project": PROJECT })).await.unwrap();
    assert_eq!(shown().await, (Some("moving".to_owned()), Some(0)));
    let cell = world.region.cell(project(&world.region).await).await.unwrap();
    let mut seen = Vec::new();
    while world.region.reseal(&cell, 1).await.unwrap() {
        seen.push(shown().await);
    }
    assert!(seen.contains(&(Some("moving".to_owned()), Some(OBJECTS as u64))), "{seen:?}");
    let stages =
        ["closing", "destroying"].map(|stage| seen.iter().any(|(at, _)| at.as_deref() == Some(stage)));
    assert_eq!(stages, [true, true], "{seen:?}");
    assert_eq!(shown().await, (None, None));
}

/// Goal: an upload that began before goes on after; a body sealed to keys that are gone is refused, not stored. Method: parts
/// kept before the rotation, and a body that waits in the middle of it.
#[tokio::test]
async fn what_is_on_its_way_is_moved_or_refused() {
    let (world, dina, rita) = filled(203).await;
    let region = &world.region;
    let of = |key: &str| UploadStart {
        project: PROJECT.into(),
        bucket: "bari".into(),
        key: key.into(),
        sealed: None,
    };
    let (begun, _) = upload::start(region, &dina, of("parts"), upload::Begun::default()).await.unwrap();
    let part = UploadPart {
        project: PROJECT.into(),
        bucket: "bari".into(),
        key: "parts".into(),
        upload: begun.id.to_string(),
        part: 1,
    };
    upload::part(region, &dina, part, Extra::default(), body(PLANTED)).await.unwrap();
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel::<Bytes>();
    let waiting = futures::stream::unfold(receiver, |mut receiver| async {
        receiver.recv().await.map(|bytes| (Ok(bytes), receiver))
    });
    let late = tokio::spawn({
        let (region, dina) = (region.clone(), dina.clone());
        async move {
            put(&region, &dina, put_deed("bari", "late"), Extra::default(), waiting.boxed()).await.map(drop)
        }
    });
    sender.send(Bytes::from_static(b"half ")).unwrap();
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    world.act("kurt", "key.rotate", json!({ "project": PROJECT })).await.unwrap();
    resealed(region).await;
    sender.send(Bytes::from_static(b"and half")).unwrap();
    drop(sender);
    assert_eq!(reason(late.await.unwrap()), Reason::Unavailable);
    assert_eq!(reason(read(region, &rita, "bari", "late").await), Reason::NotFound);
    let rows = region.cell(project(region).await).await.unwrap().view().await.unwrap();
    let parts = rows.all::<PartRow>(&[]).await.unwrap();
    assert_eq!(parts[0].1.piece.generation, 2, "the part moved");
    let complete = UploadComplete {
        project: PROJECT.into(),
        bucket: "bari".into(),
        key: "parts".into(),
        upload: begun.id.to_string(),
        condition: None,
    };
    upload::complete(region, &dina, complete, Vec::new(), |_, _| Ok(Vec::new())).await.unwrap();
    assert_eq!(read(region, &rita, "bari", "parts").await.unwrap().0, PLANTED);
    store(region, &dina, "bari", "late", PLANTED).await.unwrap();
    assert!(is_moved(region, world.soil.custody.as_ref()).await);
}

/// Goal: an erased hospital stays erased through a rotation, and does not hold it up.
#[tokio::test]
async fn an_erasure_in_the_middle_stays_one() {
    let (world, _, rita) = filled(204).await;
    let catania = dina(&world, "catania").await;
    store(&world.region, &catania, "catania", "a", PLANTED).await.unwrap();
    world.act("kurt", "key.rotate", json!({ "project": PROJECT })).await.unwrap();
    let cell = world.region.cell(project(&world.region).await).await.unwrap();
    assert!(world.region.reseal(&cell, 1).await.unwrap());
    world.act("kurt", "key.erase-scope", crate::erasure::withdraw("bari")).await.unwrap();
    resealed(&world.region).await;
    assert_eq!(reason(read(&world.region, &rita, "bari", "key-1").await), Reason::NotFound);
    assert_eq!(read(&world.region, &rita, "catania", "a").await.unwrap().0, PLANTED);
}

/// Rotates under a fault, crashes, opens again and goes on to the end; true if the fault came too late.
fn rotate_with(step: u64, arm: impl Fn(&Stand, &Failing)) -> bool {
    let stand = Stand::new(step).unwrap();
    let is_done = runtime().unwrap().block_on(async {
        let custody =
            Arc::new(Failing { inner: Arc::clone(&stand.soil.custody) as _, left: AtomicU64::new(u64::MAX) });
        let parts = region::Parts { custody: Arc::clone(&custody) as _, ..stand.soil.parts() };
        let region = Region::open(parts).await.unwrap();
        deliver(&stand, &region).await;
        arm(&stand, &custody);
        let rotate = json!({ "project": PROJECT });
        if region.perform(&person(&stand, "kurt"), Act::KeyRotate, rotate, None).await.is_err() {
            return false;
        }
        let Ok(cell) = region.cell(stand.cast.project.cast()).await else { return false };
        region.reseal(&cell, 100).await.is_ok_and(|is_left| !is_left)
    });
    stand.store.crash();
    runtime().unwrap().block_on(async {
        let region = Region::open(stand.soil.parts()).await.unwrap();
        let rita = region
            .actor_of_credential(&stand.cast.keys[3].id, trial::kit::HERE, Place::Inside)
            .await
            .unwrap();
        assert_eq!(read(&region, &rita, "bari", "a").await.unwrap().0, PLANTED, "step {step}: half-way");
        resealed(&region).await;
        assert_eq!(read(&region, &rita, "bari", "a").await.unwrap().0, PLANTED, "step {step}: moved");
        assert!(is_moved(&region, stand.soil.custody.as_ref()).await || !is_done, "step {step}");
        region
            .perform(&person(&stand, "kurt"), Act::KeyRotate, json!({ "project": PROJECT }), None)
            .await
            .unwrap();
        resealed(&region).await;
        assert!(is_moved(&region, stand.soil.custody.as_ref()).await, "step {step}: rotated again");
        assert_eq!(read(&region, &rita, "bari", "a").await.unwrap().0, PLANTED, "step {step}: again");
    });
    is_done
}

#[test]
fn a_rotation_survives_a_crash_at_every_step() {
    let finished = (0..120).find(|step| rotate_with(*step, |stand, _| stand.store.stop_after(*step)));
    assert!(finished.is_some_and(|steps| steps > 5), "no crash hit it: {finished:?}");
}

#[test]
fn a_rotation_survives_custody_failing_at_every_call() {
    let finished = (0..2_000)
        .step_by(3)
        .find(|step| rotate_with(*step, |_, custody| custody.left.store(*step, Ordering::SeqCst)));
    assert!(finished.is_some_and(|calls| calls > 5), "custody never failed: {finished:?}");
}
