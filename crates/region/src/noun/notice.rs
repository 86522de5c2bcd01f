//! Notices of emergencies: who opened what, why and until when, told until those in charge have seen it.
//!
//! A notice lies in the root, under the project's scope, and is shown with the
//! project until the controller and a signatory of the controller's organisation
//! have both acknowledged it. It is written before the keys open.

use async_trait::async_trait;
use gate::facts::Target;
use minicbor::{Decode, Encode};
use serde_json::{Value, json};
use words::act::KeyAcknowledge;
use words::actor::Role;
use words::noun::{Key, Noun, Person, Project};
use words::{Id, Reason, Refusal, Timestamp};

use crate::Region;
use crate::act::{Frame, Judged, Outcome, Rule, Scene};
use crate::cell::draft::Draft;
use crate::cell::step::{Entry, HouseStep};
use crate::noun::call::{CallRow, Gift};
use crate::noun::tenant::TenantRow;
use crate::noun::{key, project, role};
use crate::row::{Row, Seal, Table};

/// An emergency opening.
#[derive(Debug, Clone, Encode, Decode)]
pub struct NoticeRow {
    #[n(0)]
    pub project: Id<Project>,
    #[n(1)]
    pub call: Id<Key>,
    #[n(2)]
    pub at: Timestamp,
    #[n(3)]
    pub minutes: u64,
    /// Why it was called.
    #[n(4)]
    pub reason: String,
    #[n(5)]
    pub given: Vec<Gift>,
    /// The controller who has seen it.
    #[n(6)]
    pub controller: Option<Id<Person>>,
    /// The signatory who has seen it.
    #[n(7)]
    pub signatory: Option<Id<Person>>,
}

impl Row for NoticeRow {
    const TABLE: Table = Table::Notice;
}

impl NoticeRow {
    fn row_key(project: Id<Project>, call: Id<Key>) -> [u8; 32] {
        crate::row::pair(project, call)
    }

    /// WHY in the project's scope: reasons are people's words, and die with what they are about.
    fn store(&self, draft: &mut Draft) -> Result<(), Refusal> {
        let seal = Seal::Scope { scope: self.project.cast(), id: self.call.to_bytes(), size_bytes: 0 };
        draft.put_in(seal, &Self::row_key(self.project, self.call), self)
    }

    fn is_seen(&self) -> bool {
        self.controller.is_some() && self.signatory.is_some()
    }

    fn told(&self) -> Value {
        let gift = |gift: &Gift| json!({ "person": gift.person.to_string(), "reason": gift.reason });
        json!({
            "call": self.call.to_string(),
            "at": self.at,
            "minutes": self.minutes,
            "reason": self.reason,
            "by": self.given.iter().map(gift).collect::<Vec<_>>(),
            "seen_by_controller": self.controller.is_some(),
            "seen_by_signatory": self.signatory.is_some(),
        })
    }
}

/// Writes that an emergency opening is about to be.
pub async fn write(region: &Region, project: Id<Project>, call: &CallRow) -> Result<(), Refusal> {
    let (id, minutes, reason, given) = (call.id, call.minutes, call.reason.clone(), call.given.clone());
    let step = HouseStep::new(move |draft, moment| {
        let at = moment.now;
        let row =
            NoticeRow { project, call: id, at, minutes, reason, given, controller: None, signatory: None };
        row.store(draft)?;
        let mut entry = Entry::of_house("key.emergency-open", at).about(format!("project:{project}"));
        entry.record.subjects.push(crate::act::subject(Noun::Key, id));
        Ok(entry)
    });
    region.root().submit(Box::new(step)).await.map(drop)
}

/// What nobody in charge has seen yet, of one project.
pub async fn unseen(root: &Draft, project: Id<Project>) -> Result<Vec<Value>, Refusal> {
    let rows = root.all::<NoticeRow>(&project.to_bytes()).await?;
    Ok(rows.into_iter().filter(|(_, row)| !row.is_seen()).map(|(_, row)| row.told()).collect())
}

#[async_trait]
impl Judged for KeyAcknowledge {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        key::target(scene, &self.project).await
    }
}

#[async_trait]
impl Rule for KeyAcknowledge {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let project = project::find(draft, &self.project).await?;
        let call = self.call.parse().map_err(|_| Refusal::with(Reason::NotFound, "emergency"))?;
        let row: Option<NoticeRow> = draft.row(&NoticeRow::row_key(project.id, call)).await?;
        let mut row = row.ok_or_else(|| Refusal::with(Reason::NotFound, "emergency"))?;
        let person = frame.actor.person;
        // WHY: whoever opened them has seen it already; it is told to others.
        if row.given.iter().any(|gift| gift.person == person) {
            return Err(Reason::OwnRequest.into());
        }
        let tenant: TenantRow = draft.known(&project.tenant.to_bytes()).await?;
        let held = role::held(draft, person).await?;
        let is_controller = held.contains(&(Role::Controller, project.tenant.to_bytes()));
        let is_signatory = held.contains(&(Role::Signatory, tenant.organisation.to_bytes()));
        let mut is_new = false;
        if is_controller && row.controller.is_none() {
            row.controller = Some(person);
            is_new = true;
        }
        if is_signatory && row.signatory.is_none() {
            row.signatory = Some(person);
            is_new = true;
        }
        match (is_new, is_controller || is_signatory) {
            (true, _) => {}
            (false, true) => return Err(Reason::AlreadyDone.into()),
            (false, false) => return Err(Reason::RoleMissing.into()),
        }
        row.store(draft)?;
        let answer = json!({ "seen_by_controller": row.controller.is_some(), "seen_by_signatory": row.signatory.is_some() });
        Ok(Outcome::of(Noun::Project, project.id).and(Noun::Key, call).saying(answer))
    }
}
