//! Projects: one purpose, one cell, one set of keys.

use async_trait::async_trait;
use gate::facts::Target;
use minicbor::{Decode, Encode};
use serde_json::{Value, json};
use words::act::{
    KeyLock, KeyUnlock, ProjectClassify, ProjectConceal, ProjectHalt, ProjectOpen, ProjectPublish,
    ProjectResume, ProjectShow,
};
use words::actor::Tier;
use words::noun::{Noun, Person, Project, Tenant};
use words::{Id, Reason, Refusal, Timestamp};

use crate::act::{Frame, Judged, Outcome, Rule, Scene};
use crate::cell::draft::Draft;
use crate::facts;
use crate::name;
use crate::noun::agreement::AgreementRow;
use crate::noun::quota::{self, Quota};
use crate::noun::{notice, tenant};
use crate::row::{Row, Table};
use crate::show::Show;

/// WHY: what a citizen reads to the end.
const PUBLISHED_CHARS_MAX: usize = 2_000;

#[derive(Debug, Clone, Encode, Decode)]
pub struct ProjectRow {
    #[n(0)]
    pub id: Id<Project>,
    #[n(1)]
    pub alias: String,
    #[n(2)]
    pub tenant: Id<Tenant>,
    #[n(3)]
    pub tier: u8,
    /// `test` or `production`
    #[n(4)]
    pub environment: String,
    #[n(5)]
    pub purpose: String,
    #[n(6)]
    pub is_halted: bool,
    /// Who locked its keys, while they are locked.
    #[n(7)]
    pub locked_by: Option<Id<Person>>,
    #[n(8)]
    pub erased_at: Option<Timestamp>,
    /// The certificate of its erasure.
    #[n(9)]
    pub certificate: Option<String>,
    /// How much it may hold; none: any.
    #[n(14)]
    pub quota: Option<Quota>,
    /// What everybody is told of it.
    #[n(15)]
    pub published: Option<Published>,
}

/// A project in the public register, in its controller's words.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Published {
    #[n(0)]
    pub italian: String,
    #[n(1)]
    pub english: String,
    #[n(2)]
    pub at: Timestamp,
}

impl Row for ProjectRow {
    const TABLE: Table = Table::Project;
}

impl ProjectRow {
    /// A tier that cannot be read is the strictest one.
    pub fn tier(&self) -> Tier {
        Tier::from_number(self.tier).unwrap_or(Tier::Identifiable)
    }

    pub fn state(&self) -> &'static str {
        match self {
            Self { erased_at: Some(_), .. } => "erased",
            Self { is_halted: true, .. } => "halted",
            Self { locked_by: Some(_), .. } => "locked",
            _ => "open",
        }
    }
}

pub async fn find(draft: &Draft, text: &str) -> Result<ProjectRow, Refusal> {
    let id = name::find_id::<Project>(draft, Noun::Project, text).await?;
    draft.known(&id.to_bytes()).await
}

fn tier(number: u64) -> Result<Tier, Refusal> {
    let tier = u8::try_from(number).ok().and_then(Tier::from_number);
    tier.ok_or_else(|| Refusal::with(Reason::Invalid, "a tier is 0, 1, 2 or 3"))
}

#[async_trait]
impl Judged for ProjectOpen {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        tenant::target(scene, name::find_id(scene.root, Noun::Tenant, &self.tenant).await?).await
    }
}

#[async_trait]
impl Rule for ProjectOpen {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        if !matches!(self.environment.as_str(), "test" | "production") {
            return Err(Refusal::with(Reason::Invalid, "an environment is `test` or `production`"));
        }
        let tier = tier(self.tier)?.number();
        let tenant = name::find_id(draft, Noun::Tenant, &self.tenant).await?;
        let id: Id<Project> = Id::random(frame.region.rand());
        let alias = name::claim(draft, Noun::Project, &self.alias, id, &id.to_bytes()).await?;
        // What the root says of its data, in permits, dies with the data. WHY so late: a refused act leaves no key.
        frame.region.root().keys.found_names(id.cast())?;
        let row = ProjectRow {
            id,
            alias,
            tenant,
            tier,
            environment: self.environment.clone(),
            purpose: self.purpose.clone(),
            is_halted: false,
            locked_by: None,
            erased_at: None,
            certificate: None,
            quota: None,
            published: None,
        };
        draft.put(&id.to_bytes(), &row)?;
        let answer = json!({ "project": row.alias, "id": id.to_string() });
        Ok(Outcome::of(Noun::Project, id).and(Noun::Tenant, tenant).saying(answer))
    }
}

macro_rules! project_state {
    ($deed:ident, $target:expr, |$self_:pat_param, $row:ident, $frame:pat_param| $change:block) => {
        #[async_trait]
        impl Judged for $deed {
            async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
                let row = find(scene.root, &self.project).await?;
                let facts = facts::project(scene, row.id).await?;
                let make: fn(gate::facts::ProjectFacts, &ProjectRow) -> Target = $target;
                Ok(make(facts, &row))
            }
        }

        #[async_trait]
        impl Rule for $deed {
            async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
                let ($self_, $frame) = (self, frame);
                let mut $row = find(draft, &self.project).await?;
                let is_done: bool = $change;
                if !is_done {
                    return Err(Reason::AlreadyDone.into());
                }
                draft.put(&$row.id.to_bytes(), &$row)?;
                let answer = json!({ "project": $row.alias, "state": $row.state(), "tier": $row.tier });
                Ok(Outcome::of(Noun::Project, $row.id).saying(answer))
            }
        }
    };
}

project_state!(ProjectHalt, |facts, _| Target::Project(facts), |_, row, _| {
    !std::mem::replace(&mut row.is_halted, true)
});
project_state!(ProjectResume, |facts, _| Target::Project(facts), |_, row, _| {
    std::mem::replace(&mut row.is_halted, false)
});
project_state!(ProjectPublish, |facts, _| Target::Project(facts), |deed, row, frame| {
    let texts = [&deed.italian, &deed.english];
    if texts.iter().any(|text| text.trim().is_empty() || text.chars().count() > PUBLISHED_CHARS_MAX) {
        return Err(Refusal::with(
            Reason::Invalid,
            "say it in both languages, in 1 to 2,000 characters each",
        ));
    }
    let [italian, english] = texts.map(|text| text.trim().to_owned());
    let is_same =
        row.published.as_ref().is_some_and(|told| (&told.italian, &told.english) == (&italian, &english));
    row.published = Some(Published { italian, english, at: frame.now });
    !is_same
});
project_state!(ProjectConceal, |facts, _| Target::Project(facts), |_, row, _| {
    row.published.take().is_some()
});

/// The highest tier that an agreement not yet over was signed for.
async fn signed_tier(rows: &Draft, project: Id<Project>, now: Timestamp) -> Result<Tier, Refusal> {
    let agreements = rows.all::<AgreementRow>(&project.to_bytes()).await?;
    let lasting = agreements.iter().filter(|(_, row)| row.is_signed() && !row.is_over(now));
    Ok(lasting.map(|(_, row)| row.terms.tier()).max().unwrap_or(Tier::Open))
}

#[async_trait]
impl Judged for ProjectClassify {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        let wanted = tier(self.tier)?;
        let row = find(scene.root, &self.project).await?;
        let is_empty = scene.region.is_empty(row.id).await?;
        Ok(Target::Classification {
            project: gate::facts::ProjectFacts { is_empty, ..facts::project(scene, row.id).await? },
            wanted,
            signed: signed_tier(scene.root, row.id, scene.now).await?,
        })
    }
}

#[async_trait]
impl Rule for ProjectClassify {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let mut row = find(draft, &self.project).await?;
        let wanted = tier(self.tier)?;
        // WHY again: data may have come since the gate looked.
        if wanted < row.tier() && !frame.region.is_empty(row.id).await? {
            return Err(Reason::NotEmpty.into());
        }
        if std::mem::replace(&mut row.tier, wanted.number()) == wanted.number() {
            return Err(Reason::AlreadyDone.into());
        }
        draft.put(&row.id.to_bytes(), &row)?;
        let answer = json!({ "project": row.alias, "state": row.state(), "tier": row.tier });
        Ok(Outcome::of(Noun::Project, row.id).saying(answer))
    }
}

project_state!(KeyLock, keys, |_, row, frame| { row.locked_by.replace(frame.actor.person).is_none() });
project_state!(KeyUnlock, keys, |_, row, _| { row.locked_by.take().is_some() });

/// Keys as lock and unlock see them: what is held does not matter to them.
fn keys(project: gate::facts::ProjectFacts, row: &ProjectRow) -> Target {
    Target::Keys {
        project,
        is_held: false,
        retained_until: None,
        locker: row.locked_by,
        is_unreturned: false,
    }
}

async fn target(scene: &Scene<'_>, row: &ProjectRow) -> Result<Target, Refusal> {
    facts::project(scene, row.id).await.map(Target::Project)
}

#[async_trait]
impl Show for ProjectShow {
    async fn show(&self, scene: &Scene<'_>) -> Result<Value, Refusal> {
        let mut shown = Vec::new();
        for (_, row) in scene.root.all::<ProjectRow>(&[]).await? {
            let is_wanted =
                self.project.as_ref().is_none_or(|text| *text == row.alias || *text == row.id.to_string());
            if is_wanted && scene.region.may_see::<Self>(scene, target(scene, &row).await?).await? {
                let (quota, used) = quota::told(scene, &row, self.project.is_some()).await?;
                shown.push(json!({
                    "project": row.alias,
                    "id": row.id.to_string(),
                    "tier": row.tier,
                    "environment": row.environment,
                    "purpose": row.purpose,
                    "state": row.state(),
                    "certificate": row.certificate,
                    "published": row.published.as_ref().map(|told| told.at),
                    "quota": quota,
                    "used": used,
                    "emergencies": notice::unseen(scene.root, row.id).await?,
                }));
            }
        }
        Ok(Value::Array(shown))
    }
}
