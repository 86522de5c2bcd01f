//! What came from a withdrawn hospital goes from every study: live, in yesterday's copy, after replay, after any stop.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use region::Region;
use region::noun::crossing::WishRow;
use region::object::ObjectRow;
use region::region::Parts;
use region::snapshot::{DepartureRow, LeavingRow, SnapshotRow, Why};
use region::twin::study::STUDY;
use region::twin::{SeededRand, Soil, StillClock, World};
use serde_json::{Value, json};
use store::Bucket;
use store::custody::{Custody, Key, KeyName, MemoryCustody};
use store::index::MemoryShelf;
use store::twin::{Copy, FaultyStore};
use trial::kit::PROJECT;
use trial::sim::stand::{DAWN, runtime};
use words::noun::{Cell, ROOT_CELL, Scope};
use words::time::DAY_MS;
use words::{Act, Actor, Id, Reason};

use crate::across::{ENDS, erasures, get_deed, objects, read, snapshots, study, world_on};
use crate::erasure::{Failing, copy, revealed};
use crate::ground::{desk, pass_ms, reason, records};
use crate::rotation::resealed;

fn withdraw(hospital: &str) -> Value {
    json!({ "project": PROJECT, "agreement": format!("onward-{hospital}"), "reason": "the hospital withdraws" })
}

/// Whether custody holds a key of a scope.
fn has_keys(custody: &MemoryCustody, scope: Id<Scope>) -> bool {
    custody.names().unwrap().iter().any(
        |name| matches!(name, KeyName::ScopeMetadata(_, of) | KeyName::ScopeData(_, of, _) if *of == scope),
    )
}

async fn two_snapshots(soil: Soil) -> (World, SnapshotRow, SnapshotRow, Actor) {
    let world = world_on(soil, 2).await;
    world.cross("of-bari", &["onward-bari/cases/*"], ENDS).await.unwrap();
    world.cross("of-catania", &["onward-catania/cases/*"], ENDS).await.unwrap();
    let mut rows = snapshots(&world.region).await;
    let agreement = world.region.root().view().await.unwrap();
    let bari = region::noun::agreement::find(&agreement, "onward-bari").await.unwrap().id;
    rows.sort_by_key(|row| row.scope != bari.cast());
    let remo = world.remo().await.unwrap();
    let [bari, catania] = <[SnapshotRow; 2]>::try_from(rows).unwrap();
    (world, bari, catania, remo)
}

#[tokio::test]
async fn a_withdrawn_hospital_is_gone_from_every_study_and_every_copy() {
    let (live, yesterday) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let soil = Soil::over(Bucket::local(live.path()).unwrap(), 91);
    let (world, bari, catania, remo) = two_snapshots(soil).await;
    let region = &world.region;
    copy(live.path(), yesterday.path());
    let copied = Bucket::local(yesterday.path()).unwrap();
    let there = bari.study.cast::<Cell>();
    assert_eq!(revealed(&copied, region, there, bari.id.cast()).await, 2, "the copy holds it before");
    let open =
        region::object::read::get(region, &remo, get_deed(&bari, "cases/1.csv"), |row| Ok(0..row.size_bytes));
    let mut open = open.await.unwrap().body;

    let done = world.act("kurt", "key.erase-scope", withdraw("bari")).await.unwrap();
    let note = done.answer["certificate"].as_str().unwrap();
    let said: Value = serde_json::from_str(note.lines().next().unwrap()).unwrap();
    let named =
        json!([{ "snapshot": bari.id.to_string(), "study": bari.study.to_string(), "state": "erased" }]);
    assert_eq!(said["snapshots"], named, "the certificate names all that came from it, and no other");
    let cut = futures::StreamExt::next(&mut open).await.unwrap();
    assert!(cut.is_err(), "an open stream went on");
    assert!(read(region, &remo, &bari, "cases/1.csv").await.is_err());
    assert_eq!(revealed(&copied, region, there, bari.id.cast()).await, 0, "yesterday's copy says no more");
    assert_eq!(revealed(&copied, region, there, catania.id.cast()).await, 2, "it still says the other's");
    assert_eq!(read(region, &remo, &catania, "cases/1.csv").await.unwrap(), b"catania cases/1.csv");
    for scope in [bari.id.cast(), bari.scope, bari.permit.cast()] {
        assert!(!has_keys(&world.soil.custody, scope), "custody still holds a key of {scope}");
    }
    let shown = world.act("cora", "snapshot.show", json!({})).await.unwrap().answer;
    let states: BTreeSet<&str> =
        shown.as_array().unwrap().iter().map(|row| row["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["erased", "whole"].into());
    let root = region.root().view().await.unwrap();
    let wishes = root.all::<WishRow>(&[]).await.unwrap();
    assert_eq!(wishes.len(), 1, "what was asked for of the withdrawn hospital is still told");

    region.close().await;
    let soil = Soil { shelf: MemoryShelf::default(), ..world.soil.clone() };
    let replayed = world.over(Region::open(soil.parts()).await.unwrap(), soil);
    assert!(objects(&replayed.region, &bari).await.is_empty(), "a replay brings it back");
    assert_eq!(objects(&replayed.region, &catania).await.len(), 2);
    for check in ["erase-proof", "lineage-complete", "ledger-consistency"] {
        let told = replayed.act("anna", "check.run", json!({ "check": check })).await.unwrap().answer;
        assert_eq!(told[0]["verdict"], "pass", "{told}");
    }
}

// Goal: a court's hold in the study keeps the keys, closes no less, and is told as it is.
#[tokio::test]
async fn what_a_hold_of_the_study_keeps_is_closed_told_and_erased_when_it_is_lifted() {
    let (world, bari, _, remo) = two_snapshots(Soil::new(92)).await;
    let region = &world.region;
    let hold = |on: &str| json!({ "project": STUDY, "bucket": bari.bucket(), "key": "cases/1.csv", "hold": on, "reason": "a court" });
    world.act("cora", "object.hold", hold("on")).await.unwrap();
    let done = world.act("kurt", "key.erase-scope", withdraw("bari")).await.unwrap();
    let note = done.answer["certificate"].as_str().unwrap();
    let said: Value = serde_json::from_str(note.lines().next().unwrap()).unwrap();
    assert_eq!(said["snapshots"][0]["state"], "held");
    assert_eq!(reason(read(region, &remo, &bari, "cases/1.csv").await), Reason::SnapshotClosed);
    region.finish_erasures().await.unwrap();
    let row = snapshots(region).await.into_iter().find(|row| row.id == bari.id).unwrap();
    assert_eq!((row.closed.unwrap().why, row.erased_at), (Why::Withdrawn, None));
    assert!(has_keys(&world.soil.custody, bari.id.cast()), "a hold was passed by");
    let erase = json!({ "project": STUDY, "snapshot": bari.id.to_string(), "reason": "over" });
    assert_eq!(reason(world.act("kurt", "snapshot.erase", erase).await), Reason::LegalHold);
    world.act("cora", "object.hold", hold("off")).await.unwrap();
    region.finish_erasures().await.unwrap();
    assert!(!has_keys(&world.soil.custody, bari.id.cast()), "it outlives its hold");
    assert!(erasures(region).await.iter().all(|erasure| erasure.is_done));
    let shown = world.act("kurt", "key.show", json!({ "project": STUDY })).await.unwrap().answer;
    let of = |scope: &&Value| scope["scope"] == bari.id.to_string();
    let scope = shown["scopes"].as_array().unwrap().iter().find(of).unwrap().clone();
    assert!(scope["certificate"].as_str().unwrap().contains(&bari.home.to_string()), "{scope}");
}

// Goal: a project's end reaches what went out of it and what came into it. Method: erase the study, then the home.
#[tokio::test]
async fn erasing_either_project_ends_the_snapshots_between_them() {
    let (world, bari, catania, _) = two_snapshots(Soil::new(93)).await;
    let all = |project: &str| json!({ "project": project, "reason": "over" });
    world.act("kurt", "key.erase-project", all(STUDY)).await.unwrap();
    assert!(snapshots(&world.region).await.iter().all(|row| row.erased_at.is_some()));
    for row in [&bari, &catania] {
        assert!(
            !has_keys(&world.soil.custody, row.id.cast())
                && !has_keys(&world.soil.custody, row.permit.cast())
        );
    }
    let done = world.act("kurt", "key.erase-scope", withdraw("bari")).await.unwrap();
    assert!(done.answer["certificate"].as_str().unwrap().contains(&bari.id.to_string()), "{}", done.answer);

    let (world, bari, catania, remo) = two_snapshots(Soil::new(94)).await;
    let done = world.act("kurt", "key.erase-project", all(PROJECT)).await.unwrap();
    let note = done.answer["certificate"].as_str().unwrap();
    for row in [&bari, &catania] {
        assert!(
            note.contains(&row.id.to_string()) && !has_keys(&world.soil.custody, row.id.cast()),
            "{note}"
        );
        assert!(read(&world.region, &remo, row, "cases/1.csv").await.is_err());
    }
    let proof = world.act("anna", "check.run", json!({ "check": "erase-proof" })).await.unwrap().answer;
    assert_eq!(proof[0]["verdict"], "pass", "{proof}");
}

/// A world at one moment, to go on from as often as one likes.
pub struct Prepared {
    pub world: World,
    objects: Copy,
    keys: Vec<(KeyName, Key)>,
    heads: Vec<(Id<Cell>, String)>,
}

fn ground(seed: u64) -> (Arc<FaultyStore>, Soil) {
    let clock = StillClock::at(DAWN);
    let store = FaultyStore::new(SeededRand::new(!seed) as _, Arc::clone(&clock) as _);
    let mut soil = Soil::over(Bucket::twin(&store), seed);
    soil.clock = clock;
    (store, soil)
}

impl Prepared {
    /// A study that may have data of these hospitals, after something more.
    pub async fn after(hospitals: &[&str], more: impl AsyncFn(&World)) -> Self {
        let (store, soil) = ground(95);
        let world = World::planet(soil).await.unwrap();
        world.study(2).await.unwrap();
        for hospital in hospitals {
            world.onward(hospital).await.unwrap();
            for key in ["cases/1.csv", "cases/2.csv", "notes/1.txt"] {
                world.deliver_onward(hospital, key).await.unwrap();
            }
        }
        // Opens the study's cell, so that there is one to go on from.
        world.act("remo", "bucket.create", json!({ "project": STUDY, "bucket": "results" })).await.unwrap();
        more(&world).await;
        let cells =
            [ROOT_CELL, study(&world.region).await.cast(), crate::ground::project(&world.region).await];
        world.region.close().await;
        let custody = Arc::clone(&world.soil.custody);
        let key = |name: KeyName| (name, custody.key(&name).unwrap().unwrap());
        let keys = custody.names().unwrap().into_iter().map(key).collect();
        let heads =
            cells.into_iter().filter_map(|cell| Some((cell, custody.known_head(cell).unwrap()?))).collect();
        Self { objects: store.copy(), keys, heads, world }
    }

    pub fn again(&self, seed: u64) -> (Arc<FaultyStore>, Soil) {
        let (store, mut soil) = ground(seed + 1_000);
        store.roll_back(&self.objects);
        let custody = MemoryCustody::new();
        custody.insert(&self.keys).unwrap();
        self.heads.iter().for_each(|(cell, head)| custody.remember_head(*cell, head).unwrap());
        soil.custody = Arc::new(custody);
        soil.clock.set(words::Clock::now(self.world.soil.clock.as_ref()));
        (store, soil)
    }
}

/// Does something under a fault, crashes, opens again; whether it ended well before the crash.
fn with_fault<D>(
    prepared: &Prepared,
    step: u64,
    arm: impl Fn(&FaultyStore, &Failing),
    doing: impl AsyncFn(&World) -> bool,
    then: impl AsyncFn(&World, bool) -> D,
) -> bool {
    let (store, soil) = prepared.again(step);
    let is_told = runtime().unwrap().block_on(async {
        let inner = Arc::clone(&soil.custody) as _;
        let custody = Arc::new(Failing { inner, left: AtomicU64::new(u64::MAX) });
        let parts = Parts { custody: Arc::clone(&custody) as _, ..soil.parts() };
        let region = Region::open(parts).await.unwrap();
        let world = prepared.world.over(region, soil.clone());
        // WHY opened before: an opening is another test's.
        for project in ["carla", "cora"].into_iter().zip([PROJECT, STUDY]) {
            world.region.project_cell(&world.actor(project.0), project.1).await.unwrap();
        }
        arm(&store, &custody);
        doing(&world).await
    });
    store.crash();
    runtime().unwrap().block_on(async {
        let region = Region::open(soil.parts()).await.unwrap();
        let world = prepared.world.over(region, soil.clone());
        then(&world, is_told).await;
    });
    is_told
}

async fn grant_and_take(world: &World) -> bool {
    let granted = world.act("carla", "permit.grant", json!({ "permit": "across" })).await;
    granted.is_ok()
        && world.region.finish_snapshots().await.is_ok()
        && snapshots(&world.region).await[0].is_open()
}

/// Goes on to the end: one snapshot, whole, each object once.
async fn is_taken_once(world: &World, is_told: bool, step: u64) {
    let region = &world.region;
    if snapshots(region).await.is_empty() {
        assert!(!is_told, "step {step}: it was acknowledged and is not there");
        world.act("carla", "permit.grant", json!({ "permit": "across" })).await.unwrap();
    }
    region.finish_snapshots().await.unwrap();
    let row = <[SnapshotRow; 1]>::try_from(snapshots(region).await).unwrap();
    let [row] = row;
    assert!(row.is_open(), "step {step}: {row:?}");
    let there: Vec<ObjectRow> = objects(region, &row).await;
    let keys: Vec<&str> = there.iter().map(|object| object.key.as_str()).collect();
    assert_eq!(keys, ["cases/1.csv", "cases/2.csv"], "step {step}");
    let home = region.cell(row.home.cast()).await.unwrap();
    let left = home.view().await.unwrap().all::<LeavingRow>(&[]).await.unwrap();
    assert_eq!(left.len(), 2, "step {step}");
    for (cell, act) in
        [(row.home, "snapshot.leave"), (row.home, "snapshot.arrived"), (row.study, "snapshot.whole")]
    {
        let records = records(region, cell.cast()).await;
        let said = records.iter().flatten().filter(|record| record.act == act).count();
        assert_eq!(said, 1, "step {step}: {act}");
    }
    let remo = world.remo().await.unwrap();
    assert_eq!(read(region, &remo, &row, "cases/2.csv").await.unwrap(), b"bari cases/2.csv");
    let told = world.act("anna", "check.run", json!({ "check": "lineage-complete" })).await.unwrap().answer;
    assert_eq!(told[0]["verdict"], "pass", "step {step}: {told}");
}

#[test]
fn a_snapshot_survives_a_crash_at_every_step_and_is_never_doubled() {
    let asked = async |world: &World| world.ask("across", &["onward-bari/cases/*"], ENDS).await.unwrap();
    let prepared = runtime().unwrap().block_on(Prepared::after(&["bari"], asked));
    let stops = |step| {
        let arm = |store: &FaultyStore, _: &Failing| store.stop_after(step);
        with_fault(&prepared, step, arm, grant_and_take, async |world: &World, is_told: bool| {
            is_taken_once(world, is_told, step).await;
        })
    };
    let finished = (0..200).find(|step| stops(*step));
    assert!(finished.is_some_and(|steps| steps > 10), "no crash hit it: {finished:?}");
}

/// The home deletes one of the objects that left.
async fn delete_first(world: &World) {
    let (region, (_, rita)) = (&world.region, desk(world).await);
    let home = region.cell(crate::ground::project(region).await).await.unwrap();
    let rows = home.view().await.unwrap().all::<ObjectRow>(&[]).await.unwrap();
    for (_, object) in rows.into_iter().filter(|(_, object)| object.key == "cases/1.csv") {
        let version = object.version_id();
        let gone =
            json!({ "project": PROJECT, "bucket": "onward-bari", "key": object.key, "version": version });
        region.perform(&rita, Act::ObjectDelete, gone, None).await.unwrap();
    }
}

/// What left is sealed anew by the home's object where its own keys are gone; what is deleted holds nothing up.
async fn is_resealed_by_its_object(world: &World, step: u64) -> bool {
    let region = &world.region;
    let Some(row) = snapshots(region).await.pop().filter(SnapshotRow::is_under_way) else { return false };
    let home = region.cell(row.home.cast()).await.unwrap();
    if home.view().await.unwrap().all::<DepartureRow>(&[]).await.unwrap().is_empty() {
        return false;
    }
    delete_first(world).await;
    world.act("kurt", "key.rotate", json!({ "project": PROJECT })).await.unwrap();
    // The first step moves all objects, and older releases went no further than those.
    assert!(region.reseal(&home, 1).await.unwrap());
    let is_old = |name: &KeyName| matches!(name, KeyName::ScopeData(_, of, 1) if *of == row.scope);
    let old: Vec<KeyName> = world.soil.custody.names().unwrap().into_iter().filter(is_old).collect();
    assert_eq!(old.len(), 1, "step {step}");
    world.soil.custody.destroy(&old).unwrap();
    resealed(region).await;
    let left = home.view().await.unwrap().all::<LeavingRow>(&[]).await.unwrap();
    let of = |left: &LeavingRow| (left.object.key.clone(), left.object.pieces[0].generation);
    let generations: Vec<(String, u32)> = left.iter().map(|(_, left)| of(left)).collect();
    assert_eq!(generations, [("cases/1.csv".to_owned(), 1), ("cases/2.csv".to_owned(), 2)], "step {step}");
    true
}

/// A region in which a study has asked for Bari's cases, and nobody has granted it yet.
fn asked_for() -> Prepared {
    let asked = async |world: &World| {
        world.permit("permit-1", PROJECT, "2027-01-01", ENDS).await.unwrap();
        world.ask("across", &["onward-bari/cases/*"], ENDS).await.unwrap();
    };
    runtime().unwrap().block_on(Prepared::after(&["bari"], asked))
}

// Goal: rows of what left whose keys an older release destroyed do not stop a rotation, and are mended where they can be.
#[test]
fn what_left_and_lost_its_keys_does_not_stop_a_rotation() {
    let prepared = asked_for();
    let is_met = std::cell::Cell::new(false);
    let stops = |step| {
        let arm = |store: &FaultyStore, _: &Failing| store.stop_after(step);
        with_fault(&prepared, step, arm, grant_and_take, async |world: &World, _: bool| {
            is_met.set(is_resealed_by_its_object(world, step).await);
        }) || is_met.get()
    };
    assert!((0..200).any(stops) && is_met.get(), "no stop came between leaving and arriving");
}

/// What left arrives, though its object is deleted at home and the keys it was listed under are destroyed.
async fn arrives_after_a_rotation(world: &World, step: u64) -> bool {
    let region = &world.region;
    let Some(row) = snapshots(region).await.pop().filter(SnapshotRow::is_under_way) else { return false };
    let home = region.cell(row.home.cast()).await.unwrap();
    if home.view().await.unwrap().all::<DepartureRow>(&[]).await.unwrap().is_empty() {
        return false;
    }
    delete_first(world).await;
    world.act("kurt", "key.rotate", json!({ "project": PROJECT })).await.unwrap();
    resealed(region).await;
    pass_ms(world, 2 * DAY_MS).await;
    region.sweep(home.id).await.unwrap();
    region.finish_snapshots().await.unwrap_or_else(|refusal| panic!("step {step}: {refusal}"));
    let remo = world.remo().await.unwrap();
    assert_eq!(read(region, &remo, &row, "cases/1.csv").await.unwrap(), b"bari cases/1.csv", "step {step}");
    true
}

// Goal: a rotation takes nothing away from what is on its way to a study. Method: the home deletes and rotates wherever a
// stop found the snapshot.
#[test]
fn what_left_arrives_whatever_is_deleted_and_rotated_at_home_meanwhile() {
    let prepared = asked_for();
    let met = std::cell::Cell::new(0);
    let stops = |step| {
        let arm = |store: &FaultyStore, _: &Failing| store.stop_after(step);
        with_fault(&prepared, step, arm, grant_and_take, async |world: &World, _: bool| {
            met.set(met.get() + u32::from(arrives_after_a_rotation(world, step).await));
        })
    };
    assert!((0..200).any(stops) && met.get() > 3, "no stop came between leaving and arriving: {met:?}");
}

async fn erase(world: &World) -> bool {
    world.act("kurt", "key.erase-scope", withdraw("bari")).await.is_ok()
}

/// The hospital and its snapshot are there together or gone together.
async fn is_gone_everywhere(world: &World, step: u64) -> bool {
    let region = &world.region;
    let [row] = <[SnapshotRow; 1]>::try_from(snapshots(region).await).unwrap();
    let is_erased = row.erased_at.is_some();
    for scope in [row.scope, row.id.cast(), row.permit.cast()] {
        assert_eq!(has_keys(&world.soil.custody, scope), !is_erased, "step {step}: a key of {scope}");
    }
    assert_eq!(objects(region, &row).await.is_empty(), is_erased, "step {step}: rows");
    assert_eq!(row.is_open(), !is_erased, "step {step}: {row:?}");
    let erasures = erasures(region).await;
    assert!(erasures.iter().all(|erasure| erasure.is_done), "step {step}: under way after opening");
    assert_eq!(erasures.len(), if is_erased { 2 } else { 0 }, "step {step}");
    is_erased
}

async fn ends_erased(world: &World, is_told: bool, step: u64) {
    let is_gone = is_gone_everywhere(world, step).await;
    assert!(is_gone || !is_told, "step {step}: it was acknowledged and is not done");
    if !is_gone {
        world.act("kurt", "key.erase-scope", withdraw("bari")).await.unwrap();
        assert!(is_gone_everywhere(world, step).await, "step {step}: it cannot be done again");
    }
}

#[test]
fn a_withdrawal_survives_a_crash_at_every_step_and_custody_failing() {
    let taken = async |world: &World| world.cross("across", &["onward-bari/cases/*"], ENDS).await.unwrap();
    let prepared = runtime().unwrap().block_on(Prepared::after(&["bari"], taken));
    let after = |step: u64| async move |world: &World, is_told: bool| ends_erased(world, is_told, step).await;
    let crashes =
        |step: u64| with_fault(&prepared, step, |store, _| store.stop_after(step), erase, after(step));
    let finished = (0..200).find(|step| crashes(*step));
    assert!(finished.is_some_and(|steps| steps > 20), "no crash hit it: {finished:?}");
    let fails = |step: u64| {
        let arm = |_: &FaultyStore, custody: &Failing| custody.left.store(step, Ordering::SeqCst);
        with_fault(&prepared, step, arm, erase, after(step))
    };
    let finished = (0..3_000).step_by(29).find(|step| fails(*step));
    assert!(finished.is_some_and(|calls| calls > 20), "custody never failed: {finished:?}");
}
