//! Every act of the table, as nobody, as the wrong person and as the right one.

use std::collections::{BTreeMap, BTreeSet};

use gate::identify::key_text::public_text;
use region::examine::{Names, Said};
use region::noun::agreement::lodge::scan;
use region::noun::gift::{self, text};
use region::object::put::Extra;
use region::twin::study::STUDY;
use region::twin::{Soil, World};
use region::upload::part;
use serde_json::{Value, json};
use trial::kit::{PROJECT, body, store};
use words::act::{AgreementScan, Body, UploadPart};
use words::{Act, Actor, Id, Place, Reason, Refusal};

use crate::ground::desk;
use crate::reversed;
use crate::split::{offer, own};

/// Who does which act with which fields, in an order in which each can be done.
/// `rita@desk` and `carla@desk` work inside; `$name` stands for what an earlier act answered.
fn story() -> Vec<(&'static str, &'static str, Value)> {
    let key = public_text(World::key("paola").unwrap().public());
    let because = "so it goes";
    let at = |key: &str| json!({ "project": PROJECT, "bucket": "results", "key": key });
    let with = |mut fields: Value, more: Value| {
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fields
    };
    let agreement = json!({ "agreement": "again" });
    let series = json!({ "project": PROJECT, "bucket": "results", "series": "visits_#.csv" });
    let exit = || json!({ "project": PROJECT, "agreement": "again" });
    let give =
        |share: &str| json!({ "project": PROJECT, "call": "$call", "share": share, "reason": because });
    let airlock = |name: &str, more: Value| with(json!({ "project": PROJECT, "airlock": name }), more);
    vec![
        ("olga", "organisation.register", json!({ "alias": "foggia", "name": "AOU Foggia" })),
        ("olga", "organisation.show", json!({})),
        ("olga", "tenant.open", json!({ "alias": "puglia", "name": "Puglia", "organisation": "foggia" })),
        ("olga", "tenant.show", json!({})),
        (
            "olga",
            "person.enrol",
            json!({ "alias": "paola", "name": "Paola", "email": "p@f.example", "organisation": "foggia", "key": key }),
        ),
        ("olga", "role.grant", json!({ "person": "paola", "role": "signatory", "at": "foggia" })),
        (
            "olga",
            "issuer.trust",
            json!({ "alias": "iam", "url": "https://iam.example.org/", "audiences": ["epic"], "factors": [] }),
        ),
        ("paola", "issuer.adopt", json!({ "issuer": "iam", "organisation": "foggia", "terms": "$terms" })),
        ("olga", "issuer.show", json!({})),
        ("paola", "person.link", json!({ "person": "paola", "issuer": "iam", "name": "7b1f" })),
        ("paola", "person.unlink", json!({ "person": "paola", "issuer": "iam", "name": "7b1f" })),
        ("paola", "person.recall", json!({ "person": "paola" })),
        ("carla", "role.map", json!({ "issuer": "iam", "group": "/planet", "at": PROJECT })),
        ("carla", "role.unmap", json!({ "issuer": "iam", "group": "/planet", "at": PROJECT })),
        ("paola", "issuer.leave", json!({ "issuer": "iam", "organisation": "foggia" })),
        ("olga", "issuer.distrust", json!({ "issuer": "iam", "reason": because })),
        (
            "olga",
            "issuer.trust",
            json!({
                "alias": "house", "url": HOUSE, "audiences": ["epic"], "claim": "preferred_username", "factors": ["mfa"],
                "client": "epic",
            }),
        ),
        (
            "paola",
            "person.enrol",
            json!({ "alias": "pino", "name": "Pino", "email": "pino@f.example", "organisation": "foggia" }),
        ),
        ("paola", "account.invite", json!({ "person": "pino" })),
        ("paola", "account.recover", json!({ "person": "pino" })),
        ("olga", "account.approve", json!({ "person": "pino" })),
        (
            "paola",
            "account.password",
            json!({ "password": "trattore lento sotto la neve", "app_key": "$app_key", "app_code": "$app_code" }),
        ),
        ("paola", "account.passkey", json!({ "label": "phone", "made": "$made" })),
        ("paola", "account.show", json!({})),
        ("paola", "account.drop", json!({ "way": "password" })),
        ("paola", "person.reach", json!({ "mail": "off", "webhook": "https://hooks.example/epic" })),
        (
            "olga",
            "client.register",
            json!({ "alias": "hub", "returns": ["https://hub.example/back"], "kind": "secret" }),
        ),
        ("olga", "client.show", json!({})),
        ("olga", "client.remove", json!({ "client": "hub" })),
        ("olga", "authority.trust", json!({ "alias": "qualified", "certificate": AUTHORITY })),
        ("olga", "authority.show", json!({})),
        ("olga", "authority.distrust", json!({ "authority": "qualified", "reason": because })),
        ("sergio", "person.train", json!({ "person": "rita", "course": "again", "ends": "2028-01-01" })),
        ("carla", "person.instruct", json!({ "person": "rita", "project": PROJECT, "ends": "2028-01-01" })),
        ("rita", "session.open", json!({})),
        ("rita", "session.begin", json!({ "project": PROJECT })),
        ("paola", "role.revoke", json!({ "person": "paola", "role": "signatory", "at": "foggia" })),
        ("olga", "person.suspend", json!({ "person": "paola", "reason": because })),
        ("olga", "person.resume", json!({ "person": "paola" })),
        ("olga", "person.show", json!({})),
        (
            "carla",
            "agreement.draft",
            json!({
                "alias": "again", "project": PROJECT, "provider": "bari", "parties": [], "purpose": "more", "categories": [], "service_model": "saas",
                "places": [], "sub_processors": [], "retention_days": 0, "starts": "2027-01-01", "ends": "2028-01-01",
            }),
        ),
        ("carla", "agreement.offer", agreement.clone()),
        ("sergio", "agreement.sign", with(agreement.clone(), json!({ "party": "iss", "digest": "$digest" }))),
        ("carla", "agreement.attest", with(agreement.clone(), json!({ "party": "bari", "scan": "$scan" }))),
        ("sara-bari", "agreement.show", json!({})),
        ("carla", "agreement.suspend", with(agreement.clone(), json!({ "reason": because }))),
        ("carla", "agreement.resume", agreement.clone()),
        ("carla", "agreement.end", with(agreement, json!({ "reason": because }))),
        ("carla", "exit.start", with(exit(), json!({}))),
        ("sara-bari", "exit.accept", with(exit(), json!({ "recipient": RECIPIENT }))),
        ("steo-bari", "exit.list", exit()),
        ("steo-bari", "exit.show", json!({ "project": PROJECT })),
        ("sara-bari", "exit.confirm", with(exit(), json!({ "waiver": because }))),
        (
            "carla",
            "project.open",
            json!({ "alias": "second", "tenant": "planet-study", "tier": 1, "environment": "test", "purpose": "trial" }),
        ),
        ("carla", "project.classify", json!({ "project": "second", "tier": 2 })),
        ("olga", "project.quota", json!({ "project": PROJECT, "bytes": 1_u64 << 40, "objects": 1_000 })),
        (
            "carla",
            "project.publish",
            json!({ "project": PROJECT, "italian": "Smog e respiro", "english": "Smog and breath" }),
        ),
        ("carla", "project.conceal", json!({ "project": PROJECT, "reason": because })),
        ("carla", "project.halt", json!({ "project": PROJECT, "reason": because })),
        ("carla", "project.resume", json!({ "project": PROJECT })),
        ("carla", "project.show", json!({})),
        (
            "rita",
            "permit.request",
            json!({
                "alias": "permit-1", "project": PROJECT, "persons": ["rita"], "buckets": [], "purpose": "association study",
                "legal_basis": "GDPR Art. 9(2)(j)", "ethics": "CE-1", "starts": "2027-01-01", "ends": "2027-06-30",
            }),
        ),
        ("carla", "permit.grant", json!({ "permit": "permit-1" })),
        ("carla", "permit.amend", json!({ "permit": "permit-1", "ends": "2027-05-31" })),
        ("rita", "permit.show", json!({})),
        (
            "steo-bari",
            "grant.issue",
            json!({
                "alias": "again-bari", "agreement": "planet-bari", "person": "dina-bari", "bucket": "bari",
                "address": "127.0.0.0/8", "starts": "2027-01-01", "ends": "2027-12-31",
            }),
        ),
        ("steo-bari", "grant.show", json!({})),
        ("steo-bari", "grant.revoke", json!({ "grant": "again-bari" })),
        ("rita", "credential.issue", json!({ "project": PROJECT, "place": "outside", "ends": "2027-02-01" })),
        ("rita", "credential.show", json!({})),
        ("rita", "credential.revoke", json!({ "credential": "$access_key_id" })),
        ("rita@desk", "bucket.create", json!({ "project": PROJECT, "bucket": "results" })),
        ("rita@desk", "bucket.create", json!({ "project": PROJECT, "bucket": "scratch" })),
        (
            "carla",
            "bucket.version",
            json!({ "project": PROJECT, "bucket": "results", "versions": "enabled" }),
        ),
        (
            "carla@desk",
            "bucket.expire",
            json!({ "project": PROJECT, "bucket": "results", "rules": [r#"{"id":"tmp","prefix":"tmp/","days":30}"#] }),
        ),
        ("rita@desk", "bucket.create", json!({ "project": PROJECT, "bucket": "kept", "lock": "on" })),
        (
            "rita@desk",
            "bucket.describe",
            json!({ "project": PROJECT, "bucket": "kept", "labels": ["of=trial"] }),
        ),
        ("carla", "bucket.lock", json!({ "project": PROJECT, "bucket": "results" })),
        ("carla", "bucket.delete", json!({ "project": PROJECT, "bucket": "scratch" })),
        ("carla", "bucket.show", json!({ "project": PROJECT })),
        ("rita@desk", "upload.start", at("first")),
        ("rita@desk", "upload.show", json!({ "project": PROJECT, "bucket": "results" })),
        ("rita@desk", "upload.abort", with(at("first"), json!({ "upload": "$upload" }))),
        ("rita@desk", "upload.start", at("table")),
        ("rita@desk", "upload.complete", with(at("table"), json!({ "upload": "$upload" }))),
        ("rita@desk", "upload.start", at("again")),
        (
            "rita@desk",
            "upload.copy",
            with(
                at("again"),
                json!({ "upload": "$upload", "part": 2, "source_bucket": "results", "source_key": "table", "range": "0-2" }),
            ),
        ),
        ("rita@desk", "upload.abort", with(at("again"), json!({ "upload": "$upload" }))),
        ("rita@desk", "object.probe", at("table")),
        ("rita@desk", "object.list", json!({ "project": PROJECT, "bucket": "results" })),
        (
            "rita@desk",
            "object.copy",
            with(at("copy"), json!({ "source_bucket": "results", "source_key": "table" })),
        ),
        ("rita@desk", "object.describe", with(at("copy"), json!({ "labels": ["kind=table"] }))),
        ("carla", "object.hold", with(at("copy"), json!({ "hold": "on", "reason": because }))),
        ("carla", "object.hold", with(at("copy"), json!({ "hold": "off", "reason": because }))),
        ("carla", "object.clear", with(at("copy"), json!({ "id": "$apart", "reason": because }))),
        (
            "rita@desk",
            "object.retain",
            with(at("table"), json!({ "mode": "governance", "until": "2027-01-30T00:00:00Z" })),
        ),
        ("rita@desk", "object.show", at("table")),
        ("rita@desk", "object.delete", at("copy")),
        ("carla", "object.retry", at("table")),
        ("rita", "object.search", json!({ "query": "table" })),
        ("carla", "rule.set", json!({ "project": PROJECT, "rule": "leave", "kinds": ["pdf"], "steps": [] })),
        (
            "carla",
            "rule.test",
            json!({ "project": PROJECT, "rule": "try", "kinds": ["pdf"], "steps": ["text"] }),
        ),
        ("carla", "rule.show", json!({ "project": PROJECT })),
        (
            "kim@desk",
            "pseudonym.reverse",
            json!({
                "project": PROJECT, "bucket": "results", "key": "visits.csv", "pseudonyms": ["$pseudonym"], "reason": because,
            }),
        ),
        ("carla", "rule.drop", json!({ "project": PROJECT, "rule": "leave" })),
        (
            "carla",
            "dataset.describe",
            json!({
                "project": PROJECT, "dataset": "results", "bucket": "results", "title": "Results", "purpose": "to be released",
            }),
        ),
        ("rita", "dataset.show", json!({})),
        ("carla", "dataset.map", json!({ "project": PROJECT })),
        ("carla", "dataset.drop", json!({ "project": PROJECT, "dataset": "results" })),
        ("rita@desk", "contract.confirm", with(series.clone(), json!({ "contract": CONTRACT }))),
        ("rita@desk", "contract.show", json!({ "project": PROJECT, "bucket": "results" })),
        ("rita@desk", "contract.drop", with(series, json!({ "reason": because }))),
        (
            "rita",
            "airlock.draft",
            json!({ "alias": "out-1", "project": PROJECT, "objects": ["results/table"], "context": "counts" }),
        ),
        ("rolf", "airlock.approve", airlock("out-1", json!({ "note": "fine" }))),
        ("renate", "airlock.approve", airlock("out-1", json!({ "note": "fine" }))),
        ("carla", "airlock.release", airlock("out-1", json!({ "ends": "2027-03-01" }))),
        ("carla", "airlock.revoke", airlock("out-1", json!({ "reason": because }))),
        (
            "rita",
            "airlock.draft",
            json!({ "alias": "out-2", "project": PROJECT, "objects": ["results/table"], "context": "counts" }),
        ),
        ("rolf", "airlock.reject", airlock("out-2", json!({ "reason": because }))),
        ("rita", "airlock.show", json!({ "project": PROJECT })),
        ("anna", "airlock.chain", json!({ "project": PROJECT, "airlock": "out-1" })),
        ("carla", "permit.end", json!({ "permit": "permit-1", "reason": because })),
        (
            "remo",
            "permit.request",
            json!({
                "alias": "across", "project": STUDY, "persons": ["remo"], "home": PROJECT, "objects": ["onward-bari"],
                "purpose": "asthma", "legal_basis": "GDPR Art. 9(2)(j)", "starts": "2027-01-01", "ends": "2027-06-30",
            }),
        ),
        ("carla", "permit.grant", json!({ "permit": "across" })),
        ("carla", "snapshot.take", json!({ "permit": "across" })),
        ("remo", "snapshot.show", json!({})),
        ("cora", "permit.end", json!({ "permit": "across", "reason": because })),
        ("kurt", "snapshot.erase", json!({ "project": STUDY, "snapshot": "$snapshot", "reason": because })),
        ("kurt", "key.lock", json!({ "project": PROJECT })),
        ("kim", "key.unlock", json!({ "project": PROJECT })),
        ("kurt", "key.rotate", json!({ "project": PROJECT })),
        ("kurt", "key.offer", json!({ "key": text(&own("kurt")) })),
        (
            "kurt",
            "key.split",
            json!({ "project": PROJECT, "holders": ["kurt", "kim", "kata"], "emergency": ["sergio", "kora"] }),
        ),
        ("kim", "key.call", json!({ "project": PROJECT, "minutes": 5, "reason": because })),
        ("kurt", "key.give", give("$share_kurt")),
        ("kora", "key.emergency", json!({ "project": PROJECT, "minutes": 5, "reason": because })),
        ("kora", "key.give", give("$share_kora")),
        ("sergio", "key.give", give("$share_sergio")),
        ("carla", "key.acknowledge", json!({ "project": PROJECT, "call": "$call" })),
        ("kurt", "key.show", json!({ "project": PROJECT })),
        ("anna", "checkpoint.sign", json!({ "project": PROJECT })),
        ("anna", "ledger.prove", json!({ "leaf": "$leaf" })),
        ("anna", "ledger.show", json!({ "project": PROJECT })),
        ("anna", "check.run", json!({})),
        ("anna", "check.show", json!({})),
        ("anna", "check.record", json!({ "note": "$word" })),
        ("olga", "witness.add", json!({ "witness": "$witness_key", "address": "https://witness.example" })),
        ("olga", "witness.follow", json!({ "log": "$log_key" })),
        ("anna", "witness.show", json!({})),
        ("olga", "witness.leave", json!({ "log": "$log_key" })),
        ("olga", "witness.remove", json!({ "witness": "$witness_key" })),
        (
            "kurt",
            "key.erase-scope",
            json!({ "project": PROJECT, "agreement": "planet-bari", "reason": because }),
        ),
        ("kurt", "key.erase-project", json!({ "project": "second", "reason": because })),
    ]
}

/// Puts earlier answers in the place of `$name`.
fn filled(fields: &Value, known: &BTreeMap<String, String>) -> Value {
    let mut text = fields.to_string();
    for (name, value) in known {
        text = text.replace(&format!("\"${name}\""), &format!("\"{value}\""));
    }
    serde_json::from_str(&text).unwrap()
}

/// The same question about things that nobody ever made.
fn invented(fields: &Value) -> Value {
    let names = [
        "project",
        "agreement",
        "tenant",
        "person",
        "permit",
        "grant",
        "credential",
        "airlock",
        "leaf",
        "snapshot",
        "home",
    ];
    let mut fields = fields.clone();
    for (name, value) in fields.as_object_mut().unwrap() {
        if let (true, Some(text)) = (names.contains(&name.as_str()), value.as_str()) {
            *value = match name.as_str() {
                "leaf" => json!(format!("{}:3", Id::<words::noun::Cell>::from_bytes([0xCD; 16]))),
                _ => json!(format!("x{text}")),
            };
        }
    }
    fields
}

/// All that a refusal tells.
fn alike(answer: &Result<Value, Refusal>) -> Result<Value, (Reason, String, String)> {
    let mut answer = answer.clone();
    // WHY: a session's ticket is sealed anew each time, and says nothing to whoever compares two.
    if let Ok(Value::Object(answer)) = &mut answer {
        answer.remove("session");
    }
    answer.map_err(|refusal| (refusal.reason, refusal.detail.clone(), refusal.to_string()))
}

/// What is kept of a person's refusals in a cell.
async fn kinds(
    world: &World,
    cell: Id<words::noun::Cell>,
    person: &str,
) -> BTreeSet<(String, Option<String>)> {
    let records = crate::ground::records(&world.region, cell).await;
    let own =
        records.into_iter().flatten().filter(|record| record.person == Some(world.actor(person).person));
    own.map(|record| (record.act, record.refused)).collect()
}

/// A stranger to the project is told no, and nothing of it.
fn is_silent(act: Act, answer: Result<Value, Refusal>) -> bool {
    match answer {
        Err(refusal) => refusal.reason != Reason::Unavailable && refusal.reason != Reason::Invalid,
        Ok(shown) => act.row().who.is_empty() && !shown.to_string().contains(&format!("\"{PROJECT}\"")),
    }
}

async fn learn(
    world: &World,
    rita: &Actor,
    act: Act,
    fields: &Value,
    answer: &Value,
    known: &mut BTreeMap<String, String>,
) {
    for (name, value) in answer.as_object().into_iter().flatten() {
        known.extend(value.as_str().map(|value| (name.clone(), value.to_owned())));
    }
    if matches!(act, Act::KeyCall | Act::KeyEmergency) {
        for alias in ["kurt", "kora", "sergio"] {
            let shown = world.act(alias, "key.show", json!({ "project": PROJECT })).await.unwrap().answer;
            let gift = gift::gift(&shown, &own(alias), world.soil.rand.as_ref());
            known.extend(gift.ok().map(|gift| (format!("share_{alias}"), gift.share)));
        }
    }
    if let Some(snapshot) = answer["snapshots"][0].as_str() {
        known.insert("snapshot".to_owned(), snapshot.to_owned());
    }
    if act == Act::UploadStart {
        let text = |name: &str| fields[name].as_str().unwrap().to_owned();
        let deed = UploadPart {
            project: PROJECT.into(),
            bucket: text("bucket"),
            key: text("key"),
            upload: known["upload"].clone(),
            part: 1,
        };
        part(&world.region, rita, deed, Extra::default(), body(b"counts")).await.unwrap();
    }
}

/// A contract that asks for nothing.
const CONTRACT: &str = r#"{"version":1,"columns":[]}"#;

/// A certification authority of ours, until 2100.
const AUTHORITY: &str = "-----BEGIN CERTIFICATE-----\nMIIBuzCCAWGgAwIBAgIUbDBdYhjmpY31mpio3QgrI8uRmYUwCgYIKoZIzj0EAwIw\nKjEYMBYGA1UEAwwPVHJpYWwgQXV0aG9yaXR5MQ4wDAYDVQQKDAVUcmlhbDAgFw0y\nNjExMjcyMTM0NDJaGA8yMTAwMTAzMDIxMzQ0MlowKjEYMBYGA1UEAwwPVHJpYWwg\nQXV0aG9yaXR5MQ4wDAYDVQQKDAVUcmlhbDBZMBMGByqGSM49AgEGCCqGSM49AwEH\nA0IABBPG9J8mAe6VGPJn/FONOBe8Z1VXUXRsAkLsal3C2UwbbFdVjJYMBG3XSGuq\nzghjcl/e5k1NW3EhP8OuQSzpQF+jYzBhMB0GA1UdDgQWBBQWKSEFjhYXP7rPSq4X\n6n2s8M6YNjAfBgNVHSMEGDAWgBQWKSEFjhYXP7rPSq4X6n2s8M6YNjAOBgNVHQ8B\nAf8EBAMCAQYwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiBMBdnN\nofy/+sh+wDD0DCoxH7AGpgNVS3mWPPqVkXkFrQIhAPfzj8PDssiddoQIouiFeBYN\npkIlZPeCBzYA2Nd+NtPe\n-----END CERTIFICATE-----\n";

/// This region as an issuer.
const HOUSE: &str = "http://localhost:9010/issuer";

/// What a browser makes where people sign in here, as it stands inside a string of JSON.
fn made(world: &World) -> String {
    let text = |bytes: &[u8]| data_encoding::BASE64URL_NOPAD.encode(bytes);
    let challenge = world.region.passkey_question("epic").unwrap();
    let said =
        json!({ "type": "webauthn.create", "challenge": challenge, "origin": "http://localhost:9010" });
    let data = [&seal::sha256(b"localhost")[..], &[0x45], &[0; 20], &[0, 2], b"id"].concat();
    let made = json!({
        "challenge": challenge, "client_data": text(said.to_string().as_bytes()), "authenticator_data": text(&data),
        "public_key": text(&[4; 65]), "algorithm": -7,
    });
    serde_json::to_string(&made.to_string()).unwrap().trim_matches('"').to_owned()
}

/// A key that nobody has the other half of.
const RECIPIENT: &str = "-----BEGIN CRYPT4GH PUBLIC KEY-----\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n-----END CRYPT4GH PUBLIC KEY-----\n";

/// As it stands inside a string of JSON.
fn word_of_a_drill(world: &World) -> String {
    let drill = region::backup::drill::Drill {
        drill: 1,
        region: "epic.test".into(),
        manifest: "00".into(),
        run: 1,
        at: world.region.now(),
        as_of: world.region.now(),
        recovery_ms: 1,
        holds: true,
        measured: "nothing".into(),
    };
    let seed = store::custody::Custody::key(&*world.soil.custody, &store::custody::KeyName::Region);
    let note = drill.sign(&seed.unwrap().unwrap()).unwrap();
    serde_json::to_string(&note).unwrap().trim_matches('"').to_owned()
}

#[tokio::test]
async fn every_act_as_nobody_the_wrong_and_the_right_person() {
    let world = World::planet(Soil::new(31)).await.unwrap();
    world
        .act("olga", "organisation.register", json!({ "alias": "nowhere", "name": "Nowhere" }))
        .await
        .unwrap();
    world.enrol("nina", "nowhere").await.unwrap();
    for custodian in ["kata", "kora"] {
        world.enrol(custodian, "infn").await.unwrap();
        world.give("olga", custodian, "custodian", None).await.unwrap();
    }
    for person in ["kim", "kata", "kora", "sergio"] {
        offer(&world, person).await.unwrap();
    }
    let (_, rita) = desk(&world).await;
    let access = world.credential("carla", PROJECT, Place::Inside, None).await.unwrap();
    let carla = world.with(&access, Place::Inside).await.unwrap();
    let access = world.credential("kim", PROJECT, Place::Inside, None).await.unwrap();
    let kim = world.with(&access, Place::Inside).await.unwrap();
    let dina = crate::ground::dina(&world, "bari").await;
    store(&world.region, &dina, "bari", "a", b"delivered").await.unwrap();
    world.study(2).await.unwrap();
    world.onward("bari").await.unwrap();
    let nobody = Actor {
        person: Id::from_bytes([0xAB; 16]),
        credential: None,
        session: None,
        place: Place::Inside,
        address: trial::kit::HERE,
    };
    let (mut done, mut known) = (BTreeSet::new(), BTreeMap::new());
    known.insert("word".to_owned(), word_of_a_drill(&world));
    let app_key = words::Secret::new([7; 20]);
    let step = world.region.now().ms() / 30_000;
    known.insert("app_key".to_owned(), data_encoding::BASE32_NOPAD.encode(app_key.expose()));
    known.insert("app_code".to_owned(), seal::one_time::code_at(&app_key, step));
    known.insert("made".to_owned(), made(&world));
    let other = |name: &str| format!("other.example/{name}").parse::<seal::note::KeyName>().unwrap();
    let public = World::key("other").unwrap().public();
    known
        .insert("witness_key".to_owned(), seal::note::CosignerKey::new(other("witness"), public).to_string());
    known.insert("log_key".to_owned(), seal::note::NoteVerifier::new(other("root"), public).to_string());
    known.insert("leaf".to_owned(), format!("{}:3", crate::ground::project(&world.region).await));
    for (who, name, fields) in story() {
        let act = Act::parse(name).unwrap_or_else(|| panic!("no act {name}"));
        let fields = filled(&fields, &known);
        let stranger = world.region.perform(&nobody, act, fields.clone(), None).await.map(|done| done.answer);
        let refusal = stranger.expect_err(name);
        assert_eq!(refusal.reason, Reason::Unauthenticated, "{name} as nobody");
        let wrong = world.act("nina", name, fields.clone()).await.map(|done| done.answer);
        assert!(is_silent(act, wrong.clone()), "{name} as the wrong person: {wrong:?}");
        let lost = world.act("nina", name, invented(&fields)).await.map(|done| done.answer);
        // WHY not those: they are about whoever acts, and done twice the second is told of the first.
        if !matches!(act, Act::AccountPasskey | Act::AccountDrop) {
            assert_eq!(alike(&wrong), alike(&lost), "{name}: what is there is told from what is not");
        }
        let right = match who {
            "rita@desk" => rita.clone(),
            "carla@desk" => carla.clone(),
            "kim@desk" => kim.clone(),
            who => world.actor(who),
        };
        let answer = world.region.perform(&right, act, fields.clone(), None).await;
        let answer = answer.unwrap_or_else(|refusal| panic!("{name} as {who}: {refusal}")).answer;
        learn(&world, &rita, act, &fields, &answer, &mut known).await;
        if name == "person.enrol" {
            world.learn("paola").await.unwrap();
        }
        if name == "agreement.offer" {
            known.insert("digest".into(), world.digest("again").await.unwrap());
            let deed = AgreementScan { agreement: "again".into(), party: "bari".into() };
            let sara = world.actor("sara-bari");
            let lodged = scan(&world.region, &sara, deed, body(b"%PDF-1.7 what was signed")).await.unwrap();
            known.insert("scan".into(), lodged.answer["scan"].as_str().unwrap().to_owned());
        }
        if name == "rule.show" {
            reversed::ready(&world, &rita).await;
            known.insert("pseudonym".to_owned(), reversed::pseudonym(&world, "4711").await);
        }
        if name == "object.hold" {
            known.extend(set_apart(&world).await.map(|id| ("apart".to_owned(), id)));
        }
        done.insert(act);
    }
    world.region.flush_observations().await.unwrap();
    let told = kinds(&world, crate::ground::project(&world.region).await, "nina").await;
    let of_nothing = kinds(&world, words::noun::ROOT_CELL, "nina").await;
    assert!(!told.is_empty() && told.is_subset(&of_nothing), "{told:?} is not like {of_nothing:?}");
    let left: Vec<_> = Act::ALL
        .iter()
        // WHY: nobody asks for an entry; it is what signing in leaves (`accounts.rs`).
        .filter(|act| act.row().body == Body::None && !done.contains(*act) && **act != Act::AccountEnter)
        .map(|act| act.name())
        .collect();
    assert!(left.is_empty(), "no trial of {left:?}");
}

/// Has the copy looked at, as what names people: its id.
async fn set_apart(world: &World) -> Option<String> {
    let project = crate::ground::project(&world.region).await.cast();
    let waiting = world.region.arrivals(project, 0).await.unwrap().waiting;
    let copy = waiting.into_iter().find(|arrival| arrival.row.key == "copy")?;
    let (report, examiner) = ("{}".to_owned(), "trial".to_owned());
    let said = Said { is_whole: true, names: Names::Surely, report, examiner, ..Said::default() };
    world.region.keep_said(&copy, said).await.unwrap();
    Some(copy.row.id.to_string())
}
