//! Issuers: identity providers, whose signed word tells who somebody is.
//!
//! The operator says which are trusted and how their tokens are read; each
//! organisation says itself which of them speaks for its persons, over those
//! very terms. WHY both: who runs a region could else make a provider of their
//! own, and be anybody.

use std::collections::BTreeSet;

use async_trait::async_trait;
use gate::facts::Target;
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use serde_json::{Value, json};
use words::act::{IssuerAdopt, IssuerDistrust, IssuerLeave, IssuerShow, IssuerTrust};
use words::limit::{SESSION_SECONDS, SESSION_SECONDS_MAX, SESSION_SECONDS_MIN};
use words::noun::{Issuer, Noun, Organisation};
use words::{Id, Reason, Refusal, Timestamp};

use crate::act::{Frame, Judged, Outcome, Rule, Scene};
use crate::cell::draft::Draft;
use crate::name;
use crate::noun::group;
use crate::noun::organisation::OrganisationRow;
use crate::noun::role;
use crate::row::{Row, Seal, Table, pair};
use crate::show::Show;

/// How an identity provider's tokens are read.
#[derive(Clone, Encode, Decode)]
pub struct IssuerRow {
    #[n(0)]
    pub id: Id<Issuer>,
    #[n(1)]
    pub alias: String,
    /// As tokens name it (`iss`), to the letter.
    #[n(2)]
    pub url: String,
    #[n(3)]
    pub audiences: Vec<String>,
    /// The claim that holds a person's alias; none: persons are linked.
    #[n(4)]
    pub claim: Option<String>,
    #[n(5)]
    pub groups: Option<String>,
    /// Values of `acr` and `amr` that stand for a second factor.
    #[n(6)]
    pub factors: Vec<String>,
    #[n(7)]
    pub seconds: u64,
    #[n(8)]
    pub is_trusted: bool,
    /// Under which name the console sends people there; none: it does not.
    #[n(9)]
    pub client: Option<String>,
    /// What the console proves itself with there.
    #[n(10)]
    pub secret: Option<String>,
}

impl std::fmt::Debug for IssuerRow {
    /// WHY no more: it holds a secret.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "IssuerRow({})", self.id)
    }
}

impl Row for IssuerRow {
    const TABLE: Table = Table::Issuer;
}

impl IssuerRow {
    /// What an organisation agrees to when it adopts an issuer: all that a token is read by.
    fn terms(&self) -> Result<[u8; 32], Refusal> {
        // WHY without the secret: it tells nobody who somebody is, and providers have it changed.
        let read_by = Self { is_trusted: true, secret: None, ..self.clone() };
        crate::row::encode(&read_by).map(|bytes| seal::sha256(&bytes))
    }
}

/// An organisation lets an issuer speak for its persons, on these terms.
#[derive(Debug, Clone, Encode, Decode)]
pub struct AdoptionRow {
    #[n(0)]
    pub issuer: Id<Issuer>,
    #[n(1)]
    pub organisation: Id<Organisation>,
    #[n(2)]
    pub terms: ByteArray<32>,
    /// Whoever signed in before is not spoken for: what was left does not come back to life.
    #[n(3)]
    pub at: Timestamp,
}

impl Row for AdoptionRow {
    const TABLE: Table = Table::Adoption;
}

/// The issuer, if it is trusted and speaks for an organisation's persons as it stands now, and since when.
pub async fn speaks_for(
    draft: &Draft,
    issuer: Id<Issuer>,
    organisation: Id<Organisation>,
) -> Result<Option<Timestamp>, Refusal> {
    let row: Option<IssuerRow> = draft.row(&issuer.to_bytes()).await?;
    let Some(row) = row.filter(|row| row.is_trusted) else {
        return Ok(None);
    };
    let adoption: Option<AdoptionRow> = draft.row(&pair(issuer, organisation)).await?;
    let terms = row.terms()?;
    Ok(adoption.filter(|adoption| *adoption.terms == terms).map(|adoption| adoption.at))
}

/// The trusted issuer of this address.
pub async fn at(draft: &Draft, url: &str) -> Result<Option<IssuerRow>, Refusal> {
    let rows = draft.all::<IssuerRow>(&[]).await?;
    Ok(rows.into_iter().map(|(_, row)| row).find(|row| row.is_trusted && row.url == url))
}

pub async fn find(draft: &Draft, text: &str) -> Result<IssuerRow, Refusal> {
    let id: Id<Issuer> = name::find_id(draft, Noun::Issuer, text).await?;
    draft.known(&id.to_bytes()).await
}

#[async_trait]
impl Rule for IssuerTrust {
    /// Trusted again under its name, it is read as said now; who adopted it before must do so again.
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let url = address(&self.url)?;
        let seconds = self.seconds.unwrap_or(SESSION_SECONDS);
        let lasting = SESSION_SECONDS_MIN..=SESSION_SECONDS_MAX;
        if !lasting.contains(&seconds) {
            return Err(invalid(&format!(
                "a session lasts {} to {} seconds",
                lasting.start(),
                lasting.end()
            )));
        }
        if self.audiences.0.is_empty() {
            return Err(invalid("say for whom its tokens must be made out: `--audiences`"));
        }
        if self.client.as_ref().is_some_and(|client| !self.audiences.contains(client)) {
            return Err(invalid("the console's tokens must be made out for it: name it among `--audiences`"));
        }
        let known = draft.all::<IssuerRow>(&[]).await?.into_iter().map(|(_, row)| row);
        let same = known.into_iter().find(|row| row.alias == self.alias || row.url == url);
        let (id, alias) = match same {
            Some(row) if row.alias == self.alias && row.url == url => (row.id, row.alias),
            Some(_) => return Err(Refusal::with(Reason::NameTaken, format!("issuer `{}`", self.alias))),
            None => {
                let id = Id::random(frame.region.rand());
                (id, name::claim(draft, Noun::Issuer, &self.alias, id, &id.to_bytes()).await?)
            }
        };
        let row = IssuerRow {
            id,
            alias,
            url,
            audiences: self.audiences.0.clone(),
            claim: self.claim.clone(),
            groups: self.groups.clone(),
            factors: self.factors.0.clone(),
            seconds,
            is_trusted: true,
            client: self.client.clone(),
            secret: self.secret.as_ref().map(|secret| secret.expose().clone()),
        };
        draft.put(&id.to_bytes(), &row)?;
        let terms = data_encoding::HEXLOWER.encode(&row.terms()?);
        Ok(Outcome::of(Noun::Issuer, id).saying(json!({ "issuer": id.to_string(), "terms": terms })))
    }
}

/// An address that keys may be fetched from: HTTPS, or this machine itself.
fn address(text: &str) -> Result<String, Refusal> {
    let is_loopback = |rest: &str| {
        let host = rest.split(['/', ':']).next().unwrap_or_default();
        ["127.0.0.1", "localhost"].contains(&host)
    };
    let rest = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => rest,
        (None, Some(rest)) if is_loopback(rest) => rest,
        (None, _) => return Err(invalid("an issuer is at `https://..`, or in clear on this machine alone")),
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~/:".contains(c);
    if rest.is_empty() || rest.starts_with('/') || !rest.chars().all(is_plain) || rest.contains("..") {
        return Err(invalid("an issuer's address has neither query nor person nor fragment in it"));
    }
    Ok(text.to_owned())
}

fn invalid(detail: &str) -> Refusal {
    Refusal::with(Reason::Invalid, detail)
}

#[async_trait]
impl Rule for IssuerDistrust {
    async fn plan(&self, draft: &mut Draft, _: &Frame<'_>) -> Result<Outcome, Refusal> {
        let mut row = find(draft, &self.issuer).await?;
        if !std::mem::replace(&mut row.is_trusted, false) {
            return Err(Reason::AlreadyDone.into());
        }
        draft.put(&row.id.to_bytes(), &row)?;
        // WHY: trusted once more, nobody is spoken for before they have said so again.
        for (key, _) in draft.all::<AdoptionRow>(&row.id.to_bytes()).await? {
            draft.remove::<AdoptionRow>(Seal::Cell, &key);
        }
        Ok(Outcome::of(Noun::Issuer, row.id))
    }
}

macro_rules! judged_by_organisation {
    ($($deed:ident)*) => { $(#[async_trait]
    impl Judged for $deed {
        async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
            let id = name::find_id(scene.root, Noun::Organisation, &self.organisation).await?;
            let has_signatory = role::has_signatory(scene.root, id).await?;
            Ok(Target::Organisation { id, has_signatory })
        }
    })* };
}

judged_by_organisation! { IssuerAdopt IssuerLeave }

#[async_trait]
impl Rule for IssuerAdopt {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let row = find(draft, &self.issuer).await?;
        let organisation: Id<Organisation> =
            name::find_id(draft, Noun::Organisation, &self.organisation).await?;
        if !row.is_trusted {
            return Err(Refusal::with(Reason::StateWrong, "the issuer is not trusted any more"));
        }
        // WHY the digest: who adopts has read these terms, and not those that stood there before or since.
        let terms = row.terms()?;
        if data_encoding::HEXLOWER.encode(&terms) != self.terms {
            return Err(Refusal::with(Reason::TermsChanged, "read them again: `epic issuer show`"));
        }
        if speaks_for(draft, row.id, organisation).await?.is_some() {
            return Err(Reason::AlreadyDone.into());
        }
        let adoption = AdoptionRow { issuer: row.id, organisation, terms: terms.into(), at: frame.now };
        draft.put(&pair(row.id, organisation), &adoption)?;
        Ok(Outcome::of(Noun::Issuer, row.id).and(Noun::Organisation, organisation))
    }
}

#[async_trait]
impl Rule for IssuerLeave {
    async fn plan(&self, draft: &mut Draft, _: &Frame<'_>) -> Result<Outcome, Refusal> {
        let row = find(draft, &self.issuer).await?;
        let organisation: Id<Organisation> =
            name::find_id(draft, Noun::Organisation, &self.organisation).await?;
        let key = pair(row.id, organisation);
        draft.known::<AdoptionRow>(&key).await?;
        draft.remove::<AdoptionRow>(Seal::Cell, &key);
        Ok(Outcome::of(Noun::Issuer, row.id).and(Noun::Organisation, organisation))
    }
}

#[async_trait]
impl Show for IssuerShow {
    async fn show(&self, scene: &Scene<'_>) -> Result<Value, Refusal> {
        let rows = scene.root.all::<IssuerRow>(&[]).await?;
        let wanted = |row: &IssuerRow| {
            self.issuer.as_ref().is_none_or(|text| *text == row.alias || *text == row.id.to_string())
        };
        let mut shown = Vec::new();
        for row in rows.into_iter().map(|(_, row)| row).filter(wanted) {
            let (mut speaks, mut waits) = (BTreeSet::new(), BTreeSet::new());
            for (_, adoption) in scene.root.all::<AdoptionRow>(&row.id.to_bytes()).await? {
                let house: OrganisationRow = scene.root.known(&adoption.organisation.to_bytes()).await?;
                let is_current = row.is_trusted && *adoption.terms == row.terms()?;
                if is_current {
                    speaks.insert(house.alias)
                } else {
                    waits.insert(house.alias)
                };
            }
            shown.push(json!({
                "issuer": row.alias,
                "id": row.id.to_string(),
                "url": row.url,
                "audiences": row.audiences,
                "claim": row.claim,
                "groups": row.groups,
                "factors": row.factors,
                "seconds": row.seconds,
                "terms": data_encoding::HEXLOWER.encode(&row.terms()?),
                "trusted": row.is_trusted,
                "client": row.client,
                "has_secret": row.secret.is_some(),
                "speaks_for": speaks,
                "to_adopt_again": waits,
                "researchers": group::told(scene, row.id).await?,
            }));
        }
        Ok(Value::Array(shown))
    }
}
