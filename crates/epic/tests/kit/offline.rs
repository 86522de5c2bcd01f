//! A region that is down, opened by the test itself, with a clock of the test's own.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use region::Region;
use region::object::ObjectRow;
use region::region::Parts;
use region::twin::{SeededRand, StillClock};
use region::upload::{PartRow, UploadRow};
use store::Bucket;
use store::custody::FileCustody;
use store::index::SlateShelf;
use words::Rand;
use words::time::DAY_MS;

use super::{House, block_on, now};

/// What the rows of a region's projects name.
#[derive(Debug, Default)]
pub struct Named {
    /// Blobs of objects, and of parts of uploads that are under way.
    pub of_objects: BTreeSet<String>,
    pub of_parts: BTreeSet<String>,
    pub uploads: usize,
}

impl House {
    /// Lets the time of a region that is down be so many days ahead of the machine's, and its files be older by a day.
    pub fn days_pass(&self, ahead: i64) -> Named {
        let named = block_on(async {
            // WHY enough: whoever opens a cell writes a leaf, and the region's time never goes back behind a leaf's.
            let region = Region::open(self.parts(ahead)).await.unwrap();
            let mut named = Named::default();
            for project in region.projects().await.unwrap() {
                let cell = region.cell(project.id.cast()).await.unwrap();
                let rows = cell.view().await.unwrap();
                for (_, row) in rows.all::<ObjectRow>(&[]).await.unwrap() {
                    named.of_objects.extend(row.pieces.iter().map(|piece| piece.blob.to_string()));
                }
                let parts = rows.all::<PartRow>(&[]).await.unwrap();
                named.of_parts.extend(parts.iter().map(|(_, row)| row.piece.blob.to_string()));
                named.uploads += rows.all::<UploadRow>(&[]).await.unwrap().len();
            }
            region.close().await;
            named
        });
        self.files_age(Duration::ZERO);
        named
    }

    /// Makes the files of all blobs that nobody has touched for so long older by a day.
    pub fn files_age(&self, untouched: Duration) {
        let day = Duration::from_millis(DAY_MS.unsigned_abs());
        for path in self.blobs() {
            // The sweep may just have taken it.
            let Ok(file) = std::fs::File::open(path) else { continue };
            let modified = file.metadata().unwrap().modified().unwrap();
            if SystemTime::now().duration_since(modified).is_ok_and(|age| age >= untouched) {
                file.set_modified(modified - day).unwrap();
            }
        }
    }

    /// The raw files of all blobs, with what writers left half done.
    pub fn blobs(&self) -> Vec<PathBuf> {
        let cells = std::fs::read_dir(self.path("data/bucket/cells")).unwrap();
        let folders = cells.map(|cell| cell.unwrap().path().join("blob"));
        let files = folders.filter_map(|folder| std::fs::read_dir(folder).ok()).flatten();
        files.map(|file| file.unwrap().path()).collect()
    }

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
