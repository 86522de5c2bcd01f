//! The start-up probe: a store that does not keep its word is refused.
//!
//! The commit protocol stands on create-once and on reading what was written;
//! a store that lies about either would lose commits silently.

use bytes::Bytes;
use futures::future::join_all;
use object_store::PutPayload;
use words::{Id, Rand};

use crate::bucket::Bucket;
use crate::error::StoreError;
use crate::name::Name;

/// WHY 50: enough to overlap on any store, few enough to start in a blink.
pub const RACERS: u32 = 50;

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
    #[error("cannot probe the store")]
    Store(#[from] StoreError),
}

/// Tries the store; leaves nothing behind, whatever it finds.
pub async fn probe(bucket: &Bucket, rand: &dyn Rand) -> Result<(), ProbeError> {
    let run = Id::random(rand);
    let found = check(bucket, run).await;
    let cleaned = clean(bucket, run).await;
    found?;
    cleaned
}

async fn check(bucket: &Bucket, run: Id<()>) -> Result<(), ProbeError> {
    let winner = race(bucket, run).await?;
    check_reading(bucket, run, &winner).await?;
    check_refusal(bucket, run, &winner).await?;
    check_listing(bucket, run).await?;
    bucket.settle(Name::Probe(run, 0)).await?;
    Ok(())
}

fn mark(racer: u32) -> Bytes {
    Bytes::from(format!("racer {racer}"))
}

/// Exactly one of many creators may win; answers what it wrote.
async fn race(bucket: &Bucket, run: Id<()>) -> Result<Bytes, ProbeError> {
    let racers = (0..RACERS).map(|racer| {
        let bucket = bucket.clone();
        // WHY tasks: on a disk they run on threads of their own and truly race.
        tokio::spawn(async move { bucket.create(Name::Probe(run, 0), PutPayload::from(mark(racer))).await })
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

async fn check_listing(bucket: &Bucket, run: Id<()>) -> Result<(), ProbeError> {
    bucket.create(Name::Probe(run, 1), PutPayload::from(mark(1))).await?;
    let mut listed = Vec::new();
    let keep = |meta: object_store::ObjectMeta| {
        listed.extend(meta.location.filename().map(str::to_owned));
    };
    bucket.each(Name::Probes(run), keep).await?;
    listed.sort();
    match listed == ["000", "001"] {
        true => Ok(()),
        false => Err(ProbeError::ListAfterWrite),
    }
}

async fn clean(bucket: &Bucket, run: Id<()>) -> Result<(), ProbeError> {
    for number in 0..2 {
        let name = Name::Probe(run, number);
        bucket.delete(name).await?;
        if bucket.size(name).await?.is_some() {
            return Err(ProbeError::ReadAfterDelete);
        }
    }
    let cleared = bucket.ground.clear_folder(&Name::Probes(run).path()?).await;
    cleared.map_err(|cause| StoreError::unavailable("delete", Name::Probes(run), cause).into())
}
