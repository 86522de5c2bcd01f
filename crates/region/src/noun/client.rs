//! Clients: other programs whose people sign in here.
//!
//! A program's secret follows from its id, so none is stored; it is told once.

use std::collections::BTreeSet;

use async_trait::async_trait;
use data_encoding::BASE64URL_NOPAD;
use minicbor::{Decode, Encode};
use seal::keys;
use serde_json::{Value, json};
use words::act::{ClientRegister, ClientRemove, ClientShow};
use words::noun::{Client, Noun};
use words::{Actor, Id, Reason, Refusal, Secret};

use crate::Region;
use crate::act::{Frame, Outcome, Request, Rule, Scene};
use crate::cell::draft::Draft;
use crate::cell::step::Done;
use crate::name;
use crate::row::{Row, Seal, Table};
use crate::show::Show;

/// The name of the console and the command line among programs.
pub const OWN_CLIENT: &str = "epic";
/// WHY: a program has one or two doors.
const RETURNS_MAX: usize = 8;
const RETURN_CHARS_MAX: usize = 512;
const LABEL: &str = "epic client secret";

#[derive(Debug, Clone, Encode, Decode)]
pub struct ClientRow {
    #[n(0)]
    pub id: Id<Client>,
    #[n(1)]
    pub alias: String,
    /// Where its people come back to, to the letter.
    #[n(2)]
    pub returns: Vec<String>,
    /// It runs where it can keep a secret.
    #[n(3)]
    pub has_secret: bool,
    /// What it is told of somebody opens sessions at S3.
    #[n(4)]
    #[cbor(default)]
    pub works_on_s3: bool,
}

/// What a program is told, and whether it proves itself: `secret`, `public` or `s3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Secret,
    /// It keeps no secret, and is told who somebody is.
    Public,
    /// A public one that works on data for whoever sits before it.
    S3,
}

impl Kind {
    fn read(text: &str) -> Result<Self, Refusal> {
        match text {
            "secret" => Ok(Self::Secret),
            "public" => Ok(Self::Public),
            "s3" => Ok(Self::S3),
            _ => Err(Refusal::with(Reason::Invalid, "a program's kind is `secret`, `public` or `s3`")),
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Public => "public",
            Self::S3 => "s3",
        }
    }
}

impl ClientRow {
    const fn kind(&self) -> Kind {
        match (self.has_secret, self.works_on_s3) {
            (true, _) => Kind::Secret,
            (false, false) => Kind::Public,
            (false, true) => Kind::S3,
        }
    }
}

impl Row for ClientRow {
    const TABLE: Table = Table::Client;
}

#[async_trait]
impl Rule for ClientRegister {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let kind = Kind::read(&self.kind)?;
        // WHY it may be written at all: a region's inner door has an address of its own.
        let is_own = |url: &String| url.contains("/signed-in/");
        if self.alias == OWN_CLIENT && (kind != Kind::Public || !self.returns.iter().all(is_own)) {
            let says =
                "`epic` is this region's own console: it is `public`, and comes back to `/signed-in/..`";
            return Err(Refusal::with(Reason::Invalid, says));
        }
        if self.returns.is_empty()
            || self.returns.len() > RETURNS_MAX
            || !self.returns.iter().all(|url| is_return(url))
        {
            return Err(Refusal::with(
                Reason::Invalid,
                "say where its people come back to: one to eight addresses at `https://..`, or on this machine",
            ));
        }
        let id = Id::random(frame.region.rand());
        let alias = name::claim(draft, Noun::Client, &self.alias, id, &id.to_bytes()).await?;
        let (has_secret, works_on_s3) = (kind == Kind::Secret, kind == Kind::S3);
        let row = ClientRow { id, alias, returns: self.returns.0.clone(), has_secret, works_on_s3 };
        draft.put(&id.to_bytes(), &row)?;
        Ok(Outcome::of(Noun::Client, id).saying(json!({ "client": row.alias, "id": id.to_string() })))
    }
}

/// SPEC: RFC 9700, 2.1: compared to the letter; RFC 6749, 3.1.2: without a fragment.
fn is_return(url: &str) -> bool {
    let is_loopback =
        |rest: &str| ["127.0.0.1", "localhost"].contains(&rest.split(['/', ':']).next().unwrap_or_default());
    let is_there =
        url.strip_prefix("https://").is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
            || url.strip_prefix("http://").is_some_and(is_loopback);
    let is_plain = |c: char| c.is_ascii_graphic() && !"#<>\"\\^`{|}@".contains(c);
    is_there && url.len() <= RETURN_CHARS_MAX && url.chars().all(is_plain)
}

/// The scheme, host and port of an address that was taken, as browsers write them (RFC 6454, 6.2).
fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?']).next().filter(|host| !host.is_empty())?.to_ascii_lowercase();
    let usual = if scheme == "https" { ":443" } else { ":80" };
    Some(format!("{scheme}://{}", host.strip_suffix(usual).unwrap_or(&host)))
}

/// Which programs' pages are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pages {
    /// Of those that keep no secret: they run in a browser, or on a person's own machine.
    Public,
    /// Of those among them that work on S3.
    S3,
}

/// The programs whose pages are meant.
pub(crate) async fn of_pages(draft: &Draft, pages: Pages) -> Result<Vec<ClientRow>, Refusal> {
    let rows = draft.all::<ClientRow>(&[]).await?.into_iter().map(|(_, row)| row);
    let is_meant = |row: &ClientRow| !row.has_secret && (pages == Pages::Public || row.works_on_s3);
    Ok(rows.filter(is_meant).collect())
}

async fn find(draft: &Draft, text: &str) -> Result<ClientRow, Refusal> {
    let id: Id<Client> = name::find_id(draft, Noun::Client, text).await?;
    draft.known(&id.to_bytes()).await
}

#[async_trait]
impl Rule for ClientRemove {
    async fn plan(&self, draft: &mut Draft, _: &Frame<'_>) -> Result<Outcome, Refusal> {
        let row = find(draft, &self.client).await?;
        draft.remove::<ClientRow>(Seal::Cell, &row.id.to_bytes());
        // WHY its names stay taken: another program under the same one would be taken for it.
        Ok(Outcome::of(Noun::Client, row.id))
    }
}

#[async_trait]
impl Show for ClientShow {
    async fn show(&self, scene: &Scene<'_>) -> Result<Value, Refusal> {
        let rows = scene.root.all::<ClientRow>(&[]).await?.into_iter().map(|(_, row)| row);
        let is_wanted = |row: &ClientRow| {
            self.client.as_ref().is_none_or(|text| *text == row.alias || *text == row.id.to_string())
        };
        let told = |row: ClientRow| {
            let kind = row.kind().text();
            json!({ "client": row.alias, "id": row.id.to_string(), "returns": row.returns, "kind": kind })
        };
        Ok(rows.filter(is_wanted).map(told).collect())
    }
}

/// Registers one; its secret goes into the answer and nowhere else.
pub async fn register(region: &Region, actor: &Actor, deed: ClientRegister) -> Result<Done, Refusal> {
    use words::Deed;
    let request = Request::once(actor.clone(), deed);
    let has_secret = request.deed.kind == "secret";
    let work = Box::pin(region.at_root(request));
    let mut done = region.heard(actor, ClientRegister::ACT, None, work).await?;
    let id = done.answer.get("id").and_then(Value::as_str).and_then(|id| id.parse().ok());
    if let (true, Some(id), Some(answer)) = (has_secret, id, done.answer.as_object_mut()) {
        answer.insert("secret".to_owned(), Value::String(region.client_secret(id)?.expose().clone()));
    }
    Ok(done)
}

impl Region {
    /// A program whose people sign in here.
    pub async fn client(&self, alias: &str) -> Result<ClientRow, Refusal> {
        let root = self.root().view().await?;
        find(&root, alias).await
    }

    /// Whose pages may ask for tokens, or for sessions and objects: the origins that such programs' people come back to.
    ///
    /// WHY of those alone: a program that keeps a secret asks from its own machine, and its pages from nowhere.
    pub async fn page_origins(&self, pages: Pages) -> Result<BTreeSet<String>, Refusal> {
        let rows = of_pages(&self.root().view().await?, pages).await?;
        Ok(rows.iter().flat_map(|row| &row.returns).filter_map(|url| origin(url)).collect())
    }

    pub fn client_secret(&self, id: Id<Client>) -> Result<Secret<String>, Refusal> {
        let made = keys::derive(&self.text_key(LABEL)?, "v1", &id.to_bytes());
        let made = made.map_err(|_| Refusal::new(Reason::Unavailable))?;
        Ok(Secret::new(BASE64URL_NOPAD.encode(made.expose())))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    // Goal: an origin is what a browser writes. Method: every form of address that is taken.
    #[test]
    fn an_origin_is_written_as_browsers_do() {
        for (url, expected) in [
            ("https://lab.example/", "https://lab.example"),
            ("https://Lab.Example/back?from=epic", "https://lab.example"),
            ("https://lab.example:443/back", "https://lab.example"),
            ("https://lab.example:8443/back", "https://lab.example:8443"),
            ("https://lab.example?back", "https://lab.example"),
            ("https://lab.example:80/", "https://lab.example:80"),
            ("http://localhost:80/", "http://localhost"),
            ("http://127.0.0.1:5173/", "http://127.0.0.1:5173"),
            ("https://[2001:db8::1]:443/", "https://[2001:db8::1]"),
        ] {
            assert!(is_return(url), "{url}");
            assert_eq!(origin(url).unwrap(), expected, "{url}");
        }
    }
}
