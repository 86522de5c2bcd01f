//! What comes sealed to the project's key: opened, stored like all else, and refused where Crypt4GH can tell.

use crate::{house, need};

use house::{Call, House};
use region::twin::SeededRand;
use seal::checksum::{Algorithm, checksum};
use seal::crypt4gh::{EditList, SEALED_SEGMENT_BYTES, read_public, seal_header_as};
use seal::{Attempt, DataKey, DecryptionKey, EncryptionKey, Sealer};
use serde_json::json;

const TARGET: &str = "/results/table";

fn plain(size_bytes: usize) -> Vec<u8> {
    (0..size_bytes).map(|at| (at * at / 7 % 251) as u8).collect()
}

/// The key that files for the project's own data are sealed to, as its custodian is told it.
async fn public(house: &House) -> EncryptionKey {
    let shown =
        house.world.act("kurt", "key.show", json!({ "project": house::PROJECT })).await.unwrap().answer;
    let scopes = shown["scopes"].as_array().unwrap();
    let own = scopes.iter().find(|scope| scope["agreement"].is_null()).unwrap();
    read_public(own["crypt4gh_public"].as_str().unwrap().as_bytes()).unwrap()
}

fn stranger() -> DecryptionKey {
    DecryptionKey::random(SeededRand::new(99).as_ref())
}

/// A Crypt4GH file: its header's length, and all of it.
fn file(to: &[EncryptionKey], edits: Option<&EditList>, plain: &[u8]) -> (usize, Vec<u8>) {
    let rand = SeededRand::new(plain.len() as u64);
    let keys = [DataKey::random(rand.as_ref()), DataKey::random(rand.as_ref())];
    let header = seal_header_as(&stranger(), &keys, edits, to, rand.as_ref()).unwrap();
    let mut sealer = Sealer::new(&keys[1], Attempt::random(rand.as_ref())).unwrap();
    let mut body = bytes::BytesMut::new();
    sealer.push(plain, &mut body).unwrap();
    sealer.finish(&mut body).unwrap();
    (header.len(), [header, body.to_vec()].concat())
}

fn sealed_put(target: &str, bytes: &[u8]) -> Call {
    Call::put(target, bytes).with("content-encoding", "crypt4gh")
}

#[tokio::test]
async fn a_sealed_file_is_stored_as_what_is_inside() {
    let house = House::open().await;
    let own = public(&house).await;
    for size_bytes in [0, 1, 65_536, 65_537, 300_000] {
        let plain = plain(size_bytes);
        // Several recipients are fine, and several data keys.
        let (_, bytes) = file(&[stranger().public(), own], None, &plain);
        let sent = checksum(Algorithm::Sha256, &bytes).to_text();
        let call =
            sealed_put(TARGET, &bytes).with("x-amz-checksum-sha256", &sent).with("content-type", "text/csv");
        let put = house.call(call).await;
        assert_eq!(put.status, 200, "{size_bytes}: {}", put.text());
        let got = house.call(Call::get(TARGET).with("x-amz-checksum-mode", "ENABLED")).await;
        assert!(got.body == plain, "{size_bytes}: {} bytes", got.body.len());
        let inside = checksum(Algorithm::Sha256, &plain).to_text();
        assert_eq!(got.header("x-amz-checksum-sha256"), Some(inside.as_str()));
        assert_eq!((got.header("content-encoding"), got.header("content-type")), (None, Some("text/csv")));
        assert_eq!(got.header("content-length"), Some(size_bytes.to_string().as_str()));
    }
    let got = house.call(Call::get(TARGET).with("range", "bytes=65530-65540")).await;
    assert!(got.body == plain(300_000)[65_530..=65_540]);
    // Only who says so is meant: the same bytes without a word are an object like any other.
    let (_, bytes) = file(&[own], None, b"as it is");
    house.call(Call::put(TARGET, &bytes)).await;
    assert!(house.call(Call::get(TARGET)).await.body == bytes);
    let (_, bytes) = file(&[own], None, b"zipped");
    house.call(Call::put(TARGET, &bytes).with("content-encoding", "gzip, Crypt4GH")).await;
    let got = house.call(Call::get(TARGET)).await;
    assert_eq!((got.body.as_slice(), got.header("content-encoding")), (&b"zipped"[..], Some("gzip")));
    house.close().await;
}

#[tokio::test]
async fn what_does_not_open_is_refused_and_nothing_is_left() {
    let house = House::open().await;
    let own = public(&house).await;
    let (header, good) = file(&[own], None, &plain(150_000));
    let flipped = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        bytes
    };
    let segment = header..header + SEALED_SEGMENT_BYTES;
    let doubled = [&good[..segment.end], &good[segment]].concat();
    let edits = EditList::new(vec![3, 5]).unwrap();
    for (what, bytes) in [
        ("for somebody else", file(&[stranger().public()], None, b"x").1),
        ("with an edit list", file(&[own], Some(&edits), b"0123456789").1),
        ("no Crypt4GH file", b"id;age\n1;54\n".to_vec()),
        ("empty", Vec::new()),
        ("ending in its header", good[..header - 1].to_vec()),
        ("cut within a segment", good[..good.len() - 5].to_vec()),
        ("with a header altered", flipped(header - 3)),
        ("with a nonce altered", flipped(header + 2)),
        ("with a segment altered", flipped(header + 70_000)),
        ("with a tag altered", flipped(good.len() - 1)),
        ("with a segment twice", doubled),
        ("with bytes behind", [&good[..], b"more"].concat()),
    ] {
        let refused = house.call(sealed_put(TARGET, &bytes)).await;
        let told = (refused.status, refused.code(), refused.reason().to_owned());
        assert_eq!(
            told,
            (400, "InvalidRequest".to_owned(), "seal_wrong".to_owned()),
            "{what}: {}",
            refused.text()
        );
    }
    let copy =
        Call::put(TARGET, b"").with("x-amz-copy-source", "results/none").with("content-encoding", "crypt4gh");
    let copy = house.call(copy.with("x-amz-metadata-directive", "REPLACE")).await;
    assert_eq!((copy.status, copy.code().as_str()), (400, "InvalidRequest"), "{}", copy.text());
    // What was sent is judged as sent.
    let wrong = checksum(Algorithm::Crc32, &plain(150_000)).to_text();
    let refused = house.call(sealed_put(TARGET, &good).with("x-amz-checksum-crc32", &wrong)).await;
    assert_eq!(refused.code(), "BadDigest", "{}", refused.text());
    assert!(house.keys().await.is_empty());
    house.close().await;
}

// Goal: the guide's word on what Crypt4GH cannot tell is true. Method: whole segments cut off, left out, swapped.
#[tokio::test]
async fn what_crypt4gh_cannot_tell_its_sender_s_checksum_does() {
    let house = House::open().await;
    let own = public(&house).await;
    let (header, good) = file(&[own], None, &plain(3 * 65_536));
    let right = checksum(Algorithm::Sha256, &good).to_text();
    let segment =
        |at: usize| &good[header + at * SEALED_SEGMENT_BYTES..header + (at + 1) * SEALED_SEGMENT_BYTES];
    let head = &good[..header];
    for bytes in [
        [head, segment(0), segment(1)].concat(),
        [head, segment(0), segment(2)].concat(),
        [head, segment(1), segment(0), segment(2)].concat(),
    ] {
        assert_eq!(house.call(sealed_put(TARGET, &bytes)).await.status, 200);
        house.call(Call::delete(TARGET)).await;
        let refused = house.call(sealed_put(TARGET, &bytes).with("x-amz-checksum-sha256", &right)).await;
        assert_eq!(refused.code(), "BadDigest", "{}", refused.text());
        assert!(house.keys().await.is_empty());
    }
    house.close().await;
}

#[tokio::test]
async fn locked_keys_open_nothing_and_rotated_ones_still_do() {
    let house = House::open().await;
    let (_, bytes) = file(&[public(&house).await], None, b"sealed before");
    let lock = json!({ "project": house::PROJECT });
    house.world.act("kurt", "key.lock", lock.clone()).await.unwrap();
    let refused = house.call(sealed_put(TARGET, &bytes)).await;
    assert_eq!((refused.status, refused.reason()), (403, "project_locked"), "{}", refused.text());
    // What comes as it is needs no secret half.
    assert_eq!(house.call(Call::put("/results/plain", b"x")).await.status, 200);
    house.world.act("kim", "key.unlock", lock).await.unwrap();
    house.world.act("kurt", "key.rotate", json!({ "project": house::PROJECT })).await.unwrap();
    assert_eq!(house.call(sealed_put(TARGET, &bytes)).await.status, 200);
    assert_eq!(house.call(Call::get(TARGET)).await.body, b"sealed before");
    for _ in 0..4 {
        house.world.act("kurt", "key.rotate", json!({ "project": house::PROJECT })).await.unwrap();
    }
    assert_eq!(house.call(sealed_put(TARGET, &bytes)).await.reason(), "seal_wrong", "five rotations ago");
    house.close().await;
}

struct Parts {
    upload: String,
    named: String,
    sent_bytes: usize,
}

impl Parts {
    async fn send(house: &House, bytes: &[u8]) -> Self {
        let start = Call::post("/results/parted?uploads=", b"").with("content-encoding", "crypt4gh");
        let upload = house.call(start).await.all("UploadId").remove(0);
        let mut named = String::new();
        for (piece, number) in bytes.chunks((5 << 20) + 77).zip(1..) {
            let sent = house
                .call(Call::put(&format!("/results/parted?partNumber={number}&uploadId={upload}"), piece))
                .await;
            let etag = sent.header("etag").unwrap();
            named.push_str(&format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"));
        }
        Self { upload, named, sent_bytes: bytes.len() }
    }

    fn complete(&self) -> Call {
        let body = format!("<CompleteMultipartUpload>{}</CompleteMultipartUpload>", self.named);
        let call = Call::post(&format!("/results/parted?uploadId={}", self.upload), body.as_bytes());
        call.with("x-amz-mp-object-size", &self.sent_bytes.to_string())
    }
}

#[tokio::test]
async fn a_sealed_file_in_parts_is_opened_when_it_is_complete() {
    let house = House::open().await;
    let own = public(&house).await;
    let plain = plain((10 << 20) + 4_321);
    let (header, mut bytes) = file(&[own], None, &plain);
    let parts = Parts::send(&house, &bytes).await;
    let lock = json!({ "project": house::PROJECT });
    house.world.act("kurt", "key.lock", lock.clone()).await.unwrap();
    let locked = house.call(parts.complete()).await;
    assert_eq!((locked.status, locked.reason()), (403, "project_locked"), "{}", locked.text());
    house.world.act("kim", "key.unlock", lock).await.unwrap();
    let sum = checksum(Algorithm::Crc64Nvme, &bytes).to_text();
    let done = house.call(parts.complete().with("x-amz-checksum-crc64nvme", &sum)).await;
    assert_eq!(done.status, 200, "{}", done.text());
    let inside = checksum(Algorithm::Crc64Nvme, &plain).to_text();
    assert_eq!(
        (done.all("ChecksumCRC64NVME"), done.all("ChecksumType")),
        (vec![inside], vec!["FULL_OBJECT".to_owned()])
    );
    let got = house.call(Call::get("/results/parted")).await;
    assert!(got.body == plain, "{} bytes", got.body.len());
    assert_eq!((got.header("content-encoding"), house.uploads().await), (None, 0));

    house.call(Call::delete("/results/parted")).await;
    bytes[header + (6 << 20)] ^= 1;
    let parts = Parts::send(&house, &bytes).await;
    let refused = house.call(parts.complete()).await;
    assert_eq!((refused.status, refused.reason()), (400, "seal_wrong"), "{}", refused.text());
    assert!(house.keys().await.is_empty());
    assert_eq!(house.uploads().await, 1, "its sender may send the part again");
    house.close().await;
}

// Goal: the main job with parts that nobody here made. Oracle: the tool `crypt4gh` seals, boto3 uploads.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_reference_tool_seals_boto3_delivers() {
    let Some(python) = need::python("boto3, crypt4gh") else {
        return;
    };
    let house = House::open().await;
    let folder = tempfile::tempdir().unwrap();
    let public = seal::crypt4gh::write_public(public(&house).await);
    std::fs::write(folder.path().join("project.pub"), public).unwrap();
    let within = |command: &mut tokio::process::Command| {
        command.current_dir(folder.path());
    };
    house.script(&python, "sealed_client.py", within).await;
    house.close().await;
}
