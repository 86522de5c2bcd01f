//! Runs: what the house goes on with after it has answered, and the look that tells how far it is.
//!
//! SPEC: RFC 9110, 15.3.3 (202 Accepted).

use http::{HeaderValue, Response, StatusCode, header};
use region::Done;
use serde_json::Value;
use words::Act;

use crate::ACTS_PATH;

/// Acts that may begin one, and the looks.
const RUNS: [(Act, Act); 5] = [
    (Act::PermitGrant, Act::SnapshotShow),
    (Act::PermitAmend, Act::SnapshotShow),
    (Act::SnapshotTake, Act::SnapshotShow),
    (Act::KeyRotate, Act::KeyShow),
    (Act::KeySplit, Act::KeyShow),
];

/// The look that tells how far a run is that an act may begin.
pub fn look_of(act: Act) -> Option<Act> {
    RUNS.iter().find(|(of, _)| *of == act).map(|(_, look)| *look)
}

/// Accepted, and where to ask how far it is; as it was, where nothing goes on.
pub fn under_way<B>(mut response: Response<B>, act: Act, done: &Done) -> Response<B> {
    // A permit begins one only where it is for data of another project.
    let begun = done.answer.get("snapshots").and_then(Value::as_array).is_some_and(|all| !all.is_empty());
    let is_run = begun || !matches!(act, Act::PermitGrant | Act::PermitAmend);
    if let Some(look) = look_of(act).filter(|_| is_run) {
        *response.status_mut() = StatusCode::ACCEPTED;
        let there = HeaderValue::from_str(&format!("{ACTS_PATH}{}", look.name()));
        there.into_iter().for_each(|there| drop(response.headers_mut().insert(header::LOCATION, there)));
    }
    response
}
