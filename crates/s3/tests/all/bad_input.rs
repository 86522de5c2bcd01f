//! Bad input gets the right S3 error, with a reason, and leaves nothing.

use crate::house;

use house::bad::{case, check};
use house::call::{UNSIGNED, sha256};
use house::{Answer, BUCKET, Call, House};
use words::Reason;

const TARGET: &str = "/results/bad";

#[tokio::test]
async fn bodies() {
    let house = House::open().await;
    let rita = &house.rita;
    let put = || Call::put(TARGET, b"data");
    let parted = |number: u32, upload: &str| {
        Call::put(&format!("{TARGET}?partNumber={number}&uploadId={upload}"), b"data").signed(rita)
    };
    let absent = "a".repeat(26);
    check(
        &house,
        vec![
            case(
                "payload hash",
                put().payload(&sha256(b"date")).signed(rita),
                400,
                "XAmzContentSHA256Mismatch",
                Reason::ChecksumWrong,
            ),
            case(
                "MD5",
                put().with("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==").signed(rita),
                400,
                "BadDigest",
                Reason::ChecksumWrong,
            ),
            case(
                "no MD5",
                put().with("content-md5", "nonsense").signed(rita),
                400,
                "InvalidDigest",
                Reason::Invalid,
            ),
            case(
                "CRC32",
                put().with("x-amz-checksum-crc32", "AAAAAA==").signed(rita),
                400,
                "BadDigest",
                Reason::ChecksumWrong,
            ),
            case(
                "SHA256",
                put()
                    .with("x-amz-checksum-sha256", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
                    .signed(rita),
                400,
                "BadDigest",
                Reason::ChecksumWrong,
            ),
            case(
                "no CRC64NVME",
                put().with("x-amz-checksum-crc64nvme", "AAAA").signed(rita),
                400,
                "InvalidRequest",
                Reason::Invalid,
            ),
            case(
                "oversize",
                put().length((5 << 30) + (200 << 20)).signed(rita),
                400,
                "EntityTooLarge",
                Reason::TooLarge,
            ),
            case(
                "oversize by its own word",
                put().with("x-amz-decoded-content-length", "5368709121").signed(rita),
                400,
                "EntityTooLarge",
                Reason::TooLarge,
            ),
            case(
                "no length",
                Call::put(TARGET, b"4\r\ndata\r\n0\r\n\r\n")
                    .with("transfer-encoding", "chunked")
                    .payload(UNSIGNED)
                    .signed(rita),
                411,
                "MissingContentLength",
                Reason::Invalid,
            ),
            case(
                "metadata",
                put().with("x-amz-meta-long", &"m".repeat(3_000)).signed(rita),
                400,
                "MetadataTooLarge",
                Reason::TooLarge,
            ),
            case("part 0", parted(0, &absent), 400, "InvalidArgument", Reason::Invalid),
            case("part 10,001", parted(10_001, &absent), 400, "InvalidArgument", Reason::Invalid),
            case("no upload", parted(1, &absent), 404, "NoSuchUpload", Reason::NotFound),
            case("no upload id", parted(1, "..%2F"), 404, "NoSuchUpload", Reason::NotFound),
        ],
    )
    .await;
    let cut = put().length(10).payload(UNSIGNED).signed(rita).send_cut(house.outside).await;
    assert_eq!(
        (cut.status, cut.code().as_str(), cut.reason()),
        (400, "IncompleteBody", "body_cut"),
        "{}",
        cut.text()
    );
    assert!(house.keys().await.is_empty());
    house.close().await;
}

#[tokio::test]
async fn names() {
    let house = House::open().await;
    let rita = &house.rita;
    let put = |key: &str| Call::put(&format!("/{BUCKET}/{key}"), b"data").signed(rita);
    let long = "k".repeat(1_025);
    let long_accents = "%C3%A9".repeat(513);
    check(
        &house,
        vec![
            case("NUL", put("a%00b"), 400, "InvalidURI", Reason::Invalid),
            case("no UTF-8", put("a%FFb"), 400, "InvalidURI", Reason::Invalid),
            case("half an escape", put("a%2"), 400, "InvalidURI", Reason::Invalid),
            case("no escape", put("a%zz"), 400, "InvalidURI", Reason::Invalid),
            case("overlong", put("%C0%AF"), 400, "InvalidURI", Reason::Invalid),
            case("surrogate", put("%ED%A0%80"), 400, "InvalidURI", Reason::Invalid),
            case("1,025 bytes", put(&long), 400, "KeyTooLongError", Reason::TooLarge),
            case(
                "1,026 bytes in 513 characters",
                put(&long_accents),
                400,
                "KeyTooLongError",
                Reason::TooLarge,
            ),
            case(
                "NUL in a query",
                Call::get("/results?prefix=%00").signed(rita),
                400,
                "InvalidURI",
                Reason::Invalid,
            ),
            case(
                "no UTF-8 in a query",
                Call::get("/results?prefix=%FF").signed(rita),
                400,
                "InvalidURI",
                Reason::Invalid,
            ),
            case(
                "many parameters",
                Call::get(&format!("/results?{}", "a=b&".repeat(65))).signed(rita),
                400,
                "InvalidURI",
                Reason::Invalid,
            ),
            case(
                "bucket",
                Call::put("/Results", b"").signed(rita),
                400,
                "InvalidBucketName",
                Reason::Invalid,
            ),
            case(
                "copy source",
                put("x").with("x-amz-copy-source", "results/%FF"),
                403,
                "AccessDenied",
                Reason::SignatureWrong,
            ),
            case(
                "signed copy source",
                Call::put(TARGET, b"").with("x-amz-copy-source", "results/%FF").signed(rita),
                400,
                "InvalidArgument",
                Reason::Invalid,
            ),
            case(
                "token",
                Call::get("/results?list-type=2&continuation-token=%21%21").signed(rita),
                400,
                "InvalidArgument",
                Reason::Invalid,
            ),
            case(
                "negative page",
                Call::get("/results?list-type=2&max-keys=-1").signed(rita),
                400,
                "InvalidArgument",
                Reason::Invalid,
            ),
            case(
                "endless page",
                Call::get("/results?list-type=2&max-keys=99999999999999").signed(rita),
                400,
                "InvalidArgument",
                Reason::Invalid,
            ),
        ],
    )
    .await;
    house.close().await;
}

#[tokio::test]
async fn headers_and_xml() {
    let house = House::open().await;
    let rita = &house.rita;
    let put = || Call::put(TARGET, b"data");
    let post = |query: &str, body: &[u8]| Call::post(&format!("/{BUCKET}?{query}"), body).signed(rita);
    let done = |body: &str| {
        Call::post(&format!("{TARGET}?uploadId={}", "a".repeat(26)), body.as_bytes()).signed(rita)
    };
    let parts: String = (1..=10_001)
        .map(|number| format!("<Part><PartNumber>{number}</PartNumber><ETag>e</ETag></Part>"))
        .collect();
    let keys: String = (0..1_001).map(|key| format!("<Object><Key>{key}</Key></Object>")).collect();
    let twice = put().with("x-amz-acl", "private").signed(rita).with("x-amz-acl", "private");
    let added = put().with("x-amz-meta-a", "b").signed(rita).with("x-amz-meta-a", "c");
    check(
        &house,
        vec![
            case("header twice", twice, 400, "InvalidRequest", Reason::Invalid),
            case("metadata added", added, 403, "SignatureDoesNotMatch", Reason::SignatureWrong),
            case(
                "range of an absent object",
                Call::get(TARGET).with("range", "bytes=0-").signed(rita),
                404,
                "NoSuchKey",
                Reason::NotFound,
            ),
            case(
                "public",
                put().with("x-amz-acl", "public-read").signed(rita),
                501,
                "NotImplemented",
                Reason::NotOffered,
            ),
            case(
                "own key",
                put().with("x-amz-server-side-encryption-customer-algorithm", "AES256").signed(rita),
                501,
                "NotImplemented",
                Reason::NotOffered,
            ),
            case(
                "tags",
                put().with("x-amz-tagging", "n;=b").signed(rita),
                400,
                "InvalidTag",
                Reason::Invalid,
            ),
            case(
                "inventory",
                Call::get("/results?inventory=").signed(rita),
                501,
                "NotImplemented",
                Reason::NotOffered,
            ),
            case(
                "torrent",
                Call::get("/results/bad?torrent=").signed(rita),
                501,
                "NotImplemented",
                Reason::NotOffered,
            ),
            case(
                "method",
                Call::new("PATCH", TARGET, b"").signed(rita),
                405,
                "MethodNotAllowed",
                Reason::Invalid,
            ),
            case(
                "condition",
                put().with("if-none-match", "\"etag\"").signed(rita),
                501,
                "NotImplemented",
                Reason::NotOffered,
            ),
            case(
                "absent condition",
                put().with("if-match", "\"etag\"").signed(rita),
                404,
                "NoSuchKey",
                Reason::NotFound,
            ),
            case(
                "XML cut",
                post("delete=", b"<Delete><Object><Key>a</Key>"),
                400,
                "MalformedXML",
                Reason::Invalid,
            ),
            case("no XML", post("delete=", b"\x00\xff<<<"), 400, "MalformedXML", Reason::Invalid),
            case("other XML", post("delete=", b"<Erase/>"), 400, "MalformedXML", Reason::Invalid),
            case(
                "1,001 keys",
                post("delete=", format!("<Delete>{keys}</Delete>").as_bytes()),
                400,
                "MalformedXML",
                Reason::Invalid,
            ),
            case("no key", post("delete=", b"<Delete></Delete>"), 400, "MalformedXML", Reason::Invalid),
            case(
                "bomb",
                post(
                    "delete=",
                    b"<!DOCTYPE a [<!ENTITY b \"cc\">]><Delete><Object><Key>&b;</Key></Object></Delete>",
                ),
                400,
                "MalformedXML",
                Reason::Invalid,
            ),
            case(
                "10,001 parts",
                done(&format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>")),
                400,
                "MalformedXML",
                Reason::Invalid,
            ),
            case(
                "no parts",
                done("<CompleteMultipartUpload></CompleteMultipartUpload>"),
                400,
                "MalformedXML",
                Reason::Invalid,
            ),
            case("nothing to complete", done(""), 400, "MalformedXML", Reason::Invalid),
            case(
                "versioning",
                Call::put(
                    "/results?versioning=",
                    b"<VersioningConfiguration><Status>Maybe</Status></VersioningConfiguration>",
                )
                .signed(rita),
                400,
                "MalformedXML",
                Reason::Invalid,
            ),
        ],
    )
    .await;
    large_xml(&house).await;
    no_utf8(&house).await;
    house.close().await;
}

/// A header's value may be any bytes; a name or metadata may not.
async fn no_utf8(house: &House) {
    let mut bytes = Call::put(TARGET, b"data").with("x-amz-meta-a", "QQ").signed(&house.rita).bytes();
    let at = bytes.windows(2).position(|pair| pair == b"QQ").unwrap();
    bytes[at..at + 2].copy_from_slice(b"\xff\xfe");
    let mut stream = tokio::net::TcpStream::connect(house.outside).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, &bytes).await.unwrap();
    let answer = Answer::read(&mut stream, false).await;
    assert_eq!((answer.status, answer.code().as_str(), answer.reason()), (400, "InvalidArgument", "invalid"));
    assert!(house.keys().await.is_empty());
}

async fn large_xml(house: &House) {
    let body = format!("<Delete>{}</Delete>", " ".repeat(9 << 20));
    let answer = house.call(Call::post(&format!("/{BUCKET}?delete="), body.as_bytes())).await;
    assert_eq!(
        (answer.status, answer.code().as_str(), answer.reason()),
        (400, "MaxMessageLengthExceeded", "too_large")
    );
}

#[tokio::test]
async fn an_upload_s_parts_are_held_to_their_word() {
    let house = House::open().await;
    let upload = house.start_upload("big").await;
    let part = |number: u32, body: &[u8]| {
        Call::put(&format!("/{BUCKET}/big?partNumber={number}&uploadId={upload}"), body)
    };
    let done = |parts: &[(u32, &str)]| {
        let parts: String = parts
            .iter()
            .map(|(number, etag)| {
                format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
            })
            .collect();
        Call::post(
            &format!("/{BUCKET}/big?uploadId={upload}"),
            format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>").as_bytes(),
        )
    };
    let mut etags = Vec::new();
    for number in [1, 2] {
        let answer = house.call(part(number, b"small")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        etags.push(answer.header("etag").unwrap().replace('"', ""));
    }
    let cases = [
        (done(&[(1, &etags[0]), (2, &etags[1])]), "EntityTooSmall"),
        (done(&[(2, &etags[1]), (1, &etags[0])]), "InvalidPartOrder"),
        (done(&[(1, &etags[1])]), "InvalidPart"),
        (done(&[(3, &etags[1])]), "InvalidPart"),
        (done(&[(1, &etags[0])]).with("x-amz-mp-object-size", "6"), "InvalidRequest"),
        (done(&[(1, &etags[0])]).with("x-amz-checksum-crc64nvme", "AAAAAAAAAAA="), "BadDigest"),
    ];
    for (call, code) in cases {
        let answer = house.call(call).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, code), "{}", answer.text());
    }
    assert!(house.keys().await.is_empty());
    assert_eq!(house.uploads().await, 1);
    let aborted = house.call(Call::delete(&format!("/{BUCKET}/big?uploadId={upload}"))).await;
    assert_eq!(aborted.status, 204);
    assert_eq!(house.uploads().await, 0);
    house.close().await;
}

/// Whoever signs wrongly, or at another time than ours, is told so and leaves nothing.
#[tokio::test]
async fn signatures_and_clocks() {
    let house = House::open().await;
    let put = || Call::put(TARGET, b"data");
    let at = |minutes: i64| put().at(house::now().plus_ms(minutes * 60_000)).signed(&house.rita);
    let mut forged = house.rita.clone();
    forged.secret.push('x');
    let wrong = |call: Call| {
        case("wrong signature", call.signed(&forged), 403, "SignatureDoesNotMatch", Reason::SignatureWrong)
    };
    let skewed = |call: Call| case("skewed clock", call, 403, "RequestTimeTooSkewed", Reason::ClockSkewed);
    let cases = vec![
        wrong(put()),
        wrong(Call::post(&format!("{TARGET}?uploads="), b"")),
        wrong(Call::delete(TARGET)),
        wrong(Call::post("/results?delete=", b"<Delete/>")),
        skewed(at(-16)),
        skewed(at(16)),
        case(
            "no date",
            put().with("x-amz-date", "yesterday").signed(&house.rita),
            403,
            "AccessDenied",
            Reason::Invalid,
        ),
    ];
    check(&house, cases).await;
    house.close().await;
}

#[tokio::test]
async fn headers_that_cannot_be_read() {
    let house = House::open().await;
    let bad = |name: &'static str, call: Call, code: &'static str| {
        case(name, call.signed(&house.rita), 400, code, Reason::Invalid)
    };
    let put = || Call::put(TARGET, b"data");
    let copy = || Call::put("/results/copy", b"").with("x-amz-copy-source", "results/table");
    check(
        &house,
        vec![
            bad("decoded length", put().with("x-amz-decoded-content-length", "4x"), "InvalidArgument"),
            bad("payload hash", put().payload("nonsense"), "InvalidArgument"),
            bad("directive", copy().with("x-amz-metadata-directive", "MOVE"), "InvalidArgument"),
            bad("copy's date", copy().with("x-amz-copy-source-if-modified-since", "soon"), "InvalidArgument"),
            bad("expiry", put().with("expires", "soon"), "InvalidArgument"),
            bad(
                "checksum's type",
                Call::post(&format!("{TARGET}?uploads="), b"").with("x-amz-checksum-type", "HALF"),
                "InvalidRequest",
            ),
            bad(
                "part's number",
                Call::put(&format!("{TARGET}?partNumber=one&uploadId=a"), b""),
                "InvalidArgument",
            ),
            bad(
                "size of an upload",
                Call::post(&format!("{TARGET}?uploadId=a"), b"<CompleteMultipartUpload/>")
                    .with("x-amz-mp-object-size", "big"),
                "InvalidArgument",
            ),
            bad(
                "NUL in XML",
                Call::post("/results?delete=", b"<Delete><Object><Key>a&#0;b</Key></Object></Delete>"),
                "MalformedXML",
            ),
            bad(
                "no UTF-8 in XML",
                Call::post("/results?delete=", b"<Delete><Object><Key>\xff</Key></Object></Delete>"),
                "MalformedXML",
            ),
        ],
    )
    .await;
    house.close().await;
}

/// Keys come in by four ways, and none of them takes one that is too long or holds NUL.
#[tokio::test]
async fn long_keys_come_in_by_no_way() {
    let house = House::open().await;
    let long = "k".repeat(1_025);
    let too_long = |name: &'static str, call: Call| {
        case(name, call.signed(&house.rita), 400, "KeyTooLongError", Reason::TooLarge)
    };
    check(
        &house,
        vec![
            too_long("put", Call::put(&format!("/results/{long}"), b"data")),
            too_long("upload", Call::post(&format!("/results/{long}?uploads="), b"")),
            too_long("get", Call::get(&format!("/results/{long}"))),
            too_long(
                "copy",
                Call::put("/results/copy", b"").with("x-amz-copy-source", &format!("results/{long}")),
            ),
        ],
    )
    .await;
    let batch = format!("<Delete><Object><Key>{long}</Key></Object></Delete>");
    let told = house.call(Call::post("/results?delete=", batch.as_bytes())).await;
    assert_eq!((told.status, told.code()), (200, "KeyTooLongError".to_owned()), "{}", told.text());
    house.close().await;
}
