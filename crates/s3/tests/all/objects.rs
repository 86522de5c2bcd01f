//! Objects over the door: what goes in comes out, and nothing else.

use crate::house;

use house::{BUCKET, Call, House};

#[tokio::test]
async fn an_object_goes_in_comes_out_and_is_gone() {
    let house = House::open().await;
    let target = format!("/{BUCKET}/table.csv");
    let put = house
        .call(
            Call::put(&target, b"a,b\n1,2\n")
                .with("content-type", "text/csv")
                .with("x-amz-meta-study", "planet"),
        )
        .await;
    assert_eq!(put.status, 200, "{}", put.text());
    assert!(put.header("x-epic-leaf").unwrap().contains(':'));
    let etag = put.header("etag").unwrap().to_owned();
    assert!(etag.ends_with("-1\""), "{etag}");

    let got = house.call(Call::get(&target)).await;
    assert_eq!((got.status, got.body.as_slice()), (200, &b"a,b\n1,2\n"[..]), "{}", got.text());
    assert_eq!(got.header("content-type"), Some("text/csv"));
    assert_eq!(got.header("x-amz-meta-study"), Some("planet"));
    assert_eq!(got.header("etag"), Some(etag.as_str()));
    assert!(got.header("x-epic-leaf").is_some());

    assert_eq!(house.keys().await, ["table.csv"]);
    assert_eq!(house.call(Call::delete(&target)).await.status, 204);
    let lost = house.call(Call::get(&target)).await;
    assert_eq!((lost.status, lost.code().as_str(), lost.reason()), (404, "NoSuchKey", "not_found"));
    assert!(house.keys().await.is_empty());
    house.close().await;
}

/// Names that tools trip over; each is only a name here.
const ODD: [&str; 24] = [
    "..",
    ".",
    "../..",
    "a/../b",
    "//",
    "/",
    "a//b",
    "%2F",
    "%252e",
    "#1",
    "a#1",
    "a?b=c",
    "a b",
    "a+b",
    " lead",
    "trail ",
    "é",
    "e\u{301}",
    "emoji \u{1f9ec}",
    "tab\tnew\nline",
    "\r",
    "\u{1}\u{1f}\u{7f}",
    "&<>\"'",
    "\u{fffd}\u{ffff}",
];

#[tokio::test]
async fn names_are_data() {
    let house = House::open().await;
    let long = "k".repeat(1_024);
    let names: Vec<&str> = ODD.into_iter().chain([long.as_str()]).collect();
    for name in &names {
        let target = format!("/{BUCKET}/{}", house::call::escape(name));
        let put = house.call(Call::put(&target, name.as_bytes())).await;
        assert_eq!(put.status, 200, "{name:?}: {}", put.text());
    }
    for name in &names {
        let got = house.call(Call::get(&format!("/{BUCKET}/{}", house::call::escape(name)))).await;
        assert_eq!(got.body, name.as_bytes(), "{name:?}");
    }
    let mut sorted: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    sorted.sort();
    assert_eq!(house.keys().await, sorted);

    let unasked = house.call(Call::get(&format!("/{BUCKET}?list-type=2"))).await;
    assert_eq!(unasked.all("EncodingType"), ["url"], "control characters cannot stand in XML");
    let plain = house.call(Call::get(&format!("/{BUCKET}?list-type=2&prefix=%C3%A9"))).await;
    assert_eq!((plain.all("Key"), plain.all("EncodingType").len()), (vec!["é".to_owned()], 0));
    for name in names {
        assert_eq!(
            house.call(Call::delete(&format!("/{BUCKET}/{}", house::call::escape(name)))).await.status,
            204
        );
    }
    assert!(house.keys().await.is_empty());
    house.close().await;
}

#[tokio::test]
async fn ranges_and_conditions() {
    let house = House::open().await;
    let target = format!("/{BUCKET}/ranged");
    let plain: Vec<u8> = (0..200_000_u32).map(|number| (number % 251) as u8).collect();
    let put = house.call(Call::put(&target, &plain)).await;
    let etag = put.header("etag").unwrap().to_owned();
    let whole = plain.len();
    for (range, from, to) in [
        ("bytes=0-0", 0, 1),
        ("bytes=65535-65536", 65_535, 65_537),
        ("bytes=199990-", 199_990, whole),
        ("bytes=-10", whole - 10, whole),
        ("bytes=-900000", 0, whole),
        ("bytes=100-900000", 100, whole),
    ] {
        let got = house.call(Call::get(&target).with("range", range)).await;
        assert_eq!((got.status, got.body.as_slice()), (206, &plain[from..to]), "{range}");
        assert_eq!(got.header("content-range"), Some(format!("bytes {from}-{}/{whole}", to - 1).as_str()));
        let head = house.call(Call::head(&target).with("range", range)).await;
        assert_eq!(
            (head.status, head.header("content-length")),
            (206, Some((to - from).to_string().as_str())),
            "{range}"
        );
    }
    let beyond = house.call(Call::get(&target).with("range", "bytes=200000-")).await;
    assert_eq!(
        (beyond.status, beyond.code().as_str(), beyond.header("content-range")),
        (416, "InvalidRange", Some("bytes */200000"))
    );
    let (past, future) = ("Thu, 01 Jan 2015 00:00:00 GMT", "Fri, 01 Jan 2055 00:00:00 GMT");
    for (name, value, status) in [
        ("if-match", etag.as_str(), 200),
        ("if-match", "*", 200),
        ("if-match", "\"other\"", 412),
        ("if-none-match", "\"other\"", 200),
        ("if-none-match", &etag, 304),
        ("if-none-match", "*", 304),
        ("if-modified-since", past, 200),
        ("if-modified-since", future, 304),
        ("if-unmodified-since", future, 200),
        ("if-unmodified-since", past, 412),
    ] {
        for call in [Call::get(&target), Call::head(&target)] {
            let answer = house.call(call.with(name, value)).await;
            assert_eq!(answer.status, status, "{name}: {value}");
            assert!(status == 200 || answer.body.is_empty() || status == 412);
        }
    }
    house.close().await;
}

#[tokio::test]
async fn a_presigned_link_does_what_it_says_and_no_more() {
    let house = House::open().await;
    let put = Call::put(&format!("/{BUCKET}/linked"), b"linked")
        .presigned(&house.rita, 60)
        .send(house.outside)
        .await;
    assert_eq!(put.status, 200, "{}", put.text());
    let link =
        Call::get(&format!("/{BUCKET}/linked?response-content-type=text%2Fplain")).presigned(&house.rita, 60);
    let got = link.clone().send(house.outside).await;
    assert_eq!((got.body.as_slice(), got.header("content-type")), (&b"linked"[..], Some("text/plain")));
    let mut other = link.clone();
    other.target = other.target.replace("text%2Fplain", "text%2Fhtml");
    assert_eq!(other.send(house.outside).await.code(), "SignatureDoesNotMatch");
    let mut other = link;
    other.method = "DELETE".into();
    assert_eq!(other.send(house.outside).await.code(), "SignatureDoesNotMatch");
    house.close().await;
}

#[tokio::test]
async fn a_batch_deletes_what_it_may_and_says_what_it_may_not() {
    let house = House::open().await;
    for key in ["a", "b", "held"] {
        house.call(Call::put(&format!("/{BUCKET}/{key}"), b"x")).await;
    }
    let hold = serde_json::json!({ "project": house::PROJECT, "bucket": BUCKET, "key": "held", "hold": "on", "reason": "a question" });
    house.world.act("carla", "object.hold", hold).await.unwrap();
    let names: String = ["a", "b", "held", "never there"]
        .iter()
        .map(|key| format!("<Object><Key>{key}</Key></Object>"))
        .collect();
    let answer = house
        .call(Call::post(&format!("/{BUCKET}?delete="), format!("<Delete>{names}</Delete>").as_bytes()))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.code(), "AccessDenied");
    assert!(answer.text().contains("[legal_hold]"), "{}", answer.text());
    assert!(answer.header("x-epic-leaf").is_some());
    assert_eq!(answer.all("Deleted").len(), 3);
    assert_eq!(house.keys().await, ["held"]);
    house.close().await;
}
