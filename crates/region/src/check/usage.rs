//! Usage recount: what a project is said to hold is what its rows make.

use async_trait::async_trait;
use words::{Reason, Refusal};

use crate::Region;
use crate::cell::draft::Draft;
use crate::cell::step::{Entry, HouseStep};
use crate::check::{Check, Finding, left_out};
use crate::scope::ScopeRow;
use crate::twin::{Soil, World};
use crate::usage::{UsageRow, recount, total};

pub struct UsageRecount;

#[async_trait]
impl Check for UsageRecount {
    fn name(&self) -> &'static str {
        "usage-recount"
    }

    fn says(&self) -> &'static str {
        "the bytes and objects that every open project is said to hold, and is held to its quota by, are those that its rows make"
    }

    fn controls(&self) -> &'static [&'static str] {
        &["A.8.6"]
    }

    async fn look(&self, region: &Region) -> Result<Finding, Refusal> {
        let (mut projects, mut sum) = (0, UsageRow::default());
        for cell in region.open_cells() {
            let rows = cell.view().await?;
            if !is_exact(&rows).await? {
                return Ok(Finding::holds(false, format!("cell {}: its rows make another sum", cell.id)));
            }
            (projects, sum) = (projects + 1, sum.plus(total(&rows).await?));
        }
        let left_out = left_out(region).await?;
        let UsageRow { bytes, objects } = sum;
        Ok(Finding::holds(true, format!("{projects} projects, {objects} objects, {bytes} bytes{left_out}")))
    }

    /// A scope is said to hold a byte that is nowhere.
    async fn look_at_fault(&self) -> Result<Finding, Refusal> {
        let world = World::planet(Soil::new(13)).await.map_err(|_| Refusal::new(Reason::Unavailable))?;
        for cell in world.region.open_cells() {
            let scopes = cell.view().await?.all::<ScopeRow>(&[]).await?;
            let step = HouseStep::new(move |draft: &mut Draft, moment| {
                for (own, _) in scopes {
                    draft.put(&own, &UsageRow { bytes: 1, objects: 0 })?;
                }
                Ok(Entry::of_house("cell.sweep", moment.now))
            });
            cell.submit(Box::new(step)).await?;
        }
        self.look(&world.region).await
    }
}

/// Whether each scope's count is that of its rows; a count of nothing and none are the same.
async fn is_exact(rows: &Draft) -> Result<bool, Refusal> {
    let mut said = rows.all::<UsageRow>(&[]).await?;
    said.retain(|(_, row)| *row != UsageRow::default());
    let mut counted = recount(rows).await?;
    counted.retain(|_, row| *row != UsageRow::default());
    let counted = counted.into_iter().map(|(scope, row)| (scope.to_bytes().to_vec(), row));
    Ok(counted.collect::<std::collections::BTreeMap<_, _>>() == said.into_iter().collect())
}
