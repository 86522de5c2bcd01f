//! Credentials: S3 access keys, each bound to a person, a project and a place.
//!
//! The secret follows from the key id, so none is stored and it can be shown
//! only to who may ask for it, once.

use async_trait::async_trait;
use gate::facts::{ProjectFacts, Target};
use gate::identify::AccessKind;
use minicbor::{Decode, Encode};
use serde_json::{Value, json};
use words::act::{CredentialIssue, CredentialRevoke, CredentialShow};
use words::actor::CredentialUse;
use words::limit::CREDENTIAL_LIFETIME_MS_MAX;
use words::noun::{Credential, Grant, Noun, Person, Project};
use words::{Id, Place, Reason, Refusal, Timestamp};

use crate::Region;
use crate::act::{Frame, Judged, Outcome, Rule, Scene};
use crate::cell::draft::Draft;
use crate::facts::{self, Projects};
use crate::name;
use crate::noun::grant::GrantRow;
use crate::row::{Row, Table};
use crate::show::Show;

#[derive(Debug, Clone, Encode, Decode)]
pub struct CredentialRow {
    #[n(0)]
    pub id: Id<Credential>,
    #[n(1)]
    pub person: Id<Person>,
    #[n(2)]
    pub project: Id<Project>,
    /// `inside` or `outside`
    #[n(3)]
    pub place: String,
    /// The workspace that an inside credential is meant for.
    ///
    /// WHY only meant: no engine proves a workspace to us yet, so this is told and recorded and compared with nothing.
    #[n(4)]
    pub workspace: Option<String>,
    #[n(5)]
    pub grant: Option<Id<Grant>>,
    #[n(6)]
    pub ends: Timestamp,
    #[n(7)]
    pub is_revoked: bool,
}

impl Row for CredentialRow {
    const TABLE: Table = Table::Credential;
}

impl CredentialRow {
    /// A place that cannot be read is outside.
    pub fn place(&self) -> Place {
        Place::parse(&self.place).unwrap_or(Place::Outside)
    }

    pub fn used(&self) -> CredentialUse {
        CredentialUse { id: self.id, project: self.project, place: self.place(), grant: self.grant }
    }
}

async fn find(region: &Region, draft: &Draft, text: &str) -> Result<CredentialRow, Refusal> {
    let lost = || Refusal::with(Reason::NotFound, "credential");
    let id = region.credential_of(text).or_else(|_| text.parse().map_err(|_| lost()))?;
    draft.known(&id.to_bytes()).await.map_err(|_| lost())
}

async fn grant_of(draft: &Draft, deed: &CredentialIssue) -> Result<Option<GrantRow>, Refusal> {
    let Some(text) = &deed.grant else {
        return Ok(None);
    };
    let key = name::find(draft, Noun::Grant, text).await?;
    draft.known(&key).await.map(Some)
}

#[async_trait]
impl Judged for CredentialIssue {
    /// A credential for oneself; one that delivers belongs to the grant's receiver.
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        let project = name::find_id(scene.root, Noun::Project, &self.project).await?;
        let grant = grant_of(scene.root, self).await?;
        // WHY before it is judged: another project's grant must look like none at all.
        if grant.as_ref().is_some_and(|grant| grant.project != project) {
            return Err(Reason::NotFound.into());
        }
        let owner = grant.map_or(scene.actor.person, |grant| grant.receiver);
        let project = facts::project(scene, project).await?;
        Ok(Target::Credential { id: Id::from_bytes([0; 16]), project, owner })
    }
}

#[async_trait]
impl Rule for CredentialIssue {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let project = name::find_id(draft, Noun::Project, &self.project).await?;
        let grant = grant_of(draft, self).await?;
        if grant.as_ref().is_some_and(|grant| grant.project != project) {
            return Err(Refusal::with(Reason::NotFound, "grant"));
        }
        // WHY: it would outlive the session, whoever recalls the person, and whoever vouched for them.
        if frame.actor.session.as_ref().is_some_and(|session| session.issuer.is_some()) {
            return Err(Refusal::with(
                Reason::NotOffered,
                "a credential that lasts takes a key of your own; take a session: `epic session begin`",
            ));
        }
        let place = Place::parse(&self.place)
            .ok_or_else(|| Refusal::with(Reason::Invalid, "a place is `inside` or `outside`"))?;
        if place == Place::Inside && self.workspace.is_none() {
            return Err(Refusal::with(
                Reason::Invalid,
                "an inside credential says for which workspace it is: name it with `--workspace`",
            ));
        }
        let lifetime_ms = self.ends.since_ms(frame.now);
        if !(1..=CREDENTIAL_LIFETIME_MS_MAX).contains(&lifetime_ms) {
            return Err(Refusal::with(Reason::Invalid, "a credential ends within a year from now"));
        }
        let row = CredentialRow {
            id: Id::random(frame.region.rand()),
            person: frame.actor.person,
            project,
            place: place.text().to_owned(),
            workspace: self.workspace.clone(),
            grant: grant.map(|grant| grant.id),
            ends: self.ends,
            is_revoked: false,
        };
        draft.put(&row.id.to_bytes(), &row)?;
        let kind = if row.grant.is_some() { AccessKind::Delivery } else { AccessKind::Lasting };
        let key = frame.region.access_key(kind, row.id)?;
        let answer = json!({ "access_key_id": key, "ends": row.ends, "place": row.place });
        Ok(Outcome::of(Noun::Credential, row.id).and(Noun::Project, project).saying(answer))
    }
}

const fn target(project: ProjectFacts, row: &CredentialRow) -> Target {
    Target::Credential { id: row.id, project, owner: row.person }
}

#[async_trait]
impl Judged for CredentialRevoke {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        let row = find(scene.region, scene.root, &self.credential).await?;
        Ok(target(facts::project(scene, row.project).await?, &row))
    }
}

#[async_trait]
impl Rule for CredentialRevoke {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let mut row = find(frame.region, draft, &self.credential).await?;
        if std::mem::replace(&mut row.is_revoked, true) {
            return Err(Reason::AlreadyDone.into());
        }
        draft.put(&row.id.to_bytes(), &row)?;
        Ok(Outcome::of(Noun::Credential, row.id))
    }
}

#[async_trait]
impl Show for CredentialShow {
    async fn show(&self, scene: &Scene<'_>) -> Result<Value, Refusal> {
        let (mut shown, mut projects) = (Vec::new(), Projects::default());
        for (_, row) in scene.root.all::<CredentialRow>(&[]).await? {
            let project: crate::noun::project::ProjectRow = scene.root.known(&row.project.to_bytes()).await?;
            let is_wanted = self
                .project
                .as_ref()
                .is_none_or(|text| *text == project.alias || *text == project.id.to_string());
            if !is_wanted {
                continue;
            }
            let of = target(projects.of(scene, row.project).await?, &row);
            if scene.region.may_see::<Self>(scene, of).await? {
                shown.push(json!({
                    "credential": row.id.to_string(),
                    "project": project.alias,
                    "place": row.place,
                    "workspace": row.workspace,
                    "ends": row.ends,
                    "revoked": row.is_revoked,
                }));
            }
        }
        Ok(Value::Array(shown))
    }
}
