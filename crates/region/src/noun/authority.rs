//! Certification authorities: whose certificates count for what is signed outside.

pub mod revocation;

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use paper::authority::Authority as Anchor;
use serde_json::{Value, json};
use words::act::{AuthorityDistrust, AuthorityShow, AuthorityTrust};
use words::noun::{Authority, Noun};
use words::time::SECOND_MS;
use words::{Id, Reason, Refusal, Timestamp};

use crate::act::{Frame, Outcome, Rule, Scene};
use crate::cell::draft::Draft;
use crate::name;
use crate::row::{Row, Table};
use crate::show::Show;

#[derive(Debug, Clone, Encode, Decode)]
pub struct AuthorityRow {
    #[n(0)]
    pub id: Id<Authority>,
    #[n(1)]
    pub alias: String,
    /// DER.
    #[n(2)]
    pub certificate: ByteVec,
    #[n(3)]
    pub is_trusted: bool,
}

impl Row for AuthorityRow {
    const TABLE: Table = Table::Authority;
}

impl AuthorityRow {
    pub(super) fn anchor(&self) -> Result<Anchor, Refusal> {
        Anchor::read(&self.certificate)
            .map_err(|_| Refusal::with(Reason::Unavailable, "a certificate cannot be read"))
    }
}

/// All that count now.
pub async fn trusted(draft: &Draft) -> Result<Vec<Anchor>, Refusal> {
    let rows = draft.all::<AuthorityRow>(&[]).await?;
    rows.iter().filter(|(_, row)| row.is_trusted).map(|(_, row)| row.anchor()).collect()
}

#[async_trait]
impl Rule for AuthorityTrust {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let anchor = Anchor::read(self.certificate.as_bytes())
            .map_err(|fault| Refusal::with(Reason::Invalid, fault.to_string()))?;
        if until(&anchor) <= frame.now {
            return Err(Refusal::with(Reason::Invalid, "the certificate has expired"));
        }
        let known = draft.all::<AuthorityRow>(&[]).await?.into_iter().map(|(_, row)| row);
        let same = known.filter(|row| row.certificate.as_slice() == anchor.der()).find(|row| row.is_trusted);
        if same.is_some() {
            return Err(Reason::AlreadyDone.into());
        }
        let id = Id::random(frame.region.rand());
        let alias = name::claim(draft, Noun::Authority, &self.alias, id, &id.to_bytes()).await?;
        let certificate = anchor.der().to_vec().into();
        draft.put(&id.to_bytes(), &AuthorityRow { id, alias, certificate, is_trusted: true })?;
        let answer = json!({ "authority": id.to_string(), "subject": anchor.name, "sha256": mark(&anchor) });
        Ok(Outcome::of(Noun::Authority, id).saying(answer))
    }
}

fn mark(anchor: &Anchor) -> String {
    HEXLOWER.encode(&anchor.sha256)
}

fn until(anchor: &Anchor) -> Timestamp {
    Timestamp::from_ms(anchor.not_after.saturating_mul(SECOND_MS))
}

#[async_trait]
impl Rule for AuthorityDistrust {
    async fn plan(&self, draft: &mut Draft, _: &Frame<'_>) -> Result<Outcome, Refusal> {
        let id: Id<Authority> = name::find_id(draft, Noun::Authority, &self.authority).await?;
        let mut row: AuthorityRow = draft.known(&id.to_bytes()).await?;
        if !std::mem::replace(&mut row.is_trusted, false) {
            return Err(Reason::AlreadyDone.into());
        }
        draft.put(&id.to_bytes(), &row)?;
        Ok(Outcome::of(Noun::Authority, id))
    }
}

#[async_trait]
impl Show for AuthorityShow {
    async fn show(&self, scene: &Scene<'_>) -> Result<Value, Refusal> {
        let mut shown = Vec::new();
        for (_, row) in scene.root.all::<AuthorityRow>(&[]).await? {
            let is_wanted =
                self.authority.as_ref().is_none_or(|text| *text == row.alias || *text == row.id.to_string());
            if !is_wanted {
                continue;
            }
            let anchor = row.anchor()?;
            let lists = revocation::told(scene.root, row.id).await?;
            shown.push(json!({
                "authority": row.alias,
                "id": row.id.to_string(),
                "subject": anchor.name,
                "sha256": mark(&anchor),
                "until": until(&anchor),
                "trusted": row.is_trusted,
                "lists": lists,
            }));
        }
        Ok(Value::Array(shown))
    }
}
