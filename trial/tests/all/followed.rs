//! Following under a store that fails: whatever was stored is looked at and made usable in the end, and none of it is lost.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use flow::worker::{Held, Terms};
use flow::{Cooked, Examiner, Fault, Given, Maker};
use futures::StreamExt;
use recipes::{KeyMaterial, Recipe};
use region::Region;
use region::derive::Place as Start;
use region::examine::Said;
use region::object::body::Body;
use serde_json::json;
use store::twin::Faults;
use tokio::sync::mpsc;
use trial::kit::{HERE, PROJECT, store};
use trial::sim::stand::{Stand, runtime};
use words::{Act, Actor, Place, Reason, Refusal};

const SEEDS: u64 = 12;
const LIVES: u64 = 5;

/// Looks and makes in this process; now and then it dies of it.
struct Hand {
    seed: u64,
    times: AtomicU64,
}

impl Hand {
    fn dies(&self) -> bool {
        let at = self.times.fetch_add(1, Ordering::SeqCst);
        seal::sha256(&[self.seed.to_be_bytes(), at.to_be_bytes()].concat())[0] < 40
    }
}

async fn whole(mut body: Body) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    while let Some(piece) = body.next().await {
        bytes.extend_from_slice(&piece?);
    }
    Ok(bytes)
}

#[async_trait]
impl Examiner for Hand {
    async fn examine(&self, body: Body) -> Result<Said, Fault> {
        let bytes = whole(body).await.map_err(Fault::Unread)?;
        if self.dies() {
            return Err(Fault::Process("worker.killed"));
        }
        let report = json!({ "kind": "text", "facts": { "numbers": { "bytes": bytes.len() } } }).to_string();
        let (kind, examiner) = ("text".to_owned(), "trial".to_owned());
        Ok(Said { is_whole: true, report, kind, examiner, ..Said::default() })
    }

    async fn hold(&self, _: Terms, _: Body) -> Result<Held, Fault> {
        Err(Fault::Process("worker.killed"))
    }

    async fn values(&self, _: Vec<String>, _: [u8; 16], _: Body) -> Result<Vec<Given>, Fault> {
        Err(Fault::Process("worker.killed"))
    }
}

#[async_trait]
impl Maker for Hand {
    async fn make(
        &self,
        _: Recipe,
        _: Option<KeyMaterial>,
        _: u64,
        mut passes: Vec<Body>,
        to: mpsc::Sender<Bytes>,
    ) -> Cooked {
        let body = passes.pop().unwrap();
        let bytes = match whole(body).await {
            Ok(bytes) => bytes.to_ascii_uppercase(),
            Err(refusal) => return Cooked::Unread(refusal),
        };
        let (size, digest) = (bytes.len() as u64, [0; 32]);
        // WHY before the end: what it gave is nothing unless it says that it was made.
        let is_heard = to.send(Bytes::from(bytes)).await.is_ok();
        match (is_heard, self.dies()) {
            (false, _) => Cooked::Unread(Reason::Unavailable.into()),
            (true, true) => Cooked::Fault(recipes::fault::WORKER_KILLED),
            (true, false) => Cooked::Made(recipes::Made {
                bytes: size,
                media_type: "text/plain",
                counts: BTreeMap::new(),
                blake3: digest,
            }),
        }
    }
}

/// How a life of the process goes.
#[derive(Debug, Clone, Copy)]
enum Weather {
    Calm,
    Bad,
    /// The store answers nothing any more after so many operations.
    Stops(u64),
}

fn weather(seed: u64, life: u64) -> Weather {
    let drawn = seal::sha256(
        &[b"weather"[..].to_vec(), seed.to_be_bytes().to_vec(), life.to_be_bytes().to_vec()].concat(),
    );
    match drawn[0] % 3 {
        0 => Weather::Calm,
        1 => Weather::Bad,
        _ => Weather::Stops(u64::from(drawn[1]) * 2),
    }
}

async fn rita(stand: &Stand, region: &Region) -> Result<Actor, Refusal> {
    let access = stand.cast.keys.last().unwrap();
    region.actor_of_credential(&access.id, HERE, Place::Inside).await
}

/// The permit of the stand ends within the hour.
async fn prolonged(stand: &Stand) {
    let region = Region::open(stand.soil.parts()).await.unwrap();
    let person = stand.cast.persons["carla"];
    let carla = Actor { person, credential: None, session: None, place: Place::Outside, address: HERE };
    let fields = json!({ "permit": "permit-1", "ends": "2027-06-30" });
    region.perform(&carla, Act::PermitAmend, fields, None).await.unwrap();
    region.close().await;
}

async fn pass(stand: &Stand, region: &Region, ms: u64) {
    stand.soil.clock.pass_ms(i64::try_from(ms).unwrap());
    region.confirm().await;
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

fn followed(region: &Region, seed: u64) {
    let hand = Arc::new(Hand { seed, times: AtomicU64::new(0) });
    let (examiner, maker) = (Arc::clone(&hand) as Arc<dyn Examiner>, hand as Arc<dyn Maker>);
    tokio::spawn(flow::follow(region.clone(), examiner, maker, std::future::pending()));
}

/// One life: objects come, some are looked at, and then the power fails.
async fn live(stand: &Stand, (seed, life): (u64, u64), stored: &mut BTreeMap<String, Vec<u8>>) {
    let Ok(region) = Region::open(stand.soil.parts()).await else { return };
    followed(&region, seed * LIVES + life);
    for number in 0..8 {
        pass(stand, &region, 400).await;
        let Ok(rita) = rita(stand, &region).await else { return };
        let (key, bytes) =
            (format!("{life}-{number}"), format!("words of {seed} {life} {number}").into_bytes());
        if store(&region, &rita, "results", &key, &bytes).await.is_ok() {
            stored.insert(key, bytes);
        }
    }
}

/// Whether anything may still come of an object: nobody has looked, or its step has not been made and may be tried again.
fn waits(told: &serde_json::Value) -> bool {
    let run = &told["report"]["made"][0];
    let is_done = run["object"].is_string() || run["tries"] == 3;
    told["standing"].is_null() || told["standing"] == "clear" && !is_done
}

/// The last life, in which nothing fails: all that was stored stands, and has what its rule makes.
async fn end(stand: &Stand, seed: u64, stored: &BTreeMap<String, Vec<u8>>) {
    let region = Region::open(stand.soil.parts()).await.unwrap();
    followed(&region, seed + 1_000_000);
    let project = stand.cast.project;
    let rita = rita(stand, &region).await.unwrap();
    let shown = |key: String| {
        let of = json!({ "project": PROJECT, "bucket": "results", "key": key });
        let (region, rita) = (&region, &rita);
        async move { region.perform(rita, Act::ObjectShow, of, None).await.unwrap().answer }
    };
    // WHY hours: what killed its process is tried again after minutes, and what a rule makes is looked over each hour.
    for _ in 0..1_200 {
        pass(stand, &region, 15_000).await;
        let mut waiting = 0;
        for key in stored.keys() {
            let told = shown(key.clone()).await;
            waiting += usize::from(waits(&told));
        }
        if waiting == 0 {
            break;
        }
    }
    for (key, bytes) in stored {
        let told = shown(key.clone()).await;
        // WHY both: what died five times under whoever looked says so, and is not looked at for ever.
        let standing = told["standing"].as_str();
        assert!(matches!(standing, Some("clear" | "unread")), "seed {seed}: {key} is stuck: {told}");
        let (own, _) = trial::kit::read(&region, &rita, "results", key).await.unwrap();
        assert_eq!(own, *bytes, "seed {seed}: {key} is as it was stored");
        let run = &told["report"]["made"][0];
        match run["key"].as_str() {
            Some(made) => {
                let (made, _) = trial::kit::read(&region, &rita, "results", made).await.unwrap();
                assert_eq!(made, bytes.to_ascii_uppercase(), "seed {seed}: what was made of {key} is whole");
            }
            None => assert!(
                standing == Some("unread") || run["tries"] == 3,
                "seed {seed}: {key} is forgotten: {told}"
            ),
        }
    }
    let wanting = region.wanting(project, &Start::default()).await.unwrap();
    assert!(wanting.works.is_empty() && wanting.orphans.is_empty(), "seed {seed}: {wanting:?}");
}

// Goal: a store that fails, is slow or stops answering, and processes that die, lose nothing of what was acknowledged: it is looked at,
// and what its rule makes is made whole, or it says why not.
// Method: seeded lives with power cuts under a faulty twin of the store, and hands that die; then a calm one.
#[test]
fn what_was_stored_is_followed_through_failing_stores() {
    let base: u64 = std::env::var("EPIC_BASE").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut all = 0;
    for seed in base..base + SEEDS {
        let stand = Stand::new(seed).unwrap();
        runtime().unwrap().block_on(prolonged(&stand));
        let mut stored = BTreeMap::new();
        for life in 0..LIVES {
            let weather = weather(seed, life);
            stand.store.set_faults(Faults::default());
            match weather {
                Weather::Calm => {}
                Weather::Bad => stand.store.set_faults(Faults::BAD_DAY),
                Weather::Stops(operations) => stand.store.stop_after(operations),
            }
            runtime().unwrap().block_on(live(&stand, (seed, life), &mut stored));
            stand.store.crash();
        }
        stand.store.set_faults(Faults::default());
        runtime().unwrap().block_on(end(&stand, seed, &stored));
        all += stored.len();
    }
    assert!(all > 100, "too little was stored to say anything: {all}");
    println!("{all} objects followed through {SEEDS} seeds");
}
