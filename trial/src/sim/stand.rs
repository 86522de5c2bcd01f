//! What a seed's world stands on: a store that fails, custody, a clock, chance.
//!
//! Founding a world costs more than most lives in it, so it is done once and
//! every seed starts from a copy.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use anyhow::{Context, Result, anyhow};
use region::twin::{Access, SeededRand, Soil, StillClock, World};
use serde_json::json;
use store::Bucket;
use store::custody::{Custody, Key, KeyName, MemoryCustody};
use store::index::{Applied, Batch, KeyRange, MemoryShelf, Row, Shelf};
use store::twin::{Copy, FaultyStore};
use words::noun::{Cell, Noun, Person, Project, ROOT_CELL};
use words::time::DAY_MS;
use words::{Clock, Id, Place};

use crate::kit::PROJECT;

/// The moment every world starts at.
pub const DAWN: &str = "2027-01-10T09:00:00Z";
/// Last moment of the permit, near enough to be passed in some lives.
pub const PERMIT_ENDS: &str = "2027-01-10T10:00:00Z";
/// The buckets: one per hospital and the project's own.
pub const BUCKETS: [&str; 4] = ["bologna", "bari", "catania", "results"];
pub const OWN: usize = 3;
/// The bucket that has object lock.
pub const LOCKED: usize = 0;

/// What is copied for every seed.
struct Founded {
    objects: Copy,
    keys: Vec<(KeyName, Key)>,
    heads: Vec<(Id<Cell>, String)>,
    indexes: Vec<(Id<Cell>, u64, Applied, Vec<Row>)>,
    cast: Cast,
}

/// Who plays.
#[derive(Clone)]
pub struct Cast {
    pub persons: BTreeMap<&'static str, Id<Person>>,
    /// Access keys: of each hospital's deliverer, then of the researcher inside.
    pub keys: Vec<Access>,
    pub project: Id<Project>,
}

const PERSONS: [&str; 7] = ["olga", "carla", "rita", "kurt", "kim", "sara-bologna", "sergio"];

/// One seed's ground; it outlives processes.
pub struct Stand {
    pub store: Arc<FaultyStore>,
    pub soil: Soil,
    pub cast: Cast,
}

fn soil(seed: u64) -> (Arc<FaultyStore>, Soil) {
    let clock = StillClock::at(DAWN);
    // WHY its own chance: what the store does must not depend on what the region draws.
    let store = FaultyStore::new(SeededRand::new(!seed) as _, Arc::clone(&clock) as _);
    let mut soil = Soil::over(Bucket::twin(&store), seed);
    soil.clock = clock;
    (store, soil)
}

fn founded() -> Result<&'static Founded> {
    static FOUNDED: OnceLock<Result<Founded, String>> = OnceLock::new();
    let founded = FOUNDED.get_or_init(|| {
        let found = || runtime()?.block_on(found());
        found().map_err(|error| format!("{error:#}"))
    });
    founded.as_ref().map_err(|error| anyhow!("no world could be founded: {error}"))
}

/// One thread whose time passes only when everybody waits.
pub fn runtime() -> Result<tokio::runtime::Runtime> {
    let built = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    built.context("no runtime")
}

async fn found() -> Result<Founded> {
    let (store, soil) = soil(0);
    let world = World::planet(soil.clone()).await?;
    world.permit("permit-1", PROJECT, "2027-01-01", PERMIT_ENDS).await?;
    world.act("rita", "bucket.create", json!({ "project": PROJECT, "bucket": "results" })).await?;
    world.act("carla", "bucket.lock", json!({ "project": PROJECT, "bucket": BUCKETS[LOCKED] })).await?;
    let mut keys = Vec::new();
    for hospital in region::twin::HOSPITALS {
        let grant = format!("deliver-{hospital}");
        keys.push(issue(&world, &format!("dina-{hospital}"), Place::Outside, Some(&grant)).await?);
    }
    keys.push(issue(&world, "rita", Place::Inside, None).await?);
    let root = world.region.root().view().await?;
    let mut persons = BTreeMap::new();
    for person in PERSONS {
        persons.insert(person, region::name::find_id(&root, Noun::Person, person).await?);
    }
    let project = region::name::find_id(&root, Noun::Project, PROJECT).await?;
    world.region.close().await;
    copy(&store, &soil, Cast { persons, keys, project }).await
}

async fn issue(world: &World, alias: &str, place: Place, grant: Option<&str>) -> Result<Access> {
    let ends = world.soil.clock.now().plus_ms(300 * DAY_MS);
    let workspace = (place == Place::Inside).then_some("desk");
    let fields = json!({ "project": PROJECT, "place": place.text(), "workspace": workspace, "grant": grant, "ends": ends });
    let done = world.act(alias, "credential.issue", fields).await?;
    let id = done.answer.get("access_key_id").and_then(|id| id.as_str()).context("no access key")?;
    Ok(Access { id: id.to_owned(), secret: String::new() })
}

async fn copy(store: &FaultyStore, soil: &Soil, cast: Cast) -> Result<Founded> {
    let custody = &soil.custody;
    let mut keys = Vec::new();
    for name in custody.names()? {
        keys.push((name, custody.key(&name)?.context("a key that has a name")?));
    }
    let (mut heads, mut indexes) = (Vec::new(), Vec::new());
    for cell in [ROOT_CELL, cast.project.cast()] {
        heads.extend(custody.known_head(cell)?.map(|head| (cell, head)));
        let generation = *soil.shelf.generations(cell).await?.last().context("no index")?;
        let key = custody.key(&KeyName::Index(cell, generation))?.context("no index key")?;
        let index = soil.shelf.open(cell, generation, &key).await?;
        let applied = index.applied().context("an empty index")?;
        indexes.push((cell, generation, applied, index.scan(KeyRange::all(), usize::MAX).await?));
    }
    Ok(Founded { objects: store.copy(), keys, heads, indexes, cast })
}

impl Stand {
    /// A fresh copy of the founded world, with a seed's own chance.
    pub fn new(seed: u64) -> Result<Self> {
        let founded = founded()?;
        runtime()?.block_on(Self::of(founded, seed))
    }

    async fn of(founded: &Founded, seed: u64) -> Result<Self> {
        let (store, mut soil) = soil(seed.wrapping_add(1));
        store.roll_back(&founded.objects);
        let custody = MemoryCustody::new();
        custody.insert(&founded.keys)?;
        for (cell, head) in &founded.heads {
            custody.remember_head(*cell, head)?;
        }
        soil.custody = Arc::new(custody);
        soil.shelf = MemoryShelf::default();
        for (cell, generation, applied, rows) in &founded.indexes {
            let key = soil.custody.key(&KeyName::Index(*cell, *generation))?.context("no index key")?;
            let index = soil.shelf.open(*cell, *generation, &key).await?;
            let mut batch = Batch::new(*applied);
            rows.iter().for_each(|row| batch.put(row.key.clone(), row.value.clone()));
            index.apply(batch).await?;
            index.flush().await?;
        }
        Ok(Self { store, soil, cast: founded.cast.clone() })
    }
}
