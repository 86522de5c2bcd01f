//! Cells across: a study asks, the holder of the data decides, and a snapshot comes under the study's keys.

use region::Region;
use region::noun::erasure::ErasureRow;
use region::object::ObjectRow;
use region::object::read::{get, probe};
use region::snapshot::{DepartureRow, LeavingRow, SnapshotRow};
use region::twin::study::STUDY;
use region::twin::{Soil, World};
use serde_json::{Value, json};
use trial::kit::{PROJECT, drain};
use words::act::{ObjectGet, ObjectProbe};
use words::noun::{Noun, Project};
use words::{Actor, Id, Reason, Refusal};

use crate::ground::{pass_ms, reason, records, until};

pub const ENDS: &str = "2027-06-30";

/// A study that may have the data of two hospitals, each with two objects at home.
pub async fn world(seed: u64, tier: u64) -> World {
    world_on(Soil::new(seed), tier).await
}

pub async fn world_on(soil: Soil, tier: u64) -> World {
    let world = World::planet(soil).await.unwrap();
    world.study(tier).await.unwrap();
    for hospital in ["bari", "catania"] {
        world.onward(hospital).await.unwrap();
        for key in ["cases/1.csv", "cases/2.csv", "notes/1.txt"] {
            world.deliver_onward(hospital, key).await.unwrap();
        }
    }
    world
}

pub async fn study(region: &Region) -> Id<Project> {
    let root = region.root().view().await.unwrap();
    region::name::find_id(&root, Noun::Project, STUDY).await.unwrap()
}

pub async fn snapshots(region: &Region) -> Vec<SnapshotRow> {
    let root = region.root().view().await.unwrap();
    let mut rows: Vec<SnapshotRow> =
        root.all(&[]).await.unwrap().into_iter().map(|(_, row): (_, SnapshotRow)| row).collect();
    rows.sort_by_key(|row| row.asked_at);
    rows
}

pub fn get_deed(row: &SnapshotRow, key: &str) -> ObjectGet {
    ObjectGet { project: STUDY.into(), bucket: row.bucket(), key: key.into(), version: None }
}

pub async fn read(region: &Region, who: &Actor, row: &SnapshotRow, key: &str) -> Result<Vec<u8>, Refusal> {
    drain(get(region, who, get_deed(row, key), |row| Ok(0..row.size_bytes)).await?.body).await
}

pub async fn objects(region: &Region, row: &SnapshotRow) -> Vec<ObjectRow> {
    let cell = region.cell(row.study.cast()).await.unwrap();
    let rows = cell.view().await.unwrap().all::<ObjectRow>(&[]).await.unwrap();
    rows.into_iter().map(|(_, object)| object).filter(|object| object.scope == row.id.cast()).collect()
}

async fn lineage_check(world: &World) -> Value {
    world.act("anna", "check.run", json!({ "check": "lineage-complete" })).await.unwrap().answer[0].clone()
}

// Goal: exactly what was named goes, once, and both ledgers cite each other. Method: a prefix of one bucket and a key
// of another; a newer and an older version; metadata named and not.
#[tokio::test]
async fn what_a_permit_names_comes_to_the_study_and_nothing_else() {
    let world = world(81, 2).await;
    let region = &world.region;
    world.deliver_onward("bari", "cases/1.csv").await.unwrap();
    assert_eq!(lineage_check(&world).await["verdict"], "not applicable");
    world.cross("across", &["onward-bari/cases/*", "onward-catania/notes/1.txt"], ENDS).await.unwrap();
    let rows = snapshots(region).await;
    assert_eq!(rows.len(), 2, "one for each bucket");
    let remo = world.remo().await.unwrap();
    let (mut keys, mut of_bari) = (Vec::new(), None);
    for row in &rows {
        let whole = row.whole.clone().expect("it is whole");
        for object in objects(region, row).await {
            assert_eq!(object.metadata, [("x-amz-meta-visit".to_owned(), "2".to_owned())]);
            let lineage = object.lineage.clone().unwrap();
            assert_eq!((lineage.leaf, lineage.home, lineage.permit), (whole.left, row.home, row.permit));
            let bytes = read(region, &remo, row, &object.key).await.unwrap();
            let is_whose = if bytes.starts_with(b"bari") { "bari" } else { "catania" };
            assert_eq!(bytes, format!("{is_whose} {}", object.key).into_bytes());
            of_bari = of_bari.or_else(|| Some(row).filter(|_| is_whose == "bari"));
            keys.push((is_whose, object.key));
        }
        cites(region, row).await;
    }
    keys.sort();
    let expected = [("bari", "cases/1.csv"), ("bari", "cases/2.csv"), ("catania", "notes/1.txt")];
    assert_eq!(keys.iter().map(|(of, key)| (*of, key.as_str())).collect::<Vec<_>>(), expected);
    assert_eq!(lineage_check(&world).await["verdict"], "pass");

    // Again and again: nothing is under way, nothing is doubled.
    let before = region.root().head().next_seq;
    region.finish_snapshots().await.unwrap();
    assert_eq!(region.root().head().next_seq, before);
    let row = of_bari.unwrap();
    let (bucket, key) = (row.bucket(), "cases/1.csv".into());
    let deed = ObjectProbe { project: STUDY.into(), bucket, key, version: None };
    let told = probe(region, &remo, &deed).await.unwrap().lineage.unwrap().to_string();
    let home = format!("home={}:{}", row.home, row.whole.as_ref().unwrap().left);
    assert!(told.contains(&home), "{told}");
}

/// The home's leaf names the snapshot and the study; the study's leaves cite it, and the home's answer cites theirs.
async fn cites(region: &Region, row: &SnapshotRow) {
    let whole = row.whole.clone().unwrap();
    let home = records(region, row.home.cast()).await;
    let there = records(region, row.study.cast()).await;
    let (left, arrived) =
        (format!("leaf:{}:{}", row.home, whole.left), format!("leaf:{}:{}", row.study, whole.arrived));
    let own = format!("snapshot:{}", row.id);
    let leave = home[whole.left as usize].as_ref().unwrap();
    assert_eq!(leave.act, "snapshot.leave");
    assert!(leave.subjects.contains(&format!("study:{}", row.study)) && leave.subjects.contains(&own));
    let whole = there[whole.arrived as usize].as_ref().unwrap();
    assert!(whole.act == "snapshot.whole" && whole.subjects.contains(&left), "{whole:?}");
    let of = |records: &[Option<region::cell::format::Record>], act: &str| -> Vec<Vec<String>> {
        let records =
            records.iter().flatten().filter(|record| record.act == act && record.subjects.contains(&own));
        records.map(|record| record.subjects.clone()).collect()
    };
    assert!(of(&there, "snapshot.arrive").iter().all(|subjects| subjects.contains(&left)));
    let answered = of(&home, "snapshot.arrived");
    assert!(answered.len() == 1 && answered[0].contains(&arrived), "{answered:?}");
    assert_eq!(of(&home, "snapshot.leave").len(), 1, "it left once");
    let cell = region.cell(row.home.cast()).await.unwrap();
    let rows = cell.view().await.unwrap();
    let departure: DepartureRow = rows.known(&row.id.to_bytes()).await.unwrap();
    let listed: Vec<(Vec<u8>, LeavingRow)> = rows.all(&row.id.to_bytes()).await.unwrap();
    assert_eq!(departure.objects, listed.len() as u64);
    assert_eq!(objects(region, row).await.len(), listed.len());
}

// Goal: neither side does the other's part, and no rule of the data is passed by. Method: each who may not, and each
// thing that is missing, one at a time.
#[tokio::test]
async fn nobody_takes_what_the_holder_did_not_give() {
    let world = world(82, 2).await;
    world.ask("across", &["onward-bari"], ENDS).await.unwrap();
    let grant = |who: &'static str, permit: &'static str| {
        let world = &world;
        async move { reason(world.act(who, "permit.grant", json!({ "permit": permit })).await) }
    };
    for (who, expected) in [
        ("cora", Reason::NotFound),
        ("remo", Reason::NotFound),
        ("stella", Reason::NotFound),
        ("rita", Reason::OnwardMissing),
        ("olga", Reason::RoleMissing),
    ] {
        let got = grant(who, "across").await;
        let is_no = got == expected
            || matches!(got, Reason::RoleMissing | Reason::OnwardMissing | Reason::AgreementMissing);
        assert!(is_no && (expected != Reason::NotFound || got == expected), "{who}: {got:?}");
    }
    // The controller of the data asks for nobody's study.
    let fields = json!({
        "alias": "own", "project": STUDY, "persons": ["remo"], "home": PROJECT, "objects": ["onward-bari"],
        "purpose": "p", "legal_basis": "l", "starts": "2027-01-01", "ends": ENDS,
    });
    assert_eq!(reason(world.act("carla", "permit.request", fields.clone()).await), Reason::NotFound);
    world.act("cora", "permit.request", fields).await.unwrap();
    // Of a hospital whose agreement says nothing of it, of a bucket that is not there, of the home's own results.
    world.ask("silent", &["onward-bari", "bologna"], ENDS).await.unwrap();
    assert_eq!(grant("carla", "silent").await, Reason::OnwardMissing);
    world.ask("absent", &["onward-bari", "nowhere"], ENDS).await.unwrap();
    assert_eq!(grant("carla", "absent").await, Reason::StateWrong);
    world.act("rita", "bucket.create", json!({ "project": PROJECT, "bucket": "results" })).await.unwrap();
    world.ask("derived", &["results"], ENDS).await.unwrap();
    assert_eq!(grant("carla", "derived").await, Reason::OnwardMissing);
    // Who has a part in the study too.
    world.give("cora", "carla", "reviewer", Some(STUDY)).await.unwrap();
    assert_eq!(grant("carla", "across").await, Reason::DutiesMixed);
    world
        .act("cora", "role.revoke", json!({ "person": "carla", "role": "reviewer", "at": STUDY }))
        .await
        .unwrap();
    // A stop on either side.
    let because = |agreement: &str| json!({ "agreement": agreement, "reason": "a doubt" });
    world.act("sara-bari", "agreement.suspend", because("onward-bari")).await.unwrap();
    assert_eq!(grant("carla", "across").await, Reason::OnwardMissing);
    world.act("sara-bari", "agreement.resume", json!({ "agreement": "onward-bari" })).await.unwrap();
    world.act("cora", "agreement.suspend", because("study-own")).await.unwrap();
    assert_eq!(grant("carla", "across").await, Reason::AgreementMissing);
    world.act("cora", "agreement.resume", json!({ "agreement": "study-own" })).await.unwrap();
    world.act("carla", "project.classify", json!({ "project": PROJECT, "tier": 3 })).await.unwrap();
    assert_eq!(grant("carla", "across").await, Reason::TierLowered);
    assert!(snapshots(&world.region).await.is_empty(), "something was taken");
    world.act("cora", "project.classify", json!({ "project": STUDY, "tier": 3 })).await.unwrap();
    world.act("carla", "permit.grant", json!({ "permit": "across" })).await.unwrap();
}

// Goal: who asks learns nothing of other projects. Method: the same request of a project that is there and of none.
#[tokio::test]
async fn what_is_asked_of_nothing_is_answered_like_what_is_asked_of_something() {
    let world = world(83, 2).await;
    let ask = |alias: &'static str, home: &'static str| {
        let fields = json!({
            "alias": alias, "project": STUDY, "persons": ["remo"], "home": home, "objects": ["onward-bari"],
            "purpose": "p", "legal_basis": "l", "starts": "2027-01-01", "ends": ENDS,
        });
        let world = &world;
        async move { world.act("remo", "permit.request", fields).await.unwrap().answer }
    };
    let answers = [ask("one", PROJECT).await, ask("two", "planot").await];
    assert_eq!(answers[0]["state"], answers[1]["state"]);
    for who in ["remo", "cora", "nobody"] {
        for act in ["permit.grant", "permit.amend", "snapshot.take"] {
            let fields = |permit: &str| match act {
                "permit.amend" => json!({ "permit": permit, "ends": "2027-07-31" }),
                _ => json!({ "permit": permit }),
            };
            let told = [world.act(who, act, fields("one")).await, world.act(who, act, fields("two")).await];
            let told = told.map(|told| told.map(drop).unwrap_err());
            assert_eq!(
                (told[0].reason, told[0].to_string()),
                (told[1].reason, told[1].to_string()),
                "{who} {act}"
            );
        }
    }
    let shown = world.act("remo", "permit.show", json!({})).await.unwrap().answer;
    let states: Vec<&Value> = shown.as_array().unwrap().iter().map(|permit| &permit["state"]).collect();
    assert_eq!(states, ["requested", "requested"]);
    // The holder sees who asks for what of theirs, and no other request.
    let shown = world.act("carla", "permit.show", json!({})).await.unwrap().answer;
    assert_eq!(shown.as_array().unwrap().len(), 1, "{shown}");
    assert_eq!(shown[0]["objects"], json!(["onward-bari"]));
}

// Goal: a snapshot is read by whom its permit names, from its first moment to its last, and never changed.
#[tokio::test]
async fn a_snapshot_is_read_under_its_permit_alone_and_never_changed() {
    let world = world(84, 2).await;
    let region = &world.region;
    world.cross("across", &["onward-bari"], ENDS).await.unwrap();
    let row = snapshots(region).await.remove(0);
    let remo = world.remo().await.unwrap();
    // A permit for all of the study opens no snapshot, and a snapshot's opens nothing else.
    world.enrol_by("stella", "rocco", "unito").await.unwrap();
    world.give("cora", "rocco", "researcher", Some(STUDY)).await.unwrap();
    let fields = json!({
        "alias": "wide", "project": STUDY, "persons": ["rocco"], "purpose": "p", "legal_basis": "l",
        "starts": "2027-01-01", "ends": ENDS,
    });
    world.act("remo", "permit.request", fields).await.unwrap();
    world.act("cora", "permit.grant", json!({ "permit": "wide" })).await.unwrap();
    let access = world.credential("rocco", STUDY, words::Place::Inside, None).await.unwrap();
    let rocco = world.with(&access, words::Place::Inside).await.unwrap();
    assert_eq!(reason(read(region, &rocco, &row, "notes/1.txt").await), Reason::PermitMissing);
    world.act("remo", "bucket.create", json!({ "project": STUDY, "bucket": "results" })).await.unwrap();
    let at = |bucket: &str| json!({ "project": STUDY, "bucket": bucket, "key": "notes/1.txt" });
    let copy = json!({
        "project": STUDY, "bucket": "results", "key": "a", "source_bucket": row.bucket(), "source_key": "notes/1.txt",
    });
    let copied = region.perform(&remo, words::Act::ObjectCopy, copy.clone(), None).await;
    assert_eq!(reason(copied), Reason::PermitMissing, "its permit opens the results too");
    let fields = json!({
        "alias": "also", "project": STUDY, "persons": ["remo"], "purpose": "p", "legal_basis": "l",
        "starts": "2027-01-01", "ends": ENDS,
    });
    world.act("remo", "permit.request", fields).await.unwrap();
    world.act("cora", "permit.grant", json!({ "permit": "also" })).await.unwrap();
    assert_eq!(reason(region.perform(&remo, words::Act::ObjectCopy, copy, None).await), Reason::ScopeCrossed);
    let mut described = at(&row.bucket());
    described["labels"] = json!(["a=b"]);
    let versions = json!({ "project": STUDY, "bucket": row.bucket(), "versions": "suspended" });
    for (who, act, fields) in [
        (&remo, words::Act::ObjectDelete, at(&row.bucket())),
        (&remo, words::Act::ObjectDescribe, described),
        (&remo, words::Act::UploadStart, at(&row.bucket())),
        (&remo, words::Act::BucketVersion, versions),
    ] {
        assert_eq!(
            reason(region.perform(who, act, fields, None).await),
            Reason::SnapshotFixed,
            "{}",
            act.name()
        );
    }
    // From outside never, at tier 2.
    assert_eq!(reason(read(region, &world.actor("remo"), &row, "notes/1.txt").await), Reason::PlaceOutside);
    until(&world, "2027-06-30T00:00:00Z").await;
    assert!(read(region, &remo, &row, "notes/1.txt").await.is_err(), "its credential is over by then");
}

// Goal: the permit's end is felt within the second, by who is reading too. Method: a body of pieces held open over the end.
#[tokio::test]
async fn an_ended_permit_closes_open_streams_and_its_snapshot_is_erased_by_an_act() {
    use futures::StreamExt;
    let world = world(85, 2).await;
    let region = &world.region;
    world.cross("across", &["onward-bari"], ENDS).await.unwrap();
    let row = snapshots(region).await.remove(0);
    let remo = world.remo().await.unwrap();
    let erase = json!({ "project": STUDY, "snapshot": row.id.to_string(), "reason": "over" });
    assert_eq!(reason(world.act("kurt", "snapshot.erase", erase.clone()).await), Reason::StateWrong);
    let deed = get_deed(&row, "notes/1.txt");
    let mut open = get(region, &remo, deed, |row| Ok(0..row.size_bytes)).await.unwrap().body;
    world.act("carla", "permit.end", json!({ "permit": "across", "reason": "over" })).await.unwrap();
    assert_eq!(open.next().await.unwrap().unwrap_err().reason, Reason::PermitEnded);
    assert_eq!(reason(read(region, &remo, &row, "notes/1.txt").await), Reason::PermitEnded);
    assert_eq!(reason(world.act("cora", "snapshot.erase", erase.clone()).await), Reason::RoleMissing);
    let done = world.act("kurt", "snapshot.erase", erase.clone()).await.unwrap();
    assert!(done.answer["certificate"].as_str().unwrap().contains(&row.home.to_string()));
    assert!(objects(region, &row).await.is_empty());
    assert!(snapshots(region).await[0].erased_at.is_some());
    assert_eq!(reason(world.act("kurt", "snapshot.erase", erase).await), Reason::AlreadyDone);
    let proof = world.act("anna", "check.run", json!({ "check": "erase-proof" })).await.unwrap().answer;
    assert_eq!(proof[0]["verdict"], "pass", "{proof}");
}

// Goal: a refresh stands beside what was taken before. Method: change the home, take anew, read both.
#[tokio::test]
async fn a_snapshot_taken_anew_leaves_the_former_as_it_was() {
    let world = world(86, 2).await;
    let region = &world.region;
    world.cross("across", &["onward-bari/cases/*"], ENDS).await.unwrap();
    let first = snapshots(region).await.remove(0);
    pass_ms(&world, 1_000).await;
    world.deliver_onward("bari", "cases/3.csv").await.unwrap();
    assert_eq!(
        reason(world.act("cora", "snapshot.take", json!({ "permit": "across" })).await),
        Reason::NotFound
    );
    world.act("carla", "snapshot.take", json!({ "permit": "across" })).await.unwrap();
    region.finish_snapshots().await.unwrap();
    let rows = snapshots(region).await;
    assert_eq!(rows.len(), 2);
    assert_eq!((objects(region, &rows[0]).await.len(), objects(region, &rows[1]).await.len()), (2, 3));
    assert_eq!(rows[0].id, first.id);
    let remo = world.remo().await.unwrap();
    for row in &rows {
        assert_eq!(read(region, &remo, row, "cases/1.csv").await.unwrap(), b"bari cases/1.csv");
    }
}

// Goal: nothing moves while it may not. Method: each hindrance in turn, then none.
#[tokio::test]
async fn a_snapshot_waits_for_what_passes_and_ends_with_its_permit() {
    let world = world(87, 2).await;
    let region = &world.region;
    world.ask("across", &["onward-bari"], ENDS).await.unwrap();
    world.act("carla", "permit.grant", json!({ "permit": "across" })).await.unwrap();
    let stops = [
        (
            "carla",
            "project.halt",
            json!({ "project": PROJECT, "reason": "r" }),
            "carla",
            "project.resume",
            json!({ "project": PROJECT }),
        ),
        (
            "cora",
            "project.halt",
            json!({ "project": STUDY, "reason": "r" }),
            "cora",
            "project.resume",
            json!({ "project": STUDY }),
        ),
        (
            "kurt",
            "key.lock",
            json!({ "project": PROJECT }),
            "kim",
            "key.unlock",
            json!({ "project": PROJECT }),
        ),
        (
            "sara-bari",
            "agreement.suspend",
            json!({ "agreement": "onward-bari", "reason": "r" }),
            "sara-bari",
            "agreement.resume",
            json!({ "agreement": "onward-bari" }),
        ),
    ];
    for (who, act, fields, by, undo, back) in stops {
        world.act(who, act, fields).await.unwrap();
        region.finish_snapshots().await.unwrap();
        let row = snapshots(region).await.remove(0);
        assert!(row.is_under_way() && objects(region, &row).await.is_empty(), "it went on under {act}");
        world.act(by, undo, back).await.unwrap();
    }
    world.act("cora", "permit.end", json!({ "permit": "across", "reason": "r" })).await.unwrap();
    region.finish_snapshots().await.unwrap();
    let row = snapshots(region).await.remove(0);
    assert!(row.closed.is_some() && objects(region, &row).await.is_empty(), "{row:?}");
}

/// Erasures that the root remembers, done or not.
pub async fn erasures(region: &Region) -> Vec<ErasureRow> {
    let root = region.root().view().await.unwrap();
    root.all::<ErasureRow>(&[]).await.unwrap().into_iter().map(|(_, row)| row).collect()
}
