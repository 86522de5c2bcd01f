//! Roles: what a person is, and where.

use std::collections::BTreeSet;

use async_trait::async_trait;
use gate::facts::Target;
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use words::act::{RoleGrant, RoleRevoke};
use words::actor::{Role, RoleLevel};
use words::noun::{Noun, Organisation, Person};
use words::{Id, Reason, Refusal};

use crate::act::{Frame, Judged, Outcome, Rule, Scene, subject};
use crate::cell::draft::Draft;
use crate::facts::{self, Around};
use crate::name;
use crate::noun::person::PersonRow;
use crate::row::{Row, Table};

/// One role of one person somewhere; `at` is zeros for the whole region.
#[derive(Debug, Clone, Encode, Decode)]
pub struct RoleRow {
    #[n(0)]
    pub person: Id<Person>,
    #[n(1)]
    pub role: String,
    #[n(2)]
    pub at: ByteArray<16>,
}

impl Row for RoleRow {
    const TABLE: Table = Table::Role;
}

impl RoleRow {
    pub fn new(person: Id<Person>, role: Role, at: [u8; 16]) -> Self {
        Self { person, role: role.text().to_owned(), at: at.into() }
    }

    pub fn key(&self) -> Vec<u8> {
        [&self.person.to_bytes()[..], &self.at[..], self.role.as_bytes()].concat()
    }
}

/// Every role a person holds, and where.
pub async fn held(draft: &Draft, person: Id<Person>) -> Result<Vec<(Role, [u8; 16])>, Refusal> {
    let rows = draft.all::<RoleRow>(&person.to_bytes()).await?;
    let role = |(_, row): (_, RoleRow)| Some((Role::parse(&row.role)?, row.at.into()));
    Ok(rows.into_iter().filter_map(role).collect())
}

/// The organisations that somebody signs for; a suspended one counts, the operator appoints no other.
pub async fn signed_for(draft: &Draft) -> Result<BTreeSet<Id<Organisation>>, Refusal> {
    let rows = draft.all::<RoleRow>(&[]).await?;
    let signs = rows.iter().filter(|(_, row)| row.role == Role::Signatory.text());
    Ok(signs.map(|(_, row)| Id::from_bytes(row.at.into())).collect())
}

/// Whether somebody signs for an organisation.
pub async fn has_signatory(draft: &Draft, organisation: Id<Organisation>) -> Result<bool, Refusal> {
    Ok(signed_for(draft).await?.contains(&organisation))
}

/// A person's roles as texts.
pub async fn told(draft: &Draft, person: Id<Person>) -> Result<BTreeSet<&'static str>, Refusal> {
    Ok(held(draft, person).await?.into_iter().map(|(role, _)| role.text()).collect())
}

/// Where a role about to be given or taken is held.
struct Place {
    role: Role,
    person: Id<Person>,
    at: [u8; 16],
}

async fn place(draft: &Draft, person: &str, role: &str, at: Option<&str>) -> Result<Place, Refusal> {
    let role =
        Role::parse(role).ok_or_else(|| Refusal::with(Reason::Invalid, format!("no role `{role}`")))?;
    let noun = match role.level() {
        RoleLevel::Region => None,
        RoleLevel::Organisation => Some(Noun::Organisation),
        RoleLevel::Tenant => Some(Noun::Tenant),
        RoleLevel::Project => Some(Noun::Project),
    };
    // WHY first: what is wrong with the question is told whoever is named in it.
    let at = match (noun, at) {
        (None, _) => None,
        (Some(noun), Some(at)) => Some((noun, at)),
        (Some(noun), None) => {
            return Err(Refusal::with(Reason::Invalid, format!("say at which {} with `--at`", noun.text())));
        }
    };
    let person = name::find_id(draft, Noun::Person, person).await?;
    let at = match at {
        None => [0; 16],
        Some((noun, at)) => name::find_id::<()>(draft, noun, at).await?.to_bytes(),
    };
    Ok(Place { role, person, at })
}

/// Whether the actor may know of both: whom it is about, and where.
async fn is_known(scene: &Scene<'_>, place: &Place) -> Result<bool, Refusal> {
    let person: PersonRow = scene.root.known(&place.person.to_bytes()).await?;
    let is_place_known = match place.role.level() {
        RoleLevel::Region | RoleLevel::Organisation => true,
        RoleLevel::Tenant => facts::knows_tenant(scene, Id::from_bytes(place.at)).await?,
        RoleLevel::Project => facts::project(scene, Id::from_bytes(place.at)).await?.is_known_to_actor,
    };
    Ok(is_place_known && facts::knows_person(scene, &person).await?)
}

async fn target(scene: &Scene<'_>, place: &Place) -> Result<Target, Refusal> {
    let draft = scene.root;
    let held = held(draft, place.person).await?;
    let here = held.iter().filter(|(_, at)| *at == place.at);
    let is_of_organisation = place.role.level() == RoleLevel::Organisation;
    Ok(Target::Role {
        has_signatory: is_of_organisation && has_signatory(draft, Id::from_bytes(place.at)).await?,
        role: place.role,
        person: place.person,
        held_here: here.map(|(role, _)| *role).collect(),
        held: held.iter().map(|(role, _)| *role).collect(),
        is_known_to_actor: is_known(scene, place).await?,
    })
}

fn outcome(place: &Place) -> Outcome {
    let at = Id::<()>::from_bytes(place.at);
    let mut outcome = Outcome::of(Noun::Person, place.person);
    outcome.subjects.push(format!("role:{}", place.role.text()));
    outcome.subjects.push(subject(Noun::Role, at));
    outcome
}

#[async_trait]
impl Judged for RoleGrant {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        let place = place(scene.root, &self.person, &self.role, self.at.as_deref()).await?;
        target(scene, &place).await
    }

    async fn around(&self, scene: &Scene<'_>) -> Result<Option<Around>, Refusal> {
        let place = place(scene.root, &self.person, &self.role, self.at.as_deref()).await?;
        facts::around_role(scene, place.role, place.at).await.map(Some)
    }
}

#[async_trait]
impl Rule for RoleGrant {
    async fn plan(&self, draft: &mut Draft, _: &Frame<'_>) -> Result<Outcome, Refusal> {
        let place = place(draft, &self.person, &self.role, self.at.as_deref()).await?;
        let row = RoleRow::new(place.person, place.role, place.at);
        if draft.row::<RoleRow>(&row.key()).await?.is_some() {
            return Err(Reason::AlreadyDone.into());
        }
        draft.put(&row.key(), &row)?;
        Ok(outcome(&place))
    }
}

#[async_trait]
impl Judged for RoleRevoke {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        let place = place(scene.root, &self.person, &self.role, self.at.as_deref()).await?;
        target(scene, &place).await
    }

    async fn around(&self, scene: &Scene<'_>) -> Result<Option<Around>, Refusal> {
        let place = place(scene.root, &self.person, &self.role, self.at.as_deref()).await?;
        facts::around_role(scene, place.role, place.at).await.map(Some)
    }
}

#[async_trait]
impl Rule for RoleRevoke {
    async fn plan(&self, draft: &mut Draft, _: &Frame<'_>) -> Result<Outcome, Refusal> {
        let place = place(draft, &self.person, &self.role, self.at.as_deref()).await?;
        let row = RoleRow::new(place.person, place.role, place.at);
        draft.known::<RoleRow>(&row.key()).await?;
        draft.remove::<RoleRow>(crate::row::Seal::Cell, &row.key());
        Ok(outcome(&place))
    }
}
