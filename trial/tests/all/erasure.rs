//! Erasure: one of three hospitals withdraws, and nothing brings its data back.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use region::cell::fold;
use region::noun::airlock;
use region::noun::project::ProjectRow;
use region::object::ObjectRow;
use region::region::{Parts, StartError};
use region::scope::ScopeRow;
use region::twin::{HOSPITALS, Soil, World};
use region::{OpenError, Region};
use serde_json::{Value, json};
use store::Bucket;
use store::custody::{Custody, CustodyError, Destroyed, FileCustody, Key, KeyName};
use store::index::{MemoryShelf, SlateShelf};
use trial::kit::{HERE, PROJECT, read, store};
use trial::sim::stand::{Stand, runtime};
use words::noun::Cell;
use words::{Act, Actor, Id, Place, Reason, Refusal};

use crate::ground::{commits, desk, dina, forgetful, project, reason, refused};
use crate::ledger::{Files, exported, text, verify};
use crate::refusals::foggia;

pub const PLANTED: &[u8] = b"Rossi Maria, born 1961, diagnosis U07.1";

pub fn withdraw(hospital: &str) -> Value {
    json!({ "project": PROJECT, "agreement": format!("planet-{hospital}"), "reason": "the hospital withdraws" })
}

/// Every file of a folder, copied: yesterday's backup.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// The world of three hospitals on a disk, each with one object, and a permit.
async fn delivered(folder: &Path, seed: u64) -> (World, Actor) {
    let soil = Soil::over(Bucket::local(folder).unwrap(), seed);
    let world = World::planet(soil).await.unwrap();
    for hospital in HOSPITALS {
        let dina = dina(&world, hospital).await;
        store(&world.region, &dina, hospital, "patients-Rossi.csv", PLANTED).await.unwrap();
    }
    world.permit("permit-1", PROJECT, "2027-01-01", "2027-06-30").await.unwrap();
    let (_, rita) = desk(&world).await;
    (world, rita)
}

async fn opened(world: &World, rita: &Actor, hospital: &str) -> Result<Vec<u8>, Refusal> {
    read(&world.region, rita, hospital, "patients-Rossi.csv").await.map(|(bytes, _)| bytes)
}

/// Objects that today's keys still reveal in a bucket's log, by scope.
pub async fn revealed(
    bucket: &Bucket,
    region: &Region,
    cell: Id<Cell>,
    scope: Id<words::noun::Scope>,
) -> usize {
    let commits = commits(bucket, region, cell).await;
    let changes = commits.into_iter().flat_map(|commit| commit.rows);
    let objects = changes.filter(|(key, _)| key.first() == Some(&(region::row::Table::Object as u8)));
    let rows = objects.filter_map(|(_, value)| value).map(|value| region::row::decode(&value).unwrap());
    rows.filter(|row: &ObjectRow| row.scope == scope).count()
}

#[tokio::test]
async fn a_withdrawn_hospital_is_gone_live_in_yesterdays_copy_and_after_replay() {
    let (live, yesterday) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut world, rita) = delivered(live.path(), 21).await;
    let cell = project(&world.region).await;
    let root = world.region.root().view().await.unwrap();
    let bari = region::noun::agreement::find(&root, "planet-bari").await.unwrap().id.cast();
    let proof = world.act("anna", "ledger.prove", json!({ "leaf": format!("{cell}:3") })).await.unwrap();
    let before = exported(&world, Some(PROJECT)).await;
    copy(live.path(), yesterday.path());
    let copied = Bucket::local(yesterday.path()).unwrap();
    let others: Vec<_> = {
        let mut others = Vec::new();
        for hospital in ["bologna", "catania"] {
            let row = region::noun::agreement::find(&root, &format!("planet-{hospital}")).await.unwrap();
            others.push(row.id.cast());
        }
        others
    };
    assert_eq!(revealed(&copied, &world.region, cell, bari).await, 1, "the copy holds it before");

    let done = world.act("kurt", "key.erase-scope", withdraw("bari")).await.unwrap();
    is_certified(done.answer["certificate"].as_str().unwrap(), &before, "scope", bari);
    assert_eq!(reason(opened(&world, &rita, "bari").await), Reason::NotFound);
    assert_eq!(revealed(&copied, &world.region, cell, bari).await, 0, "yesterday's copy says no more");
    for other in others {
        assert_eq!(revealed(&copied, &world.region, cell, other).await, 1, "it still says the others'");
    }
    for hospital in ["bologna", "catania"] {
        assert_eq!(opened(&world, &rita, hospital).await.unwrap(), PLANTED, "{hospital} reads on");
    }
    let names = world.soil.custody.names().unwrap();
    let is_of_bari = |name: &KeyName| matches!(name, KeyName::ScopeMetadata(_, of) | KeyName::ScopeData(_, of, _) if *of == bari);
    assert!(!names.iter().any(is_of_bari), "custody still holds a key of the withdrawn hospital");
    let again = world.act("anna", "ledger.prove", json!({ "leaf": format!("{cell}:3") })).await.unwrap();
    assert_eq!(proof.answer["commitment"], again.answer["commitment"], "the leaf is still the same");
    let after = exported(&world, Some(PROJECT)).await;
    let (key, kept) = (text(&before, "key"), text(&before, "checkpoint"));
    let whole = verify(&after, &key, Some(&kept)).expect("the ledger goes on from before the erasure");
    assert!(whole.commits > verify(&before, &key, None).unwrap().commits);

    world.region.close().await;
    world.soil.shelf = MemoryShelf::default();
    let replayed = world.reopen().await.unwrap();
    assert_eq!(reason(opened(&replayed, &rita, "bari").await), Reason::NotFound);
    for hospital in ["bologna", "catania"] {
        assert_eq!(opened(&replayed, &rita, hospital).await.unwrap(), PLANTED);
    }
    replayed.region.close().await;

    // Yesterday's bucket under today's custody: custody remembers more than the bucket holds.
    let parts =
        Parts { bucket: copied.clone(), shelf: Arc::new(MemoryShelf::default()), ..world.soil.parts() };
    let rolled_back = Region::open(parts).await.err();
    assert!(matches!(rolled_back, Some(StartError::Open(OpenError::RolledBack { .. }))), "{rolled_back:?}");
    // And even if somebody makes it forget: the keys are gone, and nobody erased them in that history.
    let custody = Arc::new(forgetful(world.soil.custody.as_ref()));
    let parts =
        Parts { bucket: copied, custody, shelf: Arc::new(MemoryShelf::default()), ..world.soil.parts() };
    let lost = Region::open(parts).await.err();
    assert!(matches!(lost, Some(StartError::Open(OpenError::KeysMissing { .. }))), "{lost:?}");
}

/// A certificate holds for a standard tool that has the ledger's public key and nothing else, and says what was done.
fn is_certified(note: &str, files: &Files, what: &str, id: Id<words::noun::Scope>) {
    let verifier = || signed_note::StandardVerifier::new(text(files, "key").trim()).unwrap();
    let holds = |note: &str| {
        let known = signed_note::VerifierList::new(vec![Box::new(verifier())]);
        let note = signed_note::Note::from_bytes(note.as_bytes()).ok()?;
        note.verify(&known).ok().filter(|(known, _)| known.len() == 1)?;
        Some(note.text().to_vec())
    };
    let said: Value = serde_json::from_slice(&holds(note).expect("it is signed")).unwrap();
    assert_eq!(said["erased"], what);
    assert_eq!(said[what], id.to_string());
    assert_eq!(said["custody"], "memory, for tests", "it names the kind of custody");
    assert_eq!((&said["objects"], &said["bytes"]), (&json!(1), &json!(PLANTED.len())));
    assert!(said["custody_generation"].as_u64().is_some_and(|generation| generation > 0));
    for (from, to) in
        [("\"objects\":1", "\"objects\":0"), ("memory, for tests", "a vault"), ("scope", "score")]
    {
        assert!(note.contains(from), "{note}");
        assert!(holds(&note.replace(from, to)).is_none(), "it holds with `{to}` for `{from}`");
    }
}

#[tokio::test]
async fn a_legal_hold_and_a_retention_refuse_erasure() {
    let world = World::planet(Soil::new(22)).await.unwrap();
    foggia(&world, 3_650).await;
    world.sign("sara-foggia", "planet-foggia", "foggia").await.unwrap();
    for hospital in ["bari", "foggia"] {
        store(&world.region, &dina(&world, hospital).await, hospital, "a", PLANTED).await.unwrap();
    }
    let hold = |on: &str| json!({ "project": PROJECT, "bucket": "bari", "key": "a", "hold": on, "reason": "a court" });
    world.act("carla", "object.hold", hold("on")).await.unwrap();
    refused(
        &world,
        Reason::LegalHold,
        "erasing what a court holds",
        world.act("kurt", "key.erase-scope", withdraw("bari")),
    )
    .await;
    refused(
        &world,
        Reason::Retained,
        "erasing what must be kept",
        world.act("kurt", "key.erase-scope", withdraw("foggia")),
    )
    .await;
    let all = json!({ "project": PROJECT, "reason": "over" });
    refused(
        &world,
        Reason::LegalHold,
        "erasing a project with a hold",
        world.act("kurt", "key.erase-project", all),
    )
    .await;
    world.act("carla", "object.hold", hold("off")).await.unwrap();
    world.act("kurt", "key.erase-scope", withdraw("bari")).await.unwrap();
}

#[tokio::test]
async fn wrong_and_older_custody_is_refused_at_open() {
    let world = World::planet(Soil::new(23)).await.unwrap();
    store(&world.region, &dina(&world, "bari").await, "bari", "a", PLANTED).await.unwrap();
    let older = Arc::new(forgetful(world.soil.custody.as_ref()));
    world.act("kurt", "key.rotate", json!({ "project": PROJECT })).await.unwrap();
    store(&world.region, &dina(&world, "bari").await, "bari", "b", PLANTED).await.unwrap();
    world.region.close().await;
    let cell = project_of(&world).await;

    let parts = Parts { custody: older, shelf: Arc::new(MemoryShelf::default()), ..world.soil.parts() };
    let region = Region::open(parts).await.unwrap();
    let opened = region.ground().open(cell, None).await.err();
    let is_named = matches!(
        &opened,
        Some(OpenError::Fault { fault: fold::Fault::KeyMissing { .. }, .. } | OpenError::KeysMissing { .. })
    );
    assert!(is_named, "older custody: {opened:?}");

    let other = World::planet(Soil::new(24)).await.unwrap();
    let custody = Arc::new(forgetful(other.soil.custody.as_ref()));
    let parts = Parts { custody, shelf: Arc::new(MemoryShelf::default()), ..world.soil.parts() };
    assert!(Region::open(parts).await.is_err(), "another region's custody opens this bucket");
}

async fn project_of(world: &World) -> Id<Cell> {
    let done = world.reopen().await.unwrap();
    let cell = project(&done.region).await;
    done.region.close().await;
    cell
}

/// Two releases with names in all that people write of them: one goes out and is revoked, one is rejected.
async fn way_out(world: &World, region: &Region, rita: &Actor) {
    let act = |person: &'static str, act: Act, fields: Value| {
        let actor = world.actor(person);
        async move { region.perform(&actor, act, fields, None).await.unwrap() }
    };
    act("rita", Act::BucketCreate, json!({ "project": PROJECT, "bucket": "neri-results" })).await;
    store(region, rita, "neri-results", "Gallo.csv", PLANTED).await.unwrap();
    let of = json!({ "project": PROJECT, "bucket": "neri-results", "key": "Gallo.csv", "labels": ["patient=Marino"] });
    let told = region.perform(rita, Act::ObjectDescribe, of, None).await;
    told.unwrap();
    for alias in ["out-fontana", "out-moretti"] {
        let fields = json!({ "alias": alias, "project": PROJECT, "objects": ["neri-results/Gallo.csv"], "context": "of Bianchi Luca" });
        act("rita", Act::AirlockDraft, fields).await;
    }
    for reviewer in ["rolf", "renate"] {
        let fields = json!({ "project": PROJECT, "airlock": "out-fontana", "note": "Esposito agrees" });
        act(reviewer, Act::AirlockApprove, fields).await;
    }
    let fields = json!({ "project": PROJECT, "airlock": "out-fontana", "ends": "2027-03-01" });
    act("carla", Act::AirlockRelease, fields).await;
    let deed = words::act::AirlockFetch {
        project: PROJECT.into(),
        airlock: "out-fontana".into(),
        object: "neri-results/Gallo.csv".into(),
        recipient: None,
    };
    let of = airlock::Wanted {
        project: PROJECT,
        airlock: "out-fontana",
        object: "neri-results/Gallo.csv",
        recipient: None,
    };
    let fetched = airlock::open(region, &world.actor("rita"), deed.clone(), of).await.unwrap();
    assert_eq!(trial::kit::drain(fetched.body).await.unwrap(), PLANTED);
    let fields =
        |reason: &str, alias: &str| json!({ "project": PROJECT, "airlock": alias, "reason": reason });
    act("carla", Act::AirlockRevoke, fields("Romano objects", "out-fontana")).await;
    act("rolf", Act::AirlockReject, fields("Colombo is named", "out-moretti")).await;
}

#[tokio::test]
async fn nothing_planted_is_found_in_the_raw_store() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (world, rita) = delivered(folder.path(), 25).await;
    world.region.close().await;
    let soil = &world.soil;
    let locked = keys.path().join("custody");
    let custody = FileCustody::open(&locked, Some(folder.path()), Arc::clone(&soil.rand) as _).unwrap();
    let held: Vec<_> = soil
        .custody
        .names()
        .unwrap()
        .into_iter()
        .map(|name| (name, soil.custody.key(&name).unwrap().unwrap()))
        .collect();
    custody.insert(&held).unwrap();
    let shelf = Arc::new(SlateShelf::new(soil.bucket.clone(), Arc::clone(&soil.rand) as _));
    let parts = Parts { custody: Arc::new(custody), shelf, ..soil.parts() };
    let region = Region::open(parts).await.unwrap();
    assert_eq!(read(&region, &rita, "bari", "patients-Rossi.csv").await.unwrap().0, PLANTED);
    let carla = world.actor("carla");
    let halt = json!({ "project": PROJECT, "reason": "Verdi Giuseppe complained" });
    way_out(&world, &region, &rita).await;
    region.perform(&carla, Act::ProjectHalt, halt, None).await.unwrap();
    region.perform(&world.actor("kurt"), Act::KeyEraseScope, withdraw("bari"), None).await.unwrap();
    region.close().await;

    let planted: Vec<Vec<u8>> = [
        "Rossi",
        "U07.1",
        "patients-",
        "dina-bari",
        "@bari.example",
        "Policlinico",
        "IRCCS Bari",
        "Covid",
        "deliver-bari",
        "Verdi",
        "carla of iss",
        "GDPR Art. 9",
        "association study",
        "court",
        "neri-results",
        "Gallo",
        "Marino",
        "out-fontana",
        "out-moretti",
        "Bianchi",
        "Esposito",
        "Romano",
        "Colombo",
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .chain(held.iter().map(|(_, key)| key.expose().to_vec()))
    .collect();
    let found = store::sweep::census(&soil.bucket, &planted).await.unwrap();
    assert!(found.is_empty(), "{found:?}");
    // The census itself can find something.
    let name = store::sweep::names(&soil.bucket)
        .await
        .unwrap()
        .into_iter()
        .find(|name| name.contains("/blob/"))
        .unwrap();
    let bytes = std::fs::read(folder.path().join(&name)).unwrap();
    let there = store::sweep::census(&soil.bucket, &[bytes[..24].to_vec()]).await.unwrap();
    assert_eq!(there.len(), 1, "the census is blind");
}

/// Custody that fails after so many calls, until told to recover.
pub struct Failing {
    pub inner: Arc<dyn Custody>,
    pub left: AtomicU64,
}

impl Failing {
    fn call(&self) -> Result<&dyn Custody, CustodyError> {
        let taken = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        let gone =
            |_| CustodyError::Unavailable { tried: "reach", cause: std::io::Error::other("gone as told") };
        taken.map(|_| self.inner.as_ref()).map_err(gone)
    }
}

impl Custody for Failing {
    fn kind(&self) -> &'static str {
        self.inner.kind()
    }

    fn generation(&self) -> Result<u64, CustodyError> {
        self.call()?.generation()
    }

    fn key(&self, name: &KeyName) -> Result<Option<Key>, CustodyError> {
        self.call()?.key(name)
    }

    fn names(&self) -> Result<Vec<KeyName>, CustodyError> {
        self.call()?.names()
    }

    fn insert(&self, keys: &[(KeyName, Key)]) -> Result<(), CustodyError> {
        self.call()?.insert(keys)
    }

    fn destroy(&self, names: &[KeyName]) -> Result<Destroyed, CustodyError> {
        self.call()?.destroy(names)
    }

    fn known_head(&self, cell: Id<Cell>) -> Result<Option<String>, CustodyError> {
        self.call()?.known_head(cell)
    }

    fn remember_head(&self, cell: Id<Cell>, checkpoint: &str) -> Result<(), CustodyError> {
        self.call()?.remember_head(cell, checkpoint)
    }
}

pub fn person(stand: &Stand, name: &str) -> Actor {
    Actor {
        person: stand.cast.persons[name],
        credential: None,
        session: None,
        place: Place::Outside,
        address: HERE,
    }
}

pub async fn deliver(stand: &Stand, region: &Region) {
    let dina = region.actor_of_credential(&stand.cast.keys[1].id, HERE, Place::Outside).await.unwrap();
    store(region, &dina, "bari", "a", PLANTED).await.unwrap();
}

/// Whether the hospital is gone; an erasure is whole or not begun, once a region is open.
async fn is_gone(stand: &Stand, region: &Region) -> bool {
    let root = region.root().view().await.unwrap();
    let agreement = region::noun::agreement::find(&root, "planet-bari").await.unwrap();
    let scope: Id<words::noun::Scope> = agreement.id.cast();
    let cell = region.cell(stand.cast.project.cast()).await.unwrap();
    let rows = cell.view().await.unwrap();
    let row: ScopeRow = rows.known(&scope.to_bytes()).await.unwrap();
    let names = stand.soil.custody.names().unwrap();
    let has_keys = names.iter().any(
        |name| matches!(name, KeyName::ScopeMetadata(_, of) | KeyName::ScopeData(_, of, _) if *of == scope),
    );
    let objects = rows.all::<ObjectRow>(&[]).await.unwrap();
    let has_rows = objects.iter().any(|(_, row)| row.scope == scope);
    assert_eq!(row.is_erased, !has_keys, "decided and keys");
    assert_eq!(row.is_erased, !has_rows, "decided and rows");
    let erasures = root.all::<region::noun::erasure::ErasureRow>(&[]).await.unwrap();
    assert!(erasures.iter().all(|(_, row)| row.is_done), "an erasure is still under way after opening");
    assert_eq!(row.is_erased, !erasures.is_empty(), "decided and remembered");
    row.is_erased
}

/// Whether the whole project is gone: its keys, and with them everything.
async fn is_project_gone(stand: &Stand, region: &Region) -> bool {
    let root = region.root().view().await.unwrap();
    let row: ProjectRow = root.known(&stand.cast.project.to_bytes()).await.unwrap();
    let cell: Id<Cell> = stand.cast.project.cast();
    let has_keys = stand.soil.custody.names().unwrap().iter().any(|name| name.cell() == Some(cell));
    assert_eq!(row.erased_at.is_some(), !has_keys, "decided and keys");
    assert_eq!(row.erased_at.is_some(), row.certificate.is_some(), "decided and certified");
    let erasures = root.all::<region::noun::erasure::ErasureRow>(&[]).await.unwrap();
    assert!(erasures.iter().all(|(_, row)| row.is_done), "an erasure is still under way after opening");
    assert_eq!(row.erased_at.is_some(), !erasures.is_empty(), "decided and remembered");
    if row.erased_at.is_some() {
        let dina = region.actor_of_credential(&stand.cast.keys[1].id, HERE, Place::Outside).await;
        let put = match dina {
            Ok(dina) => store(region, &dina, "bari", "b", PLANTED).await.map(drop),
            Err(refusal) => Err(refusal),
        };
        assert_eq!(reason(put), Reason::ProjectErased, "a door is open");
    }
    row.erased_at.is_some()
}

/// What is erased under faults.
#[derive(Debug, Clone, Copy)]
enum What {
    Scope,
    Project,
}

impl What {
    async fn erase(self, stand: &Stand, region: &Region) -> Result<(), Refusal> {
        let (act, fields) = match self {
            Self::Scope => (Act::KeyEraseScope, withdraw("bari")),
            Self::Project => (Act::KeyEraseProject, json!({ "project": PROJECT, "reason": "over" })),
        };
        region.perform(&person(stand, "kurt"), act, fields, None).await.map(drop)
    }

    async fn is_gone(self, stand: &Stand, region: &Region) -> bool {
        match self {
            Self::Scope => is_gone(stand, region).await,
            Self::Project => is_project_gone(stand, region).await,
        }
    }
}

/// Erases under a fault, crashes, opens again, and goes on to the end; true if the fault came too late.
fn erase_with(what: What, step: u64, arm: impl Fn(&Stand, &Failing)) -> bool {
    let stand = Stand::new(step).unwrap();
    let is_told = runtime().unwrap().block_on(async {
        let custody =
            Arc::new(Failing { inner: Arc::clone(&stand.soil.custody) as _, left: AtomicU64::new(u64::MAX) });
        let parts = Parts { custody: Arc::clone(&custody) as _, ..stand.soil.parts() };
        let region = Region::open(parts).await.unwrap();
        deliver(&stand, &region).await;
        arm(&stand, &custody);
        what.erase(&stand, &region).await.is_ok()
    });
    stand.store.crash();
    runtime().unwrap().block_on(async {
        let region = Region::open(stand.soil.parts()).await.unwrap();
        let is_gone_now = what.is_gone(&stand, &region).await;
        assert!(is_gone_now || !is_told, "{what:?}, step {step}: it was acknowledged and is not done");
        if !is_gone_now {
            what.erase(&stand, &region).await.unwrap();
            assert!(what.is_gone(&stand, &region).await, "{what:?}, step {step}: it cannot be done again");
        }
    });
    is_told
}

#[test]
fn an_erasure_survives_a_crash_at_every_step() {
    for what in [What::Scope, What::Project] {
        let finished =
            (0..120).find(|step| erase_with(what, *step, |stand, _| stand.store.stop_after(*step)));
        assert!(finished.is_some_and(|steps| steps > 10), "no crash hit {what:?}: {finished:?}");
    }
}

#[test]
fn an_erasure_survives_custody_failing_at_every_call() {
    for what in [What::Scope, What::Project] {
        let finished = (0..2_000)
            .step_by(3)
            .find(|step| erase_with(what, *step, |_, custody| custody.left.store(*step, Ordering::SeqCst)));
        assert!(finished.is_some_and(|calls| calls > 10), "custody never failed for {what:?}: {finished:?}");
    }
}
