//! Blobs: whole or not at all, by size and by range.

use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt};
use store::{Blobs, Bucket, Kind, StoreError};
use words::Id;

use crate::kit::{blob, cell, noise};

pub const MIB: usize = 1 << 20;

pub async fn write(blobs: &Blobs, number: u8, whole: &Bytes, piece: usize) -> u64 {
    let mut writer = blobs.create(blob(number));
    for piece in whole.chunks(piece) {
        writer.write(whole.slice_ref(piece)).await.unwrap();
    }
    writer.finish().await.unwrap()
}

pub async fn read(blobs: &Blobs, number: u8, range: std::ops::Range<u64>) -> Result<Bytes, StoreError> {
    let pieces: Vec<Bytes> = blobs.read(blob(number), range).try_collect().await?;
    let mut all = BytesMut::new();
    pieces.iter().for_each(|piece| all.extend_from_slice(piece));
    Ok(all.freeze())
}

// Sizes around the border between one put and many parts, and around chunks of reading.
pub async fn any_size_comes_back_whole_and_in_ranges(bucket: Bucket) {
    let blobs = Blobs::new(bucket, cell(1));
    for (number, size) in [0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB + 7, 17 * MIB].into_iter().enumerate() {
        let number = u8::try_from(number).unwrap();
        let whole = noise(size as u64, size);
        assert_eq!(write(&blobs, number, &whole, 300_001).await, size as u64);
        assert_eq!(blobs.size(blob(number)).await.unwrap(), Some(size as u64));
        assert!(read(&blobs, number, 0..size as u64).await.unwrap() == whole, "{size}");
        let (from, to) = (size / 3, size - size / 4);
        let part = read(&blobs, number, from as u64..to as u64).await.unwrap();
        assert!(part == whole.slice(from..to), "{size}");
    }
}

pub async fn a_range_past_the_end_fails_rather_than_ending_short(bucket: Bucket) {
    let blobs = Blobs::new(bucket, cell(1));
    blobs.put(blob(1), noise(1, 1_000)).await.unwrap();
    assert!(read(&blobs, 1, 0..1_001).await.is_err());
    assert!(read(&blobs, 1, 5_000..5_001).await.is_err());
    assert_eq!(read(&blobs, 1, 10..10).await.unwrap().len(), 0);
    assert_eq!(read(&blobs, 2, 0..1).await.unwrap_err().kind(), Kind::NotFound);
}

pub async fn a_blob_is_created_once(bucket: Bucket) {
    let blobs = Blobs::new(bucket, cell(1));
    blobs.put(blob(1), noise(1, 10)).await.unwrap();
    let again = blobs.put(blob(1), noise(2, 10)).await.unwrap_err();
    assert_eq!(again.kind(), Kind::Exists);
    assert_eq!(read(&blobs, 1, 0..10).await.unwrap(), noise(1, 10));
}

pub async fn a_deleted_blob_is_gone_and_deleting_again_is_fine(bucket: Bucket) {
    let blobs = Blobs::new(bucket, cell(1));
    blobs.put(blob(1), noise(1, 10)).await.unwrap();
    blobs.delete(blob(1)).await.unwrap();
    blobs.delete(blob(1)).await.unwrap();
    assert_eq!(blobs.size(blob(1)).await.unwrap(), None);
}

pub async fn an_unfinished_blob_is_invisible(bucket: Bucket) {
    let blobs = Blobs::new(bucket.clone(), cell(1));
    for number in [1, 2] {
        let mut writer = blobs.create(blob(number));
        writer.write(noise(1, 20 * MIB)).await.unwrap();
        match number {
            1 => writer.abort().await.unwrap(),
            _ => drop(writer),
        }
        assert_eq!(blobs.size(blob(number)).await.unwrap(), None);
    }
    assert!(store::sweep::blobs(&bucket, cell(1)).await.unwrap().is_empty());
}

/// WHY more than a thousand: so many names an S3 server tells at once.
pub async fn a_listing_has_every_page(bucket: Bucket) {
    const NAMES: u64 = 1_203;
    let blobs = Blobs::new(bucket.clone(), cell(1));
    let named = |number: u64| Id::from_bytes((u128::from(number) << 64).to_be_bytes());
    let put = |number: u64| {
        let blobs = blobs.clone();
        async move { blobs.put(named(number), noise(number, 3)).await.unwrap() }
    };
    futures::stream::iter(0..NAMES).map(put).buffer_unordered(16).collect::<Vec<_>>().await;
    let found: Vec<_> = store::sweep::blobs(&bucket, cell(1)).await.unwrap();
    let mut expected: Vec<_> = (0..NAMES).map(named).collect();
    expected.sort();
    assert_eq!(found.iter().map(|found| found.blob).collect::<Vec<_>>(), expected);
    assert!(found.iter().all(|found| found.size_bytes == 3));
}
