//! One suite over every kind of bucket, servers that nobody here wrote among them.
//!
//! A case asks one promise that the region stands on. A store that keeps all of
//! them carries a region; which do is told in ADR 0022.

pub mod blobs;
mod logs;
mod rows;
pub mod servers;
mod sweeps;

use std::pin::Pin;
use std::sync::Arc;

use crate::kit::{self, Buckets};
use store::Bucket;

type Run = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What a case asks of a store.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asks {
    /// Bytes, ranges, lists, deletes, parts.
    Storage,
    /// That a name is created once.
    CreateOnce,
    /// What SlateDB needs: create-once too, or its writer and its compactor lose one another's manifests.
    Index,
}

struct Case {
    name: &'static str,
    asks: Asks,
    run: fn(Bucket) -> Run,
}

macro_rules! cases {
    ($($asks:ident $place:ident::$name:ident,)*) => {
        const CASES: &[Case] = &[$(Case {
            name: stringify!($name),
            asks: Asks::$asks,
            run: |bucket| Box::pin($place::$name(bucket)),
        }),*];
    };
}

cases! {
    Storage blobs::any_size_comes_back_whole_and_in_ranges,
    Storage blobs::a_range_past_the_end_fails_rather_than_ending_short,
    CreateOnce blobs::a_blob_is_created_once,
    Storage blobs::a_deleted_blob_is_gone_and_deleting_again_is_fine,
    Storage blobs::an_unfinished_blob_is_invisible,
    Storage blobs::a_listing_has_every_page,
    CreateOnce logs::the_probe_lets_it_pass_and_nothing_stays_behind,
    Storage logs::reads_back_what_was_appended,
    CreateOnce logs::the_same_bytes_again_are_the_same_commit_and_others_are_fenced,
    CreateOnce logs::of_racing_appenders_one_wins_and_the_others_are_fenced,
    Storage logs::the_head_is_found_with_any_hint,
    Storage sweeps::a_census_finds_planted_bytes_wherever_they_lie,
    Storage sweeps::derived_files_can_be_written_again,
    Index rows::rows_survive_their_index_and_go_with_it,
}

/// Every case that a store can be asked, each in a bucket of its own; answers how many.
async fn hold(kind: &str, asks: &[Asks], bucket: impl Fn(&str) -> Bucket) -> usize {
    let mut held = 0;
    for case in CASES.iter().filter(|case| asks.contains(&case.asks)) {
        let run = tokio::spawn((case.run)(bucket(case.name)));
        run.await.unwrap_or_else(|_| panic!("{kind} does not keep: {}", case.name));
        held += 1;
    }
    held
}

const ALL: [Asks; 3] = [Asks::Storage, Asks::CreateOnce, Asks::Index];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_local_folder_keeps_every_promise() {
    let buckets = Buckets::new();
    let folder = |name: &str| Bucket::local(&buckets.folder.path().join(name)).unwrap();
    assert_eq!(hold("local", &ALL, folder).await, CASES.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_keeps_every_promise() {
    assert_eq!(hold("memory", &ALL, |_| Bucket::memory()).await, CASES.len());
}

/// But for the index, which waits for real time that the twin does not have.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_twin_keeps_every_promise() {
    let asks = [Asks::Storage, Asks::CreateOnce];
    assert_eq!(hold("twin", &asks, |_| Bucket::twin(&kit::faulty(1))).await, CASES.len() - 1);
}

/// The wall clock: real servers have no other.
pub fn wall() -> Arc<kit::Still> {
    let since = std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap();
    Arc::new(kit::Still(i64::try_from(since.as_millis()).unwrap()))
}
