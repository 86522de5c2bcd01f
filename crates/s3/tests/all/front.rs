//! Names of the door: buckets in the host, pages of other origins.

use crate::house;

use house::bad::{case, check};
use house::{Answer, BUCKET, Call, House};
use region::twin::Soil;
use s3::{Front, Limits};
use serde_json::json;
use words::Reason;

const CONSOLE: &str = "https://console.epic.example";

async fn house() -> House {
    let domains = ["s3.epic.example", "eu.s3.epic.example"].map(|domain| domain.parse().unwrap());
    let front = Front::new(domains.to_vec(), vec![CONSOLE.parse().unwrap()]);
    House::fronted(Soil::new(7), Limits::default(), front).await
}

fn at(host: &str, call: Call) -> Call {
    call.with("host", host)
}

// Goal: a bucket in the host is the bucket in the path. Method: write under each spelling of the host, read by path.
#[tokio::test]
async fn a_bucket_in_the_host_is_the_bucket_in_the_path() {
    let house = house().await;
    let hosts = [
        "results.s3.epic.example",
        "results.s3.epic.example:9000",
        "RESULTS.S3.epic.example",
        "results.s3.epic.example.",
        "results.eu.s3.epic.example",
    ];
    for (number, host) in hosts.into_iter().enumerate() {
        let body = format!("from {host}");
        let key = format!("deep/key-{number}");
        let put = house.call(at(host, Call::put(&format!("/{key}"), body.as_bytes()))).await;
        assert_eq!(put.status, 200, "{host}: {}", put.text());
        let read = house.call(Call::get(&format!("/{BUCKET}/{key}"))).await;
        assert_eq!((read.status, read.text()), (200, body.clone()), "{host}");
        let shared =
            at(host, Call::get(&format!("/{key}"))).presigned(&house.rita, 60).send(house.outside).await;
        assert_eq!((shared.status, shared.text()), (200, body), "{host}, presigned");
    }
    let listed = house.call(at(hosts[0], Call::get("/?list-type=2"))).await;
    assert_eq!(listed.all("Key").len(), hosts.len(), "{}", listed.text());
    let large = vec![7; 9 << 20];
    let put = house.call(at(hosts[0], Call::put("/large", &large))).await;
    assert_eq!(put.status, 200, "an object is no document, whatever its host: {}", put.text());
    let upload = house.call(at(hosts[0], Call::post("/parts?uploads=", b""))).await.all("UploadId").remove(0);
    let part = at(hosts[0], Call::put(&format!("/parts?partNumber=1&uploadId={upload}"), b"part"));
    let etag = house.call(part).await.header("etag").unwrap().to_owned();
    let list = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    );
    let done = at(hosts[0], Call::post(&format!("/parts?uploadId={upload}"), list.as_bytes()));
    assert_eq!(house.call(done).await.status, 200);
    for path_style in [
        "s3.epic.example",
        "localhost:9000",
        "127.0.0.1:9000",
        "results.other.example",
        "s3.epic.example.evil.example",
    ] {
        let read = house.call(at(path_style, Call::get(&format!("/{BUCKET}/parts")))).await;
        assert_eq!((read.status, read.text()), (200, "part".into()), "{path_style}");
    }
    house.close().await;
}

// Goal: a bucket with dots is reached by its host, and one that is not there or no name at all is not.
#[tokio::test]
async fn a_host_that_names_no_bucket_of_ours_opens_none() {
    let house = house().await;
    let made = house.call(Call::put("/a.dotted.name", b"")).await;
    assert_eq!(made.status, 200, "{}", made.text());
    assert_eq!(house.call(at("a.dotted.name.s3.epic.example", Call::put("/k", b"dots"))).await.status, 200);
    let read = house.call(Call::get("/a.dotted.name/k")).await;
    assert_eq!(read.text(), "dots");
    let get = |host: &str| at(host, Call::get("/k")).signed(&house.rita);
    let mut moved = get("a.dotted.name.s3.epic.example");
    moved
        .headers
        .iter_mut()
        .filter(|(name, _)| name == "host")
        .for_each(|(_, host)| *host = "results.s3.epic.example".into());
    let mut twice = get("results.s3.epic.example");
    twice.headers.push(("host".into(), "a.dotted.name.s3.epic.example".into()));
    let mut line = get("results.s3.epic.example");
    line.target = "http://a.dotted.name.s3.epic.example/k".into();
    let other = |host: &str, code: &'static str, status: u16, reason: Reason| {
        case("another host", get(host), status, code, reason)
    };
    check(
        &house,
        vec![
            other("nobodys-bucket.s3.epic.example", "NoSuchBucket", 404, Reason::NotFound),
            other(".s3.epic.example", "InvalidBucketName", 400, Reason::Invalid),
            other("a..b.s3.epic.example", "InvalidBucketName", 400, Reason::Invalid),
            other("results%2Fk.s3.epic.example", "InvalidBucketName", 400, Reason::Invalid),
            case("a host that was not signed", moved, 403, "SignatureDoesNotMatch", Reason::SignatureWrong),
            case("two hosts", twice, 400, "InvalidRequest", Reason::Invalid),
            case("another host in the line", line, 400, "InvalidRequest", Reason::Invalid),
        ],
    )
    .await;
    house.close().await;
}

fn cross(answer: &Answer) -> Vec<&str> {
    let names = answer.headers.iter().map(|(name, _)| name.as_str());
    names.filter(|name| name.starts_with("access-control-")).collect()
}

fn preflight(origin: &str, method: &str, headers: &str) -> Call {
    let call = Call::new("OPTIONS", "/results/a", b"").with("origin", origin);
    let call = call.with("access-control-request-method", method);
    if headers.is_empty() { call } else { call.with("access-control-request-headers", headers) }
}

// Goal: the console's pages may ask, and read what they need; nobody else's are told anything.
#[tokio::test]
async fn pages_of_the_console_may_ask_and_no_others() {
    let house = house().await;
    let fine = preflight(CONSOLE, "PUT", "authorization,content-type,x-amz-content-sha256,x-amz-date")
        .send(house.outside)
        .await;
    assert_eq!((fine.status, fine.header("access-control-allow-origin")), (200, Some(CONSOLE)));
    assert_eq!(
        fine.header("access-control-allow-headers"),
        Some("authorization,content-type,x-amz-content-sha256,x-amz-date")
    );
    assert!(fine.header("access-control-allow-methods").unwrap().contains("PUT"));
    assert_eq!(fine.header("access-control-allow-credentials"), None, "no cookie ever counts");
    let put = house.call(Call::put("/results/a", b"a").with("origin", CONSOLE)).await;
    assert_eq!((put.status, put.header("access-control-allow-origin")), (200, Some(CONSOLE)));
    let exposed = put.header("access-control-expose-headers").unwrap();
    for name in ["etag", "x-epic-leaf", "x-epic-reason", "x-amz-checksum-sha256"] {
        assert!(exposed.contains(name), "{exposed}");
    }
    let refused = house.call(Call::get("/results/none").with("origin", CONSOLE)).await;
    assert_eq!(
        (refused.status, refused.header("access-control-allow-origin")),
        (404, Some(CONSOLE)),
        "it may read why"
    );
    for strange in [
        preflight("https://console.epic.example.evil.example", "GET", ""),
        preflight("http://console.epic.example", "GET", ""),
        preflight("https://CONSOLE.epic.example", "GET", ""),
        preflight("null", "GET", ""),
        preflight(CONSOLE, "TRACE", ""),
        preflight(CONSOLE, "GET", "cookie"),
        preflight(CONSOLE, "GET", "authorization,"),
        preflight(CONSOLE, "GET", &"x-amz-a,".repeat(1_000)),
        preflight(CONSOLE, "GET", "").with("origin", "https://evil.example"),
        Call::new("OPTIONS", "/results/a", b""),
    ] {
        let answer = strange.clone().send(house.outside).await;
        assert_eq!((answer.status, answer.code()), (403, "AccessForbidden".into()), "{:?}", strange.headers);
        assert_eq!(answer.header("access-control-allow-methods"), None);
        assert_eq!(answer.header("access-control-allow-headers"), None);
    }
    let other = house.call(Call::get("/results/a").with("origin", "https://evil.example")).await;
    assert_eq!((other.status, cross(&other), other.header("vary")), (200, vec![], Some("Origin")));
    house.close().await;
}

// Goal: by default no page may.
#[tokio::test]
async fn without_a_console_no_page_may_ask() {
    let house = House::open().await;
    let answer = preflight(CONSOLE, "GET", "").send(house.outside).await;
    assert_eq!((answer.status, cross(&answer), answer.header("vary")), (403, vec![], Some("Origin")));
    let put = house.call(Call::put("/results/a", b"a").with("origin", CONSOLE)).await;
    assert_eq!((put.status, cross(&put)), (200, vec![]));
    house.close().await;
}

// Goal: pages that people of a program for S3 come back to may ask, and no longer than it is registered.
// Method: one of each kind, over the protocol, the asking for sessions and what the bucket says of itself.
#[tokio::test]
async fn pages_of_programs_for_s3_may_ask() {
    let house = House::open().await;
    let lab = "https://lab.example:8443";
    let act = async |act: &str, fields| house.world.act("olga", act, fields).await.unwrap();
    for (alias, back, kind) in [
        ("lab", "https://Lab.example:8443/back?a=b", "s3"),
        ("map", "https://map.example/back", "public"),
        ("hub", "https://hub.example/back", "secret"),
    ] {
        act("client.register", json!({ "alias": alias, "returns": [back], "kind": kind })).await;
    }
    for target in ["/results/a", "/results", "/"] {
        let mut asked =
            preflight(lab, "PUT", "authorization,amz-sdk-request,content-type,x-amz-security-token");
        asked.target = target.to_owned();
        let fine = asked.send(house.outside).await;
        assert_eq!((fine.status, fine.header("access-control-allow-origin")), (200, Some(lab)), "{target}");
    }
    let put = Call::put("/results/a", b"a").with("x-amz-meta-colour", "red").with("origin", lab);
    assert_eq!(house.call(put).await.header("access-control-allow-origin"), Some(lab));
    let read = house.call(Call::get("/results/a").with("origin", lab)).await;
    let exposed = read.header("access-control-expose-headers").unwrap();
    assert!(exposed.contains("etag") && exposed.contains("x-amz-meta-colour"), "{exposed}");
    let form = Call::post("/", b"Action=Nothing").with("content-type", "application/x-www-form-urlencoded");
    let sts = form.with("origin", lab).send(house.outside).await;
    assert_eq!((sts.status, sts.header("access-control-allow-origin")), (403, Some(lab)));
    let told = house.call(Call::get("/results?cors=")).await;
    assert_eq!(told.all("AllowedOrigin"), [lab], "{}", told.text());
    for strange in [
        "https://hub.example",
        "https://map.example",
        "https://lab.example",
        "http://lab.example:8443",
        "https://evil.example",
    ] {
        let answer = preflight(strange, "GET", "").send(house.outside).await;
        assert_eq!((answer.status, cross(&answer)), (403, vec![]), "{strange}");
        let answer = house.call(Call::get("/results/a").with("origin", strange)).await;
        assert_eq!((answer.status, cross(&answer)), (200, vec![]), "{strange}");
    }
    act("client.remove", json!({ "client": "lab" })).await;
    assert_eq!(preflight(lab, "GET", "").send(house.outside).await.status, 403);
    house.close().await;
}
