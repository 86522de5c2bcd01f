//! The end of snapshots: closed at once, erased by destroying the keys of their scope.
//!
//! One whose permit is over is erased by a custodian's act. One whose provider withdrew, or whose home is
//! erased, is erased with it, by the house. A legal hold of the study keeps the keys, and closes nothing less.

use async_trait::async_trait;
use futures::FutureExt;
use gate::facts::Target;
use serde_json::{Value, json};
use words::act::SnapshotErase;
use words::noun::{Noun, Project, Scope};
use words::{Actor, Deed, Id, Reason, Refusal};

use crate::Region;
use crate::act::{Frame, Judged, Outcome, Request, Rule, Scene};
use crate::cell::Cell;
use crate::cell::draft::Draft;
use crate::cell::step::{Done, Moment, Planned, Step};
use crate::facts;
use crate::noun::bucket::BucketRow;
use crate::noun::erasure;
use crate::noun::project::{self, ProjectRow};
use crate::object::ObjectRow;
use crate::scope::ScopeRow;
use crate::snapshot::step::{self, edit};
use crate::snapshot::{Closed, SnapshotRow, Why, find};

/// Closes every door to a snapshot; one that is closed stays as it was.
pub(super) async fn close(region: &Region, row: &SnapshotRow, why: Why) -> Result<(), Refusal> {
    edit(region, row, "snapshot.close", Vec::new(), move |row, at| {
        // WHY over another reason: a provider's word goes on until its data are gone.
        let is_due = match &row.closed {
            None => true,
            Some(closed) => why == Why::Withdrawn && closed.why != Why::Withdrawn,
        };
        if is_due && row.erased_at.is_none() {
            row.closed = Some(Closed { at, why });
            return true;
        }
        false
    })
    .await
}

/// Remembers that a snapshot's keys are destroyed.
pub(crate) async fn erased(region: &Region, study: Id<Project>, scope: Id<Scope>) -> Result<(), Refusal> {
    let key = crate::row::pair(study, scope);
    let row: Option<SnapshotRow> = region.root().view().await?.row(&key).await?;
    let Some(row) = row else { return Ok(()) };
    edit(region, &row, "snapshot.erased", Vec::new(), |row, at| row.erased_at.replace(at).is_none()).await
}

/// All snapshots of a study went with its keys.
pub(crate) async fn gone_with(region: &Region, study: Id<Project>) -> Result<(), Refusal> {
    let rows = region.root().view().await?.all::<SnapshotRow>(&study.to_bytes()).await?;
    for (_, row) in rows.into_iter().filter(|(_, row)| row.erased_at.is_none()) {
        close(region, &row, Why::StudyErased).await?;
        erased(region, study, row.id.cast()).await?;
    }
    Ok(())
}

/// Takes back, from every study, what came from a provider's scope or from a whole project; tells of each
/// snapshot what became of it.
pub(crate) async fn withdraw(
    region: &Region,
    home: Id<Project>,
    scope: Option<Id<Scope>>,
) -> Result<Vec<Value>, Refusal> {
    let rows = region.root().view().await?.all::<SnapshotRow>(&[]).await?;
    let rows: Vec<SnapshotRow> =
        rows.into_iter().map(|(_, row)| row).filter(|row| row.draws_from(home, scope)).collect();
    // WHY all first: every door is closed before the first key is destroyed.
    for row in rows.iter().filter(|row| row.erased_at.is_none()) {
        close(region, row, Why::Withdrawn).await?;
    }
    let mut told = Vec::new();
    for row in &rows {
        let state = withdrawn(region, row).await?;
        told.push(json!({ "snapshot": row.id.to_string(), "study": row.study.to_string(), "state": state }));
    }
    Ok(told)
}

/// Goes on with snapshots that a hold kept when their provider withdrew.
pub(crate) async fn finish_withdrawals(region: &Region) -> Result<(), Refusal> {
    let rows = region.root().view().await?.all::<SnapshotRow>(&[]).await?;
    let is_due = |row: &SnapshotRow| {
        row.erased_at.is_none() && row.closed.as_ref().is_some_and(|closed| closed.why == Why::Withdrawn)
    };
    let mut unfinished = None;
    for (_, row) in rows.into_iter().filter(|(_, row)| is_due(row)) {
        unfinished = unfinished.or(withdrawn(region, &row).await.err());
    }
    unfinished.map_or(Ok(()), Err)
}

/// `erased`, or `held` where the study must keep it.
async fn withdrawn(region: &Region, row: &SnapshotRow) -> Result<&'static str, Refusal> {
    let root = region.root().view().await?;
    let current: SnapshotRow = root.known(&row.key()).await?;
    if current.erased_at.is_some() {
        return Ok("erased");
    }
    let study: ProjectRow = root.known(&row.study.to_bytes()).await?;
    if study.erased_at.is_some() {
        erased(region, row.study, row.id.cast()).await?;
        return Ok("erased");
    }
    let cell = region.cell(row.study.cast()).await?;
    if is_held(&cell.view().await?, row).await? {
        return Ok("held");
    }
    match erasure::erase_by_house(region, &cell, row.id.cast(), Box::new(Withdraw { row: row.clone() })).await
    {
        Ok(()) => Ok("erased"),
        Err(refusal) if refusal.reason == Reason::LegalHold => Ok("held"),
        Err(refusal) => Err(refusal),
    }
}

/// Whether a legal hold of the study keeps an object of a snapshot.
async fn is_held(rows: &Draft, row: &SnapshotRow) -> Result<bool, Refusal> {
    let mut is_held = false;
    if let Some(bucket) = rows.row::<BucketRow>(row.bucket().as_bytes()).await? {
        rows.each(&bucket.id.to_bytes(), |object: ObjectRow| is_held |= object.is_held).await?;
    }
    Ok(is_held)
}

/// Decides, over the very rows that go, that a snapshot's scope is erased.
async fn decide(draft: &mut Draft, row: &SnapshotRow, now: words::Timestamp) -> Result<(), Refusal> {
    let id: Id<Scope> = row.id.cast();
    let scope: Option<ScopeRow> = draft.row(&id.to_bytes()).await?;
    // WHY also without: nothing may arrive under it later.
    let mut scope =
        scope.unwrap_or_else(|| ScopeRow { agreement: None, ..ScopeRow::without_data(id.cast()) });
    if scope.is_erased {
        return Err(Reason::AlreadyDone.into());
    }
    if is_held(draft, row).await? {
        return Err(Reason::LegalHold.into());
    }
    (scope.is_erased, scope.erased_at) = (true, Some(now));
    draft.put(&id.to_bytes(), &scope)
}

/// The house's own decision, after a provider's.
struct Withdraw {
    row: SnapshotRow,
}

#[async_trait]
impl Step for Withdraw {
    async fn plan(&mut self, draft: &mut Draft, moment: Moment) -> Result<Planned, Refusal> {
        decide(draft, &self.row, moment.now).await?;
        Ok(Planned::New(step::entry("snapshot.withdraw", &self.row, moment.now, &[])))
    }
}

/// Destroys the keys of a snapshot whose permit is over, and gives the certificate.
pub async fn erase(region: &Region, actor: &Actor, deed: SnapshotErase) -> Result<Done, Refusal> {
    let project = deed.project.clone();
    let erased = erasure::whole(decided(region.clone(), actor.clone(), deed));
    region.heard(actor, SnapshotErase::ACT, Some(&project), erased.boxed()).await
}

async fn decided(region: Region, actor: Actor, deed: SnapshotErase) -> Result<Done, Refusal> {
    let cell = region.project_cell(&actor, &deed.project).await?;
    let allowed = region.allow(&actor, &deed, Some(&cell)).await?;
    let row = find(&region.root().view().await?, cell.id.cast(), &deed.snapshot).await?;
    let request = Request::once(actor, deed);
    erasure::erase_by_act(&region, &cell, row.id.cast(), request, allowed).await
}

#[async_trait]
impl Judged for SnapshotErase {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        let row = project::find(scene.root, &self.project).await?;
        let project = facts::project(scene, row.id).await?;
        let mut is_kept = false;
        if let (Some(cell), true) = (scene.cell, project.is_known_to_actor) {
            is_kept = is_held(cell, &find(scene.root, row.id, &self.snapshot).await?).await?;
        }
        Ok(Target::Keys {
            project,
            is_held: is_kept,
            retained_until: None,
            locker: row.locked_by,
            is_unreturned: false,
        })
    }
}

#[async_trait]
impl Rule for SnapshotErase {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let root = frame.root.ok_or(Refusal::new(Reason::NotFound))?;
        let row = find(root, frame.cell.cast(), &self.snapshot).await?;
        let permit = row.permit(root).await?;
        // WHY: who may still read is not cut off by a custodian; the controller ends the permit first.
        if row.closed.is_none() && frame.now <= permit.span().ends {
            return Err(Refusal::with(Reason::StateWrong, "its permit is not over"));
        }
        decide(draft, &row, frame.now).await?;
        Ok(Outcome::of(Noun::Snapshot, row.id).and::<Project>(Noun::Project, frame.cell.cast()))
    }
}

/// What a certificate of a study says of the snapshot that a scope was; nothing for any other scope.
pub(crate) async fn told(region: &Region, cell: &Cell, scope: Id<Scope>) -> Result<Option<Value>, Refusal> {
    let key = crate::row::pair::<Project, Scope>(cell.id.cast(), scope);
    let row: Option<SnapshotRow> = region.root().view().await?.row(&key).await?;
    Ok(row.map(|row| json!({ "home": row.home.to_string(), "permit": row.permit.to_string() })))
}
