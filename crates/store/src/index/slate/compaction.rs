//! Merging an index's small files, in bouts.
//!
//! A compactor that waits costs requests every second in every open cell, and
//! without one the ninth flush stalls. So one is started when flushed files
//! pile up and ended as soon as they are merged; the garbage goes at its end.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use object_store::ObjectStore;
use object_store::path::Path;
use slatedb::admin::Admin;
use slatedb::config::{
    CompactionWorkerOptions, CompactorOptions, GarbageCollectorDirectoryOptions, GarbageCollectorOptions,
};
use slatedb::{CompactorBuilder, Db};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::RETRIES_MAX;

/// WHY: SlateDB merges from four files on and stalls flushes at eight.
const FILES_DUE: usize = 4;
/// WHY: during a bout files appear within milliseconds of each other.
const POLL: Duration = Duration::from_millis(100);
/// WHY: a bout that takes longer goes on with the next flush.
const BOUT_POLLS_MAX: u32 = 3_000;
/// WHY: a reader that began before a merge may still need the merged files.
const GARBAGE_AGE: Duration = Duration::from_secs(300);

/// Where to compact, and the bout that runs.
pub(super) struct Compaction {
    path: Path,
    store: Arc<dyn ObjectStore>,
    has_conditional_writes: bool,
    bout: Mutex<Option<Bout>>,
}

/// WHY a channel and no abort: the compactor has tasks of its own, which must be told.
struct Bout {
    /// Sent or dropped, it ends the bout.
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Compaction {
    pub(super) const fn new(path: Path, store: Arc<dyn ObjectStore>, has_conditional_writes: bool) -> Self {
        Self { path, store, has_conditional_writes, bout: Mutex::new(None) }
    }

    /// Starts a bout if files pile up and none runs.
    pub(super) fn start_if_due(&self, db: &Db) {
        let mut bout = self.bout.lock().unwrap_or_else(PoisonError::into_inner);
        let is_running = bout.as_ref().is_some_and(|bout| !bout.task.is_finished());
        if is_running || db.manifest().l0().len() + 1 < FILES_DUE {
            return;
        }
        let (path, store, db) = (self.path.clone(), Arc::clone(&self.store), db.clone());
        let garbage = garbage_options(self.has_conditional_writes);
        let (stop, stopped) = oneshot::channel();
        *bout = Some(Bout { stop, task: tokio::spawn(run(path, store, db, garbage, stopped)) });
    }

    /// Ends the bout that runs; unfinished merges are dropped and begin again another time.
    pub(super) async fn stop(&self) {
        let bout = self.bout.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(bout) = bout {
            drop(bout.stop);
            // WHY ignored: a bout that panicked has ended too.
            let _ = bout.task.await;
        }
    }
}

/// WHY nothing is returned: a failed bout leaves the index as it was, and the next flush tries again.
async fn run(
    path: Path,
    store: Arc<dyn ObjectStore>,
    db: Db,
    garbage: GarbageCollectorOptions,
    stopped: oneshot::Receiver<()>,
) {
    let compactor = CompactorBuilder::new(path.clone(), Arc::clone(&store));
    let compactor = compactor.with_options(merge_options()).build();
    let merged = async {
        for _ in 0..BOUT_POLLS_MAX {
            tokio::time::sleep(POLL).await;
            if db.refresh_manifest().await.is_err() || db.manifest().l0().len() + 1 < FILES_DUE {
                break;
            }
        }
    };
    tokio::select! {
        ended = compactor.run() => drop(ended),
        () = merged => drop(compactor.stop().await),
        _ = stopped => {
            drop(compactor.stop().await);
            return;
        }
    }
    let collected = Admin::builder(path, store).build().run_gc_once(garbage).await;
    if let Err(error) = collected {
        tracing::debug!(%error, "index garbage stays");
    }
}

/// WHY one at a time: an index merges in the background of a node of few cores.
fn merge_options() -> CompactorOptions {
    let worker = CompactionWorkerOptions {
        max_concurrent_compactions: 1,
        max_subcompactions: 1,
        compactions_poll_interval: POLL,
        object_store_max_retries: Some(RETRIES_MAX),
        ..CompactionWorkerOptions::default()
    };
    CompactorOptions {
        max_concurrent_compactions: 1,
        poll_interval: POLL,
        commit_compacted_interval: POLL,
        worker: Some(worker),
        object_store_max_retries: Some(RETRIES_MAX),
        ..CompactorOptions::default()
    }
}

fn garbage_options(has_conditional_writes: bool) -> GarbageCollectorOptions {
    let directory = GarbageCollectorDirectoryOptions { min_age: GARBAGE_AGE, ..Default::default() };
    GarbageCollectorOptions {
        manifest_options: Some(directory),
        compacted_options: Some(directory),
        compactions_options: Some(directory),
        wal_options: None,
        wal_fence_options: None,
        detach_options: None,
        metric_level: None,
        // WHY: a local folder has no conditional overwrite, on which these files stand.
        boundary_files_enabled: has_conditional_writes,
        object_store_max_retries: Some(RETRIES_MAX),
    }
}
