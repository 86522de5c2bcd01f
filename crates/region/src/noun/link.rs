//! Links: under which name an issuer knows a person.

use async_trait::async_trait;
use minicbor::{Decode, Encode};
use words::act::{PersonLink, PersonUnlink};
use words::limit::SUBJECT_CHARS_MAX;
use words::noun::{Issuer, Noun, Person};
use words::{Id, Reason, Refusal};

use crate::act::{Frame, Outcome, Rule};
use crate::cell::draft::Draft;
use crate::name;
use crate::noun::person::{self, PersonRow};
use crate::noun::{group, issuer};
use crate::row::{Row, Seal, Table};

/// Whom an issuer means by a name; the name itself is not kept.
#[derive(Debug, Clone, Encode, Decode)]
pub struct LinkRow {
    #[n(0)]
    pub person: Id<Person>,
}

impl Row for LinkRow {
    const TABLE: Table = Table::Link;
}

fn key(issuer: Id<Issuer>, subject: &str) -> Vec<u8> {
    [&issuer.to_bytes()[..], &group::mark(subject)].concat()
}

/// Whom an issuer means by a name.
pub async fn linked(draft: &Draft, issuer: Id<Issuer>, subject: &str) -> Result<Option<Id<Person>>, Refusal> {
    let row: Option<LinkRow> = draft.row(&key(issuer, subject)).await?;
    Ok(row.map(|row| row.person))
}

#[async_trait]
impl Rule for PersonLink {
    async fn plan(&self, draft: &mut Draft, _: &Frame<'_>) -> Result<Outcome, Refusal> {
        let person: Id<Person> = name::find_id(draft, Noun::Person, &self.person).await?;
        let issuer = issuer::find(draft, &self.issuer).await?;
        if self.name.is_empty() || self.name.chars().count() > SUBJECT_CHARS_MAX {
            return Err(Refusal::with(Reason::Invalid, "a name in tokens has 1 to 255 characters"));
        }
        if linked(draft, issuer.id, &self.name).await?.is_some() {
            return Err(Refusal::with(Reason::NameTaken, "that name is linked already"));
        }
        draft.put(&key(issuer.id, &self.name), &LinkRow { person })?;
        Ok(outcome(person, issuer.id))
    }
}

#[async_trait]
impl Rule for PersonUnlink {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let person: Id<Person> = name::find_id(draft, Noun::Person, &self.person).await?;
        let issuer = issuer::find(draft, &self.issuer).await?;
        if linked(draft, issuer.id, &self.name).await? != Some(person) {
            return Err(Reason::NotFound.into());
        }
        draft.remove::<LinkRow>(Seal::Cell, &key(issuer.id, &self.name));
        let row: PersonRow = draft.known(&person.to_bytes()).await?;
        person::recall(draft, row, frame.now)?;
        Ok(outcome(person, issuer.id))
    }
}

/// WHY within the person's scope: what was asked names them.
fn outcome(person: Id<Person>, issuer: Id<Issuer>) -> Outcome {
    Outcome::of(Noun::Person, person).and(Noun::Issuer, issuer).within(person.cast())
}
