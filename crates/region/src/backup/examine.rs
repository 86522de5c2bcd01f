//! Examining what was restored: every ledger folded, every head compared, nothing that was erased alive.
//!
//! It leads nothing and commits nothing. The indexes that it folds are those
//! that the region's first start goes on from.

use std::collections::BTreeSet;

use data_encoding::{BASE64, HEXLOWER};
use seal::VerifyingKey;
use words::Id;
use words::noun::{Cell, ROOT_CELL};

use super::loss::Declared;
use super::{BackupError, CellCut, Manifest};
use crate::cell::draft::Draft;
use crate::cell::fold::{self, Fault};
use crate::cell::open::{Ground, OpenError, empty_head};
use crate::cell::opening::Opening;
use crate::cell::pack::Head;
use crate::noun::agreement::AgreementRow;
use crate::noun::erasure::ErasureRow;
use crate::noun::project::ProjectRow;
use crate::region::Parts;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    pub cells: u64,
    pub commits: u64,
    pub leaves: u64,
    /// Erasures whose keys are gone, as they must be.
    pub erasures: u64,
}

/// Folds each ledger of a restored bucket and holds it against the manifest and custody.
pub async fn examine(
    parts: Parts,
    manifest: &Manifest,
    declared: Option<&Declared>,
) -> Result<Examined, BackupError> {
    let ground = crate::region::ground(parts)?;
    let mut examined = Examined { cells: 0, commits: 0, leaves: 0, erasures: 0 };
    let mut erased = BTreeSet::new();
    for cell in manifest.ids()? {
        let cut = manifest.cut_of(cell).ok_or_else(|| other(cell))?;
        let head = if erased.contains(&cell) {
            follow(&ground, cell, cut.commits).await?
        } else {
            fold(&ground, cell, declared, &mut erased, &mut examined).await?
        };
        compare(cut, &head, cell)?;
        examined.cells += 1;
        examined.commits += cut.commits;
        examined.leaves += cut.leaves;
    }
    Ok(examined)
}

fn other(cell: Id<Cell>) -> BackupError {
    BackupError::OtherHead { cell: cell.to_string() }
}

fn compare(cut: &CellCut, head: &Head, cell: Id<Cell>) -> Result<(), BackupError> {
    let root = BASE64.encode(&head.frontier.root().0);
    let is_same = head.next_seq == cut.commits
        && head.frontier.size() == cut.leaves
        && root == cut.root
        && HEXLOWER.encode(&head.hash) == cut.head;
    if is_same { Ok(()) } else { Err(other(cell)) }
}

/// A ledger into a fresh index; of the root also what it says was erased.
async fn fold(
    ground: &Ground,
    cell: Id<Cell>,
    declared: Option<&Declared>,
    erased: &mut BTreeSet<Id<Cell>>,
    examined: &mut Examined,
) -> Result<Head, BackupError> {
    let unread = BackupError::Refused;
    let opening = Opening::new(ground, cell, None)?;
    opening.refuse_keyless().await?;
    let generations = ground.shelf.generations(cell).await?;
    let index = opening.index(generations.last().map_or(1, |newest| newest + 1)).await?;
    let replayed = opening.replay(index, empty_head(0)).await?;
    let rows = Draft::over(replayed.index.snapshot().await?);
    if cell == ROOT_CELL {
        for (_, erasure) in rows.all::<ErasureRow>(&[]).await.map_err(unread)? {
            if !erasure.is_done {
                continue;
            }
            refuse_revived(ground, &rows, &erasure).await?;
            examined.erasures += 1;
        }
        let projects = rows.all::<ProjectRow>(&[]).await.map_err(unread)?;
        erased.extend(
            projects.into_iter().filter(|(_, row)| row.erased_at.is_some()).map(|(_, row)| row.id.cast()),
        );
        if let Some(declared) = declared {
            declared.check(&rows).await?;
        }
    }
    drop(rows);
    opening.refuse_lost_keys(&replayed.index).await?;
    replayed.index.close().await?;
    for old in generations {
        ground.shelf.remove(cell, old).await?;
    }
    Ok(replayed.head)
}

/// INVARIANT: what a certificate says is destroyed does not come back with a custody.
async fn refuse_revived(ground: &Ground, rows: &Draft, erasure: &ErasureRow) -> Result<(), BackupError> {
    let unread = BackupError::Refused;
    let scopes = match erasure.scope {
        Some(scope) => vec![scope],
        None => {
            let agreements = rows.all::<AgreementRow>(&erasure.project.to_bytes()).await.map_err(unread)?;
            agreements.into_iter().map(|(_, row)| row.id.cast()).chain([erasure.project.cast()]).collect()
        }
    };
    let cell = ground.keys(erasure.project.cast());
    let is_whole_back = erasure.scope.is_none() && !cell.is_destroyed().map_err(unread)?;
    let held = cell.held_of(&scopes).map_err(unread)?;
    match (is_whole_back, held) {
        (_, Some(key)) => Err(BackupError::Revived { key: key.to_string() }),
        (true, None) => Err(BackupError::Revived { key: format!("cell/{}", erasure.project) }),
        (false, None) => Ok(()),
    }
}

/// A ledger whose keys were destroyed: only its order, signatures and tree are left to see.
async fn follow(ground: &Ground, cell: Id<Cell>, commits: u64) -> Result<Head, BackupError> {
    let log = store::Log::new(ground.bucket.clone(), cell);
    let signer: VerifyingKey = ground.signer.public();
    let mut head = empty_head(0);
    for seq in 0..commits {
        let unreadable = || OpenError::Fault { cell, fault: Fault::Unreadable { seq } };
        let bytes = log.read(seq).await?.ok_or_else(unreadable)?;
        head = fold::follow(&bytes, cell, &head, signer).map_err(|fault| OpenError::Fault { cell, fault })?.1;
    }
    Ok(head)
}
