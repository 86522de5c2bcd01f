//! Object lock and tags as raw requests: what a client without our help is told, and what lies in the bucket.

use crate::house;

use std::path::Path;

use house::{BUCKET, Call, House};
use region::twin::Soil;
use s3::Limits;
use store::Bucket;

const LOCKED: &str = "/locked/a";

fn retention(mode: &str, until: &str) -> Vec<u8> {
    format!("<Retention><Mode>{mode}</Mode><RetainUntilDate>{until}</RetainUntilDate></Retention>")
        .into_bytes()
}

/// So many days after the region's today.
fn day(house: &House, days: i64) -> String {
    house.world.region.now().plus_ms(days * words::time::DAY_MS).to_string()
}

async fn locked_house() -> (House, String) {
    let house = House::open().await;
    let made = Call::put("/locked", b"").with("x-amz-bucket-object-lock-enabled", "true");
    assert_eq!(house.call(made).await.status, 200);
    let put = house.call(Call::put(LOCKED, b"kept")).await;
    let version = put.header("x-amz-version-id").unwrap().to_owned();
    (house, version)
}

// Goal: over S3 too a version in compliance outlives every request. Method: each verb that could end it, by researcher and controller.
#[tokio::test]
async fn compliance_refuses_every_verb() {
    let (house, version) = locked_house().await;
    let target = format!("{LOCKED}?retention=&versionId={version}");
    let lock = || Call::put(&target, &retention("COMPLIANCE", &day(&house, 9)));
    let answer = house.call(lock()).await;
    assert_eq!((answer.status, answer.reason()), (403, "role_missing"), "{}", answer.text());
    let answer = lock().signed(&house.carla).send(house.outside).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.header("x-epic-leaf").is_some());
    let batch = format!("<Delete><Object><Key>a</Key><VersionId>{version}</VersionId></Object></Delete>");
    let suspended = b"<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";
    let cases = [
        Call::delete(&format!("{LOCKED}?versionId={version}")),
        Call::post("/locked?delete=", batch.as_bytes()),
        Call::put(&target, &retention("COMPLIANCE", &day(&house, 8))),
        Call::put(&target, &retention("GOVERNANCE", &day(&house, 20))),
        Call::put(&target, b"<Retention/>"),
        Call::put("/locked?versioning=", suspended),
        Call::delete("/locked"),
    ];
    for access in [&house.rita, &house.carla] {
        for bypass in ["true", "false"] {
            for case in &cases {
                let asked = format!("{} {}", case.method, case.target);
                let has_bypass = case.target.contains("retention")
                    || case.target.contains("delete=")
                    || case.target.contains("?versionId");
                let call = if has_bypass {
                    case.clone().with("x-amz-bypass-governance-retention", bypass)
                } else {
                    case.clone()
                };
                let answer = call.signed(access).send(house.outside).await;
                let is_refused = answer.status >= 400 || answer.text().contains("<Error>");
                assert!(is_refused, "{asked}: {} {}", answer.status, answer.text());
                let kept = house.call(Call::get(&format!("{LOCKED}?versionId={version}"))).await;
                assert_eq!(kept.body, b"kept", "{asked}");
            }
        }
    }
    let head = house.call(Call::head(LOCKED)).await;
    assert_eq!(head.header("x-amz-object-lock-mode"), Some("COMPLIANCE"));
    assert!(head.header("x-amz-object-lock-retain-until-date").is_some());
    house.close().await;
}

// Goal: a body beside an object is read as strictly as any other. Method: a wrong checksum, one too large, one that is no XML.
#[tokio::test]
async fn what_is_written_about_an_object_is_checked() {
    let (house, version) = locked_house().await;
    let body = retention("GOVERNANCE", &day(&house, 9));
    let target = format!("{LOCKED}?retention=&versionId={version}");
    let put = || Call::put(&target, &body);
    for (call, status, code) in [
        (put().with("x-amz-checksum-crc32", "AAAAAA=="), 400, "BadDigest"),
        (put().with("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg=="), 400, "BadDigest"),
        (Call::put(&target, b"<Retention>"), 400, "MalformedXML"),
        (Call::put(&target, b""), 400, "MalformedXML"),
        (Call::put(&target, b"x").length(9 << 20), 400, "MaxMessageLengthExceeded"),
        (put().with("x-amz-object-lock-mode", "GOVERNANCE"), 501, "NotImplemented"),
    ] {
        let answer = house.call(call).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{}", answer.text());
    }
    let told = house.call(Call::get(&format!("{LOCKED}?retention="))).await;
    assert_eq!(
        (told.status, told.code().as_str()),
        (404, "NoSuchObjectLockConfiguration"),
        "{}",
        told.text()
    );
    assert_eq!(house.call(put()).await.status, 200);
    house.close().await;
}

fn holds(folder: &Path, needle: &[u8]) -> bool {
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if std::fs::read(path).unwrap().windows(needle.len()).any(|window| window == needle) {
                return true;
            }
        }
    }
    false
}

// Goal: tags are data. Method: tags of an object and of a bucket, looked for in every raw byte of the bucket.
#[tokio::test]
async fn no_tag_lies_in_clear_in_the_bucket() {
    let folder = tempfile::tempdir().unwrap();
    let soil = Soil::over(Bucket::local(folder.path()).unwrap(), 7);
    let house = House::on(soil, Limits::default()).await;
    let tags = |word: &str| {
        format!("<Tagging><TagSet><Tag><Key>of</Key><Value>{word}</Value></Tag></TagSet></Tagging>")
            .into_bytes()
    };
    let target = format!("/{BUCKET}/a");
    assert_eq!(
        house.call(Call::put(&target, b"kept").with("x-amz-tagging", "of=quokka-first")).await.status,
        200
    );
    assert_eq!(
        house.call(Call::put(&format!("{target}?tagging="), &tags("quokka-second"))).await.status,
        200
    );
    assert_eq!(
        house.call(Call::put(&format!("/{BUCKET}?tagging="), &tags("quokka-third"))).await.status,
        200
    );
    let told = house.call(Call::get(&format!("/{BUCKET}?tagging="))).await;
    assert_eq!(told.all("Value"), ["quokka-third"], "{}", told.text());
    let told = house.call(Call::get(&format!("{target}?tagging="))).await;
    assert_eq!(told.all("Value"), ["quokka-second"], "{}", told.text());
    house.world.region.flush_observations().await.unwrap();
    house.world.region.publish_all().await;
    assert!(!holds(folder.path(), b"quokka"), "a tag lies in clear");
    std::fs::write(folder.path().join("planted"), b"of=quokka").unwrap();
    assert!(holds(folder.path(), b"quokka"), "the search finds nothing");
    house.close().await;
}
