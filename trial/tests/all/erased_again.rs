//! Erasures asked for again, and one within another: each is done once and ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use region::Region;
use region::noun::erasure::ErasureRow;
use region::region::Parts;
use region::twin::{Soil, World};
use serde_json::json;
use trial::kit::PROJECT;
use trial::sim::stand::{Stand, runtime};
use words::{Act, Reason};

use crate::erasure::{Failing, deliver, person, withdraw};

async fn erasures(region: &Region) -> Vec<ErasureRow> {
    let root = region.root().view().await.unwrap();
    root.all::<ErasureRow>(&[]).await.unwrap().into_iter().map(|(_, row)| row).collect()
}

#[tokio::test]
async fn an_erasure_asked_for_twice_is_done_once() {
    let world = World::planet(Soil::new(41)).await.unwrap();
    let done = world.act("kurt", "key.erase-scope", withdraw("bari")).await.unwrap();
    let again = world.act("kurt", "key.erase-scope", withdraw("bari")).await.unwrap_err();
    assert_eq!(again.reason, Reason::AlreadyDone);
    world.region.finish_erasures().await.unwrap();
    assert!(erasures(&world.region).await.iter().all(|row| row.is_done), "it was begun again");
    let shown = world.act("kurt", "key.show", json!({ "project": PROJECT })).await.unwrap().answer;
    let scopes = shown["scopes"].as_array().unwrap();
    let certificate = scopes.iter().find(|scope| !scope["erased"].is_null()).unwrap()["certificate"].clone();
    assert_eq!(certificate, done.answer["certificate"], "the certificate was replaced");
    let proof = world.act("anna", "check.run", json!({ "check": "erase-proof" })).await.unwrap().answer;
    assert_eq!(proof[0]["verdict"], "pass", "{proof}");
}

// Goal: nothing is under way for ever. Method: a scope's erasure stops at every call of custody, then its project is erased.
#[test]
fn a_scope_left_half_way_ends_with_its_project() {
    let mut stopped = 0;
    for calls in (0..400).step_by(7) {
        let stand = Stand::new(calls).unwrap();
        runtime().unwrap().block_on(async {
            let custody = Arc::new(Failing {
                inner: Arc::clone(&stand.soil.custody) as _,
                left: AtomicU64::new(u64::MAX),
            });
            let parts = Parts { custody: Arc::clone(&custody) as _, ..stand.soil.parts() };
            let region = Region::open(parts).await.unwrap();
            deliver(&stand, &region).await;
            custody.left.store(calls, Ordering::SeqCst);
            let kurt = person(&stand, "kurt");
            let scope = region.perform(&kurt, Act::KeyEraseScope, withdraw("bari"), None).await;
            custody.left.store(u64::MAX, Ordering::SeqCst);
            // Where custody failed the root, the process ends; that is another test's.
            if region.root().view().await.is_err() {
                return;
            }
            stopped += usize::from(scope.is_err() && !erasures(&region).await.is_empty());
            let whole = json!({ "project": PROJECT, "reason": "over" });
            region.perform(&kurt, Act::KeyEraseProject, whole, None).await.unwrap();
            region.finish_erasures().await.unwrap();
            let left = erasures(&region).await;
            assert!(left.iter().all(|row| row.is_done), "after {calls} calls of custody: {left:?}");
        });
    }
    assert!(stopped > 2, "no erasure was left half-way");
}
