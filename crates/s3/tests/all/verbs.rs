//! Every verb that the protocol crate knows is served, or refused with one line of why and no trace.

use crate::house;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use house::{BUCKET, Call, House};
use region::twin::Soil;
use s3::Limits;
use store::Bucket;

/// Verbs of the protocol crate, 0.14.1.
const VERBS_ALL: usize = 99;
const VERBS_SERVED: usize = 65;

/// A verb's name and how it is asked for; `B` stands for the bucket, `K` for a key in it.
const NOT_SERVED: [(&str, &str); 35] = [
    ("CreateBucketMetadataTableConfiguration", "POST B?metadataTable="),
    ("CreateSession", "GET B?session="),
    ("DeleteBucketAnalyticsConfiguration", "DELETE B?analytics=&id=a"),
    ("DeleteBucketEncryption", "DELETE B?encryption="),
    ("DeleteBucketIntelligentTieringConfiguration", "DELETE B?id=a&intelligent-tiering="),
    ("DeleteBucketInventoryConfiguration", "DELETE B?id=a&inventory="),
    ("DeleteBucketMetadataTableConfiguration", "DELETE B?metadataTable="),
    ("DeleteBucketMetricsConfiguration", "DELETE B?id=a&metrics="),
    ("DeleteBucketOwnershipControls", "DELETE B?ownershipControls="),
    ("DeletePublicAccessBlock", "DELETE B?publicAccessBlock="),
    ("GetBucketAnalyticsConfiguration", "GET B?analytics=&id=a"),
    ("GetBucketEncryption", "GET B?encryption="),
    ("GetBucketIntelligentTieringConfiguration", "GET B?id=a&intelligent-tiering="),
    ("GetBucketInventoryConfiguration", "GET B?id=a&inventory="),
    ("GetBucketMetadataTableConfiguration", "GET B?metadataTable="),
    ("GetBucketMetricsConfiguration", "GET B?id=a&metrics="),
    ("GetObjectTorrent", "GET K?torrent="),
    ("ListBucketAnalyticsConfigurations", "GET B?analytics="),
    ("ListBucketIntelligentTieringConfigurations", "GET B?intelligent-tiering="),
    ("ListBucketInventoryConfigurations", "GET B?inventory="),
    ("ListBucketMetricsConfigurations", "GET B?metrics="),
    ("ListDirectoryBuckets", "GET /?x-id=ListDirectoryBuckets"),
    ("PutBucketAnalyticsConfiguration", "PUT B?analytics=&id=a"),
    ("PutBucketEncryption", "PUT B?encryption="),
    ("PutBucketIntelligentTieringConfiguration", "PUT B?id=a&intelligent-tiering="),
    ("PutBucketInventoryConfiguration", "PUT B?id=a&inventory="),
    ("PutBucketMetricsConfiguration", "PUT B?id=a&metrics="),
    ("PutBucketPolicy", "PUT B?policy="),
    ("PutBucketReplication", "PUT B?replication="),
    ("PutBucketWebsite", "PUT B?website="),
    ("RestoreObject", "POST K?restore="),
    ("SelectObjectContent", "POST K?select=&select-type=2"),
    ("WriteGetObjectResponse", "POST B"),
    // No verb of their own: what they ask would be lost on the verb they fall to.
    ("GetObject", "GET K?uploads="),
    ("DeleteBucket", "DELETE B?versioning="),
];

fn call(asked: &str, verb: &str) -> Call {
    let (method, target) = asked.split_once(' ').unwrap();
    let target = match target.split_at(1) {
        ("B", rest) => format!("/{BUCKET}{rest}"),
        ("K", rest) => format!("/{BUCKET}/kept{rest}"),
        _ => target.to_owned(),
    };
    let call = Call::new(method, &target, b"");
    match verb {
        "WriteGetObjectResponse" => call.with("x-amz-request-route", "a").with("x-amz-request-token", "b"),
        _ => call,
    }
}

/// Every file of the raw store, with its bytes.
fn raw(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut files, mut open) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                files.insert(path.clone(), std::fs::read(path).unwrap());
            }
        }
    }
    files
}

#[tokio::test]
async fn a_verb_that_is_not_served_says_why_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let soil = Soil::over(Bucket::local(folder.path()).unwrap(), 7);
    let house = House::on(soil, Limits::default()).await;
    assert_eq!(house.call(Call::put(&format!("/{BUCKET}/kept"), b"kept")).await.status, 200);
    let before = raw(folder.path());
    assert!(before.len() > 10, "{}", before.len());
    for (verb, asked) in NOT_SERVED {
        let answer = house.call(call(asked, verb)).await;
        let told = (answer.status, answer.code(), answer.reason().to_owned());
        let expected = (501, "NotImplemented".to_owned(), "not_offered".to_owned());
        assert_eq!(told, expected, "{verb}: {}", answer.text());
        let message = answer.all("Message").remove(0);
        assert!(message.contains(verb) && !message.contains('\n'), "{verb}: {message}");
    }
    assert_eq!(raw(folder.path()), before, "something was written");
    assert_eq!(house.keys().await, ["kept"]);
    assert_eq!(house.uploads().await, 0);
    house.close().await;
}

/// Goal: the table above has every verb. Method: with those served they are as many as the protocol crate has.
#[test]
fn no_verb_is_forgotten() {
    let not_served: std::collections::BTreeSet<_> = NOT_SERVED.iter().map(|(verb, _)| *verb).collect();
    // Two of the table's names are served, asked for what they do not do; PostObject is refused as a form.
    assert_eq!(not_served.len() - 2 + VERBS_SERVED + 1, VERBS_ALL);
}
