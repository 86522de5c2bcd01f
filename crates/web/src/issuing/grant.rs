//! Codes for tokens: what programs come for.

use std::net::IpAddr;
use std::time::Duration;

use data_encoding::{BASE64, BASE64URL_NOPAD};
use http::request::Parts;
use http::{HeaderMap, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use region::noun::issuer::IssuerRow;
use serde_json::Value;
use words::{Reason, Refusal, Secret};

use super::code::Code;
use super::{OauthError, Program, device, oauth, program, refresh, told};
use crate::door::ActsDoor;

/// WHY: a code with what it stands for, and the few words around it.
const FORM_BYTES_MAX: usize = 16 * 1_024;
/// WHY: it comes in one piece.
const FORM_WAIT: Duration = Duration::from_secs(5);

/// A program's form.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    pub(super) async fn read(body: Incoming) -> Result<Self, OauthError> {
        let whole = tokio::time::timeout(FORM_WAIT, Limited::new(body, FORM_BYTES_MAX).collect()).await;
        let whole = whole.map_err(|_| OauthError::from(Refusal::new(Reason::BodyCut)))?;
        let bytes = whole.map_err(|_| OauthError::from(Refusal::new(Reason::TooLarge)))?.to_bytes();
        Ok(Self(form_urlencoded::parse(&bytes).into_owned().collect()))
    }

    /// A field; one that is there twice is refused.
    pub(super) fn text(&self, name: &str) -> Result<&str, OauthError> {
        let mut found = self.0.iter().filter(|(of, _)| of == name).map(|(_, value)| value.as_str());
        match (found.next(), found.next()) {
            (value, None) => Ok(value.unwrap_or_default()),
            _ => Err(oauth("invalid_request", "a field is there twice")),
        }
    }
}

/// SPEC: RFC 6749, 3.2.
pub async fn token(
    door: &ActsDoor,
    parts: &Parts,
    body: Incoming,
    address: IpAddr,
    issuer: &IssuerRow,
) -> Result<Value, OauthError> {
    let _place = door.open_sign_in(address)?;
    let form = Form::read(body).await?;
    let program = client(door, &parts.headers, &form, issuer).await?;
    let client = program.alias.as_str();
    match form.text("grant_type")? {
        "authorization_code" => by_code(door, &form, &program, address, issuer).await,
        refresh::GRANT if program.secret.is_some() => {
            refresh::token(door, form.text("refresh_token")?, client, address, issuer).await
        }
        device::GRANT => device::token(door, form.text("device_code")?, client, address, issuer).await,
        _ => Err(oauth(
            "unsupported_grant_type",
            "codes and what they gave are exchanged here, and nothing else",
        )),
    }
}

/// The program, if it proves itself: by its secret in either place, or by having none to keep.
async fn client(
    door: &ActsDoor,
    headers: &HeaderMap,
    form: &Form,
    issuer: &IssuerRow,
) -> Result<Program, OauthError> {
    let unknown = || oauth("invalid_client", "the program is not known here, or its secret is wrong");
    let basic = headers.get(header::AUTHORIZATION);
    let (alias, secret) = match basic {
        Some(value) => basic_of(value.to_str().unwrap_or_default()).ok_or_else(unknown)?,
        None => (form.text("client_id")?.to_owned(), Secret::new(form.text("client_secret")?.to_owned())),
    };
    let program = program(door, issuer, &alias).await.map_err(|_| unknown())?;
    let is_proved = match &program.secret {
        Some(expected) => *expected == secret,
        None => secret.expose().is_empty(),
    };
    if is_proved { Ok(program) } else { Err(unknown()) }
}

/// SPEC: RFC 6749, 2.3.1: both halves escaped as in forms.
fn basic_of(header: &str) -> Option<(String, Secret<String>)> {
    let encoded = header.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))?.1;
    let text = String::from_utf8(BASE64.decode(encoded.trim().as_bytes()).ok()?).ok()?;
    let (alias, secret) = text.split_once(':')?;
    let plain = |text: &str| {
        let escaped = format!("a={text}");
        form_urlencoded::parse(escaped.as_bytes()).next().map(|(_, value)| value.into_owned())
    };
    Some((plain(alias)?, Secret::new(plain(secret)?)))
}

async fn by_code(
    door: &ActsDoor,
    form: &Form,
    program: &Program,
    address: IpAddr,
    issuer: &IssuerRow,
) -> Result<Value, OauthError> {
    let wrong = || oauth("invalid_grant", "the code is wrong, was used, or its minute is over");
    let region = door.region();
    let code = Code::open(region, &issuer.url, form.text("code")?, door.bound()).ok_or_else(wrong)?;
    let verifier = form.text("code_verifier")?;
    // SPEC: RFC 7636, 4.1, 4.6: 43 to 128 characters.
    let is_shown = (43..=128).contains(&verifier.len())
        && BASE64URL_NOPAD.encode(&seal::sha256(verifier.as_bytes())) == code.asked.challenge;
    let is_ours =
        code.asked.client == program.alias && code.asked.returns == form.text("redirect_uri")? && is_shown;
    // WHY spent whoever shows it: a code in wrong hands is worth nothing to the right ones either (RFC 9700, 4.5).
    if !code.spend(region) || !is_ours {
        return Err(wrong());
    }
    let nonce = code.asked.nonce.as_deref();
    let (client, entered) = (program.alias.as_str(), code.entered());
    let mut told = told::tokens(door, issuer, client, &entered, (&code.asked.scope, nonce), address).await?;
    // WHY: of one that keeps no secret nobody knows whether it is the one that got it (RFC 9700, 4.14).
    if program.secret.is_some() {
        refresh::put(door, issuer, client, entered, &mut told)?;
    }
    Ok(told)
}
