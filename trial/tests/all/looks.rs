//! Looks cost what they show: rows nobody asked for are not judged, tables are not read once per row.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use region::act::Scene;
use region::cell::draft::Draft;
use region::row::Table;
use region::show::Show;
use region::twin::{Soil, World};
use serde_json::json;
use store::StoreError;
use store::index::{Index, KeyRange, Row, Rows};
use words::Clock;
use words::act::{GrantShow, PermitShow, PersonShow, ProjectShow, TenantShow};
use words::noun::ROOT_CELL;

use crate::ground::REBUILT;

/// How often rows were asked for, and how often of them all projects.
#[derive(Default)]
struct Asked {
    all: AtomicU64,
    projects: AtomicU64,
}

/// Rows that count how often they are asked for.
struct Counted {
    asked: Arc<Asked>,
    inner: Arc<dyn Index>,
}

#[async_trait]
impl Rows for Counted {
    async fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        self.asked.all.fetch_add(1, Ordering::SeqCst);
        self.inner.get(key).await
    }

    async fn scan(&self, range: KeyRange, rows_max: usize) -> Result<Vec<Row>, StoreError> {
        self.asked.all.fetch_add(1, Ordering::SeqCst);
        let is_of_projects = *range.start == [Table::Project as u8];
        self.asked.projects.fetch_add(u64::from(is_of_projects), Ordering::SeqCst);
        self.inner.scan(range, rows_max).await
    }
}

/// WHY so many: reading them once, or all for each, must differ beyond doubt.
const MORE: usize = 12;

/// The world with more tenants and projects, and the rows of its root.
struct House {
    world: World,
    rows: Arc<dyn Index>,
}

async fn house(seed: u64) -> House {
    let world = World::planet(Soil::new(seed)).await.unwrap();
    for number in 0..MORE {
        let tenant = json!({ "alias": format!("t-{number}"), "name": "More", "organisation": "catania" });
        world.act("olga", "tenant.open", tenant).await.unwrap();
        let project = json!({
            "alias": format!("p-{number}"), "tenant": "planet-study", "tier": 1, "environment": "test", "purpose": "trial",
        });
        world.act("carla", "project.open", project).await.unwrap();
    }
    let rows = world.region.ground().rebuild(ROOT_CELL, REBUILT).await.unwrap().index;
    House { world, rows }
}

/// How often all rows, and those of projects, are read for one look; and how much it shows.
async fn cost(house: &House, who: &str, deed: &impl Show) -> (u64, u64, usize) {
    let asked = Arc::new(Asked::default());
    let counted = Counted { asked: Arc::clone(&asked), inner: Arc::clone(&house.rows) };
    // WHY not the region's own view: what it keeps of rows hides how often they are read and decoded.
    let root = Draft::over(Arc::new(counted));
    let (region, actor) = (&house.world.region, house.world.actor(who));
    let scene = Scene { region, actor: &actor, root: &root, cell: None, now: house.world.soil.clock.now() };
    let shown = deed.show(&scene).await.unwrap().as_array().unwrap().len();
    (asked.all.load(Ordering::SeqCst), asked.projects.load(Ordering::SeqCst), shown)
}

// Goal: who looks at tenants reads the projects once. Method: count, as people with a part in one of many and in none.
#[tokio::test]
async fn tenants_are_shown_for_one_reading_of_the_projects() {
    let house = house(91).await;
    for (who, projects, tenants) in
        [("sara-bari", 1, 1), ("rita", 1, 1), ("sara-catania", 1, MORE + 1), ("olga", 0, MORE + 1)]
    {
        let (_, read, shown) = cost(&house, who, &TenantShow { tenant: None }).await;
        assert_eq!((read, shown), (projects, tenants), "{who}");
    }
}

// Goal: what nobody asked for is not judged. Method: count what it costs to look for one that is not there.
#[tokio::test]
async fn a_look_for_one_does_not_judge_the_others() {
    let house = house(92).await;
    let nobody = || Some("nobody".to_owned());
    let few = u64::try_from(MORE).unwrap();
    for (noun, (read, _, shown)) in [
        ("person", cost(&house, "rita", &PersonShow { person: nobody() }).await),
        ("project", cost(&house, "rita", &ProjectShow { project: nobody() }).await),
        ("tenant", cost(&house, "rita", &TenantShow { tenant: nobody() }).await),
        ("grant", cost(&house, "rita", &GrantShow { grant: nobody() }).await),
        ("permit", cost(&house, "rita", &PermitShow { permit: nobody() }).await),
    ] {
        assert_eq!(shown, 0, "{noun}");
        assert!(read < few, "{read} readings to show no {noun}");
    }
    let (read, _, shown) = cost(&house, "carla", &ProjectShow { project: None }).await;
    assert!(shown == MORE + 1 && read > few, "the count counts nothing: {read}");
}
