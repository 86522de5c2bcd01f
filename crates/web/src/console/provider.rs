//! Signing in at an identity provider: the code flow.
//!
//! The browser is sent away with a state, a nonce and the digest of a verifier,
//! and comes back with a code that is worth nothing without them (PKCE). They
//! travel sealed in a cookie of this browser; nothing of a sign-in is kept here.
//! The provider is asked at its own origin and nowhere else, and each sends people
//! back to an address of its own, so that no code goes to another provider.
//! SPEC: OpenID Connect Core 1.0, 3.1; RFC 7636; RFC 9700, 2.1, 4.4; RFC 9207.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use http::StatusCode;
use minicbor::{Decode, Encode};
use region::Region;
use region::noun::issuer::IssuerRow;
use serde_json::Value;
use words::time::SECOND_MS;
use words::{Reason, Refusal, Secret, Timestamp};

use super::way_in::code as chance;
use crate::client::fetch_as;
use crate::door::ActsDoor;
use crate::encode::pairs;

/// WHY: who has not come back from their provider in a quarter of an hour begins again.
pub const JOURNEY_SECONDS: i64 = 900;
const PURPOSE: &str = "epic console sign-in";
/// WHY: somebody waits for it.
const ANSWER_WAIT: Duration = Duration::from_secs(5);

/// A sign-in on its way.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Journey {
    #[n(0)]
    pub issuer: String,
    #[n(1)]
    pub state: String,
    #[n(2)]
    pub nonce: String,
    #[n(3)]
    verifier: String,
    /// A path of ours.
    #[n(4)]
    pub to: String,
    #[n(5)]
    ends: Timestamp,
}

impl Journey {
    pub fn new(region: &Region, issuer: &str, to: &str) -> Self {
        let rand = region.rand();
        let (state, nonce, verifier) = (chance(rand), chance(rand), chance(rand));
        let ends = region.now().plus_ms(JOURNEY_SECONDS * SECOND_MS);
        Self { issuer: issuer.to_owned(), state, nonce, verifier, to: to.to_owned(), ends }
    }

    pub fn text(&self, region: &Region) -> Result<String, Refusal> {
        let bytes = minicbor::to_vec(self).map_err(|_| Refusal::new(Reason::Unavailable))?;
        region.seal_text(PURPOSE, &bytes)
    }

    pub fn read(region: &Region, text: &str) -> Result<Self, Refusal> {
        let bytes = region.open_text(PURPOSE, text)?;
        let journey: Self = minicbor::decode(&bytes).map_err(|_| Refusal::new(Reason::NotFound))?;
        if region.now() > journey.ends { Err(Refusal::new(Reason::NotFound)) } else { Ok(journey) }
    }

    /// SPEC: RFC 7636, 4.2.
    fn challenge(&self) -> String {
        BASE64URL_NOPAD.encode(&seal::sha256(self.verifier.as_bytes()))
    }
}

/// A trusted provider that people may sign in at by browser.
pub async fn offered(door: &ActsDoor, issuer: &str) -> Result<IssuerRow, Refusal> {
    let issuers = door.region().issuers().await?;
    let row = issuers.into_iter().find(|row| row.alias == issuer && row.client.is_some());
    row.ok_or_else(|| Refusal::with(Reason::NotFound, "nobody signs in there by browser"))
}

/// Where the browser goes.
pub async fn address(
    door: &ActsDoor,
    row: &IssuerRow,
    journey: &Journey,
    home: &str,
) -> Result<String, Refusal> {
    let there = door.region().endpoints_of(row.id).await?.authorization;
    let asked = pairs(&[
        ("response_type", "code"),
        ("client_id", row.client.as_deref().unwrap_or_default()),
        ("redirect_uri", home),
        ("scope", "openid"),
        ("state", &journey.state),
        ("nonce", &journey.nonce),
        ("code_challenge", &journey.challenge()),
        ("code_challenge_method", "S256"),
    ]);
    let mark = if there.contains('?') { '&' } else { '?' };
    Ok(format!("{there}{mark}{asked}"))
}

/// The ID token that a code stands for.
pub async fn token(
    door: &ActsDoor,
    row: &IssuerRow,
    journey: &Journey,
    code: &str,
    home: &str,
) -> Result<Secret<String>, Refusal> {
    let there = door.region().endpoints_of(row.id).await?.token;
    let form = pairs(&[
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", home),
        ("client_id", row.client.as_deref().unwrap_or_default()),
        ("code_verifier", &journey.verifier),
    ]);
    let program = row.client.as_deref().zip(row.secret.as_deref());
    let (status, answer) = ask(door, &there, form, program).await?;
    let token = answer.get("id_token").and_then(Value::as_str);
    match (status, token) {
        (StatusCode::OK, Some(token)) => Ok(Secret::new(token.to_owned())),
        _ => Err(Refusal::with(Reason::TokenWrong, "the identity provider gave no token for the sign-in")),
    }
}

/// Where somebody signs out of a provider that they came by.
///
/// WHY by a link of theirs and not at once: it ends what they do elsewhere, too. WHY no way back: it would have to be
/// known there, and who is not sent back has still signed out.
pub async fn farewell(door: &ActsDoor, issuer: &str) -> Option<String> {
    let row = offered(door, issuer).await.ok()?;
    let there = door.region().endpoints_of(row.id).await.ok()?.end_session?;
    let mark = if there.contains('?') { '&' } else { '?' };
    Some(format!("{there}{mark}{}", pairs(&[("client_id", row.client.as_deref().unwrap_or_default())])))
}

async fn ask(
    door: &ActsDoor,
    url: &str,
    form: String,
    program: Option<(&str, &str)>,
) -> Result<(StatusCode, Value), Refusal> {
    let silent = || Refusal::with(Reason::Unavailable, "the identity provider does not answer");
    let asked = tokio::time::timeout(ANSWER_WAIT, fetch_as(url, Some(form), program, door.trust())).await;
    let (status, bytes) = asked.map_err(|_| silent())?.map_err(|_| silent())?;
    Ok((status, serde_json::from_slice(&bytes).map_err(|_| silent())?))
}

/// What a provider says, fit for a page.
pub fn plain(text: &str) -> String {
    text.chars().filter(|sign| sign.is_ascii_graphic() && *sign != '`').take(64).collect()
}
