//! The region as an identity provider of its own: for whoever has no other, and for programs beside it.
//!
//! It is an issuer like any: the operator trusts its address and organisations
//! adopt it, and what it signs is judged where all tokens are. People prove who
//! they are on pages (`console/account.rs`); here programs come for what is made
//! of it. Nothing of a sign-in is kept but what keeps it from being used twice.
//! SPEC: OpenID Connect Core 1.0 and Discovery 1.0; RFC 6749; RFC 7636; RFC 8628; RFC 9207; RFC 9700.

mod asked;
mod code;
mod cross;
mod device;
mod grant;
mod refresh;
mod told;

use std::net::IpAddr;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use region::account::ISSUER_PATH;
use region::noun::client::OWN_CLIENT;
use region::noun::issuer::IssuerRow;
use serde_json::{Value, json};
use words::{Reason, Refusal};

use crate::door::ActsDoor;
use crate::perform::Body;
pub use asked::{Asked, Wrong};
pub use code::Code;
use cross::Page;
pub use device::Devices;

/// Where people are asked who they are; a page.
pub const AUTHORIZE_PATH: &str = "/issuer/authorize";
/// Where people enter the code of another machine; a page.
pub const DEVICE_PATH: &str = "/device";
const CONFIGURATION: &str = "/issuer/.well-known/openid-configuration";
const KEYS: &str = "/issuer/keys";
const TOKEN: &str = "/issuer/token";
const USERINFO: &str = "/issuer/userinfo";
const DEVICE: &str = "/issuer/device";

/// Whether a path is for programs that come to this issuer.
pub fn is_issuing(path: &str) -> bool {
    path.starts_with("/issuer/") && path != AUTHORIZE_PATH
}

/// An error as programs read it (RFC 6749, 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OauthError {
    pub code: &'static str,
    pub says: &'static str,
}

pub const fn oauth(code: &'static str, says: &'static str) -> OauthError {
    OauthError { code, says }
}

impl From<Refusal> for OauthError {
    fn from(refusal: Refusal) -> Self {
        match refusal.reason {
            Reason::Unavailable => oauth("temporarily_unavailable", "ask again in a moment"),
            Reason::TooLarge | Reason::BodyCut => {
                oauth("invalid_request", "the form is too long, or cut off")
            }
            _ => oauth("invalid_grant", "the sign-in does not hold any more"),
        }
    }
}

/// Answers a program, wherever its pages are.
pub async fn answer(door: &ActsDoor, parts: &Parts, body: Incoming, address: IpAddr) -> Response<Body> {
    let page = Page::of(door, &parts.headers, parts.uri.path()).await;
    let mut response = match Page::is_preflight(&parts.method, parts.uri.path()) {
        true => page.preflight(&parts.headers),
        false => answered(door, parts, body, address).await,
    };
    page.mark(&mut response);
    response
}

async fn answered(door: &ActsDoor, parts: &Parts, body: Incoming, address: IpAddr) -> Response<Body> {
    let issuer = match house(door, &parts.headers).await {
        Ok(issuer) => issuer,
        Err(refusal) => {
            door.refused(&refusal);
            let says = oauth("invalid_request", "no identity provider is at this address");
            return failed(StatusCode::NOT_FOUND, says);
        }
    };
    let answered = match (&parts.method, parts.uri.path()) {
        (&Method::GET, CONFIGURATION) => Ok(configuration(&issuer.url)),
        (&Method::GET, KEYS) => told::keys(door),
        (&Method::POST, TOKEN) => grant::token(door, parts, body, address, &issuer).await,
        (&Method::POST, DEVICE) => device::begin(door, body, address, &issuer).await,
        (&Method::GET | &Method::POST, USERINFO) => told::userinfo(door, parts, address, &issuer).await,
        (_, CONFIGURATION | KEYS | TOKEN | DEVICE | USERINFO) => {
            return failed(StatusCode::METHOD_NOT_ALLOWED, oauth("invalid_request", "not by this method"));
        }
        _ => return failed(StatusCode::NOT_FOUND, oauth("invalid_request", "there is nothing here")),
    };
    match answered {
        Ok(value) => said(StatusCode::OK, &value),
        Err(error) => {
            if !["authorization_pending", "slow_down"].contains(&error.code) {
                door.refused(&Refusal::new(Reason::TokenWrong));
            }
            let status = match error.code {
                "invalid_client" | "invalid_token" => StatusCode::UNAUTHORIZED,
                "temporarily_unavailable" => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::BAD_REQUEST,
            };
            failed(status, error)
        }
    }
}

/// This region as the issuer at the address that was asked, if the operator trusts it there.
pub async fn house(door: &ActsDoor, headers: &HeaderMap) -> Result<IssuerRow, Refusal> {
    at(door, &door.origin(headers)?).await
}

/// The same at an origin of ours.
pub async fn at(door: &ActsDoor, origin: &str) -> Result<IssuerRow, Refusal> {
    let url = format!("{origin}{ISSUER_PATH}");
    let found = door.region().issuers().await?.into_iter().find(|row| row.url == url);
    found.ok_or_else(|| Refusal::with(Reason::NotFound, "nobody signs in at this address"))
}

/// `https://region.example:9010` of its issuer's address.
pub fn origin(issuer: &IssuerRow) -> &str {
    issuer.url.strip_suffix(ISSUER_PATH).unwrap_or(&issuer.url)
}

/// SPEC: OpenID Connect Discovery 1.0, 3; RFC 8414, 2.
fn configuration(issuer: &str) -> Value {
    let origin = issuer.strip_suffix(ISSUER_PATH).unwrap_or(issuer);
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{origin}{AUTHORIZE_PATH}"),
        "token_endpoint": format!("{origin}{TOKEN}"),
        "userinfo_endpoint": format!("{origin}{USERINFO}"),
        "jwks_uri": format!("{origin}{KEYS}"),
        "device_authorization_endpoint": format!("{origin}{DEVICE}"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", refresh::GRANT, device::GRANT],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "scopes_supported": told::SCOPES,
        "claims_supported": told::CLAIMS,
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "prompt_values_supported": ["login", "none"],
        "authorization_response_iss_parameter_supported": true,
    })
}

/// A program that may send people here: our own, or one that the operator registered.
pub struct Program {
    pub alias: String,
    pub returns: Vec<String>,
    /// What it proves itself by; none: it keeps no secret.
    pub secret: Option<words::Secret<String>>,
    /// What it is told opens sessions at S3.
    pub works_on_s3: bool,
}

pub async fn program(door: &ActsDoor, issuer: &IssuerRow, alias: &str) -> Result<Program, Refusal> {
    if alias == OWN_CLIENT {
        let home = format!("{}/signed-in/{}", origin(issuer), issuer.alias);
        // Its further doors, if the operator has named any.
        let further = match door.region().client(alias).await {
            Ok(row) => row.returns,
            Err(refusal) if refusal.reason == Reason::NotFound => Vec::new(),
            Err(refusal) => return Err(refusal),
        };
        let returns = further.into_iter().chain([home]).collect();
        return Ok(Program { alias: alias.to_owned(), returns, secret: None, works_on_s3: false });
    }
    let row = door.region().client(alias).await?;
    let secret = if row.has_secret { Some(door.region().client_secret(row.id)?) } else { None };
    Ok(Program { alias: row.alias, returns: row.returns, secret, works_on_s3: row.works_on_s3 })
}

fn failed(status: StatusCode, error: OauthError) -> Response<Body> {
    let mut response = said(status, &json!({ "error": error.code, "error_description": error.says }));
    if status == StatusCode::UNAUTHORIZED {
        // SPEC: RFC 6750, 3; RFC 6749, 5.2.
        let way = if error.code == "invalid_token" {
            "Bearer error=\"invalid_token\""
        } else {
            "Basic realm=\"epic\""
        };
        let value = HeaderValue::from_static(way);
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    response
}

fn said(status: StatusCode, value: &Value) -> Response<Body> {
    let body = Full::new(Bytes::from(value.to_string()));
    let mut response = Response::new(body.map_err(|never| match never {}).boxed_unsync());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
