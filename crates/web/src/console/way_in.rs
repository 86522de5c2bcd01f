//! Ways in and out: an identity provider, a one-time link, and signing out.

use region::session::{Meant, Opened};
use words::act::SessionOpen;
use words::chance;
use words::time::SECOND_MS;
use words::{Actor, Reason, Refusal, Secret, Timestamp};

use super::Answered;
use super::cookie::{self, Cookie};
use super::form::own_path;
use super::provider::{self, JOURNEY_SECONDS, Journey};
use super::visit::Visit;
use crate::encode::pairs;
use crate::pages;

/// WHY: hours of work; a provider's terms may say less.
const SESSION_SECONDS: u64 = 28_800;

/// The page of all ways in.
pub async fn offer(visit: &Visit<'_>) -> Result<Answered, Refusal> {
    let issuers = visit.door.region().issuers().await?;
    let offered: Vec<(String, String)> =
        issuers.into_iter().filter(|row| row.client.is_some()).map(|row| (row.alias, row.url)).collect();
    let farewell = match visit.asked("out").filter(|issuer| !issuer.is_empty()) {
        Some(issuer) => {
            // WHY: a stranger must not have us ask a provider as often as they like.
            let _place = visit.door.open_journey(visit.address)?;
            provider::farewell(visit.door, &issuer).await.map(|there| (issuer, there))
        }
        None => None,
    };
    Ok(Answered::page(pages::sign_in(visit, &offered, farewell.as_ref(), &wanted(visit))))
}

/// Sends whoever wants in to their identity provider.
pub async fn leave_for(visit: &Visit<'_>, issuer: &str) -> Result<Answered, Refusal> {
    let _place = visit.door.open_journey(visit.address)?;
    let row = provider::offered(visit.door, issuer).await?;
    let journey = Journey::new(visit.door.region(), &row.alias, &wanted(visit));
    let there = provider::address(visit.door, &row, &journey, &home(visit, &row.alias)).await?;
    let kept = Cookie::kept(cookie::SIGN_IN, journey.text(visit.door.region())?, JOURNEY_SECONDS);
    Ok(Answered::to(&there).with(kept))
}

/// Takes who comes back from their provider in.
pub async fn come_back(visit: &Visit<'_>, issuer: &str) -> Result<Answered, Refusal> {
    let region = visit.door.region();
    let _place = visit.door.open_journey(visit.address)?;
    let lost = || Refusal::with(Reason::TokenWrong, "this browser has begun no such sign-in");
    let journey = cookie::read(&visit.parts.headers, cookie::SIGN_IN).ok_or_else(lost)?;
    let journey = Journey::read(region, journey).map_err(|_| lost())?;
    // WHY first: what another site made this browser send is no sign-in of whoever sits at it.
    if visit.asked("state").as_deref() != Some(journey.state.as_str()) || journey.issuer != issuer {
        return Err(lost());
    }
    if let Some(error) = visit.asked("error") {
        let says = format!("the identity provider answered `{}`", provider::plain(&error));
        return Err(Refusal::with(Reason::TokenWrong, says));
    }
    let code = visit.asked("code").ok_or_else(lost)?;
    let row = provider::offered(visit.door, issuer).await?;
    if visit.asked("iss").is_some_and(|iss| iss != row.url) {
        return Err(lost());
    }
    let token = provider::token(visit.door, &row, &journey, &code, &home(visit, issuer)).await?;
    let meant = Meant { issuer: row.id, nonce: &journey.nonce };
    let actor = region.sign_in_as(token.expose(), Some(meant), visit.address, visit.door.place()).await?;
    let _share = visit.door.share_of(actor.person)?;
    let opened = region.open_session(&actor, SessionOpen { seconds: Some(SESSION_SECONDS) }).await?;
    let Opened { ticket, ends, .. } = opened;
    let page = pages::signed_in(visit, &journey.to);
    let answered = Answered::onward(page, journey.to).with(Cookie::forgotten(cookie::SIGN_IN));
    Ok(answered.with(session(visit, &ticket, ends)?))
}

/// Asks whoever opened a one-time link whether to go in, and says as whom.
///
/// WHY ask: programs that look at links before people do must not use it up. WHY say: somebody else's link must not take
/// a person's work into that somebody's session.
pub async fn ask(visit: &Visit<'_>, code: &str) -> Result<Answered, Refusal> {
    let _place = visit.door.open_sign_in(visit.address)?;
    let ticket = visit.door.links().look(code, visit.door.region().now()).ok_or_else(over)?;
    let actor = held(visit, &ticket).await?;
    let greeting = visit.door.region().greet(&actor).await?;
    let other = visit.signed().is_ok_and(|signed| signed.actor.person != actor.person);
    Ok(Answered::page(pages::enter(visit, code, &greeting, other)))
}

/// Uses a one-time link.
pub async fn enter(visit: &Visit<'_>, code: &str) -> Result<Answered, Refusal> {
    let _place = visit.door.open_sign_in(visit.address)?;
    let now = visit.door.region().now();
    let ticket = visit.door.links().look(code, now).ok_or_else(over)?;
    let actor = held(visit, &ticket).await?;
    if visit.signed().is_ok_and(|signed| signed.actor.person != actor.person) {
        return Err(Refusal::with(Reason::StateWrong, "somebody else is signed in here: sign out first"));
    }
    let ticket = visit.door.links().take(code, now).ok_or_else(over)?;
    let ends = actor.session.as_ref().map_or(now, |session| session.ends);
    Ok(Answered::to("/").with(session(visit, &ticket, ends)?))
}

fn over() -> Refusal {
    Refusal::with(
        Reason::SessionEnded,
        "the link was used, or its time is over: make another with `epic console`",
    )
}

async fn held(visit: &Visit<'_>, ticket: &Secret<String>) -> Result<Actor, Refusal> {
    visit.door.region().actor_of_open_session(ticket.expose(), visit.address, visit.door.place()).await
}

/// WHY forgotten and no more: a session cannot be called back alone, `person recall` ends them all; the page says so.
pub async fn sign_out(visit: &Visit<'_>) -> Answered {
    let by = visit.signed().ok().and_then(|signed| signed.actor.session.as_ref()?.issuer);
    let issuers = visit.door.region().issuers().await.unwrap_or_default();
    let by = issuers.into_iter().find(|row| Some(row.id) == by).map(|row| row.alias).unwrap_or_default();
    Answered::to(&format!("/sign-in?{}", pairs(&[("out", &by)]))).with(Cookie::forgotten(cookie::SESSION))
}

fn session(visit: &Visit<'_>, ticket: &Secret<String>, ends: Timestamp) -> Result<Cookie, Refusal> {
    // WHY: a browser drops what is longer, and whoever signs in would come back here again and again.
    if ticket.expose().len() > cookie::VALUE_CHARS_MAX {
        return Err(Refusal::with(
            Reason::TooLarge,
            "your provider counts you among too many groups for a browser",
        ));
    }
    let seconds = ends.since_ms(visit.door.region().now()).div_euclid(SECOND_MS);
    Ok(Cookie::kept(cookie::SESSION, ticket.expose().clone(), seconds.max(0)))
}

/// Where a provider sends people back to.
fn home(visit: &Visit<'_>, issuer: &str) -> String {
    format!("{}/signed-in/{issuer}", visit.origin)
}

/// Where whoever wants in wanted to go: a path of ours, or the first page.
fn wanted(visit: &Visit<'_>) -> String {
    visit.asked("to").and_then(|to| own_path(&to)).unwrap_or_else(|| "/".to_owned())
}

/// A code that nobody guesses.
pub fn code(rand: &dyn words::Rand) -> String {
    data_encoding::BASE64URL_NOPAD.encode(&chance::bytes::<32>(rand))
}
