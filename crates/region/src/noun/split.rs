//! Split keys: a project's data keys that several persons open together and nobody alone.
//!
//! A split key is an X25519 pair. Its public half seals headers; its secret half
//! exists while it is made and while holders have opened it, else in shares, each
//! sealed to one holder's share key. Custody's own pairs stay as they are, under
//! the letter: both are needed, and erasing needs no holder.

use async_trait::async_trait;
use futures::FutureExt;
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use seal::shares::{self, Share};
use seal::{DecryptionKey, EncryptionKey, letter};
use serde_json::{Value, json};
use words::act::KeySplit;
use words::actor::Role;
use words::noun::{Cell as CellNoun, Noun, Person, Project};
use words::{Actor, Deed, Id, Reason, Refusal, Secret};

use crate::Region;
use crate::act::{Frame, Outcome, Plan, Request};
use crate::cell::draft::Draft;
use crate::cell::state::CellKeysRow;
use crate::cell::step::Done;
use crate::noun::call::CallRow;
use crate::noun::person::PersonRow;
use crate::noun::project::ProjectRow;
use crate::noun::role;
use crate::noun::share_key::ShareKeyRow;
use crate::noun::tenant::TenantRow;
use crate::object::header::SplitKey;
use crate::row::{Row, Table};

/// WHY: with two holders one who is ill keeps everybody out.
const HOLDERS_MIN: usize = 3;
const HOLDERS_MAX: usize = 8;
const NEEDED: u64 = 2;
/// An emergency envelope is sealed to two persons together.
const ENVELOPE_PERSONS: usize = 2;
/// Place and value.
const SHARE_BYTES: usize = 33;

/// One share, as it lies in the log: sealed to its holder.
#[derive(Debug, Clone, Encode, Decode)]
pub struct Holder {
    #[n(0)]
    pub person: Id<Person>,
    #[n(1)]
    pub place: u8,
    /// SHA-256 of the share: tells a wrong one.
    #[n(2)]
    pub check: ByteArray<32>,
    #[n(3)]
    pub letter: ByteVec,
}

/// A split key of a project.
#[derive(Debug, Clone, Encode, Decode)]
pub struct SplitRow {
    #[n(0)]
    pub key: SplitKey,
    #[n(1)]
    pub needed: u8,
    #[n(2)]
    pub holders: Vec<Holder>,
    /// Two, or none.
    #[n(3)]
    pub envelope: Vec<Holder>,
    /// The secret half before it, sealed to this key: what is not moved yet opens too.
    #[n(4)]
    pub before: Option<ByteVec>,
}

impl Row for SplitRow {
    const TABLE: Table = Table::Split;
}

/// What a share is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Holders,
    Envelope,
}

/// WHY all of it: a share of another project, another split, another person or for another use opens nothing here.
pub fn share_context(kind: Kind, cell: Id<CellNoun>, generation: u32, person: Id<Person>) -> Vec<u8> {
    let label: &[u8] = match kind {
        Kind::Holders => b"epic share v1",
        Kind::Envelope => b"epic envelope v1",
    };
    [label, &cell.to_bytes(), &generation.to_be_bytes(), &person.to_bytes()].concat()
}

fn before_context(cell: Id<CellNoun>, generation: u32) -> Vec<u8> {
    [b"epic split before v1", &cell.to_bytes()[..], &generation.to_be_bytes()].concat()
}

/// A share as it travels: its place, then its value.
pub fn share_bytes(share: &Share) -> Secret<Vec<u8>> {
    Secret::new([&[share.place][..], share.value.expose()].concat())
}

/// A share from bytes; none if they are no share.
pub fn share_of(bytes: &[u8]) -> Option<Share> {
    let (place, value) = bytes.split_first()?;
    let value = (bytes.len() == SHARE_BYTES).then(|| value.try_into().ok()).flatten()?;
    Some(Share { place: *place, value: Secret::new(value) })
}

pub fn check(share: &Share) -> [u8; 32] {
    let bytes = share_bytes(share);
    let all = Secret::new([b"epic share check v1", &bytes.expose()[..]].concat());
    seal::sha256(all.expose())
}

impl SplitRow {
    fn row_key(generation: u32) -> [u8; 4] {
        generation.to_be_bytes()
    }

    pub fn shares_of(&self, kind: Kind) -> (&[Holder], u8) {
        match kind {
            Kind::Holders => (&self.holders, self.needed),
            Kind::Envelope => (&self.envelope, ENVELOPE_PERSONS as u8),
        }
    }

    /// As custodians see it; letters are for their holders alone to open.
    pub fn told(&self) -> Value {
        let told = |holder: &Holder| json!({ "person": holder.person.to_string(), "share": data_encoding::BASE64.encode(&holder.letter) });
        json!({
            "generation": self.key.generation,
            "needed": self.needed,
            "holders": self.holders.iter().map(told).collect::<Vec<_>>(),
            "envelope": self.envelope.iter().map(told).collect::<Vec<_>>(),
        })
    }
}

/// The newest split of a project, if its keys are split.
pub async fn newest(rows: &Draft) -> Result<Option<SplitRow>, Refusal> {
    let keys: Option<CellKeysRow> = rows.row(&[]).await?;
    match keys.and_then(|keys| keys.split) {
        Some(generation) => rows.known(&SplitRow::row_key(generation)).await.map(Some),
        None => Ok(None),
    }
}

/// The secret halves that a split key opens: its own, and those before it.
pub async fn opened(
    rows: &Draft,
    cell: Id<CellNoun>,
    split: &SplitRow,
    secret: &Secret<[u8; 32]>,
) -> Result<crate::shares::Opened, Refusal> {
    let own = DecryptionKey::from_secret(secret);
    // INVARIANT: what shares make is the key they were made of, or nothing is opened.
    if own.public().to_bytes() != *split.key.public {
        return Err(Reason::ShareWrong.into());
    }
    let mut opened = crate::shares::Opened::from([(split.key.generation, own.clone())]);
    let (mut split, mut secret) = (split.clone(), own);
    while let (Some(sealed), Some(older)) = (&split.before, split.key.generation.checked_sub(1)) {
        let context = before_context(cell, split.key.generation);
        let bytes = letter::open(&secret, &context, sealed).map_err(|_| Reason::ShareWrong)?;
        let bytes = bytes.expose()[..].try_into().map_err(|_| Reason::ShareWrong)?;
        secret = DecryptionKey::from_secret(&Secret::new(bytes));
        opened.insert(older, secret.clone());
        split = rows.known(&SplitRow::row_key(older)).await?;
    }
    Ok(opened)
}

/// Splits a project's keys, or splits them anew among others.
pub async fn split(region: &Region, actor: &Actor, deed: KeySplit) -> Result<Done, Refusal> {
    let project = deed.project.clone();
    let done = async {
        let cell = region.project_cell(actor, &deed.project).await?;
        // WHY held: what is open stays as it is while it is sealed to the next key.
        let _one = region.shares().giving().lock().await;
        let allowed = region.allow(actor, &deed, Some(&cell)).await?;
        let secret = DecryptionKey::random(region.rand());
        let plan = Split { secret: secret.clone() };
        let request = Request::once(actor.clone(), deed);
        let done = region.commit(&cell, request, allowed, plan).await?;
        if let Some(split) = newest(&cell.view().await?).await? {
            region.shares().add(cell.id, split.key.generation, secret);
        }
        Ok(done)
    };
    region.heard(actor, KeySplit::ACT, Some(&project), done.boxed()).await
}

struct Split {
    secret: DecryptionKey,
}

#[async_trait]
impl Plan<KeySplit> for Split {
    async fn plan(
        &mut self,
        deed: &KeySplit,
        draft: &mut Draft,
        frame: &Frame<'_>,
    ) -> Result<Outcome, Refusal> {
        let root = frame.root.ok_or(Refusal::new(Reason::NotFound))?;
        let holders = people(root, &deed.holders).await?;
        let envelope = people(root, &deed.emergency).await?;
        let needed = deed.needed.unwrap_or(NEEDED);
        let is_sized = (HOLDERS_MIN..=HOLDERS_MAX).contains(&holders.len());
        let needed = u8::try_from(needed)
            .ok()
            .filter(|needed| is_sized && (2..=holders.len()).contains(&usize::from(*needed)));
        let needed = needed.ok_or_else(|| {
            invalid("three to eight holders, of whom two or more are needed, and no more than there are")
        })?;
        check_people(root, frame.cell.cast(), &holders, &envelope).await?;
        let before = newest(draft).await?;
        let generation = before.as_ref().map_or(1, |split| split.key.generation + 1);
        let key = SplitKey { generation, public: self.secret.public().to_bytes().into() };
        let sealed = match &before {
            None => None,
            Some(before) => Some(self.seal_before(draft, frame, before, &key, &holders).await?),
        };
        let row = SplitRow {
            key,
            needed,
            holders: self.shares(frame, Kind::Holders, generation, needed, &holders)?,
            envelope: match envelope.is_empty() {
                true => Vec::new(),
                false => self.shares(frame, Kind::Envelope, generation, ENVELOPE_PERSONS as u8, &envelope)?,
            },
            before: sealed,
        };
        draft.put(&SplitRow::row_key(generation), &row)?;
        let turned = crate::noun::key::turn(draft, frame, Some(key)).await?;
        let answer = json!({ "split": generation, "needed": needed, "holders": holders.len(), "envelope": !envelope.is_empty(), "generation": turned });
        Ok(Outcome::of::<Project>(Noun::Project, frame.cell.cast()).saying(answer))
    }
}

impl Split {
    /// Shares of the secret half, each sealed to its holder.
    fn shares(
        &self,
        frame: &Frame<'_>,
        kind: Kind,
        generation: u32,
        needed: u8,
        people: &[(Id<Person>, EncryptionKey)],
    ) -> Result<Vec<Holder>, Refusal> {
        let rand = frame.region.rand();
        let unsplit = || Refusal::with(Reason::Unavailable, "the key cannot be split");
        let count = u8::try_from(people.len()).map_err(|_| unsplit())?;
        let shares = shares::split(&self.secret.to_secret(), needed, count, rand).map_err(|_| unsplit())?;
        let sealed = people.iter().zip(&shares).map(|((person, to), share)| {
            let context = share_context(kind, frame.cell, generation, *person);
            let letter = letter::seal(*to, rand, &context, share_bytes(share).expose());
            let letter = letter.map_err(|_| invalid("a holder's share key cannot be sealed to"))?;
            Ok(Holder {
                person: *person,
                place: share.place,
                check: check(share).into(),
                letter: letter.into(),
            })
        });
        sealed.collect()
    }

    /// The key before, sealed to this one. It must be open, by a call that named these very holders.
    ///
    /// WHY named: who opened the keys for one purpose has not agreed to hand them on.
    async fn seal_before(
        &self,
        draft: &Draft,
        frame: &Frame<'_>,
        before: &SplitRow,
        key: &SplitKey,
        holders: &[(Id<Person>, EncryptionKey)],
    ) -> Result<ByteVec, Refusal> {
        let shares = frame.region.shares();
        let call = shares.opened_by(frame.cell, frame.now).ok_or(Refusal::new(Reason::SharesNeeded))?;
        let call: CallRow = draft.known(&call.to_bytes()).await?;
        let mut named = call.holders.clone();
        let mut wanted: Vec<Id<Person>> = holders.iter().map(|(person, _)| *person).collect();
        named.sort_unstable();
        wanted.sort_unstable();
        if named != wanted {
            let says = "the call that opened the keys named other holders, or none";
            return Err(Refusal::with(Reason::SharesNeeded, says));
        }
        let opened = shares.opened(frame.cell, frame.now).ok_or(Refusal::new(Reason::SharesNeeded))?;
        let secret = opened.get(&before.key.generation).ok_or(Refusal::new(Reason::SharesNeeded))?;
        let to = EncryptionKey::from_bytes(*key.public);
        let context = before_context(frame.cell, key.generation);
        let sealed = letter::seal(to, frame.region.rand(), &context, secret.to_secret().expose());
        sealed.map(ByteVec::from).map_err(|_| Refusal::with(Reason::Unavailable, "the key cannot be split"))
    }
}

/// Persons with the keys that their shares are sealed to.
async fn people(root: &Draft, names: &[String]) -> Result<Vec<(Id<Person>, EncryptionKey)>, Refusal> {
    let mut people: Vec<(Id<Person>, EncryptionKey)> = Vec::new();
    for name in names {
        let person: Id<Person> = crate::name::find_id(root, Noun::Person, name).await?;
        let key: Option<ShareKeyRow> = root.row(&person.to_bytes()).await?;
        let key = key.ok_or_else(|| invalid("one of them has offered no share key: `epic key offer`"))?;
        people.push((person, EncryptionKey::from_bytes(*key.public)));
    }
    Ok(people)
}

/// Everybody once, nobody an operator; holders are custodians; the envelope needs the controller's organisation.
async fn check_people(
    root: &Draft,
    project: Id<Project>,
    holders: &[(Id<Person>, EncryptionKey)],
    envelope: &[(Id<Person>, EncryptionKey)],
) -> Result<(), Refusal> {
    let all: Vec<_> = holders.iter().chain(envelope).collect();
    for (at, (person, key)) in all.iter().enumerate() {
        let is_twice = |(other, theirs): &&&(Id<Person>, EncryptionKey)| other == person || theirs == key;
        if all.iter().take(at).any(|other| is_twice(&other)) {
            return Err(invalid("one person, or one share key, is named twice"));
        }
        let row: PersonRow = root.known(&person.to_bytes()).await?;
        let roles = role::told(root, *person).await?;
        if row.is_suspended || (at < holders.len() && !roles.contains(Role::Custodian.text())) {
            return Err(invalid("a holder is no custodian, or is suspended"));
        }
        if roles.contains(Role::Operator.text()) {
            return Err(Reason::DutiesMixed.into());
        }
    }
    if envelope.is_empty() {
        return Ok(());
    }
    let project: ProjectRow = root.known(&project.to_bytes()).await?;
    let tenant: TenantRow = root.known(&project.tenant.to_bytes()).await?;
    let mut is_controllers = false;
    for (person, _) in envelope {
        let row: PersonRow = root.known(&person.to_bytes()).await?;
        is_controllers |= row.organisation == tenant.organisation;
    }
    match is_controllers && envelope.len() == ENVELOPE_PERSONS {
        true => Ok(()),
        false => Err(invalid(
            "an emergency envelope is for two persons, one of them of the controller's organisation",
        )),
    }
}

fn invalid(says: &str) -> Refusal {
    Refusal::with(Reason::Invalid, says)
}
