//! Persons: humans with a key pair. What identifies them has a key of its own.

use std::collections::BTreeSet;

use async_trait::async_trait;
use gate::facts::Target;
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use serde_json::{Value, json};
use words::act::{
    AccountApprove, AccountInvite, AccountRecover, PersonEnrol, PersonLink, PersonRecall, PersonResume,
    PersonShow, PersonSuspend, PersonTrain, PersonUnlink,
};
use words::noun::{Noun, Organisation, Person};
use words::{Id, Reason, Refusal, Timestamp};

use crate::act::{Frame, Judged, Outcome, Rule, Scene};
use crate::cell::draft::Draft;
use crate::facts;
use crate::name;
use crate::noun::role;
use crate::noun::training::TrainingRow;
use crate::row::{Row, Seal, Table};
use crate::show::Show;

/// What the region needs to know of a person to let them in.
#[derive(Debug, Clone, Encode, Decode)]
pub struct PersonRow {
    #[n(0)]
    pub id: Id<Person>,
    #[n(1)]
    pub alias: String,
    #[n(2)]
    pub organisation: Id<Organisation>,
    /// Ed25519; none: they come in by an identity provider alone.
    #[n(3)]
    pub key: Option<ByteArray<32>>,
    #[n(4)]
    pub is_suspended: bool,
    /// Sessions begun until then are over.
    #[n(5)]
    pub recalled_at: Option<Timestamp>,
}

impl Row for PersonRow {
    const TABLE: Table = Table::Person;
}

/// What identifies a person; sealed under that person's own key.
#[derive(Debug, Clone, Encode, Decode)]
pub struct PersonalRow {
    #[n(0)]
    pub name: String,
    #[n(1)]
    pub email: String,
}

impl Row for PersonalRow {
    const TABLE: Table = Table::Personal;
}

impl PersonalRow {
    pub fn seal(person: Id<Person>) -> Seal {
        Seal::Scope { scope: person.cast(), id: person.to_bytes(), size_bytes: 0 }
    }
}

/// Organisations that somebody signs for.
pub type Houses = BTreeSet<Id<Organisation>>;

/// Adds a person; used by enrolment and by the founding of a region.
pub async fn enrol(
    draft: &mut Draft,
    frame: &Frame<'_>,
    deed: &PersonEnrol,
    organisation: Id<Organisation>,
) -> Result<Id<Person>, Refusal> {
    let key = deed.key.as_deref().map(gate::identify::key_text::read_public).transpose();
    let key = key.map_err(|_| Refusal::with(Reason::Invalid, "the public key cannot be read"))?;
    if let Some(key) = key {
        refuse_known(draft, &key.to_bytes()).await?;
    }
    let id = Id::random(frame.region.rand());
    let alias = name::claim(draft, Noun::Person, &deed.alias, id, &id.to_bytes()).await?;
    // WHY so late: a refused act leaves no key.
    frame.region.root().keys.found_names(id.cast())?;
    let key = key.map(|key| key.to_bytes().into());
    draft.put(
        &id.to_bytes(),
        &PersonRow { id, alias, organisation, key, is_suspended: false, recalled_at: None },
    )?;
    let personal = PersonalRow { name: deed.name.clone(), email: deed.email.clone() };
    draft.put_in(PersonalRow::seal(id), &id.to_bytes(), &personal)?;
    Ok(id)
}

/// A key is one person's, for ever: under a suspended person's key nobody comes back as somebody else.
///
/// WHY not whose: who enrols need not know the person.
async fn refuse_known(draft: &Draft, key: &[u8; 32]) -> Result<(), Refusal> {
    let mut is_known = false;
    draft.each(&[], |row: PersonRow| is_known |= row.key.is_some_and(|own| *own == *key)).await?;
    if is_known { Err(Refusal::with(Reason::NameTaken, "public key")) } else { Ok(()) }
}

#[async_trait]
impl Judged for PersonEnrol {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        let id = name::find_id(scene.root, Noun::Organisation, &self.organisation).await?;
        let has_signatory = role::has_signatory(scene.root, id).await?;
        Ok(Target::Organisation { id, has_signatory })
    }
}

#[async_trait]
impl Rule for PersonEnrol {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let organisation = name::find_id(draft, Noun::Organisation, &self.organisation).await?;
        let id = enrol(draft, frame, self, organisation).await?;
        let answer = json!({ "person": id.to_string() });
        Ok(Outcome::of(Noun::Person, id).within(id.cast()).saying(answer))
    }
}

/// What an act on a person is about.
pub async fn target(scene: &Scene<'_>, row: &PersonRow, signed_for: &Houses) -> Result<Target, Refusal> {
    Ok(Target::Person {
        id: row.id,
        has_signatory: signed_for.contains(&row.organisation),
        is_known_to_actor: facts::knows_person(scene, row).await?,
        asked_by: crate::account::asked_by(scene.root, row.id).await?,
    })
}

macro_rules! judged_by_person {
    ($($deed:ident)*) => { $(#[async_trait]
    impl Judged for $deed {
        async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
            let id: Id<Person> = name::find_id(scene.root, Noun::Person, &self.person).await?;
            let row: PersonRow = scene.root.known(&id.to_bytes()).await?;
            target(scene, &row, &role::signed_for(scene.root).await?).await
        }
    })* };
}

judged_by_person! {
    PersonSuspend PersonResume PersonLink PersonUnlink PersonRecall PersonTrain AccountInvite AccountRecover AccountApprove
}

/// Ends every session of a person.
pub fn recall(draft: &mut Draft, row: PersonRow, now: Timestamp) -> Result<(), Refusal> {
    draft.put(&row.id.to_bytes(), &PersonRow { recalled_at: Some(now), ..row })
}

#[async_trait]
impl Rule for PersonRecall {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let id: Id<Person> = name::find_id(draft, Noun::Person, &self.person).await?;
        recall(draft, draft.known(&id.to_bytes()).await?, frame.now)?;
        Ok(Outcome::of(Noun::Person, id))
    }
}

macro_rules! person_state {
    ($deed:ident, $is_suspended:literal) => {
        #[async_trait]
        impl Rule for $deed {
            async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
                let id: Id<Person> = name::find_id(draft, Noun::Person, &self.person).await?;
                let mut row: PersonRow = draft.known(&id.to_bytes()).await?;
                if row.is_suspended == $is_suspended {
                    return Err(Reason::AlreadyDone.into());
                }
                row.is_suspended = $is_suspended;
                // WHY: let back in, they sign in again; whatever was open stays closed, invitations too.
                recall(draft, row, frame.now)?;
                crate::account::close_opening(draft, id).await?;
                Ok(Outcome::of(Noun::Person, id))
            }
        }
    };
}

person_state!(PersonSuspend, true);
person_state!(PersonResume, false);

#[async_trait]
impl Show for PersonShow {
    async fn show(&self, scene: &Scene<'_>) -> Result<Value, Refusal> {
        let signed_for = role::signed_for(scene.root).await?;
        let mut shown = Vec::new();
        for (key, row) in scene.root.all::<PersonRow>(&[]).await? {
            let is_wanted =
                self.person.as_ref().is_none_or(|text| *text == row.alias || *text == row.id.to_string());
            if !is_wanted
                || !scene.region.may_see::<Self>(scene, target(scene, &row, &signed_for).await?).await?
            {
                continue;
            }
            let personal: Option<PersonalRow> = scene.root.row(&key).await?;
            let roles = crate::noun::role::told(scene.root, row.id).await?;
            let name = personal.map(|personal| personal.name);
            let training: Option<TrainingRow> = scene.root.row(&key).await?;
            shown.push(json!({
                "person": row.alias,
                "name": name,
                "id": row.id.to_string(),
                "roles": roles,
                "suspended": row.is_suspended,
                "training": training.as_ref().map(|training| &training.course),
                "trained_until": training.as_ref().map(|training| training.ends),
            }));
        }
        Ok(Value::Array(shown))
    }
}
