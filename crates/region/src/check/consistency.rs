//! Ledger consistency: every log verifies from its first commit to its checkpoint.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use words::{Reason, Refusal};

use crate::Region;
use crate::cell::Cell;
use crate::cell::publish;
use crate::check::{Check, Finding, left_out};
use crate::twin::{Soil, World};
use crate::verify::{Verifier, Wrong};

pub struct LedgerConsistency;

#[async_trait]
impl Check for LedgerConsistency {
    fn name(&self) -> &'static str {
        "ledger-consistency"
    }

    fn says(&self) -> &'static str {
        "every commit of every open cell follows on the one before it, is signed, and makes the tree that the checkpoint signs"
    }

    fn controls(&self) -> &'static [&'static str] {
        &["A.8.15", "A.5.33", "A.5.28"]
    }

    async fn look(&self, region: &Region) -> Result<Finding, Refusal> {
        let mut leaves = 0;
        let cells: Vec<_> = region.open_cells().into_iter().chain([Arc::clone(region.root())]).collect();
        for cell in &cells {
            match examine(region, cell, Ok).await? {
                Ok(found) => leaves += found,
                Err(wrong) => {
                    return Ok(Finding::holds(false, format!("cell {}: {wrong}", cell.id)));
                }
            }
        }
        let left_out = left_out(region).await?;
        Ok(Finding::holds(true, format!("{} cells, {leaves} leaves{left_out}", cells.len())))
    }

    async fn look_at_fault(&self) -> Result<Finding, Refusal> {
        let world = World::found(Soil::new(7)).await.map_err(|_| Refusal::new(Reason::Unavailable))?;
        let flip = |bytes: Bytes| {
            let mut bytes = bytes.to_vec();
            if let Some(last) = bytes.last_mut() {
                *last ^= 1;
            }
            Ok(Bytes::from(bytes))
        };
        let examined = examine(&world.region, world.region.root(), flip).await?;
        let measured =
            examined.as_ref().map_or_else(ToString::to_string, |leaves| format!("{leaves} leaves"));
        Ok(Finding::holds(examined.is_ok(), measured))
    }
}

/// Verifies one cell's log as `read` gives it.
async fn examine(
    region: &Region,
    cell: &Cell,
    read: impl Fn(Bytes) -> Result<Bytes, Refusal>,
) -> Result<Result<u64, Wrong>, Refusal> {
    let unread = || Refusal::with(Reason::Unavailable, "the log cannot be read");
    let published = cell.publisher.publish(cell).await?;
    let size = published.lines().nth(1).and_then(|size| size.parse::<u64>().ok()).unwrap_or(0);
    let key = publish::verifier(&region.ground().origin, cell.id, region.ground().signer.public())
        .ok_or_else(unread)?;
    let mut verifier = match Verifier::new(cell.id, &key, published.as_bytes(), None) {
        Ok(verifier) => verifier,
        Err(wrong) => return Ok(Err(wrong)),
    };
    let mut seq = 0;
    while verifier.size() < size {
        let bytes = cell.log.read(seq).await.map_err(|_| unread())?;
        let Some(bytes) = bytes else { break };
        if let Err(wrong) = verifier.push(&read(bytes)?) {
            return Ok(Err(wrong));
        }
        seq += 1;
    }
    Ok(verifier.finish().map(|report| report.leaves))
}
