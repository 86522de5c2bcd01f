//! A region as one process runs it: its cells, its gate, its time.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

use futures::FutureExt;
use gate::Gate;
use gate::identify::{AccessKey, AccessKind};
use seal::SigningKey;
use store::Bucket;
use store::custody::{Custody, KeyName};
use store::index::Shelf;
use words::act::PersonEnrol;
use words::actor::Role;
use words::noun::{Cell as CellNoun, Credential, Organisation, Person, Project, ROOT_CELL};
use words::{Actor, Clock, Id, Place, Rand, Reason, Refusal, Secret, Timestamp};

use crate::account::{Patience, Spent, Stretching};
use crate::act::{Frame, Scene};
use crate::catalogue::Catalogues;
use crate::cell::Cell;
use crate::cell::draft::Draft;
use crate::cell::keys::Keys;
use crate::cell::open::{Ground, OpenError};
use crate::cell::step::{Entry, Moment, Planned, Step};
use crate::derive::back::Reverses;
use crate::lease::Lease;
use crate::meter::Meters;
use crate::noun::credential::CredentialRow;
use crate::noun::organisation::OrganisationRow;
use crate::noun::person::PersonRow;
use crate::noun::project::ProjectRow;
use crate::noun::role::RoleRow;
use crate::observe::Observations;
use crate::session::keyring::Keyring;
use crate::shares::Shares;
use crate::witness;

/// WHY: secrets sign for a day of SigV4 scopes; a revoked one dies with its row, not its key.
const SIGV4: KeyName = KeyName::SigV4;

/// What a region is made of.
pub struct Parts {
    /// As it stands in checkpoints: a name without spaces, best a domain.
    pub name: String,
    pub bucket: Bucket,
    pub shelf: Arc<dyn Shelf>,
    pub custody: Arc<dyn Custody>,
    pub clock: Arc<dyn Clock>,
    pub rand: Arc<dyn Rand>,
}

/// A running region; cheap to clone.
#[derive(Clone)]
pub struct Region {
    inner: Arc<dyn Held>,
}

/// What a region is made of, behind a door that the compiler does not look through.
///
/// WHY: that a future may move between threads is proven for each of some hundred acts, and each proof would walk through all of
/// it anew: policies, indexes, stores. Here it is proven once, and the crate compiles in a third of the time.
trait Held: Send + Sync {
    fn get(&self) -> &Inner;
}

impl Held for Inner {
    fn get(&self) -> &Inner {
        self
    }
}

struct Inner {
    ground: Ground,
    gate: &'static Gate,
    root: Arc<Cell>,
    cells: RwLock<BTreeMap<Id<CellNoun>, Arc<Cell>>>,
    opening: Openings,
    observations: Observations,
    meters: Arc<Meters>,
    /// What holders opened, in memory alone.
    shares: Shares,
    keyring: Keyring,
    patience: Patience,
    stretching: Stretching,
    spent: Spent,
    witnessing: Mutex<witness::Memory>,
    /// What is stored, to be found.
    catalogue: Catalogues,
    /// Who reads a table for the way back from a pseudonym.
    reverses: OnceLock<Arc<dyn Reverses>>,
    /// One erasure at a time, so that none is taken for interrupted while it goes on.
    erasing: tokio::sync::Mutex<()>,
    /// One step of a snapshot at a time, so that none is taken twice.
    taking: tokio::sync::Mutex<()>,
    /// One look at a chain at a time.
    chaining: tokio::sync::Mutex<()>,
}

/// One opening of a cell at a time; a long replay holds up no other cell.
#[derive(Default)]
struct Openings(Mutex<BTreeMap<Id<CellNoun>, Arc<tokio::sync::Mutex<()>>>>);

impl Openings {
    fn of(&self, cell: Id<CellNoun>) -> Arc<tokio::sync::Mutex<()>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // WHY: only those that somebody waits for are kept.
        all.retain(|_, opening| Arc::strong_count(opening) > 1);
        Arc::clone(all.entry(cell).or_default())
    }
}

/// Why a region cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("this bucket and custody hold no region yet")]
    Unfounded,
    #[error("there is a region here already")]
    Founded,
    #[error("the policy is faulty")]
    Policy(#[source] gate::GateError),
    #[error("custody does not serve")]
    Custody(#[source] store::custody::CustodyError),
    #[error("the region's key cannot be used")]
    Key,
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("{0}")]
    Refused(Refusal),
}

/// The first operator of a new region.
pub struct Founder {
    pub organisation_alias: String,
    pub organisation_name: String,
    pub person: PersonEnrol,
}

impl Region {
    /// Founds a region in an empty bucket: its key, its root cell, its first operator.
    ///
    /// A founding that was interrupted goes on: a region has somebody who can act in it.
    pub async fn found(parts: Parts, founder: Founder) -> Result<Self, StartError> {
        let log = store::Log::new(parts.bucket.clone(), ROOT_CELL);
        let is_there =
            log.read(0).await.map_err(|cause| OpenError::Store { cell: ROOT_CELL, cause })?.is_some();
        // Keys without a log are those of a founding that was interrupted: it goes on with them.
        if parts.custody.key(&KeyName::Region).map_err(StartError::Custody)?.is_none() {
            let made = [KeyName::Region, SIGV4].map(|name| (name, seal::keys::random(parts.rand.as_ref())));
            parts.custody.insert(&made).map_err(StartError::Custody)?;
        }
        let ground = ground(parts)?;
        let root = match is_there {
            true => ground.open(ROOT_CELL, None).await?,
            false => ground.found(ROOT_CELL).await?,
        };
        let region = Self::with(ground, root)?;
        let rows = region.root().view().await.map_err(StartError::Refused)?;
        if !rows.rows::<PersonRow>(&[], None, 1).await.map_err(StartError::Refused)?.is_empty() {
            region.close().await;
            return Err(StartError::Founded);
        }
        let step = Founding { region: region.clone(), founder: Some(founder) };
        region.root().submit(Box::new(step)).await.map_err(StartError::Refused)?;
        Ok(region)
    }

    /// Opens a founded region: replays what its indexes lack and takes its root over.
    pub async fn open(parts: Parts) -> Result<Self, StartError> {
        if parts.custody.key(&KeyName::Region).map_err(StartError::Custody)?.is_none() {
            return Err(StartError::Unfounded);
        }
        let ground = ground(parts)?;
        let root = ground.open(ROOT_CELL, None).await?;
        let region = Self::with(ground, root)?;
        region.raise_format().await.map_err(StartError::Refused)?;
        // WHY on: what is being erased is closed already, and one cell must not keep all others shut.
        region.go_on_erasing().await;
        Ok(region)
    }

    fn with(ground: Ground, root: Cell) -> Result<Self, StartError> {
        let gate = Gate::embedded().map_err(StartError::Policy)?;
        let root = Arc::new(root);
        ground.lease.confirm(ground.clock.now(), root.head().next_seq);
        let meters = Arc::clone(&ground.meters);
        let inner = Inner {
            ground,
            gate,
            root,
            cells: RwLock::default(),
            opening: Openings::default(),
            observations: Observations::default(),
            meters,
            shares: Shares::default(),
            keyring: Keyring::default(),
            patience: Patience::default(),
            stretching: Stretching::default(),
            spent: Spent::default(),
            catalogue: Catalogues::default(),
            reverses: OnceLock::new(),
            witnessing: Mutex::default(),
            erasing: tokio::sync::Mutex::new(()),
            taking: tokio::sync::Mutex::new(()),
            chaining: tokio::sync::Mutex::new(()),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    pub fn root(&self) -> &Arc<Cell> {
        &self.inner.get().root
    }

    pub fn gate(&self) -> &Gate {
        self.inner.get().gate
    }

    pub fn ground(&self) -> &Ground {
        &self.inner.get().ground
    }

    pub fn lease(&self) -> &Lease {
        &self.inner.get().ground.lease
    }

    pub fn clock(&self) -> &dyn Clock {
        self.inner.get().ground.clock.as_ref()
    }

    /// The region's time, which nothing turns back.
    pub fn now(&self) -> Timestamp {
        self.inner.get().ground.now()
    }

    pub fn rand(&self) -> &dyn Rand {
        self.inner.get().ground.rand.as_ref()
    }

    /// Whether this process still leads the root; one that does not must end.
    pub fn is_leading(&self) -> bool {
        !self.root().is_dropped() && !self.lease().is_lost()
    }

    pub(crate) fn catalogue(&self) -> &Catalogues {
        &self.inner.get().catalogue
    }

    pub(crate) fn reverses(&self) -> &OnceLock<Arc<dyn Reverses>> {
        &self.inner.get().reverses
    }

    pub fn shares(&self) -> &Shares {
        &self.inner.get().shares
    }

    /// The keys that identity providers publish.
    pub fn keyring(&self) -> &Keyring {
        &self.inner.get().keyring
    }

    /// Tries to sign in here that failed.
    pub(crate) fn patience(&self) -> &Patience {
        &self.inner.get().patience
    }

    /// Codes that programs have exchanged.
    pub fn spent(&self) -> &Spent {
        &self.inner.get().spent
    }

    /// Passwords that are stretched at this moment.
    pub(crate) fn stretching(&self) -> &Stretching {
        &self.inner.get().stretching
    }

    pub(crate) fn witnessing(&self) -> MutexGuard<'_, witness::Memory> {
        self.inner.get().witnessing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn erasing(&self) -> &tokio::sync::Mutex<()> {
        &self.inner.get().erasing
    }

    pub(crate) fn taking(&self) -> &tokio::sync::Mutex<()> {
        &self.inner.get().taking
    }

    pub(crate) fn chaining(&self) -> &tokio::sync::Mutex<()> {
        &self.inner.get().chaining
    }

    pub(crate) fn observations(&self) -> &Observations {
        &self.inner.get().observations
    }

    /// What the house counts of itself.
    pub fn meters(&self) -> &Meters {
        &self.inner.get().meters
    }

    pub fn keys(&self, cell: Id<CellNoun>) -> Keys {
        self.inner.get().ground.keys(cell)
    }

    /// What may have changed since somebody was last judged: duties, and the second.
    pub fn moment(&self, cell: &Cell) -> (u64, i64) {
        (self.root().duties() + cell.duties(), self.now().ms() / words::time::SECOND_MS)
    }
}

/// The cells of projects.
impl Region {
    /// A cell, opened (or founded) at its first use.
    pub async fn cell(&self, id: Id<CellNoun>) -> Result<Arc<Cell>, Refusal> {
        if id == ROOT_CELL {
            return Ok(Arc::clone(self.root()));
        }
        match self.opened(id) {
            Some(cell) => Ok(cell),
            // WHY boxed: opening is deep, and every act's way would hold the whole of it.
            None => self.opened_now(id).boxed().await,
        }
    }

    async fn opened_now(&self, id: Id<CellNoun>) -> Result<Arc<Cell>, Refusal> {
        let opening = self.opening(id);
        let _one = opening.lock().await;
        if let Some(cell) = self.opened(id) {
            return Ok(cell);
        }
        // WHY: what was dropped must have ended before it is opened again.
        let dropped = self.inner.get().cells.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if let Some(dropped) = dropped {
            dropped.close().await;
        }
        // WHY: a process that has lost the root must not take cells from the one that leads.
        self.lease().confirmed(self.clock().now())?;
        self.refuse_erased(id).await?;
        let anchored = crate::anchor::anchored(&self.root().view().await?, id).await?;
        let (opened, is_new) = match self.ground().open(id, anchored).await {
            Err(OpenError::Missing { .. }) if anchored.is_none() => (self.ground().found(id).await, true),
            other => (other, false),
        };
        let cell = Arc::new(opened.map_err(|error| {
            tracing::error!(cell = %id, %error, "cell cannot be opened");
            Refusal::with(Reason::Unavailable, "the project's cell cannot be opened")
        })?);
        if is_new {
            // So that custody remembers it and its loss is noticed from the first moment on.
            cell.publisher.publish(&cell).await?;
        }
        let mut cells = self.inner.get().cells.write().unwrap_or_else(PoisonError::into_inner);
        cells.insert(id, Arc::clone(&cell));
        Ok(cell)
    }

    /// Held by whoever opens a cell, or must be sure that nobody does.
    pub(crate) fn opening(&self, id: Id<CellNoun>) -> Arc<tokio::sync::Mutex<()>> {
        self.inner.get().opening.of(id)
    }

    async fn refuse_erased(&self, id: Id<CellNoun>) -> Result<(), Refusal> {
        let row: Option<ProjectRow> = self.root().view().await?.row(&id.to_bytes()).await?;
        match row {
            Some(row) if row.erased_at.is_none() => Ok(()),
            Some(_) => Err(Reason::ProjectErased.into()),
            None => Err(Reason::NotFound.into()),
        }
    }

    pub(crate) fn opened(&self, id: Id<CellNoun>) -> Option<Arc<Cell>> {
        let cells = self.inner.get().cells.read().unwrap_or_else(PoisonError::into_inner);
        cells.get(&id).filter(|cell| !cell.is_dropped()).cloned()
    }

    /// Every project cell that this process has open.
    pub fn open_cells(&self) -> Vec<Arc<Cell>> {
        let cells = self.inner.get().cells.read().unwrap_or_else(PoisonError::into_inner);
        cells.values().filter(|cell| !cell.is_dropped()).cloned().collect()
    }

    pub(crate) fn forget_cell(&self, id: Id<CellNoun>) -> Option<Arc<Cell>> {
        self.inner.get().cells.write().unwrap_or_else(PoisonError::into_inner).remove(&id)
    }

    /// The cell of the project that a person means; to strangers there is none.
    pub async fn project_cell(&self, actor: &Actor, project: &str) -> Result<Arc<Cell>, Refusal> {
        let root = self.root().view().await?;
        let scene = Scene { region: self, actor, root: &root, cell: None, now: self.now() };
        let row = match crate::noun::project::find(&root, project).await {
            Ok(row) => row,
            Err(refusal) => return Err(crate::act::hidden(&scene, refusal).await),
        };
        // An open cell's gate answers strangers itself.
        if let (Some(cell), None) = (self.opened(row.id.cast()), row.erased_at) {
            return Ok(cell);
        }
        if !crate::facts::project(&scene, row.id).await?.is_known_to_actor {
            return Err(crate::act::hidden(&scene, Reason::NotFound.into()).await);
        }
        self.cell(row.id.cast()).await
    }

    /// Whether a project is seen to hold no object and no upload in flight.
    pub async fn is_empty(&self, project: Id<Project>) -> Result<bool, Refusal> {
        let Some(cell) = self.opened(project.cast()) else {
            return Ok(false);
        };
        let rows = cell.view().await?;
        let objects = rows.rows::<crate::object::ObjectRow>(&[], None, 1).await?;
        let uploads = rows.rows::<crate::upload::UploadRow>(&[], None, 1).await?;
        Ok(objects.is_empty() && uploads.is_empty())
    }
}

/// Who asks, over S3 and over signed acts.
impl Region {
    /// The access key id of a credential.
    pub fn access_key(&self, kind: AccessKind, credential: Id<Credential>) -> Result<String, Refusal> {
        let key = AccessKey { kind, credential };
        key.text(&self.sigv4()?).map_err(|_| Refusal::new(Reason::Unavailable))
    }

    pub fn credential_of(&self, access_key_id: &str) -> Result<Id<Credential>, Refusal> {
        AccessKey::parse(access_key_id, &self.sigv4()?).map(|key| key.credential).map_err(Refusal::new)
    }

    /// The secret of an access key id that was made here; says nothing about whether it still holds.
    pub fn secret_of(&self, access_key_id: &str) -> Result<Secret<String>, Refusal> {
        let sigv4 = self.sigv4()?;
        let key = AccessKey::parse(access_key_id, &sigv4).map_err(Refusal::new)?;
        key.secret(&sigv4).map_err(|_| Refusal::new(Reason::Unavailable))
    }

    /// Who holds a lasting credential, after its signature was verified.
    pub async fn actor_of_credential(
        &self,
        access_key_id: &str,
        address: IpAddr,
        place: Place,
    ) -> Result<Actor, Refusal> {
        let key = AccessKey::parse(access_key_id, &self.sigv4()?).map_err(Refusal::new)?;
        if key.kind == AccessKind::Temporary {
            return Err(Refusal::with(
                Reason::Unauthenticated,
                "a temporary key goes with its session token",
            ));
        }
        let id = key.credential;
        let root = self.root().view().await?;
        let row: Option<CredentialRow> = root.row(&id.to_bytes()).await?;
        let row = row.ok_or(Refusal::new(Reason::Unauthenticated))?;
        let actor = Actor { person: row.person, credential: Some(row.used()), session: None, place, address };
        if row.is_revoked || self.now() > row.ends {
            let ended = Refusal::new(Reason::CredentialEnded);
            self.observe_refusal(&actor, "credential.use", &ended, ROOT_CELL);
            return Err(ended);
        }
        Ok(actor)
    }

    /// The person with this public key; acts signed by hand come from outside.
    pub async fn actor_of_key(&self, key: seal::VerifyingKey, address: IpAddr) -> Result<Actor, Refusal> {
        let root = self.root().view().await?;
        let persons = root.all::<PersonRow>(&[]).await?;
        let found = persons.into_iter().find(|(_, row)| row.key.is_some_and(|own| *own == key.to_bytes()));
        let (_, row) = found.ok_or(Refusal::new(Reason::Unauthenticated))?;
        Ok(Actor { person: row.id, credential: None, session: None, place: Place::Outside, address })
    }

    pub(crate) fn sigv4(&self) -> Result<Secret<[u8; 32]>, Refusal> {
        let key = self.ground().custody.key(&SIGV4).ok().flatten();
        key.ok_or(Refusal::with(Reason::Unavailable, "custody does not answer"))
    }

    /// The projects that exist, erased ones too.
    pub async fn projects(&self) -> Result<Vec<ProjectRow>, Refusal> {
        let rows = self.root().view().await?.all::<ProjectRow>(&[]).await?;
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }
}

/// What every cell of a region stands on.
pub fn ground(parts: Parts) -> Result<Ground, StartError> {
    let seed =
        parts.custody.key(&KeyName::Region).map_err(StartError::Custody)?.ok_or(StartError::Unfounded)?;
    let signer = SigningKey::from_seed(&seed).map_err(|_| StartError::Key)?;
    Ok(Ground {
        writer: Id::random(parts.rand.as_ref()),
        bucket: parts.bucket,
        shelf: parts.shelf,
        custody: parts.custody,
        signer: Arc::new(signer),
        origin: parts.name,
        clock: parts.clock,
        rand: parts.rand,
        lease: Arc::new(Lease::default()),
        meters: Arc::default(),
        agreed: Arc::default(),
    })
}

/// The first acts of a region, in one commit: there is nobody yet to allow them.
struct Founding {
    region: Region,
    founder: Option<Founder>,
}

#[async_trait::async_trait]
impl Step for Founding {
    async fn plan(&mut self, draft: &mut Draft, moment: Moment) -> Result<Planned, Refusal> {
        let founder = self.founder.take().ok_or_else(crate::cell::lead::gone)?;
        let region = &self.region;
        let id: Id<Organisation> = Id::random(region.rand());
        let alias = crate::name::claim(
            draft,
            words::noun::Noun::Organisation,
            &founder.organisation_alias,
            id,
            &id.to_bytes(),
        )
        .await?;
        draft.put(&id.to_bytes(), &OrganisationRow { id, alias, name: founder.organisation_name })?;
        let nobody = nobody();
        let frame = Frame { region, actor: &nobody, cell: ROOT_CELL, root: None, now: moment.now };
        let person = crate::noun::person::enrol(draft, &frame, &founder.person, id).await?;
        let role = RoleRow::new(person, Role::Operator, [0; 16]);
        draft.put(&role.key(), &role)?;
        crate::format::found(draft)?;
        Ok(Planned::New(Entry::of_house("region.found", moment.now)))
    }
}

/// Stands where an actor is asked for and none can be yet.
fn nobody() -> Actor {
    let address = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    let person = Id::<Person>::from_bytes([0; 16]);
    Actor { person, credential: None, session: None, place: Place::Inside, address }
}
