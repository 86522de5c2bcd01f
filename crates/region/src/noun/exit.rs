//! Exits: one provider's data on their way back, sealed to the provider's own key, until it confirms.
//!
//! A row with named states in the project's cell: started by the controller once
//! the agreement is over, accepted by the provider's signatory, fetched object by
//! object, confirmed. Only then is the scope erased, by a custodian. Every step
//! is an act and can be asked again.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use gate::facts::Target;
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use seal::Sha256;
use serde_json::{Value, json};
use words::act::{ExitAccept, ExitConfirm, ExitFetch, ExitList, ExitShow, ExitStart};
use words::limit::LIST_KEYS_MAX;
use words::noun::{Agreement, Noun, Object, Scope};
use words::{Id, Reason, Refusal, Timestamp};

use crate::act::{Frame, Judged, Outcome, Rule, Scene};
use crate::cell::draft::Draft;
use crate::facts::{self, Around};
use crate::noun::agreement::{self, AgreementRow};
use crate::noun::bucket::BucketRow;
use crate::object::ObjectRow;
use crate::object::export::recipient;
use crate::row::{Row, Seal, Table};
use crate::scope::ScopeRow;
use crate::show::Show;

/// A return, or one object of it; the two share a table and differ by their keys.
#[derive(Debug, Clone, Encode, Decode)]
pub enum ExitRow {
    #[n(0)]
    Exit(#[n(0)] State),
    #[n(1)]
    Sent(#[n(0)] Sent),
}

/// How far a return has come.
#[derive(Debug, Clone, Encode, Decode)]
pub struct State {
    #[n(0)]
    pub agreement: Id<Agreement>,
    #[n(1)]
    pub started_at: Timestamp,
    /// The provider's Crypt4GH public key, as its signatory named it.
    #[n(2)]
    pub recipient: Option<String>,
    #[n(3)]
    pub confirmed_at: Option<Timestamp>,
    /// SHA-256 of the list that was confirmed; none where the rest was given up.
    #[n(4)]
    pub confirmed: Option<ByteArray<32>>,
}

/// An object as it went out, to its last byte.
#[derive(Debug, Clone, Encode, Decode)]
pub struct Sent {
    #[n(0)]
    pub object: Id<Object>,
    /// SHA-256 of the Crypt4GH file.
    #[n(1)]
    pub sealed: ByteArray<32>,
    /// SHA-256 of the object's own bytes.
    #[n(2)]
    pub plain: ByteArray<32>,
    #[n(3)]
    pub at: Timestamp,
}

impl Row for ExitRow {
    const TABLE: Table = Table::Exit;
}

fn state_key(agreement: Id<Agreement>) -> Vec<u8> {
    [&agreement.to_bytes()[..], &[0]].concat()
}

fn sent_prefix(agreement: Id<Agreement>) -> Vec<u8> {
    [&agreement.to_bytes()[..], &[1]].concat()
}

pub fn sent_key(agreement: Id<Agreement>, object: Id<Object>) -> Vec<u8> {
    [&sent_prefix(agreement)[..], &object.to_bytes()].concat()
}

impl Sent {
    /// WHY the scope's seal: what was sent dies with what it is of.
    pub fn store(self, draft: &mut Draft, agreement: Id<Agreement>) -> Result<(), Refusal> {
        let scope: Id<Scope> = agreement.cast();
        let seal = Seal::Scope { scope, id: self.object.to_bytes(), size_bytes: 0 };
        draft.put_in(seal, &sent_key(agreement, self.object), &ExitRow::Sent(self))
    }
}

pub async fn state(rows: &Draft, agreement: Id<Agreement>) -> Result<Option<State>, Refusal> {
    let row: Option<ExitRow> = rows.row(&state_key(agreement)).await?;
    Ok(row.and_then(|row| match row {
        ExitRow::Exit(state) => Some(state),
        ExitRow::Sent(_) => None,
    }))
}

/// Whether a return was started and its receipt is not confirmed: of one agreement, or of any.
pub async fn is_open(rows: &Draft, agreement: Option<Id<Agreement>>) -> Result<bool, Refusal> {
    let open = |state: &State| state.confirmed_at.is_none();
    if let Some(agreement) = agreement {
        return Ok(state(rows, agreement).await?.as_ref().is_some_and(open));
    }
    for (_, scope) in rows.all::<ScopeRow>(&[]).await? {
        let Some(agreement) = scope.agreement.filter(|_| !scope.is_erased) else { continue };
        if state(rows, agreement).await?.as_ref().is_some_and(open) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The agreement that is meant, if it is one of this project's.
async fn agreement_of(root: &Draft, project: &str, text: &str) -> Result<AgreementRow, Refusal> {
    let project = crate::noun::project::find(root, project).await?;
    let row = agreement::find(root, text).await?;
    match row.project == project.id && row.is_offered {
        true => Ok(row),
        false => Err(Refusal::with(Reason::NotFound, "agreement")),
    }
}

async fn target(scene: &Scene<'_>, project: &str, text: &str, is_waived: bool) -> Result<Target, Refusal> {
    let row = agreement_of(scene.root, project, text).await?;
    let cell = scene.cell.ok_or(Refusal::new(Reason::NotFound))?;
    let scope: Option<ScopeRow> = cell.row(&row.id.to_bytes()).await?;
    let state = state(cell, row.id).await?;
    Ok(Target::Exit {
        project: facts::project(scene, row.project).await?,
        agreement: row.facts(),
        is_started: state.is_some(),
        is_accepted: state.as_ref().is_some_and(|state| state.recipient.is_some()),
        is_confirmed: state.is_some_and(|state| state.confirmed_at.is_some()),
        is_scope_erased: scope.is_some_and(|scope| scope.is_erased),
        is_waived,
    })
}

/// WHY only the provider: another party's steward has no part in what goes back to it.
async fn around(scene: &Scene<'_>, project: &str, text: &str) -> Result<Option<Around>, Refusal> {
    let row = agreement_of(scene.root, project, text).await?;
    facts::around_grant(scene, &row).await.map(Some)
}

macro_rules! judged_exit {
    ($($deed:ident ($waived:expr))*) => { $(#[async_trait]
    impl Judged for $deed {
        async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
            let waived: fn(&$deed) -> bool = $waived;
            target(scene, &self.project, &self.agreement, waived(self)).await
        }

        async fn around(&self, scene: &Scene<'_>) -> Result<Option<Around>, Refusal> {
            around(scene, &self.project, &self.agreement).await
        }
    })* };
}

judged_exit! {
    ExitStart (|_| false)
    ExitAccept (|_| false)
    ExitFetch (|_| false)
    ExitList (|_| false)
    ExitConfirm (|deed| deed.waiver.is_some())
}

async fn own(frame: &Frame<'_>, project: &str, text: &str) -> Result<AgreementRow, Refusal> {
    let root = frame.root.ok_or(Refusal::new(Reason::NotFound))?;
    agreement_of(root, project, text).await
}

fn outcome(agreement: Id<Agreement>, answer: Value) -> Outcome {
    Outcome::of(Noun::Agreement, agreement).saying(answer)
}

#[async_trait]
impl Rule for ExitStart {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let agreement = own(frame, &self.project, &self.agreement).await?;
        if state(draft, agreement.id).await?.is_some() {
            return Err(Reason::AlreadyDone.into());
        }
        let state = State {
            agreement: agreement.id,
            started_at: frame.now,
            recipient: None,
            confirmed_at: None,
            confirmed: None,
        };
        draft.put(&state_key(agreement.id), &ExitRow::Exit(state))?;
        Ok(outcome(agreement.id, json!({ "exit": agreement.alias, "state": "started" })))
    }
}

#[async_trait]
impl Rule for ExitAccept {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let agreement = own(frame, &self.project, &self.agreement).await?;
        recipient(&self.recipient)?;
        let mut state = state(draft, agreement.id).await?.ok_or(Refusal::new(Reason::StateWrong))?;
        // WHY once: what was fetched is sealed to this key, and a list of two keys would confirm nothing.
        if state.recipient.replace(self.recipient.clone()).is_some() {
            return Err(Reason::AlreadyDone.into());
        }
        draft.put(&state_key(agreement.id), &ExitRow::Exit(state))?;
        Ok(outcome(agreement.id, json!({ "exit": agreement.alias, "state": "accepted" })))
    }
}

#[async_trait]
impl Rule for ExitConfirm {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let agreement = own(frame, &self.project, &self.agreement).await?;
        let mut state = state(draft, agreement.id).await?.ok_or(Refusal::new(Reason::StateWrong))?;
        if state.confirmed_at.replace(frame.now).is_some() {
            return Err(Reason::AlreadyDone.into());
        }
        let all = Return::read(draft, agreement.id).await?;
        let (is_whole, said) = match (&self.digest, &self.waiver) {
            (Some(digest), None) => (all.is_whole() && *digest == all.sums_digest(), "confirmed"),
            (None, Some(_)) => (true, "given up"),
            _ => {
                return Err(Refusal::with(
                    Reason::Invalid,
                    "give the digest of the list, or why it is given up",
                ));
            }
        };
        if !is_whole {
            return Err(Refusal::with(Reason::TermsChanged, "that is not the list of all that was fetched"));
        }
        state.confirmed = self.digest.as_ref().map(|_| all.digest().into());
        draft.put(&state_key(agreement.id), &ExitRow::Exit(state))?;
        let answer =
            json!({ "exit": agreement.alias, "state": said, "objects": all.0.len(), "fetched": all.sent() });
        Ok(outcome(agreement.id, answer))
    }
}

/// All of a scope, and what of it went out.
pub struct Return(Vec<Item>);

/// An object and how it went out; of its row only what is told.
struct Item {
    object: Id<Object>,
    bucket: String,
    key: String,
    version: String,
    size_bytes: u64,
    sent: Option<Sent>,
}

impl Return {
    /// WHY every version: what was delivered is the provider's, whatever was put over it.
    pub async fn read(rows: &Draft, agreement: Id<Agreement>) -> Result<Self, Refusal> {
        let scope: Id<Scope> = agreement.cast();
        let mut sent = BTreeMap::new();
        let keep = |row: ExitRow| {
            if let ExitRow::Sent(one) = row {
                sent.insert(one.object, one);
            }
        };
        rows.each(&sent_prefix(agreement), keep).await?;
        let buckets = rows.all::<BucketRow>(&[]).await?;
        let names: BTreeMap<_, _> = buckets.into_iter().map(|(_, row)| (row.id, row.name)).collect();
        let mut items = Vec::new();
        let keep = |row: ObjectRow| {
            // WHY not what was made of it: that was never theirs, and goes with the keys.
            if row.scope == scope && !row.is_marker && row.derived.is_none() {
                items.push(Item {
                    object: row.id,
                    bucket: names.get(&row.bucket).cloned().unwrap_or_default(),
                    version: row.version_id(),
                    size_bytes: row.size_bytes,
                    sent: sent.remove(&row.id),
                    key: row.key,
                });
            }
        };
        rows.each(&[], keep).await?;
        items.sort_by_key(|item| item.object);
        Ok(Self(items))
    }

    fn sent(&self) -> usize {
        self.0.iter().filter(|item| item.sent.is_some()).count()
    }

    fn is_whole(&self) -> bool {
        self.sent() == self.0.len()
    }

    /// SHA-256 of what `sha256sum --check` reads: every file by its name and digest.
    fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for item in &self.0 {
            if let Some(sent) = &item.sent {
                hash.update(format!("{}  {}.c4gh\n", HEXLOWER.encode(&*sent.sealed), item.object).as_bytes());
            }
        }
        hash.finish()
    }

    fn sums_digest(&self) -> String {
        HEXLOWER.encode(&self.digest())
    }
}

/// A page of what a return holds; on the last one, once all went out, the region's signed word of it.
#[async_trait]
impl Show for ExitList {
    async fn show(&self, scene: &Scene<'_>) -> Result<Value, Refusal> {
        let cell = scene.cell.ok_or(Refusal::new(Reason::NotFound))?;
        let agreement = agreement_of(scene.root, &self.project, &self.agreement).await?;
        let state = state(cell, agreement.id).await?.ok_or(Refusal::new(Reason::StateWrong))?;
        let after: Option<Id<Object>> = match &self.after {
            Some(text) => {
                Some(text.parse().map_err(|_| Refusal::with(Reason::Invalid, "`after` is an object's id"))?)
            }
            None => None,
        };
        let all = Return::read(cell, agreement.id).await?;
        let mut rest = all.0.iter().filter(|item| after.is_none_or(|after| item.object > after));
        let page: Vec<Value> = rest.by_ref().take(LIST_KEYS_MAX).map(told).collect();
        let is_last = rest.next().is_none();
        let note = match is_last && all.is_whole() {
            true => Some(all.certify(scene, &agreement, &state)?),
            false => None,
        };
        let next = page.last().filter(|_| !is_last).map(|item| item["object"].clone());
        Ok(json!({
            "exit": agreement.alias,
            "objects": all.0.len(),
            "fetched": all.sent(),
            "items": page,
            "next": next,
            "digest": note.is_some().then(|| all.sums_digest()),
            "note": note,
        }))
    }
}

fn told(item: &Item) -> Value {
    let hex = |of: fn(&Sent) -> &ByteArray<32>| item.sent.as_ref().map(|sent| HEXLOWER.encode(&**of(sent)));
    json!({
        "object": item.object.to_string(),
        "bucket": item.bucket,
        "key": item.key,
        "version": item.version,
        "size_bytes": item.size_bytes,
        "sealed_sha256": hex(|sent| &sent.sealed),
        "sha256": hex(|sent| &sent.plain),
    })
}

impl Return {
    /// The region's signed word of what was returned.
    fn certify(&self, scene: &Scene<'_>, agreement: &AgreementRow, state: &State) -> Result<String, Refusal> {
        let region = scene.region;
        let digest = |text: &str| HEXLOWER.encode(&seal::sha256(text.as_bytes()));
        region.root().publisher.certify(&json!({
            "returned": "scope",
            "region": region.ground().origin,
            "project": agreement.project.to_string(),
            "agreement": agreement.id.to_string(),
            "at": scene.now,
            "recipient": digest(state.recipient.as_deref().unwrap_or_default()),
            "objects": self.0.len(),
            "bytes": self.0.iter().map(|item| item.size_bytes).sum::<u64>(),
            "sums": self.sums_digest(),
        }))
    }
}

#[async_trait]
impl Show for ExitShow {
    async fn show(&self, scene: &Scene<'_>) -> Result<Value, Refusal> {
        let cell = scene.cell.ok_or(Refusal::new(Reason::NotFound))?;
        let project = crate::noun::project::find(scene.root, &self.project).await?;
        let sides = sides(scene).await?;
        let mut shown = Vec::new();
        for (_, agreement) in scene.root.all::<AgreementRow>(&project.id.to_bytes()).await? {
            let Some(state) = state(cell, agreement.id).await? else { continue };
            // WHY: a provider is told of its own return and of no other's.
            let is_theirs = sides.as_ref().is_none_or(|sides| sides.contains(&agreement.provider.to_bytes()));
            if !is_theirs {
                continue;
            }
            let scope: Option<ScopeRow> = cell.row(&agreement.id.to_bytes()).await?;
            shown.push(json!({
                "exit": agreement.alias,
                "state": state.said(scope.is_some_and(|scope| scope.is_erased)),
                "started": state.started_at,
                "confirmed": state.confirmed_at,
                "digest": state.confirmed.map(|digest| HEXLOWER.encode(&*digest)),
            }));
        }
        Ok(Value::Array(shown))
    }
}

/// The organisations that somebody speaks for; none where they may see all of the project.
async fn sides(scene: &Scene<'_>) -> Result<Option<BTreeSet<[u8; 16]>>, Refusal> {
    use words::actor::RoleLevel;
    let held = crate::noun::group::held(scene).await?;
    let is_of_house =
        held.iter().any(|(role, _)| matches!(role.level(), RoleLevel::Region | RoleLevel::Tenant));
    let own = held.into_iter().filter(|(role, _)| role.level() == RoleLevel::Organisation).map(|(_, at)| at);
    Ok((!is_of_house).then(|| own.collect()))
}

impl State {
    const fn said(&self, is_erased: bool) -> &'static str {
        match self {
            _ if is_erased => "erased",
            Self { confirmed_at: Some(_), confirmed: None, .. } => "given up",
            Self { confirmed_at: Some(_), .. } => "confirmed",
            Self { recipient: Some(_), .. } => "accepted",
            Self { .. } => "started",
        }
    }
}
