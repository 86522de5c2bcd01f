//! What is said of an object and comes back with it, and which of its bytes.

use crate::house;

use house::{BUCKET, Call, House};

const TARGET: &str = "/results/table";

#[tokio::test]
async fn metadata_come_back_as_they_were_meant() {
    let house = House::open().await;
    let long = "è".repeat(400);
    let long_word = format!("=?UTF-8?B?{}?=", data_encoding::BASE64.encode(long.as_bytes()));
    for (sent, meant) in [
        ("plain", "plain"),
        ("a, b, c; d=\"e\"", "a, b, c; d=\"e\""),
        ("=?UTF-8?B?w6k=?=", "é"),
        ("=?UTF-8?Q?caf=C3=A9_noir?=", "café noir"),
        ("=?UTF-8?B?w6k=?= and =?UTF-8?B?w6k=?=", "é and é"),
        ("naïve", "naïve"),
        (long_word.as_str(), long.as_str()),
    ] {
        let put = house.call(Call::put(TARGET, b"x").with("x-amz-meta-Said", sent)).await;
        assert_eq!(put.status, 200, "{sent}: {}", put.text());
        for call in [Call::get(TARGET), Call::head(TARGET)] {
            let answer = house.call(call).await;
            let told = answer.header("x-amz-meta-said").unwrap();
            assert!(told.is_ascii(), "{told}");
            assert_eq!(unworded(told), meant, "{sent}");
            // All that is kept can be told.
            assert_eq!(answer.header("x-amz-missing-meta"), None);
        }
    }
    house.close().await;
}

/// An oracle of its own: encoded words as we write them, joined.
fn unworded(told: &str) -> String {
    let word = |word: &str| {
        let text = word.strip_prefix("=?UTF-8?B?").and_then(|word| word.strip_suffix("?="))?;
        data_encoding::BASE64.decode(text.as_bytes()).ok()
    };
    let words: Option<Vec<_>> = told.split(' ').map(word).collect();
    words.map_or(told.to_owned(), |words| String::from_utf8(words.concat()).unwrap())
}

#[tokio::test]
async fn metadata_that_come_twice_are_a_list() {
    let house = House::open().await;
    // SPEC: SigV4: values of one name are signed joined by a comma.
    let mut call = Call::put(TARGET, b"x").with("x-amz-meta-site", "bari,catania").signed(&house.rita);
    let place = call.headers.iter().position(|(name, _)| name == "x-amz-meta-site").unwrap();
    call.headers[place].1 = "bari".into();
    call.headers.push(("X-Amz-Meta-Site".into(), "  catania ".into()));
    let put = call.send(house.outside).await;
    assert_eq!(put.status, 200, "{}", put.text());
    assert_eq!(house.call(Call::head(TARGET)).await.header("x-amz-meta-site"), Some("bari,catania"));
    house.close().await;
}

// Goal: 2 KB of metadata, as people read them. Method: names and values around the edge, encoded or not.
#[tokio::test]
async fn metadata_have_their_limit() {
    let house = House::open().await;
    let put =
        |size_bytes: usize| Call::put(TARGET, b"x").with("x-amz-meta-abcd", &"v".repeat(size_bytes - 4));
    assert_eq!(house.call(put(2_048)).await.status, 200);
    let refused = house.call(put(2_049)).await;
    assert_eq!((refused.status, refused.code().as_str()), (400, "MetadataTooLarge"), "{}", refused.text());
    let both = Call::put(TARGET, b"x")
        .with("x-amz-meta-a", &"v".repeat(1_500))
        .with("x-amz-meta-b", &"v".repeat(600));
    assert_eq!(house.call(both).await.code(), "MetadataTooLarge");
    house.close().await;
}

const KEPT: [(&str, &str); 5] = [
    ("cache-control", "no-store, max-age=0"),
    ("content-disposition", "attachment; filename=\"a, b.csv\""),
    ("content-encoding", "gzip"),
    ("content-language", "it, en"),
    ("expires", "Fri, 01 Jan 2055 00:00:00 GMT"),
];

#[tokio::test]
async fn headers_that_s3_keeps_are_kept_and_answered_or_overridden() {
    let house = House::open().await;
    let call = KEPT.iter().fold(Call::put(TARGET, b"x"), |call, (name, value)| call.with(name, value));
    assert_eq!(house.call(call).await.status, 200);
    let upload = KEPT
        .iter()
        .fold(Call::post("/results/parted?uploads=", b""), |call, (name, value)| call.with(name, value));
    let upload = house.call(upload).await.all("UploadId").remove(0);
    let part = house.call(Call::put(&format!("/results/parted?partNumber=1&uploadId={upload}"), b"x")).await;
    let body = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{}</ETag></Part></CompleteMultipartUpload>",
        part.header("etag").unwrap()
    );
    house.call(Call::post(&format!("/results/parted?uploadId={upload}"), body.as_bytes())).await;
    for target in [TARGET, "/results/parted"] {
        for call in [Call::get(target), Call::head(target)] {
            let answer = house.call(call).await;
            for (name, value) in KEPT {
                assert_eq!(answer.header(name), Some(value), "{target} {name}");
            }
        }
    }
    let query = "response-cache-control=private&response-content-disposition=inline&response-content-encoding=br\
&response-content-language=de&response-content-type=text%2Fplain&response-expires=Sat%2C%2002%20Jan%202055%2000%3A00%3A00%20GMT";
    for call in [Call::get(&format!("{TARGET}?{query}")), Call::head(&format!("{TARGET}?{query}"))] {
        let answer = house.call(call).await;
        for (name, value) in [
            ("cache-control", "private"),
            ("content-disposition", "inline"),
            ("content-encoding", "br"),
            ("content-language", "de"),
            ("content-type", "text/plain"),
            ("expires", "Sat, 02 Jan 2055 00:00:00 GMT"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{name}");
        }
    }
    house.close().await;
}

#[tokio::test]
async fn a_transfer_s_framing_is_no_encoding() {
    let house = House::open().await;
    for (sent, kept) in
        [("aws-chunked", None), ("aws-chunked,gzip", Some("gzip")), ("gzip, aws-chunked", Some("gzip"))]
    {
        house.call(Call::put(TARGET, b"x").with("content-encoding", sent)).await;
        assert_eq!(house.call(Call::get(TARGET)).await.header("content-encoding"), kept, "{sent}");
    }
    house.close().await;
}

// Goal: what is no single range is answered as S3 does, with the whole. Method: ranges that RFC 9110 lets one ignore.
#[tokio::test]
async fn what_is_no_single_range_is_the_whole() {
    let house = House::open().await;
    house.call(Call::put(TARGET, b"0123456789")).await;
    for range in
        ["bytes=0-1,3-4", "bytes=5-2", "bytes=a-b", "bytes=", "items=0-1", "0-1", "bytes=1", "bytes= 0-1 "]
    {
        for call in [Call::get(TARGET), Call::head(TARGET)] {
            let answer = house.call(call.with("range", range)).await;
            assert_eq!((answer.status, answer.header("content-length")), (200, Some("10")), "{range}");
            assert_eq!(answer.header("content-range"), None, "{range}");
        }
        assert_eq!(house.call(Call::get(TARGET).with("range", range)).await.body, b"0123456789");
        let link =
            Call::get(TARGET).with("range", range).presigned(&house.rita, 60).send(house.outside).await;
        assert_eq!((link.status, link.body.as_slice()), (200, &b"0123456789"[..]), "{range}");
        // The signature is asked as ever.
        let mut forged = house.rita.clone();
        forged.secret.push('x');
        let refused = Call::get(TARGET).with("range", range).signed(&forged).send(house.outside).await;
        assert_eq!((refused.status, refused.code().as_str()), (403, "SignatureDoesNotMatch"), "{range}");
        let gone = house.call(Call::get("/results/none").with("range", range)).await;
        assert_eq!((gone.status, gone.code().as_str()), (404, "NoSuchKey"));
    }
    for (range, body) in
        [("bytes=-3", &b"789"[..]), ("bytes=8-", b"89"), ("bytes=2-3", b"23"), ("bytes=9-99", b"9")]
    {
        let answer = house.call(Call::get(TARGET).with("range", range)).await;
        assert_eq!((answer.status, answer.body.as_slice()), (206, body), "{range}");
    }
    for range in ["bytes=10-", "bytes=10-20", "bytes=-0"] {
        assert_eq!(house.call(Call::get(TARGET).with("range", range)).await.status, 416, "{range}");
    }
    house.close().await;
}

#[tokio::test]
async fn parts_are_read_by_their_number() {
    let house = House::open().await;
    let upload = house.start_upload("parted").await;
    let bodies = [vec![1; 5 << 20], vec![2; (5 << 20) + 3], vec![3; 7]];
    let mut parts = String::new();
    for (body, number) in bodies.iter().zip(1..) {
        let sent = house
            .call(Call::put(&format!("/{BUCKET}/parted?partNumber={number}&uploadId={upload}"), body))
            .await;
        let etag = sent.header("etag").unwrap();
        parts.push_str(&format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"));
    }
    let body = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
    house.call(Call::post(&format!("/{BUCKET}/parted?uploadId={upload}"), body.as_bytes())).await;
    let whole: usize = bodies.iter().map(Vec::len).sum();
    let mut start = 0;
    for (body, number) in bodies.iter().zip(1..) {
        let target = format!("/{BUCKET}/parted?partNumber={number}");
        let range = format!("bytes {start}-{}/{whole}", start + body.len() - 1);
        for call in [Call::get(&target), Call::head(&target)] {
            let answer = house.call(call).await;
            assert_eq!((answer.status, answer.header("content-range")), (206, Some(range.as_str())));
            assert_eq!(answer.header("x-amz-mp-parts-count"), Some("3"));
            assert_eq!(answer.header("content-length"), Some(body.len().to_string().as_str()));
        }
        assert!(house.call(Call::get(&target)).await.body == *body);
        start += body.len();
    }
    let lost = house.call(Call::get(&format!("/{BUCKET}/parted?partNumber=4"))).await;
    assert_eq!((lost.status, lost.code().as_str()), (416, "InvalidPartNumber"), "{}", lost.text());
    house.call(Call::put(TARGET, b"x")).await;
    assert_eq!(house.call(Call::get(&format!("{TARGET}?partNumber=1"))).await.body, b"x");
    assert_eq!(house.call(Call::get(&format!("{TARGET}?partNumber=2"))).await.status, 416);
    let both = house.call(Call::get(&format!("{TARGET}?partNumber=1")).with("range", "bytes=0-0")).await;
    assert_eq!((both.status, both.code().as_str()), (400, "InvalidRequest"));
    house.close().await;
}
