//! One-time links: a session that was begun elsewhere, handed to a browser.
//!
//! Whoever has a key of their own signs in with it on the command line, and
//! opens what comes back in a browser. A link works once. They are kept in
//! memory alone: a region that starts again has none.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use words::noun::Person;
use words::time::MINUTE_MS;
use words::{Id, Reason, Refusal, Secret, Timestamp};

use super::way_in::code;
use crate::door::ActsDoor;

/// Makes a link into the session that a ticket opens.
pub async fn linked(door: &ActsDoor, ticket: Secret<String>, address: IpAddr) -> Result<Value, Refusal> {
    let region = door.region();
    let actor = region.actor_of_open_session(ticket.expose(), address, door.place()).await?;
    let _share = door.share_of(actor.person)?;
    let (now, code) = (region.now(), code(region.rand()));
    let ends = actor.session.as_ref().map_or(now, |session| session.ends);
    match door.links().keep(code.clone(), actor.person, ticket, (now, ends)) {
        true => Ok(json!({ "path": format!("/enter/{code}"), "ends": ends })),
        false => Err(Refusal::with(Reason::Unavailable, "too many links wait to be opened")),
    }
}

/// WHY: each is some hundred bytes, and people make one at a time.
const LINKS_MAX: usize = 4_096;
/// WHY: a person has few browsers; a new link takes the place of their oldest, and of nobody else's.
const PER_PERSON_MAX: usize = 4;
/// WHY: time to walk to another screen; a link that was left lying about is worth nothing soon.
const LINK_MS: i64 = 15 * MINUTE_MS;

/// Sessions that wait for their browser.
#[derive(Default)]
pub struct Links {
    waiting: Mutex<HashMap<String, Waiting>>,
}

struct Waiting {
    person: Id<Person>,
    session: Secret<String>,
    made: Timestamp,
    ends: Timestamp,
}

impl Links {
    fn waiting(&self) -> MutexGuard<'_, HashMap<String, Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a session of a person under a code, for a while; false: too many wait.
    fn keep(
        &self,
        code: String,
        person: Id<Person>,
        session: Secret<String>,
        (made, ends): (Timestamp, Timestamp),
    ) -> bool {
        let mut waiting = self.waiting();
        waiting.retain(|_, link| link.ends > made);
        let of_person = waiting.iter().filter(|(_, link)| link.person == person);
        let mut own: Vec<_> = of_person.map(|(code, link)| (link.made, code.clone())).collect();
        own.sort();
        for (_, oldest) in own.iter().rev().skip(PER_PERSON_MAX - 1) {
            waiting.remove(oldest);
        }
        let has_room = waiting.len() < LINKS_MAX;
        if has_room {
            waiting.insert(code, Waiting { person, session, made, ends: ends.min(made.plus_ms(LINK_MS)) });
        }
        has_room
    }

    /// The session of a code, which stays as it is.
    pub fn look(&self, code: &str, now: Timestamp) -> Option<Secret<String>> {
        let waiting = self.waiting();
        let link = waiting.get(code).filter(|link| link.ends > now)?;
        Some(Secret::new(link.session.expose().clone()))
    }

    /// The session of a code, once.
    pub fn take(&self, code: &str, now: Timestamp) -> Option<Secret<String>> {
        self.waiting().remove(code).filter(|link| link.ends > now).map(|link| link.session)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_ms(minutes * MINUTE_MS)
    }

    fn keep(links: &Links, code: &str, person: u8, made: i64, ends: i64) -> bool {
        let person = Id::from_bytes([person; 16]);
        links.keep(code.to_owned(), person, Secret::new("ticket".to_owned()), (at(made), at(ends)))
    }

    #[test]
    fn a_link_works_once_and_for_a_while() {
        let links = Links::default();
        assert!(keep(&links, "a", 1, 0, 600) && keep(&links, "b", 1, 0, 2) && keep(&links, "c", 1, 0, 600));
        assert!(links.look("a", at(1)).is_some() && links.look("a", at(1)).is_some());
        assert!(links.take("a", at(1)).is_some() && links.take("a", at(1)).is_none());
        assert!(links.look("b", at(2)).is_none() && links.take("b", at(2)).is_none(), "its session is over");
        assert!(links.take("c", at(15)).is_none(), "it lay about for too long");
    }

    // Goal: nobody is locked out by what another asks for. Method: one person's links by the thousand.
    #[test]
    fn a_person_takes_the_place_of_their_own_links_alone() {
        let links = Links::default();
        assert!(keep(&links, "others", 2, 0, 600));
        for number in 0..LINKS_MAX {
            assert!(keep(&links, &number.to_string(), 1, 0, 600));
        }
        assert!(links.look("others", at(1)).is_some() && keep(&links, "third", 3, 0, 600));
        assert!(links.waiting().len() <= PER_PERSON_MAX + 2);
    }
}
