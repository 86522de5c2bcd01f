//! The ledger: receipts, search, export. What an auditor takes home.

mod search;

use async_stream::try_stream;
use async_trait::async_trait;
use bytes::Bytes;
use data_encoding::{BASE64, HEXLOWER};
use futures::{FutureExt, Stream, StreamExt, stream};
use gate::facts::Target;
use seal::merkle::{TileNodes, inclusion, inclusion_nodes};
use serde_json::{Value, json};
use store::Derived;
use words::act::{CheckpointSign, LedgerExport, LedgerFollow, LedgerProve, LedgerShow};
use words::noun::{Noun, ROOT_CELL, Snapshot};
use words::time::MINUTE_MS;
use words::{Actor, Deed, Id, Kind, Reason, Refusal, Timestamp};

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::Region;
use crate::act::{Judged, Scene, subject};
use crate::cell::Cell;
use crate::cell::about::{self, Mark};
use crate::cell::fold::{self, Opened};
use crate::cell::format::{Body, Commit, Record};
use crate::cell::publish;
use crate::cell::step::{Done, Leaf};
use crate::facts;
use crate::noun::project;
use search::Search;

/// WHY: one page of a search that a person reads.
const RECORDS_MAX: usize = 100;
/// WHY: commits of a page are on their way together; more would only be read too far.
const COMMITS_AT_ONCE: usize = 8;

/// The ledger that a person means: a project's or the root's.
async fn cell_of(region: &Region, actor: &Actor, project: Option<&str>) -> Result<Arc<Cell>, Refusal> {
    match project {
        Some(project) => region.project_cell(actor, project).await,
        None => Ok(Arc::clone(region.root())),
    }
}

async fn target(scene: &Scene<'_>, project: Option<&str>) -> Result<Target, Refusal> {
    let Some(text) = project else {
        return Ok(Target::Ledger { project: None, is_own_leaf: false });
    };
    let row = project::find(scene.root, text).await?;
    let project = Some(facts::project(scene, row.id).await?);
    Ok(Target::Ledger { project, is_own_leaf: false })
}

macro_rules! judged_ledger {
    ($($deed:ident)*) => { $(#[async_trait]
    impl Judged for $deed {
        async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
            target(scene, self.project.as_deref()).await
        }
    })* };
}

judged_ledger!(CheckpointSign LedgerShow LedgerFollow LedgerExport);

#[async_trait]
impl Judged for LedgerProve {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        let leaf: Leaf = self.leaf.parse()?;
        let is_root = leaf.cell == words::noun::ROOT_CELL;
        let of = (!is_root).then(|| leaf.cell.to_string());
        let Target::Ledger { project, .. } = target(scene, of.as_deref()).await? else {
            return Err(Reason::NotFound.into());
        };
        // WHY: who may not know the ledger does not have it searched.
        let is_known = project.as_ref().is_none_or(|project| project.is_known_to_actor);
        let is_own_leaf = is_known && is_own(scene, leaf).await?;
        Ok(Target::Ledger { project, is_own_leaf })
    }
}

/// Whether a leaf tells of what the actor did, or of the actor.
async fn is_own(scene: &Scene<'_>, leaf: Leaf) -> Result<bool, Refusal> {
    let cell = match scene.region.opened(leaf.cell) {
        _ if leaf.cell == words::noun::ROOT_CELL => Arc::clone(scene.region.root()),
        Some(cell) => cell,
        None => return Ok(false),
    };
    if leaf.index >= cell.head().frontier.size() {
        return Ok(false);
    }
    let (_, opened) = at(&cell, leaf.index).await?;
    Ok(opened.record.is_some_and(|record| tells_of(&record, scene.actor)))
}

pub(crate) fn tells_of(record: &Record, actor: &Actor) -> bool {
    record.person == Some(actor.person) || record.subjects.contains(&subject(Noun::Person, actor.person))
}

/// Publishes and signs the cell's checkpoint now.
pub async fn sign(region: &Region, actor: &Actor, deed: &CheckpointSign) -> Result<Done, Refusal> {
    region
        .heard(actor, CheckpointSign::ACT, deed.project.as_deref(), signed(region, actor, deed).boxed())
        .await
}

async fn signed(region: &Region, actor: &Actor, deed: &CheckpointSign) -> Result<Done, Refusal> {
    let cell = cell_of(region, actor, deed.project.as_deref()).await?;
    let allowed = region.allow(actor, deed, Some(&cell)).await?;
    let note = cell.publisher.publish(&cell).await?;
    region.observe(&allowed, subject(Noun::Ledger, cell.id), &cell)?;
    Ok(Done { leaf: None, answer: json!({ "checkpoint": note }) })
}

/// A receipt: the leaf's commitment, its place in the signed tree, and what opens it.
pub async fn prove(region: &Region, actor: &Actor, deed: &LedgerProve) -> Result<Done, Refusal> {
    let project = deed.leaf.split(':').next();
    region.heard(actor, LedgerProve::ACT, project, proved(region, actor, deed).boxed()).await
}

async fn proved(region: &Region, actor: &Actor, deed: &LedgerProve) -> Result<Done, Refusal> {
    let leaf: Leaf = deed.leaf.parse()?;
    let cell = region.cell_known(actor, leaf.cell).await?;
    let allowed = region.allow(actor, deed, Some(&cell)).await?;
    let checkpoint = cell.publisher.publish(&cell).await?;
    let size = cell.head().frontier.size();
    if leaf.index >= size {
        return Err(Refusal::with(Reason::NotFound, "leaf"));
    }
    let published = size_of(&checkpoint).unwrap_or(size);
    let nodes = inclusion_nodes(leaf.index, published);
    let tiles = cell.publisher.tiles(&nodes, published).await?;
    let tree = TileNodes { tiles: &tiles, size: published };
    let proof = inclusion(&tree, leaf.index, published)
        .map_err(|_| Refusal::with(Reason::Unavailable, "the tiles do not hold the proof"))?;
    let (_, opened) = at(&cell, leaf.index).await?;
    region.observe(&allowed, format!("leaf:{leaf}"), &cell)?;
    Ok(Done {
        leaf: None,
        answer: json!({
            "leaf": leaf.to_string(),
            "index": leaf.index,
            "size": published,
            "commitment": HEXLOWER.encode(&opened.commitment),
            "proof": proof.hashes().iter().map(|hash| BASE64.encode(&hash.0)).collect::<Vec<_>>(),
            "checkpoint": checkpoint,
            "key": publish::verifier(&region.ground().origin, cell.id, region.ground().signer.public()).map(|key| key.to_string()),
            "record": told(leaf.index, &opened),
        }),
    })
}

pub(crate) fn size_of(checkpoint: &str) -> Option<u64> {
    checkpoint.lines().nth(1)?.parse().ok()
}

/// One page of the ledger, newest last.
pub async fn show(region: &Region, actor: &Actor, deed: &LedgerShow) -> Result<Done, Refusal> {
    region.heard(actor, LedgerShow::ACT, deed.project.as_deref(), shown(region, actor, deed).boxed()).await
}

async fn shown(region: &Region, actor: &Actor, deed: &LedgerShow) -> Result<Done, Refusal> {
    let cell = cell_of(region, actor, deed.project.as_deref()).await?;
    let allowed = region.allow(actor, deed, Some(&cell)).await?;
    region.flush_observations().await?;
    let shown = match search::is_asked(deed) {
        false => page(&cell, deed.after).await?,
        true => match Search::of(deed, &region.root().view().await?).await? {
            Some(search) => search.found(&cell).await?,
            None => Vec::new(),
        },
    };
    region.observe(&allowed, subject(Noun::Ledger, cell.id), &cell)?;
    Ok(Done { leaf: None, answer: Value::Array(shown) })
}

/// Leaves after one, or the newest.
async fn page(cell: &Cell, after: Option<u64>) -> Result<Vec<Value>, Refusal> {
    let Some(after) = after else {
        return newest(cell).await;
    };
    let size = cell.head().frontier.size();
    let mut next = after.saturating_add(1);
    let mut shown = Vec::new();
    let mut seq = if next < size { holding(cell, next).await? } else { 0 };
    while next < size && shown.len() < RECORDS_MAX {
        let (first, leaves) = commit(cell, seq).await?;
        for (index, leaf) in (first..).zip(&leaves) {
            if index >= next && shown.len() < RECORDS_MAX {
                shown.push(told(index, leaf));
                next = index + 1;
            }
        }
        // WHY not searched for again: the next leaf is in the next commit that has any.
        seq += 1;
    }
    Ok(shown)
}

/// The newest leaves, from the last commit back: nothing is searched for.
async fn newest(cell: &Cell) -> Result<Vec<Value>, Refusal> {
    let mut shown = Vec::new();
    let back = (0..cell.head().next_seq).rev();
    let mut commits = stream::iter(back).map(|seq| commit(cell, seq)).buffered(COMMITS_AT_ONCE);
    while shown.len() < RECORDS_MAX
        && let Some(read) = commits.next().await
    {
        let (first, leaves) = read?;
        let back = (first..).zip(&leaves).collect::<Vec<_>>().into_iter().rev();
        shown.extend(back.take(RECORDS_MAX - shown.len()).map(|(index, leaf)| told(index, leaf)));
    }
    shown.reverse();
    Ok(shown)
}

/// WHY: who follows sees a leaf within the second, and a look at the head of a cell costs nothing.
const FOLLOW_EVERY: Duration = Duration::from_millis(250);
/// WHY: a place at the door is not held for ever; whoever follows on asks again from the last leaf.
const FOLLOWED_MS: i64 = 60 * MINUTE_MS;

/// Each new leaf that this actor may see, as it is committed; judged again each second, and at its end told why.
///
/// One look begins it. WHY no more: a look is a leaf, and following would follow itself.
pub async fn follow(
    region: &Region,
    actor: &Actor,
    deed: LedgerFollow,
) -> Result<impl Stream<Item = Result<Value, Refusal>> + Send + use<>, Refusal> {
    let begun = async {
        let cell = cell_of(region, actor, deed.project.as_deref()).await?;
        let allowed = region.allow(actor, &deed, Some(&cell)).await?;
        region.observe(&allowed, subject(Noun::Ledger, cell.id), &cell)?;
        Ok(cell)
    };
    let cell = region.heard(actor, LedgerFollow::ACT, deed.project.as_deref(), begun.boxed()).await?;
    let size = cell.head().frontier.size();
    let mut next = deed.after.map_or(size, |after| after.saturating_add(1));
    let (region, actor) = (region.clone(), actor.clone());
    let ends = region.now().plus_ms(FOLLOWED_MS);
    Ok(try_stream! {
        let (mut judged, mut sees_all, mut seq) = (None, false, None);
        while region.now() <= ends {
            let moment = region.moment(&cell);
            if judged != Some(moment) {
                drop(region.allow(&actor, &deed, Some(&cell)).await?);
                sees_all = may_search(&region, &actor, &cell, deed.project.clone()).await?;
                judged = Some(moment);
            }
            if next >= cell.head().frontier.size() {
                tokio::time::sleep(FOLLOW_EVERY).await;
                continue;
            }
            // WHY kept: the next leaf is in the next commit that has any, and finding it anew reads a dozen.
            let at = match seq {
                Some(seq) => seq,
                None => holding(&cell, next).await?,
            };
            let (first, leaves) = commit(&cell, at).await?;
            seq = Some(at + 1);
            for (index, leaf) in (first..).zip(&leaves).filter(|(index, _)| *index >= next) {
                let is_own = leaf.record.as_ref().is_some_and(|record| tells_of(record, &actor));
                if sees_all || is_own {
                    yield told(index, leaf);
                }
            }
            next = next.max(first + leaves.len() as u64);
        }
    })
}

/// Whether somebody may see every leaf of a ledger.
pub(crate) async fn may_search(
    region: &Region,
    actor: &Actor,
    cell: &Cell,
    project: Option<String>,
) -> Result<bool, Refusal> {
    let all = LedgerShow {
        project,
        after: None,
        before: None,
        person: None,
        act: None,
        about: None,
        from: None,
        until: None,
        refused: None,
    };
    match region.allow(actor, &all, Some(cell)).await {
        Ok(_allowed) => Ok(true),
        // WHY: what cannot be told now is no answer, and leaves would be passed over.
        Err(refusal) if refusal.kind() == Kind::Unavailable => Err(refusal),
        Err(_denied) => Ok(false),
    }
}

/// A leaf as far as it can still be opened.
fn told(index: u64, leaf: &Opened) -> Value {
    let record = leaf.record.as_ref();
    let detail = leaf.detail.as_ref().and_then(|detail| serde_json::from_slice::<Value>(detail).ok());
    json!({
        "leaf": index,
        "commitment": HEXLOWER.encode(&leaf.commitment),
        "act": record.map(|record| &record.act),
        "time": record.map(|record| record.time),
        "person": record.and_then(|record| record.person).map(|id| id.to_string()),
        "place": record.and_then(|record| record.place.clone()),
        "refused": record.and_then(|record| record.refused.clone()),
        "subjects": record.map(|record| &record.subjects),
        "policies": record.map(|record| &record.policies),
        "detail": detail,
        "salt": leaf.salt.map(|salt| HEXLOWER.encode(&salt)),
        "record_bytes": leaf.record_bytes.as_ref().map(|bytes| BASE64.encode(bytes)),
        "detail_bytes": leaf.detail.as_ref().map(|bytes| BASE64.encode(bytes)),
    })
}

/// The commit that holds a leaf: the index of its first leaf, and all of them.
async fn commit_of(cell: &Cell, index: u64) -> Result<(u64, Vec<Opened>), Refusal> {
    commit(cell, holding(cell, index).await?).await
}

/// The number of the commit that holds a leaf.
async fn holding(cell: &Cell, index: u64) -> Result<u64, Refusal> {
    let (mut low, mut high) = (0, cell.head().next_seq);
    while low < high {
        let middle = low + (high - low) / 2;
        let body = body(cell, middle).await?;
        if body.tree_size <= index { low = middle + 1 } else { high = middle }
    }
    Ok(low)
}

/// The leaves of a commit, and the index of the first.
async fn commit(cell: &Cell, seq: u64) -> Result<(u64, Vec<Opened>), Refusal> {
    let body = body(cell, seq).await?;
    let folded = fold::open(&body, &cell.keys)
        .map_err(|_| Refusal::with(Reason::Unavailable, "a commit cannot be opened"))?;
    Ok((body.tree_size - folded.leaves.len() as u64, folded.leaves))
}

/// What a commit changed: keys and values, as the fold has them.
pub(crate) async fn rows_of(cell: &Cell, seq: u64) -> Result<Vec<(Vec<u8>, Option<Vec<u8>>)>, Refusal> {
    let body = body(cell, seq).await?;
    let folded = fold::open(&body, &cell.keys);
    Ok(folded.map_err(|_| Refusal::with(Reason::Unavailable, "a commit cannot be opened"))?.rows)
}

pub(crate) async fn at(cell: &Cell, index: u64) -> Result<(u64, Opened), Refusal> {
    let (first, mut leaves) = commit_of(cell, index).await?;
    let place = usize::try_from(index - first).unwrap_or(usize::MAX);
    if place >= leaves.len() {
        return Err(Refusal::with(Reason::NotFound, "leaf"));
    }
    Ok((index, leaves.swap_remove(place)))
}

/// What a leaf about something says, for whoever lists steps.
pub(crate) struct About {
    pub leaf: Leaf,
    pub act: String,
    pub time: Timestamp,
    /// Which of the things that were looked for.
    pub subject: String,
}

/// WHY: a second of reading; a thing that more commits tell of is told to be cut.
const COMMITS_READ_MAX: usize = 2_000;

/// Every leaf about some things that was done and may be known, oldest first; and whether that is all.
pub(crate) async fn about(
    cell: &Cell,
    subjects: &BTreeSet<String>,
    may_know: impl Fn(&Record) -> bool + Send,
) -> Result<(Vec<About>, bool), Refusal> {
    let rows = cell.view().await?;
    let mut commits = BTreeSet::new();
    for subject in subjects {
        commits.extend(about::commits(&rows, Mark::done(subject), 0, COMMITS_READ_MAX + 1).await?);
    }
    let is_whole = commits.len() <= COMMITS_READ_MAX;
    let mut found = Vec::new();
    for seq in commits.into_iter().take(COMMITS_READ_MAX) {
        let (first, leaves) = commit(cell, seq).await?;
        for (index, leaf) in (first..).zip(leaves) {
            let Some(record) = leaf.record.filter(|record| record.refused.is_none() && may_know(record))
            else {
                continue;
            };
            for subject in record.subjects.iter().filter(|subject| subjects.contains(*subject)) {
                found.push(About {
                    leaf: Leaf { cell: cell.id, index },
                    act: record.act.clone(),
                    time: record.time,
                    subject: subject.clone(),
                });
            }
        }
    }
    Ok((found, is_whole))
}

/// The last leaf of an act of the house about a snapshot.
pub(crate) async fn last_about(cell: &Cell, act: &str, snapshot: Id<Snapshot>) -> Result<u64, Refusal> {
    let subject = subject(Noun::Snapshot, snapshot);
    let commits = about::commits(&cell.view().await?, Mark::done(&subject), 0, usize::MAX).await?;
    for seq in commits.into_iter().rev() {
        let (first, leaves) = commit(cell, seq).await?;
        let is_it = |leaf: &Opened| {
            leaf.record.as_ref().is_some_and(|record| record.act == act && record.subjects.contains(&subject))
        };
        if let Some(place) = leaves.iter().rposition(is_it) {
            return Ok(first + place as u64);
        }
    }
    Err(Refusal::with(Reason::Unavailable, "the ledger does not have the leaf"))
}

async fn body(cell: &Cell, seq: u64) -> Result<Body, Refusal> {
    let unread = || Refusal::with(Reason::Unavailable, "a commit cannot be read");
    let bytes = cell.log.read(seq).await.ok().flatten().ok_or_else(unread)?;
    let commit: Commit = minicbor::decode(&bytes).map_err(|_| unread())?;
    minicbor::decode(&commit.body).map_err(|_| unread())
}

/// One file of an export.
pub type File = (String, Bytes);

/// A cell's ledger as files, verifiable with the public key alone.
pub async fn export(
    region: &Region,
    actor: &Actor,
    deed: LedgerExport,
) -> Result<impl Stream<Item = Result<File, Refusal>> + Send + use<>, Refusal> {
    let project = deed.project.clone();
    let begun = async {
        let cell = cell_of(region, actor, deed.project.as_deref()).await?;
        let allowed = region.allow(actor, &deed, Some(&cell)).await?;
        region.observe(&allowed, subject(Noun::Ledger, cell.id), &cell)?;
        Ok(cell)
    };
    let cell = region.heard(actor, LedgerExport::ACT, project.as_deref(), begun.boxed()).await?;
    let checkpoint = cell.publisher.publish(&cell).await?;
    let head = cell.head();
    let key = publish::verifier(&region.ground().origin, cell.id, region.ground().signer.public());
    let derived = Derived::new(region.ground().bucket.clone(), cell.id);
    let size = size_of(&checkpoint).unwrap_or(0);
    let witnessed = if cell.id == ROOT_CELL { region.witnessed().await? } else { None };
    let unread = || Refusal::with(Reason::Unavailable, "a commit cannot be read");
    Ok(try_stream! {
        let key = key.map(|key| key.to_string()).unwrap_or_default();
        yield ("key".to_owned(), Bytes::from(key + "\n"));
        yield ("checkpoint".to_owned(), Bytes::from(checkpoint));
        if let Some(note) = witnessed {
            yield ("witnessed".to_owned(), Bytes::from(note.to_string()));
        }
        for tile in seal::merkle::new_tiles(0, size).map_err(|_| unread())? {
            let bytes = derived.tile(publish::tile_name(tile)).await.map_err(|_| unread())?;
            if let Some(bytes) = bytes {
                yield (tile.path(), bytes);
            }
        }
        for seq in 0..head.next_seq {
            let bytes = cell.log.read(seq).await.map_err(|_| unread())?.ok_or_else(unread)?;
            yield (format!("log/{seq:016}"), bytes);
        }
    })
}

/// The cell that a leaf names, if there is such a cell.
impl Region {
    async fn cell_known(&self, actor: &Actor, id: Id<words::noun::Cell>) -> Result<Arc<Cell>, Refusal> {
        if id == words::noun::ROOT_CELL {
            return Ok(Arc::clone(self.root()));
        }
        self.project_cell(actor, &id.to_string()).await
    }
}
