//! The refusal matrix: each no has its exact reason, changes nothing and is recorded.

use futures::StreamExt;
use region::object::list::{Wanted, list};
use region::object::put::{Extra, put};
use region::object::read::{get, probe};
use region::twin::{Soil, World};
use serde_json::json;
use trial::kit::{PROJECT, body, get_deed, put_deed, read, store};
use words::act::{ObjectList, ObjectProbe};
use words::{Actor, Clock, Place, Reason, Refusal};

use crate::ground::{desk, dina, pass_ms, refused, until};

async fn world(seed: u64) -> World {
    World::planet(Soil::new(seed)).await.unwrap()
}

/// One more hospital, whose agreement is offered and signed by the controller's side alone.
pub async fn foggia(world: &World, retention_days: u64) {
    world
        .act("olga", "organisation.register", json!({ "alias": "foggia", "name": "AOU Foggia" }))
        .await
        .unwrap();
    for role in ["sara", "steo", "dina"] {
        world.enrol(&format!("{role}-foggia"), "foggia").await.unwrap();
    }
    world.give("olga", "sara-foggia", "signatory", Some("foggia")).await.unwrap();
    world.give("sara-foggia", "steo-foggia", "steward", Some("foggia")).await.unwrap();
    let draft = json!({
        "alias": "planet-foggia", "project": PROJECT, "provider": "foggia", "parties": [], "purpose": "pollution and Covid-19",
        "categories": ["clinical"], "service_model": "saas", "places": ["bologna"], "sub_processors": [],
        "retention_days": retention_days, "starts": "2027-01-01", "ends": "2028-01-01",
    });
    world.act("carla", "agreement.draft", draft).await.unwrap();
    world.act("carla", "agreement.offer", json!({ "agreement": "planet-foggia" })).await.unwrap();
    world.sign("sergio", "planet-foggia", "iss").await.unwrap();
    let bucket = json!({ "project": PROJECT, "bucket": "foggia", "agreement": "planet-foggia" });
    world.act("carla", "bucket.create", bucket).await.unwrap();
    world.grant("foggia", "127.0.0.0/8").await.unwrap();
}

#[tokio::test]
async fn nothing_is_written_before_every_party_has_signed() {
    let world = world(1).await;
    foggia(&world, 0).await;
    let dina = dina(&world, "foggia").await;
    let early = store(&world.region, &dina, "foggia", "a", b"early");
    refused(&world, Reason::AgreementMissing, "a write before both signatures", early).await;
    world.sign("sara-foggia", "planet-foggia", "foggia").await.unwrap();
    store(&world.region, &dina, "foggia", "a", b"in time").await.unwrap();
}

#[tokio::test]
async fn nothing_is_written_after_the_end_or_while_suspended() {
    let world = world(2).await;
    let dina = dina(&world, "bari").await;
    let write = || store(&world.region, &dina, "bari", "a", b"late");
    let of_bari = |reason: &str| json!({ "agreement": "planet-bari", "reason": reason });
    world.act("carla", "agreement.suspend", of_bari("a doubt")).await.unwrap();
    refused(&world, Reason::AgreementSuspended, "a write while suspended", write()).await;
    world.act("carla", "agreement.resume", json!({ "agreement": "planet-bari" })).await.unwrap();
    write().await.unwrap();
    world.act("sara-bari", "agreement.end", of_bari("over")).await.unwrap();
    refused(&world, Reason::AgreementEnded, "a write after a party ended it", write()).await;

    until(&world, "2027-12-20T00:00:00Z").await;
    world.permit("permit-1", PROJECT, "2027-01-01", "2028-06-30").await.unwrap();
    world.act("rita", "bucket.create", json!({ "project": PROJECT, "bucket": "results" })).await.unwrap();
    let (_, rita) = desk(&world).await;
    until(&world, "2028-01-01T00:00:00Z").await;
    store(&world.region, &rita, "results", "a", b"at the last moment").await.unwrap();
    pass_ms(&world, 1).await;
    let late = store(&world.region, &rita, "results", "b", b"late");
    refused(&world, Reason::AgreementEnded, "a write one millisecond after the end", late).await;
}

#[tokio::test]
async fn another_tenants_project_does_not_exist() {
    let world = world(3).await;
    world
        .act("olga", "organisation.register", json!({ "alias": "acc", "name": "Alleanza Contro il Cancro" }))
        .await
        .unwrap();
    world
        .act("olga", "tenant.open", json!({ "alias": "acc", "name": "ACC", "organisation": "acc" }))
        .await
        .unwrap();
    for person in ["ada", "anton"] {
        world.enrol(person, "acc").await.unwrap();
    }
    world.give("olga", "anton", "signatory", Some("acc")).await.unwrap();
    world.give("anton", "ada", "controller", Some("acc")).await.unwrap();
    let fields = json!({ "alias": "acc-genomes", "tenant": "acc", "tier": 3, "environment": "production", "purpose": "cancer" });
    world.act("ada", "project.open", fields).await.unwrap();
    let (_, rita) = desk(&world).await;
    let mut deed = put_deed("results", "a");
    deed.project = "acc-genomes".into();
    let elsewhere = put(&world.region, &rita, deed, Extra::default(), body(b"there"));
    assert_eq!(crate::ground::reason(elsewhere.await), Reason::NotFound);
    assert_eq!(
        crate::ground::reason(
            world
                .act("carla", "project.halt", json!({ "project": "acc-genomes", "reason": "curious" }))
                .await
        ),
        Reason::NotFound
    );
    let shown = world.act("rita", "project.show", json!({})).await.unwrap();
    assert_eq!(shown.answer.as_array().unwrap().len(), 1, "another tenant's project is shown");
}

#[tokio::test]
async fn nothing_is_read_without_a_permit_in_force_or_from_outside() {
    let world = world(4).await;
    let (access, rita) = desk(&world).await;
    store(&world.region, &dina(&world, "bari").await, "bari", "a", b"sealed").await.unwrap();
    refused(
        &world,
        Reason::PermitMissing,
        "a read without a permit",
        read(&world.region, &rita, "bari", "a"),
    )
    .await;
    world.permit("permit-1", PROJECT, "2027-01-11", "2027-01-20T12:00:00Z").await.unwrap();
    refused(
        &world,
        Reason::PermitNotYet,
        "a read before the permit",
        read(&world.region, &rita, "bari", "a"),
    )
    .await;
    until(&world, "2027-01-20T12:00:00Z").await;
    let (bytes, leaf) = read(&world.region, &rita, "bari", "a").await.unwrap();
    assert!(bytes == b"sealed" && leaf.is_some(), "the last moment counts, and leaves a leaf");
    let outside = world.with(&access, Place::Outside).await.unwrap();
    refused(&world, Reason::PlaceOutside, "a read from outside", read(&world.region, &outside, "bari", "a"))
        .await;
    let bare = world.actor("rita");
    refused(&world, Reason::PlaceOutside, "a read with the own key", read(&world.region, &bare, "bari", "a"))
        .await;
    pass_ms(&world, 1).await;
    refused(
        &world,
        Reason::PermitEnded,
        "a read one millisecond late",
        read(&world.region, &rita, "bari", "a"),
    )
    .await;
    pass_ms(&world, 999).await;
    refused(&world, Reason::PermitEnded, "a read one second late", read(&world.region, &rita, "bari", "a"))
        .await;
}

fn conditional() -> words::act::ObjectPut {
    let mut deed = put_deed("bari", "a");
    deed.condition = Some("absent".into());
    deed
}

#[tokio::test]
async fn a_grant_delivers_and_does_nothing_else() {
    let world = world(5).await;
    let dina = dina(&world, "bari").await;
    let region = &world.region;
    store(region, &dina, "bari", "a", b"delivered").await.unwrap();
    refused(&world, Reason::GrantWriteOnly, "reading under a grant", read(region, &dina, "bari", "a")).await;
    let deed = ObjectProbe { project: PROJECT.into(), bucket: "bari".into(), key: "a".into(), version: None };
    refused(&world, Reason::GrantWriteOnly, "probing under a grant", probe(region, &dina, &deed)).await;
    let deed = ObjectList { project: PROJECT.into(), bucket: "bari".into(), prefix: None, page: None };
    refused(
        &world,
        Reason::GrantWriteOnly,
        "listing under a grant",
        list(region, &dina, &deed, &Wanted::default()),
    )
    .await;
    let probing = put(region, &dina, conditional(), Extra::default(), body(b"?"));
    refused(&world, Reason::GrantWriteOnly, "asking by a condition", probing).await;
    let elsewhere = Actor { address: "192.0.2.7".parse().unwrap(), ..dina.clone() };
    refused(
        &world,
        Reason::GrantAddress,
        "delivering from elsewhere",
        store(region, &elsewhere, "bari", "b", b"?"),
    )
    .await;
    refused(
        &world,
        Reason::GrantElsewhere,
        "delivering to another",
        store(region, &dina, "bologna", "b", b"?"),
    )
    .await;
    world.act("steo-bari", "grant.revoke", json!({ "grant": "deliver-bari" })).await.unwrap();
    refused(
        &world,
        Reason::GrantEnded,
        "delivering after revocation",
        store(region, &dina, "bari", "b", b"?"),
    )
    .await;
}

#[tokio::test]
async fn a_halted_locked_or_erased_project_refuses() {
    let world = world(6).await;
    let (dina, (_, rita)) = (dina(&world, "bari").await, desk(&world).await);
    let region = &world.region;
    world.permit("permit-1", PROJECT, "2027-01-01", "2027-06-30").await.unwrap();
    store(region, &dina, "bari", "a", b"there").await.unwrap();
    world.act("carla", "project.halt", json!({ "project": PROJECT, "reason": "an incident" })).await.unwrap();
    refused(&world, Reason::ProjectHalted, "a write while halted", store(region, &dina, "bari", "b", b"?"))
        .await;
    refused(&world, Reason::ProjectHalted, "a read while halted", read(region, &rita, "bari", "a")).await;
    world.act("carla", "project.resume", json!({ "project": PROJECT })).await.unwrap();
    world.act("kurt", "key.lock", json!({ "project": PROJECT })).await.unwrap();
    refused(&world, Reason::ProjectLocked, "a read while locked", read(region, &rita, "bari", "a")).await;
    store(region, &dina, "bari", "b", b"a locked project still takes deliveries").await.unwrap();
    let unlock = json!({ "project": PROJECT });
    refused(
        &world,
        Reason::OwnRequest,
        "unlocking one's own lock",
        world.act("kurt", "key.unlock", unlock.clone()),
    )
    .await;
    world.act("kim", "key.unlock", unlock).await.unwrap();
    assert_eq!(read(region, &rita, "bari", "a").await.unwrap().0, b"there");
    let erase = json!({ "project": PROJECT, "reason": "the study is over" });
    world.act("kurt", "key.erase-project", erase).await.unwrap();
    assert_eq!(crate::ground::reason(read(region, &rita, "bari", "a").await), Reason::ProjectErased);
    assert_eq!(crate::ground::reason(store(region, &dina, "bari", "c", b"?").await), Reason::ProjectErased);
}

#[tokio::test]
async fn nobody_signs_for_another_or_decides_on_their_own_request() {
    let world = world(7).await;
    foggia(&world, 0).await;
    let digest = world.digest("planet-foggia").await.unwrap();
    let sign = |party: &str| json!({ "agreement": "planet-foggia", "party": party, "digest": digest });
    refused(
        &world,
        Reason::OtherParty,
        "the controller's side signing for the hospital",
        world.act("sergio", "agreement.sign", sign("foggia")),
    )
    .await;
    let wrong = json!({ "agreement": "planet-foggia", "party": "foggia", "digest": "00" });
    refused(
        &world,
        Reason::TermsChanged,
        "signing other terms",
        world.act("sara-foggia", "agreement.sign", wrong),
    )
    .await;
    let permit = json!({
        "alias": "permit-own", "project": PROJECT, "persons": ["rita", "carla"], "buckets": [], "purpose": "association study",
        "legal_basis": "GDPR Art. 9(2)(j)", "ethics": null, "starts": "2027-01-01", "ends": "2027-06-30",
    });
    world.act("rita", "permit.request", permit).await.unwrap();
    let grant = json!({ "permit": "permit-own" });
    refused(
        &world,
        Reason::OwnRequest,
        "granting a permit to oneself",
        world.act("carla", "permit.grant", grant),
    )
    .await;
    let deliver = json!({
        "alias": "deliver-own", "agreement": "planet-bari", "person": "steo-bari", "bucket": "bari",
        "address": "127.0.0.0/8", "starts": "2027-01-01", "ends": "2027-12-31",
    });
    refused(&world, Reason::OwnRequest, "a grant to oneself", world.act("steo-bari", "grant.issue", deliver))
        .await;
    let role = json!({ "person": "carla", "role": "researcher", "at": PROJECT });
    refused(&world, Reason::OwnRole, "a role for oneself", world.act("carla", "role.grant", role)).await;
}

#[tokio::test]
async fn nobody_approves_or_releases_their_own_results() {
    let world = world(8).await;
    world.permit("permit-1", PROJECT, "2027-01-01", "2027-06-30").await.unwrap();
    world.act("rita", "bucket.create", json!({ "project": PROJECT, "bucket": "results" })).await.unwrap();
    let (_, rita) = desk(&world).await;
    store(&world.region, &rita, "results", "table", b"counts").await.unwrap();
    let draft = json!({ "alias": "out-1", "project": PROJECT, "objects": ["results/table"], "context": "counts above 10" });
    world.act("rita", "airlock.draft", draft).await.unwrap();
    let approve = json!({ "project": PROJECT, "airlock": "out-1", "note": "fine" });
    let release = json!({ "project": PROJECT, "airlock": "out-1", "ends": "2027-03-01" });
    refused(
        &world,
        Reason::OwnRequest,
        "approving one's own",
        world.act("rita", "airlock.approve", approve.clone()),
    )
    .await;
    refused(
        &world,
        Reason::OwnRequest,
        "releasing one's own",
        world.act("rita", "airlock.release", release.clone()),
    )
    .await;
    refused(
        &world,
        Reason::ApprovalsMissing,
        "releasing unchecked",
        world.act("carla", "airlock.release", release.clone()),
    )
    .await;
    world.act("rolf", "airlock.approve", approve).await.unwrap();
    refused(
        &world,
        Reason::ApprovalsMissing,
        "releasing after one check at tier 2",
        world.act("carla", "airlock.release", release),
    )
    .await;
}

/// Opens a large object, reads its first bytes, lets something happen, and reads on.
async fn cut<F: Future<Output = ()>>(world: &World, rita: &Actor, between: F) -> Result<usize, Refusal> {
    let mut reading =
        get(&world.region, rita, get_deed("bari", "large"), |row| Ok(0..row.size_bytes)).await?;
    let mut size_bytes = reading.body.next().await.unwrap()?.len();
    between.await;
    while let Some(next) = reading.body.next().await {
        size_bytes += next?.len();
    }
    Ok(size_bytes)
}

#[tokio::test]
async fn an_open_stream_ends_when_its_permit_does() {
    let world = world(9).await;
    world.permit("permit-1", PROJECT, "2027-01-01", "2027-01-10T10:00:00Z").await.unwrap();
    let (_, rita) = desk(&world).await;
    let large = vec![7; 6 << 20];
    store(&world.region, &dina(&world, "bari").await, "bari", "large", &large).await.unwrap();
    let whole = cut(&world, &rita, pass_ms(&world, 4_000)).await;
    assert_eq!(whole.unwrap(), large.len(), "time alone does not cut a stream");
    let last = world.soil.clock.now();
    let late = cut(&world, &rita, async {
        until(&world, "2027-01-10T10:00:00Z").await;
        pass_ms(&world, 1_000).await;
    });
    assert_eq!(crate::ground::reason(late.await), Reason::PermitEnded, "a second past the end");
    world.soil.clock.set(last);
    world.region.confirm().await;
    let ended = cut(&world, &rita, async {
        let end = json!({ "permit": "permit-1", "reason": "misuse" });
        world.act("carla", "permit.end", end).await.unwrap();
    });
    assert_eq!(crate::ground::reason(ended.await), Reason::PermitEnded, "at once after the end was decided");
}

// Goal: a public key is one person's for ever. Method: the same key under another name, at another
// house, and after its person was suspended; then a key of one's own.
#[tokio::test]
async fn nobody_is_enrolled_under_a_key_that_is_somebody_s() {
    let world = world(12).await;
    let organisation = json!({ "alias": "foggia", "name": "AOU Foggia" });
    world.act("olga", "organisation.register", organisation).await.unwrap();
    let enrol = |alias: &str, of: &str| {
        let key = gate::identify::key_text::public_text(World::key(of).unwrap().public());
        json!({ "alias": alias, "name": "N", "email": "n@f.example", "organisation": "foggia", "key": key })
    };
    let twice = || world.act("olga", "person.enrol", enrol("rita-again", "rita"));
    refused(&world, Reason::NameTaken, "a second person under rita's key", twice()).await;
    let detail = twice().await.unwrap_err().detail;
    assert!(!detail.contains("rita"), "it says whose the key is: {detail}");
    world.act("sergio", "person.suspend", json!({ "person": "rita", "reason": "left" })).await.unwrap();
    refused(&world, Reason::NameTaken, "a suspended person under another name", twice()).await;
    world.act("olga", "person.enrol", enrol("flora", "flora")).await.unwrap();
}
