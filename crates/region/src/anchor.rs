//! Anchors: the root's ledger remembers the heads of the projects' ledgers.
//!
//! Once a minute one leaf of the root names the head of every cell that has
//! grown. A project's log that is cut or told otherwise is then found out by
//! whoever holds the root's, even where custody has forgotten the cell.

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use seal::merkle::Hash;
use serde_json::json;
use words::noun::Cell as CellNoun;
use words::{Id, Refusal, Timestamp};

use crate::Region;
use crate::cell::draft::Draft;
use crate::cell::publish::Known;
use crate::cell::step::{Entry, HouseStep, Moment};
use crate::row::{Row, Table};

/// A cell's head as of the last anchor.
#[derive(Debug, Clone, Encode, Decode)]
pub struct AnchorRow {
    #[n(0)]
    pub size: u64,
    #[n(1)]
    pub root: ByteArray<32>,
    #[n(2)]
    pub at: Timestamp,
}

impl Row for AnchorRow {
    const TABLE: Table = Table::Anchor;
}

/// The head of a cell that its log must still pass.
pub async fn anchored(root: &Draft, cell: Id<CellNoun>) -> Result<Option<Known>, Refusal> {
    let row: Option<AnchorRow> = root.row(&cell.to_bytes()).await?;
    Ok(row.map(|row| Known { size: row.size, root: Hash(*row.root) }))
}

impl Region {
    /// Anchors every open cell that has grown since its last anchor; one leaf for all of them.
    pub async fn anchor(&self) -> Result<(), Refusal> {
        let rows = self.root().view().await?;
        let mut grown = Vec::new();
        for cell in self.open_cells() {
            let head = cell.head().frontier;
            let last = anchored(&rows, cell.id).await?;
            if last.is_none_or(|last| last.size < head.size()) {
                grown.push((cell.id, head.size(), head.root()));
            }
        }
        if grown.is_empty() {
            self.meters().anchored_at.set(self.now());
            return Ok(());
        }
        let step = HouseStep::new(move |draft: &mut Draft, moment: Moment| entry(draft, moment.now, &grown));
        self.root().submit(Box::new(step)).await?;
        self.meters().anchored_at.set(self.now());
        Ok(())
    }
}

fn entry(draft: &mut Draft, now: Timestamp, grown: &[(Id<CellNoun>, u64, Hash)]) -> Result<Entry, Refusal> {
    let mut said = Vec::new();
    for (cell, size, root) in grown {
        draft.put(&cell.to_bytes(), &AnchorRow { size: *size, root: root.0.into(), at: now })?;
        said.push(json!({ "cell": cell.to_string(), "size": size, "root": data_encoding::HEXLOWER.encode(&root.0) }));
    }
    Ok(Entry {
        detail: json!({ "heads": said }).to_string().into_bytes(),
        ..Entry::of_house("checkpoint.anchor", now)
    })
}
