//! Whether a backup may be believed, before anything is made of it.

use data_encoding::HEXLOWER;
use seal::note::{Checkpoint, Note};
use seal::sha256;
use store::Bucket;
use store::backup::{Line, Lines, Page, runs};
use store::custody::KeyName;
use store::custody::copy::Copy;
use words::noun::{Cell, ROOT_CELL};
use words::{Id, Secret};

use super::loss::{Loss, Lost};
use super::{BackupError, ListOf, Manifest, pages, statement, verifier_of};
use crate::cell::publish;

/// A backup that its region's key vouches for, and custody that belongs to it.
#[derive(Debug)]
pub struct Believed {
    pub manifest: Manifest,
    /// SHA-256 of the manifest, hex.
    pub digest: String,
    /// What custody remembers and the backup lacks.
    pub loss: Option<Loss>,
}

/// Reads a run (the newest finished one if none is named) and holds it against a copy of custody.
pub async fn believe(
    from: &Bucket,
    run: Option<u64>,
    custody: &Copy,
    passphrase: Option<&Secret<String>>,
) -> Result<Believed, BackupError> {
    let (bytes, manifest, note) = found(from, run).await?;
    let seed = custody
        .key(passphrase, &KeyName::Region)?
        .ok_or(BackupError::Custody(store::custody::copy::CopyError::Unreadable))?;
    let known = verifier_of(&manifest.region, &seed);
    let altered = || BackupError::Altered { name: Page::Manifest.text(manifest.run) };
    let known = known.ok_or_else(altered)?;
    if known.to_string() != manifest.key {
        return Err(BackupError::OtherRegion { held: known.to_string(), wanted: manifest.key });
    }
    let note = Note::parse(note.as_bytes()).map_err(|_| altered())?;
    let is_signed = note.verify(std::slice::from_ref(&known)).is_ok_and(|by| !by.is_empty());
    if !is_signed || note.text() != statement(&manifest, &bytes) {
        return Err(altered());
    }
    if custody.generation < manifest.custody_generation {
        let (held, wanted) = (custody.generation, manifest.custody_generation);
        return Err(BackupError::CustodyOlder { held, wanted });
    }
    let loss = lost(&manifest, custody, passphrase, &seed)?;
    Ok(Believed { digest: HEXLOWER.encode(&sha256(&bytes)), manifest, loss })
}

async fn found(from: &Bucket, run: Option<u64>) -> Result<(Vec<u8>, Manifest, String), BackupError> {
    let named: Vec<u64> = match run {
        Some(run) => vec![run],
        None => runs(from).await?.into_iter().rev().collect(),
    };
    for run in named {
        if let Some(pages) = pages(from, run).await? {
            return Ok(pages);
        }
    }
    Err(BackupError::None)
}

/// The cells of which custody remembers more leaves than the backup has.
fn lost(
    manifest: &Manifest,
    custody: &Copy,
    passphrase: Option<&Secret<String>>,
    seed: &Secret<[u8; 32]>,
) -> Result<Option<Loss>, BackupError> {
    let mut cells = Vec::new();
    for (cell, note) in custody.heads(passphrase)? {
        let remembered = size(manifest, &cell, &note, seed)?;
        let kept = manifest.cells.iter().find(|cut| cut.cell == cell).map_or(0, |cut| cut.leaves);
        if remembered > kept {
            cells.push(Lost { cell, kept_leaves: kept, remembered_leaves: remembered });
        }
    }
    let loss = Loss { region: manifest.region.clone(), run: manifest.run, at: manifest.at, cells };
    Ok((!loss.cells.is_empty()).then_some(loss))
}

fn size(manifest: &Manifest, cell: &str, note: &str, seed: &Secret<[u8; 32]>) -> Result<u64, BackupError> {
    let unread = || BackupError::Custody(store::custody::copy::CopyError::Unreadable);
    let id: Id<Cell> = cell.parse().map_err(|_| unread())?;
    let root = verifier_of(&manifest.region, seed).ok_or_else(unread)?;
    let known = publish::verifier(&manifest.region, id, root.key()).ok_or_else(unread)?;
    let origin = publish::origin(&manifest.region, id);
    Checkpoint::open(note.as_bytes(), &origin, &[known])
        .map(|checkpoint| checkpoint.size)
        .map_err(|_| unread())
}

impl Manifest {
    /// The lines of one of its lists, once its digest is the one that was signed.
    pub(crate) async fn list(&self, from: &Bucket, list: &ListOf) -> Result<Vec<Line>, BackupError> {
        let altered = |name: String| BackupError::Altered { name };
        let cell: Id<Cell> = list.cell.parse().map_err(|_| altered(Page::Manifest.text(self.run)))?;
        let page = Page::List(cell, list.number);
        let name = page.text(list.run);
        let bytes = page.read(from, list.run).await?;
        let bytes = bytes.ok_or_else(|| BackupError::Missing { name: name.clone() })?;
        if HEXLOWER.encode(&sha256(&bytes)) != list.sha256 {
            return Err(altered(name));
        }
        let lines = Lines::read(&bytes).map_err(|_| altered(name.clone()))?;
        match lines.iter().all(|line| line.item.cell() == cell) {
            true => Ok(lines),
            false => Err(altered(name)),
        }
    }

    /// A cell's cut, by id.
    pub fn cut_of(&self, cell: Id<Cell>) -> Option<&super::CellCut> {
        self.cells.iter().find(|cut| cut.cell == cell.to_string())
    }

    /// The root first: the others are known from it.
    pub(crate) fn ids(&self) -> Result<Vec<Id<Cell>>, BackupError> {
        let altered = |_| BackupError::Altered { name: Page::Manifest.text(self.run) };
        let mut ids =
            self.cells.iter().map(|cut| cut.cell.parse().map_err(altered)).collect::<Result<Vec<_>, _>>()?;
        ids.sort_by_key(|id| (*id != ROOT_CELL, *id));
        Ok(ids)
    }
}
