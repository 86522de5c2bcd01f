//! One-time links: a session that was begun elsewhere, handed to a browser.
//!
//! Whoever has a key of their own signs in with it on the command line, and
//! opens what comes back in a browser. A link works once. They are kept in
//! memory alone: a region that starts again has none.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};
use words::{Reason, Refusal, Secret, Timestamp};

use super::way_in::code;
use crate::door::ActsDoor;

/// Makes a link into the session that a ticket opens.
pub async fn linked(door: &ActsDoor, ticket: Secret<String>, address: IpAddr) -> Result<Value, Refusal> {
    let region = door.region();
    let actor = region.actor_of_open_session(ticket.expose(), address, door.place()).await?;
    let _share = door.share_of(actor.person)?;
    let (now, code) = (region.now(), code(region.rand()));
    let ends = actor.session.as_ref().map_or(now, |session| session.ends);
    match door.links().keep(code.clone(), ticket, ends, now) {
        true => Ok(json!({ "path": format!("/enter/{code}"), "ends": ends })),
        false => Err(Refusal::with(Reason::Unavailable, "too many links wait to be opened")),
    }
}

/// WHY: each is some hundred bytes, and people make one at a time.
const LINKS_MAX: usize = 1_024;

/// Sessions that wait for their browser.
#[derive(Default)]
pub struct Links {
    waiting: Mutex<HashMap<String, Waiting>>,
}

struct Waiting {
    session: Secret<String>,
    ends: Timestamp,
}

impl Links {
    /// Keeps a session under a code, until it is over; false: too many wait.
    pub fn keep(&self, code: String, session: Secret<String>, ends: Timestamp, now: Timestamp) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, link| link.ends > now);
        let has_room = waiting.len() < LINKS_MAX;
        if has_room {
            waiting.insert(code, Waiting { session, ends });
        }
        has_room
    }

    /// The session of a code, once.
    pub fn take(&self, code: &str, now: Timestamp) -> Option<Secret<String>> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.remove(code).filter(|link| link.ends > now).map(|link| link.session)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_works_once_and_while_its_session_lasts() {
        let (links, at) = (Links::default(), Timestamp::from_ms);
        let keep =
            |code: &str, ends| links.keep(code.to_owned(), Secret::new("ticket".to_owned()), at(ends), at(0));
        assert!(keep("a", 10) && keep("b", 10));
        assert!(links.take("c", at(1)).is_none());
        assert!(links.take("a", at(1)).is_some() && links.take("a", at(1)).is_none());
        assert!(links.take("b", at(10)).is_none(), "its session is over");
        assert!((0..LINKS_MAX).all(|number| keep(&number.to_string(), 20)));
        assert!(!keep("one more", 20));
        assert!(
            links.keep("later".to_owned(), Secret::new(String::new()), at(40), at(30)),
            "what is over makes room"
        );
    }
}
