//! What authorities have revoked: their lists, as the operator brings them.
//!
//! A certificate whose card was lost has not expired. So a list is asked of every
//! certificate that signs, none is taken for a newer one, and all are kept, also
//! of authorities that are trusted no longer: they only ever say no.

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use futures::FutureExt;
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use paper::authority::Authority as Anchor;
use paper::revocation::List;
use serde_json::{Value, json};
use words::act::AuthorityUpdate;
use words::noun::{Authority, Noun};
use words::time::SECOND_MS;
use words::{Actor, Deed, Id, Reason, Refusal, Timestamp};

use super::AuthorityRow;
use crate::Region;
use crate::act::{Frame, Outcome, Plan, Request};
use crate::cell::draft::Draft;
use crate::cell::step::Done;
use crate::name;
use crate::noun::agreement::lodge;
use crate::object::body::Body;
use crate::row::{Row, Table};

/// WHY: all are read for each file that is lodged, at 3 MiB each; an authority has one, or some parts.
const LISTS_MAX: usize = 16;

#[derive(Debug, Clone, Encode, Decode)]
pub struct ListRow {
    #[n(0)]
    pub authority: Id<Authority>,
    /// Which of its certificates it is about.
    #[n(1)]
    pub scope: ByteArray<32>,
    #[n(2)]
    pub sha256: ByteArray<32>,
    #[n(3)]
    pub since: Timestamp,
    #[n(4)]
    pub until: Timestamp,
    #[n(5)]
    pub entries: u64,
}

impl Row for ListRow {
    const TABLE: Table = Table::RevocationList;
}

impl ListRow {
    fn of(authority: Id<Authority>, list: &List) -> Self {
        let at = |seconds: i64| Timestamp::from_ms(seconds.saturating_mul(SECOND_MS));
        Self {
            authority,
            scope: list.scope_sha256.into(),
            sha256: list.sha256.into(),
            since: at(list.this_update),
            until: at(list.next_update),
            entries: list.entries as u64,
        }
    }

    fn key(&self) -> Vec<u8> {
        [&self.authority.to_bytes()[..], &self.scope[..]].concat()
    }
}

/// Digests of all that are held.
pub async fn marks(draft: &Draft) -> Result<Vec<[u8; 32]>, Refusal> {
    Ok(draft.all::<ListRow>(&[]).await?.into_iter().map(|(_, row)| *row.sha256).collect())
}

/// The lists, not read yet.
pub async fn files(draft: &Draft) -> Result<Vec<Vec<u8>>, Refusal> {
    let mut files = Vec::new();
    for (own, _) in draft.all::<ListRow>(&[]).await? {
        files.push(lodge::load(draft, &own).await?);
    }
    Ok(files)
}

/// What of an authority's is held.
pub async fn told(draft: &Draft, authority: Id<Authority>) -> Result<Vec<Value>, Refusal> {
    let rows = draft.all::<ListRow>(&authority.to_bytes()).await?.into_iter().map(|(_, row)| row);
    let told = |row: ListRow| {
        json!({
            "sha256": HEXLOWER.encode(&*row.sha256), "since": row.since, "until": row.until, "entries": row.entries,
        })
    };
    Ok(rows.map(told).collect())
}

/// Takes a list; who signed it is looked at before anything is kept.
pub async fn update(
    region: &Region,
    actor: &Actor,
    deed: AuthorityUpdate,
    body: Body,
) -> Result<Done, Refusal> {
    let work = async {
        let allowed = region.allow(actor, &deed, None).await?;
        let bytes = lodge::whole(body).await?;
        let root = region.root().view().await?;
        let id: Id<Authority> = name::find_id(&root, Noun::Authority, &deed.authority).await?;
        let anchor = root.known::<AuthorityRow>(&id.to_bytes()).await?.anchor()?;
        let list = tokio::task::spawn_blocking(move || read(&bytes, &anchor)).await;
        let list = list.map_err(|_| Refusal::with(Reason::Unavailable, "it could not be looked at"))??;
        let request = Request::once(actor.clone(), deed.clone());
        region.commit(region.root(), request, allowed, Updating { list }).await
    };
    region.heard(actor, AuthorityUpdate::ACT, None, work.boxed()).await
}

fn read(bytes: &[u8], anchor: &Anchor) -> Result<List, Refusal> {
    let list = List::read(bytes).map_err(|fault| Refusal::with(Reason::Invalid, fault.to_string()))?;
    match list.is_by(anchor) {
        true => Ok(list),
        false => Err(Refusal::with(Reason::Invalid, "that authority did not sign this list, or signs none")),
    }
}

struct Updating {
    list: List,
}

#[async_trait]
impl Plan<AuthorityUpdate> for Updating {
    async fn plan(
        &mut self,
        deed: &AuthorityUpdate,
        draft: &mut Draft,
        frame: &Frame<'_>,
    ) -> Result<Outcome, Refusal> {
        let id: Id<Authority> = name::find_id(draft, Noun::Authority, &deed.authority).await?;
        if !draft.known::<AuthorityRow>(&id.to_bytes()).await?.is_trusted {
            return Err(Refusal::with(Reason::StateWrong, "that authority is not trusted any more"));
        }
        let row = ListRow::of(id, &self.list);
        if !(row.since..=row.until).contains(&frame.now) {
            return Err(Refusal::with(Reason::Invalid, "the list is not of now: bring the current one"));
        }
        let held = draft.all::<ListRow>(&[]).await?;
        let mut of_same = held.iter().map(|(_, held)| held).filter(|held| held.scope == row.scope);
        if of_same.clone().any(|held| held.sha256 == row.sha256) {
            return Err(Reason::AlreadyDone.into());
        }
        // WHY whatever its authority is called here: an older one may not have what was revoked since.
        if of_same.any(|held| held.since >= row.since) {
            return Err(Refusal::with(Reason::StateWrong, "a later list of that authority is held"));
        }
        let is_new = held.iter().all(|(own, _)| *own != row.key());
        if is_new && held.len() >= LISTS_MAX {
            return Err(Refusal::with(Reason::QuotaFull, "16 lists are held, and none is let go of"));
        }
        lodge::store(draft, &row.key(), self.list.der()).await?;
        draft.put(&row.key(), &row)?;
        let answer = json!({
            "authority": id.to_string(), "sha256": HEXLOWER.encode(&self.list.sha256), "entries": row.entries,
            "since": row.since, "until": row.until,
        });
        Ok(Outcome::of(Noun::Authority, id).saying(answer))
    }
}
