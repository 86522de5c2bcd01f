//! Greeting: who somebody is here, told to themselves.
//!
//! A page that says hello and offers what a person may do needs their name and
//! duties at every request. That is no act: it tells nobody anything but what
//! they are, and it must never be asked for somebody else.

use words::actor::{Role, RoleLevel};
use words::noun::{Organisation, Project, Tenant};
use words::{Actor, Id, Reason, Refusal};

use crate::Region;
use crate::act::Scene;
use crate::cell::draft::Draft;
use crate::noun::group;
use crate::noun::organisation::OrganisationRow;
use crate::noun::person::{PersonRow, PersonalRow};
use crate::noun::project::ProjectRow;
use crate::noun::tenant::TenantRow;

/// Who acts.
#[derive(Debug, Clone)]
pub struct Greeting {
    pub alias: String,
    /// None: what identifies them was erased.
    pub name: Option<String>,
    pub email: Option<String>,
    /// Alias of where they belong.
    pub organisation: String,
    pub duties: Vec<Duty>,
}

/// One role, and where it is held.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duty {
    pub role: Role,
    /// Alias of the organisation, tenant or project; none: the whole region.
    pub at: Option<String>,
}

impl Greeting {
    /// What they are called: by their name, or by their alias where it was erased.
    pub fn called(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.alias)
    }

    pub fn is(&self, role: Role) -> bool {
        self.duties.iter().any(|duty| duty.role == role)
    }

    pub fn is_at(&self, role: Role, at: &str) -> bool {
        self.duties.iter().any(|duty| duty.role == role && duty.at.as_deref() == Some(at))
    }
}

impl Region {
    /// Greets whoever acts.
    pub async fn greet(&self, actor: &Actor) -> Result<Greeting, Refusal> {
        let root = self.root().view().await?;
        let scene = Scene { region: self, actor, root: &root, cell: None, now: self.now() };
        let row: Option<PersonRow> = root.row(&actor.person.to_bytes()).await?;
        let row = row.ok_or(Refusal::new(Reason::Unauthenticated))?;
        let personal: Option<PersonalRow> = root.row(&actor.person.to_bytes()).await?;
        let organisation: OrganisationRow = root.known(&row.organisation.to_bytes()).await?;
        let mut duties = Vec::new();
        for (role, at) in group::held(&scene).await? {
            duties.push(Duty { role, at: named(&root, role, at).await? });
        }
        duties.sort();
        let (name, email) = personal.map(|personal| (personal.name, personal.email)).unzip();
        Ok(Greeting { alias: row.alias, name, email, organisation: organisation.alias, duties })
    }
}

async fn named(root: &Draft, role: Role, at: [u8; 16]) -> Result<Option<String>, Refusal> {
    Ok(match role.level() {
        RoleLevel::Region => None,
        RoleLevel::Organisation => {
            let id: Id<Organisation> = Id::from_bytes(at);
            Some(root.known::<OrganisationRow>(&id.to_bytes()).await?.alias)
        }
        RoleLevel::Tenant => {
            let id: Id<Tenant> = Id::from_bytes(at);
            Some(root.known::<TenantRow>(&id.to_bytes()).await?.alias)
        }
        RoleLevel::Project => {
            let id: Id<Project> = Id::from_bytes(at);
            Some(root.known::<ProjectRow>(&id.to_bytes()).await?.alias)
        }
    })
}
