//! Readings: who read what is told in full, and who may no longer read gets nothing more.

use futures::{SinkExt, StreamExt};
use region::object::ObjectRow;
use region::object::put::{Extra, put};
use region::object::read::get;
use region::twin::{Soil, World};
use serde_json::{Value, json};
use store::Bucket;
use store::custody::{Custody, KeyName};
use store::twin::{Faults, FaultyStore};
use trial::kit::{HERE, PROJECT, drain, get_deed, put_deed, store};
use words::act::SessionOpen;
use words::noun::Cell;
use words::{Actor, Id, Place, Reason};

use crate::ground::{desk, pass_ms, project, reason, records, until};

async fn reader(soil: Soil) -> (World, Actor) {
    reader_until(soil, "2027-06-30").await
}

async fn reader_until(soil: Soil, ends: &str) -> (World, Actor) {
    let world = World::planet(soil).await.unwrap();
    world.permit("permit-1", PROJECT, "2027-01-01", ends).await.unwrap();
    world.act("rita", "bucket.create", json!({ "project": PROJECT, "bucket": "results" })).await.unwrap();
    let (_, rita) = desk(&world).await;
    (world, rita)
}

/// What the project's ledger tells an auditor.
async fn told(world: &World) -> Vec<Value> {
    let shown = world.act("anna", "ledger.show", json!({ "project": PROJECT })).await.unwrap();
    shown.answer.as_array().unwrap().clone()
}

async fn told_of(world: &World, act: &str) -> Vec<Value> {
    told(world).await.into_iter().filter(|leaf| leaf["act"] == act).collect()
}

async fn row(world: &World, cell: Id<Cell>) -> ObjectRow {
    let rows = world.region.cell(cell).await.unwrap().view().await.unwrap();
    rows.all::<ObjectRow>(&[]).await.unwrap().pop().unwrap().1
}

// Goal: a permit that ends while the leaf of a read is on its way lets no byte out.
// Method: both at once over a slow store, with many seeds, until the read was let in first.
#[tokio::test(start_paused = true)]
async fn a_permit_that_ends_during_the_commit_lets_nothing_out() {
    let mut overtaken = 0;
    for seed in 60..80 {
        let clock = region::twin::StillClock::at("2027-01-10T09:00:00Z");
        let twin = FaultyStore::new(region::twin::SeededRand::new(seed) as _, clock.clone() as _);
        let (world, rita) = reader(Soil { clock, ..Soil::over(Bucket::twin(&twin), seed) }).await;
        store(&world.region, &rita, "results", "a", b"what nobody may read any more").await.unwrap();
        twin.set_faults(Faults { wait_ms_max: 400, ..Faults::default() });
        let deed = get_deed("results", "a");
        let reading = get(&world.region, &rita, deed, |row| Ok(0..row.size_bytes));
        let end = world.act("carla", "permit.end", json!({ "permit": "permit-1", "reason": "over" }));
        let (reading, ended) = tokio::join!(reading, end);
        ended.unwrap();
        match reading {
            Ok(reading) => {
                overtaken += 1;
                assert_eq!(reason(drain(reading.body).await), Reason::PermitEnded, "seed {seed}");
            }
            Err(refusal) => assert_eq!(refusal.reason, Reason::PermitEnded, "seed {seed}"),
        }
    }
    assert!(overtaken > 0, "no read was let in before the permit ended");
}

// Goal: what has ended stays ended. Method: the clock set back before the permit's end, in this process and the next.
#[tokio::test]
async fn a_clock_that_goes_back_opens_nothing_again() {
    // WHY January: the permit ends while the credential, which lasts a month, still holds.
    let (world, rita) = reader_until(Soil::new(80), "2027-01-31").await;
    store(&world.region, &rita, "results", "a", b"some bytes").await.unwrap();
    let read = async |world: &World| trial::kit::read(&world.region, &rita, "results", "a").await;
    until(&world, "2027-02-01T00:00:00Z").await;
    assert_eq!(reason(read(&world).await), Reason::PermitEnded);
    world.act("carla", "project.show", json!({})).await.unwrap();
    world.region.flush_observations().await.unwrap();
    until(&world, "2027-01-30T00:00:00Z").await;
    assert_eq!(reason(read(&world).await), Reason::PermitEnded);
    world.region.close().await;
    let again = world.reopen().await.unwrap();
    assert_eq!(reason(read(&again).await), Reason::PermitEnded);
}

#[tokio::test]
async fn the_ledger_says_how_much_of_an_object_went_out() {
    let (world, rita) = reader(Soil::new(81)).await;
    let plain = vec![7_u8; 300_000];
    store(&world.region, &rita, "results", "a", &plain).await.unwrap();
    let whole =
        get(&world.region, &rita, get_deed("results", "a"), |row| Ok(0..row.size_bytes)).await.unwrap();
    drain(whole.body).await.unwrap();
    let part = get(&world.region, &rita, get_deed("results", "a"), |_| Ok(10..70_000)).await.unwrap();
    drain(part.body).await.unwrap();
    let mut cut =
        get(&world.region, &rita, get_deed("results", "a"), |row| Ok(0..row.size_bytes)).await.unwrap();
    let first = cut.body.next().await.unwrap().unwrap().len() as u64;
    drop(cut);
    world.region.flush_observations().await.unwrap();
    let totals: Vec<_> = told_of(&world, "object.get")
        .await
        .iter()
        .filter_map(|leaf| leaf["detail"]["bytes"].as_u64())
        .collect();
    // One object, one reader, one second: counted together.
    assert_eq!(totals, [300_000 + 69_990 + first]);
}

#[tokio::test]
async fn a_leaf_proves_which_bytes_were_stored() {
    let (world, rita) = reader(Soil::new(82)).await;
    store(&world.region, &rita, "results", "a", b"some bytes").await.unwrap();
    let cell = project(&world.region).await;
    let blob = row(&world, cell).await.pieces[0].blob;
    let blobs = &world.region.cell(cell).await.unwrap().blobs;
    let size = blobs.size(blob).await.unwrap().unwrap();
    let mut stored = std::pin::pin!(blobs.read(blob, 0..size));
    let mut hash = seal::crypt4gh::BodyHash::new();
    while let Some(bytes) = stored.next().await {
        hash.update(&bytes.unwrap());
    }
    let hex: String = hash.finish().iter().map(|byte| format!("{byte:02x}")).collect();
    let put = told_of(&world, "object.put").await.pop().unwrap();
    assert_eq!(put["detail"]["did"]["sealed_blake3"], hex);
    assert_eq!(put["detail"]["did"]["size_bytes"], 10);
    assert_eq!(put["detail"]["asked"]["key"], "a");
}

// Goal: whoever learns something leaves a trace. Method: what a reader can try without reading.
#[tokio::test]
async fn looks_and_refusals_are_noted_wherever_they_end() {
    let (world, rita) = reader(Soil::new(83)).await;
    store(&world.region, &rita, "results", "a", b"some bytes").await.unwrap();
    let object = format!("object:{}", row(&world, project(&world.region).await).await.id);
    let unwanted = |_: &ObjectRow| Err(Reason::PreconditionFailed.into());
    let looked = get(&world.region, &rita, get_deed("results", "a"), unwanted).await;
    assert_eq!(reason(looked), Reason::PreconditionFailed);
    let absent = get(&world.region, &rita, get_deed("nowhere", "a"), |row| Ok(0..row.size_bytes)).await;
    assert_eq!(reason(absent), Reason::NotFound);
    world.region.flush_observations().await.unwrap();
    let gets = told_of(&world, "object.get").await;
    let subjects = |refused: Value| {
        let of = gets.iter().filter(|leaf| leaf["refused"] == refused);
        of.map(|leaf| leaf["subjects"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(subjects(Value::Null), [json!([object])], "the look itself");
    assert_eq!(subjects(json!("precondition_failed")), [json!([])]);
    assert_eq!(subjects(json!("not_found")), [json!([])]);
}

#[tokio::test]
async fn the_use_of_a_revoked_credential_is_noted() {
    let world = World::planet(Soil::new(84)).await.unwrap();
    world.permit("permit-1", PROJECT, "2027-01-01", "2027-06-30").await.unwrap();
    let (access, _) = desk(&world).await;
    world.act("rita", "credential.revoke", json!({ "credential": access.id })).await.unwrap();
    assert_eq!(reason(world.with(&access, words::Place::Inside).await), Reason::CredentialEnded);
    world.region.flush_observations().await.unwrap();
    let shown = world.act("anna", "ledger.show", json!({})).await.unwrap();
    let used: Vec<_> = shown
        .answer
        .as_array()
        .unwrap()
        .iter()
        .filter(|leaf| leaf["act"] == "credential.use")
        .cloned()
        .collect();
    assert_eq!((used.len(), &used[0]["refused"]), (1, &json!("credential_ended")));
}

// Goal: whatever is open in a session ends with what the session stands on. Method: a read on its way and a delivery on
// its way, for each deed that takes something away; nothing of the delivery is left.
#[tokio::test]
async fn what_is_open_in_a_session_ends_with_it() {
    let because = "so it goes";
    for (seed, who, act, fields, expected) in [
        (191, "sergio", "person.recall", json!({ "person": "rita" }), Reason::SessionEnded),
        (
            192,
            "sergio",
            "person.suspend",
            json!({ "person": "rita", "reason": because }),
            Reason::PersonSuspended,
        ),
        (193, "carla", "permit.end", json!({ "permit": "permit-1", "reason": because }), Reason::PermitEnded),
        (
            194,
            "carla",
            "project.halt",
            json!({ "project": PROJECT, "reason": because }),
            Reason::ProjectHalted,
        ),
    ] {
        let (world, rita) = reader(Soil::new(seed)).await;
        store(&world.region, &rita, "results", "a", &vec![7; 3_000_000]).await.unwrap();
        let inside = Actor { credential: None, ..rita };
        let opened = world.region.open_session(&inside, SessionOpen { seconds: None }).await.unwrap();
        let session = world.region.actor_of_open_session(opened.ticket.expose(), HERE, Place::Inside);
        let session = session.await.unwrap();
        let wanted = get_deed("results", "a");
        let mut reading = get(&world.region, &session, wanted, |row| Ok(0..row.size_bytes)).await.unwrap();
        reading.body.next().await.unwrap().unwrap();
        let (mut sender, receiver) = futures::channel::mpsc::channel(1);
        let delivery =
            put(&world.region, &session, put_deed("results", "b"), Extra::default(), Box::pin(receiver));
        let taken_away = async {
            sender.send(Ok(bytes::Bytes::from_static(b"half of it"))).await.unwrap();
            world.act(who, act, fields).await.unwrap();
            // It may be refused already, and nobody takes the rest.
            let _gone = sender.send(Ok(bytes::Bytes::from_static(b" and the rest"))).await;
            drop(sender);
        };
        let (delivered, ()) = futures::join!(delivery, taken_away);
        assert_eq!(reason(delivered), expected, "{act}: the delivery");
        let next = loop {
            match reading.body.next().await {
                Some(Ok(_)) => {}
                Some(Err(refusal)) => break refusal.reason,
                None => panic!("{act}: all of it was read"),
            }
        };
        assert_eq!(next, expected, "{act}: the read");
        let cell = world.region.cell(project(&world.region).await).await.unwrap();
        let rows = cell.view().await.unwrap().all::<ObjectRow>(&[]).await.unwrap();
        assert_eq!(rows.len(), 1, "{act}: something is left");
    }
}

#[tokio::test]
async fn a_body_that_is_read_is_not_swept() {
    let (world, rita) = reader(Soil::new(85)).await;
    let plain: Vec<u8> = (0..3_000_000_u32).map(|byte| (byte % 251) as u8).collect();
    store(&world.region, &rita, "results", "a", &plain).await.unwrap();
    let cell = project(&world.region).await;
    let mut reading =
        get(&world.region, &rita, get_deed("results", "a"), |row| Ok(0..row.size_bytes)).await.unwrap();
    let mut bytes = reading.body.next().await.unwrap().unwrap().to_vec();
    let gone = json!({ "project": PROJECT, "bucket": "results", "key": "a" });
    world.region.perform(&rita, words::Act::ObjectDelete, gone, None).await.unwrap();
    pass_ms(&world, 26 * 3_600_000).await;
    assert_eq!(world.region.sweep(cell).await.unwrap().blobs, 0);
    while let Some(next) = reading.body.next().await {
        bytes.extend_from_slice(&next.unwrap());
    }
    assert!(bytes == plain);
    drop(reading);
    assert_eq!(world.region.sweep(cell).await.unwrap().blobs, 1);
}

// Goal: ending a year of access records ends no record of deliveries. Method: the log folded without the year's key.
#[tokio::test]
async fn records_of_reads_alone_lie_under_the_years_key() {
    let (world, rita) = reader(Soil::new(86)).await;
    store(&world.region, &rita, "results", "a", b"some bytes").await.unwrap();
    trial::kit::read(&world.region, &rita, "results", "a").await.unwrap();
    let cell = project(&world.region).await;
    world.soil.custody.destroy(&[KeyName::Audit(cell, 2027)]).unwrap();
    let records = records(&world.region, cell).await;
    let unreadable = records.iter().filter(|record| record.is_none()).count();
    let acts: Vec<_> = records.into_iter().flatten().map(|record| record.act).collect();
    assert!(acts.contains(&"object.put".to_owned()) && !acts.contains(&"object.get".to_owned()), "{acts:?}");
    assert!(unreadable > 0);
}
