//! Signing in at the doors of acts: an identity provider's token for a session.
//!
//! Whoever asks is a stranger until the token is believed; its body is bounded,
//! and it is written nowhere. What comes back goes with every further request,
//! as `Authorization: Bearer`.

use std::net::IpAddr;
use std::time::Duration;

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

/// WHY: it comes in one piece; who drips it holds a place among those who sign in.
const BODY_WAIT: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// An ID token, or an access token that is a JWT made out for this region.
    token: String,
    /// How long; an hour where left out.
    seconds: Option<u64>,
}

pub async fn sign_in(door: &ActsDoor, body: Incoming, address: IpAddr) -> Result<Opened, Refusal> {
    let _place = door.open_sign_in(address)?;
    let whole = Limited::new(body, BODY_BYTES_MAX).collect();
    let whole = tokio::time::timeout(BODY_WAIT, whole).await;
    let whole = whole.map_err(|_| Refusal::new(Reason::BodyCut))?;
    let bytes = whole.map_err(|_| Refusal::new(Reason::TooLarge))?.to_bytes();
    // WHY not the parser's own words: they might tell a part of the token again.
    let asked: Asked = serde_json::from_slice(&bytes)
        .map_err(|_| Refusal::with(Reason::Invalid, "expected {\"token\": \"..\", \"seconds\": 3600}"))?;
    let region = door.region();
    let actor = region.sign_in(&asked.token, address, door.place()).await?;
    let _share = door.share_of(actor.person)?;
    region.open_session(&actor, SessionOpen { seconds: asked.seconds }).await
}
