//! The start-up probe: a store that does not keep its word is refused.
//!
//! The commit protocol stands on create-once and on reading what was written;
//! a store that lies about either would lose commits silently.

use bytes::Bytes;
use futures::future::join_all;
use object_store::PutPayload;
use words::time::SECOND_MS;
use words::{Clock, Id, Rand};

use crate::bucket::Bucket;
use crate::error::StoreError;
use crate::limit::STORE_SKEW_MS_MAX;
use crate::name::Name;
use crate::remote::Fault;

/// WHY 50: enough to overlap on any store, few enough to start in a blink.
pub const RACERS: u32 = 50;

/// WHY more of them on another machine: one that looks before it writes was let through by one race in twenty (ADR 0022).
const RACES_ELSEWHERE: u32 = 5;
/// WHY these: the first race and the listed name have the two before.
const RACE_FIRST: u32 = 2;

/// WHY: a racer's mark is its number.
const MARK_BYTES_MAX: u64 = 64;

/// Why a store cannot carry a region.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    #[error("of {RACERS} racing creators of one name {winners} won: create-once does not hold")]
    Race { winners: usize },
    #[error("a name that exists was created again: create-once does not hold")]
    CreatedTwice,
    #[error("what was just written reads otherwise")]
    ReadAfterWrite,
    #[error("what was just written is not listed")]
    ListAfterWrite,
    #[error("what was just deleted is still there")]
    ReadAfterDelete,
    #[error("by the store's clock it is {minutes} minutes from ours")]
    Clock { minutes: i64 },
    #[error("cannot probe the store")]
    Store(#[from] StoreError),
}

impl ProbeError {
    /// What would make it a store for a region.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Race { .. } | Self::CreatedTwice => {
                "a region needs a store that creates a name once: a local disk, or an S3 server that keeps `If-None-Match: *`"
            }
            Self::ReadAfterWrite | Self::ListAfterWrite | Self::ReadAfterDelete => {
                "a region needs a store that reads, lists and forgets at once what it was told: no cache and no replica before it"
            }
            Self::Clock { .. } => Fault::Clock.hint(),
            Self::Store(cause) => Fault::of(cause).map_or("check the disk that data lie on", Fault::hint),
        }
    }
}

/// Tries the store; leaves nothing behind, whatever it finds.
pub async fn probe(bucket: &Bucket, rand: &dyn Rand, clock: &dyn Clock) -> Result<(), ProbeError> {
    let run = Id::random(rand);
    let found = check(bucket, run, clock).await;
    let cleaned = clean(bucket, run).await;
    found?;
    cleaned
}

async fn check(bucket: &Bucket, run: Id<()>, clock: &dyn Clock) -> Result<(), ProbeError> {
    let winner = race(bucket, run, 0).await?;
    if bucket.is_elsewhere() {
        for number in RACE_FIRST..RACE_FIRST + RACES_ELSEWHERE {
            race(bucket, run, number).await?;
            remove(bucket, run, number).await?;
        }
    }
    check_reading(bucket, run, &winner).await?;
    check_refusal(bucket, run, &winner).await?;
    check_listing(bucket, run, clock).await?;
    bucket.settle(Name::Probe(run, 0)).await?;
    Ok(())
}

fn mark(racer: u32) -> Bytes {
    Bytes::from(format!("racer {racer}"))
}

/// Exactly one of many creators may win; answers what it wrote.
async fn race(bucket: &Bucket, run: Id<()>, number: u32) -> Result<Bytes, ProbeError> {
    let racers = (0..RACERS).map(|racer| {
        let (bucket, name) = (bucket.clone(), Name::Probe(run, number));
        // WHY tasks: on a disk they run on threads of their own and truly race.
        tokio::spawn(async move { bucket.create(name, PutPayload::from(mark(racer))).await })
    });
    let mut winners = Vec::new();
    for (racer, done) in (0..RACERS).zip(join_all(racers).await) {
        match done.map_err(|cause| StoreError::unavailable("probe", "the store", cause))? {
            Ok(()) => winners.push(racer),
            Err(StoreError::Exists { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    match winners[..] {
        [winner] => Ok(mark(winner)),
        _ => Err(ProbeError::Race { winners: winners.len() }),
    }
}

async fn check_reading(bucket: &Bucket, run: Id<()>, winner: &Bytes) -> Result<(), ProbeError> {
    match bucket.read(Name::Probe(run, 0), MARK_BYTES_MAX).await? {
        Some(there) if there == *winner => Ok(()),
        Some(_) | None => Err(ProbeError::ReadAfterWrite),
    }
}

async fn check_refusal(bucket: &Bucket, run: Id<()>, winner: &Bytes) -> Result<(), ProbeError> {
    match bucket.create(Name::Probe(run, 0), PutPayload::from(mark(RACERS))).await {
        Err(StoreError::Exists { .. }) => check_reading(bucket, run, winner).await,
        Err(error) => Err(error.into()),
        Ok(()) => Err(ProbeError::CreatedTwice),
    }
}

async fn check_listing(bucket: &Bucket, run: Id<()>, clock: &dyn Clock) -> Result<(), ProbeError> {
    bucket.create(Name::Probe(run, 1), PutPayload::from(mark(1))).await?;
    let (mut listed, mut written_ms) = (Vec::new(), Vec::new());
    let keep = |meta: object_store::ObjectMeta| {
        written_ms.push(meta.last_modified.timestamp_millis());
        listed.extend(meta.location.filename().map(str::to_owned));
    };
    bucket.each(Name::Probes(run), keep).await?;
    listed.sort();
    if listed != ["000", "001"] {
        return Err(ProbeError::ListAfterWrite);
    }
    // WHY: a sweep tells by that time what is a day old, and must not take what is being written.
    let now = clock.now().ms();
    let apart_ms = written_ms.iter().map(|at| at - now).max_by_key(|apart| apart.abs()).unwrap_or_default();
    match bucket.is_elsewhere() && apart_ms.abs() > STORE_SKEW_MS_MAX {
        true => Err(ProbeError::Clock { minutes: apart_ms / (60 * SECOND_MS) }),
        false => Ok(()),
    }
}

async fn remove(bucket: &Bucket, run: Id<()>, number: u32) -> Result<(), ProbeError> {
    let name = Name::Probe(run, number);
    bucket.delete(name).await?;
    match bucket.size(name).await? {
        None => Ok(()),
        Some(_) => Err(ProbeError::ReadAfterDelete),
    }
}

async fn clean(bucket: &Bucket, run: Id<()>) -> Result<(), ProbeError> {
    let races = if bucket.is_elsewhere() { RACES_ELSEWHERE } else { 0 };
    for number in 0..RACE_FIRST + races {
        remove(bucket, run, number).await?;
    }
    let cleared = bucket.ground.clear_folder(&Name::Probes(run).path()?).await;
    cleared.map_err(|cause| StoreError::unavailable("delete", Name::Probes(run), cause).into())
}
