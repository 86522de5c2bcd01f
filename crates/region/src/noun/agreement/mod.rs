//! Agreements: what must be signed before data move (GDPR Art. 28).
//!
//! The terms are fixed by the offer; every party signs over their digest. One
//! agreement covers one provider's data in one project, and is that data's
//! erasure scope.

pub mod lodge;
mod print;
pub mod wording;

use std::collections::BTreeSet;

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use gate::facts::{AgreementFacts, Span, Target};
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use serde_json::{Value, json};
use words::act::{
    AgreementDocument, AgreementDraft, AgreementEnd, AgreementOffer, AgreementResume, AgreementShow,
    AgreementSign, AgreementSuspend,
};
use words::actor::{Role, Tier};
use words::noun::{Agreement, Noun, Organisation, Person, Project};
use words::{Id, Reason, Refusal, Timestamp};

use crate::act::{Frame, Judged, Outcome, Rule, Scene};
use crate::cell::draft::Draft;
use crate::name;
use crate::noun::organisation::OrganisationRow;
use crate::noun::person::PersonRow;
use crate::noun::project::ProjectRow;
use crate::noun::role;
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
    /// The sides that stopped it and have not lifted their stop.
    #[n(11)]
    #[cbor(default)]
    pub stops: Vec<Id<Organisation>>,
    /// Digest of its [`wording::WordingRow`]; none: it was drafted before agreements had one.
    #[n(12)]
    pub wording: Option<ByteArray<32>>,
    #[n(13)]
    #[cbor(default)]
    pub drafted_at: Timestamp,
    /// The document that all sign, once somebody has taken it.
    #[n(14)]
    pub document: Option<lodge::File>,
    /// What was signed on paper and waits for a second person.
    #[n(15)]
    #[cbor(default)]
    pub scans: Vec<lodge::Scan>,
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
    /// The tier of the project it was drafted for: its data are never kept at a lower one.
    #[n(8)]
    pub tier: Option<u8>,
    /// Studies that snapshots of the data may be made for.
    #[n(9)]
    pub onward: Option<Vec<Id<Project>>>,
}

impl Terms {
    /// Terms that name no tier are older than tiers in terms, and bind to none.
    pub fn tier(&self) -> Tier {
        self.tier.map_or(Tier::Open, |tier| Tier::from_number(tier).unwrap_or(Tier::Identifiable))
    }
}

/// Organisations that speak as sides of an agreement.
type Sides = BTreeSet<Id<Organisation>>;

/// One party's yes.
#[derive(Debug, Clone, Encode, Decode)]
pub struct Signature {
    #[n(0)]
    pub party: Id<Organisation>,
    #[n(1)]
    pub person: Id<Person>,
    #[n(2)]
    pub at: Timestamp,
    /// It was made outside; none: with the person's key, or in a session of theirs.
    #[n(3)]
    pub by: Option<By>,
}

/// How a signature was made outside.
#[derive(Debug, Clone, Encode, Decode)]
pub struct By {
    #[n(0)]
    pub file: lodge::File,
    /// See [`print`].
    #[n(1)]
    pub kind: u8,
    /// Who signed, as their certificates tell.
    #[n(2)]
    pub says: Vec<String>,
    /// Of paper: the second person who has seen it.
    #[n(3)]
    pub attester: Option<Id<Person>>,
    /// SHA-256 of the certificates that signed.
    #[n(4)]
    #[cbor(default)]
    pub certificates: Vec<ByteArray<32>>,
    /// Lists of their authorities did not have them.
    #[n(5)]
    #[cbor(default)]
    pub is_clear: bool,
}

impl By {
    /// `is_open`: who signed is told, too.
    fn told(&self, is_open: bool) -> Value {
        json!({
            "kind": print::kind_text(self.kind),
            "weaker": self.kind == print::PAPER,
            "revocation_asked": self.is_clear,
            "by": if is_open { self.says.as_slice() } else { &[] },
            "sha256": self.file.hex(),
        })
    }
}

impl Row for AgreementRow {
    const TABLE: Table = Table::Agreement;
}

impl AgreementRow {
    /// Agreements lie under their project.
    pub fn key(&self) -> [u8; 32] {
        row::pair(self.project, self.id)
    }

    /// Sides whose people may know of it now: all parties once it is offered, its makers before.
    ///
    /// WHY: a name typed in a draft makes nobody a party.
    async fn known_parties(&self, draft: &Draft) -> Result<Sides, Refusal> {
        let parties: Sides = self.parties.iter().copied().collect();
        if self.is_offered {
            return Ok(parties);
        }
        let author: Option<PersonRow> = draft.row(&self.author.to_bytes()).await?;
        let controller = controller(draft, self.project).await?;
        let makers: Sides =
            author.map(|author| author.organisation).into_iter().chain([controller]).collect();
        Ok(parties.intersection(&makers).copied().collect())
    }

    /// The sides that a person speaks for here: as their signatory, or as the controller.
    async fn sides(&self, draft: &Draft, person: Id<Person>) -> Result<Sides, Refusal> {
        let project: ProjectRow = draft.known(&self.project.to_bytes()).await?;
        let controller = controller(draft, self.project).await?;
        let held = role::held(draft, person).await?;
        let side = |(role, at): (Role, [u8; 16])| match role {
            Role::Signatory => Some(Id::from_bytes(at)),
            Role::Controller if at == project.tenant.to_bytes() => Some(controller),
            _ => None,
        };
        Ok(held.into_iter().filter_map(side).filter(|side| self.parties.contains(side)).collect())
    }

    /// Stops it for these sides; false where each of them has stopped it already.
    fn stop(&mut self, sides: &Sides) -> bool {
        let stops = self.stops.len();
        self.stops
            .extend(sides.iter().filter(|side| !self.stops.contains(side)).copied().collect::<Vec<_>>());
        self.is_suspended = true;
        self.stops.len() > stops
    }

    /// Lifts the stops of these sides; the last one lifted resumes it.
    fn lift(&mut self, sides: &Sides) -> bool {
        let stops = self.stops.len();
        self.stops.retain(|side| !sides.contains(side));
        // WHY: one stopped before sides were recorded is nobody's, and anyone who may resume it does.
        let was_nobody_s = self.is_suspended && stops == 0;
        self.is_suspended &= !self.stops.is_empty();
        was_nobody_s || self.stops.len() < stops
    }

    fn has_signed(&self, party: Id<Organisation>) -> bool {
        self.signatures.iter().any(|signature| signature.party == party)
    }

    /// WHY: its data would be kept at a lower tier than the terms promise.
    async fn refuse_lower_tier(&self, draft: &Draft) -> Result<(), Refusal> {
        if draft.known::<ProjectRow>(&self.project.to_bytes()).await?.tier() < self.terms.tier() {
            return Err(Refusal::with(
                Reason::TermsChanged,
                "the project's tier is lower than the terms name",
            ));
        }
        Ok(())
    }

    /// Parties that have not signed.
    pub fn unsigned(&self) -> impl Iterator<Item = Id<Organisation>> {
        self.parties.iter().copied().filter(|party| !self.has_signed(*party))
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

    /// Ended, or its last moment has passed: nothing can be written under it again.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.ended_at.is_some() || now > self.terms.ends
    }

    pub fn is_in_force(&self, now: Timestamp) -> bool {
        let is_timely = self.terms.starts <= now && now <= self.terms.ends;
        self.is_signed() && !self.is_suspended && self.ended_at.is_none() && is_timely
    }

    /// SHA-256 over the identity of the parties, all terms and all words, in hex: what each party signs.
    pub fn digest(&self) -> Result<String, Refusal> {
        let signed = (self.id, self.project, self.provider, &self.parties, &self.terms);
        let bytes = match &self.wording {
            Some(wording) => minicbor::to_vec((signed, wording)),
            None => minicbor::to_vec(signed),
        };
        let bytes = bytes.map_err(|_| Refusal::new(Reason::Unavailable))?;
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

/// The organisation that controls a project's data.
async fn controller(draft: &Draft, project: Id<Project>) -> Result<Id<Organisation>, Refusal> {
    let tenant = draft.known::<ProjectRow>(&project.to_bytes()).await?.tenant;
    Ok(draft.known::<TenantRow>(&tenant.to_bytes()).await?.organisation)
}

pub(crate) async fn target(
    scene: &Scene<'_>,
    row: &AgreementRow,
    party: Option<Id<Organisation>>,
) -> Result<Target, Refusal> {
    let is_project_known = crate::facts::project(scene, row.project).await?.is_known_to_actor;
    Ok(Target::Agreement {
        id: row.id,
        facts: row.facts(),
        author: row.author,
        parties: row.known_parties(scene.root).await?,
        party,
        lodger: None,
        is_lodged: false,
        is_known_to_actor: row.is_offered && is_project_known,
        stops: row.stops.iter().copied().collect(),
        sides: row.sides(scene.root, scene.actor.person).await?,
    })
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
        let tier = draft.known::<ProjectRow>(&project.to_bytes()).await?.tier();
        let controller = controller(draft, project).await?;
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
        let terms = self.terms(tier)?;
        let id: Id<Agreement> = Id::random(frame.region.rand());
        let alias = name::claim(draft, Noun::Agreement, &self.alias, id, &row::pair(project, id)).await?;
        // What the root says of its data, in grants, dies with the data. WHY so late: a refused draft leaves no key.
        frame.region.root().keys.found_names(id.cast())?;
        let mut row = AgreementRow {
            id,
            alias,
            project,
            provider,
            parties: parties.into_iter().collect(),
            terms,
            author: frame.actor.person,
            is_offered: false,
            signatures: Vec::new(),
            is_suspended: false,
            ended_at: None,
            stops: Vec::new(),
            wording: None,
            drafted_at: frame.now,
            document: None,
            scans: Vec::new(),
        };
        let wording = wording::of(draft, &row).await?;
        row.wording = Some(seal::sha256(&row::encode(&wording)?).into());
        draft.put(&row.key(), &wording)?;
        draft.put(&row.key(), &row)?;
        let answer = json!({ "agreement": row.alias, "digest": row.digest()? });
        Ok(Outcome::of(Noun::Agreement, id).and(Noun::Project, project).saying(answer))
    }
}

/// How a typed request becomes stored terms.
trait Offered {
    fn terms(&self, tier: Tier) -> Result<Terms, Refusal>;
}

impl Offered for AgreementDraft {
    fn terms(&self, tier: Tier) -> Result<Terms, Refusal> {
        // WHY ids: what is signed means one project for ever, and tells nobody whether there is one of a name.
        let study = |text: &String| text.parse::<Id<Project>>();
        let onward: Result<Vec<_>, _> = self.onward.iter().map(study).collect();
        let onward = onward.map_err(|_| {
            Refusal::with(Reason::Invalid, "name a study by its id, as `epic project show` prints it")
        })?;
        Ok(Terms {
            purpose: self.purpose.clone(),
            categories: self.categories.to_vec(),
            service_model: self.service_model.clone(),
            places: self.places.to_vec(),
            sub_processors: self.sub_processors.to_vec(),
            retention_days: self.retention_days,
            starts: self.starts,
            ends: self.ends,
            tier: Some(tier.number()),
            onward: Some(onward).filter(|onward| !onward.is_empty()),
        })
    }
}

#[async_trait]
impl Judged for AgreementSign {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        let row = find(scene.root, &self.agreement).await?;
        let party = name::find_id(scene.root, Noun::Organisation, &self.party).await?;
        target(scene, &row, Some(party)).await
    }
}

#[async_trait]
impl Rule for AgreementSign {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let row = find(draft, &self.agreement).await?;
        let party = name::find_id(draft, Noun::Organisation, &self.party).await?;
        if !row.is_offered || row.ended_at.is_some() {
            return Err(Refusal::with(Reason::StateWrong, row.state(frame.now)));
        }
        if self.digest != row.digest()? {
            return Err(Reason::TermsChanged.into());
        }
        if row.has_signed(party) {
            return Err(Reason::AlreadyDone.into());
        }
        lodge::sign(draft, row, party, frame, None).await
    }
}

macro_rules! agreement_state {
    ($deed:ident, |$row:ident, $sides:pat_param, $frame:ident| $change:block) => {
        #[async_trait]
        impl Judged for $deed {
            async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
                target(scene, &find(scene.root, &self.agreement).await?, None).await
            }
        }

        #[async_trait]
        impl Rule for $deed {
            async fn plan(&self, draft: &mut Draft, $frame: &Frame<'_>) -> Result<Outcome, Refusal> {
                let mut $row = find(draft, &self.agreement).await?;
                let $sides = $row.sides(draft, $frame.actor.person).await?;
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

agreement_state!(AgreementOffer, |row, _, frame| {
    row.ended_at.is_none() && !std::mem::replace(&mut row.is_offered, true)
});
agreement_state!(AgreementSuspend, |row, sides, frame| {
    row.ended_at.is_none() && row.is_signed() && row.stop(&sides)
});
agreement_state!(AgreementResume, |row, sides, frame| { row.ended_at.is_none() && row.lift(&sides) });
agreement_state!(AgreementEnd, |row, _, frame| { row.ended_at.replace(frame.now).is_none() });

#[async_trait]
impl Show for AgreementShow {
    async fn show(&self, scene: &Scene<'_>) -> Result<Value, Refusal> {
        let mut shown = Vec::new();
        for (_, row) in scene.root.all::<AgreementRow>(&[]).await? {
            let is_wanted =
                self.agreement.as_ref().is_none_or(|text| *text == row.alias || *text == row.id.to_string());
            if is_wanted && scene.region.may_see::<Self>(scene, target(scene, &row, None).await?).await? {
                shown.push(told(scene, &row).await?);
            }
        }
        Ok(Value::Array(shown))
    }
}

async fn told(scene: &Scene<'_>, row: &AgreementRow) -> Result<Value, Refusal> {
    let mut of_lodged = target(scene, row, None).await?;
    if let Target::Agreement { is_lodged, .. } = &mut of_lodged {
        *is_lodged = true;
    }
    // WHY: names and certificates of those who signed are for those who may take what was lodged.
    let is_open = scene.region.may_see::<AgreementDocument>(scene, of_lodged).await?;
    let mut parties = Vec::new();
    for party in &row.parties {
        let organisation: OrganisationRow = scene.root.known(&party.to_bytes()).await?;
        let signed = row.signatures.iter().find(|signature| signature.party == *party);
        parties.push(json!({
            "party": organisation.alias,
            "signed": signed.map(|signature| signature.at),
            "outside": signed.and_then(|signature| signature.by.as_ref()).map(|by| by.told(is_open)),
            "scan": row.scans.iter().find(|scan| scan.party == *party).map(|scan| scan.file.hex()),
            "stops": row.stops.contains(party),
        }));
    }
    let provider: OrganisationRow = scene.root.known(&row.provider.to_bytes()).await?;
    // WHY not always: a party knows what it signs, and of a project only what it may.
    let project = match crate::facts::project(scene, row.project).await?.is_known_to_actor {
        true => Some(scene.root.known::<ProjectRow>(&row.project.to_bytes()).await?.alias),
        false => None,
    };
    Ok(json!({
        "agreement": row.alias,
        "id": row.id.to_string(),
        "project": project,
        "provider": provider.alias,
        "state": row.state(scene.now),
        "parties": parties,
        "tier": row.terms.tier,
        "purpose": row.terms.purpose,
        "categories": row.terms.categories,
        "service_model": row.terms.service_model,
        "places": row.terms.places,
        "onward": row.terms.onward.iter().flatten().map(ToString::to_string).collect::<Vec<_>>(),
        "sub_processors": row.terms.sub_processors,
        "retention_days": row.terms.retention_days,
        "starts": row.terms.starts,
        "ends": row.terms.ends,
        "digest": row.digest()?,
        "document": row.document.as_ref().map(lodge::File::hex),
    }))
}

/// The words of an agreement, for whoever may look at it.
pub async fn words_of(
    region: &crate::Region,
    actor: &words::Actor,
    deed: &AgreementShow,
) -> Result<Option<wording::WordingRow>, Refusal> {
    let shown = region.look(actor, deed, None).await?.answer;
    let id = shown.get(0).and_then(|one| one.get("id")).and_then(Value::as_str);
    let root = region.root().view().await?;
    match id {
        Some(id) => root.row(&find(&root, id).await?.key()).await,
        None => Err(Reason::NotFound.into()),
    }
}
