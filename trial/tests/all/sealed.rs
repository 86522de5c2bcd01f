//! Files that come sealed to a provider's key: delivered from outside under a grant, and complete or not at all.

use std::sync::Arc;

use bytes::BytesMut;
use region::Region;
use region::object::put::{Extra, put};
use region::twin::{SeededRand, Soil, StillClock, World};
use region::upload::{Begun, complete, part, start};
use seal::crypt4gh::{read_public, seal_header};
use seal::{Attempt, DataKey, EncryptionKey, Sealer};
use serde_json::json;
use store::Bucket;
use store::twin::FaultyStore;
use trial::kit::{PROJECT, body, drain, put_deed, read, store};
use words::act::{UploadComplete, UploadPart, UploadShow, UploadStart};
use words::{Actor, Reason, Refusal};

use crate::ground::{desk, dina};

/// The public keys of all providers of the project; a file sealed to all opens under each.
async fn keys(world: &World) -> Vec<EncryptionKey> {
    let shown = world.act("kurt", "key.show", json!({ "project": PROJECT })).await.unwrap().answer;
    let scopes = shown["scopes"].as_array().unwrap();
    scopes
        .iter()
        .filter_map(|scope| read_public(scope["crypt4gh_public"].as_str()?.as_bytes()).ok())
        .collect()
}

fn file(to: &[EncryptionKey], plain: &[u8]) -> Vec<u8> {
    let rand = SeededRand::new(plain.len() as u64);
    let key = DataKey::random(rand.as_ref());
    let header = seal_header(&key, to, rand.as_ref()).unwrap();
    let mut sealer = Sealer::new(&key, Attempt::random(rand.as_ref())).unwrap();
    let mut sealed = BytesMut::new();
    sealer.push(plain, &mut sealed).unwrap();
    sealer.finish(&mut sealed).unwrap();
    [header, sealed.to_vec()].concat()
}

fn plain() -> Vec<u8> {
    (0..200_000_u32).map(|at| (at * 7 % 251) as u8).collect()
}

// Goal: who may only deliver delivers sealed files, and each provider's key is its own. Method: three hospitals.
#[tokio::test]
async fn a_grant_delivers_what_is_sealed_to_its_provider_alone() {
    let world = World::planet(Soil::new(61)).await.unwrap();
    for hospital in ["bari", "bologna"] {
        store(&world.region, &dina(&world, hospital).await, hospital, "first", b"x").await.unwrap();
    }
    world.permit("permit-1", PROJECT, "2027-01-01", "2027-06-30").await.unwrap();
    let (_, rita) = desk(&world).await;
    let (region, bari) = (&world.region, dina(&world, "bari").await);
    let mut taken = 0;
    for key in keys(&world).await {
        let mut deed = put_deed("bari", "sealed");
        deed.sealed = Some("crypt4gh".into());
        match put(region, &bari, deed, Extra::default(), body(&file(&[key], &plain()))).await {
            Ok(_) => taken += 1,
            Err(refusal) => assert_eq!(refusal.reason, Reason::SealWrong, "{refusal}"),
        }
    }
    assert_eq!(taken, 1, "one key of three is Bari's");
    assert!(read(region, &rita, "bari", "sealed").await.unwrap().0 == plain());
    let mut deed = put_deed("bari", "other");
    deed.sealed = Some("zip".into());
    let refused = put(region, &bari, deed, Extra::default(), body(b"x")).await.err().unwrap();
    assert_eq!(refused.reason, Reason::Invalid);
    let key = words::act::ObjectGet { version: None, ..trial::kit::get_deed("bari", "other") };
    let gone = region::object::read::get(region, &rita, key, |row| Ok(0..row.size_bytes))
        .await
        .map(|got| drain(got.body));
    assert_eq!(gone.err().map(|refusal| refusal.reason), Some(Reason::NotFound));
}

/// A sealed file sent as an upload of one part.
async fn sent(world: &World, bari: &Actor) -> String {
    let sealed = file(&keys(world).await, &plain());
    let (project, bucket, key) = (PROJECT.to_owned(), "bari".to_owned(), "late".to_owned());
    let deed = UploadStart {
        project: project.clone(),
        bucket: bucket.clone(),
        key: key.clone(),
        sealed: Some("crypt4gh".into()),
    };
    let (row, _) = start(&world.region, bari, deed, Begun::default()).await.unwrap();
    let upload = row.id.to_string();
    let deed = UploadPart { project, bucket, key, upload: upload.clone(), part: 1 };
    part(&world.region, bari, deed, Extra::default(), body(&sealed)).await.unwrap();
    upload
}

async fn completed(region: &Region, bari: &Actor, upload: &str) -> Result<(), Refusal> {
    let deed = UploadComplete {
        project: PROJECT.into(),
        bucket: "bari".into(),
        key: "late".into(),
        upload: upload.into(),
        condition: None,
    };
    complete(region, bari, deed, Vec::new(), |_, _| Ok(Vec::new())).await.map(drop)
}

// Goal: opening an upload that came sealed is one step. Method: the store stops at every operation of it in turn.
#[tokio::test]
async fn a_completion_that_was_cut_happened_or_can_be_done_again() {
    for step in 0.. {
        let clock = StillClock::at("2027-01-10T09:00:00Z");
        let twin = FaultyStore::new(SeededRand::new(step) as _, Arc::clone(&clock) as _);
        let soil = Soil { clock, ..Soil::over(Bucket::twin(&twin), 62) };
        let world = World::planet(soil).await.unwrap();
        world.permit("permit-1", PROJECT, "2027-01-01", "2027-06-30").await.unwrap();
        let bari = dina(&world, "bari").await;
        let upload = sent(&world, &bari).await;
        twin.stop_after(step);
        let cut = completed(&world.region, &bari, &upload).await;
        let was_cut = twin.is_stopped();
        world.region.close().await;
        twin.crash();
        let world = world.reopen().await.unwrap();
        let (_, rita) = desk(&world).await;
        let there = read(&world.region, &rita, "bari", "late").await.map(|(bytes, _)| bytes);
        let show = UploadShow { project: PROJECT.into(), bucket: "bari".into(), upload: None };
        let in_flight = region::upload::list(&world.region, &bari, &show).await.unwrap().len();
        match &there {
            Ok(bytes) => assert!(*bytes == plain() && in_flight == 0, "step {step}"),
            Err(refusal) => {
                assert_eq!((refusal.reason, in_flight), (Reason::NotFound, 1), "step {step}");
                assert!(cut.is_err(), "step {step}: acknowledged and lost");
                completed(&world.region, &bari, &upload).await.unwrap();
                assert!(
                    read(&world.region, &rita, "bari", "late").await.unwrap().0 == plain(),
                    "step {step}"
                );
            }
        }
        world.region.close().await;
        if !was_cut {
            assert!(step > 3, "nothing was ever cut");
            return;
        }
    }
}
