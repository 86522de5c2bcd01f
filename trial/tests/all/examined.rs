//! Examined: what was stored is looked at once, what names people is read by nobody, and what cannot be looked at waits.

use futures::StreamExt;
use region::examine::{Arrival, Names, Said, Standing};
use region::twin::{Soil, World};
use serde_json::{Value, json};
use trial::kit::{PROJECT, store};
use words::noun::Project;
use words::{Act, Actor, Id, Reason};

use crate::ground::{desk, dina, pass_ms, project, reason, records, refused};

/// PLANET with a bucket of its researcher, who sits inside.
pub async fn world(seed: u64) -> (World, Actor) {
    world_on(Soil::new(seed)).await
}

pub async fn world_on(soil: Soil) -> (World, Actor) {
    let world = World::planet(soil).await.unwrap();
    world.permit("permit-1", PROJECT, "2027-01-01", "2027-06-30").await.unwrap();
    world.act("rita", "bucket.create", json!({ "project": PROJECT, "bucket": "results" })).await.unwrap();
    let (_, rita) = desk(&world).await;
    (world, rita)
}

pub async fn id(world: &World) -> Id<Project> {
    project(&world.region).await.cast()
}

/// All that waits, from where the log was followed to.
async fn waiting(world: &World) -> Vec<Arrival> {
    let id = id(world).await;
    let from = world.region.followed_to(id).await.unwrap();
    world.region.arrivals(id, from).await.unwrap().waiting
}

fn said(names: Names, is_whole: bool) -> Said {
    let report = json!({ "kind": "csv" }).to_string();
    Said { is_whole, names, report, kind: "csv".to_owned(), examiner: "trial".to_owned(), ..Said::default() }
}

/// Has everything that waits looked at, with one and the same outcome.
async fn settle(world: &World, names: Names, is_whole: bool) -> Vec<Option<Standing>> {
    let mut standings = Vec::new();
    for arrival in waiting(world).await {
        standings.push(world.region.keep_said(&arrival, said(names, is_whole)).await.unwrap());
    }
    standings
}

async fn shown(world: &World, who: &Actor, bucket: &str, key: &str) -> Value {
    let of = json!({ "project": PROJECT, "bucket": bucket, "key": key });
    world.region.perform(who, Act::ObjectShow, of, None).await.unwrap().answer
}

async fn read(world: &World, actor: &Actor, bucket: &str, key: &str) -> Result<Vec<u8>, words::Refusal> {
    trial::kit::read(&world.region, actor, bucket, key).await.map(|(bytes, _)| bytes)
}

async fn copied(
    world: &World,
    actor: &Actor,
    from: (&str, &str),
    to: (&str, &str),
) -> Result<(), words::Refusal> {
    let fields = json!({
        "project": PROJECT, "bucket": to.0, "key": to.1, "source_bucket": from.0, "source_key": from.1,
    });
    world.region.perform(actor, Act::ObjectCopy, fields, None).await.map(drop)
}

// Goal: everything that is stored is looked at once, whoever stored it, also after a restart.
// Method: a delivery, a write and a copy; a second look at the log, and one by another process.
#[tokio::test]
async fn what_is_stored_is_looked_at_once() {
    let (world, rita) = world(301).await;
    let dina = dina(&world, "bari").await;
    store(&world.region, &dina, "bari", "delivered", b"a,b\n1,2\n").await.unwrap();
    store(&world.region, &rita, "results", "written", b"a,b\n1,2\n").await.unwrap();
    copied(&world, &rita, ("results", "written"), ("results", "copied")).await.unwrap();
    let found = waiting(&world).await;
    let keys: Vec<_> = found.iter().map(|arrival| arrival.row.key.as_str()).collect();
    assert_eq!(keys, ["delivered", "written", "copied"]);
    let opened = world.region.open_arrival(&found[0]).await.unwrap().unwrap();
    let bytes: Vec<_> = opened.body.map(|piece| piece.unwrap().to_vec()).collect().await;
    assert_eq!(bytes.concat(), b"a,b\n1,2\n");
    assert_eq!(settle(&world, Names::Nobody, true).await, [Some(Standing::Clear); 3]);
    assert!(waiting(&world).await.is_empty(), "what was looked at does not wait");
    assert!(world.region.open_arrival(&found[0]).await.unwrap().is_none());
    assert_eq!(world.region.keep_said(&found[0], said(Names::Surely, true)).await.unwrap(), None, "once");
    let shown = shown(&world, &rita, "bari", "delivered").await;
    assert_eq!((&shown["standing"], &shown["report"]["kind"]), (&json!("clear"), &json!("csv")));
    let cell = project(&world.region).await;
    let told = records(&world.region, cell).await.into_iter().flatten();
    let told: Vec<_> = told.filter(|record| record.act == "object.examine").collect();
    assert!(told.len() == 3 && told.iter().all(|record| record.person.is_none()), "{told:?}");
    let again = world.reopen().await.unwrap();
    again.region.cell(cell).await.unwrap();
    assert!(waiting(&again).await.is_empty());
    store(&again.region, &rita, "results", "later", b"x").await.unwrap();
    assert_eq!(waiting(&again).await.len(), 1);
}

// Goal: what names people is read by nobody until its controller says so, where the tier forbids it.
// Method: every way to the bytes; who may say it, and who may not; a new version begins anew.
#[tokio::test]
async fn what_names_people_is_set_apart() {
    let (world, rita) = world(302).await;
    let dina = dina(&world, "bari").await;
    store(&world.region, &dina, "bari", "named", b"name\nMario Rossi\n").await.unwrap();
    assert_eq!(settle(&world, Names::Surely, true).await, [Some(Standing::Apart)]);
    refused(&world, Reason::SetApart, "reading it", read(&world, &rita, "bari", "named")).await;
    let other = copied(&world, &rita, ("bari", "named"), ("bari", "other"));
    refused(&world, Reason::SetApart, "copying it", other).await;
    assert_eq!(shown(&world, &rita, "bari", "named").await["standing"], "apart");
    let id = shown(&world, &rita, "bari", "named").await["id"].clone();
    let clear = json!({
        "project": PROJECT, "bucket": "bari", "key": "named", "id": id, "reason": "a street, nobody",
    });
    let mut other = clear.clone();
    other["id"] = json!("a".repeat(26));
    let other = world.act("carla", "object.clear", other);
    refused(&world, Reason::NotFound, "clearing what was not looked at", other).await;
    for who in ["rita", "rolf", "olga"] {
        let said = world.act(who, "object.clear", clear.clone()).await;
        assert!(matches!(reason(said), Reason::RoleMissing | Reason::NotFound), "{who}");
    }
    world.act("carla", "object.clear", clear.clone()).await.unwrap();
    assert_eq!(read(&world, &rita, "bari", "named").await.unwrap(), b"name\nMario Rossi\n");
    let twice = world.act("carla", "object.clear", clear).await;
    assert_eq!(reason(twice), Reason::StateWrong);
    store(&world.region, &rita, "results", "named", b"name\nAnna Bianchi\n").await.unwrap();
    assert_eq!(settle(&world, Names::Surely, true).await, [Some(Standing::Apart)]);
    store(&world.region, &rita, "results", "named", b"mended").await.unwrap();
    assert_eq!(settle(&world, Names::Nobody, true).await, [Some(Standing::Clear)]);
    assert_eq!(read(&world, &rita, "results", "named").await.unwrap(), b"mended");
    assert_eq!(settle(&world, Names::Perhaps, true).await, []);
}

// Goal: doubts and faults are told and keep nobody from reading. Method: each of them.
#[tokio::test]
async fn doubts_and_faults_are_told() {
    let (world, rita) = world(303).await;
    for (key, names, is_whole, standing) in [
        ("doubt", Names::Perhaps, true, Standing::Asks),
        ("broken", Names::Nobody, false, Standing::Broken),
        ("both", Names::Perhaps, false, Standing::Asks),
    ] {
        store(&world.region, &rita, "results", key, b"a").await.unwrap();
        assert_eq!(settle(&world, names, is_whole).await, [Some(standing)], "{key}");
        assert_eq!(read(&world, &rita, "results", key).await.unwrap(), b"a", "{key}");
    }
}

// Goal: what cannot be looked at is tried again, longer apart each time, and in the end it says so; nothing behind it waits.
// Method: five failures over the clock, and an object stored after it.
#[tokio::test]
async fn what_cannot_be_looked_at_waits_and_ends() {
    let (world, rita) = world(304).await;
    let id = id(&world).await;
    store(&world.region, &rita, "results", "poison", b"poison").await.unwrap();
    store(&world.region, &rita, "results", "fine", b"fine").await.unwrap();
    let both = waiting(&world).await;
    assert_eq!(world.region.put_off(&both[0], "worker.time").await.unwrap(), None);
    let fine = world.region.keep_said(&both[1], said(Names::Nobody, true)).await.unwrap();
    assert_eq!(fine, Some(Standing::Clear));
    assert!(waiting(&world).await.is_empty(), "the log goes on behind it");
    for tries in 1..5 {
        assert!(world.region.delayed(id, world.region.now()).await.unwrap().is_empty(), "not at once");
        pass_ms(&world, 8 * 60_000 + 1_000).await;
        let due = world.region.delayed(id, world.region.now()).await.unwrap();
        assert_eq!((due.len(), due[0].tries), (1, tries));
        let ended = world.region.put_off(&due[0], "worker.time").await.unwrap();
        assert_eq!(ended, (tries == 4).then_some(Standing::Unread), "{tries}");
    }
    pass_ms(&world, 3_600_000).await;
    assert!(world.region.delayed(id, world.region.now()).await.unwrap().is_empty());
    let shown = shown(&world, &rita, "results", "poison").await;
    assert_eq!((&shown["standing"], &shown["report"]["cause"]), (&json!("unread"), &json!("worker.time")));
    assert_eq!(read(&world, &rita, "results", "poison").await.unwrap(), b"poison");
}
