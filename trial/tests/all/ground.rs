//! What the trials of this binary share: worlds, raw rows, records.

use std::collections::BTreeMap;

use region::Region;
use region::cell::fold::{self, Folded};
use region::cell::format::{Body, Commit, Record};
use region::row::Table;
use region::twin::{Access, World};
use store::index::{KeyRange, Row};
use store::{Bucket, Log, custody::Custody};
use trial::kit::PROJECT;
use words::noun::{Cell, Noun, ROOT_CELL};
use words::{Actor, Id, Place, Reason, Refusal};

/// WHY so high: no world here opens that many generations of an index.
pub const REBUILT: u64 = 9_000;

pub fn reason<T>(result: Result<T, Refusal>) -> Reason {
    match result {
        Ok(_) => panic!("it was allowed"),
        Err(refusal) => refusal.reason,
    }
}

pub async fn project(region: &Region) -> Id<Cell> {
    let root = region.root().view().await.unwrap();
    region::name::find_id(&root, Noun::Project, PROJECT).await.unwrap()
}

/// Every row of a cell as its log folds, but for the head, which moves with every leaf, the years that have access
/// records, and what each commit tells of.
pub async fn rows(region: &Region, cell: Id<Cell>) -> Vec<Row> {
    let replayed = region.ground().rebuild(cell, REBUILT).await.unwrap();
    let rows = replayed.index.scan(KeyRange::all(), usize::MAX).await.unwrap();
    let moves = [Table::Head as u8, Table::Year as u8, Table::About as u8];
    rows.into_iter().filter(|row| !moves.contains(&row.key[0])).collect()
}

/// Every commit of a cell's log in a bucket, in order, as far as today's keys open it.
pub async fn commits(bucket: &Bucket, region: &Region, cell: Id<Cell>) -> Vec<Folded> {
    let log = Log::new(bucket.clone(), cell);
    let mut commits = Vec::new();
    while let Some(bytes) = log.read(commits.len() as u64).await.unwrap() {
        let commit: Commit = minicbor::decode(&bytes).unwrap();
        let body: Body = minicbor::decode(&commit.body).unwrap();
        commits.push(fold::open(&body, &region.keys(cell)).unwrap());
    }
    commits
}

/// The records of all leaves of a cell, in order.
pub async fn records(region: &Region, cell: Id<Cell>) -> Vec<Option<Record>> {
    let commits = commits(&region.ground().bucket, region, cell).await;
    commits.into_iter().flat_map(|commit| commit.leaves).map(|leaf| leaf.record).collect()
}

/// Root and project at one moment.
pub struct Seen {
    rows: BTreeMap<Id<Cell>, Vec<Row>>,
    leaves: BTreeMap<Id<Cell>, usize>,
}

pub async fn see(region: &Region, cells: &[Id<Cell>]) -> Seen {
    let (mut all, mut leaves) = (BTreeMap::new(), BTreeMap::new());
    for cell in cells {
        all.insert(*cell, rows(region, *cell).await);
        leaves.insert(*cell, records(region, *cell).await.len());
    }
    Seen { rows: all, leaves }
}

/// It was refused for this reason, changed nothing, and left the refusal's own leaf and no other.
pub async fn refused<T>(
    world: &World,
    expected: Reason,
    what: &str,
    attempt: impl Future<Output = Result<T, Refusal>>,
) {
    let region = &world.region;
    region.flush_observations().await.unwrap();
    let root = region.root().view().await.unwrap();
    let row = region::noun::project::find(&root, PROJECT).await.unwrap();
    let mut cells = vec![ROOT_CELL];
    cells.extend(row.erased_at.is_none().then(|| row.id.cast::<Cell>()));
    let before = see(region, &cells).await;
    let got = reason(attempt.await);
    assert_eq!(got, expected, "{what}");
    let after = see(region, &cells).await;
    assert_eq!(before.leaves, after.leaves, "{what} committed something");
    assert!(before.rows == after.rows, "{what} changed something");
    region.flush_observations().await.unwrap();
    let mut told = Vec::new();
    for cell in &cells {
        told.extend(records(region, *cell).await.into_iter().skip(before.leaves[cell]));
    }
    let told: Vec<_> = told.into_iter().flatten().filter(|record| record.refused.is_some()).collect();
    assert_eq!(told.len(), 1, "{what} is not recorded once: {told:?}");
    assert_eq!(told[0].refused.as_deref(), Some(expected.code()), "{what}");
    assert!(see(region, &cells).await.rows == before.rows, "recording the refusal of {what} changed rows");
}

/// The deliverer of a hospital, under their grant.
pub async fn dina(world: &World, hospital: &str) -> Actor {
    let grant = format!("deliver-{hospital}");
    let access =
        world.credential(&format!("dina-{hospital}"), PROJECT, Place::Outside, Some(&grant)).await.unwrap();
    world.with(&access, Place::Outside).await.unwrap()
}

/// The researcher's credential inside.
pub async fn desk(world: &World) -> (Access, Actor) {
    let access = world.credential("rita", PROJECT, Place::Inside, None).await.unwrap();
    let rita = world.with(&access, Place::Inside).await.unwrap();
    (access, rita)
}

/// Time passes and the region confirms its lease, as it does every second.
pub async fn until(world: &World, at: &str) {
    world.soil.clock.set(at.parse().unwrap());
    world.region.confirm().await;
}

pub async fn pass_ms(world: &World, ms: i64) {
    world.soil.clock.pass_ms(ms);
    world.region.confirm().await;
}

/// Custody with the same keys that knows no head.
pub fn forgetful(custody: &dyn Custody) -> store::custody::MemoryCustody {
    let copy = store::custody::MemoryCustody::new();
    let keys: Vec<_> = custody
        .names()
        .unwrap()
        .into_iter()
        .map(|name| (name, custody.key(&name).unwrap().unwrap()))
        .collect();
    copy.insert(&keys).unwrap();
    copy
}
