//! The log keeps the commit protocol's promises in foul weather.

use crate::kit;

use bytes::Bytes;
use futures::TryStreamExt;
use kit::{cell, faulty, noise};
use proptest::prelude::*;
use store::twin::{Chance, Faults};
use store::{AppendError, Bucket, Log};

async fn filled(bucket: &Bucket, commits: u64) -> Log {
    let log = Log::new(bucket.clone(), cell(1));
    for seq in 0..commits {
        log.append(seq, noise(seq, 100)).await.unwrap();
    }
    log
}

#[tokio::test]
async fn follow_stops_at_the_first_gap() {
    let bucket = Bucket::memory();
    let log = filled(&bucket, 4).await;
    log.append(6, noise(6, 10)).await.unwrap();
    let followed: Vec<_> = log.follow(0).try_collect().await.unwrap();
    assert_eq!(followed.len(), 4);
}

#[tokio::test]
async fn an_oversize_commit_is_not_tried() {
    let bucket = Bucket::memory();
    let log = filled(&bucket, 1).await;
    let size = usize::try_from(store::limit::LOG_OBJECT_BYTES_MAX).unwrap() + 1;
    let refused = log.append(1, Bytes::from(vec![0; size])).await;
    assert!(matches!(refused, Err(AppendError::TooLarge { seq: 1 })));
    assert_eq!(log.read(1).await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_lands_late_is_one_commit() {
    let twin = faulty(3);
    let log = Log::new(Bucket::twin(&twin), cell(1));
    twin.set_faults(Faults { write_late: Chance(10_000), ..Faults::default() });
    // Every put is reported as failed; the first lands while it is retried or is unknown.
    let answer = log.append(0, noise(0, 50)).await;
    assert!(matches!(answer, Ok(()) | Err(AppendError::Unknown { .. })));
    twin.set_faults(Faults::default());
    log.append(0, noise(0, 50)).await.unwrap();
    let other = log.append(0, noise(1, 50)).await;
    assert!(matches!(other, Err(AppendError::Fenced { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_never_answers_leaves_it_unknown() {
    let twin = faulty(4);
    twin.set_faults(Faults { write_hangs: Chance(10_000), read: Chance(10_000), ..Faults::default() });
    let log = Log::new(Bucket::twin(&twin), cell(1));
    assert!(matches!(log.append(0, noise(0, 9)).await, Err(AppendError::Unknown { seq: 0, .. })));
}

/// A visible commit whose settling fails must not be answered with `Ok`.
#[tokio::test(start_paused = true)]
async fn visible_is_not_durable() {
    let twin = faulty(5);
    let log = Log::new(Bucket::twin(&twin), cell(1));
    let faults = Faults { write_blind: Chance(10_000), settle: Chance(10_000), ..Faults::default() };
    twin.set_faults(faults);
    assert!(matches!(log.append(0, noise(0, 9)).await, Err(AppendError::Unknown { .. })));
    assert_eq!(log.read(0).await.unwrap(), Some(noise(0, 9)));
    twin.set_faults(Faults { write_blind: Chance(10_000), ..Faults::default() });
    log.append(0, noise(0, 9)).await.unwrap();
    for _ in 0..20 {
        twin.crash();
        assert_eq!(log.read(0).await.unwrap(), Some(noise(0, 9)));
    }
}

/// What two racing writers saw of each number.
async fn bad_day(seed: u64, steps: u64) -> Result<(), TestCaseError> {
    let twin = faulty(seed);
    let log = Log::new(Bucket::twin(&twin), cell(1));
    let mut acked: Vec<(u64, Bytes)> = Vec::new();
    let mut next = 0;
    for step in 0..steps {
        twin.set_faults(Faults::BAD_DAY);
        twin.stop_after(1 + seed % 97);
        while !twin.is_stopped() {
            let bytes = noise(seed ^ (step << 32) ^ next, 40);
            match log.append(next, bytes.clone()).await {
                Ok(()) => {
                    acked.push((next, bytes));
                    next += 1;
                }
                // The caller drops the cell and opens it again from what is there.
                Err(_) => break,
            }
        }
        twin.crash();
        twin.set_faults(Faults::default());
        next = log.head(acked.last().map(|(seq, _)| *seq)).await.unwrap().map_or(0, |seq| seq + 1);
    }
    twin.crash();
    for (seq, bytes) in &acked {
        prop_assert_eq!(&log.read(*seq).await.unwrap(), &Some(bytes.clone()), "commit {}", seq);
    }
    // No gap below the head.
    for seq in 0..next {
        prop_assert!(log.read(seq).await.unwrap().is_some(), "gap at {}", seq);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    // Goal: what was acknowledged survives any weather. Method: crash at a seeded step,
    // reopen at the found head, go on; every acknowledged commit must read back.
    #[test]
    fn no_acknowledged_commit_is_lost(seed: u64) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time().start_paused(true).build().unwrap();
        runtime.block_on(bad_day(seed, 6))?;
    }

    // Goal: same seed, same trace. Method: run twice, compare everything stored.
    #[test]
    fn a_seed_is_a_trace(seed: u64) {
        let run = || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_time().start_paused(true).build().unwrap();
            runtime.block_on(async {
                let twin = faulty(seed);
                twin.set_faults(Faults::BAD_DAY);
                let log = Log::new(Bucket::twin(&twin), cell(1));
                for seq in 0..20 {
                    let _ = log.append(seq, noise(seq, 30)).await;
                }
                (twin.operations(), twin.contents())
            })
        };
        prop_assert_eq!(run(), run());
    }
}
