//! What only the sealed SlateDB index must prove: it is sealed, bounded and quiet.

use crate::kit;

use kit::{Buckets, Seeded, cell};
use store::Kind;
use store::index::{Applied, Batch, Index, KeyRange, Shelf, SlateShelf};
use store::sweep::{census, names};
use words::Secret;

const KEY: Secret<[u8; 32]> = Secret::new([7; 32]);

async fn commit(index: &dyn Index, seq: u64) {
    let mut batch = Batch::new(Applied { seq, hash: [1; 32] });
    batch.put(format!("patient/{:05}", seq % 500), format!("Ada Lovelace, visit {seq}"));
    index.apply(batch).await.unwrap();
}

#[tokio::test]
async fn nothing_readable_lies_in_the_bucket() {
    let buckets = Buckets::new();
    let needles = [b"Ada Lovelace".to_vec(), b"patient/".to_vec()];
    for (kind, bucket) in [("local", buckets.local.clone()), ("memory", buckets.memory.clone())] {
        let shelf = SlateShelf::new(bucket.clone(), Seeded::new(1));
        let index = shelf.open(cell(1), 1, &KEY).await.unwrap();
        for seq in 0..300 {
            commit(&*index, seq).await;
        }
        index.close().await.unwrap();
        assert!(names(&bucket).await.unwrap().len() > 2, "{kind}");
        assert_eq!(census(&bucket, &needles).await.unwrap(), [], "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_flushes_do_not_stall_and_files_are_merged() {
    let buckets = Buckets::new();
    let shelf = SlateShelf::new(buckets.local.clone(), Seeded::new(1));
    let index = shelf.open(cell(1), 1, &KEY).await.unwrap();
    let flushes = async {
        for round in 0..40_u64 {
            for step in 0..20 {
                commit(&*index, round * 20 + step).await;
            }
            index.flush().await.unwrap();
        }
    };
    // Without merging, the ninth flush would wait for ever.
    tokio::time::timeout(std::time::Duration::from_secs(60), flushes).await.expect("no stall");
    index.close().await.unwrap();
    let index = shelf.open(cell(1), 1, &KEY).await.unwrap();
    assert_eq!(index.applied().unwrap().seq, 799);
    let rows = index.scan(KeyRange::prefix("patient/"), 1_000).await.unwrap();
    assert_eq!(rows.len(), 500);
    assert_eq!(rows[0].value, "Ada Lovelace, visit 500");
    assert_eq!(rows[499].value, "Ada Lovelace, visit 499");
    index.close().await.unwrap();
}

// Goal: large commits never stall a cell. Method: more bytes than SlateDB takes unflushed and unmerged,
// in far fewer commits than a flush waits for; again after a crash.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_bytes_in_few_commits_do_not_stall() {
    let buckets = Buckets::new();
    let shelf = SlateShelf::new(buckets.local.clone(), Seeded::new(1));
    let row = vec![7_u8; 64 << 10];
    for life in 0..2_u64 {
        let index = shelf.open(cell(1), 1, &KEY).await.unwrap();
        let first = index.applied().map_or(0, |applied| applied.seq + 1);
        for seq in first..first + 160 {
            let mut batch = Batch::new(Applied { seq, hash: [1; 32] });
            (0..24_u64).for_each(|number| batch.put(format!("{seq}/{number}"), row.clone()));
            let applied = tokio::time::timeout(std::time::Duration::from_secs(20), index.apply(batch));
            applied.await.unwrap_or_else(|_| panic!("it stalls at {seq} in life {life}")).unwrap();
        }
        // As a crash would end it.
        drop(index);
    }
}

#[tokio::test]
async fn flushing_nothing_writes_nothing() {
    let buckets = Buckets::new();
    let shelf = SlateShelf::new(buckets.local.clone(), Seeded::new(1));
    let index = shelf.open(cell(1), 1, &KEY).await.unwrap();
    commit(&*index, 0).await;
    index.flush().await.unwrap();
    let before = names(&buckets.local).await.unwrap();
    for _ in 0..5 {
        index.flush().await.unwrap();
    }
    assert_eq!(names(&buckets.local).await.unwrap(), before);
    index.close().await.unwrap();
}

#[tokio::test]
async fn an_index_that_is_dropped_leaves_no_task_behind() {
    let buckets = Buckets::new();
    let shelf = SlateShelf::new(buckets.memory.clone(), Seeded::new(1));
    let alive = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    for seq in 0..3 {
        let index = shelf.open(cell(1), 1, &KEY).await.unwrap();
        commit(&*index, seq).await;
        index.flush().await.unwrap();
        drop(index);
    }
    let ended = async {
        while alive() > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), ended).await.expect("all tasks end");
}

// Goal: an index that will never answer again says so, so that whoever holds it opens it anew. Method: opened elsewhere.
#[tokio::test]
async fn an_index_that_was_opened_elsewhere_has_ended() {
    let buckets = Buckets::new();
    let shelf = SlateShelf::new(buckets.memory.clone(), Seeded::new(1));
    let first = shelf.open(cell(1), 1, &KEY).await.unwrap();
    commit(&*first, 0).await;
    first.flush().await.unwrap();
    let second = shelf.open(cell(1), 1, &KEY).await.unwrap();
    commit(&*first, 1).await;
    assert_eq!(first.flush().await.unwrap_err().kind(), Kind::Ended);
    assert_eq!(first.get(b"any").await.unwrap_err().kind(), Kind::Ended);
    commit(&*second, 1).await;
    assert!(second.get(b"any").await.is_ok());
    second.close().await.unwrap();
}

#[tokio::test]
async fn another_key_or_a_flipped_bit_is_an_error_never_other_rows() {
    let buckets = Buckets::new();
    let shelf = SlateShelf::new(buckets.local.clone(), Seeded::new(1));
    let index = shelf.open(cell(1), 1, &KEY).await.unwrap();
    commit(&*index, 0).await;
    index.close().await.unwrap();
    let wrong = shelf.open(cell(1), 1, &Secret::new([8; 32])).await;
    assert!(wrong.is_err());
    let root = buckets.local.folder().unwrap();
    for name in names(&buckets.local).await.unwrap() {
        let mut bytes = std::fs::read(root.join(&name)).unwrap();
        bytes[15] ^= 1;
        std::fs::write(root.join(&name), bytes).unwrap();
    }
    let opened = SlateShelf::new(buckets.local.clone(), Seeded::new(2)).open(cell(1), 1, &KEY).await;
    let error = opened.err().expect("a flipped bit must not open");
    assert!(matches!(error.kind(), Kind::Corrupt | Kind::Unavailable));
}

#[tokio::test]
async fn a_removed_generation_leaves_no_trace() {
    let buckets = Buckets::new();
    let shelf = SlateShelf::new(buckets.local.clone(), Seeded::new(1));
    let index = shelf.open(cell(1), 1, &KEY).await.unwrap();
    commit(&*index, 0).await;
    index.close().await.unwrap();
    shelf.remove(cell(1), 1).await.unwrap();
    assert_eq!(names(&buckets.local).await.unwrap(), [""; 0]);
    assert_eq!(shelf.generations(cell(1)).await.unwrap(), [0; 0]);
}
