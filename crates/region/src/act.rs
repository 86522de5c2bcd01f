//! The one way an act goes: facts, gate, plan, commit, answer.
//!
//! A noun's file says what an act is about (`Judged`) and what it changes
//! (`Rule` or its own `Plan`); the order of things is here and nowhere else.
//! If the state of the house moved between the decision and the commit, the
//! act is decided again inside the sequencer.

use async_trait::async_trait;
use futures::FutureExt;
use futures::future::BoxFuture;
use gate::Allowed;
use gate::facts::{Case, Target};
use serde_json::{Value, json};
use words::noun::{Attempt, Cell as CellNoun, Noun, Scope};
use words::{Actor, Deed, Id, Reason, Refusal, Timestamp};

use crate::Region;
use crate::attempt;
use crate::cell::Cell;
use crate::cell::draft::Draft;
use crate::cell::format::Record;
use crate::cell::step::{Done, Entry, Moment, Planned, Step};
use crate::expected::{self, Digest};
use crate::facts::{self, Around};
use crate::noun::quota;

/// WHY: a decision older than this is made again, for a permit or agreement may have ended since.
const DECISION_MS_MAX: i64 = 1_000;

/// Rows as one act sees them.
pub struct Scene<'a> {
    pub region: &'a Region,
    pub actor: &'a Actor,
    pub root: &'a Draft,
    /// The project's rows, for acts at home in a project.
    pub cell: Option<&'a Draft>,
    pub now: Timestamp,
}

/// A deed of which the region can say what it is about.
#[async_trait]
pub trait Judged: Deed {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal>;

    /// Where it lies, if the target does not say it: whose roles count.
    async fn around(&self, _: &Scene<'_>) -> Result<Option<Around>, Refusal> {
        Ok(None)
    }
}

/// What an act came to.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What it was about, as opaque ids.
    pub subjects: Vec<String>,
    /// The scope that names in it die with.
    pub scope: Option<Id<Scope>>,
    pub answer: Value,
}

impl Outcome {
    pub fn of<N>(noun: Noun, id: Id<N>) -> Self {
        Self { subjects: vec![subject(noun, id)], ..Self::default() }
    }

    #[must_use]
    pub fn and<N>(mut self, noun: Noun, id: Id<N>) -> Self {
        self.subjects.push(subject(noun, id));
        self
    }

    #[must_use]
    pub fn within(mut self, scope: Id<Scope>) -> Self {
        self.scope = Some(scope);
        self
    }

    #[must_use]
    pub fn saying(mut self, answer: Value) -> Self {
        self.answer = answer;
        self
    }
}

pub fn subject<N>(noun: Noun, id: Id<N>) -> String {
    format!("{}:{id}", noun.text())
}

/// What an act changes, once it is allowed.
#[async_trait]
pub trait Plan<D>: Send + Sync {
    async fn plan(&mut self, deed: &D, draft: &mut Draft, scene: &Frame<'_>) -> Result<Outcome, Refusal>;
}

/// What a plan may know beside its draft.
pub struct Frame<'a> {
    pub region: &'a Region,
    pub actor: &'a Actor,
    /// The cell that the act is at home in.
    pub cell: Id<CellNoun>,
    /// The root's rows, for acts at home in a project.
    pub root: Option<&'a Draft>,
    pub now: Timestamp,
}

/// A deed whose plan needs nothing but its fields.
#[async_trait]
pub trait Rule: Judged {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal>;
}

/// The plan of a `Rule`.
pub struct AsRuled;

#[async_trait]
impl<D: Rule> Plan<D> for AsRuled {
    async fn plan(&mut self, deed: &D, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        deed.plan(draft, frame).await
    }
}

/// Who asks for what, once.
pub struct Request<D> {
    pub actor: Actor,
    pub deed: D,
    /// Given again, it takes no second effect.
    pub attempt: Option<Id<Attempt>>,
    /// What it is done to, as it was shown; another is not done anything to.
    pub expected: Option<Digest>,
}

impl<D> Request<D> {
    /// An attempt without a name, upon whatever is there.
    pub const fn once(actor: Actor, deed: D) -> Self {
        Self { actor, deed, attempt: None, expected: None }
    }
}

impl Region {
    /// Judges a deed over committed rows.
    ///
    /// WHY not for doors: they call an act's own function, which has its refusal noted (`heard`).
    pub async fn allow<D: Judged>(
        &self,
        actor: &Actor,
        deed: &D,
        cell: Option<&Cell>,
    ) -> Result<Allowed<D>, Refusal> {
        self.lease().confirmed(self.clock().now())?;
        let root = self.root();
        // WHY first: rows read after the count can only be newer than it says.
        let epoch = root.duties() + cell.map_or(0, Cell::duties);
        let root_rows = root.view().await?;
        let cell_rows = match cell {
            Some(cell) => Some(cell.view().await?),
            None => None,
        };
        let now = self.now();
        let scene = Scene { region: self, actor, root: &root_rows, cell: cell_rows.as_ref(), now };
        self.decide(deed, &scene, epoch).await
    }

    async fn decide<D: Judged>(
        &self,
        deed: &D,
        scene: &Scene<'_>,
        epoch: u64,
    ) -> Result<Allowed<D>, Refusal> {
        let (target, around) = match about(deed, scene).await {
            Ok(about) => about,
            Err(refusal) => return Err(hidden(scene, refusal).await),
        };
        let actor = facts::actor(scene, &target, around).await?;
        let case = Case { actor, target, now: scene.now, epoch };
        self.gate().decide::<D>(&case).map_err(|denied| {
            if denied.is_alarm {
                tracing::error!(
                    act = D::ACT.name(),
                    reason = denied.reason.code(),
                    "the policy could not be evaluated"
                );
            }
            Refusal::new(denied.reason)
        })
    }

    /// Whether the rules let the actor of a scene see one row of what `D` shows.
    pub async fn may_see<D: Deed>(&self, scene: &Scene<'_>, target: Target) -> Result<bool, Refusal> {
        self.may_see_at::<D>(scene, target, None).await
    }

    /// The same for a row that does not say itself where it lies.
    pub async fn may_see_at<D: Deed>(
        &self,
        scene: &Scene<'_>,
        target: Target,
        around: Option<Around>,
    ) -> Result<bool, Refusal> {
        let actor = facts::actor(scene, &target, around).await?;
        let case = Case { actor, target, now: scene.now, epoch: 0 };
        Ok(self.gate().decide_act(D::ACT, &case).is_ok())
    }

    /// An act of the root cell, whole.
    pub async fn at_root<D: Rule>(&self, request: Request<D>) -> Result<Done, Refusal> {
        let allowed = self.allow(&request.actor, &request.deed, None).await?;
        self.commit(self.root(), request, allowed, AsRuled).await
    }

    /// An act of a project's cell, whole.
    pub async fn at_cell<D: Rule>(&self, cell: &Cell, request: Request<D>) -> Result<Done, Refusal> {
        let allowed = self.allow(&request.actor, &request.deed, Some(cell)).await?;
        self.commit(cell, request, allowed, AsRuled).await
    }

    /// Commits what was allowed: leaf and rows together, or nothing.
    pub async fn commit<D: Judged, P: Plan<D> + 'static>(
        &self,
        cell: &Cell,
        request: Request<D>,
        allowed: Allowed<D>,
        plan: P,
    ) -> Result<Done, Refusal> {
        let asked = Asked { region: self.clone(), request, allowed, plan };
        cell.submit(Box::new(asked)).await
    }
}

/// What a deed is about, and where that lies.
async fn about<D: Judged>(deed: &D, scene: &Scene<'_>) -> Result<(Target, Option<Around>), Refusal> {
    Ok((deed.target(scene).await?, deed.around(scene).await?))
}

/// What is absent is refused in the very words of what may not be known.
///
/// WHY who asks as well: a suspended person hears that first of what is there, and so of what is not.
pub(crate) fn hidden<'a>(scene: &'a Scene<'_>, refusal: Refusal) -> BoxFuture<'a, Refusal> {
    let work = async move {
        if refusal.reason != Reason::NotFound {
            return refusal;
        }
        match facts::actor(scene, &Target::Region, None).await {
            Ok(actor) if actor.is_suspended => Reason::PersonSuspended.into(),
            Ok(_) => Reason::NotFound.into(),
            Err(unknown) => unknown,
        }
    };
    work.boxed()
}

/// An allowed act on its way through the sequencer.
struct Asked<D: Deed, P> {
    region: Region,
    request: Request<D>,
    allowed: Allowed<D>,
    plan: P,
}

#[async_trait]
impl<D: Judged, P: Plan<D>> Step for Asked<D, P> {
    async fn plan(&mut self, draft: &mut Draft, moment: Moment) -> Result<Planned, Refusal> {
        if let Some(done) = attempt::known(draft, &self.request).await? {
            return Ok(Planned::Known(done));
        }
        // WHY first: rows read after the count can only be newer than it says.
        let epoch = self.epoch(moment);
        let root = self.root_rows(moment).await?;
        self.decide_again(draft, root.as_ref(), moment, epoch).await?;
        let actor = &self.request.actor;
        if let Some(expected) = self.request.expected {
            let rows = (root.as_ref().unwrap_or(draft), root.as_ref().map(|_| &*draft));
            let scene = Scene { region: &self.region, actor, root: rows.0, cell: rows.1, now: moment.now };
            expected::compare(&scene, &self.request.deed, expected).await?;
        }
        let frame =
            Frame { region: &self.region, actor, cell: moment.cell, root: root.as_ref(), now: moment.now };
        let outcome = self.plan.plan(&self.request.deed, draft, &frame).await?;
        attempt::remember(draft, &self.request, moment.now, &outcome)?;
        if let Some(root) = &root {
            draft.within(quota::of(root, moment.cell).await?);
        }
        self.entry(outcome, moment).map(Planned::New)
    }
}

impl<D: Judged, P: Plan<D>> Asked<D, P> {
    /// The root's rows, unless the act is at home there: then they are the draft.
    async fn root_rows(&self, moment: Moment) -> Result<Option<Draft>, Refusal> {
        if moment.cell == self.region.root().id {
            return Ok(None);
        }
        self.region.root().view().await.map(Some)
    }

    fn epoch(&self, moment: Moment) -> u64 {
        let root = self.region.root();
        if moment.cell == root.id { moment.duties } else { root.duties() + moment.duties }
    }

    async fn decide_again(
        &mut self,
        draft: &Draft,
        root: Option<&Draft>,
        moment: Moment,
        epoch: u64,
    ) -> Result<(), Refusal> {
        // WHY: dates pass too; a body may have taken hours to arrive.
        let is_timely = (0..=DECISION_MS_MAX).contains(&moment.now.since_ms(self.allowed.at()));
        if self.allowed.epoch() == epoch && is_timely {
            return Ok(());
        }
        let scene = Scene {
            region: &self.region,
            actor: &self.request.actor,
            root: root.unwrap_or(draft),
            cell: root.map(|_| draft),
            now: moment.now,
        };
        self.allowed = self.region.decide(&self.request.deed, &scene, epoch).await?;
        Ok(())
    }

    fn entry(&self, outcome: Outcome, moment: Moment) -> Result<Entry, Refusal> {
        let actor = &self.request.actor;
        let row = D::ACT.row();
        let record = Record {
            act: row.name.to_owned(),
            person: Some(actor.person),
            credential: actor.credential.as_ref().map(|used| used.id),
            place: Some(actor.place.text().to_owned()),
            refused: None,
            time: moment.now,
            subjects: outcome.subjects,
            policies: self.allowed.policies().iter().map(|policy| policy.to_string()).collect(),
            root_seq: self.region.root().head().next_seq,
        };
        // WHY the answer too: what was done, with its digests, is what a leaf must prove.
        let detail = json!({ "asked": &self.request.deed, "did": &outcome.answer });
        let detail = serde_json::to_vec(&detail).map_err(|_| crate::cell::lead::gone())?;
        let is_access = row.weight == words::act::Weight::Access;
        Ok(Entry { record, detail, scope: outcome.scope, is_access, answer: outcome.answer })
    }
}
