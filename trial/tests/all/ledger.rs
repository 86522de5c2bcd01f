//! What an auditor takes home: any tampering is named by its place, and proofs
//! hold for standard tools that know nothing of this region.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::TryStreamExt;
use proptest::prelude::*;
use proptest::sample::Index;
use region::OpenError;
use region::noun::ledger::export;
use region::region::StartError;
use region::twin::{SeededRand, Soil, StillClock, World};
use region::verify::{Report, Verifier, Whose, Wrong, leaves};
use seal::merkle::{Leaves, consistency, leaf_hash};
use seal::note::NoteVerifier;
use serde_json::json;
use signed_note::VerifierList;
use store::Bucket;
use store::twin::FaultyStore;
use tlog_tiles::{Checkpoint, Hash};
use trial::kit::{PROJECT, store};
use words::act::LedgerExport;

use crate::ground::{dina, forgetful};

pub type Files = BTreeMap<String, Bytes>;

/// A ledger as an auditor exports it.
pub async fn exported(world: &World, project: Option<&str>) -> Files {
    let deed = LedgerExport { project: project.map(str::to_owned) };
    let files = export(&world.region, &world.actor("anna"), deed).await.unwrap();
    files.try_collect::<Vec<_>>().await.unwrap().into_iter().collect()
}

pub fn text(files: &Files, name: &str) -> String {
    String::from_utf8(files[name].to_vec()).unwrap()
}

/// The log's objects as an auditor reads them: by name, in order.
fn log(files: &Files) -> impl Iterator<Item = &Bytes> {
    files.iter().filter(|(name, _)| name.starts_with("log/")).map(|(_, bytes)| bytes)
}

/// Verifies exported files with nothing but the key.
pub fn verify(files: &Files, key: &str, kept: Option<&str>) -> Result<Report, Wrong> {
    let known: NoteVerifier = key.trim().parse().unwrap();
    let (_, cell) = known
        .name()
        .to_string()
        .rsplit_once('/')
        .map(|(region, cell)| (region.to_owned(), cell.parse().unwrap()))
        .unwrap();
    let mut verifier = Verifier::new(cell, &known, &files["checkpoint"], kept.map(str::as_bytes))?;
    let mut left = verifier.published_size();
    for bytes in log(files) {
        verifier.push(bytes)?;
        for leaf in leaves(bytes).into_iter().take(usize::try_from(left).unwrap()) {
            verifier.tile_leaf(leaf)?;
            left -= 1;
        }
    }
    let tiles = verifier.tiles()?;
    let report = verifier.finish()?;
    for (tile, bytes) in tiles {
        match files.get(&tile.path()) {
            None => return Err(Wrong::TileMissing { path: tile.path() }),
            Some(there) if *there != bytes => return Err(Wrong::Tile { path: tile.path() }),
            Some(_) => {}
        }
    }
    Ok(report)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// One ledger for all tampering: the root's, and its key.
fn sample() -> &'static (Files, String) {
    static SAMPLE: OnceLock<(Files, String)> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        runtime().block_on(async {
            let world = World::planet(Soil::new(11)).await.unwrap();
            let files = exported(&world, None).await;
            let key = text(&files, "key");
            (files, key)
        })
    })
}

/// Whether an error names this commit, or the next one, whose link to it is broken.
fn names(wrong: &Wrong, seq: u64) -> bool {
    let text = wrong.to_string();
    text.contains(&format!("commit {seq} ")) || text.contains(&format!("commit {} ", seq + 1))
}

#[test]
fn a_true_ledger_verifies() {
    let (files, key) = sample();
    let report = verify(files, key, Some(&text(files, "checkpoint"))).unwrap();
    assert_eq!(report.commits as usize, log(files).count());
    assert!(report.leaves >= report.commits, "every commit holds a leaf");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    // Goal: no byte can be changed unseen, and the place is named. Method: any bit of any file.
    #[test]
    fn a_flipped_bit_is_named_by_its_place(file: Index, byte: Index, bit in 0..8_u8) {
        let (files, key) = sample();
        let mut files = files.clone();
        files.remove("key");
        let name = file.get(&files.keys().cloned().collect::<Vec<_>>()).clone();
        let mut bytes = files[&name].to_vec();
        *byte.get_mut(&mut bytes) ^= 1 << bit;
        files.insert(name.clone(), bytes.into());
        let wrong = verify(&files, key, None).unwrap_err();
        let is_named = match name.strip_prefix("log/") {
            Some(seq) => names(&wrong, seq.parse().unwrap()),
            None if name == "checkpoint" => wrong == Wrong::Checkpoint { whose: Whose::Published },
            None => wrong == Wrong::Tile { path: name.clone() },
        };
        prop_assert!(is_named, "{name}: {wrong}");
    }

    // Goal: order and completeness. Method: one entry dropped, two swapped, one cut short, the end missing.
    #[test]
    fn dropped_swapped_cut_and_missing_entries_are_named(at: Index, other: Index, short: Index) {
        let (files, key) = sample();
        let last = log(files).count() as u64 - 1;
        let (at, other) = (at.index(last as usize) as u64, other.index(last as usize) as u64);
        let name = |seq: u64| format!("log/{seq:016}");

        let mut dropped = files.clone();
        dropped.remove(&name(at));
        let wrong = verify(&dropped, key, None).unwrap_err();
        prop_assert!(names(&wrong, at), "dropped {at}: {wrong}");

        if at != other {
            let mut swapped = files.clone();
            swapped.insert(name(at), files[&name(other)].clone());
            swapped.insert(name(other), files[&name(at)].clone());
            let wrong = verify(&swapped, key, None).unwrap_err();
            prop_assert!(names(&wrong, at.min(other)), "swapped {at} and {other}: {wrong}");
        }

        let mut cut = files.clone();
        let whole = files[&name(at)].clone();
        cut.insert(name(at), whole.slice(..short.index(whole.len())));
        let wrong = verify(&cut, key, None).unwrap_err();
        prop_assert!(wrong.to_string().contains(&format!("commit {at} cannot be read")), "cut {at}: {wrong}");

        let mut missing = files.clone();
        (at + 1..=last).for_each(|seq| drop(missing.remove(&name(seq))));
        let wrong = verify(&missing, key, None).unwrap_err();
        prop_assert!(matches!(wrong, Wrong::Truncated { .. }), "ends at {at}: {wrong}");
    }
}

/// A world over a store that can be copied and put back.
async fn copyable(seed: u64) -> (std::sync::Arc<FaultyStore>, World) {
    let clock = StillClock::at("2027-01-10T09:00:00Z");
    let store = FaultyStore::new(SeededRand::new(!seed), std::sync::Arc::clone(&clock) as _);
    let mut soil = Soil::over(Bucket::twin(&store), seed);
    soil.clock = clock;
    (store, World::planet(soil).await.unwrap())
}

#[tokio::test]
async fn a_second_history_signed_by_the_same_key_is_a_fork() {
    let (store, world) = copyable(12).await;
    let before = text(&exported(&world, None).await, "checkpoint");
    world.region.close().await;
    let (then, custody) = (store.copy(), forgetful(world.soil.custody.as_ref()));

    let one = world.reopen().await.unwrap();
    one.give("carla", "kim", "delegate", Some(PROJECT)).await.unwrap_or_default();
    one.enrol_by("sara-bari", "nina", "bari").await.unwrap();
    let one_files = exported(&one, None).await;
    one.region.close().await;

    store.roll_back(&then);
    let mut other_soil = world.soil.clone();
    other_soil.custody = std::sync::Arc::new(custody);
    other_soil.shelf = store::index::MemoryShelf::default();
    let mut other = world;
    other.soil = other_soil;
    let other = other.reopen().await.unwrap();
    other.give("carla", "kim", "delegate", Some(PROJECT)).await.unwrap_or_default();
    other.enrol_by("sara-bari", "nora", "bari").await.unwrap();
    let other_files = exported(&other, None).await;

    let key = text(&one_files, "key");
    verify(&one_files, &key, Some(&before)).unwrap();
    verify(&other_files, &key, Some(&before)).unwrap();
    let kept = text(&one_files, "checkpoint");
    let wrong = verify(&other_files, &key, Some(&kept)).unwrap_err();
    assert!(matches!(wrong, Wrong::Forked { whose: Whose::Kept, .. }), "{wrong}");
}

#[tokio::test]
async fn a_rolled_back_bucket_is_noticed_offline_and_refused_at_open() {
    let (store, mut world) = copyable(13).await;
    let old_files = exported(&world, None).await;
    let then = store.copy();
    world.enrol_by("sara-bari", "nina", "bari").await.unwrap();
    let kept = text(&exported(&world, None).await, "checkpoint");
    world.region.close().await;
    let key = text(&old_files, "key");
    let wrong = verify(&old_files, &key, Some(&kept)).unwrap_err();
    assert!(matches!(wrong, Wrong::RolledBack { .. }), "{wrong}");

    store.roll_back(&then);
    let mut soil = world.soil.clone();
    soil.shelf = store::index::MemoryShelf::default();
    world.soil = soil;
    let opened = world.reopen().await;
    assert!(matches!(opened, Err(StartError::Open(OpenError::RolledBack { .. }))), "{:?}", opened.err());
}

/// A checkpoint as the standard tools read it.
fn checkpoint(note: &str, key: &str) -> Checkpoint {
    let note = signed_note::Note::from_bytes(note.as_bytes()).unwrap();
    let verifier = signed_note::StandardVerifier::new(key.trim()).unwrap();
    let known = VerifierList::new(vec![Box::new(verifier)]);
    assert_eq!(note.verify(&known).unwrap().0.len(), 1, "the note is not signed");
    Checkpoint::from_bytes(note.text()).unwrap()
}

#[tokio::test]
async fn receipts_and_consistency_hold_for_standard_tools() {
    let world = World::planet(Soil::new(14)).await.unwrap();
    let older = exported(&world, Some(PROJECT)).await;
    let dina = dina(&world, "bari").await;
    for number in 0..9 {
        let stored = store(&world.region, &dina, "bari", &format!("k{number}"), b"bytes").await.unwrap();
        let leaf = stored.leaf.unwrap();
        let done = world.act("anna", "ledger.prove", json!({ "leaf": leaf.to_string() })).await.unwrap();
        let told = |name: &str| done.answer[name].as_str().unwrap().to_owned();
        let signed = checkpoint(&told("checkpoint"), &told("key"));
        let proof: Vec<Hash> = done.answer["proof"]
            .as_array()
            .unwrap()
            .iter()
            .map(|hash| hash_of(hash.as_str().unwrap()))
            .collect();
        let commitment = unhex(&told("commitment"));
        let record = tlog_tiles::record_hash(&commitment);
        tlog_tiles::check_record(&proof, signed.size(), *signed.hash(), leaf.index, record).unwrap();
        tlog_tiles::check_record(
            &proof,
            signed.size(),
            *signed.hash(),
            leaf.index,
            tlog_tiles::record_hash(b"other"),
        )
        .unwrap_err();

        let record = &done.answer["record"];
        let bytes = |name: &str| STANDARD.decode(record[name].as_str().unwrap()).unwrap();
        let salt: [u8; 32] = unhex(record["salt"].as_str().unwrap()).try_into().unwrap();
        assert_eq!(
            seal::commitment::commit(&salt, &bytes("record_bytes"), &bytes("detail_bytes")).to_vec(),
            commitment
        );
        assert_eq!(record["act"], "object.put");
    }
    let newer = exported(&world, Some(PROJECT)).await;
    let key = text(&newer, "key");
    let (old, new) =
        (checkpoint(&text(&older, "checkpoint"), &key), checkpoint(&text(&newer, "checkpoint"), &key));
    let hashes: Vec<_> = log(&newer).flat_map(|bytes| leaves(bytes)).map(|leaf| leaf_hash(&leaf)).collect();
    let proof = consistency(&Leaves(&hashes), old.size(), new.size()).unwrap();
    let proof: Vec<Hash> = proof.hashes().iter().map(|hash| Hash(hash.0)).collect();
    tlog_tiles::check_tree(&proof, new.size(), *new.hash(), old.size(), *old.hash()).unwrap();
    tlog_tiles::check_tree(&proof, new.size(), *new.hash(), old.size(), Hash([7; 32])).unwrap_err();
}

fn hash_of(text: &str) -> Hash {
    Hash(STANDARD.decode(text).unwrap().try_into().unwrap())
}

fn unhex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

// Goal: a leaf is proved to those it tells of and to who may search; to all others it is not there.
#[tokio::test]
async fn a_leaf_is_proved_to_those_it_tells_of() {
    let world = World::planet(Soil::new(14)).await.unwrap();
    let register = json!({ "alias": "foggia", "name": "AOU Foggia" });
    let of_root = world.act("olga", "organisation.register", register).await.unwrap().leaf.unwrap();
    let give = json!({ "person": "rita", "role": "delegate", "at": PROJECT });
    let about_rita = world.act("carla", "role.grant", give).await.unwrap().leaf.unwrap();
    let bucket = json!({ "project": PROJECT, "bucket": "results" });
    let of_project = world.act("carla", "bucket.create", bucket).await.unwrap().leaf.unwrap();
    for (leaf, who, is_proved) in [
        (of_root, "olga", true),
        (of_root, "anna", true),
        (of_root, "carla", false),
        (of_root, "dina-bari", false),
        (about_rita, "rita", true),
        (about_rita, "carla", true),
        (about_rita, "anna", true),
        (about_rita, "rolf", false),
        (about_rita, "olga", false),
        (of_project, "carla", true),
        (of_project, "anna", true),
        (of_project, "rita", false),
        (of_project, "dina-bari", false),
        (of_project, "olga", false),
    ] {
        let prove = |leaf: String| world.act(who, "ledger.prove", json!({ "leaf": leaf }));
        let proved = prove(leaf.to_string()).await.map(|done| done.answer);
        match proved {
            Ok(proved) => {
                assert!(is_proved, "{who} and leaf {leaf}");
                assert!(proved["checkpoint"].is_string() && proved["record"].is_object(), "{who}: {proved}");
            }
            Err(refusal) => {
                assert!(!is_proved, "{who} and leaf {leaf}: {refusal}");
                let absent = prove(format!("{}:{}", leaf.cell, 1_000_000)).await.unwrap_err();
                let all = |refusal: &words::Refusal| (refusal.reason, refusal.to_string());
                assert_eq!(all(&refusal), all(&absent), "{who} can tell that leaf {leaf} is there");
            }
        }
    }
}
