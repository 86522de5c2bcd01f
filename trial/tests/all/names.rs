//! Names: what data are called dies with the data, in the root as in the project.

use region::Region;
use region::twin::{Soil, World};
use serde_json::{Value, json};
use store::custody::Custody;
use store::index::KeyRange;
use trial::kit::PROJECT;
use words::Id;
use words::noun::{Cell, ROOT_CELL};

use crate::ground::{REBUILT, commits, project};

const PREFIX: &str = "rossi-maria/";
const BUCKET: &str = "family-of-maria";

/// A grant and a permit that name data.
async fn named() -> World {
    let world = World::planet(Soil::new(31)).await.unwrap();
    let grant = json!({
        "alias": "deliver-more", "agreement": "planet-bari", "person": "dina-bari", "bucket": "bari",
        "prefix": PREFIX, "address": "127.0.0.0/8", "starts": "2027-01-01", "ends": "2027-12-31",
    });
    world.act("steo-bari", "grant.issue", grant).await.unwrap();
    let permit = json!({
        "alias": "permit-1", "project": PROJECT, "persons": ["rita"], "buckets": [BUCKET], "purpose": "association study",
        "legal_basis": "GDPR Art. 9(2)(j)", "ethics": "CE-2027-14", "starts": "2027-01-01", "ends": "2027-06-30",
    });
    world.act("rita", "permit.request", permit).await.unwrap();
    world.act("carla", "permit.grant", json!({ "permit": "permit-1" })).await.unwrap();
    world
}

/// One more agreement with Bari.
fn agreement(alias: &str) -> Value {
    json!({
        "alias": alias, "project": PROJECT, "provider": "bari", "parties": [], "purpose": "more of it",
        "categories": ["clinical"], "service_model": "saas", "places": ["bologna"], "sub_processors": [],
        "retention_days": 0, "starts": "2027-01-01", "ends": "2028-01-01",
    })
}

/// How often a cell says a text, in its log as today's keys open it and in its index.
async fn said(region: &Region, cell: Id<Cell>, text: &str) -> usize {
    let says = |bytes: &[u8]| usize::from(bytes.windows(text.len()).any(|window| window == text.as_bytes()));
    let of_row = |key: &[u8], value: &[u8]| says(key) + says(value);
    let mut found = 0;
    for commit in commits(&region.ground().bucket, region, cell).await {
        let rows = commit.rows.iter().map(|(key, value)| of_row(key, value.as_deref().unwrap_or_default()));
        let details = commit.leaves.iter().filter_map(|leaf| leaf.detail.as_deref()).map(says);
        found += rows.chain(details).sum::<usize>();
    }
    let rebuilt = region.ground().rebuild(cell, REBUILT).await.unwrap();
    let rows = rebuilt.index.scan(KeyRange::all(), usize::MAX).await.unwrap();
    found + rows.iter().map(|row| of_row(&row.key, &row.value)).sum::<usize>()
}

#[tokio::test]
async fn names_in_grants_die_with_their_agreement() {
    let world = named().await;
    assert!(said(&world.region, ROOT_CELL, PREFIX).await > 0, "it was never said");
    let withdraw =
        json!({ "project": PROJECT, "agreement": "planet-bari", "reason": "the hospital withdraws" });
    world.act("kurt", "key.erase-scope", withdraw).await.unwrap();
    assert_eq!(said(&world.region, ROOT_CELL, PREFIX).await, 0, "it outlived its agreement");
    let shown = world.act("carla", "grant.show", json!({})).await.unwrap().answer;
    let grant = |alias: &str| shown.as_array().unwrap().iter().find(|grant| grant["grant"] == alias).unwrap();
    assert_eq!(grant("deliver-more")["bucket"], json!(null), "that there was a grant is told, not where");
    assert_eq!(grant("deliver-catania")["bucket"], "catania", "another hospital's names are gone too");
    let again = json!({
        "alias": "deliver-again", "agreement": "planet-bari", "person": "dina-bari", "bucket": "bari",
        "address": "127.0.0.0/8", "starts": "2027-01-01", "ends": "2027-12-31",
    });
    let refused = world.act("steo-bari", "grant.issue", again).await.unwrap_err();
    assert_eq!(refused.reason, words::Reason::ScopeErased);
}

#[tokio::test]
async fn names_in_permits_die_with_their_project_and_the_permit_is_told_for_ever() {
    let world = named().await;
    let cell = project(&world.region).await;
    assert!(said(&world.region, ROOT_CELL, BUCKET).await > 0);
    assert!(said(&world.region, cell, "bologna").await > 0);
    let end = json!({ "project": PROJECT, "reason": "the study is over" });
    world.act("kurt", "key.erase-project", end).await.unwrap();
    for text in [BUCKET, PREFIX] {
        assert_eq!(said(&world.region, ROOT_CELL, text).await, 0, "`{text}` outlived its project");
    }
    for text in ["association study", "GDPR Art. 9(2)(j)", "permit-1", "deliver-catania"] {
        assert!(
            said(&world.region, ROOT_CELL, text).await > 0,
            "nobody can tell any more that there was `{text}`"
        );
    }
}

#[tokio::test]
async fn names_of_data_that_never_came_are_destroyed_too() {
    let world = named().await;
    world.act("carla", "agreement.draft", agreement("planet-more")).await.unwrap();
    world.act("carla", "agreement.offer", json!({ "agreement": "planet-more" })).await.unwrap();
    world.sign("sergio", "planet-more", "iss").await.unwrap();
    world.sign("sara-bari", "planet-more", "bari").await.unwrap();
    let grant = json!({
        "alias": "deliver-early", "agreement": "planet-more", "person": "dina-bari", "bucket": "not-yet",
        "prefix": "verdi-anna/", "address": "127.0.0.0/8", "starts": "2027-01-01", "ends": "2027-12-31",
    });
    world.act("steo-bari", "grant.issue", grant).await.unwrap();
    assert!(said(&world.region, ROOT_CELL, "verdi-anna/").await > 0);
    let withdraw =
        json!({ "project": PROJECT, "agreement": "planet-more", "reason": "the hospital withdraws" });
    world.act("kurt", "key.erase-scope", withdraw).await.unwrap();
    assert_eq!(said(&world.region, ROOT_CELL, "verdi-anna/").await, 0);
}

// Goal: a refused act costs custody nothing. Method: drafts, openings and enrolments under names that are taken.
#[tokio::test]
async fn a_refused_draft_leaves_no_key() {
    let world = named().await;
    let keys = || world.soil.custody.names().unwrap().len();
    let before = keys();
    let project = json!({
        "alias": PROJECT, "tenant": "planet-study", "tier": 2, "environment": "test", "purpose": "again",
    });
    for (act, deed) in [("agreement.draft", agreement("planet-bari")), ("project.open", project)] {
        let refused = world.act("carla", act, deed).await.unwrap_err();
        assert_eq!(refused.reason, words::Reason::NameTaken, "{act}");
    }
    let enrolled = world.enrol_by("olga", "carla", "iss").await.unwrap_err();
    assert_ne!(enrolled.reason, words::Reason::NotFound);
    assert_eq!(keys(), before);
}
