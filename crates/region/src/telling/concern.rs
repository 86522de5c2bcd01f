//! Whom things concern: first by their rows, then as the rules let each person see them.
//!
//! What is near its end or waits is found once for all; only for whoever would
//! be told something is each thing judged, as if they looked at it themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use gate::facts::Target;
use words::act::{
    AgreementShow, AgreementSign, AirlockApprove, AirlockRelease, GrantShow, PermitGrant, PermitShow,
};
use words::actor::Role;
use words::noun::{Organisation, Person, Project, Tenant};
use words::{Actor, Deed, Id, Place, Reason, Refusal, Timestamp};

use super::due::{End, Kind, Part, Wait};
use crate::Region;
use crate::act::Scene;
use crate::cell::Cell;
use crate::cell::draft::Draft;
use crate::facts::Around;
use crate::noun::agreement::{self, AgreementRow};
use crate::noun::airlock::{self, AirlockRow};
use crate::noun::grant::{self, GrantRow};
use crate::noun::permit::{self, PermitRow};
use crate::noun::project::ProjectRow;
use crate::noun::role::RoleRow;

/// WHY: after a start every cell is closed, and opening them all at once would keep the disk from whoever waits for it.
const CELLS_OPENED_AT_ONCE_MAX: usize = 16;

/// A thing that may concern somebody.
#[derive(Clone)]
enum Thing {
    Agreement(Arc<AgreementRow>),
    Permit(Arc<PermitRow>),
    Grant(Arc<GrantRow>),
    Airlock(Id<Project>, Arc<AirlockRow>),
}

/// What of it would be told.
#[derive(Debug, Clone, Copy)]
enum News {
    Waits(Wait),
    Ends(End),
}

#[derive(Clone)]
struct Concern {
    thing: Thing,
    news: News,
}

/// What may concern whom, as of one moment.
pub(super) struct Concerns {
    root: Draft,
    /// Cells with results in review, as they were read.
    cells: BTreeMap<Id<Project>, Draft>,
    now: Timestamp,
    of: BTreeMap<Id<Person>, Vec<Concern>>,
}

/// Who holds which role where.
struct Holders(BTreeMap<(Role, [u8; 16]), BTreeSet<Id<Person>>>);

impl Holders {
    async fn read(root: &Draft) -> Result<Self, Refusal> {
        let mut holders: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        let hold = |row: RoleRow| {
            if let Some(role) = Role::parse(&row.role) {
                holders.entry((role, row.at.into())).or_default().insert(row.person);
            }
        };
        root.each(&[], hold).await?;
        Ok(Self(holders))
    }

    fn at<N>(&self, role: Role, at: Id<N>) -> impl Iterator<Item = Id<Person>> {
        self.0.get(&(role, at.to_bytes())).into_iter().flatten().copied()
    }
}

impl Concerns {
    pub(super) async fn read(region: &Region) -> Result<Self, Refusal> {
        let (root, now) = (region.root().view().await?, region.now());
        let holders = Holders::read(&root).await?;
        let projects: BTreeMap<Id<Project>, ProjectRow> = root
            .all::<ProjectRow>(&[])
            .await?
            .into_iter()
            .filter(|(_, project)| project.erased_at.is_none())
            .map(|(_, project)| (project.id, project))
            .collect();
        let tenant = |project: Id<Project>| projects.get(&project).map(|project| project.tenant);
        let mut concerns = Self { cells: BTreeMap::new(), now, of: BTreeMap::new(), root };
        pass_over("agreements", concerns.agreements(&holders, tenant).await);
        pass_over("permits", concerns.permits(&holders, tenant).await);
        pass_over("grants", concerns.grants(&holders, tenant).await);
        let mut opened = 0;
        for project in projects.values().filter(|project| !project.is_halted) {
            if let Some(cell) = pass_over("a cell", cell(region, project.id, &mut opened).await) {
                pass_over("results", concerns.airlocks(&holders, project, &cell).await);
            }
        }
        Ok(concerns)
    }

    fn add(&mut self, persons: impl IntoIterator<Item = Id<Person>>, thing: &Thing, news: News) {
        let persons: BTreeSet<Id<Person>> = persons.into_iter().collect();
        for person in persons {
            self.of.entry(person).or_default().push(Concern { thing: thing.clone(), news });
        }
    }

    /// An end that is near or was lately.
    fn add_end(&mut self, persons: impl IntoIterator<Item = Id<Person>>, thing: &Thing, end: End) {
        if end.stage(self.now).is_some() {
            self.add(persons, thing, News::Ends(end));
        }
    }

    async fn agreements(
        &mut self,
        holders: &Holders,
        tenant: impl Fn(Id<Project>) -> Option<Id<Tenant>>,
    ) -> Result<(), Refusal> {
        for (_, row) in self.root.all::<AgreementRow>(&[]).await? {
            let Some(tenant) = tenant(row.project) else { continue };
            let row = Arc::new(row);
            let thing = Thing::Agreement(Arc::clone(&row));
            let signs = |parties: &[Id<Organisation>]| {
                let of = |party: &Id<Organisation>| holders.at(Role::Signatory, *party);
                parties.iter().flat_map(of).collect::<Vec<_>>()
            };
            if row.is_signed() {
                let early = row.ended_at;
                let end =
                    End { kind: Kind::Agreement, thing: row.id.to_bytes(), ends: row.terms.ends, early };
                let controllers = holders.at(Role::Controller, tenant);
                self.add_end(signs(&row.parties).into_iter().chain(controllers), &thing, end);
            } else if row.is_offered && row.ended_at.is_none() {
                let unsigned: Vec<_> = row.unsigned().collect();
                self.add(signs(&unsigned), &thing, News::Waits(Wait::Sign));
            }
        }
        Ok(())
    }

    async fn permits(
        &mut self,
        holders: &Holders,
        tenant: impl Fn(Id<Project>) -> Option<Id<Tenant>>,
    ) -> Result<(), Refusal> {
        for (_, row) in self.root.all::<PermitRow>(&[]).await? {
            let Some(study) = tenant(row.project) else { continue };
            let home = row.crossing.as_ref().and_then(|crossing| crossing.home).and_then(&tenant);
            let row = Arc::new(row);
            let thing = Thing::Permit(Arc::clone(&row));
            let controls = |tenant| holders.at(Role::Controller, tenant);
            if row.granted_by.is_some() {
                let early = row.ended_at;
                let end = End { kind: Kind::Permit, thing: row.id.to_bytes(), ends: row.ends, early };
                let own = row.persons.iter().copied().chain([row.requester]).chain(controls(study));
                self.add_end(own.chain(home.into_iter().flat_map(controls)), &thing, end);
            } else if row.state(self.now) == "requested" {
                // WHY one side: a crossing is decided where the data are at home.
                self.add(controls(home.unwrap_or(study)), &thing, News::Waits(Wait::Decide));
            }
        }
        Ok(())
    }

    async fn grants(
        &mut self,
        holders: &Holders,
        tenant: impl Fn(Id<Project>) -> Option<Id<Tenant>>,
    ) -> Result<(), Refusal> {
        for (_, row) in self.root.all::<GrantRow>(&[]).await? {
            let end = End { kind: Kind::Grant, thing: row.id.to_bytes(), ends: row.ends, early: None };
            // WHY not what was taken back: a row does not say when, and it may be years ago.
            if tenant(row.project).is_none() || row.is_revoked || end.stage(self.now).is_none() {
                continue;
            }
            let key = crate::row::pair(row.project, row.agreement);
            let agreement = pass_over("a grant's agreement", self.root.row::<AgreementRow>(&key).await);
            let stewards = agreement.map(|agreement| holders.at(Role::Steward, agreement.provider));
            let receiver = row.receiver;
            let thing = Thing::Grant(Arc::new(row));
            self.add_end(stewards.into_iter().flatten().chain([receiver]), &thing, end);
        }
        Ok(())
    }

    async fn airlocks(
        &mut self,
        holders: &Holders,
        project: &ProjectRow,
        cell: &Cell,
    ) -> Result<(), Refusal> {
        let (cell, now) = (cell.view().await?, self.now);
        let mut open = Vec::new();
        let keep = |row: AirlockRow| open.extend((row.state(now) == "under review").then_some(row));
        cell.each(&[], keep).await?;
        // WHY: a look at a cell holds on to what lies in it.
        if open.is_empty() {
            return Ok(());
        }
        for row in open {
            let at = |role| holders.at(role, project.id);
            let controllers = holders.at(Role::Controller, project.tenant);
            let releases: Vec<_> = at(Role::Reviewer).chain(at(Role::Delegate)).chain(controllers).collect();
            let has_approved = |person: &Id<Person>| row.approvals.iter().any(|one| one.person == *person);
            let judges: Vec<_> = at(Role::Reviewer).filter(|person| !has_approved(person)).collect();
            let thing = Thing::Airlock(project.id, Arc::new(row.clone()));
            self.add(judges, &thing, News::Waits(Wait::Judge));
            let reviewers: BTreeSet<_> = holders.at(Role::Reviewer, project.id).collect();
            let counts = |person: &Id<Person>| *person != row.author && reviewers.contains(person);
            let standing = row.approvals.iter().filter(|approval| counts(&approval.person)).count();
            // WHY before it is judged: nobody may release it until then, and each would be asked at every look.
            if standing >= approvals_needed(project.tier) {
                self.add(releases, &thing, News::Waits(Wait::Release));
            }
        }
        self.cells.insert(project.id, cell);
        Ok(())
    }

    /// Everybody whom something may concern.
    pub(super) fn persons(&self) -> impl Iterator<Item = Id<Person>> {
        self.of.keys().copied()
    }

    pub(super) const fn root(&self) -> &Draft {
        &self.root
    }

    pub(super) const fn now(&self) -> Timestamp {
        self.now
    }

    fn concerns(&self, person: Id<Person>) -> &[Concern] {
        self.of.get(&person).map(Vec::as_slice).unwrap_or_default()
    }

    /// All that may concern a person, whether they may see it or not.
    pub(super) fn all(&self, person: Id<Person>) -> Part {
        let mut part = Part::default();
        self.concerns(person).iter().for_each(|concern| concern.put(&mut part));
        part
    }

    /// What of it the rules let them see now, and do now where it waits for them.
    pub(super) async fn seen(&self, region: &Region, person: Id<Person>) -> Part {
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let actor = Actor { person, credential: None, session: None, place: Place::Outside, address };
        let mut part = Part::default();
        for concern in self.concerns(person) {
            let cell = match &concern.thing {
                Thing::Airlock(project, _) => self.cells.get(project),
                Thing::Agreement(_) | Thing::Permit(_) | Thing::Grant(_) => None,
            };
            let scene = Scene { region, actor: &actor, root: &self.root, cell, now: self.now };
            if pass_over("one thing", concern.is_seen(&scene).await) {
                concern.put(&mut part);
            }
        }
        part
    }
}

/// What was found, or nothing. WHY: what cannot be read or judged silences nobody about all the rest.
pub(super) fn pass_over<T: Default>(what: &'static str, tried: Result<T, Refusal>) -> T {
    tried.unwrap_or_else(|refusal| {
        tracing::warn!(what, reason = refusal.reason.code(), "nobody is told of this for now");
        T::default()
    })
}

/// As they are shown; the policy is what decides.
const fn approvals_needed(tier: u8) -> usize {
    if tier >= 2 { 2 } else { 1 }
}

/// A project's cell, if something ever was in it; at first a few that are closed are opened, the others in later rounds.
async fn cell(
    region: &Region,
    project: Id<Project>,
    opened: &mut usize,
) -> Result<Option<Arc<Cell>>, Refusal> {
    if let Some(cell) = region.opened(project.cast()) {
        return Ok(Some(cell));
    }
    if *opened >= CELLS_OPENED_AT_ONCE_MAX || !region.has_cell(project).await? {
        return Ok(None);
    }
    *opened += 1;
    let cell = region.cell(project.cast()).await;
    let cell = cell.inspect_err(|refusal| {
        tracing::warn!(cell = %project, reason = refusal.reason.code(), "nobody is told of results that wait here");
    });
    Ok(cell.ok())
}

impl Concern {
    fn put(&self, part: &mut Part) {
        match self.news {
            News::Ends(end) => part.ends.push(end),
            News::Waits(wait) => part.waits.push((wait, self.thing.id())),
        }
    }

    async fn is_seen(&self, scene: &Scene<'_>) -> Result<bool, Refusal> {
        match (&self.thing, self.news) {
            (Thing::Agreement(row), News::Ends(_)) => {
                may::<AgreementShow>(scene, agreement::target(scene, row, None).await, None).await
            }
            (Thing::Agreement(row), News::Waits(_)) => may_sign(scene, row).await,
            (Thing::Permit(row), News::Ends(_)) => may_see_permit(scene, row).await,
            (Thing::Permit(row), News::Waits(_)) => {
                may::<PermitGrant>(scene, permit::decided(scene, row).await, None).await
            }
            (Thing::Grant(row), _) => match grant::around(scene, row).await {
                Ok(around) => may::<GrantShow>(scene, grant::target_of(scene, row).await, around).await,
                Err(refusal) => may::<GrantShow>(scene, Err(refusal), None).await,
            },
            (Thing::Airlock(project, row), News::Waits(Wait::Release)) => {
                may::<AirlockRelease>(scene, airlock::target_of(scene, *project, row).await, None).await
            }
            (Thing::Airlock(project, row), _) => {
                may::<AirlockApprove>(scene, airlock::target_of(scene, *project, row).await, None).await
            }
        }
    }
}

impl Thing {
    fn id(&self) -> [u8; 16] {
        match self {
            Self::Agreement(row) => row.id.to_bytes(),
            Self::Permit(row) => row.id.to_bytes(),
            Self::Grant(row) => row.id.to_bytes(),
            Self::Airlock(_, row) => row.id.to_bytes(),
        }
    }
}

/// Whether an act would be allowed; on what is not there it would not.
async fn may<D: Deed>(
    scene: &Scene<'_>,
    target: Result<Target, Refusal>,
    around: Option<Around>,
) -> Result<bool, Refusal> {
    let judged = match target {
        Ok(target) => scene.region.may_see_at::<D>(scene, target, around).await,
        Err(refusal) => Err(refusal),
    };
    match judged {
        Err(refusal) if refusal.reason == Reason::NotFound => Ok(false),
        judged => judged,
    }
}

/// For one of the parties that have not signed.
async fn may_sign(scene: &Scene<'_>, row: &AgreementRow) -> Result<bool, Refusal> {
    for party in row.unsigned() {
        let target = agreement::target(scene, row, Some(party)).await;
        if may::<AgreementSign>(scene, target, None).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// From either side, as it is shown.
async fn may_see_permit(scene: &Scene<'_>, row: &PermitRow) -> Result<bool, Refusal> {
    let home = row.crossing.as_ref().and_then(|crossing| crossing.home);
    for side in [Some(row.project), home].into_iter().flatten() {
        let target = crate::facts::project(scene, side).await.map(|facts| permit::target(facts, row));
        if may::<PermitShow>(scene, target, None).await? {
            return Ok(true);
        }
    }
    Ok(false)
}
