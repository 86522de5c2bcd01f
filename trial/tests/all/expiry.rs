//! What ends by itself: by the controller's rules, at its midnight, and never what anything keeps.

use proptest::prelude::*;
use region::Region;
use region::expiry::{Ages, Ended};
use region::object::change::delete;
use region::twin::{Soil, World};
use region::upload::{self, Begun};
use serde_json::{Value, json};
use trial::kit::{PROJECT, body, store};
use trial::sim::stand::{Stand, runtime};
use words::act::{ObjectDelete, UploadComplete, UploadPart, UploadStart};
use words::time::DAY_MS;
use words::{Act, Actor, Place, Reason, Refusal};

use crate::ground::{commits, desk, dina, pass_ms, project, reason, records, refused, until};
use crate::refusals::foggia;

/// A world with the project's own bucket, a researcher inside and the controller inside.
struct Study {
    world: World,
    rita: Actor,
    carla: Actor,
}

async fn study(seed: u64) -> Study {
    let world = World::planet(Soil::new(seed)).await.unwrap();
    world.permit("permit-1", PROJECT, "2027-01-01", "2028-06-30").await.unwrap();
    world.act("rita", "bucket.create", json!({ "project": PROJECT, "bucket": "results" })).await.unwrap();
    let (_, rita) = desk(&world).await;
    let access = world.credential("carla", PROJECT, Place::Inside, None).await.unwrap();
    let carla = world.with(&access, Place::Inside).await.unwrap();
    Study { world, rita, carla }
}

impl Study {
    async fn rules(&self, bucket: &str, rules: &[Value]) -> Result<Value, Refusal> {
        rules_by(&self.world.region, &self.carla, bucket, rules).await
    }

    async fn versions(&self, bucket: &str) {
        let fields = json!({ "project": PROJECT, "bucket": bucket, "versions": "enabled" });
        self.world.act("rita", "bucket.version", fields).await.unwrap();
    }

    async fn put(&self, key: &str) -> Option<String> {
        store(&self.world.region, &self.rita, "results", key, key.as_bytes()).await.unwrap().version
    }

    async fn delete(&self, key: &str) {
        delete(&self.world.region, &self.rita, deletion("results", key, None)).await.unwrap();
    }

    async fn round(&self) -> Ended {
        let cell = project(&self.world.region).await;
        self.world.region.expire_in(cell, Ages::default()).await.unwrap()
    }

    /// Every version as `key` or `key!` for a marker, newest first in each key.
    async fn left(&self, bucket: &str) -> Vec<String> {
        let cell = self.world.region.cell(project(&self.world.region).await).await.unwrap();
        let rows = cell.view().await.unwrap();
        let bucket = region::noun::bucket::find(&rows, bucket).await.unwrap();
        let all = rows.all::<region::object::ObjectRow>(&bucket.id.to_bytes()).await.unwrap();
        all.into_iter().map(|(_, row)| row.key + if row.is_marker { "!" } else { "" }).collect()
    }
}

async fn rules_by(region: &Region, who: &Actor, bucket: &str, rules: &[Value]) -> Result<Value, Refusal> {
    let rules: Vec<_> = rules.iter().map(Value::to_string).collect();
    let fields = json!({ "project": PROJECT, "bucket": bucket, "rules": rules });
    region.perform(who, Act::BucketExpire, fields, None).await.map(|done| done.answer)
}

fn deletion(bucket: &str, key: &str, version: Option<String>) -> ObjectDelete {
    let (bucket, key) = (bucket.into(), key.into());
    ObjectDelete { project: PROJECT.into(), bucket, key, version, condition: None, bypass: None }
}

fn ended(hidden: u64, removed: u64, uploads: u64, kept: u64) -> Ended {
    Ended { hidden, removed, uploads, kept }
}

/// What the region itself did, as the ledger says it.
async fn deeds(region: &Region) -> Vec<String> {
    let all = records(region, project(region).await).await;
    let own = all.into_iter().flatten().filter(|record| record.act.ends_with(".expire"));
    own.filter(|record| record.person.is_none() && record.refused.is_none())
        .map(|record| record.act)
        .collect()
}

// Goal: days end at a midnight and not a moment before, only what the prefix takes, each as an act of the region.
#[tokio::test]
async fn an_object_ends_at_its_midnight_as_an_act_of_the_region() {
    let study = study(71).await;
    study.rules("results", &[json!({ "id": "tmp", "prefix": "tmp/", "days": 3 })]).await.unwrap();
    for key in ["keep/a", "tmp/a", "tmp/b", "tmpx"] {
        study.put(key).await;
    }
    until(&study.world, "2027-01-13T23:59:59.999Z").await;
    assert_eq!(study.round().await, ended(0, 0, 0, 0));
    until(&study.world, "2027-01-14T00:00:00Z").await;
    assert_eq!(study.round().await, ended(0, 2, 0, 0));
    assert_eq!(study.left("results").await, ["keep/a", "tmpx"]);
    assert_eq!(deeds(&study.world.region).await, ["object.expire"; 2]);
    assert_eq!(study.round().await, ended(0, 0, 0, 0), "a second round finds nothing");
    let cell = project(&study.world.region).await;
    let commits = commits(&study.world.soil.bucket, &study.world.region, cell).await;
    let details: Vec<_> =
        commits.iter().flat_map(|commit| &commit.leaves).filter_map(|leaf| leaf.detail.clone()).collect();
    let said = details
        .iter()
        .filter(|detail| String::from_utf8_lossy(detail).contains(r#""did":"removed""#))
        .count();
    assert_eq!(said, 2, "each leaf says what went, by which rule");
}

// Goal: S3's life of a version: hidden, then removed, then its marker goes too.
#[tokio::test]
async fn a_kept_version_is_hidden_then_removed_then_its_marker_goes() {
    let study = study(72).await;
    study.versions("results").await;
    let rules = [json!({ "id": "all", "days": 2, "older_days": 5 })];
    study.rules("results", &rules).await.unwrap();
    study.put("a").await;
    until(&study.world, "2027-01-13T00:00:00Z").await;
    assert_eq!(study.round().await, ended(1, 0, 0, 0));
    assert_eq!(study.left("results").await, ["a!", "a"]);
    until(&study.world, "2027-01-18T23:59:59Z").await;
    assert_eq!(study.round().await, ended(0, 0, 0, 0));
    until(&study.world, "2027-01-19T00:00:00Z").await;
    assert_eq!(study.round().await, ended(0, 1, 0, 0));
    assert_eq!(study.left("results").await, ["a!"]);
    assert_eq!(study.round().await, ended(0, 1, 0, 0), "a marker with nothing behind it");
    assert!(study.left("results").await.is_empty());
}

#[tokio::test]
async fn from_a_day_on_and_lone_markers_do_what_they_say() {
    let study = study(73).await;
    study.versions("results").await;
    let from = json!({ "id": "from", "prefix": "old/", "from": "2027-02-01T00:00:00Z" });
    study
        .rules("results", &[from, json!({ "id": "lone", "prefix": "gone/", "lone_markers": true })])
        .await
        .unwrap();
    study.put("old/a").await;
    let version = study.put("gone/a").await;
    study.put("gone/b").await;
    study.delete("gone/a").await;
    study.delete("gone/b").await;
    assert_eq!(study.round().await, ended(0, 0, 0, 0), "both markers hide something");
    delete(&study.world.region, &study.rita, deletion("results", "gone/a", version)).await.unwrap();
    assert_eq!(study.round().await, ended(0, 1, 0, 0));
    assert_eq!(study.left("results").await, ["gone/b!", "gone/b", "old/a"]);
    until(&study.world, "2027-01-31T23:59:59.999Z").await;
    assert_eq!(study.round().await, ended(0, 0, 0, 0));
    until(&study.world, "2027-02-01T00:00:00Z").await;
    assert_eq!(study.round().await, ended(1, 0, 0, 0));
}

// Goal: many versions go in one round, over the edges of pages and batches, but for those that are kept.
#[tokio::test]
async fn many_versions_of_one_key_go_in_one_round_but_for_those_kept() {
    let study = study(74).await;
    study.versions("results").await;
    study.rules("results", &[json!({ "id": "few", "older_days": 1, "older_kept": 2 })]).await.unwrap();
    for _ in 0..1_100 {
        study.put("a").await;
    }
    pass_ms(&study.world, 2 * DAY_MS).await;
    assert_eq!(study.round().await, ended(0, 1_097, 0, 0));
    assert_eq!(study.left("results").await, ["a"; 3]);
}

// Goal: nothing vanishes that anything keeps. Method: a hold, a retention, a halt; each lifted in turn.
#[tokio::test]
async fn what_a_hold_a_retention_or_a_halt_keeps_does_not_end() {
    let study = study(75).await;
    let Study { world, carla, .. } = &study;
    foggia(world, 10).await;
    world.sign("sara-foggia", "planet-foggia", "foggia").await.unwrap();
    study.rules("results", &[json!({ "id": "all", "days": 1 })]).await.unwrap();
    study.rules("foggia", &[json!({ "id": "all", "days": 1, "older_days": 1 })]).await.unwrap();
    study.put("held").await;
    store(&world.region, &dina(world, "foggia").await, "foggia", "kept", b"kept").await.unwrap();
    let hold = |hold: &str| {
        let fields = json!({ "project": PROJECT, "bucket": "results", "key": "held", "hold": hold, "reason": "a case" });
        world.region.perform(carla, Act::ObjectHold, fields, None)
    };
    hold("on").await.unwrap();
    pass_ms(world, 3 * DAY_MS).await;
    assert_eq!(study.round().await, ended(1, 0, 0, 1), "a marker hides what is retained; what is held stays");
    pass_ms(world, 3 * DAY_MS).await;
    assert_eq!(study.round().await, ended(0, 0, 0, 2), "held, and retained");
    assert_eq!(study.left("foggia").await, ["kept!", "kept"]);
    world.act("carla", "project.halt", json!({ "project": PROJECT, "reason": "a doubt" })).await.unwrap();
    hold("off").await.unwrap();
    let cell = project(&world.region).await;
    assert_eq!(reason(world.region.expire_in(cell, Ages::default()).await), Reason::ProjectHalted);
    assert_eq!(world.region.expire(Ages::default()).await.unwrap(), ended(0, 0, 0, 0));
    world.act("carla", "project.resume", json!({ "project": PROJECT })).await.unwrap();
    assert_eq!(study.round().await, ended(0, 1, 0, 1));
    pass_ms(world, 10 * DAY_MS).await;
    assert_eq!(study.round().await, ended(0, 1, 0, 0), "the retention is over");
}

// Goal: no delivery ends another. Method: deliver twice under one key; the first goes only once somebody deleted it.
#[tokio::test]
async fn a_delivery_never_ends_an_earlier_one() {
    let study = study(76).await;
    let region = &study.world.region;
    study.rules("bari", &[json!({ "id": "all", "older_days": 1 })]).await.unwrap();
    let dina = dina(&study.world, "bari").await;
    for key in ["a", "a", "b"] {
        store(region, &dina, "bari", key, b"delivered").await.unwrap();
    }
    delete(region, &study.carla, deletion("bari", "b", None)).await.unwrap();
    pass_ms(&study.world, 9 * DAY_MS).await;
    assert_eq!(study.round().await, ended(0, 1, 0, 0));
    assert_eq!(study.left("bari").await, ["a", "a", "b!"]);
    let end = json!({ "agreement": "planet-bari", "reason": "over" });
    study.world.act("carla", "agreement.end", end).await.unwrap();
    assert_eq!(study.round().await, ended(0, 1, 0, 0), "nobody delivers there any more");
    assert_eq!(study.left("bari").await, ["a", "b!"]);
}

fn begun(key: &str) -> UploadStart {
    UploadStart { project: PROJECT.into(), bucket: "results".into(), key: key.into(), sealed: None }
}

async fn part(region: &Region, who: &Actor, key: &str, upload: &str) {
    let (project, bucket, key) = (PROJECT.into(), "results".into(), key.into());
    let deed = UploadPart { project, bucket, key, upload: upload.into(), part: 1 };
    upload::part(region, who, deed, region::object::put::Extra::default(), body(b"part")).await.unwrap();
}

// Goal: an upload that nobody ends is ended: by a rule from its start, by the region's age from its last sign of life.
#[tokio::test]
async fn an_upload_that_nobody_ends_is_ended() {
    let study = study(77).await;
    let region = &study.world.region;
    study.rules("results", &[json!({ "id": "up", "prefix": "short/", "upload_days": 2 })]).await.unwrap();
    let mut ids = Vec::new();
    for key in ["long/a", "long/b", "short/a"] {
        let (row, _) = upload::start(region, &study.rita, begun(key), Begun::default()).await.unwrap();
        part(region, &study.rita, key, &row.id.to_string()).await;
        ids.push(row.id.to_string());
    }
    pass_ms(&study.world, 3 * DAY_MS).await;
    assert_eq!(study.round().await, ended(0, 0, 1, 0), "by its rule");
    pass_ms(&study.world, 22 * DAY_MS).await;
    part(region, &study.rita, "long/b", &ids[1]).await;
    pass_ms(&study.world, 9 * DAY_MS).await;
    assert_eq!(
        study.round().await,
        ended(0, 0, 1, 0),
        "34 days after its last sign of life, and not the other"
    );
    let complete = |key: &str, upload: &str| UploadComplete {
        project: PROJECT.into(),
        bucket: "results".into(),
        key: key.into(),
        upload: upload.into(),
        condition: None,
    };
    let (_, rita) = desk(&study.world).await;
    let done = |key: &'static str, id: String| {
        upload::complete(region, &rita, complete(key, &id), Vec::new(), |_, _| Ok(Vec::new()))
    };
    assert_eq!(reason(done("long/a", ids[0].clone()).await), Reason::NotFound);
    done("long/b", ids[1].clone()).await.unwrap();
    assert_eq!(deeds(region).await, ["upload.expire"; 2]);
}

// Goal: rules are the controller's, from inside, and say one thing that can be done.
#[tokio::test]
async fn rules_are_the_controller_s_and_say_what_can_be_done() {
    let study = study(78).await;
    let Study { world, rita, carla } = &study;
    let good = [json!({ "id": "a", "days": 1 })];
    let by = |who: &Actor, rules: Vec<Value>| {
        let (region, who) = (world.region.clone(), who.clone());
        async move { rules_by(&region, &who, "results", &rules).await }
    };
    refused(world, Reason::RoleMissing, "rules by a researcher", by(rita, good.to_vec())).await;
    refused(world, Reason::PlaceOutside, "rules from outside", by(&world.actor("carla"), good.to_vec()))
        .await;
    for wrong in [
        json!({ "days": 1 }),
        json!({ "id": "a" }),
        json!({ "id": "a", "days": 0 }),
        json!({ "id": "a", "days": 1, "lone_markers": true }),
        json!({ "id": "a", "from": "2027-02-01T01:00:00Z" }),
        json!({ "id": "a", "older_kept": 3 }),
        json!({ "id": "a", "older_days": 1, "older_kept": 101 }),
        json!({ "id": "a", "upload_days": 1, "labels": { "a": "b" } }),
        json!({ "id": "a", "lone_markers": true, "larger_than_bytes": 1 }),
        json!({ "id": "a", "days": 1, "larger_than_bytes": 5, "smaller_than_bytes": 5 }),
        json!({ "id": "a", "days": 1, "storage": "GLACIER" }),
        json!({ "id": "x".repeat(256), "days": 1 }),
        json!({ "id": "a", "days": 1, "prefix": "x".repeat(1_025) }),
        json!({ "id": "a", "days": 1, "labels": { "a": "x".repeat(257) } }),
        json!(["a"]),
    ] {
        assert_eq!(reason(by(carla, vec![wrong.clone()]).await), Reason::Invalid, "{wrong}");
    }
    assert_eq!(reason(by(carla, vec![good[0].clone(); 2]).await), Reason::Invalid, "one id twice");
    let many = (0..101).map(|id| json!({ "id": id.to_string(), "days": 1 })).collect();
    assert_eq!(reason(by(carla, many).await), Reason::TooLarge);
    by(carla, good.to_vec()).await.unwrap();
    let shown =
        world.act("rita", "bucket.show", json!({ "project": PROJECT, "bucket": "results" })).await.unwrap();
    assert_eq!(shown.answer[0]["expiry"], json!(good));
    by(carla, Vec::new()).await.unwrap();
    pass_ms(world, 9 * DAY_MS).await;
    assert_eq!(study.round().await, ended(0, 0, 0, 0));
}

// Goal: a disabled rule and a filter of size or label that does not fit end nothing.
#[tokio::test]
async fn only_what_a_rule_takes_ends() {
    let study = study(79).await;
    for key in ["four", "a-longer-key", "kept"] {
        study.put(key).await;
    }
    let label = json!({ "project": PROJECT, "bucket": "results", "key": "kept", "labels": ["use=demo"] });
    study.world.region.perform(&study.rita, Act::ObjectDescribe, label, None).await.unwrap();
    pass_ms(&study.world, 5 * DAY_MS).await;
    let off = json!({ "id": "off", "disabled": true, "days": 1 });
    let other = json!({ "id": "label", "days": 1, "labels": { "use": "real" } });
    study.rules("results", &[off.clone(), other]).await.unwrap();
    assert_eq!(study.round().await, ended(0, 0, 0, 0));
    let large = json!({ "id": "large", "days": 1, "larger_than_bytes": 4 });
    let demo = json!({ "id": "label", "days": 1, "labels": { "use": "demo" } });
    study.rules("results", &[off, large, demo]).await.unwrap();
    assert_eq!(study.round().await, ended(0, 2, 0, 0));
    assert_eq!(study.left("results").await, ["four"]);
}

// Goal: the region does it by itself, hourly, in projects that nobody has opened too. Method: its own clock of chores.
#[tokio::test(start_paused = true)]
async fn a_running_region_expires_by_itself() {
    let study = study(80).await;
    study.rules("results", &[json!({ "id": "all", "days": 1 })]).await.unwrap();
    study.put("a").await;
    study.world.region.anchor().await.unwrap();
    study.world.region.close().await;
    study.world.soil.clock.pass_ms(3 * DAY_MS);
    let again = study.world.reopen().await.unwrap();
    assert!(again.region.open_cells().is_empty());
    again.region.tend(tokio::time::sleep(std::time::Duration::from_secs(3_700))).await;
    let last = again.reopen().await.unwrap();
    let study = Study { world: last, rita: study.rita, carla: study.carla };
    assert!(study.left("results").await.is_empty());
    assert_eq!(deeds(&study.world.region).await, ["object.expire"]);
}

// Goal: a crash between any two steps loses nothing and repeats nothing. Method: the store stops after each write.
#[test]
fn a_round_survives_a_crash_at_every_step() {
    let mut finished = false;
    for step in 0..40 {
        let stand = Stand::new(900 + step).unwrap();
        finished |= runtime().unwrap().block_on(async {
            let region = Region::open(stand.soil.parts()).await.unwrap();
            let (carla, rita) = people(&stand, &region).await;
            for key in ["a", "b", "c"] {
                store(&region, &rita, "results", key, b"tmp").await.unwrap();
            }
            rules_by(&region, &carla, "results", &[json!({ "id": "all", "days": 1 })]).await.unwrap();
            stand.soil.clock.pass_ms(3 * DAY_MS);
            region.confirm().await;
            stand.store.stop_after(step);
            region
                .expire_in(stand.cast.project.cast(), Ages::default())
                .await
                .is_ok_and(|done| done.removed == 3)
        });
        stand.store.crash();
        runtime().unwrap().block_on(async {
            let region = Region::open(stand.soil.parts()).await.unwrap();
            region.expire_in(stand.cast.project.cast(), Ages::default()).await.unwrap();
            let cell = region.cell(stand.cast.project.cast()).await.unwrap();
            let rows = cell.view().await.unwrap();
            let left = rows.all::<region::object::ObjectRow>(&[]).await.unwrap().len();
            assert_eq!((left, deeds(&region).await.len()), (0, 3), "step {step}");
        });
        if finished {
            return;
        }
    }
    panic!("no round came to its end");
}

/// The controller and the researcher inside.
async fn people(stand: &Stand, region: &Region) -> (Actor, Actor) {
    let here = trial::kit::HERE;
    let rita = region.actor_of_credential(&stand.cast.keys[3].id, here, Place::Inside).await.unwrap();
    let carla = Actor {
        person: stand.cast.persons["carla"],
        credential: None,
        session: None,
        place: Place::Outside,
        address: here,
    };
    let ends = "2027-06-01T00:00:00Z";
    let fields = json!({ "project": PROJECT, "place": "inside", "workspace": "desk", "ends": ends });
    let done = region.perform(&carla, Act::CredentialIssue, fields, None).await.unwrap();
    let id = done.answer["access_key_id"].as_str().unwrap().to_owned();
    (region.actor_of_credential(&id, here, Place::Inside).await.unwrap(), rita)
}

/// A version as the model knows it: whether it is a marker, and when it came.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Known {
    is_marker: bool,
    at: i64,
}

/// What S3's words say of one key, newest first, written down once more and otherwise.
fn model(versions: &[Known], days: Option<i64>, older: Option<(i64, usize)>, now: i64) -> Vec<Known> {
    let midnight = |at: i64, days: i64| (at / DAY_MS + days + 1) * DAY_MS;
    let mut left = Vec::new();
    for (index, version) in versions.iter().enumerate() {
        let goes = match index.checked_sub(1) {
            None => {
                version.is_marker
                    && versions.len() == 1
                    && days.is_some_and(|days| midnight(version.at, days) <= now)
            }
            Some(before) => {
                older.is_some_and(|(days, kept)| before >= kept && midnight(versions[before].at, days) <= now)
            }
        };
        if !goes {
            left.push(*version);
        }
    }
    let hides = versions
        .first()
        .is_some_and(|first| !first.is_marker && days.is_some_and(|days| midnight(first.at, days) <= now));
    if hides {
        left.insert(0, Known { is_marker: true, at: now });
    }
    left
}

#[derive(Debug, Clone, Copy)]
enum Op {
    Put,
    Delete,
    Hours(i64),
    Round,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => Just(Op::Put),
        1 => Just(Op::Delete),
        3 => (1..60_i64).prop_map(Op::Hours),
        2 => Just(Op::Round),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 60, ..ProptestConfig::default() })]
    // Goal: whatever came before, a round leaves what S3's words leave. Method: any life of one key beside a model.
    #[test]
    fn a_round_leaves_what_the_rules_leave(
        ops in prop::collection::vec(op(), 1..40), days in prop::option::of(1..4_u32),
        older in prop::option::of((1..4_u32, 0..4_u32)),
    ) {
        prop_assume!(days.is_some() || older.is_some());
        let left = runtime().unwrap().block_on(lived(ops, days, older));
        prop_assert_eq!(left.0, left.1);
    }
}

async fn lived(ops: Vec<Op>, days: Option<u32>, older: Option<(u32, u32)>) -> (Vec<bool>, Vec<bool>) {
    let study = study(81).await;
    study.versions("results").await;
    let mut rule = json!({ "id": "all" });
    days.iter().for_each(|days| rule["days"] = json!(days));
    older.iter().for_each(|(days, _)| rule["older_days"] = json!(days));
    older.iter().filter(|(_, kept)| *kept > 0).for_each(|(_, kept)| rule["older_kept"] = json!(kept));
    study.rules("results", &[rule]).await.unwrap();
    let mut known: Vec<Known> = Vec::new();
    for op in ops {
        let at = words::Clock::now(study.world.soil.clock.as_ref()).ms();
        match op {
            Op::Put => {
                // WHY not through the bucket's door: the credential's month may be over.
                let (_, rita) = desk(&study.world).await;
                store(&study.world.region, &rita, "results", "a", b"a").await.unwrap();
                known.insert(0, Known { is_marker: false, at });
            }
            Op::Delete => {
                let (_, rita) = desk(&study.world).await;
                delete(&study.world.region, &rita, deletion("results", "a", None)).await.unwrap();
                known.insert(0, Known { is_marker: true, at });
            }
            Op::Hours(hours) => pass_ms(&study.world, hours * 3_600_000).await,
            Op::Round => {
                study.round().await;
                let older = older.map(|(days, kept)| (i64::from(days), kept as usize));
                known = model(&known, days.map(i64::from), older, at);
            }
        }
    }
    let left = study.left("results").await.iter().map(|name| name.ends_with('!')).collect();
    (left, known.iter().map(|version| version.is_marker).collect())
}
