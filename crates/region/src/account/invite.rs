//! Inviting, and recovering by two.

use async_trait::async_trait;
use serde_json::{Value, json};
use words::act::{AccountApprove, AccountInvite, AccountRecover};
use words::noun::{Noun, Person};
use words::time::DAY_MS;
use words::{Actor, Id, Reason, Refusal};

use super::code::Half;
use super::{AccountRow, OpeningRow};
use crate::Region;
use crate::act::{Frame, Outcome, Request, Rule};
use crate::cell::draft::Draft;
use crate::cell::step::Done;
use crate::name;
use crate::noun::issuer::{self, IssuerRow};
use crate::noun::link::LinkRow;
use crate::noun::person::PersonRow;

/// WHY: a letter arrives within the week.
const INVITATION_MS: i64 = 7 * DAY_MS;
/// WHY: two persons speak with the third within the day, and what is lost may be found by others.
const RECOVERY_MS: i64 = DAY_MS;

async fn wanted(draft: &Draft, alias: &str) -> Result<(PersonRow, AccountRow), Refusal> {
    let id: Id<Person> = name::find_id(draft, Noun::Person, alias).await?;
    let person: PersonRow = draft.known(&id.to_bytes()).await?;
    if person.is_suspended {
        return Err(Refusal::with(Reason::StateWrong, "the person is suspended"));
    }
    Ok((person, AccountRow::of(draft, id).await?))
}

fn open(
    draft: &mut Draft,
    frame: &Frame<'_>,
    person: &PersonRow,
    mut account: AccountRow,
    is_recovery: bool,
) -> Result<Outcome, Refusal> {
    let lasts_ms = if is_recovery { RECOVERY_MS } else { INVITATION_MS };
    let opening = OpeningRow {
        id: Id::random(frame.region.rand()),
        by: frame.actor.person,
        ends: frame.now.plus_ms(lasts_ms),
        is_recovery,
        approved_by: None,
    };
    // WHY not the code: a record lasts, and a code is for one person.
    let answer = told(person, &opening);
    account.opening = Some(opening);
    account.put(draft, person.id)?;
    Ok(Outcome::of(Noun::Person, person.id).within(person.id.cast()).saying(answer))
}

fn told(person: &PersonRow, opening: &OpeningRow) -> Value {
    json!({ "person": person.alias, "id": person.id.to_string(), "opening": opening.id.to_string(), "ends": opening.ends })
}

/// Whether somebody has any way in: a key of their own, a provider's name for them, an account.
pub(super) async fn has_ways(
    region: &Region,
    draft: &Draft,
    person: &PersonRow,
    account: &AccountRow,
) -> Result<bool, Refusal> {
    let mut is_linked = false;
    draft.each(&[], |link: LinkRow| is_linked |= link.person == person.id).await?;
    // WHY those too: where a provider names persons by a claim, whoever is enrolled may work here already.
    let mut is_named = false;
    for (_, issuer) in draft.all::<IssuerRow>(&[]).await? {
        let is_other = issuer.claim.is_some() && !region.is_own_issuer(&issuer);
        is_named |= is_other && issuer::speaks_for(draft, issuer.id, person.organisation).await?.is_some();
    }
    Ok(person.key.is_some() || account.has_ways() || is_linked || is_named)
}

#[async_trait]
impl Rule for AccountInvite {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let (person, account) = wanted(draft, &self.person).await?;
        // WHY: whoever invites holds the code; of somebody who acts here already it would make two.
        if has_ways(frame.region, draft, &person, &account).await? {
            return Err(Refusal::with(
                Reason::StateWrong,
                "they have a way in, and add others themselves; who has lost theirs is helped by two: `epic account recover`",
            ));
        }
        open(draft, frame, &person, account, false)
    }
}

#[async_trait]
impl Rule for AccountRecover {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let (person, account) = wanted(draft, &self.person).await?;
        open(draft, frame, &person, account, true)
    }
}

#[async_trait]
impl Rule for AccountApprove {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let (person, mut account) = wanted(draft, &self.person).await?;
        let waits =
            account.opening.as_mut().filter(|opening| opening.is_recovery && frame.now <= opening.ends);
        let Some(opening) = waits else {
            return Err(Refusal::with(
                Reason::StateWrong,
                "nobody has asked for a recovery, or its day is over",
            ));
        };
        // WHY here too: the gate may have judged before anybody had asked.
        if [opening.by, person.id].contains(&frame.actor.person) {
            return Err(Reason::OwnRequest.into());
        }
        if opening.approved_by.is_some() {
            return Err(Reason::AlreadyDone.into());
        }
        opening.approved_by = Some(frame.actor.person);
        let answer = told(&person, opening);
        account.put(draft, person.id)?;
        Ok(Outcome::of(Noun::Person, person.id).within(person.id.cast()).saying(answer))
    }
}

/// An act that answers with a half of a code.
pub trait Coded: Rule {
    const HALF: Half;
    /// What the answer calls it.
    const CALLED: &'static str;
}

macro_rules! coded {
    ($($deed:ident $half:ident $called:literal)*) => { $(impl Coded for $deed {
        const HALF: Half = Half::$half;
        const CALLED: &'static str = $called;
    })* };
}

coded! { AccountInvite First "code" AccountRecover First "code" AccountApprove Second "approval" }

/// Does it; the code goes into the answer and nowhere else.
pub async fn coded<D: Coded>(region: &Region, actor: &Actor, deed: D) -> Result<Done, Refusal> {
    region.know_own_issuer().await?;
    let request = Request::once(actor.clone(), deed);
    let work = Box::pin(region.at_root(request));
    let mut done = region.heard(actor, D::ACT, None, work).await?;
    let id = |name: &str| done.answer.get(name).and_then(Value::as_str).unwrap_or_default();
    let gone = |_| crate::cell::lead::gone();
    let (person, opening) = (id("id").parse().map_err(gone)?, id("opening").parse().map_err(gone)?);
    let code = region.code_of(person, opening, D::HALF)?;
    if let Some(answer) = done.answer.as_object_mut() {
        answer.insert(D::CALLED.to_owned(), Value::String(code.expose().clone()));
    }
    Ok(done)
}
