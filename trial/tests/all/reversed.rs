//! The way back from pseudonyms: a custodian, inside, with a reason; and nobody else, nowhere else, not any more.

use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt;
use privacy::pseudonym::{Entry, Key, Pseudonym, Subject, write_table};
use recipes::Recipe;
use region::derive::back::Reverses;
use region::examine::{Names, Said};
use region::object::body::Body;
use region::rule::{RuleRow, When};
use region::twin::World;
use serde_json::{Value, json};
use trial::kit::{PROJECT, store};
use words::{Act, Actor, Place, Reason, Refusal, Secret};

use crate::examined::{id, world};
use crate::ground::{reason, records};

const TABLE: &[u8] = b"patient,age\n4711,40\n0815,50\n";

/// Another reader than the region's: lines and commas.
struct Lines;

#[async_trait]
impl Reverses for Lines {
    async fn reverse(
        &self,
        recipe: Recipe,
        key: Secret<[u8; 32]>,
        _: u64,
        mut body: Body,
    ) -> Result<Vec<u8>, Refusal> {
        let Recipe::Reverse(back) = recipe else { panic!("another recipe") };
        let mut bytes = Vec::new();
        while let Some(piece) = body.next().await {
            bytes.extend_from_slice(&piece?);
        }
        let key = Key::new(*key.expose());
        let text = String::from_utf8(bytes).unwrap();
        let patients = text.lines().skip(1).filter_map(|line| line.split(',').next());
        let entry = |named: &str| Entry {
            pseudonym: Pseudonym::of(&key, Subject::Patient, named.as_bytes()),
            named: named.as_bytes().to_vec(),
        };
        let is_wanted = |entry: &Entry| back.wanted.contains(&entry.pseudonym.to_string());
        Ok(write_table(patients.map(entry).filter(is_wanted).collect()).unwrap())
    }
}

/// A table that was looked at, and a rule that makes pseudonyms of its patients.
pub async fn ready(world: &World, rita: &Actor) {
    world.region.reverse_by(Arc::new(Lines));
    store(&world.region, rita, "results", "visits.csv", TABLE).await.unwrap();
    let recipe = json!({ "pseudonyms": { "patient": "patient" }, "key": "first" }).to_string();
    let rule = RuleRow {
        name: "names".to_owned(),
        version: 1,
        when: When { kinds: vec!["csv".to_owned()], ..When::default() },
        steps: vec!["table".to_owned()],
        recipe: Some(recipe),
        at: world.region.now(),
        by: Some(rita.person),
    };
    world.rule(PROJECT, rule).await.unwrap();
    looked_at(world, &Said::default()).await;
}

/// Has everything that waits looked at, as a table of which this is said.
async fn looked_at(world: &World, said: &Said) {
    let project = id(world).await;
    let from = world.region.followed_to(project).await.unwrap();
    for arrival in world.region.arrivals(project, from).await.unwrap().waiting {
        let report = json!({ "kind": "csv" }).to_string();
        let (kind, examiner) = ("csv".to_owned(), "trial".to_owned());
        let said = Said { is_whole: true, report, kind, examiner, ..said.clone() };
        world.region.keep_said(&arrival, said).await.unwrap();
    }
}

/// What the project's key makes of a patient.
pub async fn pseudonym(world: &World, named: &str) -> String {
    let key = world.region.pseudonym_key(id(world).await.cast(), "first").unwrap();
    Pseudonym::of(&Key::new(*key.expose()), Subject::Patient, named.as_bytes()).to_string()
}

async fn asked(world: &World, who: &Actor, pseudonyms: &[&str], reason: &str) -> Result<Value, Refusal> {
    let fields = json!({ "project": PROJECT, "bucket": "results", "key": "visits.csv", "pseudonyms": pseudonyms, "reason": reason });
    world.region.perform(who, Act::PseudonymReverse, fields, None).await.map(|done| done.answer)
}

// Goal: only a custodian who sits inside, and says why, is told a name; it stands in no record, and with its table it is gone.
// Method: everybody else, the other place, wrong and strange pseudonyms; the ledger and its records looked through; the table deleted.
#[tokio::test]
async fn a_custodian_alone_finds_the_way_back() {
    let (world, rita) = world(421).await;
    let access = world.credential("kim", PROJECT, Place::Inside, None).await.unwrap();
    let kim = world.with(&access, Place::Inside).await.unwrap();
    ready(&world, &rita).await;
    let known = pseudonym(&world, "4711").await;
    let stranger = pseudonym(&world, "9999").await;
    for (who, expected) in [
        (rita.clone(), Reason::RoleMissing),
        (Actor { place: Place::Inside, ..world.actor("carla") }, Reason::RoleMissing),
        (Actor { place: Place::Inside, ..world.actor("olga") }, Reason::RoleMissing),
        (Actor { place: Place::Inside, ..world.actor("anna") }, Reason::RoleMissing),
        (world.actor("kim"), Reason::PlaceOutside),
    ] {
        assert_eq!(reason(asked(&world, &who, &[&known], "a finding").await), expected);
    }
    let mistaken = known.replace(known.chars().nth(3).unwrap(), "*");
    for (pseudonyms, why) in
        [(vec![mistaken.as_str()], "a finding"), (vec![], "a finding"), (vec![known.as_str()], " ")]
    {
        assert_eq!(reason(asked(&world, &kim, &pseudonyms, why).await), Reason::Invalid, "{pseudonyms:?}");
    }
    let small = known.to_lowercase().replace('-', "");
    let answer = asked(&world, &kim, &[&small, &stranger], "a finding").await.unwrap();
    assert_eq!((&answer["asked"], &answer["found"]), (&json!(2), &json!(1)));
    assert_eq!(answer["names"], json!({ small: "4711" }), "as it was asked for, and nobody else");
    let told = records(&world.region, crate::ground::project(&world.region).await).await;
    let own: Vec<_> = told.into_iter().flatten().filter(|record| record.act == "pseudonym.reverse").collect();
    assert!(own.iter().any(|record| record.refused.is_none()), "it stands in the ledger");
    assert!(!format!("{own:?}").contains("4711"), "{own:?}");
    let gone = json!({ "project": PROJECT, "bucket": "results", "key": "visits.csv" });
    world.region.perform(&rita, Act::ObjectDelete, gone, None).await.unwrap();
    assert_eq!(reason(asked(&world, &kim, &[&known], "a finding").await), Reason::NotFound);
}

// Goal: nobody goes back through what is set apart, or through what no rule makes pseudonyms of.
// Method: the rule dropped; the table set apart by a second look.
#[tokio::test]
async fn there_is_no_way_back_through_what_nobody_may_read() {
    let (world, rita) = world(422).await;
    let access = world.credential("kim", PROJECT, Place::Inside, None).await.unwrap();
    let kim = world.with(&access, Place::Inside).await.unwrap();
    ready(&world, &rita).await;
    let known = pseudonym(&world, "4711").await;
    let of = json!({ "project": PROJECT, "bucket": "results", "key": "visits.csv" });
    world.act("carla", "object.retry", of).await.unwrap();
    assert!(asked(&world, &kim, &[&known], "a finding").await.is_ok(), "while it waits it stands as before");
    looked_at(&world, &Said::default()).await;
    assert!(asked(&world, &kim, &[&known], "a finding").await.is_ok(), "looked at again");
    world.act("carla", "rule.drop", json!({ "project": PROJECT, "rule": "names" })).await.unwrap();
    assert_eq!(reason(asked(&world, &kim, &[&known], "a finding").await), Reason::StateWrong, "no rule");
    ready(&world, &rita).await;
    assert!(asked(&world, &kim, &[&known], "a finding").await.is_ok(), "the rule again");
    let of = json!({ "project": PROJECT, "bucket": "results", "key": "visits.csv" });
    world.act("carla", "object.retry", of).await.unwrap();
    looked_at(&world, &Said { names: Names::Surely, ..Said::default() }).await;
    assert_eq!(reason(asked(&world, &kim, &[&known], "a finding").await), Reason::StateWrong, "set apart");
}
