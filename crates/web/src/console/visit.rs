//! A visit: who is here, in which language, and what they asked for.

use std::net::IpAddr;

use http::request::Parts;
use http::{HeaderMap, Response, header};
use listen::Share;
use region::greet::Greeting;
use serde_json::Value;
use words::reason::Language;
use words::{Act, Actor, Reason, Refusal};

use super::answer::{self, Answered};
use super::cookie::{self, Cookie};
use crate::door::ActsDoor;
use crate::encode::pairs;
use crate::perform::Body;
use crate::texts::{self, Texts};

/// One request of a browser.
pub struct Visit<'a> {
    pub door: &'a ActsDoor,
    pub parts: &'a Parts,
    pub address: IpAddr,
    pub texts: &'static Texts,
    /// `https://region.example:9010`
    pub origin: String,
    signed: Result<Signed, Refusal>,
}

/// Who is signed in.
pub struct Signed {
    pub actor: Actor,
    pub greeting: Greeting,
    /// Their place among those who ask.
    pub share: Share,
}

impl<'a> Visit<'a> {
    /// Refuses those who think that they are elsewhere, and nobody else: some pages are for everybody.
    pub async fn of(door: &'a ActsDoor, parts: &'a Parts, address: IpAddr) -> Result<Self, Refusal> {
        let origin = door.origin(&parts.headers)?;
        let chosen = asked(parts, "language")
            .or_else(|| cookie::read(&parts.headers, cookie::LANGUAGE).map(str::to_owned));
        let language =
            texts::language(chosen.as_deref(), text(&parts.headers, header::ACCEPT_LANGUAGE.as_str()));
        let signed = signed(door, &parts.headers, address).await;
        Ok(Self { door, parts, address, texts: Texts::of(language), origin, signed })
    }

    pub fn path(&self) -> &str {
        self.parts.uri.path()
    }

    pub fn language(&self) -> Language {
        self.texts.language
    }

    /// What the region is called.
    pub fn region(&self) -> &str {
        &self.door.region().ground().origin
    }

    /// What the address says after its path.
    pub fn asked(&self, name: &str) -> Option<String> {
        asked(self.parts, name)
    }

    /// All that it says.
    pub fn asked_all(&self) -> Vec<(String, String)> {
        let query = self.parts.uri.query().unwrap_or_default();
        form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }

    /// Path and query, as they came.
    pub fn here(&self) -> &str {
        self.parts.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str)
    }

    /// Whoever is signed in, or why nobody is.
    pub fn signed(&self) -> Result<&Signed, Refusal> {
        self.signed.as_ref().map_err(Clone::clone)
    }

    /// Signing in, and then on to here.
    pub fn sign_in_path(&self) -> String {
        match self.here() {
            "/" => "/sign-in".to_owned(),
            here => format!("/sign-in?{}", pairs(&[("to", here)])),
        }
    }

    /// Looks, in the session of whoever visits.
    pub async fn look(&self, act: Act, fields: Value) -> Result<Value, Refusal> {
        let signed = self.signed()?;
        let done = self.door.region().perform(&signed.actor, act, fields, None).await?;
        Ok(done.answer)
    }

    /// The things that a look answers with.
    pub async fn list(&self, act: Act, fields: Value) -> Result<Vec<Value>, Refusal> {
        match self.look(act, fields).await? {
            Value::Array(things) => Ok(things),
            Value::Null => Ok(Vec::new()),
            other => Ok(vec![other]),
        }
    }

    /// Refuses what a page of another site posts in the name of whoever is signed in here.
    ///
    /// SPEC: Fetch, `Origin`; Fetch Metadata: browsers say where a form was, and pages cannot change what they say.
    pub fn refuse_foreign(&self) -> Result<(), Refusal> {
        let is_ours = match text(&self.parts.headers, "origin") {
            Some(origin) => origin.eq_ignore_ascii_case(&self.origin),
            None => text(&self.parts.headers, "sec-fetch-site") == Some("same-origin"),
        };
        match is_ours {
            true => Ok(()),
            false => Err(Refusal::with(Reason::Unauthenticated, "the form was on a page of another site")),
        }
    }

    /// The whole answer; a language that was asked for is remembered, a session that is over is forgotten.
    pub fn respond(&self, mut answered: Answered) -> Response<Body> {
        if self.asked("language").is_some() {
            answered.cookies.push(Cookie::language(self.texts.code()));
        }
        let has_session = cookie::read(&self.parts.headers, cookie::SESSION).is_some();
        let is_over = matches!(&self.signed, Err(refusal) if refusal.reason != Reason::Unavailable);
        if has_session && is_over && answered.cookies.is_empty() {
            answered.cookies.push(Cookie::forgotten(cookie::SESSION));
        }
        answer::respond(answered, self.door.is_secure())
    }
}

async fn signed(door: &ActsDoor, headers: &HeaderMap, address: IpAddr) -> Result<Signed, Refusal> {
    let ticket = cookie::read(headers, cookie::SESSION).ok_or(Refusal::new(Reason::Unauthenticated))?;
    let actor = door.region().actor_of_open_session(ticket, address, door.place()).await?;
    let share = door.share_of(actor.person)?;
    let greeting = door.region().greet(&actor).await?;
    Ok(Signed { actor, greeting, share })
}

fn asked(parts: &Parts, name: &str) -> Option<String> {
    let query = parts.uri.query().unwrap_or_default();
    let mut asked = form_urlencoded::parse(query.as_bytes());
    asked.find(|(of, _)| of == name).map(|(_, value)| value.into_owned())
}

pub fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
