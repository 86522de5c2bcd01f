//! Calls for shares: how holders open a project's split keys together, for a while.
//!
//! A call has a key of its own, made for it and kept in memory alone; a share is
//! sealed to it by its holder and so is of no use to any other call. Each gift is
//! an act, and the opening a leaf of its own. An emergency asks two persons for
//! the envelope instead, and is written in the root before anything opens.

use async_trait::async_trait;
use data_encoding::BASE64;
use futures::FutureExt;
use gate::facts::Target;
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use seal::shares::{self, Share};
use seal::{DecryptionKey, letter};
use serde_json::{Value, json};
use words::act::{KeyCall, KeyEmergency, KeyGive};
use words::actor::Role;
use words::noun::{Cell as CellNoun, Key, Noun, Person, Project};
use words::time::MINUTE_MS;
use words::{Actor, Deed, Id, Reason, Refusal, Timestamp};

use crate::Region;
use crate::act::{Frame, Judged, Outcome, Plan, Request, Scene, subject};
use crate::cell::Cell;
use crate::cell::draft::Draft;
use crate::cell::step::{Done, Entry, Moment, Planned, Step};
use crate::noun::key;
use crate::noun::notice;
use crate::noun::person::PersonRow;
use crate::noun::role;
use crate::noun::split::{self, Kind, SplitRow};
use crate::row::{Row, Table};

/// WHY: shares wait in memory for one another; holders who were called are at their desks within an hour.
const CALL_MS_MAX: i64 = 60 * MINUTE_MS;
/// WHY: a day's work; who needs longer calls again.
const OPEN_MINUTES_MAX: u64 = 24 * 60;
/// WHY: an emergency ends with the shift; holders are reached by then.
const EMERGENCY_MINUTES_MAX: u64 = 4 * 60;

/// A call for shares.
#[derive(Debug, Clone, Encode, Decode)]
pub struct CallRow {
    #[n(0)]
    pub id: Id<Key>,
    /// Which split key.
    #[n(1)]
    pub split: u32,
    /// What gifts are sealed to.
    #[n(2)]
    pub public: ByteArray<32>,
    #[n(3)]
    pub by: Id<Person>,
    #[n(4)]
    pub at: Timestamp,
    /// Last moment for gifts.
    #[n(5)]
    pub ends: Timestamp,
    /// How long the keys will be open.
    #[n(6)]
    pub minutes: u64,
    /// It asks for the emergency envelope.
    #[n(7)]
    pub is_emergency: bool,
    /// Who gave, and why if they said so.
    #[n(8)]
    pub given: Vec<Gift>,
    #[n(9)]
    pub opened_until: Option<Timestamp>,
    /// Whom the keys may be split among anew while this call has them open.
    #[n(10)]
    pub holders: Vec<Id<Person>>,
    #[n(11)]
    pub reason: String,
    /// Grows with every call of the project.
    #[n(12)]
    pub number: u64,
}

/// That somebody gave their share.
#[derive(Debug, Clone, Encode, Decode)]
pub struct Gift {
    #[n(0)]
    pub person: Id<Person>,
    #[n(1)]
    pub reason: Option<String>,
}

impl Row for CallRow {
    const TABLE: Table = Table::Call;
}

impl CallRow {
    const fn kind(&self) -> Kind {
        match self.is_emergency {
            true => Kind::Envelope,
            false => Kind::Holders,
        }
    }

    pub fn told(&self) -> Value {
        json!({
            "call": self.id.to_string(),
            "split": self.split,
            "key": BASE64.encode(&*self.public),
            "by": self.by.to_string(),
            "at": self.at,
            "ends": self.ends,
            "minutes": self.minutes,
            "emergency": self.is_emergency,
            "reason": self.reason,
            "given": self.given.iter().map(|gift| gift.person.to_string()).collect::<Vec<_>>(),
            "opened_until": self.opened_until,
            "holders": self.holders.iter().map(|person| person.to_string()).collect::<Vec<_>>(),
        })
    }
}

/// WHY all of it: a gift to one call, or by one person, is none to another or by another.
pub fn gift_context(cell: Id<CellNoun>, call: Id<Key>, person: Id<Person>) -> Vec<u8> {
    [b"epic gift v1", &cell.to_bytes()[..], &call.to_bytes(), &person.to_bytes()].concat()
}

macro_rules! judged_call {
    ($($deed:ident)*) => { $(#[async_trait]
    impl Judged for $deed {
        async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
            key::target(scene, &self.project).await
        }
    })* };
}

judged_call!(KeyCall KeyEmergency KeyGive);

/// What the two ways to call have in common.
trait Calling: Judged + Clone {
    const IS_EMERGENCY: bool;
    const MINUTES_MAX: u64;

    fn fields(&self) -> (&str, u64, &str, &[String]);
}

impl Calling for KeyCall {
    const IS_EMERGENCY: bool = false;
    const MINUTES_MAX: u64 = OPEN_MINUTES_MAX;

    fn fields(&self) -> (&str, u64, &str, &[String]) {
        (&self.project, self.minutes, &self.reason, &self.holders)
    }
}

impl Calling for KeyEmergency {
    const IS_EMERGENCY: bool = true;
    const MINUTES_MAX: u64 = EMERGENCY_MINUTES_MAX;

    fn fields(&self) -> (&str, u64, &str, &[String]) {
        (&self.project, self.minutes, &self.reason, &self.holders)
    }
}

/// Calls the holders.
pub async fn call(region: &Region, actor: &Actor, deed: KeyCall) -> Result<Done, Refusal> {
    calling(region, actor, deed).await
}

/// Calls for the emergency envelope.
pub async fn emergency(region: &Region, actor: &Actor, deed: KeyEmergency) -> Result<Done, Refusal> {
    calling(region, actor, deed).await
}

async fn calling<D: Calling>(region: &Region, actor: &Actor, deed: D) -> Result<Done, Refusal> {
    let project = deed.fields().0.to_owned();
    let called = async {
        let cell = region.project_cell(actor, deed.fields().0).await?;
        let _one = region.shares().giving().lock().await;
        let allowed = region.allow(actor, &deed, Some(&cell)).await?;
        let secret = DecryptionKey::random(region.rand());
        let id = Id::random(region.rand());
        let plan = Begin { id, public: secret.public().to_bytes() };
        let ends = region.now().plus_ms(CALL_MS_MAX);
        let request = Request::once(actor.clone(), deed);
        let done = region.commit(&cell, request, allowed, plan).await?;
        region.shares().call(cell.id, id, secret, ends);
        Ok(done)
    };
    region.heard(actor, D::ACT, Some(&project), called.boxed()).await
}

struct Begin {
    id: Id<Key>,
    public: [u8; 32],
}

#[async_trait]
impl<D: Calling> Plan<D> for Begin {
    async fn plan(&mut self, deed: &D, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let root = frame.root.ok_or(Refusal::new(Reason::NotFound))?;
        let (_, minutes, reason, names) = deed.fields();
        let split = split::newest(draft).await?;
        let split =
            split.ok_or_else(|| Refusal::with(Reason::StateWrong, "the project's keys are not split"))?;
        if D::IS_EMERGENCY && !split.envelope.iter().any(|holder| holder.person == frame.actor.person) {
            return Err(Refusal::with(
                Reason::ShareWrong,
                "you hold no part of the project's emergency envelope",
            ));
        }
        if !(1..=D::MINUTES_MAX).contains(&minutes) || reason.trim().is_empty() {
            let says = format!("keys open for 1 to {} minutes, for a reason", D::MINUTES_MAX);
            return Err(Refusal::with(Reason::Invalid, says));
        }
        let mut holders = Vec::new();
        for name in names {
            holders.push(crate::name::find_id(root, Noun::Person, name).await?);
        }
        let row = CallRow {
            id: self.id,
            split: split.key.generation,
            public: self.public.into(),
            by: frame.actor.person,
            at: frame.now,
            ends: frame.now.plus_ms(CALL_MS_MAX),
            minutes,
            is_emergency: D::IS_EMERGENCY,
            given: Vec::new(),
            opened_until: None,
            holders,
            reason: reason.to_owned(),
            number: last(draft).await?.map_or(1, |call| call.number + 1),
        };
        draft.put(&row.id.to_bytes(), &row)?;
        Ok(about(frame.cell, row.id).saying(row.told()))
    }
}

fn about(cell: Id<CellNoun>, call: Id<Key>) -> Outcome {
    Outcome::of::<Project>(Noun::Project, cell.cast()).and(Noun::Key, call)
}

/// Gives one's share to a call; with enough of them the keys open.
pub async fn give(region: &Region, actor: &Actor, deed: KeyGive) -> Result<Done, Refusal> {
    let project = deed.project.clone();
    region.heard(actor, KeyGive::ACT, Some(&project), given(region, actor, deed).boxed()).await
}

async fn given(region: &Region, actor: &Actor, deed: KeyGive) -> Result<Done, Refusal> {
    let cell = region.project_cell(actor, &deed.project).await?;
    let _one = region.shares().giving().lock().await;
    let allowed = region.allow(actor, &deed, Some(&cell)).await?;
    let call: Id<Key> = deed.call.parse().map_err(|_| Refusal::with(Reason::NotFound, "call"))?;
    let secret = region.shares().called(cell.id, call, region.now());
    let secret = secret.ok_or(Refusal::new(Reason::CallEnded))?;
    let share = read(&cell, call, actor, &secret, &deed.share)?;
    let plan = Give { call, share: share.clone() };
    let request = Request::once(actor.clone(), deed);
    let mut done = region.commit(&cell, request, allowed, plan).await?;
    region.shares().keep(cell.id, call, actor.person, share);
    let until = open_if_enough(region, &cell, call).await?;
    if let Some(answer) = done.answer.as_object_mut() {
        answer.insert("opened_until".to_owned(), json!(until));
    }
    Ok(done)
}

fn read(
    cell: &Cell,
    call: Id<Key>,
    actor: &Actor,
    secret: &DecryptionKey,
    sealed: &str,
) -> Result<Share, Refusal> {
    let bytes = BASE64.decode(sealed.as_bytes()).map_err(|_| Reason::ShareWrong)?;
    let context = gift_context(cell.id, call, actor.person);
    let opened = letter::open(secret, &context, &bytes).map_err(|_| Reason::ShareWrong)?;
    split::share_of(opened.expose()).ok_or(Reason::ShareWrong.into())
}

struct Give {
    call: Id<Key>,
    share: Share,
}

#[async_trait]
impl Plan<KeyGive> for Give {
    async fn plan(
        &mut self,
        deed: &KeyGive,
        draft: &mut Draft,
        frame: &Frame<'_>,
    ) -> Result<Outcome, Refusal> {
        let root = frame.root.ok_or(Refusal::new(Reason::NotFound))?;
        let person = frame.actor.person;
        let mut call: CallRow = draft.known(&self.call.to_bytes()).await?;
        let split = split::newest(draft).await?.filter(|split| split.key.generation == call.split);
        let split = split.ok_or(Refusal::new(Reason::CallEnded))?;
        if frame.now > call.ends || call.opened_until.is_some() {
            return Err(Reason::CallEnded.into());
        }
        if !stands(root, call.kind(), person).await? {
            return Err(Reason::RoleMissing.into());
        }
        if call.given.iter().any(|gift| gift.person == person) {
            return Err(Reason::AlreadyDone.into());
        }
        let (holders, needed) = split.shares_of(call.kind());
        let own = holders.iter().find(|holder| holder.person == person);
        // WHY: somebody else's share, or one of an older split, is not this person's to give.
        if own.is_none_or(|own| own.place != self.share.place || *own.check != split::check(&self.share)) {
            return Err(Reason::ShareWrong.into());
        }
        let reason = deed.reason.clone().filter(|reason| !reason.trim().is_empty());
        if call.is_emergency && reason.is_none() {
            return Err(Refusal::with(
                Reason::Invalid,
                "in an emergency each of the two says why: `--reason`",
            ));
        }
        call.given.push(Gift { person, reason });
        draft.put(&call.id.to_bytes(), &call)?;
        let answer = json!({ "call": call.id.to_string(), "given": call.given.len(), "needed": needed });
        Ok(about(frame.cell, call.id).saying(answer))
    }
}

/// Whether somebody may still give: not suspended, and for ordinary calls a custodian to this day.
async fn stands(root: &Draft, kind: Kind, person: Id<Person>) -> Result<bool, Refusal> {
    let row: Option<PersonRow> = root.row(&person.to_bytes()).await?;
    let roles = role::told(root, person).await?;
    let is_right = match kind {
        Kind::Holders => roles.contains(Role::Custodian.text()),
        // WHY never an operator: whoever runs the machines does not open them in an emergency either.
        Kind::Envelope => !roles.contains(Role::Operator.text()),
    };
    Ok(is_right && row.is_some_and(|row| !row.is_suspended))
}

/// Opens the keys if the gifts of those who still stand are enough.
async fn open_if_enough(region: &Region, cell: &Cell, id: Id<Key>) -> Result<Option<Timestamp>, Refusal> {
    let rows = cell.view().await?;
    let root = region.root().view().await?;
    let call: CallRow = rows.known(&id.to_bytes()).await?;
    let split = split::newest(&rows).await?.filter(|split| split.key.generation == call.split);
    let split = split.ok_or(Refusal::new(Reason::CallEnded))?;
    let mut standing = Vec::new();
    for gift in &call.given {
        if stands(&root, call.kind(), gift.person).await? {
            standing.push(gift.person);
        }
    }
    let (_, needed) = split.shares_of(call.kind());
    let given = region.shares().given(cell.id, id, &standing);
    if given.len() < usize::from(needed) {
        return Ok(None);
    }
    let secrets = joined(&rows, cell.id, &split, &given).await?;
    if call.is_emergency {
        // INVARIANT: before anything opens the root says so; what the root cannot say does not happen.
        notice::write(region, cell.id.cast(), &call).await?;
    }
    let until = open(cell, id).await?;
    region.shares().open(cell.id, id, secrets, until);
    Ok(Some(until))
}

async fn joined(
    rows: &Draft,
    cell: Id<CellNoun>,
    split: &SplitRow,
    given: &[Share],
) -> Result<crate::shares::Opened, Refusal> {
    let secret = shares::join(given).map_err(|_| Reason::ShareWrong)?;
    split::opened(rows, cell, split, &secret).await
}

/// The leaf that says so, and until when.
async fn open(cell: &Cell, id: Id<Key>) -> Result<Timestamp, Refusal> {
    let done = cell.submit(Box::new(Open { id })).await?;
    let until = done.answer.as_str().and_then(|until| until.parse().ok());
    until.ok_or_else(crate::cell::lead::gone)
}

struct Open {
    id: Id<Key>,
}

#[async_trait]
impl Step for Open {
    async fn plan(&mut self, draft: &mut Draft, moment: Moment) -> Result<Planned, Refusal> {
        let mut call: CallRow = draft.known(&self.id.to_bytes()).await?;
        let open_ms = i64::try_from(call.minutes).unwrap_or(0).saturating_mul(MINUTE_MS);
        let until = moment.now.plus_ms(open_ms);
        call.opened_until = Some(until);
        draft.put(&self.id.to_bytes(), &call)?;
        let mut entry = Entry::of_house("key.open", moment.now).about(format!("project:{}", moment.cell));
        entry.record.subjects.push(subject(Noun::Key, self.id));
        entry.answer = json!(until);
        Ok(Planned::New(entry))
    }
}

/// The newest call of a project.
///
/// WHY by number: two may be of one moment.
async fn last(rows: &Draft) -> Result<Option<CallRow>, Refusal> {
    let calls = rows.all::<CallRow>(&[]).await?.into_iter().map(|(_, row)| row);
    Ok(calls.max_by_key(|row| row.number))
}

/// The newest call of a project, as long as it matters.
pub async fn newest(rows: &Draft, now: Timestamp) -> Result<Option<CallRow>, Refusal> {
    Ok(last(rows).await?.filter(|row| now <= row.opened_until.unwrap_or(row.ends)))
}
