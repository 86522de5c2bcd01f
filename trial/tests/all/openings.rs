//! Openings: a region finds its past whole, or says what is wrong with it.

use std::sync::Arc;

use futures::future::join_all;
use region::region::{Parts, StartError};
use region::scope::ScopeRow;
use region::twin::{Soil, StillClock, World};
use region::{OpenError, Region};
use serde_json::json;
use store::Bucket;
use store::custody::{Custody, KeyName, MemoryCustody};
use store::index::{MemoryShelf, Shelf, SlateShelf};
use store::twin::FaultyStore;
use trial::kit::{PROJECT, store};
use words::noun::{Cell, ROOT_CELL};
use words::{Act, Id};

use crate::ground::{desk, dina, forgetful, project};

/// A soil over a store that can lose and forget.
fn soil(seed: u64) -> (Arc<FaultyStore>, Soil) {
    let clock = StillClock::at("2027-01-10T09:00:00Z");
    let twin = FaultyStore::new(region::twin::SeededRand::new(!seed) as _, Arc::clone(&clock) as _);
    let soil = Soil { clock, ..Soil::over(Bucket::twin(&twin), seed) };
    (twin, soil)
}

/// As after a start: no index is left, custody as given.
fn parts(world: &World, custody: MemoryCustody) -> Parts {
    Parts { custody: Arc::new(custody), shelf: Arc::new(MemoryShelf::default()), ..world.soil.parts() }
}

fn log_name(cell: Id<Cell>, seq: u64) -> String {
    format!("cells/{cell}/log/{:012}/{seq:016}", seq / 4_096)
}

async fn project_opens(region: &Region, cell: Id<Cell>) -> Result<(), OpenError> {
    let root = region.root().view().await.unwrap();
    let anchored = region::anchor::anchored(&root, cell).await.unwrap();
    region.ground().open(cell, anchored).await.map(drop)
}

// Goal: an index is a cache. Method: every file of it damaged in turn, on a disk under the real index.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_index_is_folded_anew() {
    let folder = tempfile::tempdir().unwrap();
    let bucket = Bucket::local(folder.path()).unwrap();
    let mut soil = Soil::over(bucket.clone(), 41);
    soil.shelf = MemoryShelf::default();
    let world = World::planet(soil).await.unwrap();
    store(&world.region, &dina(&world, "bari").await, "bari", "a", b"kept").await.unwrap();
    let cell = project(&world.region).await;
    world.region.close().await;
    let slate = || Parts {
        shelf: Arc::new(SlateShelf::new(bucket.clone(), Arc::clone(&world.soil.rand) as _)),
        ..world.soil.parts()
    };
    let mut damaged = 0;
    for round in 0..40 {
        let region = Region::open(slate()).await.unwrap();
        let rows = region.cell(cell).await.unwrap().view().await.unwrap();
        assert_eq!(rows.all::<region::object::ObjectRow>(&[]).await.unwrap().len(), 1, "round {round}");
        region.close().await;
        let files = index_files(folder.path());
        let Some(file) = files.get(round) else { break };
        let mut bytes = std::fs::read(file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(file, bytes).unwrap();
        damaged += 1;
    }
    assert!(damaged > 4, "only {damaged} files were damaged");
}

fn index_files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let (mut found, mut waiting) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => waiting.push(path),
                false if path.components().any(|part| part.as_os_str() == "index") => found.push(path),
                false => {}
            }
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn a_log_with_a_gap_is_refused() {
    let (twin, soil) = soil(42);
    let world = World::planet(soil).await.unwrap();
    let cell = project(&world.region).await;
    let next = world.region.cell(cell).await.unwrap().head().next_seq;
    for key in ["a", "b", "c"] {
        store(&world.region, &dina(&world, "bari").await, "bari", key, b"kept").await.unwrap();
    }
    assert!(twin.lose(&log_name(cell, next + 1)));
    let region = Region::open(parts(&world, forgetful(world.soil.custody.as_ref()))).await.unwrap();
    let refused = project_opens(&region, cell).await;
    assert!(matches!(refused, Err(OpenError::Gap { seq, .. }) if seq == next + 1), "{refused:?}");
}

// Goal: another history is refused, also one in which no commit ends where custody remembers.
#[tokio::test]
async fn a_history_that_steps_over_the_remembered_head_is_a_fork() {
    let (twin, soil) = soil(43);
    let world = World::planet(soil).await.unwrap();
    let before = twin.copy();
    for alias in ["one", "two", "three"] {
        let fields = json!({ "alias": alias, "name": alias });
        world.act("olga", "organisation.register", fields).await.unwrap();
    }
    world.region.publish_all().await;

    twin.roll_back(&before);
    let other = Region::open(parts(&world, forgetful(world.soil.custody.as_ref()))).await.unwrap();
    let register = |alias: String| {
        let (other, olga) = (other.clone(), world.actor("olga"));
        async move {
            let fields = json!({ "alias": alias, "name": alias });
            other.perform(&olga, Act::OrganisationRegister, fields, None).await.unwrap()
        }
    };
    let done = join_all((0..9).map(|number| register(format!("other-{number}")))).await;
    assert!(done.len() == 9 && other.root().head().next_seq > 2);
    other.root().close().await;

    let real = Parts { shelf: Arc::new(MemoryShelf::default()), ..world.soil.parts() };
    let opened = Region::open(real).await.err();
    assert!(matches!(opened, Some(StartError::Open(OpenError::Forked { .. }))), "{opened:?}");
}

#[tokio::test]
async fn the_root_remembers_heads_that_custody_forgot() {
    let (twin, soil) = soil(44);
    let world = World::planet(soil).await.unwrap();
    let cell = project(&world.region).await;
    let head = world.region.cell(cell).await.unwrap().head().next_seq;
    store(&world.region, &dina(&world, "bari").await, "bari", "a", b"kept").await.unwrap();
    let leaves = |region: &Region| region.root().head().frontier.size();
    let before = leaves(&world.region);
    world.region.anchor().await.unwrap();
    world.region.anchor().await.unwrap();
    assert_eq!(leaves(&world.region), before + 1, "what has not grown is not anchored again");

    assert!(twin.lose(&log_name(cell, head)));
    let region = Region::open(parts(&world, forgetful(world.soil.custody.as_ref()))).await.unwrap();
    let refused = project_opens(&region, cell).await;
    assert!(matches!(refused, Err(OpenError::RolledBack { .. })), "{refused:?}");
}

// Goal: no key is ever made again for what it had sealed. Method: the year's audit key lost, as with an older custody.
#[tokio::test]
async fn a_lost_audit_key_is_noticed() {
    let world = World::planet(Soil::new(45)).await.unwrap();
    world.permit("permit-1", PROJECT, "2027-01-01", "2027-06-30").await.unwrap();
    world.act("rita", "bucket.create", json!({ "project": PROJECT, "bucket": "results" })).await.unwrap();
    let (_, rita) = desk(&world).await;
    store(&world.region, &rita, "results", "a", b"kept").await.unwrap();
    trial::kit::read(&world.region, &rita, "results", "a").await.unwrap();
    let cell = project(&world.region).await;
    world.region.close().await;
    let audit = KeyName::Audit(cell, 2027);
    assert_eq!(world.soil.custody.destroy(&[audit]).unwrap().names, [audit]);
    let region = Region::open(world.soil.parts()).await.unwrap();
    let refused = project_opens(&region, cell).await;
    assert!(matches!(refused, Err(OpenError::KeysMissing { .. })), "{refused:?}");
    assert_eq!(world.soil.custody.key(&audit).unwrap(), None);
}

#[tokio::test]
async fn keys_that_come_back_with_an_older_custody_are_destroyed_again() {
    let world = World::planet(Soil::new(46)).await.unwrap();
    for hospital in ["bari", "bologna"] {
        store(&world.region, &dina(&world, hospital).await, hospital, "a", b"kept").await.unwrap();
    }
    let older = Arc::new(forgetful(world.soil.custody.as_ref()));
    let erase = json!({ "project": PROJECT, "agreement": "planet-bari", "reason": "withdrawn" });
    world.act("kurt", "key.erase-scope", erase).await.unwrap();
    let cell = project(&world.region).await;
    let erased = scope(&world.region, cell, true).await;
    let kept = scope(&world.region, cell, false).await;
    world.region.close().await;
    let names = |custody: &MemoryCustody, scope| {
        let names = custody.names().unwrap();
        names.into_iter().filter(|name| name.to_string().contains(&format!("{scope}"))).count()
    };
    assert!(names(&older, erased) > 0);

    let again = Parts {
        custody: Arc::clone(&older) as _,
        shelf: Arc::new(MemoryShelf::default()),
        ..world.soil.parts()
    };
    let region = Region::open(again).await.unwrap();
    assert_eq!(names(&older, erased), 0, "a destroyed key is back");
    assert!(names(&older, kept) > 0, "what nobody erased is there");
    let rows = region.cell(cell).await.unwrap().view().await.unwrap();
    let objects = rows.all::<region::object::ObjectRow>(&[]).await.unwrap();
    assert_eq!(objects.len(), 1, "only the other hospital's");
    assert!(objects.iter().all(|(_, row)| row.scope != erased));
    let told = crate::ground::records(&region, ROOT_CELL).await;
    let again = told.iter().flatten().filter(|record| record.act == "key.erased-again").count();
    assert_eq!(again, 1);
}

async fn scope(region: &Region, cell: Id<Cell>, is_erased: bool) -> Id<words::noun::Scope> {
    let rows = region.cell(cell).await.unwrap().view().await.unwrap();
    let scopes = rows.all::<ScopeRow>(&[]).await.unwrap();
    let is_wanted = |row: &ScopeRow| row.is_erased == is_erased && row.agreement.is_some();
    scopes.into_iter().map(|(_, row)| row).find(is_wanted).unwrap().id
}

// Goal: a founding that is cut anywhere can be done again. Method: the store stops after every operation in turn.
#[tokio::test]
async fn a_founding_that_was_cut_goes_on() {
    for step in 0.. {
        let (twin, soil) = soil(47);
        twin.stop_after(step);
        let cut = World::found(soil.clone()).await.is_err();
        twin.crash();
        let again = World::found(soil.clone()).await;
        match (cut, again) {
            (true, Ok(world)) => world.region.close().await,
            // What was founded to the end is not founded twice.
            (true, Err(StartError::Founded)) | (false, Err(StartError::Founded)) => {}
            (cut, other) => panic!("step {step}, cut {cut}: {:?}", other.err()),
        }
        let region = Region::open(soil.parts()).await.unwrap();
        let root = region.root().view().await.unwrap();
        assert_eq!(root.all::<region::noun::person::PersonRow>(&[]).await.unwrap().len(), 1, "step {step}");
        if !cut {
            return;
        }
    }
}

#[tokio::test]
async fn an_index_survives_a_crash_up_to_the_last_minute() {
    let world = World::planet(Soil::new(48)).await.unwrap();
    store(&world.region, &dina(&world, "bari").await, "bari", "a", b"kept").await.unwrap();
    world.region.anchor_and_flush().await;
    let cell = world.region.cell(project(&world.region).await).await.unwrap();
    let generation = *world.soil.shelf.generations(cell.id).await.unwrap().last().unwrap();
    let key = world.soil.custody.key(&KeyName::Index(cell.id, generation)).unwrap().unwrap();
    let flushed = world.soil.shelf.open(cell.id, generation, &key).await.unwrap();
    assert_eq!(flushed.applied().map(|applied| applied.seq + 1), Some(cell.head().next_seq));
}
