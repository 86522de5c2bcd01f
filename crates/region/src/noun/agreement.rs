//! Agreements: what must be signed before data move (GDPR Art. 28).
//!
//! The terms are fixed by the offer; every party signs over their digest. One
//! agreement covers one provider's data in one project, and is that data's
//! erasure scope.

use std::collections::BTreeSet;

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use gate::facts::{AgreementFacts, Span, Target};
use minicbor::{Decode, Encode};
use serde_json::{Value, json};
use words::act::{
    AgreementDraft, AgreementEnd, AgreementOffer, AgreementResume, AgreementShow, AgreementSign,
    AgreementSuspend,
};
use words::noun::{Agreement, Noun, Organisation, Person, Project};
use words::{Id, Reason, Refusal, Timestamp};

use crate::act::{Frame, Judged, Outcome, Rule, Scene};
use crate::cell::draft::Draft;
use crate::name;
use crate::noun::organisation::OrganisationRow;
use crate::noun::project::ProjectRow;
use crate::noun::tenant::TenantRow;
use crate::row::{self, Row, Table};
use crate::show::Show;

#[derive(Debug, Clone, Encode, Decode)]
pub struct AgreementRow {
    #[n(0)]
    pub id: Id<Agreement>,
    #[n(1)]
    pub alias: String,
    #[n(2)]
    pub project: Id<Project>,
    #[n(3)]
    pub provider: Id<Organisation>,
    /// All who must sign.
    #[n(4)]
    pub parties: Vec<Id<Organisation>>,
    #[n(5)]
    pub terms: Terms,
    #[n(6)]
    pub author: Id<Person>,
    #[n(7)]
    pub is_offered: bool,
    #[n(8)]
    pub signatures: Vec<Signature>,
    #[n(9)]
    pub is_suspended: bool,
    /// Ended by a party before its last day.
    #[n(10)]
    pub ended_at: Option<Timestamp>,
}

/// What is signed.
#[derive(Debug, Clone, Encode, Decode)]
pub struct Terms {
    #[n(0)]
    pub purpose: String,
    #[n(1)]
    pub categories: Vec<String>,
    #[n(2)]
    pub service_model: String,
    #[n(3)]
    pub places: Vec<String>,
    #[n(4)]
    pub sub_processors: Vec<String>,
    #[n(5)]
    pub retention_days: u64,
    #[n(6)]
    pub starts: Timestamp,
    #[n(7)]
    pub ends: Timestamp,
}

/// One party's yes.
#[derive(Debug, Clone, Encode, Decode)]
pub struct Signature {
    #[n(0)]
    pub party: Id<Organisation>,
    #[n(1)]
    pub person: Id<Person>,
    #[n(2)]
    pub at: Timestamp,
}

impl Row for AgreementRow {
    const TABLE: Table = Table::Agreement;
}

impl AgreementRow {
    /// Agreements lie under their project.
    pub fn key(&self) -> [u8; 32] {
        row::pair(self.project, self.id)
    }

    pub fn is_signed(&self) -> bool {
        let signed: BTreeSet<_> = self.signatures.iter().map(|signature| signature.party).collect();
        self.is_offered && self.parties.iter().all(|party| signed.contains(party))
    }

    pub fn facts(&self) -> AgreementFacts {
        AgreementFacts {
            span: Span { starts: self.terms.starts, ends: self.terms.ends },
            is_signed: self.is_signed(),
            is_suspended: self.is_suspended,
            is_ended: self.ended_at.is_some(),
        }
    }

    pub fn is_in_force(&self, now: Timestamp) -> bool {
        let is_timely = self.terms.starts <= now && now <= self.terms.ends;
        self.is_signed() && !self.is_suspended && self.ended_at.is_none() && is_timely
    }

    /// SHA-256 over the identity of the parties and all terms, in hex: what each party signs.
    pub fn digest(&self) -> Result<String, Refusal> {
        let signed = (self.id, self.project, self.provider, &self.parties, &self.terms);
        let bytes = minicbor::to_vec(signed).map_err(|_| Refusal::new(Reason::Unavailable))?;
        Ok(HEXLOWER.encode(&seal::sha256(&bytes)))
    }

    /// In words, as its state is at a moment.
    pub fn state(&self, now: Timestamp) -> &'static str {
        match self {
            _ if self.ended_at.is_some() || (self.is_signed() && now > self.terms.ends) => "ended",
            _ if self.is_suspended => "suspended",
            _ if !self.is_offered => "draft",
            _ if !self.is_signed() => "offered",
            _ if now < self.terms.starts => "signed, not begun",
            _ => "in force",
        }
    }
}

pub async fn find(draft: &Draft, text: &str) -> Result<AgreementRow, Refusal> {
    let key = name::find(draft, Noun::Agreement, text).await?;
    draft.known(&key).await
}

fn target(row: &AgreementRow, party: Option<Id<Organisation>>) -> Target {
    Target::Agreement {
        id: row.id,
        facts: row.facts(),
        author: row.author,
        parties: row.parties.iter().copied().collect(),
        party,
    }
}

#[async_trait]
impl Judged for AgreementDraft {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        let project = name::find_id(scene.root, Noun::Project, &self.project).await?;
        crate::facts::project(scene, project).await.map(Target::Project)
    }
}

#[async_trait]
impl Rule for AgreementDraft {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        if self.ends <= self.starts {
            return Err(Refusal::with(Reason::Invalid, "it ends before it starts"));
        }
        let project: Id<Project> = name::find_id(draft, Noun::Project, &self.project).await?;
        let tenant = draft.known::<ProjectRow>(&project.to_bytes()).await?.tenant;
        let controller = draft.known::<TenantRow>(&tenant.to_bytes()).await?.organisation;
        let provider = name::find_id(draft, Noun::Organisation, &self.provider).await?;
        let mut parties = BTreeSet::from([provider, controller]);
        for party in self.parties.iter() {
            parties.insert(name::find_id(draft, Noun::Organisation, party).await?);
        }
        if parties.len() < 2 {
            return Err(Refusal::with(
                Reason::Invalid,
                "an agreement needs two parties: name another with `--parties`",
            ));
        }
        let id: Id<Agreement> = Id::random(frame.region.rand());
        // What the root says of its data, in grants, dies with the data.
        frame.region.root().keys.found_names(id.cast())?;
        let alias = name::claim(draft, Noun::Agreement, &self.alias, id, &row::pair(project, id)).await?;
        let row = AgreementRow {
            id,
            alias,
            project,
            provider,
            parties: parties.into_iter().collect(),
            terms: self.terms(),
            author: frame.actor.person,
            is_offered: false,
            signatures: Vec::new(),
            is_suspended: false,
            ended_at: None,
        };
        draft.put(&row.key(), &row)?;
        let answer = json!({ "agreement": row.alias, "digest": row.digest()? });
        Ok(Outcome::of(Noun::Agreement, id).and(Noun::Project, project).saying(answer))
    }
}

/// How a typed request becomes stored terms.
trait Offered {
    fn terms(&self) -> Terms;
}

impl Offered for AgreementDraft {
    fn terms(&self) -> Terms {
        Terms {
            purpose: self.purpose.clone(),
            categories: self.categories.to_vec(),
            service_model: self.service_model.clone(),
            places: self.places.to_vec(),
            sub_processors: self.sub_processors.to_vec(),
            retention_days: self.retention_days,
            starts: self.starts,
            ends: self.ends,
        }
    }
}

#[async_trait]
impl Judged for AgreementSign {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        let row = find(scene.root, &self.agreement).await?;
        let party = name::find_id(scene.root, Noun::Organisation, &self.party).await?;
        Ok(target(&row, Some(party)))
    }
}

#[async_trait]
impl Rule for AgreementSign {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let mut row = find(draft, &self.agreement).await?;
        let party = name::find_id(draft, Noun::Organisation, &self.party).await?;
        if !row.is_offered || row.ended_at.is_some() {
            return Err(Refusal::with(Reason::StateWrong, row.state(frame.now)));
        }
        if self.digest != row.digest()? {
            return Err(Reason::TermsChanged.into());
        }
        if row.signatures.iter().any(|signature| signature.party == party) {
            return Err(Reason::AlreadyDone.into());
        }
        row.signatures.push(Signature { party, person: frame.actor.person, at: frame.now });
        draft.put(&row.key(), &row)?;
        let answer = json!({ "agreement": row.alias, "state": row.state(frame.now) });
        Ok(Outcome::of(Noun::Agreement, row.id).and(Noun::Organisation, party).saying(answer))
    }
}

macro_rules! agreement_state {
    ($deed:ident, |$row:ident, $frame:ident| $change:block) => {
        #[async_trait]
        impl Judged for $deed {
            async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
                Ok(target(&find(scene.root, &self.agreement).await?, None))
            }
        }

        #[async_trait]
        impl Rule for $deed {
            async fn plan(&self, draft: &mut Draft, $frame: &Frame<'_>) -> Result<Outcome, Refusal> {
                let mut $row = find(draft, &self.agreement).await?;
                let is_done = $change;
                if !is_done {
                    return Err(Refusal::with(Reason::StateWrong, $row.state($frame.now)));
                }
                draft.put(&$row.key(), &$row)?;
                let answer = json!({ "agreement": $row.alias, "state": $row.state($frame.now), "digest": $row.digest()? });
                Ok(Outcome::of(Noun::Agreement, $row.id).saying(answer))
            }
        }
    };
}

agreement_state!(AgreementOffer, |row, frame| {
    row.ended_at.is_none() && !std::mem::replace(&mut row.is_offered, true)
});
agreement_state!(AgreementSuspend, |row, frame| {
    row.ended_at.is_none() && row.is_signed() && !std::mem::replace(&mut row.is_suspended, true)
});
agreement_state!(AgreementResume, |row, frame| {
    row.ended_at.is_none() && std::mem::replace(&mut row.is_suspended, false)
});
agreement_state!(AgreementEnd, |row, frame| { row.ended_at.replace(frame.now).is_none() });

#[async_trait]
impl Show for AgreementShow {
    /// Those of one's organisation, of one's projects, and all for roles of the region.
    async fn show(&self, scene: &Scene<'_>) -> Result<Value, Refusal> {
        let mut shown = Vec::new();
        for (_, row) in scene.root.all::<AgreementRow>(&[]).await? {
            let is_wanted =
                self.agreement.as_ref().is_none_or(|text| *text == row.alias || *text == row.id.to_string());
            if is_wanted && is_visible(scene, &row).await? {
                shown.push(told(scene, &row).await?);
            }
        }
        Ok(Value::Array(shown))
    }
}

async fn is_visible(scene: &Scene<'_>, row: &AgreementRow) -> Result<bool, Refusal> {
    let own = scene
        .root
        .known::<crate::noun::person::PersonRow>(&scene.actor.person.to_bytes())
        .await?
        .organisation;
    Ok(row.parties.contains(&own) || crate::facts::project(scene, row.project).await?.is_known_to_actor)
}

async fn told(scene: &Scene<'_>, row: &AgreementRow) -> Result<Value, Refusal> {
    let mut parties = Vec::new();
    for party in &row.parties {
        let organisation: OrganisationRow = scene.root.known(&party.to_bytes()).await?;
        let signed = row.signatures.iter().find(|signature| signature.party == *party);
        parties.push(json!({ "party": organisation.alias, "signed": signed.map(|signature| signature.at) }));
    }
    Ok(json!({
        "agreement": row.alias,
        "id": row.id.to_string(),
        "state": row.state(scene.now),
        "parties": parties,
        "purpose": row.terms.purpose,
        "categories": row.terms.categories,
        "service_model": row.terms.service_model,
        "places": row.terms.places,
        "sub_processors": row.terms.sub_processors,
        "retention_days": row.terms.retention_days,
        "starts": row.terms.starts,
        "ends": row.terms.ends,
        "digest": row.digest()?,
    }))
}
