//! boto3 asks for sessions with a policy, and is held to it.

use std::path::Path;

use super::Institute;
use crate::clients::Ran;
use crate::kit::{Door, need};

// Goal: a session does what its policy allows, from where it allows it, and nothing else. Method: boto3's own `Policy`.
#[test]
fn boto3_is_held_to_the_policy_of_its_session() {
    let Some(python) = need::python("boto3") else { return };
    let Some(institute) = Institute::new() else { return };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/people/narrow.py").display().to_string();
    let token = institute.provider.sign_in("rita", "epic", true);
    let file = institute.file("narrow.token", &token).display().to_string();
    let ran = Ran::of(&mut institute.client(&python, &[&script, &file], Door::Inside, &token)).done();
    assert!(ran.out.contains("narrowed"), "{}", ran.out);
    // A bound takes away; what the rules refuse stays refused.
    let outside = Ran::of(&mut institute.client(&python, &[&script, &file], Door::Outside, &token));
    outside.refused("place_outside");
}
