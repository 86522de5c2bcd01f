//! Tenants: organisations as customers, each the controller of its projects' data.

use async_trait::async_trait;
use gate::facts::Target;
use minicbor::{Decode, Encode};
use serde_json::{Value, json};
use words::act::{TenantOpen, TenantShow};
use words::noun::{Noun, Organisation, Tenant};
use words::{Id, Refusal};

use crate::act::{Frame, Judged, Outcome, Rule, Scene};
use crate::cell::draft::Draft;
use crate::facts;
use crate::name;
use crate::row::{Row, Table};
use crate::show::Show;

#[derive(Debug, Clone, Encode, Decode)]
pub struct TenantRow {
    #[n(0)]
    pub id: Id<Tenant>,
    #[n(1)]
    pub alias: String,
    #[n(2)]
    pub name: String,
    /// The controller (GDPR Art. 4(7)).
    #[n(3)]
    pub organisation: Id<Organisation>,
}

impl Row for TenantRow {
    const TABLE: Table = Table::Tenant;
}

#[async_trait]
impl Judged for TenantOpen {
    async fn target(&self, _: &Scene<'_>) -> Result<Target, Refusal> {
        Ok(Target::Region)
    }
}

#[async_trait]
impl Rule for TenantOpen {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let organisation = name::find_id(draft, Noun::Organisation, &self.organisation).await?;
        let id = Id::random(frame.region.rand());
        let alias = name::claim(draft, Noun::Tenant, &self.alias, id, &id.to_bytes()).await?;
        draft.put(&id.to_bytes(), &TenantRow { id, alias, name: self.name.clone(), organisation })?;
        Ok(Outcome::of(Noun::Tenant, id).saying(json!({ "tenant": id.to_string() })))
    }
}

pub async fn target(scene: &Scene<'_>, id: Id<Tenant>) -> Result<Target, Refusal> {
    Ok(Target::Tenant { id, is_known_to_actor: facts::knows_tenant(scene, id).await? })
}

#[async_trait]
impl Show for TenantShow {
    async fn show(&self, scene: &Scene<'_>) -> Result<Value, Refusal> {
        let wanted = |row: &TenantRow| {
            self.tenant.as_ref().is_none_or(|text| *text == row.alias || *text == row.id.to_string())
        };
        let rows = scene.root.all::<TenantRow>(&[]).await?;
        let rows: Vec<TenantRow> = rows.into_iter().map(|(_, row)| row).filter(wanted).collect();
        let known = facts::known_tenants(scene, &rows).await?;
        let mut shown = Vec::new();
        for row in rows {
            let target = Target::Tenant { id: row.id, is_known_to_actor: known.contains(&row.id) };
            if scene.region.may_see::<Self>(scene, target).await? {
                shown.push(json!({ "tenant": row.alias, "name": row.name, "id": row.id.to_string() }));
            }
        }
        Ok(Value::Array(shown))
    }
}
