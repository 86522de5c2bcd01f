//! Taking away what lost what it was made of, and what is broken: it is made again.

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
use crate::object::keep::may_vanish;

impl Region {
    /// Takes away what was made of something that is gone, or may not be read any more.
    pub async fn underive(&self, project: Id<Project>, row: &ObjectRow) -> Result<(), Refusal> {
        self.take_away(project, row, Why::Orphan).await.map(drop)
    }

    /// Takes away what was made and is not in the store as it was sealed; answers whether it did. The next look over everything
    /// finds it missing.
    pub(crate) async fn unmake(&self, project: Id<Project>, row: &ObjectRow) -> Result<bool, Refusal> {
        self.take_away(project, row, Why::Broken).await
    }

    async fn take_away(&self, project: Id<Project>, row: &ObjectRow, why: Why) -> Result<bool, Refusal> {
        let cell = self.cell(project.cast()).await?;
        match cell.submit(Box::new(Underiving { region: self.clone(), row: row.clone(), why })).await {
            Ok(_) => Ok(true),
            // WHY no error: it is gone already, is kept, or what it was made of is there again.
            Err(refusal) if refusal.reason == Reason::StateWrong => Ok(false),
            Err(refusal) => Err(refusal),
        }
    }
}

/// Why something that was made goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    Orphan,
    Broken,
}

struct Underiving {
    region: Region,
    row: ObjectRow,
    why: Why,
}

#[async_trait]
impl Step for Underiving {
    async fn plan(&mut self, draft: &mut Draft, moment: Moment) -> Result<Planned, Refusal> {
        let row: Option<ObjectRow> = draft.row(&self.row.row_key()).await?;
        let row = row.filter(|row| row.id == self.row.id && row.derived.is_some());
        let row = row.ok_or_else(|| Refusal::with(Reason::StateWrong, "it is gone"))?;
        let root = self.region.root().view().await?;
        if may_vanish(draft, &root, moment.cell.cast(), &row, moment.now).await.is_err() {
            return Err(Refusal::with(Reason::StateWrong, "it is kept"));
        }
        if self.why == Why::Orphan && !is_orphan(draft, &row).await? {
            return Err(Refusal::with(Reason::StateWrong, "what it was made of is there"));
        }
        row.remove(draft);
        let source = row.derived.as_ref().map(|derived| derived.source.to_string());
        let told = json!({ "source": source, "broken": self.why == Why::Broken });
        let detail = json!({ "underived": told }).to_string().into_bytes();
        let entry = Entry::of_house(OBJECT_UNDERIVE, moment.now).about(subject(Noun::Object, row.id));
        Ok(Planned::New(Entry { detail, scope: Some(row.scope), answer: told, ..entry }))
    }
}
