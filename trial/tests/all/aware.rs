//! Data awareness: what rules make of what is stored, what is held to manifests and contracts, and who finds what.

use std::collections::BTreeSet;
use std::sync::Arc;

use region::derive::{Made, Place as Start, Work};
use region::examine::{Arrival, Digests, Named, Names, Said};
use region::twin::{Soil, World};
use serde_json::{Value, json};
use store::Bucket;
use store::twin::FaultyStore;
use trial::kit::{PROJECT, body, store};
use words::{Act, Actor, Reason, Refusal};

use crate::examined::{id, world, world_on};
use crate::ground::{dina, pass_ms, reason, refused};

const TABLE: &[u8] = b"id,age\n1,40\n2,50\n";

fn said(kind: &str) -> Said {
    let columns = json!([{ "name": "id", "type": "whole" }, { "name": "age", "type": "whole" }]);
    let report = json!({ "kind": kind, "facts": { "columns": columns } }).to_string();
    Said { is_whole: true, report, kind: kind.to_owned(), examiner: "trial".to_owned(), ..Said::default() }
}

/// Has everything that waits looked at.
async fn settle(world: &World, said: impl Fn(&Arrival) -> Said) {
    let project = id(world).await;
    let from = world.region.followed_to(project).await.unwrap();
    for arrival in world.region.arrivals(project, from).await.unwrap().waiting {
        world.region.keep_said(&arrival, said(&arrival)).await.unwrap();
    }
}

/// All that is to be made, by a look over everything.
async fn works(world: &World) -> Vec<Work> {
    world.region.wanting(id(world).await, &Start::default()).await.unwrap().works
}

async fn make(world: &World, work: &Work, bytes: &[u8]) {
    let laid = world.region.lay(work, body(bytes)).await.unwrap();
    let object = laid.into_object(".out".to_owned(), "application/octet-stream".to_owned(), "00".to_owned());
    let made = Made { object: Some(object), ..Made::default() };
    world.region.keep_made(work, made).await.unwrap();
}

async fn shown(world: &World, who: &Actor, key: &str) -> Result<Value, Refusal> {
    let of = json!({ "project": PROJECT, "bucket": "results", "key": key });
    world.region.perform(who, Act::ObjectShow, of, None).await.map(|done| done.answer)
}

async fn read(world: &World, actor: &Actor, key: &str) -> Result<Vec<u8>, Refusal> {
    trial::kit::read(&world.region, actor, "results", key).await.map(|(bytes, _)| bytes)
}

async fn found(world: &World, who: &Actor, query: &str) -> Value {
    world.region.perform(who, Act::ObjectSearch, json!({ "query": query }), None).await.unwrap().answer
}

fn keys(found: &Value) -> BTreeSet<String> {
    found["objects"].as_array().unwrap().iter().map(|hit| hit["key"].as_str().unwrap().to_owned()).collect()
}

// Goal: what is made lies beside what was delivered, is made once, goes with it, and nobody else writes there.
// Method: the region's own rules over a table; the same look twice; a made object that was deleted; its source deleted.
#[tokio::test]
async fn what_is_made_goes_with_what_it_was_made_of() {
    let (world, rita) = world(401).await;
    store(&world.region, &rita, "results", "visits.csv", TABLE).await.unwrap();
    assert!(works(&world).await.is_empty(), "nothing is made of what nobody has looked at");
    settle(&world, |_| said("csv")).await;
    let due = works(&world).await;
    let steps: Vec<_> = due.iter().map(|work| (work.step.text(), work.rule.as_str())).collect();
    assert_eq!(
        steps,
        [("table", "region-tables"), ("preview", "region-tables"), ("profile", "region-tables")]
    );
    make(&world, &due[0], b"typed").await;
    world.region.keep_nothing(&due[1]).await.unwrap();
    let made = Made { profile: Some(json!({ "rows": 2 })), ..Made::default() };
    world.region.keep_made(&due[2], made).await.unwrap();
    assert!(works(&world).await.is_empty(), "what was made is not made again");
    let place = "_epic/table/visits.csv.out";
    assert_eq!(read(&world, &rita, place).await.unwrap(), b"typed");
    let told = shown(&world, &rita, place).await.unwrap();
    let source = shown(&world, &rita, "visits.csv").await.unwrap();
    assert_eq!(
        (&told["derived"]["source"], &told["derived"]["step"], &told["standing"]),
        (&source["id"], &json!("table"), &json!("clear"))
    );
    assert_eq!(source["report"]["profile"]["rows"], 2);
    assert_eq!(source["report"]["made"].as_array().unwrap().len(), 3);
    let listed = |prefix: &'static str| {
        let (world, rita) = (&world, &rita);
        async move {
            let of = json!({ "project": PROJECT, "bucket": "results", "prefix": prefix });
            let told = world.region.perform(rita, Act::ObjectList, of, None).await.unwrap().answer;
            told["objects"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row["key"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        }
    };
    assert_eq!(listed("").await, ["visits.csv"], "who lists a bucket means what people stored");
    assert_eq!(listed("_epic/").await, [place]);
    assert_eq!(read(&world, &rita, "visits.csv").await.unwrap(), TABLE, "what was delivered is as it was");
    for key in [place, "_epic/mine"] {
        let put = store(&world.region, &rita, "results", key, b"x");
        refused(&world, Reason::Invalid, "writing where the region writes", put).await;
    }
    let gone = json!({ "project": PROJECT, "bucket": "results", "key": place });
    world.region.perform(&rita, Act::ObjectDelete, gone, None).await.unwrap();
    let again = works(&world).await;
    assert_eq!(again.iter().map(|work| work.step.text()).collect::<Vec<_>>(), ["table"], "it is made again");
    make(&world, &again[0], b"typed").await;
    let gone = json!({ "project": PROJECT, "bucket": "results", "key": "visits.csv" });
    world.region.perform(&rita, Act::ObjectDelete, gone, None).await.unwrap();
    let project = id(&world).await;
    let wanting = world.region.wanting(project, &Start::default()).await.unwrap();
    assert_eq!((wanting.works.len(), wanting.orphans.len()), (0, 1));
    world.region.underive(project, &wanting.orphans[0]).await.unwrap();
    assert_eq!(reason(read(&world, &rita, place).await), Reason::NotFound);
}

// Goal: failures are counted by cause until they are mended, tried as often as may help, and tried anew when asked.
// Method: one fault of the machine's, one of the object's; a retry.
#[tokio::test]
async fn what_failed_is_counted_and_tried_within_bounds() {
    let (world, rita) = world(402).await;
    store(&world.region, &rita, "results", "notes.txt", b"words").await.unwrap();
    settle(&world, |_| said("text")).await;
    let failed = || async {
        let shown =
            world.act("carla", "rule.show", json!({ "project": PROJECT, "rule": "region-texts" })).await;
        shown.unwrap().answer[0]["runs"]["failed"].clone()
    };
    for tries in 0..3 {
        let due = works(&world).await;
        assert_eq!((due.len(), due[0].tries), (1, tries));
        world.region.keep_failed(&due[0], "worker.killed", true).await.unwrap();
    }
    assert!(works(&world).await.is_empty(), "it is not tried for ever");
    assert_eq!(
        (&failed().await[0]["cause"], &failed().await[0]["count"]),
        (&json!("worker.killed"), &json!(1))
    );
    let retry = json!({ "project": PROJECT, "bucket": "results", "key": "notes.txt" });
    world.act("carla", "object.retry", retry.clone()).await.unwrap();
    let twice = world.act("carla", "object.retry", retry.clone()).await;
    assert_eq!(reason(twice), Reason::AlreadyDone);
    settle(&world, |_| said("text")).await;
    let due = works(&world).await;
    world.region.keep_failed(&due[0], "recipe.not-text", false).await.unwrap();
    assert!(works(&world).await.is_empty(), "what cannot be made of it is tried once");
    let told = failed().await;
    assert_eq!((told.as_array().unwrap().len(), &told[0]["cause"]), (1, &json!("recipe.not-text")));
    world.act("carla", "object.retry", retry).await.unwrap();
    settle(&world, |_| said("text")).await;
    let due = works(&world).await;
    make(&world, &due[0], b"words").await;
    assert_eq!(failed().await, json!([]), "what was mended does not count");
}

// Goal: a project's rule decides before the region's, is checked whole, and holds in production once it ran in a test project.
// Method: faulty rules; a rule that leaves objects alone; the same rule in both environments.
#[tokio::test]
async fn rules_are_set_tried_and_dropped() {
    let (world, rita) = world(403).await;
    let rule = |more: Value| {
        let mut fields = json!({ "project": PROJECT, "rule": "mine", "kinds": ["csv"], "steps": [] });
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fields
    };
    for wrong in [
        json!({ "kinds": ["CSV file"] }),
        json!({ "steps": ["parquet"] }),
        json!({ "bucket": "No Bucket" }),
        json!({ "larger": 10, "smaller": 5 }),
        json!({ "recipe": "{}" }),
        json!({ "steps": ["table"], "recipe": "[1]" }),
        json!({ "rule": "Not A Name" }),
    ] {
        let set = world.act("carla", "rule.set", rule(wrong.clone())).await;
        assert_eq!(reason(set), Reason::Invalid, "{wrong}");
    }
    let other = world.act("carla", "rule.set", rule(json!({ "agreement": "nobodys" }))).await;
    assert_eq!(reason(other), Reason::NotFound);
    store(&world.region, &rita, "results", "raw/visits.csv", TABLE).await.unwrap();
    store(&world.region, &rita, "results", "visits.csv", TABLE).await.unwrap();
    settle(&world, |_| said("csv")).await;
    let tried = world.act("carla", "rule.test", rule(json!({ "prefix": "raw/" }))).await.unwrap().answer;
    assert_eq!((&tried["takes"], &tried["looked_at"], &tried["all"]), (&json!(1), &json!(2), &json!(true)));
    assert_eq!(works(&world).await.len(), 6, "trying a rule does nothing");
    world.act("carla", "rule.set", rule(json!({ "prefix": "raw/" }))).await.unwrap();
    let same = world.act("carla", "rule.set", rule(json!({ "prefix": "raw/" }))).await;
    assert_eq!(reason(same), Reason::AlreadyDone);
    let due = works(&world).await;
    assert!(
        due.len() == 3 && due.iter().all(|work| work.row.key == "visits.csv"),
        "what is left alone is left alone"
    );
    let text = json!({ "steps": ["text"], "prefix": "raw/" });
    let set = world.act("carla", "rule.set", rule(text.clone())).await;
    assert_eq!(reason(set), Reason::StateWrong, "not in production before it ran in a test project");
    world.act("carla", "rule.drop", json!({ "project": PROJECT, "rule": "mine" })).await.unwrap();
    assert_eq!(works(&world).await.len(), 6);
    let drop = world.act("carla", "rule.drop", json!({ "project": PROJECT, "rule": "mine" })).await;
    assert_eq!(reason(drop), Reason::NotFound);
}

// Goal: what names people after all is read by nobody, what was made of it neither, at once.
// Method: a second look that finds names; what was made is asked for before anybody looked over everything.
#[tokio::test]
async fn what_was_made_is_set_apart_with_its_source() {
    let (world, rita) = world(404).await;
    store(&world.region, &rita, "results", "visits.csv", TABLE).await.unwrap();
    settle(&world, |_| said("csv")).await;
    let due = works(&world).await;
    make(&world, &due[0], b"typed").await;
    let retry = json!({ "project": PROJECT, "bucket": "results", "key": "visits.csv" });
    world.act("carla", "object.retry", retry).await.unwrap();
    assert_eq!(
        read(&world, &rita, "visits.csv").await.unwrap(),
        TABLE,
        "until it was looked at it stands as before"
    );
    settle(&world, |_| Said { names: Names::Surely, ..said("csv") }).await;
    for key in ["visits.csv", "_epic/table/visits.csv.out"] {
        refused(&world, Reason::SetApart, "reading it", read(&world, &rita, key)).await;
    }
    assert!(works(&world).await.is_empty(), "nothing is made of it");
    let wanting = world.region.wanting(id(&world).await, &Start::default()).await.unwrap();
    assert_eq!(wanting.orphans.len(), 1, "what was made of it goes");
    let again = json!({ "project": PROJECT, "bucket": "results", "key": "visits.csv" });
    world.act("carla", "object.retry", again).await.unwrap();
    refused(
        &world,
        Reason::SetApart,
        "reading what waits for another look",
        read(&world, &rita, "visits.csv"),
    )
    .await;
    for _ in 0..5 {
        let project = id(&world).await;
        let waiting = world.region.arrivals(project, 0).await.unwrap().waiting;
        let due = world.region.delayed(project, world.region.now()).await.unwrap();
        let next = due.into_iter().chain(waiting).find(|arrival| arrival.row.key == "visits.csv").unwrap();
        world.region.put_off(&next, "worker.killed").await.unwrap();
        pass_ms(&world, 3_600_000).await;
    }
    refused(
        &world,
        Reason::SetApart,
        "reading what killed whoever looked",
        read(&world, &rita, "visits.csv"),
    )
    .await;
}

fn summed(kind: &str, sha256: &str) -> Said {
    Said { digests: Digests { md5: String::new(), sha256: sha256.to_owned() }, ..said(kind) }
}

// Goal: files are what the manifest beside them names, whichever came first; a manifest that is gone says nothing.
// Method: both orders, right and wrong digests, a folder beside.
#[tokio::test]
async fn files_are_held_to_the_manifest_beside_them() {
    let (world, rita) = world(405).await;
    let named = |path: &str, hex: &str| Named {
        path: path.to_owned(),
        digest: "sha256".to_owned(),
        hex: hex.to_owned(),
    };
    let look = |arrival: &Arrival| match arrival.row.key.as_str() {
        "run/SHA256SUMS" => Said {
            manifest: vec![
                named("early", "aa"),
                named("./bent", "bb"),
                named("late", "cc"),
                named("sub/late", "dd"),
            ],
            ..said("manifest")
        },
        "run/early" => summed("text", "aa"),
        "run/late" => summed("text", "cc"),
        _ => summed("text", "00"),
    };
    for key in ["run/early", "run/bent", "run/SHA256SUMS", "run/late", "run/sub/late", "early"] {
        store(&world.region, &rita, "results", key, key.as_bytes()).await.unwrap();
        settle(&world, look).await;
    }
    let mut standings = Vec::new();
    for key in ["run/early", "run/bent", "run/late", "run/sub/late", "early"] {
        let told = shown(&world, &rita, key).await.unwrap();
        standings.push(told["standing"].as_str().unwrap().to_owned());
        let differs = told["report"].to_string().contains("manifest.differs");
        assert_eq!(differs, standings.last().unwrap() == "broken", "{key}");
    }
    assert_eq!(standings, ["clear", "broken", "clear", "broken", "clear"]);
    let told = shown(&world, &rita, "run/SHA256SUMS").await.unwrap()["report"]["manifest"].clone();
    assert_eq!(told, json!({ "agreed": 1, "differ": 1, "awaited": 2, "not_compared": 0 }));
    let gone = json!({ "project": PROJECT, "bucket": "results", "key": "run/SHA256SUMS" });
    world.region.perform(&rita, Act::ObjectDelete, gone, None).await.unwrap();
    store(&world.region, &rita, "results", "run/sub/late", b"anew").await.unwrap();
    settle(&world, look).await;
    assert_eq!(shown(&world, &rita, "run/sub/late").await.unwrap()["standing"], "clear");
}

// Goal: a contract is proposed from the first delivery, confirmed by a person, and what deliveries are held to from then on.
// Method: two deliveries of one series; a contract that is none; who may not read may not see it.
#[tokio::test]
async fn contracts_are_proposed_and_confirmed() {
    let (world, rita) = world(406).await;
    let proposal =
        json!({ "version": 1, "columns": [{ "name": "age", "type": "whole", "min": 30.0 }] }).to_string();
    let look = |_: &Arrival| Said { proposal: Some(proposal.clone()), ..said("csv") };
    store(&world.region, &rita, "results", "visits_2027-01.csv", TABLE).await.unwrap();
    settle(&world, look).await;
    let bucket = json!({ "project": PROJECT, "bucket": "results" });
    let shown = |who: Actor| {
        let (world, bucket) = (&world, bucket.clone());
        async move { world.region.perform(&who, Act::ContractShow, bucket, None).await.map(|done| done.answer) }
    };
    let told = shown(rita.clone()).await.unwrap();
    assert_eq!((&told[0]["series"], &told[0]["confirmed"]), (&json!("visits_#-#.csv"), &Value::Null));
    assert_eq!(told[0]["proposed"]["columns"][0]["min"], 30.0);
    let carla = Actor { place: words::Place::Inside, ..world.actor("carla") };
    refused(&world, Reason::PermitMissing, "seeing values without reading them", shown(carla.clone())).await;
    let confirm = |series: &str, contract: Option<&str>| json!({ "project": PROJECT, "bucket": "results", "series": series, "contract": contract });
    for (series, contract) in
        [("visits_2027-01.csv", None), ("visits_#-#.csv", Some("{}")), ("visits_#-#.csv", Some("[]"))]
    {
        let wrong = world.region.perform(&rita, Act::ContractConfirm, confirm(series, contract), None).await;
        assert_eq!(reason(wrong), Reason::Invalid, "{series} {contract:?}");
    }
    let none = world.region.perform(&rita, Act::ContractConfirm, confirm("other.csv", None), None).await;
    assert_eq!(reason(none), Reason::StateWrong);
    store(&world.region, &rita, "results", "visits_2027-02.csv", TABLE).await.unwrap();
    let project = id(&world).await;
    let next = || async {
        let waiting = world.region.arrivals(project, 0).await.unwrap().waiting;
        waiting.into_iter().find(|arrival| arrival.row.key == "visits_2027-02.csv").unwrap()
    };
    assert_eq!(world.region.contract_of(&next().await).await.unwrap(), None, "a proposal holds nobody");
    let done = world
        .region
        .perform(&rita, Act::ContractConfirm, confirm("visits_#-#.csv", None), None)
        .await
        .unwrap();
    assert_eq!(done.answer["version"], 1);
    assert_eq!(world.region.contract_of(&next().await).await.unwrap(), Some(proposal.clone()));
    let drop = json!({ "project": PROJECT, "bucket": "results", "series": "visits_#-#.csv", "reason": "so it goes" });
    world.region.perform(&rita, Act::ContractDrop, drop, None).await.unwrap();
    assert_eq!(world.region.contract_of(&next().await).await.unwrap(), None);
}

// Goal: everybody finds what they may see, and nothing tells of the rest.
// Method: words of names, labels and content; who may read, who may only look, who has no part; set apart; deleted; erased.
#[tokio::test]
async fn a_search_finds_what_whoever_asks_may_see() {
    let (world, rita) = world(407).await;
    let dina = dina(&world, "bari").await;
    store(&world.region, &rita, "results", "2027/asthma_visits.csv", TABLE).await.unwrap();
    store(&world.region, &dina, "bari", "letter.txt", b"bronchiolitis").await.unwrap();
    settle(&world, |arrival| said(if arrival.row.key == "letter.txt" { "text" } else { "csv" })).await;
    for work in works(&world).await.iter().filter(|work| work.step.text() == "text") {
        let made = Made { words: Some("bronchiolitis spirometry".to_owned()), ..Made::default() };
        world.region.keep_made(work, made).await.unwrap();
    }
    // A credential of S3 works in its project; a person searches in all of theirs.
    let sits = Actor { place: words::Place::Inside, ..world.actor("rita") };
    assert_eq!(keys(&found(&world, &rita, "asthma").await).len(), 1, "a credential finds in its project");
    let (all, words) = (found(&world, &sits, "").await, found(&world, &sits, "spirometry").await);
    assert_eq!(keys(&all).len(), 2);
    assert_eq!(keys(&words), BTreeSet::from(["letter.txt".to_owned()]));
    let again = json!({ "project": PROJECT, "bucket": "bari", "key": "letter.txt" });
    world.act("carla", "object.retry", again).await.unwrap();
    settle(&world, |_| said("text")).await;
    assert_eq!(keys(&found(&world, &sits, "spirometry").await).len(), 1, "another look forgets no word");
    assert_eq!(keys(&found(&world, &sits, "asthma").await).len(), 1, "a word of a key");
    assert_eq!(keys(&found(&world, &sits, "column:age kind:csv").await).len(), 1);
    let carla = world.actor("carla");
    let looks = Actor { place: words::Place::Inside, ..carla };
    assert_eq!(keys(&found(&world, &looks, "letter").await).len(), 1, "who curates finds names");
    assert_eq!(
        keys(&found(&world, &looks, "spirometry").await).len(),
        0,
        "and no words of what they may not read"
    );
    for stranger in ["sergio", "dina-bari", "olga"] {
        let told = found(&world, &world.actor(stranger), "").await;
        assert_eq!((told["total"].clone(), told["facets"].clone()), (json!(0), json!({})), "{stranger}");
    }
    let label = json!({ "project": PROJECT, "bucket": "results", "key": "2027/asthma_visits.csv", "labels": ["site=bari"] });
    world.region.perform(&rita, Act::ObjectDescribe, label, None).await.unwrap();
    assert_eq!(keys(&found(&world, &sits, "site:bari").await).len(), 1, "what was committed is found");
    let gone = json!({ "project": PROJECT, "bucket": "results", "key": "2027/asthma_visits.csv" });
    world.region.perform(&rita, Act::ObjectDelete, gone, None).await.unwrap();
    assert!(keys(&found(&world, &sits, "asthma").await).is_empty());
    let wrong = world
        .region
        .perform(&sits, Act::ObjectSearch, json!({ "query": "sort:x", "page": "zz" }), None)
        .await;
    assert_eq!(reason(wrong), Reason::Invalid);
    world.act("kurt", "key.lock", json!({ "project": PROJECT })).await.unwrap();
    assert!(keys(&found(&world, &sits, "").await).is_empty(), "locked keys open nothing");
}

// Goal: a card says what people said and what is counted; strangers see what was listed, and the map tells what is dark.
// Method: a card for nobody, for the region, for everybody; what wants attention before and after.
#[tokio::test]
async fn cards_tell_what_may_be_told_to_whom() {
    let (world, rita) = world(408).await;
    world.study(2).await.unwrap();
    store(&world.region, &rita, "results", "visits.csv", TABLE).await.unwrap();
    settle(&world, |_| said("csv")).await;
    let map =
        || async { world.act("carla", "dataset.map", json!({ "project": PROJECT })).await.unwrap().answer };
    let wants = |map: &Value| {
        map["wants"]
            .as_array()
            .unwrap()
            .iter()
            .map(|want| want["what"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(wants(&map().await), ["undescribed"]);
    let describe = |listed: &str| {
        json!({
            "project": PROJECT, "dataset": "visits", "bucket": "results", "title": "Visits", "purpose": "Asthma and smog",
            "keywords": ["spirometry"], "steward": "carla", "listed": listed,
        })
    };
    for (listed, is_seen, is_public) in
        [("nobody", false, false), ("region", true, false), ("everybody", true, true)]
    {
        world.act("carla", "dataset.describe", describe(listed)).await.unwrap();
        let own =
            world.act("carla", "dataset.show", json!({ "words": "smog spirometry" })).await.unwrap().answer;
        assert_eq!(
            (&own[0]["objects"], &own[0]["kinds"], &own[0]["steward"]),
            (&json!(1), &json!({ "csv": 1 }), &json!("carla"))
        );
        let others = world.act("cora", "dataset.show", json!({})).await.unwrap().answer;
        assert_eq!(others.as_array().unwrap().len(), usize::from(is_seen), "{listed}");
        assert_eq!(world.region.public_cards(None).await.unwrap().len(), usize::from(is_public), "{listed}");
    }
    assert!(wants(&map().await).is_empty());
    read(&world, &rita, "visits.csv").await.unwrap();
    let own = world.act("carla", "dataset.show", json!({ "dataset": "visits" })).await.unwrap().answer;
    assert!(own[0]["last_read"].is_string() && own[0]["never_read"] == 0, "{own}");
    let none = world.act("carla", "dataset.show", json!({ "words": "cardiology" })).await.unwrap().answer;
    assert_eq!(none, json!([]));
    let wrong =
        json!({ "project": PROJECT, "dataset": "other", "bucket": "nowhere", "title": "X", "purpose": "y" });
    assert_eq!(reason(world.act("carla", "dataset.describe", wrong).await), Reason::NotFound);
    world.act("carla", "dataset.drop", json!({ "project": PROJECT, "dataset": "visits" })).await.unwrap();
    assert!(world.region.public_cards(None).await.unwrap().is_empty());
}

// Goal: what was made stands as its source does, is never cleared by itself, and goes when another recipe holds that makes nothing.
// Method: a source set apart and cleared before anybody looked over everything; a rule whose recipe fails.
#[tokio::test]
async fn what_was_made_stands_as_its_source_does() {
    let (world, rita) = world(409).await;
    store(&world.region, &rita, "results", "visits_1.csv", TABLE).await.unwrap();
    let proposal = json!({ "version": 1, "columns": [] }).to_string();
    settle(&world, |_| Said { proposal: Some(proposal.clone()), ..said("csv") }).await;
    let due = works(&world).await;
    make(&world, &due[0], b"typed").await;
    let of = |key: &str| json!({ "project": PROJECT, "bucket": "results", "key": key });
    world.act("carla", "object.retry", of("visits_1.csv")).await.unwrap();
    settle(&world, |_| Said { names: Names::Surely, ..said("csv") }).await;
    let place = "_epic/table/visits_1.csv.out";
    refused(&world, Reason::SetApart, "reading it", read(&world, &rita, place)).await;
    let series = world.region.perform(
        &rita,
        Act::ContractShow,
        json!({ "project": PROJECT, "bucket": "results" }),
        None,
    );
    assert_eq!(
        series.await.unwrap().answer[0]["proposed"],
        Value::Null,
        "values of what is set apart are told to nobody"
    );
    let clear = |key: &str, id: &Value| json!({ "project": PROJECT, "bucket": "results", "key": key, "id": id, "reason": "of nobody" });
    let made = shown(&world, &rita, place).await.unwrap();
    let alone = world.act("carla", "object.clear", clear(place, &made["id"])).await;
    assert_eq!(reason(alone), Reason::StateWrong);
    let source = shown(&world, &rita, "visits_1.csv").await.unwrap();
    world.act("carla", "object.clear", clear("visits_1.csv", &source["id"])).await.unwrap();
    assert_eq!(read(&world, &rita, place).await.unwrap(), b"typed", "it is cleared with its source");
    let mut work = works(&world).await.into_iter().find(|work| work.step.text() == "preview").unwrap();
    make(&world, &work, b"rows").await;
    let before = "_epic/preview/visits_1.csv.out";
    assert_eq!(read(&world, &rita, before).await.unwrap(), b"rows");
    work.recipe = recipes::Recipe::read(br#"{"step":"preview","rows":5,"columns":5}"#).unwrap();
    world.region.keep_failed(&work, "recipe.malformed", false).await.unwrap();
    assert_eq!(
        reason(read(&world, &rita, before).await),
        Reason::NotFound,
        "what another recipe made is not there any more"
    );
}

// Goal: what was made and is broken in the store is noticed, told, and made again; what people stored is told and stays.
// Method: one byte of each is another one; the check that reads every body; the next look over everything.
#[tokio::test]
async fn what_was_made_and_is_broken_is_made_again() {
    let soil = Soil::new(409);
    let twin = FaultyStore::new(Arc::clone(&soil.rand) as _, Arc::clone(&soil.clock) as _);
    let (world, rita) = world_on(Soil { bucket: Bucket::twin(&twin), ..soil }).await;
    store(&world.region, &rita, "results", "notes.txt", b"words").await.unwrap();
    store(&world.region, &rita, "results", "other.bin", b"others").await.unwrap();
    settle(&world, |arrival| said(if arrival.row.key == "notes.txt" { "text" } else { "unknown" })).await;
    make(&world, &works(&world).await[0], b"made of them").await;
    let made = "_epic/text/notes.txt.out";
    assert_eq!(read(&world, &rita, made).await.unwrap(), b"made of them");
    for key in [made, "other.bin"] {
        let deed = words::act::ObjectProbe {
            project: PROJECT.into(),
            bucket: "results".into(),
            key: key.into(),
            version: None,
        };
        let row = region::object::read::probe(&world.region, &rita, &deed).await.unwrap();
        let piece = &row.pieces[0];
        let blob = piece.blob.to_string();
        let (name, _) = twin.contents().into_iter().find(|(name, _)| name.ends_with(&blob)).unwrap();
        assert!(twin.damage(&name, usize::try_from(piece.offset.unwrap_or(0)).unwrap() + 20), "{key}");
    }
    let checked = || async {
        let run = world.act("anna", "check.run", json!({ "check": "blob-scrub" })).await.unwrap().answer;
        run.to_string()
    };
    let told = checked().await;
    assert!(told.contains("2 bodies are broken") && told.contains("1 of them are made again"), "{told}");
    assert_eq!(reason(read(&world, &rita, made).await), Reason::NotFound, "nobody reads what is broken");
    let due = works(&world).await;
    assert_eq!(due.iter().map(|work| work.step.text()).collect::<Vec<_>>(), ["text"]);
    make(&world, &due[0], b"made of them").await;
    assert_eq!(read(&world, &rita, made).await.unwrap(), b"made of them");
    let told = checked().await;
    assert!(told.contains("1 bodies are broken") && !told.contains("made again"), "{told}");
}
