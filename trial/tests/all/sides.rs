//! Separate hands: each side lifts its own stop, tiers hold what was signed, approvals count while their giver may give them.

use region::twin::{Soil, World};
use serde_json::{Value, json};
use trial::kit::{PROJECT, store};
use words::{Actor, Reason, Refusal};

use crate::ground::{desk, dina, refused};
use crate::refusals::foggia;

async fn world(seed: u64) -> World {
    World::planet(Soil::new(seed)).await.unwrap()
}

fn of_bari(reason: &str) -> Value {
    json!({ "agreement": "planet-bari", "reason": reason })
}

async fn resume(world: &World, who: &str) -> Result<(), Refusal> {
    world.act(who, "agreement.resume", json!({ "agreement": "planet-bari" })).await.map(drop)
}

async fn write(world: &World, dina: &Actor) -> Result<(), Refusal> {
    store(&world.region, dina, "bari", "a", b"delivered").await.map(drop)
}

// Goal: a stop holds until who made it lifts it. Method: each side stops and the other resumes; then both stop.
#[tokio::test]
async fn each_side_lifts_its_own_stop() {
    let world = world(71).await;
    let dina = dina(&world, "bari").await;
    world.act("sara-bari", "agreement.suspend", of_bari("a doubt")).await.unwrap();
    refused(
        &world,
        Reason::OtherParty,
        "the controller lifting the hospital's stop",
        resume(&world, "carla"),
    )
    .await;
    refused(&world, Reason::OtherParty, "the controller's signatory too", resume(&world, "sergio")).await;
    let twice = world.act("sara-bari", "agreement.suspend", of_bari("again"));
    refused(&world, Reason::StateWrong, "stopping twice for one side", twice).await;
    refused(&world, Reason::AgreementSuspended, "a write while one side stops", write(&world, &dina)).await;

    world.act("carla", "agreement.suspend", of_bari("another doubt")).await.unwrap();
    resume(&world, "sara-bari").await.unwrap();
    refused(&world, Reason::AgreementSuspended, "a write while the other side stops", write(&world, &dina))
        .await;
    refused(
        &world,
        Reason::OtherParty,
        "the hospital lifting the controller's stop",
        resume(&world, "sara-bari"),
    )
    .await;
    // WHY: the controller's signatory and its tenant's controller are one side.
    resume(&world, "sergio").await.unwrap();
    write(&world, &dina).await.unwrap();
    refused(&world, Reason::StateWrong, "resuming what nobody stopped", resume(&world, "carla")).await;
}

fn tier(tier: u64) -> Value {
    json!({ "project": PROJECT, "tier": tier })
}

// Goal: a tier that was signed for holds. Method: lower and raise with agreements in force, stopped, ended, and with data.
#[tokio::test]
async fn a_project_is_not_lowered_below_what_was_signed() {
    let world = world(72).await;
    let to = |number: u64| world.act("carla", "project.classify", tier(number));
    refused(&world, Reason::TierLowered, "lowering under signed agreements", to(1)).await;
    world.act("carla", "project.halt", json!({ "project": PROJECT, "reason": "an incident" })).await.unwrap();
    to(3).await.unwrap();
    to(2).await.unwrap();
    world.act("carla", "project.resume", json!({ "project": PROJECT })).await.unwrap();
    world.act("sara-bari", "agreement.suspend", of_bari("a doubt")).await.unwrap();
    for hospital in ["bologna", "catania"] {
        let end = json!({ "agreement": format!("planet-{hospital}"), "reason": "over" });
        world.act("carla", "agreement.end", end).await.unwrap();
    }
    refused(&world, Reason::TierLowered, "lowering under a suspended agreement", to(1)).await;
    world.act("carla", "agreement.end", of_bari("over")).await.unwrap();
    foggia(&world, 0).await;
    to(1).await.unwrap();
    let late = world.sign("sara-foggia", "planet-foggia", "foggia");
    refused(&world, Reason::TermsChanged, "signing terms of a higher tier than the project's", late).await;
    to(2).await.unwrap();
    world.sign("sara-foggia", "planet-foggia", "foggia").await.unwrap();
    let shown =
        world.act("sara-foggia", "agreement.show", json!({ "agreement": "planet-foggia" })).await.unwrap();
    assert_eq!(shown.answer[0]["tier"], 2);

    store(&world.region, &dina(&world, "foggia").await, "foggia", "a", b"delivered").await.unwrap();
    to(3).await.unwrap();
    refused(&world, Reason::NotEmpty, "lowering a project with data", to(2)).await;
}

pub async fn drafted(world: &World) {
    world.permit("permit-1", PROJECT, "2027-01-01", "2027-06-30").await.unwrap();
    world.act("rita", "bucket.create", json!({ "project": PROJECT, "bucket": "results" })).await.unwrap();
    let (_, rita) = desk(world).await;
    store(&world.region, &rita, "results", "table", b"counts").await.unwrap();
    let draft = json!({ "alias": "out-1", "project": PROJECT, "objects": ["results/table"], "context": "counts above 10" });
    world.act("rita", "airlock.draft", draft).await.unwrap();
    for reviewer in ["rolf", "renate"] {
        let approve = json!({ "project": PROJECT, "airlock": "out-1", "note": "fine" });
        world.act(reviewer, "airlock.approve", approve).await.unwrap();
    }
}

async fn counted(world: &World) -> usize {
    let shown = world.act("carla", "airlock.show", json!({ "project": PROJECT })).await.unwrap();
    let approvals = shown.answer[0]["approvals"].as_array().unwrap().clone();
    approvals.iter().filter(|approval| approval["counts"] == true).count()
}

// Goal: an approval counts while its giver may approve. Method: suspend, resume, revoke and give again; release in between.
#[tokio::test]
async fn an_approval_counts_while_its_reviewer_is_one() {
    let world = world(73).await;
    drafted(&world).await;
    let release = || {
        let fields = json!({ "project": PROJECT, "airlock": "out-1", "ends": "2027-03-01" });
        world.act("carla", "airlock.release", fields)
    };
    assert_eq!(counted(&world).await, 2);
    world.act("sergio", "person.suspend", json!({ "person": "rolf", "reason": "an inquiry" })).await.unwrap();
    refused(&world, Reason::ApprovalsMissing, "releasing on a suspended reviewer's word", release()).await;
    assert_eq!(counted(&world).await, 1);
    world.act("sergio", "person.resume", json!({ "person": "rolf" })).await.unwrap();
    let role = json!({ "person": "renate", "role": "reviewer", "at": PROJECT });
    world.act("carla", "role.revoke", role.clone()).await.unwrap();
    refused(&world, Reason::ApprovalsMissing, "releasing on a former reviewer's word", release()).await;
    world.act("carla", "role.grant", role).await.unwrap();
    release().await.unwrap();
}
