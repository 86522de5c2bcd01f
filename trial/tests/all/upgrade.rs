//! Upgrades: a region that an earlier release left is whole under today's, to the last object.
//!
//! `trial/fixtures/` holds one region per release, as it was left on disk.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use futures::StreamExt;
use region::Region;
use region::cell::publish::verifier;
use region::format::FormatRow;
use region::noun::credential::CredentialRow;
use region::noun::person::PersonRow;
use region::region::Parts;
use region::row::{Row, encode, key};
use region::twin::{SeededRand, StillClock};
use region::verify::{Report, Verifier};
use serde_json::{Value, json};
use store::custody::FileCustody;
use store::index::SlateShelf;
use store::{Bucket, Derived, Log};
use tempfile::TempDir;
use trial::kit::{HERE, drain};
use words::act::ObjectGet;
use words::noun::Cell;
use words::{Act, Actor, Id, Place, Reason, Refusal};

/// The tour's own day: its permits are in force.
const THE_DAY: &str = "2026-11-27T10:00:00Z";

/// Each ledger as 0.1.0 left it: commits and leaves.
const LEDGERS: [(&str, u64, u64); 4] = [
    ("aaaaaaaaaaaaaaaaaaaaaaaaaa", 112, 124),
    ("p36ezmv32r32twbljev3rozrcq", 6, 8),
    ("pwljh3dg5awgtqlxkxephodjzq", 8, 10),
    ("zsqieqjb75tshzv7wtoxi6xliy", 19, 30),
];

/// What the tour stored, who may read it that day, and the SHA-256 of its bytes; the registry's permit is ended.
const OBJECTS: [(&str, &str, &str, &str, &str); 6] = [
    (
        "planet",
        "bologna",
        "2021/ricoveri.csv",
        "rita",
        "ffcc00bbd3f773f3453ea1ff6a4b09b1d5a63a65e971ab3bfc68627f5d5026d8",
    ),
    (
        "planet",
        "catania",
        "2021/ricoveri.csv",
        "rita",
        "c35ccfed5746a6066ef01bb2a0aa82ab0dabcc5d566f767006a84c578bcddd2d",
    ),
    (
        "planet",
        "results",
        "table-1.csv",
        "rita",
        "eddcc2c7bff0cf73667415d61dabfdc8fe680aff6433b30b1980ea1adacf81ff",
    ),
    (
        "acc",
        "genomes",
        "ACC-0001.vcf",
        "gina",
        "97fa0958b13e24d61b4f6921d1b2654590c5a53d23029278a9f94c77d80bb01c",
    ),
    (
        "acc",
        "genomes",
        "ACC-0001_R1.fastq",
        "gina",
        "2de7f8fb628ce2a5a12c2c3d350f3bedf0b4745b8ef4e638533f3822c3f43b3e",
    ),
    (
        "acc",
        "genomes",
        "ACC-0002.vcf",
        "gina",
        "f7becf37e9cef74ba269dc88515f450c66941ee629cede14035227423e286623",
    ),
];

/// The folders of 0.1.0, with its index or without.
fn unpacked(has_index: bool) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/region-0.1.0.tgz");
    let ran = Command::new("tar").arg("xzf").arg(archive).arg("-C").arg(folder.path()).status().unwrap();
    assert!(ran.success());
    let custody = folder.path().join("custody");
    std::fs::set_permissions(custody, std::fs::Permissions::from_mode(0o700)).unwrap();
    if !has_index {
        for (cell, _, _) in LEDGERS {
            std::fs::remove_dir_all(folder.path().join(format!("data/bucket/cells/{cell}/index"))).unwrap();
        }
    }
    folder
}

fn parts(folder: &Path) -> Parts {
    let bucket = Bucket::local(&folder.join("data/bucket")).unwrap();
    let rand = SeededRand::new(1);
    let custody =
        FileCustody::open(&folder.join("custody"), bucket.folder(), Arc::clone(&rand) as _).unwrap();
    Parts {
        name: "epic.example".to_owned(),
        shelf: Arc::new(SlateShelf::new(bucket.clone(), Arc::clone(&rand) as _)),
        bucket,
        custody: Arc::new(custody),
        clock: StillClock::at(THE_DAY),
        rand,
    }
}

/// A ledger read as an auditor reads it, who kept a checkpoint.
async fn verified(bucket: &Bucket, region: &Region, cell: Id<Cell>, kept: &[u8]) -> Report {
    let known = verifier("epic.example", cell, region.ground().signer.public()).unwrap();
    let published = Derived::new(bucket.clone(), cell).checkpoint().await.unwrap().unwrap();
    let mut checked = Verifier::new(cell, &known, &published, Some(kept)).unwrap();
    let log = Log::new(bucket.clone(), cell);
    let mut log = std::pin::pin!(log.follow(0));
    while let Some(next) = log.next().await {
        checked.push(&next.unwrap().1).unwrap();
    }
    checked.finish().unwrap()
}

/// A person as they were: with their credential for a place, if they had one.
async fn actor(region: &Region, alias: &str, place: Place) -> Actor {
    let root = region.root().view().await.unwrap();
    let persons = root.all::<PersonRow>(&[]).await.unwrap();
    let person = persons.into_iter().find(|(_, row)| row.alias == alias).unwrap().1.id;
    let credentials = root.all::<CredentialRow>(&[]).await.unwrap().into_iter().map(|(_, row)| row);
    let mut own = credentials.filter(|row| row.person == person && row.place() == place);
    Actor { person, credential: own.next_back().map(|row| row.used()), session: None, place, address: HERE }
}

async fn read(
    region: &Region,
    who: &Actor,
    project: &str,
    bucket: &str,
    key: &str,
) -> Result<String, Refusal> {
    let deed = ObjectGet { project: project.into(), bucket: bucket.into(), key: key.into(), version: None };
    let reading = region::object::read::get(region, who, deed, |row| Ok(0..row.size_bytes)).await?;
    Ok(data_encoding::HEXLOWER.encode(&seal::sha256(&drain(reading.body).await?)))
}

/// What this release asks for besides: at tiers 2 and 3 nobody works who was not trained and instructed.
async fn taught(region: &Region) {
    for (project, person, signatory, controller) in
        [("planet", "rita", "sergio", "carla"), ("acc", "gina", "sandro", "paola")]
    {
        let of = OBJECTS.iter().find(|of| of.0 == project).unwrap();
        let who = actor(region, person, Place::Inside).await;
        let early = read(region, &who, project, of.1, of.2).await.unwrap_err();
        assert_eq!(early.reason, Reason::TrainingMissing, "{project}");
        let training = json!({ "person": person, "course": "Handling sensitive data", "ends": "2100-01-01" });
        let instruction = json!({ "person": person, "project": project, "ends": "2100-01-01" });
        for (by, act, fields) in
            [(signatory, Act::PersonTrain, training), (controller, Act::PersonInstruct, instruction)]
        {
            let by = actor(region, by, Place::Outside).await;
            region.perform(&by, act, fields, None).await.unwrap();
        }
    }
}

async fn objects_are_as_before(region: &Region) {
    for (project, bucket, key, person, digest) in OBJECTS {
        let who = actor(region, person, Place::Inside).await;
        let told = read(region, &who, project, bucket, key).await;
        assert_eq!(told.as_deref(), Ok(digest), "{project}/{bucket}/{key}");
    }
    let rita = actor(region, "rita", Place::Inside).await;
    let gone = read(region, &rita, "planet", "bari", "2021/ricoveri.csv").await;
    assert_eq!(gone.unwrap_err().reason, Reason::NotFound, "Bari's data were erased");
    let marco = actor(region, "marco", Place::Outside).await;
    let ended = read(region, &marco, "harmony", "registry", "registro.csv").await;
    assert_eq!(ended.unwrap_err().reason, Reason::PermitEnded);
    let stranger = read(region, &rita, "acc", "genomes", "ACC-0001.vcf").await.unwrap_err();
    assert_eq!(stranger.reason, Reason::NotFound, "rita is of another project");
}

async fn checks_pass(region: &Region) {
    let anna = actor(region, "anna", Place::Outside).await;
    let told = region.perform(&anna, Act::CheckRun, json!({}), None).await.unwrap().answer;
    let verdicts: BTreeMap<&str, &str> =
        told.as_array().unwrap().iter().map(|row| (text(row, "check"), text(row, "verdict"))).collect();
    // Later checks may have nothing to look at here, and a drill needs a backup that nobody took.
    for check in [
        "sealing-census",
        "ledger-consistency",
        "gate-probes",
        "rollback-probe",
        "erase-proof",
        "blob-scrub",
        "usage-recount",
    ] {
        assert_eq!(verdicts[check], "pass", "{check}: {told:#}");
    }
    assert!(verdicts.values().all(|verdict| !["fail", "error"].contains(verdict)), "{told:#}");
}

/// What nobody counted was counted when it was opened, erased data left out.
async fn usage_is_known(region: &Region) {
    for (project, objects) in [("planet", 3), ("acc", 3), ("harmony", 1)] {
        let olga = actor(region, "olga", Place::Outside).await;
        let fields = json!({ "project": project });
        let shown = region.perform(&olga, Act::ProjectShow, fields, None).await.unwrap().answer;
        assert_eq!(shown[0]["used"]["objects"], objects, "{shown}");
        assert!(shown[0]["used"]["bytes"].as_u64().unwrap() > 100, "{shown}");
    }
}

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap()
}

/// Goal: an upgrade loses nothing and revives nothing. Method: the region that 0.1.0 left, opened by today's code
/// with its old index and without, twice; heads by the offline verifier, bytes by their digests.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_region_of_0_1_0_is_whole() {
    for has_index in [true, false] {
        let folder = unpacked(has_index);
        let bucket = Bucket::local(&folder.path().join("data/bucket")).unwrap();
        let mut kept = Vec::new();
        for (cell, commits, _) in LEDGERS {
            let cell: Id<Cell> = cell.parse().unwrap();
            let head = Log::new(bucket.clone(), cell).head(None).await.unwrap();
            assert_eq!(head, Some(commits - 1), "{cell}");
            kept.push(Derived::new(bucket.clone(), cell).checkpoint().await.unwrap().unwrap());
        }
        for start in 0..2 {
            let region = Region::open(parts(folder.path())).await.unwrap();
            if start == 0 {
                taught(&region).await;
            }
            objects_are_as_before(&region).await;
            usage_is_known(&region).await;
            checks_pass(&region).await;
            region.publish_all().await;
            for ((cell, commits, leaves), kept) in LEDGERS.into_iter().zip(&kept) {
                let report = verified(&bucket, &region, cell.parse().unwrap(), kept).await;
                let is_grown = report.commits > commits && report.leaves > leaves;
                assert!(is_grown, "index {has_index}, start {start}, {cell}: {report:?}");
            }
            region.close().await;
        }
    }
}

/// Goal: a row's number and spelling are for ever. Method: the bytes that a reader of format 2 must find.
#[test]
fn the_format_is_where_a_later_release_looks() {
    assert_eq!(key(FormatRow::TABLE, &[]), [39]);
    assert_eq!(encode(&FormatRow { format: 2 }).unwrap(), [0x81, 0x02]);
}
