//! Backup and restore of whole regions: taken beside a running one, made again elsewhere, refused where it must be.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use futures::{StreamExt, stream};
use region::Region;
use region::backup::drill::{Drill, see};
use region::backup::loss::{Declared, sign};
use region::backup::{BackupError, Believed, Taken, Taking, believe, examine, fetch, take};
use region::region::Parts;
use region::twin::{SeededRand, Soil, StillClock, World};
use serde_json::json;
use store::Bucket;
use store::custody::copy::Copy;
use store::custody::{Custody, FileCustody, KeyName};
use store::index::SlateShelf;
use tempfile::TempDir;
use trial::kit::{PROJECT, read, store};
use words::noun::{Cell, ROOT_CELL};
use words::{Act, Actor, Id, Reason, Secret};

use crate::erasure::withdraw;
use crate::ground::{desk, dina};
use crate::simulation::number;

/// A region on a disk, with custody in files, as a node has it.
pub struct Node {
    folder: TempDir,
    clock: Arc<StillClock>,
    pub region: Region,
    /// Its persons, with the region's first process, which is closed.
    pub world: World,
    rita: Actor,
    deliverers: BTreeMap<&'static str, Actor>,
    persons: BTreeMap<&'static str, Actor>,
}

fn parts(folder: &Path, clock: &Arc<StillClock>) -> Parts {
    let bucket = Bucket::local(&folder.join("data/bucket")).unwrap();
    let rand = SeededRand::new(u64::from(std::process::id()) + 77);
    let custody =
        FileCustody::open(&folder.join("custody"), bucket.folder(), Arc::clone(&rand) as _).unwrap();
    Parts {
        name: "epic.test".to_owned(),
        shelf: Arc::new(SlateShelf::new(bucket.clone(), Arc::clone(&rand) as _)),
        bucket,
        custody: Arc::new(custody),
        clock: Arc::clone(clock) as _,
        rand,
    }
}

impl Node {
    /// PLANET with three hospitals, founded in memory's custody, which moves into files.
    pub async fn planet(seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let soil = Soil::over(Bucket::local(&folder.path().join("data/bucket")).unwrap(), seed);
        let world = World::planet(soil).await.unwrap();
        world.permit("permit-1", PROJECT, "2027-01-01", "2027-12-31").await.unwrap();
        let (_, rita) = desk(&world).await;
        let mut deliverers = BTreeMap::new();
        for hospital in ["bari", "catania"] {
            deliverers.insert(hospital, dina(&world, hospital).await);
        }
        let persons = ["olga", "kurt", "anna", "carla"].map(|person| (person, world.actor(person)));
        world.region.close().await;
        let clock = Arc::clone(&world.soil.clock);
        move_custody(&world, &folder.path().join("custody")).await;
        let region = Region::open(parts(folder.path(), &clock)).await.unwrap();
        Self { folder, clock, region, world, rita, deliverers, persons: persons.into() }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// So many small objects of each hospital, from many hands at once.
    pub async fn deliver(&self, from: u64, to: u64) {
        let put = |number: u64| async move {
            let hospital = if number.is_multiple_of(2) { "bari" } else { "catania" };
            let dina = &self.deliverers[hospital];
            store(&self.region, dina, hospital, &key(number), body(number).as_bytes()).await.unwrap();
            if number.is_multiple_of(1_000) {
                self.region.confirm().await;
            }
        };
        stream::iter(from..to).map(put).buffer_unordered(256).for_each(|()| std::future::ready(())).await;
    }

    async fn take(&self, to: &str) -> Result<Taken, BackupError> {
        let (from, to) = (self.region.ground().bucket.clone(), Bucket::local(&self.path(to)).unwrap());
        let custody = self.path("custody");
        let taking = Taking {
            from: &from,
            to: &to,
            region: "epic.test",
            custody: &custody,
            passphrase: None,
            clock: self.clock.as_ref(),
            progress: &|_, _| {},
        };
        take(&taking).await
    }

    async fn act(&self, person: &str, act: Act, fields: serde_json::Value) -> serde_json::Value {
        self.region.perform(&self.persons[person], act, fields, None).await.unwrap().answer
    }

    /// The heads of all ledgers, as the log has them.
    async fn heads(&self, region: &Region) -> BTreeMap<Id<Cell>, (u64, String)> {
        let mut heads = BTreeMap::new();
        for cell in region.open_cells().into_iter().chain([Arc::clone(region.root())]) {
            let head = cell.head();
            heads.insert(cell.id, (head.next_seq, data_encoding::BASE64.encode(&head.frontier.root().0)));
        }
        heads
    }
}

fn key(number: u64) -> String {
    format!("2027/{:03}/{number:07}.csv", number % 500)
}

fn body(number: u64) -> String {
    format!("patient;{number};{}\n", number.wrapping_mul(0x9E37_79B9_7F4A_7C15))
}

async fn move_custody(world: &World, folder: &Path) {
    let memory = &world.soil.custody;
    let file = FileCustody::open(folder, None, Arc::clone(&world.soil.rand) as _).unwrap();
    let keys: Vec<_> =
        memory.names().unwrap().into_iter().map(|name| (name, memory.key(&name).unwrap().unwrap())).collect();
    file.insert(&keys).unwrap();
    for cell in world.soil.bucket.cells().await.unwrap() {
        if let Some(head) = memory.known_head(cell).unwrap() {
            file.remember_head(cell, &head).unwrap();
        }
    }
}

/// A region made of the two copies in a folder of its own; the same steps as the command's.
async fn restore(
    from: &Path,
    copy: &Copy,
    into: &Path,
    clock: &Arc<StillClock>,
) -> Result<Believed, BackupError> {
    let from = Bucket::local(from).unwrap();
    let believed = believe(&from, None, copy, None).await?;
    if let Some(loss) = believed.loss {
        return Err(BackupError::Older { loss: Box::new(loss) });
    }
    let bucket = Bucket::local(&into.join("data/bucket")).unwrap();
    fetch(&from, &bucket, &believed.manifest, &|_, _| {}).await?;
    copy.put_back(&into.join("custody"), bucket.folder())?;
    examine(parts(into, clock), &believed.manifest, None).await?;
    Ok(believed)
}

fn same_as_cut(believed: &Believed, heads: &BTreeMap<Id<Cell>, (u64, String)>) {
    for (cell, (commits, root)) in heads {
        let cut = believed.manifest.cut_of(*cell).unwrap();
        assert_eq!((cut.commits, &cut.root), (*commits, root), "{cell}");
    }
}

/// Goal: bucket lost, region rebuilt elsewhere from both copies: equal heads, objects whole, the erased still dead.
async fn lost_and_rebuilt(objects: u64, sample: u64) {
    let node = Node::planet(61).await;
    let watch = std::time::Instant::now();
    node.deliver(0, objects / 2).await;
    let first = node.take("copy").await.unwrap();
    node.act("kurt", Act::KeyEraseScope, withdraw("bari")).await;
    let catania = (objects / 2..objects).map(|number| number | 1);
    let put = |number: u64| {
        let node = &node;
        async move {
            let (key, body) = (key(number), body(number));
            let dina = &node.deliverers["catania"];
            store(&node.region, dina, "catania", &key, body.as_bytes()).await.unwrap();
            if number % 1_000 == 1 {
                node.region.confirm().await;
            }
        }
    };
    stream::iter(catania).map(put).buffer_unordered(256).for_each(|()| std::future::ready(())).await;
    let delivered = watch.elapsed();
    let watch = std::time::Instant::now();
    let taken = node.take("copy").await.unwrap();
    let copied = watch.elapsed();
    assert_eq!(taken.manifest.run, 2);
    assert!(taken.manifest.new_files < taken.manifest.files, "the second run copies what is new");
    assert_eq!(first.manifest.files + taken.manifest.new_files, taken.manifest.files);
    let heads = node.heads(&node.region).await;
    node.region.close().await;
    std::fs::remove_dir_all(node.path("data")).unwrap();
    std::fs::remove_dir_all(node.path("custody")).unwrap();

    let watch = std::time::Instant::now();
    let elsewhere = tempfile::tempdir().unwrap();
    let believed = restore(&node.path("copy"), &taken.custody, elsewhere.path(), &node.clock).await.unwrap();
    same_as_cut(&believed, &heads);
    let region = Region::open(parts(elsewhere.path(), &node.clock)).await.unwrap();
    let recovered = watch.elapsed();
    let step = (objects / sample).max(1) | 1;
    let numbers = (1..objects).step_by(usize::try_from(step * 2).unwrap()).map(|number| number | 1);
    let look = |number: u64| {
        let (region, rita) = (&region, &node.rita);
        async move {
            let told = read(region, rita, "catania", &key(number)).await.unwrap().0;
            assert_eq!(told, body(number).into_bytes(), "object {number}");
            if number % 1_000 == 1 {
                region.confirm().await;
            }
        }
    };
    let read_back = stream::iter(numbers).map(look).buffer_unordered(64).count().await;
    for number in [0, 2, objects / 2 - 2] {
        let gone = read(&region, &node.rita, "bari", &key(number)).await.unwrap_err();
        assert_eq!(gone.reason, Reason::NotFound, "an erased object is back");
    }
    let anna = &node.persons["anna"];
    let proof = region.perform(anna, Act::CheckRun, json!({ "check": "erase-proof" }), None).await.unwrap();
    assert_eq!(proof.answer[0]["verdict"], "pass", "{}", proof.answer);
    region.close().await;
    println!(
        "{objects} objects and {} commits: delivered in {delivered:.1?}, second run copied in {copied:.1?}, \
         region back in {recovered:.1?}, {read_back} read",
        believed.manifest.cells.iter().map(|cut| cut.commits).sum::<u64>()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_bucket_is_rebuilt_from_its_backup() {
    lost_and_rebuilt(20_000, 400).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "45 minutes; ./test --full runs it, EPIC_OBJECTS says how many"]
async fn full_a_million_objects_are_rebuilt_from_their_backup() {
    let objects = number("EPIC_OBJECTS").unwrap_or(1_000_000);
    lost_and_rebuilt(objects, objects).await;
}

/// Goal: a copy taken at any moment of a busy region is a region. Method: writers go on while runs are taken.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_of_a_busy_region_is_consistent() {
    let node = Node::planet(62).await;
    node.deliver(0, 200).await;
    let is_written = std::cell::Cell::new(false);
    let writing = async {
        for round in 1..30 {
            node.deliver(round * 200, (round + 1) * 200).await;
            node.region.anchor().await.unwrap();
            node.region.publish_all().await;
        }
        is_written.set(true);
    };
    let copying = async {
        let mut runs = 0;
        while !is_written.get() || runs < 2 {
            let taken = node.take("copy").await.unwrap();
            let elsewhere = tempfile::tempdir().unwrap();
            restore(&node.path("copy"), &taken.custody, elsewhere.path(), &node.clock).await.unwrap();
            let seen = see(parts(elsewhere.path(), &node.clock), 50).await.unwrap();
            assert!(seen.holds && seen.sampled > 0, "run {}: {}", taken.manifest.run, seen.measured);
            runs += 1;
        }
    };
    tokio::join!(writing, copying);
    node.region.close().await;
}

/// The files of a copy, in order.
fn files(folder: &Path, has: &str) -> Vec<std::path::PathBuf> {
    let (mut found, mut waiting) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => waiting.push(path),
                false => found.extend(path.display().to_string().contains(has).then_some(path)),
            }
        }
    }
    found.sort();
    found
}

fn word<T>(result: Result<T, BackupError>) -> String {
    match result {
        Ok(_) => "it was done".to_owned(),
        Err(error) => {
            assert!(!error.hint().is_empty());
            error.to_string()
        }
    }
}

/// Goal: nothing is made of a copy that is not whole. Method: each kind of file removed, or one bit of it flipped.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_incomplete_or_altered_backup_is_refused_and_the_file_named() {
    let node = Node::planet(63).await;
    node.deliver(0, 20).await;
    let taken = node.take("copy").await.unwrap();
    node.region.close().await;
    let copy = node.path("copy");
    let run = copy.join("backup/000000000001");
    let mut lists = files(&run, "000000000001/")
        .into_iter()
        .filter(|file| file.extension().is_some_and(|of| of == "000000"));
    let victims = [
        files(&copy, "/log/")[3].clone(),
        files(&copy, "/blob/").pop().unwrap(),
        lists.next_back().unwrap(),
        run.join("manifest.json"),
    ];
    for victim in victims {
        let bytes = std::fs::read(&victim).unwrap();
        let name = victim.strip_prefix(&copy).unwrap().display().to_string();
        let mut changed = bytes.clone();
        let middle = changed.len() / 2;
        changed[middle] ^= 1;
        std::fs::write(&victim, changed).unwrap();
        let told = word(try_restore(&node, &taken.custody).await);
        assert!(told.contains(&name) && told.contains("altered"), "{name}: {told}");
        std::fs::remove_file(&victim).unwrap();
        let told = word(try_restore(&node, &taken.custody).await);
        assert!(told.contains(&name) && told.contains("missing"), "{name}: {told}");
        std::fs::write(&victim, bytes).unwrap();
    }
    std::fs::remove_file(run.join("signature")).unwrap();
    assert_eq!(word(try_restore(&node, &taken.custody).await), "there is no backup that was finished");
}

async fn try_restore(node: &Node, copy: &Copy) -> Result<Believed, BackupError> {
    let elsewhere = tempfile::tempdir().unwrap();
    restore(&node.path("copy"), copy, elsewhere.path(), &node.clock).await
}

/// Goal: no restore revives a destroyed key, takes a custody that lacks keys, or another region's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_custody_that_does_not_belong_is_refused() {
    let node = Node::planet(64).await;
    node.deliver(0, 20).await;
    let before = node.take("copy").await.unwrap();
    node.act("kurt", Act::KeyEraseScope, withdraw("bari")).await;
    let after = node.take("copy").await.unwrap();
    assert!(after.custody.generation > before.custody.generation);
    let told = word(try_restore(&node, &before.custody).await);
    assert!(told.starts_with("custody is older than the backup"), "{told}");
    // The same, where somebody tampered with the order of generations: the keys themselves tell.
    let elsewhere = tempfile::tempdir().unwrap();
    let from = Bucket::local(&node.path("copy")).unwrap();
    let believed = believe(&from, None, &after.custody, None).await.unwrap();
    let bucket = Bucket::local(&elsewhere.path().join("data/bucket")).unwrap();
    fetch(&from, &bucket, &believed.manifest, &|_, _| {}).await.unwrap();
    before.custody.put_back(&elsewhere.path().join("custody"), bucket.folder()).unwrap();
    let told = word(examine(parts(elsewhere.path(), &node.clock), &believed.manifest, None).await);
    assert!(told.contains("which was destroyed: it would come back to life"), "{told}");
    node.region.close().await;
    let other = Node::planet(65).await;
    let theirs = Copy::of(&other.path("custody")).unwrap();
    let told = word(try_restore(&node, &theirs).await);
    assert!(told.starts_with("custody is another region's"), "{told}");
    other.region.close().await;
}

/// Goal: going back to a loss takes two hands. Method: the bucket's copy is older than what custody remembers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loss_is_declared_by_two() {
    let node = Node::planet(66).await;
    node.deliver(0, 20).await;
    node.take("copy").await.unwrap();
    node.deliver(20, 40).await;
    node.region.close().await;
    let newest = Copy::of(&node.path("custody")).unwrap();
    let Err(BackupError::Older { loss }) = try_restore(&node, &newest).await else {
        panic!("the loss was not seen")
    };
    assert!(loss.cells.iter().all(|lost| lost.remembered_leaves > lost.kept_leaves));
    let hand = |person: &str| sign(&loss.digest(), &World::key(person).unwrap()).unwrap();
    let cases = [
        (vec!["olga"], Some("an operator and a custodian must sign")),
        (vec!["olga", "olga"], Some("an operator and a custodian must sign")),
        (vec!["kurt", "kim"], Some("an operator and a custodian must sign")),
        (vec!["olga", "stranger"], Some("nobody's who is enrolled")),
        (vec!["olga", "kurt"], None),
    ];
    for (who, refused) in cases {
        let hands = who.iter().map(|person| hand(person)).collect();
        let declared = Declared { loss: (*loss).clone(), hands };
        let done = declare(&node, &newest, &declared).await;
        match (refused, done) {
            (Some(word), Err(error)) => assert!(error.to_string().contains(word), "{who:?}: {error}"),
            (None, Ok(())) => {}
            (refused, done) => panic!("{who:?}: {refused:?} {done:?}"),
        }
    }
    let other = Declared {
        loss: region::backup::loss::Loss { run: 9, ..(*loss).clone() },
        hands: vec![hand("olga"), hand("kurt")],
    };
    assert!(word(declare(&node, &newest, &other).await).contains("not over this loss"));
}

async fn declare(node: &Node, copy: &Copy, declared: &Declared) -> Result<(), BackupError> {
    let elsewhere = tempfile::tempdir().unwrap();
    let from = Bucket::local(&node.path("copy")).unwrap();
    let believed = believe(&from, None, copy, None).await?;
    let bucket = Bucket::local(&elsewhere.path().join("data/bucket")).unwrap();
    fetch(&from, &bucket, &believed.manifest, &|_, _| {}).await?;
    let lost: Vec<String> = declared.loss.cells.iter().map(|lost| lost.cell.clone()).collect();
    copy.clone().forgetting(&lost).put_back(&elsewhere.path().join("custody"), bucket.folder())?;
    examine(parts(elsewhere.path(), &node.clock), &believed.manifest, Some(declared)).await?;
    let region = Region::open(parts(elsewhere.path(), &node.clock)).await?;
    region.declare_loss(declared).await.map_err(BackupError::Refused)?;
    let told = crate::ground::records(&region, ROOT_CELL).await;
    let leaf = told.into_iter().flatten().find(|record| record.act == "region.loss").unwrap();
    assert_eq!(leaf.subjects[0], format!("loss:{}", declared.loss.digest()));
    assert_eq!(leaf.subjects.len(), 3);
    assert!(read(&region, &node.rita, "catania", &key(1)).await.is_ok());
    assert_eq!(read(&region, &node.rita, "catania", &key(21)).await.unwrap_err().reason, Reason::NotFound);
    region.close().await;
    Ok(())
}

/// Goal: a copy of custody says nothing without its words, and goes nowhere but into an empty folder.
#[tokio::test]
async fn a_copy_of_custody_is_sealed_and_put_back_once() {
    let node = Node::planet(67).await;
    let copy = Copy::of(&node.path("custody")).unwrap();
    node.region.close().await;
    let words = |text: &str| Secret::new(text.to_owned());
    let rand = SeededRand::new(3);
    let sealed = copy.seal(&words("correct horse"), rand.as_ref()).unwrap();
    let region_key = node_key(&copy);
    assert!(!sealed.windows(32).any(|bytes| bytes == region_key), "a key lies in the sealed copy");
    assert_eq!(Copy::unseal(&sealed, &words("correct horse")).unwrap(), copy);
    assert!(Copy::unseal(&sealed, &words("correct house")).is_err());
    for at in (0..sealed.len()).step_by(sealed.len() / 6) {
        let mut altered = sealed.clone();
        altered[at] ^= 1;
        assert!(Copy::unseal(&altered, &words("correct horse")).is_err(), "byte {at}");
    }
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("custody");
    copy.put_back(&into, None).unwrap();
    assert_eq!(Copy::of(&into).unwrap(), copy);
    assert!(copy.put_back(&into, None).is_err(), "it was written over another");
    assert!(
        copy.put_back(&node.path("data/bucket/x"), Some(&node.path("data/bucket"))).is_err(),
        "keys in the bucket"
    );
}

fn node_key(copy: &Copy) -> Vec<u8> {
    copy.key(None, &KeyName::Region).unwrap().unwrap().expose().to_vec()
}

/// Goal: the word of a drill is the region's own, and a failed one is told as failed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drill_is_recorded_and_its_word_cannot_be_made_up() {
    let node = Node::planet(68).await;
    node.deliver(0, 20).await;
    let taken = node.take("copy").await.unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let believed = restore(&node.path("copy"), &taken.custody, elsewhere.path(), &node.clock).await.unwrap();
    let seen = see(parts(elsewhere.path(), &node.clock), 10).await.unwrap();
    assert!(seen.holds, "{}", seen.measured);
    // A body that rots after the restore is seen.
    let victim = files(&elsewhere.path().join("data"), "/blob/").pop().unwrap();
    let mut bytes = std::fs::read(&victim).unwrap();
    bytes[30] ^= 1;
    std::fs::write(&victim, bytes).unwrap();
    let broken = see(parts(elsewhere.path(), &node.clock), 10).await.unwrap();
    assert!(!broken.holds && broken.measured.contains("blob-scrub: fail"), "{}", broken.measured);
    let drill = |holds, measured: &str, at| Drill {
        drill: 1,
        region: "epic.test".into(),
        manifest: believed.digest.clone(),
        run: 1,
        at,
        as_of: believed.manifest.at,
        recovery_ms: 1_500,
        holds,
        measured: measured.into(),
    };
    let now = node.region.now();
    let record = |drill: Drill, copy: Copy| {
        let node = &node;
        async move {
            let seed = copy.key(None, &KeyName::Region).unwrap().unwrap();
            let note = drill.sign(&seed).unwrap();
            let done =
                node.region.perform(&node.persons["olga"], Act::CheckRecord, json!({ "note": note }), None);
            done.await.map(|_| ())
        }
    };
    let shown = || async {
        let shown = node.act("anna", Act::CheckRun, json!({ "check": "restore-drill" })).await;
        shown[0]["verdict"].as_str().unwrap().to_owned()
    };
    assert_eq!(shown().await, "stale", "none was recorded");
    record(drill(true, &seen.measured, now), taken.custody.clone()).await.unwrap();
    assert_eq!(shown().await, "pass");
    let again = record(drill(true, &seen.measured, now), taken.custody.clone()).await.unwrap_err();
    assert_eq!(again.reason, Reason::AlreadyDone, "an old word was told again");
    node.clock.pass_ms(1_000);
    node.region.confirm().await;
    record(drill(false, &broken.measured, node.region.now()), taken.custody.clone()).await.unwrap();
    assert_eq!(shown().await, "fail");
    let other = Node::planet(69).await;
    let theirs = Copy::of(&other.path("custody")).unwrap();
    let forged = record(drill(true, "all is well", node.region.now()), theirs).await.unwrap_err();
    assert_eq!(forged.reason, Reason::Invalid);
    for _ in 0..32 {
        node.clock.pass_ms(24 * 3_600_000);
        node.region.confirm().await;
    }
    assert_eq!(shown().await, "stale", "a month later");
    node.region.close().await;
    other.region.close().await;
}
