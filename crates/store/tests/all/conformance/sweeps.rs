//! What looks at the raw store.

use store::sweep::census;
use store::{Blobs, Bucket, Derived, TileName};

use crate::kit::{blob, cell, noise};

pub async fn a_census_finds_planted_bytes_wherever_they_lie(bucket: Bucket) {
    let needles = [b"Ada Lovelace".to_vec(), b"never planted".to_vec(), b"000.p".to_vec()];
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
    assert_eq!(seen, [(0, Some(at as u64)), (2, None)]);
}

pub async fn derived_files_can_be_written_again(bucket: Bucket) {
    let derived = Derived::new(bucket, cell(1));
    assert_eq!(derived.checkpoint().await.unwrap(), None);
    for round in 0..2 {
        derived.put_checkpoint(noise(round, 200)).await.unwrap();
        assert_eq!(derived.checkpoint().await.unwrap(), Some(noise(round, 200)));
        let tile = TileName::entries(1_234_567, 0);
        derived.put_tile(tile, noise(round, 300)).await.unwrap();
        assert_eq!(derived.tile(tile).await.unwrap(), Some(noise(round, 300)));
    }
}
