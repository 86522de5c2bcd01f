//! Signing in: a token goes, a session comes back.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt, Full};
use listen::Trust;
use serde_json::{Value, json};
use words::{Act, Secret, Timestamp};

use super::answer::{accepted, read_answer};
use super::{Address, CallError, Client, send};
use crate::{LINKS_PATH, SIGN_IN_PATH};

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

/// A way into the console that works once.
pub struct Link {
    pub url: Secret<String>,
    /// When the session behind it ends.
    pub ends: Timestamp,
}

impl Client {
    /// Opens a session, and makes a link that takes one browser into it.
    pub async fn link(&self, seconds: u64) -> Result<Link, CallError> {
        let opened = self.perform(Act::SessionOpen, &json!({ "seconds": seconds })).await?;
        let session =
            opened.answer.get("session").and_then(Value::as_str).ok_or(CallError::Strange { status: 200 })?;
        let body = Full::default().map_err(|never: Infallible| match never {}).boxed_unsync();
        let request = Request::post(LINKS_PATH)
            .header(header::HOST, self.address.authority())
            .header(header::AUTHORIZATION, format!("Bearer {session}"))
            .body(body)
            .map_err(|_| CallError::Unwritten)?;
        let made = send(&self.address, self.trust.as_ref(), request).await?;
        let answer = read_answer(accepted(made).await?).await?.answer;
        let text = |name: &str| answer.get(name).and_then(Value::as_str);
        let read = text("path").zip(text("ends").and_then(|ends| ends.parse().ok()));
        let (path, ends) = read.ok_or(CallError::Strange { status: 200 })?;
        Ok(Link { url: Secret::new(format!("{}{path}", self.address)), ends })
    }
}
