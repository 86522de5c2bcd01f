//! Copies that make parts, and copies that get a checksum: what comes is what was there, and who may not read may not copy.

use crate::house;

use house::{Answer, BUCKET, Call, House};
use seal::checksum::{Algorithm, checksum};

const FUTURE: &str = "Fri, 01 Jan 2055 00:00:00 GMT";
const PAST: &str = "Thu, 01 Jan 2015 00:00:00 GMT";

fn plain(size_bytes: usize) -> Vec<u8> {
    (0..size_bytes).map(|at| (at * 31 % 251) as u8).collect()
}

async fn start(house: &House, algorithm: Option<&str>) -> String {
    let call = Call::post(&format!("/{BUCKET}/whole?uploads="), b"");
    let call = match algorithm {
        Some(algorithm) => call.with("x-amz-checksum-algorithm", algorithm),
        None => call,
    };
    house.call(call).await.all("UploadId").remove(0)
}

fn part(upload: &str, number: usize, from: &str) -> Call {
    let target = format!("/{BUCKET}/whole?partNumber={number}&uploadId={upload}");
    Call::put(&target, b"").with("x-amz-copy-source", from)
}

async fn complete(house: &House, upload: &str, parts: &[(usize, String, String)]) -> Answer {
    let parts: String = parts
        .iter()
        .map(|(number, etag, sum)| {
            format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag>{sum}</Part>")
        })
        .collect();
    let body = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
    house.call(Call::post(&format!("/{BUCKET}/whole?uploadId={upload}"), body.as_bytes())).await
}

fn etag(answer: &Answer) -> String {
    answer.all("ETag").remove(0).replace("&quot;", "\"")
}

#[tokio::test]
async fn parts_are_made_of_objects_and_of_ranges_of_them() {
    let house = House::open().await;
    let source = plain((6 << 20) + 12_345);
    house.call(Call::put(&format!("/{BUCKET}/source"), &source)).await;
    let upload = start(&house, Some("CRC32C")).await;
    let mut parts = Vec::new();
    for (number, range) in [(1, Some((17, (5 << 20) + 65_536))), (2, None), (3, Some((65_536, 65_536)))] {
        let call = part(&upload, number, &format!("{BUCKET}/source"));
        let (call, bytes) = match range {
            None => (call, &source[..]),
            Some((first, last)) => {
                let range = format!("bytes={first}-{last}");
                (call.with("x-amz-copy-source-range", &range), &source[first..=last])
            }
        };
        let copied = house.call(call).await;
        assert_eq!(copied.status, 200, "{}", copied.text());
        assert!(copied.header("x-epic-leaf").is_some());
        let sum = checksum(Algorithm::Crc32c, bytes).to_text();
        assert_eq!(copied.all("ChecksumCRC32C"), [sum.as_str()]);
        parts.push((number, etag(&copied), format!("<ChecksumCRC32C>{sum}</ChecksumCRC32C>")));
    }
    let done = complete(&house, &upload, &parts).await;
    assert_eq!(done.status, 200, "{}", done.text());
    let expected = [&source[17..=(5 << 20) + 65_536], &source[..], &source[65_536..=65_536]].concat();
    let got = house.call(Call::get(&format!("/{BUCKET}/whole"))).await;
    assert!(got.body == expected, "{} of {} bytes", got.body.len(), expected.len());
    // What was copied does not hang on its source.
    house.call(Call::delete(&format!("/{BUCKET}/source"))).await;
    let last = house
        .call(Call::get(&format!("/{BUCKET}/whole?partNumber=3")).with("x-amz-checksum-mode", "ENABLED"))
        .await;
    assert_eq!((last.status, last.body.as_slice()), (206, &source[65_536..=65_536]));
    house.close().await;
}

#[tokio::test]
async fn a_part_is_copied_of_the_version_and_under_the_conditions_that_are_named() {
    let house = House::open().await;
    let versions = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    house.call(Call::put(&format!("/{BUCKET}?versioning="), versions)).await;
    let old = house.call(Call::put(&format!("/{BUCKET}/source"), b"old")).await;
    let new = house.call(Call::put(&format!("/{BUCKET}/source"), b"new")).await;
    let (version, new_etag) = (old.header("x-amz-version-id").unwrap(), new.header("etag").unwrap());
    let upload = start(&house, None).await;
    let from = format!("{BUCKET}/source?versionId={version}");
    let copied = house.call(part(&upload, 1, &from)).await;
    assert_eq!(copied.header("x-amz-copy-source-version-id"), Some(version), "{}", copied.text());
    let done = complete(&house, &upload, &[(1, etag(&copied), String::new())]).await;
    assert_eq!(done.status, 200, "{}", done.text());
    assert_eq!(house.call(Call::get(&format!("/{BUCKET}/whole"))).await.body, b"old");

    let upload = start(&house, None).await;
    for (name, value, status) in [
        ("x-amz-copy-source-if-match", new_etag, 200),
        ("x-amz-copy-source-if-match", "\"other\"", 412),
        ("x-amz-copy-source-if-none-match", new_etag, 412),
        ("x-amz-copy-source-if-none-match", "\"other\"", 200),
        ("x-amz-copy-source-if-modified-since", FUTURE, 412),
        ("x-amz-copy-source-if-modified-since", PAST, 200),
        ("x-amz-copy-source-if-unmodified-since", PAST, 412),
        ("x-amz-copy-source-if-unmodified-since", FUTURE, 200),
    ] {
        let answer = house.call(part(&upload, 1, &format!("{BUCKET}/source")).with(name, value)).await;
        assert_eq!(answer.status, status, "{name}: {value}: {}", answer.text());
    }
    house.close().await;
}

#[tokio::test]
async fn what_cannot_be_copied_is_refused_and_leaves_no_part() {
    let house = House::open().await;
    house.call(Call::put(&format!("/{BUCKET}/source"), b"0123456789")).await;
    let upload = start(&house, None).await;
    let from = format!("{BUCKET}/source");
    let ranged = |range: &str| part(&upload, 1, &from).with("x-amz-copy-source-range", range);
    for (call, status, code) in [
        (ranged("bytes=0-10"), 400, "InvalidArgument"),
        (ranged("bytes=10-10"), 400, "InvalidArgument"),
        (ranged("bytes=5-2"), 400, "InvalidArgument"),
        (ranged("bytes=-5"), 400, "InvalidArgument"),
        (ranged("bytes=5-"), 400, "InvalidArgument"),
        (ranged("bytes=0-1,3-4"), 400, "InvalidArgument"),
        (ranged("0-1"), 400, "InvalidArgument"),
        (part(&upload, 0, &from), 400, "InvalidArgument"),
        (part(&upload, 10_001, &from), 400, "InvalidArgument"),
        (part("a".repeat(26).as_str(), 1, &from), 404, "NoSuchUpload"),
        (part(&upload, 1, &format!("{BUCKET}/none")), 404, "NoSuchKey"),
        (part(&upload, 1, "none/source"), 404, "NoSuchBucket"),
        (part(&upload, 1, &from).with("x-amz-checksum-crc32", "AAAAAA=="), 501, "NotImplemented"),
    ] {
        let what = format!("{} {:?}", call.target, call.headers);
        let refused = house.call(call).await;
        assert_eq!((refused.status, refused.code().as_str()), (status, code), "{what}: {}", refused.text());
        assert!(!refused.reason().is_empty(), "{what}");
    }
    let listed = house.call(Call::get(&format!("/{BUCKET}/whole?uploadId={upload}"))).await;
    assert!(listed.all("PartNumber").is_empty(), "{}", listed.text());
    house.close().await;
}

// Goal: who may not read the source makes no part of it. Method: another's upload, a locked project, a grant.
#[tokio::test]
async fn who_may_not_read_copies_no_part() {
    let house = House::open().await;
    house.call(Call::put(&format!("/{BUCKET}/source"), b"0123456789")).await;
    let upload = start(&house, None).await;
    let from = format!("{BUCKET}/source");
    let lock = serde_json::json!({ "project": house::PROJECT });
    house.world.act("kurt", "key.lock", lock.clone()).await.unwrap();
    let locked = house.call(part(&upload, 1, &from)).await;
    assert_eq!((locked.status, locked.reason()), (403, "project_locked"), "{}", locked.text());
    house.world.act("kim", "key.unlock", lock).await.unwrap();
    let carla = part(&upload, 1, &from).signed(&house.carla).send(house.outside).await;
    assert_eq!(carla.status, 403, "{}", carla.text());
    assert_eq!(house.call(part(&upload, 1, &from)).await.status, 200);
    house.close().await;
}

#[tokio::test]
async fn a_copy_has_the_checksum_that_is_asked_for() {
    let house = House::open().await;
    let source = plain(200_000);
    house.call(Call::put(&format!("/{BUCKET}/source"), &source)).await;
    for (name, algorithm) in [
        ("CRC32", Algorithm::Crc32),
        ("CRC32C", Algorithm::Crc32c),
        ("CRC64NVME", Algorithm::Crc64Nvme),
        ("SHA1", Algorithm::Sha1),
        ("SHA256", Algorithm::Sha256),
    ] {
        let copy =
            Call::put(&format!("/{BUCKET}/copy"), b"").with("x-amz-copy-source", &format!("{BUCKET}/source"));
        let copied = house.call(copy.with("x-amz-checksum-algorithm", name)).await;
        let sum = checksum(algorithm, &source).to_text();
        assert_eq!(copied.all(&format!("Checksum{name}")), [sum.as_str()], "{}", copied.text());
        assert_eq!(copied.all("ChecksumType"), ["FULL_OBJECT"]);
        let head =
            house.call(Call::head(&format!("/{BUCKET}/copy")).with("x-amz-checksum-mode", "ENABLED")).await;
        assert_eq!(head.header(&format!("x-amz-checksum-{}", name.to_lowercase())), Some(sum.as_str()));
        assert!(house.call(Call::get(&format!("/{BUCKET}/copy"))).await.body == source);
    }
    let copy =
        Call::put(&format!("/{BUCKET}/never"), b"").with("x-amz-copy-source", &format!("{BUCKET}/source"));
    let unknown = house.call(copy.with("x-amz-checksum-algorithm", "MD5")).await;
    assert_eq!((unknown.status, unknown.code().as_str()), (400, "InvalidRequest"), "{}", unknown.text());
    house.close().await;
}
