//! Rollback probe: no log is shorter than custody remembers, none tells another history.

use std::sync::Arc;

use async_trait::async_trait;
use seal::merkle::Hash;
use words::{Reason, Refusal};

use crate::Region;
use crate::cell::Cell;
use crate::cell::publish::Known;
use crate::check::{Check, Finding, Verdict, left_out};
use crate::twin::{Soil, World};
use crate::verify;

pub struct RollbackProbe;

#[async_trait]
impl Check for RollbackProbe {
    fn name(&self) -> &'static str {
        "rollback-probe"
    }

    fn says(&self) -> &'static str {
        "each open cell's log still holds the tree that custody last saw, at its size and with its root"
    }

    fn controls(&self) -> &'static [&'static str] {
        &["A.8.13", "A.8.15", "A.5.28"]
    }

    async fn look(&self, region: &Region) -> Result<Finding, Refusal> {
        let mut known_cells = 0;
        for cell in region.open_cells().into_iter().chain([Arc::clone(region.root())]) {
            let Some(known) = Known::read(region.ground(), cell.id)? else {
                continue;
            };
            known_cells += 1;
            if !still_holds(&cell, known).await? {
                return Ok(Finding::holds(
                    false,
                    format!("cell {} is not the one custody remembers", cell.id),
                ));
            }
        }
        if known_cells == 0 {
            return Ok(Finding::new(Verdict::NotApplicable, "custody remembers no checkpoint yet"));
        }
        let left_out = left_out(region).await?;
        Ok(Finding::holds(true, format!("{known_cells} cells as remembered{left_out}")))
    }

    /// A memory of one leaf more than the log holds.
    async fn look_at_fault(&self) -> Result<Finding, Refusal> {
        let world = World::found(Soil::new(8)).await.map_err(|_| Refusal::new(Reason::Unavailable))?;
        let root = world.region.root();
        let longer = Known { size: root.head().frontier.size() + 1, root: Hash([0; 32]) };
        Ok(Finding::holds(still_holds(root, longer).await?, "a log one leaf short"))
    }
}

/// Whether the raw log, read anew, passes through the remembered tree.
async fn still_holds(cell: &Cell, known: Known) -> Result<bool, Refusal> {
    let mut frontier = seal::Frontier::new();
    let mut seq = 0;
    while frontier.size() < known.size {
        let bytes = cell.log.read(seq).await;
        let bytes = bytes.map_err(|_| Refusal::with(Reason::Unavailable, "the log cannot be read"))?;
        let Some(bytes) = bytes else { return Ok(false) };
        for leaf in verify::leaves(&bytes) {
            frontier.push(seal::leaf_hash(&leaf));
        }
        seq += 1;
    }
    Ok(frontier.size() == known.size && frontier.root() == known.root)
}
