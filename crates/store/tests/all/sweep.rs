//! The census and the sweep see what a listing hides.

use crate::kit;

use std::fs;

use kit::{Buckets, blob, cell, noise};
use store::sweep::{census, clear_leftovers, names};
use store::{Blobs, Derived, Kind, TileName};
use words::Timestamp;

const FAR_FUTURE: Timestamp = Timestamp::from_ms(9_000_000_000_000);

#[tokio::test]
async fn leftovers_are_listed_raw_and_cleared_by_age_alone() {
    let buckets = Buckets::new();
    let blobs = Blobs::new(buckets.local.clone(), cell(1));
    blobs.put(blob(1), noise(1, 10)).await.unwrap();
    let folder = buckets.local.folder().unwrap().join(format!("cells/{}/blob", cell(1)));
    fs::write(folder.join(format!("{}#1", blob(2))), b"half a body").unwrap();
    assert_eq!(names(&buckets.local).await.unwrap().len(), 2);
    assert_eq!(store::sweep::blobs(&buckets.local, cell(1)).await.unwrap().len(), 1);
    let young = clear_leftovers(&buckets.local, cell(1), Timestamp::from_ms(0)).await.unwrap();
    assert_eq!(young, 0);
    let other = clear_leftovers(&buckets.local, cell(2), FAR_FUTURE).await.unwrap();
    assert_eq!(other, 0);
    assert_eq!(clear_leftovers(&buckets.local, cell(1), FAR_FUTURE).await.unwrap(), 1);
    assert_eq!(names(&buckets.local).await.unwrap().len(), 1);
    assert_eq!(blobs.size(blob(1)).await.unwrap(), Some(10));
}

#[tokio::test]
async fn a_census_finds_planted_bytes_wherever_they_lie() {
    let needles = [b"Ada Lovelace".to_vec(), b"never planted".to_vec(), b"000.p".to_vec()];
    for (kind, bucket) in Buckets::new().all() {
        let blobs = Blobs::new(bucket.clone(), cell(1));
        // Across the seam between two pieces of reading.
        let mut body = noise(1, 3 << 20).to_vec();
        let at = (1 << 20) - 5;
        body[at..at + 12].copy_from_slice(b"Ada Lovelace");
        let mut writer = blobs.create(blob(1));
        writer.write(body.into()).await.unwrap();
        writer.finish().await.unwrap();
        let derived = Derived::new(bucket.clone(), cell(1));
        derived.put_tile(TileName::hashes(0, 0, 7), noise(2, 7 * 32)).await.unwrap();
        let sightings = census(&bucket, &needles).await.unwrap();
        let seen: Vec<_> = sightings.iter().map(|s| (s.needle, s.at)).collect();
        assert_eq!(seen, [(0, Some(at as u64)), (2, None)], "{kind}");
    }
}

#[tokio::test]
async fn a_census_reads_leftovers_too() {
    let buckets = Buckets::new();
    let root = buckets.local.folder().unwrap();
    fs::write(root.join("stray#1"), b"... Ada Lovelace ...").unwrap();
    let sightings = census(&buckets.local, &[b"Ada Lovelace".to_vec()]).await.unwrap();
    assert_eq!(sightings.len(), 1);
    assert_eq!(sightings[0].name, "stray#1");
}

#[tokio::test]
async fn an_empty_needle_is_refused() {
    let buckets = Buckets::new();
    let refused = census(&buckets.memory, &[Vec::new()]).await.unwrap_err();
    assert_eq!(refused.kind(), Kind::Refused);
}

#[tokio::test]
async fn derived_files_can_be_written_again() {
    for (kind, bucket) in Buckets::new().all() {
        let derived = Derived::new(bucket, cell(1));
        assert_eq!(derived.checkpoint().await.unwrap(), None, "{kind}");
        for round in 0..2 {
            derived.put_checkpoint(noise(round, 200)).await.unwrap();
            assert_eq!(derived.checkpoint().await.unwrap(), Some(noise(round, 200)), "{kind}");
            let tile = TileName::entries(1_234_567, 0);
            derived.put_tile(tile, noise(round, 300)).await.unwrap();
            assert_eq!(derived.tile(tile).await.unwrap(), Some(noise(round, 300)), "{kind}");
        }
    }
}
