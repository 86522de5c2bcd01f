//! The airlock: the only way out, by decision of persons who are not the author.

use std::collections::BTreeSet;

use async_trait::async_trait;
use futures::FutureExt;
use gate::facts::Target;
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use serde_json::{Value, json};
use words::act::{
    AirlockApprove, AirlockDraft, AirlockFetch, AirlockInspect, AirlockReject, AirlockRelease, AirlockRevoke,
    AirlockShow, ObjectGet,
};
use words::actor::Role;
use words::noun::{Airlock, Noun, Object, Person, Project};
use words::{Actor, Deed, Id, Place, Reason, Refusal, Timestamp};

use crate::Region;
use crate::act::{Frame, Judged, Outcome, Request, Rule, Scene};
use crate::cell::Cell;
use crate::cell::draft::Draft;
use crate::facts::{self, DataTarget};
use crate::name;
use crate::noun::person::PersonRow;
use crate::noun::{bucket, project, role};
use crate::object::export::{self, sealed_to};
use crate::object::read::{Open, Reading, Watch, watched};
use crate::object::{ObjectRow, body, known};
use crate::row::{Row, Table};
use crate::show::Show;

#[derive(Debug, Clone, Encode, Decode)]
pub struct AirlockRow {
    #[n(0)]
    pub id: Id<Airlock>,
    #[n(1)]
    pub alias: String,
    #[n(2)]
    pub author: Id<Person>,
    #[n(3)]
    pub context: String,
    #[n(4)]
    pub items: Vec<Item>,
    #[n(5)]
    pub approvals: Vec<Approval>,
    #[n(6)]
    pub rejected: Option<String>,
    #[n(7)]
    pub released_at: Option<Timestamp>,
    /// Last moment it can be fetched.
    #[n(8)]
    pub fetch_ends: Option<Timestamp>,
    #[n(9)]
    pub revoked: Option<String>,
    #[n(10)]
    pub drafted_at: Timestamp,
}

/// One object of a release: this very version, whatever is put later.
#[derive(Debug, Clone, Encode, Decode)]
pub struct Item {
    /// `bucket/key`
    #[n(0)]
    pub name: String,
    #[n(1)]
    pub object: Id<Object>,
    /// Its row's own key.
    #[n(2)]
    pub row: ByteVec,
    #[n(3)]
    pub size_bytes: u64,
}

#[derive(Debug, Clone, Encode, Decode)]
pub struct Approval {
    #[n(0)]
    pub person: Id<Person>,
    #[n(1)]
    pub note: String,
    #[n(2)]
    pub at: Timestamp,
}

impl Row for AirlockRow {
    const TABLE: Table = Table::Airlock;
}

impl AirlockRow {
    pub(crate) fn state(&self, now: Timestamp) -> &'static str {
        match self {
            Self { revoked: Some(_), .. } => "revoked",
            Self { rejected: Some(_), .. } => "rejected",
            Self { fetch_ends: Some(ends), .. } if now > *ends => "ended",
            Self { released_at: Some(_), .. } => "released",
            _ => "under review",
        }
    }

    const fn is_open(&self) -> bool {
        self.rejected.is_none() && self.revoked.is_none() && self.released_at.is_none()
    }
}

pub(crate) async fn find(rows: &Draft, text: &str) -> Result<AirlockRow, Refusal> {
    let key = name::find(rows, Noun::Airlock, text).await?;
    rows.known(&key).await
}

/// An airlock request as the gate sees it.
async fn target(scene: &Scene<'_>, of: &str, text: &str) -> Result<Target, Refusal> {
    let project = project::find(scene.root, of).await?;
    let cell = scene.cell.ok_or(Refusal::new(Reason::NotFound))?;
    if !facts::project(scene, project.id).await?.is_known_to_actor {
        return Err(Reason::NotFound.into());
    }
    target_of(scene, project.id, &find(cell, text).await?).await
}

/// The same of one that was read.
pub(crate) async fn target_of(
    scene: &Scene<'_>,
    project: Id<Project>,
    row: &AirlockRow,
) -> Result<Target, Refusal> {
    let approvers: BTreeSet<_> = row.approvals.iter().map(|approval| approval.person).collect();
    Ok(Target::Airlock {
        id: row.id,
        permit: facts::permit(scene, project, row.author, None, None).await?,
        project: facts::project(scene, project).await?,
        author: row.author,
        standing: standing(scene.root, project, &approvers).await?,
        approvers,
        is_released: row.released_at.is_some() && row.revoked.is_none(),
        fetch_ends: row.fetch_ends,
    })
}

/// Approvers whose approval counts now: not suspended, and reviewers of the project to this day.
async fn standing(
    root: &Draft,
    project: Id<Project>,
    approvers: &BTreeSet<Id<Person>>,
) -> Result<BTreeSet<Id<Person>>, Refusal> {
    let mut standing = BTreeSet::new();
    for person in approvers {
        let row: Option<PersonRow> = root.row(&person.to_bytes()).await?;
        let is_there = row.is_some_and(|row| !row.is_suspended);
        let reviews = role::held(root, *person).await?.contains(&(Role::Reviewer, project.to_bytes()));
        standing.extend((is_there && reviews).then_some(*person));
    }
    Ok(standing)
}

#[async_trait]
impl Judged for AirlockDraft {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        let project = project::find(scene.root, &self.project).await?;
        let author = scene.actor.person;
        Ok(Target::Airlock {
            id: Id::from_bytes([0; 16]),
            project: facts::project(scene, project.id).await?,
            author,
            approvers: BTreeSet::new(),
            standing: BTreeSet::new(),
            is_released: false,
            fetch_ends: None,
            permit: facts::permit(scene, project.id, author, None, None).await?,
        })
    }
}

#[async_trait]
impl Rule for AirlockDraft {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        if self.objects.is_empty() {
            return Err(Refusal::with(Reason::Invalid, "name what should leave with `--objects bucket/key`"));
        }
        let mut items = Vec::new();
        for object in self.objects.iter() {
            items.push(item(draft, frame, &self.project, object).await?);
        }
        let id = Id::random(frame.region.rand());
        let alias = name::claim(draft, Noun::Airlock, &self.alias, id, &id.to_bytes()).await?;
        let row = AirlockRow {
            id,
            alias,
            author: frame.actor.person,
            context: self.context.clone(),
            items,
            approvals: Vec::new(),
            rejected: None,
            released_at: None,
            fetch_ends: None,
            revoked: None,
            drafted_at: frame.now,
        };
        draft.put(&id.to_bytes(), &row)?;
        let answer = json!({ "airlock": row.alias, "state": row.state(frame.now) });
        Ok(Outcome::of(Noun::Airlock, id).saying(answer))
    }
}

/// Only the project's own data leave here: a provider's data leave as a provider says.
///
/// INVARIANT: what the author may not read is refused like what is not there.
async fn item(draft: &Draft, frame: &Frame<'_>, project: &str, name: &str) -> Result<Item, Refusal> {
    let lost = || Refusal::with(Reason::NotFound, format!("object `{name}`"));
    let (bucket, key) = name.split_once('/').ok_or_else(lost)?;
    if !may_read(draft, frame, project, bucket, key).await? {
        return Err(lost());
    }
    let bucket = bucket::find(draft, bucket).await.map_err(|_| lost())?;
    let row = known(draft, &bucket, key, None).await.map_err(|_| lost())?;
    row.refuse_apart()?;
    let scope: crate::scope::ScopeRow = draft.known(&row.scope.to_bytes()).await?;
    if scope.agreement.is_some() {
        return Err(Refusal::with(
            Reason::ScopeCrossed,
            "only objects of the project's own buckets can be released",
        ));
    }
    Ok(Item { name: name.to_owned(), object: row.id, row: row.row_key().into(), size_bytes: row.size_bytes })
}

/// Whether the author could read this now, were they inside: a draft may be written at any desk.
async fn may_read(
    draft: &Draft,
    frame: &Frame<'_>,
    project: &str,
    bucket: &str,
    key: &str,
) -> Result<bool, Refusal> {
    let root = frame.root.ok_or(Refusal::new(Reason::NotFound))?;
    let actor = Actor { place: Place::Inside, credential: None, ..frame.actor.clone() };
    let scene = Scene { region: frame.region, actor: &actor, root, cell: Some(draft), now: frame.now };
    let of = DataTarget::object(project, bucket, key);
    frame.region.may_see::<ObjectGet>(&scene, facts::data(&scene, &of).await?).await
}

macro_rules! airlock_state {
    ($deed:ident, |$deed_:ident, $row:ident, $frame:ident| $change:block) => {
        #[async_trait]
        impl Judged for $deed {
            async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
                target(scene, &self.project, &self.airlock).await
            }
        }

        #[async_trait]
        impl Rule for $deed {
            async fn plan(&self, draft: &mut Draft, $frame: &Frame<'_>) -> Result<Outcome, Refusal> {
                let $deed_ = self;
                let mut $row = find(draft, &self.airlock).await?;
                let is_done: bool = $change;
                if !is_done {
                    return Err(Refusal::with(Reason::StateWrong, $row.state($frame.now)));
                }
                draft.put(&$row.id.to_bytes(), &$row)?;
                let answer = json!({ "airlock": $row.alias, "state": $row.state($frame.now), "approvals": $row.approvals.len() });
                Ok(Outcome::of(Noun::Airlock, $row.id).saying(answer))
            }
        }
    };
}

airlock_state!(AirlockApprove, |deed, row, frame| {
    let person = frame.actor.person;
    if row.approvals.iter().any(|approval| approval.person == person) {
        return Err(Reason::AlreadyDone.into());
    }
    row.approvals.push(Approval { person, note: deed.note.clone(), at: frame.now });
    row.is_open()
});
airlock_state!(AirlockReject, |deed, row, frame| {
    let was_open = row.is_open();
    row.rejected = Some(deed.reason.clone());
    was_open
});
airlock_state!(AirlockRelease, |deed, row, frame| {
    let was_open = row.is_open();
    row.released_at = Some(frame.now);
    row.fetch_ends = Some(deed.ends);
    was_open && deed.ends > frame.now
});
airlock_state!(AirlockRevoke, |deed, row, frame| {
    row.released_at.is_some() && row.revoked.replace(deed.reason.clone()).is_none()
});

#[async_trait]
impl Judged for AirlockFetch {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        target(scene, &self.project, &self.airlock).await
    }
}

#[async_trait]
impl Judged for AirlockInspect {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        target(scene, &self.project, &self.airlock).await
    }
}

/// Opens one object of a request, for its reviewer or (once released) for its reader.
pub async fn open<D: Judged + Clone>(
    region: &Region,
    actor: &Actor,
    deed: D,
    of: Wanted<'_>,
) -> Result<Reading, Refusal> {
    region.heard(actor, D::ACT, Some(of.project), opened(region, actor, deed, of).boxed()).await
}

async fn opened<D: Judged + Clone>(
    region: &Region,
    actor: &Actor,
    deed: D,
    of: Wanted<'_>,
) -> Result<Reading, Refusal> {
    let cell = region.project_cell(actor, of.project).await?;
    let since = region.moment(&cell);
    let allowed = region.allow(actor, &deed, Some(&cell)).await?;
    let row = object(&cell, of.airlock, of.object).await?;
    let (again, request) = (asked(actor, &deed), asked(actor, &deed));
    let held = cell.in_use.hold(row.pieces.iter().map(|piece| piece.blob));
    let done = region.commit(&cell, request, allowed, Open { row: row.clone(), is_return: false }).await?;
    let range = 0..row.size_bytes;
    let bytes = match of.recipient {
        Some(recipient) => sealed_to(region, &cell, &row, export::recipient(recipient)?).await?,
        None => body::read_now(region, &cell, &row, range.clone()).await?,
    };
    let watch = Watch { region: region.clone(), request: again, cell, object: row.id, since, _held: held };
    Ok(Reading { leaf: done.leaf, row, range, body: watched(watch, bytes) })
}

/// Which object of which request.
pub struct Wanted<'a> {
    pub project: &'a str,
    pub airlock: &'a str,
    pub object: &'a str,
    /// Seal it to this Crypt4GH public key on its way out.
    pub recipient: Option<&'a str>,
}

fn asked<D: Deed + Clone>(actor: &Actor, deed: &D) -> Request<D> {
    Request::once(actor.clone(), deed.clone())
}

async fn object(cell: &Cell, airlock: &str, name: &str) -> Result<ObjectRow, Refusal> {
    let rows = cell.view().await?;
    let request = find(&rows, airlock).await?;
    let item = request.items.iter().find(|item| item.name == name);
    let item = item.ok_or_else(|| Refusal::with(Reason::NotFound, format!("object `{name}`")))?;
    let row: ObjectRow = rows.known(&item.row).await?;
    // INVARIANT: what was reviewed is what leaves, never a later object of the same name.
    if row.id != item.object {
        return Err(Reason::NotFound.into());
    }
    // WHY again: it may have been looked at since the package was drafted.
    row.refuse_apart()?;
    Ok(row)
}

#[async_trait]
impl Show for AirlockShow {
    async fn show(&self, scene: &Scene<'_>) -> Result<Value, Refusal> {
        let cell = scene.cell.ok_or(Refusal::new(Reason::NotFound))?;
        let project: Id<Project> = project::find(scene.root, &self.project).await?.id;
        let needed = approvals_needed(scene, project).await?;
        let mut shown = Vec::new();
        for (_, row) in cell.all::<AirlockRow>(&[]).await? {
            if self.airlock.as_ref().is_some_and(|text| *text != row.alias && *text != row.id.to_string()) {
                continue;
            }
            let items: Vec<_> = row
                .items
                .iter()
                .map(|item| json!({ "object": item.name, "size_bytes": item.size_bytes }))
                .collect();
            let approvers = row.approvals.iter().map(|approval| approval.person).collect();
            let standing = standing(scene.root, project, &approvers).await?;
            let counts =
                |approval: &Approval| approval.person != row.author && standing.contains(&approval.person);
            let approvals: Vec<_> = row
                .approvals
                .iter()
                .map(|one| json!({ "note": one.note, "at": one.at, "counts": counts(one) }))
                .collect();
            shown.push(json!({
                "airlock": row.alias,
                "state": row.state(scene.now),
                "context": row.context,
                "objects": items,
                "approvals": approvals,
                "approvals_needed": needed,
                "rejected": row.rejected,
                "fetch_ends": row.fetch_ends,
                "revoked": row.revoked,
            }));
        }
        Ok(Value::Array(shown))
    }
}

/// Told to people; the policy is what decides.
async fn approvals_needed(scene: &Scene<'_>, project: Id<Project>) -> Result<u8, Refusal> {
    let tier = facts::project(scene, project).await?.tier;
    Ok(if tier.number() >= 2 { 2 } else { 1 })
}
