//! Signing in at the doors of acts: an identity provider's token for a session.
//!
//! Whoever asks is a stranger until the token is believed; its body is bounded,
//! and it is written nowhere. What comes back goes with every further request,
//! as `Authorization: Bearer`.

use std::net::IpAddr;

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use region::session::Opened;
use serde::Deserialize;
use words::act::SessionOpen;
use words::limit::TOKEN_CHARS_MAX;
use words::{Reason, Refusal};

use crate::door::ActsDoor;

/// WHY: the longest token, and the few words around it.
const BODY_BYTES_MAX: usize = TOKEN_CHARS_MAX + 1_024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// An ID token, or an access token that is a JWT made out for this region.
    token: String,
    /// How long; an hour where left out.
    seconds: Option<u64>,
}

pub async fn sign_in(door: &ActsDoor, body: Incoming, address: IpAddr) -> Result<Opened, Refusal> {
    let _room = door.strangers_room(BODY_BYTES_MAX as u64)?;
    let whole = Limited::new(body, BODY_BYTES_MAX).collect();
    let whole = tokio::time::timeout(door.limits().body_wait, whole).await;
    let whole = whole.map_err(|_| Refusal::new(Reason::BodyCut))?;
    let bytes = whole.map_err(|_| Refusal::new(Reason::TooLarge))?.to_bytes();
    // WHY not the parser's own words: they might tell a part of the token again.
    let asked: Asked = serde_json::from_slice(&bytes)
        .map_err(|_| Refusal::with(Reason::Invalid, "expected {\"token\": \"..\", \"seconds\": 3600}"))?;
    let region = door.region();
    let actor = region.sign_in(&asked.token, address, door.place()).await?;
    region.open_session(&actor, SessionOpen { seconds: asked.seconds }).await
}
