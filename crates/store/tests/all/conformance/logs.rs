//! The log: what the commit protocol stands on.

use bytes::Bytes;
use futures::TryStreamExt;
use futures::future::join_all;
use store::probe::probe;
use store::{AppendError, Bucket, Log};

use super::wall;
use crate::kit::{Seeded, cell, noise};

async fn filled(bucket: &Bucket, commits: u64) -> Log {
    let log = Log::new(bucket.clone(), cell(1));
    for seq in 0..commits {
        log.append(seq, noise(seq, 100)).await.unwrap();
    }
    log
}

pub async fn the_probe_lets_it_pass_and_nothing_stays_behind(bucket: Bucket) {
    probe(&bucket, &*Seeded::new(1), &*wall()).await.unwrap();
    assert_eq!(store::sweep::names(&bucket).await.unwrap(), [""; 0]);
}

pub async fn reads_back_what_was_appended(bucket: Bucket) {
    let log = filled(&bucket, 20).await;
    for seq in 0..20 {
        assert_eq!(log.read(seq).await.unwrap(), Some(noise(seq, 100)));
    }
    assert_eq!(log.read(20).await.unwrap(), None);
    let followed: Vec<(u64, Bytes)> = log.follow(5).try_collect().await.unwrap();
    assert_eq!(followed.len(), 15);
    assert!(followed.iter().enumerate().all(|(at, (seq, _))| *seq == at as u64 + 5));
    log.append(22, noise(22, 100)).await.unwrap();
    assert_eq!(log.beyond(20).await.unwrap(), Some(22), "a gap is seen");
}

pub async fn the_same_bytes_again_are_the_same_commit_and_others_are_fenced(bucket: Bucket) {
    let log = filled(&bucket, 3).await;
    log.append(2, noise(2, 100)).await.unwrap();
    let other = log.append(2, noise(99, 100)).await;
    assert!(matches!(other, Err(AppendError::Fenced { seq: 2 })));
    assert_eq!(log.read(2).await.unwrap(), Some(noise(2, 100)));
}

pub async fn of_racing_appenders_one_wins_and_the_others_are_fenced(bucket: Bucket) {
    for seq in 0..20 {
        let race = |writer: u64| {
            let log = Log::new(bucket.clone(), cell(1));
            tokio::spawn(async move { (writer, log.append(seq, noise(writer, 64)).await) })
        };
        let ended = join_all((0..8).map(race)).await;
        let mut winners = Vec::new();
        for ended in ended {
            match ended.unwrap() {
                (writer, Ok(())) => winners.push(writer),
                (_, Err(AppendError::Fenced { .. })) => {}
                (writer, Err(other)) => panic!("writer {writer} of {seq}: {other}"),
            }
        }
        let [winner] = winners[..] else { panic!("{seq} has winners {winners:?}") };
        let log = Log::new(bucket.clone(), cell(1));
        assert_eq!(log.read(seq).await.unwrap(), Some(noise(winner, 64)));
    }
}

pub async fn the_head_is_found_with_any_hint(bucket: Bucket) {
    let log = Log::new(bucket.clone(), cell(1));
    assert_eq!(log.head(None).await.unwrap(), None);
    assert_eq!(log.head(Some(7)).await.unwrap(), None);
    // Around the border of a group, where a search is easiest to get wrong.
    for seq in 4_090..4_100 {
        log.append(seq, noise(seq, 10)).await.unwrap();
        for hint in [None, Some(4_090), Some(seq), Some(seq + 3), Some(u64::MAX)] {
            assert_eq!(log.head(hint).await.unwrap(), Some(seq), "{hint:?}");
        }
    }
}
