//! Signing in at an identity provider from a terminal: a code to enter in any browser.
//!
//! SPEC: RFC 8628 (device authorization grant); OpenID Connect Discovery 1.0, 4. The provider is asked at the address
//! that the region trusts; what it says for people is told to them and never followed.

use std::time::Duration;

use http::StatusCode;
use listen::Trust;
use serde_json::Value;
use words::Secret;

use super::{CallError, configuration_of, fetch, is_same_origin};
use crate::encode::pairs;

/// SPEC: RFC 8628, 3.2 and 3.5: five seconds where nothing is said, and five more whenever we are too fast.
const INTERVAL_SECONDS: u64 = 5;
/// WHY: who has not entered it in half an hour has gone.
const WAIT_SECONDS_MAX: u64 = 1_800;
const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Why nobody signed in.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    #[error("the identity provider does not answer")]
    Call(#[from] CallError),
    #[error("the identity provider offers no sign-in by a code")]
    Unoffered,
    #[error("the identity provider answered something else than it should (`{0}`)")]
    Strange(&'static str),
    #[error("the sign-in was refused at the identity provider (`{0}`)")]
    Refused(String),
    #[error("nobody entered the code in time")]
    Late,
}

/// What a person is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Where, in any browser.
    pub url: String,
    pub code: String,
}

/// A provider's client that keeps no secret.
pub struct Device<'a> {
    /// The provider, as the region trusts it.
    pub issuer: &'a str,
    pub client: &'a str,
    pub trust: Option<&'a Trust>,
}

impl Device<'_> {
    /// Tells the person what to do, and waits until they have: their ID token.
    pub async fn sign_in(&self, tell: impl FnOnce(&Told)) -> Result<Secret<String>, DeviceError> {
        let found = self.ask(&configuration_of(self.issuer), None).await?.1;
        let endpoint = |name: &'static str| text(&found, name).ok_or(DeviceError::Unoffered);
        let (begin, end) = (endpoint("device_authorization_endpoint")?, endpoint("token_endpoint")?);
        let form = pairs(&[("client_id", self.client), ("scope", "openid")]);
        let (status, begun) = self.ask(&begin, Some(form)).await?;
        if status != StatusCode::OK {
            return Err(refused(&begun));
        }
        let device = text(&begun, "device_code").ok_or(DeviceError::Strange("device_code"))?;
        let code = text(&begun, "user_code").ok_or(DeviceError::Strange("user_code"))?;
        let url = text(&begun, "verification_uri").ok_or(DeviceError::Strange("verification_uri"))?;
        tell(&Told { url: printable(&url), code: printable(&code) });
        let number = |name: &str| begun.get(name).and_then(Value::as_u64);
        let interval = number("interval").unwrap_or(INTERVAL_SECONDS);
        let wait = number("expires_in").unwrap_or(WAIT_SECONDS_MAX).min(WAIT_SECONDS_MAX);
        let entered = self.entered(&end, &device, interval);
        tokio::time::timeout(Duration::from_secs(wait), entered).await.map_err(|_| DeviceError::Late)?
    }

    /// Asks again and again, as slowly as the provider wants.
    async fn entered(&self, end: &str, device: &str, interval: u64) -> Result<Secret<String>, DeviceError> {
        let mut pause = Duration::from_secs(interval.clamp(1, 60));
        loop {
            tokio::time::sleep(pause).await;
            let form = pairs(&[("grant_type", GRANT), ("device_code", device), ("client_id", self.client)]);
            let (status, answer) = self.ask(end, Some(form)).await?;
            if status == StatusCode::OK {
                let token = text(&answer, "id_token").ok_or(DeviceError::Strange("id_token"))?;
                return Ok(Secret::new(token));
            }
            match text(&answer, "error").as_deref() {
                Some("authorization_pending") => {}
                Some("slow_down") => pause += Duration::from_secs(INTERVAL_SECONDS),
                Some("expired_token") => return Err(DeviceError::Late),
                Some(_) | None => return Err(refused(&answer)),
            }
        }
    }

    /// One question; only ever at the issuer's own origin.
    async fn ask(&self, url: &str, form: Option<String>) -> Result<(StatusCode, Value), DeviceError> {
        // WHY: a device code sent elsewhere would let somebody else sign in as this person.
        if !is_same_origin(url, self.issuer)? {
            return Err(DeviceError::Strange("another origin"));
        }
        let (status, bytes) = fetch(url, form, self.trust).await?;
        let json = serde_json::from_slice(&bytes).map_err(|_| DeviceError::Strange("no JSON"))?;
        Ok((status, json))
    }
}

fn text(json: &Value, name: &str) -> Option<String> {
    json.get(name).and_then(Value::as_str).map(str::to_owned)
}

fn refused(answer: &Value) -> DeviceError {
    DeviceError::Refused(printable(&text(answer, "error").unwrap_or_default()))
}

/// WHY: it is printed on a terminal.
fn printable(text: &str) -> String {
    text.chars().filter(char::is_ascii_graphic).take(512).collect()
}
