//! Following logs: a task for each project, and places that all share.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, stream};
use region::Region;
use region::examine::{Arrival, Said, Standing};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use words::noun::Project;
use words::{Id, Refusal};

use crate::examiner::{Examiner, Fault};

/// WHY: who stores something sees what was found of it within the second.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// WHY: what is put off waits for minutes.
const DELAYED_EVERY_LOOKS: u32 = 40;
/// WHY: what cannot be read now is not read by asking each second.
const AGAIN_AFTER: Duration = Duration::from_secs(30);
/// WHY: so many commits are read again in a second or two.
const KEEP_EVERY_COMMITS: u64 = 4_096;
const LIST_EVERY: Duration = Duration::from_secs(1);
/// WHY: the machine's other half is for people.
const AT_ONCE: usize = 2;

/// Follows every open project until it is told to end; a look on its way is given up, and begun anew another time.
pub async fn follow(region: Region, examiner: Arc<dyn Examiner>, until: impl Future<Output = ()> + Send) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut attended: HashMap<Id<Project>, JoinHandle<()>> = HashMap::new();
    let listing = async {
        loop {
            tokio::time::sleep(LIST_EVERY).await;
            // WHY none is given up where the list cannot be read: that is a moment of the store's.
            let Ok(open) = region.followed().await else { continue };
            attended.retain(|project, task| {
                let is_kept = open.contains(project) && !task.is_finished();
                if !is_kept {
                    task.abort();
                }
                is_kept
            });
            for project in open {
                attended.entry(project).or_insert_with(|| {
                    let follower = Follower {
                        region: region.clone(),
                        examiner: Arc::clone(&examiner),
                        places: Arc::clone(&places),
                        project,
                    };
                    tokio::spawn(follower.attend())
                });
            }
        }
    };
    tokio::select! {
        () = until => {}
        () = listing => {}
    }
    for task in attended.into_values() {
        task.abort();
    }
}

#[derive(Clone)]
struct Follower {
    region: Region,
    examiner: Arc<dyn Examiner>,
    /// WHY shared and by turns: a project with a million objects holds up none with one.
    places: Arc<Semaphore>,
    project: Id<Project>,
}

impl Follower {
    async fn attend(self) {
        if let Err(refusal) = self.attended().await {
            tracing::warn!(cell = %self.project, reason = refusal.reason.code(), "what is stored is not looked at now");
            // It is begun again with the list after that.
            tokio::time::sleep(AGAIN_AFTER).await;
        }
    }

    async fn attended(&self) -> Result<(), Refusal> {
        let mut next = self.region.followed_to(self.project).await?;
        let mut kept = next;
        for look in 0_u32.. {
            if look.is_multiple_of(DELAYED_EVERY_LOOKS) {
                let due = self.region.delayed(self.project, self.region.now()).await?;
                self.all(due).await?;
            }
            let arrivals = self.region.arrivals(self.project, next).await?;
            let (is_idle, is_empty) = (arrivals.next_seq == next, arrivals.waiting.is_empty());
            self.all(arrivals.waiting).await?;
            next = arrivals.next_seq;
            if !is_empty {
                kept = next;
            } else if next.saturating_sub(kept) >= KEEP_EVERY_COMMITS {
                self.region.follow_on(self.project, next).await?;
                kept = next;
            }
            if is_idle {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        }
        Ok(())
    }

    /// Looks at some at once, and keeps what was said in the order of the log.
    async fn all(&self, waiting: Vec<Arrival>) -> Result<(), Refusal> {
        let looks = waiting.into_iter().map(|arrival| {
            let own = self.clone();
            async move {
                let came = own.look(&arrival).await;
                (arrival, came)
            }
        });
        let mut looks = stream::iter(looks).buffered(AT_ONCE);
        while let Some((arrival, came)) = looks.next().await {
            let standing = match came {
                Ok(None) => None,
                Ok(Some(said)) => self.region.keep_said(&arrival, said).await?,
                Err(Fault::Unread(refusal)) => self.region.put_off_closed(&arrival, &refusal).await?,
                Err(Fault::Process(cause)) => self.region.put_off(&arrival, cause).await?,
            };
            if let Some(Standing::Apart) = standing {
                tracing::info!(cell = %self.project, "an object that names people was set apart");
            }
        }
        Ok(())
    }

    /// What is said of an object; none: it is gone.
    async fn look(&self, arrival: &Arrival) -> Result<Option<Said>, Fault> {
        let _place = self.places.acquire().await;
        let opened = self.region.open_arrival(arrival).await.map_err(Fault::Unread)?;
        let Some(opened) = opened else { return Ok(None) };
        self.examiner.examine(opened.body).await.map(Some)
    }
}
