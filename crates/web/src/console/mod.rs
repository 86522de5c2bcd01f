//! The console: the acts of the region in a browser.
//!
//! Plain links and forms; it works with scripts off. It has no power of its
//! own: whoever visits acts in the session that they signed in for, each form
//! is one row of the table of acts, and what is refused at other doors is
//! refused here for the same reason. It must never keep a session, a name or a
//! key in a log or an address.

mod account;
mod act;
mod answer;
pub mod assets;
mod catalogue;
mod cookie;
mod data;
pub mod file;
mod form;
mod links;
mod nouns;
mod provider;
mod upload;
mod visit;
mod way_in;

use std::net::IpAddr;

use http::request::Parts;
use http::{Method, Response, StatusCode};
use hyper::body::Incoming;
use region::dataset::Card;
use words::{Reason, Refusal};

use crate::door::ActsDoor;
use crate::exports::{self, Exported};
use crate::pages;
use crate::perform::Body;
pub use account::{Ways, Written};
pub use act::{Around, Target};
pub use answer::Answered;
pub use catalogue::{Asked, Found};
pub use data::{Listed, Listing, Stored};
pub use form::{Form, moment};
pub use links::{Links, linked};
pub use nouns::{Noun, is_for};
pub use visit::{Signed, Visit};
pub use way_in::code as chance_text;

/// Answers a request that is for no machine.
pub async fn answer(door: &ActsDoor, parts: &Parts, body: Incoming, address: IpAddr) -> Response<Body> {
    if let Some(asset) = assets::find(parts) {
        return asset;
    }
    let visit = match Visit::of(door, parts, address).await {
        Ok(visit) => visit,
        Err(refusal) => {
            door.refused(&refusal);
            return answer::page(StatusCode::MISDIRECTED_REQUEST, pages::bare(&refusal), false);
        }
    };
    let answered = match visit.parts.method {
        Method::GET => seen(&visit).await,
        Method::POST => posted(&visit, body).await,
        _ => Err(Refusal::with(Reason::NotOffered, "pages are read and forms are posted")),
    };
    let answered = answered.unwrap_or_else(|refusal| refused(&visit, &refusal));
    visit.respond(answered)
}

/// A page that is read.
async fn seen(visit: &Visit<'_>) -> Result<Answered, Refusal> {
    let path: Vec<&str> = visit.path().trim_matches('/').split('/').collect();
    match path[..] {
        ["sign-in"] => return way_in::offer(visit).await,
        ["sign-in", issuer] => return way_in::leave_for(visit, issuer).await,
        ["signed-in", issuer] => return way_in::come_back(visit, issuer).await,
        ["enter", code] => return way_in::ask(visit, code).await,
        ["issuer", "authorize"] => return account::asked(visit).await,
        ["device"] => return account::device(visit).await,
        ["join"] => return account::join(visit).await,
        ["register"] => return register(visit).await,
        ["register", "catalogue", form] => return exported(visit, form).await,
        ["register", dataset] => return card(visit, dataset).await,
        ["register", dataset, form] => return card_in(visit, dataset, form).await,
        ["accessibility"] => return Ok(Answered::page(pages::accessibility(visit))),
        _ => {}
    }
    if visit.signed().is_err() {
        return Ok(Answered::to(&visit.sign_in_path()));
    }
    // WHY: what another site links to is not what this person set out to do; a look is written down, and a form is one
    // click from being sent.
    if !matches!(visit::text(&visit.parts.headers, "sec-fetch-site"), None | Some("same-origin" | "none")) {
        return Ok(Answered::page(pages::elsewhere(visit)));
    }
    match path[..] {
        [""] => pages::today(visit).await.map(Answered::page),
        ["me"] => pages::me(visit).await.map(Answered::page),
        ["me", "ways"] => account::ways(visit, Written::default(), None, None).await,
        ["region"] => pages::region(visit).await.map(Answered::page),
        ["agreements", name, "document"] => pages::document(visit, name).await.map(Answered::page),
        ["chain", project, airlock] => pages::chain(visit, project, airlock).await.map(Answered::page),
        ["leaves", leaf] => pages::leaf(visit, leaf).await.map(Answered::page),
        ["do", act] => act::show(visit, act).await,
        ["projects", project] => pages::project(visit, project).await.map(Answered::page),
        ["catalogue"] => catalogue::show(visit).await,
        ["projects", project, "rules"] => pages::rules(visit, project).await.map(Answered::page),
        ["projects", project, "map"] => pages::map(visit, project).await.map(Answered::page),
        ["projects", project, "buckets", bucket] => data::bucket(visit, project, bucket).await,
        ["projects", project, "buckets", bucket, "objects", object] => {
            data::object(visit, project, bucket, object).await
        }
        ["projects", project, "buckets", bucket, "objects", object, "bytes"] => {
            data::bytes(visit, project, bucket, object).await
        }
        ["projects", project, section] => nouns::all(visit, Some(project), section).await,
        ["projects", project, section, name] => nouns::one(visit, Some(project), section, name).await,
        [nouns] => nouns::all(visit, None, nouns).await,
        [nouns, name] => nouns::one(visit, None, nouns, name).await,
        _ => Err(Refusal::with(Reason::NotFound, "there is no such page")),
    }
}

/// What everybody may know.
async fn register(visit: &Visit<'_>) -> Result<Answered, Refusal> {
    let _place = visit.door.open_reading(visit.address)?;
    let entries = visit.door.region().register().await?;
    let cards = visit.door.region().public_cards(None).await?;
    Ok(Answered::page(pages::register(visit, &entries, &cards)))
}

/// A dataset's card, for everybody, and where machines find more of it.
async fn card(visit: &Visit<'_>, dataset: &str) -> Result<Answered, Refusal> {
    let (card, exported) = public_card(visit, dataset).await?;
    let page = pages::landing(visit, &card, &exported.schema_org());
    Ok(Answered { links: Some(exported.links()), ..Answered::page(page) })
}

/// The same in one of the forms of others.
async fn card_in(visit: &Visit<'_>, dataset: &str, form: &str) -> Result<Answered, Refusal> {
    let (_, exported) = public_card(visit, dataset).await?;
    told_in(form, exported.form(form))
}

async fn public_card(visit: &Visit<'_>, dataset: &str) -> Result<(Card, Exported), Refusal> {
    let _place = visit.door.open_reading(visit.address)?;
    let card = visit.door.region().public_cards(Some(dataset)).await?.into_iter().next();
    let card = card.ok_or_else(|| Refusal::with(Reason::NotFound, "nothing is called that here"))?;
    let exported = Exported::of(&visit.door.origin(&visit.parts.headers)?, &card)?;
    Ok((card, exported))
}

/// All cards that everybody finds, as another catalogue harvests them.
async fn exported(visit: &Visit<'_>, form: &str) -> Result<Answered, Refusal> {
    let _place = visit.door.open_reading(visit.address)?;
    let region = visit.door.region();
    let cards = region.public_cards(None).await?;
    let catalogue = exports::catalogue(&visit.door.origin(&visit.parts.headers)?, &cards, region.now())?;
    let told = match form {
        "turtle" => Some(dcat::turtle(&catalogue)),
        "json-ld" => Some(dcat::json_ld(&catalogue)),
        _ => None,
    };
    told_in(form, told)
}

fn told_in(form: &str, told: Option<String>) -> Result<Answered, Refusal> {
    let media = exports::FORMS.iter().find(|(name, _)| *name == form).map(|(_, media)| *media);
    let (told, media) = told.zip(media).ok_or_else(|| {
        Refusal::with(Reason::NotFound, "a card is told in `turtle`, `json-ld` and `linkset`")
    })?;
    Ok(Answered::bytes(answer::told(told, media)))
}

/// A form that is posted.
async fn posted(visit: &Visit<'_>, body: Incoming) -> Result<Answered, Refusal> {
    visit.refuse_foreign()?;
    let path: Vec<&str> = visit.path().trim_matches('/').split('/').collect();
    match path[..] {
        ["enter", code] => way_in::enter(visit, code).await,
        ["catalogue"] => catalogue::search(visit, body).await,
        ["sign-out"] => Ok(way_in::sign_out(visit).await),
        ["issuer", "authorize"] => account::entered(visit, body).await,
        ["device"] => account::device_entered(visit, body).await,
        ["join"] => account::joined(visit, body).await,
        ["me", "ways"] => account::changed(visit, body).await,
        ["do", act] => act::done(visit, act, body).await,
        ["projects", project, "buckets", bucket] => data::deliver(visit, project, bucket, body).await,
        ["projects", project, "buckets", bucket, "deliver", act] => {
            Ok(upload::act(visit, (project, bucket), act, body).await)
        }
        _ => Err(Refusal::with(Reason::NotOffered, "nothing is posted there")),
    }
}

fn refused(visit: &Visit<'_>, refusal: &Refusal) -> Answered {
    if visit.signed().is_err() {
        visit.door.refused(refusal);
    }
    Answered::page(pages::refused(visit, refusal)).for_refusal(refusal)
}
