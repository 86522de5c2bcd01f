//! Small bodies that come at the same time share a blob, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use crate::conformance::blobs::read;
use crate::kit;

use bytes::Bytes;
use futures::future::join_all;
use kit::{blob, cell, faulty, noise};
use proptest::prelude::*;
use store::blob::{Packs, Placed};
use store::limit::{PACK_BODIES_MAX, PACK_BYTES_MAX};
use store::twin::Faults;
use store::{Blobs, Bucket};
use words::Id;
use words::noun::Scope;

fn scope(number: u8) -> Id<Scope> {
    Id::from_bytes([number; 16])
}

async fn is_there(blobs: &Blobs, placed: Placed, bytes: &Bytes) -> bool {
    let from = placed.offset.unwrap_or(0);
    let range = from..from + bytes.len() as u64;
    let stored: Vec<Bytes> =
        futures::TryStreamExt::try_collect(blobs.read(placed.blob, range)).await.unwrap();
    stored.concat() == *bytes
}

// Goal: bodies of one scope share blobs, within bounds, and each is found where it was said. Method: more than fit
// into one pack, of two scopes and several sizes, all at once.
#[tokio::test]
async fn what_waits_together_is_written_together() {
    let bucket = Bucket::memory();
    let blobs = Blobs::new(bucket.clone(), cell(1));
    let packs = Packs::new(blobs.clone());
    let bodies: Vec<_> = (0..=255_u8).chain(0..=63).enumerate().collect();
    let puts = bodies.iter().map(|(at, byte)| {
        let own = Id::from_bytes((*at as u128 + 1).to_be_bytes());
        packs.put(own, scope(byte % 2), noise(*at as u64, 10 + at * 40))
    });
    let placed: Vec<Placed> = join_all(puts).await.into_iter().map(Result::unwrap).collect();
    let mut of_blob: BTreeMap<_, (BTreeSet<u8>, usize, usize)> = BTreeMap::new();
    for ((at, byte), placed) in bodies.iter().zip(&placed) {
        assert!(is_there(&blobs, *placed, &noise(*at as u64, 10 + at * 40)).await, "body {at}");
        let (scopes, count, bytes) = of_blob.entry(placed.blob).or_default();
        scopes.insert(byte % 2);
        *count += 1;
        *bytes += 10 + at * 40;
    }
    assert!(of_blob.len() < 20, "{} blobs of {} bodies", of_blob.len(), bodies.len());
    for (scopes, count, bytes) in of_blob.values() {
        assert!(scopes.len() == 1 && *count <= PACK_BODIES_MAX && *bytes <= PACK_BYTES_MAX);
    }
    assert_eq!(store::sweep::blobs(&bucket, cell(1)).await.unwrap().len(), of_blob.len());
}

#[tokio::test]
async fn a_body_alone_is_a_blob_of_its_own() {
    let blobs = Blobs::new(Bucket::memory(), cell(1));
    let packs = Packs::new(blobs.clone());
    for number in 1..4 {
        let body = noise(u64::from(number), 100);
        let placed = packs.put(blob(number), scope(1), body.clone()).await.unwrap();
        assert_eq!(placed, Placed { blob: blob(number), offset: None });
        assert_eq!(read(&blobs, number, 0..100).await.unwrap(), body);
    }
}

// Goal: a client that goes away takes no other down. Method: the first of three is dropped while its pack is on its way.
#[tokio::test]
async fn who_goes_away_leaves_the_others_their_bodies() {
    let blobs = Blobs::new(Bucket::memory(), cell(1));
    let packs = Packs::new(blobs.clone());
    let mut first = Box::pin(packs.put(blob(1), scope(1), noise(1, 50)));
    assert!(futures::poll!(&mut first).is_pending());
    let second = packs.put(blob(2), scope(1), noise(2, 60));
    let third = packs.put(blob(3), scope(1), noise(3, 70));
    drop(first);
    let (second, third) = futures::join!(second, third);
    assert!(is_there(&blobs, second.unwrap(), &noise(2, 60)).await);
    assert!(is_there(&blobs, third.unwrap(), &noise(3, 70)).await);
}

// Goal: who joins while a leader ends is led too. Method: tasks on several threads, each with one small body after another.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_joins_as_a_leader_ends_is_served() {
    let blobs = Blobs::new(Bucket::memory(), cell(1));
    let packs = Packs::new(blobs.clone());
    let tasks = (0..8_u8).map(|task| {
        let packs = packs.clone();
        tokio::spawn(async move {
            for at in 0..400_u128 {
                let own = Id::from_bytes((u128::from(task) * 1_000 + at + 1).to_be_bytes());
                packs.put(own, scope(1), noise(u64::from(task), 40)).await.unwrap();
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
}

/// Bodies in waves, in foul weather, then a crash: those that were answered are there.
async fn foul(seed: u64) -> Result<(), TestCaseError> {
    let twin = faulty(seed);
    let blobs = Blobs::new(Bucket::twin(&twin), cell(1));
    let packs = Packs::new(blobs.clone());
    twin.set_faults(Faults::BAD_DAY);
    twin.stop_after(3 + seed % 12);
    let mut kept = Vec::new();
    for wave in 0..6_u8 {
        let body = |at: u8| noise(seed ^ u64::from(wave * 8 + at), 20 + usize::from(at));
        let puts = (0..8).map(|at| packs.put(blob(1 + wave * 8 + at), scope(at % 2), body(at)));
        let told = join_all(puts).await;
        kept.extend(told.into_iter().zip(0..8).filter_map(|(told, at)| Some((told.ok()?, body(at)))));
    }
    twin.crash();
    twin.set_faults(Faults::default());
    for (placed, body) in kept {
        prop_assert!(is_there(&blobs, placed, &body).await, "lost at {:?}", placed);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    // Goal: what was answered is durable, wherever it lies. Method: waves of bodies in foul weather, a crash at a seeded step.
    #[test]
    fn what_was_answered_outlives_a_crash(seed: u64) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time().start_paused(true).build().unwrap();
        runtime.block_on(foul(seed))?;
    }
}
