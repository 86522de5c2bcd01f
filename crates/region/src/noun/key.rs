//! Keys: rotation, the decision to erase, and what is told of them.
//!
//! What an erasure does once it is decided is in `erasure`. Lock and unlock are
//! states of a project and lie there.

use std::collections::BTreeMap;

use async_trait::async_trait;
use gate::facts::Target;
use seal::EncryptionKey;
use seal::crypt4gh::write_public;
use serde_json::{Value, json};
use words::act::{KeyEraseProject, KeyEraseScope, KeyRotate, KeyShow, KeySplit};
use words::noun::{Agreement, Noun, Project, Scope};
use words::{Id, Reason, Refusal, Timestamp};

use crate::act::{Frame, Judged, Outcome, Rule, Scene};
use crate::cell::draft::Draft;
use crate::cell::state::CellKeysRow;
use crate::facts;
use crate::noun::agreement::{self, AgreementRow};
use crate::noun::erasure::CertificateRow;
use crate::noun::{call, exit, notice, project, split};
use crate::object::ObjectRow;
use crate::object::header::SplitKey;
use crate::object::keep::{self, Aside};
use crate::object::reseal::ResealRow;
use crate::scope::ScopeRow;
use crate::show::Show;

/// What keeps objects of a scope (or of all) from being erased; no lock is ever set aside for that.
#[derive(Debug, Default, Clone, Copy)]
struct Kept {
    is_held: bool,
    /// The first moment at which all of it may go.
    free_from: Option<Timestamp>,
}

async fn kept(
    rows: &Draft,
    root: &Draft,
    project: Id<Project>,
    scope: Option<Id<Scope>>,
) -> Result<Kept, Refusal> {
    let mut is_held = false;
    let mut locked_until = None;
    let mut youngest: BTreeMap<Id<Scope>, Timestamp> = BTreeMap::new();
    let seen = |object: ObjectRow| {
        if scope.is_none_or(|scope| scope == object.scope) && !object.is_marker {
            is_held |= object.is_held;
            locked_until = locked_until.max(keep::locked_until(&object, Aside::Nothing));
            let at = youngest.entry(object.scope).or_default();
            *at = object.at.max(*at);
        }
    };
    rows.each(&[], seen).await?;
    let mut free_from = locked_until;
    for (scope, at) in youngest {
        let key = crate::row::pair::<_, Agreement>(project, scope.cast());
        let agreement: Option<AgreementRow> = root.row(&key).await?;
        free_from = free_from.max(agreement.and_then(|agreement| facts::retained(&agreement, at)));
    }
    Ok(Kept { is_held, free_from })
}

/// A project's keys, where nothing of them is to be destroyed.
pub async fn target(scene: &Scene<'_>, of: &str) -> Result<Target, Refusal> {
    target_of(scene, of, None, false).await
}

async fn target_of(
    scene: &Scene<'_>,
    of: &str,
    agreement: Option<&str>,
    looks: bool,
) -> Result<Target, Refusal> {
    let row = project::find(scene.root, of).await?;
    let project = facts::project(scene, row.id).await?;
    let (mut found, mut is_unreturned) = (Kept::default(), false);
    if let (Some(cell), true) = (scene.cell, looks && project.is_known_to_actor) {
        let scope = match agreement {
            Some(text) => Some(agreement::find(scene.root, text).await?.id.cast()),
            None => None,
        };
        found = kept(cell, scene.root, row.id, scope).await?;
        is_unreturned = exit::is_open(cell, scope.map(Id::cast)).await?;
    }
    let retained_until = found.free_from.map(facts::last_kept);
    Ok(Target::Keys { project, is_held: found.is_held, retained_until, locker: row.locked_by, is_unreturned })
}

macro_rules! judged_keys {
    ($($deed:ident ($agreement:expr, $looks:literal))*) => { $(#[async_trait]
    impl Judged for $deed {
        async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
            let agreement: fn(&$deed) -> Option<&str> = $agreement;
            target_of(scene, &self.project, agreement(self), $looks).await
        }
    })* };
}

judged_keys! {
    KeyRotate (|_| None, false)
    KeySplit (|_| None, false)
    KeyShow (|_| None, false)
    KeyEraseScope (|deed| Some(&deed.agreement), true)
    KeyEraseProject (|_| None, true)
}

/// Judged once more over the very rows that will be erased.
fn refuse_kept(kept: Kept, now: Timestamp) -> Result<(), Refusal> {
    match kept {
        Kept { is_held: true, .. } => Err(Reason::LegalHold.into()),
        Kept { free_from: Some(free_from), .. } if now < free_from => Err(Reason::Retained.into()),
        Kept { .. } => Ok(()),
    }
}

#[async_trait]
impl Rule for KeyRotate {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let split = split::newest(draft).await?.map(|split| split.key);
        let answer = turn(draft, frame, split).await?;
        Ok(Outcome::of::<Project>(Noun::Project, frame.cell.cast()).saying(answer))
    }
}

/// New keys for what comes, and the beginning of moving what is there to them.
pub async fn turn(draft: &mut Draft, frame: &Frame<'_>, split: Option<SplitKey>) -> Result<Value, Refusal> {
    let keys = frame.region.keys(frame.cell);
    let mut own: CellKeysRow = draft.known(&[]).await?;
    own.generation += 1;
    own.split = split.map(|key| key.generation);
    keys.found_cell(own.generation)?;
    draft.put(&[], &own)?;
    let mut scopes = 0;
    for (key, mut scope) in draft.all::<ScopeRow>(&[]).await? {
        if !scope.is_erased {
            scope.generation += 1;
            scope.public = keys.found_scope(scope.id, scope.generation)?.into();
            scope.split = split;
            draft.put(&key, &scope)?;
            scopes += 1;
        }
    }
    draft.put(&[], &ResealRow::begun(frame.now))?;
    Ok(json!({ "generation": own.generation, "scopes": scopes }))
}

#[async_trait]
impl Rule for KeyEraseScope {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let root = frame.root.ok_or(Refusal::new(Reason::NotFound))?;
        let agreement = agreement::find(root, &self.agreement).await?;
        if agreement.project.cast() != frame.cell {
            return Err(Refusal::with(Reason::NotFound, "agreement"));
        }
        let id: Id<Scope> = agreement.id.cast();
        let scope: Option<ScopeRow> = draft.row(&id.to_bytes()).await?;
        // WHY also without: grants may name data that never came.
        let mut scope = scope.unwrap_or_else(|| ScopeRow::without_data(agreement.id));
        if scope.is_erased {
            return Err(Reason::AlreadyDone.into());
        }
        refuse_kept(kept(draft, root, agreement.project, Some(id)).await?, frame.now)?;
        scope.is_erased = true;
        scope.erased_at = Some(frame.now);
        draft.put(&id.to_bytes(), &scope)?;
        Ok(Outcome::of(Noun::Agreement, agreement.id).and::<Project>(Noun::Project, frame.cell.cast()))
    }
}

#[async_trait]
impl Rule for KeyEraseProject {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let root = frame.root.ok_or(Refusal::new(Reason::NotFound))?;
        let project: Id<Project> = frame.cell.cast();
        refuse_kept(kept(draft, root, project, None).await?, frame.now)?;
        let mut keys: CellKeysRow = draft.known(&[]).await?;
        if std::mem::replace(&mut keys.is_erasing, true) {
            return Err(Reason::AlreadyDone.into());
        }
        draft.put(&[], &keys)?;
        Ok(Outcome::of(Noun::Project, project))
    }
}

/// The key that files for this scope are sealed to, as the Crypt4GH tools read it; none of what can never be opened.
fn public(scope: &ScopeRow) -> Option<String> {
    let is_live = !scope.is_erased && scope.generation > 0;
    is_live.then(|| write_public(EncryptionKey::from_bytes(*scope.public)))
}

#[async_trait]
impl Show for KeyShow {
    async fn show(&self, scene: &Scene<'_>) -> Result<Value, Refusal> {
        let cell = scene.cell.ok_or(Refusal::new(Reason::NotFound))?;
        let keys: CellKeysRow = cell.known(&[]).await?;
        let mut scopes = Vec::new();
        for (key, scope) in cell.all::<ScopeRow>(&[]).await? {
            let certificate: Option<CertificateRow> = cell.row(&key).await?;
            scopes.push(json!({
                "scope": scope.id.to_string(),
                "agreement": scope.agreement.map(|id| id.to_string()),
                "snapshot": crate::snapshot::of_scope(cell, scope.id).await?,
                "generation": scope.generation,
                "crypt4gh_public": public(&scope),
                "oldest": scope.oldest.unwrap_or(1),
                "erased": scope.erased_at,
                "certificate": certificate.map(|row| row.note),
            }));
        }
        let cell_id: Id<words::noun::Cell> = project::find(scene.root, &self.project).await?.id.cast();
        let shares = scene.region.shares();
        let until = shares.opened(cell_id, scene.now).and(shares.opened_until(cell_id));
        let resealing: Option<ResealRow> = cell.row(&[]).await?;
        Ok(json!({
            "project": cell_id.to_string(),
            "generation": keys.generation,
            "custody": scene.region.ground().custody.kind(),
            "resealing": resealing.map(|row| row.told()),
            "split": split::newest(cell).await?.map(|split| split.told()),
            "opened_until": until,
            "call": call::newest(cell, scene.now).await?.map(|call| call.told()),
            "emergencies": notice::unseen(scene.root, cell_id.cast()).await?,
            "scopes": scopes,
        }))
    }
}
