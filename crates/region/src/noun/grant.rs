//! Upload grants: a person may deliver into one place, from one network, between two dates.

use std::net::IpAddr;
use std::str::FromStr;

use async_trait::async_trait;
use gate::facts::{GrantFacts, ProjectFacts, Span, Target};
use minicbor::{Decode, Encode};
use serde_json::{Value, json};
use words::act::{GrantIssue, GrantRevoke, GrantShow};
use words::actor::CredentialUse;
use words::noun::{Agreement, Grant, Noun, Person, Project};
use words::{Actor, Id, Reason, Refusal, Timestamp};

use crate::Region;
use crate::act::{Frame, Judged, Outcome, Rule, Scene};
use crate::cell::draft::Draft;
use crate::facts::{self, Around, Projects};
use crate::name;
use crate::noun::agreement;
use crate::noun::project::ProjectRow;
use crate::row::{self, Row, Seal, Table};
use crate::show::Show;

#[derive(Debug, Clone, Encode, Decode)]
pub struct GrantRow {
    #[n(0)]
    pub id: Id<Grant>,
    #[n(1)]
    pub alias: String,
    #[n(2)]
    pub project: Id<Project>,
    #[n(3)]
    pub agreement: Id<Agreement>,
    #[n(4)]
    pub issuer: Id<Person>,
    #[n(5)]
    pub receiver: Id<Person>,
    /// As written: `192.0.2.0/24`.
    #[n(6)]
    pub network: String,
    #[n(7)]
    pub starts: Timestamp,
    #[n(8)]
    pub ends: Timestamp,
    #[n(9)]
    pub is_revoked: bool,
}

impl Row for GrantRow {
    const TABLE: Table = Table::Grant;
}

/// Where a grant delivers.
///
/// WHY a row of its own, in the agreement's scope: who might deliver is told for ever, while names of data die
/// with the data.
#[derive(Debug, Clone, Encode, Decode)]
pub struct GrantTargetRow {
    #[n(0)]
    pub bucket: String,
    #[n(1)]
    pub prefix: String,
}

impl Row for GrantTargetRow {
    const TABLE: Table = Table::GrantTarget;
}

impl GrantTargetRow {
    fn covers(&self, bucket: &str, key: Option<&str>) -> bool {
        self.bucket == bucket && key.is_none_or(|key| key.starts_with(&self.prefix))
    }
}

impl GrantRow {
    /// Grants lie under their project.
    pub fn key(&self) -> [u8; 32] {
        row::pair(self.project, self.id)
    }

    fn target_seal(&self) -> Seal {
        Seal::Scope { scope: self.agreement.cast(), id: self.id.to_bytes(), size_bytes: 0 }
    }

    /// Where it delivers; none once the names are destroyed.
    async fn target(&self, root: &Draft) -> Result<Option<GrantTargetRow>, Refusal> {
        root.row(&self.key()).await
    }

    pub async fn facts(
        &self,
        root: &Draft,
        bucket: &str,
        key: Option<&str>,
        address: IpAddr,
    ) -> Result<GrantFacts, Refusal> {
        let target = self.target(root).await?;
        Ok(GrantFacts {
            span: Span { starts: self.starts, ends: self.ends },
            is_revoked: self.is_revoked,
            address_matches: self.network.parse::<Network>().is_ok_and(|network| network.holds(address)),
            covers_target: target.is_some_and(|target| target.covers(bucket, key)),
        })
    }
}

/// A network in CIDR form (RFC 4632); an address alone is a network of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix_bits: u32,
}

impl FromStr for Network {
    type Err = Refusal;

    fn from_str(from: &str) -> Result<Self, Refusal> {
        let wrong = || Refusal::with(Reason::Invalid, "write a network as `192.0.2.0/24` or an address");
        let (address, bits) = match from.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u32>().map_err(|_| wrong())?)),
            None => (from, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let bits_max = if address.is_ipv4() { 32 } else { 128 };
        let prefix_bits = bits.unwrap_or(bits_max);
        if prefix_bits > bits_max { Err(wrong()) } else { Ok(Self { address, prefix_bits }) }
    }
}

impl Network {
    pub fn holds(self, address: IpAddr) -> bool {
        let same = |left: u128, right: u128, bits_max: u32| {
            let shift = bits_max - self.prefix_bits;
            left.checked_shr(shift).unwrap_or(0) == right.checked_shr(shift).unwrap_or(0)
        };
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => same(u32::from(own).into(), u32::from(other).into(), 32),
            (IpAddr::V6(own), IpAddr::V6(other)) => same(own.into(), other.into(), 128),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

async fn find(draft: &Draft, text: &str) -> Result<GrantRow, Refusal> {
    let key = name::find(draft, Noun::Grant, text).await?;
    draft.known(&key).await
}

#[async_trait]
impl Judged for GrantIssue {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        let agreement = agreement::find(scene.root, &self.agreement).await?;
        let receiver = name::find_id(scene.root, Noun::Person, &self.person).await?;
        let project = facts::project(scene, agreement.project).await?;
        // WHY an id of nothing: the grant does not exist yet.
        Ok(Target::Grant { id: Id::from_bytes([0; 16]), project, issuer: scene.actor.person, receiver })
    }

    async fn around(&self, scene: &Scene<'_>) -> Result<Option<Around>, Refusal> {
        let agreement = agreement::find(scene.root, &self.agreement).await?;
        facts::around_grant(scene, &agreement).await.map(Some)
    }
}

#[async_trait]
impl Rule for GrantIssue {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        if self.ends <= self.starts {
            return Err(Refusal::with(Reason::Invalid, "it ends before it starts"));
        }
        self.address.parse::<Network>()?;
        let agreement = agreement::find(draft, &self.agreement).await?;
        let receiver = name::find_id(draft, Noun::Person, &self.person).await?;
        let id = Id::random(frame.region.rand());
        let key = row::pair(agreement.project, id);
        let alias = name::claim(draft, Noun::Grant, &self.alias, id, &key).await?;
        let row = GrantRow {
            id,
            alias,
            project: agreement.project,
            agreement: agreement.id,
            issuer: frame.actor.person,
            receiver,
            network: self.address.clone(),
            starts: self.starts,
            ends: self.ends,
            is_revoked: false,
        };
        draft.put(&key, &row)?;
        let target =
            GrantTargetRow { bucket: self.bucket.clone(), prefix: self.prefix.clone().unwrap_or_default() };
        draft.put_in(row.target_seal(), &key, &target)?;
        let outcome = Outcome::of(Noun::Grant, id).and(Noun::Agreement, agreement.id);
        Ok(outcome.within(agreement.id.cast()).saying(json!({ "grant": row.alias })))
    }
}

const fn target(project: ProjectFacts, row: &GrantRow) -> Target {
    Target::Grant { id: row.id, project, issuer: row.issuer, receiver: row.receiver }
}

/// A grant as the gate sees it.
pub(crate) async fn target_of(scene: &Scene<'_>, row: &GrantRow) -> Result<Target, Refusal> {
    Ok(target(facts::project(scene, row.project).await?, row))
}

/// Where it lies.
pub(crate) async fn around(scene: &Scene<'_>, row: &GrantRow) -> Result<Option<Around>, Refusal> {
    let agreement = scene.root.known(&row::pair(row.project, row.agreement)).await?;
    facts::around_grant(scene, &agreement).await.map(Some)
}

#[async_trait]
impl Judged for GrantRevoke {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        let row = find(scene.root, &self.grant).await?;
        Ok(target(facts::project(scene, row.project).await?, &row))
    }

    async fn around(&self, scene: &Scene<'_>) -> Result<Option<Around>, Refusal> {
        around(scene, &find(scene.root, &self.grant).await?).await
    }
}

#[async_trait]
impl Rule for GrantRevoke {
    async fn plan(&self, draft: &mut Draft, _: &Frame<'_>) -> Result<Outcome, Refusal> {
        let mut row = find(draft, &self.grant).await?;
        if std::mem::replace(&mut row.is_revoked, true) {
            return Err(Reason::AlreadyDone.into());
        }
        draft.put(&row.key(), &row)?;
        Ok(Outcome::of(Noun::Grant, row.id))
    }
}

#[async_trait]
impl Show for GrantShow {
    async fn show(&self, scene: &Scene<'_>) -> Result<Value, Refusal> {
        let (mut shown, mut projects) = (Vec::new(), Projects::default());
        for (_, row) in scene.root.all::<GrantRow>(&[]).await? {
            let is_wanted =
                self.grant.as_ref().is_none_or(|text| *text == row.alias || *text == row.id.to_string());
            if !is_wanted {
                continue;
            }
            let of = target(projects.of(scene, row.project).await?, &row);
            if !scene.region.may_see_at::<Self>(scene, of, around(scene, &row).await?).await? {
                continue;
            }
            let target = row.target(scene.root).await?;
            let project: ProjectRow = scene.root.known(&row.project.to_bytes()).await?;
            shown.push(json!({
                "grant": row.alias,
                "id": row.id.to_string(),
                "project": project.alias,
                "mine": row.receiver == scene.actor.person,
                "bucket": target.as_ref().map(|target| &target.bucket),
                "prefix": target.as_ref().map(|target| &target.prefix),
                "address": row.network,
                "starts": row.starts,
                "ends": row.ends,
                "revoked": row.is_revoked,
            }));
        }
        Ok(Value::Array(shown))
    }
}

impl Region {
    /// Whoever is signed in, delivering under a grant that is made out to them and doing nothing else.
    pub async fn delivering(&self, actor: &Actor, grant: &str) -> Result<Actor, Refusal> {
        let lost = || Refusal::with(Reason::NotFound, "no grant of yours is called that");
        // WHY in a session alone: a credential is what it is.
        if actor.session.is_none() || actor.credential.is_some() {
            return Err(lost());
        }
        let root = self.root().view().await?;
        let key = name::find(&root, Noun::Grant, grant).await.map_err(|_| lost())?;
        let row: GrantRow = root.row(&key).await?.ok_or_else(lost)?;
        if row.receiver != actor.person {
            return Err(lost());
        }
        // WHY the grant's own id: leaves tell under what the bytes came.
        let used = CredentialUse {
            id: row.id.cast(),
            project: row.project,
            place: actor.place,
            grant: Some(row.id),
        };
        Ok(Actor { credential: Some(used), ..actor.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(network: &str, address: &str) -> bool {
        let network: Network = network.parse().expect("a network");
        network.holds(address.parse().expect("an address"))
    }

    #[test]
    fn networks_hold_their_addresses_and_no_others() {
        assert!(holds("192.0.2.0/24", "192.0.2.7"));
        assert!(!holds("192.0.2.0/24", "192.0.3.7"));
        assert!(holds("192.0.2.7", "192.0.2.7"));
        assert!(!holds("192.0.2.7", "192.0.2.8"));
        assert!(holds("192.0.2.0/24", "::ffff:192.0.2.7"));
        assert!(holds("2001:db8::/32", "2001:db8:1::1"));
        assert!(!holds("2001:db8::/32", "2001:db9::1"));
        assert!(holds("0.0.0.0/0", "203.0.113.1"));
        assert!(!holds("0.0.0.0/0", "2001:db8::1"));
        for wrong in ["192.0.2.0/33", "::/129", "here", "1.2.3/8", "1.2.3.4/x"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }
}
