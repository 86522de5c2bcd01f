//! Organisations: the legal bodies that sign, send and decide.

use async_trait::async_trait;
use gate::facts::Target;
use minicbor::{Decode, Encode};
use serde_json::{Value, json};
use words::act::{OrganisationRegister, OrganisationShow};
use words::noun::{Noun, Organisation};
use words::{Id, Refusal};

use crate::act::{Frame, Judged, Outcome, Rule, Scene};
use crate::cell::draft::Draft;
use crate::name;
use crate::row::{Row, Table};
use crate::show::Show;

#[derive(Debug, Clone, Encode, Decode)]
pub struct OrganisationRow {
    #[n(0)]
    pub id: Id<Organisation>,
    #[n(1)]
    pub alias: String,
    #[n(2)]
    pub name: String,
}

impl Row for OrganisationRow {
    const TABLE: Table = Table::Organisation;
}

#[async_trait]
impl Judged for OrganisationRegister {
    async fn target(&self, _: &Scene<'_>) -> Result<Target, Refusal> {
        Ok(Target::Region)
    }
}

#[async_trait]
impl Rule for OrganisationRegister {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let id = Id::random(frame.region.rand());
        let alias = name::claim(draft, Noun::Organisation, &self.alias, id, &id.to_bytes()).await?;
        let row = OrganisationRow { id, alias, name: self.name.clone() };
        draft.put(&id.to_bytes(), &row)?;
        Ok(Outcome::of(Noun::Organisation, id).saying(json!({ "organisation": id.to_string() })))
    }
}

#[async_trait]
impl Show for OrganisationShow {
    async fn show(&self, scene: &Scene<'_>) -> Result<Value, Refusal> {
        let rows = scene.root.all::<OrganisationRow>(&[]).await?;
        let wanted = |row: &OrganisationRow| {
            self.organisation.as_ref().is_none_or(|text| *text == row.alias || *text == row.id.to_string())
        };
        let shown = rows.into_iter().map(|(_, row)| row).filter(wanted);
        Ok(shown
            .map(|row| json!({ "organisation": row.alias, "name": row.name, "id": row.id.to_string() }))
            .collect())
    }
}
