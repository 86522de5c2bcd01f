//! A region that is down, opened by the test itself, with a clock of the test's own.

use std::sync::Arc;

use region::Region;
use region::region::Parts;
use region::twin::{SeededRand, StillClock};
use store::Bucket;
use store::custody::FileCustody;
use store::index::SlateShelf;
use words::Rand;
use words::time::DAY_MS;

use super::{House, block_on, now};

impl House {
    /// Lets days pass over the folders of a region that is down, then sweeps its projects.
    pub fn sweep_after_days(&self, days: i64) {
        block_on(async {
            let region = Region::open(self.parts(days)).await.unwrap();
            for project in region.projects().await.unwrap() {
                region.sweep(project.id.cast()).await.unwrap();
            }
            region.close().await;
        });
    }

    fn parts(&self, days: i64) -> Parts {
        let bucket = Bucket::local(&self.path("data/bucket")).unwrap();
        let seed = u64::try_from(now().ms()).unwrap();
        let rand: Arc<dyn Rand> = SeededRand::new(seed);
        let custody = FileCustody::open(&self.path("custody"), bucket.folder(), Arc::clone(&rand)).unwrap();
        let clock = StillClock::at("2026-01-01");
        clock.set(now().plus_ms(days * DAY_MS));
        let shelf = Arc::new(SlateShelf::new(bucket.clone(), Arc::clone(&rand)));
        Parts { name: "epic.test".to_owned(), bucket, shelf, custody: Arc::new(custody), clock, rand }
    }
}
