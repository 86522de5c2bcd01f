//! Signing in on a machine without a browser: a short code, entered in any browser.
//!
//! SPEC: RFC 8628. What waits is memory, in bounded room: a region that starts again has none, and the machine asks anew.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hyper::body::Incoming;
use region::account::Entered;
use region::noun::issuer::IssuerRow;
use serde_json::{Value, json};
use words::network::counted;
use words::time::{MINUTE_MS, SECOND_MS};
use words::{Rand, Reason, Refusal, Timestamp};

use super::grant::Form;
use super::{DEVICE_PATH, OauthError, oauth, origin, program, told};
use crate::door::ActsDoor;

pub const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// WHY: time to walk to a browser and sign in.
const WAIT_MS: i64 = 10 * MINUTE_MS;
const INTERVAL_SECONDS: i64 = 5;
/// WHY: people sign in one at a time.
const WAITING_MAX: usize = 1_024;
/// WHY: a login node has many people, and leaves places to others.
const PER_ADDRESS_MAX: usize = 32;
/// SPEC: RFC 8628, 6.1: no vowels, no digits, nothing that is taken for another; 34 bits.
const SIGNS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const SIGNS_NUMBER: usize = 8;

/// Machines that wait.
#[derive(Default)]
pub struct Devices {
    /// By what the machine holds.
    waiting: Mutex<HashMap<String, Waiting>>,
}

struct Waiting {
    /// By what the person types.
    typed: String,
    client: String,
    scope: String,
    from: IpAddr,
    ends: Timestamp,
    asked: Timestamp,
    entered: Option<Entered>,
}

impl Devices {
    fn waiting(&self) -> MutexGuard<'_, HashMap<String, Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The program that waits under what somebody typed, and where it asked from.
    pub fn program(&self, typed: &str, now: Timestamp) -> Result<(String, IpAddr), Refusal> {
        let typed = plain(typed);
        let waiting = self.waiting();
        let found = waiting.values().find(|waits| waits.typed == typed && waits.ends > now);
        let found = found.filter(|waits| waits.entered.is_none());
        found.map(|waits| (waits.client.clone(), waits.from)).ok_or_else(lost)
    }

    /// Somebody has proved who they are for it.
    pub fn enter(&self, typed: &str, entered: Entered, now: Timestamp) -> Result<(), Refusal> {
        let typed = plain(typed);
        let mut waiting = self.waiting();
        let found = waiting.values_mut().find(|waits| waits.typed == typed && waits.ends > now);
        let found = found.filter(|waits| waits.entered.is_none()).ok_or_else(lost)?;
        found.entered = Some(entered);
        Ok(())
    }

    /// A new one: what the machine holds, and what a person types.
    fn keep(
        &self,
        rand: &dyn Rand,
        (client, scope): (&str, &str),
        from: IpAddr,
        now: Timestamp,
    ) -> Option<(String, String)> {
        let mut waiting = self.waiting();
        waiting.retain(|_, waits| waits.ends > now);
        let from = counted(from);
        let of_address = waiting.values().filter(|waits| waits.from == from).count();
        if waiting.len() >= WAITING_MAX || of_address >= PER_ADDRESS_MAX {
            return None;
        }
        let held = crate::console::chance_text(rand);
        let typed = typed(rand);
        let waits = Waiting {
            typed: typed.clone(),
            client: client.to_owned(),
            scope: scope.to_owned(),
            from,
            ends: now.plus_ms(WAIT_MS),
            asked: now,
            entered: None,
        };
        waiting.insert(held.clone(), waits);
        Some((held, typed))
    }

    /// Who has entered it, once.
    fn take(&self, held: &str, client: &str, now: Timestamp) -> Result<(Entered, String), OauthError> {
        let mut waiting = self.waiting();
        let waits = waiting.get_mut(held).filter(|waits| waits.client == client && waits.ends > now);
        let waits = waits.ok_or(oauth("expired_token", "nobody entered the code in time"))?;
        let is_early = now.since_ms(waits.asked) < (INTERVAL_SECONDS - 1) * SECOND_MS;
        waits.asked = now;
        let Some(entered) = waits.entered else {
            return Err(match is_early {
                true => oauth("slow_down", "ask again every five seconds"),
                false => oauth("authorization_pending", "nobody has entered the code yet"),
            });
        };
        let scope = waits.scope.clone();
        waiting.remove(held);
        Ok((entered, scope))
    }
}

fn lost() -> Refusal {
    Refusal::with(Reason::ProofWrong, "no machine waits under that code; it may have waited for too long")
}

/// WHY the remainder does no harm: 20 of 256 leave a bias of a few hundredths of a bit.
fn typed(rand: &dyn Rand) -> String {
    let bytes: [u8; SIGNS_NUMBER] = words::chance::bytes(rand);
    bytes.iter().map(|byte| char::from(SIGNS[usize::from(*byte) % SIGNS.len()])).collect()
}

fn plain(typed: &str) -> String {
    typed.chars().filter(char::is_ascii_alphabetic).map(|sign| sign.to_ascii_uppercase()).take(64).collect()
}

/// SPEC: RFC 8628, 3.1 and 3.2.
pub async fn begin(
    door: &ActsDoor,
    body: Incoming,
    address: IpAddr,
    issuer: &IssuerRow,
) -> Result<Value, OauthError> {
    let _place = door.open_sign_in(address)?;
    let form = Form::read(body).await?;
    let unknown = oauth("invalid_client", "the program is not known here");
    let program = program(door, issuer, form.text("client_id")?).await.map_err(|_| unknown)?;
    // WHY: whoever knows a program's name would sign people in for it, and a page has its own address to go back to.
    if program.secret.is_some() || program.works_on_s3 {
        return Err(oauth("unauthorized_client", "that program sends people by their browser"));
    }
    let scope = form.text("scope")?;
    if !scope.split(' ').any(|word| word == "openid") {
        return Err(oauth("invalid_scope", "it takes `openid`"));
    }
    let region = door.region();
    let kept = door.devices().keep(region.rand(), (&program.alias, scope), address, region.now());
    let (held, typed) = kept.ok_or(oauth("temporarily_unavailable", "many machines wait"))?;
    let (left, right) = typed.split_at(SIGNS_NUMBER / 2);
    let typed = format!("{left}-{right}");
    let there = format!("{}{DEVICE_PATH}", origin(issuer));
    Ok(json!({
        "device_code": held,
        "user_code": typed,
        "verification_uri": there,
        "verification_uri_complete": format!("{there}?user_code={typed}"),
        "expires_in": WAIT_MS / SECOND_MS,
        "interval": INTERVAL_SECONDS,
    }))
}

/// SPEC: RFC 8628, 3.4 and 3.5.
pub async fn token(
    door: &ActsDoor,
    held: &str,
    client: &str,
    address: IpAddr,
    issuer: &IssuerRow,
) -> Result<Value, OauthError> {
    let (entered, scope) = door.devices().take(held, client, door.region().now())?;
    told::tokens(door, issuer, client, &entered, (&scope, None), address).await
}
