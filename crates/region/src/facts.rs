//! Facts: what the rows say about one request, for the gate to judge.
//!
//! No judgement here: dates are handed over, not compared, except to choose
//! the one permit or agreement of several that speaks most for the actor.
//!
//! WHY some are boxed: nearly every act asks them, and would hold the whole of
//! each in its own future; the compiler would prove that anew for every act.

use std::collections::{BTreeMap, BTreeSet};

use futures::FutureExt;
use futures::future::BoxFuture;
use gate::facts::{ActorFacts, DataFacts, GrantFacts, ProjectFacts, Span, Target};
use words::actor::{Role, RoleLevel, Tier};
use words::noun::{Agreement, Organisation, Permit, Person, Project, Tenant};
use words::time::DAY_MS;
use words::{Id, Reason, Refusal, Timestamp};

use crate::act::Scene;
use crate::cell::draft::Draft;
use crate::cell::state::CellKeysRow;
use crate::name;
use crate::noun::agreement::AgreementRow;
use crate::noun::bucket::BucketRow;
use crate::noun::credential::CredentialRow;
use crate::noun::grant::GrantRow;
use crate::noun::group;
use crate::noun::permit::PermitRow;
use crate::noun::person::PersonRow;
use crate::noun::project::ProjectRow;
use crate::noun::tenant::TenantRow;
use crate::noun::training;
use crate::object::touch::Touch;
use crate::scope::ScopeRow;

/// Where a target lies; roles held there count.
#[derive(Default)]
pub struct Around {
    pub organisations: BTreeSet<Id<Organisation>>,
    pub tenant: Option<Id<Tenant>>,
    pub project: Option<Id<Project>>,
}

/// Who asks, with the roles that count for this target.
pub fn actor<'a>(
    scene: &'a Scene<'_>,
    target: &'a Target,
    around: Option<Around>,
) -> BoxFuture<'a, Result<ActorFacts, Refusal>> {
    let work = async move {
        let person = scene.actor.person;
        let row: Option<PersonRow> = scene.root.row(&person.to_bytes()).await?;
        let row = row.ok_or(Refusal::new(Reason::Unauthenticated))?;
        still_holds(scene, &row).await?;
        let around = match around {
            Some(around) => around,
            None => surroundings(scene, target).await?,
        };
        let held = group::held(scene).await?;
        let roles = held.into_iter().filter(|(role, at)| around.holds(*role, *at));
        let (trained_until, instructed_until) = learned(scene, target).await?;
        Ok(ActorFacts {
            actor: scene.actor.clone(),
            organisation: Some(row.organisation),
            is_suspended: row.is_suspended,
            trained_until,
            instructed_until,
            roles: roles.map(|(role, _)| role).collect(),
        })
    };
    work.boxed()
}

/// What whoever asks has learned, as far as it counts for the target.
///
/// WHY at tiers 2 and 3 alone: no rule asks for it below, and each request for data would read two rows more.
async fn learned(
    scene: &Scene<'_>,
    target: &Target,
) -> Result<(Option<Timestamp>, Option<Timestamp>), Refusal> {
    match target.project().filter(|project| project.tier >= Tier::Pseudonymised) {
        Some(project) => training::known(scene.root, scene.actor.person, project.id).await,
        None => Ok((None, None)),
    }
}

/// A credential or session revoked or ended since the door looked at it ends whatever it has open.
async fn still_holds(scene: &Scene<'_>, person: &PersonRow) -> Result<(), Refusal> {
    if let Some(session) = &scene.actor.session {
        return crate::session::still_holds(scene, session, person).await;
    }
    let Some(used) = &scene.actor.credential else {
        return Ok(());
    };
    let row: Option<CredentialRow> = scene.root.row(&used.id.to_bytes()).await?;
    match row {
        Some(row) if !row.is_revoked && scene.now <= row.ends => Ok(()),
        Some(_) | None => Err(Reason::CredentialEnded.into()),
    }
}

impl Around {
    fn holds(&self, role: Role, at: [u8; 16]) -> bool {
        match role.level() {
            RoleLevel::Region => true,
            RoleLevel::Organisation => self.organisations.contains(&Id::from_bytes(at)),
            RoleLevel::Tenant => self.tenant == Some(Id::from_bytes(at)),
            RoleLevel::Project => self.project == Some(Id::from_bytes(at)),
        }
    }
}

async fn surroundings(scene: &Scene<'_>, target: &Target) -> Result<Around, Refusal> {
    let mut around = Around::default();
    match target {
        Target::Region => {}
        Target::Organisation { id, .. } => drop(around.organisations.insert(*id)),
        Target::Tenant { id, .. } => around.tenant = Some(*id),
        Target::Person { id, .. } => {
            let person: PersonRow = scene.root.known(&id.to_bytes()).await?;
            around.organisations.insert(person.organisation);
        }
        // WHY nothing: a role's place is known to the deed alone, which says it itself.
        Target::Role { .. } => {}
        Target::Agreement { id, parties, party, .. } => {
            around_agreement(scene, *id, &mut around).await?;
            // WHY: whoever signs must be a signatory of the party signed for, not of any party.
            match party {
                // WHY only a party: whoever signs for others elsewhere has no part in this.
                Some(party) if parties.contains(party) => drop(around.organisations.insert(*party)),
                Some(_) => {}
                None => around.organisations.extend(parties.iter().copied()),
            }
        }
        Target::Project(project)
        | Target::Classification { project, .. }
        | Target::Keys { project, .. }
        | Target::Exit { project, .. }
        | Target::Ledger { project: Some(project), .. } => {
            around_project(scene, project.id, &mut around).await?;
        }
        Target::Permit { project, .. }
        | Target::Grant { project, .. }
        | Target::Credential { project, .. }
        | Target::Airlock { project, .. } => around_project(scene, project.id, &mut around).await?,
        Target::Data(data) => around_project(scene, data.project.id, &mut around).await?,
        Target::Ledger { project: None, .. } => {}
    }
    Ok(around)
}

async fn around_project(scene: &Scene<'_>, project: Id<Project>, around: &mut Around) -> Result<(), Refusal> {
    let row: ProjectRow = scene.root.known(&project.to_bytes()).await?;
    around.project = Some(project);
    around.tenant = Some(row.tenant);
    if let Some(tenant) = scene.root.row::<TenantRow>(&row.tenant.to_bytes()).await? {
        around.organisations.insert(tenant.organisation);
    }
    for (_, agreement) in scene.root.all::<AgreementRow>(&project.to_bytes()).await? {
        // WHY: a name typed in a draft makes nobody a party.
        if agreement.is_offered {
            around.organisations.insert(agreement.provider);
        }
    }
    Ok(())
}

async fn around_agreement(scene: &Scene<'_>, id: Id<Agreement>, around: &mut Around) -> Result<(), Refusal> {
    let key = name::find(scene.root, words::noun::Noun::Agreement, &id.to_string()).await?;
    let row: AgreementRow = scene.root.known(&key).await?;
    let project: ProjectRow = scene.root.known(&row.project.to_bytes()).await?;
    around.project = Some(row.project);
    around.tenant = Some(project.tenant);
    Ok(())
}

/// A role's own place, and what lies above it.
pub async fn around_role(scene: &Scene<'_>, role: Role, at: [u8; 16]) -> Result<Around, Refusal> {
    let mut around = Around::default();
    match role.level() {
        RoleLevel::Region => {}
        RoleLevel::Organisation => drop(around.organisations.insert(Id::from_bytes(at))),
        RoleLevel::Tenant => {
            let tenant: TenantRow = scene.root.known(&at).await?;
            around.organisations.insert(tenant.organisation);
            around.tenant = Some(Id::from_bytes(at));
        }
        RoleLevel::Project => around_project(scene, Id::from_bytes(at), &mut around).await?,
    }
    Ok(around)
}

/// A grant's surroundings: of the project's providers only the one whose agreement it is under.
pub async fn around_grant(scene: &Scene<'_>, agreement: &AgreementRow) -> Result<Around, Refusal> {
    let mut around = Around::default();
    around_project(scene, agreement.project, &mut around).await?;
    around.organisations = BTreeSet::from([agreement.provider]);
    Ok(around)
}

/// A project's surroundings without its providers: what comes to it from elsewhere is none of their business.
pub async fn around_without_providers(scene: &Scene<'_>, project: Id<Project>) -> Result<Around, Refusal> {
    let mut around = Around::default();
    around_project(scene, project, &mut around).await?;
    around.organisations.clear();
    Ok(around)
}

/// Whether the actor holds any role of the whole region.
pub async fn has_region_role(scene: &Scene<'_>) -> Result<bool, Refusal> {
    let held = group::held(scene).await?;
    Ok(held.iter().any(|(role, _)| role.level() == RoleLevel::Region))
}

/// A project as the gate sees it.
pub fn project<'a>(scene: &'a Scene<'_>, id: Id<Project>) -> BoxFuture<'a, Result<ProjectFacts, Refusal>> {
    let work = async move {
        let row: ProjectRow = scene.root.known(&id.to_bytes()).await?;
        let keys: Option<CellKeysRow> = match scene.cell {
            Some(cell) => cell.row(&[]).await?,
            None => None,
        };
        let is_erasing = keys.as_ref().is_some_and(|keys| keys.is_erasing);
        let is_split = keys.is_some_and(|keys| keys.split.is_some());
        Ok(ProjectFacts {
            id,
            tier: row.tier(),
            is_halted: row.is_halted,
            is_locked: row.locked_by.is_some(),
            is_erased: row.erased_at.is_some() || is_erasing,
            is_known_to_actor: is_known(scene, &row).await?,
            // WHY: only classification asks, and its plan looks at the rows themselves.
            is_empty: true,
            is_split,
            opened_until: scene.region.shares().opened_until(id.cast()).filter(|_| is_split),
        })
    };
    work.boxed()
}

/// Projects as the gate sees them, each read once while one looks at many rows.
#[derive(Default)]
pub struct Projects(BTreeMap<Id<Project>, ProjectFacts>);

impl Projects {
    pub async fn of(&mut self, scene: &Scene<'_>, id: Id<Project>) -> Result<ProjectFacts, Refusal> {
        if let Some(known) = self.0.get(&id) {
            return Ok(known.clone());
        }
        let facts = project(scene, id).await?;
        self.0.insert(id, facts.clone());
        Ok(facts)
    }
}

/// Whether the actor has some part in a project; to all others it does not exist.
async fn is_known(scene: &Scene<'_>, project: &ProjectRow) -> Result<bool, Refusal> {
    let person = scene.actor.person;
    for (role, at) in group::held(scene).await? {
        let is_part = match role.level() {
            RoleLevel::Region => true,
            RoleLevel::Tenant => at == project.tenant.to_bytes(),
            RoleLevel::Project => at == project.id.to_bytes(),
            RoleLevel::Organisation => is_party(scene, project, Id::from_bytes(at)).await?,
        };
        if is_part {
            return Ok(true);
        }
    }
    let permits = scene.root.all::<PermitRow>(&project.id.to_bytes()).await?;
    if permits.iter().any(|(_, permit)| permit.names(person)) {
        return Ok(true);
    }
    let grants = scene.root.all::<GrantRow>(&project.id.to_bytes()).await?;
    Ok(grants.iter().any(|(_, grant)| grant.receiver == person))
}

async fn is_party(
    scene: &Scene<'_>,
    project: &ProjectRow,
    organisation: Id<Organisation>,
) -> Result<bool, Refusal> {
    let tenant: Option<TenantRow> = scene.root.row(&project.tenant.to_bytes()).await?;
    if tenant.is_some_and(|tenant| tenant.organisation == organisation) {
        return Ok(true);
    }
    let agreements = scene.root.all::<AgreementRow>(&project.id.to_bytes()).await?;
    let is_named = |row: &AgreementRow| row.is_offered && row.parties.contains(&organisation);
    Ok(agreements.iter().any(|(_, agreement)| is_named(agreement)))
}

/// Whether the actor may know of a person: a colleague, or anyone for the region's own people.
pub async fn knows_person(scene: &Scene<'_>, person: &PersonRow) -> Result<bool, Refusal> {
    let own: Option<PersonRow> = scene.root.row(&scene.actor.person.to_bytes()).await?;
    let is_colleague = own.is_some_and(|own| own.organisation == person.organisation);
    Ok(is_colleague || has_region_role(scene).await?)
}

/// Whether the actor may know of a tenant.
pub async fn knows_tenant(scene: &Scene<'_>, id: Id<Tenant>) -> Result<bool, Refusal> {
    let row: TenantRow = scene.root.known(&id.to_bytes()).await?;
    Ok(known_tenants(scene, &[row]).await?.contains(&id))
}

/// Those tenants of some that the actor may know of: by their organisation or a project of it, or as one of the region's own people.
///
/// WHY of many at once: all projects are read for it.
pub async fn known_tenants(scene: &Scene<'_>, of: &[TenantRow]) -> Result<BTreeSet<Id<Tenant>>, Refusal> {
    let own: Option<PersonRow> = scene.root.row(&scene.actor.person.to_bytes()).await?;
    let own = own.map(|own| own.organisation);
    let knows_all = has_region_role(scene).await?;
    let (near, far): (Vec<&TenantRow>, _) =
        of.iter().partition(|row| knows_all || own == Some(row.organisation));
    let mut known: BTreeSet<Id<Tenant>> = near.iter().map(|row| row.id).collect();
    if far.is_empty() {
        return Ok(known);
    }
    let mut unsure: BTreeSet<Id<Tenant>> = far.iter().map(|row| row.id).collect();
    for (_, project) in scene.root.all::<ProjectRow>(&[]).await? {
        if unsure.contains(&project.tenant) && is_known(scene, &project).await? {
            unsure.remove(&project.tenant);
            known.insert(project.tenant);
        }
    }
    Ok(known)
}

/// What in a project an act of the data plane is about.
pub struct DataTarget<'a> {
    pub project: &'a str,
    pub bucket: &'a str,
    pub key: Option<&'a str>,
    /// What would come of a version: only then it matters what keeps it there.
    pub touch: Touch<'a>,
    /// It asks something about what is there.
    pub is_conditional: bool,
    /// It opens what came sealed.
    pub is_sealed: bool,
}

impl<'a> DataTarget<'a> {
    /// A whole bucket.
    pub const fn bucket(project: &'a str, bucket: &'a str) -> Self {
        let touch = Touch::Nothing;
        Self { project, bucket, key: None, touch, is_conditional: false, is_sealed: false }
    }

    /// One key, of which nothing is removed.
    pub const fn object(project: &'a str, bucket: &'a str, key: &'a str) -> Self {
        Self { key: Some(key), ..Self::bucket(project, bucket) }
    }
}

/// Data as the gate sees it.
pub fn data<'a>(scene: &'a Scene<'_>, of: &'a DataTarget<'_>) -> BoxFuture<'a, Result<Target, Refusal>> {
    let work = async move {
        let row = crate::noun::project::find(scene.root, of.project).await?;
        let project = self::project(scene, row.id).await?;
        let cell = scene.cell.ok_or(Refusal::new(Reason::NotFound))?;
        let Opened { bucket, scope, permit, grant } = opened(scene, cell, &row, of).await?;
        let covering = scope.as_ref().and_then(|scope| scope.agreement);
        let agreement = agreement(scene, row.id, covering).await?;
        let touched = match (&bucket, of.key) {
            (Some(bucket), Some(key)) => of.touch.row(cell, bucket, key).await?,
            _ => None,
        };
        let is_removal = of.touch.is_removal();
        // WHY the scope's agreement alone: what a project makes of data is kept by no provider's retention.
        let keeping = agreement.as_ref().filter(|_| covering.is_some() && is_removal);
        let by_agreement = keeping.zip(touched.as_ref()).and_then(|(row, object)| retained(row, object.at));
        let by_lock = touched.as_ref().and_then(|row| of.touch.locked_until(row));
        Ok(Target::Data(DataFacts {
            permit,
            grant,
            project,
            agreement: agreement.as_ref().map(AgreementRow::facts),
            is_scope_erased: scope.is_some_and(|scope| scope.is_erased),
            is_held: is_removal && touched.as_ref().is_some_and(|object| object.is_held),
            retained_until: by_agreement.max(by_lock).map(last_kept),
            is_conditional: of.is_conditional,
            snapshot: match bucket.and_then(|bucket| bucket.taken) {
                Some(taken) => Some(crate::snapshot::facts(scene.root, row.id, taken.snapshot).await?),
                None => None,
            },
            is_sealed: of.is_sealed,
            is_bypassing: of.touch.is_bypassing(),
            hands: of.touch.hands(touched.as_ref(), scene.now),
            is_binding: of.touch.is_binding(),
        }))
    };
    work.boxed()
}

/// A bucket as far as the actor may be told of it, and what opens it to them.
struct Opened {
    bucket: Option<BucketRow>,
    scope: Option<ScopeRow>,
    permit: Option<Span>,
    grant: Option<GrantFacts>,
}

/// WHY: a bucket that neither permit nor grant opens to the actor is told like one that nobody made; else the
/// state of its agreement, of its keys or of what lies in it would tell that it is there.
async fn opened(
    scene: &Scene<'_>,
    cell: &Draft,
    project: &ProjectRow,
    of: &DataTarget<'_>,
) -> Result<Opened, Refusal> {
    let bucket: Option<BucketRow> = cell.row(of.bucket.as_bytes()).await?;
    let scope: Option<ScopeRow> = match &bucket {
        Some(bucket) => cell.row(&bucket.scope.to_bytes()).await?,
        None => None,
    };
    let covering = scope.as_ref().and_then(|scope| scope.agreement);
    let taken = bucket.as_ref().and_then(|bucket| bucket.taken).map(|taken| taken.permit);
    let permit = permit(scene, project.id, scene.actor.person, Some(of.bucket), taken).await?;
    let grant = grant(scene, project.id, of, covering).await?;
    let is_open = permit.is_some() || grant.is_some_and(|grant| grant.covers_target);
    if is_open || controls(scene, project.id).await? {
        return Ok(Opened { bucket, scope, permit, grant });
    }
    Ok(Opened { bucket: None, scope: None, permit, grant })
}

/// Whether the actor controls a project: without a permit they curate its data, and are shown all its buckets.
pub async fn controls(scene: &Scene<'_>, project: Id<Project>) -> Result<bool, Refusal> {
    let project: ProjectRow = scene.root.known(&project.to_bytes()).await?;
    let held = group::held(scene).await?;
    Ok(held.contains(&(Role::Controller, project.tenant.to_bytes())))
}

/// The first moment at which what was stored then may go; none: it may go at any.
///
/// WHY a whole day: its last day (UTC) counts in full, for every act that lets data go.
pub fn retained(agreement: &AgreementRow, stored_at: Timestamp) -> Option<Timestamp> {
    let days = i64::try_from(agreement.terms.retention_days).unwrap_or(i64::MAX);
    let last_day = stored_at.ms().div_euclid(DAY_MS).saturating_add(days);
    (days > 0).then(|| Timestamp::from_ms(last_day.saturating_add(1).saturating_mul(DAY_MS)))
}

/// The last moment at which it is kept, as policies are told.
pub const fn last_kept(free_from: Timestamp) -> Timestamp {
    free_from.plus_ms(-1)
}

/// The agreement of a scope; for the project's own, the one in force or the last.
pub async fn agreement(
    scene: &Scene<'_>,
    project: Id<Project>,
    covering: Option<Id<Agreement>>,
) -> Result<Option<AgreementRow>, Refusal> {
    if let Some(covering) = covering {
        return scene.root.row(&crate::row::pair(project, covering)).await;
    }
    let rows = scene.root.all::<AgreementRow>(&project.to_bytes()).await?;
    let rank = |row: &AgreementRow| (row.is_in_force(scene.now), row.is_signed(), row.terms.ends);
    Ok(rows.into_iter().map(|(_, row)| row).max_by_key(rank))
}

/// The permit that speaks most for a person: in force now, else ending last.
///
/// `taken`: the bucket holds a snapshot, which its own permit opens and no other.
pub async fn permit(
    scene: &Scene<'_>,
    project: Id<Project>,
    person: Id<Person>,
    bucket: Option<&str>,
    taken: Option<Id<Permit>>,
) -> Result<Option<Span>, Refusal> {
    let rows = scene.root.all::<PermitRow>(&project.to_bytes()).await?;
    let mut spans = Vec::new();
    for (_, row) in rows {
        if row.names(person) && row.opens(taken) && row.covers(scene.root, bucket).await? {
            spans.push(row.span());
        }
    }
    let rank = |span: &Span| (span.starts <= scene.now && scene.now <= span.ends, span.ends);
    Ok(spans.into_iter().max_by_key(rank))
}

async fn grant(
    scene: &Scene<'_>,
    project: Id<Project>,
    of: &DataTarget<'_>,
    covering: Option<Id<Agreement>>,
) -> Result<Option<GrantFacts>, Refusal> {
    let used = scene.actor.credential.as_ref().and_then(|used| used.grant);
    let Some(grant) = used else { return Ok(None) };
    let row: Option<GrantRow> = scene.root.row(&crate::row::pair(project, grant)).await?;
    let Some(row) = row else { return Ok(None) };
    let facts = row.facts(scene.root, of.bucket, of.key, scene.actor.address).await?;
    // WHY: a grant under one provider's agreement delivers nothing under another's keys.
    let covers_target = facts.covers_target && covering == Some(row.agreement);
    Ok(Some(GrantFacts { covers_target, ..facts }))
}
