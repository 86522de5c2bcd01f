//! Labels and what a look found as policy: a rule sets apart what bears them, and who may label is not who may let read.

use region::derive::Place as Start;
use region::examine::{Arrival, Beside, Names, Said};
use region::twin::World;
use serde_json::{Value, json};
use trial::kit::{PROJECT, body, put_deed, store};
use words::{Act, Actor, Reason};

use crate::examined::{id, world};
use crate::ground::{reason, refused};

fn said(modality: &str) -> Said {
    let report = json!({ "kind": "dicom", "facts": { "words": { "modality": modality }, "numbers": { "frames": 1 } } });
    Said {
        is_whole: true,
        report: report.to_string(),
        kind: "dicom".to_owned(),
        examiner: "trial".to_owned(),
        ..Said::default()
    }
}

async fn settle(world: &World, said: impl Fn(&Arrival) -> Said) {
    let project = id(world).await;
    let from = world.region.followed_to(project).await.unwrap();
    for arrival in world.region.arrivals(project, from).await.unwrap().waiting {
        world.region.keep_said(&arrival, said(&arrival)).await.unwrap();
    }
}

/// Keys of what is to be looked at.
async fn waiting(world: &World) -> Vec<String> {
    let project = id(world).await;
    let from = world.region.followed_to(project).await.unwrap();
    let arrivals = world.region.arrivals(project, from).await.unwrap();
    arrivals.waiting.into_iter().map(|arrival| arrival.row.key).collect()
}

async fn read(world: &World, actor: &Actor, key: &str) -> Result<Vec<u8>, words::Refusal> {
    trial::kit::read(&world.region, actor, "results", key).await.map(|(bytes, _)| bytes)
}

async fn shown(world: &World, who: &Actor, key: &str) -> Value {
    let of = json!({ "project": PROJECT, "bucket": "results", "key": key });
    world.region.perform(who, Act::ObjectShow, of, None).await.unwrap().answer
}

async fn label(world: &World, who: &Actor, key: &str, labels: &[&str]) {
    let of = json!({ "project": PROJECT, "bucket": "results", "key": key, "labels": labels });
    world.region.perform(who, Act::ObjectDescribe, of, None).await.unwrap();
}

async fn rule(world: &World, name: &str, more: Value) {
    let mut fields = json!({ "project": PROJECT, "rule": name, "steps": ["apart"] });
    fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    world.act("carla", "rule.set", fields).await.unwrap();
}

// Goal: what bears a label is read by nobody from the commit that labels it, stays so when the label goes, and is read again once its
// controller says so; what does not bear it is read throughout.
// Method: a label on storing and a label later; the label taken off and a second look asked for by whoever may write; clearing.
#[tokio::test]
async fn a_label_sets_apart_in_its_own_commit() {
    let (world, rita) = world(431).await;
    rule(&world, "withdrawn", json!({ "labels": ["consent=withdrawn"] })).await;
    let extra = region::object::put::Extra {
        labels: vec![("consent".to_owned(), "withdrawn".to_owned())],
        ..region::object::put::Extra::default()
    };
    region::object::put::put(&world.region, &rita, put_deed("results", "born"), extra, body(b"bytes"))
        .await
        .unwrap();
    refused(&world, Reason::SetApart, "reading it before anybody looked", read(&world, &rita, "born")).await;
    for key in ["later", "other"] {
        store(&world.region, &rita, "results", key, b"bytes").await.unwrap();
    }
    settle(&world, |_| said("CT")).await;
    refused(&world, Reason::SetApart, "reading it after", read(&world, &rita, "born")).await;
    label(&world, &rita, "other", &["consent=broad"]).await;
    read(&world, &rita, "later").await.unwrap();
    assert_eq!(waiting(&world).await, ["other"], "a label is looked at");
    settle(&world, |_| said("CT")).await;
    label(&world, &rita, "other", &["consent=broad"]).await;
    label(&world, &rita, "other", &[]).await;
    assert!(waiting(&world).await.is_empty(), "and no label that was there, or went");
    label(&world, &rita, "later", &["consent=withdrawn"]).await;
    refused(&world, Reason::SetApart, "reading it from then on", read(&world, &rita, "later")).await;
    assert_eq!(shown(&world, &rita, "later").await["report"]["apart_by"], "withdrawn");
    label(&world, &rita, "later", &[]).await;
    settle(&world, |_| said("CT")).await;
    let retry = json!({ "project": PROJECT, "bucket": "results", "key": "later" });
    world.region.perform(&rita, Act::ObjectRetry, retry, None).await.unwrap();
    settle(&world, |_| said("CT")).await;
    refused(&world, Reason::SetApart, "getting past it without the label", read(&world, &rita, "later"))
        .await;
    let of = |object: &Value| json!({ "project": PROJECT, "bucket": "results", "key": "later", "id": object["id"], "reason": "asked again" });
    world.act("carla", "object.clear", of(&shown(&world, &rita, "later").await)).await.unwrap();
    assert_eq!(read(&world, &rita, "later").await.unwrap(), b"bytes");
    assert_eq!(read(&world, &rita, "other").await.unwrap(), b"bytes");
}

// Goal: what a look finds is a word that rules and searches know; a new rule reaches what was there before, but not what a person cleared.
// Method: two modalities, one rule; the look over everything; a search by the same word.
#[tokio::test]
async fn what_a_look_finds_is_a_word_of_rules_and_searches() {
    let (world, rita) = world(432).await;
    let look = |arrival: &Arrival| said(if arrival.row.key.starts_with("ct") { "CT" } else { "MR" });
    for key in ["ct-1", "ct-2", "mr-1"] {
        store(&world.region, &rita, "results", key, b"bytes").await.unwrap();
    }
    settle(&world, look).await;
    let found = world.region.perform(&rita, Act::ObjectSearch, json!({ "query": "modality:CT" }), None).await;
    assert_eq!(found.unwrap().answer["total"], 2);
    rule(&world, "ct", json!({ "kinds": ["dicom"], "fields": ["modality=CT", "frames=1"] })).await;
    let project = id(&world).await;
    let wanting = world.region.wanting(project, &Start::default()).await.unwrap();
    let aparts: Vec<_> = wanting.aparts.iter().map(|row| row.key.as_str()).collect();
    assert_eq!(aparts, ["ct-1", "ct-2"]);
    for row in &wanting.aparts {
        world.region.set_apart(project, row).await.unwrap();
    }
    assert_eq!(reason(read(&world, &rita, "ct-1").await), Reason::SetApart);
    assert_eq!(read(&world, &rita, "mr-1").await.unwrap(), b"bytes");
    let runs =
        world.act("carla", "rule.show", json!({ "project": PROJECT, "rule": "ct" })).await.unwrap().answer;
    assert_eq!(runs[0]["runs"]["made"], 2, "{runs}");
    let cleared = shown(&world, &rita, "ct-1").await["id"].clone();
    let of = json!({ "project": PROJECT, "bucket": "results", "key": "ct-1", "id": cleared, "reason": "looked at" });
    world.act("carla", "object.clear", of).await.unwrap();
    let wanting = world.region.wanting(project, &Start::default()).await.unwrap();
    assert!(wanting.aparts.is_empty(), "a person's word stands");
    store(&world.region, &rita, "results", "ct-3", b"bytes").await.unwrap();
    settle(&world, look).await;
    assert_eq!(
        reason(read(&world, &rita, "ct-3").await),
        Reason::SetApart,
        "what comes after is held to it at once"
    );
    let wrong = json!({ "project": PROJECT, "rule": "wrong", "steps": ["apart"], "fields": ["modality"] });
    assert_eq!(reason(world.act("carla", "rule.set", wrong).await), Reason::Invalid);
}

// Goal: no other rule stands before one that sets apart, and a rule that needs no look counts before it; a person's word outlives looks
// that nobody asked for, and ends where the labels say something new; what was made stands as its source does.
// Method: a rule that leaves all objects alone and comes first; a rule by place; clearing, a look, labels that change and that come.
#[tokio::test]
async fn no_rule_stands_before_one_that_sets_apart() {
    let (world, rita) = world(433).await;
    let quiet = json!({ "project": PROJECT, "rule": "a-quiet", "steps": [] });
    world.act("carla", "rule.set", quiet).await.unwrap();
    rule(&world, "withdrawn", json!({ "labels": ["consent=withdrawn"] })).await;
    rule(&world, "place", json!({ "prefix": "closed/" })).await;
    store(&world.region, &rita, "results", "closed/x", b"bytes").await.unwrap();
    refused(&world, Reason::SetApart, "reading it before anybody looked", read(&world, &rita, "closed/x"))
        .await;
    store(&world.region, &rita, "results", "plain", b"bytes").await.unwrap();
    settle(&world, |_| said("CT")).await;
    label(&world, &rita, "plain", &["consent=withdrawn"]).await;
    settle(&world, |_| said("CT")).await;
    refused(&world, Reason::SetApart, "reading it behind another rule", read(&world, &rita, "plain")).await;
    for key in ["plain", "closed/x"] {
        let id = shown(&world, &rita, key).await["id"].clone();
        let of =
            json!({ "project": PROJECT, "bucket": "results", "key": key, "id": id, "reason": "looked at" });
        world.act("carla", "object.clear", of).await.unwrap();
        let retry = json!({ "project": PROJECT, "bucket": "results", "key": key });
        world.region.perform(&rita, Act::ObjectRetry, retry, None).await.unwrap();
    }
    settle(&world, |_| Said { names: Names::Surely, ..said("CT") }).await;
    for key in ["plain", "closed/x"] {
        assert_eq!(read(&world, &rita, key).await.unwrap(), b"bytes", "{key}: a person's word stands");
    }
    label(&world, &rita, "plain", &["consent=withdrawn", "site=bari"]).await;
    assert_eq!(read(&world, &rita, "plain").await.unwrap(), b"bytes", "nothing new is said");
    label(&world, &rita, "closed/x", &["consent=withdrawn"]).await;
    refused(&world, Reason::SetApart, "what says something new", read(&world, &rita, "closed/x")).await;
    label(&world, &rita, "plain", &["site=bari"]).await;
    label(&world, &rita, "plain", &["consent=withdrawn"]).await;
    refused(&world, Reason::SetApart, "a label that comes anew", read(&world, &rita, "plain")).await;
    let copy = json!({
        "project": PROJECT, "bucket": "results", "key": "copy", "source_bucket": "results", "source_key": "plain",
    });
    let copied = world.region.perform(&rita, Act::ObjectCopy, copy, None).await;
    assert_eq!(reason(copied), Reason::SetApart);
}

// Goal: whoever is named in a label is found, whenever it comes, and nothing but the label is looked at; a clearance covers what was known.
// Method: labels before the first look is kept, during one, and after a person's word; the follower's own two ways of keeping.
#[tokio::test]
async fn a_label_is_looked_at_whenever_it_comes() {
    let (world, rita) = world(434).await;
    let named = || Beside {
        names: Names::Surely,
        found: vec![
            json!({ "kind": "person-name", "column": null, "place": "metadata", "certain": 0, "likely": 1, "ambiguous": 0 }),
        ],
    };
    let arrived = async || {
        let project = id(&world).await;
        let from = world.region.followed_to(project).await.unwrap();
        world.region.arrivals(project, from).await.unwrap().waiting
    };
    store(&world.region, &rita, "results", "scan", b"bytes").await.unwrap();
    let first = arrived().await;
    label(&world, &rita, "scan", &["patient=Mario Rossi"]).await;
    world.region.keep_said(&first[0], said("CT")).await.unwrap();
    read(&world, &rita, "scan").await.unwrap();
    let labelled = arrived().await.pop().unwrap();
    assert!(labelled.is_beside(), "its bytes were looked at");
    label(&world, &rita, "scan", &["patient=Mario Rossi", "site=bari"]).await;
    world.region.keep_beside(&labelled, named()).await.unwrap();
    refused(&world, Reason::SetApart, "reading what a label names", read(&world, &rita, "scan")).await;
    let later = arrived().await.pop().unwrap();
    assert_eq!(later.row.labels.len(), 2, "a label that came meanwhile is looked at too");
    world.region.keep_beside(&later, named()).await.unwrap();
    assert!(arrived().await.is_empty(), "and then there is rest");
    let clear = async || {
        let id = shown(&world, &rita, "scan").await["id"].clone();
        let of = json!({ "project": PROJECT, "bucket": "results", "key": "scan", "id": id, "reason": "consented" });
        world.act("carla", "object.clear", of).await.unwrap();
    };
    clear().await;
    label(&world, &rita, "scan", &["patient=Mario Rossi", "site=pisa"]).await;
    world.region.keep_beside(&arrived().await[0], named()).await.unwrap();
    assert_eq!(read(&world, &rita, "scan").await.unwrap(), b"bytes", "her word covers what she knew");
    label(&world, &rita, "scan", &["patient=Mario Rossi", "mother=Anna Bianchi"]).await;
    let mut more = named();
    more.found[0]["likely"] = json!(2);
    world.region.keep_beside(&arrived().await[0], more).await.unwrap();
    refused(&world, Reason::SetApart, "reading what names somebody else", read(&world, &rita, "scan")).await;
    clear().await;
    label(&world, &rita, "scan", &["father=Luca Neri"]).await;
    let retry = json!({ "project": PROJECT, "bucket": "results", "key": "scan" });
    world.region.perform(&rita, Act::ObjectRetry, retry, None).await.unwrap();
    let looked = arrived().await.pop().unwrap();
    assert!(!looked.is_beside(), "all of it was asked for");
    let mut report: Value = serde_json::from_str(&said("CT").report).unwrap();
    report["names"] = json!([{ "kind": "person-name", "place": "metadata", "likely": 9 }]);
    let said = Said { names: Names::Surely, report: report.to_string(), ..said("CT") };
    world.region.keep_said(&looked, said).await.unwrap();
    refused(&world, Reason::SetApart, "hiding a label behind a second look", read(&world, &rita, "scan"))
        .await;
}
