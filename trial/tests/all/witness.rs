//! Two whole regions witness each other: what only grows is signed, and nothing else is, whatever ends in between.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use region::Region;
use region::twin::{SeededRand, Soil, StillClock, World};
use region::verify::{Verifier, Wrong};
use region::witness::State;
use region::witness::ask::{Asked, Courier, Heard};
use region::witness::sign::Verdict;
use seal::SigningKey;
use seal::merkle::{Hash, Leaves, Proof, consistency, leaf_hash};
use seal::note::{Checkpoint, Cosigner, CosignerKey, Note, NoteSigner, NoteVerifier, Submission};
use serde_json::{Value, json};
use store::Bucket;
use store::index::MemoryShelf;
use store::twin::FaultyStore;
use words::noun::ROOT_CELL;
use words::time::MINUTE_MS;
use words::{Reason, Secret};

use crate::ground::{forgetful, pass_ms, reason, records};
use crate::ledger::{exported, text};

/// A founded region of a name of its own, over a store that can be copied and can fail.
async fn founded(name: &'static str, seed: u64) -> (Arc<FaultyStore>, World) {
    let clock = StillClock::at("2027-01-10T09:00:00Z");
    let twin = FaultyStore::new(SeededRand::new(!seed) as _, Arc::clone(&clock) as _);
    let soil = Soil { name, clock, ..Soil::over(Bucket::twin(&twin), seed) };
    let world = World::found(soil).await.unwrap();
    world.enrol("anna", "infn").await.unwrap();
    world.give("olga", "anna", "auditor", None).await.unwrap();
    (twin, world)
}

async fn shown(world: &World) -> Value {
    world.act("anna", "witness.show", json!({})).await.unwrap().answer
}

/// `one` is witnessed by `other`, as their operators agreed.
async fn named(one: &World, other: &World) -> String {
    let (witness, log) = (shown(other).await["key"].clone(), shown(one).await["log"].clone());
    let add = json!({ "witness": witness, "address": "https://witness.example" });
    let added = one.act("olga", "witness.add", add).await.unwrap().answer;
    other.act("olga", "witness.follow", json!({ "log": log })).await.unwrap();
    added["witness"].as_str().unwrap().to_owned()
}

/// Hands submissions to a region, and its verdicts back as HTTP has them; none: the line is cut.
struct To<'a>(Option<&'a World>);

#[async_trait]
impl Courier for To<'_> {
    async fn submit(&self, _: &str, submission: String) -> Option<Heard> {
        let verdict = self.0?.region.add_checkpoint(submission.as_bytes()).await.ok()?;
        let (status, body) = match verdict {
            Verdict::Signed(line) => (200, line),
            Verdict::Known(size) => (409, format!("{size}\n")),
            Verdict::Malformed => (400, String::new()),
            Verdict::Unsigned => (403, String::new()),
            Verdict::Unknown => (404, String::new()),
            Verdict::Unproven => (422, String::new()),
            Verdict::TooSoon => (429, String::new()),
        };
        Some(heard(status, body))
    }
}

/// With the media type that the specification asks for.
fn heard(status: u16, body: impl Into<bytes::Bytes>) -> Heard {
    let media = if status == 409 { "text/x.tlog.size" } else { "text/plain; charset=utf-8" };
    Heard { status, media: media.to_owned(), body: body.into() }
}

async fn ask(one: &World, witness: &str, other: &World) -> Asked {
    pass_ms(one, 2_000).await;
    pass_ms(other, 2_000).await;
    asked(one, witness, &To(Some(other))).await
}

async fn asked(one: &World, witness: &str, by: &dyn Courier) -> Asked {
    let shown = one.region.shown().await.unwrap();
    one.region.ask(witness, &shown, by).await.unwrap()
}

async fn grow(world: &World, alias: &str) {
    world.act("olga", "organisation.register", json!({ "alias": alias, "name": alias })).await.unwrap();
}

async fn leaves(world: &World) -> u64 {
    world.region.root().head().frontier.size()
}

/// An export's log against its own key and so many of these witnesses.
fn demanded(
    files: &BTreeMap<String, bytes::Bytes>,
    witnesses: &[CosignerKey],
    wanted: usize,
) -> Result<u64, Wrong> {
    let key: NoteVerifier = text(files, "key").trim().parse().unwrap();
    let mut verifier = Verifier::new(ROOT_CELL, &key, &files["checkpoint"], None)?;
    verifier.demand(&key, files.get("witnessed").map(AsRef::as_ref), witnesses, wanted)?;
    for (_, bytes) in files.iter().filter(|(name, _)| name.starts_with("log/")) {
        verifier.push(bytes)?;
    }
    Ok(verifier.finish()?.witnessed.unwrap().size)
}

// Goal: each holds the other to what it was, and two idle regions come to rest.
#[tokio::test]
async fn two_regions_witness_each_other() {
    let ((_, nord), (_, sud)) = (founded("nord.test", 1).await, founded("sud.test", 2).await);
    let (by_sud, by_nord) = (named(&nord, &sud).await, named(&sud, &nord).await);
    assert_eq!((by_sud.as_str(), by_nord.as_str()), ("sud.test/witness", "nord.test/witness"));
    assert_eq!(ask(&nord, &by_sud, &sud).await, Asked::Signed);
    assert_eq!(ask(&sud, &by_nord, &nord).await, Asked::Signed);
    // Signing is a leaf on either side; that alone is nothing to be signed.
    let before = (leaves(&nord).await, leaves(&sud).await);
    assert_eq!(ask(&nord, &by_sud, &sud).await, Asked::Nothing);
    assert_eq!(ask(&sud, &by_nord, &nord).await, Asked::Nothing);
    assert_eq!((leaves(&nord).await, leaves(&sud).await), before);
    grow(&nord, "acme").await;
    assert_eq!(ask(&nord, &by_sud, &sud).await, Asked::Signed);
    assert_eq!(ask(&nord, &by_sud, &sud).await, Asked::Nothing);
    // Nor does a region rest for ever that does nothing but sign: its witness is shown that once an hour.
    pass_ms(&nord, 60 * MINUTE_MS).await;
    assert_eq!(ask(&nord, &by_sud, &sud).await, Asked::Signed);
    assert_eq!(ask(&nord, &by_sud, &sud).await, Asked::Nothing);
    // What a restart forgets of that costs one round and no more.
    nord.region.close().await;
    let nord = nord.reopen().await.unwrap();
    assert_eq!(ask(&nord, &by_sud, &sud).await, Asked::Signed);

    let seen = shown(&nord).await;
    assert_eq!(seen["witnesses"][0]["state"], "signing", "{seen}");
    let files = exported(&nord, None).await;
    let key = |world: &World| world.region.cosigner().unwrap().public().clone();
    let both = [key(&sud), key(&nord)];
    assert_eq!(demanded(&files, &both[..1], 1).unwrap(), seen["witnesses"][0]["size"].as_u64().unwrap());
    assert_eq!(demanded(&files, &both, 2), Err(Wrong::Unwitnessed { found: 1, wanted: 2 }));
    assert_eq!(demanded(&files, &both[1..], 1), Err(Wrong::Unwitnessed { found: 0, wanted: 1 }));
    let said: Vec<String> =
        records(&sud.region, ROOT_CELL).await.into_iter().flatten().map(|record| record.act).collect();
    assert_eq!(said.iter().filter(|act| *act == "witness.sign").count(), 4, "{said:?}");
}

/// A log that does as it likes with a region's own key.
struct Forger {
    log: NoteSigner,
    leaves: Vec<Hash>,
}

impl Forger {
    fn new(origin: &str, seed: u8) -> Self {
        let key = SigningKey::from_seed(&Secret::new([seed; 32])).unwrap();
        let leaves = (0..20_u8).map(|number| leaf_hash(&[number])).collect();
        Self { log: NoteSigner::new(origin.parse().unwrap(), key), leaves }
    }

    /// The same log with another history from the first leaf on.
    fn forked(&self, seed: u8) -> Self {
        let other = Self::new(self.log.name().as_ref(), seed);
        Self { leaves: (0..20_u8).map(|number| leaf_hash(&[number, 1])).collect(), ..other }
    }

    fn submission(&self, old: usize, size: usize) -> Submission {
        let mut frontier = seal::Frontier::new();
        self.leaves[..size].iter().for_each(|leaf| frontier.push(*leaf));
        let checkpoint = Checkpoint::new(self.log.name().to_string(), size as u64, frontier.root());
        let proof = consistency(&Leaves(&self.leaves), old as u64, size as u64).unwrap_or_default();
        Submission { old: old as u64, proof, note: checkpoint.sign(&self.log).unwrap() }
    }

    async fn ask(&self, world: &World, old: usize, size: usize) -> Verdict {
        let submission = self.submission(old, size).to_string();
        world.region.add_checkpoint(submission.as_bytes()).await.unwrap()
    }
}

fn is_signed(verdict: &Verdict, by: &Cosigner, submission: &Submission) -> bool {
    let Verdict::Signed(line) = verdict else { return false };
    let note = submission.note.with_lines(line.as_bytes()).unwrap();
    note.cosigned(&[by.public().clone()]).unwrap().len() == 1
}

// Goal: the specification's refusals, each with its answer, and nothing written by any.
#[tokio::test]
async fn what_does_not_only_grow_is_not_signed() {
    let (_, world) = founded("nord.test", 3).await;
    let log = Forger::new("log.example/a", 7);
    let fork = log.forked(7);
    assert_eq!(log.ask(&world, 0, 5).await, Verdict::Unknown);
    world.act("olga", "witness.follow", json!({ "log": log.log.verifier().to_string() })).await.unwrap();
    let (cosigner, first) = (world.region.cosigner().unwrap(), log.submission(0, 5));
    assert!(is_signed(&log.ask(&world, 0, 5).await, &cosigner, &first));
    let size = leaves(&world).await;
    // Once more, at any later time: signed anew, and nothing to write.
    assert!(is_signed(&log.ask(&world, 5, 5).await, &cosigner, &first));
    assert_eq!(log.ask(&world, 5, 8).await, Verdict::TooSoon);
    pass_ms(&world, 1_000).await;
    for (verdict, expected, what) in [
        (log.ask(&world, 0, 5).await, Verdict::Known(5), "asked as if for the first time"),
        (log.ask(&world, 0, 8).await, Verdict::Known(5), "an old size that is not what was signed"),
        (log.ask(&world, 5, 4).await, Verdict::Malformed, "smaller than its old size"),
        (log.ask(&world, 4, 4).await, Verdict::Known(5), "rolled back"),
        (fork.ask(&world, 5, 5).await, Verdict::Known(5), "another tree of the same size"),
        (fork.ask(&world, 5, 8).await, Verdict::Unproven, "another history that grew"),
        (fork.ask(&world, 0, 8).await, Verdict::Known(5), "another history from the start"),
        (Forger::new("log.example/a", 8).ask(&world, 5, 8).await, Verdict::Unsigned, "another key"),
        (Forger::new("log.example/b", 7).ask(&world, 0, 5).await, Verdict::Unknown, "another log"),
    ] {
        assert_eq!(verdict, expected, "{what}");
    }
    let submission = log.submission(5, 8);
    let (mut cut, mut longer) = (submission.proof.hashes().to_vec(), submission.proof.hashes().to_vec());
    cut.pop();
    longer.push(Hash([0; 32]));
    for hashes in [cut, longer, Vec::new()] {
        let bent = Submission { proof: Proof::new(hashes).unwrap(), ..submission.clone() };
        let verdict = world.region.add_checkpoint(bent.to_string().as_bytes()).await.unwrap();
        assert_eq!(verdict, Verdict::Unproven);
    }
    for noise in [&b""[..], b"old 5\n\nnothing", submission.note.to_string().as_bytes()] {
        assert_eq!(world.region.add_checkpoint(noise).await.unwrap(), Verdict::Malformed);
    }
    assert_eq!(leaves(&world).await, size, "a refusal wrote something");
    assert!(is_signed(&log.ask(&world, 5, 8).await, &cosigner, &submission));

    // Left and followed again, it goes on from what was signed; only a declared loss lets it begin anew.
    let follow = |loss: Option<&str>| json!({ "log": log.log.verifier().to_string(), "loss": loss });
    assert_eq!(reason(world.act("olga", "witness.follow", follow(None)).await), Reason::AlreadyDone);
    world.act("olga", "witness.leave", json!({ "log": "log.example/a" })).await.unwrap();
    assert_eq!(log.ask(&world, 8, 8).await, Verdict::Unknown);
    world.act("olga", "witness.follow", follow(None)).await.unwrap();
    pass_ms(&world, 1_000).await;
    assert_eq!(fork.ask(&world, 0, 6).await, Verdict::Known(8));
    assert_eq!(
        reason(world.act("olga", "witness.follow", follow(Some("so it goes"))).await),
        Reason::Invalid
    );
    let anew = world.act("olga", "witness.follow", follow(Some(&"0f".repeat(32)))).await.unwrap().answer;
    assert_eq!(anew["was"]["size"], 8, "{anew}");
    assert!(matches!(fork.ask(&world, 0, 6).await, Verdict::Signed(_)));
}

// Goal: who is away or answers nonsense stops nothing and is seen; who may not, may not.
#[tokio::test]
async fn a_witness_that_is_away_is_seen_and_stops_nothing() {
    let ((_, nord), (_, sud)) = (founded("nord.test", 4).await, founded("sud.test", 5).await);
    let check = async |verdict: &str| {
        let ran = nord.act("anna", "check.run", json!({ "check": "checkpoint-witnessed" })).await.unwrap();
        assert_eq!(ran.answer[0]["verdict"], verdict, "{}", ran.answer);
    };
    check("not applicable").await;
    let by_sud = named(&nord, &sud).await;
    check("pass").await;
    assert_eq!(asked(&nord, &by_sud, &To(None)).await, Asked::Away);
    // A line that is another's, and one that is none.
    for body in [
        sud.region.cosigner().unwrap().public().to_string(),
        "\u{2014} sud.test/witness AAAAAAAAAA==\n".to_owned(),
    ] {
        let said = Said(heard(200, body));
        assert_eq!(asked(&nord, &by_sud, &said).await, Asked::Away);
    }
    grow(&nord, "acme").await;
    check("pass").await;
    nord.soil.clock.pass_ms(region::witness::AWAY_MS_MAX + 1);
    nord.region.confirm().await;
    check("fail").await;
    let states: Vec<State> =
        nord.region.witnesses().await.unwrap().into_iter().map(|(.., state)| state).collect();
    assert!(matches!(states[..], [State::Away { .. }]), "{states:?}");
    assert_eq!(ask(&nord, &by_sud, &sud).await, Asked::Signed);
    check("pass").await;

    let own = shown(&nord).await;
    let add = |witness: &Value, address: &str| json!({ "witness": witness, "address": address });
    let other = shown(&sud).await["key"].clone();
    for (fields, expected) in [
        (add(&own["key"], "https://x.example"), Reason::Invalid),
        (add(&own["log"], "https://x.example"), Reason::Invalid),
        (add(&other, "http://witness.example:9030"), Reason::Invalid),
        (add(&other, "http://127.0.0.1:9030@witness.example"), Reason::Invalid),
        (add(&other, "https://anna:secret@x.example"), Reason::Invalid),
        (add(&other, "https://x.example/w?token=secret"), Reason::Invalid),
        (add(&other, "https://x.example/w#here"), Reason::Invalid),
        (add(&other, "https://x.example:+80"), Reason::Invalid),
        (add(&other, "https:///w"), Reason::Invalid),
        (add(&other, "https://x.example"), Reason::NameTaken),
    ] {
        assert_eq!(reason(nord.act("olga", "witness.add", fields.clone()).await), expected, "{fields}");
    }
    for log in [&own["log"], &own["key"]] {
        assert_eq!(reason(nord.act("olga", "witness.follow", json!({ "log": log })).await), Reason::Invalid);
    }
    // Removed and added again it is another, of which nothing is known yet; whatever is a plain place may be asked.
    grow(&nord, "bolt").await;
    assert_eq!(asked(&nord, &by_sud, &To(None)).await, Asked::Away);
    assert_eq!(shown(&nord).await["witnesses"][0]["state"], "away");
    for address in ["https://x.example/w/1/", "https://[2001:db8::1]:9030", "http://localhost:9030/"] {
        pass_ms(&nord, 1).await;
        nord.act("olga", "witness.remove", json!({ "witness": by_sud })).await.unwrap();
        nord.act("olga", "witness.add", add(&other, address)).await.unwrap();
        assert_eq!(shown(&nord).await["witnesses"][0]["state"], "signing");
    }
    nord.act("olga", "witness.remove", json!({ "witness": by_sud })).await.unwrap();
    assert_eq!(
        reason(nord.act("olga", "witness.remove", json!({ "witness": by_sud })).await),
        Reason::NotFound
    );
    assert_eq!(reason(nord.act("olga", "witness.leave", json!({ "log": "none" })).await), Reason::NotFound);
    check("not applicable").await;
}

struct Said(Heard);

#[async_trait]
impl Courier for Said {
    async fn submit(&self, _: &str, _: String) -> Option<Heard> {
        Some(self.0.clone())
    }
}

// Goal: an old bucket under an old custody opens, and is found out by the witness alone, loudly and for good.
#[tokio::test]
async fn a_region_that_was_rolled_back_whole_is_noticed() {
    let ((store, nord), (_, sud)) = (founded("nord.test", 6).await, founded("sud.test", 7).await);
    let by_sud = named(&nord, &sud).await;
    assert_eq!(ask(&nord, &by_sud, &sud).await, Asked::Signed);
    nord.region.close().await;
    let (bucket, custody) = (store.copy(), Arc::new(forgetful(nord.soil.custody.as_ref())));
    let nord = nord.reopen().await.unwrap();
    for alias in ["acme", "bolt", "core", "dune", "east", "fern"] {
        grow(&nord, alias).await;
    }
    assert_eq!(ask(&nord, &by_sud, &sud).await, Asked::Signed);
    let signed = shown(&nord).await["witnesses"][0]["size"].as_u64().unwrap();
    nord.region.close().await;

    store.roll_back(&bucket);
    let soil = Soil { shelf: MemoryShelf::default(), custody, ..nord.soil.clone() };
    let old = nord.over(Region::open(soil.parts()).await.unwrap(), soil);
    assert_eq!(ask(&old, &by_sud, &sud).await, Asked::Disputed);
    let told = shown(&old).await["witnesses"][0].clone();
    assert_eq!((told["state"].as_str(), told["knows"].as_u64()), (Some("disputed"), Some(signed)));
    // Grown past what the witness knows it is another history still, at once and after a restart.
    for number in 0..10 {
        grow(&old, &format!("other-{number}")).await;
    }
    assert!(leaves(&old).await > signed);
    assert_eq!(ask(&old, &by_sud, &sud).await, Asked::Disputed);
    old.region.close().await;
    let old = old.reopen().await.unwrap();
    let ran = old.act("anna", "check.run", json!({ "check": "checkpoint-witnessed" })).await.unwrap().answer;
    assert_eq!(ran[0]["verdict"], "fail", "{ran}");
    assert!(ran[0]["measured"].as_str().unwrap().contains(&format!("{signed} leaves")), "{ran}");
    let page = region::meter::page(&old.region, &[]).await.unwrap();
    assert!(page.contains("epic_witnesses{state=\"disputed\"} 1"), "{page}");
    let disputes = records(&old.region, ROOT_CELL).await.into_iter().flatten();
    assert_eq!(disputes.filter(|record| record.act == "checkpoint.dispute").count(), 1, "said once");

    // Its people declared the loss, the witness's operator believes them: from here on it is signed.
    let log = shown(&old).await["log"].clone();
    let anew = json!({ "log": log, "loss": "0f".repeat(32) });
    sud.act("olga", "witness.follow", anew).await.unwrap();
    assert_eq!(ask(&old, &by_sud, &sud).await, Asked::Signed);
    assert_eq!(shown(&old).await["witnesses"][0]["state"], "signing");
}

// Goal: never two histories, whatever ends between the commit and the answer. Method: the store stops at each
// operation of a signing in turn; the witness comes back; another history of the same log is asked for.
#[tokio::test(start_paused = true)]
async fn a_crash_while_signing_never_lets_two_histories_out() {
    let (mut refused, mut lost) = (0, 0);
    for operations in 0..12 {
        let (store, world) = founded("nord.test", 100 + operations).await;
        let log = Forger::new("log.example/a", 7);
        let fork = log.forked(7);
        world.act("olga", "witness.follow", json!({ "log": log.log.verifier().to_string() })).await.unwrap();
        store.stop_after(operations);
        let first = world.region.add_checkpoint(log.submission(0, 5).to_string().as_bytes()).await;
        store.crash();
        store.restart();
        let soil = Soil { shelf: MemoryShelf::default(), ..world.soil.clone() };
        let back = world.over(Region::open(soil.parts()).await.unwrap(), soil);
        let second = fork.ask(&back, 0, 6).await;
        match (&first, &second) {
            (Ok(Verdict::Signed(_)) | Err(_), Verdict::Known(5)) => refused += 1,
            (Err(_), Verdict::Signed(_)) => lost += 1,
            other => panic!("after {operations} operations: {other:?}"),
        }
    }
    assert!(refused > 0 && lost > 0, "{refused} {lost}: both were meant");
}

// Goal: whoever holds the export needs no word of ours. Oracle: the note's text and lines by another reader.
#[tokio::test]
async fn a_witnessed_checkpoint_is_bent_in_no_place() {
    let ((_, nord), (_, sud)) = (founded("nord.test", 8).await, founded("sud.test", 9).await);
    let by_sud = named(&nord, &sud).await;
    let key = [sud.region.cosigner().unwrap().public().clone()];
    let bare = exported(&nord, None).await;
    assert_eq!(demanded(&bare, &key, 1), Err(Wrong::Unwitnessed { found: 0, wanted: 1 }));
    assert_eq!(ask(&nord, &by_sud, &sud).await, Asked::Signed);
    let mut files = exported(&nord, None).await;
    let note = text(&files, "witnessed");
    let theirs = signed_note::Note::from_bytes(note.as_bytes()).unwrap();
    assert_eq!(theirs.text(), Note::parse(note.as_bytes()).unwrap().text().as_bytes());
    let at = note.len() - 60;
    for place in [3, note.find("\n\n").unwrap() + 40, at] {
        let mut bytes = note.clone().into_bytes();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        files.insert("witnessed".to_owned(), bytes.into());
        assert!(demanded(&files, &key, 1).is_err(), "byte {place}");
    }
    files.insert("witnessed".to_owned(), note.into());
    demanded(&files, &key, 1).unwrap();
}

// Goal: what an export demands of two witnesses, two can give. Method: one round; the first word grows the ledger.
#[tokio::test]
async fn words_of_one_round_are_counted_together() {
    let ((_, nord), (_, sud)) = (founded("nord.test", 10).await, founded("sud.test", 11).await);
    let (_, est) = founded("est.test", 12).await;
    let names = [named(&nord, &sud).await, named(&nord, &est).await];
    let shown = nord.region.shown().await.unwrap();
    for (name, witness) in names.iter().zip([&sud, &est]) {
        assert_eq!(nord.region.ask(name, &shown, &To(Some(witness))).await.unwrap(), Asked::Signed);
    }
    let keys = [&sud, &est].map(|world| world.region.cosigner().unwrap().public().clone());
    let files = exported(&nord, None).await;
    assert_eq!(demanded(&files, &keys, 2).unwrap(), demanded(&files, &keys, 1).unwrap());
    assert_eq!(demanded(&files, &keys, 3), Err(Wrong::Unwitnessed { found: 2, wanted: 3 }));
}

// Goal: where nobody is asked any more, the region does not go on to say that all is signed.
#[tokio::test]
async fn a_region_that_asks_nobody_is_seen() {
    let ((_, nord), (_, sud)) = (founded("nord.test", 13).await, founded("sud.test", 14).await);
    let by_sud = named(&nord, &sud).await;
    assert_eq!(ask(&nord, &by_sud, &sud).await, Asked::Signed);
    let state = async || nord.region.witnesses().await.unwrap().remove(0).2;
    grow(&nord, "acme").await;
    assert_eq!(state().await, State::Signing);
    pass_ms(&nord, region::witness::AWAY_MS_MAX + 1).await;
    assert!(matches!(state().await, State::Away { .. }));
    let ran = nord.act("anna", "check.run", json!({ "check": "checkpoint-witnessed" })).await.unwrap().answer;
    assert_eq!(ran[0]["verdict"], "fail", "{ran}");
    assert_eq!(ask(&nord, &by_sud, &sud).await, Asked::Signed);
    assert_eq!(state().await, State::Signing);
}

/// Brings a submission there and loses the answer.
struct Lost<'a>(To<'a>);

#[async_trait]
impl Courier for Lost<'_> {
    async fn submit(&self, address: &str, submission: String) -> Option<Heard> {
        self.0.submit(address, submission).await.and(None)
    }
}

// Goal: a witness that signed more than it is shown is not taken for one that knows another history.
#[tokio::test]
async fn a_witness_that_is_ahead_of_a_checkpoint_is_shown_a_fresh_one() {
    let ((_, nord), (_, sud)) = (founded("nord.test", 15).await, founded("sud.test", 16).await);
    let by_sud = named(&nord, &sud).await;
    let early = nord.region.shown().await.unwrap();
    grow(&nord, "acme").await;
    assert_eq!(asked(&nord, &by_sud, &Lost(To(Some(&sud)))).await, Asked::Away);
    pass_ms(&sud, 2_000).await;
    let before = leaves(&nord).await;
    assert_eq!(nord.region.ask(&by_sud, &early, &To(Some(&sud))).await.unwrap(), Asked::Signed);
    assert_eq!(shown(&nord).await["witnesses"][0]["size"], before);
    // More than there is here is another history; a number in another dress is no answer, and nothing is no history.
    grow(&nord, "bolt").await;
    let more = format!("{}\n", leaves(&nord).await + 10);
    let page = Heard { media: "text/html".to_owned(), ..heard(409, more.clone()) };
    assert_eq!(asked(&nord, &by_sud, &Said(page)).await, Asked::Away);
    assert_eq!(asked(&nord, &by_sud, &Said(heard(409, more))).await, Asked::Disputed);
    assert_eq!(ask(&nord, &by_sud, &sud).await, Asked::Signed);
    let by_nord = named(&sud, &nord).await;
    for said in [heard(422, ""), heard(409, "0\n")] {
        assert_eq!(asked(&sud, &by_nord, &Said(said)).await, Asked::Away);
    }
}

// Goal: two that signed at different sizes do not stay so. Method: a round that one of them missed, then silence.
#[tokio::test]
async fn witnesses_come_to_rest_at_one_size() {
    let ((_, nord), (_, sud)) = (founded("nord.test", 17).await, founded("sud.test", 18).await);
    let (_, est) = founded("est.test", 19).await;
    let names = [named(&nord, &sud).await, named(&nord, &est).await];
    for (name, witness) in names.iter().zip([&sud, &est]) {
        assert_eq!(ask(&nord, name, witness).await, Asked::Signed);
    }
    let sizes = async || {
        let all = nord.region.witnesses().await.unwrap();
        all.into_iter().map(|(_, row, _)| row.signed.unwrap().size).collect::<Vec<_>>()
    };
    let before = sizes().await;
    assert_ne!(before[0], before[1]);
    for expected in [Asked::Signed, Asked::Nothing] {
        pass_ms(&sud, 2_000).await;
        pass_ms(&est, 2_000).await;
        let shown = nord.region.shown().await.unwrap();
        for (name, witness) in names.iter().zip([&sud, &est]) {
            assert_eq!(nord.region.ask(name, &shown, &To(Some(witness))).await.unwrap(), expected);
        }
    }
    let after = sizes().await;
    assert_eq!(after[0], after[1]);
}

/// While it is on its way, the witness's name comes to be another key's.
struct Meanwhile<'a> {
    to: To<'a>,
    of: &'a World,
    other: CosignerKey,
}

#[async_trait]
impl Courier for Meanwhile<'_> {
    async fn submit(&self, address: &str, submission: String) -> Option<Heard> {
        let heard = self.to.submit(address, submission).await;
        let gone = json!({ "witness": self.other.name().to_string() });
        self.of.act("olga", "witness.remove", gone).await.unwrap();
        let add = json!({ "witness": self.other.to_string(), "address": "https://other.example" });
        self.of.act("olga", "witness.add", add).await.unwrap();
        heard
    }
}

// Goal: what one key signed is not kept as the word of another that has its name now.
#[tokio::test]
async fn a_word_is_kept_for_the_key_that_gave_it() {
    let ((_, nord), (_, sud)) = (founded("nord.test", 20).await, founded("sud.test", 21).await);
    let by_sud = named(&nord, &sud).await;
    let key = SigningKey::from_seed(&Secret::new([9; 32])).unwrap();
    let other = Cosigner::new(by_sud.parse().unwrap(), key).public().clone();
    let meanwhile = Meanwhile { to: To(Some(&sud)), of: &nord, other: other.clone() };
    assert_eq!(asked(&nord, &by_sud, &meanwhile).await, Asked::Away);
    let told = shown(&nord).await["witnesses"][0].clone();
    assert_eq!((told["key"].as_str(), told["size"].as_u64()), (Some(other.to_string().as_str()), None));
}
