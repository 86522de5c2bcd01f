//! Taking a copy of a bucket beside a running region.
//!
//! INVARIANT: a blob that a row names as of the cut is in the copy. Blobs are
//! listed and copied before the heads are noted and again after: one that was
//! there before is copied or was swept already, so no row of the cut names it;
//! one that came between is younger than a day, and the sweep takes none so young.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;

use data_encoding::{BASE64, HEXLOWER};
use futures::{StreamExt, stream};
use seal::sha256;
use store::backup::{Carried, CarryError, Item, Line, Lines, Page, carry};
use store::custody::KeyName;
use store::custody::copy::{self, Copy};
use store::{Bucket, Log};
use words::limit::ORPHAN_AGE_MS_MIN;
use words::noun::{Blob, Cell, ROOT_CELL};
use words::{Clock, Id, Secret};

use super::{BackupError, CellCut, ListOf, Manifest, VERSION, pages, sign, statement, verifier_of};
use crate::cell::format::{Body, Commit};

/// WHY: enough to keep a disk's queue full; each holds a mebibyte or two.
const AT_ONCE_MAX: usize = 32;
/// WHY: a region where keys are made all the time would never hold still.
const CUTS_MAX: usize = 10;
/// WHY: see above; four hours for clocks that differ.
const PASS_MS_MAX: i64 = ORPHAN_AGE_MS_MIN - 4 * 3_600_000;

/// What a copy is taken of, and where it goes.
pub struct Taking<'a> {
    pub from: &'a Bucket,
    pub to: &'a Bucket,
    pub region: &'a str,
    /// The folder of custody; read, never opened.
    pub custody: &'a Path,
    pub passphrase: Option<&'a Secret<String>>,
    pub clock: &'a dyn Clock,
    /// Told files and bytes as they are copied.
    pub progress: &'a (dyn Fn(u64, u64) + Sync),
}

/// A copy that was taken, and custody as of the same cut.
#[derive(Debug)]
pub struct Taken {
    pub manifest: Manifest,
    pub custody: Copy,
}

/// Copies what is new since the last finished run and has the region's key vouch for all of it.
pub async fn take(taking: &Taking<'_>) -> Result<Taken, BackupError> {
    let custody = Copy::of(taking.custody)?;
    let seed =
        custody.key(taking.passphrase, &KeyName::Region)?.ok_or(crate::region::StartError::Unfounded)?;
    let before = last(taking, &seed).await?;
    let mut tally = Tally::after(taking.to, before.as_ref()).await?;
    for _ in 0..CUTS_MAX {
        let started = taking.clock.now();
        for cell in taking.from.cells().await? {
            tally.blobs(taking, cell).await?;
        }
        // WHY in this order: what custody remembers of heads is behind the cut, and its keys are those of the cut
        // if no other generation came meanwhile.
        let custody = Copy::of(taking.custody)?;
        let cut = tally.cut(taking.from).await?;
        for (cell, commits) in &cut {
            tally.log(taking, *cell, *commits).await?;
        }
        for cell in cut.keys() {
            tally.blobs(taking, *cell).await?;
        }
        let is_in_time = taking.clock.now().since_ms(started) < PASS_MS_MAX;
        if is_in_time && copy::generation(taking.custody)? == custody.generation {
            let manifest = tally.finish(taking, &seed, &custody, &cut).await?;
            return Ok(Taken { manifest, custody });
        }
    }
    Err(BackupError::Restless { tries: CUTS_MAX })
}

/// The last finished run; one that this region's key does not vouch for is not gone on from.
async fn last(taking: &Taking<'_>, seed: &Secret<[u8; 32]>) -> Result<Option<Manifest>, BackupError> {
    for run in store::backup::runs(taking.to).await?.into_iter().rev() {
        let Some((bytes, manifest, note)) = pages(taking.to, run).await? else { continue };
        let known = verifier_of(taking.region, seed);
        let note = seal::note::Note::parse(note.as_bytes()).ok();
        let is_ours = known.as_ref().is_some_and(|known| {
            let by = note.as_ref().map(|note| note.verify(std::slice::from_ref(known)));
            by.is_some_and(|by| by.is_ok_and(|by| !by.is_empty()))
        });
        let held = known.map(|known| known.to_string()).unwrap_or_default();
        if held != manifest.key {
            return Err(BackupError::OtherRegion { held, wanted: manifest.key });
        }
        if !is_ours || note.is_none_or(|note| note.text() != statement(&manifest, &bytes)) {
            return Err(BackupError::Altered { name: Page::Manifest.text(run) });
        }
        return Ok(Some(manifest));
    }
    Ok(None)
}

/// What of a cell is in the copy, and what this run adds.
#[derive(Default)]
struct Held {
    commits: u64,
    blobs: HashSet<Id<Blob>>,
    lines: Lines,
    lists: u32,
}

/// All that is in the copy.
struct Tally {
    run: u64,
    cells: BTreeMap<Id<Cell>, Held>,
    lists: Vec<ListOf>,
    files: u64,
    bytes: u64,
    new_files: u64,
    new_bytes: u64,
}

impl Tally {
    async fn after(to: &Bucket, before: Option<&Manifest>) -> Result<Self, BackupError> {
        let mut tally = Self {
            run: before.map_or(1, |before| before.run + 1),
            cells: BTreeMap::new(),
            lists: before.map(|before| before.lists.clone()).unwrap_or_default(),
            files: before.map_or(0, |before| before.files),
            bytes: before.map_or(0, |before| before.bytes),
            new_files: 0,
            new_bytes: 0,
        };
        let Some(before) = before else { return Ok(tally) };
        for list in &before.lists {
            for line in before.list(to, list).await? {
                let held = tally.cells.entry(line.item.cell()).or_default();
                match line.item {
                    Item::Log(_, seq) => held.commits = held.commits.max(seq + 1),
                    Item::Blob(_, blob) => drop(held.blobs.insert(blob)),
                }
            }
        }
        Ok(tally)
    }

    /// Heads of all ledgers, the root's before the others': what the root anchored of them is behind them.
    async fn cut(&self, from: &Bucket) -> Result<BTreeMap<Id<Cell>, u64>, BackupError> {
        let mut cut = BTreeMap::new();
        for _ in 0..CUTS_MAX {
            let root = self.commits(from, ROOT_CELL).await?;
            cut = BTreeMap::from([(ROOT_CELL, root)]);
            for cell in from.cells().await?.into_iter().filter(|cell| *cell != ROOT_CELL) {
                let commits = self.commits(from, cell).await?;
                cut.extend((commits > 0).then_some((cell, commits)));
            }
            // WHY again: then no ledger tells of a duty that the root does not know yet. Where the root never
            // holds still, the newest acts of a cell may stand on duties that are lost; that is as after a loss.
            if self.commits(from, ROOT_CELL).await? == root {
                break;
            }
        }
        Ok(cut)
    }

    async fn commits(&self, from: &Bucket, cell: Id<Cell>) -> Result<u64, BackupError> {
        let held = self.cells.get(&cell).map_or(0, |held| held.commits);
        let head = Log::new(from.clone(), cell).head(held.checked_sub(1)).await?;
        let commits = head.map_or(0, |head| head + 1);
        match commits < held {
            true => Err(BackupError::RolledBack { cell: cell.to_string() }),
            false => Ok(commits),
        }
    }

    async fn log(&mut self, taking: &Taking<'_>, cell: Id<Cell>, commits: u64) -> Result<(), BackupError> {
        let held = self.cells.entry(cell).or_default();
        let items = (held.commits..commits).map(|seq| Item::Log(cell, seq));
        self.carry(taking, cell, items.collect()).await?;
        self.cells.entry(cell).or_default().commits = commits;
        Ok(())
    }

    async fn blobs(&mut self, taking: &Taking<'_>, cell: Id<Cell>) -> Result<(), BackupError> {
        let held = self.cells.entry(cell).or_default();
        let found = store::sweep::blobs(taking.from, cell).await?;
        let fresh = found.into_iter().map(|found| found.blob).filter(|blob| !held.blobs.contains(blob));
        let fresh: Vec<Item> = fresh.map(|blob| Item::Blob(cell, blob)).collect();
        self.carry(taking, cell, fresh).await
    }

    async fn carry(
        &mut self,
        taking: &Taking<'_>,
        cell: Id<Cell>,
        items: Vec<Item>,
    ) -> Result<(), BackupError> {
        let carrying = |item: Item| async move { (item, carry(taking.from, taking.to, item, None).await) };
        let mut carried = stream::iter(items).map(carrying).buffer_unordered(AT_ONCE_MAX);
        while let Some((item, carried)) = carried.next().await {
            match carried {
                Ok(carried) => self.add(taking, item, carried).await?,
                // WHY none missed: the sweep took it, so no row names it.
                Err(CarryError::Missing(Item::Blob(..))) => {}
                Err(CarryError::Missing(_)) => {
                    return Err(BackupError::RolledBack { cell: cell.to_string() });
                }
                Err(CarryError::Altered(item)) => {
                    return Err(BackupError::Altered { name: item.to_string() });
                }
                Err(CarryError::Store(error)) => return Err(error.into()),
            }
        }
        Ok(())
    }

    async fn add(&mut self, taking: &Taking<'_>, item: Item, carried: Carried) -> Result<(), BackupError> {
        let held = self.cells.entry(item.cell()).or_default();
        if let Item::Blob(_, blob) = item {
            held.blobs.insert(blob);
        }
        held.lines.push(Line { item, digest: carried.digest });
        self.files += 1;
        self.bytes += carried.size_bytes;
        self.new_files += 1;
        self.new_bytes += carried.size_bytes;
        (taking.progress)(1, carried.size_bytes);
        match held.lines.is_full() {
            true => self.list(taking, item.cell()).await,
            false => Ok(()),
        }
    }

    /// Writes the lines of a cell that were gathered.
    async fn list(&mut self, taking: &Taking<'_>, cell: Id<Cell>) -> Result<(), BackupError> {
        let held = self.cells.entry(cell).or_default();
        let Some(bytes) = held.lines.take() else { return Ok(()) };
        let number = held.lists;
        held.lists += 1;
        let sha256 = HEXLOWER.encode(&sha256(&bytes));
        Page::List(cell, number).write(taking.to, self.run, bytes).await?;
        self.lists.push(ListOf { run: self.run, cell: cell.to_string(), number, sha256 });
        Ok(())
    }

    async fn finish(
        &mut self,
        taking: &Taking<'_>,
        seed: &Secret<[u8; 32]>,
        custody: &Copy,
        cut: &BTreeMap<Id<Cell>, u64>,
    ) -> Result<Manifest, BackupError> {
        let all: BTreeSet<Id<Cell>> = self.cells.keys().copied().collect();
        for cell in all {
            self.list(taking, cell).await?;
        }
        let mut cells = Vec::new();
        for (cell, commits) in cut {
            cells.push(cell_cut(taking.to, *cell, *commits).await?);
        }
        let key = verifier_of(taking.region, seed).map(|known| known.to_string()).unwrap_or_default();
        let manifest = Manifest {
            backup: VERSION,
            region: taking.region.to_owned(),
            key,
            run: self.run,
            at: taking.clock.now(),
            custody_generation: custody.generation,
            cells,
            lists: self.lists.clone(),
            files: self.files,
            bytes: self.bytes,
            new_files: self.new_files,
            new_bytes: self.new_bytes,
        };
        let altered = |_| BackupError::Altered { name: Page::Manifest.text(self.run) };
        let bytes = serde_json::to_vec_pretty(&manifest).map_err(altered)?;
        let note = sign(taking.region, seed, statement(&manifest, &bytes))?;
        Page::Manifest.write(taking.to, self.run, bytes).await?;
        // INVARIANT: a run with a signature is finished.
        Page::Signature.write(taking.to, self.run, note.into_bytes()).await?;
        Ok(manifest)
    }
}

/// What the last commit of a cut says of its ledger, read from the copy.
async fn cell_cut(to: &Bucket, cell: Id<Cell>, commits: u64) -> Result<CellCut, BackupError> {
    let missing = || BackupError::RolledBack { cell: cell.to_string() };
    let last = commits.checked_sub(1).ok_or_else(missing)?;
    let bytes = Log::new(to.clone(), cell).read(last).await?.ok_or_else(missing)?;
    let commit: Option<Commit> = minicbor::decode(&bytes).ok();
    let body: Option<Body> = commit.and_then(|commit| minicbor::decode(&commit.body).ok());
    let body = body.ok_or_else(|| BackupError::Altered { name: Item::Log(cell, last).to_string() })?;
    Ok(CellCut {
        cell: cell.to_string(),
        commits,
        leaves: body.tree_size,
        root: BASE64.encode(&*body.root),
        head: HEXLOWER.encode(&sha256(&bytes)),
    })
}
