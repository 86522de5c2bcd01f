//! Groups: who an issuer counts among one is a researcher of a project, for as long as a session says so.
//!
//! WHY researchers alone: who judges, signs or releases is named, person by
//! person, so that what they did stands on a duty that somebody gave them.

use async_trait::async_trait;
use gate::facts::Target;
use minicbor::{Decode, Encode};
use serde_json::{Value, json};
use words::act::{RoleMap, RoleUnmap};
use words::actor::{Role, RoleLevel};
use words::noun::{Issuer, Noun, Person, Project};
use words::{Id, Reason, Refusal};

use crate::act::{Frame, Judged, Outcome, Rule, Scene, subject};
use crate::cell::draft::Draft;
use crate::facts::{self, Around};
use crate::name;
use crate::noun::issuer;
use crate::noun::project::ProjectRow;
use crate::noun::role;
use crate::row::{Row, Seal, Table, pair};

/// Of a group's name; sessions carry it, since names of groups tell of persons.
pub type Mark = [u8; 16];

/// A group whose members are researchers of a project.
#[derive(Debug, Clone, Encode, Decode)]
pub struct GroupRow {
    #[n(0)]
    pub issuer: Id<Issuer>,
    #[n(1)]
    pub project: Id<Project>,
    /// As the issuer's tokens name it.
    #[n(2)]
    pub group: String,
}

impl Row for GroupRow {
    const TABLE: Table = Table::Group;
}

impl GroupRow {
    fn key(&self) -> Vec<u8> {
        [&pair(self.issuer, self.project)[..], &mark(&self.group)].concat()
    }
}

pub fn mark(group: &str) -> Mark {
    let mut mark = [0; 16];
    mark.copy_from_slice(seal::sha256(group.as_bytes()).split_at(16).0);
    mark
}

/// Those of a token's groups that count for anything here.
pub async fn counted(draft: &Draft, issuer: Id<Issuer>, named: &[&str]) -> Result<Vec<Mark>, Refusal> {
    let rows = draft.all::<GroupRow>(&issuer.to_bytes()).await?;
    let marks = named.iter().map(|group| mark(group));
    let counts = |of: &Mark| rows.iter().any(|(_, row)| mark(&row.group) == *of);
    Ok(marks.filter(counts).collect())
}

/// Every role of whoever acts, and where: their own, and those that their session's groups give.
///
/// WHY none for the region's own people: what nobody would give them by name they do not get by a group.
pub async fn held(scene: &Scene<'_>) -> Result<Vec<(Role, [u8; 16])>, Refusal> {
    let mut held = role::held(scene.root, scene.actor.person).await?;
    let session = scene.actor.session.as_ref().filter(|session| !session.groups.is_empty());
    let issuer = session.and_then(|session| session.issuer);
    let (Some(session), Some(issuer)) = (session, issuer) else { return Ok(held) };
    if held.iter().any(|(role, _)| role.level() == RoleLevel::Region) {
        return Ok(held);
    }
    for (_, row) in scene.root.all::<GroupRow>(&issuer.to_bytes()).await? {
        let given = (Role::Researcher, row.project.to_bytes());
        if !session.groups.contains(&mark(&row.group)) || held.contains(&given) {
            continue;
        }
        let project: ProjectRow = scene.root.known(&row.project.to_bytes()).await?;
        // WHY: who says which groups count would give themselves the role.
        if !held.contains(&(Role::Controller, project.tenant.to_bytes())) {
            held.push(given);
        }
    }
    Ok(held)
}

/// The groups of an issuer, as far as the actor may give roles where they count.
pub async fn told(scene: &Scene<'_>, issuer: Id<Issuer>) -> Result<Vec<Value>, Refusal> {
    let mut told = Vec::new();
    for (_, row) in scene.root.all::<GroupRow>(&issuer.to_bytes()).await? {
        let target = appointment(scene, row.project).await?;
        let around = facts::around_role(scene, Role::Researcher, row.project.to_bytes()).await?;
        if scene.region.may_see_at::<RoleMap>(scene, target, Some(around)).await? {
            let project: ProjectRow = scene.root.known(&row.project.to_bytes()).await?;
            told.push(json!({ "group": row.group, "project": project.alias }));
        }
    }
    Ok(told)
}

/// A role of nobody in particular.
async fn appointment(scene: &Scene<'_>, project: Id<Project>) -> Result<Target, Refusal> {
    Ok(Target::Role {
        role: Role::Researcher,
        person: Id::<Person>::from_bytes([0; 16]),
        held: [].into(),
        held_here: [].into(),
        has_signatory: false,
        is_known_to_actor: facts::project(scene, project).await?.is_known_to_actor,
    })
}

macro_rules! judged_as_a_role {
    ($($deed:ident)*) => { $(#[async_trait]
    impl Judged for $deed {
        async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
            appointment(scene, name::find_id(scene.root, Noun::Project, &self.at).await?).await
        }

        async fn around(&self, scene: &Scene<'_>) -> Result<Option<Around>, Refusal> {
            let project: Id<Project> = name::find_id(scene.root, Noun::Project, &self.at).await?;
            facts::around_role(scene, Role::Researcher, project.to_bytes()).await.map(Some)
        }
    }
)* };
}

judged_as_a_role! { RoleMap RoleUnmap }

async fn named(draft: &Draft, issuer: &str, group: &str, at: &str) -> Result<GroupRow, Refusal> {
    let issuer = issuer::find(draft, issuer).await?.id;
    let project = name::find_id(draft, Noun::Project, at).await?;
    Ok(GroupRow { issuer, project, group: group.to_owned() })
}

fn outcome(row: &GroupRow) -> Outcome {
    let mut outcome = Outcome::of(Noun::Issuer, row.issuer).and(Noun::Project, row.project);
    outcome.subjects.push(subject(Noun::Role, row.project));
    outcome
}

#[async_trait]
impl Rule for RoleMap {
    async fn plan(&self, draft: &mut Draft, _: &Frame<'_>) -> Result<Outcome, Refusal> {
        let row = named(draft, &self.issuer, &self.group, &self.at).await?;
        if self.group.is_empty() {
            return Err(Refusal::with(Reason::Invalid, "name a group, as the issuer's tokens do"));
        }
        if draft.row::<GroupRow>(&row.key()).await?.is_some() {
            return Err(Reason::AlreadyDone.into());
        }
        draft.put(&row.key(), &row)?;
        Ok(outcome(&row))
    }
}

#[async_trait]
impl Rule for RoleUnmap {
    async fn plan(&self, draft: &mut Draft, _: &Frame<'_>) -> Result<Outcome, Refusal> {
        let row = named(draft, &self.issuer, &self.group, &self.at).await?;
        draft.known::<GroupRow>(&row.key()).await?;
        draft.remove::<GroupRow>(Seal::Cell, &row.key());
        Ok(outcome(&row))
    }
}
