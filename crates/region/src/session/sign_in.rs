//! Signing in: from an issuer's token to the person that it means.
//!
//! Whoever is refused here is a stranger: doors count them. What a token says
//! is written nowhere.

use std::net::IpAddr;
use std::sync::Arc;

use gate::identify::token::{Claims, Expected, KeySet, Peeked, peek, verify};
use words::actor::Session;
use words::noun::{Issuer, Noun, Person};
use words::{Actor, Id, Place, Reason, Refusal};

use crate::Region;
use crate::cell::draft::Draft;
use crate::name;
use crate::noun::issuer::{self, IssuerRow};
use crate::noun::person::PersonRow;
use crate::noun::{client, group, link};

/// A sign-in that was begun, and what its token must be.
///
/// SPEC: OpenID Connect Core 1.0, 3.1.3.7, 11. WHY the issuer too: one that is trusted must not show another's token for
/// its own (mix-up, RFC 9700, 4.4).
#[derive(Debug, Clone, Copy)]
pub struct Meant<'a> {
    pub issuer: Id<Issuer>,
    pub nonce: &'a str,
}

/// For whom a token may be made out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Programs {
    /// For those that stand in the issuer's terms, which organisations adopted.
    Adopted,
    /// For those, and for programs registered here that work on S3.
    S3,
}

impl Region {
    /// Whoever an identity token means, if its issuer is trusted and speaks for them.
    pub async fn sign_in(&self, token: &str, address: IpAddr, place: Place) -> Result<Actor, Refusal> {
        self.signed_in(token, None, Programs::Adopted, address, place).await
    }

    /// The same for a session at S3, which a page that keeps no secret may ask for by itself: where this region is the
    /// issuer, tokens that it made for a program registered as `s3` count too.
    ///
    /// WHY no others: what a program with a secret is given tells its own machine who somebody is, and must not let that
    /// machine be them here. WHY at S3 alone: at the doors of acts a session reaches all duties of its person, and
    /// organisations adopted for whom the tokens that open those are made out.
    pub async fn sign_in_to_s3(&self, token: &str, address: IpAddr, place: Place) -> Result<Actor, Refusal> {
        self.signed_in(token, None, Programs::S3, address, place).await
    }

    /// The same with a token that answers one sign-in and no other.
    pub async fn sign_in_as(
        &self,
        token: &str,
        meant: Option<Meant<'_>>,
        address: IpAddr,
        place: Place,
    ) -> Result<Actor, Refusal> {
        self.signed_in(token, meant, Programs::Adopted, address, place).await
    }

    async fn signed_in(
        &self,
        token: &str,
        meant: Option<Meant<'_>>,
        programs: Programs,
        address: IpAddr,
        place: Place,
    ) -> Result<Actor, Refusal> {
        let peeked = peek(token)?;
        let root = self.root().view().await?;
        let unknown = || Refusal::with(Reason::TokenWrong, "no provider that is trusted here made it");
        let row = issuer::at(&root, &peeked.issuer).await?.ok_or_else(unknown)?;
        let keys = self.keys_for(&row, &peeked).await?;
        let mut audiences = row.audiences.clone();
        if programs == Programs::S3 && self.is_own_issuer(&row) {
            audiences.extend(
                client::of_pages(&root, client::Pages::S3).await?.into_iter().map(|program| program.alias),
            );
        }
        let expected = Expected { issuer: &row.url, audiences: &audiences, now: self.now() };
        let claims = verify(token, &keys, expected)?;
        let answers = |meant: &Meant<'_>| meant.issuer == row.id && claims.text("nonce") == Some(meant.nonce);
        if meant.as_ref().is_some_and(|meant| !answers(meant)) {
            return Err(Refusal::with(Reason::TokenWrong, "it answers another sign-in"));
        }
        let person = person(&root, &row, &claims).await?;
        let proved = claims.moment("auth_time").filter(|_| self.is_own_issuer(&row));
        let session = Session {
            issuer: Some(row.id),
            parent: None,
            // WHY when the token was made: what was taken back since must not come again with an old one.
            // WHY before that, where we know when they proved who they are: what is renewed is not proved anew.
            begun: claims.issued.min(self.now()).min(proved.unwrap_or(claims.issued)),
            // WHY not the token's own end: it says until when it may be shown, not for how long they work.
            ends: super::after(self.now(), row.seconds),
            groups: match &row.groups {
                Some(claim) => group::counted(&root, row.id, &claims.list(claim)).await?,
                None => Vec::new(),
            },
            has_second_factor: claims.ways().iter().any(|way| row.factors.iter().any(|known| known == way)),
        };
        Ok(Actor { person, credential: None, session: Some(session), place, address })
    }

    /// The issuer's keys; fetched anew if they do not have the one that is needed.
    async fn keys_for(&self, row: &IssuerRow, token: &Peeked) -> Result<Arc<KeySet>, Refusal> {
        let keyring = self.keyring();
        let has_it = |keys: &Arc<KeySet>| keys.has(token);
        if let Some(keys) = keyring.keys(row.id, self.now()).filter(has_it) {
            return Ok(keys);
        }
        keyring.fetched_anew(row.id, self.now()).await;
        let keys = keyring.keys(row.id, self.now());
        keys.ok_or_else(|| Refusal::with(Reason::Unavailable, "the identity provider does not answer"))
    }
}

/// WHY one answer: who is not enrolled, not linked or not spoken for learns nothing of who is.
async fn person(root: &Draft, row: &IssuerRow, claims: &Claims) -> Result<Id<Person>, Refusal> {
    let nobody = || Refusal::new(Reason::NotEnrolled);
    let id = match &row.claim {
        None => link::linked(root, row.id, &claims.subject).await?,
        Some(claim) => match claims.text(claim) {
            Some(alias) => name::find_id(root, Noun::Person, alias).await.ok(),
            None => None,
        },
    };
    let id = id.ok_or_else(nobody)?;
    let person: PersonRow = root.row(&id.to_bytes()).await?.ok_or_else(nobody)?;
    let speaks = issuer::speaks_for(root, row.id, person.organisation).await?;
    speaks.map(|_since| id).ok_or_else(nobody)
}
