//! One conformance suite over every kind of index.

use crate::kit;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use kit::{Buckets, Seeded, cell};
use proptest::prelude::*;
use store::index::{Applied, Batch, Index, KeyRange, MemoryShelf, Row, Shelf, SlateShelf};
use store::{Bucket, Kind};
use words::Secret;

const KEY: Secret<[u8; 32]> = Secret::new([7; 32]);

type Shelves = Vec<(&'static str, Arc<dyn Shelf>)>;

/// One shelf of each kind; the folder lives as long as it is held.
fn shelves() -> (Shelves, Buckets) {
    let buckets = Buckets::new();
    let slate = |bucket: &Bucket| Arc::new(SlateShelf::new(bucket.clone(), Seeded::new(1)));
    let shelves: Shelves = vec![
        ("memory", Arc::new(MemoryShelf::default())),
        ("slate on memory", slate(&buckets.memory)),
        ("slate on disk", slate(&buckets.local)),
    ];
    (shelves, buckets)
}

fn at(seq: u64) -> Applied {
    Applied { seq, hash: [u8::try_from(seq % 251).unwrap(); 32] }
}

fn batch(seq: u64, puts: &[(&str, &str)], deletes: &[&str]) -> Batch {
    let mut batch = Batch::new(at(seq));
    for (key, value) in puts {
        batch.put(key.to_string(), value.to_string());
    }
    for key in deletes {
        batch.delete(key.to_string());
    }
    batch
}

fn texts(rows: &[Row]) -> Vec<(String, String)> {
    let text = |bytes: &Bytes| String::from_utf8(bytes.to_vec()).unwrap();
    rows.iter().map(|row| (text(&row.key), text(&row.value))).collect()
}

#[tokio::test]
async fn reads_what_was_applied_in_order() {
    let (shelves, _folder) = shelves();
    for (kind, shelf) in shelves {
        let index = shelf.open(cell(1), 1, &KEY).await.unwrap();
        assert_eq!(index.applied(), None, "{kind}");
        index.apply(batch(0, &[("b", "2"), ("a", "1"), ("c", "3")], &[])).await.unwrap();
        index.apply(batch(1, &[("a", "one")], &["b", "never there"])).await.unwrap();
        assert_eq!(index.applied(), Some(at(1)), "{kind}");
        assert_eq!(index.get(b"a").await.unwrap(), Some("one".into()), "{kind}");
        assert_eq!(index.get(b"b").await.unwrap(), None, "{kind}");
        let rows = index.scan(KeyRange::all(), 10).await.unwrap();
        assert_eq!(texts(&rows), [("a".into(), "one".into()), ("c".into(), "3".into())], "{kind}");
        index.close().await.unwrap();
    }
}

#[tokio::test]
async fn ranges_prefixes_and_pages() {
    let (shelves, _folder) = shelves();
    for (kind, shelf) in shelves {
        let index = shelf.open(cell(1), 1, &KEY).await.unwrap();
        let mut rows = Batch::new(at(0));
        for key in ["a", "p", "p\u{0}", "p1", "p2", "p\u{7f}", "q"] {
            rows.put(key, key);
        }
        rows.put(vec![0xff, 0xff], "high");
        index.apply(rows).await.unwrap();
        let keys = async |range: KeyRange, max: usize| -> Vec<Bytes> {
            let rows = index.scan(range, max).await.unwrap();
            rows.into_iter().map(|row| row.key).collect()
        };
        let p = KeyRange::prefix("p");
        assert_eq!(keys(p.clone(), 10).await.len(), 5, "{kind}");
        assert_eq!(keys(p.clone(), 2).await, ["p", "p\u{0}"], "{kind}");
        assert_eq!(keys(p.after(b"p\0"), 2).await, ["p1", "p2"], "{kind}");
        assert_eq!(keys(p.from("p2"), 9).await, ["p2", "p\u{7f}"], "{kind}");
        assert_eq!(keys(p.after(b"q"), 9).await, [""; 0], "{kind}");
        assert_eq!(keys(KeyRange::prefix(vec![0xff]), 9).await, [vec![0xff, 0xff]], "{kind}");
        assert_eq!(keys(KeyRange::all(), 0).await, [""; 0], "{kind}");
        assert_eq!(keys(KeyRange::all(), 99).await.len(), 8, "{kind}");
        index.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_snapshot_does_not_move() {
    let (shelves, _folder) = shelves();
    for (kind, shelf) in shelves {
        let index = shelf.open(cell(1), 1, &KEY).await.unwrap();
        index.apply(batch(0, &[("a", "1"), ("b", "1")], &[])).await.unwrap();
        let first = index.snapshot().await.unwrap();
        index.apply(batch(1, &[("a", "2"), ("c", "2")], &["b"])).await.unwrap();
        let second = index.snapshot().await.unwrap();
        index.apply(batch(2, &[("b", "3")], &["a"])).await.unwrap();
        let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
        };
        for _ in 0..2 {
            let rows = first.scan(KeyRange::all(), 9).await.unwrap();
            assert_eq!(texts(&rows), pairs(&[("a", "1"), ("b", "1")]), "{kind}");
            let rows = second.scan(KeyRange::all(), 9).await.unwrap();
            assert_eq!(texts(&rows), pairs(&[("a", "2"), ("c", "2")]), "{kind}");
            assert_eq!(second.get(b"b").await.unwrap(), None, "{kind}");
        }
        drop(first);
        index.apply(batch(3, &[("d", "4")], &["c"])).await.unwrap();
        let rows = second.scan(KeyRange::all(), 9).await.unwrap();
        assert_eq!(texts(&rows), pairs(&[("a", "2"), ("c", "2")]), "{kind}");
        drop(second);
        let rows = index.scan(KeyRange::all(), 9).await.unwrap();
        assert_eq!(texts(&rows), pairs(&[("b", "3"), ("d", "4")]), "{kind}");
        index.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_gap_a_repeat_and_a_misfit_change_nothing() {
    let (shelves, _folder) = shelves();
    for (kind, shelf) in shelves {
        let index = shelf.open(cell(1), 1, &KEY).await.unwrap();
        index.apply(batch(5, &[("a", "1")], &[])).await.unwrap();
        for wrong in [
            batch(7, &[("a", "2")], &[]),
            batch(5, &[("a", "2")], &[]),
            batch(6, &[("a", "2"), ("", "2")], &[]),
        ] {
            assert_eq!(index.apply(wrong).await.unwrap_err().kind(), Kind::Refused, "{kind}");
        }
        assert_eq!(index.applied(), Some(at(5)), "{kind}");
        assert_eq!(index.get(b"a").await.unwrap(), Some("1".into()), "{kind}");
        index.close().await.unwrap();
        assert!(index.apply(batch(6, &[], &[])).await.is_err(), "{kind}");
    }
}

#[tokio::test]
async fn reopening_without_close_gives_exactly_what_was_flushed() {
    let (shelves, _folder) = shelves();
    for (kind, shelf) in shelves {
        let index = shelf.open(cell(1), 1, &KEY).await.unwrap();
        index.apply(batch(0, &[("a", "1")], &[])).await.unwrap();
        index.flush().await.unwrap();
        index.apply(batch(1, &[("a", "2"), ("b", "2")], &[])).await.unwrap();
        drop(index);
        let index = shelf.open(cell(1), 1, &KEY).await.unwrap();
        assert_eq!(index.applied(), Some(at(0)), "{kind}");
        let rows = index.scan(KeyRange::all(), 9).await.unwrap();
        assert_eq!(texts(&rows), [("a".into(), "1".into())], "{kind}");
        index.apply(batch(1, &[("b", "3")], &[])).await.unwrap();
        index.close().await.unwrap();
        let index = shelf.open(cell(1), 1, &KEY).await.unwrap();
        assert_eq!(index.applied(), Some(at(1)), "{kind}");
        assert_eq!(index.get(b"b").await.unwrap(), Some("3".into()), "{kind}");
        index.close().await.unwrap();
    }
}

#[tokio::test]
async fn generations_and_cells_are_apart_and_can_be_removed() {
    let (shelves, _folder) = shelves();
    for (kind, shelf) in shelves {
        for (number, generation) in [(1, 1), (1, 2), (2, 1)] {
            let index = shelf.open(cell(number), generation, &KEY).await.unwrap();
            assert_eq!(index.applied(), None, "{kind}");
            index.apply(batch(generation, &[("a", "1")], &[])).await.unwrap();
            index.close().await.unwrap();
        }
        assert_eq!(shelf.generations(cell(1)).await.unwrap(), [1, 2], "{kind}");
        shelf.remove(cell(1), 1).await.unwrap();
        shelf.remove(cell(1), 1).await.unwrap();
        assert_eq!(shelf.generations(cell(1)).await.unwrap(), [2], "{kind}");
        let index = shelf.open(cell(2), 1, &KEY).await.unwrap();
        assert_eq!(index.applied(), Some(at(1)), "{kind}");
        index.close().await.unwrap();
    }
}

/// A change of one of few keys, so that they meet.
fn change() -> impl Strategy<Value = (u8, Option<u8>)> {
    (0..12_u8, proptest::option::weighted(0.7, any::<u8>()))
}

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

fn apply_to_model(model: &mut Model, changes: &[(u8, Option<u8>)]) {
    for (key, value) in changes {
        match value {
            Some(value) => drop(model.insert(vec![*key], vec![*value])),
            None => drop(model.remove(&vec![*key])),
        }
    }
}

async fn follows(shelf: &dyn Shelf, commits: &[Vec<(u8, Option<u8>)>]) -> Result<(), TestCaseError> {
    let index: Arc<dyn Index> = shelf.open(cell(1), 1, &KEY).await.unwrap();
    let mut model = Model::new();
    let mut snapshots = Vec::new();
    for (seq, changes) in commits.iter().enumerate() {
        let mut batch = Batch::new(at(seq as u64));
        for (key, value) in changes {
            match value {
                Some(value) => batch.put(vec![*key], vec![*value]),
                None => batch.delete(vec![*key]),
            }
        }
        index.apply(batch).await.unwrap();
        apply_to_model(&mut model, changes);
        if seq % 3 == 0 {
            snapshots.push((index.snapshot().await.unwrap(), model.clone()));
        }
        if seq % 5 == 4 {
            index.flush().await.unwrap();
            drop(snapshots.remove(0));
        }
    }
    snapshots.push((index.snapshot().await.unwrap(), model));
    for (snapshot, model) in snapshots {
        let rows = snapshot.scan(KeyRange::all(), 99).await.unwrap();
        let rows: Model = rows.into_iter().map(|r| (r.key.to_vec(), r.value.to_vec())).collect();
        prop_assert_eq!(rows, model);
    }
    index.close().await.unwrap();
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    // Goal: an index is an ordered map with snapshots. Method: any changes against a BTreeMap.
    #[test]
    fn an_index_is_an_ordered_map(
        commits in proptest::collection::vec(proptest::collection::vec(change(), 0..6), 1..20),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1)
            .enable_all().build().unwrap();
        let (shelves, _folder) = shelves();
        for (_, shelf) in shelves {
            runtime.block_on(follows(&*shelf, &commits))?;
        }
    }
}
