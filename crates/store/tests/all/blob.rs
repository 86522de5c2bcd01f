//! Blobs stream in and out whole or not at all, in foul weather too.

use crate::conformance::blobs::{MIB, read, write};
use crate::kit;

use kit::{Buckets, NOON, blob, cell, faulty, noise};
use proptest::prelude::*;
use store::twin::Faults;
use store::{Blobs, Bucket, Kind};

#[tokio::test]
async fn a_large_blob_on_a_disk_is_created_once_too() {
    let buckets = Buckets::new();
    let blobs = Blobs::new(buckets.local.clone(), cell(1));
    let (first, second) = (noise(1, 5 * MIB), noise(2, 5 * MIB));
    write(&blobs, 1, &first, MIB).await;
    let mut writer = blobs.create(blob(1));
    writer.write(second).await.unwrap();
    assert_eq!(writer.finish().await.unwrap_err().kind(), Kind::Exists);
    assert!(read(&blobs, 1, 0..5 * MIB as u64).await.unwrap() == first);
    assert_eq!(store::sweep::names(&buckets.local).await.unwrap().len(), 1, "no leftover");
}

#[tokio::test]
async fn a_sweep_sees_age_and_size() {
    let twin = faulty(1);
    let bucket = Bucket::twin(&twin);
    let blobs = Blobs::new(bucket.clone(), cell(1));
    blobs.put(blob(2), noise(1, 10)).await.unwrap();
    blobs.put(blob(1), noise(1, 20)).await.unwrap();
    Blobs::new(bucket.clone(), cell(2)).put(blob(3), noise(1, 30)).await.unwrap();
    let found = store::sweep::blobs(&bucket, cell(1)).await.unwrap();
    let found: Vec<_> = found.iter().map(|f| (f.blob, f.size_bytes, f.modified.ms())).collect();
    assert_eq!(found, [(blob(1), 20, NOON), (blob(2), 10, NOON)]);
    assert_eq!(bucket.cells().await.unwrap(), [cell(1), cell(2)]);
}

/// Writes blobs in foul weather, crashes, and looks at what is left.
async fn foul(seed: u64) -> Result<(), TestCaseError> {
    let twin = faulty(seed);
    let blobs = Blobs::new(Bucket::twin(&twin), cell(1));
    twin.set_faults(Faults::BAD_DAY);
    twin.stop_after(5 + seed % 30);
    let mut finished = Vec::new();
    for number in 0..20_u8 {
        let size = [10, 2 * MIB, 12 * MIB][usize::from(number) % 3];
        let mut writer = blobs.create(blob(number));
        let written = writer.write(noise(seed ^ u64::from(number), size)).await.is_ok();
        if written && writer.finish().await.is_ok() {
            finished.push((number, size));
        }
    }
    twin.crash();
    twin.set_faults(Faults::default());
    for number in 0..20_u8 {
        let size = [10, 2 * MIB, 12 * MIB][usize::from(number) % 3];
        let whole = noise(seed ^ u64::from(number), size);
        let found = blobs.size(blob(number)).await.unwrap();
        prop_assert!(found.is_some() || !finished.contains(&(number, size)), "lost {}", number);
        if found.is_some() {
            let bytes = read(&blobs, number, 0..size as u64).await.unwrap();
            prop_assert!(bytes == whole, "blob {} is not whole", number);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    // Goal: a finished blob survives, and no blob is ever there in part. Method: foul weather,
    // a crash at a seeded step, then every blob is whole or absent, and finished ones are there.
    #[test]
    fn a_blob_is_whole_or_absent(seed: u64) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time().start_paused(true).build().unwrap();
        runtime.block_on(foul(seed))?;
    }
}
