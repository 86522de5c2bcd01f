//! The suite on S3 servers that nobody here wrote.

use store::probe::{ProbeError, probe};
use store::remote::{Fault, Keys};
use store::sweep::clear_leftovers;
use store::{Blobs, Bucket, Remote};
use words::{Secret, Timestamp};

use super::{ALL, Asks, CASES, hold, wall};
use crate::kit::{Seeded, blob, cell, noise};
use crate::server::{self, BUCKET, Server};

/// A folder of a server's bucket.
pub fn remote(server: &Server, endpoint: &str, place: &str) -> Remote {
    Remote {
        url: format!("s3://{place}").parse().unwrap(),
        endpoint: endpoint.parse().unwrap(),
        region: server.region.clone(),
        keys: Keys::new(server.id.clone(), Secret::new(server.secret.clone())),
        roots: None,
    }
}

pub fn bucket(server: &Server, folder: &str) -> Bucket {
    let remote = remote(server, &server.endpoint(), &format!("{BUCKET}/{folder}"));
    Bucket::s3(&remote, wall()).unwrap()
}

// Goal: a region can stand on Ceph's gateway. Method: the whole suite, each case in a folder of its own; then a line that fails.
// WHY one test: the server takes a quarter of a minute to start.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ceph_keeps_every_promise_over_a_failing_line_too() {
    let Some(server) = server::start("ceph") else { return };
    assert_eq!(hold("ceph", &ALL, |name| bucket(&server, name)).await, CASES.len());
    for _ in 0..5 {
        probe(&bucket(&server, "probed"), &*Seeded::new(1), &*wall()).await.unwrap();
    }
    leftovers_are_seen_and_cleared_by_age_alone(&server).await;
    what_is_wrong_is_named(&server).await;
    crate::faults::a_failing_line_loses_nothing_and_is_named(&server).await;
}

// Goal: garage is refused, since it takes a name twice; what needs no create-once works on it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garage_keeps_all_but_create_once_and_is_refused() {
    let Some(server) = server::start("garage") else { return };
    let refused = probe(&bucket(&server, "probed"), &*Seeded::new(1), &*wall()).await.unwrap_err();
    assert!(matches!(refused, ProbeError::Race { winners: 2.. }), "{refused}");
    assert!(refused.hint().contains("If-None-Match"), "{}", refused.hint());
    let held = hold("garage", &[Asks::Storage], |name| bucket(&server, name)).await;
    assert_eq!(held, CASES.iter().filter(|case| case.asks == Asks::Storage).count());
    leftovers_are_seen_and_cleared_by_age_alone(&server).await;
    what_is_wrong_is_named(&server).await;
}

// Goal: a server that looks and then writes is caught. Method: the probe alone, again and again; it must refuse at the first look.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_looks_before_it_writes_is_refused() {
    let Some(server) = server::start("s3s") else { return };
    let mut refused = 0;
    for round in 0..20 {
        let found = probe(&bucket(&server, "probed"), &*Seeded::new(round), &*wall()).await;
        refused += u32::from(matches!(found, Err(ProbeError::Race { .. } | ProbeError::Store(_))));
    }
    assert_eq!(refused, 20, "each time");
}

/// An upload that was cut is no object, but it is there, and costs.
async fn leftovers_are_seen_and_cleared_by_age_alone(server: &Server) {
    const FAR_FUTURE: Timestamp = Timestamp::from_ms(9_000_000_000_000);
    let bucket = bucket(server, "cut");
    for number in [1, 2] {
        let mut writer = Blobs::new(bucket.clone(), cell(number)).create(blob(1));
        writer.write(noise(1, 20 << 20)).await.unwrap();
        drop(writer);
    }
    let other = self::bucket(server, "cut/deeper");
    assert_eq!(clear_leftovers(&other, cell(1), FAR_FUTURE).await.unwrap(), 0, "another folder's");
    assert_eq!(clear_leftovers(&bucket, cell(3), FAR_FUTURE).await.unwrap(), 0, "another cell's");
    assert_eq!(clear_leftovers(&bucket, cell(1), Timestamp::from_ms(0)).await.unwrap(), 0, "too young");
    assert_eq!(clear_leftovers(&bucket, cell(1), FAR_FUTURE).await.unwrap(), 1);
    assert_eq!(clear_leftovers(&bucket, cell(1), FAR_FUTURE).await.unwrap(), 0, "once");
    assert_eq!(clear_leftovers(&bucket, cell(2), FAR_FUTURE).await.unwrap(), 1);
}

/// What a person gets wrong at the first try.
async fn what_is_wrong_is_named(server: &Server) {
    let right = |place: &str| remote(server, &server.endpoint(), place);
    let secret = |text: &str| Secret::new(text.repeat(16));
    let wrong_secret = Remote { keys: Keys::new(server.id.clone(), secret("feed")), ..right(BUCKET) };
    let no_key = Remote { keys: Keys::new("GK0000".to_owned(), secret("feed")), ..right(BUCKET) };
    let nobody = Remote { endpoint: "http://127.0.0.1:1".parse().unwrap(), ..right(BUCKET) };
    check(right("no-such-bucket"), &[Fault::NoBucket]).await;
    check(wrong_secret, &[Fault::Keys, Fault::Denied]).await;
    check(no_key, &[Fault::Keys, Fault::Denied]).await;
    check(nobody, &[Fault::Unreachable]).await;
}

pub async fn check(remote: Remote, expected: &[Fault]) {
    let about = format!("{} {}", remote.url, remote.endpoint);
    let bucket = Bucket::s3(&remote, wall()).unwrap();
    let refused = probe(&bucket, &*Seeded::new(1), &*wall()).await.unwrap_err();
    let fault = Fault::of(&refused);
    assert!(fault.is_some_and(|fault| expected.contains(&fault)), "{about}: {fault:?} {refused:?}");
    assert_eq!(Some(refused.hint()), fault.map(Fault::hint));
    assert!(!format!("{refused:?}").contains("feedfeed"), "an error holds no secret");
}
