//! What one may not know of is refused, and shown, like what is not there.

use region::noun::{airlock, ledger};
use region::object::export::export;
use region::object::put::{Extra, put};
use region::object::read::get;
use region::twin::{Soil, World};
use region::upload::part;
use serde_json::{Value, json};
use trial::kit::{PROJECT, body, get_deed, put_deed, store};
use words::act::{AirlockFetch, AirlockInspect, LedgerExport, ObjectExport, UploadPart};
use words::{Reason, Refusal};

use crate::ground::{desk, dina, refused};

/// The world of three hospitals, and `nina`, who signs and is steward for a house with no part in it.
async fn world(seed: u64) -> World {
    let world = World::planet(Soil::new(seed)).await.unwrap();
    let house = json!({ "alias": "nowhere", "name": "Nowhere" });
    world.act("olga", "organisation.register", house).await.unwrap();
    for person in ["nina", "nora"] {
        world.enrol(person, "nowhere").await.unwrap();
    }
    world.give("olga", "nina", "signatory", Some("nowhere")).await.unwrap();
    world.give("nina", "nora", "steward", Some("nowhere")).await.unwrap();
    world
}

async fn shown(world: &World, who: &str, act: &str) -> usize {
    world.act(who, act, json!({})).await.unwrap().answer.as_array().unwrap().len()
}

/// What each act with a body tells a stranger of a project.
async fn told(world: &World, project: &str) -> Vec<(Reason, String)> {
    let (region, nina) = (&world.region, world.actor("nina"));
    let (project, bucket, key) = (project.to_owned(), "bari".to_owned(), "a".to_owned());
    let airlock =
        airlock::Wanted { project: &project, airlock: "out-1", object: "results/a", recipient: None };
    let fetch = AirlockFetch {
        project: project.clone(),
        airlock: "out-1".into(),
        object: "results/a".into(),
        recipient: None,
    };
    let inspect =
        AirlockInspect { project: project.clone(), airlock: "out-1".into(), object: "results/a".into() };
    let mut wished = get_deed("bari", "a");
    wished.project.clone_from(&project);
    let mut sent = put_deed("bari", "a");
    sent.project.clone_from(&project);
    let sealed = ObjectExport {
        project: project.clone(),
        bucket: bucket.clone(),
        key: key.clone(),
        version: None,
        recipient: gate_key(),
    };
    let upload = words::Id::<()>::from_bytes([7; 16]).to_string();
    let piece = UploadPart { project: project.clone(), bucket, key, upload, part: 1 };
    let told = [
        get(region, &nina, wished, |row| Ok(0..row.size_bytes)).await.err(),
        put(region, &nina, sent, Extra::default(), body(b"?")).await.err(),
        part(region, &nina, piece, Extra::default(), body(b"?")).await.err(),
        export(region, &nina, sealed).await.err(),
        airlock::open(region, &nina, inspect, airlock::Wanted { ..airlock }).await.err(),
        airlock::open(region, &nina, fetch, airlock).await.err(),
        ledger::export(region, &nina, LedgerExport { project: Some(project.clone()) }).await.err(),
    ];
    told.into_iter()
        .map(|refusal: Option<Refusal>| refusal.map(|no| (no.reason, no.to_string())).unwrap())
        .collect()
}

fn gate_key() -> String {
    String::from(
        "-----BEGIN CRYPT4GH PUBLIC KEY-----\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n-----END CRYPT4GH PUBLIC KEY-----\n",
    )
}

// Goal: what carries bytes tells strangers as little as all other acts. Method: a real project, open and
// not yet open, and one that nobody made.
#[tokio::test]
async fn bytes_of_what_is_hidden_are_refused_like_those_of_nothing() {
    let world = world(61).await;
    store(&world.region, &dina(&world, "bari").await, "bari", "a", b"there").await.unwrap();
    assert_eq!(told(&world, PROJECT).await, told(&world, "planot").await, "of a project that is open");
    world.region.close().await;
    let world = world.reopen().await.unwrap();
    assert_eq!(told(&world, PROJECT).await, told(&world, "planot").await, "of one that is not");
    assert!(told(&world, PROJECT).await.iter().all(|(reason, _)| *reason == Reason::NotFound));
}

// Goal: somebody suspended asks in vain what is there. Method: things of a project and of the house, real and not.
#[tokio::test]
async fn a_suspended_person_learns_nothing_either() {
    let world = world(65).await;
    world.act("nina", "person.suspend", json!({ "person": "nora", "reason": "left" })).await.unwrap();
    let because = |mut fields: Value| {
        fields["reason"] = json!("curious");
        fields
    };
    for (act, real, invented) in [
        ("project.halt", because(json!({ "project": PROJECT })), because(json!({ "project": "planot" }))),
        ("key.show", json!({ "project": PROJECT }), json!({ "project": "planot" })),
        ("person.resume", json!({ "person": "rita" }), json!({ "person": "rito" })),
        ("agreement.offer", json!({ "agreement": "planet-bari" }), json!({ "agreement": "planot" })),
    ] {
        for fields in [real, invented] {
            let refusal = world.act("nora", act, fields).await.unwrap_err();
            assert_eq!((refusal.reason, refusal.detail), (Reason::PersonSuspended, String::new()), "{act}");
        }
    }
}

// Goal: a name typed in a draft makes nobody a party. Method: draft with a house, look as its people, offer, look again.
#[tokio::test]
async fn a_name_in_a_draft_makes_nobody_a_party() {
    let world = world(62).await;
    let draft = json!({
        "alias": "planet-nowhere", "project": PROJECT, "provider": "nowhere", "parties": ["bari"], "purpose": "pollution",
        "categories": ["clinical"], "service_model": "saas", "places": ["bologna"], "sub_processors": [],
        "retention_days": 0, "starts": "2027-01-01", "ends": "2028-01-01",
    });
    world.act("carla", "agreement.draft", draft).await.unwrap();
    let which = json!({ "agreement": "planet-nowhere" });
    for who in ["nina", "nora"] {
        assert_eq!(shown(&world, who, "agreement.show").await, 0, "{who} sees a draft");
        assert_eq!(shown(&world, who, "project.show").await, 0, "{who} sees its project");
        assert_eq!(shown(&world, who, "tenant.show").await, 0, "{who} sees its tenant");
    }
    let offered = world.act("nina", "agreement.offer", which.clone());
    refused(&world, Reason::NotFound, "offering a draft that names one", offered).await;
    let digest = world.digest("planet-nowhere").await.unwrap();
    let sign = json!({ "agreement": "planet-nowhere", "party": "nowhere", "digest": digest });
    refused(&world, Reason::NotFound, "signing a draft", world.act("nina", "agreement.sign", sign.clone()))
        .await;
    let halt = json!({ "project": PROJECT, "reason": "curious" });
    refused(&world, Reason::NotFound, "halting its project", world.act("nina", "project.halt", halt)).await;
    let grant = json!({
        "alias": "deliver-nowhere", "agreement": "planet-nowhere", "person": "nina", "bucket": "bari",
        "address": "127.0.0.0/8", "starts": "2027-01-01", "ends": "2027-12-31",
    });
    refused(&world, Reason::NotFound, "a grant under a draft", world.act("nora", "grant.issue", grant)).await;
    let seen = shown(&world, "sara-bari", "agreement.show").await;
    world.act("carla", "agreement.offer", which).await.unwrap();
    assert_eq!(
        shown(&world, "sara-bari", "agreement.show").await,
        seen + 1,
        "a party that is asked to sign sees it"
    );
    let seen = world.act("nina", "agreement.show", json!({ "agreement": "planet-nowhere" })).await.unwrap();
    assert_eq!(seen.answer[0]["state"], "offered");
    assert_eq!(shown(&world, "nina", "project.show").await, 1);
    world.act("nina", "agreement.sign", sign).await.unwrap();
}

// Goal: shows show what the rules say. Method: who sees whom, which tenant, which credential.
#[tokio::test]
async fn a_show_shows_what_one_may_know_of() {
    let world = world(63).await;
    let of_rita = world.credential("rita", PROJECT, words::Place::Outside, None).await.unwrap();
    let persons = |who: &'static str| shown(&world, who, "person.show");
    assert_eq!(persons("nina").await, 2, "colleagues");
    assert_eq!(persons("rita").await, 5);
    assert_eq!(persons("olga").await, persons("anna").await);
    assert!(persons("olga").await > 10, "the region's own people see everybody");
    for (who, tenants, credentials) in
        [("nina", 0, 0), ("rita", 1, 1), ("carla", 1, 1), ("rolf", 1, 0), ("sara-bari", 1, 0), ("olga", 1, 0)]
    {
        assert_eq!(shown(&world, who, "tenant.show").await, tenants, "{who}");
        assert_eq!(shown(&world, who, "credential.show").await, credentials, "{who}");
    }
    let revoke = json!({ "credential": of_rita.id });
    refused(
        &world,
        Reason::NotFound,
        "another's credential",
        world.act("rolf", "credential.revoke", revoke.clone()),
    )
    .await;
    world.act("olga", "credential.revoke", revoke).await.unwrap();
}

fn draft(alias: &str, object: &str) -> Value {
    json!({ "alias": alias, "project": PROJECT, "objects": [object], "context": "counts above 10" })
}

async fn permit(world: &World, alias: &str, buckets: &[&str]) {
    let fields = json!({
        "alias": alias, "project": PROJECT, "persons": ["rita"], "buckets": buckets, "purpose": "association study",
        "legal_basis": "GDPR Art. 9(2)(j)", "ethics": null, "starts": "2027-01-01", "ends": "2027-06-30",
    });
    world.act("rita", "permit.request", fields).await.unwrap();
    world.act("carla", "permit.grant", json!({ "permit": alias })).await.unwrap();
}

// Goal: a draft is no way to ask what is there. Method: objects one may not read, and ones that nobody stored.
#[tokio::test]
async fn a_draft_tells_nothing_of_what_its_author_may_not_read() {
    let world = world(64).await;
    permit(&world, "permit-all", &[]).await;
    for bucket in ["results", "closed"] {
        world.act("rita", "bucket.create", json!({ "project": PROJECT, "bucket": bucket })).await.unwrap();
    }
    let (_, rita) = desk(&world).await;
    for bucket in ["results", "closed"] {
        store(&world.region, &rita, bucket, "a", b"counts").await.unwrap();
    }
    store(&world.region, &dina(&world, "bari").await, "bari", "a", b"delivered").await.unwrap();
    let crossing = world.act("rita", "airlock.draft", draft("out-0", "bari/a"));
    refused(&world, Reason::ScopeCrossed, "releasing a provider's data that one may read", crossing).await;
    world.act("carla", "permit.end", json!({ "permit": "permit-all", "reason": "narrower" })).await.unwrap();
    permit(&world, "permit-results", &["results"]).await;
    for object in ["closed/a", "closed/b", "bari/a", "bari/b", "nowhere/a", "results/b"] {
        let refusal = world.act("rita", "airlock.draft", draft("out-1", object)).await.unwrap_err();
        assert_eq!(refusal.reason, Reason::NotFound, "{object}");
        assert_eq!(refusal.detail, format!("object `{object}`"));
    }
    let hidden = world.act("rita", "airlock.draft", draft("out-1", "closed/a"));
    refused(&world, Reason::NotFound, "releasing what one may not read", hidden).await;
    world.act("kurt", "key.lock", json!({ "project": PROJECT })).await.unwrap();
    let locked = world.act("rita", "airlock.draft", draft("out-1", "results/a"));
    refused(&world, Reason::ProjectLocked, "releasing what nobody may read", locked).await;
    world.act("kim", "key.unlock", json!({ "project": PROJECT })).await.unwrap();
    world.act("rita", "airlock.draft", draft("out-1", "results/a")).await.unwrap();
}
