//! What is kept: retention by one date for every act, deliveries never overwritten.

use proptest::prelude::*;
use region::noun::agreement::{AgreementRow, Terms};
use region::object::put::Stored;
use region::twin::{Soil, World};
use region::{Region, facts};
use serde_json::json;
use trial::kit::{PROJECT, read, store};
use words::act::{KeyEraseProject, KeyEraseScope, ObjectDelete};
use words::time::DAY_MS;
use words::{Actor, Id, Place, Reason, Refusal, Timestamp};

use crate::ground::{desk, dina, project, reason, refused, until};
use crate::refusals::foggia;

/// A hospital whose agreement keeps what it delivers for so many days, with one object delivered now.
async fn kept(seed: u64, days: u64) -> (World, Actor, Stored) {
    let world = World::planet(Soil::new(seed)).await.unwrap();
    foggia(&world, days).await;
    world.sign("sara-foggia", "planet-foggia", "foggia").await.unwrap();
    let stored = store(&world.region, &dina(&world, "foggia").await, "foggia", "a", b"kept").await.unwrap();
    let access = world.credential("carla", PROJECT, Place::Inside, None).await.unwrap();
    let carla = world.with(&access, Place::Inside).await.unwrap();
    (world, carla, stored)
}

fn delete(stored: &Stored) -> ObjectDelete {
    let (bucket, key, version) = ("foggia".into(), "a".into(), stored.version.clone());
    let (condition, bypass) = (None, None);
    ObjectDelete { project: PROJECT.into(), bucket, key, version, condition, bypass }
}

/// What each act that lets data go is told at this moment, without doing it.
async fn told(region: &Region, carla: &Actor, kurt: &Actor, stored: &Stored) -> [Result<(), Reason>; 3] {
    let cell = region.cell(project(region).await).await.unwrap();
    let (reason, agreement) = (String::from("over"), String::from("planet-foggia"));
    let scope = KeyEraseScope { project: PROJECT.into(), agreement, reason: reason.clone() };
    let all = KeyEraseProject { project: PROJECT.into(), reason };
    let why = |refusal: Refusal| refusal.reason;
    [
        region.allow(carla, &delete(stored), Some(&cell)).await.map(drop).map_err(why),
        region.allow(kurt, &scope, Some(&cell)).await.map(drop).map_err(why),
        region.allow(kurt, &all, Some(&cell)).await.map(drop).map_err(why),
    ]
}

// Goal: one date for all. Method: any day's length of retention, any moment around its end.
#[tokio::test]
async fn deleting_and_erasing_wait_for_the_same_moment() {
    for (seed, days) in [(51, 1), (52, 9), (53, 25)] {
        let (world, carla, stored) = kept(seed, days).await;
        let kurt = world.actor("kurt");
        let day = stored.row.at.ms().div_euclid(DAY_MS) + i64::try_from(days).unwrap();
        let free_from = Timestamp::from_ms((day + 1) * DAY_MS);
        let around = [-DAY_MS, -DAY_MS + 1, -1, 0, 1, DAY_MS];
        for off_ms in around {
            until(&world, &free_from.plus_ms(off_ms).to_string()).await;
            let expected = if off_ms < 0 { Err(Reason::Retained) } else { Ok(()) };
            let all = told(&world.region, &carla, &kurt, &stored).await;
            assert_eq!(all, [expected; 3], "seed {seed}: {off_ms} ms from the end of {days} days");
        }
    }
}

// Goal: what is asked is also what is done. Method: each act for real, one moment before and at the end.
#[tokio::test]
async fn what_is_retained_goes_when_its_last_day_is_over() {
    let (world, carla, stored) = kept(54, 3).await;
    let erase = json!({ "project": PROJECT, "agreement": "planet-foggia", "reason": "over" });
    let all = json!({ "project": PROJECT, "reason": "over" });
    until(&world, "2027-01-13T23:59:59.999Z").await;
    let gone = region::object::change::delete(&world.region, &carla, delete(&stored));
    refused(&world, Reason::Retained, "deleting on the last day", gone).await;
    let erased = world.act("kurt", "key.erase-scope", erase.clone());
    refused(&world, Reason::Retained, "erasing on the last day", erased).await;
    let erased = world.act("kurt", "key.erase-project", all.clone());
    refused(&world, Reason::Retained, "erasing all on the last day", erased).await;
    until(&world, "2027-01-14T00:00:00Z").await;
    region::object::change::delete(&world.region, &carla, delete(&stored)).await.unwrap();
    world.act("kurt", "key.erase-scope", erase).await.unwrap();
    world.act("kurt", "key.erase-project", all).await.unwrap();
}

// Goal: no provider's retention keeps what the project made itself. Method: delete it at once.
#[tokio::test]
async fn a_project_s_own_results_are_kept_by_no_provider_s_retention() {
    let (world, _, _) = kept(55, 300).await;
    world.permit("permit-1", PROJECT, "2027-01-01", "2027-06-30").await.unwrap();
    world.act("rita", "bucket.create", json!({ "project": PROJECT, "bucket": "results" })).await.unwrap();
    let (_, rita) = desk(&world).await;
    store(&world.region, &rita, "results", "table", b"own").await.unwrap();
    let deed = ObjectDelete {
        project: PROJECT.into(),
        bucket: "results".into(),
        key: "table".into(),
        version: None,
        condition: None,
        bypass: None,
    };
    region::object::change::delete(&world.region, &rita, deed).await.unwrap();
    assert_eq!(reason(read(&world.region, &rita, "results", "table").await), Reason::NotFound);
}

/// An agreement of nobody that keeps data for so many days.
fn agreement(retention_days: u64) -> AgreementRow {
    let terms = Terms {
        purpose: String::new(),
        categories: Vec::new(),
        service_model: String::new(),
        places: Vec::new(),
        sub_processors: Vec::new(),
        retention_days,
        starts: Timestamp::default(),
        ends: Timestamp::default(),
        tier: None,
        onward: None,
    };
    AgreementRow {
        id: Id::from_bytes([1; 16]),
        alias: String::new(),
        project: Id::from_bytes([2; 16]),
        provider: Id::from_bytes([3; 16]),
        parties: Vec::new(),
        terms,
        author: Id::from_bytes([4; 16]),
        is_offered: true,
        signatures: Vec::new(),
        is_suspended: false,
        ended_at: None,
        stops: Vec::new(),
        wording: None,
        drafted_at: Timestamp::default(),
        document: None,
        scans: Vec::new(),
    }
}

proptest! {
    // Goal: a whole last day is kept and not a moment more. Method: any moment, any number of days.
    #[test]
    fn the_last_day_counts_in_full(at in 0..4_000_000_000_000_i64, days in 1..40_000_u64) {
        let agreement = agreement(days);
        let free_from = facts::retained(&agreement, Timestamp::from_ms(at)).unwrap();
        let kept_ms = free_from.since_ms(Timestamp::from_ms(at));
        let days = i64::try_from(days).unwrap();
        prop_assert!(kept_ms > days * DAY_MS && kept_ms <= (days + 1) * DAY_MS);
        prop_assert_eq!(free_from.ms() % DAY_MS, 0);
        prop_assert_eq!(facts::last_kept(free_from).plus_ms(1), free_from);
    }
}

#[test]
fn no_days_keep_nothing_and_endless_days_keep_for_ever() {
    assert_eq!(facts::retained(&agreement(0), Timestamp::from_ms(7)), None);
    let for_ever = facts::retained(&agreement(u64::MAX), Timestamp::from_ms(7)).unwrap();
    assert_eq!(for_ever, Timestamp::from_ms(i64::MAX));
}

fn versions(bucket: &str, versions: &str) -> serde_json::Value {
    json!({ "project": PROJECT, "bucket": bucket, "versions": versions })
}

// Goal: no delivery takes another's place. Method: deliver twice under one key, read the first by its version.
#[tokio::test]
async fn a_second_delivery_leaves_the_first_where_it_is() {
    let world = World::planet(Soil::new(56)).await.unwrap();
    world.permit("permit-1", PROJECT, "2027-01-01", "2027-06-30").await.unwrap();
    let (dina, (_, rita)) = (dina(&world, "bari").await, desk(&world).await);
    let first = store(&world.region, &dina, "bari", "a", b"first").await.unwrap();
    store(&world.region, &dina, "bari", "a", b"second").await.unwrap();
    assert_eq!(read(&world.region, &rita, "bari", "a").await.unwrap().0, b"second");
    let mut deed = trial::kit::get_deed("bari", "a");
    deed.version = first.version;
    let reading =
        region::object::read::get(&world.region, &rita, deed, |row| Ok(0..row.size_bytes)).await.unwrap();
    assert_eq!(trial::kit::drain(reading.body).await.unwrap(), b"first");
}

// Goal: versions are kept as long as somebody may deliver. Method: each state of the agreement, and an own bucket.
#[tokio::test]
async fn a_provider_s_bucket_keeps_versions_until_its_agreement_is_over() {
    let world = World::planet(Soil::new(57)).await.unwrap();
    let of_bari = json!({ "agreement": "planet-bari", "reason": "a doubt" });
    let off = || world.act("carla", "bucket.version", versions("bari", "suspended"));
    refused(&world, Reason::StateWrong, "no versions while an agreement is in force", off()).await;
    world.act("carla", "bucket.version", versions("bari", "enabled")).await.unwrap();
    world.act("carla", "agreement.suspend", of_bari.clone()).await.unwrap();
    refused(&world, Reason::StateWrong, "no versions while it is suspended", off()).await;
    foggia(&world, 0).await;
    let unsigned = world.act("carla", "bucket.version", versions("foggia", "suspended"));
    refused(&world, Reason::StateWrong, "no versions before it is signed", unsigned).await;
    world.act("carla", "agreement.end", of_bari).await.unwrap();
    off().await.unwrap();
    world.act("rita", "bucket.create", json!({ "project": PROJECT, "bucket": "results" })).await.unwrap();
    for to in ["enabled", "suspended"] {
        world.act("rita", "bucket.version", versions("results", to)).await.unwrap();
    }
    until(&world, "2028-01-01T00:00:00Z").await;
    let last = world.act("carla", "bucket.version", versions("bologna", "suspended"));
    refused(&world, Reason::StateWrong, "no versions at the agreement's last moment", last).await;
    until(&world, "2028-01-01T00:00:00.001Z").await;
    world.act("carla", "bucket.version", versions("bologna", "suspended")).await.unwrap();
}
