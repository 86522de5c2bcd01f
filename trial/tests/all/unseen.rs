//! What a row or a refusal tells nobody it is not about: grants, permits, buckets behind them.

use region::twin::{Soil, World};
use serde_json::{Value, json};
use trial::kit::{PROJECT, read, store};
use words::{Act, Actor, Place, Reason, Refusal};

use crate::ground::{desk, dina, reason, refused};
use crate::refusals::foggia;

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

/// What the acts on one bucket are refused with.
async fn told(world: &World, actor: &Actor, bucket: &str) -> Vec<Reason> {
    let region = &world.region;
    let of = json!({ "project": PROJECT, "bucket": bucket });
    let at = json!({ "project": PROJECT, "bucket": bucket, "key": "a" });
    let mut told = vec![
        reason(store(region, actor, bucket, "a", b"?").await),
        reason(read(region, actor, bucket, "a").await),
    ];
    for (act, fields) in [
        (Act::ObjectList, &of),
        (Act::UploadShow, &of),
        (Act::ObjectProbe, &at),
        (Act::ObjectDelete, &at),
        (Act::UploadStart, &at),
    ] {
        told.push(reason(region.perform(actor, act, fields.clone(), None).await));
    }
    told
}

async fn alike(world: &World, actor: &Actor, who: &str) {
    let of_nothing = told(world, actor, "nowhere").await;
    for bucket in ["bari", "catania", "foggia"] {
        assert_eq!(told(world, actor, bucket).await, of_nothing, "{bucket}: {who}");
    }
}

/// Bari's agreement suspended, Catania's ended, Foggia's not signed by all, Bologna's in force; each with its bucket.
async fn stopped(seed: u64) -> World {
    let world = world(seed).await;
    store(&world.region, &dina(&world, "bari").await, "bari", "a", b"delivered").await.unwrap();
    let of = |hospital: &str| json!({ "agreement": format!("planet-{hospital}"), "reason": "a doubt" });
    world.act("carla", "agreement.suspend", of("bari")).await.unwrap();
    world.act("carla", "agreement.end", of("catania")).await.unwrap();
    foggia(&world, 0).await;
    world
}

// Goal: a refusal does not tell whether a bucket is there to whom nothing opens it. Method: buckets of agreements
// suspended, ended and unsigned, and none, by a researcher without permit, with another one, and by a deliverer.
#[tokio::test]
async fn a_bucket_that_nothing_opens_is_refused_like_one_that_nobody_made() {
    let world = stopped(84).await;
    let (_, rita) = desk(&world).await;
    let write = |bucket: &'static str| store(&world.region, &rita, bucket, "a", b"?");
    alike(&world, &rita, "a researcher without a permit").await;
    assert_eq!(reason(write("bari").await), Reason::PermitMissing);
    permit(&world, "permit-results", "rita", &["results"]).await;
    alike(&world, &rita, "a researcher with a permit for another bucket").await;
    let dina = dina(&world, "bologna").await;
    alike(&world, &dina, "a deliverer to another bucket").await;
    assert_eq!(reason(store(&world.region, &dina, "bari", "a", b"?").await), Reason::GrantElsewhere);
    store(&world.region, &dina, "bologna", "a", b"delivered").await.unwrap();

    let of_bologna = json!({ "agreement": "planet-bologna", "reason": "a doubt" });
    world.act("carla", "agreement.suspend", of_bologna).await.unwrap();
    alike(&world, &rita, "while every agreement is stopped").await;
}

// Goal: to whom it is open a bucket says what is wrong with it. Method: the same buckets, with a permit for all and as their deliverer.
#[tokio::test]
async fn a_bucket_that_is_open_says_what_stops_a_write() {
    let world = stopped(85).await;
    let (_, rita) = desk(&world).await;
    let dina = dina(&world, "bari").await;
    permit(&world, "permit-all", "rita", &[]).await;
    let write = async |actor: &Actor, bucket: &str| -> Result<(), Refusal> {
        store(&world.region, actor, bucket, "a", b"?").await.map(drop)
    };
    for (bucket, expected) in [
        ("bari", Reason::AgreementSuspended),
        ("catania", Reason::AgreementEnded),
        ("foggia", Reason::AgreementMissing),
        ("nowhere", Reason::NotFound),
    ] {
        assert_eq!(reason(write(&rita, bucket).await), expected, "{bucket}");
    }
    assert_eq!(reason(write(&dina, "bari").await), Reason::AgreementSuspended);
}
