#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream;
use serde_json::json;
use store::custody::{Custody, Key, KeyName};
use store::twin::FaultyStore;
use store::{Bucket, Derived};
use words::act::ObjectPut;
use words::noun::Cell as CellNoun;
use words::{Id, Place, Reason, Refusal};

use super::{Check, Finding, Verdict, all, verdict};
use crate::Region;
use crate::cell::Cell;
use crate::cell::draft::Draft;
use crate::cell::step::{Entry, HouseStep, Moment};
use crate::object::put::{Extra, put};
use crate::object::{Lineage, ObjectRow};
use crate::snapshot::SnapshotRow;
use crate::twin::{SeededRand, Soil, StillClock, World};

/// All but the drill, which needs copies, lineage, which needs a study, and witnesses; `trial` has some.
fn watching() -> Vec<Box<dyn crate::check::Check>> {
    let is_elsewhere =
        |name: &str| ["restore-drill", "lineage-complete", "checkpoint-witnessed"].contains(&name);
    all().into_iter().filter(|check| !is_elsewhere(check.name())).collect()
}

// Goal: every check can fail. Method: its own planted fault.
#[tokio::test]
async fn every_check_sees_its_planted_fault() {
    for check in all() {
        let finding = check.look_at_fault().await.unwrap();
        assert_eq!(finding.verdict, Verdict::Fail, "{}: {}", check.name(), finding.measured);
    }
}

#[tokio::test]
async fn a_sound_region_passes_and_an_old_verdict_is_stale() {
    let world = World::planet(Soil::new(3)).await.unwrap();
    let erase = json!({ "project": "planet", "agreement": "planet-bari", "reason": "withdrawn" });
    world.act("kurt", "key.erase-scope", erase).await.unwrap();
    world.region.publish_all().await;
    for check in all() {
        let finding = verdict(check.as_ref(), &world.region).await;
        // Nothing was delivered, so there is no body to scrub; `trial` scrubs some.
        let expected = match check.name() {
            "blob-scrub" | "lineage-complete" | "checkpoint-witnessed" => Verdict::NotApplicable,
            "restore-drill" => Verdict::Stale,
            _ => Verdict::Pass,
        };
        assert_eq!(finding.verdict, expected, "{}: {}", check.name(), finding.measured);
    }
    let done = world.act("anna", "check.run", json!({})).await.unwrap();
    assert!(done.leaf.is_some());
    let shown = world.act("anna", "check.show", json!({})).await.unwrap();
    assert_eq!(shown.answer[0]["verdict"], "pass");
    world.soil.clock.pass_ms(2 * words::time::DAY_MS);
    world.region.confirm().await;
    let shown = world.act("anna", "check.show", json!({})).await.unwrap();
    assert_eq!(shown.answer[0]["verdict"], "stale");
    let refused = world.act("rita", "check.run", json!({})).await.unwrap_err();
    assert_eq!(refused.reason, words::Reason::RoleMissing);
}

/// A world in which something is stored, something was erased, and every checkpoint is published.
struct House {
    store: Arc<FaultyStore>,
    world: World,
    cell: Id<CellNoun>,
    /// A key that was destroyed.
    gone: (KeyName, Key),
}

impl House {
    async fn new(seed: u64) -> Self {
        let clock = StillClock::at("2027-01-10T09:00:00Z");
        let store = FaultyStore::new(SeededRand::new(!seed), Arc::clone(&clock) as _);
        let mut soil = Soil::over(Bucket::twin(&store), seed);
        soil.clock = clock;
        let world = World::planet(soil).await.unwrap();
        deliver(&world).await;
        let gone = key_of(&world, "planet-bari").await;
        let erase = json!({ "project": "planet", "agreement": "planet-bari", "reason": "withdrawn" });
        world.act("kurt", "key.erase-scope", erase).await.unwrap();
        world.region.publish_all().await;
        let cell = world.region.project_cell(&world.actor("carla"), "planet").await.unwrap().id;
        Self { store, world, cell, gone }
    }

    async fn verdict(&self, name: &str) -> Finding {
        let check = all().into_iter().find(|check| check.name() == name).expect(name);
        verdict(check.as_ref(), &self.world.region).await
    }

    async fn is(&self, name: &str, expected: Verdict, when: &str) {
        let finding = self.verdict(name).await;
        assert_eq!(finding.verdict, expected, "{name} when {when}: {}", finding.measured);
    }

    /// A raw name of the project's cell, the last of its kind.
    fn stored(&self, kind: &str) -> String {
        let below = format!("cells/{}/{kind}/", self.cell);
        let names = self.store.contents().into_iter().map(|(name, _)| name);
        names.filter(|name| name.starts_with(&below)).last().expect(kind)
    }
}

/// One object of bologna's.
async fn deliver(world: &World) {
    let access = world.credential("dina-bologna", "planet", Place::Outside, Some("deliver-bologna")).await;
    let dina = world.with(&access.unwrap(), Place::Outside).await.unwrap();
    let deed = ObjectPut {
        project: "planet".into(),
        bucket: "bologna".into(),
        key: "a".into(),
        media: None,
        condition: None,
        sealed: None,
    };
    let body = Box::pin(stream::iter([Ok(Bytes::from_static(b"id;age\n1;54\n"))]));
    put(&world.region, &dina, deed, Extra::default(), body).await.unwrap();
}

/// The key that opens the names of one provider's data.
async fn key_of(world: &World, agreement: &str) -> (KeyName, Key) {
    let root = world.region.root().view().await.unwrap();
    let scope = crate::noun::agreement::find(&root, agreement).await.unwrap().id.cast();
    let custody = &world.soil.custody;
    let is_it = |name: &KeyName| matches!(name, KeyName::ScopeMetadata(_, of) if *of == scope);
    let name = custody.names().unwrap().into_iter().find(is_it).unwrap();
    (name, custody.key(&name).unwrap().unwrap())
}

// Goal: `fail` is said of the region itself, not only of a planted twin. Method: each fault, seen, put right, gone.
#[tokio::test]
async fn each_check_fails_where_the_region_is_wrong_and_passes_once_it_is_right() {
    let house = House::new(11).await;
    for check in watching() {
        house.is(check.name(), Verdict::Pass, "all is well").await;
    }
    let sound = house.store.copy();

    let clear = Derived::new(house.world.soil.bucket.clone(), Id::from_bytes([9; 16]));
    clear.put_checkpoint(Bytes::from_static(b"of carla of iss and others")).await.unwrap();
    house.is("sealing-census", Verdict::Fail, "a name lies in the bucket").await;
    house.store.roll_back(&sound);

    assert!(house.store.damage(&house.stored("log"), 40));
    house.is("ledger-consistency", Verdict::Fail, "a commit was changed").await;
    house.store.roll_back(&sound);

    assert!(house.store.lose(&house.stored("log")));
    house.is("ledger-consistency", Verdict::Fail, "the last commit is gone").await;
    house.is("rollback-probe", Verdict::Fail, "the last commit is gone").await;
    house.store.roll_back(&sound);

    assert!(house.store.damage(&house.stored("blob"), 5));
    house.is("blob-scrub", Verdict::Fail, "a body was changed").await;
    house.store.roll_back(&sound);
    assert!(house.store.lose(&house.stored("blob")));
    house.is("blob-scrub", Verdict::Fail, "a body is gone").await;
    house.store.roll_back(&sound);

    house.world.soil.custody.insert(std::slice::from_ref(&house.gone)).unwrap();
    house.is("erase-proof", Verdict::Fail, "a destroyed key is back").await;
    house.world.soil.custody.destroy(&[house.gone.0]).unwrap();
    for check in watching() {
        house.is(check.name(), Verdict::Pass, "all is right again").await;
    }
}

// Goal: who could not look says so. Method: the store answers nothing, then custody does not.
#[tokio::test]
async fn a_check_that_cannot_look_says_error() {
    let house = House::new(12).await;
    house.store.stop_after(0);
    for name in ["sealing-census", "ledger-consistency", "rollback-probe", "blob-scrub"] {
        house.is(name, Verdict::Error, "the store does not answer").await;
    }
    house.is("gate-probes", Verdict::Pass, "the store does not answer, which it never asks").await;
    house.store.restart();
    house.world.soil.custody.fail();
    for name in ["sealing-census", "rollback-probe", "erase-proof"] {
        house.is(name, Verdict::Error, "custody does not answer").await;
    }
    house.world.soil.custody.recover();
    for check in watching() {
        house.is(check.name(), Verdict::Pass, "both answer again").await;
    }
}

// Goal: nothing looked at is no `pass`, and nothing is missed for being closed. Method: an empty region; one reopened.
#[tokio::test]
async fn where_there_is_nothing_to_look_at_it_is_not_applicable() {
    let empty = World::found(Soil::new(13)).await.unwrap();
    let mut checks = all();
    // WHY first: the ledger's check publishes, and then custody remembers a checkpoint.
    checks.sort_by_key(|check| check.name() != "rollback-probe");
    for check in checks {
        let finding = verdict(check.as_ref(), &empty.region).await;
        let expected = match check.name() {
            "erase-proof" | "blob-scrub" | "rollback-probe" | "lineage-complete" | "checkpoint-witnessed" => {
                Verdict::NotApplicable
            }
            "restore-drill" => Verdict::Stale,
            // The founder's own names, the root's ledger and the policy are there from the start.
            _ => Verdict::Pass,
        };
        assert_eq!(finding.verdict, expected, "{}: {}", check.name(), finding.measured);
    }
    let house = House::new(14).await;
    house.world.region.close().await;
    let world = house.world.reopen().await.unwrap();
    assert!(world.region.open_cells().is_empty(), "a project is opened at its first use");
    let reopened = House { world, ..house };
    for name in ["sealing-census", "ledger-consistency", "rollback-probe", "blob-scrub"] {
        let measured = reopened.verdict(name).await.measured;
        assert!(measured.ends_with("not looked at: 1"), "{name}: {measured}");
    }
    reopened.is("erase-proof", Verdict::Pass, "no project was opened yet").await;
    let measured = reopened.verdict("ledger-consistency").await.measured;
    assert!(!measured.contains("not looked at"), "it is open now: {measured}");
    reopened.world.soil.custody.insert(std::slice::from_ref(&reopened.gone)).unwrap();
    reopened.is("erase-proof", Verdict::Fail, "a destroyed key is back").await;
}

/// A check that says what it is told to.
struct Told {
    planted: fn() -> Result<Finding, Refusal>,
    real: fn() -> Result<Finding, Refusal>,
}

#[async_trait]
impl Check for Told {
    fn name(&self) -> &'static str {
        "told"
    }

    fn says(&self) -> &'static str {
        "what it is told"
    }

    fn controls(&self) -> &'static [&'static str] {
        &[]
    }

    async fn look(&self, _: &Region) -> Result<Finding, Refusal> {
        (self.real)()
    }

    async fn look_at_fault(&self) -> Result<Finding, Refusal> {
        (self.planted)()
    }
}

// Goal: a verdict is only as good as the check that was seen to fail. Method: every way to be blind.
#[tokio::test]
async fn a_check_that_misses_its_planted_fault_never_passes() {
    let world = World::found(Soil::new(15)).await.unwrap();
    let pass: fn() -> Result<Finding, Refusal> = || Ok(Finding::holds(true, "well"));
    let fail: fn() -> Result<Finding, Refusal> = || Ok(Finding::holds(false, "ill"));
    let nothing: fn() -> Result<Finding, Refusal> = || Ok(Finding::new(Verdict::NotApplicable, "nothing"));
    let blind: fn() -> Result<Finding, Refusal> = || Err(Refusal::new(Reason::Unavailable));
    for (planted, real, expected) in [
        (fail, pass, Verdict::Pass),
        (fail, fail, Verdict::Fail),
        (fail, nothing, Verdict::NotApplicable),
        (fail, blind, Verdict::Error),
        (pass, pass, Verdict::Error),
        (nothing, pass, Verdict::Error),
        (blind, pass, Verdict::Error),
        (pass, fail, Verdict::Error),
    ] {
        let found = verdict(&Told { planted, real }, &world.region).await;
        assert_eq!(found.verdict, expected, "{}", found.measured);
    }
}

// Goal: all five are told as they are. Method: `check.show` before, after, and a day later.
#[tokio::test]
async fn every_verdict_is_shown_as_it_was_found() {
    let house = House::new(16).await;
    let world = &house.world;
    let shown = async |name: &str| {
        let shown = world.act("anna", "check.show", json!({ "check": name })).await.unwrap().answer;
        shown[0]["verdict"].as_str().unwrap().to_owned()
    };
    let run = async |name: &str| world.act("anna", "check.run", json!({ "check": name })).await.unwrap();
    assert_eq!(shown("blob-scrub").await, "stale", "it never ran");
    run("blob-scrub").await;
    assert_eq!(shown("blob-scrub").await, "pass");
    assert!(house.store.damage(&house.stored("blob"), 5));
    run("blob-scrub").await;
    assert_eq!(shown("blob-scrub").await, "fail");
    let object = json!({ "project": "planet", "bucket": "bologna", "key": "a" });
    let access = world.credential("rita", "planet", Place::Inside, None).await.unwrap();
    let rita = world.with(&access, Place::Inside).await.unwrap();
    world.permit("permit-1", "planet", "2027-01-01", "2027-06-30").await.unwrap();
    let seen =
        world.region.perform(&rita, words::Act::ObjectProbe, object.clone(), None).await.unwrap().answer;
    let mut version = object;
    version["version"] = seen["version"].clone();
    world.region.perform(&rita, words::Act::ObjectDelete, version, None).await.unwrap();
    run("blob-scrub").await;
    assert_eq!(shown("blob-scrub").await, "not applicable");
    world.soil.clock.pass_ms(2 * words::time::DAY_MS);
    world.region.confirm().await;
    assert_eq!(shown("blob-scrub").await, "stale");
    let unknown = world.act("anna", "check.run", json!({ "check": "none" })).await.unwrap_err();
    assert_eq!(unknown.reason, Reason::NotFound);
}

// Goal: what a study holds is what its home says left. Method: a sound snapshot; then each thing its lineage could
// be wrong in, and a row of the home that is gone.
#[tokio::test]
async fn lineage_fails_for_whatever_the_home_does_not_say() {
    let world = super::lineage::snapshot_in_a_twin().await.unwrap();
    let look = async || {
        let check = all().into_iter().find(|check| check.name() == "lineage-complete").unwrap();
        verdict(check.as_ref(), &world.region).await
    };
    let sound = look().await;
    assert_eq!(sound.verdict, Verdict::Pass, "{}", sound.measured);
    let rows = world.region.root().view().await.unwrap().all::<SnapshotRow>(&[]).await.unwrap();
    let row = rows.into_iter().next().unwrap().1;
    let study = world.region.cell(row.study.cast()).await.unwrap();
    let object: ObjectRow = study.view().await.unwrap().all(&[]).await.unwrap().remove(0).1;
    let edits: [fn(Lineage) -> Option<Lineage>; 6] = [
        |_| None,
        |of| Some(Lineage { leaf: of.leaf - 1, ..of }),
        |of| Some(Lineage { leaf: 1_000_000, ..of }),
        |of| Some(Lineage { object: Id::from_bytes([9; 16]), ..of }),
        |of| Some(Lineage { version: of.version + 1, ..of }),
        |of| Some(Lineage { blake3: [9; 32].into(), ..of }),
    ];
    for (number, edit) in edits.into_iter().enumerate() {
        let spoiled = ObjectRow { lineage: object.lineage.clone().and_then(edit), ..object.clone() };
        put_row(&study, spoiled).await;
        let found = look().await;
        assert_eq!(found.verdict, Verdict::Fail, "{number}: {}", found.measured);
    }
    put_row(&study, object).await;
    assert_eq!(look().await.verdict, Verdict::Pass, "it is right again");
}

async fn put_row(cell: &Cell, row: ObjectRow) {
    let step = HouseStep::new(move |draft: &mut Draft, moment: Moment| {
        row.store(draft)?;
        Ok(Entry::of_house("cell.sweep", moment.now))
    });
    cell.submit(Box::new(step)).await.unwrap();
}
