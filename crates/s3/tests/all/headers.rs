//! Headers: what is asked for is done or refused, wherever the client writes it.

use crate::house;

use house::bad::{case, check};
use house::call::escape;
use house::{Answer, BUCKET, Call, House};
use words::Reason;

const TARGET: &str = "/results/table";
const PAST: &str = "Thu, 01 Jan 2015 00:00:00 GMT";
const FUTURE: &str = "Fri, 01 Jan 2055 00:00:00 GMT";

/// The headers that say what an object is.
const KEPT: [(&str, &str); 6] = [
    ("content-type", "text/csv; charset=utf-8"),
    ("content-encoding", "gzip"),
    ("content-language", "it-IT"),
    ("cache-control", "no-cache"),
    ("content-disposition", "attachment; filename=\"tabella.csv\""),
    ("expires", "Fri, 01 Jan 2055 00:00:00 GMT"),
];

fn kept(call: Call) -> Call {
    KEPT.iter().fold(call, |call, (name, value)| call.with(name, value))
}

fn assert_kept(answer: &Answer, what: &str) {
    assert_eq!(answer.status, 200, "{what}: {}", answer.text());
    for (name, value) in KEPT {
        assert_eq!(answer.header(name), Some(value), "{what}: {name}");
    }
}

/// What a link puts over an object's own headers.
fn overrides() -> String {
    let pairs = KEPT.map(|(name, _)| match name {
        "expires" => format!("response-expires={}", escape(PAST)),
        "content-type" => "response-content-type=text%2Fplain".to_owned(),
        name => format!("response-{name}=other"),
    });
    pairs.join("&")
}

#[tokio::test]
async fn what_an_object_is_said_to_be_comes_back() {
    let house = House::open().await;
    assert_eq!(house.call(kept(Call::put(TARGET, b"a,b"))).await.status, 200);
    let started = house.call(kept(Call::post("/results/parted?uploads=", b""))).await;
    let upload = started.all("UploadId").remove(0);
    let part =
        house.call(Call::put(&format!("/results/parted?partNumber=1&uploadId={upload}"), b"a,b")).await;
    let etag = part.header("etag").unwrap();
    let parts = format!("<Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>");
    let done = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
    let done = house.call(Call::post(&format!("/results/parted?uploadId={upload}"), done.as_bytes())).await;
    assert_eq!(done.status, 200, "{}", done.text());
    let copy = Call::put("/results/copied", b"").with("x-amz-copy-source", "results/table");
    assert_eq!(house.call(copy).await.status, 200);
    let replaced = Call::put("/results/replaced", b"").with("x-amz-copy-source", "results/parted");
    let replaced = kept(replaced).with("x-amz-metadata-directive", "REPLACE");
    assert_eq!(house.call(replaced).await.status, 200);
    for key in ["table", "parted", "copied", "replaced"] {
        let target = format!("/results/{key}");
        assert_kept(&house.call(Call::get(&target)).await, key);
        assert_kept(&house.call(Call::head(&target)).await, key);
        for call in [Call::get, Call::head] {
            let over = house.call(call(&format!("{target}?{}", overrides()))).await;
            assert_eq!(over.header("content-type"), Some("text/plain"), "{key}");
            assert_eq!(over.header("expires"), Some(PAST), "{key}");
            for name in ["cache-control", "content-disposition", "content-encoding", "content-language"] {
                assert_eq!(over.header(name), Some("other"), "{key}: {name}");
            }
        }
    }
    for call in [Call::get, Call::head] {
        let split = house.call(call(&format!("{TARGET}?response-cache-control=a%0D%0Ab%3A%20c"))).await;
        assert_eq!((split.status, split.header("b")), (400, None));
    }
    let unsigned = Call::get(&format!("{TARGET}?{}", overrides())).send(house.outside).await;
    assert_eq!((unsigned.status, unsigned.code()), (403, "AccessDenied".to_owned()));
    house.close().await;
}

#[tokio::test]
async fn a_copy_is_conditioned_by_its_source() {
    let house = House::open().await;
    let put = house.call(Call::put(TARGET, b"a,b")).await;
    let etag = put.header("etag").unwrap().to_owned();
    let copy = || Call::put("/results/copy", b"").with("x-amz-copy-source", "results/table");
    for (name, value, status) in [
        ("if-match", etag.as_str(), 200),
        ("if-match", "\"other\"", 412),
        ("if-none-match", "\"other\"", 200),
        ("if-none-match", &etag, 412),
        ("if-modified-since", PAST, 200),
        ("if-modified-since", FUTURE, 412),
        ("if-unmodified-since", FUTURE, 200),
        ("if-unmodified-since", PAST, 412),
    ] {
        let answer = house.call(copy().with(&format!("x-amz-copy-source-{name}"), value)).await;
        assert_eq!(answer.status, status, "{name}: {value}: {}", answer.text());
        let is_there = house.keys().await.contains(&"copy".to_owned());
        assert_eq!(is_there, status == 200, "{name}: {value}");
        house.call(Call::delete("/results/copy")).await;
    }
    // SPEC: CopyObject: with both, a matching ETag wins over the date.
    let both = copy().with("x-amz-copy-source-if-match", &etag);
    let both = both.with("x-amz-copy-source-if-unmodified-since", PAST);
    assert_eq!(house.call(both).await.status, 200);
    let both = copy().with("x-amz-copy-source-if-none-match", &etag);
    let both = both.with("x-amz-copy-source-if-modified-since", PAST);
    assert_eq!(house.call(both).await.status, 412);
    house.close().await;
}

#[tokio::test]
async fn nothing_asked_for_is_ignored() {
    let house = House::open().await;
    let rita = &house.rita;
    let put = || Call::put(TARGET, b"data");
    let no = |name: &'static str, call: Call| {
        case(name, call.signed(rita), 501, "NotImplemented", Reason::NotOffered)
    };
    let copy = || Call::put("/results/copy", b"").with("x-amz-copy-source", "results/table");
    check(
        &house,
        vec![
            no("unknown header", put().with("x-amz-never-heard-of", "a")),
            no("bucket key", put().with("x-amz-server-side-encryption-bucket-key-enabled", "true")),
            no("copy's condition on a put", put().with("x-amz-copy-source-if-match", "\"a\"")),
            no("object's size on a put", put().with("x-amz-mp-object-size", "4")),
            no("delete's condition", Call::delete(TARGET).with("x-amz-if-match-size", "4")),
            no("delete's other condition by HTTP", Call::delete(TARGET).with("if-none-match", "\"a\"")),
            no("another proof", Call::delete(TARGET).with("x-amz-mfa", "serial 123456")),
            no("put's date", put().with("if-unmodified-since", PAST)),
            no("part of an object", put().with("content-range", "bytes 0-3/8")),
            no("copy onto a condition", copy().with("if-none-match", "*")),
            no("range of a copy", copy().with("x-amz-copy-source-range", "bytes=0-1")),
            no("put of a version", Call::put("/results/table?versionId=a", b"data")),
            no("upload by PUT", Call::put("/results/table?uploads=", b"data")),
            no("listing's owner filter", Call::get("/results?list-type=2&only-mine=1")),
            case(
                "copy's own metadata",
                copy().with("x-amz-meta-a", "b").signed(rita),
                400,
                "InvalidRequest",
                Reason::Invalid,
            ),
            case(
                "algorithm",
                put().with("x-amz-sdk-checksum-algorithm", "MD4").signed(rita),
                400,
                "InvalidRequest",
                Reason::Invalid,
            ),
            case(
                "parameter twice",
                Call::get("/results?list-type=2&prefix=a&prefix=b").signed(rita),
                400,
                "InvalidRequest",
                Reason::Invalid,
            ),
        ],
    )
    .await;
    let message = house.call(put().with("x-amz-never-heard-of", "a")).await.all("Message").remove(0);
    assert!(message.contains("x-amz-never-heard-of"), "{message}");
    house.close().await;
}

/// SDKs write a presigned link's headers into its query.
fn linked(house: &House, query: &str, body: &[u8]) -> Call {
    Call::put(&format!("{TARGET}?{query}"), body).presigned(&house.rita, 60)
}

#[tokio::test]
async fn a_link_s_headers_count_in_its_query() {
    let house = House::open().await;
    let query = "X-Amz-Meta-Study=planet&x-amz-acl=private&x-amz-checksum-crc32=rfPj%2Bw%3D%3D&x-amz-sdk-checksum-algorithm=CRC32";
    let crc32 = seal::checksum::checksum(seal::checksum::Algorithm::Crc32, b"data").to_text();
    let query = query.replace("rfPj%2Bw%3D%3D", &escape(&crc32).replace('/', "%2F"));
    let refused = linked(&house, &query, b"date").send(house.outside).await;
    assert_eq!((refused.status, refused.code()), (400, "BadDigest".to_owned()), "{}", refused.text());
    for (query, status, code) in [
        ("x-amz-acl=public-read", 501, "NotImplemented"),
        ("x-amz-tagging=n%3B%3Db", 400, "InvalidTag"),
        ("x-amz-object-lock-mode=GOVERNANCE", 400, "InvalidArgument"),
        ("x-amz-never-heard-of=a", 501, "NotImplemented"),
        ("X-Amz-Never-Heard-Of=a", 501, "NotImplemented"),
        ("append=1", 501, "NotImplemented"),
        ("x-amz-meta-a=b&X-Amz-Meta-A=c", 400, "InvalidRequest"),
        ("x-amz-meta-a=b%0Ac", 400, "InvalidArgument"),
    ] {
        let refused = linked(&house, query, b"data").send(house.outside).await;
        assert_eq!((refused.status, refused.code().as_str()), (status, code), "{query}: {}", refused.text());
    }
    let mut twice = linked(&house, "x-amz-meta-a=b", b"data");
    twice.headers.push(("x-amz-meta-a".into(), "c".into()));
    assert_eq!(twice.send(house.outside).await.status, 403, "a header outside the signature");
    assert!(house.keys().await.is_empty());

    let stored = linked(&house, &query, b"data").send(house.outside).await;
    assert_eq!(stored.status, 200, "{}", stored.text());
    // The C++ SDK writes it in small letters, and names the one version of S3 that there is.
    for mode in ["ENABLED", "enabled"] {
        let call =
            Call::get(TARGET).with("x-amz-checksum-mode", mode).with("x-amz-api-version", "2006-03-01");
        let got = house.call(call).await;
        assert_eq!(got.header("x-amz-meta-study"), Some("planet"));
        assert_eq!(got.header("x-amz-checksum-crc32"), Some(crc32.as_str()));
    }
    let copied = Call::put("/results/copy?x-amz-copy-source=results%2Ftable", b"").presigned(&house.rita, 60);
    assert_eq!(copied.send(house.outside).await.status, 200);
    assert_eq!(house.call(Call::get("/results/copy")).await.body, b"data");
    house.close().await;
}

#[tokio::test]
async fn conditions_count_outside_the_signature_too() {
    let house = House::open().await;
    let first = house.call(Call::put(TARGET, b"first")).await;
    let etag = first.header("etag").unwrap().to_owned();
    let refused = house.call(Call::put(TARGET, b"second").with_unsigned("if-none-match", "*")).await;
    assert_eq!((refused.status, refused.code()), (412, "PreconditionFailed".to_owned()));
    let refused = house.call(Call::put(TARGET, b"second").with_unsigned("if-match", "\"other\"")).await;
    assert_eq!(refused.status, 412);
    assert_eq!(house.call(Call::get(TARGET)).await.body, b"first");
    assert_eq!(house.call(Call::get(TARGET).with_unsigned("if-none-match", &etag)).await.status, 304);
    assert_eq!(house.call(Call::get(TARGET).with_unsigned("if-modified-since", FUTURE)).await.status, 304);
    let open = house.call(Call::put(TARGET, b"second").with_unsigned("x-amz-meta-a", "b")).await;
    assert_eq!((open.status, open.reason()), (403, "signature_wrong"));
    let second = house.call(Call::put(TARGET, b"second").with_unsigned("if-match", &etag)).await;
    assert_eq!(second.status, 200, "{}", second.text());
    house.close().await;
}

#[tokio::test]
async fn a_range_counts_only_of_the_object_it_was_meant_for() {
    let house = House::open().await;
    let put = house.call(Call::put(TARGET, b"0123456789")).await;
    let etag = put.header("etag").unwrap().to_owned();
    let date = house.call(Call::head(TARGET)).await.header("last-modified").unwrap().to_owned();
    for (only_if, status) in [
        (etag.as_str(), 206),
        (date.as_str(), 206),
        ("\"other\"", 200),
        (PAST, 200),
        (FUTURE, 200),
        ("W/\"weak\"", 200),
        ("nonsense", 200),
    ] {
        for call in [Call::get(TARGET), Call::head(TARGET)] {
            let answer = house.call(call.with("range", "bytes=2-4").with("if-range", only_if)).await;
            assert_eq!(answer.status, status, "{only_if}");
            let length = if status == 206 { "3" } else { "10" };
            assert_eq!(answer.header("content-length"), Some(length), "{only_if}");
        }
    }
    house.close().await;
}

#[tokio::test]
async fn an_upload_s_checksum_is_of_the_type_it_was_started_with() {
    let house = House::open().await;
    let start = Call::post("/results/parted?uploads=", b"").with("x-amz-checksum-algorithm", "CRC32");
    let upload = house.call(start).await.all("UploadId").remove(0);
    let part = Call::put(&format!("/results/parted?partNumber=1&uploadId={upload}"), b"data");
    let part = house.call(part.with("x-amz-sdk-checksum-algorithm", "CRC32")).await;
    let etag = part.header("etag").unwrap();
    let sum = seal::checksum::checksum(seal::checksum::Algorithm::Crc32, b"data").to_text();
    let body = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag><ChecksumCRC32>{sum}</ChecksumCRC32></Part></CompleteMultipartUpload>"
    );
    let done = || Call::post(&format!("/results/parted?uploadId={upload}"), body.as_bytes());
    let other = house.call(done().with("x-amz-checksum-type", "FULL_OBJECT")).await;
    assert_eq!((other.status, other.code()), (400, "BadDigest".to_owned()), "{}", other.text());
    assert!(house.keys().await.is_empty());
    let same = house.call(done().with("x-amz-checksum-type", "COMPOSITE")).await;
    assert_eq!(same.status, 200, "{}", same.text());
    let copy = || Call::put(&format!("/{BUCKET}/copy"), b"").with("x-amz-copy-source", "results/parted");
    assert_eq!(house.call(copy().with("x-amz-checksum-algorithm", "CRC32")).await.status, 200);
    house.close().await;
}

#[tokio::test]
async fn a_bucket_lies_where_the_region_is() {
    let house = House::open().await;
    let create = |place: &str| {
        let body = format!(
            "<CreateBucketConfiguration><LocationConstraint>{place}</LocationConstraint></CreateBucketConfiguration>"
        );
        Call::put("/elsewhere", body.as_bytes())
    };
    let refused = house.call(create("eu-west-1")).await;
    assert_eq!(
        (refused.status, refused.code()),
        (400, "InvalidLocationConstraint".to_owned()),
        "{}",
        refused.text()
    );
    assert_eq!(house.call(Call::head("/elsewhere")).await.status, 404);
    // What the client takes this region for, as its signature says.
    let created = house.call(create("us-east-1")).await;
    assert_eq!(created.status, 200, "{}", created.text());
    house.close().await;
}
