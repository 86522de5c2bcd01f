//! What deliveries are held to beside themselves: tables that they refer to, how old they may be, and what makes a CDM of them.

use region::examine::{Arrival, Names, Refers, Said};
use region::twin::World;
use serde_json::{Value, json};
use trial::kit::{PROJECT, store};
use words::time::DAY_MS;
use words::{Act, Actor, Reason};

use crate::examined::{id, world};
use crate::ground::pass_ms;

/// WHY: what refers to each other comes to rest in a few looks, or never.
const LOOKS_MAX: usize = 8;

fn said(kind: &str, columns: &[&str]) -> Said {
    let columns: Vec<_> = columns.iter().map(|name| json!({ "name": name, "type": "whole" })).collect();
    let report = json!({ "kind": kind, "facts": { "columns": columns } }).to_string();
    Said { is_whole: true, report, kind: kind.to_owned(), examiner: "trial".to_owned(), ..Said::default() }
}

/// Looks at everything that waits until nothing does; tells what was looked at, in order.
async fn settle(world: &World, look: impl Fn(&Arrival) -> Said) -> Vec<String> {
    let (project, mut seen) = (id(world).await, Vec::new());
    for _ in 0..LOOKS_MAX {
        let from = world.region.followed_to(project).await.unwrap();
        let waiting = world.region.arrivals(project, from).await.unwrap().waiting;
        if waiting.is_empty() {
            return seen;
        }
        for arrival in waiting {
            let said = held(world, &arrival, look(&arrival)).await;
            if world.region.keep_said(&arrival, said).await.unwrap().is_some() {
                seen.push(arrival.row.key.clone());
            }
        }
    }
    panic!("it never comes to rest: {seen:?}");
}

/// As whoever looks does it: what is not there is open, and so is what does not hold.
async fn held(world: &World, arrival: &Arrival, said: Said) -> Said {
    let Some(holding) = world.region.holding(arrival).await.unwrap() else { return said };
    let own = holding.tables.iter().filter(|referred| !referred.is_own);
    let refers = own.map(|referred| Refers {
        table: referred.table.clone(),
        held_to: referred.object(),
        is_open: referred.object().is_none() || !said.is_whole,
    });
    Said { refers: refers.collect(), ..said }
}

async fn deliver(world: &World, who: &Actor, key: &str, bytes: &str) {
    store(&world.region, who, "results", key, bytes.as_bytes()).await.unwrap();
}

async fn confirm(world: &World, who: &Actor, series: &str, contract: Value) -> Result<(), Reason> {
    let of = json!({ "project": PROJECT, "bucket": "results", "series": series, "contract": contract.to_string() });
    let done = world.region.perform(who, Act::ContractConfirm, of, None).await;
    done.map(drop).map_err(|refusal| refusal.reason)
}

fn refers_to(column: &str) -> Value {
    json!({ "version": 1, "columns": [{ "name": "person_id", "type": "whole", "references": column }] })
}

async fn shown(world: &World, who: &Actor, key: &str) -> Value {
    let of = json!({ "project": PROJECT, "bucket": "results", "key": key });
    world.region.perform(who, Act::ObjectShow, of, None).await.unwrap().answer
}

async fn wants(world: &World) -> Vec<(String, Value)> {
    let map = world.act("carla", "dataset.map", json!({ "project": PROJECT })).await.unwrap().answer;
    let wants = map["wants"].as_array().unwrap().iter();
    wants
        .filter(|want| !want["of"].is_null())
        .map(|want| (want["what"].as_str().unwrap().to_owned(), want.clone()))
        .collect()
}

// Goal: a delivery is held to the table beside it, whichever came first; what does not hold is looked at again when that table
// is delivered anew, and what holds is left in peace.
// Method: both orders, another folder, other kinds of the same name, a broken delivery, one that is deleted.
#[tokio::test]
async fn a_table_is_held_to_the_one_beside_it_in_either_order() {
    let (world, rita) = world(441).await;
    confirm(&world, &rita, "cdm/visits.csv", refers_to("person.person_id")).await.unwrap();
    let fine = |_: &Arrival| said("csv", &["person_id"]);
    for (key, expected) in [
        ("cdm/visits.csv", &["cdm/visits.csv"][..]),
        ("person.csv", &["person.csv"]),
        ("cdm/personnel.csv", &["cdm/personnel.csv"]),
        ("cdm/person.csv", &["cdm/person.csv", "cdm/visits.csv"]),
    ] {
        deliver(&world, &rita, key, "person_id\n1\n").await;
        assert_eq!(settle(&world, fine).await, expected, "{key}");
    }
    deliver(&world, &rita, "cdm/person.csv", "person_id\n1\n2\n").await;
    assert_eq!(settle(&world, fine).await, ["cdm/person.csv"], "what holds is left in peace");
    let broken = |arrival: &Arrival| Said { is_whole: arrival.row.key != "cdm/visits.csv", ..fine(arrival) };
    deliver(&world, &rita, "cdm/visits.csv", "person_id\n3\n").await;
    assert_eq!(settle(&world, broken).await, ["cdm/visits.csv"]);
    assert_eq!(shown(&world, &rita, "cdm/visits.csv").await["standing"], "broken");
    deliver(&world, &rita, "cdm/person.txt", "people").await;
    assert_eq!(settle(&world, |_| said("text", &[])).await, ["cdm/person.txt"], "a text is no table");
    deliver(&world, &rita, "cdm/person.csv", "person_id\n1\n2\n3\n").await;
    assert_eq!(settle(&world, fine).await, ["cdm/person.csv", "cdm/visits.csv"], "it is tried anew");
    assert_eq!(shown(&world, &rita, "cdm/visits.csv").await["standing"], "clear");
    let gone = json!({ "project": PROJECT, "bucket": "results", "key": "cdm/person.csv" });
    world.region.perform(&rita, Act::ObjectDelete, gone, None).await.unwrap();
    deliver(&world, &rita, "cdm/visits.csv", "person_id\n4\n").await;
    assert_eq!(settle(&world, fine).await, ["cdm/visits.csv"]);
    deliver(&world, &rita, "cdm/person.csv", "person_id\n4\n").await;
    assert_eq!(
        settle(&world, fine).await,
        ["cdm/person.csv", "cdm/visits.csv"],
        "what is deleted is not there"
    );
}

// Goal: what nobody may read holds nobody; once it is cleared it does. Tables of several deliveries are called by their series,
// a table may refer to itself, and two that refer to each other come to rest.
// Method: people set apart and cleared; months; a parent beside its children; a circle that never holds.
#[tokio::test]
async fn references_follow_what_can_be_used() {
    let (world, rita) = world(442).await;
    confirm(&world, &rita, "visits_#-#.csv", refers_to("person_#-#.person_id")).await.unwrap();
    let apart = |arrival: &Arrival| match arrival.row.key.starts_with("person") {
        true => Said { names: Names::Surely, ..said("csv", &[]) },
        false => said("csv", &["person_id"]),
    };
    deliver(&world, &rita, "visits_2027-01.csv", "person_id\n1\n").await;
    deliver(&world, &rita, "person_2027-01.csv", "person_id\n1\n").await;
    assert_eq!(settle(&world, apart).await, ["visits_2027-01.csv", "person_2027-01.csv"]);
    let person = shown(&world, &rita, "person_2027-01.csv").await;
    let clear = json!({
        "project": PROJECT, "bucket": "results", "key": "person_2027-01.csv", "id": person["id"], "reason": "of nobody",
    });
    world.act("carla", "object.clear", clear).await.unwrap();
    assert_eq!(settle(&world, apart).await, ["visits_2027-01.csv"]);
    let fine = |_: &Arrival| said("csv", &["person_id"]);
    confirm(&world, &rita, "tree/place.csv", refers_to("place.parent")).await.unwrap();
    deliver(&world, &rita, "tree/place.csv", "place,parent\n1,1\n").await;
    let arrival = next(&world).await;
    let holding = world.region.holding(&arrival).await.unwrap().unwrap();
    assert!(holding.tables[0].is_own && holding.tables[0].object() == Some(arrival.row.id));
    assert_eq!(settle(&world, fine).await, ["tree/place.csv"]);
    for (one, other) in [("ring/a.csv", "b.x"), ("ring/b.csv", "a.x")] {
        confirm(&world, &rita, one, refers_to(other)).await.unwrap();
    }
    let never = |arrival: &Arrival| Said { is_whole: arrival.row.key != "ring/a.csv", ..fine(arrival) };
    deliver(&world, &rita, "ring/a.csv", "x\n1\n").await;
    deliver(&world, &rita, "ring/b.csv", "x\n2\n").await;
    assert_eq!(settle(&world, never).await, ["ring/a.csv", "ring/b.csv", "ring/a.csv"]);
    for (wrong, contract) in [
        ("visits.csv", refers_to("person")),
        ("visits.csv", refers_to("other/person.id")),
        ("visits.csv", json!({ "version": 1, "columns": [], "key": ["id"] })),
        ("visits.csv", json!({ "version": 1, "columns": [], "fresh": { "column": "day", "days_max": 3 } })),
    ] {
        assert_eq!(confirm(&world, &rita, wrong, contract).await, Err(Reason::Invalid));
    }
}

async fn next(world: &World) -> Arrival {
    let project = id(world).await;
    let from = world.region.followed_to(project).await.unwrap();
    world.region.arrivals(project, from).await.unwrap().waiting.into_iter().next().unwrap()
}

// Goal: a table that comes while another one is looked at is not missed.
// Method: a look that began before the table was there, and is kept after.
#[tokio::test]
async fn what_comes_meanwhile_is_not_missed() {
    let (world, rita) = world(443).await;
    confirm(&world, &rita, "visits.csv", refers_to("person.person_id")).await.unwrap();
    deliver(&world, &rita, "visits.csv", "person_id\n1\n").await;
    let early = next(&world).await;
    let found = held(&world, &early, said("csv", &["person_id"])).await;
    assert!(found.refers[0].is_open && found.refers[0].held_to.is_none());
    deliver(&world, &rita, "person.csv", "person_id\n1\n").await;
    let project = id(&world).await;
    let waiting = world.region.arrivals(project, 0).await.unwrap().waiting;
    let person = waiting.into_iter().find(|arrival| arrival.row.key == "person.csv").unwrap();
    world.region.keep_said(&person, said("csv", &["person_id"])).await.unwrap();
    world.region.keep_said(&early, found).await.unwrap();
    let again = world.region.arrivals(project, 0).await.unwrap().waiting;
    let again = again.into_iter().find(|arrival| arrival.row.key == "visits.csv").unwrap();
    let found = held(&world, &again, said("csv", &["person_id"])).await;
    assert!(!found.refers[0].is_open && found.refers[0].held_to == Some(person.row.id));
    world.region.keep_said(&again, found).await.unwrap();
    assert!(world.region.open_arrival(&again).await.unwrap().is_none(), "it waits no more");
}

// Goal: age is judged by the day of delivery, and a series that stays away is late until it comes.
// Method: a contract with and without an age; days pass; a delivery that cannot be used, one that can.
#[tokio::test]
async fn a_series_that_stays_away_is_late() {
    let (world, rita) = world(444).await;
    let fresh = json!({
        "version": 1, "columns": [{ "name": "day", "type": "date" }], "fresh": { "column": "day", "days_max": 2 },
    });
    let fine = |_: &Arrival| said("csv", &["day"]);
    deliver(&world, &rita, "air_1.csv", "day\n2027-01-01\n").await;
    let arrival = next(&world).await;
    confirm(&world, &rita, "air_#.csv", fresh.clone()).await.unwrap();
    confirm(&world, &rita, "other_#.csv", refers_to("person.id")).await.unwrap();
    let stored = shown(&world, &rita, "air_1.csv").await["at"].as_str().unwrap()[..10].to_owned();
    pass_ms(&world, DAY_MS).await;
    assert_eq!(world.region.holding(&arrival).await.unwrap().unwrap().day, stored);
    settle(&world, fine).await;
    assert!(wants(&world).await.is_empty());
    pass_ms(&world, 2 * DAY_MS).await;
    let late = wants(&world).await;
    assert_eq!((late.len(), late[0].0.as_str(), &late[0].1["of"]), (1, "late", &json!("air_#.csv")));
    deliver(&world, &rita, "air_2.csv", "day\nnever\n").await;
    settle(&world, |_| Said { is_whole: false, ..said("csv", &["day"]) }).await;
    assert_eq!(wants(&world).await.len(), 1, "what cannot be used is no delivery");
    deliver(&world, &rita, "air_3.csv", "day\n2027-01-04\n").await;
    settle(&world, fine).await;
    assert!(wants(&world).await.is_empty());
    pass_ms(&world, 3 * DAY_MS).await;
    assert_eq!(wants(&world).await.len(), 1);
    let drop =
        json!({ "project": PROJECT, "bucket": "results", "series": "air_#.csv", "reason": "it ended" });
    world.region.perform(&rita, Act::ContractDrop, drop, None).await.unwrap();
    assert!(wants(&world).await.is_empty(), "nothing was agreed any more");
}

fn omop(arrival: &Arrival) -> Said {
    let name = arrival.row.key.rsplit('/').next().unwrap();
    let table = name.split('.').next().unwrap().trim_end_matches("-again");
    if !["concept", "person", "measurement", "observation_period", "episode"].contains(&table) {
        return said("csv", &["id"]);
    }
    let columns = if table == "episode" { &["episode_id"][..] } else { &["person_id"] };
    let told = said("omop-table", columns);
    let mut report: Value = serde_json::from_str(&told.report).unwrap();
    report["facts"]["words"] = json!({ "omop-table": table });
    Said { report: report.to_string(), ..told }
}

// Goal: tables of OMOP that lie together are judged as a set: whole, lacking, doubled; each folder by itself.
// Method: tables that come one by one, a table twice, one that is deleted; what is told with each, on the card and on the map.
#[tokio::test]
async fn tables_that_lie_together_are_a_cdm_or_lack_something() {
    let (world, rita) = world(445).await;
    let card = json!({
        "project": PROJECT, "dataset": "cdm", "bucket": "results", "prefix": "cdm/", "title": "CDM", "purpose": "all",
    });
    world.act("carla", "dataset.describe", card).await.unwrap();
    let put = |key: &'static str| {
        let (world, rita) = (&world, &rita);
        async move {
            deliver(world, rita, key, key).await;
            settle(world, omop).await;
        }
    };
    let told = |key: &'static str| {
        let (world, rita) = (&world, &rita);
        async move { shown(world, rita, key).await["report"]["cdm"].clone() }
    };
    put("cdm/concept.csv").await;
    put("cdm/notes.csv").await;
    assert!(wants(&world).await.is_empty(), "a vocabulary alone is no set of people's data");
    assert_eq!(told("cdm/concept.csv").await, Value::Null);
    put("cdm/person.csv").await;
    put("cdm/old/person.csv").await;
    put("cdm/measurement.csv").await;
    assert_eq!(told("cdm/person.csv").await["missing"], json!(["observation_period"]));
    assert_eq!(
        told("cdm/old/person.csv").await["missing"],
        json!(["any table of events", "observation_period"])
    );
    assert_eq!(told("cdm/notes.csv").await, Value::Null);
    let dark = wants(&world).await;
    assert_eq!(
        dark.iter().map(|(what, want)| (what.as_str(), &want["of"])).collect::<Vec<_>>(),
        [("cdm", &json!("cdm/")), ("cdm", &json!("cdm/old/")),]
    );
    put("cdm/observation_period.csv").await;
    let whole = told("cdm/person.csv").await;
    assert_eq!(
        (&whole["missing"], &whole["doubled"], &whole["version"]),
        (&json!([]), &json!([]), &json!("5.3"))
    );
    assert_eq!(wants(&world).await.len(), 1, "one of both is whole");
    put("cdm/person-again.csv").await;
    put("cdm/episode.csv").await;
    let doubled = told("cdm/episode.csv").await;
    assert_eq!((&doubled["doubled"], &doubled["version"]), (&json!(["person"]), &json!("5.4")));
    for key in ["cdm/person-again.csv", "cdm/old/person.csv"] {
        let gone = json!({ "project": PROJECT, "bucket": "results", "key": key });
        world.region.perform(&rita, Act::ObjectDelete, gone, None).await.unwrap();
    }
    assert!(wants(&world).await.is_empty(), "what is deleted lacks nothing");
    let card = world.act("carla", "dataset.show", json!({ "dataset": "cdm" })).await.unwrap().answer;
    assert_eq!((card[0]["cdm"].as_array().unwrap().len(), &card[0]["cdm"][0]["folder"]), (1, &json!("cdm/")));
    deliver(&world, &rita, "cdm/person.csv", "anew").await;
    settle(&world, |_| said("csv", &["name"])).await;
    assert_eq!(wants(&world).await.len(), 1, "what took its place is another table");
}

// Goal: names of columns reach those without a part in the project only where a person has confirmed them.
// Method: a card for everybody, before and after a contract that names one of two columns; an own, a stranger, the public.
#[tokio::test]
async fn strangers_see_columns_that_somebody_confirmed() {
    let (world, rita) = world(446).await;
    world.study(2).await.unwrap();
    deliver(&world, &rita, "visits_1.csv", "age,Rossi\n1,2\n").await;
    let columns = |_: &Arrival| said("csv", &["age", "Rossi"]);
    settle(&world, columns).await;
    let describe = json!({
        "project": PROJECT, "dataset": "visits", "bucket": "results", "title": "Visits", "purpose": "Smog", "listed": "everybody",
    });
    world.act("carla", "dataset.describe", describe).await.unwrap();
    let seen = |who: &'static str| {
        let world = &world;
        async move {
            let card = world.act(who, "dataset.show", json!({ "dataset": "visits" })).await.unwrap().answer;
            let names = card[0]["columns"].as_array().unwrap().iter();
            names.map(|column| column["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        }
    };
    let public = || async {
        let cards = world.region.public_cards(None).await.unwrap();
        cards[0].fields.iter().map(|field| field.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(seen("carla").await, ["Rossi", "age"]);
    assert_eq!((seen("cora").await, public().await), (vec![], vec![]), "a header may be a row of values");
    let contract = json!({ "version": 1, "columns": [{ "name": "age", "type": "whole" }] });
    confirm(&world, &rita, "visits_#.csv", contract).await.unwrap();
    assert_eq!((seen("cora").await, public().await), (vec!["age".to_owned()], vec!["age".to_owned()]));
    assert_eq!(seen("carla").await, ["Rossi", "age"]);
    let drop =
        json!({ "project": PROJECT, "bucket": "results", "series": "visits_#.csv", "reason": "no more" });
    world.region.perform(&rita, Act::ContractDrop, drop, None).await.unwrap();
    assert!(public().await.is_empty());
}
