//! Tokens anew, without a person: for programs that work on while nobody sits before them.
//!
//! A sign-in whose program keeps a secret and asks for `offline_access` begins a line. Each of its
//! tokens is good once and gives the next; one that comes again was in other
//! hands, and ends the line. Whoever it speaks for is judged anew each time.
//! SPEC: RFC 6749, 6; RFC 7009; RFC 9700, 4.14; OpenID Connect Core 1.0, 11 and 12. Lines are memory, in bounded room: a
//! region that starts again has none, and people sign in anew.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use data_encoding::BASE64URL_NOPAD;
use region::account::Entered;
use region::noun::issuer::IssuerRow;
use serde_json::{Value, json};
use words::time::MINUTE_MS;
use words::{Rand, Timestamp, chance};

use super::{OauthError, oauth, told};
use crate::door::ActsDoor;

pub const GRANT: &str = "refresh_token";
/// What a program asks for to get one.
pub const SCOPE: &str = "offline_access";
/// WHY: a working day, after which somebody proves once more who they are.
pub const LINE_MS: i64 = 12 * 60 * MINUTE_MS;
/// WHY: some megabytes.
const LINES_MAX: usize = 16_384;
/// WHY: a person has a few programs open; the oldest line makes room, so that nobody fills the place of others.
const PER_PERSON_MAX: usize = 16;

type LineId = [u8; 16];
/// SHA-256 of what is shown. WHY no more: whoever reads this memory has no token of it.
type Digest = [u8; 32];

/// What goes on.
#[derive(Default)]
pub struct Lines {
    known: Mutex<HashMap<LineId, Line>>,
}

struct Line {
    next: Digest,
    client: String,
    issuer: String,
    scope: String,
    entered: Entered,
}

impl Line {
    fn ends(&self) -> Timestamp {
        self.entered.at.plus_ms(LINE_MS)
    }
}

impl Lines {
    fn known(&self) -> MutexGuard<'_, HashMap<LineId, Line>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a line: its first token; none where there is no room.
    fn begin(&self, rand: &dyn Rand, now: Timestamp, line: Line) -> Option<String> {
        let mut known = self.known();
        known.retain(|_, line| line.ends() > now);
        let own: Vec<(Timestamp, LineId)> = known
            .iter()
            .filter(|(_, other)| other.entered.person == line.entered.person)
            .map(|(id, other)| (other.entered.at, *id))
            .collect();
        if own.len() >= PER_PERSON_MAX
            && let Some((_, oldest)) = own.iter().min()
        {
            known.remove(oldest);
        }
        if known.len() >= LINES_MAX {
            return None;
        }
        let (id, shown) = (chance::bytes::<16>(rand), chance::bytes::<32>(rand));
        known.insert(id, Line { next: seal::sha256(&shown), ..line });
        Some(text(id, shown))
    }

    /// Whom a token speaks for, if it is the next of its line and shown by the line's own program; any other ends the line.
    fn look(&self, shown: &str, client: &str, issuer: &str, now: Timestamp) -> Option<(Entered, String)> {
        let (id, digest) = read(shown)?;
        let mut known = self.known();
        let line = known.get(&id)?;
        if line.next == digest && line.client == client && line.issuer == issuer && line.ends() > now {
            return Some((line.entered, line.scope.clone()));
        }
        known.remove(&id);
        None
    }

    /// Uses a token up for the next; of two who show one at once, neither goes on.
    fn turn(&self, shown: &str, rand: &dyn Rand) -> Option<String> {
        let (id, digest) = read(shown)?;
        let mut known = self.known();
        let line = known.get_mut(&id)?;
        if line.next != digest {
            known.remove(&id);
            return None;
        }
        let next = chance::bytes::<32>(rand);
        line.next = seal::sha256(&next);
        Some(text(id, next))
    }

    /// Ends the line of any of its tokens.
    ///
    /// WHY for whichever program shows it: one that has another's has what it should not have.
    fn end(&self, shown: &str) {
        if let Some((id, _)) = read(shown) {
            self.known().remove(&id);
        }
    }
}

fn text(id: LineId, shown: [u8; 32]) -> String {
    BASE64URL_NOPAD.encode(&[&id[..], &shown[..]].concat())
}

fn read(text: &str) -> Option<(LineId, Digest)> {
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
    let (id, shown) = bytes.split_first_chunk::<16>()?;
    (shown.len() == 32).then(|| (*id, seal::sha256(shown)))
}

/// Whether a program asked for it.
pub fn is_asked(scope: &str) -> bool {
    scope.split(' ').any(|word| word == SCOPE)
}

/// Puts the first token of a line beside the tokens of a sign-in, where it was asked for.
pub fn put_first(door: &ActsDoor, issuer: &IssuerRow, client: &str, entered: Entered, told: &mut Value) {
    let scope = told["scope"].as_str().unwrap_or_default().to_owned();
    if !is_asked(&scope) {
        return;
    }
    let region = door.region();
    let (client, issuer) = (client.to_owned(), issuer.url.clone());
    let line = Line { next: Digest::default(), client, issuer, scope, entered };
    if let Some(first) = door.lines().begin(region.rand(), region.now(), line) {
        told[GRANT] = json!(first);
    }
}

/// SPEC: RFC 6749, 6. WHY the scope of the sign-in and no other: nobody narrows it, and nothing widens it.
pub async fn token(
    door: &ActsDoor,
    shown: &str,
    client: &str,
    address: IpAddr,
    issuer: &IssuerRow,
) -> Result<Value, OauthError> {
    let wrong = || oauth("invalid_grant", "that was used, or its time is over: sign in anew");
    let (lines, region) = (door.lines(), door.region());
    let (entered, scope) = lines.look(shown, client, &issuer.url, region.now()).ok_or_else(wrong)?;
    // WHY before it is used up: what cannot be told now is asked for again with the same one.
    let told = told::tokens(door, issuer, client, &entered, (&scope, None), address).await;
    if told.as_ref().is_err_and(|error| error.code == "invalid_grant") {
        lines.end(shown);
    }
    let mut told = told?;
    told[GRANT] = json!(lines.turn(shown, region.rand()).ok_or_else(wrong)?);
    Ok(told)
}

/// SPEC: RFC 7009, 2.2: whatever is shown, it is good for nothing afterwards.
pub fn end(door: &ActsDoor, shown: &str) -> Value {
    door.lines().end(shown);
    json!({})
}
