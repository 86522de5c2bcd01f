//! Taking away what lost what it was made of.

use async_trait::async_trait;
use serde_json::json;
use words::noun::{Noun, Project};
use words::{Id, Reason, Refusal};

use super::OBJECT_UNDERIVE;
use super::due::is_orphan;
use crate::Region;
use crate::act::subject;
use crate::cell::draft::Draft;
use crate::cell::step::{Entry, Moment, Planned, Step};
use crate::object::ObjectRow;
use crate::object::keep::{Aside, locked_until};

impl Region {
    /// Takes away what was made of something that is gone, or may not be read any more.
    pub async fn underive(&self, project: Id<Project>, row: &ObjectRow) -> Result<(), Refusal> {
        let cell = self.cell(project.cast()).await?;
        match cell.submit(Box::new(Underiving { row: row.clone() })).await {
            Ok(_) => Ok(()),
            // WHY no error: it is gone already, or what it was made of is there again.
            Err(refusal) if refusal.reason == Reason::StateWrong => Ok(()),
            Err(refusal) => Err(refusal),
        }
    }
}

struct Underiving {
    row: ObjectRow,
}

#[async_trait]
impl Step for Underiving {
    async fn plan(&mut self, draft: &mut Draft, moment: Moment) -> Result<Planned, Refusal> {
        let row: Option<ObjectRow> = draft.row(&self.row.row_key()).await?;
        let row = row.filter(|row| row.id == self.row.id && !row.is_held);
        let is_locked =
            |row: &ObjectRow| locked_until(row, Aside::Nothing).is_some_and(|until| moment.now < until);
        let row = row.filter(|row| !is_locked(row));
        let row = row.ok_or_else(|| Refusal::with(Reason::StateWrong, "it is gone"))?;
        if !is_orphan(draft, &row).await? {
            return Err(Refusal::with(Reason::StateWrong, "what it was made of is there"));
        }
        row.remove(draft);
        let source = row.derived.as_ref().map(|derived| derived.source.to_string());
        let told = json!({ "source": source });
        let detail = json!({ "underived": told }).to_string().into_bytes();
        let entry = Entry::of_house(OBJECT_UNDERIVE, moment.now).about(subject(Noun::Object, row.id));
        Ok(Planned::New(Entry { detail, scope: Some(row.scope), answer: told, ..entry }))
    }
}
