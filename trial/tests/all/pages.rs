//! Pages of the console over a region on a disk, with many objects: how long whoever visits waits.

#[path = "../../../crates/web/tests/house/mod.rs"]
mod house;

use std::time::{Duration, Instant};

use house::{House, listen};
use region::twin::World;
use words::Place;

use crate::backup::Node;
use crate::simulation::number;

/// WHY: enough for a 95th of a hundred, and seconds in all.
const LOOKS: usize = 60;
/// WHY so many: what a page waits for on a machine that builds beside it is not what it needs; the figures are printed.
const SLOWEST: Duration = Duration::from_secs(2);

/// The first link that begins so, in what a page is about: its head links to itself in another language.
fn link(page: &str, start: &str) -> Option<String> {
    let page = page.split_once("<main").map_or(page, |(_, main)| main);
    let (_, rest) = page.split_once(&format!("href=\"{start}"))?;
    rest.split_once('"').map(|(rest, _)| format!("{start}{}", rest.replace("&amp;", "&")))
}

/// Looks at a page many times: the median and the 95th of a hundred.
async fn look(house: &House, cookie: &str, path: &str) -> (Duration, Duration) {
    let mut waits = Vec::new();
    for _ in 0..LOOKS {
        let begun = Instant::now();
        let page = house.get(cookie, path).await;
        waits.push(begun.elapsed());
        assert_eq!(page.status, 200, "{path}: {:?}", page.reason());
        house.world.region.confirm().await;
    }
    waits.sort();
    (waits[LOOKS / 2], waits[LOOKS * 95 / 100])
}

// Goal: pages come as quickly with a million objects as with a thousand. Method: one bucket of half of them, its first
// page, one far behind it, a folder, an object, the project, its ledger, and today.
async fn looked_at(objects: u64) {
    let node = Node::planet(91).await;
    let begun = Instant::now();
    node.deliver(0, objects).await;
    let delivered = begun.elapsed();
    let world = World::over(&node.world, node.region.clone(), node.world.soil.clone());
    let at = listen(&world, Place::Inside, None).await;
    let house = House { world, at };
    let (cookie, carla) = (house.cookie_inside("rita").await, house.cookie_inside("carla").await);
    let bucket = "/projects/planet/buckets/bari";
    let year = house.get(&cookie, bucket).await;
    let folders = link(&year.body, &format!("{bucket}?in=")).unwrap();
    let folders = house.get(&cookie, &folders).await;
    let folder = link(&folders.body, &format!("{bucket}?in=")).unwrap();
    let (_, more) = folders.body.rsplit_once(&format!("href=\"{bucket}?in=")).unwrap();
    let further = link(&format!("href=\"{bucket}?in={more}"), bucket).unwrap();
    assert!(further.contains("&after="), "there is more than a page of folders: {further}");
    let behind = house.get(&cookie, &further).await.body;
    assert_ne!(
        link(&behind, &format!("{bucket}?in=")).as_ref(),
        Some(&folder),
        "the next page is another one"
    );
    let page = house.get(&cookie, &folder).await.body;
    let object = link(&page, &format!("{bucket}/objects/"));
    let object = object.unwrap_or_else(|| panic!("no object in {folder}"));
    println!("{objects} objects, delivered in {delivered:.0?}");
    let all = [
        ("today", &cookie, "/"),
        ("project", &cookie, "/projects/planet"),
        ("bucket", &cookie, bucket),
        ("further", &cookie, &further),
        ("folder", &cookie, &folder),
        ("object", &cookie, &object),
        ("leaves", &carla, "/projects/planet/ledger"),
        ("search", &carla, "/projects/planet/ledger?act=permit.grant"),
    ];
    for (name, cookie, path) in all {
        let (median, late) = look(&house, cookie, path).await;
        println!(
            "{name:8} median {:6.1} ms, p95 {:6.1} ms",
            1e3 * median.as_secs_f64(),
            1e3 * late.as_secs_f64()
        );
        assert!(late < SLOWEST, "{name}");
    }
    node.region.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_come_quickly() {
    looked_at(3_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "20 minutes; ./test --full runs it, EPIC_OBJECTS says how many"]
async fn full_pages_of_a_million_objects_come_quickly() {
    looked_at(number("EPIC_OBJECTS").unwrap_or(1_000_000)).await;
}
