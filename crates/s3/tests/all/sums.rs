//! Checksums: every kind is compared with what came, kept, and told; whole objects, parts, and parts put together.
//!
//! The oracle for hashes is `sha2`; CRCs are computed from their polynomials, as their catalogue has them.

use crate::house;

use data_encoding::BASE64;
use house::{Answer, BUCKET, Call, House, call::UNSIGNED};
use sha2::{Digest, Sha256};

const TARGET: &str = "/results/table";

/// A reflected CRC by its definition: what the polynomial makes of each byte, one bit at a time.
fn crc(polynomial: u64, width: u32, bytes: &[u8]) -> u64 {
    let ones = u64::MAX >> (64 - width);
    let step = |value: u64| if value & 1 == 1 { value >> 1 ^ polynomial } else { value >> 1 };
    let table: Vec<u64> = (0..256).map(|byte| (0..8).fold(byte, |value, _| step(value))).collect();
    let next = |value: u64, byte: &u8| value >> 8 ^ table[usize::from(value.to_le_bytes()[0] ^ byte)];
    bytes.iter().fold(ones, next) ^ ones
}

/// The base64 that S3 wants, by an oracle that is not ours; none for SHA-1.
fn oracle(kind: &str, bytes: &[u8]) -> Option<String> {
    let value = match kind {
        "CRC32" => crc(0xEDB8_8320, 32, bytes).to_be_bytes()[4..].to_vec(),
        "CRC32C" => crc(0x82F6_3B78, 32, bytes).to_be_bytes()[4..].to_vec(),
        "CRC64NVME" => crc(0x9A6C_9329_AC4B_C9B5, 64, bytes).to_be_bytes().to_vec(),
        "SHA256" => Sha256::digest(bytes).to_vec(),
        _ => return None,
    };
    Some(BASE64.encode(&value))
}

const KINDS: [&str; 4] = ["CRC32", "CRC32C", "CRC64NVME", "SHA256"];

fn header(kind: &str) -> String {
    format!("x-amz-checksum-{}", kind.to_lowercase())
}

/// What is told of an object, of each kind.
fn told<'a>(answer: &'a Answer, kind: &str) -> Option<&'a str> {
    answer.header(&header(kind))
}

#[tokio::test]
async fn every_kind_is_compared_kept_and_told() {
    let house = House::open().await;
    for body in [&b""[..], b"123456789", &vec![0; 70_000]] {
        for kind in KINDS {
            let right = oracle(kind, body).unwrap();
            let wrong = oracle(kind, b"other").unwrap();
            let refused = house.call(Call::put("/results/wrong", body).with(&header(kind), &wrong)).await;
            assert_eq!(
                (refused.status, refused.code().as_str()),
                (400, "BadDigest"),
                "{kind}: {}",
                refused.text()
            );
            let put = house.call(Call::put(TARGET, body).with(&header(kind), &right)).await;
            assert_eq!((put.status, told(&put, kind)), (200, Some(right.as_str())), "{kind}: {}", put.text());
            let trailed = format!(
                "{:x}\r\n{}\r\n0\r\n{}:{right}\r\n\r\n",
                body.len(),
                String::from_utf8_lossy(body),
                header(kind)
            );
            if !body.is_empty() {
                let put = Call::put(TARGET, trailed.as_bytes()).payload("STREAMING-UNSIGNED-PAYLOAD-TRAILER");
                let put = put.with("x-amz-trailer", &header(kind)).with("content-encoding", "aws-chunked");
                let put = house.call(put.with("x-amz-decoded-content-length", &body.len().to_string())).await;
                assert_eq!(
                    (put.status, told(&put, kind)),
                    (200, Some(right.as_str())),
                    "{kind}: {}",
                    put.text()
                );
            }
            for call in [Call::get(TARGET), Call::head(TARGET)] {
                let asked = house.call(call.clone().with("x-amz-checksum-mode", "ENABLED")).await;
                assert_eq!(told(&asked, kind), Some(right.as_str()), "{kind}");
                assert_eq!(asked.header("x-amz-checksum-type"), Some("FULL_OBJECT"));
                assert_eq!(told(&house.call(call).await, kind), None, "{kind} unasked");
            }
        }
    }
    assert_eq!(house.keys().await, ["table"]);
    house.close().await;
}

#[tokio::test]
async fn what_is_no_checksum_is_no_request() {
    let house = House::open().await;
    let crc32 = oracle("CRC32", b"data").unwrap();
    let sha256 = oracle("SHA256", b"data").unwrap();
    let put = || Call::put(TARGET, b"data");
    for (call, code) in [
        (put().with("x-amz-checksum-crc32", "x"), "InvalidRequest"),
        (put().with("x-amz-checksum-sha256", &crc32), "InvalidRequest"),
        (put().with("x-amz-checksum-crc32", &crc32).with("x-amz-checksum-sha256", &sha256), "InvalidRequest"),
        (put().with("x-amz-sdk-checksum-algorithm", "CRC31"), "InvalidRequest"),
        (put().with("content-md5", "x"), "InvalidDigest"),
        (put().with("content-md5", "AAAAAAAAAAAAAAAAAAAAAA=="), "BadDigest"),
        (put().payload(UNSIGNED).with("x-amz-trailer", "x-amz-checksum-md5"), "InvalidRequest"),
    ] {
        let what = format!("{:?}", call.headers);
        let refused = house.call(call).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, code), "{what}: {}", refused.text());
    }
    assert!(house.keys().await.is_empty());
    house.close().await;
}

/// An upload in two parts, the first of 5 MiB.
struct Parted {
    upload: String,
    bodies: [Vec<u8>; 2],
    etags: Vec<String>,
}

impl Parted {
    async fn send(house: &House, kind: Option<(&str, &str)>) -> Self {
        let call = Call::post("/results/parted?uploads=", b"");
        let call = match kind {
            Some((kind, kind_of)) => {
                call.with("x-amz-checksum-algorithm", kind).with("x-amz-checksum-type", kind_of)
            }
            None => call,
        };
        let started = house.call(call).await;
        assert_eq!(started.header("x-amz-checksum-algorithm"), kind.map(|(kind, _)| kind));
        let mut parted = Self {
            upload: started.all("UploadId").remove(0),
            bodies: [vec![7; 5 << 20], b"end".to_vec()],
            etags: vec![],
        };
        for number in [1, 2] {
            let sent = parted.part(house, number, kind.map(|(kind, _)| kind)).await;
            assert_eq!(sent.status, 200, "{}", sent.text());
            if let Some((kind, _)) = kind {
                assert_eq!(told(&sent, kind), oracle(kind, &parted.bodies[number - 1]).as_deref());
            }
            parted.etags.push(sent.header("etag").unwrap().to_owned());
        }
        parted
    }

    async fn part(&self, house: &House, number: usize, kind: Option<&str>) -> Answer {
        let body = &self.bodies[number - 1];
        let call = Call::put(&format!("/results/parted?partNumber={number}&uploadId={}", self.upload), body);
        let call = match kind {
            Some(kind) => call.with(&header(kind), &oracle(kind, body).unwrap()),
            None => call,
        };
        house.call(call).await
    }

    fn sums(&self, kind: &str) -> Vec<String> {
        self.bodies.iter().map(|body| oracle(kind, body).unwrap()).collect()
    }

    /// S3's checksum of checksums.
    fn composite(&self, kind: &str) -> String {
        let raw: Vec<u8> =
            self.sums(kind).iter().flat_map(|sum| BASE64.decode(sum.as_bytes()).unwrap()).collect();
        format!("{}-2", oracle(kind, &raw).unwrap())
    }

    fn complete(&self, sums: Option<(&str, &[String])>) -> Call {
        let part = |(etag, index): (&String, usize)| {
            let sum = sums.map(|(kind, sums)| format!("<Checksum{kind}>{}</Checksum{kind}>", sums[index]));
            format!(
                "<Part><PartNumber>{}</PartNumber><ETag>{etag}</ETag>{}</Part>",
                index + 1,
                sum.unwrap_or_default()
            )
        };
        let parts: String = self.etags.iter().zip(0..).map(part).collect();
        let body = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
        Call::post(&format!("/results/parted?uploadId={}", self.upload), body.as_bytes())
    }
}

#[tokio::test]
async fn parts_put_together_have_a_composite_or_the_whole_s() {
    let house = House::open().await;
    for (kind, kind_of) in [
        ("CRC32", "FULL_OBJECT"),
        ("CRC32", "COMPOSITE"),
        ("CRC32C", "FULL_OBJECT"),
        ("CRC32C", "COMPOSITE"),
        ("CRC64NVME", "FULL_OBJECT"),
        ("SHA256", "COMPOSITE"),
    ] {
        let mut parted = Parted::send(&house, Some((kind, kind_of))).await;
        let listed = house.call(Call::get(&format!("/results/parted?uploadId={}", parted.upload))).await;
        assert_eq!(listed.all(&format!("Checksum{kind}")), parted.sums(kind), "{}", listed.text());
        assert_eq!(
            (listed.all("ChecksumAlgorithm"), listed.all("ChecksumType")),
            (vec![kind.to_owned()], vec![kind_of.to_owned()])
        );
        let uploads = house.call(Call::get(&format!("/{BUCKET}?uploads="))).await;
        assert_eq!(
            (uploads.all("ChecksumAlgorithm"), uploads.all("ChecksumType")),
            (vec![kind.to_owned()], vec![kind_of.to_owned()])
        );
        let is_full = kind_of == "FULL_OBJECT";
        let expected =
            if is_full { oracle(kind, &parted.bodies.concat()).unwrap() } else { parted.composite(kind) };
        parted.etags[1] = refuse_what_does_not_fit(&house, &parted, kind, kind_of).await;
        let sums = parted.sums(kind);
        let done = parted
            .complete(Some((kind, &sums)))
            .with(&header(kind), &expected)
            .with("x-amz-mp-object-size", "5242883");
        let done = house.call(done.with("x-amz-checksum-type", kind_of)).await;
        assert_eq!(done.all(&format!("Checksum{kind}")), [expected.as_str()], "{}", done.text());
        let head = |query: &str| {
            Call::head(&format!("/results/parted{query}")).with("x-amz-checksum-mode", "ENABLED")
        };
        let whole = house.call(head("")).await;
        assert_eq!(
            (told(&whole, kind), whole.header("x-amz-checksum-type")),
            (Some(expected.as_str()), Some(kind_of))
        );
        // As S3: a part has its own only where the whole is over those of the parts.
        let second = house.call(head("?partNumber=2")).await;
        assert_eq!(told(&second, kind), (!is_full).then_some(sums[1].as_str()), "{kind} {kind_of}");
    }
    house.close().await;
}

async fn refuse_what_does_not_fit(house: &House, parted: &Parted, kind: &str, kind_of: &str) -> String {
    let sums = parted.sums(kind);
    let swapped = [sums[1].clone(), sums[0].clone()];
    let wrong = oracle(kind, b"other").unwrap();
    let other_kind = if kind == "SHA256" { "CRC32" } else { "SHA256" };
    let other_type = if kind_of == "COMPOSITE" { "FULL_OBJECT" } else { "COMPOSITE" };
    let right = || parted.complete(Some((kind, &sums)));
    let mut cases = vec![
        (right().with(&header(kind), &wrong), "BadDigest"),
        (right().with(&header(kind), "x"), "InvalidRequest"),
        (right().with("x-amz-mp-object-size", "5242884"), "InvalidRequest"),
        (right().with("x-amz-checksum-type", other_type), "BadDigest"),
        (parted.complete(Some((kind, &swapped))), "InvalidPart"),
    ];
    if kind_of == "COMPOSITE" {
        cases.push((parted.complete(None), "InvalidRequest"));
    }
    for (call, code) in cases {
        let what = format!("{kind} {kind_of} {:?} {}", call.headers, String::from_utf8_lossy(&call.body));
        let refused = house.call(call).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, code), "{what}: {}", refused.text());
    }
    let other = parted.part(house, 2, Some(other_kind)).await;
    assert_eq!((other.status, other.code().as_str()), (400, "InvalidRequest"), "{}", other.text());
    // What is not said is computed; sent again, a part has another ETag.
    let unsaid = parted.part(house, 2, None).await;
    assert_eq!(told(&unsaid, kind), Some(sums[1].as_str()));
    unsaid.header("etag").unwrap().to_owned()
}

#[tokio::test]
async fn an_upload_without_a_kind_has_one_all_the_same() {
    let house = House::open().await;
    let parted = Parted::send(&house, None).await;
    let done = house.call(parted.complete(None)).await;
    let expected = oracle("CRC64NVME", &parted.bodies.concat()).unwrap();
    assert_eq!(
        (done.all("ChecksumCRC64NVME"), done.all("ChecksumType")),
        (vec![expected], vec!["FULL_OBJECT".to_owned()])
    );
    let mixed = Parted::send(&house, None).await;
    let crc32 = mixed.part(&house, 1, Some("CRC32")).await;
    let sha256 = mixed.part(&house, 2, Some("SHA256")).await;
    let mixed = Parted {
        etags: vec![crc32.header("etag").unwrap().into(), sha256.header("etag").unwrap().into()],
        ..mixed
    };
    let whole = oracle("CRC64NVME", &mixed.bodies.concat()).unwrap();
    let done = house.call(mixed.complete(None).with("x-amz-checksum-crc64nvme", &whole)).await;
    assert_eq!(done.all("ChecksumCRC64NVME"), [whole], "{}", done.text());
    for (kind, kind_of) in [
        ("SHA1", "FULL_OBJECT"),
        ("SHA256", "FULL_OBJECT"),
        ("CRC64NVME", "COMPOSITE"),
        ("CRC31", "COMPOSITE"),
    ] {
        let call = Call::post("/results/parted?uploads=", b"").with("x-amz-checksum-algorithm", kind);
        let refused = house.call(call.with("x-amz-checksum-type", kind_of)).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, "InvalidRequest"), "{kind} {kind_of}");
    }
    house.close().await;
}
