//! Upon what was shown: nobody decides on something else than they saw.

use region::expected::{Digest, digest};
use region::twin::{Soil, World};
use serde_json::{Value, json};
use trial::kit::PROJECT;
use words::{Act, Reason, Refusal};

use crate::ground::refused;

async fn seen(world: &World, who: &str, show: &str, of: Value) -> Digest {
    digest(&world.act(who, show, of).await.unwrap().answer)
}

async fn upon(world: &World, who: &str, act: &str, fields: Value, expected: Digest) -> Result<(), Refusal> {
    let act = Act::parse(act).unwrap();
    world.region.perform_upon(&world.actor(who), act, fields, None, Some(expected)).await.map(drop)
}

fn request(alias: &str, ends: &str) -> Value {
    json!({
        "alias": alias, "project": PROJECT, "persons": ["rita"], "purpose": "asthma", "legal_basis": "GDPR Art. 9(2)(j)",
        "starts": "2027-01-01", "ends": ends,
    })
}

/// A permit that was asked for and granted.
async fn granted(world: &World) -> Value {
    world.act("rita", "permit.request", request("p1", "2027-06-30")).await.unwrap();
    world.act("carla", "permit.grant", json!({ "permit": "p1" })).await.unwrap();
    json!({ "permit": "p1" })
}

fn until(day: u32) -> Value {
    json!({ "permit": "p1", "ends": format!("2027-07-{day:02}") })
}

// Goal: a permit that was amended since is not decided on by who saw it before. Method: the tag of before, and of now.
#[tokio::test]
async fn what_changed_since_is_not_decided_on() {
    let world = World::planet(Soil::new(221)).await.unwrap();
    let of = granted(&world).await;
    let before = seen(&world, "carla", "permit.show", of.clone()).await;
    world.act("carla", "permit.amend", until(1)).await.unwrap();
    let stale = upon(&world, "carla", "permit.amend", until(2), before);
    refused(&world, Reason::PreconditionFailed, "amending what was amended", stale).await;
    let now = seen(&world, "carla", "permit.show", of).await;
    upon(&world, "carla", "permit.amend", until(2), now).await.unwrap();
    let twice = upon(&world, "carla", "permit.end", json!({ "permit": "p1", "reason": "over" }), now);
    refused(&world, Reason::PreconditionFailed, "ending what was amended", twice).await;
}

// Goal: of many who decide on the same, one does. Method: eight who saw it, at once.
#[tokio::test]
async fn of_many_at_once_one_decides() {
    let world = World::planet(Soil::new(222)).await.unwrap();
    let of = granted(&world).await;
    let seen = seen(&world, "carla", "permit.show", of).await;
    let all = (1..=8).map(|day| upon(&world, "carla", "permit.amend", until(day), seen));
    let ended = futures::future::join_all(all).await;
    let done = ended.iter().filter(|ended| ended.is_ok()).count();
    let late = |refusal: &Refusal| refusal.reason == Reason::PreconditionFailed;
    assert_eq!(done, 1, "{ended:?}");
    assert!(ended.iter().filter_map(|ended| ended.as_ref().err()).all(late), "{ended:?}");
}

// Goal: an act that is done upon nothing that is shown says so, and does nothing.
#[tokio::test]
async fn what_has_no_show_takes_no_tag() {
    let world = World::planet(Soil::new(223)).await.unwrap();
    for (who, act, fields) in [
        ("carla", "project.halt", json!({ "project": PROJECT, "reason": "why" })),
        ("carla", "permit.show", json!({})),
        ("rita", "session.open", json!({})),
        ("olga", "tenant.open", json!({ "alias": "t", "name": "T", "organisation": "infn" })),
    ] {
        let refusal = upon(&world, who, act, fields, [0; 32]).await.unwrap_err();
        assert!(
            [Reason::NotOffered, Reason::PreconditionFailed].contains(&refusal.reason),
            "{act}: {refusal}"
        );
    }
    let project = world.act("carla", "project.show", json!({ "project": PROJECT })).await.unwrap().answer;
    assert_eq!(project[0]["state"], "open", "nothing was done");
}
