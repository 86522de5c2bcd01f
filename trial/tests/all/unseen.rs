//! What a row or a refusal tells nobody it is not about: grants, permits, buckets behind them.

use region::twin::{Soil, World};
use serde_json::json;
use trial::kit::PROJECT;
use words::{Place, Reason};

use crate::ground::{reason, refused};

async fn world(seed: u64) -> World {
    World::planet(Soil::new(seed)).await.unwrap()
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
