#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::json;

use super::{Verdict, all, verdict};
use crate::twin::{Soil, World};

// Goal: every check can fail. Method: its own planted fault.
#[tokio::test]
async fn every_check_sees_its_planted_fault() {
    for check in all() {
        let finding = check.look_at_fault().await.unwrap();
        assert_eq!(finding.verdict, Verdict::Fail, "{}: {}", check.name(), finding.measured);
    }
}

#[tokio::test]
async fn a_sound_region_passes_and_an_old_verdict_is_stale() {
    let world = World::planet(Soil::new(3)).await.unwrap();
    let erase = json!({ "project": "planet", "agreement": "planet-bari", "reason": "withdrawn" });
    world.act("kurt", "key.erase-scope", erase).await.unwrap();
    world.region.publish_all().await;
    for check in all() {
        let finding = verdict(check.as_ref(), &world.region).await;
        // Nothing was delivered, so there is no body to scrub; `trial` scrubs some.
        let expected = if check.name() == "blob-scrub" { Verdict::NotApplicable } else { Verdict::Pass };
        assert_eq!(finding.verdict, expected, "{}: {}", check.name(), finding.measured);
    }
    let done = world.act("anna", "check.run", json!({})).await.unwrap();
    assert!(done.leaf.is_some());
    let shown = world.act("anna", "check.show", json!({})).await.unwrap();
    assert_eq!(shown.answer[0]["verdict"], "pass");
    world.soil.clock.pass_ms(2 * words::time::DAY_MS);
    world.region.confirm().await;
    let shown = world.act("anna", "check.show", json!({})).await.unwrap();
    assert_eq!(shown.answer[0]["verdict"], "stale");
    let refused = world.act("rita", "check.run", json!({})).await.unwrap_err();
    assert_eq!(refused.reason, words::Reason::RoleMissing);
}
