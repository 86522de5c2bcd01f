//! What a row or a refusal tells nobody it is not about: grants, permits, buckets behind them.

use region::twin::{Soil, World};
use serde_json::{Value, json};
use trial::kit::PROJECT;
use words::{Place, Reason};

use crate::ground::{reason, refused};

async fn world(seed: u64) -> World {
    World::planet(Soil::new(seed)).await.unwrap()
}

async fn permit(world: &World, alias: &str, person: &str, buckets: &[&str]) {
    let fields = json!({
        "alias": alias, "project": PROJECT, "persons": [person], "buckets": buckets, "purpose": "association study",
        "legal_basis": "GDPR Art. 9(2)(j)", "ethics": null, "starts": "2027-01-01", "ends": "2027-06-30",
    });
    world.act("rita", "permit.request", fields).await.unwrap();
    world.act("carla", "permit.grant", json!({ "permit": alias })).await.unwrap();
}

async fn shown(world: &World, who: &str, act: &str, noun: &str) -> Vec<String> {
    let shown = world.act(who, act, json!({})).await.unwrap().answer;
    let name = |row: &Value| row[noun].as_str().unwrap().to_owned();
    shown.as_array().unwrap().iter().map(name).collect()
}

// Goal: where a hospital delivers and from which network is told to its own people, to who governs and to nobody
// else. Method: everybody looks, at all and at one by its name.
#[tokio::test]
async fn a_grant_is_shown_to_its_own_hospital() {
    let world = world(81).await;
    let all = ["deliver-bari", "deliver-bologna", "deliver-catania"];
    for (who, expected) in [
        ("steo-bari", &all[..1]),
        ("sara-bari", &all[..1]),
        ("dina-bari", &all[..1]),
        ("steo-catania", &all[2..]),
        ("carla", &all[..]),
        ("olga", &all[..]),
        ("kurt", &all[..]),
        ("anna", &all[..]),
        ("rita", &all[..0]),
        ("rolf", &all[..0]),
        ("sergio", &all[..0]),
    ] {
        let mut grants = shown(&world, who, "grant.show", "grant").await;
        grants.sort_unstable();
        assert_eq!(grants, expected, "{who}");
    }
    let one = json!({ "grant": "deliver-catania" });
    for who in ["steo-bari", "dina-bari", "rita"] {
        let found = world.act(who, "grant.show", one.clone()).await.unwrap().answer;
        let lost = world.act(who, "grant.show", json!({ "grant": "deliver-nobody" })).await.unwrap().answer;
        assert_eq!(found, lost, "{who}");
    }
    assert_eq!(world.act("carla", "grant.show", one).await.unwrap().answer[0]["bucket"], "catania");
}

// Goal: who may use what for which purpose is told to whom it concerns. Method: one permit for its requester, one for another.
#[tokio::test]
async fn a_permit_is_shown_to_whom_it_concerns() {
    let world = world(82).await;
    world.enrol_by("sergio", "rosa", "iss").await.unwrap();
    world.give("carla", "rosa", "researcher", Some(PROJECT)).await.unwrap();
    permit(&world, "permit-rita", "rita", &["results"]).await;
    permit(&world, "permit-rosa", "rosa", &["bari"]).await;
    let all = ["permit-rita", "permit-rosa"];
    for (who, expected) in [
        ("rita", &all[..]),
        ("rosa", &all[1..]),
        ("carla", &all[..]),
        ("rolf", &all[..]),
        ("olga", &all[..]),
        ("anna", &all[..]),
        ("sergio", &all[..0]),
        ("sara-bari", &all[..0]),
        ("steo-bari", &all[..0]),
        ("dina-bari", &all[..0]),
    ] {
        let mut permits = shown(&world, who, "permit.show", "permit").await;
        permits.sort_unstable();
        assert_eq!(permits, expected, "{who}");
    }
}

// Goal: who leaves a project ends their own key to it. Method: without part any more, own, another's, once and again.
#[tokio::test]
async fn who_left_a_project_revokes_their_own_credential() {
    let world = world(83).await;
    let own = world.credential("rita", PROJECT, Place::Outside, None).await.unwrap();
    let other = world.credential("rolf", PROJECT, Place::Outside, None).await.unwrap();
    let role = json!({ "person": "rita", "role": "researcher", "at": PROJECT });
    world.act("carla", "role.revoke", role).await.unwrap();
    let revoke = |id: &str| world.act("rita", "credential.revoke", json!({ "credential": id }));
    refused(&world, Reason::NotFound, "another's credential", revoke(&other.id)).await;
    let again = json!({ "project": PROJECT, "place": "outside", "ends": "2027-02-01" });
    let again = world.act("rita", "credential.issue", again);
    refused(&world, Reason::NotFound, "a new credential", again).await;
    revoke(&own.id).await.unwrap();
    assert_eq!(reason(world.with(&own, Place::Outside).await), Reason::CredentialEnded);
    refused(&world, Reason::AlreadyDone, "revoking it again", revoke(&own.id)).await;
}
