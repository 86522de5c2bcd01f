//! The catalogue's index: what is stored in each project, to be found by its words and counted by its facts.
//!
//! It is in memory alone and can be thrown away: it is made from a cell's rows when somebody first asks, and
//! goes on with its log. It knows whatever is committed, and nothing that it should not show: whoever asks is
//! told only of the buckets that the gate opens to them (`find.rs`).

mod entry;
mod find;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use search::{Bounds, Index, Shares};
use serde_json::{Map, Value, json};
use words::noun::{Bucket, Cell as CellNoun};
use words::{Id, Reason, Refusal, Timestamp};

use crate::Region;
use crate::cell::Cell;
use crate::cell::draft::Draft;
use crate::noun::bucket::BucketRow;
use crate::noun::ledger;
use crate::object::ObjectRow;
use crate::row::Table;

/// WHY: behind by more than this, the rows are read sooner than their log.
const BEHIND_MAX: u64 = 20_000;
/// WHY: the cards of a project, and its buckets.
const COUNTED_MAX: usize = 4_096;
/// WHY: a page of rows while everything is read.
const PAGE_ROWS: usize = 1_024;

/// A row of a commit: its key, and its value where it was not removed.
type Changed = (Vec<u8>, Option<Vec<u8>>);

/// The indexes of projects, as far as somebody asked for them.
#[derive(Default)]
pub(crate) struct Catalogues(Mutex<BTreeMap<Id<CellNoun>, Arc<Catalogue>>>);

/// One project's.
struct Catalogue {
    index: Index,
    state: tokio::sync::Mutex<State>,
    /// How often an entry changed, and how often as far as it was published.
    touched: AtomicU64,
    changes: AtomicU64,
    counted: Mutex<Counted>,
}

/// What was counted, as long as nothing changes. WHY: whoever asks for all cards, in public too, has nothing counted twice.
#[derive(Default)]
struct Counted {
    changes: u64,
    figures: BTreeMap<(String, String), Figures>,
}

#[derive(Default)]
struct State {
    /// The commit that it goes on with; none: it is to be made.
    next_seq: Option<u64>,
    /// Of the cell's rows: where rows went with their keys, all is made anew.
    generation: u64,
    places: BTreeMap<Id<Bucket>, Bucketed>,
}

/// A bucket, as entries tell of it.
struct Bucketed {
    row: BucketRow,
    /// Short name of the agreement that its data came under.
    source: String,
}

/// What is counted of objects that lie together.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    pub objects: u64,
    pub bytes: u64,
    pub oldest: Option<Timestamp>,
    pub newest: Option<Timestamp>,
    pub last_read: Option<Timestamp>,
    pub never_read: u64,
    pub kinds: BTreeMap<String, u64>,
    pub standings: BTreeMap<String, u64>,
}

impl Figures {
    pub fn standing(&self, standing: &str) -> u64 {
        self.standings.get(standing).copied().unwrap_or_default()
    }

    pub(crate) fn told(&self) -> Map<String, Value> {
        let told = json!({
            "objects": self.objects,
            "bytes": self.bytes,
            "first_stored": self.oldest,
            "last_stored": self.newest,
            "last_read": self.last_read,
            "never_read": self.never_read,
            "kinds": self.kinds,
            "standings": self.standings,
        });
        told.as_object().cloned().unwrap_or_default()
    }
}

fn unfound() -> Refusal {
    Refusal::with(Reason::Unavailable, "the catalogue cannot be searched now")
}

impl Catalogues {
    fn of(&self, cell: Id<CellNoun>) -> Arc<Catalogue> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let made = || {
            Arc::new(Catalogue {
                index: Index::new(Bounds::default()),
                state: tokio::sync::Mutex::default(),
                touched: AtomicU64::new(0),
                changes: AtomicU64::new(0),
                counted: Mutex::default(),
            })
        };
        Arc::clone(all.entry(cell).or_insert_with(made))
    }

    /// Forgets what is known of a project: nobody may read there now.
    pub(crate) fn forget(&self, cell: Id<CellNoun>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&cell);
    }

    /// Takes a commit that somebody read anyway, if it is the next. What cannot take it is made anew when somebody asks.
    pub(crate) async fn took(&self, cell: &Cell, seq: u64, rows: &[Changed]) {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&cell.id).map(Arc::clone);
        let Some(known) = known else { return };
        let mut state = known.state.lock().await;
        // WHY not where buckets changed: whoever asks next reads them first.
        if state.next_seq != Some(seq) || state.generation != cell.index_generation() || has_buckets(rows) {
            return;
        }
        match known.change(&mut state, cell, rows).await {
            Ok(()) => state.next_seq = Some(seq.saturating_add(1)),
            Err(_) => self.forget(cell.id),
        }
    }

    /// A project's index, as of its last commit.
    async fn current(&self, region: &Region, cell: &Cell) -> Result<Arc<Catalogue>, Refusal> {
        // WHY: what is locked is in no memory either.
        region.refuse_locked(cell.id.cast()).await?;
        let known = self.of(cell.id);
        let mut state = known.state.lock().await;
        let head = cell.head().next_seq;
        let is_far = state.next_seq.is_none_or(|next| head.saturating_sub(next) > BEHIND_MAX);
        if is_far || state.generation != cell.index_generation() {
            // WHY another one: what went with its keys is nowhere any more.
            if state.next_seq.is_some() {
                drop(state);
                self.forget(cell.id);
                return Box::pin(self.current(region, cell)).await;
            }
            known.make(&mut state, region, cell).await?;
        }
        let from = state.next_seq.unwrap_or_default();
        for seq in from..cell.head().next_seq {
            let rows = ledger::rows_of(cell, seq).await?;
            if has_buckets(&rows) {
                state.places = places(region, &cell.view().await?, cell).await?;
            }
            known.change(&mut state, cell, &rows).await?;
            state.next_seq = Some(seq.saturating_add(1));
        }
        known.index.publish().map_err(|_| unfound())?;
        // INVARIANT: behind the publication, and under the same lock as every change.
        known.changes.store(known.touched.load(Ordering::SeqCst), Ordering::SeqCst);
        drop(state);
        Ok(known)
    }

    /// What is counted of the objects in a bucket whose keys begin so.
    pub(crate) async fn figures(
        &self,
        region: &Region,
        cell: &Cell,
        bucket: &str,
        prefix: &str,
    ) -> Result<Figures, Refusal> {
        let known = self.current(region, cell).await?;
        let (changes, of) = (known.changes.load(Ordering::SeqCst), (bucket.to_owned(), prefix.to_owned()));
        if let Some(figures) = known.counted(changes, &of) {
            return Ok(figures);
        }
        let counted = known.index.figures(&[bucket], Some(prefix).filter(|prefix| !prefix.is_empty()));
        let at = |ms: Option<i64>| ms.map(Timestamp::from_ms);
        let figures = Figures {
            objects: counted.objects,
            bytes: counted.bytes,
            oldest: at(counted.oldest_ms),
            newest: at(counted.newest_ms),
            last_read: at(counted.last_read_ms),
            never_read: counted.never_read,
            kinds: counts(counted.by_kind).collect(),
            standings: counts(counted.by_standing).collect(),
        };
        known.keep_counted(changes, of, &figures);
        Ok(figures)
    }
}

fn counts(shares: Shares) -> impl Iterator<Item = (String, u64)> {
    shares.largest.into_iter().map(|share| (share.name, share.objects))
}

fn has_buckets(rows: &[Changed]) -> bool {
    rows.iter().any(|(key, _)| key.first() == Some(&(Table::Bucket as u8)))
}

/// Buckets by id, with the agreement that each is under.
async fn places(
    region: &Region,
    rows: &Draft,
    cell: &Cell,
) -> Result<BTreeMap<Id<Bucket>, Bucketed>, Refusal> {
    let root = region.root().view().await?;
    let mut all = BTreeMap::new();
    for (_, row) in rows.all::<BucketRow>(&[]).await? {
        let agreement = row.agreement(rows, &root, cell.id).await?;
        let source = agreement.map(|agreement| agreement.alias).unwrap_or_default();
        all.insert(row.id, Bucketed { row, source });
    }
    Ok(all)
}

impl Catalogue {
    fn counted(&self, changes: u64, of: &(String, String)) -> Option<Figures> {
        let counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        counted.figures.get(of).filter(|_| counted.changes == changes).cloned()
    }

    fn keep_counted(&self, changes: u64, of: (String, String), figures: &Figures) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.changes != changes || counted.figures.len() >= COUNTED_MAX {
            *counted = Counted { changes, figures: BTreeMap::new() };
        }
        counted.figures.insert(of, figures.clone());
    }

    /// Makes it from the rows as they are.
    async fn make(&self, state: &mut State, region: &Region, cell: &Cell) -> Result<(), Refusal> {
        // WHY first: what is committed meanwhile is read once more from the log, which changes nothing.
        let (head, generation) = (cell.head().next_seq, cell.index_generation());
        let rows = cell.view().await?;
        state.places = places(region, &rows, cell).await?;
        let mut after: Option<Vec<u8>> = None;
        let mut last: Option<(Id<Bucket>, String)> = None;
        loop {
            let page = rows.rows::<ObjectRow>(&[], after.as_deref(), PAGE_ROWS).await?;
            let is_last = page.len() < PAGE_ROWS;
            after = page.last().map(|(key, _)| key.clone()).or(after);
            for (_, row) in page {
                let own = Some((row.bucket, row.key.clone()));
                // WHY the first of each key alone: the newest version comes first.
                if last != own {
                    self.put(state, &rows, &row).await?;
                    last = own;
                }
            }
            if is_last {
                break;
            }
        }
        (state.next_seq, state.generation) = (Some(head), generation);
        Ok(())
    }

    /// Takes what one commit changed.
    async fn change(&self, state: &mut State, cell: &Cell, changed: &[Changed]) -> Result<(), Refusal> {
        let tells = [Table::Object, Table::Report, Table::Read].map(|table| table as u8);
        let keys = changed.iter().filter_map(|(key, _)| {
            let (table, own) = key.split_first()?;
            tells.contains(table).then(|| entry::named(own)).flatten()
        });
        let keys: std::collections::BTreeSet<(Id<Bucket>, String)> = keys.collect();
        if keys.is_empty() {
            return Ok(());
        }
        let rows = cell.view().await?;
        for (bucket, key) in keys {
            let under = crate::object::prefix(bucket, &key);
            match rows.rows::<ObjectRow>(&under, None, 1).await?.into_iter().next() {
                Some((_, row)) => self.put(state, &rows, &row).await?,
                None => {
                    self.touched.fetch_add(1, Ordering::SeqCst);
                    self.index.remove(&entry::id(bucket, &key));
                }
            }
        }
        Ok(())
    }

    async fn put(&self, state: &State, rows: &Draft, row: &ObjectRow) -> Result<(), Refusal> {
        self.touched.fetch_add(1, Ordering::SeqCst);
        let place = state.places.get(&row.bucket).filter(|_| !row.is_marker && row.derived.is_none());
        let Some(place) = place else {
            self.index.remove(&entry::id(row.bucket, &row.key));
            return Ok(());
        };
        let entry = entry::of(rows, row, &place.row.name, &place.source).await?;
        self.index.put(entry).map_err(|_| unfound())
    }
}
