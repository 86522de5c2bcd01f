//! The index in the bucket: sealed, flushed, merged, found again, removed.

use store::Bucket;
use store::index::{Applied, Batch, KeyRange, Shelf, SlateShelf};
use store::sweep::{census, names};
use words::Secret;

use crate::kit::{Seeded, cell};

const KEY: Secret<[u8; 32]> = Secret::new([7; 32]);
/// WHY: more flushes than SlateDB takes unmerged.
const FLUSHES: u64 = 12;

pub async fn rows_survive_their_index_and_go_with_it(bucket: Bucket) {
    let shelf = SlateShelf::new(bucket.clone(), Seeded::new(1));
    let index = shelf.open(cell(1), 3, &KEY).await.unwrap();
    for round in 0..FLUSHES {
        for step in 0..20 {
            let seq = round * 20 + step;
            let mut batch = Batch::new(Applied { seq, hash: [1; 32] });
            batch.put(format!("patient/{:05}", seq % 100), format!("Ada Lovelace, visit {seq}"));
            index.apply(batch).await.unwrap();
        }
        let flushed = tokio::time::timeout(std::time::Duration::from_secs(60), index.flush());
        flushed.await.expect("no stall").unwrap();
    }
    index.close().await.unwrap();
    assert_eq!(census(&bucket, &[b"Ada Lovelace".to_vec(), b"patient/".to_vec()]).await.unwrap(), []);
    let index = shelf.open(cell(1), 3, &KEY).await.unwrap();
    assert_eq!(index.applied().unwrap().seq, FLUSHES * 20 - 1);
    let rows = index.scan(KeyRange::prefix("patient/"), 1_000).await.unwrap();
    assert_eq!(rows.len(), 100);
    assert_eq!(rows[99].value, "Ada Lovelace, visit 199");
    index.close().await.unwrap();
    assert_eq!(shelf.generations(cell(1)).await.unwrap(), [3]);
    shelf.remove(cell(1), 3).await.unwrap();
    assert_eq!(names(&bucket).await.unwrap(), [""; 0]);
    assert_eq!(shelf.generations(cell(1)).await.unwrap(), [0; 0]);
}
