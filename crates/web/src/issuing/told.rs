//! What programs are told of somebody: tokens, keys to verify them by, and a little more on request.

use std::net::IpAddr;

use gate::identify::token::{Expected, KeySet, verify};
use gate::issue::{self, TokenKind};
use http::request::Parts;
use region::account::Entered;
use region::greet::Greeting;
use region::noun::issuer::IssuerRow;
use serde_json::{Map, Value, json};
use words::noun::Person;
use words::time::SECOND_MS;
use words::{Id, Timestamp};

use super::{OauthError, oauth};
use crate::door::ActsDoor;

pub const SCOPES: [&str; 5] = ["openid", "profile", "email", "groups", super::refresh::SCOPE];
pub const CLAIMS: [&str; 12] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "amr",
    "preferred_username",
    "name",
    "email",
    "groups",
];
/// WHY: a program reads it at once.
const TOKEN_SECONDS: i64 = 300;

/// The keys of this issuer.
pub fn keys(door: &ActsDoor) -> Result<Value, OauthError> {
    let broken = || oauth("server_error", "the keys cannot be made");
    let seed = door.region().token_seed().map_err(|_| broken())?;
    issue::keys(&seed, door.region().now()).map_err(|_| broken())
}

/// Tokens for a program, of somebody who has proved who they are, and would be let in still.
///
/// SPEC: OpenID Connect Core 1.0, 2, 3.1.3.3; RFC 9068.
pub async fn tokens(
    door: &ActsDoor,
    issuer: &IssuerRow,
    client: &str,
    entered: &Entered,
    (scope, nonce): (&str, Option<&str>),
    address: IpAddr,
) -> Result<Value, OauthError> {
    let region = door.region();
    // WHY before they are judged: what is taken back meanwhile is later than the token.
    let judged_at = region.now();
    let greeting = region.greet_entered(&issuer.url, entered.person, entered.at, address).await?;
    let (now, at) = (seconds(judged_at), seconds(entered.at));
    let mut about = Map::from_iter([
        ("iss".to_owned(), json!(issuer.url)),
        ("sub".to_owned(), json!(entered.person.to_string())),
        ("iat".to_owned(), json!(now)),
        ("exp".to_owned(), json!(now + TOKEN_SECONDS)),
        ("auth_time".to_owned(), json!(at)),
    ]);
    let mut access = about.clone();
    access.insert("aud".to_owned(), json!(issuer.url));
    access.insert("client_id".to_owned(), json!(client));
    access.insert("scope".to_owned(), json!(scope));
    about.insert("aud".to_owned(), json!(client));
    about.insert("amr".to_owned(), json!(entered.way.amr()));
    about.extend(nonce.map(|nonce| ("nonce".to_owned(), json!(nonce))));
    about.extend(claims(&greeting, scope));
    let seed = region.token_seed()?;
    let sign = |kind, claims: Map<String, Value>| {
        let token = issue::token(&seed, kind, &Value::Object(claims), region.now());
        token.map_err(|_| oauth("server_error", "the token cannot be signed"))
    };
    Ok(json!({
        "access_token": sign(TokenKind::Access, access)?.expose(),
        "id_token": sign(TokenKind::Identity, about)?.expose(),
        "token_type": "Bearer",
        "expires_in": TOKEN_SECONDS,
        "scope": scope,
    }))
}

/// What a program may know, as far as it asked. WHY the short name always: it is how the region knows people by.
fn claims(greeting: &Greeting, scope: &str) -> Map<String, Value> {
    let has = |word: &str| scope.split(' ').any(|own| own == word);
    let mut claims = Map::from_iter([("preferred_username".to_owned(), json!(greeting.alias))]);
    if has("profile") {
        claims.insert("name".to_owned(), json!(greeting.called()));
    }
    if has("email")
        && let Some(email) = &greeting.email
    {
        claims.insert("email".to_owned(), json!(email));
    }
    if has("groups") {
        let group = |duty: &region::greet::Duty| match &duty.at {
            Some(at) => format!("{at}:{}", duty.role.text()),
            None => duty.role.text().to_owned(),
        };
        claims.insert("groups".to_owned(), greeting.duties.iter().map(group).collect());
    }
    claims
}

/// SPEC: OpenID Connect Core 1.0, 5.3.
pub async fn userinfo(
    door: &ActsDoor,
    parts: &Parts,
    address: IpAddr,
    issuer: &IssuerRow,
) -> Result<Value, OauthError> {
    let wrong = || oauth("invalid_token", "that token tells nothing here, or no longer");
    let _place = door.open_sign_in(address)?;
    let token = crate::head::session(&parts.headers).map_err(|_| wrong())?;
    let region = door.region();
    let published = keys(door)?.to_string();
    let keys = KeySet::read(published.as_bytes()).map_err(|_| wrong())?;
    let audiences = [issuer.url.clone()];
    let expected = Expected { issuer: &issuer.url, audiences: &audiences, now: region.now() };
    let said = verify(token.expose(), &keys, expected).map_err(|_| wrong())?;
    let person: Id<Person> = said.subject.parse().map_err(|_| wrong())?;
    let scope = said.text("scope").ok_or_else(wrong)?;
    let greeting =
        region.greet_entered(&issuer.url, person, said.issued, address).await.map_err(|_| wrong())?;
    let mut told = claims(&greeting, scope);
    told.insert("sub".to_owned(), json!(said.subject));
    Ok(Value::Object(told))
}

const fn seconds(at: Timestamp) -> i64 {
    at.ms().div_euclid(SECOND_MS)
}
