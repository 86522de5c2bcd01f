//! What persons have learned: their training, and how a project's data may be processed.
//!
//! Both are facts with an end. At tiers 2 and 3 policy asks for them; nobody
//! notes either of themselves.
//! SPEC: GDPR, Art. 29, 32(4).

use async_trait::async_trait;
use gate::facts::Target;
use minicbor::{Decode, Encode};
use words::act::{PersonInstruct, PersonTrain};
use words::noun::{Noun, Person, Project};
use words::{Id, Reason, Refusal, Timestamp};

use crate::act::{Frame, Judged, Outcome, Rule, Scene};
use crate::cell::draft::Draft;
use crate::facts;
use crate::name;
use crate::row::{Row, Table, pair};

/// A person's training; the latest replaces the one before.
#[derive(Debug, Clone, Encode, Decode)]
pub struct TrainingRow {
    #[n(0)]
    pub course: String,
    #[n(1)]
    pub ends: Timestamp,
}

impl Row for TrainingRow {
    const TABLE: Table = Table::Training;
}

/// A controller's instruction of one person in one project.
#[derive(Debug, Clone, Encode, Decode)]
pub struct InstructionRow {
    #[n(0)]
    pub by: Id<Person>,
    #[n(1)]
    pub ends: Timestamp,
}

impl Row for InstructionRow {
    const TABLE: Table = Table::Instruction;
}

/// Until when a person counts as trained, and as instructed in a project.
pub async fn known(
    root: &Draft,
    person: Id<Person>,
    project: Id<Project>,
) -> Result<(Option<Timestamp>, Option<Timestamp>), Refusal> {
    let training: Option<TrainingRow> = root.row(&person.to_bytes()).await?;
    let instruction: Option<InstructionRow> = root.row(&pair(project, person)).await?;
    Ok((training.map(|row| row.ends), instruction.map(|row| row.ends)))
}

/// WHY past moments too, where something is noted already: so it is taken back.
fn still_to_come(ends: Timestamp, frame: &Frame<'_>, is_noted: bool) -> Result<(), Refusal> {
    match is_noted || ends > frame.now {
        true => Ok(()),
        false => Err(Refusal::with(Reason::Invalid, "its last moment has passed")),
    }
}

#[async_trait]
impl Rule for PersonTrain {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let id: Id<Person> = name::find_id(draft, Noun::Person, &self.person).await?;
        let noted: Option<TrainingRow> = draft.row(&id.to_bytes()).await?;
        still_to_come(self.ends, frame, noted.is_some())?;
        draft.put(&id.to_bytes(), &TrainingRow { course: self.course.clone(), ends: self.ends })?;
        Ok(Outcome::of(Noun::Person, id))
    }
}

#[async_trait]
impl Judged for PersonInstruct {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        let project = name::find_id(scene.root, Noun::Project, &self.project).await?;
        facts::project(scene, project).await.map(Target::Project)
    }
}

#[async_trait]
impl Rule for PersonInstruct {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let person: Id<Person> = name::find_id(draft, Noun::Person, &self.person).await?;
        // WHY here: the act is about a project, and its rules do not see whom.
        if person == frame.actor.person {
            return Err(Reason::OwnRequest.into());
        }
        let project: Id<Project> = name::find_id(draft, Noun::Project, &self.project).await?;
        let noted: Option<InstructionRow> = draft.row(&pair(project, person)).await?;
        still_to_come(self.ends, frame, noted.is_some())?;
        draft.put(&pair(project, person), &InstructionRow { by: frame.actor.person, ends: self.ends })?;
        Ok(Outcome::of(Noun::Person, person).and(Noun::Project, project))
    }
}
