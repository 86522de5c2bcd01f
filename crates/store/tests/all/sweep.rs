//! The census and the sweep see what a listing hides.

use crate::kit;

use std::fs;

use kit::{Buckets, blob, cell, noise};
use store::sweep::{census, clear_leftovers, names};
use store::{Blobs, Kind};
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
