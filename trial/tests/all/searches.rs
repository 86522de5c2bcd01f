//! Searches of a ledger, held against a plain look through all of it.

use region::twin::{Soil, World};
use serde_json::{Value, json};
use store::index::MemoryShelf;
use trial::kit::{PROJECT, store};
use words::{Actor, Reason};

use crate::ground::{desk, dina, pass_ms, reason, refused};

/// WHY: what one answer holds.
const PAGE: usize = 100;

async fn shown(world: &World, more: Value) -> Vec<Value> {
    let mut fields = json!({ "project": PROJECT });
    fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let shown = world.act("anna", "ledger.show", fields).await.unwrap().answer;
    shown.as_array().unwrap().clone()
}

/// Every leaf, page by page.
async fn all(world: &World) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    loop {
        let after = all.last().map_or(0, |leaf| leaf["leaf"].as_u64().unwrap());
        let page = shown(world, json!({ "after": after })).await;
        // WHY not until nothing comes: each look is a leaf.
        let is_last = page.len() < PAGE;
        all.extend(page);
        if is_last {
            return all;
        }
    }
}

/// Whether a leaf fits, as anybody would say it.
fn fits(leaf: &Value, search: &Value) -> bool {
    let is = |name: &str, field: &str| search.get(name).is_none_or(|wanted| leaf[field] == *wanted);
    let holds = |name: &str| {
        let subjects = leaf["subjects"].as_array().cloned().unwrap_or_default();
        search.get(name).is_none_or(|wanted| subjects.contains(wanted))
    };
    let time = leaf["time"].as_str().unwrap_or_default();
    let number = leaf["leaf"].as_u64();
    is("person", "person")
        && is("act", "act")
        && holds("about")
        && search.get("from").is_none_or(|from| time >= from.as_str().unwrap())
        && search.get("until").is_none_or(|until| time <= until.as_str().unwrap())
        && search.get("before").is_none_or(|before| number < before.as_u64())
        && (search.get("refused").is_none() || !leaf["refused"].is_null())
}

async fn worked(world: &World) -> Actor {
    world.permit("permit-1", PROJECT, "2027-01-01", "2027-12-31").await.unwrap();
    world.act("rita", "bucket.create", json!({ "project": PROJECT, "bucket": "results" })).await.unwrap();
    let (_, rita) = desk(world).await;
    let dina = dina(world, "bari").await;
    for round in 0..70 {
        let key = format!("a{}", round % 3);
        store(&world.region, &rita, "results", &key, b"counts").await.unwrap();
        trial::kit::read(&world.region, &rita, "results", &key).await.unwrap();
        store(&world.region, &dina, "bari", &format!("d{round}"), b"delivered").await.unwrap();
        assert_eq!(
            reason(trial::kit::read(&world.region, &dina, "bari", "d0").await),
            Reason::GrantWriteOnly
        );
        pass_ms(world, 90_000).await;
    }
    world.region.flush_observations().await.unwrap();
    rita
}

// Goal: a search finds what is there, and nothing else. Method: searches of each kind and of several, against all leaves;
// again where the index was folded anew.
#[tokio::test]
async fn a_search_finds_what_a_look_through_all_would() {
    let mut world = World::planet(Soil::new(201)).await.unwrap();
    let rita = worked(&world).await;
    let whole = all(&world).await;
    assert!(whole.len() > 2 * PAGE, "{}", whole.len());
    let middle = &whole[whole.len() / 2];
    let stored = whole.iter().find(|leaf| leaf["act"] == "object.put").unwrap();
    let object =
        stored["subjects"].as_array().unwrap().iter().find(|of| of.as_str().unwrap().starts_with("object:"));
    let (rita, object) = (json!(rita.person.to_string()), object.unwrap().clone());
    let searches = [
        json!({ "person": rita }),
        json!({ "act": "object.get" }),
        json!({ "about": object }),
        json!({ "refused": "yes" }),
        json!({ "person": rita, "act": "object.put" }),
        json!({ "from": middle["time"] }),
        json!({ "until": middle["time"] }),
        json!({ "until": middle["time"], "person": rita }),
        json!({ "before": middle["leaf"] }),
        json!({ "before": middle["leaf"], "act": "object.put" }),
        json!({ "act": "object.get", "refused": "yes", "from": middle["time"] }),
        json!({ "act": "no.such" }),
    ];
    world.soil.shelf = MemoryShelf::default();
    let again = world.reopen().await.unwrap();
    for world in [&world, &again] {
        for search in &searches {
            let fitting: Vec<_> = whole.iter().filter(|leaf| fits(leaf, search)).collect();
            let newest = &fitting[fitting.len().saturating_sub(PAGE)..];
            let found = shown(world, search.clone()).await;
            // What this search and those before it left in the ledger is newer than what was looked through.
            let last = whole.last().unwrap()["leaf"].as_u64();
            let is_full = found.len() == PAGE;
            let found: Vec<_> = found.iter().filter(|leaf| leaf["leaf"].as_u64() <= last).collect();
            assert!(
                is_full || found.len() == fitting.len(),
                "{search}: {} of {}",
                found.len(),
                fitting.len()
            );
            let newest = &newest[newest.len().saturating_sub(found.len())..];
            assert!(found == newest, "{search}: {} and {}", found.len(), newest.len());
            let is_expected = search["act"] == "no.such" || !found.is_empty();
            assert!(is_expected, "{search} finds nothing");
        }
        // By name as by id; a name that nobody has finds nothing, like a person who did nothing.
        assert!(!shown(world, json!({ "person": "rita" })).await.is_empty());
        assert!(shown(world, json!({ "person": "nobody-at-all" })).await.is_empty());
    }
    let wrong = again.act("anna", "ledger.show", json!({ "project": PROJECT, "refused": "maybe" }));
    refused(&again, Reason::Invalid, "a search that means nothing", wrong).await;
    let rita = again.act("rita", "ledger.show", json!({ "project": PROJECT, "person": "rita" }));
    refused(&again, Reason::RoleMissing, "a researcher searching", rita).await;
}
