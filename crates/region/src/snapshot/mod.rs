//! Snapshots: data of a home project in a study, as of one moment, under one permit.
//!
//! Nothing reads another cell. An intent in the root says what is to go where; then the home says what leaves,
//! the bytes go under the study's keys, the study says what arrived, and each names the other's leaf. Every step
//! can be repeated and none is done twice. A step must never go on without a permit in force.

mod arrive;
pub mod end;
mod leave;
mod pass;
mod show;
mod step;

use async_trait::async_trait;
use gate::facts::{SnapshotFacts, Target};
use minicbor::{Decode, Encode};
use serde_json::{Value, json};
use words::act::SnapshotTake;
use words::noun::{Agreement, Bucket, Noun, Permit, Person, Project, Scope, Snapshot};
use words::{Actor, Deed, Id, Reason, Refusal, Timestamp};

use crate::Region;
use crate::act::{Frame, Judged, Outcome, Rule, Scene, subject};
use crate::cell::draft::Draft;
use crate::noun::agreement::AgreementRow;
use crate::noun::crossing;
use crate::noun::permit::{self, PermitRow};
use crate::noun::project::ProjectRow;
use crate::row::{Row, Table};

pub use arrive::ArrivalRow;
pub use leave::{DepartureRow, LeavingRow};
pub(crate) use step::Carrying;

/// One snapshot, in the root: the intent, then what became of it.
#[derive(Debug, Clone, Encode, Decode)]
pub struct SnapshotRow {
    #[n(0)]
    pub id: Id<Snapshot>,
    #[n(1)]
    pub permit: Id<Permit>,
    #[n(2)]
    pub home: Id<Project>,
    #[n(3)]
    pub study: Id<Project>,
    /// The provider's data that it draws from.
    #[n(4)]
    pub scope: Id<Scope>,
    /// The bucket of the home that it draws from.
    #[n(5)]
    pub source: Id<Bucket>,
    #[n(6)]
    pub asked_at: Timestamp,
    /// Who granted its permit, or took it anew.
    #[n(7)]
    pub by: Id<Person>,
    #[n(8)]
    pub whole: Option<Whole>,
    #[n(9)]
    pub closed: Option<Closed>,
    #[n(10)]
    pub erased_at: Option<Timestamp>,
}

/// Which snapshot a bucket holds, and the one permit that opens it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Taken {
    #[n(0)]
    pub snapshot: Id<Snapshot>,
    #[n(1)]
    pub permit: Id<Permit>,
}

/// It has arrived.
#[derive(Debug, Clone, Encode, Decode)]
pub struct Whole {
    #[n(0)]
    pub at: Timestamp,
    /// Leaf of the home that says what left.
    #[n(1)]
    pub left: u64,
    /// Leaf of the study that says that it is whole.
    #[n(2)]
    pub arrived: u64,
    /// How many leaves the home's ledger had at the moment that it shows.
    #[n(3)]
    pub as_of: u64,
    #[n(4)]
    pub objects: u64,
    #[n(5)]
    pub bytes: u64,
}

/// It is read no more.
#[derive(Debug, Clone, Encode, Decode)]
pub struct Closed {
    #[n(0)]
    pub at: Timestamp,
    #[n(1)]
    pub why: Why,
}

/// Why a snapshot was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Why {
    /// The provider's keys at home are destroyed: its data go everywhere.
    #[n(0)]
    Withdrawn,
    /// The permit was over before it was whole.
    #[n(1)]
    PermitOver,
    /// The agreement was over, or no longer lets the data go, before it was whole.
    #[n(2)]
    AgreementOver,
    /// The study's tier was lower than the home's before it was whole.
    #[n(3)]
    TierLow,
    /// The study is erased.
    #[n(4)]
    StudyErased,
}

impl Why {
    pub const fn text(self) -> &'static str {
        match self {
            Self::Withdrawn => "its provider withdrew",
            Self::PermitOver => "its permit was over before it was whole",
            Self::AgreementOver => "the agreement was over before it was whole",
            Self::TierLow => "the study's tier was too low before it was whole",
            Self::StudyErased => "the study is erased",
        }
    }
}

impl Row for SnapshotRow {
    const TABLE: Table = Table::Snapshot;
}

impl SnapshotRow {
    /// Snapshots lie under their study.
    pub fn key(&self) -> [u8; 32] {
        crate::row::pair(self.study, self.id)
    }

    /// The bucket of the study that holds it. WHY no name of the home's: the root tells it, and names die with data.
    pub fn bucket(&self) -> String {
        format!("snapshot-{}", self.id)
    }

    pub const fn is_under_way(&self) -> bool {
        self.whole.is_none() && self.closed.is_none() && self.erased_at.is_none()
    }

    pub const fn is_open(&self) -> bool {
        self.whole.is_some() && self.closed.is_none() && self.erased_at.is_none()
    }

    /// Whether its data are of this project, or of this scope of it.
    pub fn draws_from(&self, home: Id<Project>, scope: Option<Id<Scope>>) -> bool {
        self.home == home && scope.is_none_or(|scope| scope == self.scope)
    }

    /// What all its leaves are about.
    fn subjects(&self) -> Vec<String> {
        vec![
            subject(Noun::Snapshot, self.id),
            subject(Noun::Permit, self.permit),
            format!("home:{}", self.home),
            format!("study:{}", self.study),
        ]
    }

    async fn permit(&self, root: &Draft) -> Result<PermitRow, Refusal> {
        root.known(&crate::row::pair(self.study, self.permit)).await
    }
}

/// A snapshot of a study, by its id's text.
pub async fn find(root: &Draft, study: Id<Project>, text: &str) -> Result<SnapshotRow, Refusal> {
    let id: Id<Snapshot> = text.parse().map_err(|_| Refusal::with(Reason::NotFound, "snapshot"))?;
    root.known(&crate::row::pair(study, id)).await
}

/// The snapshot that a scope of a study is of, if it is of one that began to arrive.
pub(crate) async fn of_scope(study: &Draft, scope: Id<Scope>) -> Result<Option<String>, Refusal> {
    let row: Option<ArrivalRow> = study.row(&scope.to_bytes()).await?;
    Ok(row.map(|row| row.snapshot.to_string()))
}

/// What the gate is told of the snapshot that a bucket holds.
pub async fn facts(
    root: &Draft,
    study: Id<Project>,
    snapshot: Id<Snapshot>,
) -> Result<SnapshotFacts, Refusal> {
    let row: Option<SnapshotRow> = root.row(&crate::row::pair(study, snapshot)).await?;
    Ok(SnapshotFacts { is_open: row.is_some_and(|row| row.is_open()) })
}

/// Writes down, with the act that decides it, what is to go to the study: one snapshot for each bucket.
pub(crate) async fn intend(
    draft: &mut Draft,
    frame: &Frame<'_>,
    permit: &PermitRow,
    outcome: Outcome,
    mut answer: Value,
) -> Result<(Outcome, Value), Refusal> {
    let Some(home) = permit.crossing.as_ref().and_then(|crossing| crossing.home) else {
        return Ok((outcome, answer));
    };
    let study: ProjectRow = draft.known(&permit.project.to_bytes()).await?;
    if study.erased_at.is_some() {
        return Err(Reason::ProjectErased.into());
    }
    let wish = crossing::wish(draft, permit).await?;
    let mut outcome = outcome.and(Noun::Project, home);
    let mut told = Vec::new();
    for (bucket, scope) in crossing::sources(frame.region, home, &wish).await? {
        let row = SnapshotRow {
            id: Id::random(frame.region.rand()),
            permit: permit.id,
            home,
            study: permit.project,
            scope: scope.id,
            source: bucket.id,
            asked_at: frame.now,
            by: frame.actor.person,
            whole: None,
            closed: None,
            erased_at: None,
        };
        draft.put(&row.key(), &row)?;
        outcome = outcome.and(Noun::Snapshot, row.id);
        told.push(json!(row.id.to_string()));
    }
    if let Some(answer) = answer.as_object_mut() {
        answer.insert("snapshots".to_owned(), Value::Array(told));
    }
    Ok((outcome, answer))
}

#[async_trait]
impl Judged for SnapshotTake {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        permit::decided(scene, &permit::find(scene.root, &self.permit).await?).await
    }
}

#[async_trait]
impl Rule for SnapshotTake {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let row = permit::find(draft, &self.permit).await?;
        let span = row.span();
        let is_in_force = row.granted_by.is_some() && span.starts <= frame.now && frame.now <= span.ends;
        if row.crossing.is_none() || !is_in_force {
            return Err(Refusal::with(Reason::StateWrong, row.state(frame.now)));
        }
        let outcome = Outcome::of(Noun::Permit, row.id).and(Noun::Project, row.project);
        let (outcome, answer) = intend(draft, frame, &row, outcome, json!({ "permit": row.alias })).await?;
        Ok(outcome.saying(answer))
    }
}

/// Whether a snapshot on its way may go on now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    On,
    /// Something stands in the way that may pass: a permit not begun, a lock, a halt, a stop.
    Wait,
    Over(Why),
    /// It is closed or whole already.
    Done,
}

/// Judged before each step over the root as it is now, as doors are.
async fn way(root: &Draft, row: &SnapshotRow, now: Timestamp) -> Result<Way, Refusal> {
    let current: SnapshotRow = root.known(&row.key()).await?;
    if !current.is_under_way() {
        return Ok(Way::Done);
    }
    let permit = row.permit(root).await?;
    let (home, study): (ProjectRow, ProjectRow) =
        (root.known(&row.home.to_bytes()).await?, root.known(&row.study.to_bytes()).await?);
    let agreement: Option<AgreementRow> =
        root.row(&crate::row::pair::<_, Agreement>(row.home, row.scope.cast())).await?;
    let over = match () {
        () if permit.span().ends < now => Some(Why::PermitOver),
        () if study.erased_at.is_some() => Some(Why::StudyErased),
        () if home.erased_at.is_some() => Some(Why::Withdrawn),
        () if study.tier() < home.tier() => Some(Why::TierLow),
        () if agreement.as_ref().is_none_or(|of| of.is_over_or_silent(row.study, now)) => {
            Some(Why::AgreementOver)
        }
        () => None,
    };
    if let Some(why) = over {
        return Ok(Way::Over(why));
    }
    let is_stopped = [&home, &study].into_iter().any(|side| side.is_halted || side.locked_by.is_some());
    let own = root.all::<AgreementRow>(&row.study.to_bytes()).await?;
    let is_covered = agreement.is_some_and(|agreement| agreement.is_in_force(now))
        && own.iter().any(|(_, own)| own.is_in_force(now));
    let waits = permit.span().starts > now || is_stopped || !is_covered;
    Ok(if waits { Way::Wait } else { Way::On })
}

/// Refuses to go on where a snapshot may not: with `already_done` where it never will.
async fn on(region: &Region, row: &SnapshotRow) -> Result<(), Refusal> {
    region.lease().confirmed(region.clock().now())?;
    match way(&region.root().view().await?, row, region.now()).await? {
        Way::On => Ok(()),
        Way::Wait => Err(Refusal::with(Reason::StateWrong, "the snapshot waits")),
        Way::Over(why) => {
            end::close(region, row, why).await?;
            Err(Reason::AlreadyDone.into())
        }
        Way::Done => Err(Reason::AlreadyDone.into()),
    }
}

impl Region {
    /// Goes on with every snapshot that is under way, as far as each may go now.
    pub async fn finish_snapshots(&self) -> Result<(), Refusal> {
        let _one = self.taking().lock().await;
        let rows = self.root().view().await?.all::<SnapshotRow>(&[]).await?;
        let mut unfinished = None;
        for (_, row) in rows.into_iter().filter(|(_, row)| row.is_under_way()) {
            match self.take(&row).await {
                Ok(()) => {}
                Err(refusal) if is_no_fault(&refusal) => {}
                Err(refusal) => unfinished = unfinished.or(Some(refusal)),
            }
        }
        unfinished.map_or(Ok(()), Err)
    }

    async fn take(&self, row: &SnapshotRow) -> Result<(), Refusal> {
        on(self, row).await?;
        let (departure, left) = leave::left(self, row).await?;
        let arrived = arrive::arrived(self, row, left).await?;
        leave::answered(self, row, arrived).await?;
        step::settle(self, row, &departure, left, arrived).await
    }

    /// Opens the home of a permit's data for who decides on it; the gate answers all others.
    pub(crate) async fn open_home(&self, actor: &Actor, permit: &str) -> Result<(), Refusal> {
        let root = self.root().view().await?;
        let Ok(row) = permit::find(&root, permit).await else {
            return Ok(());
        };
        if let Some(home) = row.crossing.and_then(|crossing| crossing.home) {
            // WHY no answer: what cannot be opened, or may not be known, is the gate's to say.
            drop(self.project_cell(actor, &home.to_string()).await);
        }
        Ok(())
    }
}

/// It waits, for room too, or was ended by somebody: the next look tells.
fn is_no_fault(refusal: &Refusal) -> bool {
    matches!(
        refusal.reason,
        Reason::StateWrong
            | Reason::AlreadyDone
            | Reason::ScopeErased
            | Reason::ProjectErased
            | Reason::QuotaFull
    )
}

/// A deed about a permit, whose home must be open to be judged.
pub(crate) trait OfPermit: Deed {
    fn permit(&self) -> &str;
}

macro_rules! of_permit {
    ($($deed:ident)*) => { $(impl OfPermit for words::act::$deed {
        fn permit(&self) -> &str { &self.permit }
    })* };
}

of_permit!(PermitGrant PermitAmend SnapshotTake);
