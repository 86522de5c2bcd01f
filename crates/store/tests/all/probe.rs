//! The probe lets honest stores pass and names what a liar breaks.

use crate::kit;

use kit::{Buckets, Seeded, faulty};
use store::Bucket;
use store::probe::{ProbeError, probe};
use store::twin::{Chance, Faults, Lie};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn honest_stores_pass_and_nothing_stays_behind() {
    let buckets = Buckets::new();
    for (kind, bucket) in buckets.all() {
        probe(&bucket, &*Seeded::new(1), &kit::Still(kit::NOON)).await.unwrap();
        assert_eq!(store::sweep::names(&bucket).await.unwrap(), [""; 0], "{kind}");
    }
    let left = std::fs::read_dir(buckets.local.folder().unwrap()).unwrap().count();
    assert_eq!(left, 0);
}

async fn check(lie: Lie, is_expected: fn(&ProbeError) -> bool) {
    let twin = faulty(7);
    twin.set_faults(Faults { lie, ..Faults::default() });
    let refused = probe(&Bucket::twin(&twin), &*Seeded::new(1), &kit::Still(kit::NOON)).await.unwrap_err();
    assert!(is_expected(&refused), "{lie:?}: {refused}");
}

#[tokio::test]
async fn each_lie_is_refused_for_its_reason() {
    check(Lie::Overwrites, |why| matches!(why, ProbeError::Race { winners: 50 })).await;
    check(Lie::OverwritesSometimes, |why| matches!(why, ProbeError::Race { .. })).await;
    check(Lie::ReadsOtherwise, |why| matches!(why, ProbeError::ReadAfterWrite)).await;
    check(Lie::ListsNothing, |why| matches!(why, ProbeError::ListAfterWrite)).await;
    check(Lie::KeepsDeleted, |why| matches!(why, ProbeError::ReadAfterDelete)).await;
}

#[tokio::test]
async fn a_store_that_cannot_settle_is_refused() {
    let twin = faulty(7);
    twin.set_faults(Faults { settle: Chance(10_000), ..Faults::default() });
    let refused = probe(&Bucket::twin(&twin), &*Seeded::new(1), &kit::Still(kit::NOON)).await.unwrap_err();
    assert!(matches!(refused, ProbeError::Store(_)));
}
