//! Signing in: a token goes, a session comes back.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt, Full};
use listen::Trust;
use serde_json::{Value, json};
use words::{Secret, Timestamp};

use super::answer::{accepted, read_answer};
use super::{Address, CallError, send};
use crate::SIGN_IN_PATH;

/// A session as its client keeps it.
pub struct Opened {
    pub session: Secret<String>,
    pub ends: Timestamp,
}

/// Exchanges an identity provider's token for a session.
pub async fn sign_in(
    address: &Address,
    trust: Option<&Trust>,
    token: &str,
    seconds: Option<u64>,
) -> Result<Opened, CallError> {
    let body = json!({ "token": token, "seconds": seconds }).to_string();
    let body = Full::new(Bytes::from(body)).map_err(|never: Infallible| match never {}).boxed_unsync();
    let request = Request::post(SIGN_IN_PATH)
        .header(header::HOST, address.authority())
        .header(header::CONTENT_TYPE, "application/json")
        .body(body)
        .map_err(|_| CallError::Unwritten)?;
    let answer = read_answer(accepted(send(address, trust, request).await?).await?).await?.answer;
    let text = |name: &str| answer.get(name).and_then(Value::as_str);
    let read = text("session").zip(text("ends").and_then(|ends| ends.parse().ok()));
    let (session, ends) = read.ok_or(CallError::Strange { status: 200 })?;
    Ok(Opened { session: Secret::new(session.to_owned()), ends })
}
