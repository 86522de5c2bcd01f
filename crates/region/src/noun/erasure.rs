//! Erasure: destroying the keys of a provider's data or of a whole project, with a certificate.
//!
//! First a commit says so and every door closes, then custody destroys, then the
//! index is folded anew from a log that can no longer say the names, then a
//! certificate is signed. Each step can be repeated, and a region that stopped
//! half-way goes on when it opens.

use async_trait::async_trait;
use futures::FutureExt;
use futures::future::BoxFuture;
use gate::Allowed;
use minicbor::{Decode, Encode};
use serde_json::{Value, json};
use words::act::{KeyEraseProject, KeyEraseScope};
use words::noun::{Project, Scope};
use words::{Actor, Deed, Id, Reason, Refusal};

use crate::Region;
use crate::act::{AsRuled, Request, Rule};
use crate::cell::Cell;
use crate::cell::draft::Draft;
use crate::cell::state::CellKeysRow;
use crate::cell::step::{Done, Entry, HouseStep, Moment, Planned, Step};
use crate::noun::agreement::{self, AgreementRow};
use crate::noun::crossing;
use crate::noun::project::ProjectRow;
use crate::row::{Row, Seal, Table};
use crate::scope::ScopeRow;
use crate::snapshot;

/// An erasure, in the root: begun, and for ever once its certificate is signed.
///
/// WHY for ever: keys that come back with an older custody are destroyed again before anything is served.
#[derive(Debug, Clone, Encode, Decode)]
pub struct ErasureRow {
    #[n(0)]
    pub project: Id<Project>,
    /// None: the whole project.
    #[n(1)]
    pub scope: Option<Id<Scope>>,
    /// Its certificate is signed.
    #[n(2)]
    pub is_done: bool,
}

impl Row for ErasureRow {
    const TABLE: Table = Table::Erasure;
}

impl ErasureRow {
    fn key(&self) -> Vec<u8> {
        let scope = self.scope.map_or([0; 16], Id::to_bytes);
        [self.project.to_bytes(), scope].concat()
    }

    /// As leaves and checks name it.
    pub fn subject(&self) -> String {
        self.scope.map_or_else(|| format!("project:{}", self.project), |scope| format!("scope:{scope}"))
    }
}

/// The signed certificate of a scope's erasure, in the cell.
#[derive(Debug, Clone, Encode, Decode)]
pub struct CertificateRow {
    #[n(0)]
    pub scope: Id<Scope>,
    /// A C2SP signed note over one line of JSON.
    #[n(1)]
    pub note: String,
}

impl Row for CertificateRow {
    const TABLE: Table = Table::Certificate;
}

/// Destroys the keys of one provider's data and gives the certificate.
pub async fn erase_scope(region: &Region, actor: &Actor, deed: KeyEraseScope) -> Result<Done, Refusal> {
    let project = deed.project.clone();
    let erased = whole(scope_erased(region.clone(), actor.clone(), deed));
    region.heard(actor, KeyEraseScope::ACT, Some(&project), erased.boxed()).await
}

/// Destroys all keys of a project and gives the certificate.
pub async fn erase_project(region: &Region, actor: &Actor, deed: KeyEraseProject) -> Result<Done, Refusal> {
    let project = deed.project.clone();
    let erased = whole(project_erased(region.clone(), actor.clone(), deed));
    region.heard(actor, KeyEraseProject::ACT, Some(&project), erased.boxed()).await
}

/// WHY a task: whoever asked may hang up, and an erasure is not cut between its steps. The region's end waits for it.
pub(crate) async fn whole(
    work: impl Future<Output = Result<Done, Refusal>> + Send + 'static,
) -> Result<Done, Refusal> {
    tokio::spawn(work).await.unwrap_or_else(|_| Err(crate::cell::lead::gone()))
}

async fn scope_erased(region: Region, actor: Actor, deed: KeyEraseScope) -> Result<Done, Refusal> {
    let cell = region.project_cell(&actor, &deed.project).await?;
    let root = region.root().view().await?;
    let allowed = region.allow(&actor, &deed, Some(&cell)).await?;
    let scope: Id<Scope> = agreement::find(&root, &deed.agreement).await?.id.cast();
    let request = Request::once(actor, deed);
    erase_by_act(&region, &cell, scope, request, allowed).await
}

/// Erases a scope as an act decides.
pub(crate) async fn erase_by_act<D: Rule>(
    region: &Region,
    cell: &Cell,
    scope: Id<Scope>,
    request: Request<D>,
    allowed: Allowed<D>,
) -> Result<Done, Refusal> {
    let erasure = ErasureRow { project: cell.id.cast(), scope: Some(scope), is_done: false };
    let _one = region.erasing().lock().await;
    begin(region, &erasure).await?;
    let leaf = match region.commit(cell, request, allowed, AsRuled).await {
        Ok(done) => done.leaf,
        // WHY: an erasure that was decided is gone on with, never taken back.
        Err(refusal) if refusal.reason == Reason::AlreadyDone => None,
        Err(refusal) => return Err(undecided(region, &erasure, refusal).await),
    };
    let note = finish_scope(region, cell, &erasure, scope).await?;
    Ok(Done { leaf, answer: json!({ "certificate": note }) })
}

/// Erases a scope as a step of the house decides, within an erasure that is under way.
pub(crate) async fn erase_by_house(
    region: &Region,
    cell: &Cell,
    scope: Id<Scope>,
    step: Box<dyn Step>,
) -> Result<(), Refusal> {
    let erasure = ErasureRow { project: cell.id.cast(), scope: Some(scope), is_done: false };
    match begin(region, &erasure).await {
        Err(refusal) if refusal.reason == Reason::AlreadyDone => {
            return snapshot::end::erased(region, erasure.project, scope).await;
        }
        other => other?,
    }
    match cell.submit(step).await {
        Ok(_) => {}
        Err(refusal) if refusal.reason == Reason::AlreadyDone => {}
        Err(refusal) => return Err(undecided(region, &erasure, refusal).await),
    }
    finish_scope(region, cell, &erasure, scope).await.map(drop)
}

async fn project_erased(region: Region, actor: Actor, deed: KeyEraseProject) -> Result<Done, Refusal> {
    let cell = region.project_cell(&actor, &deed.project).await?;
    let allowed = region.allow(&actor, &deed, Some(&cell)).await?;
    let erasure = ErasureRow { project: cell.id.cast(), scope: None, is_done: false };
    let _one = region.erasing().lock().await;
    begin(&region, &erasure).await?;
    let request = Request::once(actor, deed);
    let leaf = match region.commit(&cell, request, allowed, AsRuled).await {
        Ok(done) => done.leaf,
        Err(refusal) if matches!(refusal.reason, Reason::AlreadyDone | Reason::ProjectErased) => None,
        Err(refusal) => return Err(undecided(&region, &erasure, refusal).await),
    };
    let note = finish_project(&region, &erasure).await?;
    Ok(Done { leaf, answer: json!({ "certificate": note }) })
}

/// It was refused; whether it had been decided before, the cell tells.
async fn undecided(region: &Region, erasure: &ErasureRow, refusal: Refusal) -> Refusal {
    // WHY: nobody knows whether it was decided. The intent stays until the cell, opened anew, tells.
    if refusal.reason == Reason::Unavailable {
        return refusal;
    }
    match resume(region, erasure).await {
        Ok(()) => refusal,
        Err(unfinished) => unfinished,
    }
}

impl Region {
    /// Goes on with every erasure that a stop interrupted, and repeats those whose keys are back.
    pub async fn finish_erasures(&self) -> Result<(), Refusal> {
        let _one = self.erasing().lock().await;
        let erasures = self.root().view().await?.all::<ErasureRow>(&[]).await?;
        let mut unfinished = None;
        for (_, erasure) in erasures {
            let resumed = match erasure.is_done {
                true => keep_erased(self, &erasure).await,
                false => resume(self, &erasure).await,
            };
            unfinished = unfinished.or(resumed.err());
        }
        unfinished = unfinished.or(snapshot::end::finish_withdrawals(self).await.err());
        unfinished.map_or(Ok(()), Err)
    }
}

/// INVARIANT: what a certificate says is destroyed stays so, whatever custody was put in place since.
async fn keep_erased(region: &Region, erasure: &ErasureRow) -> Result<(), Refusal> {
    let keys = region.keys(erasure.project.cast());
    let scopes = scopes_of(region, erasure).await?;
    let is_whole_back = erasure.scope.is_none() && !keys.is_destroyed()?;
    if !is_whole_back && keys.held_of(&scopes)?.is_none() {
        return Ok(());
    }
    tracing::error!(project = %erasure.project, "destroyed keys were back: custody is older than their erasure");
    match erasure.scope {
        Some(_) => {
            // WHY closed: an index folded while the keys were back knows the names.
            if let Some(cell) = region.forget_cell(erasure.project.cast()) {
                cell.close().await;
            }
            keys.destroy_scopes(&scopes, u64::MAX)?;
        }
        None => drop(keys.destroy_cell()?),
    }
    let (root, subject) = (region.root(), erasure.subject());
    destroy_names(region, scopes).await?;
    let step =
        HouseStep::new(move |_, moment| Ok(Entry::of_house("key.erased-again", moment.now).about(subject)));
    root.submit(Box::new(step)).await.map(drop)
}

/// The scopes that die in an erasure: one, or the project's own and those of all its agreements.
pub(crate) async fn scopes_of(region: &Region, erasure: &ErasureRow) -> Result<Vec<Id<Scope>>, Refusal> {
    let root = region.root().view().await?;
    // What permits ask for of these data names them.
    let wishes = crossing::wishes_of(&root, erasure.project, erasure.scope).await?;
    if let Some(scope) = erasure.scope {
        return Ok(wishes.into_iter().chain([scope]).collect());
    }
    let agreements = root.all::<AgreementRow>(&erasure.project.to_bytes()).await?;
    let own = erasure.project.cast();
    Ok(agreements.into_iter().map(|(_, row)| row.id.cast()).chain([own]).chain(wishes).collect())
}

async fn resume(region: &Region, erasure: &ErasureRow) -> Result<(), Refusal> {
    match erasure.scope {
        Some(scope) => resume_scope(region, erasure, scope).await,
        None => resume_project(region, erasure).await,
    }
}

async fn resume_scope(region: &Region, erasure: &ErasureRow, scope: Id<Scope>) -> Result<(), Refusal> {
    let project: ProjectRow = region.root().view().await?.known(&erasure.project.to_bytes()).await?;
    match (project.erased_at, project.certificate) {
        (None, _) => {}
        // The whole project goes, or went, and its scopes with it.
        (Some(_), None) => return Ok(()),
        (Some(_), Some(_)) => return settle(region, erasure).await,
    }
    let cell = region.cell(erasure.project.cast()).await?;
    let row: Option<ScopeRow> = cell.view().await?.row(&scope.to_bytes()).await?;
    match row {
        Some(row) if row.is_erased => finish_scope(region, &cell, erasure, scope).await.map(drop),
        // The stop came before the commit: nothing was decided.
        Some(_) | None => take_back(region, erasure).await,
    }
}

async fn resume_project(region: &Region, erasure: &ErasureRow) -> Result<(), Refusal> {
    let root = region.root().view().await?;
    let row: ProjectRow = root.known(&erasure.project.to_bytes()).await?;
    let has_begun = match row.erased_at {
        Some(_) => true,
        None => {
            let cell = region.cell(erasure.project.cast()).await?;
            cell.view().await?.row::<CellKeysRow>(&[]).await?.is_some_and(|keys| keys.is_erasing)
        }
    };
    match has_begun {
        true => finish_project(region, erasure).await.map(drop),
        false => take_back(region, erasure).await,
    }
}

/// Writes the intent, so that a stop cannot leave keys behind unnoticed. One that was begun is gone on with;
/// one that is done is never begun again.
async fn begin(region: &Region, erasure: &ErasureRow) -> Result<(), Refusal> {
    let known: Option<ErasureRow> = region.root().view().await?.row(&erasure.key()).await?;
    match known {
        Some(known) if known.is_done => Err(Reason::AlreadyDone.into()),
        Some(_) => Ok(()),
        None => write(region, erasure.clone(), "key.intend").await,
    }
}

/// Remembers for ever that it is done.
async fn settle(region: &Region, erasure: &ErasureRow) -> Result<(), Refusal> {
    write(region, ErasureRow { is_done: true, ..erasure.clone() }, "key.settle").await
}

async fn write(region: &Region, erasure: ErasureRow, act: &'static str) -> Result<(), Refusal> {
    let step = HouseStep::new(move |draft, moment| {
        draft.put(&erasure.key(), &erasure)?;
        Ok(Entry::of_house(act, moment.now).about(erasure.subject()))
    });
    region.root().submit(Box::new(step)).await.map(drop)
}

/// It was refused after all.
async fn take_back(region: &Region, erasure: &ErasureRow) -> Result<(), Refusal> {
    let erasure = erasure.clone();
    let step = HouseStep::new(move |draft, moment| {
        draft.remove::<ErasureRow>(Seal::Cell, &erasure.key());
        Ok(Entry::of_house("key.take-back", moment.now).about(erasure.subject()))
    });
    region.root().submit(Box::new(step)).await.map(drop)
}

async fn finish_scope(
    region: &Region,
    cell: &Cell,
    erasure: &ErasureRow,
    scope: Id<Scope>,
) -> Result<String, Refusal> {
    let certified: Option<CertificateRow> = cell.view().await?.row(&scope.to_bytes()).await?;
    if let Some(certified) = certified {
        snapshot::end::erased(region, erasure.project, scope).await?;
        settle(region, erasure).await?;
        return Ok(certified.note);
    }
    let keys = cell.keys.clone();
    let generation = cell.index_generation();
    let destroyed = cell.renew(move || keys.destroy_scopes(&[scope], generation)).await?;
    region.catalogue().forget(cell.id);
    destroy_names(region, scopes_of(region, erasure).await?).await?;
    let snapshots = withdraw(region, erasure).await?;
    let erased = cell
        .view()
        .await?
        .all::<ErasedRow>(&[&scope.to_bytes()[..], &[Table::Object as u8]].concat())
        .await?;
    let said = json!({
        "erased": "scope",
        "region": region.ground().origin,
        "project": erasure.project.to_string(),
        "scope": scope.to_string(),
        "at": region.now(),
        "custody": destroyed.kind,
        "custody_generation": destroyed.generation,
        "objects": erased.len(),
        "bytes": erased.iter().map(|(_, row)| row.0.size_bytes).sum::<u64>(),
        "snapshots": snapshots,
        "snapshot_of": snapshot::end::told(region, cell, scope).await?,
    });
    let note = cell.publisher.certify(&said)?;
    let row = CertificateRow { scope, note: note.clone() };
    let step = HouseStep::new(move |draft, moment| {
        draft.put(&row.scope.to_bytes(), &row)?;
        Ok(Entry::of_house("key.erased", moment.now).about(format!("scope:{scope}")))
    });
    cell.submit(Box::new(step)).await?;
    snapshot::end::erased(region, erasure.project, scope).await?;
    settle(region, erasure).await?;
    Ok(note)
}

/// What went on to studies goes too. WHY boxed: a snapshot is erased as any scope is.
fn withdraw<'a>(region: &'a Region, erasure: &'a ErasureRow) -> BoxFuture<'a, Result<Vec<Value>, Refusal>> {
    snapshot::end::withdraw(region, erasure.project, erasure.scope).boxed()
}

/// Names of these scopes in the root go too: grants, and what was asked when they were issued.
async fn destroy_names(region: &Region, scopes: Vec<Id<Scope>>) -> Result<(), Refusal> {
    let root = region.root();
    let keys = root.keys.clone();
    let mut held = Vec::new();
    for scope in scopes {
        if keys.has_scope(scope)? {
            held.push(scope);
        }
    }
    if held.is_empty() {
        return Ok(());
    }
    let generation = root.index_generation();
    root.renew(move || keys.destroy_scopes(&held, generation)).await.map(drop)
}

async fn finish_project(region: &Region, erasure: &ErasureRow) -> Result<String, Refusal> {
    let id = erasure.project;
    mark_erased(region, id, None).await?;
    region.catalogue().forget(id.cast());
    let keys = region.keys(id.cast());
    let opening = region.opening(id.cast());
    // WHY under its opening: nobody opens the cell, and makes a key for it, while its keys are destroyed.
    let _closed = opening.lock().await;
    if let Some(cell) = region.forget_cell(id.cast()) {
        let _last_checkpoint = cell.publisher.publish(&cell).await;
        cell.close().await;
    }
    let destroyed = keys.destroy_cell()?;
    destroy_names(region, scopes_of(region, erasure).await?).await?;
    snapshot::end::gone_with(region, id).await?;
    let snapshots = withdraw(region, erasure).await?;
    let said = json!({
        "erased": "project",
        "region": region.ground().origin,
        "project": id.to_string(),
        "at": region.now(),
        "custody": destroyed.kind,
        "custody_generation": destroyed.generation,
        "snapshots": snapshots,
    });
    let note = region.root().publisher.certify(&said)?;
    mark_erased(region, id, Some(note.clone())).await?;
    settle(region, erasure).await?;
    Ok(note)
}

/// Closes every door to a project; later adds the certificate.
async fn mark_erased(region: &Region, id: Id<Project>, certificate: Option<String>) -> Result<(), Refusal> {
    region.root().submit(Box::new(MarkErased { id, certificate })).await.map(drop)
}

struct MarkErased {
    id: Id<Project>,
    certificate: Option<String>,
}

#[async_trait]
impl Step for MarkErased {
    async fn plan(&mut self, draft: &mut Draft, moment: Moment) -> Result<Planned, Refusal> {
        let mut row: ProjectRow = draft.known(&self.id.to_bytes()).await?;
        row.erased_at = row.erased_at.or(Some(moment.now));
        row.certificate = self.certificate.take().or(row.certificate);
        draft.put(&self.id.to_bytes(), &row)?;
        let entry = Entry::of_house("key.erased", moment.now).about(format!("project:{}", self.id));
        Ok(Planned::New(entry))
    }
}

/// What is left of a row whose scope is gone.
#[derive(Debug, Encode, Decode)]
#[cbor(transparent)]
pub struct ErasedRow(#[n(0)] pub crate::cell::format::Stub);

impl Row for ErasedRow {
    const TABLE: Table = Table::Erased;
}
