//! Tokens anew, without a person: for programs that work on while nobody sits before them.
//!
//! A program that keeps a secret and asks for `offline_access` gets a sealed word
//! about the sign-in, which is good in its hands alone, until half a day after
//! the proof. Whoever it speaks for is judged anew each time. Nothing is kept.
//! SPEC: RFC 6749, 6; RFC 9700, 4.14; OpenID Connect Core 1.0, 11 and 12.

use std::net::IpAddr;

use minicbor::{Decode, Encode};
use region::account::{Entered, Way};
use region::noun::issuer::IssuerRow;
use serde_json::Value;
use words::noun::Person;
use words::time::MINUTE_MS;
use words::{Id, Reason, Refusal, Timestamp};

use super::{OauthError, oauth, told};
use crate::door::ActsDoor;

pub const GRANT: &str = "refresh_token";
/// What a program asks for to get one.
pub const SCOPE: &str = "offline_access";
const PURPOSE: &str = "epic refresh token";
/// WHY: a working day, after which somebody proves once more who they are.
const LASTS_MS: i64 = 12 * 60 * MINUTE_MS;

/// A sign-in, as its program holds it.
#[derive(Debug, Encode, Decode)]
struct Lasting {
    #[n(0)]
    client: String,
    #[n(1)]
    issuer: String,
    #[n(2)]
    scope: String,
    #[n(3)]
    person: Id<Person>,
    #[n(4)]
    is_passkey: bool,
    #[n(5)]
    at: Timestamp,
}

/// Puts what renews beside the tokens of a sign-in, where it was asked for.
///
/// WHY the same one until its end, and no new one each time: a program that proves itself may ask twice at once
/// (JupyterHub does, for each request of a person), and in other hands it is worth nothing without that proof.
pub fn put(
    door: &ActsDoor,
    issuer: &IssuerRow,
    client: &str,
    entered: Entered,
    told: &mut Value,
) -> Result<(), Refusal> {
    let scope = told["scope"].as_str().unwrap_or_default().to_owned();
    if !scope.split(' ').any(|word| word == SCOPE) {
        return Ok(());
    }
    let Entered { person, way, at } = entered;
    let (client, issuer, is_passkey) = (client.to_owned(), issuer.url.clone(), way == Way::Passkey);
    let lasting = Lasting { client, issuer, scope, person, is_passkey, at };
    let bytes = minicbor::to_vec(lasting).map_err(|_| Refusal::new(Reason::Unavailable))?;
    told[GRANT] = door.region().seal_text(PURPOSE, &bytes)?.into();
    Ok(())
}

/// WHY the scope of the sign-in and no other: nobody narrows it, and nothing widens it.
pub async fn token(
    door: &ActsDoor,
    shown: &str,
    client: &str,
    address: IpAddr,
    issuer: &IssuerRow,
) -> Result<Value, OauthError> {
    let lasting =
        open(door, shown).filter(|lasting| lasting.client == client && lasting.issuer == issuer.url);
    let lasting =
        lasting.ok_or(oauth("invalid_grant", "that is no word of ours to you, or its time is over"))?;
    let way = if lasting.is_passkey { Way::Passkey } else { Way::Password };
    let entered = Entered { person: lasting.person, way, at: lasting.at };
    told::tokens(door, issuer, client, &entered, (&lasting.scope, None), address).await
}

fn open(door: &ActsDoor, shown: &str) -> Option<Lasting> {
    let bytes = door.region().open_text(PURPOSE, shown).ok()?;
    let lasting: Lasting = minicbor::decode(&bytes).ok()?;
    (door.region().now() <= lasting.at.plus_ms(LASTS_MS)).then_some(lasting)
}
