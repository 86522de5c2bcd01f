//! Following logs: a task for each project, and places that all share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use formats::values::VALUES_MAX;
use futures::{StreamExt, stream};
use region::Region;
use region::derive::{Place, Work};
use region::examine::{Arrival, Holding, Referred, Refers, Said, Standing, is_table};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use words::noun::Project;
use words::{Id, Refusal};

use crate::back::Back;
use crate::beside;
use crate::derive::{self, Maker};
use crate::examiner::{Examiner, Fault};
use crate::refer::Given;
use crate::worker::Terms;

/// WHY: who stores something sees what was found of it within the second.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// WHY: what is put off waits for minutes.
const DELAYED_EVERY_LOOKS: u32 = 40;
/// WHY: what cannot be read now is not read by asking each second.
const AGAIN_AFTER: Duration = Duration::from_secs(30);
/// WHY: so many commits are read again in a second or two.
const KEEP_EVERY_COMMITS: u64 = 4_096;
/// WHY: a look over a million objects takes some minutes, and a tenth of a processor.
const PAGE_EVERY: Duration = Duration::from_millis(50);
/// WHY: a few megabytes; what is more is found by a look over everything.
const WORKS_MAX: usize = 2_048;
/// WHY: what is lost is noticed within the hour; what changed the rules, at once.
const LOOK_OVER_EVERY: Duration = Duration::from_secs(3_600);
const LIST_EVERY: Duration = Duration::from_secs(1);
/// WHY: the machine's other half is for people.
const AT_ONCE: usize = 2;

/// Follows every open project until it is told to end; a look on its way is given up, and begun anew another time.
pub async fn follow(
    region: Region,
    examiner: Arc<dyn Examiner>,
    maker: Arc<dyn Maker>,
    until: impl Future<Output = ()> + Send,
) {
    region.reverse_by(Arc::new(Back::by(Arc::clone(&maker))));
    let (places, making) = (Arc::new(Semaphore::new(AT_ONCE)), Arc::new(Semaphore::new(AT_ONCE)));
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
                        maker: Arc::clone(&maker),
                        places: Arc::clone(&places),
                        making: Arc::clone(&making),
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
    maker: Arc<dyn Maker>,
    /// WHY shared and by turns: a project with a million objects holds up none with one.
    places: Arc<Semaphore>,
    /// Likewise, for what is made.
    making: Arc<Semaphore>,
    project: Id<Project>,
}

impl Follower {
    /// Looks at what is stored and makes what rules ask for, side by side. WHY: what takes hours to make holds up no look.
    async fn attend(self) {
        let asked = Asked::default();
        let looking = async {
            loop {
                self.rest_after(self.look_on(&asked).await, "what is stored is not looked at now").await;
            }
        };
        let making = async {
            loop {
                self.rest_after(self.make_on(&asked).await, "nothing is made of what is stored now").await;
            }
        };
        tokio::join!(looking, making);
    }

    async fn rest_after(&self, came: Result<(), Refusal>, what: &str) {
        if let Err(refusal) = came {
            tracing::warn!(cell = %self.project, reason = refusal.reason.code(), "{what}");
            tokio::time::sleep(AGAIN_AFTER).await;
        }
    }

    /// Follows the log, and has looked at what it brings.
    async fn look_on(&self, asked: &Asked) -> Result<(), Refusal> {
        let mut next = self.region.followed_to(self.project).await?;
        let mut kept = next;
        for look in 0_u32.. {
            if look.is_multiple_of(DELAYED_EVERY_LOOKS) {
                let due = self.region.delayed(self.project, self.region.now()).await?;
                self.all(due).await?;
            }
            let arrivals = self.region.arrivals(self.project, next).await?;
            let (is_idle, is_empty) = (arrivals.next_seq == next, arrivals.waiting.is_empty());
            asked.take(arrivals.works, arrivals.is_shaken);
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

    /// Makes what the log asks for, and between that looks over everything, part by part.
    async fn make_on(&self, asked: &Asked) -> Result<(), Refusal> {
        let mut round = Round::default();
        loop {
            let (works, is_shaken) = asked.given();
            round.is_shaken |= is_shaken;
            let is_idle = works.is_empty() && !round.is_due();
            self.make(works).await?;
            self.look_over(&mut round).await?;
            tokio::time::sleep(if is_idle { LOOK_EVERY } else { PAGE_EVERY }).await;
        }
    }

    /// Looks at some at once, and keeps what was said in the order of the log, while the next are looked at.
    async fn all(&self, waiting: Vec<Arrival>) -> Result<(), Refusal> {
        let looks = waiting.into_iter().map(|arrival| {
            let own = self.clone();
            async move {
                let came = own.look(&arrival).await;
                (arrival, came)
            }
        });
        let (give, mut take) = mpsc::channel(AT_ONCE);
        let looking = async move {
            let mut looks = stream::iter(looks).buffered(AT_ONCE);
            while let Some(looked) = looks.next().await {
                let _nobody_keeps = give.send(looked).await;
            }
            Ok(())
        };
        let keeping = async {
            while let Some((arrival, came)) = take.recv().await {
                self.keep(&arrival, came).await?;
            }
            Ok(())
        };
        // WHY: where nothing can be kept, what is still looked at is given up.
        tokio::try_join!(looking, keeping).map(drop)
    }

    async fn keep(&self, arrival: &Arrival, came: Result<Option<Said>, Fault>) -> Result<(), Refusal> {
        let standing = match came {
            _ if arrival.is_beside() => self.region.keep_beside(arrival, beside::found(&arrival.row)).await?,
            Ok(None) => None,
            Ok(Some(said)) => self.region.keep_said(arrival, said).await?,
            Err(Fault::Unread(refusal)) => self.region.put_off_closed(arrival, &refusal).await?,
            Err(Fault::Process(cause)) => self.region.put_off(arrival, cause).await?,
        };
        if let Some(Standing::Apart) = standing {
            tracing::info!(cell = %self.project, "an object was set apart");
        }
        Ok(())
    }

    /// What is said of an object; none: it is gone.
    async fn look(&self, arrival: &Arrival) -> Result<Option<Said>, Fault> {
        // WHY: what is said beside it is read with its row.
        if arrival.is_beside() {
            return Ok(None);
        }
        let _place = self.places.acquire().await;
        let opened = self.region.open_arrival(arrival).await.map_err(Fault::Unread)?;
        let Some(opened) = opened else { return Ok(None) };
        let said = beside::named(self.examiner.examine(opened.body).await?, &arrival.row);
        let holding = self.region.holding(arrival).await.map_err(Fault::Unread)?;
        let Some(holding) = holding.filter(|_| is_table(&said.kind)) else { return Ok(Some(said)) };
        let (tables, mut refers) = self.referred(arrival, &holding).await?;
        let again = self.region.open_arrival(arrival).await.map_err(Fault::Unread)?;
        let Some(again) = again else { return Ok(None) };
        let Holding { contract, day, key, .. } = holding;
        let held = self.examiner.hold(Terms { contract, day, key, tables }, again.body).await?;
        // WHY all of them: which of them is in the wrong, nobody has counted.
        refers.iter_mut().for_each(|one| one.is_open |= held.refers_wrongly);
        Ok(Some(Said { refers, ..held.join(said) }))
    }

    /// Values that a delivery refers to, and of which tables they are.
    async fn referred(
        &self,
        arrival: &Arrival,
        holding: &Holding,
    ) -> Result<(Vec<(String, Given)>, Vec<Refers>), Fault> {
        let (mut tables, mut refers) = (Vec::new(), Vec::new());
        let mut room = VALUES_MAX;
        for referred in &holding.tables {
            let mut all = self.values(arrival, referred, holding.key).await?;
            all.iter_mut().for_each(|given| given.within(&mut room));
            // WHY not its own: it waits for no other.
            if !referred.is_own {
                let is_open = all.contains(&Given::Absent);
                refers.push(Refers { table: referred.table.clone(), held_to: referred.object(), is_open });
            }
            let names = referred.columns.iter().map(|column| format!("{}.{column}", referred.table));
            tables.extend(names.zip(all));
        }
        Ok((tables, refers))
    }

    /// Values of one table that is referred to; where its process ends badly, that is told of the reference.
    async fn values(
        &self,
        arrival: &Arrival,
        referred: &Referred,
        key: [u8; 16],
    ) -> Result<Vec<Given>, Fault> {
        let opened = self.region.open_referred(arrival, referred).await.map_err(Fault::Unread)?;
        let Some(opened) = opened else { return Ok(vec![Given::Absent; referred.columns.len()]) };
        match self.examiner.values(referred.columns.clone(), key, opened.body).await {
            Err(Fault::Process(_)) => Ok(vec![Given::Untold; referred.columns.len()]),
            came => came,
        }
    }

    /// Makes what rules ask for, some at once.
    async fn make(&self, works: Vec<Work>) -> Result<(), Refusal> {
        let makings = works.into_iter().map(|work| {
            let own = self.clone();
            async move {
                let _place = own.making.acquire().await;
                derive::made(&own.region, own.maker.as_ref(), &work).await
            }
        });
        let mut makings = stream::iter(makings).buffered(AT_ONCE);
        while let Some(kept) = makings.next().await {
            kept?;
        }
        Ok(())
    }

    /// Looks over the next part of everything: makes what is missing, takes away what lost what it was made of.
    async fn look_over(&self, round: &mut Round) -> Result<(), Refusal> {
        if !round.is_due() {
            return Ok(());
        }
        let wanting = self.region.wanting(self.project, &round.place).await?;
        for orphan in &wanting.orphans {
            self.region.underive(self.project, orphan).await?;
        }
        for row in &wanting.aparts {
            self.region.set_apart(self.project, row).await?;
        }
        self.make(wanting.works).await?;
        round.place = wanting.next;
        if round.place.is_start() {
            round.end();
        }
        Ok(())
    }
}

/// What the log asked to be made, until it is.
#[derive(Default)]
struct Asked(Mutex<(Vec<Work>, bool)>);

impl Asked {
    fn take(&self, works: Vec<Work>, is_shaken: bool) {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        asked.1 |= is_shaken;
        match asked.0.len() + works.len() <= WORKS_MAX {
            true => asked.0.extend(works),
            // WHY nothing is lost: a look over everything finds it.
            false => asked.1 = true,
        }
    }

    fn given(&self) -> (Vec<Work>, bool) {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *asked)
    }
}

/// A look over everything that a project holds, part by part.
#[derive(Default)]
struct Round {
    place: Place,
    /// When it begins anew; none: it is under way.
    next: Option<Instant>,
    /// Something changed since it began: once at its end it begins anew. WHY not at once: it would never end.
    is_shaken: bool,
}

impl Round {
    fn is_due(&mut self) -> bool {
        if self.next.is_some_and(|next| self.is_shaken || next <= Instant::now()) {
            *self = Self::default();
        }
        self.next.is_none()
    }

    fn end(&mut self) {
        self.next = Some(Instant::now() + LOOK_OVER_EVERY);
    }
}
