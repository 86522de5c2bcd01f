//! Permits: persons x datasets x purpose x dates. Access derives from them and ends by itself.

use async_trait::async_trait;
use gate::facts::{ProjectFacts, Span, Target};
use minicbor::{Decode, Encode};
use serde_json::{Value, json};
use words::act::{PermitAmend, PermitEnd, PermitGrant, PermitRequest, PermitShow};
use words::noun::{Noun, Permit, Person, Project};
use words::{Id, Reason, Refusal, Timestamp};

use crate::act::{Frame, Judged, Outcome, Rule, Scene};
use crate::cell::draft::Draft;
use crate::facts::{self, Projects};
use crate::name;
use crate::noun::crossing::{self, Crossing, WishRow};
use crate::row::{self, Row, Seal, Table};
use crate::show::Show;

#[derive(Debug, Clone, Encode, Decode)]
pub struct PermitRow {
    #[n(0)]
    pub id: Id<Permit>,
    #[n(1)]
    pub alias: String,
    #[n(2)]
    pub project: Id<Project>,
    #[n(3)]
    pub requester: Id<Person>,
    #[n(4)]
    pub persons: Vec<Id<Person>>,
    /// It is for the buckets of its [`PermitBucketsRow`]; otherwise for all of the project.
    #[n(5)]
    pub names_buckets: bool,
    #[n(6)]
    pub purpose: String,
    #[n(7)]
    pub legal_basis: String,
    #[n(8)]
    pub ethics: Option<String>,
    #[n(9)]
    pub starts: Timestamp,
    #[n(10)]
    pub ends: Timestamp,
    #[n(11)]
    pub granted_by: Option<Id<Person>>,
    #[n(12)]
    pub ended_at: Option<Timestamp>,
    /// It is for data of another project, of which a snapshot comes to this one, and for nothing else.
    #[n(13)]
    pub crossing: Option<Crossing>,
    /// What those whose data they are have consented to.
    #[n(14)]
    pub consent: Option<String>,
}

impl Row for PermitRow {
    const TABLE: Table = Table::Permit;
}

/// The buckets a permit is for.
///
/// WHY a row of its own, in the project's scope: who was permitted what use is told for ever, while names of
/// data die with the data.
#[derive(Debug, Clone, Default, Encode, Decode)]
pub struct PermitBucketsRow {
    #[n(0)]
    pub buckets: Vec<String>,
}

impl Row for PermitBucketsRow {
    const TABLE: Table = Table::PermitBuckets;
}

impl PermitRow {
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.granted_by.is_some() && self.ended_at.is_none() && self.starts <= now && now <= self.ends
    }

    /// Permits lie under their project.
    pub fn key(&self) -> [u8; 32] {
        row::pair(self.project, self.id)
    }

    /// Whether it opens anything to this person.
    pub fn names(&self, person: Id<Person>) -> bool {
        self.granted_by.is_some() && self.persons.contains(&person)
    }

    /// Whether it is for this bucket; `None` asks for the project as such.
    pub async fn covers(&self, root: &Draft, bucket: Option<&str>) -> Result<bool, Refusal> {
        let Some(bucket) = bucket.filter(|_| self.names_buckets) else {
            return Ok(true);
        };
        Ok(self.buckets(root).await?.iter().any(|own| own == bucket))
    }

    /// The buckets it names; none once their names are destroyed.
    async fn buckets(&self, root: &Draft) -> Result<Vec<String>, Refusal> {
        if !self.names_buckets {
            return Ok(Vec::new());
        }
        let row: Option<PermitBucketsRow> = root.row(&self.key()).await?;
        Ok(row.unwrap_or_default().buckets)
    }

    /// Whether it opens the bucket of a snapshot that was taken for `taken`, or one that is none.
    pub fn opens(&self, taken: Option<Id<Permit>>) -> bool {
        match self.crossing {
            Some(_) => taken == Some(self.id),
            None => taken.is_none(),
        }
    }

    fn names_seal(&self) -> Seal {
        Seal::Scope { scope: self.project.cast(), id: self.id.to_bytes(), size_bytes: 0 }
    }

    /// From when until when it lets anybody in; ended early means that the last moment came early.
    pub fn span(&self) -> Span {
        let early = self.ended_at.map(|at| at.plus_ms(-1));
        Span { starts: self.starts, ends: early.map_or(self.ends, |at| at.min(self.ends)) }
    }

    pub fn state(&self, now: Timestamp) -> &'static str {
        match self {
            _ if self.ended_at.is_some() || now > self.ends => "ended",
            _ if self.granted_by.is_none() => "requested",
            _ if now < self.starts => "granted, not begun",
            _ => "in force",
        }
    }
}

pub async fn find(draft: &Draft, text: &str) -> Result<PermitRow, Refusal> {
    let key = name::find(draft, Noun::Permit, text).await?;
    draft.known(&key).await
}

#[async_trait]
impl Judged for PermitRequest {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        let project = name::find_id(scene.root, Noun::Project, &self.project).await?;
        let facts = facts::project(scene, project).await?;
        if self.home.is_none() {
            return Ok(Target::Project(facts));
        }
        // A permit that is none yet. WHY no crossing: nothing of the home is judged, or told, before it decides.
        let (requester, persons) = (scene.actor.person, Default::default());
        Ok(Target::Permit { id: project.cast(), project: facts, requester, persons, crossing: None })
    }
}

#[async_trait]
impl Rule for PermitRequest {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        if self.ends <= self.starts {
            return Err(Refusal::with(Reason::Invalid, "it ends before it starts"));
        }
        if self.persons.is_empty() {
            return Err(Refusal::with(Reason::Invalid, "name whom it is for with `--persons`"));
        }
        let project = name::find_id(draft, Noun::Project, &self.project).await?;
        let (wish, crossing) = self.across(draft, project).await?.unzip();
        let mut persons = Vec::new();
        for person in self.persons.iter() {
            persons.push(name::find_id(draft, Noun::Person, person).await?);
        }
        let id = Id::random(frame.region.rand());
        let alias = name::claim(draft, Noun::Permit, &self.alias, id, &row::pair(project, id)).await?;
        let row = PermitRow {
            id,
            alias,
            project,
            requester: frame.actor.person,
            persons,
            names_buckets: !self.buckets.is_empty(),
            purpose: self.purpose.clone(),
            legal_basis: self.legal_basis.clone(),
            ethics: self.ethics.clone(),
            consent: self.consent.clone(),
            starts: self.starts,
            ends: self.ends,
            granted_by: None,
            ended_at: None,
            crossing,
        };
        draft.put(&row.key(), &row)?;
        let answer = json!({ "permit": row.alias, "state": row.state(frame.now) });
        let outcome = Outcome::of(Noun::Permit, id).and(Noun::Project, project).saying(answer);
        if let Some(wish) = wish {
            // WHY so late: a refused request leaves no key.
            frame.region.root().keys.found_names(id.cast())?;
            draft.put_in(crossing::seal(&row), &row.key(), &wish)?;
            return Ok(outcome.within(id.cast()));
        }
        if !row.names_buckets {
            return Ok(outcome);
        }
        draft.put_in(row.names_seal(), &row.key(), &PermitBucketsRow { buckets: self.buckets.to_vec() })?;
        Ok(outcome.within(project.cast()))
    }
}

/// What a request says of data of another project.
trait Across {
    async fn across(&self, root: &Draft, study: Id<Project>) -> Result<Option<(WishRow, Crossing)>, Refusal>;
}

impl Across for PermitRequest {
    async fn across(&self, root: &Draft, study: Id<Project>) -> Result<Option<(WishRow, Crossing)>, Refusal> {
        let invalid = |what: &str| Err(Refusal::with(Reason::Invalid, what));
        let Some(home) = &self.home else {
            return match self.objects.is_empty() && self.metadata.is_empty() {
                true => Ok(None),
                false => {
                    invalid("`--objects` and `--metadata` are of another project: name it with `--home`")
                }
            };
        };
        if !self.buckets.is_empty() {
            return invalid("data of another project are named with `--objects`, not with `--buckets`");
        }
        let wish = WishRow::read(home, &self.objects, &self.metadata)?;
        let home = crossing::resolved(root, home).await?;
        if home == Some(study) {
            return invalid("these are the project's own data: ask without `--home`");
        }
        Ok(Some((wish, Crossing { home })))
    }
}

pub fn target(project: ProjectFacts, row: &PermitRow) -> Target {
    let persons = row.persons.iter().copied().collect();
    Target::Permit { id: row.id, project, requester: row.requester, persons, crossing: None }
}

/// A permit as the controller of the data decides on it: a crossing lies in the data's home.
pub async fn decided(scene: &Scene<'_>, row: &PermitRow) -> Result<Target, Refusal> {
    let Some(crossing) = &row.crossing else {
        return Ok(target(facts::project(scene, row.project).await?, row));
    };
    let home = crossing.home.ok_or(Refusal::new(Reason::NotFound))?;
    let home = facts::project(scene, home).await?;
    let found = crossing::crossing(scene, row, &home).await?;
    let Target::Permit { id, project, requester, persons, .. } = target(home, row) else {
        return Err(Reason::NotFound.into());
    };
    Ok(Target::Permit { id, project, requester, persons, crossing: Some(found) })
}

/// A permit as either side ends it: seen from the home by who knows the home alone.
async fn ended(scene: &Scene<'_>, row: &PermitRow) -> Result<Target, Refusal> {
    let study = facts::project(scene, row.project).await?;
    if let Some(home) = row.crossing.as_ref().and_then(|crossing| crossing.home) {
        let home = facts::project(scene, home).await?;
        let is_decider = facts::controls(scene, home.id).await?;
        if is_decider || (home.is_known_to_actor && !study.is_known_to_actor) {
            return Ok(target(home, row));
        }
    }
    Ok(target(study, row))
}

macro_rules! permit_state {
    ($deed:ident by $seen:ident, |$deed_:pat_param, $row:ident, $frame:ident| $change:block $($taken:ident)?) => {
        #[async_trait]
        impl Judged for $deed {
            async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
                $seen(scene, &find(scene.root, &self.permit).await?).await
            }
        }

        #[async_trait]
        impl Rule for $deed {
            async fn plan(&self, draft: &mut Draft, $frame: &Frame<'_>) -> Result<Outcome, Refusal> {
                let $deed_ = self;
                let mut $row = find(draft, &self.permit).await?;
                let is_done: bool = $change;
                if !is_done {
                    return Err(Refusal::with(Reason::StateWrong, $row.state($frame.now)));
                }
                draft.put(&$row.key(), &$row)?;
                let answer = json!({ "permit": $row.alias, "state": $row.state($frame.now), "ends": $row.ends });
                let outcome = Outcome::of(Noun::Permit, $row.id).and(Noun::Project, $row.project);
                $(let (outcome, answer) = crate::snapshot::$taken(draft, $frame, &$row, outcome, answer).await?;)?
                Ok(outcome.saying(answer))
            }
        }
    };
}

permit_state!(PermitGrant by decided, |_, row, frame| {
    let is_open = row.granted_by.is_none() && row.ended_at.is_none();
    row.granted_by = row.granted_by.or(Some(frame.actor.person));
    is_open
} intend);
permit_state!(PermitAmend by decided, |deed, row, frame| {
    row.ends = deed.ends;
    row.granted_by.is_some() && row.ended_at.is_none() && row.starts < row.ends
});
permit_state!(PermitEnd by ended, |_, row, frame| { row.ended_at.replace(frame.now).is_none() });

/// A permit as the gate sees it, in its own project.
pub async fn target_of(scene: &Scene<'_>, row: &PermitRow) -> Result<Target, Refusal> {
    Ok(target(facts::project(scene, row.project).await?, row))
}

#[async_trait]
impl Show for PermitShow {
    async fn show(&self, scene: &Scene<'_>) -> Result<Value, Refusal> {
        let (mut shown, mut projects) = (Vec::new(), Projects::default());
        for (_, row) in scene.root.all::<PermitRow>(&[]).await? {
            let is_wanted =
                self.permit.as_ref().is_none_or(|text| *text == row.alias || *text == row.id.to_string());
            if !is_wanted {
                continue;
            }
            let home = row.crossing.as_ref().and_then(|crossing| crossing.home);
            let mut is_seen = false;
            for side in [Some(row.project), home].into_iter().flatten() {
                let of = target(projects.of(scene, side).await?, &row);
                is_seen |= scene.region.may_see::<Self>(scene, of).await?;
            }
            if !is_seen {
                continue;
            }
            let wish: Option<WishRow> = scene.root.row(&row.key()).await?;
            let project: Option<crate::noun::project::ProjectRow> =
                scene.root.row(&row.project.to_bytes()).await?;
            shown.push(json!({
                "permit": row.alias,
                "id": row.id.to_string(),
                "project": project.map(|project| project.alias),
                "state": row.state(scene.now),
                "buckets": row.buckets(scene.root).await?,
                "home": wish.as_ref().map(|wish| &wish.home),
                "objects": wish.as_ref().map(|wish| &wish.objects),
                "metadata": wish.as_ref().map(|wish| &wish.metadata),
                "purpose": row.purpose,
                "legal_basis": row.legal_basis,
                "ethics": row.ethics,
                "consent": row.consent,
                "starts": row.starts,
                "ends": row.ends,
            }));
        }
        Ok(Value::Array(shown))
    }
}
